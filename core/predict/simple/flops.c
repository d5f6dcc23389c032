/* Ranking by a count of the network: `flops` by multiply-adds, `params` by parameters. Nothing is learnt; the map from
 * the count to milliseconds is the caller's. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/predict/simple/simple.h"

typedef struct count_model {
    const ll_space *space;
    bool params, all; /* all: every layer, not convolutions alone */
    ll_hash data;     /* the dataset that `count` is of */
    double *count;    /* (n_archs), so that a transfer takes no time */
} count_model;

static const ll_option options[] = {
    {.name = "count",
     .type = LL_CHOICE,
     .otherwise = "conv",
     .choices = "conv|all",
     .help = "convolutions alone, or every layer of the network"},
    {0},
};

static ll_status check_space(const ll_dataset *d, ll_error *e)
{
    if (d->space->layers) return LL_OK;
    return ll_fail(e, LL_FAILED, "the networks of search space %s are not known, so nothing can be counted",
                   d->space->name);
}

static double count(const count_model *m, const uint8_t *gene)
{
    ll_cost c;
    ll_space_cost(m->space, gene, &c);
    if (m->params) return m->all ? c.params : c.conv_params;
    return m->all ? c.macs : c.conv_macs;
}

static count_model *new_model(const ll_dataset *d, bool params, bool all)
{
    count_model *m = LL_NEW(count_model);
    *m = (count_model){d->space, params, all, d->hash, LL_NEW_ARRAY(double, d->n_archs)};
    for (int i = 0; i < d->n_archs; i++) m->count[i] = count(m, ll_gene(d, i));
    return m;
}

static void release(void *model)
{
    count_model *m = model;
    free(m->count);
    free(m);
}

static ll_status pretrain(const ll_pretrain_job *job, bool params, void **model, ll_error *e)
{
    ll_status s = check_space(job->data, e);
    if (!s) *model = new_model(job->data, params, ll_is(job->options, "count", "all"));
    return s;
}

static ll_status pretrain_flops(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return pretrain(job, false, model, e);
}

static ll_status pretrain_params(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return pretrain(job, true, model, e);
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    const count_model *m = model;
    out->n = ll_job_n(job);
    out->score = LL_NEW_ARRAY(double, out->n);
    bool known = !strcmp(m->data.hex, job->data->hash.hex);
    for (int i = 0; i < out->n; i++) {
        int row = ll_job_row(job, i);
        out->score[i] = known ? m->count[row] : count(m, ll_gene(job->data, row));
    }
    out->info = cJSON_CreateObject();
    ll_json_str(out->info, "count", m->all ? "all" : "conv");
    return LL_OK;
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const count_model *m = model;
    ll_simple_save_space(m->space, out);
    ll_tensors_add(out, "simple.count", LL_I32, 1, (long[]){1}, &(int32_t){m->all});
    return LL_OK;
}

static ll_status load(const ll_tensors *in, const ll_dataset *data, bool params, void **model, ll_error *e)
{
    const ll_tensor *all;
    ll_status s = ll_simple_space_matches(in, data, e);
    if (!s) s = check_space(data, e);
    if (!s) s = ll_tensors_need(in, "simple.count", LL_I32, 1, (long[]){1}, &all, e);
    if (!s) *model = new_model(data, params, *(int32_t *)all->data != 0);
    return s;
}

static ll_status load_flops(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    return load(in, data, false, model, e);
}

static ll_status load_params(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    return load(in, data, true, model, e);
}

const ll_predictor ll_flops = {
    .name = "flops",
    .summary = "ranking by multiply-adds: what every method should beat",
    .paper = "none; the common proxy",
    .pretrain_options = options,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain_flops,
    .transfer = transfer,
    .release = release,
    .save = save,
    .load = load_flops,
};

const ll_predictor ll_params = {
    .name = "params",
    .summary = "ranking by parameters",
    .paper = "none; the common proxy",
    .pretrain_options = options,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain_params,
    .transfer = transfer,
    .release = release,
    .save = save,
    .load = load_params,
};
