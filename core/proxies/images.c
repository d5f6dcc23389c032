#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/proxies/proxies.h"

static void make(int n, int side, int classes, ll_proxy_images *out)
{
    *out = (ll_proxy_images){.n = n, .side = side, .classes = classes};
    out->x = ll_alloc_aligned((size_t)n * 3 * (size_t)side * (size_t)side, sizeof *out->x);
    out->label = LL_NEW_ARRAY(int, n);
}

void ll_proxy_noise(uint64_t seed, int n, int side, int classes, ll_proxy_images *out)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    make(n, side, classes, out);
    for (size_t i = 0; i < (size_t)n * 3 * (size_t)side * (size_t)side; i++)
        out->x[i] = (float)ll_rng_normal(&r);
    for (int i = 0; i < n; i++) out->label[i] = i % classes;
}

enum { SIDE = 32, PLANE = SIDE * SIDE };

/* One number for mean and deviation of all channels: a network's first normalisation does the rest. */
static void standardise(float *x, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i], squares += (double)x[i] * (double)x[i];
    double mean = sum / (double)n, std = sqrt(squares / (double)n - mean * mean);
    for (size_t i = 0; i < n; i++) x[i] = (float)(((double)x[i] - mean) / (std > 0 ? std : 1));
}

void ll_proxy_images_of_bytes(const uint8_t *rgb, const uint8_t *label, int n, int classes,
                              ll_proxy_images *out)
{
    make(n, SIDE, classes, out);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < n; i++)
            for (int p = 0; p < PLANE; p++)
                out->x[(c * n + i) * PLANE + p] = (float)rgb[(i * 3 + c) * PLANE + p];
    for (int i = 0; i < n; i++) out->label[i] = label[i];
    standardise(out->x, (size_t)n * 3 * PLANE);
}

void ll_proxy_images_free(ll_proxy_images *i)
{
    free(i->x);
    free(i->label);
    *i = (ll_proxy_images){0};
}
