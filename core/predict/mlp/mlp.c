/* mlp: the latency predictor of HAT (Wang et al., ACL 2020, arXiv 2005.14187; latency_predictor.py of its released code):
 * one network for one device, trained from scratch on what was measured there. Each number of an architecture is divided
 * by the largest that the population has, latencies by the samples' mean. Weights begin as PyTorch's do; Adam on the mean
 * squared error of steps of up to 128 samples.
 *
 * Published with 1,600 samples of a device, never with ten: what it does with few is what a method that learns across
 * devices has to beat. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/nn/adamw.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/mlp/net.h"
#include "core/predict/simple/encoded.h"
#include "core/predict/simple/simple.h"

enum { WIDEST = 2048 };
static const ll_option pretrain_options[] = {LL_ENCODED_OPTION, {0}};
static const ll_option transfer_options[] = {
    LL_OPT_INT("layers", "4", 1, LL_MLP_MOST_HIDDEN, "hidden layers"),
    LL_OPT_INT("hidden", "400", 1, WIDEST, "width of one"),
    LL_OPT_INT("steps", "5000", 1, 1000000, "of Adam"),
    LL_OPT_INT("batch", "128", 1, 4096, "samples a step, at most"),
    LL_OPT_REAL("lr", "1e-5", 1e-9, 1, "rate of Adam"),
    {0},
};

/* --- training --- */

typedef struct training {
    const ll_adapt_job *job;
    ll_mlp_shape shape;
    ll_mlp_net *net;
    size_t n; /* weights */
    float *w, *grad;
    ll_adamw adam;
    ll_matrix_f x;               /* (k, in) */
    float *y;                    /* (k) latency / mean */
    int *all, *drawn;            /* (k), (batch) */
    float *part, *target, *dout; /* (batch, in), (batch), (batch) */
    int k, batch;
} training;

static void init_weights(training *t)
{
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_WEIGHTS);
    for (int i = 0; i <= t->shape.hidden; i++) {
        ll_mlp_layer l = ll_mlp_layer_at(&t->shape, i);
        float limit = 1 / sqrtf((float)l.in);
        for (size_t j = l.w; j < l.end; j++) t->w[j] = limit * (float)(2 * ll_rng_uniform(&rng) - 1);
    }
}

static ll_status training_init(training *t, const ll_encoded *m, const ll_adapt_job *job, double mean,
                               ll_error *e)
{
    int k = job->samples.archs->n, most = ll_int(job->options, "batch");
    *t = (training){.job = job, .k = k, .batch = k < most ? k : most};
    ll_status s = ll_encoder_apply(m->encoder, job->samples.archs, &t->x, e);
    if (s) return s;
    t->shape =
        (ll_mlp_shape){m->encoder->dim, ll_int(job->options, "hidden"), ll_int(job->options, "layers")};
    t->net = ll_mlp_net_new(&t->shape, t->batch);
    t->n = ll_mlp_params(&t->shape);
    t->w = ll_alloc_aligned(t->n, sizeof(float));
    t->grad = ll_alloc_aligned(t->n, sizeof(float));
    ll_adamw_init(&t->adam, t->n, 0);
    t->y = LL_NEW_ARRAY(float, k);
    t->all = LL_NEW_ARRAY(int, k);
    t->drawn = LL_NEW_ARRAY(int, t->batch);
    t->part = ll_alloc_aligned((size_t)t->batch * (size_t)t->shape.in, sizeof(float));
    t->target = LL_NEW_ARRAY(float, t->batch);
    t->dout = LL_NEW_ARRAY(float, t->batch);
    for (int i = 0; i < k; i++) {
        t->y[i] = (float)(job->samples.lat_ms[i] / mean);
        t->all[i] = i;
    }
    init_weights(t);
    return LL_OK;
}

static void training_free(training *t)
{
    ll_mlp_net_free(t->net);
    ll_matrix_f_free(&t->x);
    ll_adamw_free(&t->adam);
    free(t->w);
    free(t->grad);
    free(t->y);
    free(t->all);
    free(t->drawn);
    free(t->part);
    free(t->target);
    free(t->dout);
}

static void draw_batch(training *t, ll_rng *rng)
{
    size_t in = (size_t)t->shape.in;
    ll_rng_sample(rng, t->all, t->k, t->batch, t->drawn);
    for (int i = 0; i < t->batch; i++) {
        memcpy(t->part + (size_t)i * in, t->x.v + (size_t)t->drawn[i] * in, in * sizeof *t->part);
        t->target[i] = t->y[t->drawn[i]];
    }
}

/* Returns the mean squared error before it. */
static double train_step(training *t, double lr, ll_rng *rng)
{
    double loss = 0;
    draw_batch(t, rng);
    const float *out = ll_mlp_forward(t->net, t->w, t->part, t->batch);
    for (int i = 0; i < t->batch; i++) {
        float error = out[i] - t->target[i];
        loss += (double)error * (double)error / t->batch;
        t->dout[i] = 2 * error / (float)t->batch;
    }
    ll_mlp_backward(t->net, t->w, t->dout, t->grad);
    ll_adamw_step(&t->adam, t->w, &t->grad, 1, NULL, lr, NULL);
    return loss;
}

/* Returns the mean squared error of the last step. */
static double train(training *t)
{
    int steps = ll_int(t->job->options, "steps");
    double lr = ll_real(t->job->options, "lr"), loss = NAN, start = ll_now_s();
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_BATCHES);
    for (int step = 0; step < steps && !ll_cancelled(t->job->observer); step++) {
        loss = train_step(t, lr, &rng);
        ll_progress_training(t->job->observer, "training", step + 1, steps, "loss", loss, start);
    }
    return loss;
}

