/* Devices that the structured GP holds possible: draws from its prior, or from its posterior when some
 * architectures are measured (Matheron's rule; Wilson et al., JMLR 22, 2021, eq. 6). */
#ifndef LL_PREDICT_GP_SIMULATE_H
#define LL_PREDICT_GP_SIMULATE_H

#include "core/base/rng.h"
#include "core/predict/gp/model.h"

/* One device: a measured latency, noise included, for every row of the prior, relative to the scale of the
 * measured ones (median; 1 when nothing is), into y (n). Rows measured keep their values. `posterior` is that
 * of the k measured rows; NULL: nothing is measured, everything comes from the prior. */
void ll_gp_simulate(const ll_gp_prior *p, const ll_gp_draws *draws, const ll_gp_posterior *posterior,
                    const int *rows, const double *y_ms, int k, ll_rng *rng, double *y);
/* One device that is possible after k >= 1 measured latencies before it is measured (truth) and measured once, both (n),
 * relative. Noise is that of most measurements; a phone, which a coarse clock shows, is delayed beyond it, never hastened. */
void ll_gp_simulate_measuring(const ll_gp_prior *p, const ll_gp_draws *draws,
                              const ll_gp_posterior *posterior, const int *rows, const double *y_ms, int k,
                              ll_rng *rng, double *truth, double *measured);
/* One device that is possible after k measured latencies, in ms: it deviates from the posterior's mean_ms (n) as
 * much as the calibrated intervals say. */
void ll_gp_simulate_calibrated(const ll_gp_prior *p, const ll_gp_draws *draws,
                               const ll_gp_posterior *posterior, const double *mean_ms, const int *rows,
                               const double *y_ms, int k, ll_rng *rng, double *out_ms);

#endif
