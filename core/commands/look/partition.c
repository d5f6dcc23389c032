/* partition and task: which devices are source, which are target. */
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/app/saved_tasks.h"
#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/commands/look/groups.h"
#include "core/commands/look/look.h"
#include "core/device/audit.h"
#include "core/device/hardware.h"
#include "core/device/partition.h"

/* --- a task as a result --- */

static const ll_column task_columns[] = {{"device", "device", NULL, -1},
                                         {"role", "role", NULL, -1},
                                         {"kind", "kind", NULL, -1},
                                         {"n", "known", NULL, 0},
                                         {"mean_corr", "mean r across", NULL, 3},
                                         {"max_corr", "max r across", NULL, 3},
                                         {"nearest", "nearest on the other side", NULL, -1},
                                         {"hardware", "hardware", NULL, -1},
                                         {0}};

/* The correlation of both sides: source devices first, as in ll_task. */
static ll_corr correlate_sides(ll_request *rq, const ll_task *t)
{
    ll_corr c = {0};
    ll_ints both = ll_ints_copy(t->source.v, t->source.n);
    for (int i = 0; i < t->target.n; i++) ll_ints_add(&both, t->target.v[i]);
    ll_correlate(rq->state.data, both.v, both.n, LL_SPEARMAN, rq->pool, NULL, &c, &rq->error);
    ll_ints_free(&both);
    return c;
}

static void side_row(cJSON *row, const ll_dataset *d, const ll_task *t, const ll_corr *c, int at)
{
    bool source = at < t->source.n;
    int from = source ? t->source.n : 0, to = source ? c->devices.n : t->source.n, best = -1, m = 0;
    double sum = 0;
    for (int j = from; j < to; j++) {
        double r = ll_corr_at(c, at, j);
        if (isnan(r)) continue;
        sum += r;
        m++;
        if (best < 0 || r > ll_corr_at(c, at, best)) best = j;
    }
    int device = c->devices.v[at];
    ll_json_str(row, "device", d->devices[device].name);
    ll_json_str(row, "role", source ? "source" : "target");
    ll_json_str(row, "kind", d->devices[device].kind == LL_SIMULATED ? "simulated" : "measured");
    ll_json_int(row, "n", ll_dataset_count(d, device));
    ll_json_num(row, "mean_corr", m ? sum / m : NAN);
    ll_json_num(row, "max_corr", best >= 0 ? ll_corr_at(c, at, best) : NAN);
    ll_json_str(row, "nearest", best >= 0 ? d->devices[c->devices.v[best]].name : NULL);
    ll_json_str(row, "hardware", ll_hardware(d, device));
}

static void add_warning(ll_request *rq, cJSON *warnings, const ll_str *text)
{
    cJSON_AddItemToArray(warnings, ll_json_string(ll_str_text(text)));
    ll_warn(rq, "%s", ll_str_text(text));
}

/* What a target shares with sources; one sentence names all of them. */
typedef enum likeness { SAME_HARDWARE, NEARLY_SAME } likeness;

enum { FEW = 10 }; /* latencies, that say little of a device */

/* The order of a few says nothing of the columns. */
static bool share_enough(const ll_dataset *d, int a, int b)
{
    ll_ints common = ll_dataset_common(d, (int[]){a, b}, 2);
    bool enough = common.n >= FEW;
    ll_ints_free(&common);
    return enough;
}

static bool alike(const ll_dataset *d, const ll_corr *c, int i, int j, likeness what)
{
    int a = c->devices.v[i], b = c->devices.v[j];
    bool same = ll_same_hardware(d, a, b);
    return what == SAME_HARDWARE ? same : !same && ll_corr_at(c, i, j) > LL_TWIN && share_enough(d, a, b);
}

