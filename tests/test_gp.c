#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/gp.h"
#include "core/predict/gp_simulate.h"
#include "core/sample/design.h"
#include "tests/check.h"

/* --- a small world: 400 cells, four sources, and targets made of the same prices --- */

enum { CELLS = 400, SOURCES = 4, DEVICES = 6, TARGET = 4, CLOCKED = 5 };

static void price(ll_dataset *d, int device, int like, double noise)
{
    ll_rng common = ll_rng_new(99, LL_STREAM_DATA), own = ll_rng_new((uint64_t)like + 1, LL_STREAM_DATA);
    ll_rng rng = ll_rng_new((uint64_t)device + 100, LL_STREAM_DATA);
    double prices[6][5], *lat = ll_latencies(d, device);
    for (int p = 0; p < 6; p++)
        for (int o = 0; o < 5; o++)
            prices[p][o] = o == 0 ? 0
                                  : (o == 3 ? 3 : .7) * (1 + .2 * ll_rng_uniform(&common)) *
                                        (.8 + .4 * ll_rng_uniform(&own));
    for (int i = 0; i < d->n_archs; i++) {
        lat[i] = 4;
        for (int p = 0; p < 6; p++) lat[i] += prices[p][ll_gene(d, i)[p]];
        lat[i] *= 1 + noise * ll_rng_normal(&rng);
    }
}

/* `step` and `first` choose the cells, so that two worlds can differ in their order alone. */
static ll_dataset *small_world(int first, int step)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("small", space, CELLS, DEVICES);
    for (int i = 0; i < CELLS; i++) space->at(space, (first + step * i + 15625) % 15625, d->genes + i * 6);
    for (int s = 0; s < DEVICES; s++) {
        char name[2] = {(char)('a' + s), 0};
        ll_device_set(&d->devices[s], name, LL_SIMULATED, "test", "ms", NULL, NULL);
        price(d, s, s == CLOCKED ? TARGET : s, .01);
    }
    for (int i = 0; i < CELLS; i++) ll_latencies(d, CLOCKED)[i] = round(ll_latencies(d, CLOCKED)[i]);
    ll_error e = {0};
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

static void *pretrained(const ll_dataset *d, const int *archs, int n)
{
    static const int source[SOURCES] = {0, 1, 2, 3};
    ll_error e = {0};
    ll_pretrain_job job = {.data = d, .source = source, .n_source = SOURCES, .archs = archs, .n_archs = n};
    void *model = NULL;
    CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_OK);
    return model;
}

static void *pretrained_on_all(const ll_dataset *d)
{
    ll_ints all = ll_ints_range(d->n_archs);
    void *model = pretrained(d, all.v, 200);
    ll_ints_free(&all);
    return model;
}

static double from_column(void *ctx, int arch)
{
    return ((const double *)ctx)[arch];
}

static ll_prediction transferred(const void *model, const ll_dataset *d, double *lat_ms, const int *rows,
                                 int k)
{
    ll_error e = {0};
    ll_prediction p = {0};
    ll_transfer_job job = {.data = d,
                           .target = TARGET,
                           .samples = rows,
                           .k = k,
                           .want_variance = true,
                           .measure = from_column,
                           .measure_ctx = lat_ms};
    CHECK_INT(ll_gp.transfer(model, &job, &p, &e), LL_OK);
    return p;
}

static const int ten_rows[10] = {3, 47, 91, 130, 166, 215, 260, 301, 348, 390};

/* --- source fits --- */

