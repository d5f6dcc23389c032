/* The structured GP as a predictor (core/ALGORITHMS.md section 4). */
#ifndef LL_PREDICT_GP_GP_H
#define LL_PREDICT_GP_GP_H

#include "core/predict/gp/model.h"

extern const ll_predictor ll_gp;

/* The parts of the contract that a predictor with a GP inside shares. An adapted GP is a posterior: a vector and a form
 * over the model's frame. */
ll_status ll_gp_adapt(const ll_gp_model *m, const ll_adapt_job *job, void **adapted, ll_error *e);
ll_status ll_gp_predict(const ll_gp_model *m, const void *adapted, const ll_predict_job *job,
                        ll_prediction *out, ll_error *e);
void ll_gp_release_adapted(void *adapted);
ll_status ll_gp_save_adapted(const void *adapted, ll_tensors *out, ll_error *e);
ll_status ll_gp_load_adapted(const ll_gp_model *m, const ll_tensors *in, void **adapted, ll_error *e);

#endif
