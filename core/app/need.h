/* Preconditions that many commands share: data, a task, a device, a transfer, an adapted predictor. */
#ifndef LL_APP_NEED_H
#define LL_APP_NEED_H

#include "core/app/request.h"

/* They return LL_OK or leave the sentence (with what to do) in rq->error. */
ll_status ll_need_data(ll_request *rq);
ll_status ll_need_task(ll_request *rq);
/* Device argument by name; absent: the only target of the task, or the device of the latest transfer. */
ll_status ll_need_device(ll_request *rq, const char *option, int *device);
/* Transfer of the device named by `option` and predictor named by option "predictor" (if the table
 * has it). */
ll_status ll_need_transfer(ll_request *rq, const char *option, ll_transfer **out);
/* The adapted predictor of that device and predictor, with data or without; borrowed from rq->state. */
ll_status ll_need_adapted(ll_request *rq, const char *option, ll_adapted **out);
/* The same by name; NULL: the latest of any. */
ll_status ll_find_adapted(ll_request *rq, const char *device, const char *predictor, ll_adapted **out);
/* The sentence for one that is missing, LL_FAILED. Names may be NULL: any. */
ll_status ll_no_adapted(ll_request *rq, const char *device, const char *predictor);

#endif
