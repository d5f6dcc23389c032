/* Pretraining as an experiment step: choose the source architectures, run the predictor, record what was
 * done. */
#ifndef LL_TRANSFER_PRETRAIN_H
#define LL_TRANSFER_PRETRAIN_H

#include "core/device/task.h"
#include "core/predict/predictor.h"
#include "core/sample/sampler.h"

typedef struct ll_pretrain_plan {
    const ll_dataset *data;
    const ll_predictor *predictor;
    const ll_ints *source; /* device indices */
    int n;                 /* architectures per source; 0: the predictor's default, at most what there is */
    uint64_t seed;
    const ll_sampler *sampler; /* of the source architectures; NULL: random */
    const ll_values *options;  /* of predictor->pretrain_options; NULL: defaults */
    const ll_encoders *known;  /* encodings that are fitted; NULL: none */
    ll_observer *observer;
    ll_pool *pool;
} ll_pretrain_plan;

/* On LL_CANCELLED *out may be set: the last complete epoch, usable. */
ll_status ll_pretrain_run(const ll_pretrain_plan *plan, ll_model **out, ll_error *e);

/* Columns of these devices as a predictor sees them; they borrow the dataset's. Free with ll_columns_free. */
void ll_columns_of(const ll_dataset *d, const ll_ints *devices, ll_columns *out);
void ll_columns_free(ll_columns *c);

#endif
