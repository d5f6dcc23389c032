#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "plots/build/build.h"
#include "plots/build/thin.h"
#include "plots/figure/layout.h"

enum { LEAST_BINS = 10, MOST_BINS = 80 };

typedef struct hist {
    const ll_hist_data *d;
    ll_panel *p;
    int bins;
    double lo, width; /* of the bins; in log10 on a logarithmic axis */
    double highest;
    int n;                    /* architectures known on a device; 0: each has its own number */
    int outside;              /* latencies beyond the range shown */
    int missing, without_log; /* not measured; not above 0 on a logarithmic axis */
} hist;

static double place(const hist *h, double ms)
{
    return h->p->x.log ? log10(ms) : ms;
}

static double edge(const hist *h, int bin)
{
    double at = h->lo + bin * h->width;
    return h->p->x.log ? pow(10, at) : at;
}

/* Known latencies of one device as positions on the axis; the caller frees. */
static int positions(const hist *h, int device, double **out)
{
    int n = 0;
    *out = LL_NEW_ARRAY(double, h->d->n + 1);
    for (int i = 0; i < h->d->n; i++) {
        double ms = h->d->lat_ms[device][i];
        if (isfinite(ms) && (!h->p->x.log || ms > 0)) (*out)[n++] = place(h, ms);
    }
    return n;
}

/* The range holds the middle 98 % of every device and a little more: one wild measurement must not squeeze
 * all others into a corner. Returns how many latencies are known. */
static int choose_range(hist *h, double *hi, double *width)
{
    double lo = INFINITY, least = INFINITY, most = -INFINITY;
    int known = 0;
    *hi = -INFINITY;
    *width = INFINITY;
    for (int i = 0; i < h->d->n_devices; i++) {
        double *v;
        int n = positions(h, i, &v);
        if (n) { /* Freedman and Diaconis: twice the interquartile range over the cube root of n */
            double w = 2 * (ll_quantile(v, n, .75) - ll_quantile(v, n, .25)) / cbrt(n);
            if (w > 0) *width = fmin(*width, w);
            lo = fmin(lo, ll_quantile(v, n, .01));
            *hi = fmax(*hi, ll_quantile(v, n, .99));
            least = fmin(least, ll_quantile(v, n, 0));
            most = fmax(most, ll_quantile(v, n, 1));
        }
        known += n;
        free(v);
    }
    double room = .15 * (*hi - lo);
    h->lo = fmax(least, lo - room);
    *hi = fmin(most, *hi + room);
    return known;
}

static int choose_bins(hist *h)
{
    double hi, width;
    int known = choose_range(h, &hi, &width);
    if (!(hi > h->lo)) h->lo -= .5, hi = h->lo + 1; /* one value: one bin with room around it */
    double bins = isfinite(width) ? ceil((hi - h->lo) / width) : LEAST_BINS;
    h->bins = (int)fmax(LEAST_BINS, fmin(MOST_BINS, bins));
    h->width = (hi - h->lo) / h->bins;
    return known;
}

static void count_bins(hist *h, const double *v, int n, double *share)
{
    for (int i = 0; i < n; i++) {
        double at = (v[i] - h->lo) / h->width;
        if (at < -1e-9 || at > h->bins + 1e-9)
            h->outside++;
        else
            share[(int)fmax(0, fmin(at, h->bins - 1))] += 100. / n;
    }
}

static void count_left_out(hist *h)
{
    for (int i = 0; i < h->d->n_devices; i++)
        for (int j = 0; j < h->d->n; j++) {
            double ms = h->d->lat_ms[i][j];
            h->missing += !isfinite(ms);
            h->without_log += isfinite(ms) && h->p->x.log && !(ms > 0);
        }
}

