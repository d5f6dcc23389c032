/* The graph convolutions of brpnas and multipredict: gradients against central differences in double, the forward pass
 * against one written from the formula. */
#define LL_DOUBLE
#include "core/predict/gcn.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/gradcheck.h"
#include "core/predict/brpnas.h"
#include "tests/check.h"
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
    ll_brpnas_graphs(d, true, &q.graphs);
    q.shape = (ll_gcn_shape){q.graphs.nodes, q.graphs.labels, 7, 3, norm};
    q.work = ll_gcn_work_new(&q.shape, N);
    q.w = LL_NEW_ARRAY(double, ll_gcn_params(&q.shape));
    q.v = LL_NEW_ARRAY(double, N *q.shape.width);
    for (size_t i = 0; i < ll_gcn_params(&q.shape); i++) q.w[i] = .5 * ll_rng_normal(&r);
    for (int i = 0; i < N * q.shape.width; i++) q.v[i] = ll_rng_normal(&r);
    return q;
}

static void problem_free(problem *q)
{
    ll_gcn_work_free(q->work);
    free(q->graphs.label);
    free(q->graphs.reads);
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
    ll_brpnas_graphs(d, true, &g);
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
    free(g.label);
    free(g.reads);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"gradients are right", gradients_are_right},
    {"features follow the formula", features_follow_the_formula},
    {"graphs are BRP-NAS's", graphs_are_brp_nass},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_gcn", cases, argc, argv);
}
