#include "core/predict/gp/gp.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return ll_gp_model_fit(job, NULL, (ll_gp_model **)model, e);
}

static void release(void *model)
{
    ll_gp_model_free(model);
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    return ll_gp_model_save(model, out, e);
}

static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    return ll_gp_model_load(job, NULL, (ll_gp_model **)model, e);
}

static bool design_prior(const void *model, const ll_archs *archs, ll_design_prior *out)
{
    const ll_gp_model *m = model;
    ll_gp_rows rows;
    if (ll_gp_model_knows(m, archs)) {
        *out = m->design;
        out->own = NULL; /* the model's */
        return true;
    }
    ll_gp_rows_init(m, archs, NULL, NULL, &rows);
    ll_gp_design_on(m, &rows, out);
    ll_gp_rows_free(&rows);
    return true;
}

/* --- adapt --- */

/* The probability of each kind of device, and in words when it is not the usual one. */
static void describe_kind(cJSON *o, const double *probability)
{
    static const char *const names[LL_GP_KINDS] = {"as_written", "live", "pruned", "mixed"};
    static const char *const words[LL_GP_KINDS] = {
        NULL, "executes only what reaches the output",
        "executes only what lies on a path from input to output",
        "simplifies the network in part, so that both what is written and what is left of it count"};
    int likely = LL_GP_AS_WRITTEN;
    ll_str text = {0};
    for (int k = 0; k < LL_GP_KINDS; k++) {
        ll_json_num(o, names[k], probability[k]);
        if (probability[k] > probability[likely]) likely = k;
    }
    if (!words[likely]) return;
    ll_str_addf(&text, "the samples say that this device %s (probability %.2f)", words[likely],
                probability[likely]);
    ll_json_str(ll_json_arr(o, "says"), NULL, ll_str_text(&text));
    ll_str_free(&text);
}

/* What the samples said: outliers among them, how noisy the device is, how many draws carry the weight, what it
 * executes. */
static void describe(const ll_gp_posterior *q, int executions, int k, cJSON *o)
{
    double squares = 0;
    ll_ints outliers = {0};
    for (int m = 0; m < q->n_draws; m++) squares += q->weight[m] * q->weight[m];
    for (int i = 0; i < k; i++)
        if (q->outlying[i] > 4) ll_ints_add(&outliers, i);
    ll_json_num(o, "spread", q->spread);
    ll_json_num(o, "noise_ms", q->scale_ms * sqrt(q->noise));
    ll_json_num(o, "effective_draws", 1 / squares);
    if (executions > 1) describe_kind(o, q->kind);
    ll_json_ints(o, "outliers", outliers.v, outliers.n);
    ll_ints_free(&outliers);
}

/* Their numbers among the model's own rows; false: some are not there. */
static bool find_rows(const ll_gp_model *m, const ll_archs *archs, int *number)
{
    if (!m->rows.archs) return false;
    for (int i = 0; i < archs->n; i++)
        if ((number[i] = ll_archs_find(m->rows.archs, ll_arch(archs, i))) < 0) return false;
    return true;
}

ll_status ll_gp_adapt(const ll_gp_model *m, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const ll_archs *archs = job->samples.archs;
    ll_gp_rows fresh = {0};
    ll_ints number = ll_ints_range(archs->n);
    bool own = find_rows(m, archs, number.v), go = true;
    for (int i = 0; i < archs->n && !own; i++) number.v[i] = i;
    if (!own) go = ll_gp_rows_init(m, archs, job->observer, job->pool, &fresh);
    if (go) {
        ll_gp_posterior *q = *adapted = LL_NEW(ll_gp_posterior);
        ll_gp_model_condition(m, own ? &m->rows : &fresh, number.v, job->samples.lat_ms, archs->n,
                              job->want_variance, q);
        if (job->info) describe(q, m->frame.n_parts, archs->n, job->info);
    }
    ll_gp_rows_free(&fresh);
    ll_ints_free(&number);
    return go ? LL_OK : ll_fail(e, LL_CANCELLED, "cancelled while the source devices were predicted");
}

void ll_gp_release_adapted(void *adapted)
{
    ll_gp_posterior_free(adapted);
    free(adapted);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    return ll_gp_adapt(model, job, adapted, e);
}

/* --- predict --- */

/* Architectures in parts, so that a million of them take no more memory than one part. */
enum { PART = 1024 };

typedef struct parts {
    const ll_gp_model *m;
    const ll_gp_posterior *q;
    const ll_predict_job *job;
    ll_prediction *out;
    atomic_bool cancelled;
} parts;

static void predict_rows(const parts *x, const ll_gp_rows *rows, int from)
{
    double *sd = x->out->sd_ms ? x->out->sd_ms + from : NULL;
    ll_gp_posterior_predict(x->q, &rows->prior, NULL, rows->prior.n, x->out->lat_ms + from, sd);
}

