/* Tables of the user's own, their header (csv.h): where the architectures stand, which columns are devices, in
 * which unit, and which are neither. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/text/name.h"
#include "core/device/scores.h"
#include "data/importers/csv_columns.h"

typedef ll_table_reader reader;
typedef ll_table_column column;

const char *const ll_column_devices[] = {"device", "hardware", "platform", NULL};
const char *const ll_column_units[] = {"unit", NULL};
/* Columns that tables of this kind often carry beside the devices, and words that only such names hold. */
static const char *const other_names[] = {"accuracy", "acc",      "flops",   "macs",      "params",
                                          "seed",     "n",        "id",      "idx",       "lo_ms",
                                          "hi_ms",    "mmacs",    "cifar10", "cifar100",  "imagenet16",
                                          "n_runs",   "num_runs", "count",   "n_samples", NULL};
static const char *const other_words[] = {"acc",       "accuracy",  "top1",    "top5",   "params",
                                          "flops",     "macs",      "gflops",  "mflops", "loss",
                                          "intensity", "predicted", "unnamed", "epoch",  NULL};

bool ll_column_is_std(const char *name)
{
    ll_heading h = ll_heading_read(name);
    ll_heading_words w = ll_heading_words_of(h.stem);
    free(h.stem);
    return w.stds == 1 && w.stds + w.latencies + w.kinds + w.units == w.n;
}

static bool ends_in_std(const char *name)
{
    return ll_heading_ends_in(name, "_std");
}

static bool has_other_word(const char *name)
{
    char word[16];
    size_t n = 0;
    for (const char *p = name;; p++) {
        if (isalnum((unsigned char)*p)) {
            if (n < sizeof word) word[n++] = *p; /* a full one is none of them */
            continue;
        }
        if (n && n < sizeof word) {
            word[n] = 0;
            if (ll_heading_among(other_words, word)) return true;
        }
        n = 0;
        if (!*p) return false;
    }
}

ll_status ll_table_unit(const reader *r, const char *text, const ll_unit **out, ll_error *e)
{
    *out = ll_unit_find(text);
    if (!*out) {
        ll_str all = {0};
        ll_unit_list(&all);
        ll_csv_fail(&r->csv, e, "the unit \"%.20s\", one of %s was expected", text, ll_str_text(&all));
        ll_str_free(&all);
        return LL_BAD_DATA;
    }
    const ll_unit *given = r->units[(*out)->of];
    if (!given || given == *out) return LL_OK;
    return ll_csv_fail(&r->csv, e, "the unit is %s here, unit=%s was given", (*out)->name, given->name);
}

/* What the user gave: "ms", or "ms,mJ", one a quantity. */
static ll_status read_units(reader *r, ll_error *e)
{
    ll_strs list = {0};
    ll_status s = LL_OK;
    if (r->job->unit) ll_strs_split(&list, r->job->unit, ',');
    for (int i = 0; i < list.n && !s; i++) {
        const ll_unit *u = ll_unit_find(list.v[i]);
        if (!u || r->units[u->of])
            s = ll_fail(e, LL_USAGE, "unit=%.40s: %s", r->job->unit,
                        u ? "two units of one quantity" : "no unit that is known");
        else
            r->units[u->of] = u;
        if (!r->plain || (u && u->of == LL_LATENCY)) r->plain = u;
    }
    ll_strs_free(&list);
    return s;
}

ll_status ll_column_unit(const reader *r, const ll_heading *h, const char *name, const ll_unit **out,
                         ll_error *e)
{
    const ll_unit *given = h->unit ? r->units[h->unit->of] : h->hinted ? r->units[h->of] : r->plain;
    *out = h->unit ? h->unit : given;
    bool rate = h->unit && h->unit->per_second != (given && given->per_second);
    if (!h->unit || !given || given == h->unit || rate) return LL_OK;
    return ll_csv_fail(&r->csv, e, "the column is %.60s, which is %s, and unit=%s was given", name,
                       h->unit->name, given->name);
}

bool ll_table_is_other(const char *name)
{
    return !*name || ll_heading_among(other_names, name) || ll_table_is_index(name) || has_other_word(name);
}

bool ll_table_takes_name(const char *name)
{
    ll_heading h = ll_heading_read(name);
    bool plain =
        !h.unit && (!h.hinted || h.of == LL_LATENCY) && !has_other_word(name) && !strstr(name, "_std_");
    free(h.stem);
    return plain;
}

