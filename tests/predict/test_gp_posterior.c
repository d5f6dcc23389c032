/* The formulas of the structured GP against dense textbook ones. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/gp/source.h"
#include "core/predict/gp/target.h"
#include "tests/check.h"

static void reml_gradient_is_the_derivative(void)
{
    enum { N = 30, K = 3 };
    ll_rng rng = ll_rng_new(5, 1);
    double x[N * 4], y[N], theta[K + 1] = {.3, -1, .7, -1.5}, g[K + 1], other[K + 1];
    double *grams = LL_NEW_ARRAY(double, K *N *N), *work = LL_NEW_ARRAY(double, N *N + 2 * N);
    for (int b = 0; b < K; b++) {
        for (int i = 0; i < N * 4; i++) x[i] = ll_rng_normal(&rng);
        ll_dsyrk(false, N, 4, .25, x, 4, 0, grams + b * N * N, N);
    }
    for (int i = 0; i < N; i++) y[i] = 1 + .3 * ll_rng_normal(&rng) + x[4 * i];
    ll_gp_reml reml = {N, K, grams, y, work};
    ll_gp_reml_value(&reml, theta, g);
    for (int b = 0; b <= K; b++) {
        double keep = theta[b], h = 1e-5;
        theta[b] = keep + h;
        double up = ll_gp_reml_value(&reml, theta, other);
        theta[b] = keep - h;
        double down = ll_gp_reml_value(&reml, theta, other);
        theta[b] = keep;
        CHECK_NEAR(g[b], (up - down) / (2 * h), 1e-6 * (1 + fabs(g[b])));
    }
    free(grams);
    free(work);
}

/* --- the posterior against the textbook --- */

typedef struct tiny {
    ll_gp_prior prior;
    double phi[12 * 5], slope[12];
} tiny;

static void tiny_prior(tiny *t)
{
    ll_rng rng = ll_rng_new(11, 1);
    for (int i = 0; i < 60; i++) t->phi[i] = .6 * ll_rng_normal(&rng);
    for (int i = 0; i < 12; i++) t->slope[i] = ll_rng_normal(&rng);
    t->prior = (ll_gp_prior){.n = 12,
                             .dim = 5,
                             .n_blocks = 2,
                             .phi = t->phi,
                             .n_executions = 1,
                             .n_kinds = 1,
                             .slope = {t->slope},
                             .slope_sd = {.3}};
    t->prior.blocks[0] = (ll_gp_prior_block){"one", 0, 2, {0}};
    t->prior.blocks[1] = (ll_gp_prior_block){"two", 2, 3, {-1}};
}

static double tiny_kernel(const tiny *t, const ll_gp_draws *d, int m, int a, int b)
{
    double sum = 0;
    for (int block = 0; block < 2; block++)
        for (int c = t->prior.blocks[block].first;
             c < t->prior.blocks[block].first + t->prior.blocks[block].dim; c++)
            sum += d->weight[block][m] * t->phi[a * 5 + c] * t->phi[b * 5 + c];
    return sum;
}

enum { MOST_K = 9 };

/* One draw at row x, by dense formulas: mean, variance of f in units of t2, t2, log weight without noise
 * prior. */
