/* A score learnt from a few of its values, so that architectures without one have one: latlab's Gaussian process
 * (core/predict/gp) takes the score of k rows for the latency of a device, after the values have been given the shape of
 * a normal distribution by their ranks, upside down: the best score is the fastest. */
#ifndef LL_SEARCH_LEARNT_H
#define LL_SEARCH_LEARNT_H

#include "core/search/score.h"

typedef struct ll_learnt ll_learnt;

/* From job->k rows of job->data that have a score, drawn with job->seed. LL_FAILED: fewer than 8 have one. */
ll_status ll_learnt_new(const ll_score *score, const ll_scorer_job *job, ll_learnt **out, ll_error *e);
void ll_learnt_free(ll_learnt *l);
ll_status ll_learnt_apply(const ll_learnt *l, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                          double *out, ll_error *e);
void ll_learnt_says(const ll_learnt *l, ll_strs *out);

#endif
