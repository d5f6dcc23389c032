#include "core/commands/refit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"
#include "core/transfer/experiment.h"
#include "core/transfer/pretrain.h"

static ll_status make_immediate(ll_request *rq, const ll_predictor *p, ll_model **out)
{
    ll_ints none = {0};
    ll_pretrain_plan plan = {.data = rq->state.data,
                             .predictor = p,
                             .source = rq->state.task ? &rq->state.task->source : &none,
                             .seed = 1,
                             .known = &rq->state.encoders,
                             .observer = rq->observer,
                             .pool = rq->pool};
    ll_model *m = NULL;
    ll_status s = ll_pretrain_run(&plan, &m, &rq->error);
    if (s) return s;
    ll_state_add_model(&rq->state, m);
    *out = m;
    return LL_OK;
}

ll_status ll_need_model(ll_request *rq, const char *predictor, ll_model **out)
{
    *out = ll_state_model(&rq->state, predictor);
    if (*out) return LL_OK;
    if (!predictor)
        return LL_FAIL(rq, LL_FAILED,
                       "no predictor is pretrained; `pretrain gp` or `pretrain nasflat` does that");
    const ll_predictor *p;
    if (ll_predictor_need("predictor", predictor, &p, &rq->error)) return LL_USAGE;
    if (p->needs_sources)
        return LL_FAIL(rq, LL_FAILED, "%s is not pretrained; `pretrain %s` does that", predictor, predictor);
    return make_immediate(rq, p, out);
}

ll_status ll_need_sampler(ll_request *rq, const char *name, const ll_sampler **out)
{
    if (!strcmp(name, "auto") && !rq->state.task) name = "random";
    *out = ll_sampler_find(name);
    if (*out) return LL_OK;
    ll_str all = {0};
    ll_near near = ll_near_to(name);
    for (int i = 0; ll_samplers[i]; i++) {
        ll_str_addf(&all, "%s%s", i ? ", " : "", ll_samplers[i]->name);
        ll_near_offer(&near, ll_samplers[i]->name);
    }
    ll_near_fail(&near, &rq->error, LL_USAGE, NULL,
                 "sampler=%s: no such sampler; there are %s (kmeans:graf: on that encoding)", name,
                 ll_str_text(&all));
    ll_str_free(&all);
    return LL_USAGE;
}

ll_status ll_need_sampler_on(ll_request *rq, const char *name, const char *encoding, const ll_sampler **out)
{
    ll_status s = ll_need_sampler(rq, name, out);
    if (s || !encoding) return s;
    if (!(*out)->uses_encoding)
        return LL_FAIL(rq, LL_USAGE,
                       "sampler=%s looks at no vectors: encoding=%s is for kmeans, cosine and the like",
                       (*out)->name, encoding);
    if ((*out)->encoding && strcmp((*out)->encoding, encoding))
        return LL_FAIL(rq, LL_USAGE, "sampler=%s works on %s, encoding= says %s", name, (*out)->encoding,
                       encoding);
    if (!strcmp(encoding, "onehot")) return LL_OK;
    ll_str both = {0};
    ll_str_addf(&both, "%.*s:%s", (int)strcspn((*out)->name, ":"), (*out)->name, encoding);
    s = ll_need_sampler(rq, ll_str_text(&both), out);
    ll_str_free(&both);
    return s;
}

enum { MOST_UNASKED = 200 }; /* architectures whose proxies are computed where a sampler wants them */

ll_status ll_need_encoder(ll_request *rq, const char *name)
{
    const ll_archs *archs = rq->state.data->archs;
    if (!ll_encoding_is_learnt(name, archs) || ll_encoders_find(&rq->state.encoders, name, archs->space))
        return LL_OK;
    if (archs->n > MOST_UNASKED && ll_encoding_computes_proxies(name, &rq->state.encoders, archs))
        return LL_FAIL(rq, LL_FAILED,
                       "%s wants the zero-cost proxies of %d %s, about a second each: `encode zcp` "
                       "computes them, `encode zcp proxies=params,flops,synflow,nwot` fewer in less time",
                       name, archs->n, ll_noun(archs->n, "architecture", "architectures"));
    ll_note(rq, "fitting %s on the %d architectures of %s; `encode %s save=FILE` keeps it", name, archs->n,
            rq->state.data->name, name);
    ll_encode_job job = {.archs = archs, .observer = rq->observer, .pool = rq->pool};
    return ll_encoders_learn(&rq->state.encoders, name, &job, &rq->error);
}

ll_status ll_need_vectors(ll_request *rq, const ll_sampler *sampler, ll_matrix_f *out)
{
    ll_encode_job job = {.archs = rq->state.data->archs, .observer = rq->observer, .pool = rq->pool};
    ll_status s = sampler->encoding ? ll_need_encoder(rq, sampler->encoding) : LL_OK;
    *out = (ll_matrix_f){0};
    return s ? s : ll_sampler_vectors(sampler, &rq->state.encoders, &job, out, &rq->error);
}

