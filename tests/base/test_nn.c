/* Operators of core/nn as the program has them, in float: beside the same source in double, whose gradients
 * tests/base/test_nn_grad.c checks, and what else they promise. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/nn/dropout.h"
#include "core/nn/linear.h"
#include "core/nn/pair_hinge.h"
#include "core/num/blas.h"
#include "tests/check.h"
#include "tests/operators.h"

/* n numbers that float holds exactly */
static double *random_numbers(ll_rng *r, int n)
{
    double *v = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) v[i] = (float)ll_rng_normal(r);
    return v;
}

static void check_near(const operator_case *o, const char *what, const double *a, const double *b, int n)
{
    double largest = 0, apart = 0;
    for (int i = 0; i < n; i++) {
        largest = fmax(largest, fabs(b[i]));
        apart = fmax(apart, fabs(a[i] - b[i]));
    }
    CHECK(largest > 0);
    check_report(apart <= 1e-5 * largest, __FILE__, __LINE__, "%s: %s differs by %g of %g", o->name, what,
                 apart, largest);
}

static void float_and_double_agree(void)
{
    for (int which = 0; operator_cases[which].name; which++)
        for (int size = 0; size < OPERATOR_SIZES; size++) {
            const operator_case *o = &operator_cases[which];
            operator_lengths n = o->lengths(o->d[size]);
            ll_rng r = ll_rng_new(5, (uint64_t)which);
            double *in = random_numbers(&r, n.in), *dout = random_numbers(&r, n.out);
            double *out[2], *din[2];
            for (int i = 0; i < 2; i++) {
                out[i] = LL_NEW_ARRAY(double, n.out);
                din[i] = LL_NEW_ARRAY(double, n.in);
            }
            operator_run(which, size, in, dout, out[0], din[0]);
            operator_run_f64(which, size, in, dout, out[1], din[1]);
            check_near(o, "the output", out[0], out[1], n.out);
            check_near(o, "the gradient", din[0], din[1], n.in);
            for (int i = 0; i < 2; i++) {
                free(out[i]);
                free(din[i]);
            }
            free(in);
            free(dout);
        }
}

/* A loss that has gone wrong must not become one that looks good. */
static void what_is_no_number_stays_none(void)
{
    for (int which = 0; operator_cases[which].name; which++) {
        const operator_case *o = &operator_cases[which];
        operator_lengths n = o->lengths(o->d[OPERATOR_SMALL]);
        ll_rng r = ll_rng_new(6, (uint64_t)which);
        double *in = random_numbers(&r, n.in), *dout = random_numbers(&r, n.out);
        double *out = LL_NEW_ARRAY(double, n.out), *din = LL_NEW_ARRAY(double, n.in);
        int none = 0;
        for (int i = 0; i < n.in; i++) in[i] = NAN;
        operator_run(which, OPERATOR_SMALL, in, dout, out, din);
        for (int i = 0; i < n.out; i++) none += isnan(out[i]);
        check_report(none > n.out / 2, __FILE__, __LINE__, "%s: %d of %d outputs are no number", o->name,
                     none, n.out);
        free(in);
        free(dout);
        free(out);
        free(din);
    }
}

static void bias_and_activation_by_hand(void)
{
    float y[8] = {-3, 0, 1, 9, 2, -2, 0, 9};
    const float b[3] = {1, -1, .5f};
    ll_bias_act(y, 2, 3, 4, b, LL_ACT_RELU);
    const float expected[8] = {0, 0, 1.5f, 9, 3, 0, .5f, 9};
    for (int i = 0; i < 8; i++) CHECK_NEAR(y[i], expected[i], 0);
    ll_bias_act(y, 1, 3, 4, b, LL_ACT_SIGMOID);
    CHECK_NEAR(y[0], 1 / (1 + exp(-1)), 1e-6);
    CHECK_NEAR(y[2], 1 / (1 + exp(-2)), 1e-6);
}

static void a_wanted_input_gradient_can_be_added(void)
{
    enum { M = 3, K = 5, N = 4 };
    float x[M * K], w[K * N], dy[M * N], dw[K * N] = {0}, dx[M * K];
    ll_rng r = ll_rng_new(8, 0);
    for (int i = 0; i < M * K; i++) x[i] = (float)ll_rng_normal(&r);
    for (int i = 0; i < K * N; i++) w[i] = (float)ll_rng_normal(&r);
    for (int i = 0; i < M * N; i++) dy[i] = (float)ll_rng_normal(&r);
    ll_linear_back(x, M, K, w, N, N, dy, N, dw, NULL, dx, 0);
    float before = dx[3], weight = dw[3];
    ll_linear_back(x, M, K, w, N, N, dy, N, dw, NULL, dx, 1);
    CHECK_NEAR(dx[3], 2 * before, 1e-5);
    CHECK_NEAR(dw[3], 2 * weight, 1e-5);
}

static void pair_hinge_by_hand(void)
{
    static const ll_pair pairs[] = {{0, 1, 1}, {1, 2, -1}, {3, 0, 1}, {2, 4, 1}, {4, 1, -1}};
    const float s[5] = {.3f, .25f, -.2f, .31f, .01f};
    float ds[5];
    /* max(0,.1-.05) + max(0,.1+.45) + max(0,.1-.01) + max(0,.1+.21) + max(0,.1-.24), over 5 */
    CHECK_NEAR(ll_pair_hinge(s, 5, pairs, 5, .1f, ds), (.05 + .55 + .09 + .31) / 5, 1e-6);
    CHECK_NEAR(ll_pair_hinge(s, 5, pairs, 0, .1f, ds), 0, 0);
    for (int i = 0; i < 5; i++) CHECK_NEAR(ds[i], 0, 0);
}

static void dropout_keeps_the_mean(void)
{
    enum { N = 20000 };
    float *y = LL_NEW_ARRAY(float, N);
    double sum = 0;
    int dropped = 0;
    for (int i = 0; i < N; i++) y[i] = 1;
    ll_dropout(y, N, .1f, 7);
    for (int i = 0; i < N; i++) sum += y[i], dropped += y[i] == 0;
    CHECK_NEAR(sum / N, 1, .01);
    CHECK_NEAR(dropped / (double)N, .1, .01);
    free(y);
}

static const check_case cases[] = {
    {"float and double agree", float_and_double_agree},
    {"what is no number stays none", what_is_no_number_stays_none},
    {"bias and activation by hand", bias_and_activation_by_hand},
    {"a wanted input gradient can be added", a_wanted_input_gradient_can_be_added},
    {"pair hinge by hand", pair_hinge_by_hand},
    {"dropout keeps the mean", dropout_keeps_the_mean},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nn", cases, argc, argv);
}
