/* Answers to what was typed at the ':' line. */
#include <string.h>

#include "core/base/json.h"
#include "tui/screen/views/views.h"

typedef struct output_view {
    ll_view base;
    cJSON *last;
    ll_pager pager;
    int laid_width;
} output_view;

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    output_view *v = (output_view *)base;
    cJSON_Delete(v->last);
    v->last = cJSON_Duplicate(event, true);
    v->laid_width = 0;
    v->pager.top = 0;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    output_view *v = (output_view *)base;
    const cJSON *all[] = {v->last};
    if (!v->last) {
        ll_put(c, r.y + 2, 4, LL_S_FAINT, "Nothing has been asked yet. Type : and a command.");
        return;
    }
    if (v->laid_width != c->look->width) ll_pager_set(&v->pager, all, 1, c->look);
    v->laid_width = c->look->width;
    ll_pager_draw(&v->pager, c, r);
}

static ll_pager *pager(ll_view *base)
{
    return &((output_view *)base)->pager;
}

static void close_view(ll_view *base)
{
    output_view *v = (output_view *)base;
    cJSON_Delete(v->last);
    ll_pager_free(&v->pager);
}

const ll_view_type ll_view_output = {.name = "output",
                                     .title = "Answer to what was typed",
                                     .help = "q leads back to the view before.",
                                     .size = sizeof(output_view),
                                     .result = result,
                                     .draw = draw,
                                     .pager = pager,
                                     .close = close_view};
