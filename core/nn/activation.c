#include "core/nn/activation.h"

static inline real relu(real v)
{
    return v < 0 ? 0 : v;
}

static void relu_row(real *restrict y, const real *restrict b, int n)
{
#pragma omp simd
    for (int j = 0; j < n; j++) y[j] = relu(y[j] + b[j]);
}

static void sigmoid_row(real *restrict y, const real *restrict b, int n)
{
#pragma omp simd
    for (int j = 0; j < n; j++) y[j] = ll_sigmoid(y[j] + b[j]);
}

static void bias_row(real *restrict y, const real *restrict b, int n)
{
#pragma omp simd
    for (int j = 0; j < n; j++) y[j] += b[j];
}

void ll_bias_act(real *y, int m, int n, int ldy, const real *b, ll_act act)
{
    void (*const row[])(real *restrict, const real *restrict, int) = {bias_row, relu_row, sigmoid_row};
    for (int i = 0; i < m; i++) row[act](y + (size_t)i * ldy, b, n);
}

void ll_relu(real *v, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) v[i] = relu(v[i]);
}

static void relu_back_row(real *restrict dy, const real *restrict y, int n, real scale)
{
#pragma omp simd
    for (int j = 0; j < n; j++) dy[j] = y[j] > 0 ? dy[j] * scale : 0;
}

static void sigmoid_back_row(real *restrict dy, const real *restrict y, int n, real scale)
{
#pragma omp simd
    for (int j = 0; j < n; j++) dy[j] *= y[j] * (1 - y[j]) * scale;
}

void ll_act_back(real *dy, const real *y, int m, int n, int ld, ll_act act, real scale)
{
    for (int i = 0; i < m && act != LL_ACT_NONE; i++) {
        size_t at = (size_t)i * ld;
        if (act == LL_ACT_RELU)
            relu_back_row(dy + at, y + at, n, scale);
        else
            sigmoid_back_row(dy + at, y + at, n, scale);
    }
}
