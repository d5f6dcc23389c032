/* Tables of the user's own, their rows (csv.h). */
#include "data/importers/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/plausible.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "data/importers/csv_heading.h"
#include "data/importers/json_table.h"

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

/* --- numbers --- */

static bool decimal_comma(const char *text)
{
    const char *comma = strchr(text, ',');
    return comma && comma > text && !strchr(comma + 1, ',') &&
           strspn(text, "0123456789,-+eE") == strlen(text);
}

static bool is_one_of(const char *const *words, const char *text, size_t n)
{
    while (*words && (strlen(*words) != n || strncasecmp(*words, text, n))) words++;
    return *words;
}

/* missing=: the whole cell, blanks around it apart, in any case. */
static bool is_own_word(const ll_import *job, const char *text)
{
    size_t n = strlen(text);
    while (n && strchr(" \t", text[n - 1])) n--;
    for (int i = 0; job->missing && i < job->missing->n; i++)
        if (strlen(job->missing->v[i]) == n && !strncasecmp(job->missing->v[i], text, n)) return true;
    return false;
}

/* What R, numpy, pandas, Python, JSON and people write where nothing was measured, and what HW-NAS-Bench does. */
static bool is_missing(reader *r, const char *text)
{
    static const char *const words[] = {"na", "n/a", "nan", "none", "null", "-", "--", NULL};
    if (isdigit((unsigned char)*text) && !r->job->missing) return false;
    text += strspn(text, " \t");
    size_t n = strcspn(text, " \t");
    bool alone = !text[n + strspn(text + n, " \t")], minus = alone && n && strspn(text, "-1.0") == n &&
                                                             ll_decimal_parse(text, &(double){0}) &&
                                                             atof(text) == -1;
    if (minus || !n) {
        r->n_minus += minus;
        return true;
    }
    bool said = (alone && is_one_of(words, text, n)) || is_own_word(r->job, text);
    r->n_missing += said;
    if (!said) return false;
    char *word = ll_strndup(text, n);
    if (!ll_strs_has(&r->words, word)) ll_strs_add(&r->words, word);
    free(word);
    return true;
}

/* Where commas do not separate cells they may be decimal ones; a file has one kind. */
static ll_status read_comma(reader *r, char *text, ll_error *e)
{
    char *comma = strchr(text, ',');
    bool decimal = r->csv.separator != ',' && decimal_comma(text);
    if (decimal && !r->comma) {
        r->comma = r->csv.line;
        snprintf(r->comma_text, sizeof r->comma_text, "%s", text);
    }
    if (strchr(text, '.') && !r->point) r->point = r->csv.line;
    if (decimal) *comma = '.';
    if (!r->comma || !r->point) return LL_OK;
    return ll_csv_fail(&r->csv, e,
                       "a decimal comma stands in line %d and a decimal point in line %d: which is it?",
                       r->comma, r->point);
}

/* "17.3 ms" is 17.3 where the column is in ms. */
static ll_status drop_unit(const reader *r, char *text, const char *column_name, const ll_unit *unit,
                           ll_error *e)
{
    char *end = text + strlen(text), *word;
    while (end > text && isblank((unsigned char)end[-1])) end--;
    for (word = end; word > text && !strchr(" \t0123456789.", word[-1]);) word--;
    if (word == end || !strpbrk(text, "0123456789") || strpbrk(text, "0123456789") >= word) return LL_OK;
    char *name = ll_strndup(word, (size_t)(end - word));
    const ll_unit *said = ll_unit_find(name);
    free(name);
    if (!said) return LL_OK; /* then it is no number */
    if (said != unit)
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s is in %s, the column was read in %s", text,
                           column_name, said->name, unit->name);
    *word = 0;
    return LL_OK;
}

/* What to do about a cell that is no number: a column that nobody asked for may be none of numbers. */
static const char *way_out(const reader *r, int column)
{
    return r->columns[column].role == LL_ROLE_OF_DEVICE
               ? "ignore= leaves a column out, missing= says which words mean that nothing was measured"
               : "missing= says which words mean that nothing was measured";
}

