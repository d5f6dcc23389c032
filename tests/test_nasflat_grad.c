/* Finite differences, in double, of every operator and of the whole NASFLAT loss in all its variants. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/nn/graph_conv.h"
#include "core/nn/nn.h"
#include "core/predict/nasflat/net.h"
#include "tests/check.h"
#include "tests/gradcheck.h"

static const double step = 1e-6, tolerance = 2e-7;

static void fill(double *x, int n, ll_rng *r)
{
    for (int i = 0; i < n; i++) x[i] = ll_rng_normal(r);
}

/* --- linear, activations ---------------------------------------------------------------------------------
 */

enum { M = 5, K = 7, N = 6 };
typedef struct linear_case {
    double x[M * K], w[K * N], b[N], c[M * N]; /* loss = sum c * act(x w + b) */
    ll_act act;
} linear_case;

static double linear_loss(void *ctx)
{
    linear_case *l = ctx;
    double y[M * N], sum = 0;
    ll_linear(l->x, M, K, l->w, N, l->b, N, l->act, y, N);
    for (int i = 0; i < M * N; i++) sum += l->c[i] * y[i];
    return sum;
}

static void linear_and_activations(void)
{
    for (ll_act act = LL_ACT_NONE; act <= LL_ACT_SIGMOID; act++) {
        linear_case l = {.act = act};
        ll_rng r = ll_rng_new(1, 0);
        fill((double *)&l, M * K + K * N + N + M * N, &r);
        double y[M * N], dy[M * N], dx[M * K], dw[K * N] = {0}, db[N] = {0};
        ll_linear(l.x, M, K, l.w, N, l.b, N, act, y, N);
        memcpy(dy, l.c, sizeof dy);
        ll_act_back(dy, y, M, N, N, act, 1);
        ll_linear_back(l.x, M, K, l.w, N, N, dy, N, dw, db, dx, 0);
        CHECK(ll_gradcheck(linear_loss, &l, l.x, dx, M * K, 1, step, NULL) < tolerance);
        CHECK(ll_gradcheck(linear_loss, &l, l.w, dw, K * N, 1, step, NULL) < tolerance);
        CHECK(ll_gradcheck(linear_loss, &l, l.b, db, N, 1, step, NULL) < tolerance);
        double before = dx[3];
        ll_linear_back(l.x, M, K, l.w, N, N, dy, N, dw, db, dx, 1);
        CHECK_NEAR(dx[3], 2 * before, 1e-12);
    }
}

/* --- layer norm -------------------------------------------------------------------------------------------
 */

typedef struct norm_case {
    double x[9], gamma[9], beta[9], c[9];
} norm_case;

static double norm_loss(void *ctx)
{
    norm_case *l = ctx;
    double y[9], mean, rstd, sum = 0;
    ll_layer_norm(l->x, 9, l->gamma, l->beta, y, &mean, &rstd);
    for (int i = 0; i < 9; i++) sum += l->c[i] * y[i];
    return sum;
}

