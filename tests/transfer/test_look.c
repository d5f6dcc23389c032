/* The look and partition commands through the app, as a face would use them. */
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/device/scores.h"
#include "core/num/stats.h"
#include "tests/check.h"

/* --- an app with a small dataset of real cells and made-up latencies --- */

enum { ARCHS = 300 };

static ll_dataset *cells(void)
{
    static const char *const names[] = {
        "1080ti_1", "desktop_gpu_gtx_1080ti_fp32", "titan_rtx_32", "pixel2", "raspi4", "fpga", "eyeriss",
        "flat"};
    enum { D = sizeof names / sizeof *names };
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("small", space, ARCHS, D);
    ll_rng rng = ll_rng_new(4, LL_STREAM_DATA);
    ll_score *accuracy = ll_dataset_make_score(d, "cifar100");
    ll_score_describe(accuracy, "%", "test", "toy");
    for (int a = 0; a < ARCHS; a++) {
        double common = ll_rng_normal(&rng), other = ll_rng_normal(&rng);
        space->at(space, a * 50, ll_arch_at(d->archs, a));
        accuracy->v[a] = a < 10 ? 60 + a : NAN;
        for (int i = 0; i < D; i++)
            ll_latencies(d, i)[a] = 20 + (i < 4 ? common : other) + .2 * (i + 1) * ll_rng_normal(&rng);
        ll_latencies(d, 1)[a] = ll_latencies(d, 0)[a] * 2;
        ll_latencies(d, 3)[a] = floor(ll_latencies(d, 3)[a]);
        ll_latencies(d, 7)[a] = 5;
        if (a % 3 == 0) ll_latencies(d, 5)[a] = NAN;
    }
    for (int i = 0; i < D; i++)
        ll_device_set(&d->devices[i], names[i], i == 6 ? LL_SIMULATED : LL_MEASURED, "test", "ms", NULL,
                      NULL);
    ll_dataset_seal(d, NULL);
    return d;
}

static ll_app *app_with(ll_dataset *d)
{
    ll_app *a = ll_app_new(&(ll_app_config){check_tmpdir(), 2});
    ll_app_register(a, ll_look_commands);
    ll_app_register(a, ll_partition_commands);
    if (!d) return a;
    ll_state s = {.data = d};
    ll_app_restore(a, &s);
    ll_state_free(&s);
    return a;
}

/* All events of one line, up to its end. */
static cJSON *events_of(ll_app *a, const char *line)
{
    cJSON *all = cJSON_CreateArray(), *e;
    ll_app_submit(a, line);
    while ((e = ll_app_wait(a))) cJSON_AddItemToArray(all, e);
    return all;
}

static const cJSON *event(const cJSON *all, const char *what, int skip)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, all) if (!strcmp(ll_json_get_str(e, "event", ""), what) && skip-- == 0) return e;
    return NULL;
}

static int code(const cJSON *all)
{
    return ll_json_get_int(event(all, "end", 0), "code", -1);
}

/* Runs a line that must fail, and says how. */
static void fails(ll_app *a, const char *line, int status, const char *part)
{
    cJSON *all = events_of(a, line);
    CHECK_INT(code(all), status);
    CHECK_HAS(ll_json_get_str(event(all, "error", 0), "message", NULL), part);
    CHECK(!event(all, "result", 0));
    cJSON_Delete(all);
}

