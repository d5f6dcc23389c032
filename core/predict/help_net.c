#include "core/predict/help_net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/predict/gcn_rows.h"

/* help_net_f64.c compiles this file again in double. */
#ifdef LL_HELP_DOUBLE
typedef double real;
#define NAME(x) x##_f64
#define gemm    ll_dgemm
#else
typedef float real;
#define NAME(x) x
#define gemm    ll_sgemm
#endif
typedef struct NAME(ll_help_net) net_t;

enum { W = LL_HELP_WIDTH, NODES = LL_HELP_NODES, MOST_LAYERS = 9 };

/* One affine layer followed by relu (but the last). */
typedef struct layer {
    int weight, bias; /* offsets */
    int in, out, ld;  /* ld: numbers from one row of the stored weight to the next */
    bool in_out;      /* weight stored (in, out) rather than (out, in) */
    bool relu;
} layer;

/* A matrix and its tangent. */
typedef struct dual {
    real *v, *d; /* (rows, cols) */
} dual;

struct NAME(ll_help_net) {
    ll_help_shape shape;
    int n_params, n_trunk, most;
    layer trunk[4], hw[2], head[3];
    layer
        joint; /* the columns of the head's first weight that read the device: one row for all architectures */
    dual in[MOST_LAYERS], out[MOST_LAYERS]; /* of trunk, hw, head, in that order */
    dual device_part, device_sum;      /* (1, 2W) what joint adds to every row, and the gradient of that */
    dual g_out, g_in;                  /* gradients flowing back, wide enough for any layer */
    real *phi[3], *grad[3], *dir, *hv; /* (params) for episodes; made when first needed */
    ll_gcn_rows rows;                  /* of the trunk where it is a graph's: equal rows once */
    int *x_row;                        /* (most * nodes) input row of each distinct one */
};

/* A'[i][j] = 1: node i reads node j. Nodes: input, e1..e6, output, global (HELP's unpruned graph, self loops
 * in). */
static const unsigned char reads[NODES][NODES] = {
    {1, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0}, {1, 0, 1, 0, 0, 0, 0, 0, 0},
    {0, 1, 0, 1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 1, 0, 0, 0},
    {0, 0, 1, 1, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 1, 1, 1, 1, 0}, {1, 1, 1, 1, 1, 1, 1, 1, 1}};

#ifndef LL_HELP_DOUBLE
int ll_help_rows(const ll_help_shape *s)
{
    return s->graph ? NODES : 1;
}

static int add_slot(ll_help_slot *out, int n, const char *weight, const char *bias, int rows, int cols,
                    int n_out)
{
    int offset = n ? out[n - 1].offset + out[n - 1].rows * out[n - 1].cols : 0;
    out[n] = (ll_help_slot){weight, offset, rows, cols};
    out[n + 1] = (ll_help_slot){bias, offset + rows * cols, n_out, 1};
    return n + 2;
}

int ll_help_slots(const ll_help_shape *s, ll_help_slot out[LL_HELP_SLOTS])
{
    int n = 0, wide = s->device ? 2 * W : W;
    if (s->graph) {
        n = add_slot(out, n, "gc1.weight", "gc1.bias", s->n_in, W, W);
        n = add_slot(out, n, "gc2.weight", "gc2.bias", W, W, W);
        n = add_slot(out, n, "gc3.weight", "gc3.bias", W, W, W);
        n = add_slot(out, n, "gc4.weight", "gc4.bias", W, W, W);
    } else {
        n = add_slot(out, n, "fc1.weight", "fc1.bias", W, s->n_in, W);
        n = add_slot(out, n, "fc2.weight", "fc2.bias", W, W, W);
    }
    if (s->device) {
        n = add_slot(out, n, "fc_hw1.weight", "fc_hw1.bias", W, LL_HELP_REFERENCES, W);
        n = add_slot(out, n, "fc_hw2.weight", "fc_hw2.bias", W, W, W);
    }
    n = add_slot(out, n, "fc3.weight", "fc3.bias", wide, wide, wide);
    n = add_slot(out, n, "fc4.weight", "fc4.bias", wide, wide, wide);
    return add_slot(out, n, "fc5.weight", "fc5.bias", 1, wide, 1);
}

