/* EAGLE's folder: a pickle per device in one command. */
#include <stdlib.h>

#include "core/base/system/fs.h"
#include "core/device/task.h"
#include "data/importers/import.h"
#include "tests/check.h"

static ll_dataset *import_shared(const char *kind, const char *shared, ll_import *job)
{
    const char *path = check_shared(shared);
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (!path) return NULL;
    job->path = path;
    job->name = "test";
    CHECK_INT(ll_importer_find(kind)->read(job, &d, &e), LL_OK);
    CHECK_STR(e.message, "");
    return d;
}

/* OneProxy publishes eight of the devices, on 1,999 cells: equal in the last digit, so cells and units are right. */
static int differing(const ll_dataset *eagle, const ll_dataset *oneproxy)
{
    int differ = 0;
    for (int j = 0; j < eagle->n_devices; j++) {
        int there = ll_dataset_device(oneproxy, eagle->devices[j].name);
        for (int i = 0; there >= 0 && i < oneproxy->n_archs; i++) {
            double x = ll_latencies(eagle, j)[ll_dataset_row(eagle, ll_gene(oneproxy, i))];
            differ += !(fabs(x - ll_latencies(oneproxy, there)[i]) <= 1e-12 * x);
        }
    }
    return differ;
}

static void the_folder_is_read(void)
{
    ll_import job = {0}, other = {0};
    ll_dataset *d = import_shared("eagle", "upstream/EAGLE", &job), *oneproxy = NULL;
    if (!d) return;
    CHECK_INT(d->n_devices, 13);
    CHECK_INT(d->n_archs, 15284);
    CHECK_INT(ll_dataset_count(d, ll_dataset_device(d, "mobile_cpu_snapdragon_450_cortex_a53_int8")), 15252);
    CHECK_STR(d->devices[0].unit_read, "s");
    CHECK_STR(d->devices[0].source, "EAGLE");
    CHECK_STR(d->devices[ll_dataset_device(d, "embedded_tpu_edge_tpu_int8")].hardware, "Edge TPU");
    CHECK_INT(job.notes.n, 2);
    CHECK_HAS(job.notes.v[0], "13 devices, 15284 cells");
    CHECK_HAS(job.notes.v[1],
              "desktop_cpu_core_i7_7820x_fp32 and desktop_gpu_gtx_1080ti_fp32 are within 5 %");
    oneproxy = import_shared("oneproxy", "upstream/OneProxy", &other);
    CHECK_INT(differing(d, oneproxy), 0);
    ll_dataset_unref(oneproxy);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    ll_strs_free(&other.notes);
}

static void the_published_tasks_are_complete(void)
{
    ll_import job = {0}, help_job = {0};
    ll_dataset *d = import_shared("eagle", "upstream/EAGLE", &job);
    ll_dataset *help = d ? import_shared("help", "upstream/HELP/nasbench201", &help_job) : NULL, *all = NULL;
    ll_error e = {0};
    if (help) {
        CHECK_OK(ll_import_merge(help, d, false, &all, NULL, &e));
        CHECK_INT(all->n_archs, 15625);
        for (int i = 0; ll_published_task_at(i); i++) {
            ll_task *task = NULL;
            if (strcmp(ll_published_task_at(i)->space, "nasbench201")) continue;
            CHECK_OK(ll_task_published(ll_published_task_at(i)->name, all, &task, &e));
            CHECK_INT(task->missing.n, 0);
            ll_task_unref(task);
        }
    }
    ll_dataset_unref(all);
    ll_dataset_unref(help);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    ll_strs_free(&help_job.notes);
}

/* --- folders that are none --- */

static char *folder(void)
{
    char *dir = ll_path_join(check_tmpdir(), "eagle");
    CHECK_OK(ll_make_dirs(dir, NULL));
    return dir;
}

static void put(const char *dir, const char *file, const char *bytes, size_t n)
{
    char *path = ll_path_join(dir, file);
    CHECK_OK(ll_write_file(path, bytes, n, NULL));
    free(path);
}

static void check_refused(char *dir, const char *why)
{
    ll_import job = {.path = dir, .name = "test"};
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_INT(ll_import_eagle(&job, &d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, why);
    CHECK(!d);
    CHECK_OK(ll_remove_tree(dir, NULL));
    ll_strs_free(&job.notes);
    free(dir);
}

/* {(1, 1, 1, 1, 1, 1): 0.5} and the same cell with another latency */
#define CELL "\x80\x02}(K\x01K\x01K\x01K\x01K\x01K\x01t"
static const char half[] = CELL "G?\xe0\0\0\0\0\0\0s.", one[] = CELL "G?\xf0\0\0\0\0\0\0s.";

static void damaged_folders_are_refused(void)
{
    char *dir = folder();
    put(dir, "readme.txt", "x", 1);
    check_refused(dir, "no DEVICE.pickle in it");
    dir = folder();
    put(dir, "a.pickle", half, sizeof half - 1);
    put(dir, "b.pickle",
        "\x80\x02]."
        "",
        4);
    check_refused(dir, "b.pickle: a list, a dict of cells and latencies was expected");
    dir = folder(); /* two files of one device */
    put(dir, "my-phone.pickle", half, sizeof half - 1);
    put(dir, "my_phone.pkl", one, sizeof one - 1);
    check_refused(dir, "device my_phone is in test already and 1 of 1 common latencies differ");
    dir = folder();
    for (int i = 0; i < 65; i++) {
        char name[32];
        snprintf(name, sizeof name, "d%d.pickle", i);
        put(dir, name, half, sizeof half - 1);
    }
    check_refused(dir, "65 pickles, at most 64 were expected");
}

static void small_folders_are_read(void)
{
    char *dir = folder();
    ll_import job = {.path = dir, .name = "test"};
    ll_dataset *d = NULL;
    ll_error e = {0};
    put(dir, "my-phone.pickle", half, sizeof half - 1);
    put(dir, "other.pkl", one, sizeof one - 1);
    CHECK_OK(ll_import_eagle(&job, &d, &e));
    CHECK_INT(d->n_archs, 1);
    CHECK_INT(d->n_devices, 2);
    CHECK_STR(d->devices[0].name, "my_phone");
    CHECK_NEAR(ll_latencies(d, 0)[0], 500, 0);
    CHECK_NEAR(ll_latencies(d, 1)[0], 1000, 0);
    CHECK_INT(job.notes.n, 1);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    ll_remove_tree(dir, NULL);
    free(dir);
}

static const check_case cases[] = {
    {"the folder is read", the_folder_is_read},
    {"the published tasks are complete", the_published_tasks_are_complete},
    {"small folders are read", small_folders_are_read},
    {"damaged folders are refused", damaged_folders_are_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import_eagle", cases, argc, argv);
}
