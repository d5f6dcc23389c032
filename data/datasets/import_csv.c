/* Tables of the user's own, their rows (import_csv.h). */
#include "data/datasets/import_csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/fs.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/size.h"

enum { ASK_EVERY = 1 << 16 }; /* cells between two questions whether to go on */

typedef ll_table_reader reader;
typedef ll_table_cell cell;

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

static ll_status read_arch(reader *r, uint8_t *gene, ll_error *e)
{
    const char *text = ll_str_text(&r->arch);
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
    if (!ll_arch_text_read(&r->text, text, gene, e)) return LL_OK;
    return ll_fail_in(e, "%s: line %d: unknown architecture: ", r->csv.what, r->csv.line);
}

/* --- numbers --- */

static bool decimal_comma(const char *text)
{
    const char *comma = strchr(text, ',');
    return comma && comma > text && !strchr(comma + 1, ',') &&
           strspn(text, "0123456789,-+eE") == strlen(text);
}

/* What HW-NAS-Bench and others write where nothing was measured. */
static bool is_missing(reader *r, int column)
{
    const char *text = r->csv.cells[column];
    bool missing = !strcmp(text, "-1") || !strcmp(text, "-1.0");
    r->n_minus += missing;
    return missing || !*text;
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

/* A cell in its unit as what is kept. */
static ll_status read_value(const reader *r, int column, const ll_unit *unit, double *out, ll_error *e)
{
    double x;
    const char *text = r->csv.cells[column], *name = r->header.v[column];
    ll_status s = read_number(r, text, name, &x, e);
    if (s) return s;
    *out = ll_unit_convert(unit, x, r->job->batch);
    return isfinite(*out) ? LL_OK
                          : ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s is no number in %s", text,
                                        name, ll_measurand_unit(unit->of));
}

/* Images per second that vary by d of x make a latency that varies by the same part of it. */
static ll_status read_std(const reader *r, int column, const ll_unit *unit, cell *x, ll_error *e)
{
    double d;
    ll_status s = read_number(r, r->csv.cells[column], r->header.v[column], &d, e);
    if (s) return s;
    x->std = unit->per_second ? d * x->value / ll_unit_convert(unit, x->value, r->job->batch)
                              : ll_unit_convert(unit, d, r->job->batch);
    return isnan(x->value) || isfinite(x->std)
               ? LL_OK
               : ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s is no deviation", r->csv.cells[column],
                             r->header.v[column]);
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

/* A device has one quantity, whatever its units. */
static ll_status note_unit(reader *r, int device, const ll_unit *unit, ll_error *e)
{
    for (; r->n_read <= device; r->n_read++) {
        r->read = ll_realloc(r->read, (size_t)r->n_read + 1, sizeof *r->read);
        r->read[r->n_read] = NULL;
    }
    const ll_unit *before = r->read[device];
    if (!before) r->read[device] = unit;
    if (!before || before->of == unit->of) return LL_OK;
    return ll_csv_fail(&r->csv, e, "%.80s was in %s before and is in %s here: one device has one quantity",
                       r->devices.v[device], before->name, unit->name);
}

static ll_status row_unit(const reader *r, const ll_unit *of_column, const ll_unit **out, ll_error *e)
{
    for (int i = 0; i < r->n_columns; i++)
        if (r->columns[i].role == LL_ROLE_UNIT) {
            if (*r->csv.cells[i] || !of_column) return ll_table_unit(r, r->csv.cells[i], out, e);
        }
    *out = of_column;
    return LL_OK;
}

static ll_status row_device(reader *r, int *device, ll_error *e)
{
    *device = 0;
    for (int i = 0; i < r->n_columns; i++)
        if (r->columns[i].role == LL_ROLE_DEVICE) {
            if (!*r->csv.cells[i]) return ll_csv_fail(&r->csv, e, "the device is missing");
            *device = ll_table_add_device(r, r->csv.cells[i], e);
            if (*device < 0) return LL_BAD_DATA;
        }
    return LL_OK;
}

