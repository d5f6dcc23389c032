#include <math.h>
#include <stdlib.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/transfer/metrics.h"
#include "plots/build/build.h"
#include "plots/build/thin.h"
#include "plots/figure/layout.h"

static const double LABEL = .75; /* size of the number of an architecture */

typedef struct scatter {
    const ll_scatter_data *d;
    ll_figure *f;
    ll_panel *p;
    ll_ints rows;    /* known on both sides */
    ll_ints samples; /* of these, the ones shown to the predictor */
    ll_ints rest;    /* and the others */
    ll_ints cloud;   /* the others, thinned */
} scatter;

static void split(scatter *s)
{
    s->rest = ll_rows_without(&s->rows, s->d->samples, s->d->k);
    for (int i = 0, j = 0; i < s->rows.n; i++) /* both are ascending */
        if (j < s->rest.n && s->rest.v[j] == s->rows.v[i])
            j++;
        else
            ll_ints_add(&s->samples, s->rows.v[i]);
    s->cloud = ll_rows_thin(&s->rest, s->d->measured_ms, ll_most_points(&s->d->size));
    if (s->cloud.n < s->rest.n)
        ll_figure_note(s->f, "%d of %d %s are drawn, at equal steps of measured latency", s->cloud.n,
                       s->rest.n, ll_noun(s->rest.n, "architecture", "architectures"));
}

/* Two devices differ in speed: each axis has a range of its own. */
static void set_device_axes(scatter *s)
{
    const struct {
        ll_axis *axis;
        const double *v;
        const char *device;
    } sides[] = {{&s->p->x, s->d->measured_ms, s->d->x_device},
                 {&s->p->y, s->d->predicted_ms, s->d->y_device}};
    double *known = LL_NEW_ARRAY(double, s->rows.n + 1);
    for (int k = 0; k < 2; k++) {
        ll_str label = {0};
        for (int i = 0; i < s->rows.n; i++) known[i] = sides[k].v[s->rows.v[i]];
        sides[k].axis->log = s->d->log;
        ll_axis_fit(sides[k].axis, known, s->rows.n, 1, .03);
        if (s->d->log) ll_axis_log_ticks(sides[k].axis);
        ll_str_addf(&label, "%s: ", sides[k].device);
        ll_plot_label(sides[k].axis, ll_str_text(&label), &s->d->quantity);
        ll_str_free(&label);
    }
    s->p->square = true;
    free(known);
}

/* Both axes span the same range, so that the identity is the diagonal. */
static void set_axes(scatter *s)
{
    double *both = LL_NEW_ARRAY(double, 2 * s->rows.n + 1);
    for (int i = 0; i < s->rows.n; i++) {
        both[2 * i] = s->d->measured_ms[s->rows.v[i]];
        both[2 * i + 1] = s->d->predicted_ms[s->rows.v[i]];
    }
    ll_axis *x = &s->p->x, *y = &s->p->y;
    x->log = y->log = s->d->log;
    ll_axis_fit(x, both, 2 * s->rows.n, 1, .03);
    ll_axis_fit(y, both, 2 * s->rows.n, 1, .03);
    if (s->d->log) ll_axis_log_ticks(x);
    if (s->d->log) ll_axis_log_ticks(y);
    ll_plot_label(x, "measured ", &s->d->quantity);
    ll_plot_label(y, "predicted ", &s->d->quantity);
    s->p->square = true;
    free(both);
}

static void add_intervals(scatter *s)
{
    const ll_scatter_data *d = s->d;
    if (!d->lo_ms || !d->hi_ms) return;
    ll_ints rows = ll_rows_thin(&s->cloud, d->measured_ms, 250); /* more would be a grey sheet */
    ll_series *v = ll_panel_add(s->p, LL_MARK_SEGMENTS, LL_PEN_SKY, rows.n);
    v->opacity = .45;
    v->size = .8;
    ll_series_name(v, "%g %% interval (1 in %.0f)", 100 * d->level, fmax(1, (double)s->rows.n / rows.n));
    for (int i = 0; i < rows.n; i++) {
        double x = d->measured_ms[rows.v[i]];
        ll_series_set4(v, i, x, fmax(d->lo_ms[rows.v[i]], s->p->y.lo), x,
                       fmin(d->hi_ms[rows.v[i]], s->p->y.hi));
    }
    ll_ints_free(&rows);
}

