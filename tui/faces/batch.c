/* Batch: commands one after another, data to stdout, talk to stderr, the first failure decides the exit
 * status. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/render.h"
#include "tui/faces/faces.h"
#include "tui/faces/lesson.h"
#include "tui/faces/rescue.h"
#include "tui/faces/talk.h"

typedef struct batch {
    ll_faces *f;
    ll_talk talk;
    int status; /* of the first command that failed */
    bool quit;
} batch;

/* --- Ctrl-C: the first cancels the command, the second leaves at once --------------------------------------
 * The first also starts a clock: a command that has not noticed within LL_PATIENCE_S waits for a file that does not come,
 * or is in a long step, and is left where it is (what is written whole cannot be half-written). One that has noticed may
 * finish what it began. USR1 asks for the same with more time: batch systems send it a minute before the end, and what
 * works on a sweep keeps what it has. All of it happens in signal handlers, because the main thread may itself be stuck. */

static ll_app *volatile interrupt_app;
static volatile sig_atomic_t interrupted, ticks, patient;
enum {
    TICK_US = 20000,
    PATIENCE_TICKS = (int)(LL_PATIENCE_S * 1e6) / TICK_US,
    TOLD_TICKS = 1000000 / TICK_US
};

static void on_interrupt(int sig)
{
    static const struct itimerval clock = {{0, TICK_US}, {0, TICK_US}};
    if (sig == SIGUSR1) patient = 1;
    if ((interrupted++ && sig != SIGUSR1) || !interrupt_app) ll_leave_at_once(LL_CANCELLED);
    ll_app_cancel(interrupt_app);
    setitimer(ITIMER_REAL, &clock, NULL);
}

static void on_tick(int sig)
{
    static const char text[] = "latlab: finishing what was begun; interrupt once more to leave at once\n";
    if (!interrupt_app) return;
    ll_app_cancel(interrupt_app); /* a line that was being submitted when the wish came */
    if (++ticks >= PATIENCE_TICKS && !patient && ll_app_deaf(interrupt_app)) ll_leave_at_once(LL_CANCELLED);
    if (ticks != TOLD_TICKS) return;
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
    (void)n;
}

static void catch_interrupt(ll_app *app)
{
    struct sigaction sa = {.sa_handler = on_interrupt},
                     tick = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    sigaddset(&sa.sa_mask, SIGALRM);
    interrupt_app = app;
    sigaction(SIGALRM, &tick, NULL);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGUSR1, &sa, NULL); /* what batch systems send before the time is over */
}

/* From here on the app belongs to others, who may free it. */
static void release_interrupt(void)
{
    static const struct itimerval never;
    setitimer(ITIMER_REAL, &never, NULL);
    interrupt_app = NULL;
}

/* --- output --------------------------------------------------------------------------------------------- */

