#include "tui/screen/log.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/render.h"

enum { MOST = 2000 };

static void free_entry(ll_log_entry *e)
{
    free(e->text);
    free(e->end);
    cJSON_Delete(e->result);
}

static ll_log_entry *add(ll_log *l, ll_log_entry e)
{
    if (l->n == MOST) { /* forget the older half */
        for (int i = 0; i < MOST / 2; i++) free_entry(&l->v[i]);
        memmove(l->v, l->v + MOST / 2, sizeof *l->v * (MOST - MOST / 2));
        l->n -= MOST / 2;
    }
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->v = ll_realloc(l->v, (size_t)l->cap, sizeof *l->v);
    }
    l->v[l->n] = e;
    return &l->v[l->n++];
}

void ll_log_say(ll_log *l, ll_style style, const char *text)
{
    add(l, (ll_log_entry){.kind = LL_LOG_TALK, .style = style, .text = ll_strdup(text)});
}

/* The first few fields: "spearman 0.973  kendall 0.87  n 15605". */
static void add_fields(const cJSON *result, ll_str *out)
{
    const cJSON *col;
    ll_look plain = ll_look_plain(0);
    int shown = 0;
    cJSON_ArrayForEach(col, cJSON_GetObjectItemCaseSensitive(result, "columns"))
    {
        const char *key = ll_json_get_str(col, "key", "");
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(result, key);
        if (!v || cJSON_IsArray(v) || shown++ >= 6) continue;
        ll_str_addf(out, "%s%s ", out->len ? "  " : "", ll_json_get_str(col, "title", key));
        ll_render_value(v, ll_json_get_int(col, "digits", -1), &plain, out);
    }
}

char *ll_log_summary(const cJSON *result)
{
    ll_str out = {0};
    const char *title = ll_json_get_str(result, "title", NULL);
    if (title) ll_str_add(&out, title);
    if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(result, "rows"))) add_fields(result, &out);
    if (!out.len) ll_str_add(&out, ll_json_get_str(result, "kind", "result"));
    return ll_str_take(&out);
}

static ll_log_entry *find_command(const ll_log *l, int id)
{
    for (int i = l->n - 1; i >= 0; i--)
        if (l->v[i].id == id && l->v[i].kind == LL_LOG_COMMAND) return &l->v[i];
    return NULL;
}

const char *ll_log_command(const ll_log *l, int id)
{
    const ll_log_entry *e = find_command(l, id);
    return e ? e->text : "";
}

static void end_command(ll_log *l, const cJSON *event)
{
    ll_log_entry *e = find_command(l, ll_json_get_int(event, "id", 0));
    if (!e) return;
    ll_str text = {0};
    const char *status = ll_json_get_str(event, "status", "");
    ll_str_addf(&text, "%s ", status);
    ll_render_duration(ll_json_get_num(event, "seconds", 0), &text);
    free(e->end);
    e->end = ll_str_take(&text);
    e->style = !strcmp(status, "failed") ? LL_S_ERROR : !strcmp(status, "ok") ? LL_S_GOOD : LL_S_WARN;
}

void ll_log_event(ll_log *l, const cJSON *event)
{
    const char *kind = ll_json_get_str(event, "event", "");
    const char *message = ll_json_get_str(event, "message", "");
    ll_log_entry e = {.id = ll_json_get_int(event, "id", 0), .kind = LL_LOG_TALK, .style = LL_S_TEXT};
    if (ll_json_get_bool(event, "live", false)) return; /* the last one stays */
    if (!strcmp(kind, "begin")) {
        e.kind = LL_LOG_COMMAND;
        e.style = LL_S_ACCENT;
        e.text = ll_strdup(ll_json_get_str(event, "command", ""));
    } else if (!strcmp(kind, "result")) {
        e.kind = LL_LOG_RESULT;
        e.text = ll_log_summary(event);
        e.result = cJSON_Duplicate(event, true);
    } else if (!strcmp(kind, "end")) {
        end_command(l, event);
        return;
    } else if (!strcmp(kind, "note") || !strcmp(kind, "warning") || !strcmp(kind, "error")) {
        e.style = *kind == 'n' ? LL_S_TEXT : *kind == 'w' ? LL_S_WARN : LL_S_ERROR;
        e.text = ll_strdup(message);
    } else {
        return;
    }
    add(l, e);
}

void ll_log_free(ll_log *l)
{
    for (int i = 0; i < l->n; i++) free_entry(&l->v[i]);
    free(l->v);
    *l = (ll_log){0};
}

/* What is said, broken at words; no look is needed to count. */
static void wrap(const ll_log_entry *e, const ll_look *look, int w, ll_paper *p)
{
    *p = (ll_paper){.out = NULL};
    ll_canvas_init(&p->c, look, 0, w > 4 ? w - 2 : 2);
    ll_render_wrapped(p, e->style, 0, e->text);
}

/* What one may skip (what a key has done) is cut instead. */
static bool is_long(const ll_log_entry *e, int w)
{
    return e->kind == LL_LOG_TALK && e->style != LL_S_FAINT &&
           (ll_text_width(e->text) > w - 2 || strchr(e->text, '\n'));
}

int ll_log_entry_rows(const ll_log_entry *e, int w)
{
    if (!is_long(e, w)) return 1;
    ll_paper p;
    ll_look plain = ll_look_plain(w);
    wrap(e, &plain, w, &p);
    int rows = p.c.height;
    ll_canvas_free(&p.c);
    return rows;
}

int ll_log_rows(const ll_log *l, int n, int w, int most)
{
    int rows = 0;
    while (n > 0 && rows < most) rows += ll_log_entry_rows(&l->v[--n], w);
    return rows < most ? rows : most;
}

static void draw_command(const ll_log_entry *e, ll_canvas *c, int y, int x, int w)
{
    int end_w = e->end ? ll_text_width(e->end) + 2 : 0;
    ll_put(c, y, x, LL_S_ACCENT, "> ");
    ll_put_cut(c, y, x + 2, w - 2 - end_w, LL_S_TITLE, e->text);
    if (e->end) ll_put(c, y, x + w - end_w + 1, e->style, e->end);
}

int ll_log_draw_entry(const ll_log_entry *e, ll_canvas *c, int y, int x, int w)
{
    if (e->kind == LL_LOG_COMMAND) {
        draw_command(e, c, y, x, w);
    } else if (is_long(e, w)) {
        ll_paper p;
        wrap(e, c->look, w, &p);
        int rows = p.c.height;
        ll_put(c, y + rows - 1, x, LL_S_TEXT, ""); /* makes room where the canvas grows */
        ll_blit(c, (ll_rect){y, x + 2, rows, w - 2}, &p.c, 0, 0);
        ll_canvas_free(&p.c);
        return rows;
    } else {
        ll_put_cut(c, y, x + 2, w - 2, e->style, e->text);
    }
    return 1;
}
