#include "core/nn/graph_conv.h"

#include <string.h>

#include "core/nn/layer_norm.h"

#define INLINE static inline __attribute__((always_inline))

/* The loops below are written once with the width as an argument; the entry points call them with the paper's
 * width as a constant, which lets the compiler unroll them. */
enum { PAPER_WIDTH = 128 };
static const real leaky_slope = (real)0.01;

INLINE void add_to(real *restrict y, const real *restrict x, int f)
{
#pragma omp simd
    for (int j = 0; j < f; j++) y[j] += x[j];
}

INLINE void add_scaled(real *restrict y, const real *restrict x, real scale, int f)
{
#pragma omp simd
    for (int j = 0; j < f; j++) y[j] += scale * x[j];
}

INLINE const real *row(const ll_conv *c, const real *proj, const ll_conv_node *n, int p)
{
    return proj + (size_t)n->row_of[n->pred[p]] * c->width;
}

/* --- DGF: y = gate * sum of the predecessors' S + own S + b --- */

/* Of one or more predecessors. */
INLINE void sum_preds(const ll_conv *c, const real *proj, const ll_conv_node *n, real *restrict sum, int f)
{
    memcpy(sum, row(c, proj, n, 0), (size_t)f * sizeof *sum);
    for (int p = 1; p < n->n_preds; p++) add_to(sum, row(c, proj, n, p), f);
}

INLINE void dgf_forward(const ll_conv *c, const real *proj, const ll_conv_node *n, real *restrict y, int f)
{
    real sum[LL_CONV_MOST_WIDTH];
    const real *restrict own = proj + (size_t)n->own * c->width, *restrict gate = n->dgf_gate,
                         *restrict bias = c->dgf_bias;
#pragma omp simd
    for (int j = 0; j < f; j++) y[j] = own[j] + bias[j];
    if (!n->n_preds) return;
    sum_preds(c, proj, n, sum, f);
#pragma omp simd
    for (int j = 0; j < f; j++) y[j] += gate[j] * sum[j];
}

INLINE void dgf_backward(const ll_conv *c, const real *proj, const ll_conv_node *n, const real *restrict dy,
                         const ll_conv_grad *g, int f)
{
    real sum[LL_CONV_MOST_WIDTH], spread[LL_CONV_MOST_WIDTH];
    real *restrict dgate = g->dgf_gate;
    const real *restrict gate = n->dgf_gate;
    add_to(g->proj + (size_t)n->own * c->width, dy, f);
    add_to(g->dgf_bias, dy, f);
    if (!n->n_preds) return;
    sum_preds(c, proj, n, sum, f);
#pragma omp simd
    for (int j = 0; j < f; j++) {
        dgate[j] += dy[j] * sum[j];
        spread[j] = dy[j] * gate[j];
    }
    for (int p = 0; p < n->n_preds; p++)
        add_to(g->proj + (size_t)n->row_of[n->pred[p]] * c->width, spread, f);
}

/* --- GAT --- */

/* Softmax over all nodes: logits of edges, 0 elsewhere. Leaves the weights in keep; returns nothing else. */
INLINE void attention(const ll_conv *c, const real *q, const ll_conv_node *n, const ll_conv_keep *k, int f)
{
    real aq[LL_CONV_MOST_WIDTH], scale = 1 / (real)sqrt((double)f), most = 0;
    const real *restrict own = q + (size_t)n->own * c->width, *restrict a = c->a;
#pragma omp simd
    for (int j = 0; j < f; j++) aq[j] = a[j] * own[j];
    for (int p = 0; p < n->n_preds; p++) {
        real t = ll_row_dot(aq, row(c, q, n, p), f) * scale, slope = t > 0 ? 1 : leaky_slope;
        k->edge[2 * p] = t * slope;
        k->edge[2 * p + 1] = slope;
        if (k->edge[2 * p] > most) most = k->edge[2 * p];
    }
    real rest = ll_exp(-most), z = rest * (real)(c->n_nodes - n->n_preds);
    for (int p = 0; p < n->n_preds; p++) z += k->edge[2 * p] = ll_exp(k->edge[2 * p] - most);
    for (int p = 0; p < n->n_preds; p++) k->edge[2 * p] /= z;
    k->stat[2] = rest / z;
}

INLINE void gat_forward(const ll_conv *c, const real *q, const ll_conv_node *n, const ll_conv_keep *k,
                        real *restrict y, int f)
{
    real scaled[LL_CONV_MOST_WIDTH];
    const real *restrict gate = n->gat_gate, *restrict total = n->total;
    real *restrict r = k->gathered;
    attention(c, q, n, k, f);
    real rest = k->stat[2];
#pragma omp simd
    for (int j = 0; j < f; j++) r[j] = rest * total[j];
    for (int p = 0; p < n->n_preds; p++) add_scaled(r, row(c, q, n, p), k->edge[2 * p] - rest, f);
#pragma omp simd
    for (int j = 0; j < f; j++) scaled[j] = gate[j] * r[j];
    ll_layer_norm(scaled, f, c->gamma, c->beta, y, &k->stat[0], &k->stat[1]);
}