int ll_help_params(const ll_help_shape *s)
{
    ll_help_slot slots[LL_HELP_SLOTS];
    int n = ll_help_slots(s, slots);
    return slots[n - 1].offset + slots[n - 1].rows * slots[n - 1].cols;
}
#endif

/* --- set-up --- */

static layer layer_of(const ll_help_slot *weight, bool in_out, bool relu)
{
    return (layer){weight[0].offset,
                   weight[1].offset,
                   in_out ? weight->rows : weight->cols,
                   in_out ? weight->cols : weight->rows,
                   weight->cols,
                   in_out,
                   relu};
}

static dual dual_new(int rows, int cols)
{
    size_t n = (size_t)rows * (size_t)cols;
    return (dual){ll_alloc_aligned(n, sizeof(real)), ll_alloc_aligned(n, sizeof(real))};
}

static void dual_free(dual *a)
{
    free(a->v);
    free(a->d);
}

/* Rows that layer l of the trunk may have per architecture: all nodes, but only the global one in the last. */
static int most_rows(const net_t *net, int l)
{
    return net->shape.graph && l < 3 ? NODES : 1;
}

/* Rows that it has for n architectures. */
static int trunk_rows(const net_t *net, int l, int n)
{
    return net->shape.graph ? net->rows.layer[l].n : n;
}

net_t *NAME(ll_help_net_new)(const ll_help_shape *s, int most)
{
    ll_help_slot slots[LL_HELP_SLOTS];
    net_t *net = LL_NEW(net_t);
    ll_help_slots(s, slots);
    net->shape = *s;
    net->n_params = ll_help_params(s);
    net->n_trunk = s->graph ? 4 : 2;
    net->most = most;
    const ll_help_slot *next = slots;
    for (int l = 0; l < net->n_trunk; l++, next += 2) net->trunk[l] = layer_of(next, s->graph, true);
    for (int l = 0; l < 2 && s->device; l++, next += 2) net->hw[l] = layer_of(next, false, true);
    for (int l = 0; l < 3; l++, next += 2) net->head[l] = layer_of(next, false, l < 2);
    net->joint = net->head[0];
    net->joint.weight += W;
    net->head[0].in = net->joint.in = W;
    for (int l = 0; l < net->n_trunk; l++) {
        net->in[l] = dual_new(most * most_rows(net, l), net->trunk[l].in);
        net->out[l] = dual_new(most * most_rows(net, l), W);
    }
    for (int l = 0; l < 2; l++) {
        net->in[4 + l] = dual_new(1, W);
        net->out[4 + l] = dual_new(1, W);
    }
    for (int l = 0; l < 3; l++) {
        net->in[6 + l] = dual_new(most, net->head[l].in);
        net->out[6 + l] = dual_new(most, net->head[l].out);
    }
    net->device_part = dual_new(1, 2 * W);
    net->device_sum = dual_new(1, 2 * W);
    net->g_out = dual_new(most * NODES, 2 * W);
    net->g_in = dual_new(most * NODES, 2 * W);
    net->x_row = LL_NEW_ARRAY(int, most *NODES);
    return net;
}

void NAME(ll_help_net_free)(net_t *net)
{
    if (!net) return;
    for (int i = 0; i < MOST_LAYERS; i++) {
        dual_free(&net->in[i]);
        dual_free(&net->out[i]);
    }
    dual_free(&net->device_part);
    dual_free(&net->device_sum);
    dual_free(&net->g_out);
    dual_free(&net->g_in);
    ll_gcn_rows_free(&net->rows);
    free(net->x_row);
    for (int i = 0; i < 3; i++) {
        free(net->phi[i]);
        free(net->grad[i]);
    }
    free(net->dir);
    free(net->hv);
    free(net);
}

