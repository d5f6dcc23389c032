/* MultiPredict as few-shot transfer (AutoML 2023; core/ALGORITHMS.md section 9): pretrained on all source devices at
 * once, then only head and device embedding are trained on the samples, from the embedding of the source that ranks them
 * most alike. All sources of an architecture share a batch, so that it is encoded once. */
#include "core/base/text/progress.h"
#include "core/predict/gcn/graphs.h"
#include "core/predict/gcn/multipredict_net.h"
#include "core/predict/gcn/multipredict_proxies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/encode/encoding.h"
#include "core/nn/adamw.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/help/help.h"
#include "core/predict/simple/simple.h"
#include "core/predict/source_table.h"

static const ll_option pretrain_options[] = {
    LL_OPT_INT("epochs", "250", 1, 10000, "passes over the architectures"),
    LL_OPT_REAL("lr", "4e-4", 1e-7, 1, "first rate of AdamW, cosine to 0"),
    LL_OPT_INT("batch", "128", 1, 4096, "architecture and device pairs a step"),
    {0},
};

static const ll_option transfer_options[] = {
    LL_OPT_INT("epochs", "50", 0, 10000, "steps on all samples at once"),
    LL_OPT_REAL("lr", "1e-3", 1e-7, 1, "first rate of AdamW, cosine to 0"),
    {0},
};

/* --- inputs --- */

/* Some architectures as the network reads them. */
typedef struct inputs {
    int n;
    ll_gcn_graphs graphs; /* spaces with a cell graph */
    float *x;             /* others: (n, n_in) */
    float *z;             /* (n, n_z); NULL: none */
    float *code;          /* (n, 30); NULL: not encoded yet */
} inputs;

typedef struct model_t {
    const ll_space *space;
    ll_mp_shape shape;
    ll_mp_proxies proxies;
    ll_source_table sources; /* to find the one that a target is most like */
    float *w;
    ll_archs *archs; /* of the pretraining; NULL: read from a file */
    inputs in;       /* of these */
} model_t;

static void inputs_free(inputs *in)
{
    ll_gcn_graphs_free(&in->graphs);
    free(in->x);
    free(in->z);
    free(in->code);
    *in = (inputs){0};
}

static void model_free(void *model)
{
    model_t *m = model;
    inputs_free(&m->in);
    ll_archs_unref(m->archs);
    ll_mp_proxies_free(&m->proxies);
    ll_source_table_free(&m->sources);
    free(m->w);
    free(m);
}

/* Graphs or input rows, and the proxies. */
static ll_status read_inputs(const model_t *m, const ll_archs *archs, inputs *in, ll_error *e)
{
    ll_help_shape shape = ll_help_shape_of(m->space, false);
    *in = (inputs){.n = archs->n};
    ll_status s = ll_mp_proxies_of(&m->proxies, archs, &in->z, e);
    if (s) return s;
    if (shape.graph) {
        ll_gcn_graphs_of(archs, 0, archs->n, LL_GRAPH_FULL, false, &in->graphs);
    } else {
        in->x = LL_NEW_ARRAY(float, (size_t)archs->n *(size_t)shape.n_in + 1);
        ll_help_inputs(archs, NULL, archs->n, in->x);
    }
    return LL_OK;
}

static ll_mp_shape shape_of(const model_t *m, int n_devices)
{
    ll_help_shape shape = ll_help_shape_of(m->space, false);
    int nodes = 0, labels = 0;
    if (shape.graph) ll_gcn_graphs_size(m->space, LL_GRAPH_FULL, &nodes, &labels);
    return ll_mp_shape_of(shape.graph, nodes, labels, shape.n_in, n_devices,
                          m->proxies.encoder ? m->proxies.encoder->dim : 0);
}

/* Codes of which[0..n-1]; gathers their input rows into `rows` (n, n_in) where there is no graph. */
static const float *encode(ll_mp_net *net, const ll_mp_shape *s, const float *w, const inputs *in,
                           const int *which, int n, float *rows)
{
    for (int i = 0; i < n && !s->graph; i++)
        memcpy(rows + (size_t)i * (size_t)s->n_in, in->x + (size_t)which[i] * (size_t)s->n_in,
               (size_t)s->n_in * sizeof *rows);
    return ll_mp_encode(net, w, &in->graphs, which, rows, n);
}

enum { PART = 512 };
typedef struct encoding {
    const model_t *m;
    inputs *in;
} encoding;

