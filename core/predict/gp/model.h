/* A pretrained structured GP: the features of a space, the source devices as functions of them, and the prior
 * over a target's latency that both give (core/ALGORITHMS.md section 4). Immutable once built. */
#ifndef LL_PREDICT_GP_MODEL_H
#define LL_PREDICT_GP_MODEL_H

#include "core/predict/gp/frame.h"
#include "core/predict/gp/source.h"
#include "core/predict/gp/target.h"
#include "core/predict/predictor.h"

/* What another predictor says of each source device, a regressor of its fit: out (n_sources, archs->n), in units of its
 * own that do not depend on which architectures are asked for; NaN where it has none, since a feature it looks at did not
 * come with the architecture. Any thread may ask. false: cancelled. */
typedef struct ll_gp_estimator {
    bool (*estimate)(const void *ctx, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                     float *out);
    const void *ctx;
} ll_gp_estimator;

/* The prior on the rows of one set of architectures; owns what `prior` borrows. */
typedef struct ll_gp_rows {
    ll_gp_prior prior;
    ll_archs *archs; /* which rows these are */
    double *phi, *slope, *noise_sd;
    float *estimates; /* (executions, n_sources, n) of these rows; NULL: the model has none */
    bool *ticks;
} ll_gp_rows;

enum { LL_GP_SIZES = 5 }; /* sample sizes the intervals are calibrated at */

/* Directions of the space that a design of samples works on. */
typedef struct ll_gp_directions {
    int dim, n;       /* columns of phi they are over; directions kept */
    double *v;        /* (n, dim) */
    double *variance; /* (n + 1) along each; the last is the constant's, 0 */
    double total;     /* of the weights of the blocks */
    int n_contrasts;
    double *
        contrast; /* (n_contrasts, n + 1) what tells the kinds of devices apart; NULL: none, or an older file */
} ll_gp_directions;

typedef struct ll_gp_model {
    ll_gp_features features;
    int n_sources;
    ll_gp_source *sources;
    ll_gp_estimator estimator; /* estimate NULL: there is none */
    ll_gp_frame frame;
    /* Of the architectures it was pretrained on; archs NULL: read from a file, without them. */
    ll_gp_rows rows;
    ll_gp_draws draws;
    ll_gp_directions directions;
    ll_design_prior design;    /* of `rows`; phi is owned by the model */
    double reach[LL_GP_SIZES]; /* how far out an optimal design of each size lies; random samples: 1 */
} ll_gp_model;

/* Fit the sources and build everything else. LL_CANCELLED at any step of it. estimator NULL: none; else it must outlive the
 * model. */
ll_status ll_gp_model_fit(const ll_pretrain_job *job, const ll_gp_estimator *estimator, ll_gp_model **out,
                          ll_error *e);
/* The model of other sources over the same architectures: those that `base` has fitted too are taken over, the others are
 * learnt. from (job->sources.n): which source of base each is, -1: none. Base must know job->archs and have no
 * estimator. */
ll_status ll_gp_model_derive(const ll_gp_model *base, const int *from, const ll_pretrain_job *job,
                             ll_gp_model **out, ll_error *e);
void ll_gp_model_free(ll_gp_model *m);
/* True when these are the architectures the model was trained on, in their order. */
bool ll_gp_model_knows(const ll_gp_model *m, const ll_archs *archs);
/* The rows of these architectures: the model's own, or fresh ones in *other (then free that). NULL: cancelled by the
 * observer; *other is to be freed all the same. */
const ll_gp_rows *ll_gp_model_rows(const ll_gp_model *m, const ll_archs *archs, ll_observer *observer,
                                   ll_pool *pool, ll_gp_rows *other);
/* Fresh rows of any architectures of the space. false: cancelled; r is to be freed all the same. */
bool ll_gp_rows_init(const ll_gp_model *m, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                     ll_gp_rows *r);
/* The first rows of a model under construction: they set its frame. phi: their features (n, features.dim); estimates
 * (executions, n_sources, n) are taken over; NULL: none. */
void ll_gp_rows_first(ll_gp_model *m, const ll_archs *archs, const double *phi, float *estimates,
                      const ll_observer *observer, ll_gp_rows *r);
/* What the estimator says of every source for what each execution leaves of these architectures: (executions, n_sources,
 * n), to be freed. NULL: cancelled. */
float *ll_gp_estimates(const ll_gp_model *m, const ll_archs *archs, ll_observer *observer, ll_pool *pool);
/* The feature columns of n rows of one matrix into the first columns of another. */
void ll_gp_copy_features(const ll_gp_model *m, const double *from, int from_stride, int n, double *to,
                         int to_stride);
void ll_gp_rows_free(ll_gp_rows *r);
/* The prior on n rows of the model's own that does without source `skip`, in a frame of these rows. */
void ll_gp_rows_without(const ll_gp_model *m, int skip, const int *rows, int n, ll_gp_rows *out);
/* ll_gp_condition, and the calibrated spread. */
void ll_gp_model_condition(const ll_gp_model *m, const ll_gp_rows *r, const int *rows, const double *y_ms,
                           int k, bool variance, ll_gp_posterior *out);
/* The prior of an optimal design on these rows; out->own is the caller's. */
void ll_gp_design_on(const ll_gp_model *m, const ll_gp_rows *r, ll_design_prior *out);

ll_status ll_gp_model_save(const ll_gp_model *m, ll_tensors *out, ll_error *e);
/* A file of an older latlab lacks the frame: it is measured on job->archs where they are given, as that latlab did. */
ll_status ll_gp_model_load(const ll_load_job *job, const ll_gp_estimator *estimator, ll_gp_model **out,
                           ll_error *e);

#endif
