/* pretrain, transfer, eval, predict. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/app/output.h"
#include "core/app/stale.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/arch_fields.h"
#include "core/commands/commands.h"
#include "core/commands/look/look.h"
#include "core/commands/predict/choose.h"
#include "core/commands/predict/options.h"
#include "core/commands/predict/predictions.h"
#include "core/commands/predicted.h"
#include "core/commands/refit.h"
#include "core/num/stats.h"
#include "core/transfer/pretrain.h"

/* --- pretrain --- */

/* The sentences of a predictor, for people; `of` (may be NULL) is the device that they are about. */
static void note_says(cJSON *result, const char *of, const cJSON *says)
{
    const cJSON *said;
    cJSON_ArrayForEach(said, says)
        ll_result_note(result, "%s%s%s", of ? of : "", of ? ": " : "", said->valuestring);
}

static void emit_pretrain(ll_request *rq, const ll_model *m, bool complete)
{
    static const ll_column columns[] = {
        {"predictor", "predictor", NULL, -1}, {"n_source", "source devices", NULL, 0},
        {"n", "architectures each", NULL, 0}, {"seed", "seed", NULL, 0},
        {"seconds", "took", "s", 2},          {0}};
    cJSON *result = ll_result_new("pretrain"), *info = cJSON_Duplicate(m->info, 1);
    cJSON *says = cJSON_DetachItemFromObject(info, "says");
    ll_json_bool(result, "complete", complete);
    ll_json_int(result, "n_source", m->source.n);
    while (info->child) {
        cJSON *item = cJSON_DetachItemViaPointer(info, info->child);
        cJSON_AddItemToObject(result, item->string, item);
    }
    cJSON_Delete(info);
    note_says(result, NULL, says);
    cJSON_Delete(says);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

/* Of the sampler, and beside the graph. */
static ll_status need_encodings(ll_request *rq, const ll_sampler *sampler)
{
    bool beside = ll_option_find(rq->more.table, "encoding") && ll_has(&rq->more, "encoding");
    ll_status s = sampler->encoding ? ll_need_encoder(rq, sampler->encoding) : LL_OK;
    return !s && beside ? ll_need_encoder(rq, ll_word(&rq->more, "encoding")) : s;
}

static ll_status run_pretrain(ll_request *rq)
{
    const char *name = ll_word(&rq->args, "predictor");
    const ll_predictor *p;
    const ll_sampler *sampler = NULL;
    if (ll_predictor_need(NULL, name, &p, &rq->error)) return LL_USAGE;
    ll_status s = p->needs_sources && !p->sources_optional ? ll_need_task(rq) : ll_need_data(rq);
    if (!s) s = ll_need_sampler(rq, ll_word(&rq->args, "source_sampler"), &sampler);
    if (s) return s;
    ll_ints none = {0};
    ll_pretrain_plan plan = {.data = rq->state.data,
                             .predictor = p,
                             .source = rq->state.task ? &rq->state.task->source : &none,
                             .n = ll_int(&rq->args, "n"),
                             .seed = (uint64_t)ll_real(&rq->args, "seed"),
                             .sampler = strcmp(sampler->name, "random") ? sampler : NULL,
                             .options = p->pretrain_options ? &rq->more : NULL,
                             .known = &rq->state.encoders,
                             .observer = rq->observer,
                             .pool = rq->pool};
    ll_model *m;
    s = need_encodings(rq, sampler);
    if (s) return s;
    s = ll_pretrain_run(&plan, &m, &rq->error);
    if (m && (s == LL_OK || s == LL_CANCELLED)) {
        rq->commit_on_cancel = true;
        emit_pretrain(rq, m, s == LL_OK);
        if (s) ll_note(rq, "stopped early; the last complete epoch's model is in place");
        ll_state_add_model(&rq->state, m);
    }
    return s;
}

/* --- transfer --- */

static void describe_transfer(ll_request *rq, const ll_transfer *t, cJSON *o)
{
    ll_metrics m = ll_transfer_metrics(t, rq->state.data, LL_PROTOCOL_FULL, .9, NULL);
    ll_transfer_fields(o, t);
    ll_json_ints(o, "samples", t->samples.v, t->samples.n);
    ll_json_num(o, "spearman", m.spearman);
    ll_json_num(o, "mape", m.mape);
    ll_json_int(o, "n", m.n);
    ll_json_num(o, "seconds", t->seconds);
    cJSON_AddItemToObject(o, "info", cJSON_Duplicate(t->info, 1));
}

static void emit_transfer(ll_request *rq, const ll_transfer *t)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"predictor", "predictor", NULL, -1},
                                        {"k", "samples", NULL, 0},
                                        {"cost", "measurement cost", NULL, 0},
                                        {"sampler", "sampler", NULL, -1},
                                        {"map", "milliseconds by", NULL, -1},
                                        {"map_error", "its median error on the samples", "%", 2},
                                        {"spearman", "Spearman on the rest", NULL, 4},
                                        {"mape", "MAPE on the rest", "%", 2},
                                        {"seconds", "took", "s", 3},
                                        {0}};
    cJSON *result = ll_result_new("transfer");
    describe_transfer(rq, t, result);
    ll_result_columns(result, columns);
    note_says(result, NULL, cJSON_GetObjectItem(t->info, "says"));
    ll_emit(rq, result);
}

