/* NASFLAT (Akhauri and Abdelfattah, "On Latency Predictors for Neural Architecture Search", arXiv 2403.02446). */
#ifndef LL_PREDICT_NASFLAT_NASFLAT_H
#define LL_PREDICT_NASFLAT_NASFLAT_H

#include "core/predict/predictor.h"

extern const ll_predictor ll_nasflat;

#endif
