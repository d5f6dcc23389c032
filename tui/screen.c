#include "tui/screen_in.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tui/graphics.h"
#include "tui/loop.h"

#define FRAME_S    0.05 /* events are drawn at most this often; keys at once */
#define TWICE_S    1.0
#define PATIENCE_S 0.3

/* --- views ------------------------------------------------------------------------------------------------
 */

ll_view *ll_screen_find(ll_screen *s, const char *name)
{
    for (int i = 0; i < s->n_views; i++)
        if (!strcmp(s->views[i]->type->name, name)) return s->views[i];
    for (int i = 0; ll_view_types[i]; i++) {
        const ll_view_type *type = ll_view_types[i];
        if (strcmp(type->name, name)) continue;
        ll_view *v = ll_alloc(1, type->size);
        *v = (ll_view){.type = type, .screen = s, .stale = true};
        return s->views[s->n_views++] = v;
    }
    return NULL;
}

ll_view *ll_screen_top(const ll_screen *s)
{
    return s->stack[s->depth - 1];
}

void ll_screen_open(ll_screen *s, const char *name)
{
    ll_view *v = ll_screen_find(s, name);
    if (!v) {
        ll_screen_say(s, LL_S_WARN, "no view '%s'; ? lists them", name);
        return;
    }
    s->dirty = true;
    for (int i = 0; i < s->depth; i++) /* one that lies below comes up: the stack stays short */
        if (s->stack[i] == v) {
            memmove(s->stack + i, s->stack + i + 1, sizeof *s->stack * (size_t)(s->depth - i - 1));
            s->depth--;
            break;
        }
    if (s->depth == LL_MAX_STACK) memmove(s->stack, s->stack + 1, sizeof *s->stack * (size_t)(--s->depth));
    s->stack[s->depth++] = v;
}

void ll_screen_close_view(ll_screen *s)
{
    if (s->depth > 1)
        s->depth--;
    else
        ll_screen_say(s, LL_S_FAINT, "this is the last view; Q leaves latlab");
    s->dirty = true;
}

void ll_screen_mark_stale(ll_screen *s)
{
    for (int i = 0; i < s->n_views; i++) s->views[i]->stale = true;
}

void ll_view_say(ll_view *v, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    free(v->message);
    v->message = ll_str_take(&text);
}

static void refresh_view(ll_view *v)
{
    v->stale = false;
    free(v->message);
    v->message = NULL;
    if (v->type->refresh) v->type->refresh(v);
}

/* --- asking and submitting --------------------------------------------------------------------------------
 */

static int submit(ll_screen *s, const char *line)
{
    int id = ll_chain_begin(&s->chain, s->f->app, line);
    s->pending += id > 0;
    ll_lesson_ran(&s->lesson, line);
    s->log_back = 0;
    s->dirty = true;
    return id;
}

void ll_screen_submit(ll_screen *s, const char *line)
{
    submit(s, line);
}

void ll_screen_submit_typed(ll_screen *s, const char *line)
{
    ll_history_add(&s->history, line);
    s->typed_id = submit(s, line);
}

void ll_screen_submitf(ll_screen *s, const char *fmt, ...)
{
    ll_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&line, fmt, ap);
    va_end(ap);
    submit(s, ll_str_text(&line));
    ll_str_free(&line);
}

void ll_screen_ask(ll_view *v, const char *tag, const char *fmt, ...)
{
    ll_screen *s = v->screen;
    if (s->n_asks == LL_MAX_ASKS) return;
    ll_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&line, fmt, ap);
    va_end(ap);
    int id = ll_app_submit(s->f->app, ll_str_text(&line));
    s->asked_s = ll_now_s();
    if (id) s->asks[s->n_asks++] = (ll_ask){id, v, tag};
    ll_str_free(&line);
}

void ll_screen_say(ll_screen *s, ll_style style, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_log_say(&s->log, style, ll_str_text(&text));
    ll_str_free(&text);
    s->dirty = true;
}

const ll_look *ll_screen_look(const ll_screen *s)
{
    return &s->look;
}
ll_app *ll_screen_app(const ll_screen *s)
{
    return s->f->app;
}
ll_log *ll_screen_log(ll_screen *s)
{
    return &s->log;
}
void ll_screen_redraw(ll_screen *s)
{
    s->dirty = true;
}

void ll_screen_type(ll_screen *s, const char *text)
{
    s->mode = LL_MODE_COMMAND;
    ll_line_begin(&s->line, s->f->app, &s->history, text);
    s->dirty = true;
}

