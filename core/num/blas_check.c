#include "core/num/blas_check.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"

typedef struct shape {
    int m, n, k;
} shape;

static int longest(const shape *s)
{
    int most = s->m > s->n ? s->m : s->n;
    return most > s->k ? most : s->k;
}

static double *random_matrix(ll_rng *rng, int values)
{
    double *x = ll_alloc((size_t)values, sizeof *x);
    for (int i = 0; i < values; i++) x[i] = 2 * ll_rng_uniform(rng) - 1;
    return x;
}

static float *to_float(const double *x, int values)
{
    float *y = ll_alloc((size_t)values, sizeof *y);
    for (int i = 0; i < values; i++) y[i] = (float)x[i];
    return y;
}

/* op(a) (m,k) times op(b) (k,n), by the definition. The caller frees. */
static double *plain_product(bool ta, bool tb, const shape *s, const double *a, const double *b)
{
    double *c = ll_alloc((size_t)(s->m * s->n), sizeof *c);
    for (int i = 0; i < s->m; i++)
        for (int j = 0; j < s->n; j++) {
            double sum = 0;
            for (int l = 0; l < s->k; l++)
                sum += (ta ? a[l * s->m + i] : a[i * s->k + l]) * (tb ? b[j * s->k + l] : b[l * s->n + j]);
            c[i * s->n + j] = sum;
        }
    return c;
}

/* The relative precision is that of sums of k products of numbers below 1. (A NaN is no agreement.) */
static bool agree(int values, const double *a, const double *b, double precision)
{
    for (int i = 0; i < values; i++)
        if (!(fabs(a[i] - b[i]) <= precision)) return false;
    return true;
}

static const double DOUBLE = 1e-11, FLOAT = 1e-4;

static bool sgemm_agrees(bool ta, bool tb, const shape *s, const double *a, const double *b,
                         const double *want)
{
    float *x = to_float(a, s->m * s->k), *y = to_float(b, s->k * s->n), *c = to_float(want, s->m * s->n);
    ll_blas_sgemm(ta, tb, s->m, s->n, s->k, 1, x, ta ? s->m : s->k, y, tb ? s->k : s->n, 0, c, s->n);
    double *got = ll_alloc((size_t)(s->m * s->n), sizeof *got);
    for (int i = 0; i < s->m * s->n; i++) got[i] = c[i];
    bool same = agree(s->m * s->n, got, want, FLOAT);
    free(x);
    free(y);
    free(c);
    free(got);
    return same;
}

static bool dgemm_agrees(bool ta, bool tb, const shape *s, const double *a, const double *b,
                         const double *want)
{
    double *c = ll_alloc((size_t)(s->m * s->n), sizeof *c);
    ll_dgemm(ta, tb, s->m, s->n, s->k, 1, a, ta ? s->m : s->k, b, tb ? s->k : s->n, 0, c, s->n);
    bool same = agree(s->m * s->n, c, want, DOUBLE);
    free(c);
    return same;
}

static bool products_agree(const shape *s, ll_rng *rng)
{
    double *a = random_matrix(rng, s->m * s->k), *b = random_matrix(rng, s->k * s->n);
    bool same = true;
    for (int form = 0; form < 4 && same; form++) {
        bool ta = form & 1, tb = form & 2;
        double *want = plain_product(ta, tb, s, a, b);
        same = sgemm_agrees(ta, tb, s, a, b, want) && dgemm_agrees(ta, tb, s, a, b, want);
        free(want);
    }
    free(a);
    free(b);
    return same;
}

/* a aᵀ, and a x */
static bool square_and_vector_agree(const shape *s, ll_rng *rng)
{
    shape square = {s->m, s->m, s->k}, vector = {s->m, 1, s->k};
    double *a = random_matrix(rng, s->m * s->k), *x = random_matrix(rng, s->k);
    double *want = plain_product(false, true, &square, a, a), *c = ll_alloc((size_t)(s->m * s->m), sizeof *c);
    ll_dsyrk(false, s->m, s->k, 1, a, s->k, 0, c, s->m);
    bool same = agree(s->m * s->m, c, want, DOUBLE);
    free(want);
    want = plain_product(false, false, &vector, a, x);
    ll_dgemv(false, s->m, s->k, 1, a, s->k, x, 0, c);
    same = same && agree(s->m, c, want, DOUBLE);
    free(want);
    free(a);
    free(x);
    free(c);
    return same;
}

/* L X = B solved gives B when multiplied by L again. */
static bool solve_agrees(const shape *s, ll_rng *rng)
{
    int n = longest(s);
    shape back = {n, s->n, n};
    double *l = random_matrix(rng, n * n), *b = random_matrix(rng, n * s->n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) l[i * n + j] = j < i ? l[i * n + j] / n : j == i ? 2 : 0;
    double *x = ll_memdup(b, (size_t)(n * s->n), sizeof *b);
    ll_dtrsm_lower(false, n, s->n, l, n, x, s->n);
    double *again = plain_product(false, false, &back, l, x);
    bool same = agree(n * s->n, again, b, DOUBLE);
    free(l);
    free(b);
    free(x);
    free(again);
    return same;
}

bool ll_blas_is_right(void)
{
    static const shape shapes[] = {{1, 1, 1}, {3, 17, 5}, {16, 32, 64}, {61, 47, 33}, {130, 67, 257}};
    ll_rng rng = ll_rng_new(1, 0);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (!products_agree(&shapes[i], &rng) || !square_and_vector_agree(&shapes[i], &rng) ||
            !solve_agrees(&shapes[i], &rng))
            return false;
    return true;
}
