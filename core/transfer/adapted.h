/* A predictor adapted to one device: all it takes to predict any architecture of its space, without the data it came
 * from. Made by a transfer, kept by sessions, saved beside its model. Immutable, reference-counted. */
#ifndef LL_TRANSFER_ADAPTED_H
#define LL_TRANSFER_ADAPTED_H

#include "core/predict/predictor.h"
#include "core/transfer/map.h"

typedef struct ll_adapted {
    int refs;
    ll_model *model; /* what it was adapted from */
    void *impl;
    char *device; /* the target's name */
    ll_measurand
        of; /* what was measured there: milliseconds are of a latency, else its unit (core/device/unit.h) */
    ll_archs *samples; /* the k architectures, and their latency there, ms */
    double *lat_ms;
    int cost; /* distinct latencies of the target that were looked at, samples included */
    char *sampler;
    uint64_t seed;
    bool native; /* the predictor gives milliseconds; else `map` makes them of its score */
    ll_map map;
    cJSON *info; /* from the predictor, and the options; never NULL */
    double seconds;
} ll_adapted;

/* The target, as the one who asks for a transfer knows it. `lookup` is asked for what the predictor wants beyond the
 * samples: milliseconds, NaN where it was never measured; NULL: nothing more can be had. */
typedef struct ll_adapt_plan {
    const ll_model *model;
    const char *device;
    const char *note; /* see ll_adapt_job */
    ll_measurand of;
    ll_measured samples;   /* k >= 1 distinct architectures of the model's space, no NaN */
    const ll_archs *table; /* what could be measured; NULL: nothing is known of it */
    double (*lookup)(void *ctx, const uint8_t *gene);
    void *lookup_ctx;
    const ll_archs *watch; /* see ll_adapt_job */
    const int *watch_rows;
    const char *sampler; /* how the samples were chosen; NULL: by hand */
    bool want_variance;  /* predictions with deviations will be asked for */
    uint64_t seed;
    const ll_values *options; /* of predictor->transfer_options; NULL: defaults */
    ll_observer *observer;
    ll_pool *pool;
} ll_adapt_plan;

ll_status ll_adapt(const ll_adapt_plan *plan, ll_adapted **out, ll_error *e);
/* The same predictor, device and options with more samples. Only for predictors that want nothing beyond the samples. */
ll_status ll_adapt_more(const ll_adapted *a, const ll_measured *more, ll_observer *observer, ll_pool *pool,
                        ll_adapted **out, ll_error *e);
/* Scores and milliseconds (>= 0; lat_ms is never NULL), deviations where wanted and known. LL_BAD_DATA: architectures of
 * another space; LL_FAILED: the predictor gave a number that is none (the sentence names the architecture). */
ll_status ll_adapted_predict(const ll_adapted *a, const ll_predict_job *job, ll_prediction *out, ll_error *e);
/* Bounds at a level in (0,1) of a prediction with deviations, (n) each; lo is never below 0. */
void ll_prediction_interval(const ll_prediction *p, double level, double *lo_ms, double *hi_ms);

ll_adapted *ll_adapted_ref(const ll_adapted *a);
void ll_adapted_unref(ll_adapted *a); /* NULL is fine */

/* All but the model, as tensors and texts. */
ll_status ll_adapted_save(const ll_adapted *a, ll_tensors *out, ll_error *e);
ll_status ll_adapted_load(const ll_tensors *in, const ll_model *model, ll_adapted **out, ll_error *e);

#endif
