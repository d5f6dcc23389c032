/* The records help, metasgd and maml. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/predict/help/help.h"

/* --- pretraining --- */

static const ll_option pretrain_options[] = {
    {.name = "episodes",
     .type = LL_INT,
     .otherwise = "0",
     .lo = 0,
     .hi = 1e6,
     .help = "meta-training episodes; 0: as published (2000, fbnet 4000)"},
    {.name = "lr",
     .type = LL_REAL,
     .otherwise = "1e-4",
     .lo = 1e-7,
     .hi = 1,
     .help = "Adam's rate in the outer loop"},
    {.name = "inner_lr",
     .type = LL_REAL,
     .otherwise = "1e-3",
     .lo = 1e-7,
     .hi = 1,
     .help = "first value of the step sizes"},
    {.name = "support",
     .type = LL_INT,
     .otherwise = "10",
     .lo = 1,
     .hi = 200,
     .help = "support architectures per device"},
    {.name = "query",
     .type = LL_INT,
     .otherwise = "200",
     .lo = 10,
     .hi = 700,
     .help = "query architectures per device"},
    {.name = "order",
     .type = LL_CHOICE,
     .otherwise = "second",
     .choices = "second|first",
     .help = "of the meta-gradient"},
    {.name = "kl",
     .type = LL_REAL,
     .otherwise = "0.8",
     .lo = 0,
     .hi = 100,
     .help = "weight of the modulator's KL term"},
    {.name = "valid",
     .type = LL_LIST,
     .complete = LL_COMPLETE_DEVICE,
     .help = "devices that choose the best episode; default: the sources themselves"},
    {.name = "valid_every",
     .type = LL_INT,
     .otherwise = "50",
     .lo = 1,
     .hi = 1e6,
     .unit = "episodes",
     .help = "how often"},
    {0},
};

static ll_status pretrain(const ll_pretrain_job *job, bool device, bool learned_steps, void **model,
                          ll_error *e)
{
    ll_help_shape shape = ll_help_shape_of(job->data, device);
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

/* --- transfer
 * ----------------------------------------------------------------------------------------------------------
 */

static const ll_option transfer_options[] = {
    {.name = "protocol",
     .type = LL_CHOICE,
     .otherwise = "own",
     .choices = "own|help",
     .help = "help: labels scaled by the target's whole training pool, as published; own: by the measured "
             "ones alone"},
    {0},
};

typedef struct range {
    double lo, hi;
} range;

static void widen(range *r, double x)
{
    if (isnan(x)) return;
    r->lo = fmin(r->lo, x);
    r->hi = fmax(r->hi, x);
}

/* HELP scales by the middle 80 % of the target's first n architectures: every one of them is looked at. */
static range pool_range(const ll_transfer_job *job)
{
    int n = strcmp(job->data->space->name, "nasbench201") ? 4000 : 900, known = 0;
    double *lat = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) {
        double x = ll_measure(job, i);
        int at = known;
        if (isnan(x)) continue;
        for (; at > 0 && lat[at - 1] > x; at--) lat[at] = lat[at - 1];
        lat[at] = x;
        known++;
    }
    int cut = known / 10;
    range r = known ? (range){lat[cut], lat[known - 1 - cut]} : (range){0, 1};
    free(lat);
    return r;
}

/* The hardware embedding, from 10 more measurements; false when one of them was never made. */
static bool embed(const ll_help_model *m, const ll_transfer_job *job, float *h, range *r)
{
    double ref[LL_HELP_REFERENCES];
    for (int i = 0; i < LL_HELP_REFERENCES; i++) {
        ref[i] = ll_measure(job, m->reference[i]);
        if (isnan(ref[i])) return false;
        widen(r, ref[i]);
    }
    ll_help_embedding(ref, h);
    return true;
}

