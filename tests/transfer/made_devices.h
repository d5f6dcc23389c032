/* Devices whose latency is known by construction, a price per operation and noise, and a diagnosis of one of them ready to
 * ask. */
#ifndef LL_TESTS_MADE_DEVICES_H
#define LL_TESTS_MADE_DEVICES_H

#include <math.h>

#include "core/base/rng.h"
#include "core/diagnose/diagnose.h"
#include "core/transfer/pretrain.h"
#include "tests/check.h"

enum { NONE, SKIP, CONV1, CONV3, POOL, N_OPS };

typedef struct made {
    const char *name;
    double price[N_OPS], noise, step; /* step > 0: a coarse clock */
} made;

static const made usual[] = {{"s1", {0, .2, 3, 10, 1}, .1, 0},
                             {"s2", {0, .2, 3.2, 10, 1.1}, .1, 0},
                             {"s3", {0, .3, 2.8, 10, .9}, .1, 0},
                             {"pooler", {0, .2, 3, 10, 6}, .1, 0}, /* pooling costs six times as much */
                             {"noisy", {0, .2, 3, 10, 1}, 4, 1},
                             {"cousin", {0, .3, 3, 10, 6.2}, .1, 0}};
enum { S1, S2, S3, POOLER, NOISY, COUSIN, N_USUAL };

static inline double clean(const made *m, const uint8_t *gene)
{
    double sum = 20;
    for (int p = 0; p < 6; p++) sum += m->price[gene[p]];
    return sum;
}

/* Every `stride`-th cell; with stride 0 the cells whose edge 1>2 is none, which come in mirror pairs. */
static inline ll_dataset *made_data(const made *devices, int n_devices, int n_archs, int stride)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("made", space, n_archs, n_devices);
    ll_rng rng = ll_rng_new(6, LL_STREAM_DATA);
    for (int a = 0, i = 0; a < n_archs; i += stride ? stride : 1) {
        uint8_t *gene = ll_arch_at(d->archs, a);
        space->at(space, i, gene);
        a += stride || gene[2] == NONE;
    }
    for (int v = 0; v < n_devices; v++) {
        ll_device_set(&d->devices[v], devices[v].name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int a = 0; a < n_archs; a++) {
            double y = clean(&devices[v], ll_gene(d, a)) + devices[v].noise * ll_rng_normal(&rng),
                   step = devices[v].step;
            ll_latencies(d, v)[a] = step > 0 ? step * nearbyint(y / step) : y;
        }
    }
    ll_dataset_seal(d, NULL);
    return d;
}

typedef struct subject {
    ll_dataset *d;
    ll_task *task;
    ll_model *gp;
    ll_transfer *t;
    ll_diagnosis q;
} subject;

static inline ll_task *task_of(const ll_dataset *d, const int *source, int n, int target)
{
    ll_ints s = ll_ints_copy(source, n), t = ll_ints_copy(&target, 1);
    ll_task *task = ll_task_new("test", d, &s, &t);
    ll_ints_free(&s);
    ll_ints_free(&t);
    return task;
}

/* Transfer of the gp with the first k architectures of a seeded shuffle. */
static inline subject ask(ll_dataset *d, const int *source, int n, int target, int k)
{
    subject s = {.d = d, .task = task_of(d, source, n, target)};
    ll_pretrain_plan plan = {
        .data = d, .predictor = ll_predictor_find("gp"), .source = &s.task->source, .n = 150, .seed = 1};
    ll_ints rows = ll_ints_range(d->n_archs);
    ll_rng rng = ll_rng_new(2, LL_STREAM_SAMPLES);
    ll_error e = {0};
    CHECK_INT(ll_pretrain_run(&plan, &s.gp, &e), LL_OK);
    ll_rng_shuffle(&rng, rows.v, rows.n);
    rows.n = k;
    s.q = (ll_diagnosis){
        .data = d, .task = s.task, .device = target, .gp = s.gp, .draws = 6, .next = 3, .seed = 1};
    CHECK_INT(ll_diagnose_transfer(&s.q, s.gp, &rows, &s.t, &e), LL_OK);
    s.q.transfer = s.t;
    ll_ints_free(&rows);
    return s;
}

static inline void done(subject *s)
{
    ll_transfer_unref(s->t);
    ll_model_unref(s->gp);
    ll_task_unref(s->task);
    ll_dataset_unref(s->d);
}

static const int three[] = {S1, S2, S3};

#endif
