/* Zero-cost proxies (github abdelfattah-lab/nasflat_latency, zc_fbnet.json): {architecture: {proxy: value}}, or as
 * NAS-Bench-Suite-Zero (Krishnakumar et al., NeurIPS 2022) lays them out: {data set: {architecture: {proxy: {"score":
 * value, "time": s}, "val_accuracy": value}}}, of which the accuracy is no proxy.
 * They become the feature "zcp", one column per proxy in alphabetical order; synflow spans tens of powers of
 * ten and is kept as its logarithm (core/ALGORITHMS.md section 9). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "data/importers/arch_text.h"
#include "data/importers/import.h"

enum { PROXIES_MOST = 48 }; /* a dataset holds 64 scores */

static double proxy_value(const char *name, double x)
{
    return strcmp(name, "synflow") ? x : log(x > 1e-300 ? x : 1e-300);
}

/* The number of a proxy, however it is laid out; NULL: none is there. */
static const cJSON *value_of(const cJSON *proxy)
{
    return cJSON_IsObject(proxy) ? cJSON_GetObjectItemCaseSensitive(proxy, "score") : proxy;
}

/* Data sets whose members are architectures: the values of an entry are no numbers but objects of objects. */
static bool is_suite(const cJSON *json)
{
    const cJSON *arch = cJSON_IsObject(json) && cJSON_IsObject(json->child) ? json->child->child : NULL;
    if (!cJSON_IsObject(arch)) return false;
    const cJSON *proxy;
    cJSON_ArrayForEach(proxy, arch) if (cJSON_IsObject(proxy)) return true;
    return false;
}

/* The architectures of the file, or of the data set that metric= names. */
static ll_status find_archs(const ll_import *job, const cJSON *json, const cJSON **out, ll_error *e)
{
    *out = json;
    if (!is_suite(json)) return LL_OK;
    const cJSON *set;
    ll_str names = {0};
    *out = job->metric         ? cJSON_GetObjectItemCaseSensitive(json, job->metric)
           : json->child->next ? NULL
                               : json->child;
    cJSON_ArrayForEach(set, json) if (names.len < 200)
        ll_str_addf(&names, "%s%.40s", names.len ? ", " : "", set->string);
    if (!*out)
        ll_fail(e, LL_BAD_DATA, "%s: which data set? give metric=, one of %s", job->path,
                ll_str_text(&names));
    ll_str_free(&names);
    return *out ? LL_OK : LL_BAD_DATA;
}

static ll_status read_names(const ll_import *job, const cJSON *first, ll_strs *names, ll_error *e)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, first) if (!item->string || strcmp(item->string, "val_accuracy"))
        ll_strs_add(names, item->string ? item->string : "");
    ll_strs_sort(names);
    if (!names->n || names->n > PROXIES_MOST)
        return ll_fail(e, LL_BAD_DATA, "%s: {architecture: {proxy: value}} was expected", job->path);
    return LL_OK;
}

static ll_status read_arch(const ll_import *job, ll_arch_text *text, const cJSON *entry, const ll_strs *names,
                           uint8_t *gene, float *v, ll_error *e)
{
    if (ll_arch_text_read(text, entry->string, gene, e)) return ll_fail_in(e, "%s: ", job->path);
    for (int k = 0; k < names->n; k++) {
        const cJSON *item = value_of(cJSON_GetObjectItemCaseSensitive(entry, names->v[k]));
        if (!cJSON_IsNumber(item) && !cJSON_IsNull(item))
            return ll_fail(e, LL_BAD_DATA, "%s: architecture %.100s has no proxy %.60s", job->path,
                           entry->string, names->v[k]);
        v[k] = cJSON_IsNumber(item) ? (float)proxy_value(names->v[k], item->valuedouble) : NAN;
        if (isinf(v[k]))
            return ll_fail(e, LL_BAD_DATA,
                           "%s: proxy %.60s of architecture %.100s is %g, a finite number was expected",
                           job->path, names->v[k], entry->string, item->valuedouble);
    }
    return LL_OK;
}

/* Each proxy is also a score that a search can maximise. */
static ll_status add_scores(ll_dataset *d, const ll_strs *names, const float *v, ll_error *e)
{
    for (int k = 0; k < names->n; k++) {
        if (ll_score_check_name(names->v[k], e)) return ll_fail_in(e, "proxies: ");
        ll_score *score = ll_dataset_make_score(d, names->v[k]);
        ll_score_describe(score, NULL, NULL, "NASFLAT (zero-cost proxy)");
        for (int i = 0; i < d->n_archs; i++)
            score->v[i] = (double)v[(size_t)i * (size_t)names->n + (size_t)k];
    }
    return LL_OK;
}

static ll_status read_all(ll_import *job, ll_arch_text *text, const cJSON *json, const ll_strs *names,
                          ll_dataset **out, ll_error *e)
{
    int n = cJSON_GetArraySize(json), i = 0;
    const cJSON *entry;
    ll_status s = LL_OK;
    ll_dataset *d = *out = ll_dataset_new(job->name, job->space, n, 0);
    float *v = NULL; /* grows with the rows that are read: the first one says how wide all claim to be */
    size_t cap = 0, width = (size_t)names->n;
    cJSON_ArrayForEach(entry, json)
    {
        if ((size_t)i == cap) {
            cap = 2 * cap + 64;
            v = ll_realloc(v, cap * width, sizeof *v);
        }
        s = ll_interrupted() ? ll_interrupt_fail(e)
                             : read_arch(job, text, entry, names,
                                         d->archs->genes + (size_t)i * (size_t)job->space->n_positions,
                                         v + (size_t)i * width, e);
        if (s) break;
        i++;
    }
    if (!s) ll_archs_set_feature(d->archs, "zcp", names->n, v);
    if (!s) s = add_scores(d, names, v, e);
    free(v);
    return s;
}

/* Only architectures of the dataset: a row without any latency would not be of use. */
static ll_status check_known(const ll_import *job, const ll_dataset *d, ll_error *e)
{
    int known = 0;
    for (int i = 0; i < d->n_archs; i++) known += ll_dataset_row(job->into, ll_gene(d, i)) >= 0;
    if (known < d->n_archs)
        return ll_fail(e, LL_BAD_DATA, "%s: %d of its %d architectures are not in %s", job->path,
                       d->n_archs - known, d->n_archs, job->into->name);
    return LL_OK;
}

ll_status ll_import_zcp(ll_import *job, ll_dataset **fresh, ll_error *e)
{
    cJSON *json;
    ll_strs names = {0};
    ll_dataset *d = NULL;
    ll_status s = ll_json_read_file(job->path, &json, e);
    if (s) return s;
    ll_arch_text text = {.space = job->space};
    const cJSON *archs = NULL;
    s = ll_arch_order_find(job->space, job->order, &text.order, e);
    if (!s) s = find_archs(job, json, &archs, e);
    if (!s) s = read_names(job, cJSON_IsObject(archs) ? archs->child : NULL, &names, e);
    if (!s) s = read_all(job, &text, archs, &names, &d, e);
    cJSON_Delete(json);
    if (!s) ll_import_provenance(d, "zcp", job->path, NULL);
    if (!s) s = ll_dataset_seal(d, e);
    if (!s) s = check_known(job, d, e);
    if (!s) ll_arch_text_note(job, &text);
    if (!s)
        ll_import_note(job, "feature zcp: %d proxies of %d architectures, synflow as its logarithm", names.n,
                       d->n_archs);
    ll_strs_free(&names);
    if (s)
        ll_dataset_unref(d);
    else
        *fresh = d;
    return s;
}
