/* Inverted dropout. */
#ifndef LL_NN_DROPOUT_H
#define LL_NN_DROPOUT_H

#include "core/nn/real.h"

/* Each of y (n) becomes 0 with probability p < 1, to 1/65536; a kept value is divided by 1-p. Which ones is a function of
 * `seed` alone. Behind a ReLU the output is positive exactly where gradient flows, so backward is
 * ll_act_back(..., LL_ACT_RELU, 1/(1-p)) and needs no mask. */
void ll_dropout(real *y, int n, real p, uint64_t seed);

#endif