static ll_status transfer_one(ll_request *rq, ll_model *model, int device, const ll_values *options,
                              ll_transfer **t)
{
    for (int i = 0; i < model->source.n; i++)
        if (!strcmp(model->source.v[i], rq->state.data->devices[device].name))
            ll_warn(rq, "%s is one of the source devices: the predictor has seen its latencies",
                    model->source.v[i]);
    ll_status s = ll_need_samples(rq, device);
    return s ? s : ll_transfer_now(rq, model, device, options, t);
}

/* All targets in one table. */
static cJSON *targets_result(ll_request *rq, const ll_model *model)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"k", "samples", NULL, 0},
                                        {"cost", "cost", NULL, 0},
                                        {"spearman", "Spearman on the rest", NULL, 4},
                                        {"mape", "MAPE", "%", 2},
                                        {"seconds", "took", "s", 3},
                                        {"sampler", "sampler", NULL, -1},
                                        {"map", "milliseconds by", NULL, -1},
                                        {"map_error", "median error on samples", "%", 2},
                                        {0}};
    cJSON *result = ll_result_new("transfer");
    ll_str title = {0};
    ll_str_addf(&title, "%s, adapted to each target device", model->predictor->name);
    ll_json_str(result, "title", ll_str_text(&title));
    ll_str_free(&title);
    ll_json_str(result, "predictor", model->predictor->name);
    ll_result_columns(result, columns);
    return result;
}

static void add_target(ll_request *rq, cJSON *result, cJSON *rows, const ll_transfer *t)
{
    describe_transfer(rq, t, ll_json_obj(rows, NULL));
    note_says(result, t->device, cJSON_GetObjectItem(t->info, "says"));
}

static ll_status transfer_targets(ll_request *rq, ll_model *model, const ll_values *options)
{
    ll_status s = ll_need_task(rq);
    if (!s && !rq->state.task->target.n)
        return LL_FAIL(rq, LL_FAILED, "this task has no target devices; name one, as in `transfer fpga`");
    cJSON *result = targets_result(rq, model), *rows = ll_json_arr(result, "rows");
    for (int i = 0; !s && i < rq->state.task->target.n; i++) {
        ll_transfer *t;
        s = ll_cancelled(rq->observer) ? LL_FAIL(rq, LL_CANCELLED, "cancelled")
                                       : transfer_one(rq, model, rq->state.task->target.v[i], options, &t);
        if (!s) add_target(rq, result, rows, t);
    }
    if (s)
        cJSON_Delete(result);
    else
        ll_emit(rq, result);
    return s;
}

static ll_status transfer_device(ll_request *rq, ll_model *model, int device, const ll_values *options)
{
    ll_transfer *t;
    ll_status s = transfer_one(rq, model, device, options, &t);
    if (!s) emit_transfer(rq, t);
    return s;
}

/* device=all, unless that is what a device is called. */
static bool means_all(const ll_request *rq)
{
    return ll_is(&rq->args, "device", "all") &&
           (!rq->state.data || ll_dataset_device(rq->state.data, "all") < 0);
}

