#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "plots/build/build.h"
#include "plots/build/list.h"
#include "plots/figure/layout.h"

/* The score of one cell of the table, the last one given; NULL: none. k < 0: any. */
static const ll_device_score *find(const ll_compare_data *d, const char *device, const char *predictor, int k)
{
    for (int i = d->n - 1; i >= 0; i--) {
        const ll_device_score *s = &d->scores[i];
        if (isfinite(s->mean) && !strcmp(s->predictor, predictor) &&
            (!device || !strcmp(s->device, device)) && (k < 0 || s->k == k))
            return s;
    }
    return NULL;
}

/* One standard deviation to either side, as far as a score can go. */
static void spread(const ll_compare_data *d, const ll_device_score *s, double ends[2])
{
    double sd = isfinite(s->sd) ? s->sd : 0;
    bool bounded = d->most > d->least && isfinite(s->mean); /* fmax takes a bound for NaN */
    ends[0] = bounded ? fmax(s->mean - sd, d->least) : s->mean - sd;
    ends[1] = bounded ? fmin(s->mean + sd, d->most) : s->mean + sd;
}

static void add_name(ll_strs *l, const char *name)
{
    if (!ll_strs_has(l, name)) ll_strs_add(l, name);
}

static void fit_scores(const ll_compare_data *d, ll_axis *a)
{
    double *v = LL_NEW_ARRAY(double, 2 * d->n + 1);
    for (int i = 0; i < d->n; i++) spread(d, &d->scores[i], v + 2 * i);
    v[2 * d->n] = d->ceiling;
    ll_axis_fit(a, v, 2 * d->n + 1, 1, .06);
    if (d->most > d->least) a->hi = fmin(a->hi, d->most + .03 * (a->hi - a->lo)); /* a mark is whole there */
    ll_axis_label(a, d->value_label);
    free(v);
}

static ll_status check(const ll_compare_data *d, const char *what, ll_error *e)
{
    for (int i = 0; i < d->n; i++)
        if (isfinite(d->scores[i].mean)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "%s: the table holds no score", what);
}

/* One predictor: a dot per device with its standard deviation, shifted so that predictors do not overlap. */
static void add_predictor(const ll_compare_data *d, ll_panel *p, const ll_strs *devices,
                          const ll_strs *predictors, int i)
{
    double shift = predictors->n > 1 ? .6 * (i / (predictors->n - 1.) - .5) : 0;
    int n = 0, bars = p->n_series;
    for (int j = 0; j < devices->n; j++) n += find(d, devices->v[j], predictors->v[i], -1) != NULL;
    ll_panel_add(p, LL_MARK_SEGMENTS, ll_pen_of_series(i), n);
    ll_panel_add(p, LL_MARK_POINTS, ll_pen_of_series(i), n);
    ll_series *bar = &p->series[bars], *dot = &p->series[bars + 1];
    dot->shape = (ll_shape)(i % LL_SHAPES);
    dot->size = 1.2;
    ll_series_name(dot, "%s", predictors->v[i]);
    for (int j = 0, row = 0; j < devices->n; j++) {
        const ll_device_score *s = find(d, devices->v[j], predictors->v[i], -1);
        if (!s) continue;
        double ends[2];
        spread(d, s, ends);
        ll_series_set4(bar, row, ends[0], j + shift, ends[1], j + shift);
        ll_series_set(dot, row++, s->mean, j + shift);
    }
}