/* OSC 52 carries base64; most terminals take it, the others ignore it. */
void ll_screen_copy(ll_screen *s, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    ll_str out = {0};
    size_t n = strlen(text);
    ll_str_add(&out, "\033]52;c;");
    for (size_t i = 0; i < n; i += 3) {
        unsigned b = 0;
        for (size_t j = 0; j < 3; j++) b = b << 8 | (i + j < n ? (unsigned char)text[i + j] : 0);
        for (size_t j = 0; j < 4; j++) ll_str_addc(&out, i + j > n ? '=' : digits[b >> (18 - 6 * j) & 63]);
    }
    ll_str_add(&out, "\a");
    ll_curses_escape(ll_str_text(&out));
    ll_str_free(&out);
    ll_screen_say(s, LL_S_FAINT, "copied: %s", text);
}

/* --- events -----------------------------------------------------------------------------------------------
 */

static ll_ask *find_ask(ll_screen *s, int id)
{
    for (int i = 0; i < s->n_asks; i++)
        if (s->asks[i].id == id) return &s->asks[i];
    return NULL;
}

static void take_answer(ll_screen *s, ll_ask *ask, const char *kind, const cJSON *event)
{
    const ll_view_type *type = ask->view->type;
    if (!strcmp(kind, "result") && type->result) {
        type->result(ask->view, ask->tag, event);
    } else if (!strcmp(kind, "error")) {
        const char *message = ll_json_get_str(event, "message", "");
        if (type->failed)
            type->failed(ask->view, ask->tag, message);
        else
            ll_view_say(ask->view, "%s", message);
    } else if (!strcmp(kind, "end")) {
        *ask = s->asks[--s->n_asks];
    }
    s->dirty = true;
}

static void write_display(ll_screen *s)
{
    ll_str text = {0};
    ll_canvas plain = s->canvas;
    ll_look look = s->look;
    ll_error e = {0};
    look.attributes = false;
    plain.look = &look;
    ll_canvas_text(&plain, 0, plain.height, &text);
    if (ll_write_file(s->save_display, ll_str_text(&text), text.len, &e))
        ll_screen_say(s, LL_S_ERROR, "%s", e.message);
    ll_str_free(&text);
    free(s->save_display);
    s->save_display = NULL;
}

static void start_lesson(ll_screen *s, const char *path)
{
    char *text;
    size_t len;
    ll_error e = {0};
    if (ll_read_file(path, 1 << 20, &text, &len, &e)) {
        ll_screen_say(s, LL_S_ERROR, "%s", e.message);
        return;
    }
    ll_lesson_parse(&s->lesson, text, path);
    free(text);
}

void ll_screen_apply_config(ll_screen *s)
{
    s->look.theme = s->config.theme;
    s->look.ramp = s->config.ramp;
    ll_curses_mouse(s->config.mouse);
    s->dirty = true;
}

static void face_action(ll_screen *s, const cJSON *event)
{
    const char *action = ll_json_get_str(event, "action", ""), *value = ll_json_get_str(event, "value", "");
    ll_error e = {0};
    if (!strcmp(action, "quit")) {
        s->stop = true;
    } else if (!strcmp(action, "view")) {
        ll_screen_open(s, *value ? value : "devices");
    } else if (!strcmp(action, "save-display")) {
        s->save_display = ll_strdup(value);
    } else if (!strcmp(action, "lesson")) {
        start_lesson(s, value);
    } else if (!strcmp(action, "config")) {
        if (ll_config_line(&s->config, value, &e)) ll_screen_say(s, LL_S_ERROR, "%s", e.message);
        ll_screen_apply_config(s);
    }
    s->dirty = true;
}

static void set_progress(ll_screen *s, const cJSON *event)
{
    cJSON_Delete(s->progress);
    s->progress = event ? cJSON_Duplicate(event, true) : NULL;
}

static bool is_look(const ll_screen *s, const char *line)
{
    char name[64];
    size_t n = strcspn(line, " \t?");
    if (n >= sizeof name) return false;
    memcpy(name, line, n);
    name[n] = 0;
    const ll_command *c = ll_app_find(s->f->app, name);
    return c && c->flags & LL_CMD_LOOK;
}

static void command_begins(ll_screen *s, const cJSON *event)
{
    free(s->running);
    s->running = ll_strdup(ll_json_get_str(event, "command", ""));
    set_progress(s, NULL);
}

static void command_ends(ll_screen *s, const cJSON *event)
{
    int next = ll_chain_end(&s->chain, s->f->app, event);
    s->pending += next > 0 ? 0 : -1;
    if (next && s->typed_id == ll_json_get_int(event, "id", -1)) s->typed_id = next;
    if (!s->running || !is_look(s, s->running)) ll_screen_mark_stale(s);
    if (s->pending > 0) return;
    free(s->running);
    s->running = NULL;
    set_progress(s, NULL);
}

