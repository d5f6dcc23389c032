/* Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167) with the ReLU behind it. Rows that are equal stand there once:
 * count (m) says how many each of them is (NULL: one), and means, variances and gradients are those of all. */
#ifndef LL_NN_BATCH_NORM_H
#define LL_NN_BATCH_NORM_H

#include "core/nn/real.h"

enum { LL_BATCH_NORM_MOST_WIDTH = 512 }; /* columns at most */

/* mean, var (n) of the columns of x (m,n): the variance is that of the rows at hand, divided by how many they are. */
void ll_batch_moments(const real *x, int m, int n, const int *count, real *mean, real *var);
/* y (m,n) = relu((x - mean)/sqrt(var + 1e-5) * gamma + beta). y may be x. */
void ll_batch_norm_relu(const real *x, int m, int n, const real *mean, const real *var, const real *gamma,
                        const real *beta, real *y);
/* After both, with the moments of x itself: dy (m,n), the gradient of each row summed over what it stands for, becomes dx
 * in place; dgamma, dbeta (n) are added to. */
void ll_batch_norm_relu_back(const real *x, const real *y, int m, int n, const int *count, const real *mean,
                             const real *var, const real *gamma, real *dy, real *dgamma, real *dbeta);

#endif
