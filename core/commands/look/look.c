/* spaces, info, devices, tag, untag; the table of all look commands. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/app/stale.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/commands/look/groups.h"
#include "core/commands/look/look.h"
#include "core/device/audit.h"
#include "core/device/hardware.h"

/* --- shared --- */

static ll_status add_tagged(ll_request *rq, ll_ints *out)
{
    const ll_strs *tags = &rq->state.tags;
    if (!tags->n) return LL_FAIL(rq, LL_USAGE, "no device is tagged; `tag DEVICE...` does that");
    for (int i = 0; i < tags->n; i++) {
        int device = ll_dataset_device(rq->state.data, tags->v[i]);
        if (device >= 0 && ll_ints_find(out, device) < 0) ll_ints_add(out, device);
    }
    return out->n ? LL_OK
                  : LL_FAIL(rq, LL_USAGE, "none of the tagged devices is in %s", rq->state.data->name);
}

ll_status ll_look_devices(ll_request *rq, const char *option, ll_ints *out)
{
    *out = (ll_ints){0};
    if (!ll_has(&rq->args, option)) {
        *out = ll_ints_range(rq->state.data->n_devices);
        return LL_OK;
    }
    if (ll_is(&rq->args, option, "tagged") && ll_dataset_device(rq->state.data, "tagged") < 0)
        return add_tagged(rq, out);
    ll_strs patterns = {0};
    ll_patterns(&rq->args, option, &patterns);
    ll_status status = ll_dataset_find_devices(rq->state.data, &patterns, out, &rq->error);
    ll_strs_free(&patterns);
    return status;
}

const char *ll_device_role(const ll_state *s, int device)
{
    if (!s->task) return "";
    if (ll_ints_find(&s->task->source, device) >= 0) return "source";
    return ll_ints_find(&s->task->target, device) >= 0 ? "target" : "";
}

void ll_add_thousands(ll_str *out, long n)
{
    ll_str digits = {0};
    ll_str_addf(&digits, "%ld", n);
    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0 && digits.s[i - 1] != '-') ll_str_addc(out, ',');
        ll_str_addc(out, digits.s[i]);
    }
    ll_str_free(&digits);
}

void ll_json_devices(cJSON *o, const char *key, const ll_dataset *d, const ll_ints *devices)
{
    cJSON *list = ll_json_arr(o, key);
    for (int i = 0; i < devices->n; i++)
        cJSON_AddItemToArray(list, ll_json_string(d->devices[devices->v[i]].name));
}

/* --- spaces --- */