ll_status ll_build_compare(const ll_compare_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    ll_status s = check(d, "compare", e);
    if (s) return s;
    ll_strs devices = {0}, predictors = {0};
    for (int i = 0; i < d->n; i++) {
        add_name(&devices, d->scores[i].device);
        add_name(&predictors, d->scores[i].predictor);
    }
    double height = 170 + devices.n * fmax(30, 13. * predictors.n);
    *out = ll_figure_new("compare", d->title, 1, ll_plot_list_size(d->size, 900, height));
    ll_panel *p = &(*out)->panels[0];
    p->y.lo = devices.n - .5;
    p->y.hi = -.5;
    ll_side_names(*out, p, (const char *const *)devices.v, NULL, devices.n);
    fit_scores(d, &p->x);
    for (int i = 0; i < predictors.n; i++) add_predictor(d, p, &devices, &predictors, i);
    p->key = LL_KEY_OUTSIDE;
    ll_figure_note(*out, "bars are one standard deviation over trials");
    ll_strs_free(&devices);
    ll_strs_free(&predictors);
    return LL_OK;
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* One line: a predictor on a device. i counts lines. */
static void add_shots(const ll_compare_data *d, ll_panel *p, const ll_ints *ks, const char *device,
                      const char *predictor, const char *name, int i)
{
    int n = 0, band = p->n_series;
    for (int j = 0; j < ks->n; j++) n += find(d, device, predictor, ks->v[j]) != NULL;
    ll_panel_add(p, LL_MARK_BAND, ll_pen_of_series(i), n)->opacity = .18;
    ll_panel_add(p, LL_MARK_LINE, ll_pen_of_series(i), n);
    ll_panel_add(p, LL_MARK_POINTS, ll_pen_of_series(i), n)->shape = (ll_shape)(i % LL_SHAPES);
    ll_series *v = &p->series[band];
    ll_series_name(&v[2], "%s", name);
    for (int j = 0, row = 0; j < ks->n; j++) {
        const ll_device_score *s = find(d, device, predictor, ks->v[j]);
        if (!s) continue;
        double ends[2];
        spread(d, s, ends);
        ll_series_set4(&v[0], row, s->k, ends[0], ends[1], 0);
        ll_series_set(&v[1], row, s->k, s->mean);
        ll_series_set(&v[2], row++, s->k, s->mean);
    }
}

/* Lines in the order their first score was given. */
static void add_lines(const ll_compare_data *d, ll_panel *p, const ll_ints *ks)
{
    ll_strs devices = {0}, lines = {0};
    for (int i = 0; i < d->n; i++) add_name(&devices, d->scores[i].device);
    for (int i = 0; i < d->n; i++) {
        const ll_device_score *s = &d->scores[i];
        ll_str name = {0};
        ll_str_addf(&name, devices.n > 1 ? "%s on %s" : "%s", s->predictor, s->device);
        if (isfinite(s->mean) && !ll_strs_has(&lines, name.s)) {
            add_shots(d, p, ks, s->device, s->predictor, name.s, lines.n);
            ll_strs_add(&lines, name.s);
        }
        ll_str_free(&name);
    }
    ll_strs_free(&devices);
    ll_strs_free(&lines);
}

static void add_ceiling(const ll_compare_data *d, ll_panel *p)
{
    if (!isfinite(d->ceiling)) return;
    ll_series *v = ll_panel_add(p, LL_MARK_LINE, LL_PEN_TEXT, 2);
    v->dashed = true;
    ll_series_name(v, "best to expect: %.4f", ll_below_one(d->ceiling, 4));
    ll_series_set(v, 0, p->x.lo, d->ceiling);
    ll_series_set(v, 1, p->x.hi, d->ceiling);
}

/* --- names at the ends of lines --- */

typedef struct line_end {
    const char *name; /* borrowed from its series */
    ll_pen pen;
    double y;
} line_end;

static const double LABEL = .85, LEAST = .5; /* size of a name, and of one of very many */

/* Whatever has a name, where it ends. */
static int find_ends(const ll_panel *p, line_end *ends)
{
    int n = 0;
    for (int i = 0; i < p->n_series; i++) {
        const ll_series *s = &p->series[i];
        if (s->title && s->n) ends[n++] = (line_end){s->title, s->pen, s->v[(s->n - 1) * s->cols + 1]};
    }
    return n;
}

static int lower_first(const void *a, const void *b)
{
    double x = ((const line_end *)a)->y, y = ((const line_end *)b)->y;
    return (x > y) - (x < y);
}

/* Names are `high` apart at least, and stay between lo and hi as far as there is room. */
static void spread_ends(line_end *ends, int n, double high, double lo, double hi)
{
    if (n > 1) high = fmin(high, (hi - lo) / (n - 1));
    for (int i = 0; i < n; i++) ends[i].y = fmax(ends[i].y, i ? ends[i - 1].y + high : lo);
    for (int i = n - 1; i >= 0; i--) ends[i].y = fmin(ends[i].y, i + 1 < n ? ends[i + 1].y - high : hi);
}

/* In the colour of the line, right of the panel. */
static void add_end(ll_panel *p, const line_end *end, double size)
{
    ll_series *v = ll_panel_add(p, LL_MARK_TEXT, end->pen, 1);
    v->size = size;
    ll_series_set(v, 0, p->x.hi, end->y);
    ll_series_text(v, 0, " %s", end->name);
}

static void name_lines(ll_figure *f, ll_panel *p)
{
    line_end *ends = LL_NEW_ARRAY(line_end, p->n_series + 1);
    int n = find_ends(p, ends), longest = 0;
    qsort(ends, (size_t)n, sizeof *ends, lower_first);
    double margin[4];
    p->key = LL_KEY_TEXT;
    ll_panel_margins(f, p, margin);
    double axis = f->height - margin[2] - margin[3];
    double size = fmax(LEAST, fmin(LABEL, axis / (ll_line_px(1, f->scale) * fmax(1, n - 1))));
    double high = ll_line_px(size, f->scale) / axis * (p->y.hi - p->y.lo);
    int fitting = (int)(axis / ll_line_px(size, f->scale)) + 1;
    if (n > fitting)
        ll_figure_note(f, "%d names have no room beside their lines: a larger size=, or fewer devices, has",
                       n);
    spread_ends(ends, n, high, p->y.lo, p->y.hi);
    for (int i = 0; i < n; i++) {
        int chars = ll_text_chars(ends[i].name);
        longest = chars > longest ? chars : longest;
    }
    for (int i = 0; i < n && n <= fitting; i++) add_end(p, &ends[i], size);
    p->margin[1] = fmin(.45 * f->width, ll_text_px(longest + 2, size, f->scale));
    if (n > fitting) p->margin[1] = 0, p->key = LL_KEY_OUTSIDE;
    free(ends);
}

static void set_shots(ll_panel *p, const ll_ints *ks)
{
    double ends[2] = {ks->v[0], ks->v[ks->n - 1]};
    p->x.log = ends[0] > 0 && ends[1] / ends[0] >= 8;
    ll_axis_fit(&p->x, ends, 2, 1, .04);
    ll_axis_label(&p->x, "samples on the target (k)");
    for (int i = 0; i < ks->n && ks->n <= 16; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", ks->v[i]);
        ll_axis_tick(&p->x, ks->v[i], text);
    }
}

ll_status ll_build_shots(const ll_compare_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    ll_status s = check(d, "shots", e);
    if (s) return s;
    ll_ints ks = {0};
    for (int i = 0; i < d->n; i++)
        if (ll_ints_find(&ks, d->scores[i].k) < 0) ll_ints_add(&ks, d->scores[i].k);
    qsort(ks.v, (size_t)ks.n, sizeof *ks.v, by_value);
    *out = ll_figure_new("shots", d->title, 1, ll_plot_size_or(d->size, 900, 600));
    ll_panel *p = &(*out)->panels[0];
    set_shots(p, &ks);
    fit_scores(d, &p->y);
    add_lines(d, p, &ks);
    add_ceiling(d, p);
    if (d->note) ll_panel_note(p, "%s", d->note);
    name_lines(*out, p);
    ll_figure_note(*out, "bands are one standard deviation over trials%s",
                   d->most > d->least ? ", as far as scores go" : "");
    ll_ints_free(&ks);
    return LL_OK;
}