static ll_status run_transfer(ll_request *rq)
{
    ll_model *model;
    ll_values options = {0};
    int device = -1;
    bool all = means_all(rq);
    ll_status s = all ? ll_need_data(rq) : ll_need_device(rq, "device", &device);
    if (!s) s = ll_need_model(rq, ll_word(&rq->args, "predictor"), &model);
    if (!s) s = ll_transfer_own_options(rq, model->predictor, &options);
    if (!s) s = all ? transfer_targets(rq, model, &options) : transfer_device(rq, model, device, &options);
    ll_values_free(&options);
    return s;
}

/* --- eval --- */

static ll_status eval_all(ll_request *rq, ll_protocol protocol, double level)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"predictor", "predictor", NULL, -1},
                                        {"k", "k", NULL, 0},
                                        {"cost", "cost", NULL, 0},
                                        {"n", "n", NULL, 0},
                                        {"spearman", "Spearman", NULL, 4},
                                        {"kendall", "Kendall", NULL, 4},
                                        {"rmse_ms", "RMSE", "ms", 3},
                                        {"mape", "MAPE", "%", 2},
                                        {"median_ape", "median APE", "%", 2},
                                        {"coverage", "coverage", NULL, 3},
                                        {0}};
    if (!rq->state.n_transfers)
        return LL_FAIL(rq, LL_FAILED, "nothing is predicted yet; `transfer DEVICE k=20` does that");
    cJSON *result = ll_result_new("eval");
    double sum = 0;
    ll_json_str(result, "protocol", ll_protocol_name(protocol));
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < rq->state.n_transfers; i++) {
        const ll_transfer *t = rq->state.transfers[i];
        ll_metrics m = ll_transfer_metrics(t, rq->state.data, protocol, level, NULL);
        ll_warn_stale(rq, t);
        cJSON *row = ll_json_obj(rows, NULL);
        ll_transfer_fields(row, t);
        ll_metrics_json(&m, row);
        ll_predicted_judge(result, t->device, m.coverage, m.level, m.n);
        sum += m.spearman;
    }
    ll_json_num(result, "mean_spearman", sum / rq->state.n_transfers);
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status run_eval(ll_request *rq)
{
    ll_transfer *t;
    ll_protocol protocol = ll_protocol_find(ll_word(&rq->args, "protocol"));
    double level = ll_real(&rq->args, "level");
    if (!ll_has(&rq->args, "device") || means_all(rq)) {
        ll_status s = ll_need_data(rq);
        return s ? s : eval_all(rq, protocol, level);
    }
    ll_status s = ll_need_transfer(rq, "device", &t);
    if (s) return s;
    cJSON *result = ll_eval_result(rq, t, protocol, level);
    ll_metrics m = ll_transfer_metrics(t, rq->state.data, protocol, level, NULL);
    ll_predicted_judge(result, t->device, m.coverage, m.level, m.n);
    if (!ll_json_get_int(result, "n", 0))
        ll_note(rq, "nothing of %s is measured but what was learnt from, so there is nothing to score",
                t->device);
    ll_emit(rq, result);
    return LL_OK;
}

/* --- predict --- */

/* By its string: beside a table a bare number is a row of it, or of nothing. */
static bool is_of_space(const ll_space *space, const char *arch)
{
    uint8_t gene[LL_MAX_POSITIONS];
    return !ll_space_parse(space, arch, gene, NULL);
}

/* Is something asked that is no row: a list, or an architecture of the space that no table here has? */
static bool is_outside(const ll_request *rq)
{
    int row;
    const ll_dataset *d = rq->state.data;
    const char *arch = ll_word(&rq->args, "arch");
    if (ll_has(&rq->args, "archs")) return true;
    if (!arch) return false;
    return !d || (ll_dataset_find_arch(d, arch, &row, NULL) && is_of_space(d->space, arch));
}

static ll_status predict_outside(ll_request *rq)
{
    ll_adapted *a;
    ll_status s = ll_need_adapted(rq, "device", &a);
    if (s) return s;
    const ll_transfer *t = ll_state_transfer(&rq->state, a->device, a->model->predictor->name);
    if (t) ll_warn_stale(rq, t);
    return ll_predict_candidates(rq, a);
}

