/* One transfer: model + target device + samples -> an adapted predictor, and its predictions of every row of a dataset,
 * with the measurement cost. This is also one trial of an experiment: `transfer`, `score`, `compare` and `diagnose` all
 * call ll_transfer_run. */
#ifndef LL_TRANSFER_TRANSFER_H
#define LL_TRANSFER_TRANSFER_H

#include "core/transfer/adapted.h"
#include "core/transfer/metrics.h"

/* Immutable, reference-counted. Arrays are over all rows of the dataset. */
typedef struct ll_transfer {
    int refs;
    ll_adapted
        *adapted; /* predicts what is in no row; NULL: kept by an older session, which had only the rows */
    const ll_predictor *predictor;
    char *device;
    ll_ints samples; /* the k rows */
    char *sampler;   /* name, "manual" */
    uint64_t seed;
    int n;
    double *score;  /* higher = slower */
    double *lat_ms; /* never NULL: the predictor's own or mapped from the score */
    double *sd_ms;  /* NULL: no intervals */
    double dof;
    char *map;        /* "native", "isotonic", "affine": where lat_ms comes from */
    double map_error; /* leave-one-out median APE of the map on the samples, percent; NaN when native */
    ll_ints measured; /* every distinct architecture whose target latency was looked at */
    char *
        target_hash; /* of the latencies in the rows `measured` when it was made; NULL: not kept, "": not known */
    ll_basis basis; /* the model's source columns when it was pretrained */
    double seconds;
    cJSON *info; /* from the predictor, and the options; never NULL */
} ll_transfer;

typedef struct ll_transfer_plan {
    const ll_dataset *data;
    const ll_model *model;
    int target;
    const int *samples; /* k rows with a known latency on the target */
    int k;
    const char *sampler;
    uint64_t seed;
    const ll_values *options; /* of predictor->transfer_options; NULL: defaults */
    ll_observer *observer;
    ll_pool *pool;
    bool want_variance;
} ll_transfer_plan;

ll_status ll_transfer_run(const ll_transfer_plan *plan, ll_transfer **out, ll_error *e);
/* What an adapted predictor that came from elsewhere predicts of a dataset's rows. LL_FAILED: the dataset lacks the device
 * or all of its samples, or is of another space; then it predicts what is handed to it and no table. */
ll_status ll_transfer_of(const ll_adapted *a, const ll_dataset *d, ll_observer *observer, ll_pool *pool,
                         ll_transfer **out, ll_error *e);
ll_transfer *ll_transfer_ref(const ll_transfer *t);
void ll_transfer_unref(ll_transfer *t);
/* Would it come out differently from this dataset: has what was measured of the target or a source column changed,
 * have architectures joined? The reason is added to `why`. */
bool ll_transfer_stale(const ll_transfer *t, const ll_dataset *d, ll_str *why);
/* lo, hi (n) at a level in (0,1); false when the transfer has no variance. */
bool ll_transfer_interval(const ll_transfer *t, double level, double *lo_ms, double *hi_ms);
/* Scores of a transfer under a protocol; `rows` (may be NULL) receives the scoring set. */
ll_metrics ll_transfer_metrics(const ll_transfer *t, const ll_dataset *d, ll_protocol p, double level,
                               ll_ints *rows);

#endif
