#include "core/nn/batch_norm.h"

#include <string.h>

enum { MOST = LL_BATCH_NORM_MOST_WIDTH };

static const real epsilon = (real)1e-5;

static real times(const int *count, int r)
{
    return count ? (real)count[r] : 1;
}

static real all(const int *count, int m)
{
    real sum = 0;
    for (int r = 0; r < m; r++) sum += times(count, r);
    return sum;
}

void ll_batch_moments(const real *x, int m, int n, const int *count, real *restrict mean, real *restrict var)
{
    real share = 1 / all(count, m);
    memset(mean, 0, (size_t)n * sizeof *mean);
    memset(var, 0, (size_t)n * sizeof *var);
    for (int r = 0; r < m; r++) {
        const real *restrict row = x + (size_t)r * (size_t)n;
        real c = times(count, r) * share;
#pragma omp simd
        for (int j = 0; j < n; j++) mean[j] += c * row[j];
    }
    for (int r = 0; r < m; r++) {
        const real *restrict row = x + (size_t)r * (size_t)n;
        real c = times(count, r) * share;
#pragma omp simd
        for (int j = 0; j < n; j++) var[j] += c * (row[j] - mean[j]) * (row[j] - mean[j]);
    }
}

void ll_batch_norm_relu(const real *x, int m, int n, const real *mean, const real *var, const real *gamma,
                        const real *beta, real *y)
{
    real scale[MOST], shift[MOST];
    for (int j = 0; j < n; j++) {
        scale[j] = gamma[j] / (real)sqrt(var[j] + epsilon);
        shift[j] = beta[j] - mean[j] * scale[j];
    }
    for (int r = 0; r < m; r++, x += n, y += n) {
#pragma omp simd
        for (int j = 0; j < n; j++) {
            real v = x[j] * scale[j] + shift[j];
            y[j] = v < 0 ? 0 : v;
        }
    }
}

/* dy becomes the gradient in front of the ReLU; its sum, and its sum with the normalised rows. */
static void undo_relu(const real *x, const real *y, int m, int n, const real *mean, const real *rstd,
                      real *dy, real *sum, real *dot)
{
    memset(sum, 0, (size_t)n * sizeof *sum);
    memset(dot, 0, (size_t)n * sizeof *dot);
    for (int r = 0; r < m; r++, x += n, y += n, dy += n) {
#pragma omp simd
        for (int j = 0; j < n; j++) {
            real d = y[j] > 0 ? dy[j] : 0;
            dy[j] = d;
            sum[j] += d;
            dot[j] += d * (x[j] - mean[j]) * rstd[j];
        }
    }
}

void ll_batch_norm_relu_back(const real *x, const real *y, int m, int n, const int *count, const real *mean,
                             const real *var, const real *gamma, real *dy, real *dgamma, real *dbeta)
{
    real rstd[MOST], sum[MOST], dot[MOST], share = 1 / all(count, m);
    for (int j = 0; j < n; j++) rstd[j] = 1 / (real)sqrt(var[j] + epsilon);
    undo_relu(x, y, m, n, mean, rstd, dy, sum, dot);
    for (int j = 0; j < n; j++) {
        dbeta[j] += sum[j];
        dgamma[j] += dot[j];
    }
    for (int r = 0; r < m; r++, x += n, dy += n) {
        real c = times(count, r) * share;
#pragma omp simd
        for (int j = 0; j < n; j++)
            dy[j] = gamma[j] * rstd[j] * (dy[j] - c * (sum[j] + (x[j] - mean[j]) * rstd[j] * dot[j]));
    }
}