/* --- one layer, with its tangent when `dir` is given --- */

static void add_bias(real *restrict y, const real *restrict b, int rows, int cols)
{
    for (int i = 0; i < rows; i++, y += cols) {
#pragma omp simd
        for (int j = 0; j < cols; j++) y[j] += b[j];
    }
}

/* x = 0 where the output of relu is 0 */
static void mask(real *restrict x, const real *restrict y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) x[i] = y[i] > 0 ? x[i] : 0;
}

static void relu(real *y, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) y[i] = y[i] > 0 ? y[i] : 0;
}

/* y (rows, out) = beta y + x (rows, in) times the weight of p */
static void times_weight(const layer *l, const real *p, const real *x, int rows, real beta, real *y)
{
    gemm(false, !l->in_out, rows, l->out, l->in, 1, x, l->in, p + l->weight, l->ld, beta, y, l->out);
}

/* gx (rows, in) = beta gx + gy times the weight transposed */
static void times_weight_back(const layer *l, const real *p, const real *gy, int rows, real beta, real *gx)
{
    gemm(false, l->in_out, rows, l->in, l->out, 1, gy, l->out, p + l->weight, l->ld, beta, gx, l->in);
}

/* g.weight = beta g.weight + the outer products of x and gy */
static void weight_gradient(const layer *l, const real *x, const real *gy, int rows, real beta, real *g)
{
    if (l->in_out)
        gemm(true, false, l->in, l->out, rows, 1, x, l->in, gy, l->out, beta, g + l->weight, l->ld);
    else
        gemm(true, false, l->out, l->in, rows, 1, gy, l->out, x, l->in, beta, g + l->weight, l->ld);
}

/* sum (cols) = the sum of the rows of y */
static void sum_rows(real *restrict sum, const real *restrict y, int rows, int cols)
{
    memset(sum, 0, (size_t)cols * sizeof *sum);
    for (int i = 0; i < rows; i++, y += cols) {
#pragma omp simd
        for (int j = 0; j < cols; j++) sum[j] += y[j];
    }
}

/* `common` (1, out), may be NULL, is added to every row. */
static void layer_forward(const layer *l, const real *p, const real *dir, const dual *x, const dual *common,
                          int rows, dual *y)
{
    size_t n = (size_t)rows * (size_t)l->out;
    times_weight(l, p, x->v, rows, 0, y->v);
    add_bias(y->v, p + l->bias, rows, l->out);
    if (common) add_bias(y->v, common->v, rows, l->out);
    if (dir) {
        times_weight(l, dir, x->v, rows, 0, y->d);
        times_weight(l, p, x->d, rows, 1, y->d);
        add_bias(y->d, dir + l->bias, rows, l->out);
        if (common) add_bias(y->d, common->d, rows, l->out);
        if (l->relu) mask(y->d, y->v, n);
    }
    if (l->relu) relu(y->v, n);
}

/* The affine part alone. Without `dir`, g = the weight's gradient; with it, its tangent. */
static void product_backward(const layer *l, const real *p, const real *dir, const dual *x, int rows,
                             const dual *gy, dual *gx, real *g)
{
    weight_gradient(l, x->v, dir ? gy->d : gy->v, rows, 0, g);
    if (dir) weight_gradient(l, x->d, gy->v, rows, 1, g);
    if (!gx) return;
    times_weight_back(l, p, gy->v, rows, 0, gx->v);
    if (!dir) return;
    times_weight_back(l, p, gy->d, rows, 0, gx->d);
    times_weight_back(l, dir, gy->v, rows, 1, gx->d);
}

