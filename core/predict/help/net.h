/* HELP's predictor network with first and second derivatives (HELP, arXiv 2106.08630, section 3; ALGORITHMS
 * 5).
 *
 *   trunk   nasbench201: 4 graph convolutions E' = relu(A'(E W) + b), 8 -> 100 -> 100 -> 100 -> 100, global
 * node read other spaces: relu(fc1), relu(fc2), n_in -> 100 -> 100 device  relu(fc_hw1: 10 -> 100),
 * relu(fc_hw2: 100 -> 100)            (absent for MAML and Meta-SGD) head    relu(fc3), relu(fc4) at 200 (100
 * without the device branch), fc5 -> 1
 *
 * Parameters are one flat vector; ll_help_slots names its parts as the published checkpoints do. The same
 * source is compiled in float (production) and in double (suffix _f64, gradient checks). */
#ifndef LL_PREDICT_HELP_NET_H
#define LL_PREDICT_HELP_NET_H

#include "core/predict/help/shape.h"

/* The interface in one number type. x: (n * rows, n_in) inputs, for graphs already aggregated (A'X);
 * h: (10) hardware embedding or NULL; p: parameters; y: (n) targets.
 * A net owns the activations of up to `most` architectures: one per thread. */
#define LL_HELP_DECLARE(real, suffix)                                                                          \
    typedef struct ll_help_net##suffix ll_help_net##suffix;                                                    \
    ll_help_net##suffix *ll_help_net_new##suffix(const ll_help_shape *s, int most);                            \
    void ll_help_net_free##suffix(ll_help_net##suffix *net);                                                   \
    /* out (n) */                                                                                              \
    void ll_help_forward##suffix(ll_help_net##suffix *net, const real *p, const real *h, const real *x,        \
                                 int n, real *out);                                                            \
    /* L = mean (f - y)^2; g (params) = dL/dp; returns L */                                                    \
    double ll_help_gradient##suffix(ll_help_net##suffix *net, const real *p, const real *h, const real *x,     \
                                    const real *y, int n, real *g);                                            \
    /* hv (params) = (d2L/dp2) v, by forward-over-reverse differentiation */                                   \
    void ll_help_hessian_vector##suffix(ll_help_net##suffix *net, const real *p, const real *h,                \
                                        const real *x, const real *y, int n, const real *v, real *hv);         \
    /* One device of one episode: adapt p on the support by `steps` steps of p -= a * grad, loss on the      \
     * query. gp (params) = d loss/d p, ga (params) = d loss/d a, second order unless first_order; returns   \
     * the loss. */ \
    double ll_help_episode##suffix(ll_help_net##suffix *net, const real *p, const real *a, const real *h,      \
                                   const real *xs, const real *ys, int ns, const real *xq, const real *yq,     \
                                   int nq, int steps, bool first_order, real *gp, real *ga);                   \
    /* In place: p -= a * grad on the support, `steps` times */                                                \
    void ll_help_adapt##suffix(ll_help_net##suffix *net, real *p, const real *a, const real *h,                \
                               const real *xs, const real *ys, int ns, int steps);

LL_HELP_DECLARE(float, )
LL_HELP_DECLARE(double, _f64)

#endif
