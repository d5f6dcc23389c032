/* BRP-NAS latency GCN (Dudziak et al., NeurIPS 2020): four graph convolutions of 600 with LayerNorm, read at a global
 * node, trained from scratch on the samples of one device with an absolute error. graph=pruned is theirs: cells that
 * prune to the same graph are one to it; graph=full keeps every edge. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/nn/adamw.h"
#include "core/nn/gcn.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/gcn/graphs.h"
#include "core/predict/simple/simple.h"

static const ll_option options[] = {
    LL_OPT_CHOICE("graph", "pruned", "pruned|full",
                  "pruned as published, where the space has it, or every edge"),
    LL_OPT_INT("epochs", "250", 1, 10000, "at most"),
    LL_OPT_INT("hidden", "600", 8, 2048, "width of a layer"),
    LL_OPT_INT("batch", "10", 1, 1000, "samples a step"),
    LL_OPT_REAL("lr", "8e-4", 1e-7, 1, "first rate of AdamW"),
    {0},
};

/* Published: patience 10 and 1 % from epoch 20 on, stop after 35 without a better validation loss. A few samples leave
 * none to validate: training then ends when the rate is so small that nothing moves any more. */
enum {
    LAYERS = 4,
    PLATEAU_PATIENCE = 10,
    PLATEAU_FROM = 20,
    STOP_PATIENCE = 35,
    VALID_FROM = 50,
    VALID_SHARE = 10,
    LEAST_RATE = 100 /* the first rate over the last */
};
static const float dropout_p = .002f;

/* --- training --- */

typedef struct training {
    const ll_adapt_job *job;
    ll_gcn_shape shape;
    ll_gcn_graphs graphs; /* of the samples */
    size_t n;             /* parameters: the convolutions', then out (hidden), bias (1) */
    float *w, *best, *grad;
    ll_adamw adam;
    ll_gcn_work *work;
    float *dfeatures; /* (batch, hidden) */
    int *rows;        /* (k): samples to train on first, then those that validate */
    float *label;     /* (k), latency / mean, in that order */
    int n_train, n_valid, batch;
} training;

/* The convolutions', then out (width) and its bias. */
static size_t weights_of(const ll_gcn_shape *s)
{
    return ll_gcn_params(s) + (size_t)s->width + 1;
}

static void fill_uniform(float *v, size_t n, float limit, ll_rng *rng)
{
    for (size_t i = 0; i < n; i++) v[i] = limit * (float)(2 * ll_rng_uniform(rng) - 1);
}

static void init_weights(training *t)
{
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_WEIGHTS);
    float limit = 1 / sqrtf((float)t->shape.width);
    fill_uniform(t->w, t->n, limit, &rng);
    for (int l = 0; l < LAYERS; l++) {
        ll_gcn_layer at = ll_gcn_layer_at(&t->shape, l);
        for (int i = 0; i < t->shape.width; i++) {
            t->w[at.gamma + (size_t)i] = 1;
            t->w[at.beta + (size_t)i] = 0;
        }
    }
}

/* out: the last weights, (width) and a bias. */
static float output_of(const float *out, int width, const float *features)
{
    float y = out[width];
    for (int i = 0; i < width; i++) y += features[i] * out[i];
    return y;
}

/* One step on rows from..from+n: loss is the sum of absolute errors. Returns it. */
static double train_step(training *t, int from, int n, double lr, uint64_t seed)
{
    int width = t->shape.width;
    float *out = t->w + t->n - width - 1, *dout = t->grad + t->n - width - 1;
    double loss = 0;
    const float *features = ll_gcn_forward(t->work, t->w, &t->graphs, t->rows + from, n, dropout_p, seed);
    for (int i = 0; i < n; i++) {
        const float *f = features + (size_t)i * (size_t)width;
        float error = output_of(out, width, f) - t->label[from + i], sign = error > 0   ? 1.f
                                                                            : error < 0 ? -1.f
                                                                                        : 0.f;
        loss += fabsf(error);
        for (int c = 0; c < width; c++) {
            t->dfeatures[(size_t)i * (size_t)width + (size_t)c] = sign * out[c];
            dout[c] += sign * f[c];
        }
        dout[width] += sign;
    }
    ll_gcn_backward(t->work, t->w, t->dfeatures, t->grad);
    ll_adamw_step(&t->adam, t->w, &t->grad, 1, NULL, lr, NULL);
    return loss;
}

static void shuffle_training(training *t, ll_rng *rng)
{
    for (int i = t->n_train - 1; i > 0; i--) {
        int j = ll_rng_below(rng, i + 1), row = t->rows[i];
        float label = t->label[i];
        t->rows[i] = t->rows[j];
        t->label[i] = t->label[j];
        t->rows[j] = row;
        t->label[j] = label;
    }
}

