/* compare search=on: what the predictors are worth to a search under latency limits, a row of the database for every
 * limit, probability and number of measurements of every trial. */
#ifndef LL_DATA_DATASETS_COMMANDS_COMPARE_SEARCH_H
#define LL_DATA_DATASETS_COMMANDS_COMPARE_SEARCH_H

#include <stdio.h>

#include "core/commands/experiment_plan.h"
#include "data/datasets/results.h"

typedef struct ll_compare_search {
    bool on;
    const ll_plan *plan;
    ll_search_modes modes; /* arrays are owned */
    /* (n_tasks) of the dataset of each */
    const ll_score **scores;
    ll_scorer **scorers;
    int searches, recalled;
} ll_compare_search;

/* What hangs on a trial (ll_trial.found). */
typedef struct ll_compare_found {
    ll_searched *rows;
    int n;
} ll_compare_found;

/* Valid (if empty) also when reading failed; the plan must outlive it. */
ll_status ll_compare_search_read(ll_request *rq, const ll_plan *plan, ll_compare_search *s);
void ll_compare_search_free(ll_compare_search *s);

/* Of a trial that the database knows: is all there? What is not is left to `run`. */
bool ll_compare_search_recall(const ll_compare_search *s, ll_results *db, const ll_trial_context *c,
                              ll_trial *t);
/* Any thread. */
ll_status ll_compare_search_run(const ll_compare_search *s, ll_trial *t, const ll_transfer *transfer,
                                ll_error *e);
/* Once a trial has landed: counts, and keeps what is new. */
void ll_compare_search_count(ll_compare_search *s, const ll_trial *t);
ll_status ll_compare_search_store(const ll_compare_search *s, ll_results *db, const ll_trial_context *c,
                                  const ll_trial *t, ll_error *e);
void ll_compare_search_forget(ll_trial *t);

/* A table a task; the same as Markdown. */
void ll_compare_search_emit(const ll_compare_search *s, ll_request *rq, const ll_trial *trials, int n);
void ll_compare_search_write(const ll_compare_search *s, bool devices, FILE *f, const ll_trial *trials,
                             int n);

#endif
