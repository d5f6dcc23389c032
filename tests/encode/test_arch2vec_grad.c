/* The whole loss of arch2vec, normalised over the batch, against finite differences in double. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/encode/arch2vec/net.h"
#include "tests/check.h"
#include "tests/gradcheck.h"

enum { GRAPHS = 7, NODES = 5, OPS = 3, LABELS = LL_ARCH2VEC_FIRST_OP + OPS, WIDTH = 6, DIM = 4 };
static const double step = 1e-6, tolerance = 1e-6;
static const ll_arch2vec_shape shape = {NODES, LABELS, WIDTH, DIM};

typedef struct problem {
    ll_arch2vec_layout layout;
    ll_arch2vec_net *net;
    ll_arch2vec_graphs *graphs;
    double *w, *noise, dropout;
} problem;

static ll_graph random_graph(ll_rng *r)
{
    ll_graph g = {.n_nodes = NODES};
    for (int i = 0; i < NODES; i++) {
        g.op[i] = i && i < NODES - 1 ? ll_rng_below(r, OPS) : -1;
        for (int j = 0; j < i; j++) g.adj[j][i] = ll_rng_uniform(r) < .4;
    }
    return g;
}

static void add_random_graphs(ll_arch2vec_graphs *g, ll_rng *r)
{
    for (int i = 0; i < GRAPHS; i++) {
        ll_graph graph = random_graph(r);
        ll_arch2vec_graphs_add(g, &graph);
        if (i % 3 == 0) ll_arch2vec_graphs_add(g, &graph); /* rows that stand for more than one node */
    }
    ll_arch2vec_graphs_number(g);
}

static problem open(void)
{
    problem q = {.layout = ll_arch2vec_layout_of(&shape), .net = ll_arch2vec_net_new(&shape)};
    ll_rng r = ll_rng_new(2, 0);
    q.graphs = ll_arch2vec_graphs_new(NODES, LABELS, 2 * GRAPHS);
    add_random_graphs(q.graphs, &r);
    size_t n = (size_t)(q.graphs->n * NODES * DIM);
    q.w = LL_NEW_ARRAY(double, q.layout.n);
    q.noise = LL_NEW_ARRAY(double, n);
    for (size_t i = 0; i < q.layout.n; i++) q.w[i] = .6 * ll_rng_normal(&r);
    for (size_t i = 0; i < n; i++) q.noise[i] = ll_rng_normal(&r);
    return q;
}

static void shut(problem *q)
{
    ll_arch2vec_net_free(q->net);
    ll_arch2vec_graphs_free(q->graphs);
    free(q->w);
    free(q->noise);
}

static ll_arch2vec_loss parts_of(problem *q, const double *noise)
{
    return ll_arch2vec_forward(q->net, q->w, q->graphs, noise, q->dropout, 9);
}

static double loss_of(void *ctx)
{
    problem *q = ctx;
    ll_arch2vec_loss parts = parts_of(q, q->noise);
    return parts.labels + parts.arcs + parts.divergence;
}

static void check_gradient(double dropout)
{
    problem q = open();
    q.dropout = dropout;
    double *grad = LL_NEW_ARRAY(double, q.layout.n);
    int worst = 0;
    CHECK(loss_of(&q) > 0);
    ll_arch2vec_backward(q.net, q.w, q.graphs, grad);
    double error = ll_gradcheck(loss_of, &q, q.w, grad, (int)q.layout.n, 1, step, &worst);
    check_report(error < tolerance, __FILE__, __LINE__, "dropout %g: error %g at %d of %zu", dropout, error,
                 worst, q.layout.n);
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++) CHECK(fabs(grad[q.layout.round[r].epsilon]) > 1e-6);
    free(grad);
    shut(&q);
}

static void gradients_of_all_parameters(void)
{
    check_gradient(0);
}

static void gradients_through_dropout(void)
{
    check_gradient(.3);
}

