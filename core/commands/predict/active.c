/* suggest and how-many: which architectures to measure on a device, and how many will do. Both work when not a
 * single latency of the device exists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/arch_fields.h"
#include "core/commands/commands.h"
#include "core/commands/look/look.h"
#include "core/commands/refit.h"
#include "core/commands/worklist.h"
#include "core/num/stats.h"
#include "core/predict/gp/gp.h"
#include "core/sample/design.h"
#include "core/transfer/expect.h"

enum { MEASURING = LL_MEASURING };

/* --- what is known of the device --- */

static bool is_source(const ll_request *rq, int device)
{
    return rq->state.task && ll_ints_find(&rq->state.task->source, device) >= 0;
}

/* Some of its latencies are known, and neither many nor most. */
static bool being_measured(const ll_dataset *d, int device)
{
    int n = ll_dataset_count(d, device);
    return n > 0 && n <= MEASURING && 2 * n < d->n_archs;
}

/* The newest device that is being measured, else that of the latest transfer, else none. */
static int likely_device(const ll_request *rq)
{
    const ll_dataset *d = rq->state.data;
    for (int i = d->n_devices - 1; i >= 0; i--)
        if (being_measured(d, i) && !is_source(rq, i)) return i;
    return rq->state.n_transfers ? ll_dataset_device(d, rq->state.transfers[0]->device) : -1;
}

/* Device named by the option "device"; -1: a new one, of which nothing is measured. */
static int active_device(ll_request *rq)
{
    const char *name = ll_word(&rq->args, "device");
    int device;
    ll_error e = {0};
    if (!name) return likely_device(rq);
    if (ll_dataset_find_device(rq->state.data, name, &device, &e) == LL_OK) return device;
    ll_note(rq, "%s has no latency in this dataset: taken as a new device", name);
    return -1;
}

/* The device, what is measured of it, and the GP that knows the sources. */
typedef struct active {
    const ll_dataset *d;
    const ll_model *pretrained;
    const ll_gp_model *model; /* of it */
    const ll_gp_rows *rows;
    ll_gp_rows other;
    int device;
    ll_ints have;
    double *y_ms; /* (have.n) */
    ll_gp_posterior q;
    ll_design_prior design; /* of the rows */
} active;

static ll_status need_gp(ll_request *rq, active *a)
{
    ll_model *prior;
    ll_status s = ll_need_prior(rq, &ll_dopt, &prior);
    if (s) return s;
    if (prior->predictor != &ll_gp) return LL_FAIL(rq, LL_FAILED, "no gp model; `pretrain gp` makes one");
    a->pretrained = prior;
    a->model = prior->impl;
    return LL_OK;
}

static void active_free(active *a)
{
    ll_ints_free(&a->have);
    free(a->y_ms);
    ll_gp_rows_free(&a->other);
    ll_gp_posterior_free(&a->q);
    ll_design_prior_free(&a->design);
}

static const char *device_name(const active *a)
{
    return a->device < 0 ? NULL : a->d->devices[a->device].name;
}

static ll_status active_init(ll_request *rq, active *a)
{
    *a = (active){.d = rq->state.data, .device = -1};
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_need_task(rq);
    if (!s) s = need_gp(rq, a);
    if (s) return s;
    a->device = active_device(rq);
    if (is_source(rq, a->device))
        return LL_FAIL(rq, LL_FAILED, "%s is a source device of this task: nothing is left to learn of it",
                       a->d->devices[a->device].name);
    a->rows = ll_gp_model_rows(a->model, a->d->archs, NULL, rq->pool, &a->other);
    a->pretrained->predictor->design_prior(a->model, a->d->archs, &a->design);
    const ll_transfer *t = a->device < 0 ? NULL : ll_state_transfer(&rq->state, device_name(a), NULL);
    if (a->device >= 0) a->have = ll_measured_rows(a->d, a->device, t);
    a->y_ms = LL_NEW_ARRAY(double, a->have.n);
    for (int i = 0; i < a->have.n; i++) a->y_ms[i] = ll_latencies(a->d, a->device)[a->have.v[i]];
    if (a->have.n) ll_gp_model_condition(a->model, a->rows, a->have.v, a->y_ms, a->have.n, true, &a->q);
    return LL_OK;
}

