/* The reports of `diagnose` as results, one per question. */
#ifndef LL_COMMANDS_DIAGNOSE_H
#define LL_COMMANDS_DIAGNOSE_H

#include "core/app/request.h"
#include "core/diagnose/diagnose.h"

void ll_emit_noise(ll_request *rq, const ll_diagnosis *q, const ll_noise_report *r, const ll_outlook *o);
void ll_emit_sources(ll_request *rq, const ll_diagnosis *q, const ll_sources_report *r);
void ll_emit_prices(ll_request *rq, const ll_diagnosis *q, const ll_prices_report *r);
void ll_emit_residuals(ll_request *rq, const ll_diagnosis *q, const ll_residuals_report *r);
/* The same question with nothing but samples: how well they predict each other. */
void ll_emit_left_out(ll_request *rq, const ll_diagnosis *q, const ll_outlook *o);
void ll_emit_samples(ll_request *rq, const ll_diagnosis *q, const ll_samples_report *r, const ll_outlook *o);
void ll_emit_advice(ll_request *rq, const ll_diagnosis *q, const ll_advice_report *r, const ll_outlook *o);
/* Where the loss comes from, largest part first. */
void ll_emit_verdict(ll_request *rq, const ll_diagnosis *q, const ll_noise_report *noise, const ll_loss *loss,
                     const ll_outlook *o);

#endif
