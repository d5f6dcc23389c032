/* Tables of the user's own: wide (architecture, then a column per device) or long (architecture, device,
 * latency). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/csv.h"
#include "core/base/decimal.h"
#include "core/base/fs.h"
#include "core/base/index.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/name.h"
#include "core/base/size.h"
#include "data/datasets/import.h"

static const char *const arch_names[] = {"arch",       "architecture", "arch_str", "arch_string",
                                         "arch_index", "index",        "cell",     "string",
                                         "gene",       "op_idx_list",  NULL};
static const char *const device_names[] = {"device", "hardware", "platform", NULL};
static const char *const latency_names[] = {"latency", "latency_ms", "lat_ms", "lat",
                                            "mean",    "time",       "value",  NULL};
static const char *const std_names[] = {"std", "std_ms", "stddev", "sd", "stdev", NULL};
static const char *const unit_names[] = {"unit", NULL};
/* Columns that tables of this kind often carry beside the devices. */
static const char *const other_names[] = {"accuracy", "acc", "flops", "macs", "params", "seed", "n", NULL};

/* What a column of the file means. */
typedef enum role { IGNORED, ARCH, DEVICE, LATENCY, STD, UNIT, COLUMN_OF_DEVICE, STD_OF_DEVICE } role;
typedef struct column {
    role role;
    int device; /* COLUMN_OF_DEVICE, STD_OF_DEVICE */
} column;

enum { ASK_EVERY = 1 << 16 }; /* cells between two questions whether to go on */

/* One latency of the file. */
typedef struct cell {
    int row, device, line;
    double lat_ms, std_ms;
} cell;

typedef struct reader {
    ll_import *job;
    ll_csv csv;
    column *columns;
    int n_columns;
    bool is_long, by_row; /* by_row: bare numbers are rows of the dataset that is joined */
    bool saw_index;
    ll_strs header; /* names of the columns; "" for the row labels of a data frame */
    int arch;       /* the column with the architectures */
    ll_strs devices;
    ll_names device_names; /* the devices by name */
    uint8_t *genes;        /* (n_rows, positions) */
    int *lines;            /* where each row was first met */
    int n_rows, rows_cap;
    ll_index rows; /* by gene */
    cell *cells;
    int n_cells, cells_cap;
    int n_zero;
} reader;

/* --- columns --- */

static bool among(const char *const *names, const char *text)
{
    for (; *names; names++)
        if (!strcasecmp(*names, text)) return true;
    return false;
}

static bool ends_in_std(const char *name)
{
    size_t n = strlen(name);
    return n >= 5 && !strcasecmp(name + n - 4, "_std");
}

/* A device's name may be as long as a name, and its column of deviations is called four bytes more. */
static ll_status read_column_name(const char *text, char **name, ll_error *e)
{
    if (!ends_in_std(text)) return ll_name_read(text, name, e);
    ll_str whole = {0};
    char *device = ll_strndup(text, strlen(text) - 4);
    ll_status s = ll_name_read(device, name, e);
    free(device);
    if (s) return s;
    ll_str_addf(&whole, "%s%s", *name, text + strlen(text) - 4);
    free(*name);
    *name = ll_str_take(&whole);
    return LL_OK;
}

/* The header's cells as names. */
static ll_status read_names(reader *r, ll_error *e)
{
    ll_csv *c = &r->csv;
    for (int i = 0; i < c->n; i++) {
        char *name = NULL;
        if (!*c->cells[i] && !i)
            name = ll_strdup("");
        else if (read_column_name(c->cells[i], &name, e))
            return ll_fail_in(e, "%s: line %d: column %d: ", c->what, c->line, i + 1);
        ll_strs_take(&r->header, name);
    }
    for (int i = 0; i < c->n; i++) c->cells[i] = r->header.v[i];
    return LL_OK;
}

