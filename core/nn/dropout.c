#include "core/nn/dropout.h"

#include "core/base/rng.h"

void ll_dropout(real *y, int n, real p, uint64_t seed)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_DROPOUT);
    uint64_t bits = 0, limit = (uint64_t)(p * 65536 + (real).5);
    real keep = 1 / (1 - p);
    for (int i = 0; i < n; i++, bits >>= 16) {
        if (i % 4 == 0) bits = ll_rng_u64(&r);
        y[i] = (bits & 0xffff) < limit ? 0 : y[i] * keep;
    }
}
