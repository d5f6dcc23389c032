/* The optimisation inside AdaProxy, on plain arrays. */
#ifndef LL_PREDICT_SIMPLE_ADAPROXY_FIT_H
#define LL_PREDICT_SIMPLE_ADAPROXY_FIT_H

#include <stdint.h>

typedef enum ll_adaproxy_norm { LL_ADAPROXY_L1, LL_ADAPROXY_L2, LL_ADAPROXY_INF } ll_adaproxy_norm;
ll_adaproxy_norm ll_adaproxy_norm_find(const char *name); /* "l1", "l2", "inf" */

typedef struct ll_adaproxy_fit {
    double a, c, *b;     /* b (p), the caller's */
    double lambda_share; /* of the lambda from which on b is zero; 1: b is zero */
} ll_adaproxy_fit;

/* min over a, c, b of (1/k) |Z (a 1 + b) + c 1 - y|² + lambda |b|, Z (k, p), at one lambda given as a share of the
 * smallest lambda whose b is zero. FISTA (Beck and Teboulle 2009) on b after projecting span(Z 1, 1) out of y and Z. */
void ll_adaproxy_solve_at(const double *z, int k, int p, const double *y, ll_adaproxy_norm norm,
                          double lambda_share, ll_adaproxy_fit *fit);
/* The same with lambda by cross-validation of the squared error on the k samples (at most 5 folds, drawn by `seed`);
 * fewer than 4 samples: b = 0. */
void ll_adaproxy_solve(const double *z, int k, int p, const double *y, ll_adaproxy_norm norm, uint64_t seed,
                       ll_adaproxy_fit *fit);

#endif
