#include "core/predict/simple/adaproxy_fit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/sort.h"

enum { STEPS = 2000, FOLDS = 5, GRID = 9 };
static const double grid[GRID] = {1, .5, .25, .1, .05, .02, .01, .003, .001};

ll_adaproxy_norm ll_adaproxy_norm_find(const char *name)
{
    return !strcmp(name, "l1") ? LL_ADAPROXY_L1 : !strcmp(name, "inf") ? LL_ADAPROXY_INF : LL_ADAPROXY_L2;
}

/* --- norms: the dual norm and the proximal step --- */

static double norm_1(const double *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += fabs(v[i]);
    return sum;
}

static double norm_inf(const double *v, int n)
{
    double most = 0;
    for (int i = 0; i < n; i++) most = fmax(most, fabs(v[i]));
    return most;
}

static double dual_norm(ll_adaproxy_norm norm, const double *v, int n)
{
    if (norm == LL_ADAPROXY_L1) return norm_inf(v, n);
    return norm == LL_ADAPROXY_INF ? norm_1(v, n) : sqrt(ll_ddot(n, v, v));
}

static void shrink_each(double *v, int n, double t)
{
    for (int i = 0; i < n; i++) v[i] = copysign(fmax(0, fabs(v[i]) - t), v[i]);
}

static int descending(const void *a, const void *b)
{
    return ll_by_number(*(const double *)b, *(const double *)a);
}

/* The threshold that brings |v|_1 down to t (Duchi et al. 2008); 0 when it is no larger. */
static double ball_threshold(const double *v, int n, double t)
{
    if (norm_1(v, n) <= t) return 0;
    double *sorted = LL_NEW_ARRAY(double, n), sum = 0, threshold = 0;
    for (int i = 0; i < n; i++) sorted[i] = fabs(v[i]);
    qsort(sorted, (size_t)n, sizeof *sorted, descending);
    for (int i = 0; i < n; i++) {
        sum += sorted[i];
        if (sorted[i] <= (sum - t) / (i + 1)) break;
        threshold = (sum - t) / (i + 1);
    }
    free(sorted);
    return threshold;
}

/* argmin of |x - v|² / 2 + t |x|, in place. For inf it is what the projection on the l1 ball leaves: clipping. */
static void proximal(ll_adaproxy_norm norm, double *v, int n, double t)
{
    if (norm == LL_ADAPROXY_L1) {
        shrink_each(v, n, t);
    } else if (norm == LL_ADAPROXY_L2) {
        double length = sqrt(ll_ddot(n, v, v)), keep = length > t ? 1 - t / length : 0;
        for (int i = 0; i < n; i++) v[i] *= keep;
    } else {
        double most = norm_1(v, n) <= t ? 0 : ball_threshold(v, n, t);
        for (int i = 0; i < n; i++) v[i] = copysign(fmin(fabs(v[i]), most), v[i]);
    }
}

/* --- projection --- */

/* Two orthonormal directions spanning (1, Z 1); the second is zero when Z 1 is constant. */
static void free_directions(const double *z, int k, int p, double *one, double *scale)
{
    double mean = 0, length = 0;
    for (int i = 0; i < k; i++) {
        one[i] = 1 / sqrt(k);
        scale[i] = 0;
        for (int j = 0; j < p; j++) scale[i] += z[(size_t)i * (size_t)p + (size_t)j];
        mean += scale[i] / k;
    }
    for (int i = 0; i < k; i++) {
        scale[i] -= mean;
        length += scale[i] * scale[i];
    }
    double factor = length > 1e-24 * k * (1 + mean * mean) ? 1 / sqrt(length) : 0;
    for (int i = 0; i < k; i++) scale[i] *= factor;
}

static void project_out(double *v, int stride, const double *direction, int k)
{
    double dot = 0;
    for (int i = 0; i < k; i++) dot += v[(size_t)i * (size_t)stride] * direction[i];
    for (int i = 0; i < k; i++) v[(size_t)i * (size_t)stride] -= dot * direction[i];
}

/* y and Z with the free directions projected out, to be freed. */
static void projected(const double *z, int k, int p, const double *y, double **zp, double **yp)
{
    double *one = LL_NEW_ARRAY(double, k), *scale = LL_NEW_ARRAY(double, k);
    *zp = ll_memdup(z, (size_t)k * (size_t)p, sizeof *z);
    *yp = ll_memdup(y, (size_t)k, sizeof *y);
    free_directions(z, k, p, one, scale);
    for (int j = -1; j < p; j++) {
        project_out(j < 0 ? *yp : *zp + j, j < 0 ? 1 : p, one, k);
        project_out(j < 0 ? *yp : *zp + j, j < 0 ? 1 : p, scale, k);
    }
    free(one);
    free(scale);
}

/* a and c of least squares on what b leaves. */
static void fit_scale_and_offset(const double *z, int k, int p, const double *y, ll_adaproxy_fit *fit)
{
    double mean_x = 0, mean_r = 0, xx = 0, xr = 0;
    double *x = LL_NEW_ARRAY(double, k), *r = LL_NEW_ARRAY(double, k);
    for (int i = 0; i < k; i++) {
        const double *row = z + (size_t)i * (size_t)p;
        for (int j = 0; j < p; j++) x[i] += row[j];
        r[i] = y[i] - ll_ddot(p, row, fit->b);
        mean_x += x[i] / k;
        mean_r += r[i] / k;
    }
    for (int i = 0; i < k; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xr += (x[i] - mean_x) * (r[i] - mean_r);
    }
    fit->a = xx > 1e-24 * k * (1 + mean_x * mean_x) ? xr / xx : 0;
    fit->c = mean_r - fit->a * mean_x;
    free(x);
    free(r);
}

