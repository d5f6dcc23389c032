#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/predict/gp/fit.h"

enum { STACK = 2048 };

/* What the variance is made of: form = plusᵀplus + within on the features, within = the covariance
 * of beta. */
typedef struct form_parts {
    double *within; /* (dim, dim) */
    double *plus;   /* (n_plus, width) */
    int n_plus;
    double *weight; /* (dim) scratch */
    double *stack;  /* (STACK + k, dim) rows whose products are still to be taken from `within` */
    int n_stack;
    double *inverse;  /* (k, k) scratch */
    double *ones;     /* (dim) covariance of beta times Phi' W 1 */
    double *one_draw; /* (dim, dim) scratch */
} form_parts;

static void add_scaled(size_t n, double a, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static void flush(form_parts *parts, int dim)
{
    if (parts->n_stack) ll_dsyrk(true, dim, parts->n_stack, -1, parts->stack, dim, 1, parts->within, dim);
    parts->n_stack = 0;
}

/* Adds `share` times the covariance of beta under draw m by way of the samples: L - (M Phi L)ᵀ(M Phi L), where
 * M is the inverse factor that stands in x->inv. The products of many draws are taken at once. */
static void add_by_samples(const ll_gp_fit *x, int m, double share, form_parts *parts)
{
    int k = x->k, dim = x->prior->dim, l = m % LANES;
    double *rows = parts->stack + (size_t)parts->n_stack * (size_t)dim;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) parts->inverse[i * k + j] = j <= i ? x->inv[i * k + j][l] : 0;
    ll_dgemm(false, false, k, dim, k, 1, parts->inverse, k, x->sel, dim, 0, rows, dim);
    memset(parts->ones, 0, (size_t)dim * sizeof *parts->ones);
    for (int i = 0; i < k; i++)
        for (int c = 0; c < dim; c++) {
            double v = rows[i * dim + c] * parts->weight[c];
            parts->ones[c] += v * x->s[i][l];
            rows[i * dim + c] = sqrt(share) * v;
        }
    for (int c = 0; c < dim; c++) parts->within[c * dim + c] += share * parts->weight[c];
    parts->n_stack += k;
    if (parts->n_stack >= STACK) flush(parts, dim);
}

static void add_by_features(const ll_gp_fit *x, int m, double share, form_parts *parts)
{
    size_t dim = (size_t)x->prior->dim;
    ll_gp_fit_wide(x, m, parts->one_draw, parts->ones);
    add_scaled(dim * dim, share, parts->one_draw, parts->within);
}

/* Two rows of `plus`: the uncertainty of mu, and what the draw's mean differs from the mixture's. */
static void add_draw(const ll_gp_fit *x, int m, const ll_gp_posterior *q, form_parts *parts)
{
    int k = x->k, dim = x->prior->dim, chunk = m / LANES, l = m % LANES, before = q->width - dim;
    double t2 = x->t2[chunk][l], c = x->c[chunk][l], w = x->w[m];
    double *mean = parts->plus + (size_t)parts->n_plus * (size_t)q->width, *between = mean + q->width;
    ll_gp_column_weights(x, m, parts->weight);
    (x->wide ? add_by_features : add_by_samples)(x, m, w * t2, parts);
    mean[0] = sqrt(w * t2 / c);
    add_scaled((size_t)dim, -mean[0], parts->ones, mean + before);
    between[0] = sqrt(w) * (x->mu[chunk][l] - q->constant);
    for (int e = 0; e < x->prior->n_executions; e++)
        between[1 + e] = sqrt(w) * (x->draws->slope[e][m] - q->slope[e]);
    for (int i = 0; i < k; i++)
        add_scaled((size_t)dim, x->alpha[chunk * k + i][l], x->sel + (size_t)i * (size_t)dim,
                   between + before);
    for (int col = 0; col < dim; col++)
        between[before + col] = sqrt(w) * (parts->weight[col] * between[before + col] - q->beta[col]);
    parts->n_plus += 2;
}

static void parts_alloc(form_parts *parts, int k, int dim, int width, int draws, bool wide)
{
    size_t dd = (size_t)dim * (size_t)dim, plus = 2 * (size_t)draws * (size_t)width;
    size_t rows = wide ? 0 : STACK + (size_t)k, inverse = wide ? 0 : (size_t)k * (size_t)k;
    double *space = LL_NEW_ARRAY(double, 2 * dd + plus + 2 * (size_t)dim + rows * (size_t)dim + inverse);
    *parts = (form_parts){.within = space, .one_draw = space + dd, .plus = space + 2 * dd};
    parts->weight = parts->plus + plus;
    parts->ones = parts->weight + dim;
    parts->stack = parts->ones + dim;
    parts->inverse = parts->stack + rows * (size_t)dim;
}

/* Variance of f within the draws and between them, as one quadratic form. */
void ll_gp_fit_form(ll_gp_fit *x, ll_gp_posterior *out)
{
    int dim = x->prior->dim, e = out->width, heavy = 0;
    double kept = 0;
    for (int m = 0; m < x->draws->n; m++)
        if (x->w[m] > least_weight) {
            heavy++;
            kept += x->w[m];
        }
    form_parts parts;
    parts_alloc(&parts, x->k, dim, e, heavy, x->wide);
    for (int chunk = 0; chunk < x->draws->n / LANES; chunk++) {
        if (!x->wide) ll_gp_fit_samples(x, chunk);
        for (int m = chunk * LANES; m < (chunk + 1) * LANES; m++)
            if (x->w[m] > least_weight) add_draw(x, m, out, &parts);
    }
    flush(&parts, dim);
    out->form = ll_alloc((size_t)e * (size_t)e, sizeof *out->form);
    ll_dsyrk(true, e, parts.n_plus, 1 / kept, parts.plus, e, 0, out->form, e);
    for (int i = 0; i < dim; i++)
        add_scaled((size_t)dim, 1 / kept, parts.within + (size_t)i * (size_t)dim,
                   out->form + (size_t)(i + e - dim) * (size_t)e + (e - dim));
    free(parts.within);
}
