/* Tables whose architectures are numbers (core/space/own/numbers.h), as HAT publishes them (Wang et al., ACL 2020;
 * latency_dataset/DEVICE.csv): columns that describe a transformer, then mean and deviation of the latency of its encoder
 * and its decoder. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/space/own/numbers.h"
#include "data/importers/csv.h"
#include "data/importers/json_table.h"

/* A column of the file that describes architectures, with the values met so far in ascending order. */
typedef struct feature {
    int column;
    char *name;
    ll_column_kind kind;
    double v[LL_NUMBERS_MOST + 1];
    int n;
} feature;

typedef struct pass {
    const ll_import *job;
    ll_csv csv;
    feature *features; /* (n) */
    int n;
} pass;

static void free_pass(pass *p)
{
    for (int i = 0; i < p->n; i++) free(p->features[i].name);
    free(p->features);
    ll_csv_close(&p->csv);
}

/* --- which columns --- */

static const struct {
    const char *part;
    ll_column_kind kind;
} guesses[] = {{"avg", LL_COLUMN_RATIO},  {"ratio", LL_COLUMN_RATIO}, {"mean", LL_COLUMN_RATIO},
               {"num", LL_COLUMN_COUNT},  {"layer", LL_COLUMN_COUNT}, {"depth", LL_COLUMN_COUNT},
               {"head", LL_COLUMN_COUNT}, {"count", LL_COLUMN_COUNT}, {"type", LL_COLUMN_CATEGORY}};

static ll_column_kind guess_kind(const char *name)
{
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++)
        if (strstr(name, guesses[i].part)) return guesses[i].kind;
    return LL_COLUMN_WIDTH;
}

static ll_status add_feature(pass *p, const char *name, int kind, ll_error *e)
{
    int column = ll_csv_column(&p->csv, name);
    if (column < 0) return ll_csv_fail(&p->csv, e, "no column is called \"%.60s\"", name);
    if (p->n == LL_MAX_POSITIONS)
        return ll_csv_fail(
            &p->csv, e,
            "more than %d columns describe an architecture; name them with features=", LL_MAX_POSITIONS);
    p->features = ll_realloc(p->features, (size_t)p->n + 1, sizeof *p->features);
    feature *f = &p->features[p->n++];
    *f = (feature){.column = column, .name = ll_strdup(p->csv.cells[column])};
    f->kind = kind < 0 ? guess_kind(f->name) : (ll_column_kind)kind;
    return LL_OK;
}

/* "width" or "act:category". */
static ll_status add_named(pass *p, char *text, ll_error *e)
{
    char *colon = strrchr(text, ':');
    int kind = colon ? ll_column_kind_find(colon + 1) : -1;
    if (colon && kind < 0)
        return ll_fail(e, LL_USAGE, "features=%.80s: \"%.40s\" is no kind: width, count, ratio or category",
                       text, colon + 1);
    if (colon) *colon = 0;
    return add_feature(p, text, kind, e);
}

static ll_status add_list(pass *p, ll_error *e)
{
    ll_strs list = {0};
    ll_status s = LL_OK;
    ll_strs_split(&list, p->job->features, ',');
    for (int i = 0; i < list.n && !s; i++) s = add_named(p, list.v[i], e);
    ll_strs_free(&list);
    return s;
}

static ll_status add_all(pass *p, ll_error *e)
{
    ll_status s = LL_OK;
    for (int i = 0; i < p->csv.n && !s; i++) {
        const char *name = p->csv.cells[i];
        if (!ll_table_measures(name) && !ll_table_is_other(name)) s = add_feature(p, name, -1, e);
    }
    return s;
}

/* Those of the dataset that is joined, else those of features=. */
static ll_status find_features(pass *p, ll_error *e)
{
    const ll_space *there = p->job->into ? p->job->into->space : NULL;
    ll_status s = LL_OK;
    if (there && there->facts->columns)
        for (int i = 0; i < there->n_positions && !s; i++)
            s = add_feature(p, there->positions[i], (int)there->facts->columns[i].kind, e);
    else
        s = strcmp(p->job->features, "auto") ? add_list(p, e) : add_all(p, e);
    if (!s && !p->n)
        s = ll_csv_fail(&p->csv, e, "no column describes an architecture; name some with features=");
    return s;
}

/* --- their values --- */

static ll_status add_value(const pass *p, feature *f, double x, ll_error *e)
{
    int at = 0;
    while (at < f->n && f->v[at] < x && !ll_numbers_alike(f->v[at], x)) at++;
    if (at < f->n && ll_numbers_alike(f->v[at], x)) return LL_OK;
    if (f->n == LL_NUMBERS_MOST)
        return ll_csv_fail(
            &p->csv, e,
            "column %.60s has more than %d distinct values: round them, or leave it out with features=",
            f->name, LL_NUMBERS_MOST);
    memmove(f->v + at + 1, f->v + at, (size_t)(f->n - at) * sizeof *f->v);
    f->v[at] = x;
    f->n++;
    return LL_OK;
}

static ll_status read_record(pass *p, ll_error *e)
{
    for (int i = 0; i < p->n; i++) {
        double x;
        feature *f = &p->features[i];
        if (f->column >= p->csv.n) return LL_OK; /* a short line: the second pass complains of it */
        const char *text = p->csv.cells[f->column];
        if (!ll_decimal_parse(text, &x) || !(fabs(x) <= 1e300))
            return ll_csv_fail(&p->csv, e,
                               "\"%.40s\" in column %.60s is no number, which features of architectures are; "
                               "features= says which columns are some",
                               text, f->name);
        ll_status s = add_value(p, f, x + 0, e); /* -0 is 0 */
        if (s) return s;
    }
    return LL_OK;
}

