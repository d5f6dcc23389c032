/* search=on: what the predictors of an experiment are worth to a search under latency limits. Options, what hangs on a trial
 * (ll_trial.found), and the tables; `score` and `compare` have them in common. */
#ifndef LL_COMMANDS_SCORE_EXPERIMENT_SEARCH_H
#define LL_COMMANDS_SCORE_EXPERIMENT_SEARCH_H

#include <stdio.h>

#include "core/commands/score/experiment_plan.h"
#include "core/search/trial.h"

/* Records of a table of more_options. */
#define LL_PLAN_SEARCH_OPTIONS                                                                               \
    LL_OPT_BOOL("search", "off", "search under latency limits with every adapted predictor"),                \
        LL_OPT_WORD("score", NULL, "search: a score of the dataset; default: its first"),                    \
        LL_OPT_LIST("limits", "20,50,80",                                                                    \
                    "search: limits, percent of the way from the 1st to the 99th percentile of a device's "  \
                    "latencies"),                                                                            \
        LL_OPT_LIST("p", ".5,.9", "search: within the limit with at least this probability"),                \
        LL_OPT_LIST("verify", "0,10",                                                                        \
                    "search: measure up to so many architectures on which the choice depends; 0: none")

typedef struct ll_plan_search {
    bool on;
    const ll_plan *plan;
    ll_search_modes modes; /* arrays are owned */
    /* (n_tasks) of the dataset of each */
    const ll_score **scores;
    ll_scorer **scorers;
    int searches, recalled;
} ll_plan_search;

typedef struct ll_plan_found {
    ll_searched *rows;
    int n;
} ll_plan_found;

/* Of rq->more. Valid (if empty) also when reading failed; the plan must outlive it. */
ll_status ll_plan_search_read(ll_request *rq, const ll_plan *plan, ll_plan_search *s);
void ll_plan_search_free(ll_plan_search *s);
const ll_score *ll_plan_search_score(const ll_plan_search *s, const ll_trial *t);

/* Hangs the searches that are wanted on a trial whose metrics are there. */
void ll_plan_search_expect(const ll_plan_search *s, ll_trial *t);
/* Runs those that are not known; any thread. */
ll_status ll_plan_search_run(const ll_plan_search *s, ll_trial *t, const ll_transfer *transfer, ll_error *e);
void ll_plan_search_count(ll_plan_search *s, const ll_trial *t); /* once it has landed */
void ll_plan_search_forget(ll_trial *t);

/* A table a task; the same as Markdown. */
void ll_plan_search_emit(const ll_plan_search *s, ll_request *rq, const ll_trial *trials, int n);
void ll_plan_search_write(const ll_plan_search *s, bool devices, FILE *f, const ll_trial *trials, int n);

#endif
