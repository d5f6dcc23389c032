/* Seeded random numbers: xoshiro256++ (Blackman and Vigna 2019) started by splitmix64.
 * The same (seed, stream) gives the same numbers everywhere. `stream` separates the uses of one seed
 * (initial weights, batches, samples), so that drawing more of one does not move another. */
#ifndef LL_BASE_RNG_H
#define LL_BASE_RNG_H

#include <stdint.h>

typedef struct ll_rng {
    uint64_t s[4];
} ll_rng;

enum {
    LL_STREAM_WEIGHTS = 1,
    LL_STREAM_BATCHES,
    LL_STREAM_SOURCE_ARCHS,
    LL_STREAM_SAMPLES,
    LL_STREAM_PARTITION,
    LL_STREAM_DROPOUT,
    LL_STREAM_TRANSFER,
    LL_STREAM_DATA,
    LL_STREAM_SEARCH,
    LL_STREAM_TREES /* and the number of the tree, shifted by 32 */
};

ll_rng ll_rng_new(uint64_t seed, uint64_t stream);
uint64_t ll_rng_u64(ll_rng *r);
int ll_rng_below(ll_rng *r, int n); /* uniform in 0 .. n-1, n > 0, unbiased */
double ll_rng_uniform(ll_rng *r);   /* [0, 1), 53 bits */
double ll_rng_normal(ll_rng *r);    /* standard normal (polar method) */
void ll_rng_shuffle(ll_rng *r, int *v, int n);
/* k distinct members of pool (n), in random order, into out (k). Precondition: 0 <= k <= n. */
void ll_rng_sample(ll_rng *r, const int *pool, int n, int k, int *out);

#endif
