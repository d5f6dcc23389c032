/* Operators of core/nn in sizes of training, each pass by itself. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "tests/bench/bench.h"
#include "tests/operators.h"

enum { ROUNDS = 7 };
static const double round_s = .02;

typedef struct desk {
    const operator_case *o;
    const int *d;
    float *in, *keep, *out, *dout, *din;
} desk;

static void forward(desk *k)
{
    k->o->forward(k->d, k->in, k->keep, k->out);
}

/* What spoils dout between two calls only makes it 0 in places. */
static void backward(desk *k)
{
    k->o->backward(k->d, k->in, k->keep, k->out, k->dout, k->din);
}

/* Microseconds of a call, in the best of some rounds. */
static double call_us(void (*pass)(desk *), desk *k)
{
    double best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        int calls = 0;
        double start = ll_cpu_s(), used = 0;
        for (; used < round_s; used = ll_cpu_s() - start)
            for (int i = 0; i < 16; i++, calls++) pass(k);
        best = fmin(best, used / calls * 1e6);
    }
    return best;
}

/* Takes n numbers, whole cache lines, from the block at *at. */
static float *take(float **at, int n, ll_rng *random)
{
    float *v = *at;
    *at += (n + 15) / 16 * 16;
    for (int i = 0; i < n && random; i++) v[i] = (float)ll_rng_normal(random);
    return v;
}

static void bench_operator(const operator_case *o)
{
    const int *d = o->d[OPERATOR_TRAINING];
    operator_lengths n = o->lengths(d);
    ll_rng r = ll_rng_new(1, 0);
    char name[48], note[48];
    /* one block: arrays that each begin a page would be in one another's way */
    float *block = ll_alloc_aligned(2 * (size_t)(n.in + n.out) + (size_t)n.keep + 5 * 16, sizeof *block),
          *at = block;
    desk k = {.o = o, .d = d, .in = take(&at, n.in, &r), .dout = take(&at, n.out, &r)};
    k.keep = take(&at, n.keep, NULL);
    k.out = take(&at, n.out, NULL);
    k.din = take(&at, n.in, NULL);
    snprintf(note, sizeof note, "%d in, %d out", n.in, n.out);
    snprintf(name, sizeof name, "nn_%s", o->name);
    bench_row(name, call_us(forward, &k), "us", NAN, "lower", note);
    snprintf(name, sizeof name, "nn_%s_back", o->name);
    bench_row(name, call_us(backward, &k), "us", NAN, "lower", note);
    free(block);
}

void bench_nn(void)
{
    bench_title("operators of the networks, CPU time of one call");
    for (const operator_case *o = operator_cases; o->name; o++) bench_operator(o);
}
