/* The records help, metasgd and maml. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "core/predict/help/help.h"

/* --- pretraining --- */

static const ll_option pretrain_options[] = {
    LL_OPT_INT("episodes", "0", 0, 1e6, "meta-training episodes; 0: as published (2000, fbnet 4000)"),
    LL_OPT_REAL("lr", "1e-4", 1e-7, 1, "Adam's rate in the outer loop"),
    LL_OPT_REAL("inner_lr", "1e-3", 1e-7, 1, "first value of the step sizes"),
    LL_OPT_INT("support", "10", 1, 200, "support architectures per device"),
    LL_OPT_INT("query", "200", 10, 700, "query architectures per device"),
    LL_OPT_CHOICE("order", "second", "second|first", "of the meta-gradient"),
    LL_OPT_REAL("kl", "0.8", 0, 100, "weight of the modulator's KL term"),
    LL_OPT_LIST("valid", NULL, "devices that choose the best episode; default: the sources themselves",
                LL_OF(DEVICE)),
    LL_OPT_INT("valid_every", "50", 1, 1e6, "how often", .unit = "episodes"),
    {0},
};

static ll_status pretrain(const ll_pretrain_job *job, bool device, bool learned_steps, void **model,
                          ll_error *e)
{
    ll_help_shape shape = ll_help_shape_of(job->archs->space, device);
    ll_help_model *m = ll_help_model_new(&shape, device);
    ll_status s = ll_help_train(job, learned_steps, m, e);
    const cJSON *item;
    cJSON_ArrayForEach(item, m->history)
    {
        if (job->history) cJSON_AddItemToObject(job->history, item->string, cJSON_Duplicate(item, true));
    }
    if (s && !(s == LL_CANCELLED && cJSON_GetObjectItem(m->history, "best_episode"))) {
        ll_help_model_free(m);
        return s;
    }
    *model = m;
    return s;
}

static ll_status pretrain_help(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return pretrain(job, true, true, model, e);
}

static ll_status pretrain_metasgd(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return pretrain(job, false, true, model, e);
}

static ll_status pretrain_maml(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return pretrain(job, false, false, model, e);
}

/* --- adapt --- */

static const ll_option transfer_options[] = {
    LL_OPT_CHOICE("protocol", "own", "own|help",
                  "help: labels scaled by the target's whole training pool, as published; own: by the "
                  "measured ones alone"),
    LL_OPT_INT("steps", "0", 0, 100000, "of gradient on the samples; 0: as many as it was trained with (2)"),
    {0}};

typedef struct range {
    double lo, hi;
} range;

static void widen(range *r, double x)
{
    if (isnan(x)) return;
    r->lo = fmin(r->lo, x);
    r->hi = fmax(r->hi, x);
}

/* Architectures that the published protocol scales by: the first so many of the table. */
static int pool_size(const ll_archs *table)
{
    int n = ll_space_help_pool(table->space, table->n);
    return table->n < n ? table->n : n;
}

/* The reference architectures, and with protocol=help the pool of the target's labels. */
static ll_archs *wants(const void *model, const ll_values *options, const ll_archs *table)
{
    const ll_help_model *m = model;
    bool pool = ll_is(options, "protocol", "help") && table;
    if (!m->shape.device && !pool) return NULL;
    int n = pool ? pool_size(table) : 0;
    int references = m->shape.device ? LL_HELP_REFERENCES : 0;
    const ll_space *space = pool ? table->space : m->reference->space;
    ll_archs *all = ll_archs_new(space, references + n);
    size_t bytes = (size_t)space->n_positions;
    for (int i = 0; i < references; i++) memcpy(ll_arch_at(all, i), ll_arch(m->reference, i), bytes);
    for (int i = 0; i < n; i++) memcpy(ll_arch_at(all, references + i), ll_arch(table, i), bytes);
    return all;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* HELP scales by the middle 80 % of the pool: every one of them is looked at. */
static range pool_range(const double *lat_ms, int n)
{
    double *lat = LL_NEW_ARRAY(double, n + 1);
    int known = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(lat_ms[i])) lat[known++] = lat_ms[i];
    qsort(lat, (size_t)known, sizeof *lat, ascending);
    int cut = known / 10;
    range r = known ? (range){lat[cut], lat[known - 1 - cut]} : (range){0, 1};
    free(lat);
    return r;
}

/* What the samples make of a model: its weights for this device. */
typedef struct adapted_net {
    int n;      /* weights */
    float *phi; /* (n) */
    float h[LL_HELP_REFERENCES];
    range scale;
} adapted_net;

