#include "core/commands/search/published.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/refit.h"
#include "core/search/outcome.h"
#include "core/transfer/experiment.h"
#include "core/transfer/pretrain.h"

/* --- what was published -------------------------------------------------------------------------------------- */

typedef struct published {
    const char *device;
    double max_ms, ms, score; /* HELP's choice: latency and accuracy as measured */
} published;

static const published table_4[] = {
    {"titan_rtx_256", 18, 17.8, 69.7},
    {"titan_rtx_256", 21, 18.9, 71.5},
    {"titan_rtx_256", 25, 24.2, 71.8},
    {"gold_6226", 8, 8.0, 67.3},
    {"gold_6226", 11, 10.7, 70.2},
    {"gold_6226", 14, 14.3, 72.1},
    {"pixel2", 14, 14.0, 69.7},
    {"pixel2", 18, 18.0, 71.8},
    {"pixel2", 22, 25.0, 73.2},
    {"eyeriss", 5, 3.9, 71.5},
    {"eyeriss", 7, 5.1, 71.8},
    {"eyeriss", 9, 9.1, 73.5},
    {"fpga", 4, 3.8, 70.2},
    {"fpga", 5, 4.7, 71.8},
    {"fpga", 6, 7.4, 73.5},
};
static const published table_5[] = {
    {"titan_rtx_64", 20, 20.3, 76.0}, {"titan_rtx_64", 23, 23.1, 76.8}, {"titan_rtx_64", 28, 28.6, 77.9}};

typedef struct protocol {
    const char *name, *title, *score,
        *list; /* list: rows that have this score, the highest first; NULL: the space */
    const published *rows;
    int n;
    const char *where; /* NULL: all */
} protocol;

static const protocol protocols[] = {
    {"help", "HELP Table 4: MetaD2A's 500 cells, CIFAR-100 accuracy", "cifar100_metad2a", "metad2a", table_4,
     sizeof table_4 / sizeof *table_4, NULL},
    {"ofa", "HELP Table 5: Once-for-All, its predicted accuracy", "ofa_accuracy", NULL, table_5,
     sizeof table_5 / sizeof *table_5, "r=160|176|192|208|224"},
};

/* --- one run ------------------------------------------------------------------------------------------------- */

/* What came of the seeds of one row. */
typedef struct tally {
    int n, none, violations, equal, known; /* known: how many had a true latency */
    double regret, seconds;
    int n_regret;
    ll_search_step last;
} tally;

typedef struct run {
    ll_request *rq;
    const protocol *p;
    ll_dataset *data;
    ll_model *model;
    ll_scorer *scorer;
    ll_where *where;
    ll_archs *list;
    ll_values options; /* of the transfers */
    bool walks;        /* as HELP walks: the first three of the list that are predicted within */
    cJSON *rows;
    tally all;
} run;

static ll_status make_list(run *r)
{
    const ll_score *score;
    ll_ints rows = {0};
    if (!r->p->list) return LL_OK;
    ll_status s = ll_dataset_find_score(r->data, r->p->list, &score, &r->rq->error);
    if (s) return s;
    ll_score_best_rows(r->data, score, &rows);
    r->list = ll_archs_pick(r->data->archs, rows.v, rows.n);
    ll_ints_free(&rows);
    return LL_OK;
}

/* HELP is adapted as its authors adapt it, whatever else is asked. */
static ll_status draw(const run *r, int device, uint64_t seed, ll_ints *rows)
{
    const ll_sampler *sampler;
    ll_model *prior;
    ll_matrix_f none = {0};
    int k = ll_int(&r->rq->args, "samples");
    ll_status s = ll_need_sampler(r->rq, ll_word(&r->rq->args, "sampler"), &sampler);
    if (!s) s = ll_need_prior(r->rq, sampler, &prior);
    if (!s && sampler->uses_encoding)
        s = LL_FAIL(r->rq, LL_USAGE, "sampler=%s takes an encoding: not here", sampler->name);
    if (!s)
        s = ll_draw_samples(r->data, device, sampler, k, seed, r->walks ? LL_PROTOCOL_HELP : LL_PROTOCOL_FULL,
                            &none, prior, r->rq->observer, rows, &r->rq->error);
    return s;
}

