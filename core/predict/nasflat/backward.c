#include <string.h>

#include "core/predict/nasflat/work.h"

static void clear(real *y, int rows, int cols)
{
    memset(y, 0, (size_t)rows * (size_t)cols * sizeof *y);
}

/* Gradient pointers of a layer; proj and gates are set per node. */
static ll_conv_grad conv_grad(const ll_nasflat_work *k, const ll_nasflat_conv *c, real *grad)
{
    return (ll_conv_grad){.total = k->dtotal,
                          .dgf_bias = grad + c->dgf_bias.at,
                          .a = grad + c->a.at,
                          .gamma = grad + c->gamma.at,
                          .beta = grad + c->beta.at};
}

/* The transpose of ll_nasflat_total: the sum's gradient goes to every node's row. */
static void spread_total(const ll_nasflat_work *k, const ll_conv *c, const int *row_of, real *proj)
{
    if (!c->gat) return;
    for (int i = 0; i < c->n_nodes; i++)
        ll_add_row(proj + (size_t)row_of[i] * c->width + c->gat_at, k->dtotal, c->f);
}

/* Through x -> x W: dx overwritten (NULL: not wanted), or added to. */
static void project_back(const ll_nasflat_work *k, const real *w, const ll_nasflat_conv *c,
                         const ll_conv *conv, const real *x, int rows, real *grad, real *dx, int add)
{
    size_t at = ll_conv_weights(k->l, c, conv);
    ll_linear_back(x, rows, c->w.rows, w + at, k->l->width, conv->width, k->dproj, conv->width, grad + at,
                   NULL, dx, add);
}

/* --- head ----------------------------------------------------------------------------------------------- */

static void head_back(ll_nasflat_work *k, const real *w, const real *dscore, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int h = l->shape.head, b = k->busy.n;
    real scale = k->dropped ? 1 / (1 - LL_HEAD_DROPOUT) : 1;
    const real *dy = dscore;
    int cols = 1;
    for (int i = 3; i >= 0; i--) {
        const real *x = i ? k->head[i - 1] : k->head_in;
        real *dx = i ? k->dhead[i & 1] : k->dhead_in;
        ll_linear_back(x, b, l->head_w[i].rows, w + l->head_w[i].at, cols, cols, dy, cols,
                       grad + l->head_w[i].at, grad + l->head_b[i].at, dx, 0);
        if (i) ll_act_back(dx, x, b, h, h, LL_ACT_RELU, scale);
        dy = dx;
        cols = h;
    }
}

static void encoding_back(ll_nasflat_work *k, const real *w, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int nz = l->shape.n_z, zh = l->shape.z_hidden, zd = l->shape.z_dim, b = k->busy.n;
    real scale = k->dropped ? 1 / (1 - LL_HEAD_DROPOUT) : 1;
    for (int i = 0; i < b; i++)
        memcpy(k->dz_last + (size_t)i * zd, k->dhead_in + (size_t)i * l->head_in + l->shape.hidden,
               (size_t)zd * sizeof(real));
    ll_linear_back(k->z_out[1], b, zh, w + l->z_w[2].at, zd, zd, k->dz_last, zd, grad + l->z_w[2].at,
                   grad + l->z_b[2].at, k->dz[1], 0);
    ll_act_back(k->dz[1], k->z_out[1], b, zh, zh, LL_ACT_RELU, scale);
    ll_linear_back(k->z_out[0], b, zh, w + l->z_w[1].at, zh, zh, k->dz[1], zh, grad + l->z_w[1].at,
                   grad + l->z_b[1].at, k->dz[0], 0);
    ll_act_back(k->dz[0], k->z_out[0], b, zh, zh, LL_ACT_RELU, scale);
    ll_linear_back(k->z_in, b, nz, w + l->z_w[0].at, zh, zh, k->dz[0], zh, grad + l->z_w[0].at,
                   grad + l->z_b[0].at, NULL, 0);
}

