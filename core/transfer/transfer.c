#include "core/transfer/transfer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"

/* The target's column: what the predictor may ask of beyond the samples. */
typedef struct target {
    const ll_dataset *data;
    const double *lat_ms;
    ll_ints *measured; /* rows that were looked at and have a latency, each once */
} target;

static double look_up(void *ctx, const uint8_t *gene)
{
    target *t = ctx;
    int row = ll_dataset_row(t->data, gene);
    double lat = row < 0 ? NAN : t->lat_ms[row];
    if (!isnan(lat) && ll_ints_find(t->measured, row) < 0) ll_ints_add(t->measured, row);
    return lat;
}

static ll_status check_plan(const ll_transfer_plan *p, ll_error *e)
{
    if (p->k < 1) return ll_fail(e, LL_FAILED, "a transfer needs at least one sample");
    for (int i = 0; i < p->k; i++)
        if (!ll_known(p->data, p->target, p->samples[i]))
            return ll_fail(e, LL_FAILED,
                           "architecture %d has no latency on %s: measure it, or draw other samples",
                           p->samples[i], p->data->devices[p->target].name);
    return LL_OK;
}

/* Rows spread evenly over the dataset, for faces that look on. */
enum { WATCHED = 64 };

typedef struct watch {
    ll_archs *archs;
    int rows[WATCHED];
} watch;

static void watch_init(watch *w, const ll_dataset *d)
{
    int n = d->n_archs < WATCHED ? d->n_archs : WATCHED;
    for (int i = 0; i < n; i++) w->rows[i] = (int)((long)i * d->n_archs / n);
    w->archs = ll_archs_pick(d->archs, w->rows, n);
}

static ll_status adapt(const ll_transfer_plan *p, ll_transfer *t, ll_error *e)
{
    double *lat_ms = LL_NEW_ARRAY(double, p->k);
    ll_archs *samples = ll_archs_pick(p->data->archs, p->samples, p->k);
    target own = {p->data, ll_latencies(p->data, p->target), &t->measured};
    watch looked_at;
    watch_init(&looked_at, p->data);
    for (int i = 0; i < p->k; i++) lat_ms[i] = own.lat_ms[p->samples[i]];
    for (int i = 0; i < p->k; i++) ll_ints_add(&t->measured, p->samples[i]);
    ll_adapt_plan plan = {.model = p->model,
                          .device = t->device,
                          .note = p->data->devices[p->target].note,
                          .of = p->data->devices[p->target].of,
                          .samples = {samples, lat_ms},
                          .table = p->data->archs,
                          .lookup = look_up,
                          .lookup_ctx = &own,
                          .watch = looked_at.archs,
                          .watch_rows = looked_at.rows,
                          .sampler = p->sampler,
                          .want_variance = p->want_variance,
                          .seed = p->seed,
                          .options = p->options,
                          .observer = p->observer,
                          .pool = p->pool};
    ll_status s = ll_adapt(&plan, &t->adapted, e);
    ll_archs_unref(looked_at.archs);
    ll_archs_unref(samples);
    free(lat_ms);
    return s;
}

static ll_status predict(const ll_predict_job *job, ll_transfer *t, ll_error *e)
{
    ll_prediction all;
    ll_status s = ll_adapted_predict(t->adapted, job, &all, e);
    if (s) return s;
    t->n = all.n;
    t->score = all.score;
    t->lat_ms = all.lat_ms;
    t->sd_ms = all.sd_ms;
    t->dof = all.dof;
    return LL_OK;
}

/* The predictor speaks of its samples by number; here they are rows, if all of them are. */
static void name_outliers(ll_transfer *t)
{
    cJSON *outlier;
    if (t->samples.n != t->adapted->samples->n) cJSON_DeleteItemFromObjectCaseSensitive(t->info, "outliers");
    cJSON_ArrayForEach(outlier, cJSON_GetObjectItemCaseSensitive(t->info, "outliers"))
    {
        int i = outlier->valueint;
        if (i >= 0 && i < t->samples.n) cJSON_SetNumberValue(outlier, t->samples.v[i]);
    }
}

static void describe(ll_transfer *t)
{
    const ll_adapted *a = t->adapted;
    t->map = ll_strdup(a->native ? "native" : ll_map_name(&a->map));
    t->map_error = a->native ? NAN : a->map.error;
    t->info = cJSON_Duplicate(a->info, true);
    name_outliers(t);
}

ll_status ll_transfer_run(const ll_transfer_plan *p, ll_transfer **out, ll_error *e)
{
    *out = NULL;
    ll_status s = check_plan(p, e);
    if (s) return s;
    double start = ll_now_s();
    ll_transfer *t = LL_NEW(ll_transfer);
    *t = (ll_transfer){.refs = 1,
                       .predictor = p->model->predictor,
                       .device = ll_strdup(p->data->devices[p->target].name),
                       .samples = ll_ints_copy(p->samples, p->k),
                       .sampler = ll_strdup(p->sampler ? p->sampler : "manual"),
                       .seed = p->seed};
    ll_basis_copy(&t->basis, &p->model->basis); /* nothing that a stale model predicts is fresh */
    s = adapt(p, t, e);
    ll_predict_job job = {p->data->archs, p->want_variance, p->observer, p->pool};
    if (!s) s = predict(&job, t, e);
    if (!s) describe(t);
    t->target_hash = ll_strdup(ll_column_hash(p->data, p->target, t->measured.v, t->measured.n).hex);
    t->seconds = ll_now_s() - start;
    if (s)
        ll_transfer_unref(t);
    else
        *out = t;
    return s;
}