/* Percent are of what is counted: what is not must be known. */
static void note_left_out(const hist *h, ll_figure *f, int known)
{
    int all = known + h->without_log;
    const char *what = h->d->quantity.name ? h->d->quantity.name : "latency";
    if (h->without_log)
        ll_figure_note(f,
                       "%d of %d values of %s are not above 0: they have no place on a logarithmic axis and "
                       "are left out "
                       "(log=off shows them)",
                       h->without_log, all, what);
    if (h->missing) ll_figure_note(f, "%d of %d are not measured", h->missing, h->d->n * h->d->n_devices);
    if (h->outside) ll_figure_note(f, "%d of %d latencies lie outside the range shown", h->outside, known);
}

/* How many are known on every device alike: said once then, above the axes; else 0. */
static int common_n(const hist *h)
{
    int common = 0;
    for (int i = 0; i < h->d->n_devices; i++) {
        double *v;
        int n = positions(h, i, &v);
        free(v);
        if (i && n != common) return 0;
        common = n;
    }
    return common;
}

/* A filled outline: the band for the area, the line for its edge. */
static void add_device(hist *h, int device)
{
    double *v, *share = LL_NEW_ARRAY(double, h->bins);
    int n = positions(h, device, &v), at = h->p->n_series;
    count_bins(h, v, n, share);
    ll_pen pen = ll_pen_of_series(device);
    ll_panel_add(h->p, LL_MARK_BAND, pen, 2 * h->bins)->opacity = h->d->n_devices > 2 ? .12 : .3;
    ll_panel_add(h->p, LL_MARK_LINE, pen, 2 * h->bins + 2);
    ll_series *band = &h->p->series[at], *line = &h->p->series[at + 1];
    ll_series_set(line, 0, edge(h, 0), 0);
    for (int b = 0; b < h->bins; b++) {
        for (int end = 0; end < 2; end++) {
            ll_series_set4(band, 2 * b + end, edge(h, b + end), 0, share[b], 0);
            ll_series_set(line, 2 * b + end + 1, edge(h, b + end), share[b]);
        }
        h->highest = fmax(h->highest, share[b]);
    }
    ll_series_set(line, 2 * h->bins + 1, edge(h, h->bins), 0);
    char *name = ll_text_cut(h->d->names[device], 40);
    double median = n ? ll_median(v, n) : NAN;
    median = h->p->x.log ? pow(10, median) : median;
    if (h->n)
        ll_series_name(line, "%s: median %.4g %s", name, median, ll_plot_unit(&h->d->quantity));
    else
        ll_series_name(line, "%s: n %d, median %.4g %s", name, n, median, ll_plot_unit(&h->d->quantity));
    free(name);
    free(share);
    free(v);
}

static void set_axes(hist *h)
{
    double ends[2] = {edge(h, 0), edge(h, h->bins)};
    ll_axis_fit(&h->p->x, ends, 2, 1, .02);
    if (h->p->x.log) ll_axis_log_ticks(&h->p->x);
    ll_plot_label(&h->p->x, "", &h->d->quantity);
    ll_axis_label(&h->p->y, "architectures (%)");
    h->p->y.lo = 0;
    h->p->y.hi = 1.08 * h->highest;
    h->p->key = LL_KEY_OUTSIDE;
}

ll_status ll_build_hist(const ll_hist_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    ll_figure *f = ll_figure_new("hist", d->title, 1, ll_plot_size_or(d->size, 900, 560));
    hist h = {.d = d, .p = &f->panels[0]};
    h.p->x.log = d->log;
    int known = choose_bins(&h);
    if (!known) {
        ll_figure_free(f);
        return ll_fail(e, LL_BAD_DATA, "hist: no latency%s on any of the %d devices",
                       d->log ? " above 0" : "", d->n_devices);
    }
    h.n = common_n(&h);
    for (int i = 0; i < d->n_devices; i++) add_device(&h, i);
    if (h.n) ll_panel_note(h.p, "n = %d %s", h.n, ll_noun(h.n, "architecture", "architectures"));
    set_axes(&h);
    count_left_out(&h);
    note_left_out(&h, f, known);
    *out = f;
    return LL_OK;
}
