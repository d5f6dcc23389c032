/* Networks of proxies: gradients against central differences in double, by layer kind and as a whole. */
#include "core/proxies/net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/proxies/ops.h"
#include "core/proxies/precise.h"
#include "tests/check.h"
#include "tests/gradcheck.h"

enum { BATCH = 3 };

/* Loss = cross-entropy of a network with a few images. */
typedef struct problem {
    ll_network network;
    ll_net *net;
    double *images, *d_images, *dy;
    int label[BATCH];
} problem;

static int results(const problem *q)
{
    return ll_net_classes(q->net) * BATCH;
}

static double loss_of(void *ctx)
{
    problem *q = ctx;
    ll_net_forward(q->net, q->images);
    return ll_cross_entropy(ll_net_classes(q->net), BATCH, ll_net_result(q->net), q->label, q->dy);
}

static void problem_open(problem *q, bool plain)
{
    ll_rng r = ll_rng_new(4, LL_STREAM_DATA);
    ll_net_setup s = {.network = &q->network, .batch = BATCH, .seed = 5, .plain = plain};
    q->net = ll_net_new();
    ll_net_open(q->net, &s);
    size_t n = ll_net_image(q->net) * BATCH;
    q->images = LL_NEW_ARRAY(double, n);
    q->d_images = LL_NEW_ARRAY(double, n);
    q->dy = LL_NEW_ARRAY(double, results(q));
    for (size_t i = 0; i < n; i++) q->images[i] = ll_rng_normal(&r);
    for (int i = 0; i < BATCH; i++) q->label[i] = i % ll_net_classes(q->net);
}

static void problem_close(problem *q)
{
    ll_net_free(q->net);
    free(q->images);
    free(q->d_images);
    free(q->dy);
}

static void check_gradients(problem *q, const char *name, bool plain, double step, double tolerance)
{
    size_t size;
    int worst = 0;
    problem_open(q, plain);
    loss_of(q);
    CHECK(ll_net_backward(q->net, q->images, q->dy, q->d_images, false));
    int n = (int)ll_net_image(q->net) * BATCH;
    double error = ll_gradcheck(loss_of, q, q->images, q->d_images, n, 1 + n / 200, step, &worst);
    if (error > tolerance)
        check_report(false, __FILE__, __LINE__, "%s: images: error %g at %d of %d", name, error, worst, n);
    for (int i = 0; i < q->network.n_layers; i++) {
        double *w = ll_net_weights_of(q->net, i, &size);
        if (!size) continue;
        const double *g = ll_net_gradient_of(q->net, i, &size);
        error = ll_gradcheck(loss_of, q, w, g, (int)size, 1 + (int)size / 60, step, &worst);
        if (error > tolerance)
            check_report(false, __FILE__, __LINE__, "%s: layer %d: error %g at %d of %d", name, i, error,
                         worst, (int)size);
        CHECK(error <= tolerance);
    }
    problem_close(q);
}

/* --- a layer in the middle of a network --- */

static ll_layer conv(int in, int c_in, int c_out, int h, int kernel, int stride, int groups)
{
    return (ll_layer){.kind = LL_CONV,
                      .c_in = c_in,
                      .c_out = c_out,
                      .h_in = h,
                      .h_out = h / stride,
                      .kernel = kernel,
                      .stride = stride,
                      .groups = groups,
                      .in = {in}};
}

static ll_layer plain(ll_layer_kind kind, int a, int b, int c, int h, int kernel, int stride, int groups)
{
    return (ll_layer){.kind = kind,
                      .c_in = c,
                      .c_out = c,
                      .h_in = h,
                      .h_out = h / stride,
                      .kernel = kernel,
                      .stride = stride,
                      .groups = groups,
                      .in = {a, b}};
}

typedef struct kind {
    const char *name;
    ll_layer l;
} kind;

