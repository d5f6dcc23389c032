#include "core/predict/help/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/nn/activation.h"
#include "core/nn/gcn_rows.h"
#include "core/nn/sums.h"

/* Layers by number: the trunk's from 0, the device branch's, the head's. */
enum { W = LL_HELP_WIDTH, NODES = LL_HELP_NODES, DEVICE = 4, HEAD = 6, LAYERS = 9, STEPS = 2 };

/* One affine layer and its activation: relu but for the last. */
typedef struct layer {
    int weight, bias; /* offsets */
    int in, out, ld;  /* ld: numbers from one row of the stored weight to the next */
    bool in_out;      /* weight stored (in, out) rather than (out, in) */
    ll_act act;
} layer;

/* A matrix and its tangent (NULL: none, it does not depend on the parameters). */
typedef struct dual {
    real *v, *d; /* (rows, cols) */
} dual;

/* What the network leaves of one batch: values first and tangents later, for a Hessian-vector product needs the values of
 * the gradient before it. Of in and out the tangent lies right behind the value, of grad the value right behind the
 * tangent: the products of both are then one product of twice the rows. */
typedef struct tape {
    int n;
    bool tangents;
    ll_gcn_rows rows; /* of the trunk where it is a graph's: equal rows once */
    int *x_row;       /* (most * nodes) input row of each distinct one */
    dual in[LAYERS], out[LAYERS];
    dual grad[LAYERS];         /* d loss/d out */
    dual product_grad[DEVICE]; /* d loss/d (in W) where the sum over the graph comes after the product */
    dual device, device_grad;  /* (1, 2W) what the device adds to each row of the head's first layer */
    real *wide;                /* what stands between a product and a sum over the graph for a moment */
    real *room;                /* all of the above lie here */
    size_t used, size;
} tape;

struct ll_help_net {
    ll_help_shape shape;
    int n_params, n_trunk;
    layer layers[LAYERS];
    layer joint; /* the columns of the head's first weight that read the device */
    tape support[STEPS], query;
    real *phi[STEPS], *grad[STEPS], *dir, *hv; /* (params) for episodes; made when first needed */
};

/* A'[i][j] = 1: node i reads node j. Nodes: input, e1..e6, output, global (HELP's unpruned graph, self loops
 * in). */
static const unsigned char reads[NODES][NODES] = {
    {1, 0, 0, 0, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 0, 0, 0}, {1, 0, 1, 0, 0, 0, 0, 0, 0},
    {0, 1, 0, 1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 1, 0, 0, 0},
    {0, 0, 1, 1, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 1, 1, 1, 1, 0}, {1, 1, 1, 1, 1, 1, 1, 1, 1}};

/* --- set-up --- */

static layer layer_of(const ll_help_slot *weight, bool in_out, ll_act act)
{
    return (layer){weight[0].offset,
                   weight[1].offset,
                   in_out ? weight->rows : weight->cols,
                   in_out ? weight->cols : weight->rows,
                   weight->cols,
                   in_out,
                   act};
}

ll_help_net *ll_help_net_new(const ll_help_shape *s, int most)
{
    ll_help_slot slots[LL_HELP_SLOTS];
    ll_help_net *net = LL_NEW(ll_help_net);
    ll_help_slots(s, slots);
    net->shape = *s;
    net->n_params = ll_help_params(s);
    net->n_trunk = s->graph ? 4 : 2;
    const ll_help_slot *next = slots;
    for (int l = 0; l < net->n_trunk; l++, next += 2) net->layers[l] = layer_of(next, s->graph, LL_ACT_RELU);
    for (int l = 0; l < 2 && s->device; l++, next += 2)
        net->layers[DEVICE + l] = layer_of(next, false, LL_ACT_RELU);
    for (int l = 0; l < 3; l++, next += 2)
        net->layers[HEAD + l] = layer_of(next, false, l < 2 ? LL_ACT_RELU : LL_ACT_NONE);
    net->joint = net->layers[HEAD];
    net->joint.weight += W;
    net->layers[HEAD].in = net->joint.in = W;
    tape *tapes[] = {&net->query, &net->support[0], &net->support[1]};
    for (int i = 0; i < 1 + STEPS; i++) {
        tapes[i]->tangents = i > 0;
        tapes[i]->x_row = LL_NEW_ARRAY(int, most *NODES);
    }
    return net;
}

static void tape_free(tape *t)
{
    ll_gcn_rows_free(&t->rows);
    free(t->x_row);
    free(t->room);
}

