#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/transfer/metrics.h"
#include "plots/build/build.h"
#include "plots/build/numbers.h"
#include "plots/build/thin.h"

enum { BINS = 24, LEAST_IN_BIN = 8 };

typedef struct residual {
    const ll_residual_data *d;
    ll_figure *f;
    ll_panel *p;
    ll_ints rows;    /* by measured latency, samples left out */
    ll_ints worst;   /* of these, the ones to be named */
    double *percent; /* (rows.n) relative error */
} residual;

static double error_of(const residual *r, int row)
{
    return 100 * (r->d->predicted_ms[row] / r->d->measured_ms[row] - 1);
}

static void fill_rows(residual *r)
{
    const ll_residual_data *d = r->d;
    ll_ints known = ll_rows_relative(d->measured_ms, d->predicted_ms, d->n);
    ll_ints rest = ll_rows_without(&known, d->samples, d->k);
    r->rows = ll_rows_sorted(&rest, d->measured_ms);
    r->percent = LL_NEW_ARRAY(double, r->rows.n + 1);
    for (int i = 0; i < r->rows.n; i++) r->percent[i] = error_of(r, r->rows.v[i]);
    r->worst = ll_worst_rows(d->measured_ms, d->predicted_ms, r->rows.v, r->rows.n, d->worst);
    ll_ints_free(&known);
    ll_ints_free(&rest);
}

void ll_residual_range(const double *percent, int n, double ends[2])
{
    ends[0] = fmin(ll_quantile(percent, n, .002), -1);
    ends[1] = fmax(ll_quantile(percent, n, .998), 1);
    double reach = fmax(ends[1], -ends[0]) > 4 ? 12 : 1;
    ends[0] = fmin(ends[0], -reach);
    ends[1] = fmax(ends[1], reach);
}

/* The middle of the cloud and what is named; other wild points may leave the panel. */
static void fit_percent(residual *r, ll_axis *y)
{
    int n = r->rows.n, outside = 0;
    const double *v = r->percent;
    double ends[2];
    ll_residual_range(v, n, ends);
    for (int i = 0; i < r->worst.n; i++) {
        ends[0] = fmin(ends[0], error_of(r, r->worst.v[i]));
        ends[1] = fmax(ends[1], error_of(r, r->worst.v[i]));
    }
    ll_axis_fit(y, ends, 2, 1, .05);
    ll_axis_label(y, "(predicted - measured) / measured (%)");
    for (int i = 0; i < n; i++) outside += v[i] < y->lo || v[i] > y->hi;
    if (outside) ll_figure_note(r->f, "%d of %d architectures lie outside the range shown", outside, n);
}

static void set_axes(residual *r)
{
    double ends[2] = {r->d->measured_ms[r->rows.v[0]], r->d->measured_ms[r->rows.v[r->rows.n - 1]]};
    ll_axis *x = &r->p->x;
    x->log = r->d->log;
    ll_axis_fit(x, ends, 2, 1, .03);
    if (x->log) ll_axis_log_ticks(x);
    ll_plot_label(x, "measured ", &r->d->quantity);
    fit_percent(r, &r->p->y);
}

static void add_level(ll_panel *p, double at, double size, const char *name)
{
    if (at < p->y.lo || at > p->y.hi) return;
    ll_series *v = ll_panel_add(p, LL_MARK_LINE, at == 0 ? LL_PEN_TEXT : LL_PEN_MUTED, 2);
    v->size = size;
    v->dashed = at != 0;
    ll_series_set(v, 0, p->x.lo, at);
    ll_series_set(v, 1, p->x.hi, at);
    if (name) ll_series_name(v, "%s", name);
}

