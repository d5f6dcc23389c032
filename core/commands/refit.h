/* What several commands do with samples and predictors: find the model, the prior, draw, transfer, report. */
#ifndef LL_COMMANDS_REFIT_H
#define LL_COMMANDS_REFIT_H

#include "core/app/request.h"
#include "core/sample/sampler.h"

/* The model of this predictor (NULL: the current one). A predictor that needs no sources is made on the spot.
 * Borrowed from rq->state. */
ll_status ll_need_model(ll_request *rq, const char *predictor, ll_model **out);
/* Sampler by name; without a task, which an optimal design needs, `auto` is random. */
ll_status ll_need_sampler(ll_request *rq, const char *name, const ll_sampler **out);
/* The same on this encoding, where it uses one (NULL: its own). */
ll_status ll_need_sampler_on(ll_request *rq, const char *name, const char *encoding, const ll_sampler **out);
/* An encoding that takes seconds to learn is learnt on the data, unless it is known, and joins rq->state. */
ll_status ll_need_encoder(ll_request *rq, const char *name);
/* Of the data's architectures, for this sampler; an empty matrix where it uses none. */
ll_status ll_need_vectors(ll_request *rq, const ll_sampler *sampler, ll_matrix_f *out);
/* The model whose prior an optimal design works under; pretrained on the task's sources when there is none
 * yet (it joins rq->state without becoming the current one). *out NULL when the sampler needs none. */
ll_status ll_need_prior(ll_request *rq, const ll_sampler *sampler, ll_model **out);

/* What counts as measured of a device: all there is of one that is being measured; of a benchmark's device, of which more
 * is known, the samples of this transfer (NULL: none). The caller frees. */
enum { LL_MEASURING = 200 };
ll_ints ll_measured_rows(const ll_dataset *d, int device, const ll_transfer *t);

/* Draw k samples for a device (-1: any row of the dataset) and make them rq->state.samples. */
ll_status ll_draw(ll_request *rq, int device, const char *sampler, int k, uint64_t seed, ll_protocol protocol,
                  const char *encoding);
/* rq->state.samples for this device: those picked before, unless the options k, sampler, seed (or protocol, where the command
 * has it) ask for a new draw; of a device of the user's own all that is known, when it is no more than k. */
ll_status ll_need_samples(ll_request *rq, int device);
/* Transfer `model` to `device` with rq->state.samples; the result joins rq->state. */
ll_status ll_transfer_now(ll_request *rq, ll_model *model, int device, const ll_values *options,
                          ll_transfer **out);
/* After the samples changed: when the latest transfer is by a predictor that re-fits in milliseconds, do it
 * again with the new samples and emit its scores. */
ll_status ll_refit_live(ll_request *rq);

/* The `eval` result of one transfer. */
cJSON *ll_eval_result(const ll_request *rq, const ll_transfer *t, ll_protocol protocol, double level);
/* Fields of a transfer that every result about it carries: device, predictor, k, cost, sampler, seed, map. */
void ll_transfer_fields(cJSON *o, const ll_transfer *t);
void ll_adapted_fields(cJSON *o, const ll_adapted *a); /* the same of one without a table */

#endif
