/* Activations, in place, with the bias before them. What is no number stays none: a loss that has gone wrong is seen. */
#ifndef LL_NN_ACTIVATION_H
#define LL_NN_ACTIVATION_H

#include "core/nn/real.h"

typedef enum ll_act { LL_ACT_NONE, LL_ACT_RELU, LL_ACT_SIGMOID } ll_act;

/* Y (m,n; ldy) = act(Y + b (n)). */
void ll_bias_act(real *y, int m, int n, int ldy, const real *b, ll_act act);
/* v (n) = relu(v) where nothing is to be added before it. */
void ll_relu(real *v, size_t n);
/* dy (m,n; ld) *= act'(pre-activation) times scale, from the activation's output y (m,n; ld). scale is 1 but where the
 * output went through something that a factor undoes (see ll_dropout). */
void ll_act_back(real *dy, const real *y, int m, int n, int ld, ll_act act, real scale);

#endif