/* k rows that are not measured yet, by any sampler; a design continues from what is measured. */
static ll_status choose(ll_request *rq, const active *a, const ll_sampler *sampler, int k, int *out)
{
    if (sampler->oracle)
        return LL_FAIL(rq, LL_USAGE, "sampler %s looks at latencies that do not exist yet", sampler->name);
    ll_matrix_f vectors = {0};
    ll_sample_job job = {.archs = a->d->archs,
                         .k = k,
                         .seed = (uint64_t)ll_int(&rq->args, "seed"),
                         .vectors = &vectors,
                         .prior = &a->design,
                         .observer = rq->observer,
                         .have = a->have.v,
                         .n_have = a->have.n};
    ll_status s = ll_need_vectors(rq, sampler, &vectors);
    if (!s) s = ll_sample_more(sampler, &job, out, &rq->error);
    ll_matrix_f_free(&vectors);
    return s;
}

/* --- suggest --- */

typedef struct worklist {
    int n;
    int *rows;
    double *left;           /* (n+1) share of the variance that is left */
    double *teaches;        /* (n) percent of what is left before it */
    double *lat_ms, *sd_ms; /* (n) or NULL: nothing is measured */
} worklist;

static void worklist_free(worklist *t)
{
    free(t->rows);
    free(t->left);
    free(t->teaches);
    free(t->lat_ms);
}

static void expect(const active *a, worklist *t)
{
    ll_design_left(&a->design, a->have.v, a->have.n, t->rows, t->n, t->left);
    for (int i = 0; i < t->n; i++)
        t->teaches[i] = t->left[i] > 0 ? 100 * (t->left[i] - t->left[i + 1]) / t->left[i] : 0;
    if (!a->have.n) return;
    t->lat_ms = LL_NEW_ARRAY(double, 2 * t->n);
    t->sd_ms = t->lat_ms + t->n;
    ll_gp_posterior_predict(&a->q, &a->rows->prior, t->rows, t->n, t->lat_ms, t->sd_ms);
}

static void add_worklist_rows(cJSON *result, const active *a, const worklist *t)
{
    cJSON *rows = ll_json_arr(result, "rows");
    double z = a->have.n ? ll_student_quantile(.95, a->q.dof) : 0;
    ll_arch_fields fields = ll_arch_fields_of(a->d->space, a->d);
    for (int i = 0; i < t->n; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_int(row, "order", a->have.n + i + 1);
        ll_arch_fields_json(&fields, ll_gene(a->d, t->rows[i]), row);
        ll_json_num(row, "teaches", t->teaches[i]);
        ll_json_num(row, "left", 100 * t->left[i + 1]);
        if (t->lat_ms) {
            ll_json_num(row, "lat_ms", t->lat_ms[i]);
            ll_json_num(row, "half_ms", z * t->sd_ms[i]);
        }
    }
    ll_arch_fields_free(&fields);
}

static void emit_suggest(ll_request *rq, const active *a, const worklist *t, const char *sampler)
{
    static const ll_column columns[] = {
        {"order", "no.", NULL, 0},          {"row", "row", NULL, 0},
        {"arch", "architecture", NULL, -1}, {"teaches", "teaches", "% of what is unknown", 1},
        {"left", "left", "%", 1},           {"lat_ms", "expected", "ms", 3},
        {"half_ms", "+-", "ms (90 %)", 3},  {0}};
    cJSON *result = ll_result_new("suggest");
    ll_json_str(result, "title", "Architectures to measure, the most telling first");
    ll_json_str(result, "device", device_name(a));
    ll_json_str(result, "sampler", sampler);
    ll_json_int(result, "measured", a->have.n);
    ll_json_ints(result, "samples", t->rows, t->n);
    ll_json_num(result, "left_before", 100 * t->left[0]);
    ll_result_columns(result, columns);
    add_worklist_rows(result, a, t);
    ll_emit(rq, result);
}

