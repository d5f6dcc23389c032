/* What operators of either file are made of. */
#ifndef LL_PROXIES_OPS_PARTS_H
#define LL_PROXIES_OPS_PARTS_H

#include <stddef.h>

#include "core/nn/real.h"

static inline size_t ll_plane(int h)
{
    return (size_t)h * (size_t)h;
}

/* The gate of what begins `by` numbers further. */
static inline const real *ll_further(const real *gate, size_t by)
{
    return gate ? gate + by : NULL;
}

static inline real ll_dot(size_t n, const real *x, const real *y)
{
    real s = 0;
#pragma omp simd reduction(+ : s)
    for (size_t i = 0; i < n; i++) s += x[i] * y[i];
    return s;
}

#endif
