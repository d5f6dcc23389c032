#include "core/predict/nasflat/shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"

ll_nasflat_shape ll_nasflat_paper_shape(void)
{
    return (ll_nasflat_shape){.op_update = true,
                              .op_dim = 40,
                              .hw_dim = 8,
                              .node_dim = 48,
                              .x_dim = 96,
                              .hidden = 128,
                              .head = 200,
                              .z_hidden = 128,
                              .z_dim = 48};
}

/* Blocks start on a cache line. */
static ll_block take(ll_nasflat_layout *l, int rows, int cols)
{
    ll_block b = {l->n, rows, cols};
    l->n += ((size_t)rows * (size_t)cols + 15) & ~(size_t)15;
    return b;
}

static void take_linear(ll_nasflat_layout *l, ll_block *w, ll_block *b, int in, int out)
{
    *w = take(l, in, out);
    *b = take(l, in ? 1 : 0, out);
}

static ll_nasflat_conv take_conv(ll_nasflat_layout *l, int in)
{
    int f = l->shape.hidden, dgf = l->shape.gnn != LL_NASFLAT_GAT, gat = l->shape.gnn != LL_NASFLAT_DGF;
    ll_nasflat_conv c = {.w = take(l, in, l->width)};
    c.dgf_bias = take(l, dgf, f);
    c.a = take(l, gat, f);
    c.gamma = take(l, gat, f);
    c.beta = take(l, gat, f);
    return c;
}

static void take_op_pass(ll_nasflat_layout *l)
{
    const ll_nasflat_shape *s = &l->shape;
    int on = s->op_update, f = s->hidden;
    for (int i = 0; on && i < LL_NASFLAT_OP_LAYERS; i++) l->op_conv[i] = take_conv(l, i ? f : s->x_dim);
    take_linear(l, &l->op_gate_w, &l->op_gate_b, on * l->o_dim, LL_NASFLAT_OP_LAYERS * l->width);
    for (int i = 0; i < 3; i++) take_linear(l, &l->g_w[i], &l->g_b[i], on * f, f);
    take_linear(l, &l->u_w[0], &l->u_b[0], on * (l->o_dim + f), f);
    take_linear(l, &l->u_w[1], &l->u_b[1], on * f, l->o_dim);
}

static void take_head(ll_nasflat_layout *l)
{
    const ll_nasflat_shape *s = &l->shape;
    int z = s->n_z > 0;
    take_linear(l, &l->z_w[0], &l->z_b[0], s->n_z, s->z_hidden);
    take_linear(l, &l->z_w[1], &l->z_b[1], z * s->z_hidden, s->z_hidden);
    take_linear(l, &l->z_w[2], &l->z_b[2], z * s->z_hidden, s->z_dim);
    take_linear(l, &l->hw_w[0], &l->hw_b[0], s->hw_head * s->hw_dim, s->op_dim);
    take_linear(l, &l->hw_w[1], &l->hw_b[1], s->hw_head * s->op_dim, s->op_dim);
    l->head_in = s->hidden + z * s->z_dim + s->hw_head * s->op_dim;
    for (int i = 0; i < 4; i++)
        take_linear(l, &l->head_w[i], &l->head_b[i], i ? s->head : l->head_in, i < 3 ? s->head : 1);
}

void ll_nasflat_layout_init(ll_nasflat_layout *l, const ll_nasflat_shape *shape)
{
    *l = (ll_nasflat_layout){.shape = *shape};
    const ll_nasflat_shape *s = &l->shape;
    l->o_dim = s->op_dim + (s->hw_head ? 0 : s->hw_dim);
    l->width = s->hidden * (s->gnn == LL_NASFLAT_ENSEMBLE ? 2 : 1);
    l->gat_at = s->gnn == LL_NASFLAT_ENSEMBLE ? s->hidden : 0;
    l->op_emb = take(l, s->n_ops, s->op_dim);
    l->hw_emb = take(l, s->n_devices, s->hw_dim);
    l->out_emb = take(l, 1, l->o_dim);
    l->node_emb = take(l, 2, s->node_dim);
    take_linear(l, &l->x_w, &l->x_b, s->node_dim, s->x_dim);
    take_op_pass(l);
    for (int i = 0; i < LL_NASFLAT_LAYERS; i++) l->conv[i] = take_conv(l, i ? s->hidden : s->x_dim);
    take_linear(l, &l->gate_w, &l->gate_b, l->o_dim, LL_NASFLAT_LAYERS * l->width);
    take_head(l);
}

