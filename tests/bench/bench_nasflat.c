/* NASFLAT: forward, one epoch, pretraining, transfer; each beside a plain sgemm of the very shapes it needs,
 * measured in the same run. Latencies are invented: speed does not depend on them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/nasflat/model.h"
#include "core/predict/nasflat/nasflat.h"
#include "core/transfer/pretrain.h"
#include "tests/bench/bench.h"

enum { SOURCES = 9, CHUNK = 64, PART = 32, ROUNDS = 5, THREADS = 2 };

/* --- invented devices --- */

/* Additive costs per position and operation, each device its own, and a little noise. */
static void fill_device(ll_dataset *d, int device, ll_rng *r)
{
    double cost[LL_MAX_POSITIONS][LL_MAX_OPS];
    int n = d->space->n_positions;
    for (int p = 0; p < n; p++)
        for (int o = 0; o < d->space->n_ops; o++) cost[p][o] = .3 * o + ll_rng_uniform(r);
    for (int i = 0; i < d->n_archs; i++) {
        double sum = 1 + .05 * ll_rng_normal(r);
        for (int p = 0; p < n; p++) sum += cost[p][ll_gene(d, i)[p]];
        ll_latencies(d, device)[i] = sum;
    }
}

static ll_dataset *invent(const char *space_name, int n_archs)
{
    const ll_space *space = ll_space_find(space_name);
    ll_dataset *d = ll_dataset_new("bench", space, n_archs, SOURCES + 1);
    ll_rng r = ll_rng_new(1, LL_STREAM_DATA);
    ll_error e = {0};
    for (int i = 0; i < n_archs; i++) {
        uint8_t *gene = d->archs->genes + (size_t)i * (size_t)space->n_positions;
        if (space->n_archs && space->at(space, i, gene)) continue;
        for (int p = 0; p < space->n_positions; p++) gene[p] = (uint8_t)ll_rng_below(&r, space->n_ops);
    }
    for (int i = 0; i <= SOURCES; i++) {
        char name[16];
        snprintf(name, sizeof name, "device%d", i);
        ll_device_set(&d->devices[i], name, LL_SIMULATED, "bench", "ms", NULL, NULL);
        fill_device(d, i, &r);
    }
    if (ll_dataset_seal(d, &e)) fprintf(stderr, "%s\n", e.message);
    return d;
}

/* --- sgemm of the same shapes --- */

typedef struct gemm {
    int m, n, k;
    bool ta, tb;
} gemm;
typedef struct gemms {
    gemm v[128];
    int n;
    double flops;
} gemms;

static void add_gemm(gemms *g, int m, int n, int k, bool ta, bool tb)
{
    g->v[g->n++] = (gemm){m, n, k, ta, tb};
    g->flops += 2. * m * n * k;
}

/* A linear layer (m,k) x (k,n); in training also its two gradients. */
static void add_linear(gemms *g, int m, int n, int k, bool train)
{
    add_gemm(g, m, n, k, false, false);
    if (!train) return;
    add_gemm(g, k, n, m, true, false);
    add_gemm(g, m, k, n, false, true);
}

/* What one batch of these items multiplies. */
static gemms gemms_of(const ll_nasflat_model *m, const ll_nasflat_graphs *graphs,
                      const ll_nasflat_item *items, int n, bool train)
{
    const ll_nasflat_layout *l = &m->layout;
    const ll_nasflat_shape *s = &l->shape;
    int f = s->hidden, w = l->width, o = l->o_dim, h = s->head;
    ll_nasflat_plan p;
    gemms g = {.n = 0};
    ll_nasflat_plan_init(&p, graphs, n, s->n_ops, s->n_devices);
    ll_nasflat_plan_make(&p, graphs, items, n, true, true);
    add_linear(&g, p.n_rows, w, o, train);
    add_linear(&g, p.n_classes, w, f, train);
    for (int i = 0; i < 4; i++) add_linear(&g, n, f, f, train);
    add_linear(&g, p.n_rows, f, o, train);
    add_linear(&g, p.n_slots, o, f, train);
    for (int i = 0; i < LL_NASFLAT_LAYERS; i++) {
        add_linear(&g, p.n_gather, f, o, train);
        add_linear(&g, p.n_slots, f, o, train);
    }
    add_linear(&g, p.at.row_at[0][n], w, f, train);
    add_linear(&g, p.at.row_at[1][n], f, f, train);
    add_linear(&g, p.at.flow_at[n], f, f, train);
    add_linear(&g, n, h, l->head_in, train);
    for (int i = 0; i < 2; i++) add_linear(&g, n, h, h, train);
    ll_nasflat_plan_free(&p);
    return g;
}

