/* Look-up tables of layer costs (core/costs): a device that is their sums. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/costs/costs_file.h"
#include "data/importers/csv.h"
#include "data/importers/sums.h"

/* device=, else what the file or folder is called, or the dataset. */
static char *device_name(const ll_import *job)
{
    char *stem = ll_path_stem(job->path);
    if (!job->device && !ll_table_check_device(stem, NULL)) return stem;
    free(stem);
    return ll_strdup(job->device ? job->device : job->name);
}

static void describe_device(const ll_import *job, ll_device *v, ll_costs *costs)
{
    ll_str note = {0};
    char *name = device_name(job);
    ll_str_addf(&note, "sums of %d layer costs in %s", costs->n, ll_path_base(job->path));
    if (costs->settings) ll_str_addf(&note, "; %s", costs->settings);
    ll_device_set(v, name, LL_SIMULATED, "look-up table", "ms", NULL, ll_str_text(&note));
    ll_device_set_costs(v, costs);
    ll_str_free(&note);
    free(name);
}

/* Takes the table. */
static ll_status make_device(ll_import *job, ll_costs *costs, ll_dataset **out, ll_error *e)
{
    ll_sums sums = {0};
    ll_status s = ll_sums_dataset(job, job->space, 1, costs, out, e);
    if (s) {
        ll_costs_unref(costs);
        return s;
    }
    ll_dataset *d = *out;
    describe_device(job, &d->devices[0], costs);
    ll_fill_sums(d, 0, &sums);
    s = ll_interrupted() ? ll_interrupt_fail(e) : ll_sums_report(job, &d->devices[0], &sums, d->n_archs, e);
    ll_sums_free(&sums);
    return s;
}

/* Nothing else here is YAML. */
bool ll_is_lut(const char *path)
{
    return ll_is_file(path) && (ll_glob("*.yaml", path) || ll_glob("*.yml", path));
}

ll_status ll_import_lut(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    ll_costs *costs = NULL;
    ll_dataset *d = NULL;
    if (!job->space)
        return ll_fail(e, LL_USAGE,
                       "space= is missing: of which search space the layers are (`spaces` lists them)");
    ll_status s = ll_costs_open(job->path, job->space, &costs, &job->notes, e);
    if (!s) s = make_device(job, costs, &d, e);
    if (!s) ll_import_provenance(d, "lut", job->path, "ms");
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}
