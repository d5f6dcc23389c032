/* From a key to what it does: the ':' line, the filter, or the text bound to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tui/faces/expand.h"
#include "tui/screen/grid.h"
#include "tui/screen/pager.h"
#include "tui/screen/screen_in.h"
#include "tui/screen/sides.h"

static const ll_key global_keys[] = {
    {"?", "@help", "this help"},
    {":", "@command", "type a command (Tab completes, arrows walk the history)"},
    {"1", "@number 1", "views by their number: 1 to 9"},
    {"2", "@number 2", NULL},
    {"3", "@number 3", NULL},
    {"4", "@number 4", NULL},
    {"5", "@number 5", NULL},
    {"6", "@number 6", NULL},
    {"7", "@number 7", NULL},
    {"8", "@number 8", NULL},
    {"9", "@number 9", NULL},
    {"q", "@close", "back to the view before"},
    {"Q", "@quit", "leave latlab"},
    {"k Up", "@up", "move: arrows or hjkl; in a table left and right choose the column to sort by"},
    {"j Down", "@down", NULL},
    {"h Left", "@left", NULL},
    {"l Right", "@right", NULL},
    {"PgUp C-b", "@page-up", "a page: PgUp, PgDn"},
    {"PgDn C-f", "@page-down", NULL},
    {"g Home", "@first", "first, last: g, G"},
    {"G End", "@last", NULL},
    {"/", "@filter", "filter a table, search a page, as you type (Enter keeps it, Esc drops it)"},
    {"r", "@reverse", "reverse the order of a table"},
    {">", "@columns +", "scroll a wide table sideways: < and > (in the search they move the limit)"},
    {"<", "@columns -", NULL},
    {"y", "@copy", "copy what is under the cursor to the clipboard"},
    {"u", "undo", "undo the last change"},
    {"C-r", "redo", "redo it"},
    {"O", "@maximise", "the view alone, or with the log"},
    {"[", "@log-up", "scroll the log"},
    {"]", "@log-down", NULL},
    {"R", "@refresh", "ask for everything again"},
    {"C-l", "@redraw", "draw the screen anew"},
    {"C-z", "@suspend", "to the shell (fg comes back)"},
    {"K", "@cancel", "cancel the running command (also Ctrl-C)"},
    {"n", "@lesson-next", "the next thing that / found; in a lesson, as Enter: what is next"},
    {"N", "@lesson-stop", "the one before; in a lesson: leave it"},
    {"C-x C-a", "@repl", "to the prompt (the same keys lead back)"},
    {0},
};

/* In a lesson these come before all others; its pane names them. */
static const ll_key lesson_keys[] = {{"Enter", "@lesson-next", "next"}, {"Backspace", "@lesson back", "back"},
                                     {".", "@lesson repeat", "repeat"}, {"+", "@lesson skip", "skip"},
                                     {"-", "@lesson hint", "hint"},     {0}};

const ll_key *ll_screen_lesson_keys(void)
{
    return lesson_keys;
}

/* F-keys do what a letter does, in whatever view. */
static const struct {
    const char *key, *letter;
} twins[] = {{"F1", "?"}, {"F2", ":"}, {"F3", "/"}, {"F4", "e"},  {"F5", "R"},  {"F6", "r"},
             {"F7", "u"}, {"F8", "p"}, {"F9", "K"}, {"F10", "Q"}, {"F11", "O"}, {"F12", "y"}};

bool ll_keys_have(const ll_key *keys, const char *key)
{
    for (; keys && keys->key; keys++)
        if (!strcmp(keys->key, key)) return true;
    return false;
}

const char *ll_screen_twin(const char *letter)
{
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        if (!strcmp(twins[i].letter, letter)) return twins[i].key;
    return NULL;
}

const ll_key *ll_screen_global_keys(void)
{
    return global_keys;
}

/* --- actions -------------------------------------------------------------------------------------------- */

static void do_help(ll_screen *s, const char *arg)
{
    s->mode = LL_MODE_HELP;
    s->help_top = 0;
}

static void do_command(ll_screen *s, const char *arg)
{
    ll_screen_type(s, arg);
}
static void do_close(ll_screen *s, const char *arg)
{
    ll_screen_close_view(s);
}
static void do_view(ll_screen *s, const char *arg)
{
    ll_screen_open(s, arg);
}

