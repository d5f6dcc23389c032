/* Optimal designs under a Gaussian prior (core/ALGORITHMS.md section 4): `dopt` takes the architecture the prior is
 * least sure of, `ivr` the one that lowers the mean variance over the space the most (Sacks et al.,
 * Statistical Science 4, 1989; Fedorov, Theory of Optimal Experiments, 1972). Greedy, so that a design of 20
 * begins with the design of 10. `auto` takes the first five as `ivr` does and what follows as `dopt` does. */
#include "core/sample/design.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"

enum { CANDIDATES = 2000 };
enum { BY_IVR = 5 }; /* of `auto` */

/* P is the posterior covariance of the weights: I - sum of u uᵀ/d, kept as the matrix itself. The two forms
 * every gain needs are kept per candidate and updated with P. */
typedef struct design {
    const ll_design_prior *prior;
    int n, dim;
    int *rows;    /* (n) candidates; -1 once taken */
    double *phi;  /* (n, dim) */
    double *p;    /* (dim, dim) */
    double *var;  /* (n) phiᵀ P phi */
    double *gain; /* (n) phiᵀ P G P phi */
    double *u, *gu, *pgu, *x, *y;
} design;

static const double *features_of(const ll_design_prior *prior, int row)
{
    return prior->phi + (size_t)row * (size_t)prior->dim;
}

/* P -= u uᵀ/(phiᵀ P phi + rho), u = P phi, and what follows for the candidates. */
static void observe(design *z, const double *phi)
{
    int dim = z->dim;
    ll_dgemv(false, dim, dim, 1, z->p, dim, phi, 0, z->u);
    double d = ll_ddot(dim, phi, z->u) + z->prior->noise;
    for (int c = 0; c < dim; c++) z->gu[c] = z->prior->weight[c] * z->u[c];
    double ugu = ll_ddot(dim, z->u, z->gu);
    ll_dgemv(false, dim, dim, 1, z->p, dim, z->gu, 0, z->pgu);
    ll_dgemv(false, z->n, dim, 1, z->phi, dim, z->u, 0, z->x);
    ll_dgemv(false, z->n, dim, 1, z->phi, dim, z->pgu, 0, z->y);
    for (int i = 0; i < z->n; i++) {
        double a = z->x[i];
        z->var[i] -= a * a / d;
        z->gain[i] += a * a * ugu / (d * d) - 2 * a * z->y[i] / d;
    }
    for (int r = 0; r < dim; r++)
        for (int c = 0; c < dim; c++) z->p[r * dim + c] -= z->u[r] * z->u[c] / d;
}

static void start(design *z, const ll_design_prior *prior, const int *pool, int n)
{
    size_t dim = (size_t)prior->dim;
    *z = (design){.prior = prior, .n = n, .dim = prior->dim};
    z->rows = LL_NEW_ARRAY(int, n);
    z->phi = LL_NEW_ARRAY(double, (size_t)n *dim + dim * dim + 4 * (size_t)n + 3 * dim);
    z->p = z->phi + (size_t)n * dim;
    z->var = z->p + dim * dim;
    z->gain = z->var + n;
    z->x = z->gain + n;
    z->y = z->x + n;
    z->u = z->y + n;
    z->gu = z->u + dim;
    z->pgu = z->gu + dim;
    for (size_t c = 0; c < dim; c++) z->p[c * dim + c] = 1;
    for (int i = 0; i < n; i++) {
        double *phi = z->phi + (size_t)i * dim;
        z->rows[i] = pool[i];
        memcpy(phi, features_of(prior, pool[i]), dim * sizeof *phi);
        for (size_t c = 0; c < dim; c++) {
            z->var[i] += phi[c] * phi[c];
            z->gain[i] += prior->weight[c] * phi[c] * phi[c];
        }
    }
}

static void stop(design *z)
{
    free(z->rows);
    free(z->phi);
}

static double mean_variance(const design *z)
{
    double sum = 0;
    for (int c = 0; c < z->dim; c++) sum += z->prior->weight[c] * z->p[c * z->dim + c];
    return sum;
}

void ll_design_left(const ll_design_prior *prior, const int *have, int n_have, const int *rows, int n,
                    double *left)
{
    design z;
    start(&z, prior, NULL, 0);
    double all = mean_variance(&z);
    for (int i = 0; i < n_have; i++) observe(&z, features_of(prior, have[i]));
    for (int i = 0; i <= n; i++) {
        left[i] = all > 0 ? mean_variance(&z) / all : 0;
        if (i < n) observe(&z, features_of(prior, rows[i]));
    }
    stop(&z);
}

static int best(const design *z, bool ivr)
{
    int at = -1;
    double most = -INFINITY;
    for (int i = 0; i < z->n; i++) {
        double value = ivr ? z->gain[i] / (z->var[i] + z->prior->noise) : z->var[i];
        if (z->rows[i] < 0 || value <= most) continue;
        most = value;
        at = i;
    }
    return at;
}

/* The same candidates for every k, so that designs of one seed nest. */
static int candidates(const ll_sample_job *job, int *out)
{
    int n = 0;
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    for (int i = 0; i < job->n_pool; i++) out[n++] = job->pool[i];
    ll_rng_shuffle(&rng, out, n);
    int wanted = job->k > CANDIDATES ? job->k : CANDIDATES;
    return n < wanted ? n : wanted;
}

static void strike(design *z, int row)
{
    for (int i = 0; i < z->n; i++)
        if (z->rows[i] == row) z->rows[i] = -1;
}

/* The first `ivr_first` of the device by `ivr`, those measured already included; the others by `dopt`. */
static ll_status pick(const ll_sample_job *job, int ivr_first, int *out, ll_error *e)
{
    int *pool = LL_NEW_ARRAY(int, job->n_pool), n = candidates(job, pool);
    design z;
    start(&z, job->prior, pool, n);
    free(pool);
    for (int i = 0; i < job->n_have; i++) {
        observe(&z, features_of(job->prior, job->have[i]));
        strike(&z, job->have[i]);
    }
    ll_status s = LL_OK;
    for (int i = 0; i < job->k && !s; i++) {
        int at = best(&z, job->n_have + i < ivr_first);
        if (at < 0) {
            s = ll_fail(e, LL_FAILED, "only %d architectures are left to choose from, %d were asked for", i,
                        job->k);
            break;
        }
        out[i] = z.rows[at];
        z.rows[at] = -1;
        observe(&z, z.phi + (size_t)at * (size_t)z.dim);
    }
    stop(&z);
    return s;
}

static ll_status pick_dopt(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick(job, 0, out, e);
}

static ll_status pick_ivr(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick(job, INT_MAX, out, e);
}

static ll_status pick_auto(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick(job, BY_IVR, out, e);
}

const ll_sampler ll_dopt = {
    .name = "dopt",
    .summary = "optimal design: each time the architecture the prior is least sure of",
    .needs_prior = true,
    .pick = pick_dopt,
};
const ll_sampler ll_ivr = {
    .name = "ivr",
    .summary = "optimal design: each time the one that lowers the mean variance most",
    .needs_prior = true,
    .pick = pick_ivr,
};
const ll_sampler ll_auto = {
    .name = "auto",
    .summary = "optimal design: five as ivr, then as dopt; without a task random",
    .needs_prior = true,
    .pick = pick_auto,
};
