#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "plots/build/build.h"
#include "plots/build/thin.h"

typedef struct map {
    const ll_map_data *d;
    ll_panel *p;
    double dot, opacity; /* how large and how dense the points are drawn */
} map;

static void set_axis(ll_axis *a, const map *m, int component)
{
    ll_str label = {0};
    ll_axis_fit(a, m->d->xy + component, m->d->n, 2, .03);
    ll_str_addf(&label, "component %d of %s (%.0f %% of the variance)", component + 1, m->d->encoding,
                100 * m->d->share[component]);
    ll_axis_label(a, ll_str_text(&label));
    ll_str_free(&label);
}

static ll_series *add_points(const map *m, const ll_ints *rows, ll_pen pen)
{
    ll_series *v = ll_panel_add(m->p, LL_MARK_POINTS, pen, rows->n);
    for (int i = 0; i < rows->n; i++)
        ll_series_set(v, i, m->d->xy[2 * rows->v[i]], m->d->xy[2 * rows->v[i] + 1]);
    v->size = m->dot;
    v->opacity = m->opacity;
    return v;
}

static void add_all(const map *m, const ll_ints *rows)
{
    ll_series_name(add_points(m, rows, LL_PEN_BLUE), "architectures");
}

static void add_fifths(const map *m, const ll_ints *rows)
{
    static const struct {
        const char *name;
        ll_pen pen;
    } groups[] = {{"between", LL_PEN_SKY},
                  {"fastest fifth on %s", LL_PEN_GREEN},
                  {"slowest fifth on %s", LL_PEN_ORANGE}};
    double *known = LL_NEW_ARRAY(double, m->d->n + 1); /* of all, drawn or not */
    int n = 0;
    for (int i = 0; i < m->d->n; i++)
        if (!isnan(m->d->lat_ms[i])) known[n++] = m->d->lat_ms[i];
    double fast = ll_quantile(known, n, .2), slow = ll_quantile(known, n, .8);
    for (int g = 0; g < 3; g++) {
        ll_ints some = {0};
        for (int i = 0; i < rows->n; i++) {
            double ms = m->d->lat_ms[rows->v[i]];
            int of = ms <= fast ? 1 : ms >= slow ? 2 : 0;
            if (!isnan(ms) && of == g) ll_ints_add(&some, rows->v[i]);
        }
        ll_series_name(add_points(m, &some, groups[g].pen), groups[g].name, m->d->device);
        ll_ints_free(&some);
    }
    free(known);
}

static void add_samples(const map *m)
{
    ll_ints rows = {0};
    for (int i = 0; i < m->d->k; i++)
        if (m->d->samples[i] < m->d->n) ll_ints_add(&rows, m->d->samples[i]);
    if (rows.n) {
        ll_series *v = add_points(m, &rows, LL_PEN_VERMILLION);
        v->shape = LL_SHAPE_DIAMOND;
        v->size = 1.5;
        v->opacity = 1;
        v->halo = true;
        ll_series_name(v, "samples (%d)", rows.n);
    }
    ll_ints_free(&rows);
}

static bool all_missing(const double *v, int n)
{
    int known = 0;
    for (int i = 0; v && i < n; i++) known += !isnan(v[i]);
    return !known;
}

/* A sample has a mark of its own. */
static ll_ints others_than_samples(const ll_map_data *d)
{
    bool *sample = LL_NEW_ARRAY(bool, d->n + 1);
    ll_ints rows = {0};
    for (int i = 0; i < d->k; i++)
        if (d->samples[i] < d->n) sample[d->samples[i]] = true;
    for (int i = 0; i < d->n; i++)
        if (!sample[i]) ll_ints_add(&rows, i);
    free(sample);
    return rows;
}

ll_status ll_build_map(const ll_map_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    if (!d->n) return ll_fail(e, LL_BAD_DATA, "there are no architectures to draw");
    double *place = LL_NEW_ARRAY(double, d->n);
    ll_ints all = others_than_samples(d);
    for (int i = 0; i < d->n; i++) place[i] = d->xy[2 * i];
    ll_ints rows = ll_rows_thin(&all, place, ll_most_points(&d->size));
    ll_figure *f = ll_figure_new("map", d->title, 1, ll_plot_size_or(d->size, 900, 700));
    map m = {d, &f->panels[0], rows.n > 1000 ? .5 : .9, rows.n > 1000 ? .5 : .8};
    if (rows.n < all.n)
        ll_figure_note(f, "%d of %d architectures are drawn, at equal steps along the first component",
                       rows.n, all.n);
    set_axis(&m.p->x, &m, 0);
    set_axis(&m.p->y, &m, 1);
    m.p->framed = true;
    (all_missing(d->lat_ms, d->n) ? add_all : add_fifths)(&m, &rows);
    add_samples(&m);
    m.p->key = LL_KEY_OUTSIDE;
    free(place);
    ll_ints_free(&all);
    ll_ints_free(&rows);
    *out = f;
    return LL_OK;
}