static ll_status adapt(const run *r, int device, uint64_t seed, ll_transfer **out)
{
    ll_ints rows = {0};
    ll_status s = draw(r, device, seed, &rows);
    ll_transfer_plan plan = {.data = r->data,
                             .model = r->model,
                             .target = device,
                             .samples = rows.v,
                             .k = rows.n,
                             .sampler = ll_word(&r->rq->args, "sampler"),
                             .seed = seed,
                             .options = &r->options,
                             .observer = r->rq->observer,
                             .pool = r->rq->pool,
                             .want_variance = ll_real(&r->rq->args, "p") != .5};
    if (!s) s = ll_transfer_run(&plan, out, &r->rq->error);
    ll_ints_free(&rows);
    return s;
}

/* Milliseconds as HELP makes them of its scores: the range predicted of the samples is the range measured of them. */
static void scale_by_samples(const ll_transfer *t, const ll_dataset *d, int device, const ll_archs *archs,
                             double *ms)
{
    double low = INFINITY, high = -INFINITY, low_ms = INFINITY, high_ms = -INFINITY;
    for (int i = 0; i < t->samples.n; i++) {
        int row = t->samples.v[i];
        low = fmin(low, t->score[row]);
        high = fmax(high, t->score[row]);
        low_ms = fmin(low_ms, ll_latencies(d, device)[row]);
        high_ms = fmax(high_ms, ll_latencies(d, device)[row]);
    }
    for (int i = 0; i < archs->n; i++) {
        double score = t->score[ll_dataset_row(d, ll_arch(archs, i))];
        ms[i] = low_ms + (score - low) / fmax(high - low, 1e-12) * (high_ms - low_ms);
    }
}

static ll_problem problem_of(const run *r, const published *row, const ll_transfer *t)
{
    ll_problem p = {
        .space = r->data->space, .data = r->data, .n = 2, .p = ll_real(&r->rq->args, "p"), .where = r->where};
    p.q[0] = (ll_quantity){.name = r->p->score, .scorer = r->scorer, .max = INFINITY, .objective = true};
    p.q[1] = (ll_quantity){
        .name = row->device, .unit = "ms", .adapted = t->adapted, .max = row->max_ms, .objective = true};
    return p;
}

static const ll_search_method *method_of(const run *r)
{
    const char *name = ll_word(&r->rq->args, "method");
    if (name) return ll_search_method_find(name);
    return r->walks ? &ll_search_walk : r->p->list ? &ll_search_exhaustive : &ll_search_ofa;
}

static long budget_of(const run *r, const ll_search_method *method)
{
    return ll_given(&r->rq->args, "budget") ? (long)ll_real(&r->rq->args, "budget") : method->budget;
}

/* --- rows ---------------------------------------------------------------------------------------------------- */

static void count(tally *t, const ll_search *s, const ll_outcome *o, double seconds)
{
    t->n++;
    t->seconds += seconds;
    t->none += o->chosen < 0;
    t->violations += o->violation == 1;
    t->known += o->violation >= 0;
    t->equal += o->chosen >= 0 && o->violation == 0 && o->regret <= 1e-9;
    if (!isnan(o->regret)) {
        t->regret += o->regret;
        t->n_regret++;
    }
    if (s->n_steps) t->last = s->steps[s->n_steps - 1];
}

static void add_tally(cJSON *o, const tally *t)
{
    ll_json_int(o, "n", t->n);
    ll_json_num(o, "violations", t->known ? t->violations : NAN);
    ll_json_num(o, "equal", t->known ? t->equal : NAN);
    ll_json_int(o, "none", t->none);
    ll_json_num(o, "mean_regret", t->n_regret ? t->regret / t->n_regret : NAN);
    ll_json_num(o, "seconds", t->seconds / t->n);
}

/* What the first seed chose. */
static void add_choice(cJSON *o, const ll_search *s, const ll_outcome *out)
{
    ll_str text = {0};
    bool any = out->chosen >= 0;
    if (any) s->problem->space->format(s->problem->space, ll_arch(s->archs, out->chosen), &text);
    if (any)
        ll_json_str(o, "arch", text.s);
    else
        cJSON_AddNullToObject(o, "arch");
    ll_json_num(o, "ms", any ? ll_search_values(s, out->chosen)[1] : NAN);
    ll_json_num(o, "true_ms", out->truth[1]);
    ll_json_num(o, "score", any ? ll_search_values(s, out->chosen)[0] : NAN);
    ll_json_num(o, "best_score", out->best);
    ll_json_num(o, "regret", out->regret);
    ll_str_free(&text);
}

