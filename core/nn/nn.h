/* Operators of small networks: each with its shape rule, its forward and its backward pass. All matrices are
 * row-major and contiguous unless a leading dimension is given. Backward functions ADD to parameter gradients
 * (dw, db) and OVERWRITE input gradients (dx), unless they say otherwise. No allocation, no thread. */
#ifndef LL_NN_NN_H
#define LL_NN_NN_H

#include "core/nn/real.h"

typedef enum ll_act { LL_ACT_NONE, LL_ACT_RELU, LL_ACT_SIGMOID } ll_act;

/* Y (m,n; leading dimension ldy) = act(X (m,k) W (k,n; ldw) + b (n)). b NULL: none. */
void ll_linear(const real *x, int m, int k, const real *w, int ldw, const real *b, int n, ll_act act, real *y,
               int ldy);
/* dy (m,n; ldy) is the gradient behind the activation's own (see ll_act_back). dw (k,n; ldw) += Xᵀ dy,
 * db (n) += column sums, dx (m,k) = dy Wᵀ (+ dx when add_dx). db, dx NULL: not wanted. */
void ll_linear_back(const real *x, int m, int k, const real *w, int ldw, int n, const real *dy, int ldy,
                    real *dw, real *db, real *dx, int add_dx);

/* Y (m,n; ldy) = act(Y + b), in place. */
void ll_bias_act(real *y, int m, int n, int ldy, const real *b, ll_act act);
/* dy (m,n; ld) *= act'(pre-activation), from the activation's output y (m,n; ld). */
void ll_act_back(real *dy, const real *y, int m, int n, int ld, ll_act act, real scale);
/* Inverted dropout of n values with probability p: a kept value is divided by 1-p. Which ones is a function
 * of `seed` alone. Behind a ReLU the output is positive exactly where gradient flows, so backward is
 * ll_act_back(..., LL_ACT_RELU, 1/(1-p)) and needs no mask. */
void ll_dropout(real *y, int n, real p, uint64_t seed);
/* sum (n) += column sums of y (m,n; ldy). */
void ll_add_column_sums(const real *y, int m, int n, int ldy, real *sum);

/* y (n) = (x - mean)/sqrt(var + 1e-5) * gamma + beta; saves mean and 1/sqrt. */
void ll_layer_norm(const real *x, int n, const real *gamma, const real *beta, real *y, real *mean,
                   real *rstd);
/* dx (n) from dy (n); dgamma, dbeta (n) are added to. */
void ll_layer_norm_back(const real *x, int n, const real *gamma, real mean, real rstd, const real *dy,
                        real *dx, real *dgamma, real *dbeta);

/* A pair of items of a batch; sign = +1 when a is the slower one, -1 when b is. */
typedef struct ll_pair {
    int a, b, sign;
} ll_pair;
/* Mean over the pairs of max(0, margin - sign (s_a - s_b)) (NASFLAT, eq. of the ranking loss); ds (n items)
 * is overwritten by its gradient. No pairs: 0. */
real ll_pair_hinge(const real *s, int n, const ll_pair *pairs, int n_pairs, real margin, real *ds);

#endif