/* Also gives the columns by name. */
static ll_status check_header(const ll_csv *c, ll_names *names, ll_error *e)
{
    for (int i = 0; i < c->n; i++)
        if (!ll_names_add_new(names, c->cells[i]))
            return ll_csv_fail(c, e, "two columns are called \"%.60s\"", c->cells[i]);
    return c->n < 2 ? ll_csv_fail(c, e, "one column, architectures and latencies were expected") : LL_OK;
}

/* A first column without a name is the row labels of a data frame: the architectures when no other column is. */
static ll_status find_arch(reader *r, int *arch, ll_error *e)
{
    const ll_csv *c = &r->csv;
    if (r->job->arch) {
        *arch = ll_csv_column(c, r->job->arch);
        return *arch >= 0 ? LL_OK : ll_csv_fail(c, e, "no column is called \"%.60s\"", r->job->arch);
    }
    *arch = ll_csv_column_among(c, arch_names);
    if (*arch < 0 && !*c->cells[0]) *arch = 0;
    if (*arch >= 0) return LL_OK;
    return ll_csv_fail(
        c, e,
        "which column holds the architectures? none is called arch; give arch=COLUMN (the first "
        "is \"%.60s\")",
        c->cells[0]);
}

/* A device is a column once it is exported, and must be one when that is read. */
static ll_status read_device_name(const char *text, char **name, ll_error *e)
{
    ll_status s = ll_name_read(text, name, e);
    if (s) return s;
    bool meant = among(arch_names, *name) || among(device_names, *name) || among(latency_names, *name) ||
                 among(other_names, *name);
    if (!meant && !ends_in_std(*name)) return LL_OK;
    s = ll_fail(e, LL_BAD_DATA, "a device cannot be called \"%s\": as the name of a column that means %s",
                *name, meant ? "something else" : "standard deviations");
    free(*name);
    return s;
}

/* A device as the table names it, or the user for the table; -1 when that is no name. */
static int add_device(reader *r, const char *text, ll_error *e)
{
    char *name;
    if (read_device_name(text, &name, e)) {
        ll_fail_in(e, "%s: line %d: ", r->csv.what, r->csv.line);
        return -1;
    }
    int there = ll_names_find(&r->device_names, name);
    if (there >= 0) {
        free(name);
        return there;
    }
    ll_strs_take(&r->devices, name);
    return ll_names_add(&r->device_names, name);
}

/* "pixel3_std" beside "pixel3": the length of the device's name, else 0. */
static size_t std_suffix(const ll_names *columns, const char *name)
{
    size_t n = strlen(name);
    if (!ends_in_std(name)) return 0;
    char *device = ll_strndup(name, n - 4);
    bool there = ll_names_find(columns, device) >= 0;
    free(device);
    return there ? n - 4 : 0;
}

static ll_status plan_wide(reader *r, const ll_names *names, int arch, ll_error *e)
{
    const ll_csv *c = &r->csv;
    for (int i = 0; i < c->n; i++) {
        const char *name = c->cells[i];
        size_t base = std_suffix(names, name);
        column *x = &r->columns[i];
        if (i == arch) {
            x->role = ARCH;
        } else if (!*name || among(other_names, name) || among(arch_names, name)) {
            ll_import_note(r->job, "column %d (%s) was left out: it is no device", i + 1,
                           *name ? name : "no name");
        } else if (!base && ends_in_std(name)) {
            ll_import_note(r->job, "column %d (%s) was left out: deviations of a device that has no column",
                           i + 1, name);
        } else {
            char *device = ll_strdup(name);
            if (base) device[base] = 0;
            *x = (column){base ? STD_OF_DEVICE : COLUMN_OF_DEVICE, add_device(r, device, e)};
            free(device);
            if (x->device < 0) return LL_BAD_DATA;
        }
    }
    if (!r->devices.n) return ll_csv_fail(c, e, "no column of latencies");
    if (!r->job->device) return LL_OK;
    if (r->devices.n > 1)
        return ll_csv_fail(c, e, "device=%.60s names one column, the file has %d", r->job->device,
                           r->devices.n);
    ll_names_free(&r->device_names);
    ll_strs_free(&r->devices);
    return add_device(r, r->job->device, e) < 0 ? LL_BAD_DATA : LL_OK;
}

