/* Gradients against central differences in double. */
#ifndef LL_TESTS_GRADCHECK_H
#define LL_TESTS_GRADCHECK_H

/* Largest |g - (f(x+h) - f(x-h))/2h| over n entries of x (stepped in place, restored), divided by the largest
 * |g| or difference (at least 1e-8). `stride` > 1 checks every stride-th entry; under a sanitizer an eighth of these. *worst
 * (may be NULL): the entry. */
double ll_gradcheck(double (*f)(void *ctx), void *ctx, double *x, const double *g, int n, int stride,
                    double h, int *worst);

#endif
