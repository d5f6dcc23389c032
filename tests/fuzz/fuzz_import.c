/* Importers of one file beside that of tables: the part "brpnas" is a pickle of one device, "zcp" zero-cost proxies.
 * What is accepted joins the toy dataset, and joining a second time changes nothing. */
#include <stdlib.h>
#include <string.h>

#include "data/importers/import.h"
#include "tests/fuzz/fuzz.h"

static void join(const ll_dataset *fresh)
{
    ll_dataset *once = NULL, *twice = NULL;
    ll_error e = {0};
    if (!ll_fuzz_good(ll_import_merge(ll_fuzz_toy(), fresh, false, &once, NULL, &e), &e)) return;
    LAW(!ll_import_merge(once, fresh, false, &twice, NULL, &e), "%s", e.message);
    LAW(!strcmp(once->hash.hex, twice->hash.hex), "joining a second time changed the data");
    ll_dataset_unref(once);
    ll_dataset_unref(twice);
}

static void import(const ll_fuzz_part *p)
{
    const ll_importer *importer = ll_importer_find(p->name);
    char *path = ll_fuzz_path("fuzz.import");
    ll_import job = {.path = path, .name = "fuzz", .space = ll_fuzz_toy()->space, .into = ll_fuzz_toy()};
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_fuzz_file(path, p->bytes, p->n);
    if (ll_fuzz_good(importer->read(&job, &d, &e), &e)) {
        join(d);
        ll_dataset_unref(d);
    }
    ll_strs_free(&job.notes);
    free(path);
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_fuzz_part parts[LL_FUZZ_PARTS];
    int count = ll_fuzz_split(bytes, n, parts);
    for (int i = 0; i < count; i++)
        if (!strcmp(parts[i].name, "brpnas") || !strcmp(parts[i].name, "zcp")) import(&parts[i]);
}

const ll_fuzz_target ll_fuzz_import = {"import", run};
