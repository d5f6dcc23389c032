/* The pretrained network as a prior over the target: what it says of every source device joins the source fits of the
 * structured GP (ALGORITHMS section 4), one more regressor beside costs, counts and one-hot, weighed for each device by the
 * restricted likelihood. The k samples then condition that GP, which takes milliseconds, gives latencies with
 * intervals, and where the network is weak leaves the structured features in charge. */
#ifndef LL_PREDICT_NASFLAT_PRIOR_H
#define LL_PREDICT_NASFLAT_PRIOR_H

#include "core/predict/nasflat/model.h"

/* Called on the caller's thread as the network scores the sources: done of total blocks. May be NULL. */
typedef void (*ll_nasflat_told)(void *ctx, long done, long total);

/* Fits m->prior on the job's sources and architectures; m has its members. LL_CANCELLED, by the job's observer: m stays
 * without. */
ll_status ll_nasflat_prior_fit(ll_nasflat_model *m, const ll_pretrain_job *job, ll_nasflat_told told,
                               void *ctx, ll_error *e);
void ll_nasflat_prior_free(ll_nasflat_model *m);

/* Whether a transfer to this dataset can have a prior: there is one, or it can be fitted again. */
bool ll_nasflat_has_prior(const ll_nasflat_model *m, const ll_dataset *d);
/* *out is zero on entry. A model whose pretraining was stopped before the prior gets one for this transfer alone, in
 * seconds. */
ll_status ll_nasflat_prior_transfer(const ll_nasflat_model *m, const ll_transfer_job *job, ll_prediction *out,
                                    ll_error *e);

void ll_nasflat_prior_save(const ll_nasflat_model *m, ll_tensors *out, ll_error *e);
/* m has its members; without such tensors it stays without. same_data: d is the dataset m was made from. */
ll_status ll_nasflat_prior_load(const ll_tensors *in, const ll_dataset *d, bool same_data,
                                ll_nasflat_model *m, ll_error *e);

#endif
