/* Small matrix products of HELP and NASFLAT: ours beside OpenBLAS's, in one run, with the factors in a cache (one set) and
 * out of the near ones (sets of 6 MB in turn, as in training). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/small_gemm.h"
#include "tests/bench/bench.h"

enum { ROUNDS = 9, MOST_SETS = 64 };

typedef struct shape {
    bool ta, tb;
    int m, n, k;
    bool add;
    const char *of;
} shape;

static const shape shapes[] = {{false, false, 594, 100, 100, false, "HELP query, forward"},
                               {false, true, 594, 100, 100, false, "HELP query, backward"},
                               {true, false, 100, 100, 594, false, "HELP query, weights"},
                               {false, true, 200, 200, 200, false, "HELP head, forward"},
                               {false, false, 51, 100, 100, false, "HELP support, forward"},
                               {false, true, 51, 100, 100, false, "HELP support, backward"},
                               {true, false, 100, 100, 102, false, "HELP support, weights"},
                               {false, true, 10, 200, 200, false, "HELP head of 10 samples, forward"},
                               {false, false, 10, 200, 200, false, "HELP head of 10 samples, backward"},
                               {true, false, 200, 200, 20, false, "HELP head of 10 samples, weights"},
                               {false, false, 32, 200, 200, false, "NASFLAT head, forward"},
                               {false, true, 32, 200, 200, false, "NASFLAT head, backward"},
                               {false, false, 96, 256, 128, false, "NASFLAT attention, forward"},
                               {false, true, 96, 128, 256, false, "NASFLAT attention, backward"},
                               {true, false, 128, 256, 96, true, "NASFLAT attention, weights"},
                               {false, false, 2, 256, 96, false, "NASFLAT, two classes"}};

typedef struct sets {
    int n;
    size_t na, nb, nc;
    float *a, *b, *c;
} sets;

static sets sets_new(const shape *s, size_t bytes)
{
    sets x = {.na = (size_t)s->m * (size_t)s->k,
              .nb = (size_t)s->k * (size_t)s->n,
              .nc = (size_t)s->m * (size_t)s->n};
    x.n = (int)(bytes / (sizeof(float) * (x.na + x.nb + x.nc))) + 1;
    if (x.n > MOST_SETS) x.n = MOST_SETS;
    size_t n = (size_t)x.n;
    x.a = ll_alloc_aligned(n * x.na, sizeof(float));
    x.b = ll_alloc_aligned(n * x.nb, sizeof(float));
    x.c = ll_alloc_aligned(n * x.nc, sizeof(float));
    for (size_t i = 0; i < n * x.na; i++) x.a[i] = (float)(i % 7);
    for (size_t i = 0; i < n * x.nb; i++) x.b[i] = (float)(i % 5);
    return x;
}

static void sets_free(sets *x)
{
    free(x->a);
    free(x->b);
    free(x->c);
}

/* GFLOP per CPU second of the best of some rounds, ours and the library's in turn. */
static void rates(const shape *s, size_t bytes, double rate[2])
{
    sets x = sets_new(s, bytes);
    double flops = 2. * s->m * s->n * s->k;
    int times = (int)(1e8 / flops) + x.n, lda = s->ta ? s->m : s->k, ldb = s->tb ? s->k : s->n;
    rate[0] = rate[1] = 0;
    for (int round = 0; round < 2 * ROUNDS; round++) {
        double start = ll_cpu_s();
        for (int i = 0; i < times; i++) {
            size_t set = (size_t)(i % x.n);
            const float *a = x.a + set * x.na, *b = x.b + set * x.nb;
            float *c = x.c + set * x.nc;
            if (round % 2)
                ll_blas_sgemm(s->ta, s->tb, s->m, s->n, s->k, 1, a, lda, b, ldb, s->add, c, s->n);
            else
                ll_small_sgemm(s->ta, s->tb, s->m, s->n, s->k, a, lda, b, ldb, s->add, c, s->n);
        }
        rate[round % 2] = fmax(rate[round % 2], times * flops / (ll_cpu_s() - start) / 1e9);
    }
    sets_free(&x);
}

void bench_gemm(void)
{
    char note[160], name[40];
    bench_title("small matrix products, GFLOP/s of one core");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape *s = &shapes[i];
        double warm[2], cold[2];
        rates(s, 0, warm);
        rates(s, (size_t)6 << 20, cold);
        bool used = ll_small_sgemm_pays(s->ta, s->m, s->n, s->k, s->add);
        char ta = s->ta ? 't' : 'n', tb = s->tb ? 't' : 'n';
        snprintf(name, sizeof name, "gemm_%c%c_%d_%d_%d", ta, tb, s->m, s->n, s->k);
        snprintf(note, sizeof note, "%.2f of OpenBLAS; out of cache %.0f, %.2f; %s%s", warm[0] / warm[1],
                 cold[0], cold[0] / cold[1], s->of, used ? "" : " (not used)");
        bench_row(name, warm[0], "GFLOP/s", NAN, "higher", note);
    }
}
