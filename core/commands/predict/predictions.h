/* Predicting architectures that the user names, however many: read, predicted and written a part at a time. */
#ifndef LL_COMMANDS_PREDICT_PREDICTIONS_H
#define LL_COMMANDS_PREDICT_PREDICTIONS_H

#include "core/app/request.h"

/* Predicts what options `archs` or `arch` name with an adapted predictor. With option `out` all go to that file in the
 * order given (.npy: a record array, else CSV); without it the result "predictions" has them: "archs", "ms", "lo_ms",
 * "hi_ms", "score" are arrays in the order given, null where there is none, and "rows" the fastest (slowest) of them. */
ll_status ll_predict_candidates(ll_request *rq, const ll_adapted *a);

#endif
