/* The predictor contract: pretrain on source devices, transfer to a target device with k samples, predict
 * all.
 *
 * One const record per predictor; `ll_predictors` lists them. A predictor never sees the target's column: it
 * asks for single latencies through ll_measure(), which counts them, so the measurement cost in every table
 * is what really was looked at.
 *
 * Scores: higher = slower. Latencies: milliseconds. Threads: all functions may use job->pool; a model is
 * immutable after pretrain, so transfers of one model may run on several threads at once. */
#ifndef LL_PREDICT_PREDICTOR_H
#define LL_PREDICT_PREDICTOR_H

#include "core/base/observer.h"
#include "core/base/option.h"
#include "core/device/basis.h"
#include "core/device/dataset.h"
#include "core/num/pool.h"
#include "core/num/tensors.h"
#include "core/sample/sampler.h"

typedef struct ll_pretrain_job {
    const ll_dataset *data;
    const int *source; /* device indices */
    int n_source;
    const int *archs; /* rows to learn from, the same for every source; a source may lack some (NaN) */
    int n_archs;
    uint64_t seed;
    const ll_values *options; /* of predictor->pretrain_options */
    ll_observer *observer;    /* may be NULL */
    ll_pool *pool;            /* may be NULL: one thread */
    /* Object or NULL: how training went, to be drawn later. Arrays of equal length, null where not taken:
     * "epoch" (the axis; "unit" names another, such as "episode"), "loss", "spearman", ... The same every
     * time: no times, and nothing that is taken by the clock. */
    cJSON *history;
} ll_pretrain_job;

typedef struct ll_transfer_job {
    const ll_dataset *data; /* genes, features and the source columns; not the target's */
    int target;
    const int *samples; /* k rows; their latencies come from ll_measure */
    int k;
    const int *rows; /* rows to predict; NULL: all of the dataset */
    int n_rows;
    uint64_t seed;
    const ll_values *options; /* of predictor->transfer_options */
    ll_observer *observer;
    ll_pool *pool;
    bool want_variance;
    /* private: the counter behind ll_measure */
    double (*measure)(void *ctx, int arch);
    void *measure_ctx;
} ll_transfer_job;

/* Latency of one architecture on the target, ms; NaN when it was never measured. Counts distinct ones. */
static inline double ll_measure(const ll_transfer_job *job, int arch)
{
    return job->measure(job->measure_ctx, arch);
}

/* What a transfer gives, for all n_archs rows of the dataset (or job->rows, in that order). */
typedef struct ll_prediction {
    int n;
    double *score; /* (n), never NULL on success */
    double
        *lat_ms;   /* (n) or NULL when the predictor ranks only (the caller then fits a map on the samples) */
    double *sd_ms; /* (n) or NULL: predictive standard deviation */
    double dof;    /* Student-t degrees of freedom of the intervals; 0: normal */
    cJSON *
        info; /* object or NULL: what is worth showing (initial device, epochs, weights, ...); its array of strings
                      `says` is for people, one sentence each */
} ll_prediction;
void ll_prediction_free(ll_prediction *p);

typedef struct ll_predictor {
    const char *name, *summary;
    const char *paper;                 /* "NASFLAT, arXiv 2403.02446" */
    const ll_option *pretrain_options; /* NULL: none. n and seed are common and not listed here */
    const ll_option *transfer_options; /* NULL: none. k, sampler and seed are common */
    /* Grows with every change that makes older results incomparable, when neither an option nor a default says so. It
     * and those of the parts are in the key of every stored result, so that results of the others stay. */
    int version;
    const struct ll_predictor *const *parts; /* predictors inside this one, with their defaults; NULL: none */
    bool needs_sources;                      /* false: pretrain is immediate (flops, params, opcount) */
    bool refits_live; /* a transfer takes milliseconds: re-fit on every sample change */
    bool quick;       /* pretraining takes about a second: may be done unasked (diagnose) */
    int default_n;    /* source architectures per device; 0: all */
    int fbnet_n;      /* the same on FBNet, where another number is published; 0: none is */
    int extra_cost; /* target architectures a transfer looks at beyond the k samples (HELP: 10 references) */
    /* On LL_CANCELLED *model may still be set: the last complete epoch, usable. */
    ll_status (*pretrain)(const ll_pretrain_job *job, void **model, ll_error *e);
    ll_status (*transfer)(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e);
    void (*release)(void *model);
    /* Everything needed to go on in another process; `data` at load is the dataset it was trained on. */
    ll_status (*save)(const void *model, ll_tensors *out, ll_error *e);
    ll_status (*load)(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e);
    /* The prior under which samples are best chosen; memory of the model, valid as long as it. NULL: has
     * none. */
    bool (*design_prior)(const void *model, ll_design_prior *out);
} ll_predictor;

/* The door to predictor->transfer: what comes out is n finite scores, and latencies and deviations that are finite where
 * there are any. LL_FAILED names the predictor and the first architecture that has none: weights that are damaged or
 * training that diverged are an error where they appear, not an odd ranking later. */
ll_status ll_predictor_transfer(const ll_predictor *p, const void *model, const ll_transfer_job *job,
                                ll_prediction *out, ll_error *e);

extern const ll_predictor *const ll_predictors[]; /* ends with NULL; core/predict/registry.c */
const ll_predictor *ll_predictor_find(const char *name);

/* A pretrained predictor, immutable, reference-counted. */
typedef struct ll_model {
    int refs;
    const ll_predictor *predictor;
    void *impl;
    ll_strs source; /* device names */
    ll_basis basis; /* their columns when it was trained; empty: it looked at none */
    cJSON *info;    /* options, n, seed, data hash, space, seconds: goes into the weights file */
    char *data_hash;
} ll_model;
ll_model *ll_model_new(const ll_predictor *p, void *impl); /* takes impl; info is an empty object */
ll_model *ll_model_ref(const ll_model *m);
void ll_model_unref(ll_model *m);
/* Is it of other data than this dataset holds now? The reason is added to `why`. */
bool ll_model_stale(const ll_model *m, const ll_dataset *d, ll_str *why);

#endif
