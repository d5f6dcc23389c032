/* Layer normalisation (Ba, Kiros and Hinton, arXiv 1607.06450) of one row. */
#ifndef LL_NN_LAYER_NORM_H
#define LL_NN_LAYER_NORM_H

#include "core/nn/real.h"

/* y (n) = (x - mean)/sqrt(var + 1e-5) * gamma + beta; saves mean and 1/sqrt. */
void ll_layer_norm(const real *x, int n, const real *gamma, const real *beta, real *y, real *mean,
                   real *rstd);
/* dx (n) from dy (n), the x and what was saved; dgamma, dbeta (n) are added to. dx is not dy. */
void ll_layer_norm_back(const real *x, int n, const real *gamma, real mean, real rstd, const real *dy,
                        real *dx, real *dgamma, real *dbeta);

#endif
