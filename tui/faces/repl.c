/* The REPL: readline's callback interface on the event loop. While a command runs the prompt is its progress,
 * and quick commands may still be typed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/graphics.h"
#include "tui/draw/render.h"
#include "tui/faces/faces.h"
#include "tui/faces/lesson.h"
#include "tui/faces/loop.h"
#include "tui/faces/pager.h"
#include "tui/faces/prompt.h"
#include "tui/faces/rescue.h"
#include "tui/faces/talk.h"
#include "tui/faces/terminal.h"
#include "tui/faces/waiting.h"

#define QUIET_S  0.15 /* a command this quick is not worth a prompt of its own */
#define TWICE_S  1.0
#define REDRAW_S 0.1

typedef struct repl {
    ll_faces *f;
    ll_talk talk;
    ll_history history;
    ll_next next;
    bool stop;
    ll_chain chain; /* the rest of the line under way */
    int pending;    /* commands whose END has not come yet */
    bool hidden;    /* a command was just submitted: no prompt until it is done or takes long */
    size_t word;    /* where the word begins that was completed last */
    double submitted_s;
    double interrupted_s; /* time of the last Ctrl-C */
    ll_waiting waiting;   /* for the command it cancelled */
    double progress_s;    /* of the last prompt with progress */
} repl;

static repl *self; /* readline's callbacks carry no context */

/* --- prompt --------------------------------------------------------------------------------------------- */

/* `text` in a style, with \001 and \002 around each escape, so that readline does not count it. */
static char *styled(const ll_look *look, ll_style style, const char *text)
{
    ll_str raw = {0}, out = {0};
    ll_canvas c;
    ll_canvas_init(&c, look, 1, ll_text_width(text) + 1);
    ll_put(&c, 0, 0, style, text);
    ll_canvas_text(&c, 0, 1, &raw);
    bool inside = false;
    for (const char *p = ll_str_text(&raw); *p && *p != '\n'; p++) {
        if (*p == '\033') ll_str_addc(&out, '\001'), inside = true;
        ll_str_addc(&out, *p);
        if (inside && *p == 'm') ll_str_addc(&out, '\002'), inside = false;
    }
    ll_canvas_free(&c);
    ll_str_free(&raw);
    return ll_str_take(&out);
}

static void set_prompt(const repl *r, ll_style style, const char *text)
{
    ll_str prompt = {0};
    char *s = styled(&r->f->out, style, text);
    ll_str_addf(&prompt, "%s ", s);
    rl_set_prompt(ll_str_text(&prompt));
    ll_str_free(&prompt);
    free(s);
}

static void set_idle_prompt(const repl *r)
{
    ll_str text = {0};
    ll_prompt_state(r->f->app, &text);
    ll_str_addc(&text, '>');
    set_prompt(r, LL_S_ACCENT, ll_str_text(&text));
    ll_str_free(&text);
}

/* Take prompt and line away, so that something can be printed; show_prompt brings them back below it. */
static void hide_prompt(void)
{
    rl_clear_visible_line();
    fflush(rl_outstream);
}

static void show_prompt(repl *r)
{
    rl_on_new_line();
    rl_redisplay();
    r->hidden = false;
}

/* --- keyboard ------------------------------------------------------------------------------------------- */

/* Readline is told of no quotes and no words: it replaces the whole line up to the cursor by lines that end in the
 * candidates, since where a word begins is ours to say. */
static char *line_with(const char *line, size_t word, const char *end)
{
    ll_str whole = {0};
    ll_str_addn(&whole, line, word);
    ll_str_add(&whole, end);
    return ll_str_take(&whole);
}

static char **complete(const char *text, int start, int end)
{
    ll_strs found = {0};
    char *line = ll_strdup(rl_line_buffer);
    line[end] = 0;
    rl_attempted_completion_over = 1;
    ll_prompt_complete(self->f->app, line, &self->word, &found);
    char **matches = NULL;
    if (found.n) {
        char *common = ll_prompt_common(line + self->word, &found);
        matches = ll_alloc((size_t)found.n + 2, sizeof *matches);
        matches[0] = line_with(line, self->word, common);
        rl_completion_append_character = found.n == 1 && ll_prompt_ends(common) ? ' ' : '\0';
        for (int i = 0; found.n > 1 && i < found.n; i++)
            matches[i + 1] = line_with(line, self->word, found.v[i]);
        free(common);
    }
    ll_strs_free(&found);
    free(line);
    return matches;
}

