/* The pretrained network as a prior over the target: what it says of every source device joins the source fits of the
 * structured GP (core/ALGORITHMS.md section 4), one more regressor beside costs, counts and one-hot, weighed for each device
 * by the restricted likelihood. The k samples then condition that GP, which takes milliseconds, gives latencies with
 * intervals, and where the network is weak leaves the structured features in charge. */
#ifndef LL_PREDICT_NASFLAT_PRIOR_H
#define LL_PREDICT_NASFLAT_PRIOR_H

#include "core/predict/gp/model.h"
#include "core/predict/nasflat/model.h"

/* Immutable once made. */
typedef struct ll_nasflat_prior {
    const ll_nasflat_model *model; /* whose network it asks; outlives it */
    double *scale; /* (n_members, n_source, 2) centre and spread of its scores over the population */
    float *known;  /* (n_source, population) what it says of that */
    ll_gp_model *gp;
} ll_nasflat_prior;

/* Of the sources and rows of the job, whose architectures are m's population; m has its members. LL_CANCELLED by the
 * job's observer: *out is NULL. */
ll_status ll_nasflat_prior_fit(const ll_nasflat_model *m, const ll_pretrain_job *job, ll_nasflat_told told,
                               ll_nasflat_prior **out, ll_error *e);
/* The same from what the model has kept of its pretraining. */
ll_status ll_nasflat_prior_fit_later(const ll_nasflat_model *m, const ll_observer *observer, ll_pool *pool,
                                     ll_nasflat_told told, ll_nasflat_prior **out, ll_error *e);
void ll_nasflat_prior_free(ll_nasflat_prior *p); /* NULL is fine */

ll_status ll_nasflat_prior_save(const ll_nasflat_prior *p, ll_tensors *out, ll_error *e);
/* m has its members; without such tensors *out is NULL. */
ll_status ll_nasflat_prior_load(const ll_tensors *in, const ll_nasflat_model *m, ll_nasflat_prior **out,
                                ll_error *e);

#endif
