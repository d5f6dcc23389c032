#include "core/predict/gp/simulate.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"

static const double least_latency = .02; /* relative; a draw may not go below */
/* Degrees of freedom of what lies above a phone's latency. The samples are held against far heavier delays (target.c), so that
 * none bends the fit; with 2 the ceilings of the public phones come out right on average, with 1 too low, with 3 too high. */
static const double nu_of_delays = 2;

typedef struct world {
    const ll_gp_prior *p;
    const ll_gp_draws *draws;
    int m; /* the draw of hyper-parameters */
    double slope[LL_GP_EXECUTIONS], t, noise_sd;
    double constant;
    double *beta; /* (dim) */
} world;

/* By the weights after the samples, or by those before any. */
static int pick_draw(const ll_gp_draws *draws, const ll_gp_posterior *posterior, ll_rng *rng)
{
    double w[LL_GP_DRAWS], sum = 0;
    for (int m = 0; m < draws->n; m++)
        sum += w[m] = posterior ? posterior->weight[m] : exp(draws->log_prior[m]);
    double u = ll_rng_uniform(rng) * sum;
    for (int m = 0; m < draws->n; m++) {
        u -= w[m];
        if (u <= 0) return m;
    }
    return draws->n - 1;
}

/* Gamma(shape, 1), shape >= 1 (Marsaglia and Tsang 2000). */
static double gamma_draw(double shape, ll_rng *rng)
{
    double d = shape - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = ll_rng_normal(rng), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(1 - ll_rng_uniform(rng)) < .5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

static double value(const world *w, int row)
{
    return ll_gp_prior_value(w->p, row, w->constant, w->slope, w->beta);
}

/* Of a Student-t with at least 2 degrees of freedom. */
static double student_draw(double dof, ll_rng *rng)
{
    return ll_rng_normal(rng) / sqrt(2 * gamma_draw(dof / 2, rng) / dof);
}

static double student_noise(const world *w, ll_rng *rng)
{
    return w->noise_sd * student_draw(3, rng);
}

/* Of a measurement whose latency is `truth`. What disturbs one on a phone delays it, and the more the longer it runs. */
static double measuring_noise(const world *w, double truth, bool phone, ll_rng *rng)
{
    double z = ll_rng_normal(rng);
    if (!phone) return w->noise_sd * z;
    if (z > 0) z = fabs(student_draw(nu_of_delays, rng));
    return w->noise_sd * ll_gp_phone_noise(truth) * z;
}

static double weight_of(const world *w, int block)
{
    return w->draws->weight[block][w->m];
}

static void draw_prior(world *w, ll_rng *rng)
{
    for (int b = 0; b < w->p->n_blocks; b++)
        for (int c = 0; c < w->p->blocks[b].dim; c++)
            w->beta[w->p->blocks[b].first + c] = w->t * sqrt(weight_of(w, b)) * ll_rng_normal(rng);
}

/* Gram matrix of the measured rows under this draw, in units of t². */
static void covariance(const world *w, const int *rows, int k, const double *robust, double *c)
{
    const ll_gp_prior *p = w->p;
    double ratio = w->noise_sd * w->noise_sd / (w->t * w->t);
    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++) {
            const double *a = p->phi + (size_t)rows[i] * (size_t)p->dim;
            const double *b = p->phi + (size_t)rows[j] * (size_t)p->dim;
            double sum = 0;
            for (int block = 0; block < p->n_blocks; block++)
                sum += weight_of(w, block) *
                       ll_ddot(p->blocks[block].dim, a + p->blocks[block].first, b + p->blocks[block].first);
            c[i * k + j] = sum + (i == j ? ratio * robust[i] + 1e-6 : 0);
        }
}

