/* Searches of compare in the results database: a row for every limit, probability and number of measurements of a trial. */
#ifndef LL_DATA_COMMANDS_COMPARE_SEARCH_H
#define LL_DATA_COMMANDS_COMPARE_SEARCH_H

#include "core/commands/score/experiment_search.h"
#include "data/results/results.h"

/* Of a trial that the database knows: are all searches there? Those that are not are left to ll_plan_search_run. */
bool ll_compare_search_recall(const ll_plan_search *s, ll_results *db, const ll_trial_context *c,
                              ll_trial *t);
/* What is new. */
ll_status ll_compare_search_store(const ll_plan_search *s, ll_results *db, const ll_trial_context *c,
                                  const ll_trial *t, ll_error *e);

#endif
