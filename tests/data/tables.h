/* For tests of tables: reads a text as `import csv` does and looks a latency up. */
#ifndef LL_TESTS_TABLES_H
#define LL_TESTS_TABLES_H

#include "core/base/system/fs.h"
#include "data/importers/import.h"
#include "tests/check.h"

static inline const char *put(const char *name, const char *text)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", check_tmpdir(), name);
    CHECK_OK(ll_write_file(path, text, strlen(text), NULL));
    return path;
}

static inline const ll_space *own_space(void)
{
    static char *ops[] = {(char *)"conv3", (char *)"conv5", (char *)"pool"};
    return ll_space_define("raw3", 3, ops, 3, NULL);
}

/* Reads a table; what went wrong is in `said`, else the notes are. */
static ll_dataset *read_table(const char *text, ll_import job, ll_str *said)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    job.path = put("raw.csv", text);
    job.name = "raw";
    ll_str_clear(said);
    if (ll_import_csv(&job, &d, &e)) ll_str_add(said, e.message);
    for (int i = 0; d && i < job.notes.n; i++) ll_str_addf(said, "%s\n", job.notes.v[i]);
    ll_strs_free(&job.notes);
    return d;
}

static inline double at(const ll_dataset *d, const char *device, const char *arch)
{
    int row = -1, j = ll_dataset_device(d, device);
    uint8_t gene[LL_MAX_POSITIONS];
    if (!ll_space_read(d->space, arch, gene, NULL)) row = ll_dataset_row(d, gene);
    return row < 0 || j < 0 ? NAN : ll_latencies(d, j)[row];
}

#endif