/* gy flows in (and is masked by relu), gx flows out (NULL: not wanted). */
static void layer_backward(const layer *l, const real *p, const real *dir, const dual *x, const dual *y,
                           int rows, dual *gy, dual *gx, real *g)
{
    size_t n = (size_t)rows * (size_t)l->out;
    if (l->relu) mask(gy->v, y->v, n);
    if (l->relu && dir) mask(gy->d, y->v, n);
    sum_rows(g + l->bias, dir ? gy->d : gy->v, rows, l->out);
    product_backward(l, p, dir, x, rows, gy, gx, g);
}

/* --- aggregation over the graph --- */

static void add_row(real *restrict to, const real *restrict from)
{
#pragma omp simd
    for (int c = 0; c < W; c++) to[c] += from[c];
}

/* Each row of `to` is the sum of the rows of `from` that it reads. */
static void aggregate(const ll_gcn_layer_rows *l, const real *from, real *to)
{
    memset(to, 0, (size_t)l->n * W * sizeof *to);
    for (int r = 0; r < l->n; r++)
        for (int i = l->first[r]; i < l->first[r + 1]; i++)
            add_row(to + (size_t)r * W, from + (size_t)l->read[i] * W);
}

/* The transpose: `from` has n rows. */
static void aggregate_back(const ll_gcn_layer_rows *l, const real *to, real *from, int n)
{
    memset(from, 0, (size_t)n * W * sizeof *from);
    for (int r = 0; r < l->n; r++)
        for (int i = l->first[r]; i < l->first[r + 1]; i++)
            add_row(from + (size_t)l->read[i] * W, to + (size_t)r * W);
}

/* --- the network --- */

