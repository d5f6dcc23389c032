/* HW-NAS-Bench's own file (Li et al., ICLR 2021, arXiv 2103.10584; HW-NAS-Bench-v1_0.pickle), a part for each space:
 * {"nasbench201": {data set: {metric: [a number per cell]}}, "fbnet": {metric: {name of a block: number}}}. Position i of a
 * list is architecture i of the space, in the published order; -1 was not measured. The costs of blocks are tables of layer
 * costs, whose sums over an architecture are what the published program answers. Latencies are in ms, energies in mJ. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/plausible.h"
#include "core/costs/part_names.h"
#include "core/device/hardware.h"
#include "data/formats/pickle.h"
#include "data/importers/import.h"
#include "data/importers/sums.h"

enum { METRICS_MOST = 64 };

static const struct {
    const char *ending;
    ll_measurand of;
} kinds[] = {{"_latency", LL_LATENCY}, {"_energy", LL_ENERGY}};

/* Metrics that become devices. */
typedef struct metric {
    const char *name;
    ll_measurand of;
    const ll_pickled *list; /* of numbers, or a dict of blocks and numbers */
} metric;

/* What it measures; -1: nothing that is read (the arithmetic intensity). */
static int kind_of(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t m = strlen(kinds[i].ending);
        if (n > m && !strcmp(name + n - m, kinds[i].ending)) return (int)kinds[i].of;
    }
    return -1;
}

static void list_keys(const ll_pickled *dict, ll_str *out)
{
    for (size_t i = 0; i + 1 < dict->items.n && out->len < 200; i += 2)
        if (dict->items.v[i]->kind == LL_PICKLED_TEXT)
            ll_str_addf(out, "%s%.40s", out->len ? ", " : "", dict->items.v[i]->text.s);
}

static ll_status no_such(const ll_import *job, const ll_pickled *dict, const char *what, ll_error *e)
{
    ll_str keys = {0};
    if (dict->kind == LL_PICKLED_DICT) list_keys(dict, &keys);
    ll_fail(e, LL_BAD_DATA, "%s: no %s in it (it has %s), HW-NAS-Bench's file was expected", job->path, what,
            keys.len ? keys.s : "no keys");
    ll_str_free(&keys);
    return LL_BAD_DATA;
}

static const ll_space *space_of(const ll_import *job)
{
    return job->space ? job->space : ll_space_find("nasbench201");
}

static ll_status find_part(const ll_import *job, const ll_pickled *root, const ll_pickled **out, ll_error *e)
{
    char what[100];
    *out = ll_pickled_get(root, space_of(job)->name);
    if (*out) return LL_OK;
    snprintf(what, sizeof what, "\"%.60s\"", space_of(job)->name);
    return no_such(job, root, what, e);
}

/* Does the part have metrics at once, and no data sets? */
static bool has_metrics(const ll_pickled *part)
{
    for (size_t i = 0; part->kind == LL_PICKLED_DICT && i + 1 < part->items.n; i += 2)
        if (part->items.v[i]->kind == LL_PICKLED_TEXT && kind_of(part->items.v[i]->text.s) >= 0) return true;
    return false;
}

/* The data set that metric= names; without it cifar10, which every other source is on. */
static ll_status find_set(const ll_import *job, const ll_pickled *part, const ll_pickled **out, ll_error *e)
{
    const char *name = job->metric ? job->metric : "cifar10";
    *out = ll_pickled_get(part, name);
    if (*out && (*out)->kind == LL_PICKLED_DICT) return LL_OK;
    char what[80];
    snprintf(what, sizeof what, "data set \"%.40s\" (metric=)", name);
    return no_such(job, part, what, e);
}

static ll_status find_metrics(const ll_import *job, const ll_pickled *set, metric *out, int *n, ll_error *e)
{
    *n = 0;
    for (size_t i = 0; i + 1 < set->items.n; i += 2) {
        const ll_pickled *key = set->items.v[i];
        int of = key->kind == LL_PICKLED_TEXT ? kind_of(key->text.s) : -1;
        if (of < 0 || !ll_import_chosen(job, key->text.s)) continue;
        if (*n == METRICS_MOST)
            return ll_fail(e, LL_BAD_DATA, "%s: more than %d metrics", job->path, METRICS_MOST);
        out[(*n)++] = (metric){key->text.s, (ll_measurand)of, set->items.v[i + 1]};
    }
    return *n ? LL_OK : no_such(job, set, "latency or energy that was asked for", e);
}

