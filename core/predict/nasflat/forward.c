#include <string.h>

#include "core/nn/dropout.h"
#include "core/predict/nasflat/work.h"

/* --- inputs --- */

static void gather_op_vectors(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    int o = l->o_dim, op = l->shape.op_dim, n_ops = l->shape.n_ops;
    memset(k->o, 0, (size_t)o * sizeof *k->o);
    memcpy(k->o + o, w + l->out_emb.at, (size_t)o * sizeof *k->o);
    for (int r = LL_NASFLAT_FIRST_OP; r < k->plan.n_rows; r++) {
        int slot = (r - LL_NASFLAT_FIRST_OP) / n_ops, which = (r - LL_NASFLAT_FIRST_OP) % n_ops;
        real *to = k->o + (size_t)r * o;
        memcpy(to, w + l->op_emb.at + (size_t)which * op, (size_t)op * sizeof *to);
        if (!l->shape.hw_head)
            memcpy(to + op, w + l->hw_emb.at + (size_t)k->plan.device[slot] * l->shape.hw_dim,
                   (size_t)l->shape.hw_dim * sizeof *to);
    }
}

static void project(const ll_nasflat_work *k, const real *w, const ll_nasflat_conv *c, const ll_conv *conv,
                    const real *x, int rows, real *proj)
{
    ll_nasflat_linear(k, x, rows, c->w.rows, w + ll_conv_weights(k->l, c, conv), k->l->width, NULL,
                      conv->width, LL_ACT_NONE, proj);
}

/* Of the two kinds of nodes there are before the first layer. */
static void project_two(const ll_nasflat_work *k, const real *w, const ll_nasflat_conv *c, real *proj)
{
    int width = k->l->width;
    ll_linear(k->x, 2, c->w.rows, w + c->w.at, width, NULL, width, LL_ACT_NONE, proj, width);
}

/* --- operation pass --- */

static void op_gates(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    int width = l->width, all = l->op_gate_w.cols;
    const real *gw = w + l->op_gate_w.at, *gb = w + l->op_gate_b.at;
    ll_nasflat_linear(k, k->o, k->plan.n_rows, l->o_dim, gw, all, gb, width, LL_ACT_SIGMOID, k->op_gate);
    ll_linear(k->o + (size_t)LL_NASFLAT_OUTPUT * l->o_dim, 1, l->o_dim, gw + width, all, gb + width, width,
              LL_ACT_SIGMOID, k->out_gate, width);
}

static void op_convs(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden;
    ll_conv first = ll_nasflat_conv_of(l, w, &l->op_conv[0], true),
            second = ll_nasflat_conv_of(l, w, &l->op_conv[1], false);
    project_two(k, w, &l->op_conv[0], k->op[0].proj);
    ll_nasflat_total(&first, k->op[0].proj, ll_nasflat_two_rows, k->op[0].total);
    for (int c = 0; c < k->plan.n_classes; c++) {
        ll_conv_node node = ll_class_node(k, c);
        ll_conv_keep keep = ll_keep_at(k, &k->op[0], c);
        ll_conv_forward(&first, k->op[0].proj, &node, &keep, k->op[0].out + (size_t)c * f);
    }
    project(k, w, &l->op_conv[1], &second, k->op[0].out, k->plan.n_classes, k->op[1].proj);
    for (int i = 0; i < k->plan.n; i++) {
        ll_nasflat_total(&second, k->op[1].proj, k->plan.class_of + i * l->shape.n_nodes,
                         k->op[1].total + (size_t)i * f);
        ll_conv_node node = ll_out_node(k, i);
        ll_conv_keep keep = ll_keep_at(k, &k->op[1], i);
        ll_conv_forward(&second, k->op[1].proj, &node, &keep, k->op[1].out + (size_t)i * f);
    }
}

/* o' = U([o ; g]), its first layer split by input: one part per row, one per item. */
static void update_ops(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden;
    const real *u = w + l->u_w[0].at, *in = k->op[1].out;
    for (int i = 0; i < 3; i++) {
        ll_nasflat_linear(k, in, k->plan.n, f, w + l->g_w[i].at, f, w + l->g_b[i].at, f,
                          i < 2 ? LL_ACT_RELU : LL_ACT_NONE, k->g_out[i]);
        in = k->g_out[i];
    }
    ll_nasflat_linear(k, k->o, k->plan.n_rows, l->o_dim, u, f, NULL, f, LL_ACT_NONE, k->u_rows);
    ll_nasflat_linear(k, in, k->plan.n, f, u + (size_t)l->o_dim * f, f, w + l->u_b[0].at, f, LL_ACT_NONE,
                      k->u_items);
    for (int s = 0; s < k->plan.n_slots; s++) {
        real *hidden = k->u_hidden + (size_t)s * f;
        memcpy(hidden, k->u_rows + (size_t)k->plan.slot_row[s] * f, (size_t)f * sizeof *hidden);
        ll_bias_act(hidden, 1, f, f, k->u_items + (size_t)k->plan.slot_item[s] * f, LL_ACT_RELU);
    }
    ll_nasflat_linear(k, k->u_hidden, k->plan.n_slots, f, w + l->u_w[1].at, l->o_dim, w + l->u_b[1].at,
                      l->o_dim, LL_ACT_NONE, k->o_new);
}

