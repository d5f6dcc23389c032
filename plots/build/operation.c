#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "plots/build/box.h"
#include "plots/build/build.h"
#include "plots/build/thin.h"

enum { MOST_LEVELS = 7, LEAST_IN_BOX = 5, MOST_OPERATIONS = 24 };

typedef struct operation {
    const ll_operation_data *d;
    ll_figure *f;
    ll_panel *p;
    ll_ints rows;
    double *percent; /* (rows.n) */
    ll_ints ops;     /* those that are drawn */
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

/* Errors of architectures that have the operation more than `from` and up to `upto` times; returns how many. */
static int in_class(const operation *o, int op, int from, int upto, double *v)
{
    int n = 0;
    for (int i = 0; i < o->rows.n; i++)
        if (count_of(o, i, op) > from && count_of(o, i, op) <= upto) v[n++] = o->percent[i];
    return n;
}

/* How far the means of the classes of an operation lie apart. */
static double spread(const operation *o, int op, double *room)
{
    int upto[MOST_LEVELS + 1], fewest, n = classes(o, op, upto, &fewest), from = -1;
    double lo = INFINITY, hi = -INFINITY;
    for (int c = 0; c < n; from = upto[c++]) {
        int count = in_class(o, op, from, upto[c], room);
        if (count < LEAST_IN_BOX) continue;
        lo = fmin(lo, ll_mean(room, count));
        hi = fmax(hi, ll_mean(room, count));
    }
    return hi > lo ? hi - lo : 0;
}

/* All, or where there are too many to be read those that the error depends on most, in their own order. */
static void choose_ops(operation *o)
{
    int n = o->d->n_ops, *order = LL_NEW_ARRAY(int, n);
    double *apart = LL_NEW_ARRAY(double, n), *room = LL_NEW_ARRAY(double, o->rows.n + 1);
    bool *chosen = LL_NEW_ARRAY(bool, n);
    for (int op = 0; op < n && n > MOST_OPERATIONS; op++) apart[op] = -spread(o, op, room);
    ll_sort_order(apart, n, order);
    for (int i = 0; i < n && i < MOST_OPERATIONS; i++) chosen[order[i]] = true;
    for (int op = 0; op < n; op++)
        if (chosen[op]) ll_ints_add(&o->ops, op);
    if (n > MOST_OPERATIONS)
        ll_figure_note(o->f, "%d of %d operations, those that the error depends on most", MOST_OPERATIONS, n);
    free(chosen);
    free(room);
    free(apart);
    free(order);
}

static void add_op(operation *o, int at)
{
    int op = o->ops.v[at], upto[MOST_LEVELS + 1], fewest, n = classes(o, op, upto, &fewest), from = -1;
    double *v = LL_NEW_ARRAY(double, o->rows.n + 1);
    for (int c = 0; c < n; from = upto[c++]) {
        int count = in_class(o, op, from, upto[c], v);
        double width = .8 / (n > 2 ? n : 2);
        if (count >= LEAST_IN_BOX)
            ll_boxes_add(&o->boxes, at + (c - (n - 1) / 2.) * width, .8 * width, v, count);
    }
    char label[64];
    snprintf(label, sizeof label, "%.24s %d-%d", o->d->ops[op], fewest, upto[n - 1]);
    ll_axis_tick(&o->p->x, at, label);
    free(v);
}

static void set_axes(operation *o)
{
    o->p->x.lo = -.6;
    o->p->x.hi = o->ops.n - .4;
    o->p->x.grid = false;
    o->p->x.rotated = o->ops.n > 6;
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
    choose_ops(o);
    for (int i = 0; i < o->ops.n; i++) add_op(o, i);
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
    ll_ints_free(&o.ops);
    ll_boxes_free(&o.boxes);
    ll_ints_free(&o.rows);
    free(o.percent);
    return LL_OK;
}