/* The list below the line: the words alone. They are quoted, so that nothing in them is hidden. */
static void show_matches(char **matches, int n, int longest)
{
    char **words = ll_alloc((size_t)n + 2, sizeof *words);
    for (int i = 1; i <= n; i++) words[i] = matches[i] + self->word;
    words[0] = matches[0] + self->word;
    rl_display_match_list(words, n, longest - (int)self->word);
    rl_forced_update_display();
    free(words);
}

static void submit(repl *r, const char *line)
{
    if (!ll_chain_begin(&r->chain, r->f->app, line)) return;
    r->pending++;
    r->submitted_s = ll_now_s();
    r->hidden = true;
    rl_set_prompt("");
}

/* An empty line does what is next in a lesson: runs its step, or asks its question again. */
static void enter_in_lesson(repl *r)
{
    submit(r, ll_lesson_asks_now(r->f) ? "lesson" : "lesson next");
}

/* While a question waits, what is no command is its answer. To be freed. */
static char *as_meant(const repl *r, char *line)
{
    char *name = ll_strndup(line, strcspn(line, " \t?;"));
    bool answers = ll_lesson_asks_now(r->f) && !ll_app_find(r->f->app, name);
    free(name);
    if (!answers) return line;
    ll_str meant = {0};
    ll_str_addf(&meant, "answer %s", line);
    free(line);
    return ll_str_take(&meant);
}

static void on_line(char *line)
{
    repl *r = self;
    if (!line) {
        if (r->pending) {
            fputs("a command is running: Ctrl-C cancels it\n", stderr);
            return;
        }
        fputc('\n', stdout);
        r->stop = true;
        return;
    }
    if (!*line && r->f->lesson && !r->pending) enter_in_lesson(r);
    if (*line) {
        line = as_meant(r, line);
        add_history(line);
        ll_history_add(&r->history, line);
        submit(r, line);
    }
    free(line);
}

static int to_screen(int count, int key)
{
    if (!ll_terminal_can_draw(NULL)) return rl_ding();
    self->next = LL_TO_SCREEN;
    self->stop = true;
    return 0;
}

static void on_input(void *ctx)
{
    repl *r = ctx;
    if (r->hidden) {
        set_idle_prompt(r);
        show_prompt(r);
    }
    rl_callback_read_char();
}

/* --- events --------------------------------------------------------------------------------------------- */

/* One command at a time, and text alone: a pager counts the bytes of a picture as lines. */
static bool page(const repl *r, const cJSON *event, const ll_str *text)
{
    bool alone = r->pending == 1 && !r->chain.rest.n && r->f->out.attributes;
    if (!alone || ll_json_get_str(event, "raw", NULL) || !ll_pager_wanted(ll_str_text(text))) return false;
    fflush(stdout);
    rl_deprep_terminal();
    bool shown = ll_pager_show(ll_str_text(text), text->len);
    rl_prep_terminal(1);
    return shown;
}

static void print_result(repl *r, const cJSON *event)
{
    ll_str out = {0};
    ll_render_result(event, &r->f->out, &out);
    if (!page(r, event, &out)) fwrite(ll_str_text(&out), 1, out.len, stdout);
    fflush(stdout);
    ll_str_free(&out);
}

/* The command of a step as if it had been typed; what there is to read as any result. */
static void print_lesson(repl *r, const cJSON *event)
{
    bool ended;
    const char *command = ll_lesson_command(event, &ended);
    if (command && !ended) ll_talk_say(&r->talk, LL_S_ACCENT, "> ", command);
    if (strcmp(ll_json_get_str(event, "kind", ""), "lesson")) return;
    print_result(r, event);
    if (ll_lesson_at_end(r->f)) ll_lesson_forget(r->f);
}