ll_ints ll_measured_rows(const ll_dataset *d, int device, const ll_transfer *t)
{
    ll_ints rows = {0};
    if (ll_dataset_count(d, device) <= LL_MEASURING) return ll_dataset_common(d, &device, 1);
    return t ? ll_ints_copy(t->samples.v, t->samples.n) : rows;
}

static ll_model *model_with_prior(const ll_state *s)
{
    for (int i = 0; i < s->n_models; i++)
        if (s->models[i]->predictor->design_prior) return s->models[i];
    return NULL;
}

static const ll_predictor *predictor_with_prior(void)
{
    for (int i = 0; ll_predictors[i]; i++)
        if (ll_predictors[i]->design_prior) return ll_predictors[i];
    return NULL;
}

/* Add a model behind the current one. */
static void add_in_background(ll_state *s, ll_model *m)
{
    ll_model *current = s->n_models ? ll_model_ref(s->models[0]) : NULL;
    ll_state_add_model(s, m);
    if (current) ll_state_add_model(s, current);
}

ll_status ll_need_prior(ll_request *rq, const ll_sampler *sampler, ll_model **out)
{
    *out = NULL;
    if (!sampler->needs_prior) return LL_OK;
    *out = model_with_prior(&rq->state);
    if (*out) return LL_OK;
    const ll_predictor *p = predictor_with_prior();
    if (!p)
        return LL_FAIL(rq, LL_FAILED, "%s needs a prior and no predictor of this build has one",
                       sampler->name);
    ll_status s = ll_need_task(rq);
    if (s) return s;
    ll_note(rq, "fitting a %s prior on the source devices for %s", p->name, sampler->name);
    ll_pretrain_plan plan = {.data = rq->state.data,
                             .predictor = p,
                             .source = &rq->state.task->source,
                             .seed = 1,
                             .known = &rq->state.encoders,
                             .observer = rq->observer,
                             .pool = rq->pool};
    ll_model *m = NULL;
    s = ll_pretrain_run(&plan, &m, &rq->error);
    if (s) {
        ll_model_unref(m);
        return s;
    }
    add_in_background(&rq->state, m);
    *out = m;
    return LL_OK;
}

ll_status ll_draw(ll_request *rq, int device, const char *name, int k, uint64_t seed, ll_protocol protocol,
                  const char *encoding)
{
    const ll_sampler *sampler;
    ll_model *prior;
    ll_matrix_f vectors = {0};
    ll_ints rows = {0};
    ll_status s = ll_need_sampler_on(rq, name, encoding, &sampler);
    if (!s) s = ll_need_prior(rq, sampler, &prior);
    if (!s && sampler->oracle && device < 0)
        s = LL_FAIL(rq, LL_USAGE,
                    "sampler %s looks at a target's latencies: name it with device=", sampler->name);
    if (!s) s = ll_need_vectors(rq, sampler, &vectors);
    if (!s)
        s = ll_draw_samples(rq->state.data, device, sampler, k, seed, protocol, &vectors, prior, rq->observer,
                            &rows, &rq->error);
    ll_matrix_f_free(&vectors);
    if (s) return s;
    if (sampler->oracle)
        ll_warn(rq, "sampler %s looks at all latencies of the target: for study only", sampler->name);
    const char *target = device < 0 ? NULL : rq->state.data->devices[device].name;
    ll_state_set_samples(&rq->state, ll_samples_new(rows.v, rows.n, sampler->name, target, seed));
    ll_ints_free(&rows);
    return LL_OK;
}

/* A device of the user's own has only a few latencies, and all of them are samples. */
static bool use_all_known(ll_request *rq, int device)
{
    const ll_dataset *d = rq->state.data;
    ll_ints known = ll_support_rows(d, device, LL_PROTOCOL_FULL);
    bool few = known.n > 0 && known.n <= ll_int(&rq->args, "k");
    if (few) {
        ll_state_set_samples(&rq->state,
                             ll_samples_new(known.v, known.n, "measured", d->devices[device].name, 0));
        ll_note(rq, "the %d latencies known of %s are the samples", known.n, d->devices[device].name);
    }
    ll_ints_free(&known);
    return few;
}

ll_status ll_need_samples(ll_request *rq, int device)
{
    const ll_samples *have = rq->state.samples;
    const char *name = rq->state.data->devices[device].name;
    bool protocols = ll_option_find(rq->args.table, "protocol") != NULL;
    bool encodings = ll_option_find(rq->args.table, "encoding") != NULL;
    bool asked = ll_given(&rq->args, "k") || ll_given(&rq->args, "sampler") || ll_given(&rq->args, "seed") ||
                 (protocols && ll_given(&rq->args, "protocol"));
    if (!asked && have && have->rows.n && (!have->device || !strcmp(have->device, name))) return LL_OK;
    if (!asked && use_all_known(rq, device)) return LL_OK;
    return ll_draw(rq, device, ll_word(&rq->args, "sampler"), ll_int(&rq->args, "k"),
                   (uint64_t)ll_real(&rq->args, "seed"),
                   protocols ? ll_protocol_find(ll_word(&rq->args, "protocol")) : LL_PROTOCOL_FULL,
                   encodings ? ll_word(&rq->args, "encoding") : NULL);
}