/* Their rate alone, GFLOP per CPU second. */
static double gemm_rate(const gemms *g)
{
    int most = 0;
    for (int i = 0; i < g->n; i++) {
        int sizes[] = {g->v[i].m * g->v[i].k, g->v[i].k * g->v[i].n, g->v[i].m * g->v[i].n};
        for (int j = 0; j < 3; j++) most = sizes[j] > most ? sizes[j] : most;
    }
    float *a = ll_alloc_aligned((size_t)most, sizeof *a), *b = ll_alloc_aligned((size_t)most, sizeof *b),
          *c = ll_alloc_aligned((size_t)most, sizeof *c);
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = ll_cpu_s();
        for (int times = 0; times < 30; times++)
            for (int i = 0; i < g->n; i++) {
                const gemm *x = &g->v[i];
                ll_blas_sgemm(x->ta, x->tb, x->m, x->n, x->k, 1, a, x->ta ? x->m : x->k, b,
                              x->tb ? x->k : x->n, 0, c, x->n);
            }
        best = fmax(best, 30 * g->flops / (ll_cpu_s() - start) / 1e9);
    }
    free(a);
    free(b);
    free(c);
    return best;
}

/* --- subjects --- */

/* Of a table; `set` is "name", "value", ..., NULL. */
static ll_values options_of(const ll_option *table, const char *const *set)
{
    ll_values v;
    ll_error e = {0};
    ll_values_init(&v, table);
    for (; set && *set; set += 2)
        if (ll_values_set(&v, set[0], set[1], &e)) fprintf(stderr, "%s\n", e.message);
    return v;
}

/* n architectures of every source; a run that is cancelled may have no model. */
static ll_nasflat_model *pretrain(const ll_dataset *d, int n, const char *epochs, const char *prior,
                                  ll_pool *pool, ll_observer *o)
{
    ll_ints source = ll_ints_range(SOURCES), archs = ll_ints_range(d->n_archs);
    ll_rng r = ll_rng_new(2, LL_STREAM_SOURCE_ARCHS);
    ll_rng_shuffle(&r, archs.v, archs.n);
    archs.n = n;
    ll_values options =
        options_of(ll_nasflat_pretrain_options, (const char *[]){"epochs", epochs, "prior", prior, NULL});
    ll_pretrain_job job = {.archs = d->archs,
                           .rows = archs.v,
                           .n_rows = archs.n,
                           .seed = 1,
                           .options = &options,
                           .pool = pool,
                           .observer = o};
    ll_columns_of(d, &source, &job.sources);
    void *model = NULL;
    ll_error e = {0};
    ll_status s = ll_nasflat_pretrain(&job, &model, &e);
    if (s && s != LL_CANCELLED) fprintf(stderr, "%s\n", e.message);
    ll_columns_free(&job.sources);
    ll_values_free(&options);
    ll_ints_free(&source);
    ll_ints_free(&archs);
    return model;
}

static void beside_gemm(char *note, size_t size, double gflops, const gemms *g)
{
    double alone = gemm_rate(g);
    snprintf(note, size, "%.0f GFLOP/s, %.0f %% of the same sgemms alone (%.0f)", gflops,
             100 * gflops / alone, alone);
}

