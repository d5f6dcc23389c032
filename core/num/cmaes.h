/* CMA-ES: covariance matrix adaptation, minimising a function of n reals that is only ever asked for values
 * (Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772, figure 6 with its default parameters and active
 * weights left out). Ask and tell: the caller evaluates a whole population at a time, on as many threads as it likes.
 *
 *     ll_cmaes *c = ll_cmaes_new(n, start, .3, 0, seed);
 *     while (...) {
 *         const double *x = ll_cmaes_ask(c);          (lambda, n), row by row
 *         for (i ...) f[i] = function(x + i * n);
 *         ll_cmaes_tell(c, f);
 *     }
 *
 * Only the order of the values counts: INFINITY is "worse than all others", and so is NaN. The same seed takes the same
 * steps. One thread at a time. */
#ifndef LL_NUM_CMAES_H
#define LL_NUM_CMAES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ll_cmaes ll_cmaes;

/* start (n), sigma > 0: the standard deviation of the first population, alike in all directions. lambda: how many are in
 * a population, at least 4; 0: 4 + 3 ln n. */
ll_cmaes *ll_cmaes_new(int n, const double *start, double sigma, int lambda, uint64_t seed);
void ll_cmaes_free(ll_cmaes *c); /* NULL is fine */
int ll_cmaes_lambda(const ll_cmaes *c);
/* The next population (lambda, n); the caller's to change before it tells (into bounds, say: what is told is learnt of the
 * point as it lies there then). Valid until the next call. */
double *ll_cmaes_ask(ll_cmaes *c);
void ll_cmaes_tell(ll_cmaes *c, const double *f); /* (lambda) of the population asked for last */
const double *ll_cmaes_mean(const ll_cmaes *c);   /* (n) where the next population will lie around */
double ll_cmaes_sigma(const ll_cmaes *c);
/* Nothing is left to learn: the steps are below 1e-12 of the first, or the matrix is no longer to be had. */
bool ll_cmaes_is_over(const ll_cmaes *c);

#endif
