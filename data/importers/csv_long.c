/* Tables of the user's own with a measurement a line, their header (csv.h): which column is the number, which ones name the
 * device, and that no second one qualifies. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/quote.h"
#include "data/importers/csv_columns.h"

typedef ll_table_reader reader;
typedef ll_table_column column;

/* --- the number --- */

/* How well a column serves as the number of a line: a time, images per second, another quantity. */
typedef enum fitness { FITS_NOT, FITS_OTHER, FITS_RATE, FITS_LATENCY } fitness;

/* A table without devices has a number only where that is called so in as many words: "energy" may be a device. */
static fitness fitness_of(const reader *r, int i, bool has_device)
{
    const char *name = r->header.v[i];
    ll_measurand of;
    if (r->columns[i].role != LL_ROLE_IGNORED || !ll_column_is_value(name, &of)) return FITS_NOT;
    ll_heading h = ll_heading_read(name);
    bool said = has_device || h.unit || h.maybe || h.hinted || of == LL_LATENCY,
         rate = h.unit && h.unit->per_second;
    free(h.stem);
    return !said ? FITS_NOT : of != LL_LATENCY ? FITS_OTHER : rate ? FITS_RATE : FITS_LATENCY;
}

/* Of two that serve as well only the user knows. */
static ll_status guess_value(const reader *r, bool has_device, int *out, ll_error *e)
{
    fitness best = FITS_NOT;
    int second = -1;
    *out = -1;
    for (int i = 0; i < r->n_columns; i++) {
        fitness f = fitness_of(r, i, has_device);
        if (f > best) {
            best = f;
            *out = i;
            second = -1;
        } else if (f && f == best && second < 0) {
            second = i;
        }
    }
    if (second < 0) return LL_OK;
    const char *a = r->header.v[*out], *b = r->header.v[second];
    return ll_csv_fail(
        &r->csv, e,
        "%.60s and %.60s may both be the latency: give latency=%.60s or latency=%.60s (or ignore= what is "
        "neither)",
        a, b, a, b);
}

/* latency=, or the one column that devices= names where device= says whose it is. NULL: neither; the caller frees. */
static char *wanted_column(const reader *r)
{
    const ll_import *job = r->job;
    if (job->latency) return ll_strdup(job->latency);
    return job->device && job->devices && job->devices->n == 1 ? ll_unmarked(job->devices->v[0]) : NULL;
}

/* By its whole name, else by that without its unit; -1: there is none. */
static int column_called(const reader *r, const char *wanted)
{
    int at = ll_csv_column(&r->csv, wanted);
    for (int i = 0; at < 0 && i < r->n_columns; i++) {
        ll_heading h = ll_heading_read(r->header.v[i]);
        if (!strcmp(h.stem, wanted)) at = i;
        free(h.stem);
    }
    return at;
}

/* -1: nobody said which it is. */
static ll_status named_value(const reader *r, int *out, ll_error *e)
{
    char *wanted = wanted_column(r);
    ll_status s = LL_OK;
    *out = wanted ? column_called(r, wanted) : -1;
    if (wanted && *out < 0)
        s = ll_csv_fail(&r->csv, e, "latency=: no column is called \"%.60s\"", wanted);
    else if (wanted && ll_column_names_archs(&r->columns[*out]))
        s = ll_csv_fail(&r->csv, e, "latency=%.60s: that column names the architecture", wanted);
    free(wanted);
    return s;
}

/* --- the device --- */

/* The columns of key=, else the one called device (-1: none). */
static ll_status plan_key(reader *r, int device, ll_error *e)
{
    const ll_strs *key = r->job->key;
    bool given = key && key->n;
    r->key = LL_NEW_ARRAY(int, (given ? key->n : 0) + 1);
    for (int k = 0; given && k < key->n; k++) {
        int at = ll_csv_column(&r->csv, key->v[k]);
        if (at < 0) return ll_csv_fail(&r->csv, e, "key=: no column is called \"%.60s\"", key->v[k]);
        if (ll_column_names_archs(&r->columns[at]))
            return ll_csv_fail(&r->csv, e, "key=%.60s: that column names the architecture", key->v[k]);
        r->key[r->n_key++] = at;
    }
    if (!given && device >= 0) r->key[r->n_key++] = device;
    return LL_OK;
}

