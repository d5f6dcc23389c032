/* Accuracies: one score of a dataset's architectures, from what people have them in.
 *
 *   a pickle or JSON    a list of numbers in the order of the canonical index (RoBoT's files; where a space cannot be
 *                       listed, or is one's own and there are as many as rows: of the dataset's rows), or a dict
 *                       {architecture: number}
 *   a table             a column of architectures (strings or canonical indices) and one of numbers
 *   MetaD2A's list      HELP's arch_generated_by_metad2a.txt: a time in the first line, then string, accuracy, score
 *
 * Architectures that the dataset does not have are counted and left out. */
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "data/formats/pickle.h"
#include "data/importers/import.h"

static const char *const arch_titles[] = {"arch",  "architecture", "arch_str", "arch_string", "arch_index",
                                          "index", "net_str",      "string",   NULL};
static const char *const value_titles[] = {"accuracy", "acc", "score", "value", NULL};

typedef struct reader {
    ll_import *job;
    double *v; /* (into->n_archs) */
    int given, outside;
} reader;

/* --- one value --- */

/* The same architecture may come twice, as in MetaD2A's list, with one value. */
static ll_status put(reader *r, const uint8_t *gene, double x, ll_error *e)
{
    int row = ll_dataset_row(r->job->into, gene);
    r->given++;
    r->outside += row < 0;
    if (row < 0) return LL_OK;
    if (!isnan(r->v[row]) && r->v[row] != x)
        return ll_fail(e, LL_BAD_DATA, "an architecture comes twice, with %.6g and with %.6g", r->v[row], x);
    r->v[row] = x;
    return LL_OK;
}

static ll_status put_text(reader *r, const char *arch, double x, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_status s = ll_space_read(r->job->space, arch, gene, e);
    return s ? s : put(r, gene, x, e);
}

/* --- lists --- */

/* Of a space of one's own a list as long as the dataset is in the order of its rows. */
static ll_status put_list(reader *r, const double *x, size_t n, ll_error *e)
{
    const ll_space *space = r->job->space;
    int rows = r->job->into->n_archs;
    bool by_index = space->n_archs && !(space->own && n == (size_t)rows);
    int most = by_index ? space->n_archs : rows;
    if (n != (size_t)most)
        return ll_fail(e, LL_BAD_DATA, "a list of %zu numbers, %d were expected, one per architecture of %s",
                       n, most, by_index ? space->name : r->job->into->name);
    ll_status s = LL_OK;
    for (int i = 0; !s && i < most; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        if (by_index)
            space->at(space, i, gene);
        else
            memcpy(gene, ll_gene(r->job->into, i), (size_t)space->n_positions);
        if (!isnan(x[i]) && !ll_score_takes(x[i]))
            s = ll_fail(e, LL_BAD_DATA, "element %d is %g, which is no score", i, x[i]);
        if (!s && !isnan(x[i])) s = put(r, gene, x[i], e);
    }
    return s;
}

static ll_status put_pickled_pair(reader *r, const ll_pickled *key, const ll_pickled *value, ll_error *e)
{
    double x;
    ll_str arch = {0};
    if (key->kind == LL_PICKLED_TEXT)
        ll_str_add(&arch, key->text.s);
    else if (key->kind == LL_PICKLED_INT)
        ll_str_addf(&arch, "%lld", key->i);
    ll_status s = !arch.len || !ll_pickled_number(value, &x) || !ll_score_takes(x)
                      ? ll_fail(e, LL_BAD_DATA, "an entry is no pair of an architecture and a number")
                      : put_text(r, arch.s, x, e);
    ll_str_free(&arch);
    return s;
}

static ll_status put_pickled(reader *r, const ll_pickled *v, ll_error *e)
{
    ll_status s = LL_OK;
    if (v->kind == LL_PICKLED_DICT) {
        for (size_t i = 0; !s && i + 1 < v->items.n; i += 2)
            s = ll_interrupted() ? ll_interrupt_fail(e)
                                 : put_pickled_pair(r, v->items.v[i], v->items.v[i + 1], e);
        return s;
    }
    double *x = NULL;
    size_t n = 0;
    s = ll_pickled_numbers(v, &x, &n, e);
    if (!s) s = put_list(r, x, n, e);
    free(x);
    return s;
}

