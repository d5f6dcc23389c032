/* Tables with very many devices take about as long as reading them, and whoever reads answers the wish to stop. */
#include <stdlib.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/clock.h"
#include "core/base/index.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/device/audit.h"
#include "core/num/stats.h"
#include "data/commands/commands.h"
#include "data/datasets/folder.h"
#include "data/formats/pickle.h"
#include "data/importers/import.h"
#include "tests/check.h"

enum { MANY = 20000 };

static ll_app *app;
static ll_str said; /* errors, warnings and notes of the last line */

static const char *await_end(void)
{
    static char status[16];
    ll_str_clear(&said);
    for (cJSON *o; (o = ll_app_wait(app)); cJSON_Delete(o)) {
        const char *event = ll_json_get_str(o, "event", "");
        if (!strcmp(event, "end")) snprintf(status, sizeof status, "%s", ll_json_get_str(o, "status", "?"));
        ll_str_addf(&said, "%s\n", ll_json_get_str(o, "message", ""));
        const cJSON *note;
        cJSON_ArrayForEach(note, cJSON_GetObjectItemCaseSensitive(o, "notes"))
            ll_str_addf(&said, "%s\n", note->valuestring);
    }
    return status;
}

static void start(void)
{
    static char dir[4200];
    snprintf(dir, sizeof dir, "%s/data", check_tmpdir());
    app = ll_app_new(&(ll_app_config){.data_dir = dir, .threads = 1});
    ll_app_register(app, ll_data_commands);
}

static void stop(void)
{
    ll_app_free(app);
    ll_str_free(&said);
}

/* A wide table; every latency of a row is another one, those of a device lie within a factor of two. */
static const char *wide_table(const char *name, const char *device, int n_devices, int n_archs)
{
    static char path[4200];
    ll_error e = {0};
    ll_str t = {0};
    ll_str_add(&t, "arch");
    for (int j = 0; j < n_devices; j++) ll_str_addf(&t, ",%s%d", device, j);
    for (int i = 0; i < n_archs; i++) {
        ll_str_addf(&t, "\n%d", i);
        for (int j = 0; j < n_devices; j++) ll_str_addf(&t, ",%d.%d", 1 + j % 7, (i * 31 + j * 17) % 997);
    }
    snprintf(path, sizeof path, "%s/%s", check_tmpdir(), name);
    CHECK_INT(ll_write_file(path, t.s, t.len, &e), LL_OK);
    ll_str_free(&t);
    return path;
}

/* It was cubic: ten minutes were not enough for twice as many. */
static void very_many_devices_are_imported(void)
{
    if (check_under(NULL)) return; /* it is about time; narrower tables go the same way */
    start();
    double before = ll_now_s();
    ll_str line = {0};
    const char *path = wide_table("wide.csv", "1080ti_", MANY, 1); /* all of one hardware */
    ll_str_addf(&line, "import csv %s as wide unit=ms space=nasbench201", path);
    ll_app_submit(app, line.s);
    CHECK_STR(await_end(), "ok");
    ll_str_clear(&line);
    ll_str_addf(&line, "import csv %s into wide unit=ms", path);
    ll_app_submit(app, line.s);
    CHECK_STR(await_end(), "ok");
    ll_str_clear(&line);
    ll_str_addf(&line, "import csv %s into wide unit=ms", wide_table("other.csv", "1080ti_b", MANY, 1));
    ll_app_submit(app, line.s);
    CHECK_STR(await_end(), "ok");
    CHECK_HAS(ll_str_text(&said), "were not compared with others of their hardware");
    check_report(ll_now_s() - before < 60, __FILE__, __LINE__, "three imports take %.1f s",
                 ll_now_s() - before);
    ll_str_free(&line);
    stop();
}

