/* NASFLAT parameters under the authors' tensor names: a table of where each tensor lies in our flat block. */
#include <stdio.h>
#include <string.h>

#include "core/nn/graph_conv.h"
#include "core/predict/nasflat/shape.h"

typedef struct walk {
    const ll_nasflat_layout *l;
    void (*fn)(void *ctx, const char *name, const ll_nasflat_view *at);
    void *ctx;
} walk;

/* Columns [from, from + cols) of a block as a (rows, cols) tensor, or transposed as (cols, rows). */
static void matrix(const walk *w, const char *name, const ll_block *b, int first_row, int rows, int from,
                   int cols, bool transposed)
{
    ll_nasflat_view v = {b->at + (size_t)(first_row * b->cols + from), 2, rows, cols, b->cols, 1};
    if (transposed) v.rows = cols, v.cols = rows, v.row_step = 1, v.col_step = b->cols;
    if (rows && cols) w->fn(w->ctx, name, &v);
}

static void vector(const walk *w, const char *name, const ll_block *b, int from, int n)
{
    ll_nasflat_view v = {b->at + (size_t)from, 1, 1, n, 0, 1};
    if (b->rows) w->fn(w->ctx, name, &v);
}

static void linear(const walk *w, const char *stem, const ll_block *weight, const ll_block *bias)
{
    char name[96];
    snprintf(name, sizeof name, "%s.weight", stem);
    matrix(w, name, weight, 0, weight->rows, 0, weight->cols, true);
    snprintf(name, sizeof name, "%s.bias", stem);
    vector(w, name, bias, 0, bias->cols);
}

/* The gate of one half of one layer: columns of the gates of all layers. */
static void gate(const walk *w, const char *stem, const ll_block *weight, const ll_block *bias, int from)
{
    char name[128];
    int f = w->l->shape.hidden;
    snprintf(name, sizeof name, "%s.op_attention.weight", stem);
    matrix(w, name, weight, 0, weight->rows, from, f, true);
    snprintf(name, sizeof name, "%s.op_attention.bias", stem);
    vector(w, name, bias, from, f);
}

static void dgf_half(const walk *w, const char *stem, const ll_nasflat_conv *c)
{
    char name[128];
    snprintf(name, sizeof name, "%s.weight", stem);
    matrix(w, name, &c->w, 0, c->w.rows, 0, w->l->shape.hidden, false);
    snprintf(name, sizeof name, "%s.bias", stem);
    vector(w, name, &c->dgf_bias, 0, w->l->shape.hidden);
}

static void gat_half(const walk *w, const char *stem, const ll_nasflat_conv *c)
{
    char name[128];
    int f = w->l->shape.hidden;
    snprintf(name, sizeof name, "%s.Wk.weight", stem);
    matrix(w, name, &c->w, 0, c->w.rows, w->l->gat_at, f, true);
    snprintf(name, sizeof name, "%s.a.weight", stem);
    matrix(w, name, &c->a, 0, 1, 0, f, false);
    snprintf(name, sizeof name, "%s.layernorm.weight", stem);
    vector(w, name, &c->gamma, 0, f);
    snprintf(name, sizeof name, "%s.layernorm.bias", stem);
    vector(w, name, &c->beta, 0, f);
}

/* One graph layer; the halves of an ensemble have names of their own. */
static void conv(const walk *w, const char *pass, int i, const ll_nasflat_conv *c, const ll_block *gates,
                 const ll_block *gate_bias)
{
    char dgf[64], gat[64];
    bool both = w->l->shape.gnn == LL_NASFLAT_ENSEMBLE;
    snprintf(dgf, sizeof dgf, "%s.%d%s", pass, i, both ? ".dense_graph_flow" : "");
    snprintf(gat, sizeof gat, "%s.%d%s", pass, i, both ? ".graph_attention_layer" : "");
    if (w->l->shape.gnn != LL_NASFLAT_GAT) {
        dgf_half(w, dgf, c);
        gate(w, dgf, gates, gate_bias, i * w->l->width);
    }
    if (w->l->shape.gnn != LL_NASFLAT_DGF) {
        gat_half(w, gat, c);
        gate(w, gat, gates, gate_bias, i * w->l->width + w->l->gat_at);
    }
}

static void embeddings(const walk *w)
{
    const ll_nasflat_layout *l = w->l;
    int op = l->shape.op_dim;
    matrix(w, "op_emb.weight", &l->op_emb, 0, l->op_emb.rows, 0, op, false);
    matrix(w, "hw_emb.weight", &l->hw_emb, 0, l->hw_emb.rows, 0, l->shape.hw_dim, false);
    matrix(w, "output_op_emb.weight", &l->out_emb, 0, 1, 0, op, false);
    matrix(w, "output_hw_emb.weight", &l->out_emb, 0, 1, op, l->o_dim - op, false);
    matrix(w, "input_node_emb.weight", &l->node_emb, 0, 1, 0, l->shape.node_dim, false);
    matrix(w, "other_node_emb", &l->node_emb, 1, 1, 0, l->shape.node_dim, false);
    linear(w, "x_hidden", &l->x_w, &l->x_b);
}