static void face_action(repl *r, const cJSON *event)
{
    const char *action = ll_json_get_str(event, "action", "");
    if (!strcmp(action, "quit")) r->stop = true;
    if (strcmp(action, "view")) return;
    ll_error why = {0};
    if (!ll_terminal_can_draw(&why)) {
        ll_talk_say(&r->talk, LL_S_ERROR, "error: ", why.message);
        return;
    }
    free(r->f->view);
    r->f->view = ll_strdup(ll_json_get_str(event, "value", NULL));
    to_screen(0, 0);
}

static void progress_prompt(repl *r, const cJSON *event)
{
    double now = ll_now_s();
    if (now - r->progress_s < REDRAW_S) return;
    r->progress_s = now;
    ll_str text = {0};
    ll_look plain = r->f->out; /* the whole prompt gets one style: bar characters yes, escapes no */
    plain.attributes = false;
    plain.depth = LL_DEPTH_MONO;
    ll_render_progress(event, &plain, r->f->out.width - 12, &text);
    ll_str_add(&text, " >");
    hide_prompt();
    set_prompt(r, LL_S_FAINT, ll_str_text(&text));
    show_prompt(r);
    ll_str_free(&text);
}

static void on_event(void *ctx, const cJSON *event)
{
    repl *r = ctx;
    const char *kind = ll_json_get_str(event, "event", "");
    bool result = !strcmp(kind, "result");
    if (result && !strcmp(ll_json_get_str(event, "kind", ""), "face")) {
        face_action(r, event);
        return;
    }
    if (!strcmp(kind, "progress")) {
        progress_prompt(r, event);
        return;
    }
    if (!strcmp(kind, "begin") || ll_json_get_bool(event, "live", false)) return;
    if (!strcmp(kind, "end")) {
        r->pending--;
        if (ll_chain_end(&r->chain, r->f->app, event)) r->pending++;
    }
    bool prompt_stands = !r->hidden;
    if (prompt_stands) hide_prompt();
    if (result && ll_lesson_event(r->f, event))
        print_lesson(r, event);
    else if (result)
        print_result(r, event);
    else
        ll_talk_event(&r->talk, event);
    if (!strcmp(kind, "end") && !strcmp(ll_json_get_str(event, "status", ""), "cancelled"))
        ll_talk_say(&r->talk, LL_S_WARN, "", "cancelled");
    if (prompt_stands) show_prompt(r);
}

static void say_deaf(repl *r)
{
    bool prompt_stands = !r->hidden;
    if (prompt_stands) hide_prompt();
    ll_talk_say(&r->talk, LL_S_WARN, "", LL_DEAF);
    if (prompt_stands) show_prompt(r);
}

/* Between two bursts: the prompt comes back when everything is done, or when it takes its time. */
static void on_settled(void *ctx)
{
    repl *r = ctx;
    bool busy = r->pending > 0, late = ll_now_s() - r->submitted_s > QUIET_S;
    if (r->stop) return;
    if (ll_waiting_tell(&r->waiting, r->f->app)) say_deaf(r);
    if (r->hidden && (!busy || late)) {
        set_idle_prompt(r);
        if (busy) set_prompt(r, LL_S_FAINT, "working... >");
        show_prompt(r);
        r->progress_s = busy ? ll_now_s() : 0;
    } else if (!r->hidden && !busy && r->progress_s > 0) {
        r->progress_s = 0;
        hide_prompt();
        set_idle_prompt(r);
        show_prompt(r);
    }
}

static int timeout_ms(void *ctx)
{
    const repl *r = ctx;
    return r->hidden || r->progress_s > 0 || r->waiting.since_s > 0 ? 50 : -1;
}

/* --- signals -------------------------------------------------------------------------------------------- */

static void interrupt(repl *r)
{
    double now = ll_now_s();
    bool twice = now - r->interrupted_s < TWICE_S;
    r->interrupted_s = now;
    if (r->pending > 0 && ll_waiting_cancel(&r->waiting, r->f->app)) {
        r->f->ended_by = SIGINT;
        r->stop = true;
        return;
    }
    if (r->pending > 0) { /* as the prompt says: the app may be busy for a moment after the last END */
        if (twice) ll_app_cancel_all(r->f->app);
        return;
    }
    bool typed = rl_end > 0;
    rl_callback_sigcleanup();
    fputs("^C\n", stdout);
    rl_replace_line("", 0);
    if (!typed) puts("(Ctrl-D or `quit` leaves)");
    set_idle_prompt(r);
    show_prompt(r);
}

