/* An experiment as the user writes it: options of `score` (and of every command that compares) to
 * ll_experiment. */
#ifndef LL_COMMANDS_SCORE_EXPERIMENT_PLAN_H
#define LL_COMMANDS_SCORE_EXPERIMENT_PLAN_H

#include "core/app/request.h"
#include "core/transfer/experiment.h"

extern const ll_option ll_plan_options[];

/* Owns everything x points to. Valid (if empty) also when reading failed. */
typedef struct ll_plan {
    ll_experiment x;
    ll_dataset **datasets; /* (n_datasets) loaded or borrowed, one reference each */
    int n_datasets;
    const ll_dataset **data; /* (n_tasks) */
    ll_task **tasks;
    const ll_predictor **predictors;
    const ll_sampler **samplers;
    ll_ints k;
    ll_source_rule sources;                         /* of sources=auto */
    int *own_n;                                     /* (n_predictors) */
    ll_values *pretrain_options, *transfer_options; /* (n_predictors) */
} ll_plan;

ll_status ll_plan_read(ll_request *rq, ll_plan *p);
void ll_plan_free(ll_plan *p);

#endif
