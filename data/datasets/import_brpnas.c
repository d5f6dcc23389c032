/* BRP-NAS and EAGLE (Dudziak et al., NeurIPS 2020): one device a file, a dict {cell: latency in seconds}; a
 * cell is its six operations in the order of the edges. */
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/device/hardware.h"
#include "data/datasets/import.h"
#include "data/formats/pickle.h"

enum { EDGES = 6, OPS = 5 };

/* "desktop-cpu-core-i7-7820x-fp32.pkl" is the device desktop_cpu_core_i7_7820x_fp32. */
static char *device_of(const ll_import *job)
{
    char *name = job->device ? ll_strdup(job->device) : ll_path_stem(ll_path_base(job->path));
    for (char *p = name; *p && !job->device; p++)
        if (*p == '-') *p = '_';
    return name;
}

static ll_status read_pair(const ll_import *job, const ll_pickled *key, const ll_pickled *value,
                           ll_dataset *d, int i, ll_error *e)
{
    int op[EDGES];
    bool good = (key->kind == LL_PICKLED_TUPLE || key->kind == LL_PICKLED_LIST) && key->items.n == EDGES;
    for (int k = 0; good && k < EDGES; k++) good = ll_pickled_int(key->items.v[k], 0, OPS - 1, &op[k]);
    if (!good)
        return ll_fail(e, LL_BAD_DATA, "%s: key %d is no tuple of %d operations 0..%d", job->path, i, EDGES,
                       OPS - 1);
    ll_import_cell(op, ll_arch_at(d->archs, i));
    double x;
    if (!ll_pickled_number(value, &x) || !(x >= 0) || isinf(x = ll_to_ms(d->devices[0].unit_read, x)))
        return ll_fail(e, LL_BAD_DATA, "%s: the value of key %d is no latency", job->path, i);
    ll_latencies(d, 0)[i] = x;
    return LL_OK;
}

static ll_status read_dict(ll_import *job, const ll_pickled *v, ll_dataset **out, ll_error *e)
{
    const char *unit = job->unit ? job->unit : "s";
    int n = v->kind == LL_PICKLED_DICT ? (int)(v->items.n / 2) : 0;
    if (n < 1 || n > 15625)
        return ll_fail(e, LL_BAD_DATA, "%s: a %s, a dict of cells and latencies was expected", job->path,
                       ll_pickled_word(v));
    char *name = device_of(job);
    ll_dataset *d = *out = ll_dataset_new(job->name, ll_space_find("nasbench201"), n, 1);
    ll_device_set(&d->devices[0], name, LL_MEASURED, "BRP-NAS", unit, ll_hardware_named(name), NULL);
    free(name);
    ll_status s = LL_OK;
    for (int i = 0; !s && i < n; i++) s = read_pair(job, v->items.v[2 * i], v->items.v[2 * i + 1], d, i, e);
    if (!s) ll_import_note(job, "%d cells, read as %s", n, unit);
    return s;
}

ll_status ll_import_brpnas(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    ll_pickle p;
    ll_dataset *d = NULL;
    ll_status s = ll_pickle_read(job->path, &p, e);
    if (s) return s;
    s = read_dict(job, p.root, &d, e);
    ll_pickle_free(&p);
    if (!s) ll_import_provenance(d, "brpnas", job->path, d->devices[0].unit_read);
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}
