/* Rank correlation is Pearson's of ranks, and ranks depend on which architectures take part. So devices are
 * grouped by which architectures they know; for each two groups the common architectures are ranked once per
 * device, standardised, and one matrix product gives all correlations of the block. With whole columns that
 * is one ranking per device and one product. */
#include "core/device/correlation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/text/progress.h"
#include "core/num/blas.h"
#include "core/num/stats.h"

static const char *const names[] = {"spearman", "kendall", "pearson"};
enum { N_METRICS = sizeof names / sizeof *names };

const char *ll_corr_metric_name(int m)
{
    return m >= 0 && m < N_METRICS ? names[m] : NULL;
}

ll_corr_metric ll_corr_metric_find(const char *name)
{
    for (int i = 0; i < N_METRICS; i++)
        if (name && !strcasecmp(name, names[i])) return (ll_corr_metric)i;
    return LL_SPEARMAN;
}

typedef struct work {
    const ll_dataset *d;
    ll_corr *c;
    ll_pool *pool;
    ll_observer *observer;
    bool *known; /* (D, n_archs) */
    int *group;  /* (D) devices of a group know the same architectures */
    int n_groups;
} work;

/* --- groups of devices that know the same architectures --- */

static void find_groups(work *w)
{
    int D = w->c->devices.n;
    size_t n = (size_t)w->d->n_archs;
    for (int i = 0; i < D; i++) {
        bool *mine = w->known + (size_t)i * n;
        const double *lat = ll_latencies(w->d, w->c->devices.v[i]);
        for (size_t a = 0; a < n; a++) mine[a] = !isnan(lat[a]);
        int like = 0;
        while (like < i && memcmp(w->known + (size_t)like * n, mine, n)) like++;
        w->group[i] = like < i ? w->group[like] : w->n_groups++;
    }
}

static ll_ints members(const work *w, int group)
{
    ll_ints l = {0};
    for (int i = 0; i < w->c->devices.n; i++)
        if (w->group[i] == group) ll_ints_add(&l, i);
    return l;
}

static ll_ints common_rows(const work *w, int i, int j)
{
    size_t n = (size_t)w->d->n_archs;
    const bool *a = w->known + (size_t)i * n, *b = w->known + (size_t)j * n;
    ll_ints rows = {0};
    for (size_t k = 0; k < n; k++)
        if (a[k] && b[k]) ll_ints_add(&rows, (int)k);
    return rows;
}

/* --- Spearman and Pearson: a block of two groups at once --- */

typedef struct block {
    const work *w;
    const ll_ints *devices; /* of one group, positions in the matrix */
    const ll_ints *rows;
    double *z; /* (devices, rows): mean 0, length 1; NaN for a constant column */
} block;

static void standardise(double *z, int n)
{
    double mean = ll_mean(z, n), length = 0;
    bool constant = true;
    for (int i = 1; i < n && constant; i++) constant = z[i] == z[0];
    for (int i = 0; i < n; i++) {
        z[i] -= mean;
        length += z[i] * z[i];
    }
    double scale = constant ? NAN : 1 / sqrt(length);
    for (int i = 0; i < n; i++) z[i] *= scale;
}

static void fill_row(void *ctx, int i)
{
    block *b = ctx;
    int n = b->rows->n;
    double *z = b->z + (size_t)i * (size_t)n;
    const double *lat = ll_latencies(b->w->d, b->w->c->devices.v[b->devices->v[i]]);
    if (ll_cancelled(b->w->observer)) return;
    double *picked = LL_NEW_ARRAY(double, n + 1);
    for (int k = 0; k < n; k++) picked[k] = lat[b->rows->v[k]];
    if (b->w->c->metric == LL_SPEARMAN)
        ll_ranks(picked, n, z);
    else
        memcpy(z, picked, (size_t)n * sizeof *z);
    free(picked);
    standardise(z, n);
}

static block block_of(const work *w, const ll_ints *devices, const ll_ints *rows)
{
    block b = {w, devices, rows, ll_alloc_aligned((size_t)devices->n * (size_t)rows->n + 1, sizeof(double))};
    ll_pool_run(w->pool, devices->n, fill_row, &b);
    return b;
}

