#include <math.h>

#include "core/predict/gp/fit.h"

/* Lower triangle of C = K + (jitter + R g) on the diagonal, for the draws of one chunk. */
static void fill_covariance(ll_gp_fit *x, int chunk)
{
    int k = x->k;
    lanes w, sum = {0}, noise;
    memset(x->chol, 0, (size_t)k * (size_t)k * sizeof *x->chol);
    for (int b = 0; b < x->prior->n_blocks; b++) {
        const double *gram = x->gram + (size_t)b * (size_t)k * (size_t)k;
        load(&w, draw_lanes(x->draws->weight[b], chunk));
        sum += w;
        for (int i = 0; i < k; i++)
            for (int j = 0; j <= i; j++) x->chol[i * k + j] += w * gram[i * k + j];
    }
    load(&noise, draw_lanes(x->draws->noise, chunk));
    for (int i = 0; i < k; i++) x->chol[i * k + i] += jitter * sum + noise * x->g[i];
}

/* In place; the diagonal comes out inverted. Returns log |C| in *logdet. */
static void factor(lanes *l, int k, lanes *logdet)
{
    lanes sum = {0};
    for (int i = 0; i < k; i++) {
        for (int j = 0; j <= i; j++) {
            lanes v = l[i * k + j];
            for (int t = 0; t < j; t++) v -= l[i * k + t] * l[j * k + t];
            if (j < i) {
                l[i * k + j] = v * l[j * k + j];
                continue;
            }
            for (int lane = 0; lane < LANES; lane++) {
                sum[lane] += log(v[lane]);
                v[lane] = 1 / sqrt(v[lane]);
            }
            l[i * k + i] = v;
        }
    }
    *logdet = sum;
}

/* inv = L⁻¹, lower triangle. */
static void invert(const lanes *l, int k, lanes *inv)
{
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < i; j++) {
            lanes v = {0};
            for (int t = j; t < i; t++) v -= l[i * k + t] * inv[t * k + j];
            inv[i * k + j] = v * l[i * k + i];
        }
        inv[i * k + i] = l[i * k + i];
    }
}

/* What the slopes leave of every sample, into x->r. */
static void fill_residuals(ll_gp_fit *x, int chunk)
{
    lanes slope;
    for (int j = 0; j < x->k; j++) x->r[j] = (lanes){0} + x->z[j];
    for (int e = 0; e < x->prior->n_executions; e++) {
        load(&slope, draw_lanes(x->draws->slope[e], chunk));
        for (int j = 0; j < x->k; j++) x->r[j] -= slope * x->h[e][j];
    }
}

/* mu by generalised least squares; s = L⁻¹1 and d = L⁻¹(r - mu 1). */
static void estimate_mean(ll_gp_fit *x, int chunk)
{
    int k = x->k;
    lanes sd = {0}, ss = {0};
    for (int i = 0; i < k; i++) {
        lanes s = {0}, d = {0};
        for (int j = 0; j <= i; j++) {
            s += x->inv[i * k + j];
            d += x->inv[i * k + j] * x->r[j];
        }
        x->s[i] = s;
        x->d[i] = d;
        ss += s * s;
        sd += s * d;
    }
    x->c[chunk] = ss;
    x->mu[chunk] = sd / ss;
    for (int i = 0; i < k; i++) x->d[i] -= x->mu[chunk] * x->s[i];
}

/* alpha = C⁻¹(r - mu 1) and the diagonal of C⁻¹ - C⁻¹11ᵀC⁻¹/c. */
static void estimate_duals(ll_gp_fit *x, int chunk)
{
    int k = x->k;
    lanes *alpha = x->alpha + chunk * k, *pdiag = x->pdiag + chunk * k;
    for (int j = 0; j < k; j++) {
        lanes a = {0}, diagonal = {0}, one = {0};
        for (int i = j; i < k; i++) {
            lanes m = x->inv[i * k + j];
            a += m * x->d[i];
            diagonal += m * m;
            one += m * x->s[i];
        }
        alpha[j] = a;
        pdiag[j] = diagonal - one * one / x->c[chunk];
    }
}

void ll_gp_fit_samples(ll_gp_fit *x, int chunk)
{
    lanes logdet, q = {0}, b0;
    fill_covariance(x, chunk);
    factor(x->chol, x->k, &logdet);
    invert(x->chol, x->k, x->inv);
    fill_residuals(x, chunk);
    estimate_mean(x, chunk);
    estimate_duals(x, chunk);
    load(&b0, draw_lanes(x->draws->b0, chunk));
    for (int i = 0; i < x->k; i++) q += x->d[i] * x->d[i];
    double an = a0 + .5 * (x->k - 1);
    lanes bn = b0 + .5 * q;
    x->t2[chunk] = bn / an;
    for (int l = 0; l < LANES; l++)
        x->logw[chunk][l] = -.5 * (logdet[l] + log(x->c[chunk][l])) + a0 * log(b0[l]) - an * log(bn[l]);
}
