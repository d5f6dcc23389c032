/* The structured GP at full size: 15,625 cells, nine source devices, one core. The devices are made up: each
 * prices the operations of the cell its own way, with interactions and noise. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/predict/gp/gp.h"
#include "core/sample/design.h"
#include "core/transfer/pretrain.h"
#include "tests/bench/bench.h"

enum { CELLS = 15625, SOURCES = 9, TARGET = SOURCES, LEARN = 512, SAMPLES = 20, REPEATS = 20 };

static void made_up_device(ll_dataset *d, int device)
{
    ll_rng rng = ll_rng_new((uint64_t)device + 1, LL_STREAM_DATA);
    double price[6][5], *lat = ll_latencies(d, device);
    for (int p = 0; p < 6; p++)
        for (int o = 0; o < 5; o++) price[p][o] = o == 0 ? 0 : (o == 3 ? 4 : 1) * (.5 + ll_rng_uniform(&rng));
    for (int i = 0; i < d->n_archs; i++) {
        const uint8_t *gene = ll_gene(d, i);
        lat[i] = 3;
        for (int p = 0; p < 6; p++) lat[i] += price[p][gene[p]];
        lat[i] += .05 * lat[i] * ll_rng_normal(&rng) + .5 * (gene[0] == gene[5]);
    }
    ll_device_set(&d->devices[device], (char[]){(char)('a' + device), 0}, LL_SIMULATED, "bench", "ms", NULL,
                  NULL);
}

static ll_dataset *made_up_dataset(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("bench", space, CELLS, SOURCES + 1);
    for (int i = 0; i < CELLS; i++) space->at(space, i, ll_arch_at(d->archs, i));
    for (int s = 0; s <= SOURCES; s++) made_up_device(d, s);
    ll_error e = {0};
    ll_dataset_seal(d, &e);
    return d;
}

static void bench_transfer(const void *model, const ll_dataset *d, const int *rows, bool variance)
{
    double y[SAMPLES];
    ll_archs *samples = ll_archs_pick(d->archs, rows, SAMPLES);
    for (int i = 0; i < SAMPLES; i++) y[i] = ll_latencies(d, TARGET)[rows[i]];
    ll_adapt_job job = {.device = "target", .samples = {samples, y}, .want_variance = variance};
    ll_predict_job all = {.archs = d->archs, .want_variance = variance};
    double start = ll_cpu_s();
    for (int i = 0; i < REPEATS; i++) {
        ll_prediction p = {0};
        void *adapted = NULL;
        ll_gp.adapt(model, &job, &adapted, NULL);
        ll_gp.predict(model, adapted, &all, &p, NULL);
        ll_gp.release_adapted(adapted);
        ll_prediction_free(&p);
    }
    bench_row(variance ? "gp_transfer_var" : "gp_transfer_mean", (ll_cpu_s() - start) / REPEATS, "s",
              variance ? .06 : .005, "lower", "k = 20, all 15,625 cells");
    ll_archs_unref(samples);
}

/* Predictions alone, of the table's own cells and of the same ones in an order that is no table's. */
static void bench_predict(const void *model, const ll_dataset *d, const int *rows, bool known, bool variance)
{
    double y[SAMPLES];
    char name[40];
    void *adapted = NULL;
    ll_archs *samples = ll_archs_pick(d->archs, rows, SAMPLES), *archs = ll_archs_new(d->space, 0);
    for (int i = 0; i < SAMPLES; i++) y[i] = ll_latencies(d, TARGET)[rows[i]];
    for (int i = 0; i < CELLS; i++) ll_archs_push(archs, ll_gene(d, known ? i : CELLS - 1 - i));
    ll_adapt_job job = {.device = "target", .samples = {samples, y}, .want_variance = variance};
    ll_predict_job all = {.archs = archs, .want_variance = variance};
    ll_gp.adapt(model, &job, &adapted, NULL);
    double start = ll_cpu_s();
    for (int i = 0; i < REPEATS; i++) {
        ll_prediction p = {0};
        ll_gp.predict(model, adapted, &all, &p, NULL);
        ll_prediction_free(&p);
    }
    snprintf(name, sizeof name, "gp_predict_%s_%s", variance ? "var" : "mean", known ? "rows" : "any");
    bench_row(name, REPEATS * (double)CELLS / (ll_cpu_s() - start), "architectures/s", variance ? 5e5 : 5e6,
              "higher", known ? "cells of the model's table" : "cells from anywhere, 1,024 at a time");
    ll_gp.release_adapted(adapted);
    ll_archs_unref(samples);
    ll_archs_unref(archs);
}

static void bench_design(const void *model, const ll_dataset *d, int *rows)
{
    ll_design_prior prior;
    ll_ints pool = ll_ints_range(CELLS);
    ll_gp.design_prior(model, d->archs, &prior);
    ll_sample_job job = {
        .archs = d->archs, .pool = pool.v, .n_pool = pool.n, .k = SAMPLES, .seed = 1, .prior = &prior};
    double start = ll_cpu_s();
    for (int i = 0; i < REPEATS; i++) ll_dopt.pick(&job, rows, NULL);
    bench_row("gp_design20", (ll_cpu_s() - start) / REPEATS, "s", .05, "lower", NULL);
    ll_ints_free(&pool);
}

void bench_gp(void)
{
    ll_dataset *d = made_up_dataset();
    ll_ints source = ll_ints_range(SOURCES), archs = ll_ints_range(CELLS);
    ll_rng rng = ll_rng_new(1, LL_STREAM_SOURCE_ARCHS);
    ll_rng_shuffle(&rng, archs.v, archs.n);
    ll_pretrain_job job = {.archs = d->archs, .rows = archs.v, .n_rows = LEARN, .seed = 1};
    ll_columns_of(d, &source, &job.sources);
    void *model = NULL;
    int rows[SAMPLES];
    bench_title("structured GP, one core");
    double start = ll_cpu_s();
    ll_gp.pretrain(&job, &model, NULL);
    bench_row("gp_sources", ll_cpu_s() - start, "s", 1.5, "lower", "nine devices, 512 cells each");
    bench_design(model, d, rows);
    bench_transfer(model, d, rows, false);
    bench_transfer(model, d, rows, true);
    for (int i = 0; i < 4; i++) bench_predict(model, d, rows, i < 2, i % 2);
    ll_gp.release(model);
    ll_columns_free(&job.sources);
    ll_ints_free(&source);
    ll_ints_free(&archs);
    ll_dataset_unref(d);
}