/* The architectures to show: the named one, or those that the options ask for. */
static ll_status chosen_rows(ll_request *rq, const ll_transfer *t, ll_chosen_rows *out)
{
    int row;
    if (!ll_has(&rq->args, "arch")) return ll_choose_rows(rq, t, out);
    *out = (ll_chosen_rows){.within = 1};
    ll_status s = ll_dataset_find_arch(rq->state.data, ll_word(&rq->args, "arch"), &row, &rq->error);
    if (!s && row >= t->n)
        s = LL_FAIL(rq, LL_FAILED, "architecture %d joined the dataset after the transfer", row);
    if (!s) ll_ints_add(&out->rows, row);
    return s;
}

/* The usual columns, and one more for the score that they were chosen by. */
static void predict_columns(cJSON *result, const ll_chosen_rows *c)
{
    ll_column columns[16];
    int n = 0;
    for (const ll_column *from = ll_predicted_columns; from->key; from++) columns[n++] = *from;
    if (c->by) columns[n++] = (ll_column){"value", c->by, NULL, 3};
    columns[n] = (ll_column){0};
    ll_result_columns(result, columns);
}

static ll_status check_table_options(ll_request *rq)
{
    static const char *const names[] = {"max", "by", "sort", "where"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ll_has(&rq->args, names[i]))
            return LL_FAIL(rq, LL_USAGE,
                           "%s= chooses among the rows of the table; `search DEVICE archs=...` among others",
                           names[i]);
    return LL_OK;
}

static void predict_row(cJSON *rows, ll_arch_fields *fields, int device, const ll_transfer *t, double z,
                        int arch)
{
    const ll_dataset *d = fields->data;
    cJSON *row = ll_json_obj(rows, NULL);
    double half = t->sd_ms ? z * t->sd_ms[arch] : NAN, lo = t->lat_ms[arch] - half;
    ll_predicted p = {.score = t->score[arch],
                      .lat_ms = t->lat_ms[arch],
                      .lo_ms = lo < 0 ? 0 : lo,
                      .hi_ms = t->lat_ms[arch] + half,
                      .measured_ms = ll_latencies(d, device)[arch]};
    ll_arch_fields_json(fields, ll_gene(d, arch), row);
    ll_predicted_json(&p, row);
    ll_json_bool(row, "sample", ll_ints_find(&t->samples, arch) >= 0);
}

static ll_status run_predict(ll_request *rq)
{
    ll_transfer *t;
    ll_chosen_rows chosen;
    if (ll_has(&rq->args, "out") && !ll_has(&rq->args, "archs"))
        return LL_FAIL(rq, LL_USAGE,
                       "out= goes with archs=; `write FILE 'predict ...'` writes what is shown here");
    if (is_outside(rq)) return check_table_options(rq) ? LL_USAGE : predict_outside(rq);
    ll_status s = ll_need_transfer(rq, "device", &t);
    if (!s) s = chosen_rows(rq, t, &chosen);
    if (s) return s;
    const ll_dataset *d = rq->state.data;
    double level = ll_real(&rq->args, "level"), z = ll_student_quantile(.5 + level / 2, t->dof);
    cJSON *result = ll_result_new("predict");
    ll_transfer_fields(result, t);
    ll_json_num(result, "level", level);
    predict_columns(result, &chosen);
    cJSON *list = ll_json_arr(result, "rows");
    int device = ll_dataset_device(d, t->device);
    ll_arch_fields fields = ll_arch_fields_of(d->space, d);
    for (int i = 0; i < chosen.rows.n; i++) {
        predict_row(list, &fields, device, t, z, chosen.rows.v[i]);
        if (chosen.by) ll_json_num(cJSON_GetArrayItem(list, i), "value", chosen.values[i]);
    }
    ll_arch_fields_free(&fields);
    if (ll_has(&rq->args, "max") || ll_has(&rq->args, "where")) {
        ll_json_int(result, "within", chosen.within);
        ll_result_note(result, "%d of %d %s meet the conditions", chosen.within, t->n,
                       ll_noun(t->n, "architecture", "architectures"));
    }
    ll_emit(rq, result);
    ll_chosen_rows_free(&chosen);
    return LL_OK;
}

