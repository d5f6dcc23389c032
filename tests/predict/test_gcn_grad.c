/* The graph convolutions of brpnas and multipredict: gradients against central differences in double, the forward pass
 * against one written from the formula. */
#include "core/nn/gcn.h"
#include "core/predict/gcn/graphs.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/predict/gcn/multipredict_net.h"
#include "tests/check.h"
#include "tests/gradcheck.h"
#include "tests/spaces.h"

enum { N = 3 };

typedef struct problem {
    ll_gcn_shape shape;
    ll_gcn_graphs graphs;
    ll_gcn_work *work;
    int which[N];
    double *w, *v; /* parameters; (N, width): loss = sum of features * v */
    double dropout;
} problem;

static double loss_of(void *ctx)
{
    problem *q = ctx;
    const double *f = ll_gcn_forward(q->work, q->w, &q->graphs, q->which, N, q->dropout, 11);
    double loss = 0;
    for (int i = 0; i < N * q->shape.width; i++) loss += f[i] * q->v[i];
    return loss;
}

static problem problem_of(const ll_dataset *d, bool norm, double dropout)
{
    problem q = {.which = {1462, 0, 9}, .dropout = dropout};
    ll_rng r = ll_rng_new(3, norm);
    ll_gcn_graphs_of(d->archs, 0, d->n_archs, LL_GRAPH_PRUNED, true, &q.graphs);
    q.shape = (ll_gcn_shape){q.graphs.nodes, q.graphs.labels, 7, 3, norm};
    q.work = ll_gcn_work_new(&q.shape);
    q.w = LL_NEW_ARRAY(double, ll_gcn_params(&q.shape));
    q.v = LL_NEW_ARRAY(double, N *q.shape.width);
    for (size_t i = 0; i < ll_gcn_params(&q.shape); i++) q.w[i] = .5 * ll_rng_normal(&r);
    for (int i = 0; i < N * q.shape.width; i++) q.v[i] = ll_rng_normal(&r);
    return q;
}

static void problem_free(problem *q)
{
    ll_gcn_work_free(q->work);
    ll_gcn_graphs_free(&q->graphs);
    free(q->w);
    free(q->v);
}

static void gradients_are_right(void)
{
    ll_dataset *d = all_cells();
    for (int c = 0; c < 4; c++) {
        problem q = problem_of(d, c % 2, c / 2 ? .3 : 0);
        int n = (int)ll_gcn_params(&q.shape), worst;
        double *g = LL_NEW_ARRAY(double, n), *v = ll_memdup(q.v, (size_t)(N * q.shape.width), sizeof *v);
        loss_of(&q);
        ll_gcn_backward(q.work, q.w, v, g);
        double error = ll_gradcheck(loss_of, &q, q.w, g, n, 1, 1e-6, &worst);
        if (error > 1e-6)
            check_report(false, __FILE__, __LINE__, "case %d: error %g at %d of %d", c, error, worst, n);
        double size = 0;
        for (int i = 0; i < n; i++) size += fabs(g[i]);
        CHECK(size > 1);
        free(g);
        free(v);
        problem_free(&q);
    }
    ll_dataset_unref(d);
}

/* X' = relu(A (X W) + b) at every node, and the read-out node of the last layer. */
static void features_follow_the_formula(void)
{
    ll_dataset *d = all_cells();
    problem q = problem_of(d, false, 0);
    int nodes = q.shape.nodes, width = q.shape.width;
    const double *f = ll_gcn_forward(q.work, q.w, &q.graphs, q.which, N, 0, 0);
    for (int a = 0; a < N; a++) {
        double x[16][16] = {{0}}, y[16][16];
        const unsigned char *label = q.graphs.label + (size_t)q.which[a] * (size_t)nodes;
        const unsigned char *reads = q.graphs.reads + (size_t)q.which[a] * (size_t)(nodes * nodes);
        for (int i = 0; i < nodes; i++)
            if (label[i] != LL_GCN_NO_LABEL) x[i][label[i]] = 1;
        for (int l = 0; l < q.shape.layers; l++) {
            ll_gcn_layer at = ll_gcn_layer_at(&q.shape, l);
            for (int i = 0; i < nodes; i++)
                for (int c = 0; c < width; c++) {
                    y[i][c] = q.w[at.b + (size_t)c];
                    for (int j = 0; j < nodes; j++)
                        for (int k = 0; k < at.in && reads[i * nodes + j]; k++)
                            y[i][c] += x[j][k] * q.w[at.w + (size_t)(k * width + c)];
                }
            for (int i = 0; i < nodes; i++)
                for (int c = 0; c < width; c++) x[i][c] = fmax(0, y[i][c]);
        }
        for (int c = 0; c < width; c++) CHECK_NEAR(f[a * width + c], x[0][c], 1e-9);
    }
    problem_free(&q);
    ll_dataset_unref(d);
}

