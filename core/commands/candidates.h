/* Architectures that the user names, in a file or one by one: in the table or not, an adapted predictor knows their
 * space. */
#ifndef LL_COMMANDS_CANDIDATES_H
#define LL_COMMANDS_CANDIDATES_H

#include "core/app/request.h"

/* Predicts what `archs` (a file) or `arch` (a text) names with the transfer's adapted predictor; as rows of a result
 * "predictions", or into the CSV file `out`. LL_FAILED: the transfer is of a session that kept only its rows. */
ll_status ll_predict_candidates(ll_request *rq, const ll_transfer *t);

#endif
