#include "tui/screen/screen_in.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "tui/draw/graphics.h"
#include "tui/faces/loop.h"

#define FRAME_S    0.05 /* events are drawn at most this often; keys at once */
#define TWICE_S    1.0
#define PATIENCE_S 0.3

/* --- for views ------------------------------------------------------------------------------------------ */

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

static void add_base64(ll_str *out, const char *text, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned b = 0;
        for (size_t j = 0; j < 3; j++) b = b << 8 | (i + j < n ? (unsigned char)text[i + j] : 0);
        for (size_t j = 0; j < 4; j++) ll_str_addc(out, i + j > n ? '=' : digits[b >> (18 - 6 * j) & 63]);
    }
}

/* As it is shown: what is pasted into a shell runs there, so no newline and no escape comes with a name. The tabs
 * between the cells of a row are ours. */
static void add_visible(ll_str *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\t");
        char *part = ll_strndup(text, n);
        ll_utf8_visible(out, part);
        free(part);
        text += n;
        if (*text) ll_str_addc(out, *text++);
    }
}

/* OSC 52 carries base64; most terminals take it, the others ignore it. */
void ll_screen_copy(ll_screen *s, const char *text)
{
    ll_str shown = {0}, out = {0};
    add_visible(&shown, text);
    ll_str_add(&out, "\033]52;c;");
    add_base64(&out, ll_str_text(&shown), shown.len);
    ll_str_add(&out, "\a");
    ll_curses_escape(ll_str_text(&out));
    ll_screen_say(s, LL_S_FAINT, "copied: %s", ll_str_text(&shown));
    ll_str_free(&shown);
    ll_str_free(&out);
}

/* --- the loop's calls ----------------------------------------------------------------------------------- */

static void on_input(void *ctx)
{
    ll_screen *s = ctx;
    char key[LL_KEY_NAME];
    ll_mouse m;
    while (!s->stop && ll_curses_key(key, &m)) {
        if (!strcmp(key, "Mouse"))
            ll_screen_mouse(s, &m);
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
            ll_screen_refresh_view(top);
        else
            ll_screen_key(s, s->typed.v[i++]);
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
    ll_screen_tell_room(s);
    s->dirty = true;
}

static void interrupt(ll_screen *s)
{
    double now = ll_now_s();
    bool twice = now - s->interrupted_s < TWICE_S;
    s->interrupted_s = now;
    if (s->mode != LL_MODE_VIEW) {
        ll_screen_key(s, "Esc");
    } else if (!s->pending) {
        ll_screen_say(s, LL_S_FAINT, "nothing runs; Q leaves latlab");
    } else if (ll_waiting_cancel(&s->waiting, s->f->app)) {
        s->f->ended_by = SIGINT;
        s->stop = true;
    } else if (twice) {
        ll_strs_free(&s->chain.rest);
        ll_app_cancel_all(s->f->app);
    } else {
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

static void on_event(void *ctx, const cJSON *event)
{
    ll_screen_event(ctx, event);
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
    if (top->stale) ll_screen_refresh_view(top);
    ll_screen_draw(s, &cy, &cx);
    if (s->save_display && !s->n_asks) ll_screen_write_display(s);
    ll_curses_show(&s->canvas, cy, cx);
    s->drawn_s = ll_now_s();
    s->dirty = false;
}

static bool waits_for_keyfile(const ll_screen *s)
{
    return s->keys.next < s->keys.keys.n && s->pending <= 0 && !s->n_asks && !s->save_display &&
           !s->typed.n && !s->waits;
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

static bool views_wait(ll_screen *s)
{
    bool waits = false;
    for (int i = 0; i < s->n_views; i++)
        if (s->views[i]->type->wait) waits |= s->views[i]->type->wait(s->views[i]);
    return waits;
}

static void on_settled(void *ctx)
{
    ll_screen *s = ctx;
    if (waits_for_keyfile(s)) ll_strs_add(&s->typed, ll_keyfile_next(&s->keys));
    bool at_once = s->typed.n && take_typed(s);
    s->waits = views_wait(s); /* behind the keys: one of them may have begun it */
    if (s->leaving_s > 0 && !s->save_display) leave_or_ask(s);
    if (ll_waiting_tell(&s->waiting, s->f->app)) {
        ll_screen_say(s, LL_S_WARN, LL_DEAF);
        s->said_deaf = true;
    }
    if (s->stop || (!s->dirty && !ll_screen_top(s)->stale)) return;
    if (at_once || ll_now_s() - s->drawn_s >= FRAME_S) draw(s);
}

static int timeout_ms(void *ctx)
{
    const ll_screen *s = ctx;
    if (waits_for_keyfile(s) && !s->dirty) return 0;
    bool soon = s->leaving_s > 0 || s->waiting.since_s > 0 || s->waits;
    return s->dirty || s->typed.n || soon || ll_screen_top(s)->stale ? 10 : -1;
}

/* --- start and end -------------------------------------------------------------------------------------- */

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
    for (int i = 0; ll_view_types[i]; i++) /* those that listen hear everything from now on */
        if (ll_view_types[i]->event) ll_screen_find(s, ll_view_types[i]->name);
    ll_screen_open(s, first_view(s)); /* what q comes back to, and leads from to the prompt */
    free(s->f->view);
    s->f->view = NULL;
}

static void finish(ll_screen *s)
{
    ll_curses_stop();
    ll_curses_guard(false);
    ll_curses_forget();
    ll_screen_free_views(s);
    ll_canvas_free(&s->canvas);
    ll_log_free(&s->log);
    ll_history_free(&s->history);
    ll_line_free(&s->line);
    ll_keyfile_free(&s->keys);
    ll_strs_free(&s->typed);
    ll_chain_free(&s->chain);
    ll_config_free(&s->config);
    cJSON_Delete(s->progress);
    free(s->running);
    free(s->lesson_why);
    free(s->save_display);
    free(s->over_line);
    free(s->over_file);
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
