/* The user's commands: submitting them, and what their events change on the screen. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "tui/screen/screen_in.h"

static void forget_failure(ll_screen *s)
{
    free(s->lesson_why);
    s->lesson_why = NULL;
}

static bool is_look(const ll_screen *s, const char *line)
{
    return ll_app_line_has(s->f->app, line, LL_CMD_LOOK);
}

void ll_screen_submit(ll_screen *s, const char *line)
{
    bool busy = s->pending > 0;
    if (!busy) s->page_begun = false;
    ll_screen_tell_room(s);
    int id = ll_chain_begin(&s->chain, s->f->app, line);
    s->pending += id > 0;
    if (busy && id > 0 && !is_look(s, line)) ll_screen_say(s, LL_S_FAINT, "waits for what runs: %s", line);
    bool of_lesson = !strncmp(line, "lesson", 6) || !strncmp(line, "answer", 6);
    if (of_lesson) forget_failure(s);
    if (of_lesson) s->lesson_id = id;
    s->log_back = 0;
    s->dirty = true;
}

void ll_screen_submit_typed(ll_screen *s, const char *line)
{
    ll_history_add(&s->history, line);
    ll_screen_submit(s, line);
}

void ll_screen_submitf(ll_screen *s, const char *fmt, ...)
{
    ll_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_quote_addv(&line, fmt, ap);
    va_end(ap);
    ll_screen_submit(s, ll_str_text(&line));
    ll_str_free(&line);
}

/* --- actions of the face's own commands ----------------------------------------------------------------- */

void ll_screen_write_display(ll_screen *s)
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
    } else if (!strcmp(action, "config")) {
        if (ll_config_line(&s->config, value, &e)) ll_screen_say(s, LL_S_ERROR, "%s", e.message);
        ll_screen_apply_config(s);
    }
    s->dirty = true;
}

/* --- events of commands --------------------------------------------------------------------------------- */

/* Not amid something that is being typed: there the message says what to do. */
void ll_screen_ask_over(ll_screen *s, const char *line, const char *file)
{
    if (s->mode != LL_MODE_VIEW) return;
    free(s->over_line);
    free(s->over_file);
    s->over_line = ll_strdup(line);
    s->over_file = ll_strdup(file);
    s->mode = LL_MODE_ASK;
}

static void set_progress(ll_screen *s, const cJSON *event)
{
    cJSON_Delete(s->progress);
    s->progress = event ? cJSON_Duplicate(event, true) : NULL;
}

static void command_begins(ll_screen *s, const cJSON *event)
{
    free(s->running);
    s->running = ll_strdup(ll_json_get_str(event, "command", ""));
    set_progress(s, NULL);
}

/* The lesson's step stays where it is, with the reason. */
static void lesson_fails(ll_screen *s, const cJSON *event, const char *why)
{
    if (!s->f->lesson || ll_json_get_int(event, "id", 0) != s->lesson_id) return;
    free(s->lesson_why);
    s->lesson_why = ll_strdup(why);
}

static void command_ends(ll_screen *s, const cJSON *event)
{
    int next = ll_chain_end(&s->chain, s->f->app, event);
    s->pending += next > 0 ? 0 : -1;
    if (ll_json_get_int(event, "code", LL_OK) == LL_CANCELLED) lesson_fails(s, event, "cancelled");
    if (!s->running || !is_look(s, s->running)) ll_screen_mark_stale(s);
    if (s->pending > 0) return; /* (what ended is a look beside it) */
    if (s->said_deaf) ll_screen_say(s, LL_S_FAINT, "it has ended: %s", ll_json_get_str(event, "status", "?"));
    s->said_deaf = false;
    free(s->running);
    s->running = NULL;
    set_progress(s, NULL);
}

static void hear(ll_screen *s, const cJSON *event);

/* A command of a lesson's step is for log and views what it is when it is typed. */
static void step_event(ll_screen *s, const char *command, bool ended, const cJSON *event)
{
    cJSON *as_typed = cJSON_Duplicate(event, true);
    cJSON_DeleteItemFromObjectCaseSensitive(as_typed, "event");
    ll_json_str(as_typed, "event", ended ? "end" : "begin");
    if (!ended) command_begins(s, as_typed);
    ll_log_event(&s->log, as_typed);
    hear(s, as_typed);
    cJSON_Delete(as_typed);
    const char *view = ended ? NULL : ll_screen_view_of(command);
    if (ended) ll_screen_mark_stale(s);
    if (view) ll_screen_open(s, view);
}

static void lesson_event(ll_screen *s, const cJSON *event)
{
    bool ended;
    const char *command = ll_lesson_command(event, &ended);
    if (command) step_event(s, command, ended, event);
    if (!command) s->lesson_top = 0;
    s->dirty = true;
}

static void take_event(ll_screen *s, const char *kind, const cJSON *event)
{
    if (!strcmp(kind, "result") && ll_lesson_event(s->f, event)) {
        lesson_event(s, event);
        return;
    }
    if (!strcmp(kind, "result") && !strcmp(ll_json_get_str(event, "kind", ""), "face")) {
        face_action(s, event);
        return;
    }
    if (!strcmp(kind, "begin")) command_begins(s, event);
    if (!strcmp(kind, "progress")) set_progress(s, event);
    if (!strcmp(kind, "result")) ll_screen_show_answer(s, event);
    ll_log_event(&s->log, event);
    if (!strcmp(kind, "error") && ll_json_get_str(event, "in_the_way", NULL))
        ll_screen_ask_over(s, ll_log_command(&s->log, ll_json_get_int(event, "id", 0)),
                           ll_json_get_str(event, "in_the_way", NULL));
    if (!strcmp(kind, "error")) lesson_fails(s, event, ll_json_get_str(event, "message", ""));
    if (!strcmp(kind, "end")) command_ends(s, event);
    s->dirty = true;
}

static void hear(ll_screen *s, const cJSON *event)
{
    for (int i = 0; i < s->n_views; i++)
        if (s->views[i]->type->event) s->views[i]->type->event(s->views[i], event);
}

void ll_screen_event(ll_screen *s, const cJSON *event)
{
    const char *kind = ll_json_get_str(event, "event", "");
    if (ll_screen_take_answer(s, kind, event)) return;
    take_event(s, kind, event);
    hear(s, event);
}
