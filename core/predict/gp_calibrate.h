/* The last steps of building a GP model: its optimal-design prior and its calibration. */
#ifndef LL_PREDICT_GP_CALIBRATE_H
#define LL_PREDICT_GP_CALIBRATE_H

#include "core/predict/gp_model.h"

/* Fills m->design from m->rows. */
void ll_gp_design_init(ll_gp_model *m);
/* Fills m->calibration: every source in turn plays the target, with the others as sources (conformal
 * calibration across devices; after Vovk et al. 2005), for random samples and for optimal designs of several
 * sizes. Uses the latencies the sources were learnt from and no others. Fewer than three sources leave it at
 * what devices usually need. */
void ll_gp_calibrate(const ll_pretrain_job *job, ll_gp_model *m);

#endif
