/* Sums along a row. A compiler that may not change the order of additions ends a loop with `reduction(+)` by adding the lanes of
 * a register one behind the other, sixteen additions that wait for each other; here they are added in halves. Inline, so that
 * a width that the caller knows makes loops of that width. */
#ifndef LL_NN_ROW_SUMS_H
#define LL_NN_ROW_SUMS_H

#include "core/nn/real.h"

enum { LL_ROW_LANES = 16 };

static inline __attribute__((always_inline)) real ll_add_lanes(real *restrict part)
{
#pragma omp simd
    for (int i = 0; i < 8; i++) part[i] += part[i + 8];
#pragma omp simd
    for (int i = 0; i < 4; i++) part[i] += part[i + 4];
    return part[0] + part[2] + (part[1] + part[3]);
}

/* NAME(..., n): the sum of TERM, written with k, over k < n. */
#define LL_ROW_SUM(NAME, ROWS, TERM)                                                                         \
    static inline __attribute__((always_inline)) real NAME(ROWS, int n)                                      \
    {                                                                                                        \
        real part[LL_ROW_LANES] = {0};                                                                       \
        for (int from = 0; from < n; from += LL_ROW_LANES) {                                                 \
            int m = n - from < LL_ROW_LANES ? n - from : LL_ROW_LANES;                                       \
            _Pragma("omp simd") for (int i = 0; i < m; i++)                                                  \
            {                                                                                                \
                int k = from + i;                                                                            \
                part[i] += TERM;                                                                             \
            }                                                                                                \
        }                                                                                                    \
        return ll_add_lanes(part);                                                                           \
    }
#define LL_ROWS(...) __VA_ARGS__

LL_ROW_SUM(ll_row_total, LL_ROWS(const real *restrict x), x[k])
LL_ROW_SUM(ll_row_dot, LL_ROWS(const real *restrict x, const real *restrict y), x[k] * y[k])
LL_ROW_SUM(ll_row_dot3, LL_ROWS(const real *restrict x, const real *restrict y, const real *restrict z),
           x[k] * y[k] * z[k])

#undef LL_ROWS
#undef LL_ROW_SUM

#endif
