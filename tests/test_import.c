/* Importers of the published files, the dataset folder, and what they say about bad input. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "data/folder.h"
#include "data/import.h"
#include "tests/check.h"

static const char help_nb201[] = "upstream/HELP/nasbench201", help_fbnet[] = "upstream/HELP/fbnet";

/* Imports a shared file or folder; NULL when it is not there (the case is then skipped). */
static ll_dataset *import_shared(const char *kind, const char *shared, ll_import *job)
{
    const char *path = check_shared(shared);
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (!path) return NULL;
    job->path = path;
    if (!job->name) job->name = "test";
    CHECK_INT(ll_importer_find(kind)->read(job, &d, &e), LL_OK);
    CHECK_STR(e.message, "");
    return d;
}

static double at(const ll_dataset *d, const char *device, int row)
{
    int j = ll_dataset_device(d, device);
    return j < 0 ? NAN : ll_latencies(d, j)[row];
}

static int distinct(const ll_dataset *d, const char *device)
{
    const double *v = ll_latencies(d, ll_dataset_device(d, device));
    int n = 0;
    for (int i = 0; i < d->n_archs; i++) {
        bool before = false;
        for (int k = 0; k < i && !before; k++) before = v[k] == v[i];
        n += !before;
    }
    return n;
}

/* --- HELP --- */

static void help_nasbench201_is_read(void)
{
    ll_import job = {.name = "nb201"};
    ll_dataset *d = import_shared("help", help_nb201, &job);
    if (!d) return;
    CHECK_INT(d->n_archs, 15625);
    CHECK_INT(d->n_devices, 27);
    CHECK(at(d, "fpga", 0) == 2.57296);
    CHECK_INT(distinct(d, "pixel2"), 42);
    CHECK_STR(d->devices[ll_dataset_device(d, "titan_rtx_256")].note, "batch 256");
    CHECK(!d->devices[ll_dataset_device(d, "essential_ph_1")].note);
    CHECK_INT(d->reference.n, 10);
    CHECK_INT(d->reference.v[0], 11982);
    int row;
    ll_error e = {0};
    const char *text =
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|";
    CHECK_INT(ll_dataset_find_arch(d, text, &row, &e), LL_OK);
    CHECK_NEAR(d->accuracy[row], 72.41999998168944, 0);
    /* the index of the published file is the canonical one */
    for (int i = 0; i < d->n_archs; i += 97) CHECK_INT(d->space->index_of(d->space, ll_gene(d, i)), i);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
}

static void help_fbnet_is_read(void)
{
    ll_import job = {.name = "fbnet"};
    ll_dataset *d = import_shared("help", help_fbnet, &job);
    if (!d) return;
    CHECK_INT(d->n_archs, 5000);
    CHECK_INT(d->n_devices, 27);
    CHECK_INT(ll_gene(d, 0)[0], 7);
    CHECK_INT(ll_gene(d, 0)[21], 5);
    CHECK(!d->accuracy);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
}

/* --- the folder --- */

static void folder_round_trip_keeps_the_hash(void)
{
    ll_import job = {.name = "nb201"};
    ll_dataset *d = import_shared("help", help_nb201, &job), *back = NULL;
    if (!d) return;
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "nb201");
    CHECK_INT(ll_folder_save(d, path, NULL, &e), LL_OK);
    CHECK_INT(ll_folder_load(path, &back, &e), LL_OK);
    CHECK_STR(e.message, "");
    if (back) {
        CHECK_STR(back->hash.hex, d->hash.hex);
        CHECK(!memcmp(back->accuracy, d->accuracy, (size_t)d->n_archs * sizeof(double)));
        CHECK_STR(back->accuracy_name, d->accuracy_name);
        CHECK_INT(back->reference.n, 10);
        CHECK_STR(back->devices[3].source, "HELP");
        CHECK_STR(back->path, path);
    }
    ll_dataset_unref(back);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    free(path);
}

static const check_case cases[] = {
    {"help nasbench201 is read", help_nasbench201_is_read},
    {"help fbnet is read", help_fbnet_is_read},
    {"folder round trip keeps the hash", folder_round_trip_keeps_the_hash},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import", cases, argc, argv);
}