static void layer_norm(void)
{
    norm_case l;
    ll_rng r = ll_rng_new(2, 0);
    fill((double *)&l, 36, &r);
    double y[9], mean, rstd, dx[9], dgamma[9] = {0}, dbeta[9] = {0};
    ll_layer_norm(l.x, 9, l.gamma, l.beta, y, &mean, &rstd);
    ll_layer_norm_back(l.x, 9, l.gamma, mean, rstd, l.c, dx, dgamma, dbeta);
    CHECK(ll_gradcheck(norm_loss, &l, l.x, dx, 9, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(norm_loss, &l, l.gamma, dgamma, 9, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(norm_loss, &l, l.beta, dbeta, 9, 1, step, NULL) < tolerance);
}

/* --- pair hinge, dropout -----------------------------------------------------------------------------------
 */

static const ll_pair some_pairs[] = {{0, 1, 1}, {1, 2, -1}, {3, 0, 1}, {2, 4, 1}, {4, 1, -1}};

static double hinge_loss(void *s)
{
    double ds[5];
    return ll_pair_hinge(s, 5, some_pairs, 5, .1, ds);
}

static void pair_hinge(void)
{
    double s[5] = {.3, .25, -.2, .31, .01}, ds[5];
    /* by hand: max(0,.1-.05) + max(0,.1+.45) + max(0,.1-.01) + max(0,.1+.21) + max(0,.1-.24), over 5 */
    CHECK_NEAR(ll_pair_hinge(s, 5, some_pairs, 5, .1, ds), (.05 + .55 + .09 + .31) / 5, 1e-12);
    CHECK(ll_gradcheck(hinge_loss, s, s, ds, 5, 1, step, NULL) < tolerance);
    CHECK_NEAR(ll_pair_hinge(s, 5, some_pairs, 0, .1, ds), 0, 0);
}

static void dropout_keeps_the_mean(void)
{
    enum { n = 20000 };
    double *y = LL_NEW_ARRAY(double, n), sum = 0;
    int dropped = 0;
    for (int i = 0; i < n; i++) y[i] = 1;
    ll_dropout(y, n, .1, 7);
    for (int i = 0; i < n; i++) sum += y[i], dropped += y[i] == 0;
    CHECK_NEAR(sum / n, 1, .01);
    CHECK_NEAR(dropped / (double)n, .1, .01);
    free(y);
}

/* --- graph layer --- */

/* Two nodes of one layer, one with a self-loop, so that all accumulations are exercised. */
enum { F = 6, ROWS = 4 };
typedef struct conv_case {
    double proj[ROWS * 2 * F], gate[2 * F], total[F], bias[F], a[F], gamma[F], beta[F], c[2 * F];
    ll_conv conv;
} conv_case;
static const uint8_t preds[] = {0, 2, 3};
static const int rows[] = {0, 1, 2, 3};

static ll_conv_node conv_node(const conv_case *l, int which)
{
    return (ll_conv_node){preds, which ? 3 : 1, rows, which ? 3 : 1, l->gate, l->total};
}

static double conv_run(conv_case *l, ll_conv_grad *g)
{
    double sum = 0, y[F], gathered[F], stat[3], edge[6];
    ll_conv_keep keep = {gathered, stat, edge};
    for (int which = 0; which < 2; which++) {
        ll_conv_node node = conv_node(l, which);
        ll_conv_forward(&l->conv, l->proj, &node, &keep, y);
        for (int j = 0; j < F; j++) sum += l->c[which * F + j] * y[j];
        if (!g) continue;
        double dy[F];
        memcpy(dy, l->c + which * F, sizeof dy);
        if (l->conv.relu) ll_act_back(dy, y, 1, F, F, LL_ACT_RELU, 1);
        ll_conv_backward(&l->conv, l->proj, &node, &keep, dy, g);
    }
    return sum;
}

static double conv_loss(void *l)
{
    return conv_run(l, NULL);
}

static void check_conv(bool dgf, bool gat, bool relu)
{
    conv_case l, d;
    ll_rng r = ll_rng_new(3, 0);
    memset(&d, 0, sizeof d);
    fill((double *)&l, (int)(sizeof(conv_case) - sizeof(ll_conv)) / (int)sizeof(double), &r);
    l.conv = (ll_conv){F, (dgf + gat) * F, dgf ? F : 0, ROWS, dgf, gat, relu, l.bias, l.a, l.gamma, l.beta};
    if (!gat) l.conv.gat_at = 0;
    ll_conv_grad g = {d.proj, d.gate, d.total, d.bias, d.a, d.gamma, d.beta};
    conv_run(&l, &g);
    int width = l.conv.width;
    CHECK(ll_gradcheck(conv_loss, &l, l.proj, d.proj, ROWS * width, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(conv_loss, &l, l.gate, d.gate, width, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(conv_loss, &l, l.total, d.total, F, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(conv_loss, &l, l.bias, d.bias, F, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(conv_loss, &l, l.a, d.a, F, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(conv_loss, &l, l.gamma, d.gamma, F, 1, step, NULL) < tolerance);
    CHECK(ll_gradcheck(conv_loss, &l, l.beta, d.beta, F, 1, step, NULL) < tolerance);
}

static void graph_layers(void)
{
    for (int relu = 0; relu < 2; relu++) {
        check_conv(true, true, relu);
        check_conv(true, false, relu);
        check_conv(false, true, relu);
    }
}

/* --- the whole loss --- */

enum { ARCHS = 6, ITEMS = 9, NZ = 3 };
typedef struct net_case {
    ll_nasflat_layout layout;
    ll_nasflat_graphs graphs;
    ll_nasflat_work *work;
    ll_nasflat_item items[ITEMS];
    float z[ARCHS * NZ];
    uint64_t seeds[ITEMS];
    bool dropout;
    ll_pair pairs[20];
    double *w;
} net_case;

static void random_graph(ll_graph *g, int n_nodes, int n_ops, bool self_loops, ll_rng *r)
{
    *g = (ll_graph){.n_nodes = n_nodes};
    for (int i = 0; i < n_nodes; i++) {
        g->op[i] = i && i < n_nodes - 1 ? ll_rng_below(r, n_ops) : -1;
        for (int j = 0; j < i; j++) g->adj[j][i] = ll_rng_uniform(r) < .5;
        g->adj[i][i] = self_loops;
    }
}

static double net_run(net_case *c, double *dscore)
{
    double score[ITEMS], scratch[ITEMS];
    ll_nasflat_forward(c->work, c->w, c->items, ITEMS, c->layout.shape.n_z ? c->z : NULL,
                       c->dropout ? c->seeds : NULL, score);
    return ll_pair_hinge(score, ITEMS, c->pairs, 20, .1, dscore ? dscore : scratch);
}

static double net_loss(void *c)
{
    return net_run(c, NULL);
}

static void net_open(net_case *c, const ll_nasflat_shape *shape, bool self_loops)
{
    ll_rng r = ll_rng_new(4, 0);
    ll_nasflat_layout_init(&c->layout, shape);
    ll_nasflat_graphs_init(&c->graphs, shape->n_nodes);
    for (int i = 0; i < ARCHS; i++) {
        ll_graph g;
        random_graph(&g, shape->n_nodes, shape->n_ops, self_loops, &r);
        ll_nasflat_graphs_add(&c->graphs, &g);
    }
    for (int i = 0; i < ITEMS; i++) {
        c->items[i] = (ll_nasflat_item){ll_rng_below(&r, ARCHS), ll_rng_below(&r, shape->n_devices)};
        c->seeds[i] = (uint64_t)i;
    }
    for (int i = 0; i < ARCHS * NZ; i++) c->z[i] = (float)ll_rng_normal(&r);
    for (int i = 0; i < 20; i++)
        c->pairs[i] = (ll_pair){ll_rng_below(&r, ITEMS), ll_rng_below(&r, ITEMS), i % 2 ? 1 : -1};
    c->w = ll_alloc_aligned(c->layout.n, sizeof(double));
    for (size_t i = 0; i < c->layout.n; i++) c->w[i] = .4 * ll_rng_normal(&r);
    c->work = ll_nasflat_work_new(&c->layout, &c->graphs, ITEMS, true);
}

static void check_net(const ll_nasflat_shape *shape, bool self_loops, bool dropout)
{
    net_case c = {.dropout = dropout};
    net_open(&c, shape, self_loops);
    double dscore[ITEMS], *grad = ll_alloc_aligned(c.layout.n, sizeof(double));
    CHECK(net_run(&c, dscore) > 0);
    ll_nasflat_backward(c.work, c.w, dscore, grad);
    int worst = 0;
    double error = ll_gradcheck(net_loss, &c, c.w, grad, (int)c.layout.n, 1, step, &worst);
    check_report(error < 1e-5, __FILE__, __LINE__, "gnn %d update %d head %d z %d: error %g at %d",
                 shape->gnn, shape->op_update, shape->hw_head, shape->n_z, error, worst);
    free(grad);
    free(c.w);
    ll_nasflat_work_free(c.work);
    ll_nasflat_graphs_free(&c.graphs);
}

static void the_whole_loss_in_all_variants(void)
{
    for (int variant = 0; variant < 48; variant++) {
        ll_nasflat_shape s = {.gnn = variant % 3,
                              .op_update = variant / 3 % 2,
                              .hw_head = variant / 6 % 2,
                              .n_z = variant / 12 % 2 ? NZ : 0,
                              .n_nodes = 5,
                              .n_ops = 3,
                              .n_devices = 4,
                              .op_dim = 4,
                              .hw_dim = 3,
                              .node_dim = 3,
                              .x_dim = 5,
                              .hidden = 6,
                              .head = 7,
                              .z_hidden = 4,
                              .z_dim = 3};
        check_net(&s, variant / 24, variant % 2);
    }
}

static void paper_width_takes_the_same_path(void)
{
    ll_nasflat_shape s = ll_nasflat_paper_shape();
    s.n_nodes = 4, s.n_ops = 2, s.n_devices = 2;
    net_case c = {0};
    net_open(&c, &s, false);
    for (size_t i = 0; i < c.layout.n; i++) c.w[i] *= .2;
    double dscore[ITEMS], *grad = ll_alloc_aligned(c.layout.n, sizeof(double));
    net_run(&c, dscore);
    ll_nasflat_backward(c.work, c.w, dscore, grad);
    CHECK(ll_gradcheck(net_loss, &c, c.w, grad, (int)c.layout.n, 2003, step, NULL) < 1e-4);
    free(grad);
    free(c.w);
    ll_nasflat_work_free(c.work);
    ll_nasflat_graphs_free(&c.graphs);
}

static const check_case cases[] = {
    {"linear and activations", linear_and_activations},
    {"layer norm", layer_norm},
    {"pair hinge", pair_hinge},
    {"dropout keeps the mean", dropout_keeps_the_mean},
    {"graph layers", graph_layers},
    {"the whole loss in all variants", the_whole_loss_in_all_variants},
    {"paper width takes the same path", paper_width_takes_the_same_path},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nasflat_grad", cases, argc, argv);
}
