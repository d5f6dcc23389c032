/* The structured GP as a predictor (ALGORITHMS section 4). */
#ifndef LL_PREDICT_GP_H
#define LL_PREDICT_GP_H

#include "core/predict/gp_model.h"

extern const ll_predictor ll_gp;

#endif
