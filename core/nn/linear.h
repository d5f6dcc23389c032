/* Linear layer. */
#ifndef LL_NN_LINEAR_H
#define LL_NN_LINEAR_H

#include "core/nn/activation.h"

/* Y (m,n; leading dimension ldy) = act(X (m,k) W (k,n; ldw) + b (n)). b NULL: X W, and act is none. */
void ll_linear(const real *x, int m, int k, const real *w, int ldw, const real *b, int n, ll_act act, real *y,
               int ldy);
/* dy (m,n; ldy) is the gradient behind the activation's own (see ll_act_back). dw (k,n; ldw) += Xᵀ dy,
 * db (n) += column sums, dx (m,k) = dy Wᵀ (+ dx when add_dx). db, dx NULL: not wanted. */
void ll_linear_back(const real *x, int m, int k, const real *w, int ldw, int n, const real *dy, int ldy,
                    real *dw, real *db, real *dx, int add_dx);

#endif
