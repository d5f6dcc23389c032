#include "core/predict/gp/gp.h"

#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/mem.h"

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

static ll_status load(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    return ll_gp_model_load(in, data, NULL, (ll_gp_model **)model, e);
}

static bool design_prior(const void *model, ll_design_prior *out)
{
    *out = ((const ll_gp_model *)model)->design;
    return true;
}

static ll_status measure_samples(const ll_transfer_job *job, double *y, ll_error *e)
{
    for (int i = 0; i < job->k; i++) {
        y[i] = ll_measure(job, job->samples[i]);
        if (isnan(y[i]))
            return ll_fail(e, LL_FAILED, "architecture %d has no latency on the target device",
                           job->samples[i]);
    }
    return LL_OK;
}

/* The probability of each execution, and in words when it is not the usual one. */
static void describe_execution(cJSON *o, const double *probability)
{
    static const char *const names[LL_GP_EXECUTIONS] = {"as_written", "live", "pruned"};
    static const char *const words[LL_GP_EXECUTIONS] = {NULL, "only what reaches the output",
                                                        "only what lies on a path from input to output"};
    int likely = LL_GP_AS_WRITTEN;
    ll_str text = {0};
    for (int e = 0; e < LL_GP_EXECUTIONS; e++) {
        ll_json_num(o, names[e], probability[e]);
        if (probability[e] > probability[likely]) likely = e;
    }
    if (!words[likely]) return;
    ll_str_addf(&text, "the samples say that this device executes %s (probability %.2f)", words[likely],
                probability[likely]);
    ll_json_str(ll_json_arr(o, "says"), NULL, ll_str_text(&text));
    ll_str_free(&text);
}

/* What the samples said: outliers among them, how noisy the device is, how many draws carry the weight, what it
 * executes. */
static cJSON *describe(const ll_gp_posterior *q, int executions, const ll_transfer_job *job)
{
    cJSON *o = cJSON_CreateObject();
    double squares = 0;
    ll_ints outliers = {0};
    for (int m = 0; m < q->n_draws; m++) squares += q->weight[m] * q->weight[m];
    for (int i = 0; i < job->k; i++)
        if (q->robust[i] > 4) ll_ints_add(&outliers, job->samples[i]);
    ll_json_num(o, "spread", q->spread);
    ll_json_num(o, "noise_ms", q->scale_ms * sqrt(q->noise));
    ll_json_num(o, "effective_draws", 1 / squares);
    if (executions > 1) describe_execution(o, q->execution);
    ll_json_ints(o, "outliers", outliers.v, outliers.n);
    ll_ints_free(&outliers);
    return o;
}

static void predict(const ll_gp_model *m, const ll_gp_rows *rows, const ll_transfer_job *job, const double *y,
                    ll_prediction *out)
{
    ll_gp_posterior q;
    ll_gp_model_condition(m, rows, job->samples, y, job->k, job->want_variance, &q);
    out->n = job->rows ? job->n_rows : job->data->n_archs;
    out->lat_ms = LL_NEW_ARRAY(double, out->n);
    out->sd_ms = job->want_variance ? LL_NEW_ARRAY(double, out->n) : NULL;
    ll_gp_posterior_predict(&q, &rows->prior, job->rows, out->n, out->lat_ms, out->sd_ms);
    out->score = ll_memdup(out->lat_ms, (size_t)out->n, sizeof *out->score);
    out->dof = q.dof;
    out->info = describe(&q, rows->prior.n_executions, job);
    ll_gp_posterior_free(&q);
}

ll_status ll_gp_transfer(const ll_gp_model *m, const float *estimates, const ll_transfer_job *job,
                         ll_prediction *out, ll_error *e)
{
    double *y = LL_NEW_ARRAY(double, job->k);
    ll_gp_rows other = {0};
    ll_status s = measure_samples(job, y, e);
    if (!s) {
        const ll_gp_rows *rows = ll_gp_model_rows(m, job->data, estimates, job->observer, &other);
        if (rows)
            predict(m, rows, job, y, out);
        else
            s = ll_fail(e, LL_CANCELLED, "cancelled while the source devices were predicted");
    }
    ll_gp_rows_free(&other);
    free(y);
    return s;
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    return ll_gp_transfer(model, NULL, job, out, e);
}

const ll_predictor ll_gp = {
    .name = "gp",
    .summary = "structured Gaussian process: intervals, best with 5 to 20 samples",
    .paper = "latlab; after Rasmussen and Williams, GPML 2006",
    .needs_sources = true,
    .refits_live = true,
    .quick = true,
    .version = 3,
    .default_n = 512,
    .fbnet_n = 800,
    .pretrain = pretrain,
    .transfer = transfer,
    .release = release,
    .save = save,
    .load = load,
    .design_prior = design_prior,
};