/* --- the solver --- */

/* Largest eigenvalue of the symmetric g, from above: its largest absolute row sum. */
static double eigenvalue_bound(const double *g, int p)
{
    double most = 0;
    for (int i = 0; i < p; i++) most = fmax(most, norm_1(g + (size_t)i * (size_t)p, p));
    return most;
}

/* FISTA on (1/k)|Zb - y|² + lambda |b| from b, given G = (2/k) ZᵀZ and h = (2/k) Zᵀy. Restarts its momentum where it
 * points uphill (O'Donoghue and Candes 2015). */
static void fista(const double *g, const double *h, int p, ll_adaproxy_norm norm, double lambda, double *b)
{
    double step = 1 / fmax(eigenvalue_bound(g, p), 1e-300), momentum = 1;
    double *at = ll_memdup(b, (size_t)p, sizeof *b), *next = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < STEPS; i++) {
        double moved = 0, size = 0, uphill = 0;
        memcpy(next, h, (size_t)p * sizeof *next);
        ll_dgemv(false, p, p, -1, g, p, at, 1, next);
        for (int j = 0; j < p; j++) next[j] = at[j] + step * next[j];
        proximal(norm, next, p, step * lambda);
        for (int j = 0; j < p; j++) uphill += (at[j] - next[j]) * (next[j] - b[j]);
        double following = uphill > 0 ? 1 : .5 + sqrt(.25 + momentum * momentum);
        double carry = uphill > 0 ? 0 : (momentum - 1) / following;
        for (int j = 0; j < p; j++) {
            double change = next[j] - b[j];
            at[j] = next[j] + carry * change;
            b[j] = next[j];
            moved += change * change;
            size += next[j] * next[j];
        }
        momentum = following;
        if (moved <= 1e-20 * size) break;
    }
    free(at);
    free(next);
}

/* The problem for b alone: G and h of the projected data, and the lambda from which on b is zero. */
typedef struct problem {
    double *g, *h, lambda_max;
} problem;

static problem problem_of(const double *z, int k, int p, const double *y, ll_adaproxy_norm norm)
{
    double *zp, *yp;
    projected(z, k, p, y, &zp, &yp);
    problem q = {LL_NEW_ARRAY(double, (size_t)p *(size_t)p), LL_NEW_ARRAY(double, p), 0};
    ll_dsyrk(true, p, k, 2.0 / k, zp, p, 0, q.g, p);
    ll_dgemv(true, k, p, 2.0 / k, zp, p, yp, 0, q.h);
    q.lambda_max = dual_norm(norm, q.h, p);
    free(zp);
    free(yp);
    return q;
}

static void problem_free(problem *q)
{
    free(q->g);
    free(q->h);
}

void ll_adaproxy_solve_at(const double *z, int k, int p, const double *y, ll_adaproxy_norm norm,
                          double lambda_share, ll_adaproxy_fit *fit)
{
    problem q = problem_of(z, k, p, y, norm);
    memset(fit->b, 0, (size_t)p * sizeof *fit->b);
    fit->lambda_share = lambda_share;
    if (lambda_share < 1 && q.lambda_max > 0) fista(q.g, q.h, p, norm, lambda_share * q.lambda_max, fit->b);
    fit_scale_and_offset(z, k, p, y, fit);
    problem_free(&q);
}

/* Squared errors of one fold at every lambda of the grid, added to error (GRID). */
static void try_fold(const double *z, int k, int p, const double *y, ll_adaproxy_norm norm, const int *fold,
                     int held, double *error)
{
    double *zt = LL_NEW_ARRAY(double, (size_t)k *(size_t)p), *yt = LL_NEW_ARRAY(double, k);
    ll_adaproxy_fit fit = {.b = LL_NEW_ARRAY(double, p)};
    int n = 0;
    for (int i = 0; i < k; i++) {
        if (fold[i] == held) continue;
        memcpy(zt + (size_t)n * (size_t)p, z + (size_t)i * (size_t)p, (size_t)p * sizeof *z);
        yt[n++] = y[i];
    }
    problem q = problem_of(zt, n, p, yt, norm);
    for (int l = 0; l < GRID; l++) {
        if (grid[l] < 1 && q.lambda_max > 0) fista(q.g, q.h, p, norm, grid[l] * q.lambda_max, fit.b);
        fit_scale_and_offset(zt, n, p, yt, &fit);
        for (int i = 0; i < k; i++) {
            if (fold[i] != held) continue;
            double guess = fit.c;
            for (int j = 0; j < p; j++) guess += z[(size_t)i * (size_t)p + (size_t)j] * (fit.a + fit.b[j]);
            error[l] += (guess - y[i]) * (guess - y[i]);
        }
    }
    problem_free(&q);
    free(zt);
    free(yt);
    free(fit.b);
}

void ll_adaproxy_solve(const double *z, int k, int p, const double *y, ll_adaproxy_norm norm, uint64_t seed,
                       ll_adaproxy_fit *fit)
{
    double error[GRID] = {0};
    int best = 0, folds = k < FOLDS ? k : FOLDS, *fold = LL_NEW_ARRAY(int, k);
    ll_rng rng = ll_rng_new(seed, LL_STREAM_TRANSFER);
    for (int i = 0; i < k; i++) fold[i] = i % folds;
    ll_rng_shuffle(&rng, fold, k);
    for (int f = 0; f < folds && k >= 4; f++) try_fold(z, k, p, y, norm, fold, f, error);
    for (int l = 1; l < GRID; l++)
        if (error[l] < error[best]) best = l;
    ll_adaproxy_solve_at(z, k, p, y, norm, grid[best], fit);
    free(fold);
}
