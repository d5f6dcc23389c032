/* BRP-NAS and EAGLE (Dudziak et al., NeurIPS 2020): one device a file, a dict {cell: latency in seconds}; a
 * cell is its six operations in the order of the edges. EAGLE's folder has a file per device. */
#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/plausible.h"
#include "core/base/system/fs.h"
#include "core/device/hardware.h"
#include "data/formats/pickle.h"
#include "data/importers/arch_text.h"
#include "data/importers/import.h"

enum { EDGES = 6, OPS = 5, CELLS = 15625 };
enum { FILES_MOST = 64 }; /* what follows grows with the square of their number */
static const double ALIKE =
    .05; /* EAGLE's GTX 1080 Ti is that close to its Core i7 on 94 percent of the cells */

/* "desktop-cpu-core-i7-7820x-fp32.pkl" is the device desktop_cpu_core_i7_7820x_fp32. */
static char *device_of(const ll_import *job)
{
    char *name = job->device ? ll_strdup(job->device) : ll_path_stem(ll_path_base(job->path));
    for (char *p = name; *p && !job->device; p++)
        if (*p == '-') *p = '_';
    return name;
}

typedef struct pairs {
    ll_arch_text text; /* of keys that are one */
    int n_missing;
} pairs;

/* A tuple of operations, or a text: the string of a cell, or such a tuple as Python prints it. */
static ll_status read_key(pairs *p, const ll_pickled *key, uint8_t *gene, ll_error *e)
{
    int op[EDGES];
    if (key->kind == LL_PICKLED_TEXT) return ll_arch_text_read(&p->text, key->text.s, gene, e);
    bool good = (key->kind == LL_PICKLED_TUPLE || key->kind == LL_PICKLED_LIST) && key->items.n == EDGES;
    for (int k = 0; good && k < EDGES; k++) good = ll_pickled_int(key->items.v[k], 0, OPS - 1, &op[k]);
    if (!good)
        return ll_fail(e, LL_BAD_DATA, "no tuple of %d %s 0..%d, and no text", EDGES,
                       ll_noun(EDGES, "operation", "operations"), OPS - 1);
    ll_import_cell(op, gene);
    return LL_OK;
}

/* None, NaN and -1 are what was not measured. */
static bool is_missing(const ll_pickled *value, double x)
{
    return value->kind == LL_PICKLED_NONE || isnan(x) || x == -1;
}

static ll_status read_pair(pairs *p, const ll_import *job, const ll_pickled *key, const ll_pickled *value,
                           ll_dataset *d, int i, ll_error *e)
{
    if (read_key(p, key, ll_arch_at(d->archs, i), e)) return ll_fail_in(e, "%s: key %d: ", job->path, i);
    double x = NAN;
    bool number = value->kind == LL_PICKLED_NONE ||
                  (value->kind != LL_PICKLED_BOOL && ll_pickled_number(value, &x)); /* true is no second */
    if (number && is_missing(value, x)) {
        p->n_missing++;
        return LL_OK;
    }
    if (!number) return ll_fail(e, LL_BAD_DATA, "%s: the value of key %d is no latency", job->path, i);
    x = ll_to_ms(d->devices[0].unit_read, x);
    if (ll_check_ms(x, e)) return ll_fail_in(e, "%s: the value of key %d: ", job->path, i);
    ll_latencies(d, 0)[i] = x;
    return LL_OK;
}

static ll_status read_dict(ll_import *job, const char *source, const ll_pickled *v, ll_dataset **out,
                           ll_error *e)
{
    const char *unit = job->unit ? job->unit : "s";
    int n = v->kind == LL_PICKLED_DICT ? (int)(v->items.n / 2) : 0;
    if (n < 1 || n > CELLS)
        return ll_fail(e, LL_BAD_DATA, "%s: a %s, a dict of cells and latencies was expected", job->path,
                       ll_pickled_word(v));
    char *name = device_of(job);
    ll_dataset *d = *out = ll_dataset_new(job->name, ll_space_find("nasbench201"), n, 1);
    ll_device_set(&d->devices[0], name, LL_MEASURED, source, unit, ll_hardware_named(name), NULL);
    free(name);
    ll_status s = LL_OK;
    pairs p = {.text = {.space = d->space}};
    for (int i = 0; !s && i < n; i++)
        s = read_pair(&p, job, v->items.v[2 * i], v->items.v[2 * i + 1], d, i, e);
    if (!s) ll_import_note(job, "%d %s, read as %s", n, ll_noun(n, "cell", "cells"), unit);
    if (!s && p.n_missing)
        ll_import_note(job, "%d %s None, NaN or -1, read as not measured", p.n_missing,
                       ll_noun(p.n_missing, "cell is", "cells are"));
    if (!s) ll_arch_text_note(job, &p.text);
    return s;
}