static void warn_of(ll_request *rq, cJSON *warnings, const ll_task *t, const ll_corr *c, int target,
                    likeness what)
{
    const ll_dataset *d = rq->state.data;
    ll_str names = {0}, text = {0};
    for (int i = 0; i < t->source.n; i++) {
        if (!alike(d, c, i, target, what)) continue;
        ll_str_addf(&names, "%s%s", names.len ? ", " : "", d->devices[c->devices.v[i]].name);
        if (what == NEARLY_SAME)
            ll_str_addf(&names, " (Spearman %.4f)", ll_below_one(ll_corr_at(c, i, target), 4));
    }
    int device = c->devices.v[target];
    if (what == SAME_HARDWARE)
        ll_str_addf(&text, "target %s is the same hardware (%s) as source %s", d->devices[device].name,
                    ll_hardware(d, device), ll_str_text(&names));
    else
        ll_str_addf(&text, "target %s is nearly the same column as source %s", d->devices[device].name,
                    ll_str_text(&names));
    if (names.len) add_warning(rq, warnings, &text);
    ll_str_free(&names);
    ll_str_free(&text);
}

static void add_warnings(ll_request *rq, cJSON *result, const ll_task *t, const ll_corr *c)
{
    cJSON *warnings = ll_json_arr(result, "warnings");
    ll_str text = {0};
    for (int i = 0; i < t->missing.n; i++) ll_str_addf(&text, "%s%s", i ? ", " : "", t->missing.v[i]);
    if (t->missing.n) {
        ll_str_addf(&text, " %s not in %s; the rest is used", t->missing.n == 1 ? "is" : "are",
                    rq->state.data->name);
        add_warning(rq, warnings, &text);
    }
    for (int j = t->source.n; j < c->devices.n; j++) {
        warn_of(rq, warnings, t, c, j, SAME_HARDWARE);
        warn_of(rq, warnings, t, c, j, NEARLY_SAME);
    }
    ll_str_free(&text);
}

static cJSON *task_result(ll_request *rq, const char *kind, const ll_task *t)
{
    const ll_dataset *d = rq->state.data;
    ll_corr c = correlate_sides(rq, t);
    cJSON *result = ll_result_new(kind);
    ll_str title = {0};
    ll_str_addf(&title, "%s: %d source and %d target %s of %s", t->name, t->source.n, t->target.n,
                ll_noun(t->target.n, "device", "devices"), d->name);
    if (t->target.n) {
        ll_str_add(&title, "; ");
        ll_task_across(t, &title);
    }
    ll_json_str(result, "title", ll_str_text(&title));
    ll_str_free(&title);
    ll_json_str(result, "name", t->name);
    ll_json_str(result, "dataset", d->name);
    ll_json_devices(result, "source", d, &t->source);
    ll_json_devices(result, "target", d, &t->target);
    ll_json_strs(result, "missing", t->missing.v, t->missing.n);
    ll_json_num(result, "mean_corr", t->mean_corr);
    ll_json_num(result, "max_corr", t->max_corr);
    ll_result_columns(result, task_columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < c.devices.n; i++) side_row(ll_json_obj(rows, NULL), d, t, &c, i);
    add_warnings(rq, result, t, &c);
    ll_corr_free(&c);
    return result;
}

/* --- partition --- */

/* Every device that is no target. One that is just being measured has nothing to teach, and some methods learn from what all
 * their sources know. */
static void take_others(ll_request *rq, const ll_ints *target, ll_ints *source)
{
    const ll_dataset *d = rq->state.data;
    int least = d->n_archs < 2 * FEW ? d->n_archs / 2 : FEW;
    ll_str left = {0};
    for (int i = 0; i < d->n_devices; i++) {
        if (ll_ints_find(target, i) >= 0) continue;
        if (ll_dataset_count(d, i) >= least)
            ll_ints_add(source, i);
        else
            ll_str_addf(&left, "%s%s", left.len ? ", " : "", d->devices[i].name);
    }
    if (left.len && source->n)
        ll_note(rq, "no source, with fewer than %d latencies, unless source= names it: %s", least,
                ll_str_text(&left));
    ll_str_free(&left);
}

/* No target is a task too: for a device that is not measured yet, `suggest` and `how-many` need the sources
 * alone. Targets without sources learn from all the others. */
