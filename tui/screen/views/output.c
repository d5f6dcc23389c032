/* Answers that no other view shows: a page of them, as they came. */
#include <string.h>

#include "core/base/json.h"
#include "tui/screen/views/views.h"

enum { MOST = 64 };

typedef struct output_view {
    ll_view base;
    cJSON *answers[MOST]; /* the latest last */
    int n;
    ll_pager pager;
    int laid_width;
    bool fresh; /* the latest has not been seen */
} output_view;

static void forget(output_view *v, int n)
{
    for (int i = 0; i < n; i++) cJSON_Delete(v->answers[i]);
    v->n -= n;
    memmove(v->answers, v->answers + n, sizeof *v->answers * (size_t)v->n);
}

/* A live answer gives way to the next one of its command, wherever the page has been turned to. */
static bool takes_its_place(const output_view *v, const cJSON *event)
{
    const cJSON *latest = v->n ? v->answers[v->n - 1] : NULL;
    return ll_json_get_bool(latest, "live", false) &&
           ll_json_get_int(latest, "id", 0) == ll_json_get_int(event, "id", 0);
}

/* "first": what was there before is forgotten; "more": it stays, and this comes in sight below. */
static void result(ll_view *base, const char *tag, const cJSON *event)
{
    output_view *v = (output_view *)base;
    if (takes_its_place(v, event)) {
        cJSON_Delete(v->answers[v->n - 1]);
        v->answers[v->n - 1] = cJSON_Duplicate(event, true);
        v->laid_width = 0;
        return;
    }
    bool more = !strcmp(tag, "more");
    forget(v, more ? v->n == MOST : v->n);
    v->answers[v->n++] = cJSON_Duplicate(event, true);
    v->laid_width = 0;
    v->fresh = true;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    output_view *v = (output_view *)base;
    if (!v->n) {
        ll_put(c, r.y + 2, 4, LL_S_FAINT, "Nothing has been asked yet. Type : and a command.");
        return;
    }
    if (v->laid_width != c->look->width)
        ll_pager_set(&v->pager, (const cJSON *const *)v->answers, v->n, c->look);
    v->laid_width = c->look->width;
    if (v->fresh) v->pager.top = v->pager.last;
    v->fresh = false;
    ll_pager_draw(&v->pager, c, r);
}

static ll_pager *pager(ll_view *base)
{
    return &((output_view *)base)->pager;
}

static void close_view(ll_view *base)
{
    output_view *v = (output_view *)base;
    forget(v, v->n);
    ll_pager_free(&v->pager);
}

static const ll_key keys[] = {
    {"q", "@close", "back to the view before"},
    {"/", "@filter", "search: for a text on the page"},
    {"y", "@copy", "copy: the line that was found, or the first one"},
    {0},
};

const ll_view_type ll_view_output = {
    .name = "output",
    .title = "Answers",
    .help = "What was asked and no other view shows. q leads back to the view before.",
    .keys = keys,
    .size = sizeof(output_view),
    .result = result,
    .draw = draw,
    .pager = pager,
    .close = close_view};
