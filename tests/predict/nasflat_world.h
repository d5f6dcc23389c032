/* A small dataset of four devices and the steps of nasflat on it, for its tests. */
#ifndef LL_TESTS_NASFLAT_WORLD_H
#define LL_TESTS_NASFLAT_WORLD_H

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/nasflat/adapted.h"
#include "core/predict/nasflat/nasflat.h"
#include "core/transfer/pretrain.h"
#include "data/formats/safetensors.h"
#include "tests/check.h"

enum { DEVICES = 4, ARCHS = 300, TRAIN = 96 };

/* Cells whose latency is a weighted count of operations, other weights per device. */
static inline ll_dataset *cells(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("cells", space, ARCHS, DEVICES);
    ll_rng r = ll_rng_new(9, LL_STREAM_DATA);
    for (int i = 0; i < ARCHS; i++) space->at(space, i * 52, ll_arch_at(d->archs, i));
    for (int s = 0; s < DEVICES; s++) {
        char name[8];
        double cost[5];
        snprintf(name, sizeof name, "d%d", s);
        ll_device_set(&d->devices[s], name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int o = 0; o < 5; o++) cost[o] = o + ll_rng_uniform(&r);
        for (int i = 0; i < ARCHS; i++) {
            double sum = 1;
            for (int p = 0; p < 6; p++) sum += cost[ll_gene(d, i)[p]];
            ll_latencies(d, s)[i] = sum;
        }
    }
    return d;
}