static void textbook(const tiny *t, const ll_gp_draws *d, int m, int k, const int *rows, const double *z,
                     const double *robust, int x, double *mean, double *variance, double *t2, double *logw)
{
    double c[MOST_K * MOST_K], b[MOST_K * 3], sum = d->weight[0][m] + d->weight[1][m];
    double kss = tiny_kernel(t, d, m, x, x), one_one = 0, one_r = 0, one_k = 0, k_k = 0, k_r = 0, q = 0;
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++)
            c[i * k + j] =
                tiny_kernel(t, d, m, rows[i], rows[j]) + (i == j ? 1e-6 * sum + d->noise[m] * robust[i] : 0);
        b[3 * i] = 1;
        b[3 * i + 1] = z[i] - d->slope[0][m] * t->slope[rows[i]];
        b[3 * i + 2] = tiny_kernel(t, d, m, rows[i], x);
    }
    double keep[MOST_K * 3];
    memcpy(keep, b, sizeof b);
    CHECK(ll_cholesky(k, c, k));
    double logdet = ll_cholesky_logdet(k, c, k);
    ll_cholesky_solve(k, 3, c, k, b, 3);
    for (int i = 0; i < k; i++) {
        one_one += b[3 * i];
        one_r += b[3 * i + 1];
        one_k += b[3 * i + 2];
        k_k += keep[3 * i + 2] * b[3 * i + 2];
        k_r += keep[3 * i + 2] * b[3 * i + 1];
        q += keep[3 * i + 1] * b[3 * i + 1];
    }
    double mu = one_r / one_one, an = 2 + .5 * (k - 1), bn = d->b0[m] + .5 * (q - mu * one_r);
    *mean = mu + d->slope[0][m] * t->slope[x] + k_r - one_k * mu;
    *variance = kss - k_k + (1 - one_k) * (1 - one_k) / one_one;
    *t2 = bn / an;
    *logw = -.5 * (logdet + log(one_one)) + 2 * log(d->b0[m]) - an * log(bn);
}

static void check_posterior(int k)
{
    static const int rows[MOST_K] = {1, 4, 5, 8, 10, 0, 3, 5, 11};
    static const double y[MOST_K] = {10.317, 12.133, 9.741, 14.939, 11.2, 10.02, 11.873, 9.804, 13.51};
    static ll_gp_draws draws;
    tiny t;
    double scale = ll_median(y, k), z[MOST_K], mean[12], sd[12];
    tiny_prior(&t);
    ll_gp_draws_make(&t.prior, 3, &draws);
    for (int i = 0; i < k; i++) z[i] = y[i] / scale - 1;
    ll_gp_posterior q;
    ll_gp_condition(&t.prior, &draws, rows, y, k, true, &q);
    ll_gp_posterior_predict(&q, &t.prior, NULL, 12, mean, sd);
    CHECK_NEAR(q.dof, k + 3, 0);
    for (int x = 0; x < 12; x++) {
        double f = 0, within = 0, between = 0, kept = 0, most = -INFINITY, total = 0;
        double mu[LL_GP_DRAWS], v[LL_GP_DRAWS], t2[LL_GP_DRAWS], logw[LL_GP_DRAWS];
        for (int m = 0; m < draws.n; m++) {
            textbook(&t, &draws, m, k, rows, z, q.robust, x, &mu[m], &v[m], &t2[m], &logw[m]);
            most = fmax(most, logw[m]);
        }
        for (int m = 0; m < draws.n; m++) total += exp(logw[m] - most);
        for (int m = 0; m < draws.n; m++) {
            double w = exp(logw[m] - most) / total;
            CHECK_NEAR(q.weight[m], w, 1e-9);
            f += w * mu[m];
        }
        double noise = 0;
        for (int m = 0; m < draws.n; m++) {
            noise += q.weight[m] * t2[m] * 1.4 * draws.noise[m];
            if (q.weight[m] <= 2e-4) continue;
            kept += q.weight[m];
            within += q.weight[m] * t2[m] * v[m];
            between += q.weight[m] * (mu[m] - f) * (mu[m] - f);
        }
        CHECK_NEAR(mean[x], scale * (1 + f), 1e-8);
        CHECK_NEAR(sd[x] * sd[x], scale * scale * ((within + between) / kept + noise), 1e-8);
    }
    ll_gp_posterior_free(&q);
}

static void posterior_is_the_textbook_mixture(void)
{
    check_posterior(1);
    check_posterior(5);
}

/* More samples than features: the other way of computing it. */
static void posterior_in_feature_space_is_too(void)
{
    check_posterior(6);
    check_posterior(MOST_K);
}

