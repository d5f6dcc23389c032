/* Operation counts: ridge of latency / mean on [1, how often each operation occurs], fitted on the k samples of the
 * target alone. Five numbers on NAS-Bench-201. */
#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/predict/simple/simple.h"

static const ll_option options[] = {
    {.name = "penalty",
     .type = LL_REAL,
     .otherwise = "0.05",
     .lo = 1e-9,
     .hi = 1e9,
     .help = "ridge on the counts"},
    {0},
};

static void feature(const void *ctx, const ll_dataset *d, int arch, double *row)
{
    ll_simple_counts(d->space, ll_gene(d, arch), row);
}

static void describe(const ll_space *s, const double *w, double mean, cJSON **info)
{
    *info = cJSON_CreateObject();
    ll_json_num(*info, "fixed_ms", w[0] * mean);
    cJSON *costs = ll_json_obj(*info, "cost_ms");
    for (int c = 0; c < ll_simple_counts_dim(s); c++)
        ll_json_num(costs, s->ops[ll_simple_counted_op(s, c)], w[c + 1] * mean);
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    const ll_space *s = job->data->space;
    int p = ll_simple_counts_dim(s) + 1;
    double mean, *y = ll_job_latencies(job, &mean, e);
    if (!y) return e ? e->status : LL_FAILED;
    double *x = LL_NEW_ARRAY(double, job->k *p), *w = LL_NEW_ARRAY(double, p),
           *penalty = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < job->k; i++) {
        y[i] /= mean;
        x[i * p] = 1;
        ll_simple_counts(s, ll_gene(job->data, job->samples[i]), x + i * p + 1);
    }
    for (int c = 1; c < p; c++) penalty[c] = ll_real(job->options, "penalty");
    bool good = ll_ridge(x, job->k, p, y, penalty, w);
    if (good) {
        describe(s, w, mean, &out->info);
        for (int c = 0; c < p; c++) w[c] *= mean;
        ll_predict_linear(job, p - 1, feature, NULL, w + 1, w[0], out);
    }
    free(x);
    free(y);
    free(w);
    free(penalty);
    return good ? LL_OK : ll_fail(e, LL_FAILED, "the ridge on the operation counts is singular");
}

const ll_predictor ll_opcount = {
    .name = "opcount",
    .summary = "ridge on how often each operation occurs, from the samples alone",
    .paper = "none; the linear baseline",
    .transfer_options = options,
    .refits_live = true,
    .quick = true,
    .pretrain = ll_simple_space_pretrain,
    .transfer = transfer,
    .release = free,
    .save = ll_simple_space_save,
    .load = ll_simple_space_load,
};