/* By hand: the cell of 3x3 on 0>1 and 1>3 alone prunes to input -> e1 -> e5 -> output. */
static void graphs_are_brp_nass(void)
{
    ll_dataset *d = all_cells();
    ll_gcn_graphs g;
    ll_gcn_graphs_of(d->archs, 0, d->n_archs, LL_GRAPH_PRUNED, true, &g);
    CHECK_INT(g.nodes, 9);
    CHECK_INT(g.labels, 8);
    int a = ll_dataset_row(d, (const uint8_t[]){3, 0, 0, 0, 3, 0});
    const unsigned char *label = g.label + 9 * a, *reads = g.reads + 81 * a;
    static const unsigned char labels[9] = {7, 5, 3, 255, 255, 255, 3, 255, 6};
    CHECK(!memcmp(label, labels, 9));
    for (int j = 0; j < 9; j++) CHECK_INT(reads[j], 1);
    for (int i = 1; i < 9; i++)
        for (int j = 0; j < 9; j++)
            CHECK_INT(reads[9 * i + j],
                      i == j || (i == 1 && j == 2) || (i == 2 && j == 6) || (i == 6 && j == 8));
    ll_gcn_graphs_free(&g);
    ll_dataset_unref(d);
}

/* --- MultiPredict's network --- */

/* Two architectures, three devices, five items, three proxies; loss = sum of scores * v. */
typedef struct mp_problem {
    ll_mp_shape shape;
    ll_mp_net *net;
    const ll_gcn_graphs *graphs;
    double *w, x[2 * 6], z[2 * 3], v[5], score[5];
} mp_problem;

static const int mp_which[2] = {1462, 9};
static const ll_mp_item mp_items[5] = {{0, 0, 0}, {0, 1, 0}, {1, 0, 1}, {1, 2, 1}, {0, 2, 1}};

static double mp_loss(void *ctx)
{
    mp_problem *q = ctx;
    const double *code = ll_mp_encode(q->net, q->w, q->graphs, mp_which, q->x, 2);
    double loss = 0;
    ll_mp_head(q->net, q->w, code, q->z, mp_items, 5, q->score);
    for (int i = 0; i < 5; i++) loss += q->score[i] * q->v[i];
    return loss;
}

static void multipredict_gradients_are_right(void)
{
    ll_dataset *d = all_cells();
    ll_gcn_graphs graphs;
    ll_gcn_graphs_of(d->archs, 0, d->n_archs, LL_GRAPH_FULL, false, &graphs);
    for (int graph = 0; graph < 2; graph++) {
        mp_problem q = {.shape = ll_mp_shape_of(graph, graphs.nodes, graphs.labels, 6, 3, 3),
                        .graphs = &graphs};
        ll_rng r = ll_rng_new(8, (uint64_t)graph);
        int n = (int)q.shape.n, worst;
        double dcode[2 * LL_MP_CODE] = {0}, *g = LL_NEW_ARRAY(double, n);
        q.net = ll_mp_net_new(&q.shape, 2, 5);
        q.w = LL_NEW_ARRAY(double, n);
        for (int i = 0; i < n; i++) q.w[i] = .06 * ll_rng_normal(&r);
        for (int i = 0; i < 12; i++) q.x[i] = ll_rng_normal(&r);
        for (int i = 0; i < 6; i++) q.z[i] = ll_rng_uniform(&r);
        for (int i = 0; i < 5; i++) q.v[i] = ll_rng_normal(&r);
        mp_loss(&q);
        ll_mp_head_back(q.net, q.w, mp_items, q.v, dcode, g);
        ll_mp_encode_back(q.net, q.w, dcode, g);
        /* the encoder at a stride, embedding and head in full */
        int encoder = (int)q.shape.embedding;
        double error = ll_gradcheck(mp_loss, &q, q.w, g, encoder, graph ? 97 : 7, 1e-6, &worst);
        CHECK(error < 1e-5);
        error = ll_gradcheck(mp_loss, &q, q.w + encoder, g + encoder, n - encoder, 11, 1e-6, &worst);
        CHECK(error < 1e-5);
        double size = 0;
        for (int i = 0; i < 24; i++) size += fabs(g[encoder + i]);
        CHECK(size > 1e-6 && fabs(g[n - 1]) > 1e-6);
        free(g);
        free(q.w);
        ll_mp_net_free(q.net);
    }
    ll_gcn_graphs_free(&graphs);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"gradients are right", gradients_are_right},
    {"features follow the formula", features_follow_the_formula},
    {"graphs are BRP-NAS's", graphs_are_brp_nass},
    {"multipredict's gradients are right", multipredict_gradients_are_right},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_gcn_grad", cases, argc, argv);
}