static void predict_rows(const ll_help_model *m, const ll_transfer_job *job, ll_help_net *net,
                         const float *phi, const float *h, range r, ll_prediction *out)
{
    enum { PART = 256 };
    size_t row = (size_t)ll_help_rows(&m->shape) * (size_t)m->shape.n_in;
    float *x = LL_NEW_ARRAY(float, PART *row), y[PART];
    int archs[PART];
    for (int from = 0; from < out->n; from += PART) {
        int n = out->n - from < PART ? out->n - from : PART;
        for (int i = 0; i < n; i++) archs[i] = job->rows ? job->rows[from + i] : from + i;
        ll_help_inputs(job->data, archs, n, x);
        ll_help_forward(net, phi, h, x, n, y);
        for (int i = 0; i < n; i++) {
            out->score[from + i] = y[i];
            out->lat_ms[from + i] = fmax(0, (y[i] - .05) / .9 * (r.hi - r.lo) + r.lo);
        }
    }
    free(x);
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    enum { PART = 256 };
    const ll_help_model *m = model;
    float h[LL_HELP_REFERENCES] = {0}, hidden[LL_HELP_Z], code[LL_HELP_Z_OUT];
    range r = {INFINITY, -INFINITY};
    if (m->shape.device && !embed(m, job, h, &r))
        return ll_fail(e, LL_FAILED,
                       "help needs its 10 reference architectures measured on the target as well");
    for (int i = 0; i < job->k; i++) widen(&r, ll_measure(job, job->samples[i]));
    if (ll_is(job->options, "protocol", "help")) r = pool_range(job);
    size_t row = (size_t)ll_help_rows(&m->shape) * (size_t)m->shape.n_in;
    float *x = LL_NEW_ARRAY(float, (size_t)job->k *row), *y = LL_NEW_ARRAY(float, job->k),
          *phi = LL_NEW_ARRAY(float, m->n);
    ll_help_net *net = ll_help_net_new(&m->shape, job->k > PART ? job->k : PART);
    ll_help_inputs(job->data, job->samples, job->k, x);
    for (int i = 0; i < job->k; i++) y[i] = ll_help_norm(ll_measure(job, job->samples[i]), r.lo, r.hi, .9);
    if (m->modulated)
        ll_help_encode(m->encoder, h, hidden, code); /* the mean of z: draws change ranks by < .001 */
    ll_help_modulate(m, m->modulated ? code : NULL, phi);
    ll_help_adapt(net, phi, m->alpha, h, x, y, job->k, m->steps);
    out->n = job->rows ? job->n_rows : job->data->n_archs;
    out->score = LL_NEW_ARRAY(double, out->n);
    out->lat_ms = LL_NEW_ARRAY(double, out->n);
    predict_rows(m, job, net, phi, h, r, out);
    out->info = cJSON_CreateObject();
    if (m->shape.device) ll_json_ints(out->info, "reference", m->reference, LL_HELP_REFERENCES);
    ll_json_num(out->info, "scale_lo_ms", r.lo);
    ll_json_num(out->info, "scale_hi_ms", r.hi);
    ll_help_net_free(net);
    free(x);
    free(y);
    free(phi);
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
    ll_str reference = {0};
    for (int set = 0; set < 2; set++)
        for (int i = 0; i < n; i++) {
            char name[96];
            snprintf(name, sizeof name, "%s.meta_learner.%s", set ? "task_lr" : "model", slots[i].name);
            add_part(out, name, slots[i].rows, slots[i].cols, (set ? m->alpha : m->theta) + slots[i].offset);
        }
    for (int i = 0; i < 4 && m->modulated; i++)
        add_part(out, encoder_parts[i].name, encoder_parts[i].rows, encoder_parts[i].cols,
                 m->encoder + encoder_parts[i].offset);
    for (int i = 0; i < LL_HELP_REFERENCES; i++)
        ll_str_addf(&reference, "%s%d", i ? "," : "", m->reference[i]);
    ll_tensors_set_text(out, "reference", ll_str_text(&reference));
    ll_str_free(&reference);
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

static ll_status read_reference(ll_help_model *m, const ll_tensors *in, const ll_dataset *d, ll_error *e)
{
    const char *text = ll_tensors_text(in, "reference");
    ll_strs words = {0};
    if (text) ll_strs_split(&words, text, ',');
    for (int i = 0; i < LL_HELP_REFERENCES; i++)
        m->reference[i] = words.n == LL_HELP_REFERENCES          ? atoi(words.v[i])
                          : d->reference.n == LL_HELP_REFERENCES ? d->reference.v[i]
                                                                 : -1;
    ll_strs_free(&words);
    for (int i = 0; i < LL_HELP_REFERENCES && m->shape.device; i++)
        if (m->reference[i] < 0 || m->reference[i] >= d->n_archs)
            return ll_fail(e, LL_BAD_DATA,
                           "neither the weights nor dataset %s name the 10 reference architectures", d->name);
    return LL_OK;
}

static ll_status load_shape(const ll_tensors *in, const ll_dataset *d, bool device, void **model, ll_error *e)
{
    ll_help_shape shape = ll_help_shape_of(d, device);
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
    if (!s) s = read_reference(m, in, d, e);
    if (s)
        ll_help_model_free(m);
    else
        *model = m;
    return s;
}

static ll_status load_help(const ll_tensors *in, const ll_dataset *d, void **model, ll_error *e)
{
    return load_shape(in, d, true, model, e);
}

static ll_status load_plain(const ll_tensors *in, const ll_dataset *d, void **model, ll_error *e)
{
    return load_shape(in, d, false, model, e);
}

#define RECORD(id, text, extra, start, restore)                                                              \
    {                                                                                                        \
        .name = id, .summary = text, .paper = "HELP, arXiv 2106.08630",                                      \
        .pretrain_options = pretrain_options, .transfer_options = transfer_options, .needs_sources = true,   \
        .default_n = 900, .extra_cost = extra, .pretrain = start, .transfer = transfer,                      \
        .release = ll_help_model_free, .save = save, .load = restore                                         \
    }

const ll_predictor ll_help =
    RECORD("help", "meta-learned network with a hardware embedding from 10 reference architectures",
           LL_HELP_REFERENCES, pretrain_help, load_help);
const ll_predictor ll_metasgd =
    RECORD("metasgd", "HELP's network without device information, learned step sizes", 0, pretrain_metasgd,
           load_plain);
const ll_predictor ll_maml = RECORD("maml", "HELP's network without device information, one fixed step size",
                                    0, pretrain_maml, load_plain);
