/* Optimal designs under a Gaussian prior (core/ALGORITHMS.md section 4): `dopt` takes the architecture the prior is
 * least sure of, `ivr` the one that lowers the mean variance over the space the most (Sacks et al.,
 * Statistical Science 4, 1989; Fedorov, Theory of Optimal Experiments, 1972). Greedy, so that a design of 20
 * begins with the design of 10. `auto` weighs both, and exchanges its first five until none of them could be better
 * (Fedorov 1972, chapter 3; Cook and Nachtsheim, Technometrics 22, 1980): few samples are where greed costs. */
#include "core/sample/design.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"

enum { CANDIDATES = 2000 };
enum { EXCHANGED = 5, ROUNDS = 3 };          /* of `auto` */
static const double determinant_share = .05; /* of `auto`; the mean variance has the rest */

/* P is the posterior covariance of the weights: I - sum of u uᵀ/d, kept as the matrix itself. The two forms
 * every gain needs are kept per candidate and updated with P. */
typedef struct design {
    const ll_design_prior *prior;
    const ll_observer *observer;
    int n, dim, n_contrasts;
    int *rows;    /* (n) candidates */
    bool *taken;  /* (n) */
    double *phi;  /* (n, dim) */
    double *p;    /* (dim, dim) */
    double *var;  /* (n) phiᵀ P phi */
    double *gain; /* (n) phiᵀ P G P phi */
    double left;  /* mean variance over the space: trace of P G */
    double *u, *gu, *pgu, *x, *y;
} design;

/* What a candidate is worth: the most is taken. */
typedef double worth(const design *z, int candidate);

static const double *features_of(const ll_design_prior *prior, int row)
{
    return prior->phi + (size_t)row * (size_t)prior->dim;
}

static const double *candidate(const design *z, int i)
{
    return z->phi + (size_t)i * (size_t)z->dim;
}

/* P -= u uᵀ/d for this u, and what follows for the candidates. */
static void update(design *z, double d)
{
    int dim = z->dim;
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
    z->left -= ugu / d;
}

/* phi is measured with this noise: d = phiᵀ P phi + noise. A measurement is taken back with minus its noise. */
static void measure(design *z, const double *phi, double noise)
{
    ll_dgemv(false, z->dim, z->dim, 1, z->p, z->dim, phi, 0, z->u);
    update(z, ll_ddot(z->dim, phi, z->u) + noise);
}

static void observe(design *z, const double *phi)
{
    measure(z, phi, z->prior->noise);
}

static void forget(design *z, const double *phi)
{
    measure(z, phi, -z->prior->noise);
}

/* Nothing is measured, nothing taken, and P what the prior says. */
static void reset(design *z)
{
    int dim = z->dim;
    const double *weight = z->prior->weight;
    z->left = 0;
    memset(z->p, 0, (size_t)dim * (size_t)dim * sizeof *z->p);
    for (int c = 0; c < dim; c++) {
        z->p[c * dim + c] = 1;
        z->left += weight[c];
    }
    for (int i = 0; i < z->n; i++) {
        const double *phi = candidate(z, i);
        z->taken[i] = false;
        z->var[i] = z->gain[i] = 0;
        for (int c = 0; c < dim; c++) {
            z->var[i] += phi[c] * phi[c];
            z->gain[i] += weight[c] * phi[c] * phi[c];
        }
    }
    for (int k = 0; k < z->n_contrasts; k++) { /* P += a aᵀ */
        memcpy(z->u, z->prior->contrast + (size_t)k * (size_t)dim, (size_t)dim * sizeof *z->u);
        update(z, -1);
    }
}

/* Takes over the candidates (n); NULL: there are none. contrasts: whether those of the prior count. */
static void start(design *z, const ll_design_prior *prior, bool contrasts, int *rows, int n)
{
    size_t dim = (size_t)prior->dim;
    *z = (design){.prior = prior, .n = n, .dim = prior->dim, .rows = rows};
    z->n_contrasts = contrasts ? prior->n_contrasts : 0;
    z->taken = LL_NEW_ARRAY(bool, n);
    z->phi = LL_NEW_ARRAY(double, (size_t)n *dim + dim * dim + 4 * (size_t)n + 3 * dim);
    z->p = z->phi + (size_t)n * dim;
    z->var = z->p + dim * dim;
    z->gain = z->var + n;
    z->x = z->gain + n;
    z->y = z->x + n;
    z->u = z->y + n;
    z->gu = z->u + dim;
    z->pgu = z->gu + dim;
    for (int i = 0; i < n; i++)
        memcpy(z->phi + (size_t)i * dim, features_of(prior, rows[i]), dim * sizeof *z->phi);
    reset(z);
}

static void stop(design *z)
{
    free(z->rows);
    free(z->taken);
    free(z->phi);
}

void ll_design_left(const ll_design_prior *prior, const int *have, int n_have, const int *rows, int n,
                    double *left)
{
    design z;
    start(&z, prior, false, NULL, 0);
    double all = z.left;
    for (int i = 0; i < n_have; i++) observe(&z, features_of(prior, have[i]));
    for (int i = 0; i <= n; i++) {
        left[i] = all > 0 ? z.left / all : 0;
        if (i < n) observe(&z, features_of(prior, rows[i]));
    }
    stop(&z);
}

static double by_variance(const design *z, int i)
{
    return z->var[i];
}

static double by_mean_variance(const design *z, int i)
{
    return z->gain[i] / (z->var[i] + z->prior->noise);
}

