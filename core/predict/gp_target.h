/* The target's latency under the structured GP: a prior with its hyper-parameters spread over quasi-random
 * draws, conditioned on k samples, as a mixture of the draws (ALGORITHMS section 4, "target kernel" to
 * "predict").
 *
 * f = latency / scale - 1 = mu + slope h + phi beta + noise, beta of block b ~ N(0, t^2 e^th_b), noise
 * Student-t. Everything a prediction needs is a vector (mean) or a quadratic form (variance) in feature
 * space, so that its cost does not depend on k or on the number of draws. */
#ifndef LL_PREDICT_GP_TARGET_H
#define LL_PREDICT_GP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/predict/gp_features.h"

enum { LL_GP_DRAWS = 128, LL_GP_TARGET_BLOCKS = LL_GP_MAX_BLOCKS + 2 };

/* What is believed before any measurement. phi and slope are borrowed. */
typedef struct ll_gp_prior {
    int n, dim, n_blocks;
    ll_gp_block blocks[LL_GP_TARGET_BLOCKS];
    const double *phi;   /* (n, dim) */
    const double *slope; /* (n) direction of "more work", mean 0, variance 1 */
    double slope_sd;     /* how strongly the sources follow it: centre of the slope's draws, > 0 */
    int n_sources;
    const double *noise_sd; /* (n_sources) relative noise of each source device, 0: unknown */
    const bool *ticks;      /* (n_sources) whether its latencies are multiples of a coarse clock step */
} ll_gp_prior;

typedef struct ll_gp_draws {
    int n_blocks;
    double weight[LL_GP_TARGET_BLOCKS][LL_GP_DRAWS]; /* e^th */
    double noise[LL_GP_DRAWS];                       /* R, in units of t^2 */
    double slope[LL_GP_DRAWS];                       /* S */
    double b0[LL_GP_DRAWS];                          /* t^2 ~ inverse gamma(a0, b0) */
} ll_gp_draws;
/* The clock step all of these latencies are multiples of, when it is coarse enough to matter (over half a
 * percent of their median); 0: none. */
double ll_clock_step(const double *y_ms, int n);

void ll_gp_draws_make(const ll_gp_prior *p, uint64_t seed, ll_gp_draws *out);

/* Result of conditioning; free with ll_gp_posterior_free. */
typedef struct ll_gp_posterior {
    int dim;
    double scale_ms; /* latency = scale_ms (1 + f) */
    double constant, slope;
    double *beta; /* (dim) */
    double *form; /* (dim+2, dim+2) over (1, h, phi): variance of f; NULL when not asked for */
    double noise; /* variance of a new measurement about f */
    double dof;
    double spread; /* factor on every deviation; 1 from ll_gp_condition, calibrated by the model */
    double weight[LL_GP_DRAWS]; /* of the draws, sum 1 */
    double b[LL_GP_DRAWS];      /* t^2 of a draw ~ inverse gamma(dof / 2, b) */
    double *robust;             /* (k) noise factor of each sample: above 1 = taken for an outlier */
    double *left_out_ms;        /* (k) each sample as the others predict it */
    double *left_out; /* (k) each sample's deviation from what the others predict, in their deviations */
} ll_gp_posterior;

/* Conditions on y_ms (k) measured at rows (k) of the prior; k >= 1, repeats allowed. */
void ll_gp_condition(const ll_gp_prior *p, const ll_gp_draws *draws, const int *rows, const double *y_ms,
                     int k, bool variance, ll_gp_posterior *out);
void ll_gp_posterior_free(ll_gp_posterior *q);
/* Latency and its deviation (NULL: not wanted; else the posterior must have a form) at rows (NULL: all n). */
void ll_gp_posterior_predict(const ll_gp_posterior *q, const ll_gp_prior *p, const int *rows, int n_rows,
                             double *mean_ms, double *sd_ms);

#endif
