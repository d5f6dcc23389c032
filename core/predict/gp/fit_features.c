#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/predict/gp/fit.h"

/* C = Phi L Phi' + N with N = diag(noise). By Woodbury's identity C⁻¹ = W - W Phi A⁻¹ Phi' W with W = N⁻¹ and
 * A = L⁻¹ + Phi' W Phi, and A⁻¹ is the covariance of beta after the samples (GPML, 2.12 and A.9). */
static const double no_weight = 1e-10; /* a draw below it stays out of the passes that follow */

/* Of the columns that the draw looks at alone: the others have no weight. */
typedef struct wide_draw {
    int k, dim;
    int *column;       /* (dim) which of phi they are */
    double *phi;       /* (k, dim) those of the samples */
    double *a;         /* (dim, dim) A, then its factor */
    double *scaled;    /* (k, dim) W^½ Phi */
    double *turned;    /* (dim, k) the same transposed */
    double *w;         /* (k) 1 / noise */
    double *pair;      /* (dim, 2) A⁻¹ Phi' W [1, r] */
    double *one, *res; /* (k) C⁻¹1, C⁻¹r */
    double logdet;     /* of C */
} wide_draw;

static void draw_alloc(wide_draw *z, int k, int dim)
{
    size_t kd = (size_t)k * (size_t)dim, dd = (size_t)dim * (size_t)dim;
    *z = (wide_draw){.k = k, .column = LL_NEW_ARRAY(int, dim)};
    z->a = LL_NEW_ARRAY(double, dd + 3 * kd + 3 * (size_t)k + 2 * (size_t)dim);
    z->scaled = z->a + dd;
    z->turned = z->scaled + kd;
    z->phi = z->turned + kd;
    z->w = z->phi + kd;
    z->one = z->w + k;
    z->res = z->one + k;
    z->pair = z->res + k;
}

static void draw_free(wide_draw *z)
{
    free(z->column);
    free(z->a);
}

double *ll_gp_column_weights(const ll_gp_fit *x, int m, double *per_column)
{
    memset(per_column, 0, (size_t)x->prior->dim * sizeof *per_column);
    for (int b = 0; b < x->prior->n_blocks; b++)
        for (int c = 0; c < x->prior->blocks[b].dim; c++)
            per_column[x->prior->blocks[b].first + c] = x->draws->weight[b][m];
    return per_column;
}

/* The columns that draw m looks at, and the samples' features there; their weights (dim) into `weight`. */
static void choose_columns(const ll_gp_fit *x, int m, wide_draw *z, double *weight)
{
    z->dim = 0;
    for (int b = 0; b < x->prior->n_blocks; b++) {
        const ll_gp_prior_block *block = &x->prior->blocks[b];
        for (int c = 0; c < block->dim && x->draws->weight[b][m] > 0; c++) {
            weight[z->dim] = x->draws->weight[b][m];
            z->column[z->dim++] = block->first + c;
        }
    }
    for (int i = 0; i < z->k; i++) {
        const double *from = x->sel + (size_t)i * (size_t)x->prior->dim;
        double *to = z->phi + (size_t)i * (size_t)z->dim;
        for (int c = 0; c < z->dim; c++) to[c] = from[z->column[c]];
    }
}

static double residual(const ll_gp_fit *x, int m, int i)
{
    double r = x->z[i];
    for (int e = 0; e < x->prior->n_executions; e++) r -= x->draws->slope[e][m] * x->h[e][i];
    return r;
}

/* Noise and scaled features; returns log |N|. */
static double scale_features(const ll_gp_fit *x, int m, wide_draw *z)
{
    double sum = 0, logs = 0;
    for (int b = 0; b < x->prior->n_blocks; b++) sum += x->draws->weight[b][m];
    for (int i = 0; i < z->k; i++) {
        double noise = jitter * sum + x->draws->noise[m] * x->g[i], root = 1 / sqrt(noise);
        z->w[i] = 1 / noise;
        logs += log(noise);
        for (int c = 0; c < z->dim; c++) {
            double v = root * z->phi[(size_t)i * (size_t)z->dim + (size_t)c];
            z->scaled[(size_t)i * (size_t)z->dim + (size_t)c] = v;
            z->turned[(size_t)c * (size_t)z->k + (size_t)i] = v;
        }
    }
    return logs;
}