static adapted_net *adapted_new(const ll_help_model *m)
{
    adapted_net *a = LL_NEW(adapted_net);
    *a = (adapted_net){.n = m->n, .phi = LL_NEW_ARRAY(float, m->n), .scale = {INFINITY, -INFINITY}};
    return a;
}

static void release_adapted(void *adapted)
{
    adapted_net *a = adapted;
    free(a->phi);
    free(a);
}

/* The hardware embedding, from 10 more measurements; LL_FAILED when one of them was never made. */
static ll_status embed(const ll_adapt_job *job, adapted_net *a, ll_error *e)
{
    int made = 0;
    for (int i = 0; i < LL_HELP_REFERENCES; i++) made += !isnan(job->extra.lat_ms[i]);
    if (made < LL_HELP_REFERENCES)
        return ll_fail(
            e, LL_FAILED,
            "help needs its %d reference architectures measured on %s as well, and has %d of them; "
            "predictors without references (gp, nasflat, metasgd, ridge) need none",
            LL_HELP_REFERENCES, job->device, made);
    for (int i = 0; i < LL_HELP_REFERENCES; i++) widen(&a->scale, job->extra.lat_ms[i]);
    ll_help_embedding(job->extra.lat_ms, a->h);
    return LL_OK;
}

static void find_scale(const ll_help_model *m, const ll_adapt_job *job, adapted_net *a)
{
    int references = m->shape.device ? LL_HELP_REFERENCES : 0;
    for (int i = 0; i < job->samples.archs->n; i++) widen(&a->scale, job->samples.lat_ms[i]);
    if (ll_is(job->options, "protocol", "help") && job->extra.archs)
        a->scale = pool_range(job->extra.lat_ms + references, job->extra.archs->n - references);
}

/* The inner loop on the samples, from the weights that the modulator makes of the device. */
static void learn(const ll_help_model *m, const ll_adapt_job *job, adapted_net *a)
{
    int k = job->samples.archs->n;
    float hidden[LL_HELP_Z], code[LL_HELP_Z_OUT];
    size_t row = (size_t)ll_help_rows(&m->shape) * (size_t)m->shape.n_in;
    float *x = LL_NEW_ARRAY(float, (size_t)k *row), *y = LL_NEW_ARRAY(float, k);
    ll_help_net *net = ll_help_net_new(&m->shape, k);
    ll_help_inputs(job->samples.archs, NULL, k, x);
    for (int i = 0; i < k; i++) y[i] = ll_help_norm(job->samples.lat_ms[i], a->scale.lo, a->scale.hi, .9);
    if (m->modulated)
        ll_help_encode(m->encoder, a->h, hidden, code); /* the mean of z: draws change ranks by < .001 */
    ll_help_modulate(m, m->modulated ? code : NULL, a->phi);
    int steps = ll_int(job->options, "steps");
    ll_help_adapt(net, a->phi, m->alpha, a->h, x, y, k, steps ? steps : m->steps);
    ll_help_net_free(net);
    free(x);
    free(y);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const ll_help_model *m = model;
    adapted_net *a = adapted_new(m);
    ll_status s = m->shape.device ? embed(job, a, e) : LL_OK;
    if (s) {
        release_adapted(a);
        return s;
    }
    find_scale(m, job, a);
    learn(m, job, a);
    ll_json_num(job->info, "scale_lo_ms", a->scale.lo);
    ll_json_num(job->info, "scale_hi_ms", a->scale.hi);
    *adapted = a;
    return LL_OK;
}

/* --- predict --- */

enum { PART = 256 };

typedef struct parts {
    const ll_help_model *m;
    const adapted_net *a;
    const ll_predict_job *job;
    ll_prediction *out;
} parts;

static void predict_part(void *ctx, int part)
{
    const parts *p = ctx;
    const range r = p->a->scale;
    int from = part * PART, n = p->out->n - from < PART ? p->out->n - from : PART, which[PART];
    size_t row = (size_t)ll_help_rows(&p->m->shape) * (size_t)p->m->shape.n_in;
    float *x = LL_NEW_ARRAY(float, PART *row), y[PART];
    if (!ll_cancelled(p->job->observer)) {
        ll_help_net *net = ll_help_net_new(&p->m->shape, PART);
        for (int i = 0; i < n; i++) which[i] = from + i;
        ll_help_inputs(p->job->archs, which, n, x);
        bool was = ll_blas_fix_tiles(true);
        ll_help_forward(net, p->a->phi, p->a->h, x, n, y);
        ll_blas_fix_tiles(was);
        for (int i = 0; i < n; i++) {
            p->out->score[from + i] = y[i];
            p->out->lat_ms[from + i] = (y[i] - .05) / .9 * (r.hi - r.lo) + r.lo;
        }
        ll_help_net_free(net);
    }
    free(x);
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    ll_prediction_new(out, job->archs->n, true, false);
    parts p = {model, adapted, job, out};
    ll_pool_run(job->pool, (out->n + PART - 1) / PART, predict_part, &p);
    return ll_cancelled(job->observer) ? ll_fail(e, LL_CANCELLED, "cancelled while predicting") : LL_OK;
}