void ll_help_net_free(ll_help_net *net)
{
    if (!net) return;
    tape_free(&net->query);
    for (int i = 0; i < STEPS; i++) {
        tape_free(&net->support[i]);
        free(net->phi[i]);
        free(net->grad[i]);
    }
    free(net->dir);
    free(net->hv);
    free(net);
}

/* --- one layer, with its tangent when `dir` is given --- */

/* The tangent of bias and relu: d += b where the output y is above 0 (NULL: everywhere), 0 elsewhere. */
static void add_bias_tangent(real *restrict d, const real *restrict y, const real *restrict b, int rows,
                             int cols)
{
    if (!y) {
        ll_bias_act(d, rows, cols, cols, b, LL_ACT_NONE);
        return;
    }
    for (int i = 0; i < rows; i++, d += cols, y += cols) {
#pragma omp simd
        for (int j = 0; j < cols; j++) d[j] = y[j] > 0 ? d[j] + b[j] : 0;
    }
}

/* sum (cols) = the sum of the rows of x */
static void column_sums(const real *x, int rows, int cols, real *sum)
{
    memset(sum, 0, (size_t)cols * sizeof *sum);
    ll_add_column_sums(x, rows, cols, cols, sum);
}

/* y (rows, out) = beta y + x (rows, in) times the weight of p */
static void times_weight(const layer *l, const real *p, const real *x, int rows, real beta, real *y)
{
    ll_gemm(false, !l->in_out, rows, l->out, l->in, 1, x, l->in, p + l->weight, l->ld, beta, y, l->out);
}

/* gx (rows, in) = beta gx + gy times the weight transposed */
static void times_weight_back(const layer *l, const real *p, const real *gy, int rows, real beta, real *gx)
{
    ll_gemm(false, l->in_out, rows, l->in, l->out, 1, gy, l->out, p + l->weight, l->ld, beta, gx, l->in);
}

/* g.weight = the sum of the outer products of the rows of x and gy */
static void weight_gradient(const layer *l, const real *x, const real *gy, int rows, real *g)
{
    if (l->in_out)
        ll_gemm(true, false, l->in, l->out, rows, 1, x, l->in, gy, l->out, 0, g + l->weight, l->ld);
    else
        ll_gemm(true, false, l->out, l->in, rows, 1, gy, l->out, x, l->in, 0, g + l->weight, l->ld);
}

/* The value, or with `dir` the tangent along it. */
static real *flow(const dual *a, const real *dir)
{
    return dir ? a->d : a->v;
}

/* y = x W, or with `dir` the tangent of that */
static void product_forward(const layer *l, const real *p, const real *dir, const dual *x, int rows, real *y)
{
    times_weight(l, dir ? dir : p, x->v, rows, 0, y);
    if (dir && x->d) times_weight(l, p, x->d, rows, 1, y);
}

/* From y = x W to relu(x W + b); `common` (1, out), may be NULL, is added to every row, too. With `dir` y's tangent, once
 * its value is there. */
static void finish(const layer *l, const real *p, const real *dir, const dual *common, int rows,
                   const dual *y)
{
    real b[2 * W];
    const real *bias = (dir ? dir : p) + l->bias;
    for (int j = 0; j < l->out; j++) b[j] = bias[j] + (common ? flow(common, dir)[j] : 0);
    if (dir)
        add_bias_tangent(y->d, l->act == LL_ACT_RELU ? y->v : NULL, b, rows, l->out);
    else
        ll_bias_act(y->v, rows, l->out, l->out, b, l->act);
}

static void layer_forward(const layer *l, const real *p, const real *dir, const dual *x, const dual *common,
                          int rows, const dual *y)
{
    product_forward(l, p, dir, x, rows, flow(y, dir));
    finish(l, p, dir, common, rows, y);
}

/* gy, d loss/d y, flows in and becomes that before relu; g = the bias's gradient. */
static void unfinish(const layer *l, const real *dir, const dual *y, int rows, const dual *gy, real *g)
{
    real *d = flow(gy, dir);
    ll_act_back(d, y->v, rows, l->out, l->out, l->act, 1);
    column_sums(d, rows, l->out, g + l->bias);
}

/* g = the weight's gradient; gx (may be NULL) = d loss/d x. With `dir` the tangents of both. */
static void product_backward(const layer *l, const real *p, const real *dir, const dual *x, int rows,
                             const dual *gy, real *gx, real *g)
{
    bool both = dir && x->d;
    weight_gradient(l, x->v, flow(gy, dir), both ? 2 * rows : rows, g);
    if (!gx) return;
    times_weight_back(l, p, flow(gy, dir), rows, 0, gx);
    if (dir) times_weight_back(l, dir, gy->v, rows, 1, gx);
}