static ll_status read_pickle(reader *r, ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_pickle_read(r->job->path, &p, e);
    if (s) return s;
    s = put_pickled(r, p.root, e);
    ll_pickle_free(&p);
    return s ? ll_fail_in(e, "%s: ", r->job->path) : LL_OK;
}

static ll_status put_json(reader *r, const cJSON *json, ll_error *e)
{
    const cJSON *x;
    ll_status s = LL_OK;
    size_t n = 0, count = (size_t)cJSON_GetArraySize(json);
    double *list = cJSON_IsArray(json) ? LL_NEW_ARRAY(double, count + 1) : NULL;
    cJSON_ArrayForEach(x, json)
    {
        if (s) break;
        if (!cJSON_IsNumber(x) && !cJSON_IsNull(x))
            s = ll_fail(e, LL_BAD_DATA, "entry %zu is no number", n);
        else if (list)
            list[n] = cJSON_IsNumber(x) ? x->valuedouble : NAN;
        else if (cJSON_IsNumber(x) && !ll_score_takes(x->valuedouble))
            s = ll_fail(e, LL_BAD_DATA, "entry %zu is %g, which is no score", n, x->valuedouble);
        else if (cJSON_IsNumber(x))
            s = put_text(r, x->string, x->valuedouble, e);
        n++;
    }
    if (!s && list) s = put_list(r, list, n, e);
    free(list);
    return s;
}

static ll_status read_json(reader *r, ll_error *e)
{
    cJSON *json;
    ll_status s = ll_json_read_file(r->job->path, &json, e);
    if (s) return s;
    s = put_json(r, json, e);
    cJSON_Delete(json);
    return s ? ll_fail_in(e, "%s: ", r->job->path) : LL_OK;
}

/* --- tables --- */

typedef struct columns {
    int arch, value;
} columns;

/* The one that is called as the score, or that is the only one beside the architectures. */
static ll_status find_value(const reader *r, const ll_csv *c, columns *at, ll_error *e)
{
    at->value = r->job->metric ? ll_csv_column(c, r->job->metric) : -1;
    if (at->value < 0) at->value = ll_csv_column_among(c, value_titles);
    if (at->value < 0 && c->n == 2) at->value = 1 - at->arch;
    if (at->value >= 0 && at->value != at->arch) return LL_OK;
    return ll_csv_fail(c, e, "which column holds the accuracies? give metric=COLUMN");
}

/* Which of two would be meant? */
static ll_status check_titles(const ll_csv *c, ll_error *e)
{
    ll_names names = {0};
    int twice = -1;
    for (int i = 0; i < c->n && twice < 0; i++)
        if (!ll_names_add_new(&names, c->cells[i])) twice = i;
    ll_names_free(&names);
    return twice < 0 ? LL_OK : ll_csv_fail(c, e, "two columns are called \"%.60s\"", c->cells[twice]);
}

static ll_status find_columns(const reader *r, const ll_csv *c, columns *at, ll_error *e)
{
    double time;
    *at = (columns){0, 1};
    if (c->n == 1 && ll_decimal_parse(c->cells[0], &time)) return LL_OK; /* MetaD2A's list */
    at->arch = r->job->arch ? ll_csv_column(c, r->job->arch) : ll_csv_column_among(c, arch_titles);
    if (check_titles(c, e)) return LL_BAD_DATA;
    if (at->arch < 0)
        return ll_csv_fail(c, e,
                           "which column holds the architectures? none is called arch; give arch=COLUMN");
    return find_value(r, c, at, e);
}

static ll_status read_row(reader *r, const ll_csv *c, const columns *at, ll_error *e)
{
    double x;
    if (c->n <= at->arch || c->n <= at->value) return ll_csv_fail(c, e, "the row is too short");
    if (!*c->cells[at->value]) return LL_OK;
    if (!ll_decimal_parse(c->cells[at->value], &x) || !ll_score_takes(x))
        return ll_csv_fail(c, e, "\"%.40s\" is no number", c->cells[at->value]);
    if (put_text(r, c->cells[at->arch], x, e)) return ll_fail_in(e, "%s: line %d: ", c->what, c->line);
    return LL_OK;
}

