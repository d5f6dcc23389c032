/* Models and predictions of data that has changed since they were made: named, with what makes them anew. */
#ifndef LL_APP_STALE_H
#define LL_APP_STALE_H

#include "core/app/request.h"

/* One sentence for each stale model and each stale prediction of the state, models first: the command in a sentence is
 * to be given after those of the sentences before it. */
void ll_stale_sentences(const ll_state *s, ll_strs *out);
/* The sentence of one prediction; false: it is not stale, `out` is as it was. */
bool ll_stale_transfer(const ll_state *s, const ll_transfer *t, ll_str *out);
/* Why a search no longer says what searching now would: a device was transferred to since. False: it does, `out` is as
 * it was. */
bool ll_stale_search(const ll_state *s, const ll_found *f, ll_str *out);
/* The reason where nothing predicts a device that it went by. */
void ll_stale_unpredicted(const char *device, ll_str *out);
/* The sentence of a prediction as a warning of the running command. */
void ll_warn_stale(ll_request *rq, const ll_transfer *t);
/* "stale" in a result that has its columns: the sentences, and one column more. Nothing where nothing is stale. */
void ll_json_stale(cJSON *result, const ll_state *s);

#endif