/* --- predictors, samplers: what there is --- */

static const char *model_state(const ll_state *s, const ll_model *m)
{
    ll_str why = {0};
    if (!m) return "";
    bool current = m == s->models[0], stale = s->data && ll_model_stale(m, s->data, &why);
    ll_str_free(&why);
    if (stale) return current ? "current, stale" : "stale";
    return current ? "current" : "pretrained";
}

/* The devices this predictor is adapted to, the latest first. */
static void add_adapted(cJSON *row, const ll_state *s, const ll_predictor *p)
{
    ll_str names = {0};
    for (int i = 0; i < s->n_adapted; i++)
        if (s->adapted[i]->model->predictor == p)
            ll_str_addf(&names, "%s%s", names.len ? ", " : "", s->adapted[i]->device);
    ll_json_str(row, "adapted", ll_str_text(&names));
    ll_str_free(&names);
}

static ll_status run_predictors(ll_request *rq)
{
    static const ll_column columns[] = {{"name", "predictor", NULL, -1},     {"summary", "", NULL, -1},
                                        {"paper", "source", NULL, -1},       {"state", "", NULL, -1},
                                        {"adapted", "adapted to", NULL, -1}, {0}};
    cJSON *result = ll_result_new("predictors");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; ll_predictors[i]; i++) {
        const ll_predictor *p = ll_predictors[i];
        const ll_model *m = ll_state_model(&rq->state, p->name);
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "name", p->name);
        ll_json_str(row, "summary", p->summary);
        ll_json_str(row, "paper", p->paper);
        ll_json_str(row, "state", model_state(&rq->state, m));
        add_adapted(row, &rq->state, p);
    }
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status run_samplers(ll_request *rq)
{
    static const ll_column columns[] = {{"name", "sampler", NULL, -1}, {"summary", "", NULL, -1}, {0}};
    cJSON *result = ll_result_new("samplers");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; ll_samplers[i]; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "name", ll_samplers[i]->name);
        ll_json_str(row, "summary", ll_samplers[i]->summary);
        ll_json_bool(row, "oracle", ll_samplers[i]->oracle);
    }
    ll_emit(rq, result);
    return LL_OK;
}

/* --- the table --- */

#define DEVICE_OPTION(text) LL_OPT_WORD("device", NULL, text, LL_POSITIONAL, LL_OF(DEVICE))
#define PREDICTOR_OPTION    LL_OPT_WORD("predictor", NULL, "which one; default: the latest", LL_OF(PREDICTOR))
#define LEVEL_OPTION        LL_OPT_REAL("level", "0.9", .01, .999, "of the intervals")

static const ll_option pretrain_options[] = {
    LL_OPT_WORD("predictor", NULL, "which one (`predictors` lists them)", LL_REQUIRED, LL_OF(PREDICTOR)),
    LL_OPT_INT("n", NULL, 1, 1e6, "architectures per source device; default: the predictor's own"),
    LL_OPT_INT("seed", "1", 0, 0, "of the architectures drawn and of the weights"),
    LL_OPT_WORD("source_sampler", "random", "how the source architectures are chosen", LL_OF(SAMPLER)),
    {0},
};

const ll_option ll_transfer_options[] = {
    DEVICE_OPTION("the target, or `all` targets of the task"),
    LL_OPT_INT("k", "20", 1, 1e6, "architectures to measure on it"),
    LL_OPT_WORD("sampler", "random", "how they are chosen; auto: by optimal design", LL_OF(SAMPLER)),
    LL_OPT_INT("seed", "1", 0, 0, "of the draw and of the fine-tuning"),
    LL_OPT_WORD("encoding", NULL, "vectors for kmeans, cosine, maxmin", LL_OF(ENCODING)),
    LL_OPT_CHOICE(
        "protocol", "full", "full|help",
        "help: draw as HELP does, from the middle 80 % of its training pool by the target's own latency"),
    PREDICTOR_OPTION,
    {0},
};

static const ll_option eval_options[] = {
    DEVICE_OPTION("one target; without it every transfer is listed"),
    LL_OPT_NAMES("protocol", "full", ll_protocol_name,
                 "scored on all but the samples, HELP's query set, or NASFLAT's first 128"),
    LEVEL_OPTION,
    PREDICTOR_OPTION,
    {0},
};