static void store(ll_corr *c, int i, int j, double r, int n)
{
    int D = c->devices.n;
    if (!isnan(r)) r = fmax(-1, fmin(1, r));
    if (i == j && !isnan(r)) r = 1; /* not 1 - 1e-16 */
    c->r[i * D + j] = c->r[j * D + i] = r;
    c->n[i * D + j] = c->n[j * D + i] = n;
}

static void correlate_blocks(ll_corr *c, const block *a, const block *b)
{
    int na = a->devices->n, nb = b->devices->n, n = a->rows->n;
    double *r = LL_NEW_ARRAY(double, (size_t)na *(size_t)nb);
    if (n > 1 && a == b)
        ll_dsyrk(false, na, n, 1, a->z, n, 0, r, na);
    else if (n > 1)
        ll_dgemm(false, true, na, nb, n, 1, a->z, n, b->z, n, 0, r, nb);
    for (int i = 0; i < na; i++)
        for (int j = 0; j < nb; j++)
            store(c, a->devices->v[i], b->devices->v[j], n > 1 ? r[i * nb + j] : NAN, n);
    free(r);
}

static void correlate_groups(work *w, int g, int h)
{
    ll_ints in_g = members(w, g), in_h = members(w, h), rows = common_rows(w, in_g.v[0], in_h.v[0]);
    block a = block_of(w, &in_g, &rows), b = g == h ? a : block_of(w, &in_h, &rows);
    if (!ll_cancelled(w->observer)) correlate_blocks(w->c, &a, g == h ? &a : &b);
    if (g != h) free(b.z);
    free(a.z);
    ll_ints_free(&in_g);
    ll_ints_free(&in_h);
    ll_ints_free(&rows);
}

static void by_blocks(work *w)
{
    for (int g = 0; g < w->n_groups; g++)
        for (int h = 0; h <= g && !ll_cancelled(w->observer); h++) correlate_groups(w, g, h);
}

/* --- Kendall: a pair at a time --- */

typedef struct pair_row {
    work *w;
    int i;
} pair_row;

static void correlate_pair(void *ctx, int j)
{
    const pair_row *p = ctx;
    const work *w = p->w;
    if (ll_cancelled(w->observer)) return;
    const double *a = ll_latencies(w->d, w->c->devices.v[p->i]), *b = ll_latencies(w->d, w->c->devices.v[j]);
    double *x = LL_NEW_ARRAY(double, 2 * (size_t)w->d->n_archs + 1), *y = x + w->d->n_archs;
    int n = 0;
    for (int k = 0; k < w->d->n_archs; k++) {
        if (isnan(a[k]) || isnan(b[k])) continue;
        x[n] = a[k];
        y[n++] = b[k];
    }
    store(w->c, p->i, j, ll_kendall(x, y, n), n);
    free(x);
}

static void by_pairs(work *w)
{
    int D = w->c->devices.n;
    for (int i = 0; i < D && !ll_cancelled(w->observer); i++) {
        pair_row p = {w, i};
        ll_pool_run(w->pool, i + 1, correlate_pair, &p);
        if (w->observer && ll_observer_due(w->observer, .1))
            ll_progress(w->observer, ll_progress_new("correlation", (i + 1) * (i + 2) / 2, D * (D + 1) / 2));
    }
}

ll_status ll_correlate(const ll_dataset *d, const int *devices, int n_devices, ll_corr_metric metric,
                       ll_pool *pool, ll_observer *observer, ll_corr *out, ll_error *e)
{
    size_t D = (size_t)n_devices;
    *out = (ll_corr){metric, ll_ints_copy(devices, n_devices), LL_NEW_ARRAY(double, D *D + 1),
                     LL_NEW_ARRAY(int, D *D + 1)};
    work w = {d, out, pool, observer, LL_NEW_ARRAY(bool, D *(size_t)d->n_archs + 1), LL_NEW_ARRAY(int, D + 1),
              0};
    if (metric == LL_KENDALL) {
        by_pairs(&w);
    } else {
        find_groups(&w);
        by_blocks(&w);
    }
    free(w.known);
    free(w.group);
    if (!ll_cancelled(observer)) return LL_OK;
    ll_corr_free(out);
    return ll_fail(e, LL_CANCELLED, "the correlation was cancelled");
}

void ll_corr_free(ll_corr *c)
{
    ll_ints_free(&c->devices);
    free(c->r);
    free(c->n);
    *c = (ll_corr){0};
}
