/* The last steps of building a GP model: its optimal-design prior and its calibration. */
#ifndef LL_PREDICT_GP_CALIBRATE_H
#define LL_PREDICT_GP_CALIBRATE_H

#include "core/predict/gp/model.h"

/* Fills m->directions and m->design from m->rows; cancelled by the observer, they stay empty. */
void ll_gp_design_init(ll_gp_model *m, const ll_observer *observer);
/* Fills m->reach from m->rows and m->design. */
void ll_gp_measure_reach(ll_gp_model *m);

#endif