/* The samples that the dataset has, and whether all have the latency there that they were learnt from. */
static bool find_samples(const ll_adapted *a, const ll_dataset *d, int device, ll_ints *rows)
{
    bool same = true;
    for (int i = 0; i < a->samples->n; i++) {
        int row = ll_dataset_row(d, ll_arch(a->samples, i));
        if (row >= 0) ll_ints_add(rows, row);
        same = same && row >= 0 && ll_latencies(d, device)[row] == a->lat_ms[i];
    }
    return same;
}

static ll_status check_table(const ll_adapted *a, const ll_dataset *d, int device, int found, ll_error *e)
{
    if (d->space != a->model->space)
        return ll_fail(e, LL_FAILED, "it predicts architectures of %s, %s is of %s", a->model->space->name,
                       d->name, d->space->name);
    if (device < 0) return ll_fail(e, LL_FAILED, "%s has no device %s", d->name, a->device);
    return found ? LL_OK : ll_fail(e, LL_FAILED, "none of its samples is in %s", d->name);
}

ll_status ll_transfer_of(const ll_adapted *a, const ll_dataset *d, ll_observer *observer, ll_pool *pool,
                         ll_transfer **out, ll_error *e)
{
    int device = ll_dataset_device(d, a->device);
    ll_ints rows = {0};
    bool same = d->space == a->model->space && device >= 0 && find_samples(a, d, device, &rows);
    ll_status s = check_table(a, d, device, rows.n, e);
    if (s) {
        ll_ints_free(&rows);
        return s;
    }
    ll_transfer *t = LL_NEW(ll_transfer);
    *t = (ll_transfer){.refs = 1,
                       .adapted = ll_adapted_ref(a),
                       .predictor = a->model->predictor,
                       .device = ll_strdup(a->device),
                       .samples = rows,
                       .sampler = ll_strdup(a->sampler),
                       .seed = a->seed,
                       .measured = ll_ints_copy(rows.v, rows.n),
                       .seconds = a->seconds};
    ll_basis_copy(&t->basis, &a->model->basis);
    s = predict(&(ll_predict_job){d->archs, true, observer, pool}, t, e);
    if (!s) describe(t);
    t->target_hash = ll_strdup(same ? ll_column_hash(d, device, t->measured.v, t->measured.n).hex : "");
    if (s)
        ll_transfer_unref(t);
    else
        *out = t;
    return s;
}

ll_transfer *ll_transfer_ref(const ll_transfer *t)
{
    ll_transfer *own = (ll_transfer *)t;
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_transfer_unref(ll_transfer *t)
{
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL)) return;
    ll_adapted_unref(t->adapted);
    free(t->device);
    ll_ints_free(&t->samples);
    free(t->sampler);
    free(t->score);
    free(t->lat_ms);
    free(t->sd_ms);
    free(t->map);
    ll_ints_free(&t->measured);
    ll_basis_free(&t->basis);
    free(t->target_hash);
    cJSON_Delete(t->info);
    free(t);
}

bool ll_transfer_stale(const ll_transfer *t, const ll_dataset *d, ll_str *why)
{
    int device = ll_dataset_device(d, t->device);
    bool known = t->target_hash && *t->target_hash && device >= 0;
    bool other = known && strcmp(t->target_hash, ll_column_hash(d, device, t->measured.v, t->measured.n).hex);
    bool stale = ll_basis_changed(&t->basis, d, why);
    if (device < 0 || other || (t->target_hash && !known)) {
        ll_str_addf(why, "%swhat was measured of %s %s", stale ? "; " : "", t->device,
                    device < 0 ? "is gone"
                    : other    ? "has changed"
                               : "may have changed");
        stale = true;
    }
    if (t->n != d->n_archs) {
        ll_str_addf(why, "%sit predicts %d of %d architectures", stale ? "; " : "", t->n, d->n_archs);
        stale = true;
    }
    return stale;
}

bool ll_transfer_interval(const ll_transfer *t, double level, double *lo_ms, double *hi_ms)
{
    if (!t->sd_ms) return false;
    ll_prediction_interval(&(ll_prediction){t->n, t->score, t->lat_ms, t->sd_ms, t->dof}, level, lo_ms,
                           hi_ms);
    return true;
}

ll_metrics ll_transfer_metrics(const ll_transfer *t, const ll_dataset *d, ll_protocol p, double level,
                               ll_ints *rows)
{
    int device = ll_dataset_device(d, t->device);
    ll_ints scored = ll_scoring_rows(d, device, p, t->samples.v, t->samples.n);
    /* rows that joined the dataset after this transfer have no prediction */
    while (scored.n && scored.v[scored.n - 1] >= t->n) scored.n--;
    double *lo = NULL, *hi = NULL;
    if (t->sd_ms) {
        lo = LL_NEW_ARRAY(double, t->n);
        hi = LL_NEW_ARRAY(double, t->n);
        ll_transfer_interval(t, level, lo, hi);
    }
    ll_metrics m =
        ll_metrics_of(ll_latencies(d, device), t->score, t->lat_ms, lo, hi, level, scored.v, scored.n);
    free(lo);
    free(hi);
    if (rows)
        *rows = scored;
    else
        ll_ints_free(&scored);
    return m;
}
