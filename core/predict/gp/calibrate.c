#include "core/predict/gp/calibrate.h"

#include <math.h>

#include "core/num/blas.h"
#include "core/sample/design.h"

/* How wide an interval must be is a log factor on the deviation that the posterior states:
 *
 *   usual(design, k) + simplified(design, k) + coarse(design, k) + trust(k) level
 *
 * usual:  what devices need on average.
 * simplified: what more those need that the samples take for devices that do not execute what is written. A design soon
 *         says that a runtime prunes; it does not show what else the runtime merges and drops.
 * coarse: devices read from a coarse clock are noisier than a handful of samples can show, and delays are taken out of the
 *         noise that a fit sees (target.c), but not out of what is measured next.
 * level:  the size of the target's own leave-one-out errors, in the deviations stated for them. A device that
 *         is cleaner or noisier than its sources shows it here.
 * trust:  by how much the factor grows with `level`. With a handful of samples most of `level` is chance; with
 *         many it is the device, and counts more than once because its largest errors are cut off.
 *
 * The constants give a mean coverage of .905 over devices that are no target of a published task of their space
 * (for `coarse`, left-out sources too), for source sets of several kinds; both public spaces and the simulated devices
 * agree on them. What left-out sources need tells nothing about a target beyond that: a target differs from its
 * sources in just what makes it need more or less. */
enum { LARGEST = 40 };
static const int sizes[LL_GP_SIZES] = {3, 5, 10, 20, LARGEST};
static const double usual[2][LL_GP_SIZES] = {{-.19, -.09, .07, .15, .15}, {0, -.35, .03, .14, .15}};
static const double simplified[LL_GP_SIZES] = {0, .1, .33, .12, .12}; /* random samples: nothing */
static const double coarse[2][LL_GP_SIZES] = {{.22, .3, .28, .24, .17}, {.65, .85, .43, .3, .28}};
static const double most_trust = 1.15, half_trust = 8;
static const double level_limit = 2; /* an outlier among the samples counts as so many deviations */
static const double least_spread = .1, most_spread = 4;

static double trust(int k)
{
    return most_trust * k * k / (k * k + half_trust * half_trust);
}

static double level_of(const ll_gp_posterior *q, int k)
{
    double sum = 0;
    for (int i = 0; i < k; i++) {
        double z = fmin(fabs(q->left_out[i]), level_limit);
        sum += z * z;
    }
    return .5 * log(sum / k + .01);
}

/* Between the sizes that were tried, linear in log k. */
static double at_size(const double *v, int k)
{
    int i = 0;
    if (k <= sizes[0]) return v[0];
    if (k >= sizes[LL_GP_SIZES - 1]) return v[LL_GP_SIZES - 1];
    while (k > sizes[i + 1]) i++;
    double part = log((double)k / sizes[i]) / log((double)sizes[i + 1] / sizes[i]);
    return v[i] + part * (v[i + 1] - v[i]);
}

/* --- random samples or an optimal design? --- */

/* How far out the samples lie: their mean squared distance from the middle of the space in the prior's measure.
 * 1 for random samples; an optimal design looks for the edges. */
static double reach(const ll_gp_prior *p, const int *rows, int k)
{
    double sum = 0, weights = 0;
    for (int b = 0; b < p->n_blocks; b++) {
        const ll_gp_prior_block *block = &p->blocks[b];
        double w = ll_gp_block_weight(p, b);
        weights += w;
        for (int i = 0; i < k; i++) {
            const double *phi = p->phi + (size_t)rows[i] * (size_t)p->dim + block->first;
            sum += w * ll_ddot(block->dim, phi, phi);
        }
    }
    return sum / (k * weights);
}

void ll_gp_measure_reach(ll_gp_model *m)
{
    int picked[LARGEST], n = m->rows.prior.n, k = n < LARGEST ? n : LARGEST;
    ll_ints pool = ll_ints_range(n);
    ll_sample_job job = {
        .archs = m->rows.archs, .pool = pool.v, .n_pool = n, .k = k, .seed = 1, .prior = &m->design};
    bool found = ll_dopt.pick(&job, picked, NULL) == LL_OK;
    for (int i = 0; i < LL_GP_SIZES; i++)
        m->reach[i] = found ? reach(&m->rows.prior, picked, sizes[i] < k ? sizes[i] : k) : 1;
    ll_ints_free(&pool);
}

/* 0: as random samples lie, 1: as an optimal design does. */
static double designed(const ll_gp_model *m, const ll_gp_prior *p, const int *rows, int k)
{
    double design = at_size(m->reach, k) - 1;
    return design > .05 ? fmin(fmax((reach(p, rows, k) - 1) / design, 0), 1) : 0;
}

void ll_gp_model_condition(const ll_gp_model *m, const ll_gp_rows *r, const int *rows, const double *y_ms,
                           int k, bool variance, ll_gp_posterior *out)
{
    bool ticks = ll_clock_step(y_ms, k) > 0;
    double part = designed(m, &r->prior, rows, k), log_factor = 0;
    ll_gp_condition(&r->prior, &m->draws, rows, y_ms, k, variance, out);
    for (int design = 0; design < 2; design++)
        log_factor += (design ? part : 1 - part) *
                      (at_size(usual[design], k) + (ticks ? at_size(coarse[design], k) : 0));
    log_factor += part * (1 - out->kind[LL_GP_AS_WRITTEN]) * at_size(simplified, k);
    log_factor += trust(k) * level_of(out, k);
    out->spread = fmin(fmax(exp(log_factor), least_spread), most_spread);
}