static ll_series *add_points(scatter *s, const ll_ints *rows, ll_pen pen)
{
    ll_series *v = ll_panel_add(s->p, LL_MARK_POINTS, pen, rows->n);
    for (int i = 0; i < rows->n; i++)
        ll_series_set(v, i, s->d->measured_ms[rows->v[i]], s->d->predicted_ms[rows->v[i]]);
    return v;
}

static void add_cloud(scatter *s)
{
    ll_series *v = add_points(s, &s->cloud, LL_PEN_BLUE);
    v->size = s->cloud.n > 1000 ? .42 : s->cloud.n > 200 ? .6 : .9;
    v->opacity = s->cloud.n > 1000 ? .3 : s->cloud.n > 200 ? .55 : .8;
    ll_series_name(v, "architectures");
}

static void add_identity(scatter *s)
{
    ll_series *v = ll_panel_add(s->p, LL_MARK_LINE, LL_PEN_TEXT, 2);
    v->dashed = true;
    v->size = .7;
    ll_series_name(v, "identity");
    ll_series_set(v, 0, s->p->x.lo, s->p->x.lo);
    ll_series_set(v, 1, s->p->x.hi, s->p->x.hi);
}

static void add_samples(scatter *s)
{
    if (!s->samples.n) return;
    ll_series *v = add_points(s, &s->samples, LL_PEN_VERMILLION);
    v->shape = LL_SHAPE_DIAMOND;
    v->size = 1.5;
    v->halo = true;
    ll_series_name(v, "few-shot samples (%d)", s->samples.n);
}

/* Where on an axis a value lies: 0 at its low end, 1 at the other; and back. */
static double along(const ll_axis *a, double v)
{
    return a->log ? log(v / a->lo) / log(a->hi / a->lo) : (v - a->lo) / (a->hi - a->lo);
}

static double value_at(const ll_axis *a, double share)
{
    return a->log ? a->lo * pow(a->hi / a->lo, share) : a->lo + share * (a->hi - a->lo);
}

/* Numbers of architectures: beside their points, away from the identity, where clouds thin out. Positions are shares of the
 * axes. */
typedef struct numbers {
    const ll_ints *rows;
    double *x, *y;        /* of the numbers; the points' own x */
    double width, height; /* of a number */
} numbers;

/* Predicted too low: the number stands right of its point, and moves down; else left, and up. */
static bool is_low(const scatter *s, int row)
{
    return s->d->predicted_ms[row] < s->d->measured_ms[row];
}

/* Does number i stand on one before it, or on the point of another? */
static bool is_taken(const scatter *s, const numbers *l, int i)
{
    double side = is_low(s, l->rows->v[i]) ? 1 : -1, middle = l->x[i] + side * .6 * l->width;
    for (int j = 0; j < l->rows->n; j++) {
        int row = l->rows->v[j];
        double other = l->x[j] + (is_low(s, row) ? .6 : -.6) * l->width;
        if (j < i && fabs(middle - other) < l->width && fabs(l->y[i] - l->y[j]) < l->height) return true;
        double point = along(&s->p->y, s->d->predicted_ms[row]);
        if (j != i && fabs(middle - l->x[j]) < .7 * l->width && fabs(l->y[i] - point) < .8 * l->height)
            return true;
    }
    return false;
}

static void place_numbers(const scatter *s, numbers *l)
{
    enum { TRIES = 60 };
    for (int i = 0; i < l->rows->n; i++) {
        int row = l->rows->v[i];
        double from = along(&s->p->y, s->d->predicted_ms[row]), step = is_low(s, row) ? -.25 : .25;
        l->x[i] = along(&s->p->x, s->d->measured_ms[row]);
        l->y[i] = from;
        for (int k = 1; k < TRIES && is_taken(s, l, i); k++) {
            double y = from + k * step * l->height;
            if (y < .5 * l->height) /* below is the axis: on the other side, then */
                y = from + (k - from / (.25 * l->height)) * .25 * l->height;
            l->y[i] = y;
        }
    }
}

