/* A small world for tests of the structured GP: 400 cells, four sources, and targets made of the same prices. */
#ifndef LL_TESTS_GP_WORLD_H
#define LL_TESTS_GP_WORLD_H

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/gp/gp.h"
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

static inline void *pretrained(const ll_dataset *d, const int *archs, int n)
{
    static const int source[SOURCES] = {0, 1, 2, 3};
    ll_error e = {0};
    ll_pretrain_job job = {.data = d, .source = source, .n_source = SOURCES, .archs = archs, .n_archs = n};
    void *model = NULL;
    CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_OK);
    return model;
}

static inline void *pretrained_on_all(const ll_dataset *d)
{
    ll_ints all = ll_ints_range(d->n_archs);
    void *model = pretrained(d, all.v, 200);
    ll_ints_free(&all);
    return model;
}

static inline double from_column(void *ctx, int arch)
{
    return ((const double *)ctx)[arch];
}

static inline ll_prediction transferred(const void *model, const ll_dataset *d, double *lat_ms,
                                        const int *rows, int k)
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

#endif