static ll_status check_value(const char *path, const metric *m, size_t i, double *x, ll_error *e)
{
    if (*x == -1) *x = NAN;
    if (isnan(*x)) return LL_OK;
    ll_status s = LL_OK;
    if (m->of == LL_LATENCY)
        s = ll_check_ms(*x, e);
    else if (!(*x >= 0) || isinf(*x))
        s = ll_fail(e, LL_BAD_DATA, "%g is no measurement", *x);
    return s ? ll_fail_in(e, "%s: %.60s: element %zu: ", path, m->name, i) : LL_OK;
}

static ll_status read_metric(const ll_import *job, const metric *m, ll_dataset *d, int j, ll_error *e)
{
    double *x = NULL;
    size_t n = 0;
    ll_status s = ll_pickled_numbers(m->list, &x, &n, e);
    if (s) return ll_fail_in(e, "%s: %.60s: ", job->path, m->name);
    if (n != (size_t)d->n_archs)
        s = ll_fail(e, LL_BAD_DATA, "%s: %.60s has %zu numbers, %d were expected as in the first metric",
                    job->path, m->name, n, d->n_archs);
    for (size_t i = 0; i < n && !s; i++) {
        s = check_value(job->path, m, i, &x[i], e);
        ll_latencies(d, j)[i] = x[i];
    }
    free(x);
    return s;
}

/* "edgegpu_energy", and of another data set than the usual "edgegpu_energy_cifar100". */
static void describe_device(const ll_import *job, const metric *m, ll_device *v)
{
    ll_str name = {0}, note = {0}, rice = {0};
    ll_str_add(&name, m->name);
    if (job->metric && strcmp(job->metric, "cifar10")) ll_str_addf(&name, "_%s", job->metric);
    if (m->list->kind == LL_PICKLED_DICT)
        ll_str_addf(&note, "%s, sums of blocks", m->name);
    else
        ll_str_addf(&note, "%s on %s", m->name, job->metric ? job->metric : "cifar10");
    ll_str_addf(&rice, "rice_%.*s", (int)strcspn(m->name, "_"), m->name);
    ll_device_set(v, name.s, LL_MEASURED, "HW-NAS-Bench", ll_measurand_unit(m->of), ll_hardware_named(rice.s),
                  note.s);
    v->of = m->of;
    ll_str_free(&name);
    ll_str_free(&note);
    ll_str_free(&rice);
}

static ll_status read_set(ll_import *job, const ll_pickled *set, ll_dataset **out, ll_error *e)
{
    metric metrics[METRICS_MOST];
    int n;
    ll_status s = find_metrics(job, set, metrics, &n, e);
    if (s) return s;
    size_t cells = metrics[0].list->kind == LL_PICKLED_LIST ? metrics[0].list->items.n : 0;
    if (metrics[0].list->kind == LL_PICKLED_ARRAY) cells = metrics[0].list->array->count;
    const ll_space *space = space_of(job);
    if (!space->n_archs)
        return ll_fail(e, LL_BAD_DATA, "%s: lists of numbers, and the architectures of %s have no order",
                       job->path, space->name);
    if (cells < 1 || cells > (size_t)space->n_archs)
        return ll_fail(e, LL_BAD_DATA, "%s: %.60s is a %s of %zu, a list of at most %d numbers was expected",
                       job->path, metrics[0].name, ll_pickled_word(metrics[0].list), cells, space->n_archs);
    ll_dataset *d = *out = ll_dataset_new(job->name, space, (int)cells, n);
    for (int i = 0; i < d->n_archs; i++) space->at(space, i, ll_arch_at(d->archs, i));
    for (int j = 0; j < n && !s; j++) {
        describe_device(job, &metrics[j], &d->devices[j]);
        s = read_metric(job, &metrics[j], d, j, e);
    }
    if (!s)
        ll_import_note(job, "%d %s of %zu cells; latencies in ms, energies in mJ", n,
                       ll_noun(n, "metric", "metrics"), cells);
    return s;
}