/* --- the loss, written out node by node, nothing shared --- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double entropy(double p, bool target)
{
    return target ? -log(p) : -log(1 - p);
}

enum { MOST_ALL = 2 * GRAPHS * NODES };

/* y (n, WIDTH) = relu(BN(x W)) over all n nodes. */
static void dense(const double *x, int n, int in, const double *w, const double *gamma, const double *beta,
                  double *y)
{
    for (int j = 0; j < WIDTH; j++) {
        double mean = 0, var = 0;
        for (int i = 0; i < n; i++) {
            y[i * WIDTH + j] = 0;
            for (int k = 0; k < in; k++) y[i * WIDTH + j] += x[i * in + k] * w[k * WIDTH + j];
            mean += y[i * WIDTH + j] / n;
        }
        for (int i = 0; i < n; i++) var += pow(y[i * WIDTH + j] - mean, 2) / n;
        for (int i = 0; i < n; i++)
            y[i * WIDTH + j] = fmax(0, (y[i * WIDTH + j] - mean) / sqrt(var + 1e-5) * gamma[j] + beta[j]);
    }
}

/* h (nodes of all, WIDTH) of the last round. */
static void plain_rounds(const problem *q, double *h)
{
    const ll_arch2vec_graphs *g = q->graphs;
    int n = g->n * NODES, in = LABELS;
    double sum[MOST_ALL * 8], hidden[MOST_ALL * WIDTH];
    for (int i = 0; i < n * LABELS; i++) h[i] = g->label[i / LABELS] == i % LABELS;
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++, in = WIDTH) {
        const ll_arch2vec_round *at = &q->layout.round[r];
        for (int i = 0; i < n; i++)
            for (int k = 0; k < in; k++) {
                sum[i * in + k] = (1 + q->w[at->epsilon]) * h[i * in + k];
                for (int j = 0; j < NODES; j++)
                    sum[i * in + k] += g->arc[i * NODES + j] * h[(i / NODES * NODES + j) * in + k];
            }
        dense(sum, n, in, q->w + at->w[0], q->w + at->gamma[0], q->w + at->beta[0], hidden);
        dense(hidden, n, WIDTH, q->w + at->w[1], q->w + at->gamma[1], q->w + at->beta[1], h);
    }
}

static double affine(const double *x, int n, const double *w, const double *b, int column, int columns)
{
    double sum = b[column];
    for (int k = 0; k < n; k++) sum += x[k] * w[k * columns + column];
    return sum;
}

static ll_arch2vec_loss plain_loss(const problem *q)
{
    const ll_arch2vec_graphs *g = q->graphs;
    const ll_arch2vec_layout *l = &q->layout;
    int n = g->n * NODES;
    double h[MOST_ALL * 8], z[MOST_ALL * DIM], divergence = 0;
    ll_arch2vec_loss loss = {0};
    plain_rounds(q, h);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < DIM; j++) {
            double mu = affine(h + i * WIDTH, WIDTH, q->w + l->code_w, q->w + l->code_b, j, 2 * DIM),
                   s = affine(h + i * WIDTH, WIDTH, q->w + l->code_w, q->w + l->code_b, DIM + j, 2 * DIM);
            z[i * DIM + j] = mu + q->noise[i * DIM + j] * exp(s);
            divergence += 1 + 2 * s - mu * mu - exp(s) * exp(s);
        }
    loss.divergence = -divergence / n / (2. * n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < LABELS; j++) {
            double x = affine(z + i * DIM, DIM, q->w + l->decoder_w, q->w + l->decoder_b, j, LABELS);
            loss.labels += entropy(sigmoid(x), g->label[i] == j) / (n * LABELS);
        }
    for (int i = 0; i < n; i++)
        for (int j = i % NODES + 1; j < NODES; j++) {
            double x = 0;
            for (int k = 0; k < DIM; k++) x += z[i * DIM + k] * z[(i / NODES * NODES + j) * DIM + k];
            loss.arcs += entropy(sigmoid(x), g->arc[i * NODES + j]) / (n * NODES);
        }
    return loss;
}

static void loss_is_that_of_all_nodes(void)
{
    problem q = open();
    ll_arch2vec_loss own = parts_of(&q, q.noise), plain = plain_loss(&q);
    CHECK(q.graphs->round[0].n < q.graphs->n * NODES);
    CHECK_NEAR(own.labels, plain.labels, 1e-9 * plain.labels);
    CHECK_NEAR(own.arcs, plain.arcs, 1e-9 * plain.arcs);
    CHECK_NEAR(own.divergence, plain.divergence, 1e-9 * fabs(plain.divergence));
    shut(&q);
}

static const check_case cases[] = {
    {"gradients of all parameters", gradients_of_all_parameters},
    {"gradients through dropout", gradients_through_dropout},
    {"loss is that of all nodes", loss_is_that_of_all_nodes},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_arch2vec_grad", cases, argc, argv);
}