static void device_back(ll_nasflat_work *k, const real *w, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int hd = l->shape.hw_dim, od = l->shape.op_dim, n = k->plan.n_devices;
    clear(k->dhw[1], n, od);
    for (int q = 0; q < k->busy.n; q++)
        ll_add_row(k->dhw[1] + (size_t)k->plan.device_of[k->busy.item[q]] * od,
                   k->dhead_in + (size_t)(q + 1) * l->head_in - od, od);
    ll_linear_back(k->hw_out[0], n, od, w + l->hw_w[1].at, od, od, k->dhw[1], od, grad + l->hw_w[1].at,
                   grad + l->hw_b[1].at, k->dhw[0], 0);
    ll_act_back(k->dhw[0], k->hw_out[0], n, od, od, LL_ACT_RELU, 1);
    /* the input gradient (n, hw_dim) fits where the forward's input was: it is not read again */
    ll_linear_back(k->hw_in, n, hd, w + l->hw_w[0].at, od, od, k->dhw[0], od, grad + l->hw_w[0].at,
                   grad + l->hw_b[0].at, k->hw_in, 0);
    for (int i = 0; i < n; i++)
        ll_add_row(grad + l->hw_emb.at + (size_t)k->plan.device[i] * hd, k->hw_in + (size_t)i * hd, hd);
}

/* --- main pass ------------------------------------------------------------------------------------------ */

/* Of the rows of a busy item, whose gradients begin at dy; g->proj is where those of its projections do. */
static void conv_item_back(const ll_nasflat_work *k, const ll_conv *conv, int layer, int q, const real *dy,
                           ll_conv_grad *g)
{
    const ll_layer_work *m = &k->main[layer];
    const ll_nasflat_plan *p = &k->plan;
    int item = k->busy.item[q], n_nodes = conv->n_nodes, row = p->at.row_at[layer][item];
    const uint8_t *times = k->g->rows[layer].times + ll_nodes_at(k, item);
    const real *proj = m->proj + ll_main_row_at(k, layer, item) * (size_t)conv->width;
    for (int j = 0; j < n_nodes; j++) {
        if (!times[j]) continue;
        ll_conv_node node = ll_main_node(k, layer, item, j);
        ll_conv_keep keep = ll_keep_at(k, m, row++);
        size_t slot = (size_t)ll_busy_slot(k, q, j) * (size_t)conv->f;
        g->dgf_gate = k->dgate[LL_DGF_HALF] + slot;
        g->gat_gate = k->dgate[LL_GAT_HALF] + slot;
        ll_conv_backward(conv, proj, &node, &keep, dy, g);
        dy += conv->f;
    }
}

/* The mean over nodes 1 .. N-1: dout of the last layer's rows. */
static void mean_back(ll_nasflat_work *k)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden;
    real *to = k->dout;
    for (int q = 0; q < k->busy.n; q++) {
        const uint8_t *times = k->g->rows[LL_NASFLAT_LAYERS - 1].times + ll_nodes_at(k, k->busy.item[q]);
        const real *restrict d = k->dhead_in + (size_t)q * l->head_in;
        for (int j = 0; j < l->shape.n_nodes; j++) {
            if (!times[j]) continue;
            real share = ll_mean_share(l, times[j]), *restrict row = to;
#pragma omp simd
            for (int c = 0; c < f; c++) row[c] = share * d[c];
            to += f;
        }
    }
}

static void clear_gates(const ll_nasflat_work *k)
{
    for (int half = 0; half < LL_HALVES; half++)
        clear(k->dgate[half], ll_main_gates_of(k->l, 0, half, k->busy.n_gather, k->busy.n_slots).rows,
              k->l->shape.hidden);
}

