#include "core/transfer/adapted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"

ll_adapted *ll_adapted_ref(const ll_adapted *a)
{
    ll_adapted *own = (ll_adapted *)a; /* the count is the only part that ever changes */
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_adapted_unref(ll_adapted *a)
{
    if (!a || __atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL)) return;
    if (a->impl) a->model->predictor->release_adapted(a->impl);
    ll_model_unref(a->model);
    free(a->device);
    ll_archs_unref(a->samples);
    free(a->lat_ms);
    free(a->sampler);
    ll_map_free(&a->map);
    cJSON_Delete(a->info);
    free(a);
}

/* --- adapt --- */

/* What the predictor wants beyond the samples, and its latencies; archs NULL: nothing. Free both. */
static ll_measured look_up(const ll_adapt_plan *p, const ll_values *options, double **lat_ms)
{
    const ll_predictor *predictor = p->model->predictor;
    ll_archs *wanted = predictor->wants ? predictor->wants(p->model->impl, options, p->table) : NULL;
    *lat_ms = NULL;
    if (!wanted) return (ll_measured){0};
    *lat_ms = LL_NEW_ARRAY(double, wanted->n + 1);
    for (int i = 0; i < wanted->n; i++)
        (*lat_ms)[i] = p->lookup ? p->lookup(p->lookup_ctx, ll_arch(wanted, i)) : NAN;
    return (ll_measured){wanted, *lat_ms};
}

/* Samples, and what was wanted beyond them and had a latency. */
static int count_cost(const ll_adapt_plan *p, const ll_measured *extra)
{
    ll_archs *seen = ll_archs_new(p->samples.archs->space, 0);
    for (int i = 0; i < p->samples.archs->n; i++) ll_archs_add(seen, ll_arch(p->samples.archs, i), NULL);
    for (int i = 0; extra->archs && i < extra->archs->n; i++)
        if (!isnan(extra->lat_ms[i])) ll_archs_add(seen, ll_arch(extra->archs, i), NULL);
    int cost = seen->n;
    ll_archs_unref(seen);
    return cost;
}

static ll_status check_plan(const ll_adapt_plan *p, ll_error *e)
{
    const ll_archs *archs = p->samples.archs;
    if (archs->n < 1) return ll_fail(e, LL_FAILED, "a transfer needs at least one sample");
    if (archs->space != p->model->space)
        return ll_fail(e, LL_BAD_DATA, "the samples are architectures of %s, the model is of %s",
                       archs->space->name, p->model->space->name);
    for (int i = 0; i < archs->n; i++)
        if (!isfinite(p->samples.lat_ms[i]))
            return ll_fail(e, LL_FAILED, "sample %d has no latency on %s: measure it, or draw other samples",
                           i + 1, p->device);
    return ll_mean(p->samples.lat_ms, archs->n) > 0
               ? LL_OK
               : ll_fail(e, LL_FAILED, "the samples' latencies are all zero on %s", p->device);
}

/* The predictor ranks only: learn milliseconds from the samples. */
static void fit_map(const ll_adapt_plan *p, ll_adapted *a, const ll_prediction *on_samples)
{
    a->native = on_samples->lat_ms != NULL;
    if (!a->native) a->map = ll_map_fit(on_samples->score, p->samples.lat_ms, on_samples->n);
}

static ll_status raw_predict(const ll_adapted *a, const ll_predict_job *job, ll_prediction *out, ll_error *e)
{
    *out = (ll_prediction){0};
    ll_status s = a->model->predictor->predict(a->model->impl, a->impl, job, out, e);
    if (s) ll_prediction_free(out);
    return s;
}