static ll_status run_spaces(ll_request *rq)
{
    static const ll_column columns[] = {{"name", "space", NULL, -1},
                                        {"title", "", NULL, -1},
                                        {"positions", "positions", NULL, 0},
                                        {"operations", "operations", NULL, 0},
                                        {"archs", "architectures", NULL, -1},
                                        {"loaded", "loaded", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("spaces");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    const ll_space *s;
    for (int i = 0; (s = ll_space_at(i)); i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        bool loaded = rq->state.data && rq->state.data->space == s;
        ll_json_str(row, "name", s->name);
        ll_json_str(row, "title", s->title);
        ll_json_int(row, "positions", s->n_positions);
        ll_json_int(row, "operations", s->n_ops);
        ll_json_num(row, "archs", ll_space_count(s));
        ll_json_bool(row, "listable", s->n_archs > 0);
        ll_json_str(row, "loaded", loaded ? rq->state.data->name : "");
    }
    ll_emit(rq, result);
    return LL_OK;
}

/* --- info --- */

static long known_cells(const ll_dataset *d)
{
    long n = 0;
    for (int i = 0; i < d->n_devices; i++) n += ll_dataset_count(d, i);
    return n;
}

static void info_data(cJSON *o, const ll_dataset *d)
{
    int simulated = 0;
    for (int i = 0; i < d->n_devices; i++) simulated += d->devices[i].kind == LL_SIMULATED;
    double cells = (double)d->n_archs * d->n_devices;
    ll_json_str(o, "dataset", d->name);
    ll_json_str(o, "space", d->space->name);
    ll_json_str(o, "path", d->path);
    ll_json_int(o, "archs", d->n_archs);
    ll_json_int(o, "devices", d->n_devices);
    ll_json_int(o, "simulated", simulated);
    ll_json_int(o, "latencies", known_cells(d));
    ll_json_num(o, "coverage", cells > 0 ? 100. * (double)known_cells(d) / cells : NAN);
    cJSON *scores = d->n_scores ? ll_json_arr(o, "scores") : NULL;
    for (int i = 0; i < d->n_scores; i++) cJSON_AddItemToArray(scores, ll_json_string(d->scores[i].name));
    if (d->reference.n) ll_json_int(o, "references", d->reference.n);
    cJSON *features = d->archs->n_features ? ll_json_arr(o, "features") : NULL;
    for (int i = 0; i < d->archs->n_features; i++)
        cJSON_AddItemToArray(features, ll_json_string(d->archs->features[i].name));
    ll_json_str(o, "hash", d->hash.hex);
    if (d->provenance) cJSON_AddItemToObject(o, "provenance", cJSON_Duplicate(d->provenance, true));
}

static void info_work(cJSON *o, const ll_state *s)
{
    ll_json_str(o, "task", s->task ? s->task->name : NULL);
    ll_json_int(o, "samples", s->samples ? s->samples->rows.n : 0);
    cJSON *models = ll_json_arr(o, "predictors"), *transfers = ll_json_arr(o, "transfers");
    for (int i = 0; i < s->n_models; i++)
        cJSON_AddItemToArray(models, ll_json_string(s->models[i]->predictor->name));
    for (int i = 0; i < s->n_transfers; i++) {
        ll_str text = {0};
        ll_str_addf(&text, "%s by %s", s->transfers[i]->device, s->transfers[i]->predictor->name);
        cJSON_AddItemToArray(transfers, ll_json_string(ll_str_text(&text)));
        ll_str_free(&text);
    }
    ll_json_strs(o, "tags", s->tags.v, s->tags.n);
}

static ll_status run_info(ll_request *rq)
{
    static const ll_column columns[] = {{"dataset", "dataset", NULL, -1},
                                        {"space", "search space", NULL, -1},
                                        {"path", "folder", NULL, -1},
                                        {"archs", "architectures", NULL, 0},
                                        {"devices", "devices", NULL, 0},
                                        {"simulated", "of them simulated", NULL, 0},
                                        {"latencies", "latencies", NULL, 0},
                                        {"coverage", "coverage", "%", 1},
                                        {"scores", "scores", NULL, -1},
                                        {"references", "reference architectures", NULL, 0},
                                        {"features", "features", NULL, -1},
                                        {"hash", "content hash", NULL, -1},
                                        {"task", "task", NULL, -1},
                                        {"samples", "samples picked", NULL, 0},
                                        {"predictors", "predictors", NULL, -1},
                                        {"transfers", "transfers", NULL, -1},
                                        {"tags", "tagged devices", NULL, -1},
                                        {0}};
    ll_status s = ll_need_data(rq);
    if (s) return s;
    cJSON *result = ll_result_new("info");
    info_data(result, rq->state.data);
    info_work(result, &rq->state);
    ll_result_columns(result, columns);
    ll_json_stale(result, &rq->state);
    ll_emit(rq, result);
    return LL_OK;
}

/* --- devices --- */

static const ll_column device_columns[] = {{"name", "device", NULL, -1},
                                           {"tag", "", NULL, -1},
                                           {"role", "role", NULL, -1},
                                           {"kind", "kind", NULL, -1},
                                           {"n", "known", NULL, 0},
                                           {"coverage", "cover", "%", 1},
                                           {"min_ms", "min", "ms", 3},
                                           {"median_ms", "median", "ms", 2},
                                           {"max_ms", "max", "ms", 2},
                                           {"repeat", "same again", NULL, 3},
                                           {"hardware", "hardware", NULL, -1},
                                           {"source", "source", NULL, -1},
                                           {"unit_read", "read as", NULL, -1},
                                           {"note", "note", NULL, -1},
                                           {0}};

static void device_row(cJSON *row, const ll_state *s, const ll_audit *a)
{
    const ll_dataset *d = s->data;
    const ll_device *v = &d->devices[a->device];
    ll_json_str(row, "name", v->name);
    ll_json_str(row, "tag", ll_strs_has(&s->tags, v->name) ? "*" : "");
    ll_json_str(row, "role", ll_device_role(s, a->device));
    ll_json_str(row, "kind", v->kind == LL_SIMULATED ? "simulated" : "measured");
    ll_json_int(row, "n", a->known);
    ll_json_num(row, "coverage", 100. * a->known / d->n_archs);
    ll_json_num(row, "min_ms", a->min_ms);
    ll_json_num(row, "median_ms", a->median_ms);
    ll_json_num(row, "max_ms", a->max_ms);
    ll_json_str(row, "hardware", ll_hardware(d, a->device));
    ll_json_str(row, "source", v->source);
    ll_json_str(row, "unit_read", v->unit_read);
    ll_json_str(row, "note", v->note);
    if (!isnan(v->repeat)) ll_json_num(row, "repeat", v->repeat);
}

/* `repeat` only where a device was measured a second time. */
static void device_table(cJSON *result, const ll_dataset *d, const ll_ints *devices)
{
    ll_column columns[sizeof device_columns / sizeof *device_columns];
    bool repeated = false;
    int n = 0;
    for (int i = 0; i < devices->n; i++) repeated |= !isnan(d->devices[devices->v[i]].repeat);
    for (const ll_column *c = device_columns; c->key; c++)
        if (repeated || strcmp(c->key, "repeat")) columns[n++] = *c;
    columns[n] = (ll_column){0};
    ll_result_columns(result, columns);
}

static ll_status run_devices(ll_request *rq)
{
    ll_ints devices;
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_look_devices(rq, "pattern", &devices);
    if (s) return s;
    cJSON *result = ll_result_new("devices");
    device_table(result, rq->state.data, &devices);
    cJSON *rows = ll_json_arr(result, "rows");
    ll_audit *audits = LL_NEW_ARRAY(ll_audit, devices.n + 1);
    ll_audit_devices(rq->state.data, devices.v, devices.n, NULL, audits);
    for (int i = 0; i < devices.n; i++) device_row(ll_json_obj(rows, NULL), &rq->state, &audits[i]);
    free(audits);
    ll_result_note(result, "%d of %d devices of %s", devices.n, rq->state.data->n_devices,
                   rq->state.data->name);
    ll_ints_free(&devices);
    ll_emit(rq, result);
    return LL_OK;
}

/* --- tags --- */

static ll_status show_tags(ll_request *rq)
{
    static const ll_column columns[] = {{"tags", "tagged devices", NULL, -1}, {0}};
    cJSON *result = ll_result_new("tags");
    ll_json_strs(result, "tags", rq->state.tags.v, rq->state.tags.n);
    ll_result_columns(result, columns);
    if (!rq->state.tags.n) ll_result_note(result, "no device is tagged");
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status run_tag(ll_request *rq)
{
    ll_ints devices;
    ll_status s = ll_need_data(rq);
    if (!s && !ll_has(&rq->args, "device")) return show_tags(rq);
    if (!s) s = ll_look_devices(rq, "device", &devices);
    if (s) return s;
    for (int i = 0; i < devices.n; i++) {
        const char *name = rq->state.data->devices[devices.v[i]].name;
        if (!ll_strs_has(&rq->state.tags, name)) ll_strs_add(&rq->state.tags, name);
    }
    ll_ints_free(&devices);
    return show_tags(rq);
}

static ll_status run_untag(ll_request *rq)
{
    ll_ints devices;
    ll_strs kept = {0};
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_look_devices(rq, "device", &devices);
    if (s) return s;
    for (int i = 0; i < rq->state.tags.n; i++) {
        int device = ll_dataset_device(rq->state.data, rq->state.tags.v[i]);
        if (ll_has(&rq->args, "device") && ll_ints_find(&devices, device) < 0)
            ll_strs_add(&kept, rq->state.tags.v[i]);
    }
    ll_ints_free(&devices);
    ll_strs_free(&rq->state.tags);
    rq->state.tags = kept;
    return show_tags(rq);
}

/* --- the table --- */

#define SOME_DEVICES(key, what) LL_OPT_LIST(key, NULL, what, LL_REST, LL_OF(DEVICE))

static const ll_option devices_options[] = {
    SOME_DEVICES("pattern", "names, patterns with * and ?, or tagged"), {0}};
static const ll_option tag_options[] = {SOME_DEVICES("device", "names or patterns; none lists the tagged"),
                                        {0}};
static const ll_option untag_options[] = {SOME_DEVICES("device", "names or patterns; none means all"), {0}};
static const ll_option audit_options[] = {SOME_DEVICES("device", "names, patterns or tagged; none means all"),
                                          {0}};
static const ll_option arch_options[] = {LL_OPT_WORD("arch", NULL, "row number or string", LL_REQUIRED), {0}};
static const ll_option corr_options[] = {
    SOME_DEVICES("device", "names, patterns or tagged; none means all, one alone lists its neighbours"),
    LL_OPT_NAMES("metric", "spearman", ll_corr_metric_name, "mid-rank Spearman, Kendall tau-b or Pearson"),
    LL_OPT_NAMES("order", "cluster", ll_order_name,
                 "cluster: average linkage on 1-r with optimal leaf order; mean: by mean correlation"),
    LL_OPT_CUT,
    {0},
};

static const ll_option scores_options[] = {
    LL_OPT_LIST("against", NULL,
                "scores and devices, or `devices` for all: the Spearman correlation with each", LL_POSITIONAL,
                LL_OF(MEASURED), LL_ONE_OF("devices")),
    {0}};

const ll_command ll_look_commands[] = {
    {.name = "spaces",
     .group = "look",
     .summary = "List the search spaces",
     .help = "Built-in ones, those that come along as files, and those of data that was loaded. Where a "
             "command takes a space, the path of a file *.json that defines one does as well: "
             "data/SPACES.md.",
     .flags = LL_CMD_LOOK,
     .run = run_spaces},
    {.name = "info",
     .alias = "i",
     .group = "look",
     .summary = "Show what is loaded and what has been done with it",
     .flags = LL_CMD_LOOK,
     .run = run_info},
    {.name = "devices",
     .alias = "d",
     .group = "look",
     .summary = "List the devices with their hardware, coverage and latencies",
     .options = devices_options,
     .flags = LL_CMD_LOOK,
     .run = run_devices,
     .examples = "  devices\n  devices titan* *ti_1"},
    {.name = "arch",
     .group = "look",
     .summary = "Show one architecture: drawing, cost, and latency on each device",
     .options = arch_options,
     .flags = LL_CMD_LOOK,
     .run = ll_run_arch,
     .help = "Rank 1 is the fastest architecture of a device; the percentile says how many are faster.",
     .examples = "  arch 672"},
    {.name = "scores",
     .group = "look",
     .summary = "List the accuracies and other scores of the architectures",
     .options = scores_options,
     .flags = LL_CMD_LOOK,
     .run = ll_run_scores,
     .help =
         "Scores are what `search` maximises. `import accuracy` and `import zcp` bring them, `proxies ... "
         "save=on`\n"
         "computes some. against= says how well each ranks the architectures as another does, or a latency.",
     .examples = "  scores\n  scores against=cifar10,params,devices"},
    {.name = "corr",
     .group = "look",
     .summary = "Correlate devices over the architectures both know",
     .options = corr_options,
     .flags = LL_CMD_LOOK,
     .run = ll_run_corr,
     .help = "A device whose latencies are all equal has no correlation: n/a.\n"
             "cut=4 also lists four groups of devices that are alike, as the tree of the order has them; "
             "cut=.8 as\n"
             "many as there are where groups are joined down to a mean correlation of .8. `partition cut=` "
             "takes\n"
             "them as sets.",
     .examples = "  corr\n  corr cut=4\n  corr pixel* raspi4 fpga metric=kendall\n  corr eyeriss"},
    {.name = "audit",
     .group = "look",
     .summary = "Report what to know before trusting a column",
     .options = audit_options,
     .flags = LL_CMD_LOOK,
     .run = ll_run_audit,
     .help =
         "Missing, zero and negative latencies, near-zero outliers (below .2 x the median), whole-number\n"
         "clocks and ties, columns that are nearly the same (Spearman over .995), suspicious units.",
     .examples = "  audit\n  audit pixel2 raspi4"},
    {.name = "tag",
     .group = "look",
     .summary = "Mark devices, to be named as `tagged` in other commands",
     .options = tag_options,
     .flags = LL_CMD_CHANGES,
     .run = run_tag,
     .examples = "  tag titan* pixel3\n  corr tagged"},
    {.name = "untag",
     .group = "look",
     .summary = "Take the mark off devices",
     .options = untag_options,
     .flags = LL_CMD_CHANGES,
     .run = run_untag},
    {0},
};