bool ll_column_ends_in_unit(const char *name)
{
    const char *word = name;
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p)) word = p + 1;
    return word > name && strlen(word) > 1 && ll_unit_find(word);
}

/* Is a word of the name one that says what is measured, or its last one a unit? */
bool ll_table_measures(const char *name)
{
    static const char *const columns[] = {"device", "hardware", "platform", "unit", "std", NULL};
    ll_heading h = ll_heading_read(name);
    ll_heading_words w = ll_heading_words_of(name);
    bool any = h.unit || h.hinted || ll_column_ends_in_unit(name) || ll_heading_among(columns, name) ||
               (w.n == 1 && w.latencies) || ll_column_is_std(name) || ll_heading_hints(name);
    free(h.stem);
    return any;
}

/* --- the header --- */

/* A device's name may be as long as a name, and its column of deviations is called four bytes more, its unit some. */
static ll_status read_column_name(const char *text, char **name, ll_error *e)
{
    ll_heading h = ll_heading_read(text);
    size_t n = strlen(h.stem);
    if (h.unit && strlen(text) == n) h.unit = NULL;
    const char *suffix = ends_in_std(h.stem) ? h.stem + n - 4 : h.stem + n;
    char *ending = ll_strdup(suffix), *device = ll_strndup(h.stem, (size_t)(suffix - h.stem)), *read = NULL;
    ll_status s = ll_name_read(device, &read, e);
    if (!s) {
        ll_str whole = {0};
        ll_str_addf(&whole, "%s%s", read, ending);
        if (h.unit) ll_str_addf(&whole, " (%s)", h.unit->name);
        *name = ll_str_take(&whole);
    }
    free(read);
    free(ending);
    free(device);
    free(h.stem);
    return s;
}

