#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "plots/box.h"
#include "plots/build.h"
#include "plots/thin.h"

enum { MOST_LEVELS = 7, LEAST_IN_BOX = 5 };

typedef struct operation {
    const ll_operation_data *d;
    ll_figure *f;
    ll_panel *p;
    ll_ints rows;
    double *percent; /* (rows.n) */
    ll_boxes boxes;
} operation;

static int count_of(const operation *o, int i, int op)
{
    return o->d->count[o->rows.v[i] * o->d->n_ops + op];
}

/* Upper ends of the count classes of one operation: every count that occurs, or classes of equal width when
 * there are too many. Returns how many. */
static int classes(const operation *o, int op, int *upto, int *fewest)
{
    int lo = 1 << 30, hi = 0;
    for (int i = 0; i < o->rows.n; i++) {
        int c = count_of(o, i, op);
        lo = c < lo ? c : lo;
        hi = c > hi ? c : hi;
    }
    *fewest = lo;
    int width = (hi - lo) / MOST_LEVELS + 1, n = 0;
    for (int from = lo; from <= hi; from += width) upto[n++] = from + width - 1 < hi ? from + width - 1 : hi;
    return n;
}

static void add_op(operation *o, int op)
{
    int upto[MOST_LEVELS + 1], fewest, n = classes(o, op, upto, &fewest), from = -1;
    double *v = LL_NEW_ARRAY(double, o->rows.n + 1);
    for (int c = 0; c < n; c++) {
        int count = 0;
        for (int i = 0; i < o->rows.n; i++)
            if (count_of(o, i, op) > from && count_of(o, i, op) <= upto[c]) v[count++] = o->percent[i];
        double width = .8 / (n > 2 ? n : 2);
        if (count >= LEAST_IN_BOX)
            ll_boxes_add(&o->boxes, op + (c - (n - 1) / 2.) * width, .8 * width, v, count);
        from = upto[c];
    }
    char label[64];
    snprintf(label, sizeof label, "%.24s %d-%d", o->d->ops[op], fewest, upto[n - 1]);
    ll_axis_tick(&o->p->x, op, label);
    free(v);
}

static void set_axes(operation *o)
{
    o->p->x.lo = -.6;
    o->p->x.hi = o->d->n_ops - .4;
    o->p->x.grid = false;
    o->p->x.rotated = o->d->n_ops > 6;
    ll_axis_label(&o->p->x, "operation, and how often it stands in the architecture: fewest on the left");
    double ends[2] = {-1, 1};
    for (int i = 0; i < o->boxes.n; i++) {
        ends[0] = fmin(ends[0], o->boxes.v[i].lo);
        ends[1] = fmax(ends[1], o->boxes.v[i].hi);
    }
    ll_axis_fit(&o->p->y, ends, 2, 1, .05);
    ll_axis_label(&o->p->y, "(predicted - measured) / measured (%)");
}

static void draw(operation *o)
{
    for (int op = 0; op < o->d->n_ops; op++) add_op(o, op);
    set_axes(o);
    ll_series *zero = ll_panel_add(o->p, LL_MARK_LINE, LL_PEN_MUTED, 2);
    zero->size = .8;
    ll_series_set(zero, 0, o->p->x.lo, 0);
    ll_series_set(zero, 1, o->p->x.hi, 0);
    ll_boxes_draw(&o->boxes, o->p);
    ll_figure_note(o->f,
                   "boxes are quartiles, whiskers the 5th and 95th percentile; a box needs %d architectures",
                   LEAST_IN_BOX);
}

ll_status ll_build_residual_by_operation(const ll_operation_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    operation o = {.d = d, .rows = ll_rows_relative(d->measured_ms, d->predicted_ms, d->n)};
    if (!o.rows.n || d->n_ops < 1)
        return ll_fail(e, LL_BAD_DATA,
                       "residual: no architecture has both a measured and a predicted latency");
    o.percent = LL_NEW_ARRAY(double, o.rows.n);
    for (int i = 0; i < o.rows.n; i++)
        o.percent[i] = 100 * (d->predicted_ms[o.rows.v[i]] / d->measured_ms[o.rows.v[i]] - 1);
    *out = o.f = ll_figure_new("residual", d->title, 1, ll_plot_size_or(d->size, 900, 620));
    o.p = &o.f->panels[0];
    draw(&o);
    ll_boxes_free(&o.boxes);
    ll_ints_free(&o.rows);
    free(o.percent);
    return LL_OK;
}
