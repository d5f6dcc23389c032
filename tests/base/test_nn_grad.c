/* Every operator of core/nn: gradient against finite differences, in double. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "tests/check.h"
#include "tests/gradcheck.h"
#include "tests/operators.h"

enum { ENTRIES = 200 }; /* checked of a long vector, about */
static const double step = 1e-6, tolerance = 2e-7;

typedef struct problem {
    const operator_case *o;
    const int *d;
    operator_lengths n;
    double *in, *keep, *out, *c, *din; /* loss = sum c * out */
} problem;

static double loss_of(void *ctx)
{
    problem *q = ctx;
    double loss = 0;
    q->o->forward(q->d, q->in, q->keep, q->out);
    for (int i = 0; i < q->n.out; i++) loss += q->c[i] * q->out[i];
    return loss;
}

static double *random_numbers(ll_rng *r, int n)
{
    double *v = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) v[i] = ll_rng_normal(r);
    return v;
}

static void check_operator(const operator_case *o, int size)
{
    const int *d = o->d[size];
    operator_lengths n = o->lengths(d);
    ll_rng r = ll_rng_new(3, (uint64_t)size);
    problem q = {.o = o, .d = d, .n = n, .in = random_numbers(&r, n.in)};
    q.keep = LL_NEW_ARRAY(double, n.keep + 1);
    q.out = LL_NEW_ARRAY(double, n.out);
    q.din = LL_NEW_ARRAY(double, n.in);
    q.c = random_numbers(&r, n.out);
    loss_of(&q);
    double *dout = ll_memdup(q.c, (size_t)n.out, sizeof *dout), largest = 0;
    o->backward(d, q.in, q.keep, q.out, dout, q.din);
    int stride = size == OPERATOR_SMALL ? 1 : n.in / ENTRIES + 1, worst = 0;
    double error = ll_gradcheck(loss_of, &q, q.in, q.din, n.in, stride, step, &worst);
    check_report(error < tolerance, __FILE__, __LINE__, "%s, size %d: error %g at %d of %d", o->name, size,
                 error, worst, n.in);
    for (int i = 0; i < n.in; i++) largest = fmax(largest, fabs(q.din[i]));
    CHECK(largest > 1e-3);
    free(dout);
    free(q.in);
    free(q.keep);
    free(q.out);
    free(q.din);
    free(q.c);
}

static void gradients_of_small_sizes(void)
{
    for (const operator_case *o = operator_cases; o->name; o++) check_operator(o, OPERATOR_SMALL);
}

static void gradients_of_sizes_in_training(void)
{
    for (const operator_case *o = operator_cases; o->name; o++) check_operator(o, OPERATOR_TRAINING);
}

static const check_case cases[] = {
    {"gradients of small sizes", gradients_of_small_sizes},
    {"gradients of sizes in training", gradients_of_sizes_in_training},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nn_grad", cases, argc, argv);
}
