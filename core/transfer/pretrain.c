#include "core/transfer/pretrain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"

/* Rows every source knows; when they are too few (devices measured on different architectures), rows at least
 * one source knows: predictors skip what is missing. */
static ll_ints source_pool(const ll_dataset *d, const ll_ints *source, int wanted)
{
    ll_ints common = ll_dataset_common(d, source->v, source->n);
    if (common.n >= wanted && common.n) return common;
    ll_ints any = {0};
    for (int i = 0; i < d->n_archs; i++)
        for (int s = 0; s < source->n; s++)
            if (ll_known(d, source->v[s], i)) {
                ll_ints_add(&any, i);
                break;
            }
    ll_ints_free(&common);
    return any;
}

static int default_n(const ll_pretrain_plan *p)
{
    bool fbnet = !strcmp(p->data->space->name, "fbnet");
    return fbnet && p->predictor->fbnet_n ? p->predictor->fbnet_n : p->predictor->default_n;
}

static ll_status choose_rows(const ll_pretrain_plan *p, ll_ints *rows, ll_error *e)
{
    int wanted = p->n > 0 ? p->n : default_n(p);
    ll_ints pool = source_pool(p->data, p->source, wanted);
    if (!pool.n) return ll_fail(e, LL_FAILED, "the source devices have no latency at all");
    if (wanted <= 0 || wanted > pool.n) wanted = pool.n;
    *rows = ll_ints_range(wanted);
    ll_status s = LL_OK;
    if (p->sampler) {
        ll_sample_job job = {.data = p->data, .pool = pool.v, .n_pool = pool.n, .k = wanted, .seed = p->seed};
        s = ll_sample(p->sampler, &job, rows->v, e);
    } else {
        ll_rng rng = ll_rng_new(p->seed, LL_STREAM_SOURCE_ARCHS);
        ll_rng_sample(&rng, pool.v, pool.n, wanted, rows->v);
    }
    ll_ints_free(&pool);
    return s;
}

static ll_model *describe(const ll_pretrain_plan *p, void *impl, int n_rows, const ll_values *options,
                          double seconds)
{
    ll_model *m = ll_model_new(p->predictor, impl);
    m->data_hash = ll_strdup(p->data->hash.hex);
    for (int i = 0; i < p->source->n; i++) ll_strs_add(&m->source, p->data->devices[p->source->v[i]].name);
    if (p->predictor->needs_sources) ll_basis_take(&m->basis, p->data, &m->source);
    ll_json_str(m->info, "predictor", p->predictor->name);
    ll_json_str(m->info, "space", p->data->space->name);
    ll_json_str(m->info, "dataset", p->data->name);
    ll_json_str(m->info, "data_hash", p->data->hash.hex);
    ll_json_strs(m->info, "source", m->source.v, m->source.n);
    ll_json_num(m->info, "n", n_rows ? n_rows : NAN); /* a ranking by cost looks at none */
    ll_json_num(m->info, "seed", (double)p->seed);
    ll_json_str(m->info, "source_sampler", p->sampler ? p->sampler->name : "random");
    cJSON_AddItemToObject(m->info, "options", ll_values_json(options));
    ll_json_num(m->info, "seconds", seconds);
    return m;
}

ll_status ll_pretrain_run(const ll_pretrain_plan *p, ll_model **out, ll_error *e)
{
    *out = NULL;
    ll_ints rows = {0};
    void *impl = NULL;
    ll_values defaults = {0};
    ll_status s = LL_OK;
    double start = ll_now_s();
    if (!p->options) ll_values_init(&defaults, p->predictor->pretrain_options);
    const ll_values *options = p->options ? p->options : &defaults;
    if (p->predictor->needs_sources) s = choose_rows(p, &rows, e);
    cJSON *history = cJSON_CreateObject();
    if (!s) {
        ll_pretrain_job job = {p->data, p->source->v, p->source->n, rows.v,  rows.n,
                               p->seed, options,      p->observer,  p->pool, history};
        s = p->predictor->pretrain(&job, &impl, e);
    }
    if (impl) *out = describe(p, impl, rows.n, options, ll_now_s() - start);
    if (impl && history->child)
        cJSON_AddItemToObject((*out)->info, "history", history);
    else
        cJSON_Delete(history);
    ll_ints_free(&rows);
    ll_values_free(&defaults);
    return s;
}
