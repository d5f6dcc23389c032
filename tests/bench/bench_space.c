/* Spaces, samplers and the simple predictors on all 15,625 cells. */
#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/encode/encoding.h"
#include "core/transfer/pretrain.h"
#include "core/transfer/transfer.h"
#include "tests/bench/bench.h"
#include "tests/spaces.h"

static void bench_sampler(const ll_dataset *d, const char *name, const int *pool)
{
    int out[20];
    ll_matrix_f onehot;
    double start = ll_now_s();
    ll_encode(d->archs, "onehot", &onehot, NULL);
    ll_sample_job job = {
        .archs = d->archs, .pool = pool, .n_pool = d->n_archs, .k = 20, .seed = 1, .vectors = &onehot};
    ll_sample(ll_sampler_find(name), &job, out, NULL);
    bench_row(name, 1e3 * (ll_now_s() - start), "ms", NAN, "lower",
              "20 of 15,625, one-hot, encoding included");
    ll_matrix_f_free(&onehot);
}

static void bench_transfer(const ll_dataset *d, const char *name, const ll_ints *source, const int *samples)
{
    ll_pretrain_plan plan = {.data = d, .predictor = ll_predictor_find(name), .source = source, .seed = 1};
    ll_model *m = NULL;
    ll_transfer *t = NULL;
    if (ll_pretrain_run(&plan, &m, NULL)) return;
    ll_transfer_plan transfer = {.data = d, .model = m, .target = 0, .samples = samples, .k = 20, .seed = 1};
    double start = ll_now_s();
    ll_transfer_run(&transfer, &t, NULL);
    bench_row(name, 1e3 * (ll_now_s() - start), "ms", NAN, "lower", "transfer with 20 samples, predict all");
    ll_transfer_unref(t);
    ll_model_unref(m);
}

void bench_space(void)
{
    static const char *const samplers[] = {"random", "flops", "kmeans", "cosine", "maxmin"};
    static const char *const predictors[] = {"flops", "opcount", "lut", "lowrank", "adaproxy"};
    bench_title("space: costs, samplers and simple predictors");
    double start = ll_now_s();
    ll_dataset *d = all_cells();
    bench_row("cells", 1e3 * (ll_now_s() - start), "ms", NAN, "lower",
              "order, genes, costs and hash of 15,625");
    ll_ints pool = ll_ints_range(d->n_archs), source = ll_ints_range(1);
    int samples[20];
    for (int i = 0; i < 20; i++) samples[i] = 700 * i + 3;
    for (int i = 0; i < 5; i++) bench_sampler(d, samplers[i], pool.v);
    for (int i = 0; i < 5; i++) bench_transfer(d, predictors[i], &source, samples);
    ll_ints_free(&pool);
    ll_ints_free(&source);
    ll_dataset_unref(d);
}