static ll_status plan_long(reader *r, int arch, int device, int latency, ll_error *e)
{
    const ll_csv *c = &r->csv;
    int std = ll_csv_column_among(c, std_names), unit = ll_csv_column_among(c, unit_names);
    if (device < 0 && !r->job->device)
        return ll_csv_fail(c, e, "which device is it? there is no column \"device\"; give device=NAME");
    for (int i = 0; i < c->n; i++) {
        role x = i == arch ? ARCH : i == device ? DEVICE : i == latency ? LATENCY : i == std ? STD : UNIT;
        r->columns[i].role = x == UNIT && i != unit ? IGNORED : x;
        if (r->columns[i].role == IGNORED) ll_import_note(r->job, "column %s was left out", c->cells[i]);
    }
    return device < 0 && add_device(r, r->job->device, e) < 0 ? LL_BAD_DATA : LL_OK;
}

static ll_status plan_roles(reader *r, const ll_names *names, ll_error *e)
{
    ll_status s = find_arch(r, &r->arch, e);
    if (s) return s;
    int device = ll_csv_column_among(&r->csv, device_names),
        latency = ll_csv_column_among(&r->csv, latency_names);
    r->n_columns = r->csv.n;
    r->columns = LL_NEW_ARRAY(column, r->n_columns);
    if (device >= 0 && latency < 0)
        return ll_csv_fail(&r->csv, e, "a column \"%.60s\" and no column \"latency\"", r->csv.cells[device]);
    r->is_long = latency >= 0;
    s = r->is_long ? plan_long(r, r->arch, device, latency, e) : plan_wide(r, names, r->arch, e);
    bool has_unit = r->is_long && ll_csv_column_among(&r->csv, unit_names) >= 0;
    if (!s && !r->job->unit && !has_unit)
        s = ll_fail(e, LL_BAD_DATA, "%s: in which unit are the latencies? give unit=ms, unit=us or unit=s",
                    r->csv.what);
    return s;
}

static ll_status plan_columns(reader *r, ll_error *e)
{
    bool more;
    ll_names names = {0};
    ll_status s = ll_csv_next(&r->csv, &more, e);
    if (!s && !more) s = ll_fail(e, LL_BAD_DATA, "%s: the file is empty", r->csv.what);
    if (!s) s = read_names(r, e);
    if (!s) s = check_header(&r->csv, &names, e);
    if (!s) s = plan_roles(r, &names, e);
    ll_names_free(&names);
    return s;
}

/* --- rows --- */

static uint8_t *gene_at(const reader *r, int row)
{
    return r->genes + (size_t)row * (size_t)r->job->space->n_positions;
}

static bool same_gene(const void *r, int row, const void *gene)
{
    return !memcmp(gene_at(r, row), gene, (size_t)((const reader *)r)->job->space->n_positions);
}

static void grow_rows(reader *r)
{
    if (r->n_rows < r->rows_cap) return;
    r->rows_cap = r->rows_cap ? 2 * r->rows_cap : 1024;
    r->genes = ll_realloc(r->genes, (size_t)r->rows_cap, (size_t)r->job->space->n_positions);
    r->lines = ll_realloc(r->lines, (size_t)r->rows_cap, sizeof *r->lines);
}

/* Row of a gene, new when it was not met before. */
static int find_row(reader *r, const uint8_t *gene)
{
    size_t n = (size_t)r->job->space->n_positions;
    uint32_t hash = ll_index_hash(gene, n);
    int there = ll_index_find(&r->rows, hash, same_gene, r, gene);
    if (there >= 0) return there;
    grow_rows(r);
    memcpy(gene_at(r, r->n_rows), gene, n);
    r->lines[r->n_rows] = r->csv.line;
    ll_index_put(&r->rows, hash, r->n_rows);
    return r->n_rows++;
}

