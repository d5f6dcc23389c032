/* Finite differences, in double, of the whole NASFLAT loss in all its variants. */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/nn/pair_hinge.h"
#include "core/predict/nasflat/net.h"
#include "tests/check.h"
#include "tests/gradcheck.h"

static const double step = 1e-6;

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

static ll_nasflat_shape small_shape(int variant)
{
    return (ll_nasflat_shape){.gnn = variant % 3,
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
}

static void the_whole_loss_in_all_variants(void)
{
    for (int variant = 0; variant < 48; variant++) {
        ll_nasflat_shape s = small_shape(variant);
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

/* Items without a gradient are left out on the way back: the others' is what they have among themselves. */
static void check_idle(const ll_nasflat_shape *shape, int most_idle, bool dropout)
{
    net_case c = {.dropout = dropout};
    net_open(&c, shape, false);
    double dscore[ITEMS], few[ITEMS], *grad = ll_alloc_aligned(c.layout.n, sizeof(double)),
                                      *alone = ll_alloc_aligned(c.layout.n, sizeof(double)), error = 0;
    int n = 0;
    net_run(&c, dscore);
    for (int i = 0; i < ITEMS; i++) dscore[i] = i * 5 % ITEMS < most_idle ? 0 : .1 + .03 * i;
    ll_nasflat_backward(c.work, c.w, dscore, grad);
    for (int i = 0; i < ITEMS; i++) {
        if (dscore[i] == 0) continue;
        few[n] = dscore[i];
        c.items[n] = c.items[i];
        c.seeds[n++] = c.seeds[i];
    }
    CHECK_INT(n, ITEMS - most_idle);
    if (n) {
        double score[ITEMS];
        ll_nasflat_forward(c.work, c.w, c.items, n, shape->n_z ? c.z : NULL, dropout ? c.seeds : NULL, score);
        ll_nasflat_backward(c.work, c.w, few, alone);
    }
    for (size_t i = 0; i < c.layout.n; i++) {
        double away = fabs(grad[i] - alone[i]) / (1 + fabs(alone[i]));
        if (!(away <= error)) error = away;
    }
    check_report(error < 1e-12, __FILE__, __LINE__, "gnn %d update %d head %d z %d, %d idle: error %g",
                 shape->gnn, shape->op_update, shape->hw_head, shape->n_z, most_idle, error);
    free(grad);
    free(alone);
    free(c.w);
    ll_nasflat_work_free(c.work);
    ll_nasflat_graphs_free(&c.graphs);
}

static void items_without_a_gradient_are_left_out(void)
{
    for (int variant = 0; variant < 24; variant++) {
        ll_nasflat_shape s = small_shape(variant);
        for (int idle = 1; idle <= ITEMS; idle += 4) check_idle(&s, idle, variant % 2);
    }
}

static const check_case cases[] = {
    {"the whole loss in all variants", the_whole_loss_in_all_variants},
    {"paper width takes the same path", paper_width_takes_the_same_path},
    {"items without a gradient are left out", items_without_a_gradient_are_left_out},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nasflat_grad", cases, argc, argv);
}
