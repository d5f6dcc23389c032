/* The reports of `diagnose` as results: the verdict, what to do, then the evidence, one result a question. */
#ifndef LL_COMMANDS_DIAGNOSE_DIAGNOSE_H
#define LL_COMMANDS_DIAGNOSE_DIAGNOSE_H

#include "core/app/request.h"
#include "core/diagnose/diagnose.h"

/* All there is to say of a device, and which words were explained already. */
typedef struct ll_answers {
    const ll_diagnosis *q;
    ll_outlook outlook;
    ll_noise_report noise;
    ll_sources_report sources;
    ll_prices_report prices;
    ll_transfer *kernels; /* what the samples say of a table's kernels; NULL: there is no table */
    ll_residuals_report residuals;
    ll_samples_report samples;
    ll_advice_report advice;
    ll_metrics metrics; /* of the transfer, intervals of 90 % included; n 0: nothing to score on */
    ll_loss loss;       /* score NaN: the same */
    ll_error no_prices, no_residuals; /* why there is none; status LL_OK: there is */
    ll_strs explained;
} ll_answers;
void ll_answers_free(ll_answers *a);

/* Why it transfers well or badly, in one paragraph ("summary") and as parts of the loss, largest first. */
void ll_emit_verdict(ll_request *rq, ll_answers *a);
/* What to do; `file` (NULL: none) has the architectures to measure. */
void ll_emit_advice(ll_request *rq, ll_answers *a, const char *file);
void ll_emit_noise(ll_request *rq, ll_answers *a);
void ll_emit_sources(ll_request *rq, ll_answers *a);
void ll_emit_prices(ll_request *rq, ll_answers *a);
void ll_emit_residuals(ll_request *rq, ll_answers *a);
/* The same question with nothing but samples: how well they predict each other. */
void ll_emit_left_out(ll_request *rq, ll_answers *a);
void ll_emit_samples(ll_request *rq, ll_answers *a);

/* Whether all of these are measured already, so that a list of them is of no use. */
bool ll_all_known(const ll_diagnosis *q, const ll_ints *rows);

/* A result of this kind about the device; question 0: none of the numbered ones. */
cJSON *ll_answer_new(const ll_answers *a, const char *kind, int question, const char *title);
/* Emits it, with a note for each word of the field that no result before has explained. */
void ll_answer_emit(ll_request *rq, ll_answers *a, cJSON *result);
/* The name of a choice of a position, or (-1) of an operation of core/space/kinds.h; the caller frees. */
char *ll_choice_name(const ll_space *s, int position, int op);
const char *ll_choice_instead(const ll_space *s, const ll_price *p); /* what it is compared with */
/* The price that the sources are farthest from, for sure; NULL: none. */
const ll_price *ll_most_mispriced(const ll_prices_report *r);

#endif
