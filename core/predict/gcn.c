#include "core/predict/gcn.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/nn.h"

enum { MOST_LAYERS = 8 };

/* What a layer keeps for its backward pass; rows are (graph, node), in the last layer graphs. */
typedef struct kept {
    real *sum;         /* (rows, in): A X */
    real *raw;         /* (rows, width): sum W + b, with norm only */
    real *out;         /* (rows, width) behind ReLU and dropout */
    real *mean, *rstd; /* (rows) */
} kept;

struct ll_gcn_work {
    ll_gcn_shape shape;
    int most, n; /* n: graphs of the last forward */
    const ll_gcn_graphs *g;
    const int *which;
    real keep_scale;
    kept layer[MOST_LAYERS];
    real *dout, *dsum; /* (most * nodes, width): gradients on their way back */
};

static int rows_of(const ll_gcn_work *k, int layer, int n)
{
    return layer == k->shape.layers - 1 ? n : n * k->shape.nodes;
}

ll_gcn_work *ll_gcn_work_new(const ll_gcn_shape *s, int most)
{
    ll_gcn_work *k = LL_NEW(ll_gcn_work);
    *k = (ll_gcn_work){.shape = *s, .most = most};
    size_t width = (size_t)s->width;
    for (int l = 0; l < s->layers; l++) {
        size_t rows = (size_t)rows_of(k, l, most);
        kept *c = &k->layer[l];
        c->sum = ll_alloc_aligned(rows * (size_t)ll_gcn_layer_at(s, l).in, sizeof(real));
        c->out = ll_alloc_aligned(rows * width, sizeof(real));
        c->mean = LL_NEW_ARRAY(real, rows);
        c->rstd = LL_NEW_ARRAY(real, rows);
        c->raw = s->norm ? ll_alloc_aligned(rows * width, sizeof(real)) : c->out;
    }
    k->dout = ll_alloc_aligned((size_t)most * (size_t)s->nodes * width, sizeof(real));
    k->dsum = ll_alloc_aligned((size_t)most * (size_t)s->nodes * width, sizeof(real));
    return k;
}

void ll_gcn_work_free(ll_gcn_work *k)
{
    if (!k) return;
    for (int l = 0; l < k->shape.layers; l++) {
        kept *c = &k->layer[l];
        free(c->sum);
        free(c->out);
        free(c->mean);
        free(c->rstd);
        if (k->shape.norm) free(c->raw);
    }
    free(k->dout);
    free(k->dsum);
    free(k);
}

/* --- sums over the nodes read --- */

static const unsigned char *reads_of(const ll_gcn_work *k, int graph)
{
    return k->g->reads + (size_t)k->which[graph] * (size_t)k->shape.nodes * (size_t)k->shape.nodes;
}

static void add_row(real *restrict to, const real *restrict from, int n)
{
#pragma omp simd
    for (int i = 0; i < n; i++) to[i] += from[i];
}

/* sum = A onehot: how often each label is read. */
static void sum_labels(const ll_gcn_work *k, int graph, int node, real *row)
{
    const unsigned char *reads = reads_of(k, graph) + (size_t)node * (size_t)k->shape.nodes;
    const unsigned char *label = k->g->label + (size_t)k->which[graph] * (size_t)k->shape.nodes;
    for (int j = 0; j < k->shape.nodes; j++)
        if (reads[j] && label[j] != LL_GCN_NO_LABEL) row[label[j]]++;
}

/* One row of A X, X the rows of the layer before. */
static void sum_rows(const ll_gcn_work *k, int graph, int node, const real *x, real *row)
{
    int nodes = k->shape.nodes, width = k->shape.width;
    const unsigned char *reads = reads_of(k, graph) + (size_t)node * (size_t)nodes;
    for (int j = 0; j < nodes; j++)
        if (reads[j]) add_row(row, x + ((size_t)graph * (size_t)nodes + (size_t)j) * (size_t)width, width);
}