/* Is there anything left to measure? */
static ll_status need_unmeasured(ll_request *rq, const active *a)
{
    if (a->have.n < rq->state.data->n_archs) return LL_OK;
    return LL_FAIL(rq, LL_FAILED, "all %d architectures of %s are measured on %s already", a->have.n,
                   rq->state.data->name, device_name(a));
}

/* How many to suggest: next= says it, k= counts what is measured already. */
static ll_status count_wanted(ll_request *rq, const active *a, int *n)
{
    int k = ll_int(&rq->args, "k");
    ll_status s = need_unmeasured(rq, a);
    if (s) return s;
    *n = ll_given(&rq->args, "next") ? ll_int(&rq->args, "next") : k - a->have.n;
    if (*n > 0) return LL_OK;
    return LL_FAIL(rq, LL_FAILED, "%s has %d %s already, k=%d asks for no more; next=5 does", device_name(a),
                   a->have.n, ll_noun(a->have.n, "latency", "latencies"), k);
}

/* What is measured and what is to be measured become the samples of the next transfer. */
static void keep_samples(ll_request *rq, const active *a, const worklist *t, const char *sampler)
{
    ll_ints all = ll_ints_copy(a->have.v, a->have.n);
    for (int i = 0; i < t->n; i++) ll_ints_add(&all, t->rows[i]);
    ll_state_set_samples(&rq->state, ll_samples_new(all.v, all.n, sampler, device_name(a),
                                                    (uint64_t)ll_int(&rq->args, "seed")));
    ll_ints_free(&all);
}

/* What the user calls the device, measured or not. */
static const char *wanted_name(const ll_request *rq, const active *a)
{
    const char *typed = ll_word(&rq->args, "device");
    return a->device >= 0 ? device_name(a) : typed ? typed : "NAME";
}

static ll_status suggest(ll_request *rq, const active *a)
{
    const ll_sampler *sampler;
    const char *out = ll_word(&rq->args, "out");
    worklist t = {0};
    ll_status s = count_wanted(rq, a, &t.n);
    if (!s) s = ll_need_sampler(rq, ll_word(&rq->args, "sampler"), &sampler);
    if (s) return s;
    t.rows = LL_NEW_ARRAY(int, t.n);
    t.left = LL_NEW_ARRAY(double, t.n + 1);
    t.teaches = LL_NEW_ARRAY(double, t.n);
    s = choose(rq, a, sampler, t.n, t.rows);
    if (!s) expect(a, &t);
    if (!s && out)
        s = ll_worklist_write(rq, &(ll_worklist){a->d, t.rows, t.teaches, t.n}, out,
                              ll_bool(&rq->args, "replace"));
    if (!s) {
        emit_suggest(rq, a, &t, sampler->name);
        if (out) ll_note_fill_in(rq, out, a->d->name, wanted_name(rq, a));
        keep_samples(rq, a, &t, sampler->name);
    }
    worklist_free(&t);
    return s;
}

static ll_status run_suggest(ll_request *rq)
{
    active a;
    ll_status s = active_init(rq, &a);
    if (!s && a.have.n)
        ll_note(rq, "continuing from %d %s of %s", a.have.n, ll_noun(a.have.n, "latency", "latencies"),
                device_name(&a));
    if (!s) s = suggest(rq, &a);
    active_free(&a);
    return s;
}

/* --- how-many --- */

enum { MOST_SIZES = 32 };

typedef struct sizes {
    int v[MOST_SIZES], n, most;
} sizes;