static ll_status read_arch(reader *r, const char *text, uint8_t *gene, ll_error *e)
{
    const ll_dataset *into = r->job->into;
    bool number = *text && !text[strspn(text, "0123456789")];
    r->saw_index |= number;
    if (number && r->by_row && into) {
        long row = strtol(text, NULL, 10);
        if (row >= into->n_archs)
            return ll_csv_fail(&r->csv, e, "%.40s has rows 0..%d, not %.40s", into->name, into->n_archs - 1,
                               text);
        memcpy(gene, ll_gene(into, (int)row), (size_t)r->job->space->n_positions);
        return LL_OK;
    }
    if (!ll_space_read(r->job->space, text, gene, e)) return LL_OK;
    return ll_fail_in(e, "%s: line %d: unknown architecture: ", r->csv.what, r->csv.line);
}

/* --- numbers --- */

static bool decimal_comma(const char *text)
{
    const char *comma = strchr(text, ',');
    return comma && comma > text && !strchr(comma + 1, ',') &&
           strspn(text, "0123456789,-+eE") == strlen(text);
}

static ll_status read_number(const reader *r, const char *text, const char *column_name, double *x,
                             ll_error *e)
{
    if (decimal_comma(text))
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s has a decimal comma, a point was expected",
                           text, column_name);
    if (!ll_decimal_parse(text, x))
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s is no number", text, column_name);
    if (!isfinite(*x))
        return ll_csv_fail(
            &r->csv, e, "\"%.40s\" in column %.60s is no latency; leave the cell empty where it is missing",
            text, column_name);
    if (*x < 0)
        return ll_csv_fail(&r->csv, e,
                           "\"%.40s\" in column %.60s is negative; leave the cell empty where it is missing",
                           text, column_name);
    return LL_OK;
}

/* A cell in its unit as milliseconds. */
static ll_status read_latency(const reader *r, const char *text, const char *column_name, const char *unit,
                              double *ms, ll_error *e)
{
    double x;
    ll_status s = read_number(r, text, column_name, &x, e);
    if (s) return s;
    *ms = ll_to_ms(unit, x);
    return isfinite(*ms) ? LL_OK
                         : ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s is no number in milliseconds",
                                       text, column_name);
}

static cell *add_cell(reader *r, int row, int device)
{
    if (r->n_cells == r->cells_cap) {
        r->cells_cap = r->cells_cap ? 2 * r->cells_cap : 4096;
        r->cells = ll_realloc(r->cells, (size_t)r->cells_cap, sizeof *r->cells);
    }
    r->cells[r->n_cells] = (cell){row, device, r->csv.line, NAN, NAN};
    return &r->cells[r->n_cells++];
}

static ll_status row_unit(const reader *r, const char **out, ll_error *e)
{
    const char *unit = r->job->unit;
    for (int i = 0; i < r->n_columns; i++)
        if (r->columns[i].role == UNIT && !unit) unit = r->csv.cells[i];
    *out = unit ? unit : "";
    if (!isnan(ll_to_ms(*out, 1))) return LL_OK;
    return ll_csv_fail(&r->csv, e, "the unit \"%.20s\", ms, us or s was expected", *out);
}

static ll_status read_long_record(reader *r, int row, ll_error *e)
{
    int device = 0;
    const char *unit;
    ll_status s = row_unit(r, &unit, e);
    for (int i = 0; !s && i < r->n_columns; i++)
        if (r->columns[i].role == DEVICE) {
            if (!*r->csv.cells[i]) return ll_csv_fail(&r->csv, e, "the device is missing");
            device = add_device(r, r->csv.cells[i], e);
            if (device < 0) return LL_BAD_DATA;
        }
    cell *x = add_cell(r, row, device);
    for (int i = 0; !s && i < r->n_columns; i++) {
        role what = r->columns[i].role;
        if ((what != LATENCY && what != STD) || !*r->csv.cells[i]) continue;
        double *to = what == LATENCY ? &x->lat_ms : &x->std_ms;
        s = read_latency(r, r->csv.cells[i], what == STD ? "std" : "latency", unit, to, e);
    }
    return s;
}