static void very_many_devices_are_looked_at(void)
{
    ll_dataset *d = ll_dataset_new("wide", ll_space_find("nasbench201"), 1, 2 * MANY);
    ll_error e = {0};
    ll_strs patterns = {0};
    ll_ints found = {0};
    d->space->at(d->space, 5, d->archs->genes);
    for (int j = 0; j < d->n_devices; j++) {
        char name[20];
        snprintf(name, sizeof name, "d%d", j);
        ll_device_set(&d->devices[j], name, LL_MEASURED, NULL, NULL, NULL, NULL);
        ll_latencies(d, j)[0] = j == 7 ? 5000 : 1 + j % 3;
    }
    double before = ll_now_s();
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    CHECK_INT(ll_dataset_device(d, "d39999"), 39999);
    ll_strs_add(&patterns, "d7,d*,d7");
    CHECK_INT(ll_dataset_find_devices(d, &patterns, &found, &e), LL_OK);
    CHECK_INT(found.n, d->n_devices);
    CHECK_INT(found.v[0], 7);
    ll_audit *audits = LL_NEW_ARRAY(ll_audit, d->n_devices);
    ll_audit_devices(d, found.v, found.n, NULL, audits);
    CHECK_INT(audits[0].unit_off, 3);
    CHECK_INT(audits[1].unit_off, 0);
    check_report(ll_now_s() - before < 10, __FILE__, __LINE__, "looking takes %.1f s", ll_now_s() - before);
    free(audits);
    ll_strs_free(&patterns);
    ll_ints_free(&found);
    ll_dataset_unref(d);
}

/* Against the median of a list made by hand. */
static void medians_without_each_are_those_of_the_others(void)
{
    ll_rng r = ll_rng_new(3, LL_STREAM_DATA);
    for (int n = 0; n < 12; n++) {
        double x[12], others[12], out[12];
        for (int i = 0; i < n; i++) x[i] = ll_rng_below(&r, 5) ? ll_rng_below(&r, 6) : NAN;
        ll_medians_without(x, n, out);
        for (int i = 0; i < n; i++) {
            int m = 0;
            for (int j = 0; j < n; j++)
                if (j != i && !isnan(x[j])) others[m++] = x[j];
            CHECK_NEAR(out[i], ll_median(others, m), 1e-12);
        }
    }
}

static void names_are_found(void)
{
    ll_names x = {0};
    static char text[5000][8];
    for (int i = 0; i < 5000; i++) {
        snprintf(text[i], sizeof text[i], "n%d", i);
        CHECK(ll_names_add_new(&x, text[i]));
    }
    for (int i = 0; i < 5000; i++) CHECK_INT(ll_names_find(&x, text[i]), i);
    CHECK_INT(ll_names_add(&x, "n17"), 17);
    CHECK_INT(ll_names_find(&x, "n5000"), -1);
    ll_names_free(&x);
}

