#include "core/base/rng.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

ll_rng ll_rng_new(uint64_t seed, uint64_t stream)
{
    ll_rng r;
    uint64_t x = stream;
    x = splitmix(&x) ^ seed;
    for (int i = 0; i < 4; i++) r.s[i] = splitmix(&x);
    return r;
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t ll_rng_u64(ll_rng *r)
{
    uint64_t *s = r->s, result = rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

int ll_rng_below(ll_rng *r, int n)
{
    uint64_t range = (uint64_t)n, limit = UINT64_MAX - UINT64_MAX % range, x;
    do x = ll_rng_u64(r);
    while (x >= limit);
    return (int)(x % range);
}

double ll_rng_uniform(ll_rng *r)
{
    return (double)(ll_rng_u64(r) >> 11) * 0x1p-53;
}

double ll_rng_normal(ll_rng *r)
{
    double u, v, s;
    do {
        u = 2 * ll_rng_uniform(r) - 1;
        v = 2 * ll_rng_uniform(r) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * log(s) / s);
}

void ll_rng_shuffle(ll_rng *r, int *v, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = ll_rng_below(r, i + 1), t = v[i];
        v[i] = v[j];
        v[j] = t;
    }
}

void ll_rng_sample(ll_rng *r, const int *pool, int n, int k, int *out)
{
    int *copy = ll_memdup(pool, (size_t)n, sizeof *pool);
    for (int i = 0; i < k; i++) {
        int j = i + ll_rng_below(r, n - i);
        out[i] = copy[j];
        copy[j] = copy[i];
    }
    free(copy);
}
