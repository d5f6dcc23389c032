#include "core/predict/nasflat/work.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/small_gemm.h"

const int ll_nasflat_two_rows[LL_MAX_NODES] = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
const uint8_t ll_nasflat_two_preds[LL_MAX_NODES + 1] = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

/* One block of memory for all arrays: the first pass only counts. */
typedef struct bump {
    real *base;
    size_t used;
    int tile; /* rows come in multiples of it */
} bump;

static real *take(bump *m, int rows, int cols)
{
    real *p = m->base ? m->base + m->used : NULL;
    rows = (rows + m->tile - 1) / m->tile * m->tile;
    m->used += ((size_t)rows * (size_t)cols + 15) & ~(size_t)15;
    return p;
}

static void lay_layer(ll_nasflat_work *k, bump *m, ll_layer_work *w, int rows_in, int totals, int rows_out,
                      int outs)
{
    int f = k->l->shape.hidden, kept = k->train ? rows_out : 1;
    w->keep = k->train;
    w->proj = take(m, rows_in, k->l->width);
    w->total = take(m, totals, f);
    w->out = take(m, outs, f);
    w->gathered = take(m, kept, f);
    w->stat = take(m, kept, 3);
    w->edge = take(m, kept, 2 * k->g->most_preds);
}

/* Room for as many as there may be slots. */
static void lay_gates(const ll_nasflat_layout *l, bump *m, real *gate[LL_HALVES], int slots)
{
    for (int half = 0; half < LL_HALVES; half++)
        gate[half] = take(m, ll_main_gates_of(l, 0, half, slots, slots).rows, l->shape.hidden);
}

typedef struct extents {
    int b, n, rows, classes, slots, devices;
} extents;

static extents extents_of(const ll_nasflat_work *k, int most)
{
    const ll_nasflat_shape *s = &k->l->shape;
    extents e = {.b = most, .n = most * s->n_nodes};
    e.devices = most < s->n_devices ? most : s->n_devices;
    e.rows = LL_NASFLAT_FIRST_OP + (s->hw_head ? 1 : e.devices) * s->n_ops;
    e.classes = e.n < e.devices * k->g->n_kinds ? e.n : e.devices * k->g->n_kinds;
    e.slots = s->op_update ? e.n : e.rows;
    return e;
}

static void lay_op_pass(ll_nasflat_work *k, bump *m, const extents *e)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden;
    k->op_gate = take(m, e->rows, l->width);
    k->out_gate = take(m, 1, l->width);
    lay_layer(k, m, &k->op[0], 2, 1, e->classes, e->classes);
    lay_layer(k, m, &k->op[1], e->classes, e->b, e->b, e->b);
    for (int i = 0; i < 3; i++) k->g_out[i] = take(m, e->b, f);
    k->u_rows = take(m, e->rows, f);
    k->u_items = take(m, e->b, f);
    k->u_hidden = take(m, e->slots, f);
    k->o_new = take(m, e->slots, l->o_dim);
}