/* Two datasets that share nothing make a table of holes, far larger than both. */
static void joining_strangers_is_refused(void)
{
    ll_error e = {0};
    ll_dataset *d[2], *joint = NULL;
    for (int k = 0; k < 2; k++) {
        d[k] = ll_dataset_new(k ? "few" : "many", ll_space_find("nasbench201"), k ? 15000 : 1, k ? 1 : MANY);
        for (int i = 0; i < d[k]->n_archs; i++)
            d[k]->space->at(d[k]->space, i + !k * 15001,
                            d[k]->archs->genes + (size_t)i * (size_t)d[k]->space->n_positions);
        for (int j = 0; j < d[k]->n_devices; j++) {
            char name[20];
            snprintf(name, sizeof name, "%c%d", 'a' + k, j);
            ll_device_set(&d[k]->devices[j], name, LL_MEASURED, NULL, NULL, NULL, NULL);
            ll_latencies(d[k], j)[0] = 1;
        }
        CHECK_INT(ll_dataset_seal(d[k], &e), LL_OK);
    }
    CHECK_INT(ll_import_merge(d[1], d[0], false, &joint, NULL, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "joined, they have 15001 architectures x 20001 devices: 2400280008 bytes");
    ll_dataset_unref(d[0]);
    ll_dataset_unref(d[1]);
}

/* --- the wish to stop --- */

static int asked, wait_for;

static bool wants_to_stop(void *ctx)
{
    (void)ctx;
    return ++asked > wait_for;
}

static ll_status read_table(const char *path, ll_error *e)
{
    ll_import job = {.path = path, .name = "x", .space = ll_space_find("nasbench201"), .unit = "ms"};
    ll_dataset *d = NULL;
    ll_status s = ll_import_csv(&job, &d, e);
    if (!s) ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    return s;
}

static ll_status read_pickle(const char *path, ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_pickle_read(path, &p, e);
    if (!s) ll_pickle_free(&p);
    return s;
}

static ll_status read_json(const char *path, ll_error *e)
{
    cJSON *json;
    ll_status s = ll_json_read_file(path, &json, e);
    if (!s) cJSON_Delete(json);
    return s;
}

static void readers_answer_the_wish_to_stop(void)
{
    static char pickle[4200], json[4200];
    ll_error e = {0};
    ll_str p = {0};
    ll_str_addn(&p, "\x80\x02](", 4);
    for (int i = 0; i < 1000; i++) ll_str_addc(&p, 'N');
    ll_str_add(&p, "e.");
    snprintf(pickle, sizeof pickle, "%s/list.pkl", check_tmpdir());
    snprintf(json, sizeof json, "%s/list.json", check_tmpdir());
    CHECK_INT(ll_write_file(pickle, p.s, p.len, &e), LL_OK);
    CHECK_INT(ll_write_file(json, "[1]", 3, &e), LL_OK);
    ll_str_free(&p);
    const struct {
        ll_status (*read)(const char *path, ll_error *e);
        const char *path;
    } readers[] = {
        {read_table, wide_table("stop.csv", "d", 20, 300)}, {read_pickle, pickle}, {read_json, json}};
    ll_observer o = {.cancelled = wants_to_stop};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        for (wait_for = 0; wait_for < 400; wait_for = 3 * wait_for + 1) {
            asked = 0;
            ll_interrupt_watch(&o);
            ll_status s = readers[i].read(readers[i].path, &e);
            ll_interrupt_watch(NULL);
            CHECK(s == (asked > wait_for ? LL_CANCELLED : LL_OK));
            CHECK(asked > 0);
        }
    }
}

/* After Ctrl-C an import went on for 45 s and wrote the dataset all the same. */
static void a_stopped_import_writes_nothing(void)
{
    start();
    ll_str line = {0};
    ll_str_addf(&line, "import csv %s as stopped unit=ms space=nasbench201",
                wide_table("large.csv", "d", 2000, 300));
    for (int pause_ms = 0; pause_ms < 100; pause_ms = 2 * pause_ms + 10) {
        ll_app_submit(app, line.s);
        usleep((useconds_t)pause_ms * 1000);
        ll_app_cancel(app);
        double before = ll_now_s();
        const char *status = await_end();
        char *path = ll_path_join(ll_app_data_dir(app), "stopped");
        CHECK(!strcmp(status, "cancelled") || !strcmp(status, "ok")); /* fast machines may be done */
        CHECK_INT(ll_is_dir(path), !strcmp(status, "ok"));
        check_report(ll_now_s() - before < 5, __FILE__, __LINE__, "stopping takes %.1f s",
                     ll_now_s() - before);
        bool done = ll_is_dir(path);
        free(path);
        if (done) break;
    }
    ll_str_free(&line);
    stop();
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"very many devices are imported", very_many_devices_are_imported},
        {"very many devices are looked at", very_many_devices_are_looked_at},
        {"medians without each are those of the others", medians_without_each_are_those_of_the_others},
        {"names are found", names_are_found},
        {"joining strangers is refused", joining_strangers_is_refused},
        {"readers answer the wish to stop", readers_answer_the_wish_to_stop},
        {"a stopped import writes nothing", a_stopped_import_writes_nothing},
        {0},
    };
    return check_main("test_wide", cases, argc, argv);
}