static void layer_backward(const layer *l, const real *p, const real *dir, const dual *x, const dual *y,
                           int rows, const dual *gy, real *gx, real *g)
{
    unfinish(l, dir, y, rows, gy, g);
    product_backward(l, p, dir, x, rows, gy, gx, g);
}

/* --- the tape --- */

static int layer_rows(const ll_help_net *net, const tape *t, int l)
{
    if (l < DEVICE) return net->shape.graph ? t->rows.layer[l].n : t->n;
    return l < HEAD ? 1 : t->n;
}

static real *take(tape *t, size_t n)
{
    real *own = t->room ? t->room + t->used : NULL;
    t->used += (n + 15) / 16 * 16; /* whole cache lines */
    return own;
}

static dual take_dual(tape *t, int rows, int cols)
{
    size_t n = (size_t)rows * (size_t)cols;
    real *first = take(t, t->tangents ? 2 * n : n);
    return (dual){first, t->tangents && first ? first + n : NULL};
}

static dual take_grad(tape *t, int rows, int cols)
{
    dual a = take_dual(t, rows, cols);
    return a.d ? (dual){a.d, a.v} : a;
}

/* Where a graph's layer sums over the nodes: A'(E W) and (A'E) W are the same, and the product is the dearer part, so it
 * comes where there are fewer rows. */
typedef enum sum_at { NO_SUM, SUM_FIRST, SUM_LAST } sum_at;

static sum_at sum_of(const ll_help_net *net, const tape *t, int l)
{
    if (!net->shape.graph || l == 0 || l >= net->n_trunk)
        return NO_SUM; /* the first layer's input is summed already */
    return layer_rows(net, t, l - 1) < layer_rows(net, t, l) ? SUM_LAST : SUM_FIRST;
}

/* The layer's input is what `before` puts out unless it is summed first, or nothing comes before (-1). */
static void lay_out_layer(const ll_help_net *net, tape *t, int l, int before)
{
    const layer *own = &net->layers[l];
    int rows = layer_rows(net, t, l);
    if (before < 0)
        t->in[l] = (dual){take(t, (size_t)rows * (size_t)own->in), NULL};
    else
        t->in[l] = sum_of(net, t, l) == SUM_FIRST ? take_dual(t, rows, own->in) : t->out[before];
    t->out[l] = take_dual(t, rows, own->out);
    t->grad[l] = take_grad(t, rows, own->out);
    if (sum_of(net, t, l) == SUM_LAST) t->product_grad[l] = take_grad(t, layer_rows(net, t, l - 1), own->out);
}

static void lay_out(const ll_help_net *net, tape *t)
{
    int most = 0;
    t->used = 0;
    for (int l = 0; l < net->n_trunk; l++) {
        lay_out_layer(net, t, l, l - 1);
        most = layer_rows(net, t, l) > most ? layer_rows(net, t, l) : most;
    }
    for (int l = DEVICE; l < HEAD && net->shape.device; l++)
        lay_out_layer(net, t, l, l > DEVICE ? l - 1 : -1);
    for (int l = HEAD; l < LAYERS; l++) lay_out_layer(net, t, l, l > HEAD ? l - 1 : net->n_trunk - 1);
    t->device = take_dual(t, 1, net->joint.out);
    t->device_grad = take_grad(t, 1, net->joint.out);
    t->wide = take(t, (size_t)most * W);
}

/* Lays out what the batch needs, in more room when it is more than ever. */
static void reserve(const ll_help_net *net, tape *t)
{
    real *room = t->room;
    t->room = NULL; /* counts only */
    lay_out(net, t);
    if (t->used > t->size) {
        free(room);
        t->size = t->used + t->used / 8;
        room = ll_alloc_aligned(t->size, sizeof(real));
    }
    t->room = room;
    lay_out(net, t);
}

static void copy(real *to, const real *from, size_t n)
{
    memcpy(to, from, n * sizeof *to);
}

/* Numbers the rows of a graph trunk's layers. */
static void number_rows(const ll_help_net *net, tape *t, const real *x)
{
    int words = (int)((size_t)net->shape.n_in * sizeof(real) / sizeof(int));
    int distinct = ll_gcn_rows_begin_with(&t->rows, t->n, NODES, x, words, t->x_row);
    t->rows.layer[0].n = distinct; /* x is aggregated already */
    for (int l = 1; l < net->n_trunk; l++)
        ll_gcn_rows_layer(&t->rows, l, t->n, NODES, reads[0], NULL, true,
                          l == 3 ? NODES - 1 : LL_GCN_ALL_NODES);
}