/* The reader of our output is gone: end as any filter does, by the signal it would have been sent. */
static void leave_by_sigpipe(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

static void write_out(batch *b, const char *text, size_t n)
{
    if (fwrite(text, 1, n, stdout) == n && fflush(stdout) == 0) return;
    if (errno == EPIPE) leave_by_sigpipe();
    if (!b->status) fprintf(stderr, "error: writing the output: %s\n", strerror(errno));
    b->status = LL_FAILED;
    b->quit = true;
}

static void print_json(batch *b, const cJSON *event)
{
    char *line = ll_json_line(event);
    ll_str out = {0};
    ll_str_addf(&out, "%s\n", line);
    write_out(b, out.s, out.len);
    ll_str_free(&out);
    cJSON_free(line);
}

static void print_result(batch *b, const cJSON *event)
{
    if (ll_json_get_bool(event, "live", false)) return;
    ll_str out = {0};
    ll_talk_clear(&b->talk);
    ll_render_result(event, &b->f->out, &out);
    write_out(b, ll_str_text(&out), out.len);
    ll_str_free(&out);
}

static void print_lesson(batch *b, const cJSON *event)
{
    bool ended;
    const char *command = ll_lesson_command(event, &ended);
    if (command && !ended && b->f->echo) ll_talk_say(&b->talk, LL_S_ACCENT, "latlab> ", command);
    if (!strcmp(ll_json_get_str(event, "kind", ""), "lesson")) print_result(b, event);
}

static void take_event(batch *b, const cJSON *event)
{
    const char *kind = ll_json_get_str(event, "event", "");
    bool result = !strcmp(kind, "result");
    bool quit = result && !strcmp(ll_json_get_str(event, "kind", ""), "face");
    b->quit |= quit;
    if (b->f->json)
        print_json(b, event);
    else if (result && ll_lesson_event(b->f, event))
        print_lesson(b, event);
    else if (result && !quit)
        print_result(b, event);
    /* the stream holds everything, but an error is for human eyes too */
    if (!b->f->json || !strcmp(kind, "error")) ll_talk_event(&b->talk, event);
    if (!strcmp(kind, "end")) {
        int code = ll_json_get_int(event, "code", LL_OK);
        if (code && !b->status) b->status = code;
    }
}

static void echo(batch *b, const char *line)
{
    bool comment = *line == '#';
    if (b->f->echo)
        ll_talk_say(&b->talk, comment ? LL_S_FAINT : LL_S_ACCENT, comment ? "" : "latlab> ", line);
}

/* Runs one line; false: the script should not go on. */
static bool run_line(batch *b, const char *line)
{
    echo(b, line);
    int id = ll_app_submit(b->f->app, line);
    if (!id) return true;
    for (cJSON *event; (event = ll_app_wait(b->f->app)); cJSON_Delete(event)) take_event(b, event);
    ll_talk_clear(&b->talk);
    return !b->quit && !interrupted && (!b->status || b->f->keep_going);
}

static int finish(const batch *b)
{
    release_interrupt();
    ll_lesson_forget(b->f);
    return interrupted && b->status != LL_LATER ? LL_CANCELLED : b->status;
}

static batch start(ll_faces *f)
{
    catch_interrupt(f->app);
    return (batch){.f = f, .talk = ll_talk_new(stderr, f->err)};
}

int ll_batch_run(ll_faces *f, const ll_script_line *lines, int n)
{
    batch b = start(f);
    ll_str where = {0};
    for (int i = 0; i < n; i++) {
        ll_str_clear(&where);
        if (lines[i].number) ll_str_addf(&where, "%s:%d", f->title ? f->title : "-", lines[i].number);
        b.talk.where = where.len ? where.s : NULL;
        if (!run_line(&b, lines[i].text)) break;
    }
    ll_str_free(&where);
    return finish(&b);
}

/* The rest of a script that cannot be read is not taken for its end. */
static void input_failed(batch *b)
{
    if (errno == ENOMEM) ll_no_memory(0);
    fprintf(stderr, "error: reading the commands: %s\n", strerror(errno));
    if (!b->status) b->status = LL_FAILED;
}

/* For who writes the commands: all events of this line have been written. */
static void say_ready(batch *b, int line)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "event", "ready");
    ll_json_int(o, "line", line);
    print_json(b, o);
    cJSON_Delete(o);
}

/* Line by line as they come, so that another program can write a command, read its events, write the next. */
int ll_batch_stdin(ll_faces *f)
{
    batch b = start(f);
    char *text = NULL;
    size_t cap = 0;
    ll_str where = {0};
    bool go = true;
    for (int number = 1; go && getline(&text, &cap, stdin) >= 0; number++) {
        ll_str_clear(&where);
        ll_str_addf(&where, "-:%d", number);
        b.talk.where = where.s;
        ll_strs lines = {0};
        ll_split_lines(text, &lines);
        for (int i = 0; i < lines.n && go; i++) go = run_line(&b, lines.v[i]);
        ll_strs_free(&lines);
        if (go && f->json) say_ready(&b, number);
    }
    if (go && !feof(stdin) && !interrupted) input_failed(&b);
    free(text);
    ll_str_free(&where);
    return finish(&b);
}

/* --- scripts -------------------------------------------------------------------------------------------- */

/* Each line of ll_split_lines stands in the text as it is: find it again to know its number. */
ll_script_line *ll_script_split(const char *text, bool numbered, int *n)
{
    ll_strs lines = {0};
    ll_split_lines(text, &lines);
    ll_script_line *out = LL_NEW_ARRAY(ll_script_line, lines.n + 1);
    int number = 1;
    for (int i = 0; i < lines.n; i++) {
        const char *at = strstr(text, lines.v[i]);
        for (; at && text < at; text++) number += *text == '\n';
        out[i] = (ll_script_line){ll_strdup(lines.v[i]), numbered ? number : 0};
    }
    *n = lines.n;
    ll_strs_free(&lines);
    return out;
}

void ll_script_free(ll_script_line *lines, int n)
{
    for (int i = 0; i < n; i++) free(lines[i].text);
    free(lines);
}
