/* Dropout by a hash of each number's place (Wellons' two-round integer hash), so that it runs in vectors: a random
 * generator with a state (core/nn/dropout) would take a quarter of this network's training. */
#ifndef LL_ENCODE_CATE_DROP_H
#define LL_ENCODE_CATE_DROP_H

#include "core/nn/real.h"

/* Each of y (n) becomes 0 with probability p < 1; a kept value is divided by 1 - p. Which ones is a function of `seed` alone,
 * so it is its own backward: the same numbers fall out of a gradient. */
void ll_cate_drop(real *y, int n, real p, uint64_t seed);

#endif
