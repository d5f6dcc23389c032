/* A wish to cancel is looked at often, and what is cancelled costs nothing that was there. Looks are counted, not timed:
 * between two of them lies one evaluation of a likelihood, one conditioning or a few hundred rows. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/predict/gp/gp.h"
#include "core/predict/nasflat/adapted.h"
#include "core/predict/nasflat/nasflat.h"
#include "core/transfer/pretrain.h"
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

static int rows[TRAIN];

/* To be closed. */
static ll_pretrain_job job_on(const ll_dataset *d, ll_observer *o)
{
    ll_ints source = ll_ints_range(SOURCES);
    for (int i = 0; i < TRAIN; i++) rows[i] = i * 2;
    ll_pretrain_job job = {.archs = d->archs, .rows = rows, .n_rows = TRAIN, .seed = 3, .observer = o};
    ll_columns_of(d, &source, &job.sources);
    ll_ints_free(&source);
    return job;
}

/* Of ten samples of the last device; to be freed. */
static ll_archs *samples_of(const ll_dataset *d, double *lat_ms)
{
    static const int samples[] = {3, 41, 77, 111, 151, 161, 201, 223, 255, 281};
    for (int i = 0; i < 10; i++) lat_ms[i] = ll_latencies(d, SOURCES)[samples[i]];
    return ll_archs_pick(d->archs, samples, 10);
}

/* Adapted and all of these predicted, with the same wish to cancel. */
static ll_status transfer(const ll_predictor *p, const void *model, const ll_dataset *d,
                          const ll_archs *archs, ll_observer *o, ll_prediction *out, ll_error *e)
{
    double lat_ms[10];
    void *adapted = NULL;
    ll_values options = {0};
    if (p->transfer_options) ll_values_init(&options, p->transfer_options);
    ll_archs *samples = samples_of(d, lat_ms);
    ll_adapt_job job = {
        .device = "e", .samples = {samples, lat_ms}, .seed = 5, .options = &options, .observer = o};
    ll_status s = p->adapt(model, &job, &adapted, e);
    *out = (ll_prediction){0};
    if (!s) s = p->predict(model, adapted, &(ll_predict_job){.archs = archs, .observer = o}, out, e);
    if (s) ll_prediction_free(out);
    if (adapted) p->release_adapted(adapted);
    ll_archs_unref(samples);
    if (options.table) ll_values_free(&options);
    return s;
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
    ll_columns_free(&job.sources);
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
    CHECK_INT(ll_nasflat.pretrain(&job, &model, &e), LL_OK);
    ll_columns_free(&job.sources);
    ll_values_free(&options);
    return model;
}

static bool same_latencies(const ll_prediction *p, const ll_prediction *q)
{
    return p->n == q->n && !memcmp(p->lat_ms, q->lat_ms, (size_t)p->n * sizeof *p->lat_ms);
}

/* The prior of a network is fitted when pretraining ends, or for a device when that was stopped before. Cancelled anywhere
 * in it, the network is as it was, and the next transfer what it would have been. */
static void prior_stops_at_any_step(void)
{
    ll_dataset *d = cells();
    ll_nasflat_model *m = network_of(d);
    ll_nasflat_prior *prior;
    ll_nasflat_told nobody = {0};
    wish w;
    ll_observer o = observer_of(&w, NEVER);
    ll_pretrain_job job = job_on(d, &o);
    ll_error e = {0};
    ll_prediction before = {0}, after = {0};
    CHECK_INT(transfer(&ll_nasflat, m, d, d->archs, NULL, &before, &e), LL_OK);
    ll_nasflat_prior_free(m->prior);
    m->prior = NULL;
    CHECK_INT(ll_nasflat_prior_fit(m, &job, nobody, &prior, &e), LL_OK);
    ll_nasflat_prior_free(prior);
    long looks = w.looks;
    CHECK(looks > least_looks);
    for (int i = 0; i < MOMENTS; i++) {
        o = observer_of(&w, moment(looks, i));
        CHECK_INT(ll_nasflat_prior_fit(m, &job, nobody, &prior, &e), LL_CANCELLED);
        CHECK(!prior);
        o = observer_of(&w, moment(looks, i));
        CHECK_INT(transfer(&ll_nasflat, m, d, d->archs, &o, &after, &e), LL_CANCELLED);
        CHECK(!m->prior && !after.lat_ms && !after.score);
    }
    CHECK_INT(transfer(&ll_nasflat, m, d, d->archs, NULL, &after, &e), LL_OK);
    CHECK(same_latencies(&before, &after));
    ll_prediction_free(&before);
    ll_prediction_free(&after);
    ll_columns_free(&job.sources);
    ll_nasflat.release(m);
    ll_dataset_unref(d);
}

/* Two hundred architectures that no model knows are predicted by way of the features: that can be cancelled too. */
static void transfer_to_strangers_stops(void)
{
    ll_dataset *d = cells();
    ll_archs *strangers = ll_archs_new(d->space, 200);
    ll_pretrain_job job = job_on(d, NULL);
    wish w;
    ll_observer o = observer_of(&w, 3);
    ll_error e = {0};
    ll_prediction p = {0};
    void *model = NULL;
    for (int i = 0; i < 200; i++) d->space->at(d->space, 11 + 39 * i, ll_arch_at(strangers, i));
    CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_OK);
    CHECK_INT(transfer(&ll_gp, model, d, strangers, &o, &p, &e), LL_CANCELLED);
    CHECK(!p.lat_ms);
    CHECK_INT(transfer(&ll_gp, model, d, strangers, NULL, &p, &e), LL_OK);
    ll_prediction_free(&p);
    ll_gp.release(model);
    ll_columns_free(&job.sources);
    ll_archs_unref(strangers);
    ll_dataset_unref(d);
}

/* So are many, by the network: between two looks lie a few hundred at the most. */
static void predicting_many_stops(void)
{
    enum { MANY = 20000 };
    ll_dataset *d = cells();
    ll_nasflat_model *m = network_of(d);
    ll_archs *many = ll_archs_new(d->space, MANY);
    float *score = LL_NEW_ARRAY(float, MANY);
    wish w;
    ll_observer o = observer_of(&w, NEVER);
    for (int i = 0; i < MANY; i++) d->space->at(d->space, i % 15625, ll_arch_at(many, i));
    CHECK(ll_nasflat_score_archs(m, m->w[0], 0, 1, many, &o, NULL, (ll_nasflat_told){0}, score));
    long looks = w.looks;
    CHECK(looks > MANY / 300);
    o = observer_of(&w, 5);
    CHECK(!ll_nasflat_score_archs(m, m->w[0], 0, 1, many, &o, NULL, (ll_nasflat_told){0}, score));
    CHECK(w.looks < looks / 2); /* one for every part that is not begun */
    free(score);
    ll_archs_unref(many);
    ll_nasflat.release(m);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"gp stops at any step", gp_stops_at_any_step},
    {"prior stops at any step", prior_stops_at_any_step},
    {"transfer to strangers stops", transfer_to_strangers_stops},
    {"predicting many stops", predicting_many_stops},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_cancel", cases, argc, argv);
}