/* By how much the logs of the determinant of P and of the mean variance fall. */
static double by_both(const design *z, int i)
{
    if (z->left <= 0 || z->prior->noise <= 0) return z->var[i];
    double determinant = log1p(fmax(z->var[i], 0) / z->prior->noise);
    double left = fmax(1 - by_mean_variance(z, i) / z->left, DBL_MIN);
    return determinant_share * determinant - (1 - determinant_share) * log(left);
}

/* A candidate that is not taken; -1: none is left. */
static int best(const design *z, worth *of)
{
    int at = -1;
    double most = -INFINITY;
    for (int i = 0; i < z->n; i++) {
        if (z->taken[i]) continue;
        double value = of(z, i);
        if (value <= most) continue;
        most = value;
        at = i;
    }
    return at;
}

/* The same candidates for every k, and whatever of them is measured already, so that designs of one seed nest. */
static int candidates(const ll_sample_job *job, int **out)
{
    int n = 0, wanted = job->n_have + job->k > CANDIDATES ? job->n_have + job->k : CANDIDATES;
    bool *member = LL_NEW_ARRAY(bool, job->prior->n);
    for (int i = 0; i < job->n_pool; i++) member[job->pool[i]] = true;
    for (int i = 0; i < job->n_have; i++) member[job->have[i]] = true;
    *out = LL_NEW_ARRAY(int, job->n_pool + job->n_have);
    for (int i = 0; i < job->prior->n; i++)
        if (member[i]) (*out)[n++] = i;
    free(member);
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    ll_rng_shuffle(&rng, *out, n);
    return n < wanted ? n : wanted;
}

/* --- greedy --- */

static void take(design *z, int at)
{
    z->taken[at] = true;
    observe(z, candidate(z, at));
}

/* Up to n candidates into `at`, each the best behind those before it; returns how many there were. Cancelled, it stops. */
static int take_best(design *z, worth *of, int n, int *at)
{
    for (int i = 0; i < n; i++) {
        if (ll_cancelled(z->observer)) return i;
        if ((at[i] = best(z, of)) < 0) return i;
        take(z, at[i]);
    }
    return n;
}

static void take_measured(design *z, const ll_sample_job *job)
{
    for (int i = 0; i < job->n_have; i++) {
        observe(z, features_of(job->prior, job->have[i]));
        for (int c = 0; c < z->n; c++) z->taken[c] |= z->rows[c] == job->have[i];
    }
}

/* --- by exchange --- */

/* Each in turn is given back and the best for it taken, until none changes. */
static void exchange(design *z, worth *of, int n, int *at)
{
    bool moved = true;
    for (int round = 0; round < ROUNDS && moved; round++) {
        moved = false;
        for (int i = 0; i < n && !ll_cancelled(z->observer); i++) {
            int before = at[i];
            z->taken[before] = false;
            forget(z, candidate(z, before));
            take(z, at[i] = best(z, of));
            moved |= at[i] != before;
        }
    }
}

static bool starts_with(const design *z, const int *at, const ll_sample_job *job)
{
    for (int i = 0; i < job->n_have; i++) {
        bool found = false;
        for (int j = 0; j < job->n_have; j++) found |= z->rows[at[j]] == job->have[i];
        if (!found) return false;
    }
    return true;
}

/* The first of a device, as far as they are not measured; returns how many. Where what is measured is how they begin, they
 * go on; else the others are the best beside it. */
static int take_first(design *z, const ll_sample_job *job, worth *of, int *at)
{
    int have = job->n_have, n = 0;
    if (have < EXCHANGED) {
        n = take_best(z, of, EXCHANGED, at);
        exchange(z, of, n, at);
        if (have <= n && starts_with(z, at, job)) {
            memmove(at, at + have, (size_t)(n - have) * sizeof *at);
            return n - have;
        }
        reset(z);
    }
    take_measured(z, job);
    if (have >= EXCHANGED) return 0;
    n = take_best(z, of, EXCHANGED - have, at);
    exchange(z, of, n, at);
    return n;
}

/* --- samplers --- */

static ll_status pick(const ll_sample_job *job, worth *of, bool exchanged, int *out, ll_error *e)
{
    int *rows, n = candidates(job, &rows), *at = LL_NEW_ARRAY(int, job->k + EXCHANGED), found = 0;
    design z;
    start(&z, job->prior, exchanged, rows, n);
    z.observer = job->observer;
    if (exchanged)
        found = take_first(&z, job, of, at);
    else
        take_measured(&z, job);
    if (found < job->k) found += take_best(&z, of, job->k - found, at + found);
    for (int i = 0; i < job->k && i < found; i++) out[i] = z.rows[at[i]];
    stop(&z);
    free(at);
    if (ll_cancelled(job->observer)) return ll_fail(e, LL_CANCELLED, "cancelled while samples were chosen");
    if (found >= job->k) return LL_OK;
    return ll_fail(e, LL_FAILED, "only %d architectures are left to choose from, %d were asked for", found,
                   job->k);
}

static ll_status pick_dopt(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick(job, by_variance, false, out, e);
}

static ll_status pick_ivr(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick(job, by_mean_variance, false, out, e);
}

static ll_status pick_auto(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick(job, by_both, true, out, e);
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
    .summary = "optimal design: dopt and ivr weighed, five by exchange; without a task random",
    .needs_prior = true,
    .pick = pick_auto,
};
