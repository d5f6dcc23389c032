/* Answers that no other view shows: a page of them, as they came. */
#include <string.h>

#include "core/base/text/json.h"
#include "tui/draw/render.h"
#include "tui/screen/views/views.h"

enum { MOST = 64 };

typedef struct output_view {
    ll_view base;
    cJSON *answers[MOST]; /* the latest last */
    int n;
    ll_pager pager;
    int laid_width; /* of the place it was laid out for; 0: not yet */
    bool wide;      /* laid out as wide as it wants to be, which > and < scroll */
    bool fresh;     /* the latest has not been seen */
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
    if (!more) v->wide = false, v->pager.left = 0;
    forget(v, more ? v->n == MOST : v->n);
    v->answers[v->n++] = cJSON_Duplicate(event, true);
    v->laid_width = 0;
    v->fresh = true;
}

/* Wide enough for whatever a table has. */
static int natural_width(const output_view *v, const ll_look *look)
{
    enum { MOST_COLUMNS = 400 };
    int most = look->width;
    for (int i = 0; i < v->n; i++) {
        int w = ll_render_natural_width(v->answers[i], look) + 2;
        most = w > most ? w : most;
    }
    return most < MOST_COLUMNS ? most : MOST_COLUMNS;
}

static void lay_out(output_view *v, const ll_look *look)
{
    ll_look inner = *look;
    if (v->wide) inner.width = natural_width(v, look);
    ll_pager_set(&v->pager, (const cJSON *const *)v->answers, v->n, &inner);
    v->laid_width = look->width;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    output_view *v = (output_view *)base;
    if (!v->n) {
        ll_put(c, r.y + 2, 4, LL_S_FAINT, "Nothing has been asked yet. Type : and a command.");
        return;
    }
    if (v->laid_width != c->look->width) lay_out(v, c->look);
    if (v->fresh) v->pager.top = v->pager.last;
    v->fresh = false;
    ll_pager_draw(&v->pager, c, r);
}

/* > shows what was left out for want of room, and goes on to the right; < goes back, at last to the page that fits. */
static bool action(ll_view *base, const char *name, const char *arg)
{
    enum { STEP = 20 };
    output_view *v = (output_view *)base;
    if (strcmp(name, "columns")) return false;
    int step = *arg == '-' ? -STEP : STEP;
    bool turn = v->wide ? v->pager.left + step < 0 : step > 0;
    v->pager.left = turn ? 0 : v->pager.left + step;
    if (turn) v->wide = !v->wide;
    if (turn) v->laid_width = 0;
    return true;
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
    {">", "@columns +", "wider: what was left out of a table; then sideways, < and >"},
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
    .action = action,
    .pager = pager,
    .close = close_view};
