#include "core/num/sobol.h"

#include "core/base/rng.h"

enum { BITS = 30, MAX_DEGREE = 7 };

/* Dimensions 2 ... 24: degree and bits of the primitive polynomial, first direction numbers. */
static const struct {
    int degree, polynomial, m[MAX_DEGREE];
} directions[LL_SOBOL_DIMS - 1] = {
    {1, 3, {1}},
    {2, 7, {1, 3}},
    {3, 11, {1, 3, 1}},
    {3, 13, {1, 1, 1}},
    {4, 19, {1, 1, 3, 3}},
    {4, 25, {1, 3, 5, 13}},
    {5, 37, {1, 1, 5, 5, 17}},
    {5, 41, {1, 1, 5, 5, 5}},
    {5, 47, {1, 1, 7, 11, 19}},
    {5, 55, {1, 1, 5, 1, 1}},
    {5, 59, {1, 1, 1, 3, 11}},
    {5, 61, {1, 3, 5, 5, 31}},
    {6, 67, {1, 3, 3, 9, 7, 49}},
    {6, 91, {1, 1, 1, 15, 21, 21}},
    {6, 97, {1, 3, 1, 13, 27, 49}},
    {6, 103, {1, 1, 1, 15, 7, 5}},
    {6, 109, {1, 3, 1, 15, 13, 25}},
    {6, 115, {1, 1, 5, 5, 19, 61}},
    {7, 131, {1, 3, 7, 11, 23, 15, 103}},
    {7, 137, {1, 3, 7, 13, 13, 15, 69}},
    {7, 143, {1, 1, 3, 13, 7, 35, 63}},
    {7, 145, {1, 3, 5, 9, 1, 25, 53}},
    {7, 157, {1, 3, 1, 13, 9, 35, 107}},
};

/* v[j]: the direction number of bit j, as a fraction of 2^BITS. */
static void direction_numbers(int d, uint32_t *v)
{
    if (d == 0) {
        for (int j = 0; j < BITS; j++) v[j] = 1u << (BITS - 1 - j);
        return;
    }
    int degree = directions[d - 1].degree, polynomial = directions[d - 1].polynomial;
    for (int j = 0; j < degree; j++) v[j] = (uint32_t)directions[d - 1].m[j] << (BITS - 1 - j);
    for (int j = degree; j < BITS; j++) {
        v[j] = v[j - degree] ^ (v[j - degree] >> degree);
        for (int i = 1; i < degree; i++)
            if (polynomial >> (degree - i) & 1) v[j] ^= v[j - i];
    }
}

static uint32_t parity(uint32_t x)
{
    return (uint32_t)__builtin_parity(x);
}

/* Multiply every direction number by one random lower-triangular bit matrix with a unit diagonal: digit i of
 * a point becomes itself plus a random sum of the digits before it. */
static void scramble_directions(ll_rng *rng, uint32_t *v)
{
    uint32_t rows[BITS];
    for (int i = 0; i < BITS; i++) {
        uint32_t own = 1u << (BITS - 1 - i), before = ~(own - 1) & ~own & ((1u << BITS) - 1);
        rows[i] = own | ((uint32_t)(ll_rng_u64(rng) >> 32) & before);
    }
    for (int j = 0; j < BITS; j++) {
        uint32_t x = 0;
        for (int i = 0; i < BITS; i++) x |= parity(rows[i] & v[j]) << (BITS - 1 - i);
        v[j] = x;
    }
}

void ll_sobol(int n, int dim, bool scramble, uint64_t seed, double *out)
{
    ll_rng rng = ll_rng_new(seed, LL_STREAM_TRANSFER);
    for (int d = 0; d < dim; d++) {
        uint32_t v[BITS], x = 0;
        direction_numbers(d, v);
        if (scramble) {
            scramble_directions(&rng, v);
            x = (uint32_t)(ll_rng_u64(&rng) >> (64 - BITS));
        }
        double inside = scramble ? .5 : 0;
        for (int i = 0; i < n; i++) {
            out[i * dim + d] = (x + inside) / (double)(1u << BITS);
            x ^= v[__builtin_ctz((unsigned)i + 1)];
        }
    }
}