static ll_status adapt(const ll_adapt_plan *p, const ll_values *options, ll_adapted *a, ll_error *e)
{
    double *lat_ms;
    ll_measured extra = look_up(p, options, &lat_ms);
    ll_adapt_job job = {.device = p->device,
                        .note = p->note,
                        .samples = p->samples,
                        .extra = extra,
                        .watch = p->watch,
                        .watch_rows = p->watch_rows,
                        .want_variance = p->want_variance,
                        .seed = p->seed,
                        .options = options,
                        .observer = p->observer,
                        .pool = p->pool,
                        .info = a->info};
    ll_prediction on_samples;
    ll_status s = p->model->predictor->adapt(p->model->impl, &job, &a->impl, e);
    if (!s) s = raw_predict(a, &(ll_predict_job){.archs = p->samples.archs, .pool = p->pool}, &on_samples, e);
    if (!s) {
        fit_map(p, a, &on_samples);
        ll_prediction_free(&on_samples);
        a->cost = count_cost(p, &extra);
        cJSON_AddItemToObject(a->info, "options", ll_values_json(options));
    }
    ll_archs_unref((ll_archs *)extra.archs);
    free(lat_ms);
    return s;
}

ll_status ll_adapt(const ll_adapt_plan *p, ll_adapted **out, ll_error *e)
{
    *out = NULL;
    ll_status s = check_plan(p, e);
    if (s) return s;
    double start = ll_now_s();
    ll_values defaults = {0};
    if (!p->options) ll_values_init(&defaults, p->model->predictor->transfer_options);
    ll_adapted *a = LL_NEW(ll_adapted);
    *a = (ll_adapted){.refs = 1,
                      .model = ll_model_ref(p->model),
                      .device = ll_strdup(p->device),
                      .of = p->of,
                      .samples = ll_archs_ref(p->samples.archs),
                      .lat_ms = ll_memdup(p->samples.lat_ms, (size_t)p->samples.archs->n, sizeof(double)),
                      .sampler = ll_strdup(p->sampler ? p->sampler : "manual"),
                      .seed = p->seed,
                      .info = cJSON_CreateObject()};
    s = adapt(p, p->options ? p->options : &defaults, a, e);
    a->seconds = ll_now_s() - start;
    ll_values_free(&defaults);
    if (s)
        ll_adapted_unref(a);
    else
        *out = a;
    return s;
}

/* What it was adapted with, as its record says. */
static ll_status own_options(const ll_adapted *a, ll_values *out, ll_error *e)
{
    const cJSON *set;
    ll_status s = LL_OK;
    ll_values_init(out, a->model->predictor->transfer_options);
    cJSON_ArrayForEach(set, cJSON_GetObjectItemCaseSensitive(a->info, "options"))
    {
        char *text = cJSON_IsString(set) ? ll_strdup(set->valuestring) : ll_json_line(set);
        if (!s && ll_option_find(out->table, set->string)) s = ll_values_set(out, set->string, text, e);
        free(text);
    }
    return s;
}

ll_status ll_adapt_more(const ll_adapted *a, const ll_measured *more, ll_observer *observer, ll_pool *pool,
                        ll_adapted **out, ll_error *e)
{
    ll_archs *samples = ll_archs_copy(a->samples, 0);
    double *lat_ms = LL_NEW_ARRAY(double, a->samples->n + more->archs->n + 1);
    ll_values options;
    memcpy(lat_ms, a->lat_ms, (size_t)a->samples->n * sizeof *lat_ms);
    for (int i = 0; i < more->archs->n; i++) {
        bool is_new;
        int at = ll_archs_add(samples, ll_arch(more->archs, i), &is_new);
        if (is_new) lat_ms[at] = more->lat_ms[i];
    }
    ll_status s = own_options(a, &options, e);
    ll_adapt_plan plan = {.model = a->model,
                          .device = a->device,
                          .of = a->of,
                          .samples = {samples, lat_ms},
                          .sampler = a->sampler,
                          .want_variance = true,
                          .seed = a->seed,
                          .options = &options,
                          .observer = observer,
                          .pool = pool};
    if (!s) s = ll_adapt(&plan, out, e);
    ll_values_free(&options);
    ll_archs_unref(samples);
    free(lat_ms);
    return s;
}

/* --- predict --- */