/* Gradient of one edge's logit into a and both ends' rows. */
INLINE void edge_backward(const real *restrict a, const real *restrict own, const real *restrict other,
                          real dt, real *restrict da, real *restrict downed, real *restrict dother, int f)
{
#pragma omp simd
    for (int j = 0; j < f; j++) {
        real x = own[j], y = other[j];
        da[j] += dt * x * y;
        downed[j] += dt * a[j] * y;
        dother[j] += dt * a[j] * x;
    }
}

INLINE void attention_backward(const ll_conv *c, const real *q, const ll_conv_node *n, const ll_conv_keep *k,
                               const real *dr, const ll_conv_grad *g, int f)
{
    real downed[LL_CONV_MOST_WIDTH], scale = 1 / (real)sqrt((double)f), rest = k->stat[2];
    const real *own = q + (size_t)n->own * c->width;
    real *dq = g->proj + c->gat_at, mean = ll_row_dot(dr, k->gathered, f);
    memset(downed, 0, (size_t)f * sizeof *downed);
    for (int p = 0; p < n->n_preds; p++) {
        const real *other = row(c, q, n, p);
        real *dother = dq + (size_t)n->row_of[n->pred[p]] * c->width, weight = k->edge[2 * p];
        real dt = weight * (ll_row_dot(dr, other, f) - mean) * k->edge[2 * p + 1] * scale;
        add_scaled(dother, dr, weight - rest, f);
        /* own and other may be the same row (self-loops, equal nodes), so own's share goes through a copy */
        edge_backward(c->a, own, other, dt, g->a, downed, dother, f);
    }
    add_to(dq + (size_t)n->own * c->width, downed, f);
    add_scaled(g->total, dr, rest, f);
}

INLINE void gat_backward(const ll_conv *c, const real *q, const ll_conv_node *n, const ll_conv_keep *k,
                         const real *dy, const ll_conv_grad *g, int f)
{
    real scaled[LL_CONV_MOST_WIDTH], d[LL_CONV_MOST_WIDTH];
    const real *restrict gate = n->gat_gate, *restrict r = k->gathered;
    real *restrict dgate = g->gat_gate;
#pragma omp simd
    for (int j = 0; j < f; j++) scaled[j] = gate[j] * r[j];
    ll_layer_norm_back(scaled, f, c->gamma, k->stat[0], k->stat[1], dy, d, g->gamma, g->beta);
#pragma omp simd
    for (int j = 0; j < f; j++) {
        dgate[j] += d[j] * r[j];
        d[j] *= gate[j];
    }
    attention_backward(c, q, n, k, d, g, f);
}

/* --- both --- */

INLINE void finish(const ll_conv *c, real *restrict y, const real *restrict other, int f)
{
    real half = c->dgf && c->gat ? (real).5 : 1, floor_at = c->relu ? 0 : -(real)INFINITY;
#pragma omp simd
    for (int j = 0; j < f; j++) {
        real v = half * (y[j] + (other ? other[j] : 0));
        y[j] = v < floor_at ? floor_at : v; /* what is no number stays none */
    }
}

INLINE void forward(const ll_conv *c, const real *proj, const ll_conv_node *n, const ll_conv_keep *k, real *y,
                    int f)
{
    real other[LL_CONV_MOST_WIDTH];
    if (c->dgf) dgf_forward(c, proj, n, y, f);
    if (c->gat) gat_forward(c, proj + c->gat_at, n, k, c->dgf ? other : y, f);
    finish(c, y, c->dgf && c->gat ? other : NULL, f);
}

INLINE void backward(const ll_conv *c, const real *proj, const ll_conv_node *n, const ll_conv_keep *k,
                     const real *dy, const ll_conv_grad *g, int f)
{
    real d[LL_CONV_MOST_WIDTH], half = c->dgf && c->gat ? (real).5 : 1;
#pragma omp simd
    for (int j = 0; j < f; j++) d[j] = half * dy[j];
    if (c->dgf) dgf_backward(c, proj, n, d, g, f);
    if (c->gat) gat_backward(c, proj + c->gat_at, n, k, d, g, f);
}

void ll_conv_forward(const ll_conv *c, const real *proj, const ll_conv_node *node, const ll_conv_keep *keep,
                     real *y)
{
    if (c->f == PAPER_WIDTH)
        forward(c, proj, node, keep, y, PAPER_WIDTH);
    else
        forward(c, proj, node, keep, y, c->f);
}

void ll_conv_backward(const ll_conv *c, const real *proj, const ll_conv_node *node, const ll_conv_keep *keep,
                      const real *dy, const ll_conv_grad *grad)
{
    if (c->f == PAPER_WIDTH)
        backward(c, proj, node, keep, dy, grad, PAPER_WIDTH);
    else
        backward(c, proj, node, keep, dy, grad, c->f);
}