static void clocks_are_recognised(void)
{
    CHECK_NEAR(ll_clock_step((double[]){12, 15, 9}, 3), 1, 0);
    CHECK_NEAR(ll_clock_step((double[]){1.5, 2, 4.5}, 3), .5, 0);
    CHECK_NEAR(ll_clock_step((double[]){12.1, 15.03, 9}, 3), 0, 0);
    CHECK_NEAR(ll_clock_step((double[]){1201, 1503, 907}, 3), 0, 0); /* a step of 0.1 % hides nothing */
    CHECK_NEAR(ll_clock_step(NULL, 0), 0, 0);
}

/* Mean error of the fit in ms, over forty devices of which two in nine samples are `off`; whole milliseconds and `fraction`. */
static double error_with(double off, double fraction)
{
    static const int rows[MOST_K] = {1, 4, 5, 8, 10, 0, 3, 6, 11};
    static ll_gp_draws draws;
    ll_rng rng = ll_rng_new(21, 1);
    tiny t;
    double error = 0;
    tiny_prior(&t);
    for (int i = 0; i < 12; i++) t.slope[i] = (i - 5.5) / 3.5;
    ll_gp_draws_make(&t.prior, 3, &draws);
    for (int device = 0; device < 40; device++) {
        double y[MOST_K], mean[12];
        for (int i = 0; i < MOST_K; i++)
            y[i] = round(60 + rows[i] + ll_rng_normal(&rng) + (i % 5 == 2) * off) + fraction;
        ll_gp_posterior q;
        ll_gp_condition(&t.prior, &draws, rows, y, MOST_K, false, &q);
        ll_gp_posterior_predict(&q, &t.prior, NULL, 12, mean, NULL);
        for (int i = 0; i < 12; i++) error += fabs(mean[i] - 60 - i - fraction) / (12 * 40);
        ll_gp_posterior_free(&q);
    }
    return error;
}

/* Where a clock shows that the device is a phone, and only there. */
static void delays_of_phones_count_little(void)
{
    CHECK(error_with(12, 0) < .7 * error_with(12, .137));
    CHECK_NEAR(error_with(0, 0), error_with(0, .137), .1);
}

/* A phone's noise grows with latency; the part of a sample's factor that says so makes no outlier of it. */
static void long_runs_of_phones_are_noisier(void)
{
    static const int rows[MOST_K] = {0, 1, 2, 3, 5, 7, 9, 10, 11};
    static ll_gp_draws draws;
    tiny t;
    double y[MOST_K];
    tiny_prior(&t);
    memset(t.phi, 0, sizeof t.phi);
    for (int i = 0; i < 12; i++) t.slope[i] = (i - 5.5) / 3.5;
    for (int i = 0; i < MOST_K; i++) y[i] = 20 + 10 * rows[i] + i % 2;
    ll_gp_draws_make(&t.prior, 3, &draws);
    ll_gp_posterior q;
    ll_gp_condition(&t.prior, &draws, rows, y, MOST_K, false, &q);
    for (int i = 0; i < MOST_K; i++) {
        double usual = q.robust[i] / q.outlying[i];
        CHECK_NEAR(sqrt(usual), y[i] / q.scale_ms, .1);
        CHECK(q.outlying[i] < 4);
    }
    ll_gp_posterior_free(&q);
}

static const check_case cases[] = {
    {"the REML gradient is the derivative", reml_gradient_is_the_derivative},
    {"the posterior is the textbook mixture", posterior_is_the_textbook_mixture},
    {"the posterior in feature space is too", posterior_in_feature_space_is_too},
    {"clocks are recognised", clocks_are_recognised},
    {"delays of phones count little", delays_of_phones_count_little},
    {"long runs of phones are noisier", long_runs_of_phones_are_noisier},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("gp_posterior", cases, argc, argv);
}