static ll_status read_wide_record(reader *r, int row, ll_error *e)
{
    const char *unit;
    int first = r->n_cells;
    ll_status s = row_unit(r, &unit, e);
    for (int j = 0; !s && j < r->devices.n; j++) add_cell(r, row, j);
    for (int i = 0; !s && i < r->n_columns; i++) {
        const column *c = &r->columns[i];
        if ((c->role != COLUMN_OF_DEVICE && c->role != STD_OF_DEVICE) || !*r->csv.cells[i]) continue;
        cell *x = &r->cells[first + c->device];
        double *to = c->role == COLUMN_OF_DEVICE ? &x->lat_ms : &x->std_ms;
        s = read_latency(r, r->csv.cells[i], r->devices.v[c->device], unit, to, e);
    }
    return s;
}

static ll_status read_record(reader *r, ll_error *e)
{
    const ll_csv *c = &r->csv;
    uint8_t gene[LL_MAX_POSITIONS];
    if (c->n != r->n_columns)
        return ll_csv_fail(c, e, "%d cells, %d were expected as in the header%s", c->n, r->n_columns,
                           c->n > r->n_columns && c->separator == ',' ? " (a decimal comma?)" : "");
    ll_status s = read_arch(r, c->cells[r->arch], gene, e);
    if (s) return s;
    int row = find_row(r, gene);
    if (!r->is_long && r->lines[row] != c->line)
        return ll_csv_fail(c, e, "architecture %.120s stands in line %d already", c->cells[r->arch],
                           r->lines[row]);
    return r->is_long ? read_long_record(r, row, e) : read_wide_record(r, row, e);
}

/* --- the dataset --- */

static ll_status duplicate(const reader *r, const cell *x, ll_error *e)
{
    int first = 0;
    while (r->cells[first].row != x->row || r->cells[first].device != x->device) first++;
    return ll_fail(e, LL_BAD_DATA, "%s: line %d: this architecture on %.80s stands in line %d already",
                   r->csv.what, x->line, r->devices.v[x->device], r->cells[first].line);
}

static ll_status fill(reader *r, ll_dataset *d, ll_error *e)
{
    size_t n = (size_t)r->n_rows, cells = n * (size_t)r->devices.n;
    bool std = false;
    uint8_t *seen = LL_NEW_ARRAY(uint8_t, cells + 1);
    ll_status s = LL_OK;
    for (int i = 0; i < r->n_cells; i++) std |= !isnan(r->cells[i].std_ms);
    if (std) d->std_ms = ll_alloc_aligned(cells + 1, sizeof(double));
    for (size_t i = 0; std && i < cells; i++) d->std_ms[i] = NAN;
    for (int i = 0; !s && i < r->n_cells; i++) {
        const cell *x = &r->cells[i];
        if (i % ASK_EVERY == 0 && ll_interrupted()) s = ll_interrupt_fail(e);
        size_t at = (size_t)x->device * n + (size_t)x->row;
        if (!s && seen[at]++) s = duplicate(r, x, e);
        d->lat_ms[at] = x->lat_ms;
        if (std) d->std_ms[at] = x->std_ms;
        r->n_zero += x->lat_ms == 0;
    }
    free(seen);
    return s;
}

/* A long table need not have every pair, and the dataset has a place for each. */
static ll_status check_size(const reader *r, ll_error *e)
{
    size_t bytes = (size_t)(r->csv.end - r->csv.text);
    ll_budget budget = ll_budget_for(LL_READER_TABLE, bytes);
    if (!ll_budget_take(&budget, (size_t)r->n_rows * (size_t)r->devices.n, 2 * sizeof(double) + 1, e))
        return LL_OK;
    return ll_fail_in(e, "%s: %d architectures x %d devices, %d of them with a latency: ", r->csv.what,
                      r->n_rows, r->devices.n, r->n_cells);
}