/* images (2, 8, 8) -> 3x3, bn -> 6 channels -> the layer -> [1x1, bn, relu -> with bn:] pool -> 4 classes */
static void network_with(ll_layer l, ll_network *n)
{
    int c = l.c_out, h = l.h_out;
    *n = (ll_network){.n_layers = 5};
    n->layers[0] = conv(0, 2, 6, 8, 3, 1, 1);
    n->layers[0].bn = true;
    n->layers[1] = l;
    n->layers[2] = conv(2, c, 5, h, 1, 1, 1);
    n->layers[2].act = LL_RELU;
    n->layers[2].bn = true;
    n->layers[3] = plain(LL_GLOBAL_POOL, 3, 0, 5, h, 1, 1, 1);
    n->layers[3].h_out = 1;
    n->layers[4] = (ll_layer){.kind = LL_LINEAR,
                              .c_in = 5,
                              .c_out = 4,
                              .h_in = 1,
                              .h_out = 1,
                              .kernel = 1,
                              .stride = 1,
                              .groups = 1,
                              .in = {4}};
    for (int i = 0; i < 5; i++) n->layers[i].site = i;
}

static void every_kind_of_layer(void)
{
    const kind kinds[] = {{"1x1", conv(1, 6, 4, 8, 1, 1, 1)},
                          {"1x1 by two", conv(1, 6, 4, 8, 1, 2, 1)},
                          {"1x1 in groups", conv(1, 6, 4, 8, 1, 1, 2)},
                          {"3x3", conv(1, 6, 4, 8, 3, 1, 1)},
                          {"3x3 by two", conv(1, 6, 4, 8, 3, 2, 1)},
                          {"3x3 in groups by two", conv(1, 6, 9, 8, 3, 2, 3)},
                          {"depthwise 3x3", conv(1, 6, 6, 8, 3, 1, 6)},
                          {"depthwise 5x5 by two", conv(1, 6, 6, 8, 5, 2, 6)},
                          {"two of each channel", conv(1, 6, 12, 8, 3, 1, 6)},
                          {"pool 3", plain(LL_POOL_AVG, 1, 0, 6, 8, 3, 1, 1)},
                          {"pool 2", plain(LL_POOL_AVG, 1, 0, 6, 8, 2, 2, 1)},
                          {"sum with itself", plain(LL_ADD, 1, 1, 6, 8, 1, 1, 1)},
                          {"sum with nothing", plain(LL_ADD, LL_TENSOR_ZERO, 1, 6, 8, 1, 1, 1)},
                          {"copy", plain(LL_COPY, 1, 0, 6, 8, 1, 1, 1)},
                          {"shuffle", plain(LL_SHUFFLE, 1, 0, 6, 8, 1, 1, 3)},
                          {0}};
    for (const kind *k = kinds; k->name; k++)
        for (int how = 0; how < 8; how++) {
            problem q = {0};
            ll_layer l = k->l;
            l.relu_before = how & 1 && l.kind == LL_CONV;
            l.bn = how & 2 && l.kind == LL_CONV;
            if (l.kind != LL_CONV && how & 3) continue;
            network_with(l, &q.network);
            q.network.layers[0].act = how & 4 ? LL_RELU : LL_NO_ACT; /* what the layer reads */
            check_gradients(&q, k->name, false, 1e-5, 1e-6);
        }
}

/* BN, ReLU, pool; and all of it without any normalisation. */
static void heads(void)
{
    for (int how = 0; how < 8; how++) {
        problem q = {0};
        network_with(conv(1, 6, 4, 8, 3, 2, 1), &q.network);
        q.network.layers[3].bn = how & 1;
        q.network.layers[3].relu_before = how & 2;
        check_gradients(&q, "head", how & 4, 1e-5, 1e-6);
    }
}

static ll_layer linear(int in, int c_in, int c_out, ll_activation act)
{
    return (ll_layer){.kind = LL_LINEAR,
                      .c_in = c_in,
                      .c_out = c_out,
                      .h_in = 1,
                      .h_out = 1,
                      .kernel = 1,
                      .stride = 1,
                      .groups = 1,
                      .in = {in},
                      .act = act};
}