/* One file. `kind` is what the provenance says, `source` what its device says. */
static ll_status read_file(ll_import *job, const char *kind, const char *source, ll_dataset **fresh,
                           ll_error *e)
{
    ll_pickle p;
    ll_dataset *d = NULL;
    ll_status s = ll_pickle_read(job->path, &p, e);
    if (s) return s;
    s = read_dict(job, source, p.root, &d, e);
    ll_pickle_free(&p);
    if (!s) ll_import_provenance(d, kind, job->path, d->devices[0].unit_read);
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}

ll_status ll_import_brpnas(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    return read_file(job, "brpnas", "BRP-NAS", fresh, e);
}

/* --- a folder of them --- */

static ll_status list_files(const ll_import *job, ll_strs *files, ll_error *e)
{
    static const char *const endings[] = {".pickle", ".pkl"};
    ll_status s = LL_OK;
    for (size_t i = 0; !s && i < sizeof endings / sizeof *endings; i++)
        s = ll_list_dir(job->path, endings[i], files, e);
    if (!s && !files->n)
        s = ll_fail(e, LL_BAD_DATA, "%s: no DEVICE.pickle in it, EAGLE's folder was expected", job->path);
    if (!s && files->n > FILES_MOST)
        s = ll_fail(e, LL_BAD_DATA, "%s: %d pickles, at most %d were expected, one a device", job->path,
                    files->n, FILES_MOST);
    return s ? s : ll_import_room(job->path, files, CELLS, e);
}

/* A file more behind those in *all (NULL: none yet). */
static ll_status add_file(const ll_import *job, const char *file, ll_dataset **all, ll_error *e)
{
    char *path = ll_path_join(job->path, file);
    ll_import one = {.path = path, .name = job->name, .unit = job->unit};
    ll_dataset *d = NULL, *both = NULL;
    ll_status s = ll_interrupted() ? ll_interrupt_fail(e) : read_file(&one, "eagle", "EAGLE", &d, e);
    if (!s && *all) s = ll_import_merge(*all, d, false, &both, NULL, e);
    if (!s) {
        ll_dataset_unref(*all);
        *all = both ? both : ll_dataset_ref(d);
    }
    ll_dataset_unref(d);
    ll_strs_free(&one.notes);
    free(path);
    return s;
}

/* Are two columns one measurement under two names, but for noise? */
static bool alike(const ll_dataset *d, int a, int b)
{
    const double *x = ll_latencies(d, a), *y = ll_latencies(d, b);
    int common = 0, near = 0;
    for (int i = 0; i < d->n_archs; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        common++;
        near += fabs(x[i] - y[i]) <= ALIKE * fabs(x[i]);
    }
    return common && near >= .9 * common;
}

static void note_alike(ll_import *job, const ll_dataset *d)
{
    for (int a = 0; a < d->n_devices; a++)
        for (int b = a + 1; b < d->n_devices; b++)
            if (alike(d, a, b))
                ll_import_note(job,
                               "%s and %s are within %g %% of each other on nearly every cell: probably one "
                               "device, published twice",
                               d->devices[a].name, d->devices[b].name, 100 * ALIKE);
}

ll_status ll_import_eagle(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    ll_strs files = {0};
    ll_dataset *all = NULL;
    ll_status s = list_files(job, &files, e);
    for (int i = 0; !s && i < files.n; i++) s = add_file(job, files.v[i], &all, e);
    ll_strs_free(&files);
    if (s) {
        ll_dataset_unref(all);
        return s;
    }
    ll_import_note(job, "%d %s, %d cells between them, read as %s", all->n_devices,
                   ll_noun(all->n_devices, "device", "devices"), all->n_archs, all->devices[0].unit_read);
    note_alike(job, all);
    *fresh = all;
    return LL_OK;
}