static void begin(const ll_help_net *net, tape *t, const real *h, const real *x, int n)
{
    size_t in = (size_t)net->shape.n_in;
    t->n = n;
    if (net->shape.graph) number_rows(net, t, x);
    reserve(net, t);
    int rows = layer_rows(net, t, 0);
    for (int r = 0; r < rows; r++)
        copy(t->in[0].v + (size_t)r * in, x + (size_t)(net->shape.graph ? t->x_row[r] : r) * in, in);
    if (net->shape.device) copy(t->in[DEVICE].v, h, LL_HELP_REFERENCES);
}

/* --- the network, or its tangent along dir --- */

static void trunk_forward(const ll_help_net *net, tape *t, const real *p, const real *dir)
{
    for (int l = 0; l < net->n_trunk; l++) {
        const layer *own = &net->layers[l];
        const ll_gcn_layer_rows *rows = &t->rows.layer[l];
        sum_at sum = sum_of(net, t, l);
        if (sum == SUM_LAST) {
            product_forward(own, p, dir, &t->in[l], layer_rows(net, t, l - 1), t->wide);
            ll_sum_read(rows, t->wide, W, flow(&t->out[l], dir));
            finish(own, p, dir, NULL, rows->n, &t->out[l]);
            continue;
        }
        if (sum == SUM_FIRST) ll_sum_read(rows, flow(&t->out[l - 1], dir), W, flow(&t->in[l], dir));
        layer_forward(own, p, dir, &t->in[l], NULL, layer_rows(net, t, l), &t->out[l]);
    }
}

/* What the device adds to the head's first layer. */
static void device_forward(const ll_help_net *net, tape *t, const real *p, const real *dir)
{
    for (int l = DEVICE; l < HEAD; l++)
        layer_forward(&net->layers[l], p, dir, &t->in[l], NULL, 1, &t->out[l]);
    product_forward(&net->joint, p, dir, &t->out[HEAD - 1], 1, flow(&t->device, dir));
}

static void forward(const ll_help_net *net, tape *t, const real *p, const real *dir)
{
    trunk_forward(net, t, p, dir);
    if (net->shape.device) device_forward(net, t, p, dir);
    for (int l = HEAD; l < LAYERS; l++)
        layer_forward(&net->layers[l], p, dir, &t->in[l], l == HEAD && net->shape.device ? &t->device : NULL,
                      t->n, &t->out[l]);
}

/* The gradient at the output of the head's first layer is there, masked. */
static void device_backward(const ll_help_net *net, tape *t, const real *p, const real *dir, real *g)
{
    column_sums(flow(&t->grad[HEAD], dir), t->n, net->joint.out, flow(&t->device_grad, dir));
    product_backward(&net->joint, p, dir, &t->out[HEAD - 1], 1, &t->device_grad,
                     flow(&t->grad[HEAD - 1], dir), g);
    for (int l = HEAD - 1; l >= DEVICE; l--)
        layer_backward(&net->layers[l], p, dir, &t->in[l], &t->out[l], 1, &t->grad[l],
                       l > DEVICE ? flow(&t->grad[l - 1], dir) : NULL, g);
}

static void trunk_backward(const ll_help_net *net, tape *t, const real *p, const real *dir, real *g)
{
    for (int l = net->n_trunk - 1; l >= 0; l--) {
        const layer *own = &net->layers[l];
        const ll_gcn_layer_rows *rows = &t->rows.layer[l];
        int n = layer_rows(net, t, l), n_before = l ? layer_rows(net, t, l - 1) : 0;
        sum_at sum = sum_of(net, t, l);
        real *before = l ? flow(&t->grad[l - 1], dir) : NULL;
        unfinish(own, dir, &t->out[l], n, &t->grad[l], g);
        if (sum == SUM_LAST) {
            ll_sum_read_back(rows, flow(&t->grad[l], dir), W, flow(&t->product_grad[l], dir), n_before);
            product_backward(own, p, dir, &t->in[l], n_before, &t->product_grad[l], before, g);
            continue;
        }
        product_backward(own, p, dir, &t->in[l], n, &t->grad[l], sum == SUM_FIRST ? t->wide : before, g);
        if (sum == SUM_FIRST) ll_sum_read_back(rows, t->wide, W, before, n_before);
    }
}

/* From d loss/d output to g = the gradient, or its tangent: every layer writes its own part. */
static void backward(const ll_help_net *net, tape *t, const real *p, const real *dir, real *g)
{
    for (int l = LAYERS - 1; l >= HEAD; l--)
        layer_backward(&net->layers[l], p, dir, &t->in[l], &t->out[l], t->n, &t->grad[l],
                       flow(&t->grad[l > HEAD ? l - 1 : net->n_trunk - 1], dir), g);
    if (net->shape.device) device_backward(net, t, p, dir, g);
    trunk_backward(net, t, p, dir, g);
}