static ll_status read_csv(reader *r, ll_error *e)
{
    ll_csv c;
    bool more;
    columns at;
    ll_status s = ll_csv_open(&c, r->job->path, e);
    if (s) return s;
    s = ll_csv_next(&c, &more, e);
    if (!s && !more) s = ll_csv_fail(&c, e, "the file is empty");
    if (!s) s = find_columns(r, &c, &at, e);
    while (!s && !(s = ll_csv_next(&c, &more, e)) && more)
        s = ll_interrupted() ? ll_interrupt_fail(e) : read_row(r, &c, &at, e);
    ll_csv_close(&c);
    return s;
}

/* --- the whole --- */

static ll_status read_any(reader *r, ll_error *e)
{
    static const struct {
        const char *ending;
        ll_status (*read)(reader *r, ll_error *e);
    } forms[] = {{"*.p", read_pickle},  {"*.pkl", read_pickle}, {"*.pickle", read_pickle},
                 {"*.pt", read_pickle}, {"*.json", read_json},  {"*", read_csv}};
    const char *base = ll_path_base(r->job->path);
    for (size_t i = 0;; i++)
        if (ll_glob(forms[i].ending, base)) return forms[i].read(r, e);
}

/* "cifar10" of the test set, "cifar10_valid": the test set is what is meant when nothing is said. */
static char *score_name(const ll_import *job)
{
    ll_str name = {0};
    ll_str_add(&name, job->metric ? job->metric : "accuracy");
    if (job->split && strcmp(job->split, "test")) ll_str_addf(&name, "_%s", job->split);
    return ll_str_take(&name);
}

static bool is_percent(const double *v, int n)
{
    double most = 0;
    for (int i = 0; i < n; i++) {
        if (v[i] < 0) return false;
        if (v[i] > most) most = v[i];
    }
    return most > 1.5 && most <= 100;
}

/* The rows that have one, as a dataset without devices. */
static ll_dataset *as_dataset(const reader *r, const char *name)
{
    const ll_dataset *into = r->job->into;
    ll_ints rows = {0};
    for (int i = 0; i < into->n_archs; i++)
        if (!isnan(r->v[i])) ll_ints_add(&rows, i);
    ll_dataset *d = ll_dataset_new(r->job->name, r->job->space, rows.n, 0);
    ll_score *score = ll_dataset_make_score(d, name);
    ll_score_describe(score, is_percent(r->v, into->n_archs) ? "%" : NULL,
                      r->job->split ? r->job->split : "test",
                      r->job->source ? r->job->source : ll_path_base(r->job->path));
    for (int i = 0; i < rows.n; i++) {
        memcpy(ll_arch_at(d->archs, i), ll_gene(into, rows.v[i]), (size_t)d->space->n_positions);
        score->v[i] = r->v[rows.v[i]];
    }
    ll_ints_free(&rows);
    return d;
}

static void say(const reader *r, const char *name, int kept)
{
    ll_import_note(r->job, "score %s of %d architecture%s", name, kept, kept == 1 ? "" : "s");
    if (r->outside)
        ll_import_note(r->job, "%d of %d %s in the file are not in %s and were left out", r->outside,
                       r->given, ll_noun(r->given, "architecture", "architectures"), r->job->into->name);
    int lack = r->job->into->n_archs - kept;
    if (lack)
        ll_import_note(r->job, "%d %s of %s have no %s now", lack,
                       ll_noun(lack, "architecture", "architectures"), r->job->into->name, name);
}

static ll_status finish(const reader *r, const char *name, ll_dataset **fresh, ll_error *e)
{
    ll_dataset *d = as_dataset(r, name);
    ll_import_provenance(d, "accuracy", r->job->path, d->scores[0].unit);
    ll_status s = d->n_archs ? ll_dataset_seal(d, e)
                             : ll_fail(e, LL_BAD_DATA, "%s: none of its %d architectures is in %s",
                                       r->job->path, r->given, r->job->into->name);
    if (s) {
        ll_dataset_unref(d);
        return s;
    }
    say(r, name, d->n_archs);
    *fresh = d;
    return LL_OK;
}

ll_status ll_import_accuracy(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    int n = job->into->n_archs;
    reader r = {.job = job, .v = LL_NEW_ARRAY(double, n + 1)};
    char *name = score_name(job);
    for (int i = 0; i < n; i++) r.v[i] = NAN;
    ll_status s = ll_score_check_name(name, e) ? LL_USAGE : read_any(&r, e);
    if (!s) s = finish(&r, name, fresh, e);
    free(name);
    free(r.v);
    return s;
}
