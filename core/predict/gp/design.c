/* The prior of a pretrained GP in the form an optimal design works on (ALGORITHMS section 4). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/predict/gp/calibrate.h"

static const double kept_eigenvalue = 1e-5, constant_variance = 30, design_noise = -2.6;

/* A design is for devices that execute what is written, as most do: the columns of those blocks come first. */
static int design_columns(const ll_gp_prior *p)
{
    int dim = 0;
    for (int b = 0; b < p->n_blocks; b++) {
        int end = p->blocks[b].first + p->blocks[b].dim;
        if (p->blocks[b].execution == LL_GP_AS_WRITTEN && end > dim) dim = end;
    }
    return dim;
}

/* Features (n, dim) scaled by the centre of their block's weight. */
static double *weighted_features(const ll_gp_prior *p, int dim, double *total)
{
    double *x = LL_NEW_ARRAY(double, (size_t)p->n *(size_t)dim);
    *total = 0;
    for (int b = 0; b < p->n_blocks; b++) {
        if (p->blocks[b].execution != LL_GP_AS_WRITTEN) continue;
        double w = exp(p->blocks[b].log_weight / 2);
        *total += w * w;
        for (int i = 0; i < p->n; i++)
            for (int c = p->blocks[b].first; c < p->blocks[b].first + p->blocks[b].dim; c++)
                x[(size_t)i * (size_t)dim + (size_t)c] = w * p->phi[(size_t)i * (size_t)p->dim + (size_t)c];
    }
    return x;
}

/* Coordinates of all rows on the directions (kept, dim) of these variances, and a constant. */
static void project(int n, int dim, const double *x, double total, const double *directions, int kept,
                    const double *variances, ll_design_prior *out)
{
    int wide = kept + 1;
    double *phi = LL_NEW_ARRAY(double, (size_t)n *(size_t)wide), *weight = LL_NEW_ARRAY(double, wide);
    ll_dgemm(false, true, n, kept, dim, 1, x, dim, directions, dim, 0, phi, wide);
    for (int i = 0; i < n; i++)
        phi[(size_t)i * (size_t)wide + (size_t)kept] = sqrt(constant_variance * total);
    memcpy(weight, variances, (size_t)kept * sizeof *weight);
    *out = (ll_design_prior){n, wide, phi, weight, total * exp(design_noise)};
}

/* The principal directions that matter. */
void ll_gp_design_init(ll_gp_model *m, const ll_observer *observer)
{
    const ll_gp_prior *p = &m->rows.prior;
    int dim = design_columns(p), kept = 0;
    double total, trace = 0, *x = weighted_features(p, dim, &total);
    double *cov = LL_NEW_ARRAY(double, dim *dim + dim), *values = cov + dim * dim;
    if (!ll_cancelled(observer)) {
        ll_dsyrk(true, dim, p->n, 1. / p->n, x, dim, 0, cov, dim);
        if (!ll_eigen_symmetric(dim, cov, dim, values)) memset(values, 0, (size_t)dim * sizeof *values);
    }
    for (int c = 0; c < dim; c++) trace += values[c];
    while (kept < dim && values[dim - 1 - kept] > kept_eigenvalue * trace) kept++;
    if (!ll_cancelled(observer))
        project(p->n, dim, x, total, cov + (size_t)(dim - kept) * (size_t)dim, kept, values + dim - kept,
                &m->design);
    free(cov);
    free(x);
}