/* From a point to its number, where that had to move. */
static void add_leader(scatter *s, const numbers *l, int i)
{
    int row = l->rows->v[i];
    double px = s->d->measured_ms[row], py = s->d->predicted_ms[row];
    if (fabs(l->y[i] - along(&s->p->y, py)) <= .5 * l->height) return;
    ll_series *v = ll_panel_add(s->p, LL_MARK_SEGMENTS, LL_PEN_MUTED, 1);
    v->size = .5;
    ll_series_set4(v, 0, px, py, value_at(&s->p->x, l->x[i] + (is_low(s, row) ? .15 : -.15) * l->width),
                   value_at(&s->p->y, l->y[i]));
}

static void add_number(scatter *s, const numbers *l, int i)
{
    int row = l->rows->v[i];
    ll_series *v = ll_panel_add(s->p, LL_MARK_TEXT, LL_PEN_TEXT, 1);
    v->align = is_low(s, row) ? LL_ALIGN_LEFT : LL_ALIGN_RIGHT;
    v->size = LABEL;
    ll_series_set(v, 0, s->d->measured_ms[row], value_at(&s->p->y, l->y[i]));
    ll_series_text(v, 0, is_low(s, row) ? "  %d" : "%d  ", row);
}

static void label_points(scatter *s, const ll_ints *rows)
{
    double margin[4];
    ll_panel_margins(s->f, s->p, margin);
    const double side = s->f->width - margin[0] - margin[1];
    numbers l = {.rows = rows,
                 .x = LL_NEW_ARRAY(double, rows->n),
                 .y = LL_NEW_ARRAY(double, rows->n),
                 .width = ll_text_px(8, LABEL, s->f->scale) / side,
                 .height = 1.05 * ll_line_px(LABEL, s->f->scale) / side};
    place_numbers(s, &l);
    for (int i = 0; i < rows->n; i++) {
        add_leader(s, &l, i);
        add_number(s, &l, i);
    }
    free(l.x);
    free(l.y);
}

/* The rows that are furthest off, by number, whether or not thinning kept them. */
static void add_worst(scatter *s)
{
    ll_ints worst = ll_worst_rows(s->d->measured_ms, s->d->predicted_ms, s->rest.v, s->rest.n, s->d->worst);
    if (worst.n) {
        ll_series *v = add_points(s, &worst, LL_PEN_TEXT);
        v->shape = LL_SHAPE_RING;
        ll_series_name(v, "largest relative error");
        for (int i = 0; i < worst.n; i++)
            ll_note_worst(s->f, worst.v[i], s->d->measured_ms, s->d->predicted_ms);
        label_points(s, &worst);
    }
    ll_ints_free(&worst);
}

static void add_notes(scatter *s)
{
    ll_str r = {0};
    if (isfinite(s->d->spearman)) ll_add_number(&r, s->d->spearman, 4);
    if (r.len) ll_panel_note(s->p, "Spearman %s", r.s);
    ll_str_free(&r);
    ll_panel_note(s->p, "n = %d %s", s->d->n_scored,
                  ll_noun(s->d->n_scored, "architecture", "architectures"));
    if (!s->d->x_device)
        ll_panel_note(s->p, "k = %d %s, cost %d", s->d->k, ll_noun(s->d->k, "sample", "samples"), s->d->cost);
    s->p->key = LL_KEY_OUTSIDE;
}

ll_status ll_build_scatter(const ll_scatter_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    scatter s = {.d = d, .rows = ll_rows_known(d->measured_ms, d->predicted_ms, d->n, d->log)};
    if (!s.rows.n)
        return ll_fail(e, LL_BAD_DATA, "scatter: none of the %d architectures has both %s latency%s", d->n,
                       d->x_device ? "devices'" : "a measured and a predicted", d->log ? " above 0" : "");
    *out = s.f = ll_figure_new("scatter", d->title, 1, ll_plot_size_or(d->size, 760, 760));
    s.p = &s.f->panels[0];
    split(&s);
    if (d->x_device) {
        set_device_axes(&s);
        add_cloud(&s);
        add_notes(&s);
        s.p->key = LL_KEY_NONE; /* one cloud needs none */
    } else {
        set_axes(&s);
        add_intervals(&s);
        add_cloud(&s);
        add_identity(&s);
        add_samples(&s);
        add_notes(&s);
        add_worst(&s);
    }
    ll_ints_free(&s.rows);
    ll_ints_free(&s.samples);
    ll_ints_free(&s.rest);
    ll_ints_free(&s.cloud);
    return LL_OK;
}