static void encode_part(void *ctx, int part)
{
    const encoding *c = ctx;
    const ll_mp_shape *s = &c->m->shape;
    int from = part * PART, n = c->in->n - from < PART ? c->in->n - from : PART, which[PART];
    float *rows = LL_NEW_ARRAY(float, (size_t)PART *(size_t)(s->n_in + 1));
    ll_mp_net *net = ll_mp_net_new(s, n, 1);
    for (int i = 0; i < n; i++) which[i] = from + i;
    bool was = ll_blas_fix_tiles(true);
    const float *code = encode(net, s, c->m->w, c->in, which, n, rows);
    ll_blas_fix_tiles(was);
    memcpy(c->in->code + (size_t)from * LL_MP_CODE, code, (size_t)n * LL_MP_CODE * sizeof *code);
    ll_mp_net_free(net);
    free(rows);
}

static void encode_all(const model_t *m, ll_pool *pool, inputs *in)
{
    encoding c = {m, in};
    free(in->code);
    in->code = LL_NEW_ARRAY(float, (size_t)in->n *LL_MP_CODE + 1);
    ll_pool_run(pool, (in->n + PART - 1) / PART, encode_part, &c);
}

/* --- pretraining --- */

typedef struct training {
    const ll_pretrain_job *job;
    model_t *m;
    ll_mp_net *net;
    ll_adamw adam;
    float *grad, *dcode, *score, *dscore, *rows;
    ll_mp_item *items;
    float *label; /* (S, archs->n), NaN: missing */
    int *order;   /* (n_rows) */
    int archs_per_step;
} training;

static void fill_normal(float *v, size_t n, double sd, ll_rng *rng)
{
    for (size_t i = 0; i < n; i++) v[i] = (float)(sd * ll_rng_normal(rng));
}

static void fill_uniform(float *v, size_t n, double limit, ll_rng *rng)
{
    for (size_t i = 0; i < n; i++) v[i] = (float)(limit * (2 * ll_rng_uniform(rng) - 1));
}

static void init_weights(const ll_mp_shape *s, float *w, uint64_t seed)
{
    ll_rng rng = ll_rng_new(seed, LL_STREAM_WEIGHTS);
    for (int l = 0; l < s->gcn.layers && s->graph; l++) {
        ll_gcn_layer at = ll_gcn_layer_at(&s->gcn, l);
        fill_uniform(w + at.w, at.b - at.w, .05, &rng);
        fill_uniform(w + at.b, (size_t)s->gcn.width, 1 / sqrt(s->gcn.width), &rng);
    }
    for (int i = 0; i < LL_MP_FC; i++)
        fill_uniform(w + s->fc[i].w, (size_t)(s->fc[i].in + 1) * (size_t)s->fc[i].out, 1 / sqrt(s->fc[i].in),
                     &rng);
    double in = (double)(s->b1 - s->w1) / LL_MP_WIDE;
    fill_normal(w + s->embedding, s->w1 - s->embedding, 1, &rng);
    fill_normal(w + s->w1, s->b1 - s->w1, sqrt(2 / (in + LL_MP_WIDE)), &rng);
    fill_normal(w + s->b1, LL_MP_WIDE, sqrt(1 / in), &rng);
    fill_normal(w + s->w2, LL_MP_WIDE, sqrt(2. / (LL_MP_WIDE + 1)), &rng);
    fill_normal(w + s->b2, 1, sqrt(1. / LL_MP_WIDE), &rng);
}

/* Each source's latencies from 0 to 1 over its whole column. */
static float *labels_of(const ll_pretrain_job *job)
{
    int n = job->archs->n;
    float *label = LL_NEW_ARRAY(float, (size_t)job->sources.n *(size_t)n);
    for (int s = 0; s < job->sources.n; s++) {
        const double *lat = job->sources.lat_ms[s];
        double lo = INFINITY, hi = -INFINITY;
        for (int i = 0; i < n; i++) {
            lo = fmin(lo, lat[i]);
            hi = fmax(hi, lat[i]);
        }
        for (int i = 0; i < n; i++)
            label[(size_t)s * (size_t)n + (size_t)i] = isnan(lat[i]) ? NAN : ll_help_norm(lat[i], lo, hi, 1);
    }
    return label;
}

