#include "core/nn/dropout.h"

#include "core/base/rng.h"

/* Four choices come from each random number. */
enum { BLOCK = 64 };

static void drop_block(real *restrict y, int n, real keep, const uint32_t *restrict choice, uint32_t limit)
{
#pragma omp simd
    for (int j = 0; j < n; j++) y[j] = choice[j] < limit ? 0 : y[j] * keep;
}

void ll_dropout(real *y, int n, real p, uint64_t seed)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_DROPOUT);
    uint32_t choice[BLOCK], limit = (uint32_t)(p * 65536 + (real).5);
    real keep = 1 / (1 - p);
    for (int i = 0; i < n; i += BLOCK) {
        int left = n - i < BLOCK ? n - i : BLOCK;
        for (int j = 0; j < left; j += 4) {
            uint64_t bits = ll_rng_u64(&r);
            for (int c = 0; c < 4; c++) choice[j + c] = (uint32_t)(bits >> 16 * c & 0xffff);
        }
        drop_block(y + i, left, keep, choice, limit);
    }
}