static ll_status search_once(const run *r, const published *row, const ll_transfer *t, int device,
                             uint64_t seed, bool first, cJSON *o, tally *sum)
{
    ll_problem p = problem_of(r, row, t);
    const ll_search_method *method = method_of(r);
    ll_search_options options = {.budget = budget_of(r, method),
                                 .population = ll_int(&r->rq->args, "population"),
                                 .tournament = ll_int(&r->rq->args, "tournament"),
                                 .rate = r->p->list ? 0 : .1,
                                 .first = ll_int(&r->rq->args, "first"),
                                 .candidates = method->any_space ? NULL : r->list,
                                 .seed = seed,
                                 .observer = r->rq->observer,
                                 .pool = r->rq->pool};
    double *ms = NULL;
    if (r->walks && r->list) {
        ms = LL_NEW_ARRAY(double, r->list->n + 1);
        scale_by_samples(t, r->data, device, r->list, ms);
        p.q[1].measured = (ll_measured){r->list, ms}; /* in the place of what the map says */
    }
    ll_search s;
    ll_outcome out;
    ll_status status = ll_search_run(method, &p, &options, &s, &r->rq->error);
    if (!status) {
        ll_outcome_of(&s, s.best, &out);
        count(sum, &s, &out, t->seconds);
        if (first) add_choice(o, &s, &out);
    }
    if (!status || status == LL_CANCELLED) ll_search_free(&s);
    free(ms);
    return status;
}

static ll_status add_row(run *r, const published *row)
{
    int device = ll_dataset_device(r->data, row->device), seeds = ll_int(&r->rq->args, "seeds");
    uint64_t from = (uint64_t)ll_real(&r->rq->args, "seed");
    tally sum = {0};
    cJSON *o = ll_json_obj(r->rows, NULL);
    ll_status s = LL_OK;
    ll_json_str(o, "device", row->device);
    ll_json_num(o, "max_ms", row->max_ms);
    for (int i = 0; i < seeds && !s; i++) {
        ll_transfer *t;
        s = adapt(r, device, from + (uint64_t)i, &t);
        if (s) break;
        s = search_once(r, row, t, device, from + (uint64_t)i, !i, o, &sum);
        ll_transfer_unref(t);
    }
    if (s) return s;
    add_tally(o, &sum);
    ll_json_num(o, "published_ms", row->ms);
    ll_json_num(o, "published_score", row->score);
    r->all = (tally){.n = r->all.n + sum.n,
                     .none = r->all.none + sum.none,
                     .violations = r->all.violations + sum.violations,
                     .equal = r->all.equal + sum.equal,
                     .known = r->all.known + sum.known,
                     .regret = r->all.regret + sum.regret,
                     .n_regret = r->all.n_regret + sum.n_regret,
                     .seconds = r->all.seconds + sum.seconds};
    return LL_OK;
}

/* --- the table ----------------------------------------------------------------------------------------------- */

