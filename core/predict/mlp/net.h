/* A multi-layer perceptron with one output: in -> width -> ... -> width -> 1, ReLU behind every layer but the last.
 * Compiled in float and, for gradient checks, in double. A net belongs to one thread at a time. */
#ifndef LL_PREDICT_MLP_NET_H
#define LL_PREDICT_MLP_NET_H

#include "core/nn/real.h"

enum { LL_MLP_MOST_HIDDEN = 8 };

typedef struct ll_mlp_shape {
    int in, width, hidden; /* hidden: layers of `width`, 1 .. LL_MLP_MOST_HIDDEN */
} ll_mlp_shape;

/* Layer 0 .. hidden: where its parameters lie in the flat vector, w (in, out) and b (out). */
typedef struct ll_mlp_layer {
    int in, out;
    size_t w, b, end;
} ll_mlp_layer;
ll_mlp_layer ll_mlp_layer_at(const ll_mlp_shape *s, int layer);
size_t ll_mlp_params(const ll_mlp_shape *s);

typedef struct ll_mlp_net ll_mlp_net;
ll_mlp_net *ll_mlp_net_new(const ll_mlp_shape *s, int rows); /* room for so many */
void ll_mlp_net_free(ll_mlp_net *net);

/* Outputs (n) of x (n, in), which stays the caller's and is read again by backward. Memory of the net. */
const real *ll_mlp_forward(ll_mlp_net *net, const real *w, const real *x, int n);
/* After that forward: grad (params) += d loss / d w, given d loss / d output (n), which is spoilt. */
void ll_mlp_backward(ll_mlp_net *net, const real *w, real *dout, real *grad);

#endif
