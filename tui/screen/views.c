/* The views: made when first shown, on a stack, asking for what they show. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/screen/screen_in.h"

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
    if (s->depth > 1) {
        s->depth--;
    } else if (s->f->from_prompt) {
        s->next = LL_TO_REPL;
        s->stop = true;
    } else {
        ll_screen_say(s, LL_S_FAINT, "this is the last view; Q leaves latlab");
    }
    s->dirty = true;
}

void ll_screen_mark_stale(ll_screen *s)
{
    for (int i = 0; i < s->n_views; i++) s->views[i]->stale = true;
}

/* --- what a view shows ---------------------------------------------------------------------------------- */

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

void ll_screen_refresh_view(ll_view *v)
{
    v->stale = false;
    free(v->message);
    v->message = NULL;
    ll_state_free(&v->state);
    ll_app_snapshot(v->screen->f->app, &v->state);
    if (v->type->needs_data && !v->state.data)
        ll_view_say(
            v, "No dataset is loaded: type :load and a name (Tab completes it), or :view welcome to choose "
               "one.");
    else if (v->type->refresh)
        v->type->refresh(v);
}

/* A question asked while nothing runs waits for the worker; one asked while that works is answered at once, and so may
 * come before it. */
static void overtake(ll_screen *s, const ll_view *v, const char *tag)
{
    for (int i = 0; i < s->n_asks; i++)
        if (s->asks[i].view == v && !strcmp(s->asks[i].tag, tag)) s->asks[i].overtaken = true;
}

void ll_screen_ask_line(ll_view *v, const char *tag, const char *line)
{
    ll_screen *s = v->screen;
    if (s->n_asks == LL_MAX_ASKS) return;
    overtake(s, v, tag);
    int id = ll_app_submit(s->f->app, line);
    s->asked_s = ll_now_s();
    if (id) s->asks[s->n_asks++] = (ll_ask){.id = id, .view = v, .tag = tag};
}

void ll_screen_ask(ll_view *v, const char *tag, const char *fmt, ...)
{
    ll_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_quote_addv(&line, fmt, ap);
    va_end(ap);
    ll_screen_ask_line(v, tag, ll_str_text(&line));
    ll_str_free(&line);
}

static ll_ask *find_ask(ll_screen *s, int id)
{
    for (int i = 0; i < s->n_asks; i++)
        if (s->asks[i].id == id) return &s->asks[i];
    return NULL;
}

bool ll_screen_take_answer(ll_screen *s, const char *kind, const cJSON *event)
{
    ll_ask *ask = find_ask(s, ll_json_get_int(event, "id", -1));
    if (!ask) return false;
    const ll_view_type *type = ask->view->type;
    if (!strcmp(kind, "end")) {
        *ask = s->asks[--s->n_asks];
    } else if (ask->overtaken) {
        return true;
    } else if (!strcmp(kind, "result") && type->result) {
        ask->view->undrawn = true;
        type->result(ask->view, ask->tag, event);
    } else if (!strcmp(kind, "error")) {
        const char *message = ll_json_get_str(event, "message", "");
        if (type->failed)
            type->failed(ask->view, ask->tag, message);
        else
            ll_view_say(ask->view, "%s", message);
    }
    s->dirty = true;
    return true;
}

void ll_screen_free_views(ll_screen *s)
{
    for (int i = 0; i < s->n_views; i++) {
        ll_view *v = s->views[i];
        if (v->type->close) v->type->close(v);
        ll_state_free(&v->state);
        free(v->message);
        free(v);
    }
}
