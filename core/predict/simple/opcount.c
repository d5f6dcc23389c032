/* Operation counts: ridge of latency / mean on [1, how often each operation occurs], fitted on the k samples of the
 * target alone. Five numbers on NAS-Bench-201. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "core/predict/simple/simple.h"

static const ll_option options[] = {LL_OPT_REAL("penalty", "0.05", 1e-9, 1e9, "ridge on the counts"), {0}};

static const ll_space *space_of(const void *model)
{
    return *(const ll_space *const *)model;
}

static void feature(const void *model, const ll_linear_fit *f, const uint8_t *gene, double *row)
{
    ll_simple_counts(space_of(model), gene, row);
}

static void describe(const ll_space *s, const double *w, double mean, cJSON *info)
{
    ll_json_num(info, "fixed_ms", w[0] * mean);
    cJSON *costs = ll_json_obj(info, "cost_ms");
    for (int c = 0; c < ll_simple_counts_dim(s); c++)
        ll_json_num(costs, s->ops[ll_simple_counted_op(s, c)], w[c + 1] * mean);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const ll_space *s = space_of(model);
    int k = job->samples.archs->n, p = ll_simple_counts_dim(s) + 1;
    double mean = ll_mean(job->samples.lat_ms, k);
    ll_status status = LL_OK;
    double *x = LL_NEW_ARRAY(double, k *p), *y = LL_NEW_ARRAY(double, k), *w = LL_NEW_ARRAY(double, p),
           *penalty = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < k; i++) {
        y[i] = job->samples.lat_ms[i] / mean;
        x[i * p] = 1;
        ll_simple_counts(s, ll_arch(job->samples.archs, i), x + i * p + 1);
    }
    for (int c = 1; c < p; c++) penalty[c] = ll_real(job->options, "penalty");
    if (ll_ridge(x, k, p, y, penalty, w)) {
        ll_linear_fit *f = *adapted = ll_linear_fit_new(p - 1, 0);
        describe(s, w, mean, job->info);
        f->offset = w[0] * mean;
        for (int c = 1; c < p; c++) f->w[c - 1] = w[c] * mean;
    } else {
        status = ll_fail(e, LL_FAILED, "the ridge on the operation counts is singular");
    }
    free(x);
    free(y);
    free(w);
    free(penalty);
    return status;
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    ll_linear_fit_predict(model, adapted, feature, job, out);
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    return ll_linear_fit_load_dim(in, ll_simple_counts_dim(space_of(model)), adapted, e);
}

const ll_predictor ll_opcount = {
    .name = "opcount",
    .summary = "ridge on how often each operation occurs, from the samples alone",
    .paper = "none; the linear baseline",
    .transfer_options = options,
    .refits_live = true,
    .quick = true,
    .pretrain = ll_simple_space_pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = ll_linear_fit_free,
    .save_adapted = ll_linear_fit_save,
    .load_adapted = load_adapted,
    .release = free,
    .save = ll_simple_space_save,
    .load = ll_simple_space_load,
};
