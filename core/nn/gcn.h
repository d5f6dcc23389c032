/* Stacked graph convolutions that end in one read-out node: X' = act(A (X W) + b), with or without a LayerNorm between
 * sum and ReLU. Shared by brpnas and multipredict.
 *
 * A is 0/1 and differs per graph: node i sums over the nodes it reads. A(XW) is worked out as (AX)W, and the last layer
 * only at the read-out node. Equal rows are worked out once (gcn_rows.h). The same source is compiled in float and, for gradient checks, in double.
 *
 * Threads: a work belongs to one thread at a time; graphs and weights are only read. */
#ifndef LL_NN_GCN_H
#define LL_NN_GCN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/nn/gcn_graphs.h"
#include "core/nn/gcn_rows.h"
#include "core/nn/real.h"

typedef struct ll_gcn_shape {
    int nodes, labels, width, layers;
    bool norm; /* LayerNorm before the ReLU */
} ll_gcn_shape;

/* Where a layer's parameters lie in the flat vector. */
typedef struct ll_gcn_layer {
    int in;
    size_t w, b, gamma, beta; /* w (in, width); gamma and beta only with norm */
    size_t end;
} ll_gcn_layer;
static inline ll_gcn_layer ll_gcn_layer_at(const ll_gcn_shape *s, int layer)
{
    ll_gcn_layer l = {.in = s->labels};
    size_t width = (size_t)s->width, vectors = s->norm ? 3 : 1;
    if (layer) {
        l.in = s->width;
        l.w = ((size_t)s->labels + vectors) * width + (size_t)(layer - 1) * (width + vectors) * width;
    }
    l.b = l.w + (size_t)l.in * width;
    l.gamma = l.b + width;
    l.beta = l.gamma + width;
    l.end = l.w + ((size_t)l.in + vectors) * width;
    return l;
}
static inline size_t ll_gcn_params(const ll_gcn_shape *s)
{
    return ll_gcn_layer_at(s, s->layers - 1).end;
}

typedef struct ll_gcn_work ll_gcn_work;
/* Its memory grows with what it is given. */
ll_gcn_work *ll_gcn_work_new(const ll_gcn_shape *s);
void ll_gcn_work_free(ll_gcn_work *k);

/* Features of the read-out node of graphs which[0..n-1]: (n, width), memory of the work, valid until its next forward.
 * dropout: probability behind each ReLU, with its seed; 0: off. */
const real *ll_gcn_forward(ll_gcn_work *k, const real *w, const ll_gcn_graphs *g, const int *which, int n,
                           real dropout, uint64_t seed);
/* After that forward: grad (params) += d loss / d w, given d loss / d features (n, width), which is spoilt. */
void ll_gcn_backward(ll_gcn_work *k, const real *w, real *dfeatures, real *grad);

#endif
