/* What, beside its own fields, makes a trial of an experiment the same as one that was kept. */
#ifndef LL_DATA_RESULTS_PLAN_CONTEXT_H
#define LL_DATA_RESULTS_PLAN_CONTEXT_H

#include "core/commands/score/experiment_plan.h"
#include "data/results/results.h"

/* Borrows from the plan, of which t is a trial. */
ll_trial_context ll_plan_context(const ll_plan *plan, const ll_trial *t);

#endif
