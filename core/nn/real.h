/* Operators of small networks stand in this folder, one a file: what its shapes are, forward and backward. All matrices are
 * row-major and contiguous unless a leading dimension is given. Backward functions ADD to parameter gradients (dw, db) and
 * OVERWRITE input gradients (dx), unless they say otherwise. Operators of rows allocate nothing; whatever keeps memory
 * between calls (gcn.h) belongs to one thread at a time.
 *
 * One source, two precisions: numbers of a network are `real`. The program is compiled in float. For the tests that check
 * gradients by finite differences the same lines are compiled once more in double; the Makefile, which lists them as
 * TWINS, then gives every name that they define the suffix _f64. A translation unit is either float or double, never
 * both: tests called *_grad are in double and call everything by its plain name. */
#ifndef LL_NN_REAL_H
#define LL_NN_REAL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "core/num/blas.h"

#ifdef LL_DOUBLE
typedef double real;
#define ll_gemm ll_dgemm
static inline real ll_exp(real x)
{
    return exp(x);
}
#else
typedef float real;
#define ll_gemm ll_sgemm
/* e^x by 2^n times a polynomial on [-ln 2/2, ln 2/2] (Cephes expf), about 1 ulp. Branch-free and without a
 * call, so that it vectorises. Arguments are held to [-87, 88]; what is no number stays none. */
static inline real ll_exp(real x)
{
    union {
        int32_t i;
        float f;
    } scale;
    x = x < -87.f ? -87.f : x > 88.f ? 88.f : x;
    float n = rintf(x * 1.44269504088896341f);
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    n = n == n ? n : 0; /* what is no number has no exponent; p is none, too */
    scale.i = ((int32_t)n + 127) << 23;
    return (p * r * r + r + 1.f) * scale.f;
}
#endif

static inline real ll_sigmoid(real x)
{
    return (real)1 / ((real)1 + ll_exp(-x));
}

#endif