static ll_status read_long_record(reader *r, int row, ll_error *e)
{
    int device;
    cell *x = NULL;
    ll_status s = row_device(r, &device, e);
    const ll_unit *unit = NULL;
    for (int i = 0; !s && i < r->n_columns; i++) {
        const ll_table_column *c = &r->columns[i];
        if (c->role != LL_ROLE_VALUE) continue;
        s = row_unit(r, c->unit, &unit, e);
        if (!s) s = note_unit(r, device, unit, e);
        if (!s) x = add_cell(r, row, device);
        if (!s && !is_missing(r, i)) s = read_value(r, i, unit, &x->value, e);
    }
    for (int i = 0; !s && x && i < r->n_columns; i++)
        if (r->columns[i].role == LL_ROLE_STD && *r->csv.cells[i]) s = read_std(r, i, unit, x, e);
    return s;
}

static ll_status read_wide_record(reader *r, int row, ll_error *e)
{
    int first = r->n_cells;
    ll_status s = LL_OK;
    for (int j = 0; j < r->devices.n; j++) add_cell(r, row, j);
    for (int i = 0; !s && i < r->n_columns; i++) {
        const ll_table_column *c = &r->columns[i];
        if (c->role != LL_ROLE_OF_DEVICE) continue;
        s = note_unit(r, c->device, c->unit, e);
        if (!s && !is_missing(r, i)) s = read_value(r, i, c->unit, &r->cells[first + c->device].value, e);
    }
    for (int i = 0; !s && i < r->n_columns; i++) {
        const ll_table_column *c = &r->columns[i];
        if (c->role == LL_ROLE_STD_OF_DEVICE && *r->csv.cells[i])
            s = read_std(r, i, c->unit, &r->cells[first + c->device], e);
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
    ll_str_clear(&r->arch);
    ll_arch_columns_text(&r->at, c, r->job->space, &r->arch);
    ll_status s = read_arch(r, gene, e);
    if (s) return s;
    int row = find_row(r, gene);
    if (!r->is_long && r->lines[row] != c->line)
        return ll_csv_fail(c, e, "architecture %.120s stands in line %d already", ll_str_text(&r->arch),
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
    for (int i = 0; i < r->n_cells; i++) std |= !isnan(r->cells[i].std);
    if (std) d->std_ms = ll_alloc_aligned(cells + 1, sizeof(double));
    for (size_t i = 0; std && i < cells; i++) d->std_ms[i] = NAN;
    for (int i = 0; !s && i < r->n_cells; i++) {
        const cell *x = &r->cells[i];
        if (i % ASK_EVERY == 0 && ll_interrupted()) s = ll_interrupt_fail(e);
        size_t at = (size_t)x->device * n + (size_t)x->row;
        if (!s && seen[at]++) s = duplicate(r, x, e);
        d->lat_ms[at] = x->value;
        if (std) d->std_ms[at] = x->std;
        r->n_zero += x->value == 0;
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

static const char *unit_read(const reader *r, int device)
{
    return device < r->n_read && r->read[device] ? r->read[device]->name : "ms";
}

static void set_devices(const reader *r, ll_dataset *d)
{
    for (int j = 0; j < r->devices.n; j++) {
        const ll_unit *unit = j < r->n_read ? r->read[j] : NULL;
        ll_str note = {0};
        if (r->job->batch > 1) ll_str_addf(&note, "batch %d", r->job->batch);
        ll_device_set(&d->devices[j], r->devices.v[j], LL_MEASURED, ll_path_base(r->job->path),
                      unit_read(r, j), NULL, note.s);
        if (unit) d->devices[j].of = unit->of;
        ll_str_free(&note);
    }
}

/* The units of the columns, each once. */
static void list_units(const reader *r, ll_str *out)
{
    for (int j = 0; j < r->devices.n; j++) {
        int before = 0;
        while (before < j && strcmp(unit_read(r, before), unit_read(r, j))) before++;
        if (before == j) ll_str_addf(out, "%s%s", j ? ", " : "", unit_read(r, j));
        if (out->len > 60) break;
    }
}

static ll_status build(reader *r, ll_dataset **out, ll_error *e)
{
    ll_status s = check_size(r, e);
    if (s) return s;
    ll_str units = {0};
    ll_dataset *d = ll_dataset_new(r->job->name, r->job->space, r->n_rows, r->devices.n);
    memcpy(d->archs->genes, r->genes, (size_t)r->n_rows * (size_t)r->job->space->n_positions);
    set_devices(r, d);
    s = fill(r, d, e);
    list_units(r, &units);
    ll_import_provenance(d, "csv", r->job->path, ll_str_text(&units));
    ll_str_free(&units);
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *out = d;
    return s;
}

static void describe_archs(reader *r)
{
    if (r->job->space->facts->columns && r->at.n > 1)
        ll_table_note_numbers(r);
    else if (r->at.n > 1)
        ll_import_note(r->job, "the architectures stand in %d columns, %s to %s", r->at.n,
                       r->header.v[r->at.column[0] < 0 ? 0 : r->at.column[0]],
                       r->header.v[r->at.column[r->at.n - 1] < 0 ? 0 : r->at.column[r->at.n - 1]]);
    ll_arch_text_note(r->job, &r->text);
    if (r->text.n_one_hots)
        ll_import_note(r->job, "%d architectures were given as one-hots", r->text.n_one_hots);
    if (r->saw_index)
        ll_import_note(r->job, "bare numbers were read as %s",
                       r->by_row ? "row numbers of the dataset" : "architecture indices of the search space");
}

static void describe(reader *r)
{
    ll_str units = {0};
    list_units(r, &units);
    ll_import_note(r->job, "a %s table of %d architectures x %d device%s, read as %s",
                   r->is_long ? "long" : "wide", r->n_rows, r->devices.n, r->devices.n == 1 ? "" : "s",
                   ll_str_text(&units));
    ll_str_free(&units);
    for (int j = 0; j < r->n_read; j++)
        if (r->read[j] && r->read[j]->per_second) {
            ll_import_note(r->job, "%s were made milliseconds of a batch of %d (batch=)", r->read[j]->name,
                           r->job->batch);
            break;
        }
    if (r->csv.repaired)
        ll_import_note(r->job, "the file is not UTF-8 text: the bytes that are none were read as Latin-1");
    describe_archs(r);
    if (r->n_minus) ll_import_note(r->job, "%d cells are -1, read as not measured", r->n_minus);
    if (r->n_zero)
        ll_import_note(r->job, r->n_zero == 1 ? "%d latency is 0" : "%d latencies are 0", r->n_zero);
}

/* A table to be filled in that came back as it went out. */
static void note_empty(const reader *r)
{
    char *known = LL_NEW_ARRAY(char, r->devices.n + 1);
    int empty = r->devices.n, first = 0;
    for (int i = 0; i < r->n_cells; i++)
        if (!isnan(r->cells[i].value) && !known[r->cells[i].device]) known[r->cells[i].device] = 1, empty--;
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
    ll_status s = ll_table_plan(r, e);
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
    free(r->read);
    ll_arch_columns_free(&r->at);
    ll_str_free(&r->arch);
    free(r->genes);
    free(r->lines);
    ll_index_free(&r->rows);
    ll_names_free(&r->device_names);
    free(r->cells);
}

static ll_status read_file(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    if (!job->space)
        return ll_fail(e, LL_USAGE,
                       "which search space are the architectures of? give space=NAME (`spaces` lists them)");
    reader r = {.job = job, .text = {.space = job->space}};
    if (!job->batch) job->batch = 1;
    r.by_row = job->into && !job->space->n_archs;
    ll_status s = ll_arch_order_find(job->space, job->order, &r.text.order, e);
    if (!s) s = ll_csv_open(&r.csv, job->path, e);
    if (!s) s = read_table(&r, fresh, e);
    free_reader(&r);
    return s;
}

/* Architectures that are numbers: their space first, then the table in it. */
static ll_status read_numbers(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    bool parts = false;
    const char *device = job->device;
    ll_dataset *d = NULL;
    ll_status s = ll_table_numbers(job, &job->space, &parts, e);
    if (s) return s;
    if (parts) job->device = NULL; /* not the name of one column */
    s = read_file(job, &d, e);
    job->device = device;
    if (!s && parts) s = ll_table_add_sum(job, &d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}

ll_status ll_import_csv(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    bool numbers = job->features || (job->into && job->into->space->facts->columns);
    return (numbers ? read_numbers : read_file)(job, fresh, e);
}
