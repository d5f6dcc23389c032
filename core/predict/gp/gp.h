/* The structured GP as a predictor (ALGORITHMS section 4). */
#ifndef LL_PREDICT_GP_GP_H
#define LL_PREDICT_GP_GP_H

#include "core/predict/gp/model.h"

extern const ll_predictor ll_gp;

/* Conditions the model on the samples of the job and predicts its rows: latency, and deviation where wanted; *out is zero
 * on entry. LL_FAILED: a sample has no latency. estimates: see ll_gp_model_rows. */
ll_status ll_gp_transfer(const ll_gp_model *m, const float *estimates, const ll_transfer_job *job,
                         ll_prediction *out, ll_error *e);

#endif
