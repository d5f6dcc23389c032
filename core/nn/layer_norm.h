/* Layer normalisation (Ba, Kiros and Hinton, arXiv 1607.06450) of one row. Inline, so that a width that the caller knows makes
 * loops of that width: a row of 128 then stays in registers. */
#ifndef LL_NN_LAYER_NORM_H
#define LL_NN_LAYER_NORM_H

#include "core/nn/row_sums.h"

#define LL_NORM_INLINE static inline __attribute__((always_inline))

/* y (n) = (x - mean)/sqrt(var + 1e-5) * gamma + beta; saves mean and 1/sqrt. */
LL_NORM_INLINE void ll_layer_norm(const real *restrict x, int n, const real *restrict gamma,
                                  const real *restrict beta, real *restrict y, real *mean, real *rstd)
{
    real mu = ll_row_total(x, n) / (real)n;
#pragma omp simd
    for (int j = 0; j < n; j++) y[j] = x[j] - mu;
    real s = 1 / (real)sqrt(ll_row_dot(y, y, n) / (real)n + (real)1e-5);
#pragma omp simd
    for (int j = 0; j < n; j++) y[j] = y[j] * s * gamma[j] + beta[j];
    *mean = mu;
    *rstd = s;
}

/* dx (n) from dy (n), the x and what was saved; dgamma, dbeta (n) are added to. dx is not dy. */
LL_NORM_INLINE void ll_layer_norm_back(const real *restrict x, int n, const real *restrict gamma, real mean,
                                       real rstd, const real *restrict dy, real *restrict dx,
                                       real *restrict dgamma, real *restrict dbeta)
{
#pragma omp simd
    for (int j = 0; j < n; j++) {
        dx[j] = (x[j] - mean) * rstd;
        dgamma[j] += dy[j] * dx[j];
        dbeta[j] += dy[j];
    }
    real sum = ll_row_dot(dy, gamma, n) / (real)n, dot = ll_row_dot3(dy, gamma, dx, n) / (real)n;
#pragma omp simd
    for (int j = 0; j < n; j++) dx[j] = rstd * (dy[j] * gamma[j] - sum - dx[j] * dot);
}

#undef LL_NORM_INLINE

#endif
