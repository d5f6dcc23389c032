/* A small world for tests of the structured GP: 400 cells, four sources, and targets made of the same prices. */
#ifndef LL_TESTS_GP_WORLD_H
#define LL_TESTS_GP_WORLD_H

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/gp/gp.h"
#include "core/transfer/pretrain.h"
#include "tests/check.h"

enum { CELLS = 400, SOURCES = 4, DEVICES = 6, TARGET = 4, CLOCKED = 5 };

static inline void price(ll_dataset *d, int device, int like, double noise)
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
static inline ll_dataset *small_world(int first, int step)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("small", space, CELLS, DEVICES);
    for (int i = 0; i < CELLS; i++)
        space->at(space, (first + step * i + 15625) % 15625, ll_arch_at(d->archs, i));
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

static inline void *pretrained_of(const ll_dataset *d, const int *source, int n_source, const int *rows,
                                  int n)
{
    ll_error e = {0};
    ll_ints devices = ll_ints_copy(source, n_source);
    ll_pretrain_job job = {.archs = d->archs, .rows = rows, .n_rows = n};
    void *model = NULL;
    ll_columns_of(d, &devices, &job.sources);
    CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_OK);
    ll_columns_free(&job.sources);
    ll_ints_free(&devices);
    return model;
}

static inline void *pretrained(const ll_dataset *d, const int *rows, int n)
{
    return pretrained_of(d, (const int[]){0, 1, 2, 3}, SOURCES, rows, n);
}

static inline void *pretrained_on_all(const ll_dataset *d)
{
    ll_ints all = ll_ints_range(d->n_archs);
    void *model = pretrained(d, all.v, 200);
    ll_ints_free(&all);
    return model;
}

/* All of d, by a model adapted to the latencies of these rows. */
static inline ll_prediction transferred_saying(const void *model, const ll_dataset *d, const double *lat_ms,
                                               const int *rows, int k, cJSON *info)
{
    ll_error e = {0};
    ll_prediction p = {0};
    double *y = LL_NEW_ARRAY(double, k);
    void *adapted = NULL;
    ll_archs *samples = ll_archs_pick(d->archs, rows, k);
    for (int i = 0; i < k; i++) y[i] = lat_ms[rows[i]];
    ll_adapt_job job = {.device = "target", .samples = {samples, y}, .want_variance = true, .info = info};
    CHECK_INT(ll_gp.adapt(model, &job, &adapted, &e), LL_OK);
    ll_predict_job all = {.archs = d->archs, .want_variance = true};
    CHECK_INT(ll_gp.predict(model, adapted, &all, &p, &e), LL_OK);
    ll_gp.release_adapted(adapted);
    ll_archs_unref(samples);
    free(y);
    return p;
}

static inline ll_prediction transferred(const void *model, const ll_dataset *d, const double *lat_ms,
                                        const int *rows, int k)
{
    return transferred_saying(model, d, lat_ms, rows, k, NULL);
}

static const int ten_rows[10] = {3, 47, 91, 130, 166, 215, 260, 301, 348, 390};

#endif