static ll_status parse_sides(ll_request *rq, ll_ints *source, ll_ints *target)
{
    bool all = ll_is(&rq->args, "source", "all") && ll_dataset_device(rq->state.data, "all") < 0;
    ll_status s = LL_OK;
    if (ll_has(&rq->args, "source") && !all && (s = ll_look_devices(rq, "source", source))) return s;
    if (ll_has(&rq->args, "target")) s = ll_look_devices(rq, "target", target);
    if (s) {
        ll_error why = rq->error;
        return LL_FAIL(rq, s, "%s; for a device that is not measured yet leave target= out", why.message);
    }
    if (all || !ll_has(&rq->args, "source")) take_others(rq, target, source);
    return source->n ? LL_OK : LL_FAIL(rq, LL_USAGE, "every device is a target: there is none to learn from");
}

static ll_status by_hand(ll_request *rq)
{
    ll_ints source = {0}, target = {0};
    const ll_dataset *d = rq->state.data;
    ll_status s = parse_sides(rq, &source, &target);
    for (int i = 0; i < target.n && !s; i++)
        if (ll_ints_find(&source, target.v[i]) >= 0)
            s = LL_FAIL(rq, LL_USAGE, "%s is named as source and as target", d->devices[target.v[i]].name);
    if (!s) {
        ll_task *t = ll_task_new("by hand", d, &source, &target);
        ll_emit(rq, task_result(rq, "partition", t));
        ll_state_set_task(&rq->state, t);
    }
    ll_ints_free(&source);
    ll_ints_free(&target);
    return s;
}

/* Mean of all pairs: what a random split has across, on average. */
static double mean_of_pairs(const ll_corr *c)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < c->devices.n; i++)
        for (int j = 0; j < i; j++) {
            double r = ll_corr_at(c, i, j);
            if (isnan(r)) continue;
            sum += r;
            n++;
        }
    return n ? sum / n : NAN;
}

/* How far Kernighan-Lin is from the best split, where that can be known at once. */
static void add_gap(ll_request *rq, cJSON *result, const ll_corr *c, ll_partition_job job, const ll_task *t)
{
    ll_task *best = NULL;
    ll_json_num(result, "random_corr", mean_of_pairs(c));
    if (job.method == LL_PARTITION_EXACT) return;
    job.method = LL_PARTITION_EXACT;
    job.most_steps = LL_PARTITION_QUICK;
    if (ll_partition(rq->state.data, c, &job, &best, NULL)) return;
    ll_json_num(result, "exact_corr", best->mean_corr);
    ll_json_num(result, "gap", t->mean_corr - best->mean_corr);
    if (!isnan(best->mean_corr))
        ll_result_note(result,
                       "the best split of these sizes has a mean of %.3f (method=exact); a random one %.3f",
                       ll_below_one(best->mean_corr, 3), ll_below_one(mean_of_pairs(c), 3));
    ll_task_unref(best);
}

static ll_status by_method(ll_request *rq, const ll_ints *devices)
{
    bool exact = ll_is(&rq->args, "method", "exact");
    ll_partition_job job = {.n_source = ll_int(&rq->args, "train"),
                            .n_target = ll_int(&rq->args, "test"),
                            .seed = (uint64_t)ll_real(&rq->args, "seed"),
                            .method = exact ? LL_PARTITION_EXACT : LL_PARTITION_KL,
                            .observer = rq->observer};
    ll_corr c;
    ll_task *t = NULL;
    ll_status s = ll_correlate(rq->state.data, devices->v, devices->n, LL_SPEARMAN, rq->pool, rq->observer,
                               &c, &rq->error);
    if (s) return s;
    s = ll_partition(rq->state.data, &c, &job, &t, &rq->error);
    if (!s) {
        cJSON *result = task_result(rq, "partition", t);
        ll_json_str(result, "method", exact ? "exact" : "kl");
        if (!exact) ll_json_num(result, "seed", (double)job.seed);
        ll_json_int(result, "at_hand", devices->n);
        add_gap(rq, result, &c, job, t);
        ll_emit(rq, result);
        ll_state_set_task(&rq->state, t);
    }
    ll_corr_free(&c);
    return s;
}

/* --- partition by groups --- */