/* --- encoder and decoder --- */

static const char *const parts[] = {"encoder", "decoder"};
enum { PARTS = sizeof parts / sizeof *parts };

/* Which part a measured column is of, -1: none. */
static int part_of(const char *name)
{
    for (int i = 0; i < PARTS; i++) {
        size_t n = strlen(name), m = strlen(parts[i]);
        if (n > m && !strcasecmp(name + n - m, parts[i]) && name[n - m - 1] == '_') return i;
    }
    return -1;
}

/* All that is measured is one of the parts, and each is there. */
static bool has_parts(const pass *p)
{
    bool there[PARTS] = {false};
    for (int i = 0; i < p->csv.n; i++) {
        const char *name = p->csv.cells[i];
        bool feature_column = false;
        for (int k = 0; k < p->n; k++) feature_column |= p->features[k].column == i;
        if (feature_column || ll_table_is_other(name) || !ll_table_measures(name)) continue;
        int part = part_of(name);
        if (part < 0) return false;
        there[part] = true;
    }
    return there[0] && there[1];
}

/* --- the space --- */

static const ll_space *define(const pass *p, ll_error *e)
{
    ll_numbers columns[LL_MAX_POSITIONS];
    const ll_import *job = p->job;
    const char *name = job->into ? job->into->space->name : job->space_name ? job->space_name : job->name;
    for (int i = 0; i < p->n; i++)
        columns[i] =
            (ll_numbers){p->features[i].name, p->features[i].kind, p->features[i].v, p->features[i].n};
    return ll_numbers_define(name, columns, p->n, e);
}

/* What latlab itself writes of such a dataset: the numbers in one string. */
static bool has_strings(const pass *p)
{
    return p->job->into && !p->job->features && (p->job->arch || ll_table_has_strings(&p->csv));
}

/* As the second pass sees the names. */
static void trim_names(ll_csv *c)
{
    for (int i = 0; i < c->n; i++) {
        char *name = c->cells[i] + strspn(c->cells[i], " \t");
        size_t n = strlen(name);
        while (n && strchr(" \t", name[n - 1])) n--;
        name[n] = 0;
        c->cells[i] = name;
    }
}

static ll_status read_header(pass *p, bool *is_parts, ll_error *e)
{
    bool more;
    ll_status s = ll_csv_next(&p->csv, &more, e);
    if (!s && !more) s = ll_fail(e, LL_BAD_DATA, "%s: the file is empty", p->csv.what);
    if (!s) trim_names(&p->csv);
    if (!s && has_strings(p)) return LL_OK;
    if (!s) s = find_features(p, e);
    if (!s) *is_parts = has_parts(p);
    return s;
}

ll_status ll_table_numbers(const ll_import *job, const ll_space **space, bool *is_parts, ll_error *e)
{
    pass p = {.job = job};
    bool more = true;
    ll_status s = ll_table_open(&p.csv, job->path, job->into ? job->into->space : NULL, e);
    if (!s) s = read_header(&p, is_parts, e);
    if (!s && !p.n) { /* written as strings */
        free_pass(&p);
        *space = job->into->space;
        return LL_OK;
    }
    while (!s && !(s = ll_csv_next(&p.csv, &more, e)) && more)
        s = ll_interrupted() ? ll_interrupt_fail(e) : read_record(&p, e);
    if (!s && !p.features[0].n) s = ll_fail(e, LL_BAD_DATA, "%s: a header and no row", p.csv.what);
    if (!s && !(*space = define(&p, e))) s = ll_fail_in(e, "%s: ", job->path);
    free_pass(&p);
    return s;
}

/* --- the sum --- */

static void name_device(ll_device *v, const char *base, int part)
{
    ll_str name = {0};
    ll_str_addf(&name, "%s_%s", base, parts[part]);
    ll_measurand of = v->of;
    ll_device_set(v, name.s, v->kind, v->source, v->unit_read, v->hardware, v->note);
    v->of = of;
    ll_str_free(&name);
}

/* The parts vary each on their own, as far as anybody knows. */
static void fill_sum(ll_dataset *d, int sum)
{
    size_t n = (size_t)d->n_archs;
    for (size_t i = 0; i < n; i++) {
        double all = 0, square = 0;
        for (int j = 0; j < sum; j++) {
            all += ll_latencies(d, j)[i];
            if (d->std_ms) square += d->std_ms[(size_t)j * n + i] * d->std_ms[(size_t)j * n + i];
        }
        ll_latencies(d, sum)[i] = all;
        if (d->std_ms) d->std_ms[(size_t)sum * n + i] = sqrt(square);
    }
}

ll_status ll_table_add_sum(ll_import *job, ll_dataset **out, ll_error *e)
{
    char *stem = ll_path_stem(ll_path_base(job->path));
    const char *base = job->device ? job->device : stem;
    ll_dataset *d = ll_dataset_extend(*out, 0, 1);
    int sum = d->n_devices - 1;
    for (int j = 0; j < sum; j++) name_device(&d->devices[j], base, part_of(d->devices[j].name));
    const ll_device *first = &d->devices[0];
    ll_device_set(&d->devices[sum], base, LL_MEASURED, first->source, first->unit_read, NULL,
                  "encoder + decoder");
    d->devices[sum].of = first->of;
    fill_sum(d, sum);
    ll_import_note(job, "%s is the sum of %s and %s", base, d->devices[0].name, d->devices[sum - 1].name);
    free(stem);
    ll_dataset_unref(*out);
    *out = NULL;
    ll_status s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *out = d;
    return s;
}