static void add_cloud(residual *r)
{
    int step = r->rows.n / ll_most_points(&r->d->size) + 1, n = (r->rows.n + step - 1) / step;
    ll_series *v = ll_panel_add(r->p, LL_MARK_POINTS, LL_PEN_BLUE, n);
    v->size = n > 1000 ? .42 : n > 200 ? .6 : .9;
    v->opacity = n > 1000 ? .3 : n > 200 ? .5 : .8;
    ll_series_name(v, "architectures");
    for (int i = 0; i < n; i++)
        ll_series_set(v, i, r->d->measured_ms[r->rows.v[i * step]], r->percent[i * step]);
    if (step > 1) ll_figure_note(r->f, "one in %d architectures is drawn, by measured latency", step);
}

/* Median and quartiles in bins of equal count. */
static void add_running_median(residual *r)
{
    int n = r->rows.n, bins = n / LEAST_IN_BIN < BINS ? n / LEAST_IN_BIN : BINS;
    if (bins < 2) return;
    int band = r->p->n_series;
    ll_series_name(ll_panel_add(r->p, LL_MARK_BAND, LL_PEN_VERMILLION, bins), "middle half");
    ll_series_name(ll_panel_add(r->p, LL_MARK_LINE, LL_PEN_VERMILLION, bins), "running median");
    r->p->series[band].opacity = .25;
    r->p->series[band + 1].size = 1.3;
    for (int b = 0; b < bins; b++) {
        int from = (int)((long)n * b / bins), count = (int)((long)n * (b + 1) / bins) - from;
        double x = r->d->measured_ms[r->rows.v[from + count / 2]];
        const double *v = r->percent + from;
        ll_series_set4(&r->p->series[band], b, x, ll_quantile(v, count, .25), ll_quantile(v, count, .75), 0);
        ll_series_set(&r->p->series[band + 1], b, x, ll_median(v, count));
    }
}

/* Rings with their numbers, which make way towards the middle. */
static void add_worst(residual *r)
{
    if (!r->worst.n) return;
    ll_numbered *points = LL_NEW_ARRAY(ll_numbered, r->worst.n);
    ll_series *v = ll_panel_add(r->p, LL_MARK_POINTS, LL_PEN_TEXT, r->worst.n);
    v->shape = LL_SHAPE_RING;
    ll_series_name(v, "largest relative error");
    for (int i = 0; i < r->worst.n; i++) {
        ll_series_set(v, i, r->d->measured_ms[r->worst.v[i]], error_of(r, r->worst.v[i]));
        ll_note_worst(r->f, r->worst.v[i], r->d->measured_ms, r->d->predicted_ms);
        points[i] = (ll_numbered){.number = r->worst.v[i],
                                  .x = r->d->measured_ms[r->worst.v[i]],
                                  .y = error_of(r, r->worst.v[i]),
                                  .right = true,
                                  .down = error_of(r, r->worst.v[i]) > 0};
    }
    ll_number_points(r->f, r->p, points, r->worst.n);
    free(points);
}

static void add_notes(residual *r)
{
    int n = r->rows.n, within = 0;
    double *off = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) {
        off[i] = fabs(r->percent[i]);
        within += off[i] <= 10;
    }
    ll_panel_note(r->p, "median error %.2f %%, within 10 %%: %.1f %% of %d", ll_median(off, n),
                  100. * within / n, n);
    r->p->key = LL_KEY_OUTSIDE;
    free(off);
}

ll_status ll_build_residual(const ll_residual_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    residual r = {.d = d};
    fill_rows(&r);
    if (r.rows.n) {
        *out = r.f = ll_figure_new("residual", d->title, 1, ll_plot_size_or(d->size, 900, 620));
        r.p = &r.f->panels[0];
        set_axes(&r);
        add_cloud(&r);
        add_running_median(&r);
        add_level(r.p, 0, .9, NULL);
        add_level(r.p, -10, .7, "\302\26110 %");
        add_level(r.p, 10, .7, NULL);
        add_notes(&r);
        add_worst(&r);
    }
    ll_ints_free(&r.rows);
    ll_ints_free(&r.worst);
    free(r.percent);
    return *out ? LL_OK
                : ll_fail(e, LL_BAD_DATA, "residual: no architecture besides the samples has both latencies");
}