static void sources_are_learnt(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double f[CELLS];
    for (int s = 0; s < SOURCES; s++) {
        ll_gp_source_predict(&m->sources[s], &m->features, m->rows.phi, m->rows.prior.dim, NULL, CELLS, f, 1);
        CHECK(ll_spearman(f, ll_latencies(d, s), CELLS) > .99);
        CHECK_NEAR(m->sources[s].noise_sd, .01, .006);
        CHECK(!m->sources[s].ticks);
    }
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void missing_and_constant_sources_do_no_harm(void)
{
    ll_dataset *d = small_world(7, 39), *more = ll_dataset_extend(d, 0, 0);
    ll_error e = {0};
    for (int i = 0; i < CELLS; i++) {
        if (i % 3) ll_latencies(more, 0)[i] = NAN;
        ll_latencies(more, 1)[i] = 5;
        ll_latencies(more, 2)[i] = NAN;
    }
    CHECK_INT(ll_dataset_seal(more, &e), LL_OK);
    void *m = pretrained_on_all(more);
    CHECK_INT(((ll_gp_model *)m)->sources[1].n, 0);
    CHECK_INT(((ll_gp_model *)m)->sources[2].n, 0);
    ll_prediction p = transferred(m, more, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK(ll_spearman(p.score, ll_latencies(d, TARGET), CELLS) > .95);
    ll_prediction_free(&p);
    ll_gp.release(m);
    ll_dataset_unref(more);
    ll_dataset_unref(d);
}

/* --- whole transfers --- */

static void order_of_architectures_does_not_matter(void)
{
    ll_dataset *d = small_world(7, 39), *back = small_world(7 + 39 * (CELLS - 1), -39);
    ll_ints all = ll_ints_range(200);
    int mirrored[200], rows[10];
    for (int i = 0; i < 200; i++) mirrored[i] = CELLS - 1 - i;
    for (int i = 0; i < 10; i++) rows[i] = CELLS - 1 - ten_rows[i];
    for (int s = 0; s < DEVICES; s++)
        for (int i = 0; i < CELLS; i++) ll_latencies(back, s)[CELLS - 1 - i] = ll_latencies(d, s)[i];
    void *m = pretrained(d, all.v, 200), *n = pretrained(back, mirrored, 200);
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(n, back, ll_latencies(back, TARGET), rows, 10);
    double most = 0;
    for (int i = 0; i < CELLS; i++) {
        most = fmax(most, fabs(p.lat_ms[i] - r.lat_ms[CELLS - 1 - i]));
        most = fmax(most, fabs(p.sd_ms[i] - r.sd_ms[CELLS - 1 - i]));
    }
    CHECK(most < 1e-6);
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_gp.release(n);
    ll_ints_free(&all);
    ll_dataset_unref(d);
    ll_dataset_unref(back);
}

static void units_do_not_matter(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    double scaled[CELLS], most = 0;
    for (int i = 0; i < CELLS; i++) scaled[i] = 1000 * ll_latencies(d, TARGET)[i];
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(m, d, scaled, ten_rows, 10);
    for (int i = 0; i < CELLS; i++) {
        most = fmax(most, fabs(1000 * p.lat_ms[i] - r.lat_ms[i]) / r.lat_ms[i]);
        most = fmax(most, fabs(1000 * p.sd_ms[i] - r.sd_ms[i]) / r.sd_ms[i]);
    }
    CHECK(most < 1e-9);
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void odd_samples_are_survived(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    double constant[CELLS];
    for (int i = 0; i < CELLS; i++) constant[i] = 5.3;
    const int twice[6] = {3, 3, 91, 91, 260, 260};
    ll_prediction one = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 1);
    ll_prediction same = transferred(m, d, constant, ten_rows, 10);
    ll_prediction doubled = transferred(m, d, ll_latencies(d, TARGET), twice, 6);
    double zero[CELLS] = {0};
    ll_prediction nothing = transferred(m, d, zero, ten_rows, 3);
    /* one sample: its scale, and the order the sources agree on */
    CHECK_NEAR(one.lat_ms[3], ll_latencies(d, TARGET)[3], .1 * ll_latencies(d, TARGET)[3]);
    CHECK(ll_spearman(one.score, ll_latencies(d, TARGET), CELLS) > .8);
    CHECK(ll_spearman(doubled.score, ll_latencies(d, TARGET), CELLS) > .8);
    for (int i = 0; i < CELLS; i++) {
        CHECK(isfinite(one.sd_ms[i]) && isfinite(doubled.sd_ms[i]) && isfinite(nothing.lat_ms[i]));
        CHECK_NEAR(same.lat_ms[i], 5.3, .6);
    }
    ll_prediction_free(&one);
    ll_prediction_free(&same);
    ll_prediction_free(&doubled);
    ll_prediction_free(&nothing);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void device_like_a_source_is_recognised(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    ll_prediction p = transferred(m, d, ll_latencies(d, 2), ten_rows, 10);
    CHECK(ll_spearman(p.score, ll_latencies(d, 2), CELLS) > .99);
    ll_prediction_free(&p);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void cells_are_executed_as_runtimes_do(void)
{
    /* edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3 */
    static const uint8_t genes[3][6] = {{0, 3, 3, 0, 3, 2}, {3, 3, 0, 0, 0, 2}, {0, 0, 3, 0, 3, 2}};
    static const uint8_t expected[3][LL_GP_EXECUTIONS][6] = {
        {{0, 3, 3, 0, 3, 2}, {0, 3, 3, 0, 3, 2}, {0, 3, 0, 0, 0, 2}}, /* node 1 is never reached */
        {{3, 3, 0, 0, 0, 2}, {0, 3, 0, 0, 0, 2}, {0, 3, 0, 0, 0, 2}}, /* node 1 leads nowhere */
        {{0, 0, 3, 0, 3, 2}, {0}, {0}}, /* the input does not reach the output */
    };
    const ll_space *space = ll_space_find("nasbench201");
    uint8_t out[6];
    CHECK_INT(ll_gp_executions(space), LL_GP_EXECUTIONS);
    CHECK_INT(ll_gp_executions(ll_space_find("fbnet")), 1);
    for (int i = 0; i < 3; i++)
        for (int e = 0; e < LL_GP_EXECUTIONS; e++) {
            ll_gp_executed(space, e, genes[i], out);
            CHECK(!memcmp(out, expected[i][e], sizeof out));
        }
}

/* A device that leaves out what has no effect is told by 24 samples, though all sources execute what is written. */
static void executions_are_recognised(void)
{
    enum { K = 24 };
    ll_dataset *d = small_world(7, 39), *left = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double y[K], mean[CELLS];
    int rows[K];
    for (int i = 0; i < K; i++) rows[i] = 16 * i + 3;
    for (int e = 0; e < LL_GP_EXECUTIONS; e++) {
        ll_gp_posterior q;
        for (int i = 0; i < CELLS; i++) ll_gp_executed(d->space, e, ll_gene(d, i), left->genes + 6 * i);
        price(left, TARGET, TARGET, .01);
        for (int i = 0; i < K; i++) y[i] = ll_latencies(left, TARGET)[rows[i]];
        ll_gp_condition(&m->rows.prior, &m->draws, rows, y, K, false, &q);
        ll_gp_posterior_predict(&q, &m->rows.prior, NULL, CELLS, mean, NULL);
        double spearman = ll_spearman(mean, ll_latencies(left, TARGET), CELLS);
        check_report(q.execution[e] > .9 && spearman > .98, __FILE__, __LINE__,
                     "execution %d: probability %.2f, Spearman %.3f", e, q.execution[e], spearman);
        ll_prediction p = transferred(m, d, ll_latencies(left, TARGET), rows, K);
        CHECK_INT(cJSON_HasObjectItem(p.info, "says"), e != LL_GP_AS_WRITTEN); /* in words what is unusual */
        ll_prediction_free(&p);
        ll_gp_posterior_free(&q);
    }
    ll_gp.release(m);
    ll_dataset_unref(left);
    ll_dataset_unref(d);
}

/* Sources taken over from another model are what learning them again would give. */
static void derived_models_are_as_if_learnt(void)
{
    static const int source[2] = {1, 3}, from[2] = {1, -1};
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *base = pretrained_on_all(d), *derived;
    ll_ints all = ll_ints_range(d->n_archs);
    ll_error e = {0};
    void *learnt = NULL;
    ll_pretrain_job job = {.data = d, .source = source, .n_source = 2, .archs = all.v, .n_archs = 200};
    CHECK_INT(ll_gp_model_derive(base, from, &job, &derived, &e), LL_OK);
    CHECK_INT(ll_gp.pretrain(&job, &learnt, &e), LL_OK);
    ll_prediction p = transferred(derived, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(learnt, d, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK(!memcmp(p.lat_ms, r.lat_ms, CELLS * sizeof *p.lat_ms));
    CHECK(!memcmp(p.sd_ms, r.sd_ms, CELLS * sizeof *p.sd_ms));
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(base);
    ll_gp.release(derived);
    ll_gp.release(learnt);
    ll_ints_free(&all);
    ll_dataset_unref(d);
}

static void saved_models_predict_the_same(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_error e = {0};
    void *m = pretrained_on_all(d), *loaded = NULL;
    ll_tensors t = {0};
    CHECK_INT(ll_gp.save(m, &t, &e), LL_OK);
    CHECK_INT(ll_gp.load(&t, d, &loaded, &e), LL_OK);
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(loaded, d, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK(!memcmp(p.lat_ms, r.lat_ms, CELLS * sizeof *p.lat_ms));
    CHECK(!memcmp(p.sd_ms, r.sd_ms, CELLS * sizeof *p.sd_ms));
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_gp.release(loaded);
    ll_tensors_free(&t);
    loaded = NULL;
    CHECK_INT(ll_gp.load(&t, d, &loaded, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "gp.shift");
    CHECK(!loaded);
    ll_dataset_unref(d);
}

static void new_architectures_are_predicted(void)
{
    ll_dataset *d = small_world(7, 39), *more = ll_dataset_extend(d, 20, 0);
    ll_error e = {0};
    for (int i = 0; i < 20; i++) d->space->at(d->space, 11 + 39 * i, more->genes + (CELLS + i) * 6);
    CHECK_INT(ll_dataset_seal(more, &e), LL_OK);
    void *m = pretrained_on_all(d);
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(m, more, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK_INT(r.n, CELLS + 20);
    for (int i = 0; i < CELLS; i++) CHECK_NEAR(r.lat_ms[i], p.lat_ms[i], .02 * p.lat_ms[i]);
    for (int i = 0; i < 20; i++) CHECK(r.lat_ms[CELLS + i] > 2 && r.sd_ms[CELLS + i] > 0);
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_dataset_unref(more);
    ll_dataset_unref(d);
}

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
    enum { WORLDS = 60, K = 10 };
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double y[CELLS], mean[CELLS], sd[CELLS], sample[K];
    int covered = 0, total = 0;
    for (int w = 0; w < WORLDS; w++) {
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
    CHECK_NEAR((double)covered / total, .9, .06);
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

/* --- optimal designs --- */

enum { POOL = 9, DIM = 3 };

static void tiny_design(double *phi, double *weight, ll_design_prior *prior)
{
    ll_rng rng = ll_rng_new(21, 1);
    for (int i = 0; i < POOL * DIM; i++) phi[i] = ll_rng_normal(&rng);
    for (int c = 0; c < DIM; c++) weight[c] = 1. / (c + 1);
    *prior = (ll_design_prior){POOL, DIM, phi, weight, .2};
}

/* tr(G P) after observing these rows, P = (I + sum phi phiᵀ / rho)⁻¹; *largest: the most uncertain row. */
static double brute_force(const ll_design_prior *p, const int *rows, int n, double *var)
{
    double a[DIM * DIM] = {0}, sum = 0;
    for (int c = 0; c < DIM; c++) a[c * DIM + c] = 1;
    for (int i = 0; i < n; i++)
        for (int r = 0; r < DIM; r++)
            for (int c = 0; c < DIM; c++)
                a[r * DIM + c] += p->phi[rows[i] * DIM + r] * p->phi[rows[i] * DIM + c] / p->noise;
    CHECK(ll_cholesky(DIM, a, DIM));
    ll_cholesky_inverse(DIM, a, DIM);
    for (int c = 0; c < DIM; c++) sum += p->weight[c] * a[c * DIM + c];
    for (int i = 0; var && i < POOL; i++) {
        var[i] = 0;
        for (int r = 0; r < DIM; r++)
            for (int c = 0; c < DIM; c++)
                var[i] += p->phi[i * DIM + r] * a[r * DIM + c] * p->phi[i * DIM + c];
    }
    return sum;
}

static bool taken(const int *rows, int n, int row)
{
    for (int i = 0; i < n; i++)
        if (rows[i] == row) return true;
    return false;
}

static void designs_are_the_greedy_best(void)
{
    double phi[POOL * DIM], weight[DIM], var[POOL], left[5];
    ll_design_prior prior;
    int pool[POOL], dopt[4], ivr[4], all[5];
    ll_error e = {0};
    tiny_design(phi, weight, &prior);
    for (int i = 0; i < POOL; i++) pool[i] = i;
    ll_sample_job job = {.pool = pool, .n_pool = POOL, .k = 4, .seed = 3, .prior = &prior};
    CHECK_INT(ll_sample(&ll_dopt, &job, dopt, &e), LL_OK);
    CHECK_INT(ll_sample(&ll_ivr, &job, ivr, &e), LL_OK);
    ll_design_left(&prior, NULL, 0, ivr, 4, left);
    double none = brute_force(&prior, NULL, 0, NULL);
    for (int step = 0; step < 4; step++) {
        int surest = -1, telling = -1;
        double least = INFINITY;
        brute_force(&prior, dopt, step, var);
        for (int i = 0; i < POOL; i++) {
            if (!taken(dopt, step, i) && (surest < 0 || var[i] > var[surest])) surest = i;
            if (taken(ivr, step, i)) continue;
            memcpy(all, ivr, sizeof ivr);
            all[step] = i;
            double after = brute_force(&prior, all, step + 1, NULL);
            if (after < least) {
                least = after;
                telling = i;
            }
        }
        CHECK_INT(dopt[step], surest);
        CHECK_INT(ivr[step], telling);
        CHECK_NEAR(left[step + 1], least / none, 1e-12);
    }
}

static void designs_nest_and_continue(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    ll_design_prior prior;
    ll_error e = {0};
    int five[5], ten[10], next[5], pool[CELLS];
    CHECK(ll_gp.design_prior(m, &prior));
    /* they lie further out than random samples */
    for (int i = 0; i < LL_GP_SIZES; i++) CHECK(((ll_gp_model *)m)->reach[i] > 1.05);
    for (int i = 0; i < CELLS; i++) pool[i] = i;
    ll_sample_job job = {.data = d, .pool = pool, .n_pool = CELLS, .k = 5, .seed = 3, .prior = &prior};
    CHECK_INT(ll_sample(&ll_dopt, &job, five, &e), LL_OK);
    job.k = 10;
    CHECK_INT(ll_sample(&ll_dopt, &job, ten, &e), LL_OK);
    CHECK(!memcmp(five, ten, sizeof five));
    job.k = 5;
    job.have = five;
    job.n_have = 5;
    CHECK_INT(ll_sample(&ll_dopt, &job, next, &e), LL_OK);
    CHECK(!memcmp(next, ten + 5, sizeof next));
    job.prior = NULL;
    CHECK(ll_sample(&ll_dopt, &job, next, &e) != LL_OK);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"sources are learnt", sources_are_learnt},
    {"missing and constant sources do no harm", missing_and_constant_sources_do_no_harm},
    {"the order of architectures does not matter", order_of_architectures_does_not_matter},
    {"units do not matter", units_do_not_matter},
    {"odd samples are survived", odd_samples_are_survived},
    {"a device like a source is recognised", device_like_a_source_is_recognised},
    {"cells are executed as runtimes do", cells_are_executed_as_runtimes_do},
    {"executions are recognised", executions_are_recognised},
    {"derived models are as if learnt", derived_models_are_as_if_learnt},
    {"saved models predict the same", saved_models_predict_the_same},
    {"new architectures are predicted", new_architectures_are_predicted},
    {"rounding is noise", rounding_is_noise},
    {"intervals cover what the model draws", intervals_cover_what_the_model_draws},
    {"left-out deviations are those of leaving out", left_out_deviations_are_those_of_leaving_out},
    {"intervals follow the noise of the target", intervals_follow_the_noise_of_the_target},
    {"coarse clocks widen intervals of few samples", coarse_clocks_widen_intervals_of_few_samples},
    {"own errors count by their number", own_errors_count_by_their_number},
    {"simulations keep what was measured", simulations_keep_what_was_measured},
    {"designs are the greedy best", designs_are_the_greedy_best},
    {"designs nest and continue", designs_nest_and_continue},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("gp", cases, argc, argv);
}
