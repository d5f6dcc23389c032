/* HELP's meta-training at full length: 2,000 episodes of 8 of nine source devices, 10 + 200 of 900 cells each, on two
 * threads. The devices are made up: each prices the operations of the cell its own way, with noise. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/transfer/pretrain.h"
#include "tests/bench/bench.h"

enum { SOURCES = 9, LEARN = 900, THREADS = 2 };

static ll_dataset *made_up_dataset(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("bench", space, space->n_archs, SOURCES);
    for (int i = 0; i < d->n_archs; i++) space->at(space, i, ll_arch_at(d->archs, i));
    for (int s = 0; s < SOURCES; s++) {
        ll_rng rng = ll_rng_new((uint64_t)s + 1, LL_STREAM_DATA);
        double price[6][5], *lat = ll_latencies(d, s);
        for (int p = 0; p < 6; p++)
            for (int o = 0; o < 5; o++) price[p][o] = o * (.5 + ll_rng_uniform(&rng));
        for (int i = 0; i < d->n_archs; i++) {
            lat[i] = 3 + .1 * ll_rng_normal(&rng);
            for (int p = 0; p < 6; p++) lat[i] += price[p][ll_gene(d, i)[p]];
        }
        ll_device_set(&d->devices[s], (char[]){(char)('a' + s), 0}, LL_SIMULATED, "bench", "ms", NULL, NULL);
    }
    ll_dataset_seal(d, NULL);
    return d;
}

void bench_help(void)
{
    const ll_predictor *help = ll_predictor_find("help");
    ll_dataset *d = made_up_dataset();
    ll_ints source = ll_ints_range(SOURCES), all = ll_ints_range(d->n_archs), archs = ll_ints_range(LEARN);
    ll_rng rng = ll_rng_new(1, LL_STREAM_SOURCE_ARCHS);
    ll_values options;
    ll_pool *pool = ll_pool_new(THREADS);
    void *model = NULL;
    ll_error e = {0};
    ll_rng_sample(&rng, all.v, all.n, LEARN, archs.v);
    ll_values_init(&options, help->pretrain_options);
    ll_pretrain_job job = {
        .archs = d->archs, .rows = archs.v, .n_rows = archs.n, .seed = 1, .options = &options, .pool = pool};
    ll_columns_of(d, &source, &job.sources);
    bench_title("HELP: 2,000 episodes, 9 source devices of 15,625 cells");
    double cpu = ll_cpu_s(), wall = ll_now_s();
    if (help->pretrain(&job, &model, &e)) fprintf(stderr, "%s\n", e.message);
    bench_row("help_2000_episodes", ll_now_s() - wall, "s", 60, "lower", "two threads");
    bench_row("help_2000_episodes_cpu", ll_cpu_s() - cpu, "CPU s", 120, "lower", NULL);
    ll_columns_free(&job.sources);
    if (model) help->release(model);
    ll_pool_free(pool);
    ll_values_free(&options);
    ll_ints_free(&source);
    ll_ints_free(&all);
    ll_ints_free(&archs);
    ll_dataset_unref(d);
}