/* Behind the sigmoid of one half's gates, where a busy item's are. */
static void gates_act_back(const ll_nasflat_work *k, int half, const real *gate)
{
    const ll_nasflat_plan *p = &k->plan;
    real *d = k->dgate[half];
    int f = k->l->shape.hidden, kinds = half == LL_DGF_HALF ? LL_SLOT_GATHERS + 1 : LL_SLOT_KINDS;
    if (!p->by_item) ll_act_back(d, gate, p->n_slots, f, f, LL_ACT_SIGMOID, 1);
    for (int kind = 0; p->by_item && kind < kinds; kind++)
        for (int q = 0; q < k->busy.n; q++) {
            const int *from = k->busy.at.slot_at[kind] + q;
            ll_act_back(d + (size_t)from[0] * f, gate + (size_t)p->at.slot_at[kind][k->busy.item[q]] * f,
                        from[1] - from[0], f, f, LL_ACT_SIGMOID, 1);
        }
}

/* Adds to do_new. */
static void gates_back(const ll_nasflat_work *k, const real *w, int layer, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    const real *o = l->shape.op_update ? k->o_new : k->o;
    int f = l->shape.hidden;
    for (int half = 0; half < LL_HALVES; half++) {
        ll_main_gates g = ll_main_gates_of(l, layer, half, k->busy.n_gather, k->busy.n_slots);
        if (!g.rows) continue;
        gates_act_back(k, half, k->main[layer].gate[half]);
        ll_linear_back(o, g.rows, l->o_dim, w + g.w, l->gate_w.cols, f, k->dgate[half], f, grad + g.w,
                       grad + g.b, k->do_new, 1);
    }
}

/* Layers above the first: dout of the rows becomes that of the layer below. */
static void conv_layer_back(ll_nasflat_work *k, const real *w, const ll_conv *conv, int layer, real *grad)
{
    const ll_nasflat_conv *c = &k->l->conv[layer];
    int b = k->busy.n, rows_in = k->busy.at.row_at[layer - 1][b];
    ll_conv_grad g = conv_grad(k, c, grad);
    clear(k->dproj, rows_in, conv->width);
    for (int q = 0; q < b; q++) {
        g.proj = k->dproj + (size_t)k->busy.at.row_at[layer - 1][q] * conv->width;
        clear(k->dtotal, 1, conv->f);
        conv_item_back(k, conv, layer, q, k->dout + (size_t)k->busy.at.row_at[layer][q] * conv->f, &g);
        spread_total(k, conv, ll_main_rows(k, layer, k->busy.item[q]), g.proj);
    }
    project_back(k, w, c, conv, k->main[layer - 1].out, rows_in, grad, k->dout, 0);
}

/* The same behind the ReLU of the layer below. The last layer's gradient is that of the mean. */
static void inner_layer_back(ll_nasflat_work *k, const real *w, int layer, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    bool last = layer == LL_NASFLAT_LAYERS - 1;
    ll_conv conv = ll_nasflat_main_conv(l, w, layer);
    int f = conv.f, rows_in = k->busy.at.row_at[layer - 1][k->busy.n];
    clear_gates(k);
    if (last && conv.gat) mean_back(k);
    if (last && !conv.gat)
        clear(k->dout, rows_in, f);
    else
        conv_layer_back(k, w, &conv, layer, grad);
    if (last && l->shape.gnn != LL_NASFLAT_GAT) ll_nasflat_flow_back(k, w, grad);
    gates_back(k, w, layer, grad);
    ll_act_back(k->dout, k->main[layer - 1].out, rows_in, f, f, LL_ACT_RELU, 1);
}

static void first_layer_back(ll_nasflat_work *k, const real *w, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden;
    ll_conv conv = ll_nasflat_main_conv(l, w, 0);
    ll_conv_grad g = conv_grad(k, &l->conv[0], grad);
    g.proj = k->dproj;
    clear(k->dproj, 2, l->width);
    clear(k->dtotal, 1, f);
    clear_gates(k);
    for (int q = 0; q < k->busy.n; q++)
        conv_item_back(k, &conv, 0, q, k->dout + (size_t)k->busy.at.row_at[0][q] * f, &g);
    gates_back(k, w, 0, grad);
    spread_total(k, &conv, ll_nasflat_two_rows, k->dproj);
    project_back(k, w, &l->conv[0], &conv, k->x, 2, grad, k->dx, 0);
}

