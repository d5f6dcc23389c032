/* Options that predictors bring along for `pretrain` and `transfer`, beside the commands' own. */
#ifndef LL_COMMANDS_PREDICT_OPTIONS_H
#define LL_COMMANDS_PREDICT_OPTIONS_H

#include "core/app/request.h"

extern const ll_option ll_transfer_options[]; /* what `transfer` takes of any predictor */

/* Members more_options and option_group of both commands (core/app/command.h). */
const ll_option *ll_pretrain_more(char *const *words, int n);
const ll_option *ll_transfer_more(char *const *words, int n);
bool ll_pretrain_group(int i, ll_option_group *out);
bool ll_transfer_group(int i, ll_option_group *out);

/* What was given of the predictor's own; the caller frees, also after LL_USAGE: an option of another one. */
ll_status ll_transfer_own_options(ll_request *rq, const ll_predictor *p, ll_values *out);

#endif