/* Architectures per CPU second on one core: of graphs that are there, and read as a prediction does. */
static void bench_forward(const ll_dataset *d, const ll_nasflat_model *m, const char *name, double aim)
{
    int n = d->n_archs < 4096 ? d->n_archs : 4096;
    ll_nasflat_item *items = LL_NEW_ARRAY(ll_nasflat_item, n);
    float *score = LL_NEW_ARRAY(float, n), *all = LL_NEW_ARRAY(float, d->n_archs);
    ll_nasflat_inputs in = {0};
    ll_nasflat_inputs_read(&in, m, d->archs, 0, d->n_archs);
    ll_nasflat_net net = {&m->layout, &in.graphs, NULL, m->w[0]};
    for (int i = 0; i < n; i++) items[i] = (ll_nasflat_item){(int)((long)i * d->n_archs / n), 0};
    double best = 0, whole = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = ll_cpu_s();
        ll_nasflat_score(&net, items, n, NULL, NULL, score);
        best = fmax(best, n / (ll_cpu_s() - start));
        start = ll_cpu_s();
        ll_nasflat_score_archs(m, m->w[0], 0, 1, d->archs, NULL, NULL, (ll_nasflat_told){0}, all);
        whole = fmax(whole, d->n_archs / (ll_cpu_s() - start));
    }
    gemms g = gemms_of(m, &in.graphs, items, CHUNK, false);
    char note[128], archs[64];
    beside_gemm(note, sizeof note, best * g.flops / CHUNK / 1e9, &g);
    bench_row(name, best, "arch/s", aim, "higher", note);
    snprintf(archs, sizeof archs, "%s_archs", name);
    bench_row(archs, whole, "arch/s", aim, "higher", "the same from genes on");
    ll_nasflat_inputs_free(&in);
    free(items);
    free(score);
    free(all);
}

/* CPU seconds of one epoch, 9 devices x 256 architectures: the difference of runs of 1 and 3 epochs. */
static void bench_epoch(const ll_dataset *d, const ll_nasflat_model *m, const char *name, double aim)
{
    double best = INFINITY;
    for (int round = 0; round < 3; round++) {
        double start = ll_cpu_s();
        ll_nasflat_model_free(pretrain(d, 256, "1", "off", NULL, NULL));
        double middle = ll_cpu_s();
        ll_nasflat_model_free(pretrain(d, 256, "3", "off", NULL, NULL));
        best = fmin(best, (ll_cpu_s() - middle - (middle - start)) / 2);
    }
    ll_nasflat_item items[PART];
    ll_nasflat_inputs in = {0};
    ll_nasflat_inputs_read(&in, m, d->archs, 0, d->n_archs);
    for (int i = 0; i < PART; i++) /* a quarter of a batch, which goes device by device */
        items[i] = (ll_nasflat_item){i * 97 % d->n_archs, i * SOURCES / (4 * PART)};
    gemms g = gemms_of(m, &in.graphs, items, PART, true);
    ll_nasflat_inputs_free(&in);
    char note[128];
    beside_gemm(note, sizeof note, SOURCES * 256 * g.flops / PART / best / 1e9, &g);
    bench_row(name, best, "CPU s", aim, "lower", note);
}

/* Twenty samples of the last device, then these are predicted. */
static ll_status transfer(const ll_dataset *d, const ll_nasflat_model *m, const ll_values *options,
                          const ll_archs *archs, ll_pool *pool, ll_observer *o)
{
    int rows[20];
    double lat_ms[20];
    for (int i = 0; i < 20; i++) rows[i] = i * (d->n_archs / 22);
    for (int i = 0; i < 20; i++) lat_ms[i] = ll_latencies(d, SOURCES)[rows[i]];
    ll_archs *samples = ll_archs_pick(d->archs, rows, 20);
    ll_adapt_job job = {
        .device = "target", .samples = {samples, lat_ms}, .options = options, .observer = o, .pool = pool};
    ll_predict_job all = {.archs = archs, .observer = o, .pool = pool};
    ll_prediction p = {0};
    ll_error e = {0};
    void *adapted = NULL;
    ll_status s = ll_nasflat.adapt(m, &job, &adapted, &e);
    if (!s) s = ll_nasflat.predict(m, adapted, &all, &p, &e);
    if (s && s != LL_CANCELLED) fprintf(stderr, "%s\n", e.message);
    ll_prediction_free(&p);
    if (adapted) ll_nasflat.release_adapted(adapted);
    ll_archs_unref(samples);
    return s;
}