/* --- main pass ------------------------------------------------------------------------------------------ */

static void layer_gates(ll_nasflat_work *k, const real *w, int layer)
{
    const ll_nasflat_layout *l = k->l;
    const real *o = l->shape.op_update ? k->o_new : k->o;
    for (int half = 0; half < LL_HALVES; half++) {
        ll_main_gates g = ll_main_gates_of(l, layer, half, k->plan.n_gather, k->plan.n_slots);
        ll_nasflat_linear(k, o, g.rows, l->o_dim, w + g.w, l->gate_w.cols, w + g.b, l->shape.hidden,
                          LL_ACT_SIGMOID, k->main[layer].gate[half]);
    }
}

/* The rows of an item. */
static void conv_item(ll_nasflat_work *k, const ll_conv *conv, int layer, int item, real *y)
{
    ll_layer_work *m = &k->main[layer];
    const uint8_t *times = k->g->rows[layer].times + ll_nodes_at(k, item);
    const real *proj = m->proj + ll_main_row_at(k, layer, item) * (size_t)conv->width;
    int row = k->plan.at.row_at[layer][item];
    for (int j = 0; j < conv->n_nodes; j++) {
        if (!times[j]) continue;
        ll_conv_node node = ll_main_node(k, layer, item, j);
        ll_conv_keep keep = ll_keep_at(k, m, row++);
        ll_conv_forward(conv, proj, &node, &keep, y);
        y += conv->f;
    }
}

static void first_layer(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    ll_conv conv = ll_nasflat_main_conv(l, w, 0);
    ll_layer_work *m = &k->main[0];
    layer_gates(k, w, 0);
    project_two(k, w, &l->conv[0], m->proj);
    ll_nasflat_total(&conv, m->proj, ll_nasflat_two_rows, m->total);
    for (int i = 0; i < k->plan.n; i++)
        conv_item(k, &conv, 0, i, m->out + (size_t)k->plan.at.row_at[0][i] * l->shape.hidden);
}

/* What the layers above the first read: projections of all rows, and each item's sum of them. */
static void project_layer(ll_nasflat_work *k, const real *w, const ll_conv *conv, int layer)
{
    ll_layer_work *m = &k->main[layer];
    project(k, w, &k->l->conv[layer], conv, k->main[layer - 1].out, k->plan.at.row_at[layer - 1][k->plan.n],
            m->proj);
    for (int i = 0; i < k->plan.n; i++)
        ll_nasflat_total(conv, m->proj + ll_main_row_at(k, layer, i) * (size_t)conv->width,
                         ll_main_rows(k, layer, i), ll_main_total(k, layer, i));
}

static void second_layer(ll_nasflat_work *k, const real *w)
{
    ll_conv conv = ll_nasflat_main_conv(k->l, w, 1);
    layer_gates(k, w, 1);
    project_layer(k, w, &conv, 1);
    for (int i = 0; i < k->plan.n; i++)
        conv_item(k, &conv, 1, i, k->main[1].out + (size_t)k->plan.at.row_at[1][i] * conv.f);
}

/* y (F) += the part of an item's rows in the mean over nodes 1 .. N-1. */
static void add_mean(const ll_nasflat_work *k, const uint8_t *times, const real *row, real *restrict y)
{
    int f = k->l->shape.hidden;
    for (int j = 0; j < k->l->shape.n_nodes; j++) {
        if (!times[j]) continue;
        real share = ll_mean_share(k->l, times[j]);
#pragma omp simd
        for (int c = 0; c < f; c++) y[c] += share * row[c];
        row += f;
    }
}

/* The last layer goes straight into the mean, by halves. */
static void last_layer(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    int last = LL_NASFLAT_LAYERS - 1, n = k->plan.n;
    ll_conv conv = ll_nasflat_main_conv(l, w, last);
    layer_gates(k, w, last);
    for (int i = 0; i < n; i++) memset(k->head_in + (size_t)i * l->head_in, 0, (size_t)conv.f * sizeof(real));
    if (conv.gat) project_layer(k, w, &conv, last);
    for (int i = 0; conv.gat && i < n; i++) {
        conv_item(k, &conv, last, i, k->main[last].out);
        add_mean(k, k->g->rows[last].times + ll_nodes_at(k, i), k->main[last].out,
                 k->head_in + (size_t)i * l->head_in);
    }
    if (l->shape.gnn != LL_NASFLAT_GAT) ll_nasflat_flow(k, w);
}