static void emit(run *r, cJSON *result)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"max_ms", "limit", "ms", 0},
                                        {"ms", "predicted", "ms", 2},
                                        {"true_ms", "measured", "ms", 2},
                                        {"score", "score", NULL, 2},
                                        {"best_score", "best within", NULL, 2},
                                        {"regret", "regret", NULL, 2},
                                        {"n", "n", NULL, 0},
                                        {"violations", "violations", NULL, 0},
                                        {"equal", "best found", NULL, 0},
                                        {"mean_regret", "mean regret", NULL, 3},
                                        {"published_ms", "HELP", "ms", 1},
                                        {"published_score", "HELP score", NULL, 1},
                                        {0}};
    ll_str title = {0};
    ll_str_addf(&title, "%s, by %s", r->p->title, r->model->predictor->name);
    ll_json_str(result, "title", title.s);
    ll_str_free(&title);
    ll_json_str(result, "protocol", r->p->name);
    ll_json_str(result, "predictor", r->model->predictor->name);
    ll_json_str(result, "method", method_of(r)->name);
    ll_json_int(result, "samples", ll_int(&r->rq->args, "samples"));
    ll_json_str(result, "sampler", ll_word(&r->rq->args, "sampler"));
    ll_json_int(result, "seeds", ll_int(&r->rq->args, "seeds"));
    ll_json_num(result, "p", ll_real(&r->rq->args, "p"));
    ll_result_columns(result, columns);
    cJSON_AddItemToObject(result, "rows", r->rows);
    add_tally(ll_json_obj(result, "all"), &r->all);
    if (r->all.known)
        ll_result_note(result, "%d of %d beyond the limit, %d the best there is, mean regret %.3f",
                       r->all.violations, r->all.n, r->all.equal,
                       r->all.n_regret ? r->all.regret / r->all.n_regret : NAN);
    if (r->walks)
        ll_result_note(
            result,
            "HELP's walk: the best of the first %d on MetaD2A's list that are predicted within, milliseconds "
            "by the range of the samples",
            ll_int(&r->rq->args, "first"));
    ll_emit(r->rq, result);
}

/* with=adapt=tune,lr=1e-3: options of the predictor's transfers. */
static ll_status read_options(run *r)
{
    ll_strs pairs = {0};
    ll_status s = LL_OK;
    ll_values_init(&r->options, r->model->predictor->transfer_options);
    ll_list(&r->rq->args, "with", &pairs);
    for (int i = 0; i < pairs.n && !s; i++) {
        char *equals = strchr(pairs.v[i], '=');
        if (!equals) {
            s = LL_FAIL(r->rq, LL_USAGE, "with=%.60s: option=value was expected", pairs.v[i]);
            break;
        }
        *equals = 0;
        s = ll_values_set(&r->options, pairs.v[i], equals + 1, &r->rq->error);
    }
    ll_strs_free(&pairs);
    return s;
}

static ll_status make_scorer(run *r)
{
    ll_scorer_job job = {.space = r->data->space, .data = r->data, .k = 200, .seed = 1, .pool = r->rq->pool};
    ll_status s = ll_scorer_new(r->p->score, &job, &r->scorer, &r->rq->error);
    if (!s && r->p->where) s = ll_where_new(r->p->where, &job, &r->where, &r->rq->error);
    return s;
}

static ll_status check_devices(const run *r)
{
    for (int i = 0; i < r->p->n; i++)
        if (ll_dataset_device(r->data, r->p->rows[i].device) < 0)
            return LL_FAIL(r->rq, LL_FAILED,
                           "protocol=%s needs the device %s, which %s lacks: `import help` brings it",
                           r->p->name, r->p->rows[i].device, r->data->name);
    return LL_OK;
}

static ll_status run_all(run *r)
{
    ll_status s = LL_OK;
    cJSON *result = ll_result_new("search_table");
    r->rows = cJSON_CreateArray();
    for (int i = 0; i < r->p->n && !s; i++) s = add_row(r, &r->p->rows[i]);
    if (!s) {
        emit(r, result);
        return LL_OK;
    }
    cJSON_Delete(r->rows);
    cJSON_Delete(result);
    return s;
}

ll_status ll_search_published(ll_request *rq)
{
    run r = {.rq = rq};
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (ll_is(&rq->args, "protocol", protocols[i].name)) r.p = &protocols[i];
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_need_model(rq, ll_word(&rq->args, "predictor"), &r.model);
    if (s) return s;
    r.data = ll_dataset_ref(rq->state.data);
    r.model = ll_model_ref(r.model);
    r.walks = r.p->list && (ll_is(&rq->args, "method", "list") ||
                            (!ll_has(&rq->args, "method") && !strcmp(r.model->predictor->name, "help")));
    s = read_options(&r);
    if (!s) s = check_devices(&r);
    if (!s) s = make_scorer(&r);
    if (!s) s = make_list(&r);
    if (!s) s = run_all(&r);
    ll_values_free(&r.options);
    ll_scorer_free(r.scorer);
    ll_where_free(r.where);
    ll_archs_unref(r.list);
    ll_model_unref(r.model);
    ll_dataset_unref(r.data);
    return s;
}