static double gradient(const ll_help_net *net, tape *t, const real *p, const real *h, const real *x,
                       const real *y, int n, real *g)
{
    double loss = 0;
    begin(net, t, h, x, n);
    forward(net, t, p, NULL);
    for (int i = 0; i < n; i++) {
        double e = (double)t->out[LAYERS - 1].v[i] - (double)y[i];
        loss += e * e / n;
        t->grad[LAYERS - 1].v[i] = (real)(2 * e / n);
    }
    backward(net, t, p, NULL, g);
    return loss;
}

/* The Hessian at the batch and the parameters of the gradient that the tape holds, times dir. */
static void hessian_vector(const ll_help_net *net, tape *t, const real *p, const real *dir, real *hv)
{
    forward(net, t, p, dir);
    for (int i = 0; i < t->n; i++) t->grad[LAYERS - 1].d[i] = 2 * t->out[LAYERS - 1].d[i] / (real)t->n;
    backward(net, t, p, dir, hv);
}

void ll_help_forward(ll_help_net *net, const real *p, const real *h, const real *x, int n, real *out)
{
    begin(net, &net->query, h, x, n);
    forward(net, &net->query, p, NULL);
    copy(out, net->query.out[LAYERS - 1].v, (size_t)n);
}

double ll_help_gradient(ll_help_net *net, const real *p, const real *h, const real *x, const real *y, int n,
                        real *g)
{
    return gradient(net, &net->query, p, h, x, y, n, g);
}

void ll_help_hessian_vector(ll_help_net *net, const real *p, const real *h, const real *x, const real *y,
                            int n, const real *v, real *hv)
{
    gradient(net, &net->support[0], p, h, x, y, n, hv);
    hessian_vector(net, &net->support[0], p, v, hv);
}

/* --- episodes --- */

static void need_episode_memory(ll_help_net *net)
{
    if (net->dir) return;
    for (int i = 0; i < STEPS; i++) {
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

/* ga = or += -g * v; dir = a * v */
static void step_back(int n, const real *restrict a, const real *restrict g, const real *restrict v, bool add,
                      real *restrict ga, real *restrict dir)
{
#pragma omp simd
    for (int i = 0; i < n; i++) {
        ga[i] = add ? ga[i] - g[i] * v[i] : -g[i] * v[i];
        dir[i] = a[i] * v[i];
    }
}

static void subtract(int n, real *restrict from, const real *restrict x)
{
#pragma omp simd
    for (int i = 0; i < n; i++) from[i] -= x[i];
}

void ll_help_adapt(ll_help_net *net, real *p, const real *a, const real *h, const real *xs, const real *ys,
                   int ns, int steps)
{
    need_episode_memory(net);
    for (int s = 0; s < steps; s++) {
        gradient(net, &net->support[0], p, h, xs, ys, ns, net->grad[0]);
        step_forward(net->n_params, a, net->grad[0], p, p);
    }
}

/* phi_{n+1} = phi_n - a * g(phi_n), hence with v = d loss/d phi_{n+1}:  d loss/d a -= g_n * v  and
 * d loss/d phi_n = v - H_n (a * v): a multiplies before the Hessian. */
double ll_help_episode(ll_help_net *net, const real *p, const real *a, const real *h, const real *xs,
                       const real *ys, int ns, const real *xq, const real *yq, int nq, int steps,
                       bool first_order, real *gp, real *ga)
{
    int n = net->n_params;
    if (steps > STEPS) steps = STEPS;
    need_episode_memory(net);
    const real *phi[STEPS + 1] = {p, net->phi[0], net->phi[1]};
    for (int s = 0; s < steps; s++) {
        gradient(net, &net->support[s], phi[s], h, xs, ys, ns, net->grad[s]);
        step_forward(n, a, net->grad[s], phi[s], net->phi[s]);
    }
    double loss = gradient(net, &net->query, phi[steps], h, xq, yq, nq, gp);
    if (!steps) memset(ga, 0, sizeof(real) * (size_t)n);
    for (int s = steps - 1; s >= 0; s--) {
        step_back(n, a, net->grad[s], gp, s + 1 < steps, ga, net->dir);
        if (first_order) continue;
        hessian_vector(net, &net->support[s], phi[s], net->dir, net->hv);
        subtract(n, gp, net->hv);
    }
    return loss;
}