static const cJSON *get(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static const char *text_at(const cJSON *list, int i)
{
    const cJSON *item = cJSON_GetArrayItem(list, i);
    return item ? item->valuestring : NULL;
}

static const cJSON *row_of(const cJSON *result, const char *key, const char *value)
{
    const cJSON *row;
    cJSON_ArrayForEach(row,
                       get(result, "rows")) if (!strcmp(ll_json_get_str(row, key, ""), value)) return row;
    return NULL;
}

/* --- without data --- */

static void looking_needs_data(void)
{
    ll_app *a = app_with(NULL);
    static const char *const lines[] = {
        "info", "devices", "arch 3", "corr", "audit", "tag x", "partition train=1 test=1", "task ND"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        fails(a, lines[i], LL_FAILED, "no dataset is loaded");
    fails(a, "task", LL_FAILED, "no dataset is loaded");
    cJSON *all = events_of(a, "spaces");
    CHECK_INT(code(all), 0);
    CHECK_NEAR(ll_json_get_num(row_of(event(all, "result", 0), "name", "nasbench201"), "archs", 0), 15625, 0);
    cJSON_Delete(all);
    ll_app_free(a);
}

/* --- look --- */

static void info_and_devices_describe_the_data(void)
{
    ll_app *a = app_with(cells());
    cJSON *all = events_of(a, "info");
    const cJSON *r = event(all, "result", 0);
    CHECK_STR(ll_json_get_str(r, "dataset", ""), "small");
    CHECK_INT(ll_json_get_int(r, "devices", 0), 8);
    CHECK_INT(ll_json_get_int(r, "simulated", 0), 1);
    CHECK_INT(ll_json_get_int(r, "latencies", 0), 8 * ARCHS - ARCHS / 3);
    cJSON_Delete(all);
    all = events_of(a, "devices *1080ti* fpga");
    r = event(all, "result", 0);
    CHECK_INT(cJSON_GetArraySize(get(r, "rows")), 3);
    CHECK_STR(ll_json_get_str(row_of(r, "name", "1080ti_1"), "hardware", ""), "GeForce GTX 1080 Ti");
    CHECK_INT(ll_json_get_int(row_of(r, "name", "fpga"), "n", 0), ARCHS - ARCHS / 3);
    cJSON_Delete(all);
    fails(a, "devices nothing*", LL_USAGE, "nothing*");
    ll_app_free(a);
}

static void arch_places_an_architecture(void)
{
    ll_dataset *d = cells();
    ll_app *a = app_with(ll_dataset_ref(d));
    cJSON *all = events_of(a, "arch 7");
    const cJSON *r = event(all, "result", 0), *row = row_of(r, "device", "pixel2");
    int faster = 0, equal = 0;
    const double *lat = ll_latencies(d, 3);
    for (int i = 0; i < ARCHS; i++) {
        faster += lat[i] < lat[7];
        equal += lat[i] == lat[7];
    }
    CHECK_NEAR(ll_json_get_num(row, "lat_ms", 0), lat[7], 0);
    CHECK_NEAR(ll_json_get_num(row, "rank", 0), faster + (equal + 1) / 2., 0);
    CHECK_INT(ll_json_get_int(row, "of", 0), ARCHS);
    CHECK_STR(ll_json_get_str(row_of(r, "device", "eyeriss"), "kind", ""), "simulated");
    const cJSON *score = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(r, "scores"), 0);
    CHECK_STR(ll_json_get_str(score, "name", ""), "cifar100");
    CHECK_NEAR(ll_json_get_num(score, "value", 0), 67, 0);
    CHECK_INT(ll_json_get_int(score, "place", 0), 3);
    CHECK_INT(ll_json_get_int(score, "of", 0), 10);
    CHECK(ll_json_get_num(r, "macs", 0) > 1e6);
    ll_str same = {0};
    ll_str_addf(&same, "arch %s", ll_json_get_str(r, "arch", ""));
    cJSON *again = events_of(a, ll_str_text(&same));
    CHECK_INT(ll_json_get_int(event(again, "result", 0), "row", -1), 7);
    ll_str_free(&same);
    cJSON_Delete(again);
    cJSON_Delete(all);
    fails(a, "arch 300", LL_BAD_DATA, "0 to 299");
    fails(a, "arch", LL_USAGE, "arch is missing");
    ll_app_free(a);
    ll_dataset_unref(d);
}

static double entry(const cJSON *r, const char *key, int i, int j)
{
    const cJSON *x = cJSON_GetArrayItem(cJSON_GetArrayItem(get(r, key), i), j);
    return cJSON_IsNumber(x) ? x->valuedouble : NAN;
}

static int place(const cJSON *r, const char *device)
{
    for (int i = 0; i < cJSON_GetArraySize(get(r, "devices")); i++)
        if (!strcmp(text_at(get(r, "devices"), i), device)) return i;
    return -1;
}

static void corr_is_a_matrix_in_the_shown_order(void)
{
    static const char *const metrics[] = {"spearman", "kendall", "pearson"};
    static double (*const corr[])(const double *, const double *, int) = {ll_spearman, ll_kendall,
                                                                          ll_pearson};
    ll_dataset *d = cells();
    ll_app *a = app_with(ll_dataset_ref(d));
    for (int m = 0; m < 3; m++) {
        ll_str line = {0};
        ll_str_addf(&line, "corr metric=%s order=%s", metrics[m], m ? "name" : "cluster");
        cJSON *all = events_of(a, ll_str_text(&line));
        const cJSON *r = event(all, "result", 0);
        CHECK_STR(ll_json_get_str(r, "metric", ""), metrics[m]);
        int x = place(r, "titan_rtx_32"), y = place(r, "eyeriss"), flat = place(r, "flat"),
            f = place(r, "fpga");
        CHECK_NEAR(entry(r, "matrix", x, y), corr[m](ll_latencies(d, 2), ll_latencies(d, 6), ARCHS), 1e-12);
        CHECK_NEAR(entry(r, "matrix", y, x), entry(r, "matrix", x, y), 0);
        CHECK(isnan(entry(r, "matrix", flat, x)));
        CHECK_NEAR(entry(r, "n", f, x), ARCHS - ARCHS / 3, 0);
        CHECK_INT(cJSON_GetArraySize(get(r, "linkage")), 7);
        CHECK_HAS(text_at(get(r, "notes"), 0), "n/a");
        cJSON_Delete(all);
        ll_str_free(&line);
    }
    cJSON *all = events_of(a, "corr eyeriss raspi4 fpga order=file");
    CHECK_STR(text_at(get(event(all, "result", 0), "devices"), 0), "eyeriss");
    cJSON_Delete(all);
    all = events_of(a, "corr 1080ti_1");
    const cJSON *r = event(all, "result", 0), *first = get(r, "rows")->child;
    CHECK_STR(ll_json_get_str(r, "kind", ""), "neighbours");
    CHECK_STR(ll_json_get_str(first, "device", ""), "desktop_gpu_gtx_1080ti_fp32");
    CHECK_NEAR(ll_json_get_num(first, "r", 0), 1, 1e-12);
    cJSON_Delete(all);
    fails(a, "corr order=size", LL_USAGE, "cluster|name|file|mean");
    ll_app_free(a);
    ll_dataset_unref(d);
}

static void audit_says_what_it_found(void)
{
    ll_app *a = app_with(cells());
    cJSON *all = events_of(a, "audit");
    const cJSON *r = event(all, "result", 0);
    CHECK_INT(cJSON_GetArraySize(get(r, "rows")), 8);
    CHECK_STR(ll_json_get_str(row_of(r, "device", "1080ti_1"), "twin", ""), "desktop_gpu_gtx_1080ti_fp32");
    CHECK_NEAR(ll_json_get_num(row_of(r, "device", "pixel2"), "step_ms", 0), 1, 0);
    CHECK_INT(ll_json_get_int(row_of(r, "device", "fpga"), "missing", 0), ARCHS / 3);
    CHECK_HAS(text_at(get(row_of(r, "device", "flat"), "findings"), 0), "are equal");
    cJSON_Delete(all);
    all = events_of(a, "audit eyeriss"); /* one alone is still judged against all */
    CHECK_HAS(text_at(get(event(all, "result", 0), "notes"), 0), "nothing suspicious");
    cJSON_Delete(all);
    ll_app_free(a);
}

static void tags_name_devices(void)
{
    ll_app *a = app_with(cells());
    fails(a, "corr tagged", LL_USAGE, "no device is tagged");
    cJSON_Delete(events_of(a, "tag *1080ti* fpga"));
    cJSON_Delete(events_of(a, "tag fpga"));
    cJSON *all = events_of(a, "devices tagged");
    CHECK_INT(cJSON_GetArraySize(get(event(all, "result", 0), "rows")), 3);
    cJSON_Delete(all);
    fails(a, "tag nosuch", LL_USAGE, "nosuch");
    all = events_of(a, "untag fpga");
    CHECK_INT(cJSON_GetArraySize(get(event(all, "result", 0), "tags")), 2);
    cJSON_Delete(all);
    all = events_of(a, "untag");
    CHECK_INT(cJSON_GetArraySize(get(event(all, "result", 0), "tags")), 0);
    cJSON_Delete(all);
    ll_app_free(a);
}

/* --- partition and task --- */

/* For a device that is not measured yet: sources alone. */
static void sources_alone_are_a_task(void)
{
    ll_app *a = app_with(cells());
    cJSON *all = events_of(a, "partition source=fpga,raspi4");
    const cJSON *r = event(all, "result", 0);
    CHECK_INT(code(all), 0);
    CHECK_INT(cJSON_GetArraySize(get(r, "source")), 2);
    CHECK_INT(cJSON_GetArraySize(get(r, "target")), 0);
    CHECK(cJSON_IsNull(get(r, "mean_corr")));
    cJSON_Delete(all);
    all = events_of(a, "task");
    CHECK_INT(code(all), 0);
    cJSON_Delete(all);
    ll_app_free(a);
}

static void partition_splits_and_becomes_the_task(void)
{
    ll_app *a = app_with(cells());
    cJSON *all =
        events_of(a, "partition train=3 test=2 seed=4 devices=1080ti_1,titan*,pixel2,raspi4,fpga,eyeriss");
    const cJSON *r = event(all, "result", 0);
    CHECK_INT(code(all), 0);
    CHECK_INT(cJSON_GetArraySize(get(r, "source")), 3);
    CHECK_INT(cJSON_GetArraySize(get(r, "target")), 2);
    CHECK_NEAR(ll_json_get_num(r, "gap", NAN), 0, 1e-9); /* two plain families: kl finds the best split */
    CHECK(ll_json_get_num(r, "mean_corr", 1) < .2);
    CHECK(ll_json_get_num(r, "random_corr", 0) > ll_json_get_num(r, "mean_corr", 1));
    cJSON *shown = events_of(a, "task");
    CHECK_NEAR(ll_json_get_num(event(shown, "result", 0), "mean_corr", 9), ll_json_get_num(r, "mean_corr", 8),
               1e-12);
    CHECK_STR(ll_json_get_str(event(shown, "result", 0), "name", ""), "kl seed=4");
    cJSON_Delete(shown);
    cJSON_Delete(all);
    fails(a, "partition train=7 test=6", LL_USAGE, "more than the 8 at hand");
    fails(a, "partition train=2", LL_USAGE, "say how many");
    fails(a, "partition train=0 test=1", LL_USAGE, "train=0");
    fails(a, "partition source=fpga target=mine", LL_USAGE, "leave target= out");
    fails(a, "partition target=*", LL_USAGE, "none to learn from");
    fails(a, "partition source=fpga,raspi4 target=fpga", LL_USAGE, "as source and as target");
    shown = events_of(a, "task"); /* the failures cost nothing */
    CHECK_STR(ll_json_get_str(event(shown, "result", 0), "name", ""), "kl seed=4");
    cJSON_Delete(shown);
    ll_app_free(a);
}

static void likeness_across_the_split_is_warned_about(void)
{
    ll_app *a = app_with(cells());
    cJSON *all = events_of(a, "partition source=1080ti_1,pixel2 target=desktop_gpu_gtx_1080ti_fp32,fpga");
    const cJSON *warnings = get(event(all, "result", 0), "warnings");
    CHECK_INT(cJSON_GetArraySize(warnings), 1);
    CHECK_HAS(text_at(warnings, 0), "same hardware (GeForce GTX 1080 Ti) as source 1080ti_1");
    CHECK_HAS(ll_json_get_str(event(all, "warning", 0), "message", NULL), "desktop_gpu_gtx_1080ti_fp32");
    cJSON_Delete(all);
    for (int i = 0; i < 2; i++) { /* a target alone learns from all the others */
        all = events_of(a, i ? "partition source=all target=fpga" : "partition target=fpga");
        const cJSON *r = event(all, "result", 0);
        CHECK_INT(cJSON_GetArraySize(get(r, "source")), 7);
        CHECK_INT(cJSON_GetArraySize(get(r, "target")), 1);
        CHECK_HAS(ll_json_get_str(r, "title", ""), "7 source and 1 target device of");
        cJSON_Delete(all);
    }
    all = events_of(a, "partition source=pixel2 target=fpga");
    CHECK_INT(cJSON_GetArraySize(get(event(all, "result", 0), "warnings")), 0);
    cJSON_Delete(all);
    ll_app_free(a);
}

static void published_tasks_name_what_is_missing(void)
{
    ll_app *a = app_with(cells());
    cJSON *all = events_of(a, "task nd");
    const cJSON *r = event(all, "result", 0);
    CHECK_STR(ll_json_get_str(r, "name", ""), "ND");
    CHECK_INT(cJSON_GetArraySize(get(r, "source")), 1); /* 1080ti_1 of nine */
    CHECK_INT(cJSON_GetArraySize(get(r, "target")), 4); /* without titan_rtx_256 and gold_6226 */
    CHECK_INT(cJSON_GetArraySize(get(r, "missing")), 10);
    CHECK_HAS(ll_json_get_str(event(all, "warning", 0), "message", NULL), "titan_rtx_256");
    cJSON_Delete(all);
    fails(a, "task FD", LL_BAD_DATA, "fbnet");
    fails(a, "task N9", LL_USAGE, "no task \"N9\"");
    fails(a, "task ND again", LL_USAGE, "no further argument");
    ll_app_free(a);
}

static void tasks_are_saved_and_found(void)
{
    ll_app *a = app_with(cells());
    cJSON_Delete(events_of(a, "partition source=1080ti_1,pixel2 target=fpga"));
    cJSON *all = events_of(a, "task save mine.1");
    CHECK_INT(code(all), 0);
    cJSON_Delete(all);
    fails(a, "task save ND", LL_USAGE, "published task");
    fails(a, "task save list", LL_USAGE, "word of the task command");
    fails(a, "task save ../x", LL_USAGE, "cannot name a task");
    fails(a, "task save", LL_USAGE, "under which name");
    ll_app_free(a);
    a = app_with(cells()); /* another process would see it too */
    all = events_of(a, "task mine.1");
    CHECK_STR(text_at(get(event(all, "result", 0), "source"), 1), "pixel2");
    cJSON_Delete(all);
    all = events_of(a, "task list");
    CHECK_INT(cJSON_GetArraySize(get(event(all, "result", 0), "rows")), 13);
    CHECK_STR(ll_json_get_str(row_of(event(all, "result", 0), "name", "mine.1"), "origin", ""), "small");
    cJSON_Delete(all);
    cJSON_Delete(events_of(a, "task remove mine.1"));
    fails(a, "task mine.1", LL_USAGE, "mine.1");
    fails(a, "task remove mine.1", LL_USAGE, "mine.1");
    ll_app_free(a);
}

static void a_broken_task_file_is_kept(void)
{
    static const char *const texts[] = {"{\"x\": 3}", "[",
                                        "{\"x\": {\"space\":\"s\",\"source\":[1],\"target\":[]}}"};
    char *path = ll_path_join(check_tmpdir(), "tasks.json"), *after;
    ll_app *a = app_with(cells());
    cJSON_Delete(events_of(a, "partition source=1080ti_1,pixel2 target=fpga"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t len;
        ll_write_file(path, texts[i], strlen(texts[i]), NULL);
        fails(a, "task save other", LL_BAD_DATA, "tasks.json");
        CHECK_INT(ll_read_file(path, 0, &after, &len, NULL), LL_OK);
        CHECK_STR(after, texts[i]);
        free(after);
    }
    ll_remove_tree(path, NULL);
    ll_app_free(a);
    free(path);
}

/* The first four devices go alike, so do the next three; the constant one goes with nobody. */
static void groups_of_alike_devices(void)
{
    ll_app *a = app_with(cells());
    cJSON *all = events_of(a, "corr cut=3");
    const cJSON *matrix = event(all, "result", 0), *groups = event(all, "result", 1), *row;
    CHECK_STR(ll_json_get_str(groups, "kind", ""), "groups");
    CHECK_INT(cJSON_GetArraySize(get(groups, "rows")), 3);
    int sizes[3] = {0}, n = 0, *shown, count = ll_json_get_ints(matrix, "groups", &shown);
    cJSON_ArrayForEach(row, get(groups, "rows"))
    {
        CHECK_INT(ll_json_get_int(row, "group", 0), n + 1);
        sizes[n++] = ll_json_get_int(row, "n", 0);
        if (sizes[n - 1] > 1)
            CHECK(ll_json_get_num(row, "lowest_r", 0) > ll_json_get_num(row, "nearest_r", 1));
    }
    CHECK_INT(sizes[0] + sizes[1] + sizes[2], 8);
    CHECK_INT(count, 8);
    for (int i = 1; i < count; i++) CHECK(shown[i] == shown[i - 1] || shown[i] == shown[i - 1] + 1);
    free(shown);
    cJSON_Delete(all);
    all = events_of(a, "corr cut=.2");
    CHECK_INT(cJSON_GetArraySize(get(event(all, "result", 1), "rows")), 3);
    cJSON_Delete(all);
    all = events_of(a, "corr");
    CHECK(!event(all, "result", 1) && !get(event(all, "result", 0), "groups"));
    cJSON_Delete(all);
    fails(a, "corr cut=9", LL_USAGE, "8 devices make at most 8 groups");
    fails(a, "corr cut=2.5", LL_USAGE, "number of groups");
    fails(a, "corr cut=2 order=name", LL_USAGE, "order=cluster");
    fails(a, "corr fpga cut=2", LL_USAGE, "several devices");
    ll_app_free(a);
}

static void groups_are_sides_of_a_task(void)
{
    ll_app *a = app_with(cells());
    cJSON *all = events_of(a, "partition cut=2 devices=1080ti_1,titan_rtx_32,pixel2,raspi4,fpga,eyeriss");
    const cJSON *groups = event(all, "result", 0), *task = event(all, "result", 1);
    CHECK_INT(cJSON_GetArraySize(get(groups, "rows")), 2);
    CHECK_INT(cJSON_GetArraySize(get(task, "source")), 3);
    CHECK_INT(cJSON_GetArraySize(get(task, "target")), 3);
    CHECK_STR(ll_json_get_str(task, "method", ""), "groups");
    char first[200];
    snprintf(first, sizeof first, "%s",
             text_at(get(cJSON_GetArrayItem(get(groups, "rows"), 0), "devices"), 0));
    cJSON_Delete(all);
    all = events_of(a, "partition cut=2 target=1 devices=1080ti_1,titan_rtx_32,pixel2,raspi4,fpga,eyeriss");
    const cJSON *name;
    bool found = false;
    cJSON_ArrayForEach(name, get(event(all, "result", 1), "target")) found |=
        !strcmp(name->valuestring, first);
    CHECK(found);
    CHECK_INT(cJSON_GetArraySize(get(event(all, "result", 1), "source")), 3);
    cJSON_Delete(all);
    fails(a, "partition cut=2 source=3", LL_USAGE, "groups, 1 to 2");
    fails(a, "partition cut=2 source=fpga", LL_USAGE, "groups, 1 to 2");
    fails(a, "partition cut=2 source=1 target=1", LL_USAGE, "as source and as target");
    fails(a, "partition cut=2 source=1,2", LL_USAGE, "all groups are on one side");
    fails(a, "partition cut=1", LL_USAGE, "one group");
    fails(a, "partition cut=3 train=2 test=1", LL_USAGE, "do not go with it");
    ll_app_free(a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"looking needs data", looking_needs_data},
        {"info and devices describe the data", info_and_devices_describe_the_data},
        {"arch places an architecture", arch_places_an_architecture},
        {"corr is a matrix in the shown order", corr_is_a_matrix_in_the_shown_order},
        {"audit says what it found", audit_says_what_it_found},
        {"tags name devices", tags_name_devices},
        {"groups of alike devices", groups_of_alike_devices},
        {"groups are sides of a task", groups_are_sides_of_a_task},
        {"sources alone are a task", sources_alone_are_a_task},
        {"partition splits and becomes the task", partition_splits_and_becomes_the_task},
        {"likeness across the split is warned about", likeness_across_the_split_is_warned_about},
        {"published tasks name what is missing", published_tasks_name_what_is_missing},
        {"tasks are saved and found", tasks_are_saved_and_found},
        {"a broken task file is kept", a_broken_task_file_is_kept},
        {0},
    };
    return check_main("test_look", cases, argc, argv);
}