static void training_init(training *t, const ll_pretrain_job *job, model_t *m)
{
    const ll_mp_shape *s = &m->shape;
    int per_step = ll_int(job->options, "batch") / job->sources.n;
    *t = (training){.job = job, .m = m, .archs_per_step = per_step > 1 ? per_step : 1};
    size_t archs = (size_t)t->archs_per_step, items = archs * (size_t)job->sources.n;
    t->net = ll_mp_net_new(s, (int)archs, (int)items);
    ll_adamw_init(&t->adam, s->n, 5e-4);
    t->grad = ll_alloc_aligned(s->n, sizeof(float));
    t->dcode = LL_NEW_ARRAY(float, archs *LL_MP_CODE);
    t->rows = LL_NEW_ARRAY(float, archs *(size_t)(s->n_in + 1));
    t->score = LL_NEW_ARRAY(float, items);
    t->dscore = LL_NEW_ARRAY(float, items);
    t->items = LL_NEW_ARRAY(ll_mp_item, items);
    t->label = labels_of(job);
    t->order = ll_memdup(job->rows, (size_t)job->n_rows, sizeof *t->order);
}

static void training_free(training *t)
{
    ll_mp_net_free(t->net);
    ll_adamw_free(&t->adam);
    free(t->grad);
    free(t->dcode);
    free(t->rows);
    free(t->score);
    free(t->dscore);
    free(t->items);
    free(t->label);
    free(t->order);
}

static float label_of(const training *t, const int *which, const ll_mp_item *item)
{
    return t->label[(size_t)item->device * (size_t)t->job->archs->n + (size_t)which[item->code]];
}

/* Absolute errors summed, over every source that knows these architectures. Returns the loss and adds the items. */
static double train_step(training *t, const int *which, int n, double lr, int *n_items)
{
    const model_t *m = t->m;
    int items = 0;
    double loss = 0;
    for (int i = 0; i < n; i++)
        for (int s = 0; s < t->job->sources.n; s++) {
            ll_mp_item item = {i, s, which[i]};
            if (!isnan(label_of(t, which, &item))) t->items[items++] = item;
        }
    if (!items) return 0;
    const float *code = encode(t->net, &m->shape, m->w, &m->in, which, n, t->rows);
    ll_mp_head(t->net, m->w, code, m->in.z, t->items, items, t->score);
    for (int i = 0; i < items; i++) {
        float error = t->score[i] - label_of(t, which, &t->items[i]);
        loss += fabsf(error);
        t->dscore[i] = error > 0 ? 1 : error < 0 ? -1 : 0;
    }
    memset(t->dcode, 0, (size_t)n * LL_MP_CODE * sizeof *t->dcode);
    ll_mp_head_back(t->net, m->w, t->items, t->dscore, t->dcode, t->grad);
    ll_mp_encode_back(t->net, m->w, t->dcode, t->grad);
    ll_adamw_step(&t->adam, m->w, &t->grad, 1, NULL, lr, NULL);
    *n_items += items;
    return loss;
}

/* Returns the epochs that ran to their end. */
static int train(training *t)
{
    int epochs = ll_int(t->job->options, "epochs"), n = t->job->n_rows, B = t->archs_per_step;
    long steps = (n + B - 1) / B, step = 0;
    double lr = ll_real(t->job->options, "lr"), start = ll_now_s();
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_BATCHES);
    for (int epoch = 0; epoch < epochs; epoch++) {
        int items = 0;
        double loss = 0;
        if (ll_cancelled(t->job->observer)) return epoch;
        ll_rng_shuffle(&rng, t->order, n);
        for (int from = 0; from < n; from += B, step++)
            loss += train_step(t, t->order + from, n - from < B ? n - from : B,
                               ll_cosine(lr, 0, step, steps * epochs), &items);
        ll_progress_training(t->job->observer, "pretraining", epoch + 1, epochs, "loss",
                             items ? loss / items : 0, start);
    }
    return epochs;
}

/* What a model is before its weights. */
static ll_status model_new(const ll_pretrain_job *job, model_t **out, ll_error *e)
{
    model_t *m = LL_NEW(model_t);
    *m = (model_t){.space = job->archs->space, .archs = ll_archs_ref(job->archs)};
    ll_source_table_init(&m->sources, job);
    ll_status s = ll_mp_proxies_fit(&m->proxies, job->archs, job->known, e);
    if (!s) s = read_inputs(m, job->archs, &m->in, e);
    if (s) {
        model_free(m);
        return s;
    }
    m->shape = shape_of(m, job->sources.n + 1);
    m->w = ll_alloc_aligned(m->shape.n, sizeof(float));
    init_weights(&m->shape, m->w, job->seed);
    *out = m;
    return LL_OK;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    model_t *m;
    training t;
    ll_status s = model_new(job, &m, e);
    if (s) return s;
    training_init(&t, job, m);
    int epochs = train(&t);
    training_free(&t);
    bool complete = epochs == ll_int(job->options, "epochs");
    if (!complete) s = ll_fail(e, LL_CANCELLED, "cancelled");
    if (epochs) {
        encode_all(m, job->pool, &m->in);
        *model = m;
    } else {
        model_free(m);
    }
    return s;
}