/* --- head --- */

/* Dropout of layer `layer` (a number of its own per layer, so that no two share their choice). */
static void drop(ll_nasflat_work *k, real *y, int cols, const uint64_t *seeds, uint64_t layer)
{
    for (int i = 0; seeds && i < k->plan.n; i++)
        ll_dropout(y + (size_t)i * cols, cols, LL_HEAD_DROPOUT, seeds[i] * 8 + layer);
}

static void encoding_branch(ll_nasflat_work *k, const real *w, const float *z, const uint64_t *dropout)
{
    const ll_nasflat_layout *l = k->l;
    int nz = l->shape.n_z, zh = l->shape.z_hidden, zd = l->shape.z_dim, b = k->plan.n;
    for (int i = 0; i < b; i++)
        for (int j = 0; j < nz; j++) k->z_in[i * nz + j] = z[(size_t)k->items[i].arch * nz + j];
    ll_nasflat_linear(k, k->z_in, b, nz, w + l->z_w[0].at, zh, w + l->z_b[0].at, zh, LL_ACT_RELU,
                      k->z_out[0]);
    drop(k, k->z_out[0], zh, dropout, 4);
    ll_nasflat_linear(k, k->z_out[0], b, zh, w + l->z_w[1].at, zh, w + l->z_b[1].at, zh, LL_ACT_RELU,
                      k->z_out[1]);
    drop(k, k->z_out[1], zh, dropout, 5);
    ll_nasflat_linear(k, k->z_out[1], b, zh, w + l->z_w[2].at, zd, w + l->z_b[2].at, zd, LL_ACT_NONE,
                      k->z_last);
    for (int i = 0; i < b; i++)
        memcpy(k->head_in + (size_t)i * l->head_in + l->shape.hidden, k->z_last + (size_t)i * zd,
               (size_t)zd * sizeof(real));
}

static void device_branch(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    int hd = l->shape.hw_dim, od = l->shape.op_dim, n = k->plan.n_devices;
    for (int i = 0; i < n; i++)
        memcpy(k->hw_in + (size_t)i * hd, w + l->hw_emb.at + (size_t)k->plan.device[i] * hd,
               (size_t)hd * sizeof(real));
    ll_nasflat_linear(k, k->hw_in, n, hd, w + l->hw_w[0].at, od, w + l->hw_b[0].at, od, LL_ACT_RELU,
                      k->hw_out[0]);
    ll_nasflat_linear(k, k->hw_out[0], n, od, w + l->hw_w[1].at, od, w + l->hw_b[1].at, od, LL_ACT_NONE,
                      k->hw_out[1]);
    for (int i = 0; i < k->plan.n; i++)
        memcpy(k->head_in + (size_t)(i + 1) * l->head_in - od,
               k->hw_out[1] + (size_t)k->plan.device_of[i] * od, (size_t)od * sizeof(real));
}

static void head(ll_nasflat_work *k, const real *w, const uint64_t *dropout, real *score)
{
    const ll_nasflat_layout *l = k->l;
    const real *in = k->head_in;
    for (int i = 0; i < 3; i++) {
        int out = l->shape.head;
        ll_nasflat_linear(k, in, k->plan.n, l->head_w[i].rows, w + l->head_w[i].at, out, w + l->head_b[i].at,
                          out, LL_ACT_RELU, k->head[i]);
        drop(k, k->head[i], out, dropout, (uint64_t)i);
        in = k->head[i];
    }
    ll_nasflat_linear(k, in, k->plan.n, l->shape.head, w + l->head_w[3].at, 1, w + l->head_b[3].at, 1,
                      LL_ACT_NONE, k->score);
    memcpy(score, k->score, (size_t)k->plan.n * sizeof *score);
}

void ll_nasflat_forward(ll_nasflat_work *k, const real *w, const ll_nasflat_item *items, int n,
                        const float *z, const uint64_t *dropout, real *score)
{
    const ll_nasflat_layout *l = k->l;
    const ll_nasflat_shape *s = &l->shape;
    k->items = items;
    k->dropped = dropout;
    ll_nasflat_plan_make(&k->plan, k->g, items, n, !s->hw_head, s->op_update);
    gather_op_vectors(k, w);
    ll_linear(w + l->node_emb.at, 2, s->node_dim, w + l->x_w.at, s->x_dim, w + l->x_b.at, s->x_dim,
              LL_ACT_NONE, k->x, s->x_dim);
    if (s->op_update) {
        op_gates(k, w);
        op_convs(k, w);
        update_ops(k, w);
    }
    first_layer(k, w);
    second_layer(k, w);
    last_layer(k, w);
    if (s->n_z) encoding_branch(k, w, z, dropout);
    if (s->hw_head) device_branch(k, w);
    head(k, w, dropout, score);
}
