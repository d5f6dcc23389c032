/* Measuring where the decision is open, and the choice itself in the end: architectures better than what is safe so far and of which the interval does not say
 * on which side of a limit they are. Each measurement is learnt from before the next is chosen (confidence-routed, cf.
 * HiFi-LLP 2025; core/ALGORITHMS.md section 16). */
#ifndef LL_SEARCH_VERIFY_H
#define LL_SEARCH_VERIFY_H

#include "core/search/search.h"

typedef struct ll_verify_job {
    int budget; /* architectures to measure at most */
    bool
        ungated; /* whatever the intervals say: the highest scores that are predicted within, down to the last measurement */
    int at_once; /* chosen together, before any of them is learnt from; 0: one at a time */
    /* Milliseconds of these architectures on the device of quantity k, NaN: not to be had. NULL: nothing can be measured
     * now, only chosen. */
    ll_status (*measure)(void *ctx, int k, const ll_archs *archs, double *lat_ms, ll_error *e);
    void *ctx;
} ll_verify_job;

typedef struct ll_verified {
    int chosen;       /* place in the search; -1: nothing is within the limits */
    int plain;        /* what was chosen before, by p alone; -1: nothing */
    bool certain;     /* chosen is as good as certain to be within: no p would choose another */
    ll_ints measured; /* places, in the order they were measured */
    int in_vain;  /* how many were asked for that could not be had: what they would have decided stays open */
    int cost;     /* latencies that were had for that, on all devices together */
    ll_ints open; /* places that would be measured next: the decision is not closed; empty: it is */
} ll_verified;

/* The search is done; its values, front and best are renewed with what was learnt. `problem` is that of the search, whose
 * quantities get adapted predictors and measurements of their own: ll_verify_release, also after a failure (what never began
 * has none, and is let alone). */
ll_status ll_verify(ll_search *s, ll_problem *problem, const ll_verify_job *job, ll_verified *out,
                    ll_error *e);
/* The same after these were measured elsewhere, on the first device that has a limit: learns from them, then goes on. */
ll_status ll_verify_with(ll_search *s, ll_problem *problem, const ll_measured *known,
                         const ll_verify_job *job, ll_verified *out, ll_error *e);
void ll_verify_release(ll_problem *problem);
void ll_verified_free(ll_verified *v);

#endif