/* --- an adapted one as tensors --- */

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const adapted_net *a = adapted;
    ll_tensors_add(out, "help.phi", LL_F32, 1, (long[]){a->n}, a->phi);
    ll_tensors_add(out, "help.device", LL_F32, 1, (long[]){LL_HELP_REFERENCES}, a->h);
    ll_tensors_add(out, "help.scale", LL_F64, 1, (long[]){2}, (double[]){a->scale.lo, a->scale.hi});
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const ll_help_model *m = model;
    const ll_tensor *phi, *h, *scale;
    ll_status s = ll_tensors_need(in, "help.phi", LL_F32, 1, (long[]){m->n}, &phi, e);
    if (!s) s = ll_tensors_need(in, "help.device", LL_F32, 1, (long[]){LL_HELP_REFERENCES}, &h, e);
    if (!s) s = ll_tensors_need(in, "help.scale", LL_F64, 1, (long[]){2}, &scale, e);
    if (s) return s;
    adapted_net *a = *adapted = adapted_new(m);
    memcpy(a->phi, phi->data, (size_t)m->n * sizeof *a->phi);
    memcpy(a->h, h->data, sizeof a->h);
    a->scale = (range){((const double *)scale->data)[0], ((const double *)scale->data)[1]};
    return LL_OK;
}

/* --- weights: under the names of the published checkpoints --- */

static const struct {
    const char *name;
    int offset, rows, cols;
} encoder_parts[] = {{"inference_network.z_encoder.0.weight", 0, 10, 10},
                     {"inference_network.z_encoder.0.bias", 100, 10, 0},
                     {"inference_network.z_encoder.2.weight", 110, LL_HELP_Z_OUT, 10},
                     {"inference_network.z_encoder.2.bias", 110 + LL_HELP_Z_OUT * 10, LL_HELP_Z_OUT, 0}};

static void add_part(ll_tensors *out, const char *name, int rows, int cols, const float *v)
{
    bool bias = strstr(name, "bias") != NULL;
    ll_tensors_add(out, name, LL_F32, bias ? 1 : 2, (long[]){rows, cols}, v);
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const ll_help_model *m = model;
    ll_help_slot slots[LL_HELP_SLOTS];
    int n = ll_help_slots(&m->shape, slots);
    for (int set = 0; set < 2; set++)
        for (int i = 0; i < n; i++) {
            char name[96];
            snprintf(name, sizeof name, "%s.meta_learner.%s", set ? "task_lr" : "model", slots[i].name);
            add_part(out, name, slots[i].rows, slots[i].cols, (set ? m->alpha : m->theta) + slots[i].offset);
        }
    for (int i = 0; i < 4 && m->modulated; i++)
        add_part(out, encoder_parts[i].name, encoder_parts[i].rows, encoder_parts[i].cols,
                 m->encoder + encoder_parts[i].offset);
    if (m->reference) ll_archs_save(m->reference, "help.reference", out);
    return LL_OK;
}

/* A tensor by its name or by a name that ends in it behind a dot. */
static const ll_tensor *find_part(const ll_tensors *in, const char *name)
{
    const ll_tensor *t = ll_tensors_find(in, name);
    size_t len = strlen(name);
    for (int i = 0; i < in->n && !t; i++) {
        size_t have = strlen(in->v[i].name);
        if (have > len && in->v[i].name[have - len - 1] == '.' && !strcmp(in->v[i].name + have - len, name))
            t = &in->v[i];
    }
    return t;
}

static ll_status read_part(const ll_tensors *in, const char *name, size_t count, float *to, ll_error *e)
{
    const ll_tensor *t = find_part(in, name);
    if (!t)
        return ll_fail(e, LL_BAD_DATA,
                       "tensor %s is missing: these are no weights of this predictor and space", name);
    if (t->dtype != LL_F32 || ll_tensor_count(t) != count)
        return ll_fail(e, LL_BAD_DATA,
                       "tensor %s has %zu numbers, %zu were expected: weights of another space?", name,
                       ll_tensor_count(t), count);
    memcpy(to, t->data, count * sizeof(float));
    return LL_OK;
}

