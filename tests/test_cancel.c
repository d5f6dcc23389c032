/* A wish to cancel is looked at often, and what is cancelled costs nothing that was there. Looks are counted, not timed:
 * between two of them lies one evaluation of a likelihood, one conditioning or a few hundred rows. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/predict/gp/gp.h"
#include "core/predict/nasflat/prior.h"
#include "tests/check.h"

enum { DEVICES = 5, SOURCES = 4, ARCHS = 300, TRAIN = 120, MOMENTS = 7 };

/* Cells whose latency is a weighted count of operations, other weights per device, and some noise. */
static ll_dataset *cells(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("cells", space, ARCHS, DEVICES);
    ll_rng r = ll_rng_new(9, LL_STREAM_DATA);
    ll_error e = {0};
    for (int i = 0; i < ARCHS; i++) space->at(space, i * 52, ll_arch_at(d->archs, i));
    for (int s = 0; s < DEVICES; s++) {
        char name[2] = {(char)('a' + s), 0};
        double cost[5];
        ll_device_set(&d->devices[s], name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int o = 0; o < 5; o++) cost[o] = o + ll_rng_uniform(&r);
        for (int i = 0; i < ARCHS; i++) {
            double sum = 1 + .1 * ll_rng_normal(&r);
            for (int p = 0; p < 6; p++) sum += cost[ll_gene(d, i)[p]];
            ll_latencies(d, s)[i] = sum;
        }
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

/* Wants to cancel from its look number `from` on. */
typedef struct wish {
    long looks, from;
} wish;

static bool is_wanted(void *ctx)
{
    wish *w = ctx;
    return ++w->looks >= w->from;
}

static ll_observer observer_of(wish *w, long from)
{
    *w = (wish){.from = from};
    return (ll_observer){.cancelled = is_wanted, .ctx = w};
}

enum { NEVER = 1 << 30 };

static long moment(long looks, int i)
{
    return 1 + (looks - 1) * i / (MOMENTS - 1);
}

static const int source[SOURCES] = {0, 1, 2, 3};
static int archs[TRAIN];

static ll_pretrain_job job_on(const ll_dataset *d, ll_observer *o)
{
    for (int i = 0; i < TRAIN; i++) archs[i] = i * 2;
    return (ll_pretrain_job){.data = d,
                             .source = source,
                             .n_source = SOURCES,
                             .archs = archs,
                             .n_archs = TRAIN,
                             .seed = 3,
                             .observer = o};
}

static double column(void *ctx, int arch)
{
    return ((const double *)ctx)[arch];
}

static const int samples[] = {3, 41, 77, 111, 151, 161, 201, 223, 255, 281};

static ll_transfer_job transfer_on(const ll_dataset *d, const ll_values *options, ll_observer *o)
{
    return (ll_transfer_job){.data = d,
                             .target = SOURCES,
                             .samples = samples,
                             .k = 10,
                             .seed = 5,
                             .options = options,
                             .observer = o,
                             .measure = column,
                             .measure_ctx = ll_latencies(d, SOURCES)};
}

/* Four evaluations of the likelihood for every source at the least, and 16 conditionings when it plays the target. */
static const long least_looks = SOURCES * (4 + 16);

static void gp_stops_at_any_step(void)
{
    ll_dataset *d = cells();
    wish w;
    ll_observer o = observer_of(&w, NEVER);
    ll_pretrain_job job = job_on(d, &o);
    ll_error e = {0};
    void *model = NULL;
    CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_OK);
    ll_gp.release(model);
    long looks = w.looks;
    CHECK(looks > least_looks);
    for (int i = 0; i < MOMENTS; i++) {
        o = observer_of(&w, moment(looks, i));
        model = NULL;
        CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_CANCELLED);
        CHECK(!model);
    }
    ll_dataset_unref(d);
}