static ll_status not_a_number(const ll_adapted *a, const char *what, double value, const uint8_t *gene,
                              ll_error *e)
{
    ll_str text = {0};
    a->model->space->format(a->model->space, gene, &text);
    ll_fail(
        e, LL_FAILED,
        "%s predicts the %s %g for architecture %s on %s: its weights are damaged or its training diverged; "
        "pretrain it again",
        a->model->predictor->name, what, value, ll_str_text(&text), a->device);
    ll_str_free(&text);
    return LL_FAILED;
}

/* Numbers that are no numbers stop here: nothing behind this door has to expect them. */
static ll_status check_numbers(const ll_adapted *a, const ll_archs *archs, const ll_prediction *p,
                               ll_error *e)
{
    const struct {
        const double *v;
        const char *what;
    } parts[] = {{p->score, "score"}, {p->lat_ms, "latency"}, {p->sd_ms, "deviation"}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        for (int i = 0; parts[k].v && i < p->n; i++)
            if (!isfinite(parts[k].v[i]))
                return not_a_number(a, parts[k].what, parts[k].v[i], ll_arch(archs, i), e);
    return LL_OK;
}

/* Milliseconds of every score, and none below zero: a linear model does not know. */
static void finish_latencies(const ll_adapted *a, ll_prediction *p)
{
    if (!p->lat_ms) {
        p->lat_ms = LL_NEW_ARRAY(double, p->n + 1);
        for (int i = 0; i < p->n; i++) p->lat_ms[i] = ll_map_apply(&a->map, p->score[i]);
    }
    for (int i = 0; i < p->n; i++)
        if (p->lat_ms[i] < 0) p->lat_ms[i] = 0;
}

static ll_status predict(const ll_adapted *a, const ll_predict_job *job, ll_prediction *out, ll_error *e)
{
    ll_status s = raw_predict(a, job, out, e);
    if (s) return s;
    finish_latencies(a, out);
    s = check_numbers(a, job->archs, out, e);
    if (s) ll_prediction_free(out);
    return s;
}

/* Candidates come as often as a search or a sampler met them. An indexed set has none twice, and what came with its
 * architectures goes by their places. NULL: not worth it, or none is there twice. */
static ll_archs *distinct(const ll_archs *archs, int *place)
{
    enum { FEW = 256 };
    if (archs->n < FEW || archs->index.n || archs->n_features) return NULL;
    ll_archs *once = ll_archs_new(archs->space, 0);
    for (int i = 0; i < archs->n; i++) place[i] = ll_archs_add(once, ll_arch(archs, i), NULL);
    if (once->n < archs->n) return once;
    ll_archs_unref(once);
    return NULL;
}

static void spread(double **v, const int *place, int n)
{
    if (!*v) return;
    double *all = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) all[i] = (*v)[place[i]];
    free(*v);
    *v = all;
}

/* Each is predicted once, which changes no number: none depends on its company. */
static ll_status predict_distinct(const ll_adapted *a, const ll_predict_job *job, const ll_archs *once,
                                  const int *place, ll_prediction *out, ll_error *e)
{
    ll_predict_job own = *job;
    own.archs = once;
    ll_status s = predict(a, &own, out, e);
    if (s) return s;
    out->n = job->archs->n;
    spread(&out->score, place, out->n);
    spread(&out->lat_ms, place, out->n);
    spread(&out->sd_ms, place, out->n);
    return LL_OK;
}

ll_status ll_adapted_predict(const ll_adapted *a, const ll_predict_job *job, ll_prediction *out, ll_error *e)
{
    *out = (ll_prediction){0};
    if (job->archs->space != a->model->space)
        return ll_fail(e, LL_BAD_DATA, "these are architectures of %s, the predictor is of %s",
                       job->archs->space->name, a->model->space->name);
    int *place = LL_NEW_ARRAY(int, job->archs->n + 1);
    ll_archs *once = distinct(job->archs, place);
    ll_status s = once ? predict_distinct(a, job, once, place, out, e) : predict(a, job, out, e);
    ll_archs_unref(once);
    free(place);
    return s;
}