/* Digits and points alone, as nearly every cell: nothing of what people write besides has to be looked for. */
static bool is_plain(const char *text)
{
    while (isdigit((unsigned char)*text) || *text == '.') text++;
    return !*text;
}

static ll_status read_number(reader *r, char *text, int column, const ll_unit *unit, double *x, ll_error *e)
{
    const char *column_name = r->header.v[column];
    bool plain = is_plain(text);
    ll_status s = plain ? LL_OK : drop_unit(r, text, column_name, unit, e);
    if (!s && (!plain || !r->point)) s = read_comma(r, text, e);
    if (s) return s;
    if (!plain && decimal_comma(text))
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s has a decimal comma, a point was expected",
                           text, column_name);
    if (!ll_decimal_parse(text, x))
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s is no number; %s", text, column_name,
                           way_out(r, column));
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
static ll_status read_value(reader *r, char *text, int column, const ll_unit *unit, double *out, ll_error *e)
{
    double x;
    const char *name = r->header.v[column];
    ll_status s = read_number(r, text, column, unit, &x, e);
    if (s) return s;
    if (unit->per_second && x == 0)
        return ll_csv_fail(&r->csv, e,
                           "a throughput of 0 in column %.60s is no latency; leave the cell empty where "
                           "nothing was measured",
                           name);
    *out = ll_unit_convert(unit, x, r->job->batch);
    if (!isfinite(*out))
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s is no number in %s", text, name,
                           ll_measurand_unit(unit->of));
    ll_error why = {0};
    if (unit->of == LL_LATENCY && ll_check_ms(*out, &why))
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %.60s: %s", text, name, why.message);
    return LL_OK;
}

/* Images per second that vary by d of x make a latency that varies by the same part of it. */
static ll_status read_std(reader *r, int column, const ll_unit *unit, cell *x, ll_error *e)
{
    double d;
    ll_status s = read_number(r, r->csv.cells[column], column, unit, &d, e);
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

static bool is_list(const char *text)
{
    return *text == '[' || *text == '(';
}

/* "[1.2, 1.3]": the runs of one, as a script printed its list. The first one is in cell `at`, the others are added. */
static ll_status read_list(reader *r, int column, const ll_unit *unit, int at, ll_error *e)
{
    static const char between[] = ",; \t[]()";
    char *rest = r->csv.cells[column], *word;
    int row = r->cells[at].row, device = r->cells[at].device, n = 0;
    ll_status s = LL_OK;
    for (; !s && (word = strsep(&rest, between)); n += *word != 0) {
        double x;
        if (!*word || is_missing(r, word) || (s = read_value(r, word, column, unit, &x, e))) continue;
        if (n)
            add_cell(r, row, device)->value = x;
        else
            r->cells[at].value = x;
    }
    if (!r->runs.as) r->runs.as = "median", r->runs.by_file = true;
    return s;
}

/* What stands in a column, into cell `at`. */
static ll_status read_cell(reader *r, int column, const ll_unit *unit, int at, ll_error *e)
{
    char *text = r->csv.cells[column];
    if (is_missing(r, text)) {
        r->n_empty += !text[strspn(text, " \t")];
        return LL_OK;
    }
    if (is_list(text)) return read_list(r, column, unit, at, e);
    return read_value(r, text, column, unit, &r->cells[at].value, e);
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
            if (!*r->csv.cells[i] && of_column) break;
            ll_status s = ll_table_unit(r, r->csv.cells[i], out, e);
            if (s || !of_column || *out == of_column || (*out)->of != of_column->of) return s;
            return ll_csv_fail(&r->csv, e, "the unit is %s here, and the column of the numbers is in %s",
                               (*out)->name, of_column->name);
        }
    *out = of_column;
    return LL_OK;
}