/* Best wall seconds of several transfers. */
static double transfer_wall(const ll_dataset *d, const ll_nasflat_model *m, const ll_values *options,
                            const ll_archs *archs, ll_pool *pool)
{
    double best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double start = ll_now_s();
        transfer(d, m, options, archs, pool, NULL);
        best = fmin(best, ll_now_s() - start);
    }
    return best;
}

static void bench_transfer(const ll_dataset *d, const ll_nasflat_model *m, ll_pool *pool)
{
    ll_values tune = options_of(ll_nasflat_transfer_options, (const char *[]){"preset", "paper", NULL}),
              prior = options_of(ll_nasflat_transfer_options, NULL);
    ll_archs *one = ll_archs_slice(d->archs, 0, 1);
    char note[128];
    snprintf(note, sizeof note, "20 samples, 40 epochs; with the prediction of all %d: %.2f s", d->n_archs,
             transfer_wall(d, m, &tune, d->archs, pool));
    bench_row("transfer20_wall", transfer_wall(d, m, &tune, one, pool), "s", .12, "lower", note);
    snprintf(note, sizeof note, "20 samples condition the prior (the default), all %d predicted", d->n_archs);
    bench_row("transfer20_prior", transfer_wall(d, m, &prior, d->archs, pool), "s", .12, "lower", note);
    ll_archs_unref(one);
    ll_values_free(&tune);
    ll_values_free(&prior);
}

/* --- how soon it stops --- */

/* Wants to cancel from a moment on. */
typedef struct wish {
    double from_s;
} wish;

static bool wants_to_stop(void *ctx)
{
    return ll_now_s() >= ((const wish *)ctx)->from_s;
}

static void ignore_progress(void *ctx, cJSON *progress)
{
    cJSON_Delete(progress);
}

/* Milliseconds from the wish, `after_s` into the work, until the work returned; 0 when it was done by then. */
static double stop_pretraining(const ll_dataset *d, double after_s, const char *epochs, ll_pool *pool)
{
    wish w = {ll_now_s() + after_s};
    ll_observer o = {ignore_progress, wants_to_stop, &w, 0};
    ll_nasflat_model_free(pretrain(d, 512, epochs, "on", pool, &o));
    return fmax(0, 1e3 * (ll_now_s() - w.from_s));
}

static double stop_transfer(const ll_dataset *d, const ll_nasflat_model *m, double after_s, ll_pool *pool)
{
    wish w = {ll_now_s() + after_s};
    ll_observer o = {ignore_progress, wants_to_stop, &w, 0};
    ll_values options =
        options_of(ll_nasflat_transfer_options,
                   (const char *[]){"adapt", "tune", "epochs", after_s < .3 ? "4000" : "40", NULL});
    transfer(d, m, &options, d->archs, pool, &o);
    ll_values_free(&options);
    return fmax(0, 1e3 * (ll_now_s() - w.from_s));
}

/* The longest wait over moments that fall into every part of the work: training, scoring the sources, fitting the prior
 * (one epoch leaves most of the time to those), tuning, predicting. */