/* --- adapt --- */

/* Head and embeddings for one device: the weights from `embedding` on; the encoder stays the model's. */
typedef struct adapted_net {
    size_t n;
    float *tail; /* (n) */
} adapted_net;

static void release_adapted(void *adapted)
{
    adapted_net *a = adapted;
    free(a->tail);
    free(a);
}

/* The source whose latencies on the samples rank most like theirs; *rho is their Spearman. */
static int nearest_source(const model_t *m, const ll_measured *samples, double *rho)
{
    int best = 0;
    *rho = -2;
    for (int s = 0; s < m->sources.names.n; s++) {
        double r = ll_source_agreement(&m->sources, s, samples);
        if (isnan(r) || r <= *rho) continue;
        *rho = r;
        best = s;
    }
    return best;
}

/* Head and embeddings on all samples at once; w is changed. */
static void fine_tune(const model_t *m, const inputs *in, const ll_adapt_job *job, float *w)
{
    const ll_mp_shape *s = &m->shape;
    const double *y = job->samples.lat_ms;
    int k = job->samples.archs->n, epochs = ll_int(job->options, "epochs");
    double lo = y[0], hi = y[0], lr = ll_real(job->options, "lr");
    for (int i = 1; i < k; i++) {
        lo = fmin(lo, y[i]);
        hi = fmax(hi, y[i]);
    }
    ll_mp_net *net = ll_mp_net_new(s, 1, k);
    ll_mp_item *items = LL_NEW_ARRAY(ll_mp_item, k);
    float *score = LL_NEW_ARRAY(float, k), *dscore = LL_NEW_ARRAY(float, k),
          *grad = ll_alloc_aligned(s->n, sizeof(float));
    float *tail = w + s->embedding, *tail_grad = grad + s->embedding;
    ll_adamw adam;
    ll_adamw_init(&adam, s->n - s->embedding, 5e-4);
    for (int i = 0; i < k; i++) items[i] = (ll_mp_item){i, s->n_devices - 1, i};
    for (int epoch = 0; epoch < epochs; epoch++) {
        ll_mp_head(net, w, in->code, in->z, items, k, score);
        for (int i = 0; i < k; i++) {
            float error = score[i] - ll_help_norm(y[i], lo, hi, .9);
            dscore[i] = error > 0 ? 1 : error < 0 ? -1 : 0;
        }
        ll_mp_head_back(net, w, items, dscore, NULL, grad);
        ll_adamw_step(&adam, tail, &tail_grad, 1, NULL, ll_cosine(lr, 0, epoch, epochs), NULL);
    }
    ll_adamw_free(&adam);
    ll_mp_net_free(net);
    free(items);
    free(score);
    free(dscore);
    free(grad);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const model_t *m = model;
    const ll_mp_shape *s = &m->shape;
    inputs in;
    double rho;
    ll_status status = read_inputs(m, job->samples.archs, &in, e);
    if (status) return status;
    encode_all(m, NULL, &in);
    float *w = ll_memdup(m->w, s->n, sizeof *w);
    int nearest = nearest_source(m, &job->samples, &rho);
    memcpy(w + s->embedding + (size_t)(s->n_devices - 1) * LL_MP_DEVICE,
           w + s->embedding + (size_t)nearest * LL_MP_DEVICE, LL_MP_DEVICE * sizeof *w);
    fine_tune(m, &in, job, w);
    adapted_net *a = *adapted = LL_NEW(adapted_net);
    a->n = s->n - s->embedding;
    a->tail = ll_memdup(w + s->embedding, a->n, sizeof *w);
    ll_json_str(job->info, "first_embedding", m->sources.names.v[nearest]);
    ll_json_num(job->info, "agreement", rho < -1 ? NAN : rho);
    ll_json_int(job->info, "proxies", s->n_z);
    inputs_free(&in);
    free(w);
    return LL_OK;
}

/* --- predict --- */

typedef struct parts {
    const model_t *m;
    const float *w;
    const inputs *in;
    ll_prediction *out;
} parts;