static ll_status read_sizes(ll_request *rq, const active *a, sizes *out)
{
    ll_strs words = {0};
    ll_str left = {0};
    ll_list(&rq->args, "k", &words);
    ll_status s = LL_OK;
    if (words.n > MOST_SIZES) s = LL_FAIL(rq, LL_USAGE, "k=: %d numbers at most", MOST_SIZES);
    for (int i = 0; i < words.n && !s; i++) {
        char *end;
        long k = strtol(words.v[i], &end, 10);
        if (*end || k < 1 || k > MEASURING)
            s = LL_FAIL(rq, LL_USAGE, "k=%s: expected numbers from 1 to %d", words.v[i], MEASURING);
        else if (k >= a->have.n)
            out->v[out->n++] = (int)k;
        else
            ll_str_addf(&left, "%sk=%ld", left.len ? ", " : "", k);
    }
    if (!s && out->n && left.len)
        ll_note(rq, "%s: left out, %d are measured already", ll_str_text(&left), a->have.n);
    if (!s && !out->n) s = LL_FAIL(rq, LL_USAGE, "%d are measured already: give k= larger ones", a->have.n);
    for (int i = 0; i < out->n; i++) out->most = out->v[i] > out->most ? out->v[i] : out->most;
    ll_str_free(&left);
    ll_strs_free(&words);
    return s;
}

static void add_spread(cJSON *row, const char *what, const ll_expectation *x, const double *v, int i)
{
    char key[32];
    ll_spread spread = ll_expected_spread(x, v, i);
    ll_json_num(row, what, spread.middle);
    snprintf(key, sizeof key, "%s_lo", what);
    ll_json_num(row, key, spread.lo);
    snprintf(key, sizeof key, "%s_hi", what);
    ll_json_num(row, key, spread.hi);
}

static void how_many_notes(cJSON *result, const active *a, const ll_expectation *x)
{
    if (a->have.n)
        ll_result_note(result, "%d devices drawn from what is known after the %d %s measured so far",
                       x->n_worlds, a->have.n, ll_noun(a->have.n, "latency", "latencies"));
    else if (x->from_sources)
        ll_result_note(
            result,
            "what happened when each of the %d sources played the new device, with its real latencies "
            "and the others as sources; a device unlike all of them does worse",
            a->model->n_sources);
    else
        ll_result_note(result, "devices drawn from the prior alone: too few sources to try it on them");
}

static void emit_how_many(ll_request *rq, const active *a, const sizes *k, const ll_expectation *x)
{
    static const ll_column columns[] = {{"k", "k", NULL, 0},
                                        {"spearman", "Spearman", NULL, 3},
                                        {"spearman_lo", "10 %", NULL, 3},
                                        {"spearman_hi", "90 %", NULL, 3},
                                        {"error", "median error", "%", 1},
                                        {"error_lo", "10 %", "%", 1},
                                        {"error_hi", "90 %", "%", 1},
                                        {0}};
    cJSON *result = ll_result_new("how-many");
    ll_json_str(result, "title", "What so many measurements are expected to give");
    ll_json_str(result, "device", device_name(a));
    ll_json_int(result, "measured", a->have.n);
    ll_json_int(result, "simulations", x->n_worlds);
    ll_json_bool(result, "from_sources", x->from_sources);
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < k->n; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_int(row, "k", k->v[i]);
        add_spread(row, "spearman", x, x->spearman, i);
        add_spread(row, "error", x, x->error, i);
    }
    how_many_notes(result, a, x);
    ll_emit(rq, result);
}

/* The measured rows, and behind them what the sampler would measure. */
static ll_status plan_rows(ll_request *rq, const active *a, const sizes *k, int *plan,
                           const ll_sampler **sampler)
{
    for (int i = 0; i < a->have.n; i++) plan[i] = a->have.v[i];
    ll_status s = ll_need_sampler(rq, ll_word(&rq->args, "sampler"), sampler);
    if (s || k->most == a->have.n) return s;
    return choose(rq, a, *sampler, k->most - a->have.n, plan + a->have.n);
}

