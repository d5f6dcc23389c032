/* The experiment engine: tasks x predictors x samplers x k x trials. `score`, `compare` and `diagnose` use
 * it.
 *
 * A trial is one transfer to one target device with one draw of samples from one pretrained model. Trials
 * come out one by one in a fixed order, so that they can be stored as they land; those that `recall` knows
 * are not run again, and a model is only pretrained when a trial needs it. */
#ifndef LL_TRANSFER_EXPERIMENT_H
#define LL_TRANSFER_EXPERIMENT_H

#include "core/device/source_choice.h"
#include "core/transfer/pretrain.h"
#include "core/transfer/transfer.h"

typedef struct ll_trial {
    const ll_dataset *data;
    const ll_task *task;
    const ll_predictor *predictor;
    const ll_sampler *sampler;
    /* Samples or, with a budget, measurements in all; source architectures asked for (0: default). */
    int k, n;
    uint64_t seed, pretrain_seed;
    int device;
    ll_protocol protocol;
    /* results */
    int cost;
    ll_metrics metrics;
    double seconds;
    void *found; /* what `inspect` or `recall` left; of whom it landed with */
} ll_trial;

typedef struct ll_experiment {
    const ll_dataset *const *data; /* (n_tasks): the dataset of each task */
    ll_task *const *tasks;
    int n_tasks;
    const ll_predictor *const *predictors;
    int n_predictors;
    const ll_sampler *const *samplers;
    int n_samplers;
    const int *k;
    int n_k;
    int trials;         /* draws of samples: seeds first_seed .. first_seed + trials - 1 */
    int pretrain_seeds; /* trial t uses pretraining seed first_seed + t mod pretrain_seeds; 0: as many as
                           trials */
    uint64_t first_seed;
    int n;            /* source architectures; 0: each predictor's default */
    const int *own_n; /* (n_predictors) or NULL: those of one predictor, 0: n */
    /* k counts every target latency a predictor looks at: one that declares to need more than k is left out, one that
     * then looks at more fails. */
    bool budget;
    ll_protocol protocol;
    double level;
    bool want_variance;
    /* Every trial chooses its sources by its samples from all devices of the dataset and pretrains for itself; NULL: those
     * of the task. Designs still work under a prior of the task's sources, for they come before any sample. */
    const ll_source_rule *sources;
    /* Options of each predictor, (n_predictors) or NULL for the defaults. */
    const ll_values *pretrain_options, *transfer_options;
    ll_observer *observer;
    ll_pool *pool;
    /* All on the calling thread, and `landed` in a fixed order, as soon as what stands before has landed. `recall` fills the results of a known trial and returns true; NULL: none
     * known. */
    bool (*recall)(void *ctx, ll_trial *t);
    bool recall_only; /* nothing is computed: LL_FAILED at the first draw with a trial that is not known */
    void (*landed)(void *ctx, const ll_trial *t, bool recalled);
    /* More to be had of a trial that has just been computed, whose metrics are there; on any thread, several at once. What
     * it leaves in t->found lands with the trial; `forget` frees that of trials that do not land. NULL: nothing. */
    ll_status (*inspect)(void *ctx, ll_trial *t, const ll_transfer *transfer, ll_error *e);
    void (*forget)(void *ctx, ll_trial *t);
    void *ctx;
} ll_experiment;

ll_status ll_experiment_run(const ll_experiment *x, ll_error *e);
/* Whose model is the prior of the samplers that need one: an index into predictors, or -1 and a predictor of the registry
 * with its defaults. */
int ll_experiment_prior(const ll_experiment *x, const ll_predictor **predictor);
int ll_experiment_size(const ll_experiment *x); /* trials x devices in all, but those left out */

/* k rows of the target's measured ones, by any sampler; `vectors` of all rows for samplers that use an encoding, `prior`
 * model for those that need one (either may be NULL); LL_CANCELLED by the observer (may be
 * NULL). Shared by `sample`, `transfer` and the engine. */
ll_status ll_draw_samples(const ll_dataset *d, int target, const ll_sampler *sampler, int k, uint64_t seed,
                          ll_protocol protocol, const ll_matrix_f *vectors, const ll_model *prior,
                          const ll_observer *observer, ll_ints *out, ll_error *e);

#endif
