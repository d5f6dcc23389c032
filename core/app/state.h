/* What the user has built so far: an immutable value made of reference-counted parts.
 *
 * A command gets a private copy, changes it by replacing parts, and the app commits the copy when the command
 * succeeds. So a failing command costs nothing, `undo` is going back to an older copy, and any thread may
 * read a copy while another command runs. */
#ifndef LL_APP_STATE_H
#define LL_APP_STATE_H

#include "core/device/dataset.h"
#include "core/device/task.h"
#include "core/encode/encoders.h"
#include "core/predict/predictor.h"
#include "core/transfer/transfer.h"

/* The architectures picked to be measured; immutable, reference-counted. */
typedef struct ll_samples {
    int refs;
    ll_ints rows;
    char *sampler; /* "random", "dopt", "manual", ... */
    char *device;  /* the target they were drawn for, or NULL */
    uint64_t seed;
} ll_samples;
ll_samples *ll_samples_new(const int *rows, int n, const char *sampler, const char *device, uint64_t seed);
ll_samples *ll_samples_ref(const ll_samples *s);
void ll_samples_unref(ll_samples *s);

/* What a search came to: the result it emitted (core/commands/search_report.h), to be drawn and saved. Immutable,
 * reference-counted. */
typedef struct ll_found {
    int refs;
    cJSON *result;
    char *predictor; /* that was asked for; NULL: the latest of each device */
    ll_adapted **by;
    int n_by;       /* the adapted predictors that it went by */
    char *outdated; /* why it was out of date when it was saved, NULL: it was not */
} ll_found;
ll_found *ll_found_new(const cJSON *result); /* copies */
ll_found *ll_found_ref(const ll_found *f);
void ll_found_unref(ll_found *f);

enum { LL_MAX_MODELS = 16, LL_MAX_TRANSFERS = 64, LL_MAX_SEARCHES = 8 };

typedef struct ll_state {
    ll_dataset *data;                /* NULL until `load` */
    ll_task *task;                   /* NULL until `partition` or `task` */
    ll_samples *samples;             /* NULL until `sample` */
    ll_strs tags;                    /* device names the user has tagged */
    ll_model *models[LL_MAX_MODELS]; /* one per predictor, the current one first */
    int n_models;
    ll_transfer
        *transfers[LL_MAX_TRANSFERS]; /* of the data's rows; one per (device, predictor), the latest first */
    int n_transfers;
    /* Those of the transfers, and what was loaded from a file, with data or without: they predict any architecture. One
     * per (device, predictor), the latest first. */
    ll_adapted *adapted[LL_MAX_TRANSFERS];
    int n_adapted;
    ll_found *searches[LL_MAX_SEARCHES]; /* the latest first */
    int n_searches;
    ll_found *codesign;   /* what the latest co-design came to, or NULL */
    ll_encoders encoders; /* learnt here or loaded, of any space */
} ll_state;

/* The search goes by what predicts the device in this state (predictor NULL: the latest); nothing where nothing does.
 * Called before the search is shared. */
void ll_found_went_by(ll_found *f, const ll_state *s, const char *device, const char *predictor);

void ll_state_copy(ll_state *to, const ll_state *from); /* `to` is overwritten, not freed */
void ll_state_free(ll_state *s);

/* Replacing parts. These take over the caller's reference of the new part. */
/* keep_rest: d extends the old one. Else nothing is left of what was made of another; what was loaded before there was
 * any data stays when it is of the same search space; models of another space than d's never stay (core/app/go_on.h says so). */
void ll_state_set_data(ll_state *s, ll_dataset *d, bool keep_rest);
void ll_state_set_task(ll_state *s, ll_task *t);
void ll_state_set_samples(ll_state *s, ll_samples *samples);
void ll_state_add_model(ll_state *s, ll_model *m); /* becomes current; replaces one of the same predictor */
void ll_state_add_transfer(ll_state *s,
                           ll_transfer *t); /* likewise per device and predictor; its adapted too */
void ll_state_add_adapted(ll_state *s,
                          ll_adapted *a);           /* likewise; a transfer by another one than this goes */
void ll_state_add_search(ll_state *s, ll_found *f); /* the oldest of a full list goes */
void ll_state_set_codesign(ll_state *s, ll_found *f);
ll_model *ll_state_model(const ll_state *s,
                         const char *predictor); /* NULL name: the current; borrowed, or NULL */
/* The latest transfer of this device (NULL: of any) by this predictor (NULL: any); borrowed, or NULL. */
ll_transfer *ll_state_transfer(const ll_state *s, const char *device, const char *predictor);
ll_adapted *ll_state_adapted(const ll_state *s, const char *device, const char *predictor); /* likewise */

#endif