static void do_number(ll_screen *s, const char *arg)
{
    int n = atoi(arg);
    for (int i = 0; ll_view_types[i] && i < n; i++)
        if (i == n - 1) ll_screen_open(s, ll_view_types[i]->name);
}

static void do_quit(ll_screen *s, const char *arg)
{
    if (s->pending > 0 && !s->leave_asked && s->leaving_s <= 0)
        s->leaving_s = ll_now_s();
    else
        s->stop = true;
}

/* What a view's own function does not do, its table or its page does. */
static bool view_action(ll_view *v, const char *name, const char *arg)
{
    const ll_view_type *t = v->type;
    if (t->action && t->action(v, name, arg)) return true;
    if (t->grid && t->grid(v) && ll_grid_action(t->grid(v), name, arg)) return true;
    return t->pager && t->pager(v) && ll_pager_action(t->pager(v), name, arg);
}

static void view_move(ll_view *v, ll_move where)
{
    const ll_view_type *t = v->type;
    if (t->move)
        t->move(v, where);
    else if (t->grid && t->grid(v))
        ll_grid_move(t->grid(v), where);
    else if (t->pager && t->pager(v))
        ll_pager_move(t->pager(v), where);
}

static void do_filter(ll_screen *s, const char *arg)
{
    if (!view_action(ll_screen_top(s), "filter-by", "")) {
        ll_screen_say(s, LL_S_FAINT, "this view has nothing to filter");
        return;
    }
    s->mode = LL_MODE_FILTER;
    ll_line_begin(&s->line, NULL, NULL, "");
}

static void do_copy(ll_screen *s, const char *arg)
{
    ll_view *v = ll_screen_top(s);
    const ll_view_type *t = v->type;
    ll_str text = {0};
    if (t->grid && t->grid(v))
        ll_grid_copy(t->grid(v), &text);
    else if (t->pager && t->pager(v))
        ll_pager_copy(t->pager(v), &text);
    else if (t->device && t->device(v))
        ll_str_add(&text, t->device(v));
    if (text.len)
        ll_screen_copy(s, ll_str_text(&text));
    else
        ll_screen_say(s, LL_S_FAINT, "nothing here to copy");
    ll_str_free(&text);
}

static void do_maximise(ll_screen *s, const char *arg)
{
    s->maximised = !s->maximised;
}
static void do_log_up(ll_screen *s, const char *arg)
{
    if (!ll_screen_in_lesson(s))
        s->log_back += 3;
    else
        s->lesson_top = s->lesson_top > 3 ? s->lesson_top - 3 : 0;
}
static void do_log_down(ll_screen *s, const char *arg)
{
    if (!ll_screen_in_lesson(s))
        s->log_back = s->log_back > 3 ? s->log_back - 3 : 0;
    else
        s->lesson_top += 3; /* no further than its end: ll_screen_draw_lesson */
}
static void do_refresh(ll_screen *s, const char *arg)
{
    ll_screen_mark_stale(s);
}
static void do_redraw(ll_screen *s, const char *arg)
{
    ll_curses_resize();
}

static void do_suspend(ll_screen *s, const char *arg)
{
    ll_screen_suspend(s);
}

static void do_cancel(ll_screen *s, const char *arg)
{
    if (s->pending > 0)
        ll_app_cancel(s->f->app);
    else
        ll_screen_say(s, LL_S_FAINT, "nothing runs");
}

static void do_repl(ll_screen *s, const char *arg)
{
    s->next = LL_TO_REPL;
    s->stop = true;
}

/* Outside a lesson its keys go on with a search. */
static void find_again(ll_screen *s, const char *where)
{
    if (!view_action(ll_screen_top(s), "find", where))
        ll_screen_say(s, LL_S_FAINT, "nothing is searched for here: / begins");
}

/* A command of the lesson; none begins while another runs. */
static void in_lesson(ll_screen *s, const char *line)
{
    if (s->pending > 0)
        ll_screen_say(s, LL_S_FAINT, "the next step waits for what runs");
    else
        ll_screen_submit(s, line);
}

static void do_lesson(ll_screen *s, const char *arg)
{
    ll_str line = {0};
    ll_str_addf(&line, "lesson %s", arg);
    in_lesson(s, ll_str_text(&line));
    ll_str_free(&line);
}

