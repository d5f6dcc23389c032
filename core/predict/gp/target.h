/* The target's latency under the structured GP: a prior with its hyper-parameters spread over quasi-random
 * draws, conditioned on k samples, as a mixture of the draws (core/ALGORITHMS.md section 4, "prior of a
 * target" to "conditioning").
 *
 * f = latency / scale - 1 = mu + slope h + phi beta + noise, beta of block b ~ N(0, t^2 e^th_b), noise
 * Student-t. phi and h are those of what the device executes (features.h): every draw is of one execution, and the
 * samples weigh them. Everything a prediction needs is a vector (mean) or a quadratic form (variance) in feature
 * space, so that its cost does not depend on k or on the number of draws. */
#ifndef LL_PREDICT_GP_TARGET_H
#define LL_PREDICT_GP_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/predict/gp/features.h"

enum {
    LL_GP_DRAWS = 256,
    LL_GP_TARGET_BLOCKS = LL_GP_MAX_BLOCKS + 2 + (LL_GP_EXECUTIONS - 1) * (LL_GP_OWN_BLOCKS + 2)
};

/* Columns first .. first+dim-1 of phi share a weight: the centre of its log in draws of each kind, -INFINITY: it has no
 * part in them. */
typedef struct ll_gp_prior_block {
    const char *name;
    int first, dim;
    double log_weight[LL_GP_KINDS];
} ll_gp_prior_block;

/* What is believed before any measurement. phi and slope are borrowed. */
typedef struct ll_gp_prior {
    int n, dim, n_blocks;
    ll_gp_prior_block blocks[LL_GP_TARGET_BLOCKS];
    const double *phi;                     /* (n, dim) */
    int n_executions;                      /* of the space */
    int n_kinds;                           /* of devices that are thought possible */
    const double *slope[LL_GP_EXECUTIONS]; /* (n) direction of "more work", mean 0, variance 1 */
    double slope_sd[LL_GP_EXECUTIONS];     /* how strongly the sources follow it: centre of its draws, > 0 */
    int n_sources;
    const double *noise_sd; /* (n_sources) relative noise of each source device, 0: unknown */
    const bool *ticks;      /* (n_sources) whether its latencies are multiples of a coarse clock step */
} ll_gp_prior;

/* What a block weighs on average over the kinds of devices, each by its prior share: the covariance of a target before any
 * measurement is the sum of these times the blocks' kernels. */
double ll_gp_block_weight(const ll_gp_prior *p, int block);

/* 128 for devices that execute what is written, 32 for each other execution of the space, 64 for mixtures. */
typedef struct ll_gp_draws {
    int n, n_blocks;
    double weight[LL_GP_TARGET_BLOCKS][LL_GP_DRAWS]; /* e^th */
    double noise[LL_GP_DRAWS];                       /* R, in units of t^2 */
    double slope[LL_GP_EXECUTIONS][LL_GP_DRAWS];     /* S; 0 for the execution it is not of */
    int kind[LL_GP_DRAWS];                           /* what it takes the device for */
    double log_prior[LL_GP_DRAWS];                   /* of the draw itself, up to a constant */
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
    double constant, slope[LL_GP_EXECUTIONS];
    double *beta;             /* (dim) */
    int width;                /* 1 + executions + dim */
    double *form;             /* (width, width) over (1, h, phi): variance of f; NULL when not asked for */
    double kind[LL_GP_KINDS]; /* probability of each */
    double noise;             /* variance of a new measurement about f */
    double dof;
    double spread; /* factor on every deviation; 1 from ll_gp_condition, calibrated by the model */
    int n_draws;
    double weight[LL_GP_DRAWS]; /* of the draws, sum 1 */
    double b[LL_GP_DRAWS];      /* t^2 of a draw ~ inverse gamma(dof / 2, b) */
    double *robust;             /* (k) noise factor of each sample */
    double *outlying;    /* (k) the part of it from lying far from the fit: above 1 = taken for an outlier */
    double *left_out_ms; /* (k) each sample as the others predict it */
    double *left_out;    /* (k) each sample's deviation from what the others predict, in their deviations */
} ll_gp_posterior;

/* f of a row with these slopes (n_executions) and beta (dim). */
double ll_gp_prior_value(const ll_gp_prior *p, int row, double constant, const double *slope,
                         const double *beta);

/* Conditions on y_ms (k) measured at rows (k) of the prior; k >= 1, repeats allowed. */
void ll_gp_condition(const ll_gp_prior *p, const ll_gp_draws *draws, const int *rows, const double *y_ms,
                     int k, bool variance, ll_gp_posterior *out);
void ll_gp_posterior_free(ll_gp_posterior *q);
/* Variance of most measurements about f: `noise` without what stands in it for the few that are far off. */
double ll_gp_core_noise(const ll_gp_posterior *q);
/* How much noisier a phone is at a latency (relative to the median) than at the median. */
double ll_gp_phone_noise(double latency);
/* Latency and its deviation (NULL: not wanted; else the posterior must have a form) at rows (NULL: all n). */
void ll_gp_posterior_predict(const ll_gp_posterior *q, const ll_gp_prior *p, const int *rows, int n_rows,
                             double *mean_ms, double *sd_ms);

#endif