/* Its name, joined from the columns of key= in their order. */
static ll_status row_device(reader *r, int *device, ll_error *e)
{
    ll_str name = {0};
    *device = 0;
    for (int k = 0; k < r->n_key; k++) {
        const char *part = r->csv.cells[r->key[k]];
        if (!*part) {
            ll_str_free(&name);
            return ll_csv_fail(&r->csv, e, "the device is missing");
        }
        ll_str_addf(&name, "%s%s", k ? "_" : "", part);
    }
    if (r->n_key) *device = ll_table_add_device(r, ll_str_text(&name), e);
    ll_str_free(&name);
    return *device < 0 ? LL_BAD_DATA : LL_OK;
}

static ll_status read_long_record(reader *r, int row, ll_error *e)
{
    int device, at = r->n_cells;
    ll_status s = row_device(r, &device, e);
    const ll_unit *unit = NULL;
    if (!s) s = ll_table_check_settings(r, device, e);
    for (int i = 0; !s && i < r->n_columns; i++) {
        const ll_table_column *c = &r->columns[i];
        if (c->role != LL_ROLE_VALUE) continue;
        s = row_unit(r, c->unit, &unit, e);
        if (!s) s = note_unit(r, device, unit, e);
        if (!s) add_cell(r, row, device);
        if (!s) s = read_cell(r, i, unit, at, e);
    }
    for (int i = 0; !s && r->n_cells > at && i < r->n_columns; i++)
        if (r->columns[i].role == LL_ROLE_STD && !is_missing(r, r->csv.cells[i]))
            s = read_std(r, i, unit, &r->cells[at], e);
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
        if (!s) s = read_cell(r, i, c->unit, first + c->device, e);
    }
    for (int i = 0; !s && i < r->n_columns; i++) {
        const ll_table_column *c = &r->columns[i];
        if (c->role == LL_ROLE_STD_OF_DEVICE && !is_missing(r, r->csv.cells[i]))
            s = read_std(r, i, c->unit, &r->cells[first + c->device], e);
    }
    return s;
}

/* Data frames and spreadsheets end lines with separators that mean nothing. */
static bool fits_header(const reader *r)
{
    for (int i = r->n_columns; i < r->csv.n; i++)
        if (*r->csv.cells[i]) return false;
    return r->csv.n >= r->n_columns;
}

/* Spreadsheets write lines of separators for rows that somebody emptied. */
static bool is_blank(const reader *r)
{
    int i = 0;
    while (i < r->csv.n && !r->csv.cells[i][strspn(r->csv.cells[i], " \t")]) i++;
    return i == r->csv.n;
}

static ll_status read_record(reader *r, ll_error *e)
{
    const ll_csv *c = &r->csv;
    uint8_t gene[LL_MAX_POSITIONS];
    if (!fits_header(r))
        return ll_csv_fail(c, e, "%d cells, %d were expected as in the header%s", c->n, r->n_columns,
                           c->n > r->n_columns && c->separator == ',' ? " (a decimal comma?)" : "");
    ll_status s = ll_table_read_arch(r, gene, e);
    if (s) return s;
    int row = find_row(r, gene);
    if (!r->is_long && r->lines[row] != c->line && !r->runs.as)
        return ll_csv_fail(
            c, e,
            "architecture %.120s stands in line %d already; where these are runs, repeats=median "
            "(or min, mean) takes them together",
            ll_str_text(&r->arch), r->lines[row]);
    return r->is_long ? read_long_record(r, row, e) : read_wide_record(r, row, e);
}

/* --- the dataset --- */

