/* What a search came to, beside what the dataset knows to be true: the choice, whether it keeps the limits, what it lacks to
 * the best there is, and how good the front is (core/ALGORITHMS.md sections 17 and 20). */
#ifndef LL_SEARCH_OUTCOME_H
#define LL_SEARCH_OUTCOME_H

#include "core/search/search.h"

typedef struct ll_outcome {
    int chosen;                  /* place in search->archs; -1: nothing is within the limits */
    double truth[LL_QUANTITIES]; /* of the chosen one; NaN where the dataset does not know */
    int violation;               /* 1: it is truly beyond a limit, 0: within all, -1: not known */
    double
        best; /* the highest true score truly within the limits; NaN: none is, or the truth is not known of all that could
                  be chosen */
    uint8_t best_gene[LL_MAX_POSITIONS];
    double regret;      /* best - true score of the chosen one; NaN: not known */
    double hypervolume; /* of the front, objectives between 0 and 1 over the known table, reference (1,..) */
    double igd_plus;    /* from the true front; NaN: not known */
    bool front_is_true; /* hypervolume is of true values; else of predicted ones */
    int fastest;        /* nothing is within: the place nearest to it; else -1 */
} ll_outcome;

void ll_outcome_of(const ll_search *s, int chosen, ll_outcome *out);
/* Quantities of an architecture as the dataset knows them, NaN where it does not: (problem->n). What is counted is
 * always true. */
void ll_problem_truth(const ll_problem *p, const uint8_t *gene, double *out);

#endif