static void lay_head(ll_nasflat_work *k, bump *m, const extents *e)
{
    const ll_nasflat_shape *s = &k->l->shape;
    k->z_in = take(m, e->b, s->n_z);
    for (int i = 0; i < 2; i++) k->z_out[i] = take(m, e->b, s->z_hidden);
    k->z_last = take(m, e->b, s->z_dim);
    k->hw_in = take(m, e->devices, s->hw_dim);
    for (int i = 0; i < 2; i++) k->hw_out[i] = take(m, e->devices, s->op_dim);
    k->head_in = take(m, e->b, k->l->head_in);
    for (int i = 0; i < 3; i++) k->head[i] = take(m, e->b, s->head);
    k->score = take(m, e->b, 1);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void lay_gradients(ll_nasflat_work *k, bump *m, const extents *e)
{
    const ll_nasflat_layout *l = k->l;
    const ll_nasflat_shape *s = &l->shape;
    int f = s->hidden;
    k->dproj = take(m, larger(e->n, e->classes), l->width);
    k->dout = take(m, larger(e->n, e->classes), f);
    k->dtotal = take(m, 1, f);
    lay_gates(l, m, k->dgate, e->slots);
    k->do_new = take(m, e->slots, l->o_dim);
    k->dhidden = take(m, e->slots, f);
    k->du_rows = take(m, e->rows, f);
    k->du_items = take(m, e->b, f);
    k->d_o = take(m, e->rows, l->o_dim);
    k->dx = take(m, 2, s->x_dim);
    k->dop_gate = take(m, e->rows, l->width);
    k->dout_gate = take(m, 1, l->width);
    k->dhead_in = take(m, e->b, l->head_in);
    k->dz_last = take(m, e->b, s->z_dim);
    for (int i = 0; i < 2; i++) {
        k->dg[i] = take(m, e->b, f);
        k->dhead[i] = take(m, e->b, s->head);
        k->dz[i] = take(m, e->b, s->z_hidden);
        k->dhw[i] = take(m, e->devices, s->op_dim);
    }
}

static size_t lay_out(ll_nasflat_work *k, int most, real *base)
{
    const ll_nasflat_layout *l = k->l;
    bump m = {.base = base, .tile = k->train ? 1 : LL_NASFLAT_TILE};
    extents e = extents_of(k, most);
    k->o = take(&m, e.rows, l->o_dim);
    k->x = take(&m, 2, l->shape.x_dim);
    if (l->shape.op_update) lay_op_pass(k, &m, &e);
    lay_layer(k, &m, &k->main[0], 2, 1, e.n, e.n);
    lay_layer(k, &m, &k->main[1], e.n, e.b, e.n, e.n);
    lay_layer(k, &m, &k->main[2], e.n, e.b, e.n, l->shape.n_nodes);
    for (int i = 0; i < LL_NASFLAT_LAYERS; i++) lay_gates(l, &m, k->main[i].gate, e.slots);
    int flows = l->shape.gnn == LL_NASFLAT_GAT ? 0 : e.n + e.b;
    k->flow_in = take(&m, flows, l->shape.hidden);
    k->flow = take(&m, flows, l->shape.hidden);
    lay_head(k, &m, &e);
    if (k->train) lay_gradients(k, &m, &e);
    return m.used;
}

ll_nasflat_work *ll_nasflat_work_new(const ll_nasflat_layout *l, const ll_nasflat_graphs *g, int most,
                                     bool train)
{
    ll_nasflat_work *k = LL_NEW(ll_nasflat_work);
    k->l = l;
    k->g = g;
    k->train = train;
    ll_nasflat_busy_init(&k->busy, most);
    ll_nasflat_plan_init(&k->plan, g, most, l->shape.n_ops, l->shape.n_devices);
    k->memory = ll_alloc_aligned(lay_out(k, most, NULL), sizeof(real));
    lay_out(k, most, k->memory);
    return k;
}

void ll_nasflat_work_free(ll_nasflat_work *k)
{
    if (!k) return;
    ll_nasflat_plan_free(&k->plan);
    ll_nasflat_busy_free(&k->busy);
    free(k->memory);
    free(k);
}

void ll_nasflat_linear(const ll_nasflat_work *k, const real *x, int m, int n_in, const real *w, int ldw,
                       const real *b, int n, ll_act act, real *y)
{
    int tile = k->train || ll_small_sgemm_pays(false, m, n, n_in, false) ? m : LL_NASFLAT_TILE;
    for (int i = 0; i < m; i += tile)
        ll_linear(x + (size_t)i * n_in, tile, n_in, w, ldw, b, n, act, y + (size_t)i * n, n);
}

ll_conv ll_nasflat_conv_of(const ll_nasflat_layout *l, const real *w, const ll_nasflat_conv *c, bool relu)
{
    return (ll_conv){.f = l->shape.hidden,
                     .width = l->width,
                     .gat_at = l->gat_at,
                     .n_nodes = l->shape.n_nodes,
                     .dgf = l->shape.gnn != LL_NASFLAT_GAT,
                     .gat = l->shape.gnn != LL_NASFLAT_DGF,
                     .relu = relu,
                     .dgf_bias = w + c->dgf_bias.at,
                     .a = w + c->a.at,
                     .gamma = w + c->gamma.at,
                     .beta = w + c->beta.at};
}

ll_conv ll_nasflat_main_conv(const ll_nasflat_layout *l, const real *w, int layer)
{
    bool last = layer == LL_NASFLAT_LAYERS - 1;
    ll_conv c = ll_nasflat_conv_of(l, w, &l->conv[layer], !last);
    if (!last) return c;
    c.dgf = false;
    c.width = c.gat ? c.f : 0;
    c.gat_at = 0;
    return c;
}

void ll_nasflat_total(const ll_conv *c, const real *proj, const int *row_of, real *total)
{
    if (!c->gat) return;
    memset(total, 0, (size_t)c->f * sizeof *total);
    for (int i = 0; i < c->n_nodes; i++)
        ll_add_row(total, proj + (size_t)row_of[i] * (size_t)c->width + c->gat_at, c->f);
}