static void aggregate(ll_gcn_work *k, int layer)
{
    int in = ll_gcn_layer_at(&k->shape, layer).in, rows = rows_of(k, layer, k->n), nodes = k->shape.nodes;
    bool last = layer == k->shape.layers - 1;
    real *sum = k->layer[layer].sum;
    memset(sum, 0, (size_t)rows * (size_t)in * sizeof *sum);
    for (int r = 0; r < rows; r++, sum += in) {
        int graph = last ? r : r / nodes, node = last ? k->g->read_out : r % nodes;
        if (layer)
            sum_rows(k, graph, node, k->layer[layer - 1].out, sum);
        else
            sum_labels(k, graph, node, sum);
    }
}

/* dX = Aᵀ dsum. */
static void spread(ll_gcn_work *k, int layer)
{
    int nodes = k->shape.nodes, width = k->shape.width, rows = rows_of(k, layer, k->n);
    bool last = layer == k->shape.layers - 1;
    memset(k->dout, 0, (size_t)k->n * (size_t)nodes * (size_t)width * sizeof *k->dout);
    for (int r = 0; r < rows; r++) {
        int graph = last ? r : r / nodes, node = last ? k->g->read_out : r % nodes;
        const unsigned char *reads = reads_of(k, graph) + (size_t)node * (size_t)nodes;
        for (int j = 0; j < nodes; j++)
            if (reads[j])
                add_row(k->dout + ((size_t)graph * (size_t)nodes + (size_t)j) * (size_t)width,
                        k->dsum + (size_t)r * (size_t)width, width);
    }
}

/* --- passes --- */

static void relu(real *v, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) v[i] = v[i] > 0 ? v[i] : 0;
}

static void forward_layer(ll_gcn_work *k, const real *w, int layer, real dropout, uint64_t seed)
{
    ll_gcn_layer l = ll_gcn_layer_at(&k->shape, layer);
    kept *c = &k->layer[layer];
    int rows = rows_of(k, layer, k->n), width = k->shape.width;
    aggregate(k, layer);
    ll_linear(c->sum, rows, l.in, w + l.w, width, w + l.b, width, LL_ACT_NONE, c->raw, width);
    for (int r = 0; r < rows && k->shape.norm; r++)
        ll_layer_norm(c->raw + (size_t)r * (size_t)width, width, w + l.gamma, w + l.beta,
                      c->out + (size_t)r * (size_t)width, &c->mean[r], &c->rstd[r]);
    relu(c->out, (size_t)rows * (size_t)width);
    if (dropout > 0) ll_dropout(c->out, rows * width, dropout, seed + (uint64_t)layer);
}

const real *ll_gcn_forward(ll_gcn_work *k, const real *w, const ll_gcn_graphs *g, const int *which, int n,
                           real dropout, uint64_t seed)
{
    k->g = g;
    k->which = which;
    k->n = n;
    k->keep_scale = 1 / (1 - dropout);
    for (int l = 0; l < k->shape.layers; l++) forward_layer(k, w, l, dropout, seed);
    return k->layer[k->shape.layers - 1].out;
}

/* From the gradient behind the layer (rows, width) to the one of its sum, and to its parameters'. */
static void backward_layer(ll_gcn_work *k, const real *w, int layer, real *d, real *grad)
{
    ll_gcn_layer l = ll_gcn_layer_at(&k->shape, layer);
    const kept *c = &k->layer[layer];
    int rows = rows_of(k, layer, k->n), width = k->shape.width;
    ll_act_back(d, c->out, rows, width, width, LL_ACT_RELU, k->keep_scale);
    for (int r = 0; r < rows && k->shape.norm; r++) {
        real *row = d + (size_t)r * (size_t)width, *to = k->dsum + (size_t)r * (size_t)width;
        ll_layer_norm_back(c->raw + (size_t)r * (size_t)width, width, w + l.gamma, c->mean[r], c->rstd[r],
                           row, to, grad + l.gamma, grad + l.beta);
        memcpy(row, to, (size_t)width * sizeof *row);
    }
    ll_linear_back(c->sum, rows, l.in, w + l.w, width, width, d, width, grad + l.w, grad + l.b,
                   layer ? k->dsum : NULL, 0);
}

void ll_gcn_backward(ll_gcn_work *k, const real *w, real *dfeatures, real *grad)
{
    real *d = dfeatures;
    for (int l = k->shape.layers - 1; l >= 0; l--, d = k->dout) {
        backward_layer(k, w, l, d, grad);
        if (l) spread(k, l);
    }
}