static ll_status build(reader *r, ll_dataset **out, ll_error *e)
{
    ll_status s = check_size(r, e);
    if (s) return s;
    const char *unit = r->job->unit ? r->job->unit : "by row";
    ll_dataset *d = ll_dataset_new(r->job->name, r->job->space, r->n_rows, r->devices.n);
    memcpy(d->archs->genes, r->genes, (size_t)r->n_rows * (size_t)r->job->space->n_positions);
    for (int j = 0; j < r->devices.n; j++)
        ll_device_set(&d->devices[j], r->devices.v[j], LL_MEASURED, ll_path_base(r->job->path), unit, NULL,
                      NULL);
    s = fill(r, d, e);
    ll_import_provenance(d, "csv", r->job->path, unit);
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *out = d;
    return s;
}

static void describe(reader *r)
{
    const char *unit = r->job->unit ? r->job->unit : "the unit of each row";
    ll_import_note(r->job, "a %s table of %d architectures x %d device%s, read as %s",
                   r->is_long ? "long" : "wide", r->n_rows, r->devices.n, r->devices.n == 1 ? "" : "s", unit);
    if (r->csv.repaired)
        ll_import_note(r->job, "the file is not UTF-8 text: the bytes that are none were read as Latin-1");
    if (r->saw_index)
        ll_import_note(r->job, "bare numbers were read as %s",
                       r->by_row ? "row numbers of the dataset" : "architecture indices of the search space");
    if (r->n_zero)
        ll_import_note(r->job, r->n_zero == 1 ? "%d latency is 0" : "%d latencies are 0", r->n_zero);
}

/* A table to be filled in that came back as it went out. */
static void note_empty(const reader *r)
{
    char *known = LL_NEW_ARRAY(char, r->devices.n + 1);
    int empty = r->devices.n, first = 0;
    for (int i = 0; i < r->n_cells; i++)
        if (!isnan(r->cells[i].lat_ms) && !known[r->cells[i].device]) known[r->cells[i].device] = 1, empty--;
    while (first < r->devices.n && known[first]) first++;
    if (empty == 1)
        ll_import_note(r->job, "%s has no latency in this table: is its column filled in?",
                       r->devices.v[first]);
    else if (empty)
        ll_import_note(r->job, "%d devices, %s among them, have no latency in this table", empty,
                       r->devices.v[first]);
    free(known);
}

static ll_status read_table(reader *r, ll_dataset **out, ll_error *e)
{
    bool more = true;
    ll_status s = plan_columns(r, e);
    while (!s && !(s = ll_csv_next(&r->csv, &more, e)) && more)
        s = ll_interrupted() ? ll_interrupt_fail(e) : read_record(r, e);
    if (!s && !r->n_rows) s = ll_fail(e, LL_BAD_DATA, "%s: a header and no row", r->csv.what);
    if (!s) note_empty(r);
    if (!s) s = build(r, out, e);
    if (!s) describe(r);
    return s;
}

static void free_reader(reader *r)
{
    ll_csv_close(&r->csv);
    ll_strs_free(&r->header);
    ll_strs_free(&r->devices);
    free(r->columns);
    free(r->genes);
    free(r->lines);
    ll_index_free(&r->rows);
    ll_names_free(&r->device_names);
    free(r->cells);
}

ll_status ll_import_csv(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    reader r = {.job = job};
    if (!job->space)
        return ll_fail(e, LL_USAGE,
                       "which search space are the architectures of? give space=NAME (`spaces` lists them)");
    r.by_row = job->into && !job->space->n_archs;
    ll_status s = ll_csv_open(&r.csv, job->path, e);
    if (!s) s = read_table(&r, fresh, e);
    free_reader(&r);
    return s;
}