/* The header's cells as names; separators at its end separate nothing. */
static ll_status read_names(reader *r, ll_error *e)
{
    ll_csv *c = &r->csv;
    while (c->n > 1 && !c->cells[c->n - 1][strspn(c->cells[c->n - 1], " \t")]) c->n--;
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

/* "latency", "latency_us", "lat (ms)", "mean_ms", "lat_ms_p50", "inference_time", "fps", "energy_mJ". */
bool ll_column_is_value(const char *name, ll_measurand *of)
{
    ll_heading h = ll_heading_read(name);
    const ll_unit *unit = h.unit ? h.unit : h.maybe;
    ll_heading_words w = ll_heading_words_of(h.stem);
    bool all = w.latencies + w.kinds + w.others + h.in_name == w.n;
    bool value = (all && w.latencies && !w.others) || (all && w.others == 1 && (unit || w.n == 1)) ||
                 (h.unit && !strcasecmp(h.stem, h.unit->name)) || !strcasecmp(h.stem, "fps");
    *of = unit ? unit->of : h.hinted ? h.of : LL_LATENCY;
    free(h.stem);
    return value;
}

static bool is_value_name(const char *name)
{
    ll_measurand of;
    return ll_column_is_value(name, &of);
}

/* --- devices --- */

/* A device is a column once it is exported, and must be one when that is read. */
ll_status ll_table_check_device(const char *name, ll_error *e)
{
    ll_status s = ll_name_check(name, e);
    if (s) return s;
    bool meant = ll_table_names_archs(name) || ll_heading_among(ll_column_devices, name) ||
                 ll_heading_among(other_names, name) || is_value_name(name);
    if (!meant && !ends_in_std(name)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "a device cannot be called \"%s\": as the name of a column that means %s",
                   name, meant ? "something else" : "standard deviations");
}

ll_status ll_table_device_name(const char *text, char **name, ll_error *e)
{
    ll_status s = ll_name_read(text, name, e);
    if (!s && (s = ll_table_check_device(*name, e))) {
        free(*name);
        *name = NULL;
    }
    return s;
}

int ll_table_add_device(reader *r, const char *text, ll_error *e)
{
    char *read = NULL;
    int there = ll_names_find(&r->device_names, text);
    if (there >= 0) return there;
    if (ll_table_device_name(text, &read, e)) {
        ll_fail_in(e, "%s: line %d: ", r->csv.what, r->csv.line);
        return -1;
    }
    there = ll_names_find(&r->device_names, read);
    if (there >= 0) {
        free(read);
        return there;
    }
    ll_strs_take(&r->devices, read);
    return ll_names_add(&r->device_names, read);
}

/* --- wide tables --- */

/* "latency_std_encoder" is of "latency_mean_encoder" or "latency_encoder", when there is such a column; NULL: there is
 * none. The caller frees. */
static char *device_of_inner_std(const ll_names *names, const char *name)
{
    static const char *const instead[] = {"_mean_", "_"};
    const char *at = strstr(name, "_std_");
    for (size_t i = 0; at && i < sizeof instead / sizeof *instead; i++) {
        ll_str b = {0};
        ll_str_addf(&b, "%.*s%s%s", (int)(at - name), name, instead[i], at + strlen("_std_"));
        if (ll_names_find(names, b.s) >= 0) return ll_str_take(&b);
        ll_str_free(&b);
    }
    return NULL;
}

/* Of "pixel3_std" the device: "pixel3" when that is a column or "pixel3_mean" is; NULL: neither. The caller frees. */
static char *device_of_std(const ll_names *names, const char *name)
{
    if (!ends_in_std(name)) return device_of_inner_std(names, name);
    char *device = ll_strndup(name, strlen(name) - 4), *mean;
    ll_str b = {0};
    ll_str_addf(&b, "%s_mean", device);
    mean = ll_str_take(&b);
    bool there = ll_names_find(names, device) >= 0 || ll_names_find(names, mean) >= 0;
    free(mean);
    if (there) return device;
    free(device);
    return NULL;
}

/* "phone_mean" beside "phone_std" is phone. */
static void drop_mean(const ll_names *names, char *device)
{
    if (!ll_heading_ends_in(device, "_mean")) return;
    ll_str b = {0};
    char *stem = ll_strndup(device, strlen(device) - 5);
    ll_str_addf(&b, "%s_std", stem);
    if (ll_names_find(names, b.s) >= 0 && ll_names_find(names, stem) < 0) device[strlen(stem)] = 0;
    ll_str_free(&b);
    free(stem);
}

static void leave_out(const reader *r, int i, const char *why)
{
    const char *name = r->header.v[i];
    ll_import_note(r->job, "column %d (%s) was left out: %s", i + 1, *name ? name : "no name", why);
}

ll_status ll_column_ask_unit(const reader *r, int at, ll_error *e)
{
    ll_heading h = ll_heading_read(r->header.v[at]);
    const char *unit = h.maybe ? h.maybe->name : NULL;
    free(h.stem);
    if (unit)
        return ll_fail(
            e, LL_BAD_DATA,
            "%s: in which unit are the latencies? column \"%.60s\" ends in %s: unit=%s if that is its "
            "unit, else unit=ms, unit=us or unit=s",
            r->csv.what, r->header.v[at], unit, unit);
    return ll_fail(e, LL_BAD_DATA,
                   "%s: in which unit are the latencies of column %.60s? give unit=ms, unit=us or unit=s, or "
                   "call it \"%.60s (ms)\" (ignore=%.60s leaves it out)",
                   r->csv.what, r->header.v[at], r->header.v[at], r->header.v[at]);
}

/* A column of numbers of a device, unless nobody said what they are in. */
static ll_status plan_numbers(reader *r, const ll_names *names, int i, bool chosen, ll_error *e)
{
    const char *name = r->header.v[i];
    ll_heading h = ll_heading_read(name);
    column *x = &r->columns[i];
    if (chosen && h.hinted && !r->units[h.of])
        h.hinted = false; /* in the unit that was given, the user says */
    ll_status s = ll_column_unit(r, &h, name, &x->unit, e);
    if (!s && !x->unit && !r->plain && ll_heading_hints(name)) x->unit = h.maybe; /* "latency_cpu_us" */
    if (!s && !x->unit && !r->plain) s = ll_column_ask_unit(r, i, e);
    if (!s && x->unit) {
        drop_mean(names, h.stem);
        if (h.maybe && h.maybe != x->unit)
            ll_import_note(r->job,
                           "%s was read in %s, though its name ends in %s: if that is its unit, say unit=%s",
                           name, x->unit->name, h.maybe->name, h.maybe->name);
        x->role = LL_ROLE_OF_DEVICE;
        x->device = ll_table_add_device(r, h.stem, e);
        if (x->device < 0) s = LL_BAD_DATA;
    } else if (!s) {
        ll_str why = {0};
        ll_str_addf(&why, "it is %s, whose unit was not given (unit=%s,%s)", ll_measurand_name(h.of),
                    r->plain->name, ll_measurand_unit(h.of));
        leave_out(r, i, why.s);
        ll_str_free(&why);
    }
    free(h.stem);
    return s;
}

bool ll_column_names_archs(const column *c)
{
    return c->role == LL_ROLE_ARCH || c->role == LL_ROLE_CHECK;
}

static bool is_other(const char *name)
{
    return !*name || ll_heading_among(other_names, name) || ll_table_names_archs(name) ||
           ll_table_counts_runs(name) || ll_table_is_setting(name) || has_other_word(name);
}

static bool says_unit(const char *name)
{
    ll_heading h = ll_heading_read(name);
    free(h.stem);
    return h.bracketed;
}

/* By its whole name, or by that of the device. */
static bool is_chosen(const ll_import *job, const char *name)
{
    ll_heading h = ll_heading_read(name);
    bool chosen = ll_import_chosen(job, name) || ll_import_chosen(job, h.stem);
    free(h.stem);
    return chosen;
}

static ll_status plan_columns_of_devices(reader *r, const ll_names *names, int *skipped, ll_error *e)
{
    bool choose = r->job->devices && r->job->devices->n;
    ll_status s = LL_OK;
    for (int i = 0; i < r->n_columns && !s; i++) {
        const char *name = r->header.v[i];
        char *of = device_of_std(names, name);
        if (ll_column_names_archs(&r->columns[i]) || r->columns[i].role == LL_ROLE_UNWANTED || of) {
            free(of);
        } else if (choose && !is_chosen(r->job, name)) {
            ++*skipped;
        } else if (!choose && is_other(name) && !says_unit(name)) {
            leave_out(r, i, "it is no device");
        } else if (!choose && r->job->into && ll_dataset_score(r->job->into, name)) {
            leave_out(r, i, "it is a score of the dataset");
        } else if (ends_in_std(name)) {
            leave_out(r, i, "deviations of a device that has no column");
        } else {
            s = plan_numbers(r, names, i, choose, e);
        }
    }
    return s;
}

/* Behind the devices, which they are of. */
static void plan_deviations(reader *r, const ll_names *names)
{
    for (int i = 0; i < r->n_columns; i++) {
        char *of = device_of_std(names, r->header.v[i]);
        int device = of && r->columns[i].role != LL_ROLE_ARCH ? ll_names_find(&r->device_names, of) : -1;
        for (int j = 0; device >= 0 && j < r->n_columns; j++) {
            if (r->columns[j].role != LL_ROLE_OF_DEVICE || r->columns[j].device != device) continue;
            r->columns[i] = (column){LL_ROLE_STD_OF_DEVICE, device, r->columns[j].unit};
            break;
        }
        free(of);
    }
}

/* The columns as devices are called: without units. */
static void list_stems(const reader *r, ll_strs *stems, ll_names *names)
{
    for (int i = 0; i < r->n_columns; i++) {
        ll_strs_take(stems, ll_heading_read(r->header.v[i]).stem);
        ll_names_add(names, stems->v[i]);
    }
}

/* Does the column end in the unit that was given, and name something without it? */
static bool ends_in_given_unit(const reader *r, const char *name)
{
    ll_heading h = ll_heading_read(name);
    const char *last = strrchr(h.stem, '_');
    bool ends = r->plain && h.maybe == r->plain && last && last > h.stem;
    free(h.stem);
    return ends;
}

/* "a_us", "b_us" and unit=us: where every device ends in the unit that the user names, too, it is the unit that is said
 * twice and no part of the names. */
static ll_status drop_unit_endings(reader *r, ll_error *e)
{
    for (int i = 0; i < r->n_columns; i++)
        if (r->columns[i].role == LL_ROLE_STD_OF_DEVICE ||
            (r->columns[i].role == LL_ROLE_OF_DEVICE && !ends_in_given_unit(r, r->header.v[i])))
            return LL_OK;
    if (r->devices.n < 2) return LL_OK;
    ll_strs whole = r->devices;
    ll_status s = LL_OK;
    r->devices = (ll_strs){0};
    ll_names_free(&r->device_names);
    for (int i = 0; i < whole.n && !s; i++) {
        *strrchr(whole.v[i], '_') = 0;
        if (ll_table_add_device(r, whole.v[i], e) < 0) s = LL_BAD_DATA;
    }
    if (!s)
        ll_import_note(r->job, "_%s at the end of every name was read as the unit that unit= says, too",
                       r->plain->name);
    ll_strs_free(&whole);
    return s;
}

static ll_status plan_devices(reader *r, int *skipped, ll_error *e)
{
    ll_strs stems = {0};
    ll_names names = {0};
    list_stems(r, &stems, &names);
    ll_status s = plan_columns_of_devices(r, &names, skipped, e);
    if (!s) plan_deviations(r, &names);
    if (!s) s = drop_unit_endings(r, e);
    ll_names_free(&names);
    ll_strs_free(&stems);
    return s;
}

/* device= of a table with several columns that may be one. */
static ll_status too_many(const reader *r, ll_error *e)
{
    ll_str names = {0};
    for (int i = 0; i < r->devices.n && names.len < 200; i++)
        ll_str_addf(&names, "%s\"%.60s\"", i ? ", " : "", r->devices.v[i]);
    ll_csv_fail(
        &r->csv, e,
        "device=%.60s is the name for one column, and %d may be latencies: %s; latency=COLUMN says which",
        r->job->device, r->devices.n, names.s);
    ll_str_free(&names);
    return LL_BAD_DATA;
}

static ll_status plan_wide(reader *r, ll_error *e)
{
    const ll_csv *c = &r->csv;
    int skipped = 0;
    if (r->job->key && r->job->key->n)
        return ll_csv_fail(c, e,
                           "key= goes with a measurement a line: no column is called latency; latency=COLUMN "
                           "says which it is");
    ll_status s = plan_devices(r, &skipped, e);
    if (s) return s;
    if (skipped)
        ll_import_note(r->job, "%d %s that devices= does not name %s left out", skipped,
                       ll_noun(skipped, "column", "columns"), ll_noun(skipped, "was", "were"));
    if (!r->devices.n) return ll_csv_fail(c, e, "no column of latencies");
    if (!r->job->device) return LL_OK;
    if (r->devices.n > 1) return too_many(r, e);
    ll_names_free(&r->device_names);
    ll_strs_free(&r->devices);
    return ll_table_add_device(r, r->job->device, e) < 0 ? LL_BAD_DATA : LL_OK;
}

/* --- both --- */

/* ignore=: these are not there. */
static ll_status plan_unwanted(reader *r, ll_error *e)
{
    const ll_strs *names = r->job->ignore;
    for (int i = 0; names && i < names->n; i++) {
        int at = ll_csv_column(&r->csv, names->v[i]);
        if (at < 0) return ll_csv_fail(&r->csv, e, "ignore=: no column is called \"%.60s\"", names->v[i]);
        if (r->columns[at].role == LL_ROLE_ARCH)
            return ll_csv_fail(&r->csv, e, "ignore=%.60s: that column names the architecture", names->v[i]);
        r->columns[at].role = LL_ROLE_UNWANTED;
        for (int k = 0; k < r->n_checks; k++)
            if (r->checks[k].column == at) r->checks[k--] = r->checks[--r->n_checks];
    }
    return LL_OK;
}

static ll_status plan_archs(reader *r, const ll_names *names, ll_error *e)
{
    ll_status s = ll_table_find_archs(r, names, e);
    if (s) return s;
    r->n_columns = r->csv.n;
    r->columns = LL_NEW_ARRAY(column, r->n_columns);
    for (int i = 0; i < r->at.n; i++)
        if (r->at.column[i] >= 0) r->columns[r->at.column[i]].role = LL_ROLE_ARCH;
    for (int i = 0; i < r->n_checks; i++) r->columns[r->checks[i].column].role = LL_ROLE_CHECK;
    return plan_unwanted(r, e);
}

static ll_status plan_roles(reader *r, const ll_names *names, ll_error *e)
{
    ll_status s = read_units(r, e);
    if (!s) s = plan_archs(r, names, e);
    if (!s) s = ll_table_plan_long(r, e);
    if (!s && !r->is_long) s = plan_wide(r, e);
    if (!s) ll_table_plan_runs(r);
    return s;
}

ll_status ll_table_plan(reader *r, ll_error *e)
{
    bool more;
    ll_names names = {0};
    ll_status s = ll_csv_next(&r->csv, &more, e);
    if (!s && !more) s = ll_fail(e, LL_BAD_DATA, "%s: the file is empty", r->csv.what);
    if (!s) s = read_names(r, e);
    if (!s) s = check_header(&r->csv, &names, e);
    if (!s) s = plan_roles(r, &names, e);
    ll_names_free(&names);
    if (s == LL_BAD_DATA && ll_table_lacks_heading(r))
        ll_csv_fail(&r->csv, e,
                    "the first line is a measurement already: a line of names such as `arch,pixel3 (ms)` was "
                    "expected above it, and commas, semicolons or tabs between the cells");
    return s;
}
