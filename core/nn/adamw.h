/* AdamW (Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, as PyTorch writes it: decay by lr *
 * weight_decay, then the Adam step with bias correction) and the cosine schedule. */
#ifndef LL_NN_ADAMW_H
#define LL_NN_ADAMW_H

#include <stddef.h>

#include "core/num/pool.h"

typedef struct ll_adamw {
    size_t n;
    float *m, *v; /* (n) moments, owned */
    long steps;
    double weight_decay, beta1, beta2, epsilon;
} ll_adamw;

void ll_adamw_init(ll_adamw *a, size_t n, double weight_decay); /* betas .9, .999, epsilon 1e-8 */
void ll_adamw_free(ll_adamw *a);
/* One step on w (n). The gradient is the sum of n_parts arrays (n) in that order (parts of a batch worked out
 * on several threads); every part is zeroed for the next step. `active` (n bytes; NULL: all) freezes where 0.
 * Work is cut into fixed ranges: the result does not depend on the number of threads. */
void ll_adamw_step(ll_adamw *a, float *w, float *const *parts, int n_parts, const unsigned char *active,
                   double lr, ll_pool *pool);

/* lr at `step` of `steps` (Loshchilov and Hutter, arXiv 1608.03983): from `first` down to `last`. */
double ll_cosine(double first, double last, long step, long steps);

#endif