/* --- adapt --- */

typedef struct adapted_net {
    ll_mlp_shape shape;
    float *w;
    double mean; /* of the samples, ms */
} adapted_net;

static void release_adapted(void *adapted)
{
    adapted_net *a = adapted;
    free(a->w);
    free(a);
}

static void describe(const training *t, double loss, cJSON *info)
{
    static const double poor = 10; /* percent of the mean latency */
    double off = 100 * sqrt(loss);
    ll_json_int(info, "steps", ll_int(t->job->options, "steps"));
    ll_json_num(info, "train_error", off);
    if (off <= poor) return;
    ll_str said = {0};
    ll_str_addf(&said,
                "the network is still %.0f %% of the mean latency off on its own samples: more steps= or a "
                "larger lr= fit them",
                off);
    ll_json_str(ll_json_arr(info, "says"), NULL, said.s);
    ll_str_free(&said);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    training t = {0};
    double mean = ll_mean(job->samples.lat_ms, job->samples.archs->n);
    ll_status s = training_init(&t, model, job, mean, e);
    double loss = s ? NAN : train(&t);
    if (!s && ll_cancelled(job->observer)) s = ll_fail(e, LL_CANCELLED, "cancelled");
    if (!s && !isfinite(loss))
        s = ll_fail(e, LL_FAILED, "training has come to no numbers: a smaller lr= is needed");
    if (!s) {
        adapted_net *a = *adapted = LL_NEW(adapted_net);
        *a = (adapted_net){t.shape, t.w, mean};
        t.w = NULL;
        describe(&t, loss, job->info);
    }
    training_free(&t);
    return s;
}

/* --- predict --- */

enum { PART = 1024 };
typedef struct parts {
    const adapted_net *a;
    const ll_matrix_f *x;
    ll_observer *observer;
    ll_prediction *out;
} parts;

static void predict_part(void *ctx, int part)
{
    const parts *p = ctx;
    int from = part * PART, n = p->out->n - from < PART ? p->out->n - from : PART;
    if (ll_cancelled(p->observer)) return;
    ll_mlp_net *net = ll_mlp_net_new(&p->a->shape, n);
    bool was = ll_blas_fix_tiles(true);
    const float *y = ll_mlp_forward(net, p->a->w, p->x->v + (size_t)from * (size_t)p->x->cols, n);
    ll_blas_fix_tiles(was);
    for (int i = 0; i < n; i++) {
        p->out->score[from + i] = p->a->mean * (double)y[i];
        p->out->lat_ms[from + i] = fmax(0, p->out->score[from + i]);
    }
    ll_mlp_net_free(net);
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    ll_matrix_f x;
    ll_status s = ll_encoder_apply(((const ll_encoded *)model)->encoder, job->archs, &x, e);
    if (s) return s;
    ll_prediction_new(out, job->archs->n, true, false);
    parts p = {adapted, &x, job->observer, out};
    ll_pool_run(job->pool, (out->n + PART - 1) / PART, predict_part, &p);
    ll_matrix_f_free(&x);
    return ll_cancelled(job->observer) ? ll_fail(e, LL_CANCELLED, "cancelled while predicting") : LL_OK;
}

/* --- as tensors --- */

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const adapted_net *a = adapted;
    ll_tensors_add(out, "mlp.shape", LL_I32, 1, (long[]){2}, (int32_t[]){a->shape.width, a->shape.hidden});
    ll_tensors_add(out, "mlp.mean", LL_F64, 1, (long[]){1}, &a->mean);
    ll_tensors_add(out, "mlp.weights", LL_F32, 1, (long[]){(long)ll_mlp_params(&a->shape)}, a->w);
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const ll_tensor *shape, *mean, *w;
    adapted_net a = {.shape.in = ((const ll_encoded *)model)->encoder->dim};
    ll_status s = ll_tensors_need(in, "mlp.shape", LL_I32, 1, (long[]){2}, &shape, e);
    if (!s) s = ll_tensors_need(in, "mlp.mean", LL_F64, 1, (long[]){1}, &mean, e);
    if (s) return s;
    const int32_t *numbers = shape->data;
    if (numbers[0] < 1 || numbers[0] > WIDEST || numbers[1] < 1 || numbers[1] > LL_MLP_MOST_HIDDEN)
        return ll_fail(e, LL_BAD_DATA, "tensor mlp.shape: %d layers of %d, 1 to %d of 1 to %d were expected",
                       numbers[1], numbers[0], LL_MLP_MOST_HIDDEN, WIDEST);
    a.shape.width = numbers[0];
    a.shape.hidden = numbers[1];
    a.mean = *(const double *)mean->data;
    s = ll_tensors_need(in, "mlp.weights", LL_F32, 1, (long[]){(long)ll_mlp_params(&a.shape)}, &w, e);
    if (s) return s;
    a.w = ll_memdup(w->data, ll_mlp_params(&a.shape), sizeof *a.w);
    *adapted = ll_memdup(&a, 1, sizeof a);
    return LL_OK;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return ll_encoded_pretrain(job, ll_encoder_scaled, model, e);
}

const ll_predictor ll_mlp = {
    .name = "mlp",
    .summary = "fully connected network on numbers or one-hots, trained from scratch on the samples",
    .paper = "HAT, arXiv 2005.14187",
    .pretrain_options = pretrain_options,
    .transfer_options = transfer_options,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = release_adapted,
    .save_adapted = save_adapted,
    .load_adapted = load_adapted,
    .release = ll_encoded_release,
    .save = ll_encoded_save,
    .load = ll_encoded_load,
};