static void copy(real *to, const real *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

/* The inputs of the trunk's first layer; of a graph the distinct ones. Returns their number. */
static int first_inputs(net_t *net, const real *x, int n)
{
    size_t in = (size_t)net->shape.n_in;
    if (!net->shape.graph) {
        copy(net->in[0].v, x, (size_t)n * in);
        return n;
    }
    int words = (int)(in * sizeof(real) / sizeof(int));
    int distinct = ll_gcn_rows_begin_with(&net->rows, n, NODES, x, words, net->x_row);
    net->rows.layer[0].n = distinct; /* x is aggregated already */
    for (int l = 1; l < net->n_trunk; l++)
        ll_gcn_rows_layer(&net->rows, l, n, NODES, reads[0], NULL, true,
                          l == 3 ? NODES - 1 : LL_GCN_ALL_NODES);
    for (int r = 0; r < distinct; r++)
        copy(net->in[0].v + (size_t)r * in, x + (size_t)net->x_row[r] * in, in);
    return distinct;
}

static void trunk_forward(net_t *net, const real *p, const real *dir, const real *x, int n)
{
    int rows = first_inputs(net, x, n);
    if (dir) memset(net->in[0].d, 0, sizeof(real) * (size_t)rows * (size_t)net->shape.n_in);
    for (int l = 0; l < net->n_trunk; l++) {
        layer_forward(&net->trunk[l], p, dir, &net->in[l], NULL, trunk_rows(net, l, n), &net->out[l]);
        if (l + 1 == net->n_trunk) break;
        if (net->shape.graph) {
            aggregate(&net->rows.layer[l + 1], net->out[l].v, net->in[l + 1].v);
            if (dir) aggregate(&net->rows.layer[l + 1], net->out[l].d, net->in[l + 1].d);
        } else {
            copy(net->in[l + 1].v, net->out[l].v, (size_t)n * W);
            if (dir) copy(net->in[l + 1].d, net->out[l].d, (size_t)n * W);
        }
    }
}

/* What the device adds to the head's first layer, in device_part. */
static void device_forward(net_t *net, const real *p, const real *dir, const real *h)
{
    const layer *j = &net->joint;
    copy(net->in[4].v, h, LL_HELP_REFERENCES);
    if (dir) memset(net->in[4].d, 0, sizeof(real) * LL_HELP_REFERENCES);
    layer_forward(&net->hw[0], p, dir, &net->in[4], NULL, 1, &net->out[4]);
    copy(net->in[5].v, net->out[4].v, W);
    if (dir) copy(net->in[5].d, net->out[4].d, W);
    layer_forward(&net->hw[1], p, dir, &net->in[5], NULL, 1, &net->out[5]);
    times_weight(j, p, net->out[5].v, 1, 0, net->device_part.v);
    if (!dir) return;
    times_weight(j, dir, net->out[5].v, 1, 0, net->device_part.d);
    times_weight(j, p, net->out[5].d, 1, 1, net->device_part.d);
}

static void forward(net_t *net, const real *p, const real *dir, const real *h, const real *x, int n)
{
    const dual *from = &net->out[net->n_trunk - 1];
    trunk_forward(net, p, dir, x, n);
    if (net->shape.device) device_forward(net, p, dir, h);
    for (int l = 0; l < 3; l++) {
        size_t size = (size_t)n * (size_t)net->head[l].in;
        copy(net->in[6 + l].v, from->v, size);
        if (dir) copy(net->in[6 + l].d, from->d, size);
        layer_forward(&net->head[l], p, dir, &net->in[6 + l],
                      !l && net->shape.device ? &net->device_part : NULL, n, &net->out[6 + l]);
        from = &net->out[6 + l];
    }
}

static void swap_gradients(net_t *net)
{
    dual t = net->g_out;
    net->g_out = net->g_in;
    net->g_in = t;
}

/* gy: d loss/d output of the head's first layer (n, 2W), masked. */
static void device_backward(net_t *net, const real *p, const real *dir, const dual *gy, int n, real *g)
{
    real outer_v[W], outer_d[W], inner_v[W], inner_d[W];
    dual outer = {outer_v, outer_d}, inner = {inner_v, inner_d};
    sum_rows(net->device_sum.v, gy->v, n, net->joint.out);
    if (dir) sum_rows(net->device_sum.d, gy->d, n, net->joint.out);
    product_backward(&net->joint, p, dir, &net->out[5], 1, &net->device_sum, &outer, g);
    layer_backward(&net->hw[1], p, dir, &net->in[5], &net->out[5], 1, &outer, &inner, g);
    layer_backward(&net->hw[0], p, dir, &net->in[4], &net->out[4], 1, &inner, NULL, g);
}

static void trunk_backward(net_t *net, const real *p, const real *dir, int n, real *g)
{
    for (int l = net->n_trunk - 1; l >= 0; l--) {
        layer_backward(&net->trunk[l], p, dir, &net->in[l], &net->out[l], trunk_rows(net, l, n), &net->g_out,
                       l ? &net->g_in : NULL, g);
        if (!l) break;
        if (net->shape.graph) {
            const ll_gcn_layer_rows *rows = &net->rows.layer[l];
            aggregate_back(rows, net->g_in.v, net->g_out.v, trunk_rows(net, l - 1, n));
            if (dir) aggregate_back(rows, net->g_in.d, net->g_out.d, trunk_rows(net, l - 1, n));
        } else {
            swap_gradients(net);
        }
    }
}

/* g_out holds d loss/d output (n). g = the gradient, or its tangent when dir is given: every layer writes its own part.
 */
static void backward(net_t *net, const real *p, const real *dir, int n, real *g)
{
    for (int l = 2; l >= 0; l--) {
        layer_backward(&net->head[l], p, dir, &net->in[6 + l], &net->out[6 + l], n, &net->g_out, &net->g_in,
                       g);
        if (!l && net->shape.device) device_backward(net, p, dir, &net->g_out, n, g);
        swap_gradients(net);
    }
    trunk_backward(net, p, dir, n, g);
}

void NAME(ll_help_forward)(net_t *net, const real *p, const real *h, const real *x, int n, real *out)
{
    forward(net, p, NULL, h, x, n);
    copy(out, net->out[8].v, (size_t)n);
}

static double seed_loss(net_t *net, const real *y, int n, bool tangent)
{
    double loss = 0;
    for (int i = 0; i < n; i++) {
        double e = (double)net->out[8].v[i] - (double)y[i];
        loss += e * e / n;
        net->g_out.v[i] = (real)(2 * e / n);
        if (tangent) net->g_out.d[i] = 2 * net->out[8].d[i] / (real)n;
    }
    return loss;
}

double NAME(ll_help_gradient)(net_t *net, const real *p, const real *h, const real *x, const real *y, int n,
                              real *g)
{
    forward(net, p, NULL, h, x, n);
    double loss = seed_loss(net, y, n, false);
    backward(net, p, NULL, n, g);
    return loss;
}

void NAME(ll_help_hessian_vector)(net_t *net, const real *p, const real *h, const real *x, const real *y,
                                  int n, const real *v, real *hv)
{
    forward(net, p, v, h, x, n);
    seed_loss(net, y, n, true);
    backward(net, p, v, n, hv);
}

/* --- episodes
 * --------------------------------------------------------------------------------------------------------------
 */

static void need_episode_memory(net_t *net)
{
    if (net->dir) return;
    for (int i = 0; i < 3; i++) {
        net->phi[i] = LL_NEW_ARRAY(real, net->n_params);
        net->grad[i] = LL_NEW_ARRAY(real, net->n_params);
    }
    net->dir = LL_NEW_ARRAY(real, net->n_params);
    net->hv = LL_NEW_ARRAY(real, net->n_params);
}

/* to = from - a * g; to may be from */
static void step_forward(int n, const real *a, const real *g, const real *from, real *to)
{
#pragma omp simd
    for (int i = 0; i < n; i++) to[i] = from[i] - a[i] * g[i];
}

/* ga -= g * gp; dir = a * gp */
static void step_back(int n, const real *restrict a, const real *restrict g, const real *restrict gp,
                      real *restrict ga, real *restrict dir)
{
#pragma omp simd
    for (int i = 0; i < n; i++) {
        ga[i] -= g[i] * gp[i];
        dir[i] = a[i] * gp[i];
    }
}

void NAME(ll_help_adapt)(net_t *net, real *p, const real *a, const real *h, const real *xs, const real *ys,
                         int ns, int steps)
{
    need_episode_memory(net);
    for (int s = 0; s < steps; s++) {
        NAME(ll_help_gradient)(net, p, h, xs, ys, ns, net->grad[0]);
        step_forward(net->n_params, a, net->grad[0], p, p);
    }
}

/* phi_{n+1} = phi_n - a * g(phi_n), hence with v = d loss/d phi_{n+1}:  d loss/d a -= g_n * v  and
 * d loss/d phi_n = v - H_n (a * v): a multiplies before the Hessian. */
double NAME(ll_help_episode)(net_t *net, const real *p, const real *a, const real *h, const real *xs,
                             const real *ys, int ns, const real *xq, const real *yq, int nq, int steps,
                             bool first_order, real *gp, real *ga)
{
    int n = net->n_params;
    if (steps > 2) steps = 2;
    need_episode_memory(net);
    copy(net->phi[0], p, (size_t)n);
    for (int s = 0; s < steps; s++) {
        NAME(ll_help_gradient)(net, net->phi[s], h, xs, ys, ns, net->grad[s]);
        step_forward(n, a, net->grad[s], net->phi[s], net->phi[s + 1]);
    }
    double loss = NAME(ll_help_gradient)(net, net->phi[steps], h, xq, yq, nq, gp);
    memset(ga, 0, sizeof(real) * (size_t)n);
    for (int s = steps - 1; s >= 0; s--) {
        step_back(n, a, net->grad[s], gp, ga, net->dir);
        if (first_order) continue;
        NAME(ll_help_hessian_vector)(net, net->phi[s], h, xs, ys, ns, net->dir, net->hv);
        for (int i = 0; i < n; i++) gp[i] -= net->hv[i];
    }
    return loss;
}
