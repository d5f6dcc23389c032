#include "core/nn/nn.h"

#include <string.h>

#include "core/base/rng.h"

static void relu_row(real *restrict y, const real *restrict b, int n)
{
#pragma omp simd
    for (int j = 0; j < n; j++) {
        real v = y[j] + b[j];
        y[j] = v > 0 ? v : 0;
    }
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

void ll_linear(const real *x, int m, int k, const real *w, int ldw, const real *b, int n, ll_act act, real *y,
               int ldy)
{
    ll_gemm(false, false, m, n, k, 1, x, k, w, ldw, 0, y, ldy);
    if (b) ll_bias_act(y, m, n, ldy, b, act);
}

void ll_linear_back(const real *x, int m, int k, const real *w, int ldw, int n, const real *dy, int ldy,
                    real *dw, real *db, real *dx, int add_dx)
{
    ll_gemm(true, false, k, n, m, 1, x, k, dy, ldy, 1, dw, ldw);
    if (db) ll_add_column_sums(dy, m, n, ldy, db);
    if (dx) ll_gemm(false, true, m, k, n, 1, dy, ldy, w, ldw, add_dx ? 1 : 0, dx, k);
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

void ll_add_column_sums(const real *y, int m, int n, int ldy, real *restrict sum)
{
    for (int i = 0; i < m; i++) {
        const real *restrict row = y + (size_t)i * ldy;
#pragma omp simd
        for (int j = 0; j < n; j++) sum[j] += row[j];
    }
}

void ll_layer_norm(const real *restrict x, int n, const real *restrict gamma, const real *restrict beta,
                   real *restrict y, real *mean, real *rstd)
{
    real sum = 0, square = 0;
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j < n; j++) sum += x[j];
    real mu = sum / (real)n;
#pragma omp simd reduction(+ : square)
    for (int j = 0; j < n; j++) square += (x[j] - mu) * (x[j] - mu);
    real s = 1 / (real)sqrt(square / (real)n + (real)1e-5);
#pragma omp simd
    for (int j = 0; j < n; j++) y[j] = (x[j] - mu) * s * gamma[j] + beta[j];
    *mean = mu;
    *rstd = s;
}

void ll_layer_norm_back(const real *restrict x, int n, const real *restrict gamma, real mean, real rstd,
                        const real *restrict dy, real *restrict dx, real *restrict dgamma,
                        real *restrict dbeta)
{
    real sum = 0, dot = 0;
#pragma omp simd reduction(+ : sum, dot)
    for (int j = 0; j < n; j++) {
        real xhat = (x[j] - mean) * rstd, d = dy[j] * gamma[j];
        sum += d;
        dot += d * xhat;
        dgamma[j] += dy[j] * xhat;
        dbeta[j] += dy[j];
    }
    sum /= (real)n;
    dot /= (real)n;
#pragma omp simd
    for (int j = 0; j < n; j++) dx[j] = rstd * (dy[j] * gamma[j] - sum - (x[j] - mean) * rstd * dot);
}

real ll_pair_hinge(const real *s, int n, const ll_pair *pairs, int n_pairs, real margin, real *ds)
{
    memset(ds, 0, (size_t)n * sizeof *ds);
    if (!n_pairs) return 0;
    double sum = 0;
    real weight = (real)1 / (real)n_pairs;
    for (int p = 0; p < n_pairs; p++) {
        real sign = (real)pairs[p].sign, loss = margin - sign * (s[pairs[p].a] - s[pairs[p].b]);
        if (loss <= 0) continue;
        sum += loss;
        ds[pairs[p].a] -= sign * weight;
        ds[pairs[p].b] += sign * weight;
    }
    return (real)(sum / n_pairs);
}
