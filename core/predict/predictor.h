/* The predictor contract: pretrain on source devices, adapt to a target device with the k samples measured there, predict
 * any architectures of the space.
 *
 *     pretrain(sources)        -> model      what a space and its source devices teach
 *     adapt(model, samples)    -> adapted    with the milliseconds of a few architectures on the target
 *     predict(adapted, archs)  -> score, milliseconds, deviation
 *
 * One const record per predictor; `ll_predictors` lists them.
 *
 * What a predictor sees. Of the source devices their latencies over a set of architectures; of the target the
 * latencies it is handed, and no others: k samples, and those that it asks for beyond them (`wants`), which the
 * measurement cost counts. No function here takes a table that holds the target's column.
 *
 * A prediction never depends on the company it is made in. The same architecture gets the same numbers alone, in a
 * batch of any size, in any order, with any number of threads, and whether or not any table has it (tests/predict/test_law.c
 * tries every record). So whatever is taken over a population (centres, scales, ranks, quantiles) is taken once, over
 * the architectures of the pretraining, and kept in the model; and sums whose order a library chooses by size are made
 * in tiles of one size.
 *
 * Scores: higher = slower. Latencies: milliseconds. Threads: all functions may use job->pool; a model and an adapted
 * predictor are immutable once made, so any thread may use them. */
#ifndef LL_PREDICT_PREDICTOR_H
#define LL_PREDICT_PREDICTOR_H

#include "core/archs/archs.h"
#include "core/base/observer.h"
#include "core/base/text/option.h"
#include "core/device/basis.h"
#include "core/device/dataset.h"
#include "core/num/pool.h"
#include "core/num/tensors.h"
#include "core/sample/sampler.h"

/* Devices over the architectures of a set: one column of milliseconds each, (archs->n), NaN where missing. Borrowed. */
typedef struct ll_columns {
    int n;
    const char *const *name;
    const double *const *lat_ms;
    const struct ll_costs *const
        *costs; /* (n) tables that the numbers are sums of, NULL where measured; NULL: all are */
} ll_columns;

typedef struct ll_pretrain_job {
    const ll_archs *archs; /* the population: everything taken over architectures is taken over these */
    ll_columns sources;
    const int
        *rows; /* which of archs to learn from, the same for every source; a source may lack some (NaN) */
    int n_rows;
    const ll_ints
        *reference;   /* HELP's reference architectures, numbers into archs; empty: none were published */
    ll_columns valid; /* devices named by the option `valid`: they choose the best epoch; n 0: none */
    uint64_t seed;
    const ll_values *options; /* of predictor->pretrain_options */
    const ll_encoders *known; /* encodings that are fitted; NULL: none */
    ll_observer *observer;    /* may be NULL */
    ll_pool *pool;            /* may be NULL: one thread */
    /* Object or NULL: how training went, to be drawn later. Arrays of equal length, null where not taken:
     * "epoch" (the axis; "unit" names another, such as "episode"), "loss", "spearman", ... The same every
     * time: no times, and nothing that is taken by the clock. */
    cJSON *history;
    cJSON *says; /* array or NULL: what is worth telling people, one sentence each */
} ll_pretrain_job;

/* Architectures of one device with what was measured there, (archs->n) ms. Borrowed. */
typedef struct ll_measured {
    const ll_archs *archs;
    const double *lat_ms;
} ll_measured;

typedef struct ll_adapt_job {
    const char *device; /* the target's name, to speak of it */
    const char *note; /* what is known of it: batch, precision, engine ("engine=onednn ..."); NULL: nothing */
    ll_measured samples; /* k >= 1 of them, no NaN */
    ll_measured
        extra; /* what `wants` asked for, in its order, NaN where it was never measured; archs NULL: nothing */
    /* Architectures whose scores a face sees move while the predictor learns, and their numbers for its reports
     * ("rows" beside "scores"); NULL: nobody looks. */
    const ll_archs *watch;
    const int *watch_rows;
    bool want_variance; /* deviations will be asked for: what they take may be prepared */
    uint64_t seed;
    const ll_values *options; /* of predictor->transfer_options */
    ll_observer *observer;
    ll_pool *pool;
    /* Object or NULL: what is worth showing (initial device, epochs, weights, ...); its array of strings `says` is for
     * people, one sentence each; its array `outliers` has numbers of samples (0 .. k-1). */
    cJSON *info;
} ll_adapt_job;

typedef struct ll_predict_job {
    const ll_archs *archs;
    bool want_variance;
    ll_observer *observer;
    ll_pool *pool;
} ll_predict_job;