/* The devices of the groups whose numbers an option lists. */
static ll_status take_groups(ll_request *rq, const char *option, const ll_corr *c, const ll_groups *g,
                             ll_ints *out)
{
    ll_strs numbers = {0};
    ll_status s = LL_OK;
    ll_list_names(&rq->args, option, &numbers);
    for (int i = 0; i < numbers.n && !s; i++) {
        char *end;
        long number = strtol(numbers.v[i], &end, 10);
        if (*end || number < 1 || number > g->n)
            s = LL_FAIL(rq, LL_USAGE, "%s=%.40s: with cut= these are groups, 1 to %d; `corr cut=` lists them",
                        option, numbers.v[i], g->n);
        for (int j = 0; j < c->devices.n && !s; j++)
            if (g->of[j] == number - 1 && ll_ints_find(out, c->devices.v[j]) < 0)
                ll_ints_add(out, c->devices.v[j]);
    }
    ll_strs_free(&numbers);
    return s;
}

/* Without a word on it the group that is least like the others is the target. */
static ll_status take_rest(ll_request *rq, const ll_corr *c, const ll_groups *g, ll_ints *source,
                           ll_ints *target)
{
    bool sources = ll_has(&rq->args, "source"), targets = ll_has(&rq->args, "target");
    int loner = ll_groups_loner(g, c);
    if (g->n < 2)
        return LL_FAIL(rq, LL_USAGE, "cut=%g leaves one group: nothing to set apart",
                       ll_real(&rq->args, "cut"));
    for (int j = 0; j < c->devices.n && !sources && !targets; j++)
        ll_ints_add(g->of[j] == loner ? target : source, c->devices.v[j]);
    for (int j = 0; j < c->devices.n && sources != targets; j++)
        if (ll_ints_find(sources ? source : target, c->devices.v[j]) < 0)
            ll_ints_add(sources ? target : source, c->devices.v[j]);
    return LL_OK;
}

static ll_status choose_sides(ll_request *rq, const ll_corr *c, const ll_groups *g, ll_ints *source,
                              ll_ints *target)
{
    ll_status s = take_groups(rq, "source", c, g, source);
    if (!s) s = take_groups(rq, "target", c, g, target);
    if (!s) s = take_rest(rq, c, g, source, target);
    for (int i = 0; i < target->n && !s; i++)
        if (ll_ints_find(source, target->v[i]) >= 0)
            s = LL_FAIL(rq, LL_USAGE, "a group is named as source and as target");
    if (!s && (!source->n || !target->n))
        s = LL_FAIL(rq, LL_USAGE, "all groups are on one side: nothing to set apart");
    return s;
}

/* Whole groups of alike devices on either side, as `corr cut=` lists them. */
static ll_status by_groups(ll_request *rq, const ll_ints *devices)
{
    ll_corr c;
    ll_linkage tree;
    ll_groups groups;
    ll_ints source = {0}, target = {0};
    if (ll_has(&rq->args, "train") || ll_has(&rq->args, "test"))
        return LL_FAIL(rq, LL_USAGE, "cut= puts whole groups on a side: train= and test= do not go with it");
    ll_status s = ll_correlate(rq->state.data, devices->v, devices->n, LL_SPEARMAN, rq->pool, rq->observer,
                               &c, &rq->error);
    if (s) return s;
    int *order = LL_NEW_ARRAY(int, devices->n + 1);
    ll_corr_order(&c, rq->state.data, LL_ORDER_CLUSTER, order, &tree);
    s = ll_groups_read(rq, &tree, order, &groups);
    if (!s) s = choose_sides(rq, &c, &groups, &source, &target);
    if (!s) {
        ll_task *t = ll_task_new("by groups", rq->state.data, &source, &target);
        cJSON *result = task_result(rq, "partition", t);
        ll_json_str(result, "method", "groups");
        ll_json_int(result, "groups", groups.n);
        ll_emit_groups(rq, &c, &groups, order);
        ll_emit(rq, result);
        ll_state_set_task(&rq->state, t);
    }
    ll_ints_free(&source);
    ll_ints_free(&target);
    ll_groups_free(&groups);
    ll_linkage_free(&tree);
    ll_corr_free(&c);
    free(order);
    return s;
}