static bool is_key(const reader *r, int at)
{
    for (int k = 0; k < r->n_key; k++)
        if (r->key[k] == at) return true;
    return false;
}

/* "phone_ms" beside "energy_mJ": of what the second is, only the user knows. */
static ll_status ask_device(const reader *r, int value, ll_error *e)
{
    const char *name = r->header.v[value];
    for (int i = 0; i < r->n_columns; i++) {
        if (i == value || ll_column_names_archs(&r->columns[i]) || ll_column_is_std(r->header.v[i]) ||
            !ll_column_ends_in_unit(r->header.v[i]))
            continue;
        return ll_csv_fail(
            &r->csv, e,
            "of which device is %.60s? there is no column \"device\"; call it DEVICE_%.60s, give "
            "device=NAME if all is of one, or devices=%.60s for the columns that are devices",
            name, name, r->header.v[i]);
    }
    return ll_csv_fail(&r->csv, e, "which device is it? there is no column \"device\"; give device=NAME");
}

/* --- the rest --- */

static ll_role role_of(const reader *r, int i, int value, int std, int unit)
{
    return is_key(r, i) ? LL_ROLE_DEVICE
           : i == value ? LL_ROLE_VALUE
           : i == std   ? LL_ROLE_STD
           : i == unit  ? LL_ROLE_UNIT
                        : LL_ROLE_IGNORED;
}

/* Behind the name of the one column that is the number "_ms" can be nothing but its unit. */
static ll_status plan_value(reader *r, int value, bool by_row, ll_error *e)
{
    ll_heading h = ll_heading_read(r->header.v[value]);
    if (!h.unit) h.unit = h.maybe;
    ll_status s = ll_column_unit(r, &h, r->header.v[value], &r->columns[value].unit, e);
    free(h.stem);
    if (!s && !r->columns[value].unit && !by_row) s = ll_column_ask_unit(r, value, e);
    return s;
}

/* -1: there is none */
static int find_std(const reader *r)
{
    for (int i = 0; i < r->n_columns; i++)
        if (r->columns[i].role == LL_ROLE_IGNORED && ll_column_is_std(r->header.v[i])) return i;
    return -1;
}

static ll_status plan_long(reader *r, int device, int value, ll_error *e)
{
    ll_status s = plan_key(r, device, e);
    if (s) return s;
    if (!r->n_key && !r->job->device) return ask_device(r, value, e);
    int std = find_std(r), unit = ll_csv_column_among(&r->csv, ll_column_units);
    s = plan_value(r, value, unit >= 0, e);
    for (int i = 0; i < r->n_columns && !s; i++) {
        column *x = &r->columns[i];
        if (ll_column_names_archs(x) || x->role == LL_ROLE_UNWANTED) continue;
        x->role = role_of(r, i, value, std, unit);
        if (x->role != LL_ROLE_IGNORED) continue;
        if (*r->header.v[i])
            ll_import_note(r->job, "column %s was left out", r->header.v[i]);
        else
            ll_import_note(r->job, "column %d, which has no name, was left out", i + 1);
    }
    return s ? s : !r->n_key && ll_table_add_device(r, r->job->device, e) < 0 ? LL_BAD_DATA : LL_OK;
}

/* devices= names columns where nothing else says that a line is a measurement. */
static bool names_columns(const reader *r, int device)
{
    const ll_import *job = r->job;
    return !job->latency && !job->device && device < 0 && !(job->key && job->key->n) && job->devices &&
           job->devices->n;
}

ll_status ll_table_plan_long(reader *r, ll_error *e)
{
    int device = ll_csv_column_among(&r->csv, ll_column_devices), value;
    if (device >= 0 && r->columns[device].role == LL_ROLE_UNWANTED) device = -1;
    if (names_columns(r, device)) return LL_OK;
    ll_status s = named_value(r, &value, e);
    if (!s && value < 0) s = guess_value(r, device >= 0 || (r->job->key && r->job->key->n), &value, e);
    if (s) return s;
    if (device >= 0 && value < 0)
        return ll_csv_fail(&r->csv, e,
                           "a column \"%.60s\" and no column \"latency\": latency=COLUMN says which it is",
                           r->csv.cells[device]);
    r->is_long = value >= 0;
    return r->is_long ? plan_long(r, device, value, e) : LL_OK;
}
