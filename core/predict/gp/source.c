#include "core/predict/gp/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/nn/lbfgs.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/gp/target.h"

static const int fit_rows = 300; /* the weights are learnt on so many, the function on all */
static const double penalty = .02, jitter = 1e-6, start_log_noise = -2;
static const double clip_sigmas = 6, winsor_sigmas = 2.5;
enum { ITERATIONS = 15, WINSOR_PASSES = 3, MAX_KERNELS = LL_GP_MAX_BLOCKS + 1, LEAST_ROWS = 4 };

/* --- kernels --- */

typedef struct problem {
    const ll_gp_features *f;
    int n, n_kernels;
    double *phi;   /* (n, dim) of the training rows */
    double *pairs; /* (n, n_pairs) columns of the additive blocks, NULL: no square */
    int n_pairs;
    double *estimate; /* (n) standardised, NULL: none */
    double *y;        /* (n) */
    const ll_observer *observer;
} problem;

int ll_gp_square_dim(const ll_gp_features *f)
{
    if (!ll_gp_features_squared(f)) return 0;
    return ll_gp_features_block(f, "add")->dim + ll_gp_features_block(f, "addL")->dim;
}

static void gather_pairs(const ll_gp_features *f, const double *phi, double *pairs)
{
    const ll_gp_block *a = ll_gp_features_block(f, "add"), *b = ll_gp_features_block(f, "addL");
    memcpy(pairs, phi + a->first, (size_t)a->dim * sizeof *pairs);
    memcpy(pairs + a->dim, phi + b->first, (size_t)b->dim * sizeof *pairs);
}

/* Kernels: the blocks, then the square where the space has one, then the estimate where one is given. */
static bool is_estimate(const problem *p, int b)
{
    return p->estimate && b == p->n_kernels - 1;
}

/* Gram matrix of kernel b over the first n training rows. */
static void gram(const problem *p, int b, int n, double *out)
{
    if (is_estimate(p, b)) {
        ll_dsyrk(false, n, 1, 1, p->estimate, 1, 0, out, n);
        return;
    }
    if (b < p->f->n_source_blocks) {
        const ll_gp_block *k = &p->f->blocks[b];
        ll_dsyrk(false, n, k->dim, 1, p->phi + k->first, p->f->source_dim, 0, out, n);
        return;
    }
    ll_dsyrk(false, n, p->n_pairs, 1, p->pairs, p->n_pairs, 0, out, n);
    for (size_t i = 0; i < (size_t)n * (size_t)n; i++) out[i] *= out[i];
}

/* sum of e^theta K + noise on the diagonal, jitter included. */
static void covariance(int n_kernels, int n, const double *grams, const double *theta, double *c)
{
    double sum = 0;
    size_t nn = (size_t)n * (size_t)n;
    memset(c, 0, nn * sizeof *c);
    for (int b = 0; b < n_kernels; b++) {
        double w = exp(theta[b]);
        const double *k = grams + (size_t)b * nn;
        sum += w;
        for (size_t i = 0; i < nn; i++) c[i] += w * k[i];
    }
    for (int i = 0; i < n; i++) c[i * n + i] += exp(theta[n_kernels]) + jitter * sum;
}

/* --- restricted likelihood --- */

/* Inverse covariance with the constant projected out, in place: C⁻¹ - C⁻¹11ᵀC⁻¹/(1ᵀC⁻¹1). `ones` (n) receives
 * C⁻¹1; returns 1ᵀC⁻¹1. */
static double project(int n, double *inverse, double *ones)
{
    double total = 0;
    for (int i = 0; i < n; i++) {
        ones[i] = 0;
        for (int j = 0; j < n; j++) ones[i] += inverse[i * n + j];
        total += ones[i];
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) inverse[i * n + j] -= ones[i] * ones[j] / total;
    return total;
}

/* tr(P K) and aᵀKa in one pass. */
static void traces(int n, const double *p, const double *k, const double *a, double *trace, double *form)
{
    *trace = *form = 0;
    for (int i = 0; i < n; i++) {
        double t = 0, f = 0;
        for (int j = 0; j < n; j++) {
            t += p[i * n + j] * k[i * n + j];
            f += k[i * n + j] * a[j];
        }
        *trace += t;
        *form += a[i] * f;
    }
}

