#include <math.h>
#include <stdlib.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/num/sort.h"
#include "plots/build/build.h"
#include "plots/build/list.h"
#include "plots/figure/layout.h"

static const double VALUE = .8; /* size of a number, for names of size 1 */

/* Positions by falling value, those without one last; the caller frees. */
static int *falling(const double *v, int n)
{
    double *key = LL_NEW_ARRAY(double, n);
    int *order = LL_NEW_ARRAY(int, n);
    for (int i = 0; i < n; i++) key[i] = isfinite(v[i]) ? -v[i] : INFINITY;
    ll_sort_order(key, n, order);
    free(key);
    return order;
}

static const struct {
    char side;
    const char *name;
    ll_pen pen;
} sides[] = {{0, "", LL_PEN_BLUE},
             {'s', "source", LL_PEN_BLUE},
             {'t', "target", LL_PEN_VERMILLION},
             {'-', "in neither", LL_PEN_MUTED}};

static char side_of(const ll_bars_data *d, int i)
{
    if (!d->side) return 0;
    return d->side[i] == 's' || d->side[i] == 't' ? d->side[i] : '-';
}

static void add_side(const ll_bars_data *d, ll_panel *p, const int *order, int side)
{
    int n = 0;
    for (int i = 0; i < d->n; i++) n += side_of(d, i) == sides[side].side && isfinite(d->v[i]);
    if (!n) return;
    ll_series *s = ll_panel_add(p, LL_MARK_RECTS, sides[side].pen, n);
    s->opacity = .85;
    for (int i = 0, row = 0; i < d->n; i++) {
        double v = d->v[order[i]];
        if (side_of(d, order[i]) == sides[side].side && isfinite(v))
            ll_series_set4(s, row++, fmin(0, v), fmax(0, v), i - .36, i + .36);
    }
    if (!sides[side].side) return;
    ll_series_name(s, "%s (%d)", sides[side].name, n);
    p->key = LL_KEY_OUTSIDE;
}

/* size: of a name; 0: there is no room for a number each */
static void add_values(const ll_bars_data *d, ll_panel *p, const int *order, double size)
{
    if (!size) return;
    ll_series *s = ll_panel_add(p, LL_MARK_TEXT, LL_PEN_TEXT, d->n);
    s->size = VALUE * size;
    for (int i = 0; i < d->n; i++) {
        double v = d->v[order[i]];
        ll_series_set(s, i, isfinite(v) ? fmax(v, 0) : 0, i);
        ll_str text = {0};
        if (isfinite(v)) ll_add_number(&text, v, 3);
        ll_series_text(s, i, " %s", isfinite(v) ? text.s : "n/a");
        ll_str_free(&text);
    }
}

static void set_axes(const ll_bars_data *d, ll_panel *p)
{
    double lo = 0, hi = 0;
    for (int i = 0; i < d->n; i++)
        if (isfinite(d->v[i])) lo = fmin(lo, d->v[i]), hi = fmax(hi, d->v[i]);
    if (!(hi > lo)) hi = 1;
    p->x.lo = lo < 0 ? lo - .03 * (hi - lo) : 0;
    p->x.hi = hi;
    ll_axis_label(&p->x, d->value_label);
    p->y.lo = d->n - .4;
    p->y.hi = -.6;
    p->y.grid = false;
}

ll_status ll_build_bars(const ll_bars_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    if (d->n < 1) return ll_fail(e, LL_BAD_DATA, "bars: nothing to compare with");
    int *order = falling(d->v, d->n);
    ll_plot_size size = ll_plot_list_size(d->size, 820, 150 + 22. * d->n);
    ll_figure *f = *out = ll_figure_new("bars", d->title, 1, size);
    ll_panel *p = &f->panels[0];
    set_axes(d, p);
    double names = ll_side_names(f, p, d->names, order, d->n);
    for (int side = 0; side < 4; side++) add_side(d, p, order, side);
    add_values(d, p, order, names);
    p->margin[1] = fmax(.04 * f->width, ll_text_px(7, VALUE * names, f->scale)); /* the numbers stand there */
    free(order);
    return LL_OK;
}