ll_status ll_transfer_now(ll_request *rq, ll_model *model, int device, const ll_values *options,
                          ll_transfer **out)
{
    const ll_samples *samples = rq->state.samples;
    ll_transfer_plan plan = {.data = rq->state.data,
                             .model = model,
                             .target = device,
                             .samples = samples->rows.v,
                             .k = samples->rows.n,
                             .sampler = samples->sampler,
                             .seed = samples->seed,
                             .options = options,
                             .observer = rq->observer,
                             .pool = rq->pool,
                             .want_variance = true};
    ll_transfer *t;
    ll_status s = ll_transfer_run(&plan, &t, &rq->error);
    if (s) return s;
    ll_state_add_transfer(&rq->state, t);
    *out = t;
    return LL_OK;
}

ll_status ll_refit_live(ll_request *rq)
{
    if (!rq->state.n_transfers || !rq->state.samples || !rq->state.samples->rows.n) return LL_OK;
    const ll_transfer *last = rq->state.transfers[0];
    ll_model *model = ll_state_model(&rq->state, last->predictor->name);
    int device = ll_dataset_device(rq->state.data, last->device);
    if (!model || device < 0 || !last->predictor->refits_live) return LL_OK;
    for (int i = 0; i < rq->state.samples->rows.n; i++)
        if (!ll_known(rq->state.data, device, rq->state.samples->rows.v[i])) return LL_OK;
    ll_transfer *t;
    ll_status s = ll_transfer_now(rq, model, device, NULL, &t);
    if (!s) ll_emit(rq, ll_eval_result(rq, t, LL_PROTOCOL_FULL, .9));
    return s;
}

typedef struct origin {
    const char *device, *predictor, *sampler, *map;
    int k, cost;
    uint64_t seed;
    double map_error;
} origin;

static void add_origin(cJSON *o, const origin *of)
{
    ll_json_str(o, "device", of->device);
    ll_json_str(o, "predictor", of->predictor);
    ll_json_int(o, "k", of->k);
    ll_json_int(o, "cost", of->cost);
    ll_json_str(o, "sampler", of->sampler);
    ll_json_num(o, "seed", (double)of->seed);
    ll_json_str(o, "map", of->map);
    ll_json_num(o, "map_error", of->map_error);
}

void ll_transfer_fields(cJSON *o, const ll_transfer *t)
{
    add_origin(o, &(origin){.device = t->device,
                            .predictor = t->predictor->name,
                            .sampler = t->sampler,
                            .map = t->map,
                            .k = t->adapted ? t->adapted->samples->n : t->samples.n,
                            .cost = t->adapted ? t->adapted->cost : t->measured.n,
                            .seed = t->seed,
                            .map_error = t->map_error});
}

void ll_adapted_fields(cJSON *o, const ll_adapted *a)
{
    add_origin(o, &(origin){.device = a->device,
                            .predictor = a->model->predictor->name,
                            .sampler = a->sampler,
                            .map = a->native ? "native" : ll_map_name(&a->map),
                            .k = a->samples->n,
                            .cost = a->cost,
                            .seed = a->seed,
                            .map_error = a->native ? NAN : a->map.error});
}

cJSON *ll_eval_result(const ll_request *rq, const ll_transfer *t, ll_protocol protocol, double level)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"predictor", "predictor", NULL, -1},
                                        {"protocol", "scored on", NULL, -1},
                                        {"k", "samples", NULL, 0},
                                        {"cost", "measurement cost", NULL, 0},
                                        {"n", "architectures scored", NULL, 0},
                                        {"spearman", "Spearman", NULL, 4},
                                        {"kendall", "Kendall tau-b", NULL, 4},
                                        {"pearson", "Pearson", NULL, 4},
                                        {"rmse_ms", "RMSE", "ms", 4},
                                        {"mape", "MAPE", "%", 2},
                                        {"median_ape", "median APE", "%", 2},
                                        {"within_10", "share within 10 %", NULL, 3},
                                        {"coverage", "interval coverage", NULL, 3},
                                        {"width_ms", "mean interval width", "ms", 4},
                                        {"map", "milliseconds by", NULL, -1},
                                        {0}};
    ll_metrics m = ll_transfer_metrics(t, rq->state.data, protocol, level, NULL);
    cJSON *result = ll_result_new("eval");
    ll_transfer_fields(result, t);
    ll_json_str(result, "protocol", ll_protocol_name(protocol));
    ll_metrics_json(&m, result);
    ll_result_columns(result, columns);
    return result;
}