/* A convolution, squeeze-and-excitation of what it gives, and a head. */
static void gated_network(ll_activation body, ll_activation gate, ll_network *n)
{
    *n = (ll_network){.n_layers = 8};
    n->layers[0] = conv(0, 2, 6, 8, 3, 1, 1);
    n->layers[0].bn = true;
    n->layers[0].act = body;
    n->layers[1] = plain(LL_GLOBAL_POOL, 1, 0, 6, 8, 1, 1, 1);
    n->layers[1].h_out = 1;
    n->layers[2] = linear(2, 6, 3, LL_RELU);
    n->layers[3] = linear(3, 3, 6, gate);
    n->layers[4] = plain(LL_GATE, 1, 4, 6, 8, 1, 1, 1);
    n->layers[5] = conv(5, 6, 5, 8, 1, 1, 1);
    n->layers[5].act = body;
    n->layers[5].bn = true;
    n->layers[6] = plain(LL_GLOBAL_POOL, 6, 0, 5, 8, 1, 1, 1);
    n->layers[6].h_out = 1;
    n->layers[7] = linear(7, 5, 4, LL_NO_ACT);
    for (int i = 0; i < 8; i++) n->layers[i].site = i;
}

/* Wherever the activations stand, with and without normalisation, which decides how far numbers go. */
static void gates_and_smooth_activations(void)
{
    static const ll_activation body[] = {LL_NO_ACT, LL_RELU, LL_HSWISH, LL_HSIGMOID, LL_RELU6};
    static const ll_activation gate[] = {LL_HSIGMOID, LL_RELU, LL_NO_ACT, LL_HSWISH};
    for (int b = 0; b < 5; b++)
        for (int g = 0; g < 4; g++)
            for (int bare = 0; bare < 2; bare++) {
                problem q = {0};
                gated_network(body[b], gate[g], &q.network);
                check_gradients(&q, "gated", bare, 1e-6, 1e-4);
            }
}

/* A sum, a pool, a copy and a normalised head behind hswish; images so large that all three pieces of it are met. */
static void smooth_activations_are_read_by_all(void)
{
    const ll_layer readers[] = {plain(LL_ADD, 1, 1, 6, 8, 1, 1, 1), plain(LL_POOL_AVG, 1, 0, 6, 8, 3, 1, 1),
                                plain(LL_COPY, 1, 0, 6, 8, 1, 1, 1), plain(LL_SHUFFLE, 1, 0, 6, 8, 1, 1, 3),
                                conv(1, 6, 4, 8, 3, 2, 1)};
    for (int r = 0; r < 5; r++)
        for (int act = LL_HSWISH; act <= LL_HSIGMOID; act++) {
            problem q = {0};
            network_with(readers[r], &q.network);
            q.network.layers[0].act = (ll_activation)act;
            if (readers[r].kind == LL_ADD) q.network.layers[1].act = (ll_activation)act;
            q.network.layers[2].act = (ll_activation)act;
            q.network.layers[3].bn = q.network.layers[3].relu_before = r & 1;
            check_gradients(&q, "smooth", false, 1e-6, 2e-6);
        }
}

static void bends_by_hand(void)
{
    const double x[] = {-4, -3, -1.5, 0, 1, 3, 5}, swish[] = {0, 0, -.375, 0, 2. / 3, 3, 5},
                 sigmoid[] = {0, 0, .25, .5, 2. / 3, 1, 1}, slope[] = {0, 0, 0, .5, 5. / 6, 1, 1};
    double y[7], d[7] = {1, 1, 1, 1, 1, 1, 1}, far[] = {9, 9, 9, 9, 9, 9, 9};
    ll_bend(LL_HSWISH, 7, x, x, y);
    for (int i = 0; i < 7; i++) CHECK_NEAR(y[i], swish[i], 1e-15);
    ll_bend(LL_HSIGMOID, 7, x, x, y);
    for (int i = 0; i < 7; i++) CHECK_NEAR(y[i], sigmoid[i], 1e-15);
    ll_bend_back(LL_HSWISH, 7, x, x, d);
    for (int i = 0; i < 7; i++) CHECK_NEAR(d[i], slope[i], 1e-15);
    ll_bend(LL_HSWISH, 7, far, x, y); /* held where it is the identity */
    for (int i = 0; i < 7; i++) CHECK_NEAR(y[i], x[i], 0);
}