/* Runs the step, or begins the answer to its question; behind the end the pane is the log's again. */
static void do_lesson_next(ll_screen *s, const char *arg)
{
    if (!s->f->lesson) {
        find_again(s, "+");
    } else if (ll_lesson_at_end(s->f)) {
        ll_lesson_forget(s->f);
    } else if (ll_lesson_asks_now(s->f) && s->pending <= 0) {
        ll_screen_do(s, "@command answer ");
    } else {
        in_lesson(s, "lesson next");
    }
}

static void do_lesson_stop(ll_screen *s, const char *arg)
{
    if (!s->f->lesson)
        find_again(s, "-");
    else
        in_lesson(s, "lesson stop");
}

typedef struct action {
    const char *name;
    void (*run)(ll_screen *s, const char *arg);
} action;
static const action actions[] = {{"help", do_help},
                                 {"command", do_command},
                                 {"close", do_close},
                                 {"view", do_view},
                                 {"number", do_number},
                                 {"quit", do_quit},
                                 {"filter", do_filter},
                                 {"copy", do_copy},
                                 {"maximise", do_maximise},
                                 {"log-up", do_log_up},
                                 {"log-down", do_log_down},
                                 {"refresh", do_refresh},
                                 {"redraw", do_redraw},
                                 {"suspend", do_suspend},
                                 {"cancel", do_cancel},
                                 {"repl", do_repl},
                                 {"lesson", do_lesson},
                                 {"lesson-next", do_lesson_next},
                                 {"lesson-stop", do_lesson_stop}};
static const char *const moves[] = {"up", "down", "left", "right", "page-up", "page-down", "first", "last"};

/* The view first: it may give a name a meaning of its own. */
static void run_action(ll_screen *s, const char *name, const char *arg)
{
    ll_view *v = ll_screen_top(s);
    if (view_action(v, name, arg)) return;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (!strcmp(actions[i].name, name)) {
            actions[i].run(s, arg);
            return;
        }
    for (int i = 0; i <= LL_LAST; i++)
        if (!strcmp(moves[i], name)) {
            view_move(v, (ll_move)i);
            return;
        }
    ll_screen_say(s, LL_S_FAINT, "@%s does nothing in this view", name);
}

/* --- text of a binding ---------------------------------------------------------------------------------- */

/* What every view with a device under its cursor can say. */
static bool expand_device(ll_view *v, const char *name, ll_str *out)
{
    const char *device = v->type->device ? v->type->device(v) : NULL;
    if (!device) return false;
    if (!strcmp(name, "device")) {
        ll_quote_word(out, device);
        return true;
    }
    ll_strs one = {0};
    ll_strs_add(&one, device);
    bool good = ll_assign_expand(&v->state, &one, name, out);
    ll_strs_free(&one);
    return good;
}

static void say_missing(ll_screen *s, const char *name)
{
    if (!strncmp(name, "search", 6) || !strncmp(name, "next-", 5)) {
        ll_screen_say(s, LL_S_FAINT, "nothing has been searched for yet: f begins");
        return;
    }
    if (!strcmp(name, "across")) name = "device"; /* to move */
    if (!strncmp(name, "as-", 3))
        ll_screen_say(s, LL_S_WARN,
                      "a task needs a source device: S makes the one under the cursor a source");
    else
        ll_screen_say(s, LL_S_FAINT, "no %s here", name);
}

/* {name} by what the view says it is; false, and a message, when it has no such thing now. */
static bool find_placeholder(void *ctx, const char *name, ll_str *out)
{
    ll_screen *s = ctx;
    ll_view *v = ll_screen_top(s);
    bool good =
        !v->message && ((v->type->expand && v->type->expand(v, name, out)) || expand_device(v, name, out));
    if (!good) say_missing(s, name);
    return good;
}

void ll_screen_do(ll_screen *s, const char *text)
{
    ll_str full = {0};
    if (ll_expand(text, find_placeholder, s, &full)) {
        const char *t = ll_str_text(&full);
        if (*t == '@') {
            size_t n = strcspn(t, " ");
            char *name = ll_strdup(t + 1);
            name[n - 1] = 0;
            run_action(s, name, t + n + (t[n] == ' '));
            free(name);
        } else {
            ll_screen_submit(s, t);
        }
    }
    ll_str_free(&full);
    s->dirty = true;
}

/* --- keys ----------------------------------------------------------------------------------------------- */

