#include "core/predict/source_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"

void ll_source_table_init(ll_source_table *t, const ll_pretrain_job *job)
{
    size_t n = (size_t)job->archs->n;
    *t = (ll_source_table){.archs = ll_archs_ref(job->archs)};
    t->lat_ms = LL_NEW_ARRAY(double, n *(size_t)job->sources.n + 1);
    for (int s = 0; s < job->sources.n; s++) {
        ll_strs_add(&t->names, job->sources.name[s]);
        memcpy(t->lat_ms + (size_t)s * n, job->sources.lat_ms[s], n * sizeof *t->lat_ms);
    }
}

void ll_source_table_free(ll_source_table *t)
{
    ll_archs_unref(t->archs);
    ll_strs_free(&t->names);
    free(t->lat_ms);
    *t = (ll_source_table){0};
}

const double *ll_source_column(const ll_source_table *t, int source)
{
    return t->lat_ms + (size_t)source * (size_t)t->archs->n;
}

double ll_source_latency(const ll_source_table *t, int source, const uint8_t *gene)
{
    int at = ll_archs_find(t->archs, gene);
    return at < 0 ? NAN : ll_source_column(t, source)[at];
}

double ll_source_agreement(const ll_source_table *t, int source, const ll_measured *samples)
{
    int k = samples->archs->n, n = 0;
    double *a = LL_NEW_ARRAY(double, 2 * k + 1), *b = a + k;
    for (int i = 0; i < k; i++) {
        double lat = ll_source_latency(t, source, ll_arch(samples->archs, i));
        if (isnan(lat)) continue;
        a[n] = lat;
        b[n++] = samples->lat_ms[i];
    }
    double rho = ll_spearman(a, b, n);
    free(a);
    return rho;
}

/* --- in a file --- */

#define NAMES "sources.names"

/* What is missing is NaN here and, as files hold numbers only, negative there. */
static const double MISSING = -1;

static size_t count_cells(const ll_source_table *t)
{
    return (size_t)t->names.n * (size_t)t->archs->n;
}

static void write_latencies(const ll_source_table *t, double *to)
{
    for (size_t i = 0, n = count_cells(t); i < n; i++) to[i] = isnan(t->lat_ms[i]) ? MISSING : t->lat_ms[i];
}

static void read_latencies(const double *from, ll_source_table *t)
{
    size_t n = count_cells(t);
    t->lat_ms = LL_NEW_ARRAY(double, n + 1);
    for (size_t i = 0; i < n; i++) t->lat_ms[i] = from[i] < 0 ? NAN : from[i];
}

void ll_source_table_save(const ll_source_table *t, ll_tensors *out)
{
    cJSON *names = cJSON_CreateArray();
    for (int i = 0; i < t->names.n; i++) ll_json_str(names, NULL, t->names.v[i]);
    ll_tensors_set_json(out, NAMES, names);
    ll_archs_save(t->archs, "sources.archs", out);
    long shape[] = {t->names.n, t->archs->n};
    write_latencies(t, ll_tensors_add(out, "sources.lat_ms", LL_F64, 2, shape, NULL)->data);
    cJSON_Delete(names);
}

static ll_status read_names(const ll_tensors *in, ll_strs *names, ll_error *e)
{
    cJSON *list;
    const cJSON *name;
    ll_status s = ll_tensors_json(in, NAMES, &list, e);
    if (s) return s;
    cJSON_ArrayForEach(name, list)
    {
        if (cJSON_IsString(name)) ll_strs_add(names, name->valuestring);
    }
    cJSON_Delete(list);
    return names->n ? LL_OK : ll_fail(e, LL_BAD_DATA, NAMES " names no source device");
}

static ll_status load(const ll_load_job *job, ll_source_table *t, ll_error *e)
{
    const ll_tensor *lat;
    ll_status s = read_names(job->tensors, &t->names, e);
    if (!s) s = ll_archs_load(job->tensors, "sources.archs", job->space, &t->archs, e);
    if (!s) s = ll_archs_index(t->archs, e);
    if (!s)
        s = ll_tensors_need(job->tensors, "sources.lat_ms", LL_F64, 2, (long[]){t->names.n, t->archs->n},
                            &lat, e);
    if (!s) read_latencies(lat->data, t);
    return s;
}

ll_status ll_source_table_load(const ll_load_job *job, ll_source_table *t, ll_error *e)
{
    *t = (ll_source_table){0};
    if (!ll_tensors_text(job->tensors, NAMES))
        return ll_fail(e, LL_BAD_DATA,
                       "the file has weights, but no latencies of its source devices (an older latlab wrote "
                       "it): pretrain again");
    ll_status s = load(job, t, e);
    if (s) ll_source_table_free(t);
    return s;
}
