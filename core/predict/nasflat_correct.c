#include "core/predict/nasflat_correct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/gp_features.h"

/* Hyper-parameters are averaged over a grid by their marginal likelihood: log weight of the network's score, log
 * factor on the structured blocks, log noise per unit of prior variance. */
static const double net_grid[] = {-1, 0, 1, 2}, blocks_grid[] = {-1.5, 0, 1.5}, noise_grid[] = {-5, -3.5, -2};
enum { NET = 4, BLOCKS = 3, NOISE = 3 };

typedef struct correction {
    ll_gp_features features;
    double *phi; /* (n_archs, dim) */
    int k, dim;
    double *z;                /* (k) latency / median - 1 */
    double *g;                /* (k) standardised network score of the samples */
    double *structured;       /* (k,k) kernel of the structured blocks */
    double *c, *alpha, *ones; /* (k,k), (k), (k): scratch */
    double *weight;           /* (dim) of the features, and of the score: the averaged posterior mean */
    double net_weight, offset, total_log, total; /* total: sum of exp(log weight - total_log) */
} correction;

static void block_kernel(const correction *t, const int *samples, double *out)
{
    for (int i = 0; i < t->k; i++)
        for (int j = 0; j < t->k; j++) {
            const double *a = t->phi + (size_t)samples[i] * (size_t)t->dim,
                         *b = t->phi + (size_t)samples[j] * (size_t)t->dim;
            double sum = 0;
            for (int q = 0; q < t->features.n_blocks; q++) {
                const ll_gp_block *block = &t->features.blocks[q];
                sum += exp(block->log_weight) * ll_ddot(block->dim, a + block->first, b + block->first);
            }
            out[i * t->k + j] = sum;
        }
}

/* Posterior for one point of the grid: alpha and the flat mean; returns the log marginal likelihood with the scale
 * of z integrated out, -INFINITY when C is not positive definite. */
static double solve(correction *t, double net, double factor, double noise, double *mean)
{
    int k = t->k;
    double trace = 0;
    for (int i = 0; i < k * k; i++) t->c[i] = net * t->g[i / k] * t->g[i % k] + factor * t->structured[i];
    for (int i = 0; i < k; i++) trace += t->c[i * k + i];
    for (int i = 0; i < k; i++) t->c[i * k + i] += (noise + 1e-9) * trace / k;
    if (!ll_cholesky(k, t->c, k)) return -INFINITY;
    for (int i = 0; i < k; i++) t->ones[i] = 1;
    memcpy(t->alpha, t->z, (size_t)k * sizeof *t->z);
    ll_cholesky_solve(k, 1, t->c, k, t->ones, 1);
    ll_cholesky_solve(k, 1, t->c, k, t->alpha, 1);
    double c = 0, sum = 0, q = 0;
    for (int i = 0; i < k; i++) c += t->ones[i], sum += t->alpha[i];
    *mean = sum / c;
    for (int i = 0; i < k; i++) t->alpha[i] -= *mean * t->ones[i];
    for (int i = 0; i < k; i++) q += t->z[i] * t->alpha[i];
    return -.5 * ll_cholesky_logdet(k, t->c, k) - .5 * log(c) - .5 * (k - 1) * log(fmax(q, 1e-12));
}

/* Adds this point of the grid to the average. */
static void add_point(correction *t, const int *samples, double log_likelihood, double net, double factor,
                      double mean)
{
    if (log_likelihood > t->total_log) {
        double shrink = exp(t->total_log - log_likelihood);
        for (int j = 0; j < t->dim; j++) t->weight[j] *= shrink;
        t->net_weight *= shrink;
        t->offset *= shrink;
        t->total *= shrink;
        t->total_log = log_likelihood;
    }
    double w = exp(log_likelihood - t->total_log);
    for (int i = 0; i < t->k; i++) {
        const double *phi = t->phi + (size_t)samples[i] * (size_t)t->dim;
        t->net_weight += w * net * t->alpha[i] * t->g[i];
        for (int q = 0; q < t->features.n_blocks; q++) {
            const ll_gp_block *b = &t->features.blocks[q];
            double scale = w * factor * exp(b->log_weight) * t->alpha[i];
            for (int j = b->first; j < b->first + b->dim; j++) t->weight[j] += scale * phi[j];
        }
    }
    t->offset += w * mean;
    t->total += w;
}

static void average(correction *t, const int *samples)
{
    t->total_log = -1e300;
    for (int i = 0; i < NET * BLOCKS * NOISE; i++) {
        double net = exp(net_grid[i % NET]), factor = exp(blocks_grid[i / NET % BLOCKS]), mean;
        double log_likelihood = solve(t, net, factor, exp(noise_grid[i / NET / BLOCKS]), &mean);
        if (isfinite(log_likelihood)) add_point(t, samples, log_likelihood, net, factor, mean);
    }
}

static void open_correction(correction *t, const ll_dataset *d, const int *samples, int k)
{
    ll_gp_features_init(&t->features, d);
    t->k = k;
    t->dim = t->features.dim;
    t->phi = ll_alloc((size_t)d->n_archs * (size_t)t->dim, sizeof(double));
    ll_gp_features_fill(&t->features, d, t->phi, t->dim);
    t->z = LL_NEW_ARRAY(double, k);
    t->g = LL_NEW_ARRAY(double, k);
    t->alpha = LL_NEW_ARRAY(double, k);
    t->ones = LL_NEW_ARRAY(double, k);
    t->c = LL_NEW_ARRAY(double, k *k);
    t->structured = LL_NEW_ARRAY(double, k *k);
    t->weight = LL_NEW_ARRAY(double, t->dim);
    block_kernel(t, samples, t->structured);
}

static void close_correction(correction *t)
{
    double *const owned[] = {t->phi, t->z, t->g, t->alpha, t->ones, t->c, t->structured, t->weight};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) free(owned[i]);
    ll_gp_features_free(&t->features);
}

void ll_nasflat_correct(const ll_dataset *d, const int *samples, const double *sample_score,
                        const double *lat_ms, int k, const int *rows, int n, double *score)
{
    double median = ll_median(lat_ms, k), mean = ll_mean(score, n), sd = ll_std(score, n);
    if (k < 3 || !(median > 0) || !(sd > 0) || !(ll_std(lat_ms, k) > 0)) return;
    correction t = {0};
    open_correction(&t, d, samples, k);
    double spread = ll_mad_sigma(lat_ms, k), reach = spread > 0 ? 3 * spread : INFINITY;
    for (int i = 0; i < k; i++) {
        /* one interrupted measurement must not bend the model */
        t.z[i] = fmin(fmax(lat_ms[i], median - reach), median + reach) / median - 1;
        t.g[i] = (sample_score[i] - mean) / sd;
    }
    average(&t, samples);
    for (int i = 0; i < n && t.total > 0; i++)
        score[i] = (t.offset + t.net_weight * (score[i] - mean) / sd +
                    ll_ddot(t.dim, t.weight, t.phi + (size_t)rows[i] * (size_t)t.dim)) /
                   t.total;
    close_correction(&t);
}