static ll_status how_many(ll_request *rq, const active *a)
{
    sizes k = {0};
    ll_expectation x = {0};
    ll_expect_job job = {.data = a->d,
                         .gp = a->model,
                         .rows = a->rows,
                         .posterior = a->have.n ? &a->q : NULL,
                         .have = a->have.v,
                         .y_ms = a->y_ms,
                         .n_have = a->have.n,
                         .n_worlds = ll_int(&rq->args, "simulations"),
                         .seed = (uint64_t)ll_int(&rq->args, "seed"),
                         .observer = rq->observer,
                         .pool = rq->pool};
    ll_status s = need_unmeasured(rq, a);
    if (!s) s = read_sizes(rq, a, &k);
    if (s) return s;
    int *plan = LL_NEW_ARRAY(int, k.most + a->model->n_sources), *columns = plan + k.most;
    for (int i = 0; i < a->model->n_sources; i++)
        columns[i] = ll_dataset_device(a->d, a->pretrained->source.v[i]);
    job.plan = plan;
    job.columns = columns;
    job.sizes = k.v;
    job.n_sizes = k.n;
    s = plan_rows(rq, a, &k, plan, &job.sampler);
    if (!s) s = ll_expect(&job, &x, &rq->error);
    if (!s) emit_how_many(rq, a, &k, &x);
    ll_expectation_free(&x);
    free(plan);
    return s;
}

static ll_status run_how_many(ll_request *rq)
{
    active a;
    ll_status s = active_init(rq, &a);
    if (!s) s = how_many(rq, &a);
    active_free(&a);
    return s;
}

/* --- the table --- */

static const ll_option suggest_options[] = {
    LL_OPT_INT("k", "10", 1, MEASURING, "how many measurements in all, those made already included"),
    LL_OPT_INT("next", NULL, 1, MEASURING, "how many more"),
    LL_OPT_WORD("device", NULL,
                "the device that is being measured; default: the newest one with a few latencies",
                LL_OF(DEVICE)),
    LL_OPT_WORD("sampler", "auto", "how they are chosen; auto: by optimal design", LL_OF(SAMPLER)),
    LL_OPT_INT("seed", "1", 0, 0, "of the candidates"),
    LL_OPT_WORD("out", NULL, "write them as CSV, with a column to fill in", LL_OF_OUTPUT),
    LL_OPT_BOOL("replace", "off", "with out=: also over a list that is filled in"),
    {0},
};

static const ll_option how_many_options[] = {
    LL_OPT_WORD("device", NULL, "a device, measured or not; default: the newest one with a few latencies",
                LL_POSITIONAL, LL_OF(DEVICE)),
    LL_OPT_LIST("k", "1,2,3,5,7,10,15,20,30", "numbers of measurements"),
    LL_OPT_WORD("sampler", "auto", "how they are chosen; auto: by optimal design", LL_OF(SAMPLER)),
    LL_OPT_INT("simulations", "32", 2, 1000, "devices to try"),
    LL_OPT_INT("seed", "1", 0, 0, "of candidates and simulations"),
    {0},
};

const ll_command ll_active_commands[] = {
    {.name = "suggest",
     .group = "sample",
     .summary = "Suggest which architectures to measure on a device",
     .options = suggest_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_suggest,
     .help =
         "Needs source devices (a task) and nothing else: not one latency of the device need exist. The "
         "suggestions become\n"
         "the samples of the next transfer. \"teaches\" is the share of the uncertainty left so far that a "
         "measurement\n"
         "is expected to remove, over all architectures.",
     .examples = "  suggest k=10 out=todo.csv\n  import csv todo.csv into nb201 device=mine unit=ms\n"
                 "  transfer mine\n  suggest next=5 out=more.csv"},
    {.name = "how-many",
     .group = "sample",
     .summary = "Say what accuracy to expect from how many measurements",
     .options = how_many_options,
     .flags = LL_CMD_LONG | LL_CMD_CHANGES,
     .run = run_how_many,
     .help =
         "Simulates devices that are possible after what is known (after the sources alone, when nothing is "
         "measured),\n"
         "measures each by the optimal design and scores the predictions: their median, and between which "
         "four in five lie.",
     .examples = "  how-many fpga\n  how-many mine k=5,10,20,40"},
    {0},
};