/* Sum of absolute errors on the validation rows, per row. */
static double validate(training *t)
{
    int width = t->shape.width;
    double loss = 0;
    for (int from = t->n_train; from < t->n_train + t->n_valid; from += t->batch) {
        int n = t->n_train + t->n_valid - from < t->batch ? t->n_train + t->n_valid - from : t->batch;
        const float *f = ll_gcn_forward(t->work, t->w, &t->graphs, t->rows + from, n, 0, 0);
        for (int i = 0; i < n; i++)
            loss += fabsf(output_of(t->w + t->n - width - 1, width, f + (size_t)i * (size_t)width) -
                          t->label[from + i]) /
                    t->n_valid;
    }
    return loss;
}

/* When the rate halves and when training ends. */
typedef struct plateau {
    double best, reference; /* lowest loss; lowest that counted as 1 % better */
    int since_best, since_reference;
    double lr;
} plateau;

/* Returns whether this is the best epoch so far. */
static bool plateau_see(plateau *p, double loss, int epoch)
{
    bool better = loss < p->best;
    p->best = better ? loss : p->best;
    p->since_best = better ? 0 : p->since_best + 1;
    if (epoch < PLATEAU_FROM) return better;
    if (loss < .99 * p->reference) {
        p->reference = loss;
        p->since_reference = 0;
    } else if (++p->since_reference > PLATEAU_PATIENCE) {
        p->lr *= .5;
        p->since_reference = 0;
    }
    return better;
}

static double run_epoch(training *t, int epoch, double lr, ll_rng *rng)
{
    double loss = 0;
    shuffle_training(t, rng);
    for (int from = 0; from < t->n_train; from += t->batch) {
        int n = t->n_train - from < t->batch ? t->n_train - from : t->batch;
        loss += train_step(t, from, n, lr, ll_rng_u64(rng)) / t->n_train;
    }
    return t->n_valid ? validate(t) : loss;
}

/* Returns the epochs that ran; the best weights of the validation rows, else the last, are in w. */
static int train(training *t)
{
    int epochs = ll_int(t->job->options, "epochs"), epoch = 0;
    double first_lr = ll_real(t->job->options, "lr");
    plateau p = {.best = INFINITY, .reference = INFINITY, .lr = first_lr};
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_BATCHES);
    double start = ll_now_s();
    while (epoch < epochs && !ll_cancelled(t->job->observer)) {
        double loss = run_epoch(t, epoch, p.lr, &rng);
        bool best = plateau_see(&p, loss, epoch++);
        if (best && t->n_valid) memcpy(t->best, t->w, t->n * sizeof *t->w);
        ll_progress_training(t->job->observer, "training", epoch, epochs, t->n_valid ? "valid_loss" : "loss",
                             loss, start);
        if (t->n_valid ? p.since_best >= STOP_PATIENCE : p.lr * LEAST_RATE < first_lr) break;
    }
    if (t->n_valid) memcpy(t->w, t->best, t->n * sizeof *t->w);
    return epoch;
}

/* --- adapt --- */

/* The k samples in random order, the last tenth to validate when there are at least 50. */
static void take_samples(training *t, double mean)
{
    int k = t->job->samples.archs->n;
    int *order = LL_NEW_ARRAY(int, k);
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_TRANSFER);
    t->rows = LL_NEW_ARRAY(int, k);
    t->label = LL_NEW_ARRAY(float, k);
    for (int i = 0; i < k; i++) order[i] = i;
    ll_rng_shuffle(&rng, order, k);
    for (int i = 0; i < k; i++) {
        t->rows[i] = order[i];
        t->label[i] = (float)(t->job->samples.lat_ms[order[i]] / mean);
    }
    t->n_valid = k >= VALID_FROM ? k / VALID_SHARE : 0;
    t->n_train = k - t->n_valid;
    free(order);
}

static ll_graph_kind graph_kind(bool pruned)
{
    return pruned ? LL_GRAPH_PRUNED : LL_GRAPH_FULL;
}

static void training_init(training *t, const ll_adapt_job *job, double mean)
{
    *t = (training){.job = job, .batch = ll_int(job->options, "batch")};
    ll_gcn_graphs_of(job->samples.archs, 0, job->samples.archs->n,
                     graph_kind(ll_is(job->options, "graph", "pruned")), true, &t->graphs);
    t->shape =
        (ll_gcn_shape){t->graphs.nodes, t->graphs.labels, ll_int(job->options, "hidden"), LAYERS, true};
    t->n = weights_of(&t->shape);
    t->w = ll_alloc_aligned(t->n, sizeof(float));
    t->best = ll_alloc_aligned(t->n, sizeof(float));
    t->grad = ll_alloc_aligned(t->n, sizeof(float));
    t->work = ll_gcn_work_new(&t->shape);
    t->dfeatures = ll_alloc_aligned((size_t)t->batch * (size_t)t->shape.width, sizeof(float));
    ll_adamw_init(&t->adam, t->n, 5e-4);
    take_samples(t, mean);
    init_weights(t);
}

static void training_free(training *t)
{
    ll_gcn_graphs_free(&t->graphs);
    free(t->w);
    free(t->best);
    free(t->grad);
    free(t->dfeatures);
    free(t->rows);
    free(t->label);
    ll_gcn_work_free(t->work);
    ll_adamw_free(&t->adam);
}

/* A network for one device. */
typedef struct adapted_net {
    const ll_space *space;
    bool pruned;
    ll_gcn_shape shape;
    size_t n; /* weights */
    float *w;
    double mean; /* of the samples, ms */
} adapted_net;