static ll_nasflat_model *network_of(const ll_dataset *d)
{
    static const char *const small[][2] = {{"epochs", "2"}, {"hidden", "16"}, {"head", "16"}};
    ll_values options;
    ll_error e = {0};
    void *model = NULL;
    ll_values_init(&options, ll_nasflat_pretrain_options);
    for (int i = 0; i < 3; i++) CHECK_INT(ll_values_set(&options, small[i][0], small[i][1], &e), LL_OK);
    ll_pretrain_job job = job_on(d, NULL);
    job.options = &options;
    CHECK_INT(ll_nasflat_pretrain(&job, &model, &e), LL_OK);
    ll_values_free(&options);
    return model;
}

static bool same_latencies(const ll_prediction *p, const ll_prediction *q)
{
    return p->n == q->n && !memcmp(p->lat_ms, q->lat_ms, (size_t)p->n * sizeof *p->lat_ms);
}

/* The prior of a network is fitted when pretraining ends, or by the first transfer that wants it. Cancelled anywhere in
 * it, the network is as it was, and the next transfer what it would have been. */
static void prior_stops_at_any_step(void)
{
    ll_dataset *d = cells();
    ll_nasflat_model *m = network_of(d);
    ll_values options;
    wish w;
    ll_observer o = observer_of(&w, NEVER);
    ll_pretrain_job job = job_on(d, &o);
    ll_error e = {0};
    ll_prediction before = {0}, after = {0};
    ll_values_init(&options, ll_nasflat_transfer_options);
    ll_transfer_job to = transfer_on(d, &options, NULL);
    CHECK_INT(ll_nasflat_transfer(m, &to, &before, &e), LL_OK);
    ll_nasflat_prior_free(m);
    CHECK_INT(ll_nasflat_prior_fit(m, &job, NULL, NULL, &e), LL_OK);
    ll_nasflat_prior_free(m);
    long looks = w.looks;
    CHECK(looks > least_looks);
    for (int i = 0; i < MOMENTS; i++) {
        o = observer_of(&w, moment(looks, i));
        CHECK_INT(ll_nasflat_prior_fit(m, &job, NULL, NULL, &e), LL_CANCELLED);
        CHECK(!m->prior && !m->scale);
        o = observer_of(&w, moment(looks, i));
        to.observer = &o;
        CHECK_INT(ll_nasflat_transfer(m, &to, &after, &e), LL_CANCELLED);
        CHECK(!m->prior && !after.lat_ms && !after.score);
    }
    to.observer = NULL;
    CHECK_INT(ll_nasflat_transfer(m, &to, &after, &e), LL_OK);
    CHECK(same_latencies(&before, &after));
    ll_prediction_free(&before);
    ll_prediction_free(&after);
    ll_values_free(&options);
    ll_nasflat_model_free(m);
    ll_dataset_unref(d);
}

/* Two hundred rows that no model knows are predicted by way of the features: that can be cancelled too. */
static void transfer_to_other_rows_stops(void)
{
    ll_dataset *d = cells(), *more = ll_dataset_extend(d, 200, 0);
    ll_pretrain_job job = job_on(d, NULL);
    wish w;
    ll_observer o = observer_of(&w, 2);
    ll_error e = {0};
    ll_prediction p = {0};
    void *model = NULL;
    for (int i = 0; i < 200; i++) d->space->at(d->space, 11 + 39 * i, ll_arch_at(more->archs, ARCHS + i));
    CHECK_INT(ll_dataset_seal(more, &e), LL_OK);
    CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_OK);
    ll_transfer_job to = transfer_on(more, NULL, &o);
    CHECK_INT(ll_gp.transfer(model, &to, &p, &e), LL_CANCELLED);
    CHECK(!p.lat_ms);
    to.observer = NULL;
    CHECK_INT(ll_gp.transfer(model, &to, &p, &e), LL_OK);
    ll_prediction_free(&p);
    ll_gp.release(model);
    ll_dataset_unref(more);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"gp stops at any step", gp_stops_at_any_step},
    {"prior stops at any step", prior_stops_at_any_step},
    {"transfer to other rows stops", transfer_to_other_rows_stops},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_cancel", cases, argc, argv);
}
