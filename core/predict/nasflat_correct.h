/* The network's scores corrected by what is known without any training: a Bayesian linear model of the target's
 * latency on the k samples, whose regressors are the network's score and the structured features of the GP (cost,
 * operation counts, one-hot; ALGORITHMS section 4). Few samples leave the network in charge; more of them move
 * weight to what they support. */
#ifndef LL_PREDICT_NASFLAT_CORRECT_H
#define LL_PREDICT_NASFLAT_CORRECT_H

#include "core/device/dataset.h"

/* score (n) of rows (n) is overwritten by the corrected score (higher = slower). sample_score, lat_ms (k) belong to
 * samples (k rows), k >= 3, on the same scale as score. Leaves score alone when latencies or scores are constant. */
void ll_nasflat_correct(const ll_dataset *d, const int *samples, const double *sample_score,
                        const double *lat_ms, int k, const int *rows, int n, double *score);

#endif