static void release_adapted(void *adapted)
{
    adapted_net *a = adapted;
    free(a->w);
    free(a);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    double mean = ll_mean(job->samples.lat_ms, job->samples.archs->n);
    ll_status s = LL_OK;
    training t;
    training_init(&t, job, mean);
    int epochs = train(&t);
    if (ll_cancelled(job->observer)) {
        s = ll_fail(e, LL_CANCELLED, "cancelled");
    } else {
        adapted_net *a = *adapted = LL_NEW(adapted_net);
        *a = (adapted_net){
            job->samples.archs->space, ll_is(job->options, "graph", "pruned"), t.shape, t.n, t.w, mean};
        t.w = NULL;
        ll_json_int(job->info, "epochs", epochs);
        ll_json_int(job->info, "validation", t.n_valid);
    }
    training_free(&t);
    return s;
}

/* --- predict --- */

enum { PART = 1024 }; /* the more graphs, the more rows they share */
typedef struct parts {
    const adapted_net *a;
    const ll_predict_job *job;
    ll_prediction *out;
} parts;

static void predict_part(void *ctx, int part)
{
    const parts *p = ctx;
    const adapted_net *a = p->a;
    int from = part * PART, n = p->out->n - from < PART ? p->out->n - from : PART, which[PART];
    int width = a->shape.width;
    ll_gcn_graphs graphs;
    if (ll_cancelled(p->job->observer)) return;
    ll_gcn_graphs_of(p->job->archs, from, n, graph_kind(a->pruned), true, &graphs);
    ll_gcn_work *work = ll_gcn_work_new(&a->shape);
    for (int i = 0; i < n; i++) which[i] = i;
    bool was = ll_blas_fix_tiles(true);
    const float *f = ll_gcn_forward(work, a->w, &graphs, which, n, 0, 0);
    ll_blas_fix_tiles(was);
    for (int i = 0; i < n; i++) {
        double y = output_of(a->w + a->n - width - 1, width, f + (size_t)i * (size_t)width);
        p->out->score[from + i] = p->out->lat_ms[from + i] = a->mean * y;
    }
    ll_gcn_work_free(work);
    ll_gcn_graphs_free(&graphs);
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    ll_prediction_new(out, job->archs->n, true, false);
    parts p = {adapted, job, out};
    ll_pool_run(job->pool, (out->n + PART - 1) / PART, predict_part, &p);
    return ll_cancelled(job->observer) ? ll_fail(e, LL_CANCELLED, "cancelled while predicting") : LL_OK;
}

/* --- as tensors --- */

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const adapted_net *a = adapted;
    ll_tensors_add(out, "brpnas.shape", LL_I32, 1, (long[]){2}, (int32_t[]){a->pruned, a->shape.width});
    ll_tensors_add(out, "brpnas.mean", LL_F64, 1, (long[]){1}, &a->mean);
    ll_tensors_add(out, "brpnas.weights", LL_F32, 1, (long[]){(long)a->n}, a->w);
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const ll_space *space = *(const ll_space *const *)model;
    const ll_tensor *shape, *mean, *w;
    ll_status s = ll_tensors_need(in, "brpnas.shape", LL_I32, 1, (long[]){2}, &shape, e);
    if (!s) s = ll_tensors_need(in, "brpnas.mean", LL_F64, 1, (long[]){1}, &mean, e);
    if (s) return s;
    const int32_t *numbers = shape->data;
    if (numbers[1] < 1 || numbers[1] > 2048)
        return ll_fail(e, LL_BAD_DATA, "tensor brpnas.shape: width %d, 1 to 2048 were expected", numbers[1]);
    adapted_net a = {.space = space,
                     .pruned = numbers[0] != 0,
                     .shape = {.width = numbers[1], .layers = LAYERS, .norm = true}};
    ll_gcn_graphs_size(space, graph_kind(a.pruned), &a.shape.nodes, &a.shape.labels);
    a.n = weights_of(&a.shape);
    a.mean = *(const double *)mean->data;
    s = ll_tensors_need(in, "brpnas.weights", LL_F32, 1, (long[]){(long)a.n}, &w, e);
    if (s) return s;
    a.w = ll_alloc_aligned(a.n, sizeof *a.w);
    memcpy(a.w, w->data, a.n * sizeof *a.w);
    *adapted = ll_memdup(&a, 1, sizeof a);
    return LL_OK;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    if (!job->archs->space->graph)
        return ll_fail(e, LL_FAILED, "architectures of %s have no known graph", job->archs->space->name);
    return ll_simple_space_pretrain(job, model, e);
}

const ll_predictor ll_brpnas = {
    .name = "brpnas",
    .summary = "graph network trained from scratch on the samples of one device",
    .paper = "BRP-NAS, arXiv 2007.08668",
    .transfer_options = options,
    .version = 1,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = release_adapted,
    .save_adapted = save_adapted,
    .load_adapted = load_adapted,
    .release = free,
    .save = ll_simple_space_save,
    .load = ll_simple_space_load,
};