/* Rows of a table, as an older latlab's files name the references, or as HELP published them with the data. */
static ll_status reference_rows(const ll_load_job *job, ll_help_model *m, ll_error *e)
{
    const char *text = ll_tensors_text(job->tensors, "reference");
    ll_strs words = {0};
    ll_ints rows = {0};
    if (text) ll_strs_split(&words, text, ',');
    for (int i = 0; i < words.n; i++) ll_ints_add(&rows, atoi(words.v[i]));
    for (int i = 0; !words.n && job->reference && i < job->reference->n; i++)
        ll_ints_add(&rows, job->reference->v[i]);
    bool good = rows.n == LL_HELP_REFERENCES && job->archs;
    for (int i = 0; i < rows.n && good; i++) good = rows.v[i] >= 0 && rows.v[i] < job->archs->n;
    if (good) m->reference = ll_archs_pick(job->archs, rows.v, rows.n);
    ll_strs_free(&words);
    ll_ints_free(&rows);
    return good ? LL_OK
                : ll_fail(e, LL_BAD_DATA,
                          "neither the weights nor the loaded dataset name the 10 reference architectures");
}

static ll_status read_reference(const ll_load_job *job, ll_help_model *m, ll_error *e)
{
    if (!m->shape.device) return LL_OK;
    if (!ll_tensors_find(job->tensors, "help.reference")) return reference_rows(job, m, e);
    ll_status s = ll_archs_load(job->tensors, "help.reference", job->space, &m->reference, e);
    if (!s && m->reference->n != LL_HELP_REFERENCES)
        s = ll_fail(e, LL_BAD_DATA, "tensor help.reference has %d architectures, %d were expected",
                    m->reference->n, LL_HELP_REFERENCES);
    return s;
}

static ll_status load_shape(const ll_load_job *job, bool device, void **model, ll_error *e)
{
    const ll_tensors *in = job->tensors;
    ll_help_shape shape = ll_help_shape_of(job->space, device);
    ll_help_model *m = ll_help_model_new(&shape, device);
    ll_help_slot slots[LL_HELP_SLOTS];
    int n = ll_help_slots(&shape, slots);
    ll_status s = LL_OK;
    for (int set = 0; set < 2; set++)
        for (int i = 0; i < n && !s; i++) {
            char name[96];
            snprintf(name, sizeof name, "%s.meta_learner.%s", set ? "task_lr" : "model", slots[i].name);
            s = read_part(in, name, (size_t)slots[i].rows * (size_t)slots[i].cols,
                          (set ? m->alpha : m->theta) + slots[i].offset, e);
        }
    for (int i = 0; i < 4 && m->modulated && !s; i++) {
        int cols = encoder_parts[i].cols ? encoder_parts[i].cols : 1;
        s = read_part(in, encoder_parts[i].name, (size_t)encoder_parts[i].rows * (size_t)cols,
                      m->encoder + encoder_parts[i].offset, e);
    }
    if (!s) s = read_reference(job, m, e);
    if (s)
        ll_help_model_free(m);
    else
        *model = m;
    return s;
}

static ll_status load_help(const ll_load_job *job, void **model, ll_error *e)
{
    return load_shape(job, true, model, e);
}

static ll_status load_plain(const ll_load_job *job, void **model, ll_error *e)
{
    return load_shape(job, false, model, e);
}

#define RECORD(id, text, extra, start, restore)                                                              \
    {                                                                                                        \
        .name = id, .summary = text, .paper = "HELP, arXiv 2106.08630",                                      \
        .pretrain_options = pretrain_options, .transfer_options = transfer_options, .needs_sources = true,   \
        .default_n = 900, .extra_cost = extra, .pretrain = start, .release = ll_help_model_free,             \
        .save = save, .load = restore, .wants = wants, .adapt = adapt, .predict = predict,                   \
        .release_adapted = release_adapted, .save_adapted = save_adapted, .load_adapted = load_adapted       \
    }

const ll_predictor ll_help =
    RECORD("help", "meta-learned network with a hardware embedding from 10 reference architectures",
           LL_HELP_REFERENCES, pretrain_help, load_help);
const ll_predictor ll_metasgd =
    RECORD("metasgd", "HELP's network without device information, learned step sizes", 0, pretrain_metasgd,
           load_plain);
const ll_predictor ll_maml = RECORD("maml", "HELP's network without device information, one fixed step size",
                                    0, pretrain_maml, load_plain);