/* --- operation pass ------------------------------------------------------------------------------------- */

/* What the slots of a kind of a busy item give to their rows and to the item. */
static void share_slots_back(const ll_nasflat_work *k, int kind, int q)
{
    int f = k->l->shape.hidden, slot = k->plan.at.slot_at[kind][k->busy.item[q]];
    const int *at = k->busy.at.slot_at[kind] + q;
    for (int i = at[0]; i < at[1]; i++, slot++) {
        const real *d = k->dhidden + (size_t)i * f;
        ll_add_row(k->du_rows + (size_t)k->plan.slot_row[slot] * f, d, f);
        ll_add_row(k->du_items + (size_t)q * f, d, f);
    }
}

static void update_ops_back(ll_nasflat_work *k, const real *w, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden, o = l->o_dim, b = k->busy.n, s = k->busy.n_slots;
    size_t u = l->u_w[0].at, u_items = u + (size_t)o * f;
    ll_linear_back(k->u_hidden, s, f, w + l->u_w[1].at, o, o, k->do_new, o, grad + l->u_w[1].at,
                   grad + l->u_b[1].at, k->dhidden, 0);
    ll_act_back(k->dhidden, k->u_hidden, s, f, f, LL_ACT_RELU, 1);
    clear(k->du_rows, k->plan.n_rows, f);
    clear(k->du_items, b, f);
    for (int kind = 0; kind < LL_SLOT_KINDS; kind++)
        for (int q = 0; q < b; q++) share_slots_back(k, kind, q);
    ll_linear_back(k->o, k->plan.n_rows, o, w + u, f, f, k->du_rows, f, grad + u, NULL, k->d_o, 0);
    ll_linear_back(k->g_out[2], b, f, w + u_items, f, f, k->du_items, f, grad + u_items, grad + l->u_b[0].at,
                   k->dg[1], 0);
    for (int i = 2; i >= 0; i--) {
        const real *x = i ? k->g_out[i - 1] : k->op[1].out;
        real *dx = k->dg[i & 1];
        const real *dy = k->dg[!(i & 1)];
        ll_linear_back(x, b, f, w + l->g_w[i].at, f, f, dy, f, grad + l->g_w[i].at, grad + l->g_b[i].at, dx,
                       0);
        if (i) ll_act_back(dx, x, b, f, f, LL_ACT_RELU, 1);
    }
}

/* dy (b, F): gradient of the output node's row. */
static void op_second_back(ll_nasflat_work *k, const real *w, const real *dy, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int n_nodes = l->shape.n_nodes, f = l->shape.hidden;
    ll_conv conv = ll_nasflat_conv_of(l, w, &l->op_conv[1], false);
    ll_conv_grad g = conv_grad(k, &l->op_conv[1], grad);
    g.proj = k->dproj;
    g.dgf_gate = k->dout_gate;
    g.gat_gate = k->dout_gate + l->gat_at;
    clear(k->dproj, k->plan.n_classes, l->width);
    clear(k->dout_gate, 1, l->width);
    for (int q = 0; q < k->busy.n; q++) {
        int i = k->busy.item[q];
        const int *rows = k->plan.class_of + i * n_nodes;
        ll_conv_node node = ll_out_node(k, i);
        ll_conv_keep keep = ll_keep_at(k, &k->op[1], i);
        clear(k->dtotal, 1, f);
        ll_conv_backward(&conv, k->op[1].proj, &node, &keep, dy + (size_t)q * f, &g);
        spread_total(k, &conv, rows, k->dproj);
    }
    project_back(k, w, &l->op_conv[1], &conv, k->op[0].out, k->plan.n_classes, grad, k->dout, 0);
    ll_act_back(k->dout, k->op[0].out, k->plan.n_classes, f, f, LL_ACT_RELU, 1);
}

