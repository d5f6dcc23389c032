/* Devices that the structured GP holds possible: draws from its prior, or from its posterior when some
 * architectures are measured (Matheron's rule; Wilson et al., JMLR 22, 2021, eq. 6). */
#ifndef LL_PREDICT_GP_SIMULATE_H
#define LL_PREDICT_GP_SIMULATE_H

#include "core/base/rng.h"
#include "core/predict/gp_model.h"

/* One device: a measured latency, noise included, for every row of the prior, relative to the scale of the
 * measured ones (median; 1 when nothing is), into y (n). Rows measured keep their values. `posterior` is that
 * of the k measured rows; with k 0 only its hyper-parameters are used (those of a device of this kind), and
 * with NULL they come from the prior. */
void ll_gp_simulate(const ll_gp_prior *p, const ll_gp_draws *draws, const ll_gp_posterior *posterior,
                    const int *rows, const double *y_ms, int k, ll_rng *rng, double *y);

/* What kind of devices the sources are: each conditioned on a few of its own latencies with the others as
 * sources. columns (m->n_sources): the device of the dataset each was learnt from, -1: not there. d must have
 * the model's rows. Returns how many posteriors were written to out (at most m->n_sources); fewer than three
 * sources give none. */
int ll_gp_peers(const ll_gp_model *m, const ll_dataset *d, const int *columns, ll_gp_posterior *out);

#endif
