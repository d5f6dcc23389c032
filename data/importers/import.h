/* Importers: published files, or the user's own, become a dataset or join one.
 *
 * An importer reads its files into a fresh sealed dataset of its own, in milliseconds, and knows nothing of
 * the dataset it may join; ll_import_merge joins them. So nothing is changed before everything was read and
 * checked. */
#ifndef LL_DATA_IMPORTERS_IMPORT_H
#define LL_DATA_IMPORTERS_IMPORT_H

#include "core/device/dataset.h"

typedef struct ll_import {
    const char *path;       /* file or folder */
    const char *name;       /* of the dataset that comes out */
    const ll_dataset *into; /* the dataset it will join, to check against; NULL: none */
    const ll_space *space;  /* csv: space of a new dataset; NULL: that of `into` */
    const char *
        features; /* csv: the columns of numbers that describe an architecture, "auto" or "width,layers,act:category";
                               NULL: it is written as a string */
    const char *space_name; /* csv with features: of the new space; NULL: as the dataset */
    const char *device;     /* brpnas, csv with one column: name of the device; NULL: by the file */
    const char
        *unit; /* csv, brpnas: "us", or one a quantity, "ms,mJ" (core/device/unit.h); NULL: by the file */
    const char *arch;       /* csv: name of the architecture column, or of several, "op*"; NULL: find it */
    const char *order;      /* csv, zcp: of lists of operations, "naslib"; NULL: the space's own */
    const ll_strs *devices; /* csv: the columns to take, marked words; NULL or empty: all that look like it */
    const char *
        repeats; /* csv: what stands for several runs of one, "median", "min", "mean"; NULL: none is expected */
    const char *latency;    /* csv: the column of the numbers, of a measurement a line; NULL: find it */
    const ll_strs *ignore;  /* csv: columns that are taken for nothing; NULL or empty: none */
    const ll_strs *missing; /* csv: words beside the usual ones that say that nothing was measured */
    const ll_strs *key; /* csv: the columns that together name a device; NULL or empty: one called device */
    int n; /* lut, hwnasbench: architectures of a new dataset where a table has parts, not networks; 0: as many as is usual */
    int batch;          /* csv: images behind one latency, where throughput is converted; 0: 1 */
    const char *metric; /* accuracy: name of the score; NULL: "accuracy" */
    const char *split;  /* accuracy: "test", "valid"; NULL: test */
    const char *source; /* accuracy: who measured; NULL: the file's name */
    ll_strs notes;      /* out: sentences on what was found; free with ll_strs_free */
} ll_import;

/* One kind of input. `read` gives a sealed dataset with one reference; LL_BAD_DATA names file, line and
 * value. */
typedef struct ll_importer {
    const char *kind, *summary;
    const char *source; /* who measured: goes into the devices */
    ll_status (*read)(ll_import *job, ll_dataset **fresh, ll_error *e);
    bool only_into; /* cannot stand alone */
    bool (*is)(
        const char
            *path); /* is this surely such a file? For who gave it to another importer; NULL: nothing tells */
} ll_importer;
const ll_importer *ll_importer_find(const char *kind); /* NULL: none */
const ll_importer *ll_importer_at(int i);              /* NULL behind the last */
/* Whose file it is, where one of the others is sure; NULL: none. */
const ll_importer *ll_importer_of(const char *path, const ll_importer *not_this);

/* HELP's folder as published, of nasbench201, fbnet or ofa: latency/DEVICE.pt (ms), the architectures, the ten reference
 * architectures and, for nasbench201, the accuracies of MetaD2A's list. */
ll_status ll_import_help(ll_import *job, ll_dataset **fresh, ll_error *e);

