/* A pretrained structured GP: the features of a space, the source devices as functions of them, and the prior
 * over a target's latency that both give (ALGORITHMS section 4). Immutable once built. */
#ifndef LL_PREDICT_GP_MODEL_H
#define LL_PREDICT_GP_MODEL_H

#include "core/predict/gp/source.h"
#include "core/predict/gp/target.h"
#include "core/predict/predictor.h"

/* The prior on the rows of one dataset; owns what `prior` borrows. */
typedef struct ll_gp_rows {
    ll_gp_prior prior;
    double *phi, *slope, *noise_sd;
    float *estimates; /* (executions, n_sources, n) of these rows; NULL: the model has none */
    bool *ticks;
    uint8_t *genes; /* (n, n_positions): which rows these are */
} ll_gp_rows;

enum { LL_GP_SIZES = 5 }; /* sample sizes the intervals are calibrated at */

typedef struct ll_gp_model {
    ll_gp_features features;
    int n_sources;
    ll_gp_source *sources;
    ll_gp_rows rows; /* of the dataset it was trained on */
    ll_gp_draws draws;
    ll_design_prior design;    /* phi and weight are owned by the model */
    double reach[LL_GP_SIZES]; /* how far out an optimal design of each size lies; random samples: 1 */
} ll_gp_model;

/* Fit the sources and build everything else. LL_CANCELLED at any step of it. estimates: (n_sources, n_archs) what another
 * predictor says of each source device, a regressor of its fit, mean 0 and variance 1 over the dataset; copied; NULL:
 * none. */
ll_status ll_gp_model_fit(const ll_pretrain_job *job, const float *estimates, ll_gp_model **out, ll_error *e);
/* The model of other sources of the same dataset: those that `base` has fitted too are taken over, the others are
 * learnt. from (job->n_source): which source of base each is, -1: none. Base must know job->data and have no
 * estimates. */
ll_status ll_gp_model_derive(const ll_gp_model *base, const int *from, const ll_pretrain_job *job,
                             ll_gp_model **out, ll_error *e);
void ll_gp_model_free(ll_gp_model *m);
/* True when d has the architectures the model was trained on, in their order. */
bool ll_gp_model_knows(const ll_gp_model *m, const ll_dataset *d);
/* The rows of this dataset: the model's own, or fresh ones in *other (then free that) when the dataset has
 * other architectures than the model was trained on; those take the estimates (n_sources, n_archs of d), which a model
 * that was fitted with some needs. NULL: cancelled by the observer; *other is to be freed all the same. */
const ll_gp_rows *ll_gp_model_rows(const ll_gp_model *m, const ll_dataset *d, const float *estimates,
                                   const ll_observer *observer, ll_gp_rows *other);
/* The prior on all rows of d, whose features are phi (n_archs, features.dim) or, where that is NULL, computed; cancelled by
 * the observer, it is of no use but to be freed. */
void ll_gp_rows_init(const ll_gp_model *m, const ll_dataset *d, const double *phi, const float *estimates,
                     const ll_observer *observer, ll_gp_rows *r);
/* The feature columns of n rows of one matrix into the first columns of another. */
void ll_gp_copy_features(const ll_gp_model *m, const double *from, int from_stride, int n, double *to,
                         int to_stride);
void ll_gp_rows_free(ll_gp_rows *r);
/* The prior on n rows of the model's own dataset that does without source `skip`. */
void ll_gp_rows_without(const ll_gp_model *m, int skip, const int *rows, int n, ll_gp_rows *out);
/* ll_gp_condition, and the calibrated spread. */
void ll_gp_model_condition(const ll_gp_model *m, const ll_gp_rows *r, const int *rows, const double *y_ms,
                           int k, bool variance, ll_gp_posterior *out);

ll_status ll_gp_model_save(const ll_gp_model *m, ll_tensors *out, ll_error *e);
/* estimates: (n_sources, n_archs of d), as at the fit; they are the caller's to keep. */
ll_status ll_gp_model_load(const ll_tensors *in, const ll_dataset *d, const float *estimates,
                           ll_gp_model **out, ll_error *e);

#endif