/* A long table need not have every pair, and the dataset has a place for each. */
static ll_status check_size(const reader *r, ll_error *e)
{
    size_t bytes = (size_t)(r->csv.end - r->csv.text);
    ll_budget budget = ll_budget_for(LL_READER_TABLE, bytes);
    if (!ll_budget_take(&budget, (size_t)r->n_rows * (size_t)r->devices.n, 2 * sizeof(double) + 1, e))
        return LL_OK;
    return ll_fail_in(e, "%s: %d %s x %d devices, %d of them with a latency: ", r->csv.what, r->n_rows,
                      ll_noun(r->n_rows, "architecture", "architectures"), r->devices.n, r->n_cells);
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
        if (r->runs.most > 1)
            ll_str_addf(&note, "%s%s of up to %d runs", note.len ? ", " : "", r->runs.as, r->runs.most);
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
    s = ll_table_fill(r, d, e);
    set_devices(r, d);
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

static void note_missing(const reader *r)
{
    ll_str words = {0};
    for (int i = 0; i < r->words.n; i++) ll_str_addf(&words, "%s%s", i ? ", " : "", r->words.v[i]);
    ll_str empty = {0};
    if (r->n_empty)
        ll_str_addf(&empty, ", as %d empty %s", r->n_empty, ll_noun(r->n_empty, "one is", "ones are"));
    if (r->n_missing)
        ll_import_note(r->job, "%d %s %s, read as not measured%s", r->n_missing,
                       ll_noun(r->n_missing, "cell says", "cells say"), words.s, ll_str_text(&empty));
    ll_str_free(&empty);
    ll_str_free(&words);
}

static void describe(reader *r)
{
    ll_str units = {0};
    list_units(r, &units);
    ll_import_note(r->job, "a %s table of %d %s x %d device%s, read as %s", r->is_long ? "long" : "wide",
                   r->n_rows, ll_noun(r->n_rows, "architecture", "architectures"), r->devices.n,
                   r->devices.n == 1 ? "" : "s", ll_str_text(&units));
    ll_str_free(&units);
    for (int j = 0; j < r->n_read; j++)
        if (r->read[j] && r->read[j]->per_second) {
            ll_import_note(r->job, "%s were made milliseconds of a batch of %d (batch=)", r->read[j]->name,
                           r->job->batch);
            break;
        }
    if (r->csv.repaired)
        ll_import_note(r->job, "the file is not UTF-8 text: the bytes that are none were read as Latin-1");
    ll_table_note_archs(r);
    if (r->comma)
        ll_import_note(r->job, "decimal commas were read as points: %s is %.*s.%s", r->comma_text,
                       (int)strcspn(r->comma_text, ","), r->comma_text, strchr(r->comma_text, ',') + 1);
    if (r->n_minus)
        ll_import_note(r->job,
                       r->n_minus == 1 ? "%d cell is -1, read as not measured"
                                       : "%d cells are -1, read as not measured",
                       r->n_minus);
    note_missing(r);
    ll_table_note_runs(r);
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
        ll_import_note(r->job, "%d %s, %s among them, have no latency in this table", empty,
                       ll_noun(empty, "device", "devices"), r->devices.v[first]);
    free(known);
}

static ll_status read_table(reader *r, ll_dataset **out, ll_error *e)
{
    bool more = true;
    ll_status s = ll_table_plan(r, e);
    while (!s && !(s = ll_csv_next(&r->csv, &more, e)) && more)
        s = ll_interrupted() ? ll_interrupt_fail(e) : is_blank(r) ? LL_OK : read_record(r, e);
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
    free(r->key);
    ll_strs_free(&r->words);
    ll_runs_free(&r->runs);
}

static ll_status ask_space(ll_error *e)
{
    ll_str names = {0};
    const ll_space *space;
    for (int i = 0; (space = ll_space_at(i)) && names.len < 120; i++)
        ll_str_addf(&names, "%s%s", i ? ", " : "", space->name);
    ll_fail(
        e, LL_USAGE,
        "which search space are the architectures of? give space=NAME (%s ...; `spaces` says how each writes "
        "them)",
        ll_str_text(&names));
    ll_str_free(&names);
    return LL_USAGE;
}

static ll_status read_file(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    if (!job->space) return ask_space(e);
    reader r = {.job = job, .text = {.space = job->space}};
    if (!job->batch) job->batch = 1;
    ll_status s = ll_arch_order_find(job->space, job->order, &r.text.order, e);
    if (!s) s = ll_table_open(&r.csv, job->path, job->space, e);
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