/* --- initial weights --- */

static void fill_uniform(float *w, const ll_block *b, double bound, ll_rng *r)
{
    size_t n = (size_t)b->rows * (size_t)b->cols;
    for (size_t i = 0; i < n; i++) w[b->at + i] = (float)(bound * (2 * ll_rng_uniform(r) - 1));
}

static void fill_normal(float *w, const ll_block *b, ll_rng *r)
{
    size_t n = (size_t)b->rows * (size_t)b->cols;
    for (size_t i = 0; i < n; i++) w[b->at + i] = (float)ll_rng_normal(r);
}

static void fill_linear(float *w, const ll_block *weight, const ll_block *bias, ll_rng *r)
{
    if (!weight->rows) return;
    fill_uniform(w, weight, 1 / sqrt(weight->rows), r);
    fill_uniform(w, bias, 1 / sqrt(weight->rows), r);
}

static void fill_conv(const ll_nasflat_layout *l, float *w, const ll_nasflat_conv *c, ll_rng *r)
{
    int f = l->shape.hidden;
    double dgf = 1 / sqrt(f), gat = 1 / sqrt(c->w.rows);
    for (int i = 0; i < c->w.rows; i++)
        for (int j = 0; j < l->width; j++)
            w[c->w.at + (size_t)(i * l->width + j)] =
                (float)((c->dgf_bias.rows && j < f ? dgf : gat) * (2 * ll_rng_uniform(r) - 1));
    fill_uniform(w, &c->dgf_bias, dgf, r);
    fill_uniform(w, &c->a, dgf, r);
    for (int j = 0; j < f * c->gamma.rows; j++) w[c->gamma.at + (size_t)j] = 1;
}

void ll_nasflat_init_weights(const ll_nasflat_layout *l, float *w, uint64_t seed)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_WEIGHTS);
    ll_block input_node = l->node_emb;
    input_node.rows = 1;
    memset(w, 0, l->n * sizeof *w);
    fill_normal(w, &l->op_emb, &r);
    fill_normal(w, &l->hw_emb, &r);
    fill_normal(w, &l->out_emb, &r);
    fill_normal(w, &input_node, &r);
    fill_linear(w, &l->x_w, &l->x_b, &r);
    for (int i = 0; l->shape.op_update && i < LL_NASFLAT_OP_LAYERS; i++) fill_conv(l, w, &l->op_conv[i], &r);
    fill_linear(w, &l->op_gate_w, &l->op_gate_b, &r);
    for (int i = 0; i < 3; i++) fill_linear(w, &l->g_w[i], &l->g_b[i], &r);
    for (int i = 0; i < 2; i++) fill_linear(w, &l->u_w[i], &l->u_b[i], &r);
    for (int i = 0; i < LL_NASFLAT_LAYERS; i++) fill_conv(l, w, &l->conv[i], &r);
    fill_linear(w, &l->gate_w, &l->gate_b, &r);
    for (int i = 0; i < 3; i++) fill_linear(w, &l->z_w[i], &l->z_b[i], &r);
    for (int i = 0; i < 2; i++) fill_linear(w, &l->hw_w[i], &l->hw_b[i], &r);
    for (int i = 0; i < 4; i++) fill_linear(w, &l->head_w[i], &l->head_b[i], &r);
}

void ll_nasflat_head_mask(const ll_nasflat_layout *l, unsigned char *active)
{
    memset(active, 0, l->n);
    memset(active + l->hw_emb.at, 1, (size_t)l->hw_emb.rows * (size_t)l->hw_emb.cols);
    memset(active + l->hw_w[0].at, 1, l->n - l->hw_w[0].at); /* device branch and head are the last blocks */
}
