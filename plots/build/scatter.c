#include <math.h>
#include <stdlib.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/transfer/metrics.h"
#include "plots/build/build.h"
#include "plots/build/numbers.h"
#include "plots/build/thin.h"
#include "plots/figure/layout.h"

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

/* Numbers stand away from the identity, where the cloud thins out: predicted too low, right of the point and down; else
 * left and up. */
static void label_points(scatter *s, const ll_ints *rows)
{
    ll_numbered *points = LL_NEW_ARRAY(ll_numbered, rows->n);
    for (int i = 0; i < rows->n; i++) {
        double x = s->d->measured_ms[rows->v[i]], y = s->d->predicted_ms[rows->v[i]];
        points[i] = (ll_numbered){.number = rows->v[i], .x = x, .y = y, .right = y < x, .down = y < x};
    }
    ll_number_points(s->f, s->p, points, rows->n);
    free(points);
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
