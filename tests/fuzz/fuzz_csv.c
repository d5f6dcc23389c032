/* Tables of the user's own. What is accepted is exported, imported again and the same; it joins the toy dataset, and
 * joining a second time changes nothing. A first line that begins with '#' has the options: the name of a space, a
 * unit, "into", "replace", "naslib" (the order of operations), "features" (architectures are numbers). Without it: cells of
 * nasbench201, in ms. */
#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "data/datasets/export.h"
#include "data/importers/import.h"
#include "tests/fuzz/fuzz.h"

typedef struct options {
    const ll_space *space;
    const char *unit, *order, *features;
    bool into, replace;
} options;

static options read_options(const uint8_t *bytes, size_t n)
{
    options o = {.space = ll_space_find("nasbench201")};
    if (!n || *bytes != '#') o.unit = "ms";
    const uint8_t *end = n && *bytes == '#' ? memchr(bytes, '\n', n) : NULL;
    char *line = ll_fuzz_text(bytes, end ? (size_t)(end - bytes) : 0), *rest;
    for (char *word = strtok_r(line, "# \r", &rest); word; word = strtok_r(NULL, " \r", &rest)) {
        const ll_space *space = ll_space_find(word);
        if (space) o.space = space;
        const ll_unit *unit = ll_unit_find(word);
        if (unit) o.unit = unit->name;
        if (!strcmp(word, "naslib")) o.order = "naslib";
        if (!strcmp(word, "features")) o.features = "auto";
        o.into |= !strcmp(word, "into");
        o.replace |= !strcmp(word, "replace");
    }
    free(line);
    return o;
}

static ll_status import(const char *path, const options *o, ll_dataset **out, ll_error *e)
{
    ll_import job = {.path = path,
                     .name = "fuzz",
                     .space = o->space,
                     .unit = o->unit,
                     .order = o->order,
                     .features = o->features,
                     .space_name = "fuzz-numbers"};
    if (o->into && o->space == ll_fuzz_toy()->space) job.into = ll_fuzz_toy();
    ll_status s = ll_import_csv(&job, out, e);
    ll_strs_free(&job.notes);
    return s;
}

static size_t cells(const ll_dataset *d)
{
    return (size_t)d->n_archs * (size_t)d->n_devices;
}

/* Export leaves out a column of deviations without a number. */
static void same_deviations(const ll_dataset *a, const ll_dataset *b)
{
    for (size_t i = 0; i < cells(a); i++) {
        double x = a->std_ms ? a->std_ms[i] : NAN, y = b->std_ms ? b->std_ms[i] : NAN;
        LAW(x == y || (isnan(x) && isnan(y)), "deviation %zu was %.17g and is %.17g", i, x, y);
    }
}

static void come_back(const ll_dataset *d)
{
    char *path = ll_fuzz_path("export.csv");
    ll_ints all = ll_ints_range(d->n_devices);
    ll_dataset *again = NULL;
    ll_error e = {0};
    LAW(!ll_export_csv(d, &all, path, &e), "%s", e.message);
    LAW(!import(path, &(options){.space = d->space, .unit = "ms"}, &again, &e), "%s", e.message);
    LAW(d->n_archs == again->n_archs && d->n_devices == again->n_devices, "%d x %d became %d x %d",
        d->n_archs, d->n_devices, again->n_archs, again->n_devices);
    LAW(!memcmp(d->archs->genes, again->archs->genes, (size_t)d->n_archs * (size_t)d->space->n_positions),
        "architectures came back different");
    for (int j = 0; j < d->n_devices; j++)
        LAW(!strcmp(d->devices[j].name, again->devices[j].name) && d->devices[j].of == again->devices[j].of,
            "device \"%s\" came back as \"%s\"", d->devices[j].name, again->devices[j].name);
    ll_fuzz_same_numbers(d->lat_ms, again->lat_ms, cells(d), "latencies");
    same_deviations(d, again);
    ll_dataset_unref(again);
    ll_ints_free(&all);
    free(path);
}

static void join(const ll_dataset *fresh, bool replace)
{
    ll_dataset *once = NULL, *twice = NULL;
    ll_error e = {0};
    if (!ll_fuzz_good(ll_import_merge(ll_fuzz_toy(), fresh, replace, &once, NULL, &e), &e)) return;
    for (int j = 0; j < fresh->n_devices; j++)
        LAW(ll_dataset_device(once, fresh->devices[j].name) >= 0, "device \"%s\" was not joined",
            fresh->devices[j].name);
    LAW(!ll_import_merge(once, fresh, replace, &twice, NULL, &e), "%s", e.message);
    LAW(!strcmp(once->hash.hex, twice->hash.hex), "joining a second time changed the data");
    come_back(once);
    ll_dataset_unref(once);
    ll_dataset_unref(twice);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *path = ll_fuzz_path("fuzz.csv");
    options o = read_options(bytes, n);
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_fuzz_file(path, bytes, n);
    if (ll_fuzz_good(import(path, &o, &d, &e), &e)) {
        come_back(d);
        if (d->space == ll_fuzz_toy()->space) join(d, o.replace);
        ll_dataset_unref(d);
    }
    free(path);
}

const ll_fuzz_target ll_fuzz_csv = {"csv", run};
