/* MultiPredict as few-shot transfer (AutoML 2023; ALGORITHMS section 9): pretrained on all source devices at once, then
 * only head and device embedding are trained on the samples, from the embedding of the source that ranks them most
 * alike. All sources of an architecture share a batch, so that it is encoded once. */
#include "core/predict/gcn/graphs.h"
#include "core/predict/gcn/multipredict_net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/quote.h"
#include "core/base/rng.h"
#include "core/encode/encoding.h"
#include "core/nn/adamw.h"
#include "core/num/stats.h"
#include "core/predict/help/help.h"
#include "core/predict/simple/simple.h"

static const ll_option pretrain_options[] = {
    {.name = "epochs",
     .type = LL_INT,
     .otherwise = "250",
     .lo = 1,
     .hi = 10000,
     .help = "passes over the architectures"},
    {.name = "lr",
     .type = LL_REAL,
     .otherwise = "4e-4",
     .lo = 1e-7,
     .hi = 1,
     .help = "first rate of AdamW, cosine to 0"},
    {.name = "batch",
     .type = LL_INT,
     .otherwise = "128",
     .lo = 1,
     .hi = 4096,
     .help = "architecture and device pairs a step"},
    {0},
};

static const ll_option transfer_options[] = {
    {.name = "epochs",
     .type = LL_INT,
     .otherwise = "50",
     .lo = 0,
     .hi = 10000,
     .help = "steps on all samples at once"},
    {.name = "lr",
     .type = LL_REAL,
     .otherwise = "1e-3",
     .lo = 1e-7,
     .hi = 1,
     .help = "first rate of AdamW, cosine to 0"},
    {0},
};

/* --- inputs of a dataset --- */

typedef struct inputs {
    ll_gcn_graphs graphs; /* spaces with a cell graph */
    float *x;             /* others: (n_archs, n_in) */
    float *z;             /* (n_archs, n_z), each proxy from 0 to 1; NULL: none */
    float *code;          /* (n_archs, 30) */
    ll_hash hash;         /* of the dataset these belong to */
} inputs;

typedef struct model_t {
    const ll_space *space;
    ll_mp_shape shape;
    ll_strs source;
    float *w;
    inputs in; /* of the data it was trained on */
} model_t;

static void inputs_free(inputs *in)
{
    ll_gcn_graphs_free(&in->graphs);
    free(in->x);
    free(in->z);
    free(in->code);
}

static void model_free(void *model)
{
    model_t *m = model;
    inputs_free(&m->in);
    ll_strs_free(&m->source);
    free(m->w);
    free(m);
}

static void scale_columns(ll_matrix_f *z)
{
    for (int c = 0; c < z->cols; c++) {
        float lo = INFINITY, hi = -INFINITY;
        for (int r = 0; r < z->rows; r++) {
            float v = z->v[(size_t)r * (size_t)z->cols + (size_t)c];
            lo = fminf(lo, v);
            hi = fmaxf(hi, v);
        }
        float scale = hi > lo ? 1 / (hi - lo) : 0;
        for (int r = 0; r < z->rows; r++) {
            float *v = &z->v[(size_t)r * (size_t)z->cols + (size_t)c];
            *v = (*v - lo) * scale;
        }
    }
}

/* Graphs or input rows, and the proxies; *n_z is their number. */
static ll_status read_inputs(const ll_dataset *d, inputs *in, int *n_z, ll_error *e)
{
    ll_help_shape shape = ll_help_shape_of(d, false);
    *in = (inputs){.hash = d->hash};
    *n_z = 0;
    if (ll_archs_feature(d->archs, "zcp")) {
        ll_matrix_f z;
        ll_status s = ll_encode(d, "zcp", &z, e);
        if (s) return s;
        scale_columns(&z);
        in->z = z.v;
        *n_z = z.cols;
    }
    if (shape.graph) {
        ll_gcn_graphs_of(d, LL_GRAPH_FULL, false, &in->graphs);
    } else {
        ll_ints all = ll_ints_range(d->n_archs);
        in->x = LL_NEW_ARRAY(float, (size_t)d->n_archs *(size_t)shape.n_in);
        ll_help_inputs(d, all.v, d->n_archs, in->x);
        ll_ints_free(&all);
    }
    return LL_OK;
}