double ll_gp_reml_value(void *ctx, const double *theta, double *gradient)
{
    const ll_gp_reml *r = ctx;
    int n = r->n;
    size_t nn = (size_t)n * (size_t)n;
    double *p = r->work, *a = p + nn, *ones = a + n, sum = 0;
    covariance(r->n_kernels, n, r->grams, theta, p);
    if (!ll_cholesky(n, p, n)) return INFINITY;
    double logdet = ll_cholesky_logdet(n, p, n);
    ll_cholesky_inverse(n, p, n);
    double c = project(n, p, ones);
    ll_dgemv(false, n, n, 1, p, n, r->y, 0, a);
    double quad = ll_ddot(n, r->y, a), value = .5 * (logdet + log(c) + (n - 1) * log(quad));
    double trace_p = 0, aa = ll_ddot(n, a, a);
    for (int i = 0; i < n; i++) trace_p += p[i * n + i];
    for (int b = 0; b < r->n_kernels; b++) {
        double trace, form, w = exp(theta[b]);
        traces(n, p, r->grams + (size_t)b * nn, a, &trace, &form);
        trace += jitter * trace_p;
        form += jitter * aa;
        gradient[b] = .5 * w * (trace - (n - 1) * form / quad) + 2 * penalty * theta[b];
    }
    double noise = exp(theta[r->n_kernels]);
    gradient[r->n_kernels] = .5 * noise * (trace_p - (n - 1) * aa / quad) + 2 * penalty * theta[r->n_kernels];
    for (int b = 0; b <= r->n_kernels; b++) sum += theta[b] * theta[b];
    return value + penalty * sum;
}

static void fit_weights(const problem *p, double *theta)
{
    int n = p->n < fit_rows ? p->n : fit_rows;
    size_t nn = (size_t)n * (size_t)n;
    double *grams = LL_NEW_ARRAY(double, nn *(size_t)p->n_kernels);
    double *work = LL_NEW_ARRAY(double, nn + 2 * (size_t)n);
    for (int b = 0; b < p->n_kernels; b++) {
        gram(p, b, n, grams + (size_t)b * nn);
        theta[b] = 0;
    }
    theta[p->n_kernels] = start_log_noise;
    ll_gp_reml reml = {n, p->n_kernels, grams, p->y, work};
    ll_lbfgs_minimise(&(ll_lbfgs){.iterations = ITERATIONS, .lo = -8, .hi = 8, .observer = p->observer},
                      p->n_kernels + 1, ll_gp_reml_value, &reml, theta);
    free(work);
    free(grams);
}

/* --- the function on all rows --- */

/* Leave-one-out residual of every row is a_i / P_ii with a = P y. Returns their robust deviation. */
static double left_out(int n, const double *p, const double *y, double *a, double *residual)
{
    ll_dgemv(false, n, n, 1, p, n, y, 0, a);
    for (int i = 0; i < n; i++) residual[i] = a[i] / p[i * n + i];
    return ll_mad_sigma(residual, n);
}

/* Three times: pull every latency to within 2.5 deviations of what the others say of it. On return
 * a = P y. */
static double winsorise(int n, const double *p, double *y, double *a)
{
    double *residual = LL_NEW_ARRAY(double, n), sigma = 0;
    for (int pass = 0; pass < WINSOR_PASSES; pass++) {
        sigma = left_out(n, p, y, a, residual);
        for (int i = 0; i < n; i++) {
            double limit = winsor_sigmas * sigma;
            if (fabs(residual[i]) > limit) y[i] += copysign(limit, residual[i]) - residual[i];
        }
    }
    sigma = left_out(n, p, y, a, residual);
    free(residual);
    return sigma;
}

static void all_rows_covariance(const problem *p, const double *theta, double *c)
{
    int n = p->n;
    size_t nn = (size_t)n * (size_t)n;
    double *k = LL_NEW_ARRAY(double, nn), sum = 0;
    memset(c, 0, nn * sizeof *c);
    for (int b = 0; b < p->n_kernels; b++) {
        double w = exp(theta[b]);
        sum += w;
        gram(p, b, n, k);
        for (size_t i = 0; i < nn; i++) c[i] += w * k[i];
    }
    for (int i = 0; i < n; i++) c[i * n + i] += exp(theta[p->n_kernels]) + jitter * sum;
    free(k);
}

/* The dual coefficients a become weights of the features themselves. */
static void to_features(const problem *p, const double *theta, const double *a, ll_gp_source *out)
{
    const ll_gp_features *f = p->f;
    out->linear = LL_NEW_ARRAY(double, f->source_dim);
    ll_dgemv(true, p->n, f->source_dim, 1, p->phi, f->source_dim, a, 0, out->linear);
    for (int b = 0; b < f->n_source_blocks; b++)
        for (int c = 0; c < f->blocks[b].dim; c++) out->linear[f->blocks[b].first + c] *= exp(theta[b]);
    if (p->estimate) out->estimate = exp(theta[p->n_kernels - 1]) * ll_ddot(p->n, p->estimate, a);
    if (!p->pairs) return;
    int m = p->n_pairs;
    double *weighted = ll_memdup(p->pairs, (size_t)p->n * (size_t)m, sizeof *weighted);
    double w = exp(theta[f->n_source_blocks]);
    for (int i = 0; i < p->n; i++)
        for (int c = 0; c < m; c++) weighted[i * m + c] *= w * a[i];
    out->square = LL_NEW_ARRAY(double, m *m);
    ll_dgemm(true, false, m, m, p->n, 1, p->pairs, m, weighted, m, 0, out->square, m);
    free(weighted);
}