/* "k Up": alternatives; "C-x C-a": the one binding of two keys, told by its prefix. */
static bool names_key(const char *names, const char *key)
{
    size_t n = strlen(key);
    if (!strncmp(names, "C-x ", 4)) return !strcmp(names, key);
    for (const char *p = names; p; p = strchr(p, ' ')) {
        p += *p == ' ';
        if (!strncmp(p, key, n) && (p[n] == ' ' || !p[n])) return true;
    }
    return false;
}

static const char *find_binding(const ll_screen *s, const char *key)
{
    const ll_view *v = ll_screen_top(s);
    const char *own = ll_config_binding(&s->config, v->type->name, key);
    if (own) return own;
    const ll_key *const tables[] = {ll_screen_in_lesson(s) ? lesson_keys : NULL, v->type->keys,
                                    v->type->shared, global_keys};
    for (int t = 0; t < 4; t++)
        for (const ll_key *k = tables[t]; k && k->key; k++)
            if (names_key(k->key, key)) return k->text;
    return NULL;
}

const char *ll_screen_bound(const ll_screen *s, const char *key)
{
    const char *text = find_binding(s, key);
    for (size_t i = 0; !text && i < sizeof twins / sizeof *twins; i++)
        if (!strcmp(twins[i].key, key)) return find_binding(s, twins[i].letter);
    return text;
}

static void command_key(ll_screen *s, const char *key)
{
    ll_line_done done = ll_line_key(&s->line, key);
    if (done == LL_LINE_OPEN) return;
    s->mode = LL_MODE_VIEW;
    if (done == LL_LINE_LEFT || !s->line.text.len) return;
    char *line = ll_strdup(ll_str_text(&s->line.text));
    ll_screen_submit_typed(s, line);
    free(line);
}

static void filter_key(ll_screen *s, const char *key)
{
    ll_line_done done = ll_line_key(&s->line, key);
    if (done != LL_LINE_OPEN) s->mode = LL_MODE_VIEW;
    view_action(ll_screen_top(s), "filter-by", done == LL_LINE_LEFT ? "" : ll_str_text(&s->line.text));
}

static void help_key(ll_screen *s, const char *key)
{
    if (names_key("j Down", key))
        s->help_top++;
    else if (names_key("k Up", key))
        s->help_top -= s->help_top > 0;
    else if (names_key("PgDn Space", key))
        s->help_top += 10;
    else if (names_key("PgUp", key))
        s->help_top = s->help_top > 10 ? s->help_top - 10 : 0;
    else
        s->mode = LL_MODE_VIEW;
}

/* Anything but an answer leaves the question standing. */
static void over_key(ll_screen *s, const char *key)
{
    bool yes = names_key("y Y", key);
    if (!yes && !names_key("n N q Esc", key)) return;
    s->mode = LL_MODE_VIEW;
    ll_str line = {0};
    ll_str_addf(&line, "%s force=on", s->over_line);
    if (yes)
        ll_screen_submit(s, ll_str_text(&line));
    else
        ll_screen_say(s, LL_S_FAINT, "left as it is");
    ll_str_free(&line);
}

static void view_key(ll_screen *s, const char *key)
{
    char both[2 * LL_KEY_NAME];
    snprintf(both, sizeof both, "%s%s%s", s->prefix, *s->prefix ? " " : "", key);
    bool prefixed = *s->prefix;
    s->prefix[0] = 0;
    if (!prefixed && !strcmp(key, "C-x")) {
        strcpy(s->prefix, key);
        return;
    }
    const char *text = ll_screen_bound(s, both);
    if (strcmp(key, "Q")) s->leave_asked = false;
    if (text)
        ll_screen_do(s, text);
    else if (strcmp(key, "Esc"))
        ll_screen_say(s, LL_S_FAINT, "%s does nothing here; ? lists the keys", both);
}

void ll_screen_key(ll_screen *s, const char *key)
{
    s->dirty = true;
    if (s->mode == LL_MODE_VIEW || !strcmp(key, "C-z")) /* the latter in every mode, as the terminal would */
        view_key(s, key);
    else if (s->mode == LL_MODE_COMMAND)
        command_key(s, key);
    else if (s->mode == LL_MODE_FILTER)
        filter_key(s, key);
    else if (s->mode == LL_MODE_ASK)
        over_key(s, key);
    else
        help_key(s, key);
}