static ll_status of_some(ll_request *rq, ll_status (*how)(ll_request *rq, const ll_ints *devices))
{
    ll_ints devices;
    ll_status s = ll_look_devices(rq, "devices", &devices);
    if (s) return s;
    s = how(rq, &devices);
    ll_ints_free(&devices);
    return s;
}

static ll_status run_partition(ll_request *rq)
{
    ll_status s = ll_need_data(rq);
    if (s) return s;
    if (ll_has(&rq->args, "cut")) return of_some(rq, by_groups);
    if (ll_has(&rq->args, "source") || ll_has(&rq->args, "target")) return by_hand(rq);
    if (!ll_has(&rq->args, "train") || !ll_has(&rq->args, "test"))
        return LL_FAIL(
            rq, LL_USAGE,
            "say how many devices: partition train=9 test=6, or which: partition source=A,B target=C");
    return of_some(rq, by_method);
}

/* --- task --- */

static void list_row(cJSON *rows, const char *name, const char *space, int n_source, int n_target,
                     const char *origin)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_str(row, "name", name);
    ll_json_str(row, "space", space);
    ll_json_int(row, "n_source", n_source);
    ll_json_int(row, "n_target", n_target);
    ll_json_str(row, "origin", origin);
}

static int count_words(const char *text)
{
    ll_strs words = {0};
    ll_strs_split(&words, text, ' ');
    int n = words.n;
    ll_strs_free(&words);
    return n;
}