static void op_first_back(ll_nasflat_work *k, const real *w, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden, width = l->width;
    ll_conv conv = ll_nasflat_conv_of(l, w, &l->op_conv[0], true);
    ll_conv_grad g = conv_grad(k, &l->op_conv[0], grad);
    g.proj = k->dproj;
    clear(k->dproj, 2, width);
    clear(k->dtotal, 1, f);
    clear(k->dop_gate, k->plan.n_rows, width);
    for (int c = 0; c < k->plan.n_classes; c++) {
        ll_conv_node node = ll_class_node(k, c);
        ll_conv_keep keep = ll_keep_at(k, &k->op[0], c);
        g.dgf_gate = k->dop_gate + (size_t)k->plan.class_row[c] * width;
        g.gat_gate = g.dgf_gate + l->gat_at;
        ll_conv_backward(&conv, k->op[0].proj, &node, &keep, k->dout + (size_t)c * f, &g);
    }
    spread_total(k, &conv, ll_nasflat_two_rows, k->dproj);
    project_back(k, w, &l->op_conv[0], &conv, k->x, 2, grad, k->dx, 1);
}

static void op_gates_back(ll_nasflat_work *k, const real *w, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int width = l->width, all = l->op_gate_w.cols, o = l->o_dim;
    size_t gw = l->op_gate_w.at, gb = l->op_gate_b.at, out = (size_t)LL_NASFLAT_OUTPUT * o;
    ll_act_back(k->dop_gate, k->op_gate, k->plan.n_rows, width, width, LL_ACT_SIGMOID, 1);
    ll_linear_back(k->o, k->plan.n_rows, o, w + gw, all, width, k->dop_gate, width, grad + gw, grad + gb,
                   k->d_o, 1);
    ll_act_back(k->dout_gate, k->out_gate, 1, width, width, LL_ACT_SIGMOID, 1);
    ll_linear_back(k->o + out, 1, o, w + gw + width, all, width, k->dout_gate, width, grad + gw + width,
                   grad + gb + width, k->d_o + out, 1);
}

/* --- inputs --------------------------------------------------------------------------------------------- */

static void op_vectors_back(const ll_nasflat_work *k, const real *d_o, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    int o = l->o_dim, op = l->shape.op_dim, n_ops = l->shape.n_ops, hw = l->shape.hw_dim;
    ll_add_row(grad + l->out_emb.at, d_o + (size_t)LL_NASFLAT_OUTPUT * o, o);
    for (int r = LL_NASFLAT_FIRST_OP; r < k->plan.n_rows; r++) {
        int slot = (r - LL_NASFLAT_FIRST_OP) / n_ops, which = (r - LL_NASFLAT_FIRST_OP) % n_ops;
        const real *d = d_o + (size_t)r * o;
        ll_add_row(grad + l->op_emb.at + (size_t)which * op, d, op);
        if (!l->shape.hw_head)
            ll_add_row(grad + l->hw_emb.at + (size_t)k->plan.device[slot] * hw, d + op, hw);
    }
}

void ll_nasflat_backward(ll_nasflat_work *k, const real *w, const real *dscore, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    const ll_nasflat_shape *s = &l->shape;
    dscore = ll_nasflat_drop_idle(k, dscore);
    if (!k->busy.n) return;
    head_back(k, w, dscore, grad);
    if (s->n_z) encoding_back(k, w, grad);
    if (s->hw_head) device_back(k, w, grad);
    clear(k->do_new, k->busy.n_slots, l->o_dim);
    inner_layer_back(k, w, 2, grad);
    inner_layer_back(k, w, 1, grad);
    first_layer_back(k, w, grad);
    if (s->op_update) {
        update_ops_back(k, w, grad);
        op_second_back(k, w, k->dg[0], grad);
        op_first_back(k, w, grad);
        op_gates_back(k, w, grad);
    }
    op_vectors_back(k, s->op_update ? k->d_o : k->do_new, grad);
    ll_linear_back(w + l->node_emb.at, 2, s->node_dim, w + l->x_w.at, s->x_dim, s->x_dim, k->dx, s->x_dim,
                   grad + l->x_w.at, grad + l->x_b.at, grad + l->node_emb.at, 1);
}