/* --- tables of blocks --- */

static ll_status add_block(const ll_pickled *key, const ll_pickled *value, ll_costs *c, ll_error *e)
{
    ll_cost_row row = {.std_ms = NAN};
    if (key->kind != LL_PICKLED_TEXT) return ll_fail(e, LL_BAD_DATA, "a key that is no name of a block");
    ll_status s = ll_part_read_name(key->text.s, &row.part, e);
    if (!s && !ll_pickled_number(value, &row.ms))
        s = ll_fail(e, LL_BAD_DATA, "%.100s is a %s, a number was expected", key->text.s,
                    ll_pickled_word(value));
    return s || row.ms == -1 ? s : ll_costs_add(c, &row, e);
}

static ll_status read_blocks(const ll_import *job, const metric *m, ll_costs **out, ll_error *e)
{
    if (m->list->kind != LL_PICKLED_DICT)
        return ll_fail(e, LL_BAD_DATA, "%s: %.60s is a %s, a dict of blocks was expected", job->path, m->name,
                       ll_pickled_word(m->list));
    ll_costs *c = ll_costs_new(space_of(job));
    ll_status s = LL_OK;
    for (size_t i = 0; i + 1 < m->list->items.n && !s; i += 2)
        s = ll_interrupted() ? ll_interrupt_fail(e)
                             : add_block(m->list->items.v[i], m->list->items.v[i + 1], c, e);
    if (s) {
        ll_costs_unref(c);
        return ll_fail_in(e, "%s: %.60s: ", job->path, m->name);
    }
    ll_costs_seal(c, NULL);
    *out = c;
    return LL_OK;
}

static ll_status sum_blocks(ll_import *job, const metric *m, ll_dataset *d, int j, ll_error *e)
{
    ll_costs *c = NULL;
    ll_sums sums = {0};
    ll_status s = read_blocks(job, m, &c, e);
    if (s) return s;
    describe_device(job, m, &d->devices[j]);
    ll_device_set_costs(&d->devices[j], c);
    ll_fill_sums(d, j, &sums);
    s = ll_interrupted() ? ll_interrupt_fail(e) : ll_sums_report(job, &d->devices[j], &sums, d->n_archs, e);
    ll_sums_free(&sums);
    return s;
}

static ll_status read_tables(ll_import *job, const ll_pickled *part, ll_dataset **out, ll_error *e)
{
    metric metrics[METRICS_MOST];
    int n;
    if (job->metric)
        return ll_fail(e, LL_USAGE, "metric=%.40s: the blocks of %s are for all data sets, leave it out",
                       job->metric, space_of(job)->name);
    ll_status s = find_metrics(job, part, metrics, &n, e);
    if (!s) s = ll_sums_dataset(job, space_of(job), n, NULL, out, e);
    for (int j = 0; j < n && !s; j++) s = sum_blocks(job, &metrics[j], *out, j, e);
    return s;
}

bool ll_is_hwnas(const char *path)
{
    ll_pickle p;
    ll_error ignored = {0};
    if (ll_pickle_read(path, &p, &ignored)) return false;
    bool is = ll_pickled_get(p.root, "nasbench201") && ll_pickled_get(p.root, "fbnet");
    ll_pickle_free(&p);
    return is;
}

ll_status ll_import_hwnas(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    ll_pickle p;
    ll_dataset *d = NULL;
    const ll_pickled *part = NULL, *set = NULL;
    ll_status s = ll_pickle_read(job->path, &p, e);
    if (s) return s;
    s = find_part(job, p.root, &part, e);
    if (!s && has_metrics(part)) {
        s = read_tables(job, part, &d, e);
    } else if (!s) {
        s = find_set(job, part, &set, e);
        if (!s) s = read_set(job, set, &d, e);
    }
    ll_pickle_free(&p);
    if (!s) ll_import_provenance(d, "hwnasbench", job->path, NULL);
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}