static void bench_cancel(const ll_dataset *cells, const ll_dataset *chains, const ll_nasflat_model *nb,
                         const ll_nasflat_model *fb, ll_pool *pool)
{
    static const double moments[] = {.03, .11, .23, .41, .7, 1.1, 1.6, 2.1, 2.6, 3.1, 3.6, 4.1, 4.6, 5.2};
    double train = 0, prior = 0, tune = 0;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        for (int f = 0; f < 2; f++) {
            const ll_dataset *d = f ? chains : cells;
            if (moments[i] < 1) train = fmax(train, stop_pretraining(d, moments[i], "40", pool));
            prior = fmax(prior, stop_pretraining(d, moments[i], "1", pool));
            if (moments[i] < .8) tune = fmax(tune, stop_transfer(d, f ? fb : nb, moments[i], pool));
        }
    }
    char note[128];
    snprintf(note, sizeof note, "longest wait: training %.0f ms, prior %.0f ms, transfer %.0f ms", train,
             prior, tune);
    bench_row("cancel_latency", fmax(fmax(train, prior), tune), "ms", 100, "lower", note);
}

/* --- pretraining --- */

/* Wall seconds until the mean held-out Spearman stays within .01 of its last value. */
typedef struct trace {
    double start_s, at[4096], mean[4096];
    int n;
} trace;

static void note_progress(void *ctx, cJSON *progress)
{
    trace *t = ctx;
    const cJSON *mean = cJSON_GetObjectItem(progress, "spearman");
    if (cJSON_IsNumber(mean) && t->n < 4096) {
        t->at[t->n] = ll_now_s() - t->start_s;
        t->mean[t->n++] = mean->valuedouble;
    }
    cJSON_Delete(progress);
}

static void bench_pretraining(const ll_dataset *d, const char *name, const char *epochs, const char *prior,
                              double aim, ll_pool *pool)
{
    trace t = {.start_s = ll_now_s()};
    ll_observer o = {.progress = note_progress, .ctx = &t};
    ll_nasflat_model_free(pretrain(d, 512, epochs, prior, pool, &o));
    double took = ll_now_s() - t.start_s;
    int usable = t.n;
    while (usable > 0 && fabs(t.mean[usable - 1] - t.mean[t.n - 1]) <= .01) usable--;
    char note[128];
    snprintf(note, sizeof note,
             "9 x 512 x %s epochs, prior %s, %d threads; within .01 of its last Spearman after %.1f s",
             epochs, prior, THREADS, usable < t.n ? t.at[usable] : took);
    bench_row(name, took, "s", aim, "lower", note);
}

void bench_nasflat(void)
{
    bench_title("NASFLAT (one core unless said)");
    ll_dataset *cells = invent("nasbench201", 15625), *chains = invent("fbnet", 5000);
    ll_pool *pool = ll_pool_new(THREADS);
    ll_nasflat_model *nb = pretrain(cells, 256, "1", "on", pool, NULL),
                     *fb = pretrain(chains, 256, "1", "on", pool, NULL);
    ll_nasflat_item items[CHUNK];
    for (int i = 0; i < CHUNK; i++) items[i] = (ll_nasflat_item){i, 0};
    ll_nasflat_inputs in = {0};
    ll_nasflat_inputs_read(&in, nb, cells->archs, 0, CHUNK);
    gemms g = gemms_of(nb, &in.graphs, items, CHUNK, false);
    ll_nasflat_inputs_free(&in);
    bench_row("sgemm_gflops", gemm_rate(&g), "GFLOP/s", NAN, "higher",
              "the shapes of a NAS-Bench-201 forward");
    bench_forward(cells, nb, "forward_nasbench201", 40000);
    bench_forward(chains, fb, "forward_fbnet", 12000);
    bench_epoch(cells, nb, "epoch_nasbench201", .25);
    bench_epoch(chains, fb, "epoch_fbnet", .7);
    bench_transfer(cells, nb, pool);
    bench_cancel(cells, chains, nb, fb, pool);
    bench_pretraining(cells, "pretrain_nd_wall", "150", "off", 45, pool);
    bench_pretraining(cells, "pretrain_nd_default", "40", "on", 45, pool);
    ll_nasflat_model_free(nb);
    ll_nasflat_model_free(fb);
    ll_pool_free(pool);
    ll_dataset_unref(cells);
    ll_dataset_unref(chains);
}