static void suspend(void)
{
    rl_deprep_terminal();
    ll_loop_suspend();
    rl_prep_terminal(1);
    rl_forced_update_display();
}

static void on_signal(void *ctx, int sig)
{
    repl *r = ctx;
    if (sig == SIGINT) interrupt(r);
    if (sig == SIGTSTP) suspend();
    if (sig == SIGWINCH) {
        rl_resize_terminal();
        r->f->out.width = r->talk.look.width = ll_terminal_width(STDOUT_FILENO);
        ll_graphics_tell(r->f->app, &r->f->out, 0);
    }
    if (sig == SIGTERM || sig == SIGHUP) {
        r->f->ended_by = sig;
        r->stop = true;
    }
}

/* readline's own way when memory runs out is exit(2), with the terminal as it is. These take the place of its
 * allocators: what the program defines comes before what a library does. */
void *xmalloc(size_t bytes);
void *xrealloc(void *p, size_t bytes);
void xfree(void *p);

void *xmalloc(size_t bytes)
{
    return ll_realloc(NULL, bytes, 1);
}

void *xrealloc(void *p, size_t bytes)
{
    return ll_realloc(p, bytes, 1);
}

void xfree(void *p)
{
    free(p);
}

/* --- start ---------------------------------------------------------------------------------------------- */

static void banner(ll_faces *f)
{
    static const char *const lines[] = {
        "latlab " LL_VERSION ": hardware-aware NAS latency prediction",
        "  load NAME     a dataset (Tab completes)      devices, corr   look at it",
        "  help          all commands; CMD? for one     view            the full screen",
    };
    ll_talk talk = ll_talk_new(stdout, f->out);
    for (size_t i = 0; i < sizeof lines / sizeof *lines && !f->greeted; i++)
        ll_talk_say(&talk, i ? LL_S_FAINT : LL_S_TITLE, "", lines[i]);
    f->greeted = true;
}

/* Between two lines readline would give the terminal back for a moment; a Ctrl-D pressed then is none to it, but a
 * NUL. So the terminal stays prepared until the prompt is left. */
static void keep_prepared(void) {}

static void start_readline(repl *r)
{
    struct termios modes;
    if (!tcgetattr(STDIN_FILENO, &modes))
        ll_rescue_terminal("\033[?2004l\n", &modes); /* no bracketed paste */
    rl_deprep_term_function = keep_prepared;
    rl_readline_name = "latlab";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment =
        0; /* LINES and COLUMNS would be a size of the past to all that reads them later */
    rl_attempted_completion_function = complete;
    rl_sort_completion_matches = 0; /* values first, then options */
    rl_completion_display_matches_hook = show_matches;
    rl_completer_word_break_characters = "";
    rl_bind_keyseq("\\C-x\\C-a", to_screen);
    using_history();
    clear_history();
    for (int i = 0; i < r->history.lines.n; i++) add_history(r->history.lines.v[i]);
    rl_callback_handler_install("", on_line);
    set_idle_prompt(r);
    show_prompt(r);
}

ll_next ll_repl_run(ll_faces *f)
{
    static const ll_loop_face face = {on_input, on_event, on_signal, on_settled, timeout_ms};
    repl r = {.f = f, .talk = ll_talk_new(stderr, f->err)};
    self = &r;
    r.talk.rewrites = false;
    r.chain.typed = true;
    ll_history_load(&r.history);
    banner(f);
    start_readline(&r);
    ll_loop_run(f->app, &face, &r, &r.stop);
    if (r.next == LL_TO_SCREEN) hide_prompt();
    rl_callback_handler_remove();
    rl_deprep_terminal();
    ll_rescue_terminal(NULL, NULL);
    ll_history_free(&r.history);
    ll_chain_free(&r.chain);
    self = NULL;
    return r.next;
}