static const ll_option predict_options[] = {
    DEVICE_OPTION("the target"),
    LL_OPT_INT("top", "10", 1, 1e6, "how many architectures"),
    LL_OPT_CHOICE("order", "fastest", "fastest|slowest", "which end"),
    LL_OPT_WORD("max", NULL, "only those predicted to take at most so long: 5, 5ms, 5000us"),
    LL_OPT_WORD("by", NULL, "the best by this score (`scores`, macs, params, ...) instead of the fastest",
                LL_OF(SCORE)),
    LL_OPT_WORD("sort", NULL, "order of those shown: ms, or a score (-ms, -NAME: the other way round)",
                LL_OF(SCORE), LL_ONE_OF("ms")),
    LL_OPT_WORD("where", NULL, "conditions: connected, macs<1e8, cifar10>=90, joined by commas"),
    LL_OPT_WORD("arch", NULL, "one architecture: its row in the table, or its string, in the table or not"),
    LL_OPT_WORD(
        "archs", NULL,
        "architectures, in the table or not: a file (a column `arch`, or one a line), - (standard input), "
        "or STRING,...",
        LL_OF(FILE)),
    LL_OPT_WORD("out", NULL, "with archs=: file to write them all to, .csv or .npy", LL_OF_OUTPUT),
    LL_OPT_FORCE,
    LEVEL_OPTION,
    PREDICTOR_OPTION,
    {0},
};

const ll_command ll_predict_commands[] = {
    {.name = "predictors",
     .group = "predict",
     .summary = "List the predictors and which are pretrained",
     .flags = LL_CMD_LOOK,
     .run = run_predictors},
    {.name = "samplers",
     .group = "sample",
     .summary = "List the samplers",
     .flags = LL_CMD_LOOK,
     .run = run_samplers},
    {.name = "pretrain",
     .alias = "pt",
     .group = "predict",
     .summary = "Pretrain a predictor on the source devices of the task",
     .options = pretrain_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_pretrain,
     .more_options = ll_pretrain_more,
     .option_group = ll_pretrain_group,
     .help = "Each predictor adds its own options: `help pretrain nasflat` shows those of one. Ctrl-C stops "
             "at any step and "
             "keeps the model of\n"
             "the last complete epoch.",
     .examples = "  pretrain gp\n  pretrain nasflat n=512 seed=1\n  pretrain nasflat epochs=50 gnn=dgf"},
    {.name = "transfer",
     .alias = "t",
     .group = "predict",
     .summary = "Adapt the pretrained predictor to a target device with k samples",
     .options = ll_transfer_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_transfer,
     .more_options = ll_transfer_more,
     .option_group = ll_transfer_group,
     .help = "Samples picked with `sample` are used unless k, sampler or seed ask for a new draw. Each "
             "predictor adds "
             "its own options: `help transfer nasflat` shows those of one.",
     .examples = "  transfer fpga k=20\n  transfer fpga k=10 sampler=dopt\n  transfer all k=20 seed=3"},
    {.name = "eval",
     .alias = "e",
     .group = "predict",
     .summary = "Score the predictions against the measured latencies",
     .options = eval_options,
     .flags = LL_CMD_LOOK,
     .run = run_eval,
     .examples = "  eval fpga\n  eval\n  eval pixel2 protocol=help"},
    {.name = "predict",
     .alias = "p",
     .group = "predict",
     .summary = "Show predicted latencies, the fastest first",
     .options = predict_options,
     .flags = LL_CMD_LOOK,
     .run = run_predict,
     .help =
         "archs= predicts architectures that need not be in the table, with intervals: the fastest "
         "(slowest) are "
         "shown, out=\n"
         "writes all, in the order given, however many there are. A predictor that `model save` kept with "
         "adapted= needs\n"
         "no dataset.",
     .examples = "  predict fpga top=10\n  predict fpga max=5 by=cifar10 where=connected\n  predict fpga "
                 "arch=1462\n  predict fpga archs=candidates.csv "
                 "out=predicted.csv"},
    {0},
};