/* Factor of A in z->a, A⁻¹ Phi' W [1, r] in z->pair. */
static bool factor_draw(const ll_gp_fit *x, int m, wide_draw *z)
{
    double *weight = z->pair, logs;
    choose_columns(x, m, z, weight);
    int dim = z->dim;
    logs = scale_features(x, m, z);
    ll_dsyrk(true, dim, z->k, 1, z->scaled, dim, 0, z->a, dim);
    for (int c = 0; c < dim; c++) {
        z->a[c * dim + c] += 1 / weight[c];
        logs += log(weight[c]);
    }
    if (!ll_cholesky(dim, z->a, dim)) return false;
    z->logdet = logs + ll_cholesky_logdet(dim, z->a, dim);
    memset(z->pair, 0, 2 * (size_t)dim * sizeof *z->pair);
    for (int i = 0; i < z->k; i++) {
        double root = sqrt(z->w[i]), r = root * residual(x, m, i);
        for (int c = 0; c < dim; c++) {
            z->pair[2 * c] += root * z->scaled[(size_t)i * (size_t)dim + (size_t)c];
            z->pair[2 * c + 1] += r * z->scaled[(size_t)i * (size_t)dim + (size_t)c];
        }
    }
    ll_cholesky_solve(dim, 2, z->a, dim, z->pair, 2);
    return true;
}

/* C⁻¹1 and C⁻¹r from A⁻¹ Phi' W [1, r]. */
static void solve_samples(const ll_gp_fit *x, int m, wide_draw *z)
{
    for (int i = 0; i < z->k; i++) {
        const double *phi = z->phi + (size_t)i * (size_t)z->dim;
        double one = 1, res = residual(x, m, i);
        for (int c = 0; c < z->dim; c++) {
            one -= phi[c] * z->pair[2 * c];
            res -= phi[c] * z->pair[2 * c + 1];
        }
        z->one[i] = z->w[i] * one;
        z->res[i] = z->w[i] * res;
    }
}

/* alpha and the diagonal of the projected inverse; returns the quadratic form q. */
static double store_duals(ll_gp_fit *x, int m, wide_draw *z, double mu, double c)
{
    int chunk = m / LANES, l = m % LANES, k = z->k;
    double q = 0;
    ll_solve_lower(false, z->dim, k, z->a, z->dim, z->turned, k);
    for (int i = 0; i < k; i++) {
        double explained = 0, a = z->res[i] - mu * z->one[i];
        for (int col = 0; col < z->dim; col++) {
            double v = z->turned[(size_t)col * (size_t)k + (size_t)i];
            explained += v * v;
        }
        x->alpha[chunk * k + i][l] = a;
        x->pdiag[chunk * k + i][l] = z->w[i] * (1 - explained) - z->one[i] * z->one[i] / c;
        q += a * residual(x, m, i);
    }
    return q;
}

static void condition_draw(ll_gp_fit *x, int m, wide_draw *z)
{
    int chunk = m / LANES, l = m % LANES;
    double c = 0, sum = 0, b0 = x->draws->b0[m], an = a0 + .5 * (z->k - 1);
    x->logw[chunk][l] = -INFINITY;
    if (!factor_draw(x, m, z)) return;
    solve_samples(x, m, z);
    for (int i = 0; i < z->k; i++) {
        c += z->one[i];
        sum += z->res[i];
    }
    double mu = sum / c, bn = b0 + .5 * store_duals(x, m, z, mu, c);
    x->mu[chunk][l] = mu;
    x->c[chunk][l] = c;
    x->t2[chunk][l] = bn / an;
    x->logw[chunk][l] = -.5 * (z->logdet + log(c)) + a0 * log(b0) - an * log(bn);
}

void ll_gp_fit_features(ll_gp_fit *x, int chunk)
{
    wide_draw z;
    draw_alloc(&z, x->k, x->prior->dim);
    for (int m = chunk * LANES; m < (chunk + 1) * LANES; m++) {
        if (x->passes && x->w[m] < no_weight)
            x->logw[chunk][m % LANES] = -INFINITY;
        else
            condition_draw(x, m, &z);
    }
    draw_free(&z);
}

void ll_gp_fit_wide(const ll_gp_fit *x, int m, double *covariance, double *ones)
{
    wide_draw z;
    size_t dim = (size_t)x->prior->dim;
    draw_alloc(&z, x->k, x->prior->dim);
    memset(covariance, 0, dim * dim * sizeof *covariance);
    memset(ones, 0, dim * sizeof *ones);
    if (factor_draw(x, m, &z)) {
        ll_cholesky_inverse(z.dim, z.a, z.dim);
        for (int i = 0; i < z.dim; i++) {
            ones[z.column[i]] = z.pair[2 * i];
            for (int j = 0; j < z.dim; j++)
                covariance[(size_t)z.column[i] * dim + (size_t)z.column[j]] = z.a[i * z.dim + j];
        }
    }
    draw_free(&z);
}