static ll_mp_shape shape_of(const ll_dataset *d, const inputs *in, int n_devices, int n_z)
{
    ll_help_shape shape = ll_help_shape_of(d, false);
    return ll_mp_shape_of(shape.graph, in->graphs.nodes, in->graphs.labels, shape.n_in, n_devices, n_z);
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

enum { CHUNK = 512 };
typedef struct encoding {
    const ll_mp_shape *shape;
    const float *w;
    inputs *in;
    int n;
} encoding;

static void encode_chunk(void *ctx, int chunk)
{
    const encoding *c = ctx;
    int from = chunk * CHUNK, n = c->n - from < CHUNK ? c->n - from : CHUNK, which[CHUNK];
    float *rows = LL_NEW_ARRAY(float, (size_t)CHUNK *(size_t)(c->shape->n_in + 1));
    ll_mp_net *net = ll_mp_net_new(c->shape, n, 1);
    for (int i = 0; i < n; i++) which[i] = from + i;
    const float *code = encode(net, c->shape, c->w, c->in, which, n, rows);
    memcpy(c->in->code + (size_t)from * LL_MP_CODE, code, (size_t)n * LL_MP_CODE * sizeof *code);
    ll_mp_net_free(net);
    free(rows);
}

static void encode_all(const ll_mp_shape *s, const float *w, int n, ll_pool *pool, inputs *in)
{
    encoding c = {s, w, in, n};
    free(in->code);
    in->code = LL_NEW_ARRAY(float, (size_t)n *LL_MP_CODE);
    ll_pool_run(pool, (n + CHUNK - 1) / CHUNK, encode_chunk, &c);
}

/* --- pretraining --- */

typedef struct training {
    const ll_pretrain_job *job;
    model_t *m;
    ll_mp_net *net;
    ll_adamw adam;
    float *grad, *dcode, *score, *dscore, *rows;
    ll_mp_item *items;
    float *label; /* (S, n_archs of the dataset), NaN: missing */
    int *order;   /* (n_archs of the job) */
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
    int n = job->data->n_archs;
    float *label = LL_NEW_ARRAY(float, (size_t)job->n_source *(size_t)n);
    for (int s = 0; s < job->n_source; s++) {
        const double *lat = ll_latencies(job->data, job->source[s]);
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
    int per_step = ll_int(job->options, "batch") / job->n_source;
    *t = (training){.job = job, .m = m, .archs_per_step = per_step > 1 ? per_step : 1};
    size_t archs = (size_t)t->archs_per_step, items = archs * (size_t)job->n_source;
    t->net = ll_mp_net_new(s, (int)archs, (int)items);
    ll_adamw_init(&t->adam, s->n, 5e-4);
    t->grad = ll_alloc_aligned(s->n, sizeof(float));
    t->dcode = LL_NEW_ARRAY(float, archs *LL_MP_CODE);
    t->rows = LL_NEW_ARRAY(float, archs *(size_t)(s->n_in + 1));
    t->score = LL_NEW_ARRAY(float, items);
    t->dscore = LL_NEW_ARRAY(float, items);
    t->items = LL_NEW_ARRAY(ll_mp_item, items);
    t->label = labels_of(job);
    t->order = ll_memdup(job->archs, (size_t)job->n_archs, sizeof *t->order);
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
    return t->label[(size_t)item->device * (size_t)t->job->data->n_archs + (size_t)which[item->code]];
}

/* Absolute errors summed, over every source that knows these architectures. Returns the loss and adds the items. */
static double train_step(training *t, const int *which, int n, double lr, int *n_items)
{
    const model_t *m = t->m;
    int items = 0;
    double loss = 0;
    for (int i = 0; i < n; i++)
        for (int s = 0; s < t->job->n_source; s++) {
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

static void report(const training *t, int epoch, int epochs, double loss, double start_s)
{
    if (!ll_observer_due(t->job->observer, .1)) return;
    cJSON *p = ll_progress_new("pretraining", epoch, epochs);
    ll_json_num(p, "loss", loss);
    ll_json_num(p, "left_s", (ll_now_s() - start_s) / epoch * (epochs - epoch));
    ll_progress(t->job->observer, p);
}

/* Returns the epochs that ran to their end. */
static int train(training *t)
{
    int epochs = ll_int(t->job->options, "epochs"), n = t->job->n_archs, B = t->archs_per_step;
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
        report(t, epoch + 1, epochs, items ? loss / items : 0, start);
    }
    return epochs;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    model_t *m = LL_NEW(model_t);
    int n_z;
    *m = (model_t){.space = job->data->space};
    ll_status s = read_inputs(job->data, &m->in, &n_z, e);
    if (s) {
        model_free(m);
        return s;
    }
    m->shape = shape_of(job->data, &m->in, job->n_source + 1, n_z);
    m->w = ll_alloc_aligned(m->shape.n, sizeof(float));
    for (int i = 0; i < job->n_source; i++) ll_strs_add(&m->source, job->data->devices[job->source[i]].name);
    init_weights(&m->shape, m->w, job->seed);
    training t;
    training_init(&t, job, m);
    int epochs = train(&t);
    training_free(&t);
    bool complete = epochs == ll_int(job->options, "epochs");
    if (!complete) s = ll_fail(e, LL_CANCELLED, "cancelled");
    if (epochs) {
        encode_all(&m->shape, m->w, job->data->n_archs, job->pool, &m->in);
        *model = m;
    } else {
        model_free(m);
    }
    return s;
}

/* --- transfer --- */

/* The source whose latencies on the samples rank most like y; *rho is their Spearman. */
static int nearest_source(const model_t *m, const ll_transfer_job *job, const double *y, double *rho)
{
    int best = 0;
    double *a = LL_NEW_ARRAY(double, job->k), *b = LL_NEW_ARRAY(double, job->k);
    *rho = -2;
    for (int s = 0; s < m->source.n; s++) {
        int device = ll_dataset_device(job->data, m->source.v[s]), n = 0;
        for (int i = 0; i < job->k && device >= 0; i++) {
            if (!ll_known(job->data, device, job->samples[i])) continue;
            a[n] = ll_latencies(job->data, device)[job->samples[i]];
            b[n++] = y[i];
        }
        double r = ll_spearman(a, b, n);
        if (isnan(r) || r <= *rho) continue;
        *rho = r;
        best = s;
    }
    free(a);
    free(b);
    return best;
}

/* Head and embeddings on all samples at once; w is changed. */
static void fine_tune(const model_t *m, const inputs *in, const ll_transfer_job *job, const double *y,
                      float *w)
{
    const ll_mp_shape *s = &m->shape;
    int k = job->k, epochs = ll_int(job->options, "epochs");
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
    for (int i = 0; i < k; i++) items[i] = (ll_mp_item){job->samples[i], s->n_devices - 1, job->samples[i]};
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

static void predict(const model_t *m, const inputs *in, const ll_transfer_job *job, const float *w,
                    ll_prediction *out)
{
    ll_mp_net *net = ll_mp_net_new(&m->shape, 1, CHUNK);
    ll_mp_item items[CHUNK];
    float score[CHUNK];
    out->n = ll_job_n(job);
    out->score = LL_NEW_ARRAY(double, out->n);
    for (int from = 0; from < out->n; from += CHUNK) {
        int n = out->n - from < CHUNK ? out->n - from : CHUNK;
        for (int i = 0; i < n; i++) {
            int row = ll_job_row(job, from + i);
            items[i] = (ll_mp_item){row, m->shape.n_devices - 1, row};
        }
        ll_mp_head(net, w, in->code, in->z, items, n, score);
        for (int i = 0; i < n; i++) out->score[from + i] = score[i];
    }
    ll_mp_net_free(net);
}

/* The model's own inputs, or those of a dataset that is not the one it was trained on, in *other. */
static ll_status inputs_for(const model_t *m, const ll_transfer_job *job, inputs *other, const inputs **out,
                            ll_error *e)
{
    int n_z;
    *other = (inputs){0};
    *out = &m->in;
    if (!strcmp(m->in.hash.hex, job->data->hash.hex)) return LL_OK;
    ll_status s = read_inputs(job->data, other, &n_z, e);
    if (!s && n_z != m->shape.n_z)
        s = ll_fail(e, LL_FAILED, "the model was trained with %d zero-cost proxies and %s has %d",
                    m->shape.n_z, job->data->name, n_z);
    if (!s) encode_all(&m->shape, m->w, job->data->n_archs, job->pool, other);
    *out = other;
    return s;
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    const model_t *m = model;
    const ll_mp_shape *s = &m->shape;
    const inputs *in;
    inputs other;
    double mean, rho, *y = ll_job_latencies(job, &mean, e);
    if (!y) return LL_FAILED;
    ll_status status = inputs_for(m, job, &other, &in, e);
    if (!status) {
        float *w = ll_alloc_aligned(s->n, sizeof(float));
        int nearest = nearest_source(m, job, y, &rho);
        memcpy(w, m->w, s->n * sizeof *w);
        memcpy(w + s->embedding + (size_t)(s->n_devices - 1) * LL_MP_DEVICE,
               w + s->embedding + (size_t)nearest * LL_MP_DEVICE, LL_MP_DEVICE * sizeof *w);
        fine_tune(m, in, job, y, w);
        predict(m, in, job, w, out);
        out->info = cJSON_CreateObject();
        ll_json_str(out->info, "first_embedding", m->source.v[nearest]);
        ll_json_num(out->info, "agreement", rho < -1 ? NAN : rho);
        ll_json_int(out->info, "proxies", s->n_z);
        free(w);
    }
    inputs_free(&other);
    free(y);
    return status;
}

/* --- as tensors --- */

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const model_t *m = model;
    ll_str names = {0};
    ll_simple_save_space(m->space, out);
    for (int i = 0; i < m->source.n; i++) ll_list_add(&names, m->source.v[i]);
    ll_tensors_set_text(out, "multipredict.devices", ll_str_text(&names));
    ll_tensors_add(out, "multipredict.weights", LL_F32, 1, (long[]){(long)m->shape.n}, m->w);
    ll_str_free(&names);
    return LL_OK;
}

static ll_status load(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    const char *names = ll_tensors_text(in, "multipredict.devices");
    const ll_tensor *w;
    int n_z;
    ll_status s = ll_simple_space_matches(in, data, e);
    if (!s && !names)
        s = ll_fail(e, LL_BAD_DATA, "the file does not name the source devices of multipredict");
    if (s) return s;
    model_t *m = LL_NEW(model_t);
    *m = (model_t){.space = data->space};
    ll_list_read(names, &m->source);
    s = read_inputs(data, &m->in, &n_z, e);
    if (!s) {
        m->shape = shape_of(data, &m->in, m->source.n + 1, n_z);
        s = ll_tensors_need(in, "multipredict.weights", LL_F32, 1, (long[]){(long)m->shape.n}, &w, e);
    }
    if (s) {
        model_free(m);
        return s;
    }
    m->w = ll_alloc_aligned(m->shape.n, sizeof(float));
    memcpy(m->w, w->data, m->shape.n * sizeof *m->w);
    encode_all(&m->shape, m->w, data->n_archs, NULL, &m->in);
    *model = m;
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
    .transfer = transfer,
    .release = model_free,
    .save = save,
    .load = load,
};