static void predict_part(void *ctx, int part)
{
    const parts *p = ctx;
    int from = part * PART, n = p->out->n - from < PART ? p->out->n - from : PART;
    ll_mp_item items[PART];
    float score[PART];
    ll_mp_net *net = ll_mp_net_new(&p->m->shape, 1, PART);
    for (int i = 0; i < n; i++) items[i] = (ll_mp_item){from + i, p->m->shape.n_devices - 1, from + i};
    bool was = ll_blas_fix_tiles(true);
    ll_mp_head(net, p->w, p->in->code, p->in->z, items, n, score);
    ll_blas_fix_tiles(was);
    for (int i = 0; i < n; i++) p->out->score[from + i] = score[i];
    ll_mp_net_free(net);
}

/* Architectures of no model's own, in slices that bound the memory. */
static ll_status predict_slices(const model_t *m, const float *w, const ll_predict_job *job,
                                ll_prediction *out, ll_error *e)
{
    enum { SLICE = 16 * PART };
    ll_status s = LL_OK;
    for (int from = 0; from < out->n && !s; from += SLICE) {
        int n = out->n - from < SLICE ? out->n - from : SLICE;
        ll_archs *some = ll_archs_slice(job->archs, from, n);
        ll_prediction slice = {.n = n, .score = out->score + from};
        inputs in = {0};
        s = ll_cancelled(job->observer) ? ll_fail(e, LL_CANCELLED, "cancelled while predicting")
                                        : read_inputs(m, some, &in, e);
        if (!s) {
            encode_all(m, job->pool, &in);
            parts p = {m, w, &in, &slice};
            ll_pool_run(job->pool, (n + PART - 1) / PART, predict_part, &p);
        }
        inputs_free(&in);
        ll_archs_unref(some);
    }
    return s;
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    const model_t *m = model;
    const adapted_net *a = adapted;
    ll_status s = LL_OK;
    float *w = ll_memdup(m->w, m->shape.n, sizeof *w);
    memcpy(w + m->shape.embedding, a->tail, a->n * sizeof *w);
    ll_prediction_new(out, job->archs->n, false, false);
    if (m->archs && ll_archs_same(m->archs, job->archs)) {
        parts p = {m, w, &m->in, out};
        ll_pool_run(job->pool, (out->n + PART - 1) / PART, predict_part, &p);
    } else {
        s = predict_slices(m, w, job, out, e);
    }
    free(w);
    return s;
}

/* --- as tensors --- */

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const model_t *m = model;
    ll_simple_save_space(m->space, out);
    ll_source_table_save(&m->sources, out);
    ll_tensors_add(out, "multipredict.weights", LL_F32, 1, (long[]){(long)m->shape.n}, m->w);
    return ll_mp_proxies_save(&m->proxies, out, e);
}

static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    const ll_tensor *w;
    model_t *m = LL_NEW(model_t);
    *m = (model_t){.space = job->space};
    ll_status s = ll_simple_space_matches(job, e);
    if (!s) s = ll_source_table_load(job, &m->sources, e);
    if (!s) s = ll_mp_proxies_load(job, &m->proxies, e);
    if (!s) {
        m->shape = shape_of(m, m->sources.names.n + 1);
        s = ll_tensors_need(job->tensors, "multipredict.weights", LL_F32, 1, (long[]){(long)m->shape.n}, &w,
                            e);
    }
    if (s) {
        model_free(m);
        return s;
    }
    m->w = ll_alloc_aligned(m->shape.n, sizeof(float));
    memcpy(m->w, w->data, m->shape.n * sizeof *m->w);
    *model = m;
    return LL_OK;
}

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const adapted_net *a = adapted;
    ll_tensors_add(out, "multipredict.tail", LL_F32, 1, (long[]){(long)a->n}, a->tail);
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const model_t *m = model;
    const ll_tensor *tail;
    size_t n = m->shape.n - m->shape.embedding;
    ll_status s = ll_tensors_need(in, "multipredict.tail", LL_F32, 1, (long[]){(long)n}, &tail, e);
    if (s) return s;
    adapted_net *a = *adapted = LL_NEW(adapted_net);
    *a = (adapted_net){n, ll_memdup(tail->data, n, sizeof *a->tail)};
    return LL_OK;
}

const ll_predictor ll_multipredict = {
    .name = "multipredict",
    .summary = "graph network, device embedding and zero-cost proxies; head tuned on the samples",
    .paper = "MultiPredict, arXiv 2306.02459",
    .pretrain_options = pretrain_options,
    .transfer_options = transfer_options,
    .needs_sources = true,
    .refits_live = true,
    .default_n = 900,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = release_adapted,
    .save_adapted = save_adapted,
    .load_adapted = load_adapted,
    .release = model_free,
    .save = save,
    .load = load,
};
