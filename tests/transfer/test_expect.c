/* What accuracy is promised for so many measurements, against what they bring. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/gp/gp.h"
#include "core/sample/design.h"
#include "core/transfer/expect.h"
#include "core/transfer/pretrain.h"
#include "tests/check.h"

enum { CELLS = 600, SOURCES = 4, TARGET = 4, MOST = 12, WORLDS = 12 };

/* Every operation has a price a little different on every device; the target is one more such device. */
static ll_dataset *make_world(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("small", space, CELLS, SOURCES + 1);
    ll_error e = {0};
    for (int i = 0; i < CELLS; i++) space->at(space, (5 + 26 * i) % 15625, ll_arch_at(d->archs, i));
    for (int s = 0; s <= SOURCES; s++) {
        char name[2] = {(char)('a' + s), 0};
        ll_rng rng = ll_rng_new((uint64_t)s + 1, LL_STREAM_DATA);
        double price[30];
        for (int c = 0; c < 30; c++)
            price[c] = c % 5 ? (c % 5 == 3 ? 3 : .7) * (.8 + .4 * ll_rng_uniform(&rng)) : 0;
        ll_device_set(&d->devices[s], name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int i = 0; i < CELLS; i++) {
            double *lat = &ll_latencies(d, s)[i];
            *lat = 4;
            for (int p = 0; p < 6; p++) *lat += price[5 * p + ll_gene(d, i)[p]];
            *lat *= 1 + .03 * ll_rng_normal(&rng);
        }
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

typedef struct setting {
    ll_dataset *d;
    ll_gp_model *m;
    int plan[MOST], sizes[2];
    double y[MOST];
    ll_expect_job job;
} setting;

static void set_up(setting *s)
{
    static const int columns[SOURCES] = {0, 1, 2, 3};
    ll_error e = {0};
    *s = (setting){.d = make_world(), .sizes = {3, MOST}};
    ll_ints all = ll_ints_range(CELLS);
    ll_ints devices = ll_ints_copy(columns, SOURCES);
    ll_pretrain_job job = {.archs = s->d->archs, .rows = all.v, .n_rows = 300};
    ll_columns_of(s->d, &devices, &job.sources);
    CHECK_INT(ll_gp.pretrain(&job, (void **)&s->m, &e), LL_OK);
    ll_columns_free(&job.sources);
    ll_ints_free(&devices);
    ll_sample_job draw = {
        .archs = s->d->archs, .pool = all.v, .n_pool = CELLS, .k = MOST, .seed = 1, .prior = &s->m->design};
    CHECK_INT(ll_sample(&ll_dopt, &draw, s->plan, &e), LL_OK);
    ll_ints_free(&all);
    for (int i = 0; i < MOST; i++) s->y[i] = ll_latencies(s->d, TARGET)[s->plan[i]];
    s->job = (ll_expect_job){.data = s->d,
                             .gp = s->m,
                             .rows = &s->m->rows,
                             .columns = columns,
                             .plan = s->plan,
                             .sampler = &ll_dopt,
                             .sizes = s->sizes,
                             .n_sizes = 2,
                             .n_worlds = WORLDS,
                             .seed = 1};
}

static void tear_down(setting *s)
{
    ll_gp.release(s->m);
    ll_dataset_unref(s->d);
}

/* Spearman that the first k samples of the plan really bring. */
static double reached(const setting *s, int k)
{
    double mean[CELLS];
    ll_gp_posterior q;
    ll_gp_model_condition(s->m, &s->m->rows, s->plan, s->y, k, false, &q);
    ll_gp_posterior_predict(&q, &s->m->rows.prior, NULL, CELLS, mean, NULL);
    ll_gp_posterior_free(&q);
    return ll_spearman(mean, ll_latencies(s->d, TARGET), CELLS);
}

static void sources_play_an_unmeasured_device(void)
{
    setting s;
    ll_expectation x;
    ll_error e = {0};
    set_up(&s);
    CHECK_INT(ll_expect(&s.job, &x, &e), LL_OK);
    CHECK(x.from_sources);
    for (int i = 0; i < 2; i++) {
        ll_spread r = ll_expected_spread(&x, x.spearman, i);
        CHECK_NEAR(r.middle, reached(&s, s.sizes[i]), .05);
        CHECK(r.lo <= r.middle && r.middle <= r.hi && r.lo < r.hi);
    }
    CHECK(ll_expected(&x, x.spearman, 1) > ll_expected(&x, x.spearman, 0));
    CHECK(ll_expected(&x, x.error, 1) < ll_expected(&x, x.error, 0));
    ll_expectation_free(&x);
    tear_down(&s);
}

static void measured_latencies_bring_the_promise_near(void)
{
    setting s;
    ll_expectation x;
    ll_gp_posterior q;
    ll_error e = {0};
    set_up(&s);
    ll_gp_model_condition(s.m, &s.m->rows, s.plan, s.y, 8, true, &q);
    s.job.posterior = &q;
    s.job.have = s.plan;
    s.job.y_ms = s.y;
    s.job.n_have = s.sizes[0] = 8;
    CHECK_INT(ll_expect(&s.job, &x, &e), LL_OK);
    CHECK(!x.from_sources);
    for (int i = 0; i < 2; i++) CHECK_NEAR(ll_expected(&x, x.spearman, i), reached(&s, s.sizes[i]), .05);
    ll_expectation_free(&x);
    ll_gp_posterior_free(&q);
    tear_down(&s);
}

static void sources_that_are_gone_leave_the_prior(void)
{
    static const int gone[SOURCES] = {-1, -1, 2, 3};
    setting s;
    ll_expectation x;
    ll_error e = {0};
    set_up(&s);
    s.job.columns = gone;
    CHECK_INT(ll_expect(&s.job, &x, &e), LL_OK);
    CHECK(!x.from_sources);
    CHECK(ll_expected(&x, x.spearman, 1) > .3 && ll_expected(&x, x.spearman, 1) < 1);
    ll_expectation_free(&x);
    tear_down(&s);
}

/* One device in twenty is ranked the wrong way round, and one cannot be scored: the mean of the others would be in nobody's
 * range. */
static void what_is_told_lies_within_its_range(void)
{
    enum { TRIED = 21 };
    double spearman[TRIED], error[TRIED];
    for (int i = 0; i < TRIED; i++) {
        spearman[i] = i == 3 ? NAN : i == 7 ? -1 : .9 + .001 * i;
        error[i] = i == 3 ? NAN : i == 7 ? 1e6 : 5 + .1 * i;
    }
    ll_expectation x = {.n_sizes = 1, .n_worlds = TRIED, .spearman = spearman, .error = error};
    ll_spread r = ll_expected_spread(&x, x.spearman, 0), e = ll_expected_spread(&x, x.error, 0);
    CHECK(ll_expected(&x, x.spearman, 0) < r.lo && ll_expected(&x, x.error, 0) > e.hi);
    CHECK(r.lo < r.middle && r.middle < r.hi);
    CHECK(e.lo < e.middle && e.middle < e.hi);
    for (int i = 0; i < TRIED; i++) spearman[i] = NAN;
    CHECK(isnan(ll_expected_spread(&x, x.spearman, 0).middle));
}

static const check_case cases[] = {
    {"sources play an unmeasured device", sources_play_an_unmeasured_device},
    {"measured latencies bring the promise near", measured_latencies_bring_the_promise_near},
    {"sources that are gone leave the prior", sources_that_are_gone_leave_the_prior},
    {"what is told lies within its range", what_is_told_lies_within_its_range},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("expect", cases, argc, argv);
}