static void fit_function(problem *p, const double *theta, ll_gp_source *out)
{
    int n = p->n;
    double *c = LL_NEW_ARRAY(double, (size_t)n *(size_t)n), *a = LL_NEW_ARRAY(double, n);
    double *ones = LL_NEW_ARRAY(double, n);
    all_rows_covariance(p, theta, c);
    if (!ll_cancelled(p->observer) && ll_cholesky(n, c, n) && !ll_cancelled(p->observer)) {
        ll_cholesky_inverse(n, c, n);
        double total = project(n, c, ones);
        out->noise_sd = winsorise(n, c, p->y, a);
        out->constant = ll_ddot(n, ones, p->y) / total - 1;
        to_features(p, theta, a, out);
        out->n = n;
    }
    free(ones);
    free(a);
    free(c);
}

/* --- one device --- */

static void clip_outliers(double *y, int n)
{
    double middle = ll_median(y, n), limit = clip_sigmas * ll_mad_sigma(y, n);
    if (limit <= 0) return; /* more than half the values are equal: no scale to judge by */
    for (int i = 0; i < n; i++) y[i] = fmin(fmax(y[i], middle - limit), middle + limit);
}

static void gather(problem *p, const double *phi, int stride, const double *lat_ms, const float *estimate,
                   const int *rows, int n_rows)
{
    int dim = p->f->source_dim;
    p->phi = LL_NEW_ARRAY(double, (size_t)n_rows *(size_t)dim);
    p->y = LL_NEW_ARRAY(double, n_rows);
    if (estimate) p->estimate = LL_NEW_ARRAY(double, n_rows);
    for (int i = 0; i < n_rows; i++) {
        if (isnan(lat_ms[rows[i]])) continue;
        memcpy(p->phi + (size_t)p->n * (size_t)dim, phi + (size_t)rows[i] * (size_t)stride,
               (size_t)dim * sizeof *phi);
        if (estimate) p->estimate[p->n] = estimate[rows[i]];
        p->y[p->n++] = lat_ms[rows[i]];
    }
    p->n_pairs = ll_gp_square_dim(p->f);
    if (!p->n_pairs) return;
    p->pairs = LL_NEW_ARRAY(double, (size_t)n_rows *(size_t)p->n_pairs);
    for (int i = 0; i < p->n; i++) gather_pairs(p->f, p->phi + i * dim, p->pairs + i * p->n_pairs);
}

void ll_gp_source_fit(const ll_gp_features *f, const double *phi, int stride, const double *lat_ms,
                      const float *estimate, const int *rows, int n_rows, const ll_observer *observer,
                      ll_gp_source *out)
{
    problem p = {.f = f,
                 .n_kernels = f->n_source_blocks + ll_gp_features_squared(f) + (estimate != NULL),
                 .observer = observer};
    double theta[MAX_KERNELS + 1];
    *out = (ll_gp_source){0};
    gather(&p, phi, stride, lat_ms, estimate, rows, n_rows);
    double mean = p.n ? ll_mean(p.y, p.n) : 0;
    if (p.n >= LEAST_ROWS && mean > 0) {
        out->mean_ms = mean;
        out->ticks = ll_clock_step(p.y, p.n) > 0;
        for (int i = 0; i < p.n; i++) p.y[i] /= mean;
        clip_outliers(p.y, p.n);
        bool flat = ll_std(p.y, p.n) < 1e-12;
        if (!flat) {
            fit_weights(&p, theta);
            fit_function(&p, theta, out);
        }
    }
    if (!out->linear) out->linear = LL_NEW_ARRAY(double, f->source_dim);
    free(p.phi);
    free(p.pairs);
    free(p.estimate);
    free(p.y);
}

void ll_gp_source_free(ll_gp_source *s)
{
    free(s->linear);
    free(s->square);
    *s = (ll_gp_source){0};
}

void ll_gp_source_predict(const ll_gp_source *s, const ll_gp_features *f, const double *phi, int stride,
                          const float *estimate, int n, double *out, int step)
{
    enum { TILE = 64 }; /* always so many rows in a product: a row then gets the same bits in any company */
    int m = s->square ? ll_gp_square_dim(f) : 0;
    double *pairs = LL_NEW_ARRAY(double, TILE *m + 1), *product = LL_NEW_ARRAY(double, TILE *m + 1);
    for (int from = 0; from < n; from += TILE) {
        int rows = n - from < TILE ? n - from : TILE;
        for (int i = 0; i < rows; i++) {
            const double *x = phi + (size_t)(from + i) * (size_t)stride;
            out[(size_t)(from + i) * (size_t)step] = s->constant + ll_ddot(f->source_dim, x, s->linear) +
                                                     (estimate ? s->estimate * estimate[from + i] : 0);
            if (m) gather_pairs(f, x, pairs + i * m);
        }
        if (!m) continue;
        ll_dgemm(false, false, TILE, m, m, 1, pairs, m, s->square, m, 0, product, m);
        for (int i = 0; i < rows; i++)
            out[(size_t)(from + i) * (size_t)step] += ll_ddot(m, pairs + i * m, product + i * m);
    }
    free(pairs);
    free(product);
}