void ll_prediction_interval(const ll_prediction *p, double level, double *lo_ms, double *hi_ms)
{
    double z = ll_student_quantile(.5 + level / 2, p->dof);
    for (int i = 0; i < p->n; i++) {
        lo_ms[i] = fmax(0, p->lat_ms[i] - z * p->sd_ms[i]);
        hi_ms[i] = p->lat_ms[i] + z * p->sd_ms[i];
    }
}

/* --- in a file --- */

#define KEY  "latlab.adapted"
#define IMPL "adapted."
enum { FORMAT_VERSION = 1 };

static void describe(const ll_adapted *a, ll_tensors *out)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_int(o, "version", FORMAT_VERSION);
    ll_json_str(o, "device", a->device);
    if (a->of != LL_LATENCY) ll_json_str(o, "quantity", ll_measurand_name(a->of));
    ll_json_str(o, "predictor", a->model->predictor->name);
    ll_json_int(o, "cost", a->cost);
    ll_json_str(o, "sampler", a->sampler);
    ll_json_num(o, "seed", (double)a->seed);
    ll_json_str(o, "map", a->native ? "native" : ll_map_name(&a->map));
    cJSON_AddItemToObject(o, "info", cJSON_Duplicate(a->info, true));
    ll_tensors_set_json(out, KEY, o);
    cJSON_Delete(o);
}

static void add_map(const ll_map *m, ll_tensors *out)
{
    double line[] = {m->isotonic, m->slope, m->offset, isnan(m->error) ? -1 : m->error}; /* -1: not known */
    ll_tensors_add(out, "adapted/map", LL_F64, 1, (long[]){4}, line);
    if (!m->n_knots) return;
    ll_tensors_add(out, "adapted/map_score", LL_F64, 1, (long[]){m->n_knots}, m->score);
    ll_tensors_add(out, "adapted/map_lat_ms", LL_F64, 1, (long[]){m->n_knots}, m->lat_ms);
}

ll_status ll_adapted_save(const ll_adapted *a, ll_tensors *out, ll_error *e)
{
    ll_tensors own = {0};
    ll_status s = a->impl ? a->model->predictor->save_adapted(a->impl, &own, e) : LL_OK;
    if (!s) {
        ll_tensors_add_all(out, IMPL, &own);
        describe(a, out);
        ll_archs_save(a->samples, "adapted/samples", out);
        ll_tensors_add(out, "adapted/lat_ms", LL_F64, 1, (long[]){a->samples->n}, a->lat_ms);
        ll_tensors_add(out, "adapted/seconds", LL_F64, 1, (long[]){1}, &a->seconds);
        if (!a->native) add_map(&a->map, out);
    }
    ll_tensors_free(&own);
    return s;
}

static ll_status load_samples(const ll_tensors *in, ll_adapted *a, ll_error *e)
{
    const ll_tensor *lat;
    ll_status s = ll_archs_load(in, "adapted/samples", a->model->space, &a->samples, e);
    if (!s) s = ll_tensors_need(in, "adapted/lat_ms", LL_F64, 1, (long[]){a->samples->n}, &lat, e);
    if (!s) a->lat_ms = ll_memdup(lat->data, (size_t)a->samples->n, sizeof *a->lat_ms);
    return s;
}

static ll_status load_knots(const ll_tensors *in, ll_map *m, ll_error *e)
{
    const ll_tensor *score = ll_tensors_find(in, "adapted/map_score"), *lat;
    if (!score) return m->isotonic ? ll_fail(e, LL_BAD_DATA, "tensor adapted/map_score is missing") : LL_OK;
    long n = score->n_dims == 1 ? score->shape[0] : 0;
    ll_status s = ll_tensors_need(in, "adapted/map_score", LL_F64, 1, &n, &score, e);
    if (!s) s = ll_tensors_need(in, "adapted/map_lat_ms", LL_F64, 1, &n, &lat, e);
    if (s) return s;
    if (n < 1) return ll_fail(e, LL_BAD_DATA, "tensor adapted/map_score is empty");
    m->n_knots = (int)n;
    m->score = ll_memdup(score->data, (size_t)n, sizeof *m->score);
    m->lat_ms = ll_memdup(lat->data, (size_t)n, sizeof *m->lat_ms);
    return LL_OK;
}

