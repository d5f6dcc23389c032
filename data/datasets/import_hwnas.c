/* HW-NAS-Bench's own file (Li et al., ICLR 2021, arXiv 2103.10584; HW-NAS-Bench-v1_0.pickle): {"nasbench201": {data set:
 * {metric: [a number per cell]}}, "fbnet": {...}}. Position i of a list is cell i of NAS-Bench-201, in the published
 * order; -1 was not measured. Latencies are in ms, energies in mJ. The part "fbnet" holds costs of blocks, no
 * measurements of networks, and is not read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/device/hardware.h"
#include "data/datasets/import.h"
#include "data/formats/pickle.h"

enum { CELLS = 15625, METRICS_MOST = 64 };

static const struct {
    const char *ending;
    ll_measurand of;
} kinds[] = {{"_latency", LL_LATENCY}, {"_energy", LL_ENERGY}};

/* Metrics that become devices. */
typedef struct metric {
    const char *name;
    ll_measurand of;
    const ll_pickled *list;
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

/* The data set that metric= names; without it cifar10, which every other source is on. */
static ll_status find_set(const ll_import *job, const ll_pickled *root, const ll_pickled **out, ll_error *e)
{
    const char *name = job->metric ? job->metric : "cifar10";
    const ll_pickled *cells = ll_pickled_get(root, "nasbench201");
    if (!cells) return no_such(job, root, "\"nasbench201\"", e);
    *out = ll_pickled_get(cells, name);
    if (*out && (*out)->kind == LL_PICKLED_DICT) return LL_OK;
    char what[80];
    snprintf(what, sizeof what, "data set \"%.40s\" (metric=)", name);
    return no_such(job, cells, what, e);
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
    if (isnan(*x) || (*x >= 0 && !isinf(*x))) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "%s: %.60s: element %zu is %g, a measurement was expected", path, m->name,
                   i, *x);
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
    if (cells < 1 || cells > CELLS)
        return ll_fail(e, LL_BAD_DATA, "%s: %.60s is a %s of %zu, a list of at most %d numbers was expected",
                       job->path, metrics[0].name, ll_pickled_word(metrics[0].list), cells, CELLS);
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = *out = ll_dataset_new(job->name, space, (int)cells, n);
    for (int i = 0; i < d->n_archs; i++) space->at(space, i, ll_arch_at(d->archs, i));
    for (int j = 0; j < n && !s; j++) {
        describe_device(job, &metrics[j], &d->devices[j]);
        s = read_metric(job, &metrics[j], d, j, e);
    }
    if (!s) ll_import_note(job, "%d metrics of %zu cells; latencies in ms, energies in mJ", n, cells);
    return s;
}

ll_status ll_import_hwnas(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    ll_pickle p;
    ll_dataset *d = NULL;
    const ll_pickled *set = NULL;
    if (job->space && strcmp(job->space->name, "nasbench201"))
        return ll_fail(e, LL_USAGE, "the measurements of HW-NAS-Bench are of nasbench201, not of %s",
                       job->space->name);
    ll_status s = ll_pickle_read(job->path, &p, e);
    if (s) return s;
    s = find_set(job, p.root, &set, e);
    if (!s) s = read_set(job, set, &d, e);
    ll_pickle_free(&p);
    if (!s) ll_import_provenance(d, "hwnasbench", job->path, NULL);
    if (!s) s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}