/* A question typed at the ':' line is answered on a page of its own, unless a view shows it anyway. */
static void show_output(ll_screen *s, const cJSON *event)
{
    if (ll_json_get_int(event, "id", -1) != s->typed_id || !s->running || !is_look(s, s->running)) return;
    ll_view *v = ll_screen_find(s, "output");
    v->type->result(v, "typed", event);
    ll_screen_open(s, "output");
}

static void take_event(ll_screen *s, const char *kind, const cJSON *event)
{
    if (!strcmp(kind, "result") && !strcmp(ll_json_get_str(event, "kind", ""), "face")) {
        face_action(s, event);
        return;
    }
    if (!strcmp(kind, "begin")) command_begins(s, event);
    if (!strcmp(kind, "progress")) set_progress(s, event);
    if (!strcmp(kind, "result")) show_output(s, event);
    ll_log_event(&s->log, event);
    if (!strcmp(kind, "end")) command_ends(s, event);
    s->dirty = true;
}

static void on_event(void *ctx, const cJSON *event)
{
    ll_screen *s = ctx;
    const char *kind = ll_json_get_str(event, "event", "");
    ll_ask *ask = find_ask(s, ll_json_get_int(event, "id", -1));
    if (ask) {
        take_answer(s, ask, kind, event);
        return;
    }
    take_event(s, kind, event);
    for (int i = 0; i < s->n_views; i++)
        if (s->views[i]->type->event) s->views[i]->type->event(s->views[i], event);
}

/* --- the loop's calls -------------------------------------------------------------------------------------
 */

static void on_input(void *ctx)
{
    ll_screen *s = ctx;
    char key[LL_KEY_NAME];
    ll_mouse m;
    while (!s->stop && ll_curses_key(key, &m)) {
        if (!strcmp(key, "Mouse"))
            ll_screen_key(s, key, &m);
        else
            ll_strs_add(&s->typed, key);
    }
}

/* Keys wait a moment for what the view has asked for, so that they meet what their typist will see. */
static bool ready_for_keys(const ll_screen *s)
{
    return !s->n_asks || ll_now_s() - s->asked_s > PATIENCE_S;
}

static bool take_typed(ll_screen *s)
{
    int i = 0;
    while (i < s->typed.n && !s->stop && ready_for_keys(s)) {
        ll_view *top = ll_screen_top(s);
        if (top->stale)
            refresh_view(top);
        else
            ll_screen_key(s, s->typed.v[i++], NULL);
    }
    for (int j = 0; j < i; j++) free(s->typed.v[j]);
    memmove(s->typed.v, s->typed.v + i, sizeof *s->typed.v * (size_t)(s->typed.n - i));
    s->typed.n -= i;
    return i > 0;
}

static void resize(ll_screen *s)
{
    int h, w;
    ll_curses_resize();
    ll_curses_size(&h, &w);
    ll_canvas_free(&s->canvas);
    ll_canvas_init(&s->canvas, &s->look, h, w);
    s->look.width = w;
    s->f->out.width = s->f->err.width = w;
    ll_graphics_tell(s->f->app, &s->f->out, false);
    s->dirty = true;
}

static void interrupt(ll_screen *s)
{
    double now = ll_now_s();
    bool twice = now - s->interrupted_s < TWICE_S;
    s->interrupted_s = now;
    if (s->mode != LL_MODE_VIEW) {
        ll_screen_key(s, "Esc", NULL);
    } else if (!s->pending) {
        ll_screen_say(s, LL_S_FAINT, "nothing runs; Q leaves latlab");
    } else if (twice) {
        ll_strs_free(&s->chain.rest);
        ll_app_cancel_all(s->f->app);
    } else {
        ll_app_cancel(s->f->app);
        ll_screen_say(s, LL_S_WARN, "cancelling...");
    }
}

void ll_screen_suspend(ll_screen *s)
{
    ll_curses_stop();
    bool stopped = ll_loop_suspend();
    ll_curses_resume();
    resize(s);
    if (!stopped) ll_screen_say(s, LL_S_FAINT, "no shell to go back to: nothing could continue latlab");
}

static void on_signal(void *ctx, int sig)
{
    ll_screen *s = ctx;
    if (sig == SIGINT) interrupt(s);
    if (sig == SIGWINCH) resize(s);
    if (sig == SIGTSTP) ll_screen_suspend(s);
    if (sig == SIGTERM || sig == SIGHUP) {
        s->f->ended_by = sig;
        s->stop = true;
    }
}