/* OneProxy's folder: 18 devices on 1,999 NAS-Bench-201 cells, ms; -1 is missing. */
ll_status ll_import_oneproxy(ll_import *job, ll_dataset **fresh, ll_error *e);
/* One device of BRP-NAS: a pickled dict {six operations, or the string of a cell: seconds}; None, NaN and -1 are missing. */
ll_status ll_import_brpnas(ll_import *job, ll_dataset **fresh, ll_error *e);
/* EAGLE's folder: a pickle of that kind per device, up to 64; the devices are called as NASFLAT's tasks call them. */
ll_status ll_import_eagle(ll_import *job, ll_dataset **fresh, ll_error *e);
/* HW-NAS-Bench's pickle, the part of one space (job->space; NULL: nasbench201): the latencies and energies of one data set
 * (job->metric; NULL: cifar10) on all cells; of fbnet, tables of blocks, summed over architectures. */
bool ll_is_hwnas(const char *path);
ll_status ll_import_hwnas(ll_import *job, ll_dataset **fresh, ll_error *e);
/* A table of layer costs: a simulated device whose latencies are the table's sums, and which keeps the table. */
bool ll_is_lut(const char *path);
ll_status ll_import_lut(ll_import *job, ll_dataset **fresh, ll_error *e);
/* Accuracies of a dataset's architectures: one score, no device. */
ll_status ll_import_accuracy(ll_import *job, ll_dataset **fresh, ll_error *e);
/* Once-for-All's accuracy predictor: a score of a dataset of space ofa that every architecture has. */
ll_status ll_import_ofa_accuracy(ll_import *job, ll_dataset **fresh, ll_error *e);
/* Zero-cost proxies as JSON: the feature "zcp" of a dataset's architectures and a score each, no device. */
ll_status ll_import_zcp(ll_import *job, ll_dataset **fresh, ll_error *e);

/* A table of the user's own, wide or long; the unit comes from job->unit or, in a long table, from its column
 * "unit". Every problem is named with file and line: unknown architecture, duplicate row, NaN, negative or
 * decimal comma. */
ll_status ll_import_csv(ll_import *job, ll_dataset **fresh, ll_error *e);

/* `into` and `fresh` together: architectures by gene, devices by name. A device that both have is
 * joined when all common latencies agree within 0.1 percent; otherwise LL_BAD_DATA names the first that does
 * not, unless `replace` lets the new ones win. Features of the same name are replaced; scores are joined
 * as devices are. Name and path are those of `into`. */
ll_status ll_import_merge(const ll_dataset *into, const ll_dataset *fresh, bool replace, ll_dataset **out,
                          ll_strs *notes, ll_error *e);
/* The same for who goes on building: nowhere on the disk, and not sealed yet. */
ll_status ll_import_join(const ll_dataset *into, const ll_dataset *fresh, bool replace, ll_dataset **out,
                         ll_strs *notes, ll_error *e);

/* --- for importers --- */

void ll_import_note(ll_import *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Is this one of the devices that the user wants (job->devices)? All are, unless some are named. */
bool ll_import_chosen(const ll_import *job, const char *name);
/* What came from where: one entry of d->provenance "imports". */
void ll_import_provenance(ll_dataset *d, const char *kind, const char *path, const char *unit_read);
/* Milliseconds of x in a unit of latency; NaN for any other unit. */
double ll_to_ms(const char *unit, double x);
/* Whether a table of n_archs rows and a column per file may be made: before any is read, each of these files of the
 * folder could only claim to have as many. LL_BAD_DATA: more memory than they may take (core/base/size.h). */
ll_status ll_import_room(const char *folder, const ll_strs *files, int n_archs, ll_error *e);
/* Gene of a NAS-Bench-201 cell from its operations 0..4 (none, skip, 1x1, 3x3, pool) on the edges 0>1 0>2 1>2
 * 0>3 1>3 2>3: the numbering of EAGLE, BRP-NAS and OneProxy, and of the space. */
void ll_import_cell(const int *op, uint8_t *gene);
/* Reads a pickle file that is a list of exactly n latencies in ms into lat_ms (n). None, and -1
 * where `minus_one` says so, are missing; any other negative or infinite number is LL_BAD_DATA with its
 * position. */
ll_status ll_import_column(const char *path, bool minus_one, double *lat_ms, int n, ll_error *e);

#endif
