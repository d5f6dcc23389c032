/* What a search maximises: a score of any architecture, as a user names it. Terms joined by '+', each with a '-' in front
 * when less is better:
 *
 *   cifar10, nwot     a score of the dataset (core/device/scores.h): known of its rows only, unless a model came with it
 *   macs, params, peak_kb, activations
 *                     counted from the layers: known of every architecture of a space that has them
 *   gp:NAME           learnt from k values of a score of the dataset by latlab's own Gaussian process: known everywhere
 *
 * One term is itself; of several the mean rank counts, 0 the worst and 1 the best of the dataset's rows (of 2,000 random
 * architectures when there is no dataset). Higher is better. Immutable once made: any thread may ask. */
#ifndef LL_SEARCH_SCORE_H
#define LL_SEARCH_SCORE_H

#include "core/archs/archs.h"
#include "core/base/observer.h"
#include "core/device/scores.h"
#include "core/num/pool.h"

typedef struct ll_scorer ll_scorer;

typedef struct ll_scorer_job {
    const ll_space *space;
    const ll_dataset *data; /* of that space; NULL: none. Must outlive the scorer */
    int k;                  /* gp: learns from so many values */
    uint64_t seed;
    ll_observer *observer;
    ll_pool *pool;
} ll_scorer_job;

/* LL_USAGE: no such score, said with those there are; LL_FAILED: too little is known to learn from. */
ll_status ll_scorer_new(const char *text, const ll_scorer_job *job, ll_scorer **out, ll_error *e);
void ll_scorer_free(ll_scorer *s); /* NULL is fine */
/* (archs->n); NaN where it is not known. */
ll_status ll_scorer_apply(const ll_scorer *s, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                          double *out, ll_error *e);
/* Has every architecture of the space one? Else rows of the dataset alone. */
bool ll_scorer_is_total(const ll_scorer *s);
/* What is true of an architecture: the dataset's value, also where the score is learnt; NaN: not known. */
double ll_scorer_truth(const ll_scorer *s, const ll_space *space, const uint8_t *gene);
/* A sentence on each term that was learnt: from what, and how well it ranks the rows it has not seen. */
void ll_scorer_says(const ll_scorer *s, ll_strs *out);

#endif
