#include "plots/build/box.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"

void ll_boxes_add(ll_boxes *b, double x, double width, const double *v, int n)
{
    b->v = ll_realloc(b->v, (size_t)b->n + 1, sizeof *b->v);
    b->v[b->n++] = (ll_box){x,
                            width,
                            ll_quantile(v, n, .05),
                            ll_quantile(v, n, .25),
                            ll_median(v, n),
                            ll_quantile(v, n, .75),
                            ll_quantile(v, n, .95)};
}

void ll_boxes_draw(const ll_boxes *b, ll_panel *p)
{
    ll_series *s = ll_panel_add(p, LL_MARK_SEGMENTS, LL_PEN_BLUE, 2 * b->n);
    for (int i = 0; i < b->n; i++) {
        const ll_box *x = &b->v[i];
        ll_series_set4(s, 2 * i, x->x, x->lo, x->x, x->q1);
        ll_series_set4(s, 2 * i + 1, x->x, x->q3, x->x, x->hi);
    }
    s = ll_panel_add(p, LL_MARK_RECTS, LL_PEN_BLUE, b->n);
    s->opacity = .45;
    for (int i = 0; i < b->n; i++) {
        const ll_box *x = &b->v[i];
        ll_series_set4(s, i, x->x - x->width / 2, x->x + x->width / 2, x->q1, x->q3);
    }
    s = ll_panel_add(p, LL_MARK_SEGMENTS, LL_PEN_VERMILLION, b->n);
    s->size = 1.8;
    for (int i = 0; i < b->n; i++) {
        const ll_box *x = &b->v[i];
        ll_series_set4(s, i, x->x - x->width / 2, x->median, x->x + x->width / 2, x->median);
    }
}

void ll_boxes_free(ll_boxes *b)
{
    free(b->v);
    *b = (ll_boxes){0};
}
