#include "core/transfer/pretrain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"

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
    int published = p->predictor->n_by_space ? p->data->space->facts->pretrain_n : 0;
    return published ? published : p->predictor->default_n;
}

static ll_status sample_rows(const ll_pretrain_plan *p, const ll_ints *pool, ll_ints *rows, ll_error *e)
{
    ll_matrix_f vectors = {0};
    ll_encode_job fit = {.archs = p->data->archs, .observer = p->observer, .pool = p->pool};
    ll_status s = ll_sampler_vectors(p->sampler, p->known, &fit, &vectors, e);
    ll_sample_job job = {.archs = p->data->archs,
                         .pool = pool->v,
                         .n_pool = pool->n,
                         .k = rows->n,
                         .seed = p->seed,
                         .vectors = &vectors};
    if (!s) s = ll_sample(p->sampler, &job, rows->v, e);
    ll_matrix_f_free(&vectors);
    return s;
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
        s = sample_rows(p, &pool, rows, e);
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
    ll_model *m = ll_model_new(p->predictor, p->data->space, impl);
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

/* --- what the predictor sees of the dataset --- */

void ll_columns_of(const ll_dataset *d, const ll_ints *devices, ll_columns *out)
{
    const char **name = LL_NEW_ARRAY(const char *, devices->n + 1);
    const double **lat_ms = LL_NEW_ARRAY(const double *, devices->n + 1);
    const ll_costs **costs = LL_NEW_ARRAY(const ll_costs *, devices->n + 1);
    for (int i = 0; i < devices->n; i++) {
        name[i] = d->devices[devices->v[i]].name;
        lat_ms[i] = ll_latencies(d, devices->v[i]);
        costs[i] = d->devices[devices->v[i]].costs;
    }
    *out = (ll_columns){devices->n, name, lat_ms, costs};
}

void ll_columns_free(ll_columns *c)
{
    free((void *)c->name);
    free((void *)c->lat_ms);
    free((void *)c->costs);
    *c = (ll_columns){0};
}

/* Devices that the option `valid` names, where the predictor has one. */
static ll_status find_valid(const ll_pretrain_plan *p, const ll_values *options, ll_columns *out, ll_error *e)
{
    ll_strs names = {0};
    ll_ints devices = {0};
    *out = (ll_columns){0};
    if (!options->table || !ll_option_find(options->table, "valid") || !ll_has(options, "valid"))
        return LL_OK;
    ll_list_names(options, "valid", &names);
    ll_status s = ll_dataset_find_devices(p->data, &names, &devices, e);
    if (!s) ll_columns_of(p->data, &devices, out);
    ll_strs_free(&names);
    ll_ints_free(&devices);
    return s;
}

static ll_status pretrain(const ll_pretrain_plan *p, const ll_values *options, const ll_ints *rows,
                          cJSON *history, cJSON *says, void **impl, ll_error *e)
{
    ll_pretrain_job job = {.archs = p->data->archs,
                           .rows = rows->v,
                           .n_rows = rows->n,
                           .reference = &p->data->reference,
                           .seed = p->seed,
                           .options = options,
                           .known = p->known,
                           .observer = p->observer,
                           .pool = p->pool,
                           .history = history,
                           .says = says};
    ll_status s = find_valid(p, options, &job.valid, e);
    if (s) return s;
    ll_columns_of(p->data, p->source, &job.sources);
    s = p->predictor->pretrain(&job, impl, e);
    ll_columns_free(&job.sources);
    ll_columns_free(&job.valid);
    return s;
}

/* Takes what the predictor said; nothing is kept of nothing. */
static void keep_said(cJSON *info, const char *key, cJSON *said)
{
    if (info && said->child)
        cJSON_AddItemToObject(info, key, said);
    else
        cJSON_Delete(said);
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
    if (p->predictor->needs_sources && (p->source->n || !p->predictor->sources_optional))
        s = choose_rows(p, &rows, e);
    cJSON *history = cJSON_CreateObject(), *says = cJSON_CreateArray();
    if (!s) s = pretrain(p, options, &rows, history, says, &impl, e);
    if (impl) *out = describe(p, impl, rows.n, options, ll_now_s() - start);
    keep_said(impl ? (*out)->info : NULL, "history", history);
    keep_said(impl ? (*out)->info : NULL, "says", says);
    ll_ints_free(&rows);
    ll_values_free(&defaults);
    return s;
}