void ll_nasflat_each_tensor(const ll_nasflat_layout *l,
                            void (*fn)(void *ctx, const char *name, const ll_nasflat_view *at), void *ctx)
{
    static const char *const g[] = {"replace_bgcn_mlp.0", "replace_bgcn_mlp.2", "replace_bgcn_mlp.4"};
    static const char *const u[] = {"updateop_embedder.0", "updateop_embedder.2"};
    static const char *const z[] = {"zcp_embedder.0.0", "zcp_embedder.1.0", "zcp_embedder.2"};
    static const char *const hw[] = {"hw_emb_embedder.0", "hw_emb_embedder.2"};
    static const char *const head[] = {"mlp.0.0", "mlp.1.0", "mlp.2.0", "mlp.3"};
    walk w = {l, fn, ctx};
    embeddings(&w);
    for (int i = 0; l->shape.op_update && i < LL_NASFLAT_OP_LAYERS; i++)
        conv(&w, "op_f_gcns", i, &l->op_conv[i], &l->op_gate_w, &l->op_gate_b);
    for (int i = 0; i < 3; i++) linear(&w, g[i], &l->g_w[i], &l->g_b[i]);
    for (int i = 0; i < 2; i++) linear(&w, u[i], &l->u_w[i], &l->u_b[i]);
    for (int i = 0; i < LL_NASFLAT_LAYERS; i++) conv(&w, "gcns", i, &l->conv[i], &l->gate_w, &l->gate_b);
    for (int i = 0; i < 3; i++) linear(&w, z[i], &l->z_w[i], &l->z_b[i]);
    for (int i = 0; i < 2; i++) linear(&w, hw[i], &l->hw_w[i], &l->hw_b[i]);
    for (int i = 0; i < 4; i++) linear(&w, head[i], &l->head_w[i], &l->head_b[i]);
}

/* --- out and in ----------------------------------------------------------------------------------------- */

typedef struct copy {
    const float *from;
    float *to;
    ll_tensors *out;
    const ll_tensors *in;
    ll_error *e;
    ll_status status;
} copy;

static int shape_of(const ll_nasflat_view *v, long *shape)
{
    shape[0] = v->n_dims == 2 ? v->rows : v->cols;
    shape[1] = v->cols;
    return v->n_dims;
}

static void export_one(void *ctx, const char *name, const ll_nasflat_view *v)
{
    copy *c = ctx;
    long shape[2];
    int n_dims = shape_of(v, shape);
    float *to = ll_tensors_add(c->out, name, LL_F32, n_dims, shape, NULL)->data;
    for (int r = 0; r < v->rows; r++)
        for (int i = 0; i < v->cols; i++)
            *to++ = c->from[v->at + (size_t)(r * v->row_step + i * v->col_step)];
}

void ll_nasflat_export(const ll_nasflat_layout *l, const float *w, ll_tensors *out)
{
    copy c = {.from = w, .out = out};
    ll_nasflat_each_tensor(l, export_one, &c);
}

static void import_one(void *ctx, const char *name, const ll_nasflat_view *v)
{
    copy *c = ctx;
    const ll_tensor *t;
    long shape[2];
    int n_dims = shape_of(v, shape);
    if (c->status || (c->status = ll_tensors_need(c->in, name, LL_F32, n_dims, shape, &t, c->e))) return;
    const float *from = t->data;
    for (int r = 0; r < v->rows; r++)
        for (int i = 0; i < v->cols; i++)
            c->to[v->at + (size_t)(r * v->row_step + i * v->col_step)] = *from++;
}

ll_status ll_nasflat_import(const ll_nasflat_layout *l, const ll_tensors *in, float *w, ll_error *e)
{
    copy c = {.to = w, .in = in, .e = e};
    memset(w, 0, l->n * sizeof *w);
    ll_nasflat_each_tensor(l, import_one, &c);
    return c.status;
}

/* Extent of a dimension, or 0 when there is no such tensor. */
static int extent(const ll_tensors *in, const char *name, int dim)
{
    const ll_tensor *t = ll_tensors_find(in, name);
    return t && dim < t->n_dims ? (int)t->shape[dim] : 0;
}

ll_status ll_nasflat_shape_of(const ll_tensors *in, ll_nasflat_shape *out, ll_error *e)
{
    bool both = ll_tensors_find(in, "gcns.0.dense_graph_flow.weight");
    *out = (ll_nasflat_shape){.gnn = both                                      ? LL_NASFLAT_ENSEMBLE
                                     : ll_tensors_find(in, "gcns.0.Wk.weight") ? LL_NASFLAT_GAT
                                                                               : LL_NASFLAT_DGF,
                              .op_update = ll_tensors_find(in, "op_f_gcns.0.op_attention.bias") ||
                                           ll_tensors_find(in, "op_f_gcns.0.dense_graph_flow.bias"),
                              .hw_head = ll_tensors_find(in, "hw_emb_embedder.0.weight"),
                              .n_ops = extent(in, "op_emb.weight", 0),
                              .op_dim = extent(in, "op_emb.weight", 1),
                              .n_devices = extent(in, "hw_emb.weight", 0),
                              .hw_dim = extent(in, "hw_emb.weight", 1),
                              .node_dim = extent(in, "x_hidden.weight", 1),
                              .x_dim = extent(in, "x_hidden.weight", 0),
                              .head = extent(in, "mlp.0.0.bias", 0),
                              .n_z = extent(in, "zcp_embedder.0.0.weight", 1),
                              .z_hidden = extent(in, "zcp_embedder.0.0.weight", 0),
                              .z_dim = extent(in, "zcp_embedder.2.bias", 0)};
    out->hidden =
        extent(in, both ? "gcns.0.dense_graph_flow.op_attention.bias" : "gcns.0.op_attention.bias", 0);
    if (!out->n_ops || !out->n_devices || !out->x_dim || !out->hidden || !out->head)
        return ll_fail(e, LL_BAD_DATA,
                       "not the weights of a NASFLAT network: op_emb, hw_emb, x_hidden, gcns and mlp "
                       "were expected");
    if (out->hidden > LL_CONV_MOST_WIDTH)
        return ll_fail(e, LL_BAD_DATA, "hidden size %d, at most %d was expected", out->hidden,
                       LL_CONV_MOST_WIDTH);
    return LL_OK;
}
