/* Ranking loss over pairs of a batch (NASFLAT, arXiv 2403.02446; core/ALGORITHMS.md section 1). */
#ifndef LL_NN_PAIR_HINGE_H
#define LL_NN_PAIR_HINGE_H

#include "core/nn/real.h"

/* Two items; sign = +1 when a is the slower one, -1 when b is. */
typedef struct ll_pair {
    int a, b, sign;
} ll_pair;

/* Mean over the pairs of max(0, margin - sign (s_a - s_b)) for scores s (n); ds (n) is overwritten by its gradient. No
 * pairs: 0. */
real ll_pair_hinge(const real *s, int n, const ll_pair *pairs, int n_pairs, real margin, real *ds);

#endif
