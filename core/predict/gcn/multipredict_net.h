/* MultiPredict's network (Akhauri and Abdelfattah, AutoML 2023; core/ALGORITHMS.md section 9): an encoder of the
 * architecture, a learned embedding of the device and, where there are any, zero-cost proxies go through one wide hidden
 * layer to a sigmoid.
 *
 *   encoder  spaces with a cell graph: four graph convolutions of 200, relu(200), relu(200), 30; others: relu(100),
 *            relu(100), relu(30) on HELP's inputs
 *   head     [30; device 8; proxies] -> relu(1000) -> sigmoid(1)
 *
 * Compiled in float and, for gradient checks, in double. A net belongs to one thread at a time. */
#ifndef LL_PREDICT_GCN_MULTIPREDICT_NET_H
#define LL_PREDICT_GCN_MULTIPREDICT_NET_H

#include "core/nn/gcn.h"

enum { LL_MP_CODE = 30, LL_MP_DEVICE = 8, LL_MP_WIDE = 1000, LL_MP_FC = 3 };

typedef struct ll_mp_fc {
    int in, out;
    size_t w, b; /* w (in, out) */
    bool relu;
} ll_mp_fc;

/* Where everything lies in the flat vector of n parameters. */
typedef struct ll_mp_shape {
    bool graph;
    ll_gcn_shape gcn;
    int n_in;      /* without a graph: width of the input rows */
    int n_devices; /* rows of the embedding table; the last is the target's */
    int n_z;       /* zero-cost proxies, 0: none */
    ll_mp_fc fc[LL_MP_FC];
    size_t embedding, w1, b1, w2, b2, n; /* everything before `embedding` is the encoder */
} ll_mp_shape;
ll_mp_shape ll_mp_shape_of(bool graph, int nodes, int labels, int n_in, int n_devices, int n_z);

/* One item: the encoded architecture (row of `code`), its device, and the row of z. */
typedef struct ll_mp_item {
    int code, device, z;
} ll_mp_item;

typedef struct ll_mp_net ll_mp_net;
/* Room for `archs` architectures and `items` items. */
ll_mp_net *ll_mp_net_new(const ll_mp_shape *s, int archs, int items);
void ll_mp_net_free(ll_mp_net *net);

/* Codes (n, 30) of architectures which[0..n-1] of the graphs, or of input rows x (n, n_in). Memory of the net. */
const real *ll_mp_encode(ll_mp_net *net, const real *w, const ll_gcn_graphs *g, const int *which,
                         const real *x, int n);
/* grad (n parameters) += that of the encoder, given dcode (n, 30), which is spoilt. */
void ll_mp_encode_back(ll_mp_net *net, const real *w, real *dcode, real *grad);
/* score (n) of items; code (any, 30), z (any, n_z). */
void ll_mp_head(ll_mp_net *net, const real *w, const real *code, const real *z, const ll_mp_item *items,
                int n, real *score);
/* After that head: grad += that of head and embedding, given dscore (n); dcode (any, 30) += where it is wanted. */
void ll_mp_head_back(ll_mp_net *net, const real *w, const ll_mp_item *items, const real *dscore, real *dcode,
                     real *grad);

#endif
