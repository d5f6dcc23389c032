/* Intervals of the structured GP: noise, rounding, coverage, calibration. */
#include <stdlib.h>

#include "core/num/blas.h"
#include "core/predict/gp/simulate.h"
#include "tests/predict/gp_world.h"

static double noise_ms(const ll_gp_model *m, const double *lat_ms)
{
    double y[10];
    ll_gp_posterior q;
    for (int i = 0; i < 10; i++) y[i] = lat_ms[ten_rows[i]];
    ll_gp_condition(&m->rows.prior, &m->draws, ten_rows, y, 10, false, &q);
    double noise = q.scale_ms * sqrt(q.noise);
    ll_gp_posterior_free(&q);
    return noise;
}

/* Rounding to whole milliseconds is part of the noise. */
static void rounding_is_noise(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double fine = noise_ms(m, ll_latencies(d, TARGET)), coarse = noise_ms(m, ll_latencies(d, CLOCKED));
    CHECK(coarse > 1.3 * fine);
    CHECK(coarse > 1 / sqrt(12));
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* --- simulation and coverage --- */

static void intervals_cover_what_the_model_draws(void)
{
    enum { K = 10 };
    int worlds = check_under(NULL) ? 60 : 600;
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double y[CELLS], mean[CELLS], sd[CELLS], sample[K];
    int covered = 0, total = 0;
    for (int w = 0; w < worlds; w++) {
        ll_rng rng = ll_rng_new((uint64_t)w, 77);
        ll_gp_posterior q;
        ll_gp_simulate(&m->rows.prior, &m->draws, NULL, NULL, NULL, 0, &rng, y);
        for (int i = 0; i < K; i++) sample[i] = y[ten_rows[i]];
        ll_gp_condition(&m->rows.prior, &m->draws, ten_rows, sample, K, true, &q);
        ll_gp_posterior_predict(&q, &m->rows.prior, NULL, CELLS, mean, sd);
        double half = ll_student_quantile(.95, q.dof);
        for (int i = 0; i < CELLS; i++) covered += fabs(y[i] - mean[i]) <= half * sd[i];
        total += CELLS;
        ll_gp_posterior_free(&q);
    }
    CHECK_NEAR((double)covered / total, .9, worlds < 600 ? .1 : .06);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* A sample's left-out deviation is that of predicting it from the nine others, up to what the outlier factors and
 * the weights of the draws move. */
static void left_out_deviations_are_those_of_leaving_out(void)
{
    enum { K = 10 };
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double y[K], others[K], mean, sd;
    int rows[K];
    ll_gp_posterior all, nine;
    for (int i = 0; i < K; i++) y[i] = ll_latencies(d, TARGET)[ten_rows[i]];
    ll_gp_condition(&m->rows.prior, &m->draws, ten_rows, y, K, true, &all);
    for (int i = 0; i < K; i++) {
        int n = 0;
        for (int j = 0; j < K; j++)
            if (j != i) {
                rows[n] = ten_rows[j];
                others[n++] = y[j];
            }
        ll_gp_condition(&m->rows.prior, &m->draws, rows, others, n, true, &nine);
        ll_gp_posterior_predict(&nine, &m->rows.prior, &ten_rows[i], 1, &mean, &sd);
        CHECK_NEAR(all.left_out[i], (y[i] - mean) / sd, .1);
        CHECK_NEAR(all.left_out_ms[i], mean, .1 * sd);
        ll_gp_posterior_free(&nine);
    }
    ll_gp_posterior_free(&all);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* Width of the intervals, as a share of the latency, and their coverage of a target with this much noise. */
static void interval_of(const void *model, ll_dataset *d, double noise, double *width, double *covered)
{
    double *lat = ll_latencies(d, TARGET);
    int rows[40];
    for (int i = 0; i < 40; i++) rows[i] = 10 * i + 3;
    price(d, TARGET, TARGET, noise);
    ll_prediction p = transferred(model, d, lat, rows, 40);
    double half = ll_student_quantile(.95, p.dof);
    *width = *covered = 0;
    for (int i = 0; i < CELLS; i++) {
        *width += 2 * half * p.sd_ms[i] / lat[i] / CELLS;
        *covered += (fabs(lat[i] - p.lat_ms[i]) <= half * p.sd_ms[i]) / (double)CELLS;
    }
    ll_prediction_free(&p);
}

/* The sources have 1 % noise; the target may be cleaner or noisier and its intervals follow it, not them. */
static void intervals_follow_the_noise_of_the_target(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    double width[3], covered[3];
    static const double noise[3] = {.002, .01, .05};
    for (int i = 0; i < 3; i++) {
        interval_of(m, d, noise[i], &width[i], &covered[i]);
        CHECK(covered[i] > .85);
    }
    CHECK(width[0] < .4 * width[1] && width[1] < .4 * width[2]);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* By how much the deviations stated for k of these rows are widened. */
static double widened(const ll_gp_model *m, const double *lat_ms, const int *rows, int k)
{
    double y[CELLS];
    ll_gp_posterior q;
    for (int i = 0; i < k; i++) y[i] = lat_ms[rows[i]];
    ll_gp_model_condition(m, &m->rows, rows, y, k, false, &q);
    double spread = q.spread;
    ll_gp_posterior_free(&q);
    return spread;
}

/* A handful of samples from a coarse clock shows too little of the noise; many show it. */
static void coarse_clocks_widen_intervals_of_few_samples(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    const double *fine = ll_latencies(d, TARGET), *coarse = ll_latencies(d, CLOCKED);
    int forty[40];
    for (int i = 0; i < 40; i++) forty[i] = 10 * i + 3;
    double few = widened(m, coarse, ten_rows, 5) / widened(m, fine, ten_rows, 5);
    double many = widened(m, coarse, forty, 40) / widened(m, fine, forty, 40);
    CHECK(few > 1.2);
    CHECK(many < few);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* The samples of a device that is ten times as noisy as its sources disagree with each other. Forty of them move the
 * intervals by that; four hardly do, where chance would move them as much. */
static void own_errors_count_by_their_number(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double *lat = ll_latencies(d, TARGET), few[2] = {0}, many[2] = {0};
    static const double noise[2] = {.002, .1};
    for (int noisy = 0; noisy < 2; noisy++) {
        price(d, TARGET, TARGET, noise[noisy]);
        for (int from = 0; from < 10; from++) {
            int rows[40];
            for (int i = 0; i < 40; i++) rows[i] = 10 * ((7 * i) % 40) + from;
            few[noisy] += log(widened(m, lat, rows, 4)) / 10;
            many[noisy] += log(widened(m, lat, rows, 40)) / 10;
        }
    }
    CHECK(fabs(few[1] - few[0]) < .5 * (many[1] - many[0]));
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void simulations_keep_what_was_measured(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double y[CELLS], measured[10];
    ll_gp_posterior q;
    ll_rng rng = ll_rng_new(1, 1);
    for (int i = 0; i < 10; i++) measured[i] = ll_latencies(d, TARGET)[ten_rows[i]];
    ll_gp_condition(&m->rows.prior, &m->draws, ten_rows, measured, 10, true, &q);
    double rho = 0;
    for (int w = 0; w < 5; w++) {
        ll_gp_simulate(&m->rows.prior, &m->draws, &q, ten_rows, measured, 10, &rng, y);
        for (int i = 0; i < 10; i++) CHECK_NEAR(y[ten_rows[i]] * q.scale_ms, measured[i], 1e-12);
        rho += ll_spearman(y, ll_latencies(d, TARGET), CELLS) / 5;
    }
    CHECK(rho > .9);
    ll_gp_posterior_free(&q);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"rounding is noise", rounding_is_noise},
    {"intervals cover what the model draws", intervals_cover_what_the_model_draws},
    {"left-out deviations are those of leaving out", left_out_deviations_are_those_of_leaving_out},
    {"intervals follow the noise of the target", intervals_follow_the_noise_of_the_target},
    {"coarse clocks widen intervals of few samples", coarse_clocks_widen_intervals_of_few_samples},
    {"own errors count by their number", own_errors_count_by_their_number},
    {"simulations keep what was measured", simulations_keep_what_was_measured},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("gp_intervals", cases, argc, argv);
}