/* For all of job->archs, in their order; arrays are the caller's to free (ll_prediction_free). */
typedef struct ll_prediction {
    int n;
    double *score;  /* (n), never NULL on success */
    double *lat_ms; /* (n); NULL: the predictor ranks only (the caller has a map learnt on the samples) */
    double *sd_ms;  /* (n) predictive standard deviation; NULL: not asked for, or not known */
    double dof;     /* Student-t degrees of freedom of the intervals; 0: normal */
} ll_prediction;
void ll_prediction_free(ll_prediction *p);
/* n numbers each, zeroed; lat_ms and sd_ms where they are wanted. */
void ll_prediction_new(ll_prediction *p, int n, bool lat_ms, bool sd_ms);
/* Calls `chunk` for all of job->archs, some hundred at a time (from..to-1) and on all threads of job->pool. LL_CANCELLED. */
ll_status ll_predict_chunks(const ll_predict_job *job, void (*chunk)(void *ctx, int from, int to), void *ctx,
                            ll_error *e);

/* A file of weights: its tensors and the space they are for. Published files leave things out that the dataset at hand
 * may know: the architectures it has, and HELP's reference architectures among them (both may be NULL). */
typedef struct ll_load_job {
    const ll_tensors *tensors;
    const ll_space *space;
    const ll_archs *archs;
    const ll_ints *reference;
} ll_load_job;

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
    bool sources_optional; /* needs_sources, but where there is no task it learns from none */
    bool refits_live;      /* a transfer takes milliseconds: re-fit on every sample change */
    bool quick;            /* pretraining takes about a second: may be done unasked (diagnose) */
    int default_n;         /* source architectures per device; 0: all */
    bool n_by_space;       /* the number that is published for the space goes before default_n */
    int extra_cost; /* target architectures a transfer looks at beyond the k samples (HELP: 10 references) */

    /* On LL_CANCELLED *model may still be set: the last complete epoch, usable. */
    ll_status (*pretrain)(const ll_pretrain_job *job, void **model, ll_error *e);
    void (*release)(void *model);
    /* Everything that adapting and predicting take, in another process and without the data. LL_BAD_DATA: not a model
     * of this predictor and space, or one of an older latlab that cannot be read (the sentence says so). */
    ll_status (*save)(const void *model, ll_tensors *out, ll_error *e);
    ll_status (*load)(const ll_load_job *job, void **model, ll_error *e);

    /* Architectures whose latency on the target it must know beyond the samples, under these transfer options; the set
     * is the caller's (one reference). NULL, or a set of none: the samples do. `table`: the architectures that could be
     * measured (HELP's published protocol scales by the first of them). */
    ll_archs *(*wants)(const void *model, const ll_values *options, const ll_archs *table);
    /* Samples have latencies, not all of them zero (ll_adapt sees to it). *adapted may stay NULL where nothing is learnt; then the three functions of an adapted one may be NULL too. */
    ll_status (*adapt)(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e);
    ll_status (*predict)(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e);
    void (*release_adapted)(void *adapted);
    /* Beside the model it was adapted from, which the caller saves too. */
    ll_status (*save_adapted)(const void *adapted, ll_tensors *out, ll_error *e);
    ll_status (*load_adapted)(const void *model, const ll_tensors *in, void **adapted, ll_error *e);

    /* The prior under which samples are best chosen from these architectures. Its arrays are the model's where they are
     * those of the pretraining, else the caller's: free it with ll_design_prior_free. NULL: has none. */
    bool (*design_prior)(const void *model, const ll_archs *archs, ll_design_prior *out);
} ll_predictor;

extern const ll_predictor *const ll_predictors[]; /* ends with NULL; core/predict/registry.c */
const ll_predictor *ll_predictor_find(const char *name);
/* The same; LL_USAGE with the nearest name, and what=NAME before it (NULL: the name alone). */
ll_status ll_predictor_need(const char *what, const char *name, const ll_predictor **out, ll_error *e);

/* A pretrained predictor, immutable, reference-counted. */
typedef struct ll_model {
    int refs;
    const ll_predictor *predictor;
    const ll_space *space;
    void *impl;
    ll_strs source; /* device names */
    ll_basis basis; /* their columns when it was trained; empty: it looked at none */
    cJSON *info;    /* options, n, seed, data hash, space, seconds: goes into the weights file */
    char *data_hash;
} ll_model;
ll_model *ll_model_new(const ll_predictor *p, const ll_space *space,
                       void *impl); /* takes impl; info is an empty object */
ll_model *ll_model_ref(const ll_model *m);
void ll_model_unref(ll_model *m);
/* Is it of other data than this dataset holds now? The reason is added to `why`. */
bool ll_model_stale(const ll_model *m, const ll_dataset *d, ll_str *why);

#endif
