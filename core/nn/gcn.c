#include "core/nn/gcn.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/nn/dropout.h"
#include "core/nn/layer_norm.h"
#include "core/nn/linear.h"
#include "core/nn/sums.h"

/* What a layer keeps for its backward pass: its distinct rows (core/nn/gcn_rows.h), in the last layer graphs. */
typedef struct kept {
    real *sum;         /* (rows, in): A X */
    real *raw;         /* (rows, width): sum W + b; where there is no norm the same memory as out */
    real *out;         /* (rows, width) behind ReLU and dropout */
    real *mean, *rstd; /* (rows) */
    int most;          /* rows there is room for */
} kept;

struct ll_gcn_work {
    ll_gcn_shape shape;
    int n; /* graphs of the last forward */
    real keep_scale;
    ll_gcn_rows rows;
    kept layer[LL_GCN_MOST_LAYERS];
    real *dout, *dsum; /* (most_back, width): gradients on their way back */
    int most_back;
};

static void kept_free(const ll_gcn_shape *s, kept *c)
{
    free(c->sum);
    free(c->out);
    free(c->mean);
    free(c->rstd);
    if (s->norm) free(c->raw);
}

static void need_rows(ll_gcn_work *k, int layer, int rows)
{
    kept *c = &k->layer[layer];
    if (rows <= c->most) return;
    size_t n = (size_t)rows, width = (size_t)k->shape.width;
    kept_free(&k->shape, c);
    c->most = rows;
    c->sum = ll_alloc_aligned(n * (size_t)ll_gcn_layer_at(&k->shape, layer).in, sizeof(real));
    c->out = ll_alloc_aligned(n * width, sizeof(real));
    c->mean = LL_NEW_ARRAY(real, rows);
    c->rstd = LL_NEW_ARRAY(real, rows);
    c->raw = k->shape.norm ? ll_alloc_aligned(n * width, sizeof(real)) : c->out;
}

static void need_back(ll_gcn_work *k)
{
    int rows = k->n;
    for (int l = 0; l < k->shape.layers; l++)
        if (k->rows.layer[l].n > rows) rows = k->rows.layer[l].n;
    if (rows <= k->most_back) return;
    free(k->dout);
    free(k->dsum);
    k->most_back = rows;
    k->dout = ll_alloc_aligned((size_t)rows * (size_t)k->shape.width, sizeof(real));
    k->dsum = ll_alloc_aligned((size_t)rows * (size_t)k->shape.width, sizeof(real));
}

ll_gcn_work *ll_gcn_work_new(const ll_gcn_shape *s)
{
    ll_gcn_work *k = LL_NEW(ll_gcn_work);
    k->shape = *s;
    return k;
}

void ll_gcn_work_free(ll_gcn_work *k)
{
    if (!k) return;
    for (int l = 0; l < k->shape.layers; l++) kept_free(&k->shape, &k->layer[l]);
    ll_gcn_rows_free(&k->rows);
    free(k->dout);
    free(k->dsum);
    free(k);
}

/* sum = A X: X the rows of the layer before, or in layer 0 one-hot inputs. */
static void aggregate(ll_gcn_work *k, int layer)
{
    const ll_gcn_layer_rows *l = &k->rows.layer[layer];
    int in = ll_gcn_layer_at(&k->shape, layer).in;
    real *sum = k->layer[layer].sum;
    if (layer) {
        ll_sum_read(l, k->layer[layer - 1].out, in, sum);
        return;
    }
    memset(sum, 0, (size_t)l->n * (size_t)in * sizeof *sum);
    for (int r = 0; r < l->n; r++, sum += in)
        for (int i = l->first[r]; i < l->first[r + 1]; i++) sum[l->read[i]]++;
}

static void forward_layer(ll_gcn_work *k, const real *w, int layer, real dropout, uint64_t seed)
{
    ll_gcn_layer l = ll_gcn_layer_at(&k->shape, layer);
    kept *c = &k->layer[layer];
    int rows = k->rows.layer[layer].n, width = k->shape.width;
    need_rows(k, layer, rows);
    aggregate(k, layer);
    ll_linear(c->sum, rows, l.in, w + l.w, width, w + l.b, width, LL_ACT_NONE, c->raw, width);
    for (int r = 0; r < rows && k->shape.norm; r++)
        ll_layer_norm(c->raw + (size_t)r * (size_t)width, width, w + l.gamma, w + l.beta,
                      c->out + (size_t)r * (size_t)width, &c->mean[r], &c->rstd[r]);
    ll_relu(c->out, (size_t)rows * (size_t)width);
    if (dropout > 0) ll_dropout(c->out, rows * width, dropout, seed + (uint64_t)layer);
}

/* Dropout tells rows apart that are equal without it. */
static void number_rows(ll_gcn_work *k, const ll_gcn_graphs *g, const int *which, bool share)
{
    int nodes = k->shape.nodes, last = k->shape.layers - 1;
    ll_gcn_rows_begin(&k->rows, k->n, nodes);
    for (int a = 0; a < k->n; a++)
        for (int i = 0; i < nodes; i++) {
            int label = g->label[(size_t)which[a] * (size_t)nodes + (size_t)i];
            k->rows.class_of[a * nodes + i] = label == LL_GCN_NO_LABEL ? -1 : label;
        }
    for (int l = 0; l <= last; l++)
        ll_gcn_rows_layer(&k->rows, l, k->n, nodes, g->reads, which, share,
                          l == last ? g->read_out : LL_GCN_ALL_NODES);
}

const real *ll_gcn_forward(ll_gcn_work *k, const real *w, const ll_gcn_graphs *g, const int *which, int n,
                           real dropout, uint64_t seed)
{
    k->n = n;
    k->keep_scale = 1 / (1 - dropout);
    number_rows(k, g, which, dropout <= 0);
    for (int l = 0; l < k->shape.layers; l++) forward_layer(k, w, l, dropout, seed);
    return k->layer[k->shape.layers - 1].out;
}

/* From the gradient behind the layer (rows, width) to the one of its sum, and to its parameters'. */
static void backward_layer(ll_gcn_work *k, const real *w, int layer, real *d, real *grad)
{
    ll_gcn_layer l = ll_gcn_layer_at(&k->shape, layer);
    const kept *c = &k->layer[layer];
    int rows = k->rows.layer[layer].n, width = k->shape.width;
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
    need_back(k);
    for (int l = k->shape.layers - 1; l >= 0; l--, d = k->dout) {
        backward_layer(k, w, l, d, grad);
        if (l) ll_sum_read_back(&k->rows.layer[l], k->dsum, k->shape.width, k->dout, k->rows.layer[l - 1].n);
    }
}
