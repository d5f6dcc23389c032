/* Ranking by a count of the network: `flops` by multiply-adds, `params` by parameters. Nothing is learnt; the map from
 * the count to milliseconds is the caller's. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/predict/simple/simple.h"

typedef struct count_model {
    const ll_space *space;
    bool params, all; /* all: every layer, not convolutions alone */
    ll_archs *archs;  /* the architectures that `count` is of; NULL: none */
    double *count;    /* (archs->n), so that scoring them takes no time */
} count_model;

static const ll_option options[] = {
    LL_OPT_CHOICE("count", "conv", "conv|all", "convolutions alone, or every layer of the network"), {0}};

static ll_status check_space(const ll_space *s, ll_error *e)
{
    if (s->layers) return LL_OK;
    return ll_fail(e, LL_FAILED, "the networks of search space %s are not known, so nothing can be counted",
                   s->name);
}

static double count(const count_model *m, const uint8_t *gene)
{
    ll_cost c;
    ll_space_cost(m->space, gene, &c);
    if (m->params) return m->all ? c.params : c.conv_params;
    return m->all ? c.macs : c.conv_macs;
}

static void release(void *model)
{
    count_model *m = model;
    ll_archs_unref(m->archs);
    free(m->count);
    free(m);
}

static ll_status pretrain(const ll_pretrain_job *job, bool params, void **model, ll_error *e)
{
    const ll_archs *archs = job->archs;
    ll_status s = check_space(archs->space, e);
    if (s) return s;
    count_model *m = *model = LL_NEW(count_model);
    *m = (count_model){archs->space, params, ll_is(job->options, "count", "all"), ll_archs_ref(archs),
                       LL_NEW_ARRAY(double, archs->n + 1)};
    for (int i = 0; i < archs->n; i++) m->count[i] = count(m, ll_arch(archs, i));
    return LL_OK;
}

static ll_status pretrain_flops(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return pretrain(job, false, model, e);
}

static ll_status pretrain_params(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return pretrain(job, true, model, e);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    *adapted = NULL;
    ll_json_str(job->info, "count", ((const count_model *)model)->all ? "all" : "conv");
    return LL_OK;
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    const count_model *m = model;
    bool known = m->archs && ll_archs_same(m->archs, job->archs);
    ll_prediction_new(out, job->archs->n, false, false);
    for (int i = 0; i < out->n; i++) out->score[i] = known ? m->count[i] : count(m, ll_arch(job->archs, i));
    return LL_OK;
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const count_model *m = model;
    ll_simple_save_space(m->space, out);
    ll_tensors_add(out, "simple.count", LL_I32, 1, (long[]){1}, &(int32_t){m->all});
    return LL_OK;
}

static ll_status load(const ll_load_job *job, bool params, void **model, ll_error *e)
{
    const ll_tensor *all;
    ll_status s = ll_simple_space_matches(job, e);
    if (!s) s = check_space(job->space, e);
    if (!s) s = ll_tensors_need(job->tensors, "simple.count", LL_I32, 1, (long[]){1}, &all, e);
    if (s) return s;
    count_model *m = *model = LL_NEW(count_model);
    *m = (count_model){.space = job->space, .params = params, .all = *(const int32_t *)all->data != 0};
    return LL_OK;
}

static ll_status load_flops(const ll_load_job *job, void **model, ll_error *e)
{
    return load(job, false, model, e);
}

static ll_status load_params(const ll_load_job *job, void **model, ll_error *e)
{
    return load(job, true, model, e);
}

const ll_predictor ll_flops = {
    .name = "flops",
    .summary = "ranking by multiply-adds: what every method should beat",
    .paper = "none; the common proxy",
    .pretrain_options = options,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain_flops,
    .adapt = adapt,
    .predict = predict,
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
    .adapt = adapt,
    .predict = predict,
    .release = release,
    .save = save,
    .load = load_params,
};
