/* The network of mlp: gradients against central differences in double, the forward pass against the formula. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/predict/mlp/net.h"
#include "tests/check.h"
#include "tests/gradcheck.h"

enum { ROWS = 5, IN = 4, WIDTH = 7, HIDDEN = 3 };

typedef struct problem {
    ll_mlp_shape shape;
    ll_mlp_net *net;
    double *w, x[ROWS * IN], v[ROWS]; /* loss = sum of outputs * v */
} problem;

static problem problem_new(void)
{
    problem q = {.shape = {IN, WIDTH, HIDDEN}};
    ll_rng r = ll_rng_new(5, 0);
    q.net = ll_mlp_net_new(&q.shape, ROWS);
    q.w = LL_NEW_ARRAY(double, ll_mlp_params(&q.shape));
    for (size_t i = 0; i < ll_mlp_params(&q.shape); i++) q.w[i] = .5 * ll_rng_normal(&r);
    for (int i = 0; i < ROWS * IN; i++) q.x[i] = ll_rng_normal(&r);
    for (int i = 0; i < ROWS; i++) q.v[i] = ll_rng_normal(&r);
    return q;
}

static void problem_free(problem *q)
{
    ll_mlp_net_free(q->net);
    free(q->w);
}

static double loss_of(void *ctx)
{
    problem *q = ctx;
    const double *y = ll_mlp_forward(q->net, q->w, q->x, ROWS);
    double loss = 0;
    for (int i = 0; i < ROWS; i++) loss += y[i] * q->v[i];
    return loss;
}

static void gradients_are_right(void)
{
    problem q = problem_new();
    int n = (int)ll_mlp_params(&q.shape), worst;
    double *grad = LL_NEW_ARRAY(double, n), dout[ROWS];
    for (int i = 0; i < ROWS; i++) dout[i] = q.v[i];
    loss_of(&q);
    ll_mlp_backward(q.net, q.w, dout, grad);
    CHECK(ll_gradcheck(loss_of, &q, q.w, grad, n, 1, 1e-6, &worst) < 1e-6);
    free(grad);
    problem_free(&q);
}

/* One row by the formula, layer by layer. */
static double by_formula(const problem *q, const double *x)
{
    double in[WIDTH], out[WIDTH] = {0};
    for (int i = 0; i < IN; i++) in[i] = x[i];
    for (int layer = 0; layer <= HIDDEN; layer++) {
        ll_mlp_layer l = ll_mlp_layer_at(&q->shape, layer);
        for (int o = 0; o < l.out; o++) {
            out[o] = q->w[l.b + (size_t)o];
            for (int i = 0; i < l.in; i++) out[o] += in[i] * q->w[l.w + (size_t)(i * l.out + o)];
            if (layer < HIDDEN && out[o] < 0) out[o] = 0;
        }
        for (int o = 0; o < l.out; o++) in[o] = out[o];
    }
    return out[0];
}

static void outputs_are_the_formula(void)
{
    problem q = problem_new();
    const double *y = ll_mlp_forward(q.net, q.w, q.x, ROWS);
    for (int i = 0; i < ROWS; i++) CHECK_NEAR(y[i], by_formula(&q, q.x + IN * i), 1e-12);
    CHECK_INT((int)ll_mlp_params(&q.shape), IN * WIDTH + WIDTH + 2 * (WIDTH * WIDTH + WIDTH) + WIDTH + 1);
    problem_free(&q);
}

static const check_case cases[] = {
    {"gradients are right", gradients_are_right},
    {"outputs are the formula", outputs_are_the_formula},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_mlp_grad", cases, argc, argv);
}
