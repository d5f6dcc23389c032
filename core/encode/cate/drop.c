#include "core/encode/cate/drop.h"

static inline uint32_t hash(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x21f0aaadu;
    x ^= x >> 15;
    x *= 0x735a2d97u;
    return x ^ x >> 15;
}

void ll_cate_drop(real *y, int n, real p, uint64_t seed)
{
    uint32_t first = hash((uint32_t)seed), second = hash((uint32_t)(seed >> 32) ^ first);
    int32_t limit =
        (int32_t)(p * (real)0x7fffffff); /* 31 bits of the hash: signed numbers compare in one instruction */
    real keep = 1 / (1 - p);
#pragma omp simd
    for (int i = 0; i < n; i++) {
        int32_t drawn = (int32_t)(hash((uint32_t)i + first) ^ second) & INT32_MAX;
        y[i] = drawn < limit ? 0 : y[i] * keep;
    }
}
