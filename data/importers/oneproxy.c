/* OneProxy's folder (Lu et al., SIGMETRICS 2022; github Ren-Research/OneProxy): 1,999 NAS-Bench-201 cells on
 * 18 devices that three other works measured. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/device/hardware.h"
#include "data/formats/pickle.h"
#include "data/importers/import.h"

enum { EDGES = 6, OPS = 5, COLUMNS = EDGES * OPS + 1, ROWS_MOST = 15625 };

/* Files that hold a device which the field knows under another name. `eagle_i7` keeps its own: the whole
 * device is published by BRP-NAS, and the two columns stay apart. */
static const struct {
    const char *file, *device;
} names[] = {
    {"eagle_gtx", "desktop_gpu_gtx_1080ti_fp32"},
    {"eagle_jetson", "embedded_gpu_jetson_nano_fp32"},
    {"eagle_jetson_16", "embedded_gpu_jetson_nano_fp16"},
    {"eagle_tpu", "embedded_tpu_edge_tpu_int8"},
    {"eagle_cpu_855", "mobile_cpu_snapdragon_855_kryo_485_int8"},
    {"eagle_gpu_855", "mobile_gpu_snapdragon_855_adreno_640_int8"},
    {"eagle_dsp_855", "mobile_dsp_snapdragon_855_hexagon_690_int8"},
};
/* Where the columns come from, by the beginning of the file name. */
static const struct {
    const char *prefix, *origin;
} origins[] = {{"eagle_", "EAGLE (BRP-NAS)"}, {"rice_", "HW-NAS-Bench"}, {"true_", "nn-Meter"}};
/* Columns that HELP publishes as well, value by value. */
static const char *const shared[][2] = {
    {"rice_fpga", "fpga"}, {"rice_eyeriss", "eyeriss"}, {"rice_raspi4", "raspi4"}, {"rice_pixel3", "pixel3"}};

/* --- architectures --- */

/* One-hots of the six edges and a constant 1. */
static bool read_cell(const ll_pickled *row, int *op)
{
    if (row->kind != LL_PICKLED_LIST || row->items.n != COLUMNS) return false;
    for (int edge = 0; edge < EDGES; edge++) {
        int ones = 0;
        for (int k = 0; k < OPS; k++) {
            int x;
            if (!ll_pickled_int(row->items.v[edge * OPS + k], 0, 1, &x)) return false;
            ones += x;
            if (x) op[edge] = k;
        }
        if (ones != 1) return false;
    }
    return true;
}

static ll_status read_cells(const char *path, const ll_pickled *v, ll_dataset *d, ll_error *e)
{
    for (int i = 0; i < d->n_archs; i++) {
        int op[EDGES];
        if (!read_cell(v->items.v[i], op))
            return ll_fail(e, LL_BAD_DATA, "%s: row %d is no one-hot of %d edges x %d operations and a 1",
                           path, i, EDGES, OPS);
        ll_import_cell(op, ll_arch_at(d->archs, i));
    }
    return LL_OK;
}

static ll_status read_encoding(const char *path, const char *name, int n_devices, ll_dataset **out,
                               ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_pickle_read(path, &p, e);
    if (s) return s;
    if (p.root->kind != LL_PICKLED_LIST || !p.root->items.n || p.root->items.n > ROWS_MOST) {
        s = ll_fail(e, LL_BAD_DATA, "%s: a %s, a list of at most %d encoded cells was expected", path,
                    ll_pickled_word(p.root), ROWS_MOST);
    } else {
        *out = ll_dataset_new(name, ll_space_find("nasbench201"), (int)p.root->items.n, n_devices);
        s = read_cells(path, p.root, *out, e);
    }
    ll_pickle_free(&p);
    return s;
}

/* --- devices --- */

static const char *device_name(const char *file)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i].file, file)) return names[i].device;
    return file;
}

static const char *origin_of(const char *file)
{
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
        if (!strncmp(file, origins[i].prefix, strlen(origins[i].prefix))) return origins[i].origin;
    return "OneProxy";
}

static ll_status read_device(const char *folder, const char *file, ll_dataset *d, int j, ll_error *e)
{
    char *path = ll_path_join(folder, file), *stem = ll_path_stem(file);
    ll_str note = {0};
    ll_str_addf(&note, "OneProxy's %s, from %s", stem, origin_of(stem));
    ll_device_set(&d->devices[j], device_name(stem), LL_MEASURED, "OneProxy", "ms", ll_hardware_named(stem),
                  note.s);
    ll_status s = ll_import_column(path, true, ll_latencies(d, j), d->n_archs, e);
    ll_str_free(&note);
    free(path);
    free(stem);
    return s;
}

/* The columns that HELP has too say whether the cells were matched and the unit is right. */
static ll_status check_shared_device(ll_import *job, const ll_dataset *d, const char *own, const char *theirs,
                                     ll_error *e)
{
    int a = ll_dataset_device(d, own), b = ll_dataset_device(job->into, theirs), common = 0, equal = 0;
    for (int i = 0; a >= 0 && b >= 0 && i < d->n_archs; i++) {
        int row = ll_dataset_row(job->into, ll_gene(d, i));
        if (row < 0 || !ll_known(d, a, i) || !ll_known(job->into, b, row)) continue;
        common++;
        equal += ll_latencies(d, a)[i] == ll_latencies(job->into, b)[row];
    }
    if (common && equal < common / 2)
        return ll_fail(
            e, LL_BAD_DATA,
            "%s: %s and %s are one measurement, but only %d of %d latencies are equal: the rows are not "
            "the published ones",
            job->path, own, theirs, equal, common);
    return LL_OK;
}

static ll_status read_devices(ll_import *job, ll_dataset **out, ll_error *e)
{
    char *folder = ll_path_join(job->path, "latency_data"),
         *encoding = ll_path_join(job->path, "encode.pickle");
    ll_strs files = {0};
    ll_status s = ll_list_dir(folder, ".pickle", &files, e);
    if (!s && !files.n) s = ll_fail(e, LL_BAD_DATA, "%s: no DEVICE.pickle in it", folder);
    if (!s) s = ll_import_room(folder, &files, ROWS_MOST, e);
    if (!s) s = read_encoding(encoding, job->name, files.n, out, e);
    for (int j = 0; !s && j < files.n; j++) s = read_device(folder, files.v[j], *out, j, e);
    ll_strs_free(&files);
    free(folder);
    free(encoding);
    return s;
}

ll_status ll_import_oneproxy(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    ll_dataset *d = NULL;
    ll_status s = read_devices(job, &d, e);
    if (!s) ll_import_provenance(d, "oneproxy", job->path, "ms");
    if (!s) s = ll_dataset_seal(d, e);
    for (size_t i = 0; !s && job->into && i < sizeof shared / sizeof *shared; i++)
        s = check_shared_device(job, d, shared[i][0], shared[i][1], e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}