static inline ll_dataset *sealed_cells(void)
{
    ll_dataset *d = cells();
    ll_error e = {0};
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

typedef struct setup {
    ll_dataset *d;
    ll_values pretrain, transfer;
    ll_ints source, archs;
    ll_pool *pool;
    ll_observer *observer;
    bool variance;
    ll_error e;
} setup;

static inline void set(ll_values *v, const char *name, const char *value)
{
    ll_error e = {0};
    check_report(!ll_values_set(v, name, value, &e), __FILE__, __LINE__, "%s", e.message);
}

static inline void tune(setup *s, const char *epochs)
{
    set(&s->transfer, "adapt", "tune");
    set(&s->transfer, "epochs", epochs);
}

static inline setup open_setup(ll_dataset *d, int threads)
{
    setup s = {.d = d,
               .source = ll_ints_range(DEVICES - 1),
               .archs = ll_ints_range(TRAIN),
               .pool = ll_pool_new(threads)};
    ll_values_init(&s.pretrain, ll_nasflat_pretrain_options);
    ll_values_init(&s.transfer, ll_nasflat_transfer_options);
    set(&s.pretrain, "epochs", "12");
    set(&s.pretrain, "hidden", "32");
    set(&s.pretrain, "head", "24");
    set(&s.pretrain, "batch", "48");
    set(&s.pretrain, "lr", "0.003");
    return s;
}

static inline void close_setup(setup *s)
{
    ll_values_free(&s->pretrain);
    ll_values_free(&s->transfer);
    ll_ints_free(&s->source);
    ll_ints_free(&s->archs);
    ll_pool_free(s->pool);
}

static inline ll_status pretrain(setup *s, void **model)
{
    ll_pretrain_job job = {.archs = s->d->archs,
                           .rows = s->archs.v,
                           .n_rows = s->archs.n,
                           .seed = 3,
                           .options = &s->pretrain,
                           .observer = s->observer,
                           .pool = s->pool};
    ll_columns_of(s->d, &s->source, &job.sources);
    ll_status status = ll_nasflat.pretrain(&job, model, &s->e);
    ll_columns_free(&job.sources);
    return status;
}

static const int samples[] = {3, 40, 77, 111, 150, 161, 200, 222, 255, 280};

/* To a device of these latencies, by the first k samples; scores move for every fifth architecture. */
static inline ll_status adapt(setup *s, const void *model, const double *lat, int k, cJSON *info,
                              void **adapted)
{
    enum { WATCHED = ARCHS / 5 };
    int rows[WATCHED];
    double y[10];
    for (int i = 0; i < WATCHED; i++) rows[i] = 5 * i;
    for (int i = 0; i < k; i++) y[i] = lat[samples[i]];
    ll_archs *some = ll_archs_pick(s->d->archs, samples, k),
             *watch = ll_archs_pick(s->d->archs, rows, WATCHED);
    ll_adapt_job job = {.device = "target",
                        .samples = {some, y},
                        .watch = watch,
                        .watch_rows = rows,
                        .seed = 5,
                        .options = &s->transfer,
                        .observer = s->observer,
                        .pool = s->pool,
                        .want_variance = s->variance,
                        .info = info};
    ll_status status = ll_nasflat.adapt(model, &job, adapted, &s->e);
    ll_archs_unref(some);
    ll_archs_unref(watch);
    return status;
}

static inline ll_status predict(setup *s, const void *model, const void *adapted, const ll_archs *archs,
                                ll_prediction *p)
{
    ll_predict_job job = {
        .archs = archs, .want_variance = s->variance, .observer = s->observer, .pool = s->pool};
    *p = (ll_prediction){0};
    return ll_nasflat.predict(model, adapted, &job, p, &s->e);
}

/* Adapted, and all of the dataset predicted; info: NULL, or where it goes. */
static inline ll_status transfer_telling(setup *s, const void *model, const double *lat, int k, cJSON *info,
                                         ll_prediction *p)
{
    void *adapted = NULL;
    ll_status status = adapt(s, model, lat, k, info, &adapted);
    if (status) return status;
    status = predict(s, model, adapted, s->d->archs, p);
    ll_nasflat.release_adapted(adapted);
    return status;
}

static inline ll_status transfer(setup *s, const void *model, const double *lat, int k, ll_prediction *p)
{
    return transfer_telling(s, model, lat, k, NULL, p);
}

static inline double quality(const setup *s, const ll_prediction *p)
{
    return ll_spearman(p->score, ll_latencies(s->d, DEVICES - 1), ARCHS);
}

/* Pretrain, transfer with ten samples, and give the scores. */
static inline ll_prediction whole(setup *s, double *spearman)
{
    void *model = NULL;
    ll_prediction p = {0};
    CHECK_INT(pretrain(s, &model), LL_OK);
    CHECK_INT(transfer(s, model, ll_latencies(s->d, DEVICES - 1), 10, &p), LL_OK);
    if (spearman) *spearman = quality(s, &p);
    ll_nasflat.release(model);
    return p;
}

/* Through a file and back. */
static inline void *reread(setup *s, const ll_tensors *t, const void *model)
{
    char path[300];
    ll_tensors back = {0};
    void *again = NULL;
    snprintf(path, sizeof path, "%s/model.safetensors", check_tmpdir());
    CHECK_INT(ll_safetensors_write(path, t, &s->e), LL_OK);
    CHECK_INT(ll_safetensors_read(path, &back, &s->e), LL_OK);
    if (model)
        CHECK_INT(ll_nasflat.load_adapted(model, &back, &again, &s->e), LL_OK);
    else
        CHECK_INT(ll_nasflat.load(&(ll_load_job){&back, s->d->space, NULL, NULL}, &again, &s->e), LL_OK);
    ll_tensors_free(&back);
    return again;
}

static inline void *saved_and_loaded(setup *s, const void *model)
{
    ll_tensors t = {0};
    CHECK_INT(ll_nasflat.save(model, &t, &s->e), LL_OK);
    void *again = reread(s, &t, NULL);
    ll_tensors_free(&t);
    return again;
}

/* The same device by both models, and by the first adapted one saved and loaded beside the second: the same bits. */
static inline void check_same_predictions(setup *s, const void *model, const void *again)
{
    const double *lat = ll_latencies(s->d, DEVICES - 1);
    ll_tensors t = {0};
    void *first = NULL, *second = NULL;
    ll_prediction p[3];
    CHECK_INT(adapt(s, model, lat, 10, NULL, &first), LL_OK);
    CHECK_INT(adapt(s, again, lat, 10, NULL, &second), LL_OK);
    CHECK_INT(ll_nasflat.save_adapted(first, &t, &s->e), LL_OK);
    void *third = reread(s, &t, again);
    CHECK_INT(predict(s, model, first, s->d->archs, &p[0]), LL_OK);
    CHECK_INT(predict(s, again, second, s->d->archs, &p[1]), LL_OK);
    CHECK_INT(predict(s, again, third, s->d->archs, &p[2]), LL_OK);
    for (int i = 1; i < 3; i++) {
        CHECK(!memcmp(p[0].score, p[i].score, ARCHS * sizeof(double)));
        CHECK((p[0].sd_ms != NULL) == (p[i].sd_ms != NULL));
        if (p[0].sd_ms) CHECK(!memcmp(p[0].sd_ms, p[i].sd_ms, ARCHS * sizeof(double)));
    }
    for (int i = 0; i < 3; i++) ll_prediction_free(&p[i]);
    ll_nasflat.release_adapted(first);
    ll_nasflat.release_adapted(second);
    ll_nasflat.release_adapted(third);
    ll_tensors_free(&t);
}

#endif