static ll_status load_map(const ll_tensors *in, ll_adapted *a, ll_error *e)
{
    const ll_tensor *t;
    ll_status s = ll_tensors_need(in, "adapted/map", LL_F64, 1, (long[]){4}, &t, e);
    if (s) return s;
    const double *line = t->data;
    a->map = (ll_map){
        .isotonic = line[0] != 0, .slope = line[1], .offset = line[2], .error = line[3] < 0 ? NAN : line[3]};
    return load_knots(in, &a->map, e);
}

static ll_status load_impl(const ll_tensors *in, ll_adapted *a, ll_error *e)
{
    ll_tensors own = {0};
    if (!a->model->predictor->load_adapted) return LL_OK;
    ll_tensors_take(in, IMPL, &own);
    ll_status s = a->model->predictor->load_adapted(a->model->impl, &own, &a->impl, e);
    ll_tensors_free(&own);
    return s;
}

static ll_status load_all(const ll_tensors *in, const cJSON *o, ll_adapted *a, ll_error *e)
{
    const ll_tensor *seconds;
    const char *predictor = ll_json_get_str(o, "predictor", "");
    if (ll_json_get_int(o, "version", 0) > FORMAT_VERSION)
        return ll_fail(e, LL_BAD_DATA,
                       "the adapted predictor is of a later latlab (version %d, %d was expected)",
                       ll_json_get_int(o, "version", 0), FORMAT_VERSION);
    if (strcmp(predictor, a->model->predictor->name))
        return ll_fail(e, LL_BAD_DATA, "the adapted predictor is a %.40s, the model a %s", predictor,
                       a->model->predictor->name);
    const cJSON *info = cJSON_GetObjectItemCaseSensitive(o, "info");
    int of = ll_measurand_find(ll_json_get_str(o, "quantity", NULL));
    if (of < 0)
        return ll_fail(e, LL_BAD_DATA, "the adapted predictor is of a \"%.40s\", which is no quantity",
                       ll_json_get_str(o, "quantity", NULL));
    a->of = (ll_measurand)of;
    a->device = ll_strdup(ll_json_get_str(o, "device", "?"));
    a->sampler = ll_strdup(ll_json_get_str(o, "sampler", "manual"));
    a->seed = (uint64_t)ll_json_get_num(o, "seed", 0);
    a->cost = ll_json_get_int(o, "cost", 0);
    a->native = !strcmp(ll_json_get_str(o, "map", "native"), "native");
    a->info = cJSON_IsObject(info) ? cJSON_Duplicate(info, true) : cJSON_CreateObject();
    ll_status s = load_samples(in, a, e);
    if (!s) s = ll_tensors_need(in, "adapted/seconds", LL_F64, 1, (long[]){1}, &seconds, e);
    if (!s) a->seconds = *(const double *)seconds->data;
    if (!s && !a->native) s = load_map(in, a, e);
    return s ? s : load_impl(in, a, e);
}

ll_status ll_adapted_load(const ll_tensors *in, const ll_model *model, ll_adapted **out, ll_error *e)
{
    cJSON *o;
    ll_status s = ll_tensors_json(in, KEY, &o, e);
    *out = NULL;
    if (s) return s;
    if (!cJSON_IsObject(o)) {
        cJSON_Delete(o);
        return ll_fail(e, LL_BAD_DATA, "holds no adapted predictor: the text " KEY " is missing or broken");
    }
    ll_adapted *a = LL_NEW(ll_adapted);
    *a = (ll_adapted){.refs = 1, .model = ll_model_ref(model)};
    s = load_all(in, o, a, e);
    cJSON_Delete(o);
    if (s)
        ll_adapted_unref(a);
    else
        *out = a;
    return s;
}
