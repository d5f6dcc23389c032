/* HELP's predictor network with first and second derivatives (HELP, arXiv 2106.08630, section 3;
 * core/ALGORITHMS.md section 5).
 *
 *   trunk   nasbench201: 4 graph convolutions E' = relu(A'(E W) + b), 8 -> 100 -> 100 -> 100 -> 100, global node read;
 *           other spaces: relu(fc1), relu(fc2), n_in -> 100 -> 100
 *   device  relu(fc_hw1: 10 -> 100), relu(fc_hw2: 100 -> 100); absent for MAML and Meta-SGD
 *   head    relu(fc3), relu(fc4) at 200 (100 without the device branch), fc5 -> 1
 *
 * Parameters are one flat vector; ll_help_slots names its parts as the published checkpoints do. In all functions p
 * (params) are parameters, h (10) is the hardware embedding or NULL, x (n * rows, n_in) are inputs, for graphs already
 * aggregated (A'X), and y (n) targets.
 *
 * Threads: a net belongs to one thread at a time; what it is given is only read. */
#ifndef LL_PREDICT_HELP_NET_H
#define LL_PREDICT_HELP_NET_H

#include "core/nn/real.h"
#include "core/predict/help/shape.h"

typedef struct ll_help_net ll_help_net;
/* Owns the activations of up to `most` architectures. */
ll_help_net *ll_help_net_new(const ll_help_shape *s, int most);
void ll_help_net_free(ll_help_net *net);

/* out (n) */
void ll_help_forward(ll_help_net *net, const real *p, const real *h, const real *x, int n, real *out);
/* L = mean (f - y)^2; g (params) = dL/dp; returns L. */
double ll_help_gradient(ll_help_net *net, const real *p, const real *h, const real *x, const real *y, int n,
                        real *g);
/* hv (params) = (d2L/dp2) v, by forward-over-reverse differentiation. */
void ll_help_hessian_vector(ll_help_net *net, const real *p, const real *h, const real *x, const real *y,
                            int n, const real *v, real *hv);
/* One device of one episode: adapt p on the support (xs, ys) by `steps` steps, 2 at most, of p -= a * grad; the loss is
 * that on the query (xq, yq). gp (params) = d loss/d p, ga (params) = d loss/d a, second order unless first_order; returns
 * the loss. */
double ll_help_episode(ll_help_net *net, const real *p, const real *a, const real *h, const real *xs,
                       const real *ys, int ns, const real *xq, const real *yq, int nq, int steps,
                       bool first_order, real *gp, real *ga);
/* In place: p -= a * grad on the support, `steps` times. */
void ll_help_adapt(ll_help_net *net, real *p, const real *a, const real *h, const real *xs, const real *ys,
                   int ns, int steps);

#endif