static ll_status list_tasks(ll_request *rq)
{
    static const ll_column columns[] = {{"name", "task", NULL, -1},      {"space", "space", NULL, -1},
                                        {"n_source", "source", NULL, 0}, {"n_target", "target", NULL, 0},
                                        {"origin", "from", NULL, -1},    {0}};
    cJSON *saved, *result, *rows;
    const cJSON *t;
    const ll_published_task *p;
    ll_status s = ll_saved_tasks_read(rq->app, &saved, &rq->error);
    if (s) return s;
    result = ll_result_new("tasks");
    ll_result_columns(result, columns);
    rows = ll_json_arr(result, "rows");
    for (int i = 0; (p = ll_published_task_at(i)); i++)
        list_row(rows, p->name, p->space, count_words(p->source), count_words(p->target), "NASFLAT");
    cJSON_ArrayForEach(t, saved) list_row(rows, t->string, ll_json_get_str(t, "space", ""),
                                          cJSON_GetArraySize(cJSON_GetObjectItem(t, "source")),
                                          cJSON_GetArraySize(cJSON_GetObjectItem(t, "target")),
                                          ll_json_get_str(t, "dataset", "saved"));
    cJSON_Delete(saved);
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status find_task(ll_request *rq, const char *name, ll_task **out)
{
    if (ll_published_task_find(name)) return ll_task_published(name, rq->state.data, out, &rq->error);
    return ll_saved_task_find(rq->app, name, rq->state.data, out, &rq->error);
}

static ll_status choose_task(ll_request *rq, const char *name)
{
    ll_task *t;
    ll_status s = ll_need_data(rq);
    if (!s) s = find_task(rq, name, &t);
    if (s) return s;
    ll_emit(rq, task_result(rq, "task", t));
    ll_state_set_task(&rq->state, t);
    return LL_OK;
}

/* The current task, or one that is named without choosing it. */
static ll_status show_task(ll_request *rq, const char *name)
{
    ll_task *t;
    ll_status s = name ? ll_need_data(rq) : ll_need_task(rq);
    if (!s && name) s = find_task(rq, name, &t);
    if (s) return s;
    if (!name) t = ll_task_ref(rq->state.task);
    ll_emit(rq, task_result(rq, "task", t));
    ll_task_unref(t);
    return LL_OK;
}

static ll_status save_task(ll_request *rq, const char *name)
{
    ll_status s = ll_need_task(rq);
    if (!s && !name) s = LL_FAIL(rq, LL_USAGE, "under which name? `task save NAME`");
    if (!s) s = ll_saved_task_write(rq->app, name, rq->state.data, rq->state.task, &rq->error);
    if (s) return s;
    ll_str line = {0};
    ll_quote_addf(&line, "task %s", name);
    ll_note(rq, "task %s is saved; `%s` chooses it", name, line.s);
    ll_str_free(&line);
    return LL_OK;
}

static ll_status remove_task(ll_request *rq, const char *name)
{
    if (!name) return LL_FAIL(rq, LL_USAGE, "which one? `task remove NAME`");
    ll_status s = ll_saved_task_remove(rq->app, name, &rq->error);
    if (!s) ll_note(rq, "task %s is removed", name);
    return s;
}

static ll_status run_task(ll_request *rq)
{
    const char *what = ll_word(&rq->args, "task"), *name = ll_word(&rq->args, "name");
    if (!what || !strcmp(what, "show")) return show_task(rq, name);
    if (!strcmp(what, "save")) return save_task(rq, name);
    if (!strcmp(what, "remove")) return remove_task(rq, name);
    if (name) return LL_FAIL(rq, LL_USAGE, "'%s': no further argument was expected", name);
    return strcmp(what, "list") ? choose_task(rq, what) : list_tasks(rq);
}

/* --- the table --- */

#define DEVICE_LIST(key, what) LL_OPT_LIST(key, NULL, what, LL_OF(DEVICE))

static const ll_option partition_options[] = {
    LL_OPT_INT("train", NULL, 1, 1000, "how many source devices", .unit = "devices"),
    LL_OPT_INT("test", NULL, 1, 1000, "how many target devices", .unit = "devices"),
    LL_OPT_REAL("seed", "1", 0, 9007199254740992, "seed of the random start of kl"),
    LL_OPT_CHOICE("method", "kl", "kl|exact", "Kernighan-Lin, or the best split there is"),
    DEVICE_LIST("devices", "names, patterns or tagged to choose from; absent: all"),
    DEVICE_LIST(
        "source",
        "source devices by hand, all: every other one that has ten latencies (default); with cut= numbers of "
        "groups"),
    DEVICE_LIST("target", "target devices by hand; with cut= numbers of groups"),
    LL_OPT_CUT,
    {0},
};
static const ll_option task_options[] = {
    LL_OPT_WORD("task", NULL, "a published or saved task, or save, list, show, remove", LL_POSITIONAL,
                LL_OF(TASK)),
    LL_OPT_WORD("name", NULL, "of save, show, remove", LL_POSITIONAL, LL_OF(TASK)),
    {0},
};

const ll_command ll_partition_commands[] = {
    {.name = "partition",
     .alias = "part",
     .group = "partition",
     .summary = "Split the devices into source and target that resemble each other little",
     .options = partition_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_partition,
     .help = "Least sum of Spearman correlations across the split. kl is Kernighan-Lin bisection, trimmed to "
             "the\n"
             "sizes; exact searches all splits and gives up where that takes too long. Devices named by hand "
             "are\n"
             "taken as they are. Same hardware or nearly equal columns on both sides are warned about.\n"
             "source= without target= is for a device that is not measured yet: `suggest` needs no more.\n"
             "cut= makes groups of alike devices, as `corr cut=` does: the one least like the others is the "
             "target, or\n"
             "source= and target= name groups by their numbers.",
     .examples =
         "  partition train=9 test=6 seed=1\n  partition train=5 test=3 devices=titan*,pixel*,raspi4,fpga\n"
         "  partition source=1080ti_1,titanx_32 target=fpga,eyeriss\n  partition "
         "source=1080ti_1,pixel3,raspi4\n  partition cut=4 source=1,2,3"},
    {.name = "task",
     .group = "partition",
     .summary = "Choose a published or saved split, or save, list, show, remove one",
     .options = task_options,
     .flags = LL_CMD_CHANGES,
     .run = run_task,
     .help =
         "Published are the twelve tasks of NASFLAT (arXiv 2403.02446). Devices the dataset lacks are named\n"
         "and the rest is used.",
     .examples = "  task ND\n  task save mine\n  task list\n  task show"},
    {0},
};