/* Two channels, two images of four pixels; what is read of either operand is its positive part, or all. */
static void gates_by_hand(void)
{
    const ll_layer l = plain(LL_GATE, 1, 2, 2, 2, 1, 1, 1);
    const double x[16] = {1, -2, 3, 4, 5, 6, 7, 8, -1, 2, 3, 4, 5, 6, 7, -8}, by[4] = {2, -1, .5, 3};
    double y[16];
    ll_scale(&l, 2, NULL, x, NULL, by, y);
    for (int i = 0; i < 16; i++) CHECK_NEAR(y[i], x[i] * by[i / 4], 0);
    ll_scale(&l, 2, x, x, by, by, y);
    for (int i = 0; i < 16; i++) CHECK_NEAR(y[i], fmax(x[i], 0) * fmax(by[i / 4], 0), 0);
}

/* --- whole networks --- */

static ll_network built(const char *space, const uint8_t *gene)
{
    ll_network n;
    ll_error e = {0};
    CHECK_INT(ll_network_build(ll_space_find(space), gene, &n, &e), LL_OK);
    return n;
}

/* A step so small that none of its ReLUs turns within it. */
static void a_whole_cell(void)
{
    problem *q = LL_NEW(problem);
    q->network = built("nasbench201", (uint8_t[6]){3, 1, 2, 0, 4, 3});
    /* the stem, the first cell, a head */
    q->network.layers[9] = (ll_layer){.kind = LL_GLOBAL_POOL,
                                      .c_in = 16,
                                      .c_out = 16,
                                      .h_in = 32,
                                      .h_out = 1,
                                      .kernel = 1,
                                      .stride = 1,
                                      .groups = 1,
                                      .in = {9},
                                      .bn = true,
                                      .relu_before = true};
    q->network.layers[8] = plain(LL_COPY, 8, 0, 16, 32, 1, 1, 1);
    q->network.layers[10] = (ll_layer){.kind = LL_LINEAR,
                                       .c_in = 16,
                                       .c_out = 10,
                                       .h_in = 1,
                                       .h_out = 1,
                                       .kernel = 1,
                                       .stride = 1,
                                       .groups = 1,
                                       .in = {10}};
    q->network.n_layers = 11;
    check_gradients(q, "cell", false, 1e-7, 1e-4);
    free(q);
}

/* --- what the program computes in double --- */

/* One convolution and a classifier: R is a polynomial of degree two in the weights, its flow twice the weights' part. */
static void synflow_by_hand(void)
{
    ll_network n = {.n_layers = 3};
    n.layers[0] = conv(0, 2, 3, 4, 1, 1, 1);
    n.layers[0].bn = true;
    n.layers[0].act = LL_RELU;
    n.layers[1] = plain(LL_GLOBAL_POOL, 1, 0, 3, 4, 1, 1, 1);
    n.layers[1].h_out = 1;
    n.layers[2] = (ll_layer){.kind = LL_LINEAR,
                             .c_in = 3,
                             .c_out = 4,
                             .h_in = 1,
                             .h_out = 1,
                             .kernel = 1,
                             .stride = 1,
                             .groups = 1,
                             .in = {2},
                             .site = 2};
    ll_net *net = ll_net_new();
    ll_net_open(net, &(ll_net_setup){.network = &n, .batch = 1, .absolute = true, .seed = 5});
    size_t size;
    const double *w = ll_net_weights_of(net, 0, &size), *v = ll_net_weights_of(net, 2, &size);
    double sum = 0;
    for (int c = 0; c < 4; c++)
        for (int k = 0; k < 3; k++) sum += v[3 * c + k] * (w[2 * k] + w[2 * k + 1]);
    CHECK_NEAR(ll_synflow(&(ll_precise_job){.network = &n, .seed = 5}), log(2 * sum), 1e-12);
    ll_net_free(net);
}

