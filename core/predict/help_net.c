#include "core/predict/help_net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"

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
    int in, out;
    bool in_out; /* weight stored (in, out) rather than (out, in) */
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
    dual in[MOST_LAYERS], out[MOST_LAYERS]; /* of trunk, hw, head, in that order */
    dual g_out, g_in;                       /* gradients flowing back, wide enough for any layer */
    real *phi[3], *grad[3], *dir, *hv;      /* (params) for episodes; made when first needed */
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

/* Rows that layer l of the trunk works on per architecture: all nodes, but only the global one in the last.
 */
static int trunk_rows(const net_t *net, int l)
{
    return net->shape.graph && l < 3 ? NODES : 1;
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
    for (int l = 0; l < net->n_trunk; l++) {
        net->in[l] = dual_new(most * trunk_rows(net, l), net->trunk[l].in);
        net->out[l] = dual_new(most * trunk_rows(net, l), W);
    }
    for (int l = 0; l < 2; l++) {
        net->in[4 + l] = dual_new(1, W);
        net->out[4 + l] = dual_new(1, W);
    }
    for (int l = 0; l < 3; l++) {
        net->in[6 + l] = dual_new(most, net->head[l].in);
        net->out[6 + l] = dual_new(most, net->head[l].out);
    }
    net->g_out = dual_new(most * NODES, 2 * W);
    net->g_in = dual_new(most * NODES, 2 * W);
    return net;
}