/* Bends the prior draw so that it explains what was measured: beta += K C⁻¹ (y - draw - noise). */
static void bend(world *w, const ll_gp_posterior *q, const int *rows, const double *y_ms, int k, ll_rng *rng)
{
    const ll_gp_prior *p = w->p;
    double *c = LL_NEW_ARRAY(double, k *k + 2 * k), *pair = c + k * k, ones = 0, off = 0;
    covariance(w, rows, k, q->robust, c);
    for (int i = 0; i < k; i++) {
        double noise = w->noise_sd * sqrt(q->robust[i]) * ll_rng_normal(rng);
        pair[2 * i] = 1;
        pair[2 * i + 1] = y_ms[i] / q->scale_ms - 1 - value(w, rows[i]) - noise;
    }
    if (ll_cholesky(k, c, k)) {
        ll_cholesky_solve(k, 2, c, k, pair, 2);
        for (int i = 0; i < k; i++) {
            ones += pair[2 * i];
            off += pair[2 * i + 1];
        }
        w->constant += off / ones;
        for (int i = 0; i < k; i++) {
            double dual = pair[2 * i + 1] - pair[2 * i] * off / ones;
            const double *phi = p->phi + (size_t)rows[i] * (size_t)p->dim;
            for (int b = 0; b < p->n_blocks; b++)
                for (int col = p->blocks[b].first; col < p->blocks[b].first + p->blocks[b].dim; col++)
                    w->beta[col] += weight_of(w, b) * dual * phi[col];
        }
    }
    free(c);
}

/* The caller frees beta. */
static world draw_world(const ll_gp_prior *p, const ll_gp_draws *draws, const ll_gp_posterior *posterior,
                        const int *rows, const double *y_ms, int k, ll_rng *rng)
{
    world w = {
        .p = p, .draws = draws, .m = pick_draw(draws, posterior, rng), .beta = LL_NEW_ARRAY(double, p->dim)};
    double shape = posterior ? posterior->dof / 2 : 2;
    double rate = posterior ? posterior->b[w.m] : draws->b0[w.m];
    w.t = sqrt(rate / gamma_draw(shape, rng));
    w.noise_sd = w.t * sqrt(draws->noise[w.m]);
    for (int e = 0; e < LL_GP_EXECUTIONS; e++) w.slope[e] = draws->slope[e][w.m];
    draw_prior(&w, rng);
    if (k) bend(&w, posterior, rows, y_ms, k, rng);
    return w;
}

void ll_gp_simulate(const ll_gp_prior *p, const ll_gp_draws *draws, const ll_gp_posterior *posterior,
                    const int *rows, const double *y_ms, int k, ll_rng *rng, double *y)
{
    world w = draw_world(p, draws, posterior, rows, y_ms, k, rng);
    for (int i = 0; i < p->n; i++) y[i] = fmax(1 + value(&w, i) + student_noise(&w, rng), least_latency);
    for (int i = 0; i < k; i++) y[rows[i]] = y_ms[i] / posterior->scale_ms;
    free(w.beta);
}

void ll_gp_simulate_measuring(const ll_gp_prior *p, const ll_gp_draws *draws,
                              const ll_gp_posterior *posterior, const int *rows, const double *y_ms, int k,
                              ll_rng *rng, double *truth, double *measured)
{
    bool phone = ll_clock_step(y_ms, k) > 0;
    world w = draw_world(p, draws, posterior, rows, y_ms, k, rng);
    for (int i = 0; i < p->n; i++) {
        truth[i] = fmax(1 + value(&w, i), least_latency);
        measured[i] = fmax(truth[i] + measuring_noise(&w, truth[i], phone, rng), least_latency);
    }
    free(w.beta);
}

void ll_gp_simulate_calibrated(const ll_gp_prior *p, const ll_gp_draws *draws,
                               const ll_gp_posterior *posterior, const double *mean_ms, const int *rows,
                               const double *y_ms, int k, ll_rng *rng, double *out_ms)
{
    ll_gp_simulate(p, draws, posterior, rows, y_ms, k, rng, out_ms);
    for (int i = 0; i < p->n; i++) {
        double off = posterior->scale_ms * out_ms[i] - mean_ms[i];
        out_ms[i] = fmax(mean_ms[i] + posterior->spread * off, least_latency * posterior->scale_ms);
    }
    for (int i = 0; i < k; i++) out_ms[rows[i]] = y_ms[i];
}
