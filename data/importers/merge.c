/* Joining two datasets of one space. */
#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/size.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "core/space/own/numbers.h"
#include "data/importers/import.h"

static const double AGREE = 1e-3; /* relative */

typedef struct merger {
    const ll_dataset *into, *fresh;
    ll_dataset *d;     /* what comes out */
    const int *row;    /* row in d of each row of fresh */
    const int *device; /* device in d of each device of fresh */
    bool replace;
    ll_strs *notes;
} merger;

static void note(const merger *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(const merger *m, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    if (!m->notes) return;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_strs_take(m->notes, ll_str_take(&text));
}

/* Rows of `fresh` in the joint dataset: those that `into` has, then the new ones in order. Returns how many
 * are new. */
static int place_rows(const ll_dataset *into, const ll_dataset *fresh, int *row)
{
    int more = 0;
    for (int i = 0; i < fresh->n_archs; i++) {
        row[i] = ll_dataset_row(into, ll_gene(fresh, i));
        if (row[i] < 0) row[i] = into->n_archs + more++;
    }
    return more;
}

static int place_devices(const ll_dataset *into, const ll_dataset *fresh, int *device)
{
    int more = 0;
    for (int j = 0; j < fresh->n_devices; j++) {
        device[j] = ll_dataset_device(into, fresh->devices[j].name);
        if (device[j] < 0) device[j] = into->n_devices + more++;
    }
    return more;
}

static ll_status disagree(const merger *m, int j, int first, int differ, int common, ll_error *e)
{
    ll_str arch = {0};
    m->fresh->space->format(m->fresh->space, ll_gene(m->fresh, first), &arch);
    const char *name = m->fresh->devices[j].name, *unit = ll_device_unit(m->fresh, j);
    ll_fail(
        e, LL_BAD_DATA,
        "device %s is in %s already and %d of %d common latencies differ by more than 0.1 percent, first %s: "
        "%.6g %s there, %.6g %s in the file; give the device another name, or replace=on",
        name, m->into->name, differ, common, ll_str_text(&arch),
        ll_latencies(m->d, m->device[j])[m->row[first]], unit, ll_latencies(m->fresh, j)[first], unit);
    ll_str_free(&arch);
    return LL_BAD_DATA;
}

/* Do both have the same latencies where both have one? */
static ll_status check_overlap(const merger *m, int j, ll_error *e)
{
    const double *old = ll_latencies(m->d, m->device[j]), *new = ll_latencies(m->fresh, j);
    int first = -1, differ = 0, common = 0;
    for (int i = 0; i < m->fresh->n_archs; i++) {
        double a = old[m->row[i]], b = new[i];
        if (isnan(a) || isnan(b)) continue;
        common++;
        if (fabs(a - b) <= AGREE * fmax(fabs(a), fabs(b))) continue;
        differ++;
        if (first < 0) first = i;
    }
    if (differ && !m->replace) return disagree(m, j, first, differ, common, e);
    if (common)
        note(m, "%s was there: %d of %d common latencies agree within 0.1 percent%s",
             m->fresh->devices[j].name, common - differ, common,
             differ ? "; the new ones replace the others" : "");
    return LL_OK;
}

/* Text of two sources of one column. */
static char *both(const char *a, const char *b)
{
    ll_str t = {0};
    if (a) ll_str_add(&t, a);
    if (b && (!a || !strstr(a, b))) ll_str_addf(&t, "%s%s", a && *a ? "; " : "", b);
    return t.s ? ll_str_take(&t) : NULL;
}

static void join_device(const ll_device *old, const ll_device *new, ll_device *out)
{
    char *source = both(old->source, new->source), *note_text = both(old->note, new->note);
    ll_device_set(out, old->name, old->kind, source, old->unit_read,
                  old->hardware ? old->hardware : new->hardware, note_text);
    out->of = old->of;
    out->repeat = isnan(old->repeat) ? new->repeat : old->repeat;
    out->costs = ll_costs_ref(new->costs ? new->costs : old->costs);
    free(source);
    free(note_text);
}

/* Fills what is missing, and with `replace` overwrites what is there; returns how many were written. */
static int fill(const merger *m, double *to, const double *from)
{
    int n = 0;
    for (int i = 0; i < m->fresh->n_archs; i++) {
        double *x = &to[m->row[i]];
        if (isnan(from[i]) || (!isnan(*x) && !m->replace)) continue;
        *x = from[i];
        n++;
    }
    return n;
}

static ll_status merge_device(const merger *m, int j, ll_error *e)
{
    const ll_device *v = &m->fresh->devices[j];
    ll_device *out = &m->d->devices[m->device[j]];
    bool there = m->device[j] < m->into->n_devices;
    if (there && out->kind != v->kind && !m->replace)
        return ll_fail(e, LL_BAD_DATA, "device %s is measured in one place and simulated in the other",
                       v->name);
    if (there && out->of != v->of)
        return ll_fail(e, LL_BAD_DATA,
                       "device %s has its %s in %s and its %s in the file: give it another name", v->name,
                       ll_measurand_name(out->of), m->into->name, ll_measurand_name(v->of));
    ll_status s = there ? check_overlap(m, j, e) : LL_OK;
    if (s) return s;
    int filled = fill(m, ll_latencies(m->d, m->device[j]), ll_latencies(m->fresh, j));
    if (m->fresh->std_ms) {
        size_t n = (size_t)m->fresh->n_archs;
        fill(m, m->d->std_ms + (size_t)m->device[j] * (size_t)m->d->n_archs,
             m->fresh->std_ms + (size_t)j * n);
    }
    if (!there)
        ll_device_copy(out, v);
    else if (filled)
        join_device(&m->into->devices[m->device[j]], v, out);
    return LL_OK;
}

static double *nans(size_t n)
{
    double *v = ll_alloc_aligned(n + 1, sizeof *v);
    for (size_t i = 0; i < n; i++) v[i] = NAN;
    return v;
}

/* The first architecture on whose score both have another opinion; how many there are. */
static int count_differing(const merger *m, const ll_score *old, const ll_score *fresh, int *first)
{
    int differ = 0;
    for (int i = m->fresh->n_archs - 1; i >= 0; i--) {
        double a = old->v[m->row[i]], b = fresh->v[i];
        if (isnan(a) || isnan(b) || fabs(a - b) <= AGREE * fmax(fabs(a), fabs(b))) continue;
        differ++;
        *first = i;
    }
    return differ;
}

static ll_status merge_score(const merger *m, const ll_score *fresh, ll_error *e)
{
    bool there = ll_dataset_score(m->d, fresh->name);
    ll_score *to = ll_dataset_make_score(m->d, fresh->name);
    int first = 0, differ = there ? count_differing(m, to, fresh, &first) : 0;
    if (differ && !m->replace)
        return ll_fail(
            e, LL_BAD_DATA,
            "score %s (%s) is in %s already and %d values differ by more than 0.1 percent, first %.6g there, "
            "%.6g in the file; give the score another name, or replace=on",
            fresh->name, to->source, m->into->name, differ, to->v[m->row[first]], fresh->v[first]);
    int filled = fill(m, to->v, fresh->v);
    if (there)
        note(m, "score %s was there: %d %s are new%s", fresh->name, filled - differ,
             ll_noun(filled - differ, "value", "values"), differ ? ", others were replaced" : "");
    if (fresh->model) ll_score_set_model(to, ll_score_model_ref(fresh->model));
    if (!there || filled) {
        char *source = there ? both(to->source, fresh->source) : ll_strdup(fresh->source);
        ll_score_describe(to, fresh->unit ? fresh->unit : to->unit, fresh->split ? fresh->split : to->split,
                          source);
        free(source);
    }
    return LL_OK;
}

static void merge_feature(const merger *m, const ll_feature *f)
{
    size_t dim = (size_t)f->dim, n = (size_t)m->d->n_archs * dim;
    float *v = LL_NEW_ARRAY(float, n + 1);
    for (size_t i = 0; i < n; i++) v[i] = NAN;
    for (int i = 0; i < m->fresh->n_archs; i++)
        memcpy(v + (size_t)m->row[i] * dim, f->v + (size_t)i * dim, dim * sizeof *v);
    ll_archs_set_feature(m->d->archs, f->name, f->dim, v);
    free(v);
}

/* A list of where data came from (imports, measured, machines) behind the one of the same name. */
static void merge_records(cJSON *provenance, const cJSON *list)
{
    const cJSON *entry;
    cJSON *to = ll_json_list(provenance, list->string);
    cJSON_ArrayForEach(entry, list) cJSON_AddItemToArray(to, cJSON_Duplicate(entry, true));
}

static ll_status merge_rest(const merger *m, ll_error *e)
{
    ll_dataset *d = m->d;
    for (int i = 0; i < m->fresh->n_scores; i++) {
        ll_status s = merge_score(m, &m->fresh->scores[i], e);
        if (s) return s;
    }
    for (int i = 0; i < m->fresh->archs->n_features; i++) merge_feature(m, &m->fresh->archs->features[i]);
    if (!d->reference.n)
        for (int i = 0; i < m->fresh->reference.n; i++)
            ll_ints_add(&d->reference, m->row[m->fresh->reference.v[i]]);
    for (const cJSON *list = m->fresh->provenance->child; list; list = list->next)
        if (cJSON_IsArray(list)) merge_records(d->provenance, list);
    return LL_OK;
}

static ll_status merge(merger *m, ll_error *e)
{
    size_t positions = (size_t)m->d->space->n_positions;
    for (int i = 0; i < m->fresh->n_archs; i++)
        memcpy(m->d->archs->genes + (size_t)m->row[i] * positions, ll_gene(m->fresh, i), positions);
    if (m->fresh->std_ms && !m->d->std_ms)
        m->d->std_ms = nans((size_t)m->d->n_archs * (size_t)m->d->n_devices);
    for (int j = 0; j < m->fresh->n_devices; j++) {
        ll_status s = ll_interrupted() ? ll_interrupt_fail(e) : merge_device(m, j, e);
        if (s) return s;
    }
    return merge_rest(m, e);
}

static size_t cells(int n_archs, int n_devices)
{
    return (size_t)n_archs * (size_t)n_devices;
}

/* Two tables that share neither architectures nor devices make one that is mostly holes, far larger than both. */
static ll_status check_size(size_t bytes, int n_archs, int n_devices, ll_error *e)
{
    ll_budget budget = ll_budget_for(LL_READER_TABLE, bytes);
    if (!ll_budget_take(&budget, cells(n_archs, n_devices), sizeof(double), e)) return LL_OK;
    return ll_fail_in(e, "joined, they have %d %s x %d devices: ", n_archs,
                      ll_noun(n_archs, "architecture", "architectures"), n_devices);
}

/* The same dataset with its architectures in a space that has their values. */
static ll_dataset *move_to(const ll_dataset *d, const ll_space *space, ll_error *e)
{
    ll_dataset *own = ll_dataset_extend(d, 0, 0);
    for (int i = 0; i < own->n_archs; i++)
        ll_numbers_translate(d->space, space, ll_gene(d, i), ll_arch_at(own->archs, i));
    own->space = own->archs->space = space;
    if (!ll_dataset_seal(own, e)) return own;
    ll_dataset_unref(own);
    return NULL;
}

static ll_status join_same(const ll_dataset *into, const ll_dataset *fresh, bool replace, ll_dataset **out,
                           ll_strs *notes, ll_error *e)
{
    if (into->space != fresh->space)
        return ll_fail(e, LL_BAD_DATA, "%s holds architectures of %s, what is to join it of %s", into->name,
                       into->space->name, fresh->space->name);
    size_t bytes =
        (cells(into->n_archs, into->n_devices) + cells(fresh->n_archs, fresh->n_devices)) * sizeof(double);
    int *row = LL_NEW_ARRAY(int, fresh->n_archs + 1), *device = LL_NEW_ARRAY(int, fresh->n_devices + 1);
    int more_rows = place_rows(into, fresh, row), more_devices = place_devices(into, fresh, device);
    merger m = {into, fresh, NULL, row, device, replace, notes};
    ll_status s = check_size(bytes, into->n_archs + more_rows, into->n_devices + more_devices, e);
    if (!s) {
        m.d = ll_dataset_extend(into, more_rows, more_devices);
        s = merge(&m, e);
    }
    free(row);
    free(device);
    if (s)
        ll_dataset_unref(m.d);
    else
        *out = m.d;
    return s;
}

/* Tables of numbers first get a space that has the values of both. */
static ll_status join(const ll_dataset *into, const ll_dataset *fresh, bool replace, ll_dataset **out,
                      ll_strs *notes, ll_error *e)
{
    if (into->space == fresh->space || !into->space->facts->columns || !fresh->space->facts->columns)
        return join_same(into, fresh, replace, out, notes, e);
    const ll_space *both = ll_numbers_union(into->space, fresh->space, e);
    if (!both) return LL_BAD_DATA;
    ll_dataset *a = move_to(into, both, e), *b = a ? move_to(fresh, both, e) : NULL;
    ll_status s = b ? join_same(a, b, replace, out, notes, e) : LL_BAD_DATA;
    ll_dataset_unref(a);
    ll_dataset_unref(b);
    return s;
}

ll_status ll_import_join(const ll_dataset *into, const ll_dataset *fresh, bool replace, ll_dataset **out,
                         ll_strs *notes, ll_error *e)
{
    ll_status s = join(into, fresh, replace, out, notes, e);
    if (s) return s;
    free((*out)->path);
    (*out)->path = NULL;
    return LL_OK;
}

ll_status ll_import_merge(const ll_dataset *into, const ll_dataset *fresh, bool replace, ll_dataset **out,
                          ll_strs *notes, ll_error *e)
{
    ll_dataset *d;
    ll_status s = join(into, fresh, replace, &d, notes, e);
    if (s) return s;
    s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *out = d;
    return s;
}
