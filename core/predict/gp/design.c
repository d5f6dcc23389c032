/* The prior of a pretrained GP in the form an optimal design works on (core/ALGORITHMS.md section 4). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/predict/gp/calibrate.h"

static const double kept_eigenvalue = 1e-5, constant_variance = 30, design_noise = -2.6;
static const double contrast_variance = .3; /* as a share of all weights */

/* Features (n, dim) scaled by the weight of their block over all kinds of devices: what a device executes is known only
 * once it is measured, so the samples must tell the kinds apart as well. */
static double *weighted_features(const ll_gp_prior *p, int dim, double *total)
{
    double *x = LL_NEW_ARRAY(double, (size_t)p->n *(size_t)dim);
    *total = 0;
    for (int b = 0; b < p->n_blocks; b++) {
        double w = ll_gp_block_weight(p, b), root = sqrt(w);
        int first = p->blocks[b].first, end = first + p->blocks[b].dim;
        if (end > dim) continue; /* older files have directions of what is written alone */
        *total += w;
        for (int i = 0; i < p->n; i++)
            for (int c = first; c < end; c++)
                x[(size_t)i * (size_t)dim + (size_t)c] =
                    root * p->phi[(size_t)i * (size_t)p->dim + (size_t)c];
    }
    return x;
}

/* The principal directions that matter. */
static void find_directions(ll_gp_model *m, const double *x, int dim, double total)
{
    int n = m->rows.prior.n, kept = 0;
    double trace = 0, *cov = LL_NEW_ARRAY(double, dim *dim + dim), *values = cov + dim * dim;
    ll_dsyrk(true, dim, n, 1. / n, x, dim, 0, cov, dim);
    if (!ll_eigen_symmetric(dim, cov, dim, values)) memset(values, 0, (size_t)dim * sizeof *values);
    for (int c = 0; c < dim; c++) trace += values[c];
    while (kept < dim && values[dim - 1 - kept] > kept_eigenvalue * trace) kept++;
    m->directions = (ll_gp_directions){.dim = dim, .n = kept, .total = total};
    m->directions.v =
        ll_memdup(cov + (size_t)(dim - kept) * (size_t)dim, (size_t)kept * (size_t)dim, sizeof *cov);
    m->directions.variance = LL_NEW_ARRAY(double, kept + 1);
    memcpy(m->directions.variance, values + dim - kept, (size_t)kept * sizeof *values);
    free(cov);
}

/* Coordinates of all rows on the directions, and a constant. */
static void project(const ll_gp_directions *d, int n, const double *x, ll_design_prior *out)
{
    int wide = d->n + 1;
    double *phi = LL_NEW_ARRAY(double, (size_t)n *(size_t)wide + 1);
    if (n) ll_dgemm(false, true, n, d->n, d->dim, 1, x, d->dim, d->v, d->dim, 0, phi, wide);
    for (int i = 0; i < n; i++)
        phi[(size_t)i * (size_t)wide + (size_t)d->n] = sqrt(constant_variance * d->total);
    *out = (ll_design_prior){n,   wide,           phi,        d->variance, d->total * exp(design_noise),
                             phi, d->n_contrasts, d->contrast};
}

/* Five samples must above all say what kind a device is of: taken for another kind, it is ranked by what it does not
 * execute. So how the directions of "more work" of two kinds differ counts as more uncertain than the blocks say: h_e - h_0
 * in coordinates of the design, which are uncorrelated over the space. */
static void find_contrasts(ll_gp_model *m)
{
    ll_gp_directions *d = &m->directions;
    const ll_gp_prior *p = &m->rows.prior;
    int wide = d->n + 1;
    double *off = LL_NEW_ARRAY(double, p->n);
    d->n_contrasts = p->n_executions - 1;
    d->contrast = LL_NEW_ARRAY(double, d->n_contrasts *wide + 1);
    for (int e = 1; e < p->n_executions; e++) {
        double *a = d->contrast + (e - 1) * wide, scale = sqrt(contrast_variance * d->total) / p->n;
        for (int i = 0; i < p->n; i++) off[i] = p->slope[e][i] - p->slope[0][i];
        ll_dgemv(true, p->n, wide, scale, m->design.phi, wide, off, 0, a);
        for (int c = 0; c < d->n; c++) a[c] /= d->variance[c];
        a[d->n] = 0;
    }
    m->design.n_contrasts = d->n_contrasts;
    m->design.contrast = d->contrast;
    free(off);
}

void ll_gp_design_on(const ll_gp_model *m, const ll_gp_rows *r, ll_design_prior *out)
{
    double total, *x = weighted_features(&r->prior, m->directions.dim, &total);
    project(&m->directions, r->prior.n, x, out);
    free(x);
}

void ll_gp_design_init(ll_gp_model *m, const ll_observer *observer)
{
    int dim = m->rows.prior.dim;
    double total, *x = weighted_features(&m->rows.prior, dim, &total);
    if (!ll_cancelled(observer)) find_directions(m, x, dim, total);
    if (!ll_cancelled(observer)) project(&m->directions, m->rows.prior.n, x, &m->design);
    if (!ll_cancelled(observer)) find_contrasts(m);
    free(x);
}