void NAME(ll_help_net_free)(net_t *net)
{
    if (!net) return;
    for (int i = 0; i < MOST_LAYERS; i++) {
        dual_free(&net->in[i]);
        dual_free(&net->out[i]);
    }
    dual_free(&net->g_out);
    dual_free(&net->g_in);
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

/* sum (cols) += the rows of y */
static void add_rows(real *restrict sum, const real *restrict y, int rows, int cols)
{
    for (int i = 0; i < rows; i++, y += cols) {
#pragma omp simd
        for (int j = 0; j < cols; j++) sum[j] += y[j];
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
    int ldw = l->in_out ? l->out : l->in;
    gemm(false, !l->in_out, rows, l->out, l->in, 1, x, l->in, p + l->weight, ldw, beta, y, l->out);
}

/* gx (rows, in) = beta gx + gy times the weight transposed */
static void times_weight_back(const layer *l, const real *p, const real *gy, int rows, real beta, real *gx)
{
    int ldw = l->in_out ? l->out : l->in;
    gemm(false, l->in_out, rows, l->in, l->out, 1, gy, l->out, p + l->weight, ldw, beta, gx, l->in);
}

/* g.weight += the outer products of x and gy; g.bias += column sums of gy (when `bias`) */
static void add_weight_gradient(const layer *l, const real *x, const real *gy, int rows, bool bias, real *g)
{
    if (l->in_out)
        gemm(true, false, l->in, l->out, rows, 1, x, l->in, gy, l->out, 1, g + l->weight, l->out);
    else
        gemm(true, false, l->out, l->in, rows, 1, gy, l->out, x, l->in, 1, g + l->weight, l->in);
    if (bias) add_rows(g + l->bias, gy, rows, l->out);
}

static void layer_forward(const layer *l, const real *p, const real *dir, const dual *x, int rows, dual *y)
{
    size_t n = (size_t)rows * (size_t)l->out;
    times_weight(l, p, x->v, rows, 0, y->v);
    add_bias(y->v, p + l->bias, rows, l->out);
    if (dir) {
        times_weight(l, dir, x->v, rows, 0, y->d);
        times_weight(l, p, x->d, rows, 1, y->d);
        add_bias(y->d, dir + l->bias, rows, l->out);
        if (l->relu) mask(y->d, y->v, n);
    }
    if (l->relu) relu(y->v, n);
}

/* gy flows in (and is masked by relu), gx flows out (NULL: not wanted). Without `dir`, g += the gradient;
 * with it, g += the gradient's tangent. */
static void layer_backward(const layer *l, const real *p, const real *dir, const dual *x, const dual *y,
                           int rows, dual *gy, dual *gx, real *g)
{
    size_t n = (size_t)rows * (size_t)l->out;
    if (l->relu) mask(gy->v, y->v, n);
    if (!dir) {
        add_weight_gradient(l, x->v, gy->v, rows, true, g);
        if (gx) times_weight_back(l, p, gy->v, rows, 0, gx->v);
        return;
    }
    if (l->relu) mask(gy->d, y->v, n);
    add_weight_gradient(l, x->v, gy->d, rows, true, g);
    add_weight_gradient(l, x->d, gy->v, rows, false, g);
    if (!gx) return;
    times_weight_back(l, p, gy->v, rows, 0, gx->v);
    times_weight_back(l, p, gy->d, rows, 0, gx->d);
    times_weight_back(l, dir, gy->v, rows, 1, gx->d);
}

/* --- aggregation over the graph --- */

/* to[i] = sum of from[j] over what i reads, for the nodes first..8; `to` holds 9 - first rows per
 * architecture. */
static void aggregate(const real *from, real *to, int n, int first)
{
    int kept = NODES - first;
    for (int a = 0; a < n; a++)
        for (int i = first; i < NODES; i++) {
            real *sum = to + ((size_t)a * (size_t)kept + (size_t)(i - first)) * W;
            memset(sum, 0, sizeof(real) * W);
            for (int j = 0; j < NODES; j++) {
                if (!reads[i][j]) continue;
                const real *row = from + ((size_t)a * NODES + (size_t)j) * W;
#pragma omp simd
                for (int c = 0; c < W; c++) sum[c] += row[c];
            }
        }
}

/* The transpose: from[j] = sum of to[i] over the nodes i >= first that read j. */
static void aggregate_back(const real *to, real *from, int n, int first)
{
    int kept = NODES - first;
    for (int a = 0; a < n; a++)
        for (int j = 0; j < NODES; j++) {
            real *sum = from + ((size_t)a * NODES + (size_t)j) * W;
            memset(sum, 0, sizeof(real) * W);
            for (int i = first; i < NODES; i++) {
                if (!reads[i][j]) continue;
                const real *row = to + ((size_t)a * (size_t)kept + (size_t)(i - first)) * W;
#pragma omp simd
                for (int c = 0; c < W; c++) sum[c] += row[c];
            }
        }
}

/* --- the network --- */

static void copy(real *to, const real *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

static void trunk_forward(net_t *net, const real *p, const real *dir, const real *x, int n)
{
    copy(net->in[0].v, x, (size_t)n * (size_t)trunk_rows(net, 0) * (size_t)net->shape.n_in);
    if (dir)
        memset(net->in[0].d, 0,
               sizeof(real) * (size_t)n * (size_t)trunk_rows(net, 0) * (size_t)net->shape.n_in);
    for (int l = 0; l < net->n_trunk; l++) {
        layer_forward(&net->trunk[l], p, dir, &net->in[l], n * trunk_rows(net, l), &net->out[l]);
        if (l + 1 == net->n_trunk) break;
        if (net->shape.graph) {
            int first = l == 2 ? NODES - 1 : 0; /* only the global node of the last layer is read */
            aggregate(net->out[l].v, net->in[l + 1].v, n, first);
            if (dir) aggregate(net->out[l].d, net->in[l + 1].d, n, first);
        } else {
            copy(net->in[l + 1].v, net->out[l].v, (size_t)n * W);
            if (dir) copy(net->in[l + 1].d, net->out[l].d, (size_t)n * W);
        }
    }
}

static void device_forward(net_t *net, const real *p, const real *dir, const real *h)
{
    copy(net->in[4].v, h, LL_HELP_REFERENCES);
    if (dir) memset(net->in[4].d, 0, sizeof(real) * LL_HELP_REFERENCES);
    layer_forward(&net->hw[0], p, dir, &net->in[4], 1, &net->out[4]);
    copy(net->in[5].v, net->out[4].v, W);
    if (dir) copy(net->in[5].d, net->out[4].d, W);
    layer_forward(&net->hw[1], p, dir, &net->in[5], 1, &net->out[5]);
}

/* [architecture, device] rows for the head. */
static void concatenate(const net_t *net, const real *arch, const real *device, real *to, int n)
{
    int wide = net->head[0].in;
    for (int i = 0; i < n; i++) {
        copy(to + (size_t)i * (size_t)wide, arch + (size_t)i * W, W);
        if (wide > W) copy(to + (size_t)i * (size_t)wide + W, device, W);
    }
}

static void forward(net_t *net, const real *p, const real *dir, const real *h, const real *x, int n)
{
    const dual *arch = &net->out[net->n_trunk - 1];
    trunk_forward(net, p, dir, x, n);
    if (net->shape.device) device_forward(net, p, dir, h);
    concatenate(net, arch->v, net->out[5].v, net->in[6].v, n);
    if (dir) concatenate(net, arch->d, net->out[5].d, net->in[6].d, n);
    for (int l = 0; l < 3; l++) {
        layer_forward(&net->head[l], p, dir, &net->in[6 + l], n, &net->out[6 + l]);
        if (l == 2) break;
        size_t size = (size_t)n * (size_t)net->head[l].out;
        copy(net->in[7 + l].v, net->out[6 + l].v, size);
        if (dir) copy(net->in[7 + l].d, net->out[6 + l].d, size);
    }
}

static void swap_gradients(net_t *net)
{
    dual t = net->g_out;
    net->g_out = net->g_in;
    net->g_in = t;
}

/* g_out holds (n, 2W) gradients at the head's input: split them into the trunk's (n, W) in g_in and the
 * device's sum. */
static void split(const net_t *net, const real *g, real *arch, real *device, int n)
{
    int wide = net->head[0].in;
    memset(device, 0, sizeof(real) * W);
    for (int i = 0; i < n; i++) {
        copy(arch + (size_t)i * W, g + (size_t)i * (size_t)wide, W);
        for (int j = 0; j < W && wide > W; j++) device[j] += g[(size_t)i * (size_t)wide + (size_t)(W + j)];
    }
}

static void device_backward(net_t *net, const real *p, const real *dir, dual *g_device, real *g)
{
    real v[W], d[W];
    dual inner = {v, d};
    layer_backward(&net->hw[1], p, dir, &net->in[5], &net->out[5], 1, g_device, &inner, g);
    layer_backward(&net->hw[0], p, dir, &net->in[4], &net->out[4], 1, &inner, NULL, g);
}

static void trunk_backward(net_t *net, const real *p, const real *dir, int n, real *g)
{
    for (int l = net->n_trunk - 1; l >= 0; l--) {
        layer_backward(&net->trunk[l], p, dir, &net->in[l], &net->out[l], n * trunk_rows(net, l), &net->g_out,
                       l ? &net->g_in : NULL, g);
        if (!l) break;
        if (net->shape.graph) {
            int first = l == 3 ? NODES - 1 : 0;
            aggregate_back(net->g_in.v, net->g_out.v, n, first);
            if (dir) aggregate_back(net->g_in.d, net->g_out.d, n, first);
        } else {
            swap_gradients(net);
        }
    }
}

/* g_out holds d loss/d output (n). g += gradient, or its tangent when dir is given. */
static void backward(net_t *net, const real *p, const real *dir, int n, real *g)
{
    real device_v[W], device_d[W];
    dual device = {device_v, device_d};
    for (int l = 2; l >= 0; l--) {
        layer_backward(&net->head[l], p, dir, &net->in[6 + l], &net->out[6 + l], n, &net->g_out, &net->g_in,
                       g);
        swap_gradients(net);
    }
    split(net, net->g_out.v, net->g_in.v, device_v, n);
    if (dir) split(net, net->g_out.d, net->g_in.d, device_d, n);
    swap_gradients(net);
    if (net->shape.device) device_backward(net, p, dir, &device, g);
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
    memset(g, 0, sizeof(real) * (size_t)net->n_params);
    forward(net, p, NULL, h, x, n);
    double loss = seed_loss(net, y, n, false);
    backward(net, p, NULL, n, g);
    return loss;
}

void NAME(ll_help_hessian_vector)(net_t *net, const real *p, const real *h, const real *x, const real *y,
                                  int n, const real *v, real *hv)
{
    memset(hv, 0, sizeof(real) * (size_t)net->n_params);
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

void NAME(ll_help_adapt)(net_t *net, real *p, const real *a, const real *h, const real *xs, const real *ys,
                         int ns, int steps)
{
    need_episode_memory(net);
    for (int s = 0; s < steps; s++) {
        NAME(ll_help_gradient)(net, p, h, xs, ys, ns, net->grad[0]);
        for (int i = 0; i < net->n_params; i++) p[i] -= a[i] * net->grad[0][i];
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
        for (int i = 0; i < n; i++) net->phi[s + 1][i] = net->phi[s][i] - a[i] * net->grad[s][i];
    }
    double loss = NAME(ll_help_gradient)(net, net->phi[steps], h, xq, yq, nq, gp);
    memset(ga, 0, sizeof(real) * (size_t)n);
    for (int s = steps - 1; s >= 0; s--) {
        for (int i = 0; i < n; i++) {
            ga[i] -= net->grad[s][i] * gp[i];
            net->dir[i] = a[i] * gp[i];
        }
        if (first_order) continue;
        NAME(ll_help_hessian_vector)(net, net->phi[s], h, xs, ys, ns, net->dir, net->hv);
        for (int i = 0; i < n; i++) gp[i] -= net->hv[i];
    }
    return loss;
}