/* w . H g of the last problem_open, by a step so short that hardly a ReLU turns within it. */
static double along_a_short_step(problem *q)
{
    const double by = 1e-10;
    double *w[LL_MAX_LAYERS] = {0}, *g[LL_MAX_LAYERS] = {0}, along[2] = {0};
    size_t size;
    loss_of(q);
    ll_net_backward(q->net, q->images, q->dy, NULL, false);
    for (int i = 0; i < q->network.n_layers; i++) {
        const double *wi = ll_net_weights_of(q->net, i, &size), *gi = ll_net_gradient_of(q->net, i, &size);
        w[i] = ll_memdup(wi, size, sizeof *wi);
        g[i] = ll_memdup(gi, size, sizeof *gi);
    }
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < q->network.n_layers; i++) {
            double *now = ll_net_weights_of(q->net, i, &size);
            for (size_t k = 0; k < size; k++) now[k] = w[i][k] + (side ? by : -by) * g[i][k];
        }
        loss_of(q);
        ll_net_backward(q->net, q->images, q->dy, NULL, false);
        for (int i = 0; i < q->network.n_layers; i++) {
            const double *now = ll_net_gradient_of(q->net, i, &size);
            for (size_t k = 0; k < size; k++) along[side] += w[i][k] * now[k];
        }
    }
    for (int i = 0; i < q->network.n_layers; i++) {
        free(w[i]);
        free(g[i]);
    }
    return (along[1] - along[0]) / (2 * by);
}

/* What grasp gives for a network, beside what it means. */
static void check_grasp(problem *q, double tolerance)
{
    problem_open(q, false);
    size_t n = ll_net_image(q->net) * BATCH;
    float *images = LL_NEW_ARRAY(float, n);
    for (size_t i = 0; i < n; i++) q->images[i] = images[i] = (float)q->images[i];
    double value = -ll_grasp(&(ll_precise_job){
        .network = &q->network, .batch = BATCH, .seed = 5, .images = images, .label = q->label});
    double truth = along_a_short_step(q);
    CHECK(fabs(truth) > 1e-6);
    CHECK_NEAR(value / truth, 1, tolerance);
    free(images);
    problem_close(q);
}

/* Three convolutions, of which within grasp's own step some ReLUs turn: their jumps are no second derivative. */
static void grasp_is_a_second_derivative(void)
{
    problem *q = LL_NEW(problem);
    q->network = built("nasbench201", (uint8_t[6]){3, 1, 3, 1, 3, 3});
    check_grasp(q, 1e-4);
    free(q);
}

/* The same of a network with a gate and hswish, whose second derivative is more than that of its products. */
static void grasp_holds_what_bends(void)
{
    problem *q = LL_NEW(problem);
    gated_network(LL_HSWISH, LL_HSIGMOID, &q->network);
    check_grasp(q, 1e-2); /* the truth, by so short a step, is no better known */
    free(q);
}

static const check_case cases[] = {
    {"every kind of layer", every_kind_of_layer},
    {"heads", heads},
    {"gates and smooth activations", gates_and_smooth_activations},
    {"smooth activations are read by all", smooth_activations_are_read_by_all},
    {"bends by hand", bends_by_hand},
    {"gates by hand", gates_by_hand},
    {"grasp holds what bends", grasp_holds_what_bends},
    {"a whole cell", a_whole_cell},
    {"synflow by hand", synflow_by_hand},
    {"grasp is a second derivative", grasp_is_a_second_derivative},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_proxies_grad", cases, argc, argv);
}