static void draw(ll_screen *s)
{
    int cy = -1, cx = 0;
    ll_view *top = ll_screen_top(s);
    if (top->stale) refresh_view(top);
    ll_screen_draw(s, &cy, &cx);
    if (s->save_display && !s->n_asks) write_display(s);
    ll_curses_show(&s->canvas, cy, cx);
    s->drawn_s = ll_now_s();
    s->dirty = false;
}

static bool waits_for_keyfile(const ll_screen *s)
{
    return s->keys.next < s->keys.keys.n && s->pending <= 0 && !s->n_asks && !s->save_display && !s->typed.n;
}

/* Q beside a command: a quick one is waited for, of a longer one the user is told. */
static void leave_or_ask(ll_screen *s)
{
    if (s->pending <= 0) {
        s->stop = true;
    } else if (ll_now_s() - s->leaving_s > PATIENCE_S) {
        ll_screen_say(s, LL_S_WARN, "a command is running; Q again cancels it and leaves");
        s->leave_asked = true;
        s->leaving_s = 0;
    }
}

static void on_settled(void *ctx)
{
    ll_screen *s = ctx;
    if (waits_for_keyfile(s)) ll_strs_add(&s->typed, ll_keyfile_next(&s->keys));
    bool at_once = s->typed.n && take_typed(s);
    if (s->leaving_s > 0 && !s->save_display) leave_or_ask(s);
    if (s->stop || (!s->dirty && !ll_screen_top(s)->stale)) return;
    if (at_once || ll_now_s() - s->drawn_s >= FRAME_S) draw(s);
}

static int timeout_ms(void *ctx)
{
    const ll_screen *s = ctx;
    if (waits_for_keyfile(s) && !s->dirty) return 0;
    return s->dirty || s->typed.n || s->leaving_s > 0 || ll_screen_top(s)->stale ? 10 : -1;
}

/* --- start and end ----------------------------------------------------------------------------------------
 */

static void read_config(ll_screen *s)
{
    ll_strs complaints = {0};
    ll_config_init(&s->config);
    ll_config_load(&s->config, &complaints);
    for (int i = 0; i < complaints.n; i++) ll_screen_say(s, LL_S_WARN, "%s", complaints.v[i]);
    ll_strs_free(&complaints);
}

static void read_keys(ll_screen *s)
{
    const char *path = getenv("LATLAB_KEYS");
    static bool played; /* once a process, however often the screen is opened */
    char *text;
    size_t len;
    ll_error e = {0};
    if (!path || !*path || played) return;
    played = true;
    if (ll_read_file(path, 1 << 20, &text, &len, &e)) {
        ll_screen_say(s, LL_S_WARN, "LATLAB_KEYS: %s", e.message);
        return;
    }
    ll_keyfile_parse(&s->keys, text);
    free(text);
}

static const char *first_view(const ll_screen *s)
{
    ll_state state;
    if (s->f->view && *s->f->view) return s->f->view;
    ll_app_snapshot(s->f->app, &state);
    bool data = state.data != NULL;
    ll_state_free(&state);
    return data ? "devices" : "welcome";
}

static void start(ll_screen *s)
{
    int h, w;
    s->look = s->f->out;
    read_config(s);
    ll_history_load(&s->history);
    read_keys(s);
    ll_curses_start(&s->look);
    ll_screen_apply_config(s);
    ll_curses_size(&h, &w);
    s->look.width = w;
    ll_canvas_init(&s->canvas, &s->look, h, w);
    ll_screen_open(s, "devices"); /* what q comes back to */
    ll_screen_open(s, first_view(s));
    if (s->f->lesson) start_lesson(s, s->f->lesson);
    free(s->f->lesson);
    free(s->f->view);
    s->f->lesson = s->f->view = NULL;
}

static void finish(ll_screen *s)
{
    ll_curses_stop();
    ll_curses_guard(false);
    ll_curses_forget();
    for (int i = 0; i < s->n_views; i++) {
        if (s->views[i]->type->close) s->views[i]->type->close(s->views[i]);
        free(s->views[i]->message);
        free(s->views[i]);
    }
    ll_canvas_free(&s->canvas);
    ll_log_free(&s->log);
    ll_history_free(&s->history);
    ll_line_free(&s->line);
    ll_keyfile_free(&s->keys);
    ll_strs_free(&s->typed);
    ll_chain_free(&s->chain);
    ll_lesson_free(&s->lesson);
    ll_config_free(&s->config);
    cJSON_Delete(s->progress);
    free(s->running);
    free(s->save_display);
}

ll_next ll_screen_run(ll_faces *f)
{
    static const ll_loop_face face = {on_input, on_event, on_signal, on_settled, timeout_ms};
    ll_screen s = {.f = f};
    start(&s);
    ll_loop_run(f->app, &face, &s, &s.stop);
    ll_next next = s.next;
    finish(&s);
    return next;
}