static void predict_part(void *ctx, int part)
{
    parts *x = ctx;
    const ll_archs *all = x->job->archs;
    int from = part * PART, n = all->n - from < PART ? all->n - from : PART;
    ll_gp_rows rows;
    if (ll_cancelled(x->job->observer)) return;
    ll_archs *some = ll_archs_slice(all, from, n);
    if (ll_gp_rows_init(x->m, some, x->job->observer, NULL, &rows))
        predict_rows(x, &rows, from);
    else
        x->cancelled = true;
    ll_gp_rows_free(&rows);
    ll_archs_unref(some);
}

ll_status ll_gp_predict(const ll_gp_model *m, const void *adapted, const ll_predict_job *job,
                        ll_prediction *out, ll_error *e)
{
    const ll_gp_posterior *q = adapted;
    parts x = {.m = m, .q = q, .job = job, .out = out};
    ll_prediction_new(out, job->archs->n, true, job->want_variance && q->form);
    if (ll_gp_model_knows(m, job->archs))
        predict_rows(&x, &m->rows, 0);
    else
        ll_pool_run(job->pool, (job->archs->n + PART - 1) / PART, predict_part, &x);
    memcpy(out->score, out->lat_ms, (size_t)out->n * sizeof *out->score);
    out->dof = q->dof;
    return x.cancelled || ll_cancelled(job->observer) ? ll_fail(e, LL_CANCELLED, "cancelled while predicting")
                                                      : LL_OK;
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    return ll_gp_predict(model, adapted, job, out, e);
}

/* --- as tensors --- */

/* Scalars, slopes, and the probability of each kind; files of before there were mixed devices have one less of the last. */
enum { SCALARS = 5, KINDS_AT = SCALARS + LL_GP_EXECUTIONS, NUMBERS = KINDS_AT + LL_GP_KINDS };

ll_status ll_gp_save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const ll_gp_posterior *q = adapted;
    double *v = ll_tensors_add(out, "gp.posterior", LL_F64, 1, (long[]){NUMBERS}, NULL)->data;
    memcpy(v, (double[]){q->scale_ms, q->constant, q->noise, q->dof, q->spread}, SCALARS * sizeof *v);
    memcpy(v + SCALARS, q->slope, sizeof q->slope);
    memcpy(v + KINDS_AT, q->kind, sizeof q->kind);
    ll_tensors_add(out, "gp.beta", LL_F64, 1, (long[]){q->dim}, q->beta);
    if (q->form) ll_tensors_add(out, "gp.form", LL_F64, 2, (long[]){q->width, q->width}, q->form);
    return LL_OK;
}

static ll_status form_from(const ll_tensors *in, ll_gp_posterior *q, ll_error *e)
{
    const ll_tensor *form;
    if (!ll_tensors_find(in, "gp.form")) return LL_OK;
    ll_status s = ll_tensors_need(in, "gp.form", LL_F64, 2, (long[]){q->width, q->width}, &form, e);
    if (!s) q->form = ll_memdup(form->data, (size_t)q->width * (size_t)q->width, sizeof *q->form);
    return s;
}

ll_status ll_gp_load_adapted(const ll_gp_model *m, const ll_tensors *in, void **adapted, ll_error *e)
{
    const ll_tensor *numbers = ll_tensors_find(in, "gp.posterior"), *beta;
    bool older = numbers && numbers->n_dims == 1 && numbers->shape[0] == NUMBERS - 1;
    ll_status s = ll_tensors_need(in, "gp.posterior", LL_F64, 1, (long[]){NUMBERS - older}, &numbers, e);
    if (!s) s = ll_tensors_need(in, "gp.beta", LL_F64, 1, (long[]){m->frame.dim}, &beta, e);
    if (s) return s;
    const double *v = numbers->data;
    ll_gp_posterior *q = LL_NEW(ll_gp_posterior);
    *q = (ll_gp_posterior){.dim = m->frame.dim,
                           .width = 1 + m->frame.n_parts + m->frame.dim,
                           .scale_ms = v[0],
                           .constant = v[1],
                           .noise = v[2],
                           .dof = v[3],
                           .spread = v[4]};
    memcpy(q->slope, v + SCALARS, sizeof q->slope);
    memcpy(q->kind, v + KINDS_AT, (size_t)(NUMBERS - KINDS_AT - older) * sizeof *v);
    q->beta = ll_memdup(beta->data, (size_t)q->dim, sizeof *q->beta);
    s = form_from(in, q, e);
    if (s)
        ll_gp_release_adapted(q);
    else
        *adapted = q;
    return s;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    return ll_gp_load_adapted(model, in, adapted, e);
}

const ll_predictor ll_gp = {
    .name = "gp",
    .summary = "structured Gaussian process: intervals, best with 5 to 20 samples",
    .paper = "latlab; after Rasmussen and Williams, GPML 2006",
    .needs_sources = true,
    .refits_live = true,
    .quick = true,
    .version = 7,
    .default_n = 512,
    .n_by_space = true,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = ll_gp_release_adapted,
    .save_adapted = ll_gp_save_adapted,
    .load_adapted = load_adapted,
    .release = release,
    .save = save,
    .load = load,
    .design_prior = design_prior,
};
