#include "core/nn/adamw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void ll_adamw_init(ll_adamw *a, size_t n, double weight_decay)
{
    *a = (ll_adamw){.n = n,
                    .m = ll_alloc_aligned(n, sizeof(float)),
                    .v = ll_alloc_aligned(n, sizeof(float)),
                    .weight_decay = weight_decay,
                    .beta1 = .9,
                    .beta2 = .999,
                    .epsilon = 1e-8};
}

void ll_adamw_free(ll_adamw *a)
{
    free(a->m);
    free(a->v);
    *a = (ll_adamw){0};
}

/* A range is one thread's; within it a block stays in the first cache from the first of its parts to its weights. */
enum { RANGE = 16384, BLOCK = 1024 };

typedef struct step_ctx {
    ll_adamw *a;
    float *w, *const *parts;
    int n_parts;
    const unsigned char *active;
    float decay, rate, beta1, beta2, root, epsilon; /* rate = lr/(1-beta1^t), root = 1/sqrt(1-beta2^t) */
} step_ctx;

static void sum_parts(float *const *parts, int n_parts, size_t from, int n)
{
    float *restrict g = parts[0] + from;
    for (int p = 1; p < n_parts; p++) {
        float *restrict part = parts[p] + from;
#pragma omp simd
        for (int i = 0; i < n; i++) g[i] += part[i];
        memset(part, 0, (size_t)n * sizeof *part);
    }
}

/* Moments of a parameter that gets no gradient decay into denormal numbers, a hundred times slower to compute with. Far
 * above those they are too small to move anything: v counts beside epsilon². */
static inline float settle(float x)
{
    return __builtin_fabsf(x) < 1e-30f ? 0.f : x;
}

static void update(const step_ctx *c, float *restrict w, float *restrict m, float *restrict v,
                   float *restrict g, int n)
{
    float b1 = c->beta1, b2 = c->beta2;
#pragma omp simd
    for (int i = 0; i < n; i++) {
        m[i] = settle(b1 * m[i] + (1 - b1) * g[i]);
        v[i] = settle(b2 * v[i] + (1 - b2) * g[i] * g[i]);
        w[i] = w[i] * c->decay - c->rate * m[i] / (__builtin_sqrtf(v[i]) * c->root + c->epsilon);
    }
    memset(g, 0, (size_t)n * sizeof *g);
}

static void update_active(const step_ctx *c, size_t from, int n)
{
    for (int i = 0; i < n; i++) {
        size_t at = from + (size_t)i;
        if (c->active[at])
            update(c, c->w + at, c->a->m + at, c->a->v + at, c->parts[0] + at, 1);
        else
            c->parts[0][at] = 0;
    }
}

static void step_block(const step_ctx *c, size_t from, int n)
{
    sum_parts(c->parts, c->n_parts, from, n);
    if (c->active)
        update_active(c, from, n);
    else
        update(c, c->w + from, c->a->m + from, c->a->v + from, c->parts[0] + from, n);
}

static void step_range(void *ctx, int i)
{
    const step_ctx *c = ctx;
    size_t from = (size_t)i * RANGE, to = from + RANGE < c->a->n ? from + RANGE : c->a->n;
    for (; from < to; from += BLOCK) step_block(c, from, to - from < BLOCK ? (int)(to - from) : BLOCK);
}

void ll_adamw_step(ll_adamw *a, float *w, float *const *parts, int n_parts, const unsigned char *active,
                   double lr, ll_pool *pool)
{
    a->steps++;
    step_ctx c = {.a = a, .w = w, .parts = parts, .n_parts = n_parts, .active = active};
    c.decay = (float)(1 - lr * a->weight_decay);
    c.rate = (float)(lr / (1 - pow(a->beta1, (double)a->steps)));
    c.root = (float)(1 / sqrt(1 - pow(a->beta2, (double)a->steps)));
    c.beta1 = (float)a->beta1;
    c.beta2 = (float)a->beta2;
    c.epsilon = (float)a->epsilon;
    ll_pool_run(pool, (int)((a->n + RANGE - 1) / RANGE), step_range, &c);
}

double ll_cosine(double first, double last, long step, long steps)
{
    if (steps < 1) return first;
    return last + (first - last) * .5 * (1 + cos(M_PI * (double)step / (double)steps));
}
