#include "core/transfer/transfer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/transfer/map.h"

/* What has been looked at of the target: the measurement cost. */
typedef struct counter {
    const double *lat_ms;
    int n;
    ll_ints *measured;
    unsigned char *seen;
} counter;

static double measure(void *ctx, int arch)
{
    counter *c = ctx;
    if (arch < 0 || arch >= c->n) return NAN;
    if (!c->seen[arch] && !isnan(c->lat_ms[arch])) ll_ints_add(c->measured, arch);
    c->seen[arch] = 1;
    return c->lat_ms[arch];
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

/* The predictor ranks only: learn milliseconds from the samples. */
static void map_scores(ll_transfer *t, const ll_transfer_job *job)
{
    double *s = LL_NEW_ARRAY(double, job->k), *y = LL_NEW_ARRAY(double, job->k);
    for (int i = 0; i < job->k; i++) {
        s[i] = t->score[job->samples[i]];
        y[i] = ll_measure(job, job->samples[i]);
    }
    ll_map m = ll_map_fit(s, y, job->k);
    t->map = ll_strdup(ll_map_name(&m));
    t->map_error = m.error;
    t->lat_ms = LL_NEW_ARRAY(double, t->n);
    for (int i = 0; i < t->n; i++) t->lat_ms[i] = ll_map_apply(&m, t->score[i]);
    ll_map_free(&m);
    free(s);
    free(y);
}

static void take_prediction(ll_transfer *t, ll_prediction *p, const ll_transfer_job *job)
{
    t->n = p->n;
    t->score = p->score;
    t->lat_ms = p->lat_ms;
    t->sd_ms = p->sd_ms;
    t->dof = p->dof;
    t->info = p->info ? p->info : cJSON_CreateObject();
    if (t->lat_ms) {
        for (int i = 0; i < t->n; i++)
            t->lat_ms[i] = fmax(0, t->lat_ms[i]); /* a linear model does not know */
        t->map = ll_strdup("native");
        t->map_error = NAN;
    } else {
        map_scores(t, job);
    }
}

static ll_status run(const ll_transfer_plan *p, ll_transfer *t, ll_error *e)
{
    ll_values defaults = {0};
    if (!p->options) ll_values_init(&defaults, p->model->predictor->transfer_options);
    counter count = {ll_latencies(p->data, p->target), p->data->n_archs, &t->measured,
                     LL_NEW_ARRAY(unsigned char, p->data->n_archs)};
    ll_transfer_job job = {.data = p->data,
                           .target = p->target,
                           .samples = p->samples,
                           .k = p->k,
                           .seed = p->seed,
                           .options = p->options ? p->options : &defaults,
                           .observer = p->observer,
                           .pool = p->pool,
                           .want_variance = p->want_variance,
                           .measure = measure,
                           .measure_ctx = &count};
    ll_prediction prediction = {0};
    ll_status s = ll_predictor_transfer(p->model->predictor, p->model->impl, &job, &prediction, e);
    if (s)
        ll_prediction_free(&prediction);
    else
        take_prediction(t, &prediction, &job);
    if (!s) cJSON_AddItemToObject(t->info, "options", ll_values_json(job.options));
    ll_values_free(&defaults);
    free(count.seen);
    return s;
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
    ll_basis_take(&t->basis, p->data, &p->model->basis.device);
    s = run(p, t, e);
    t->target_hash = ll_strdup(ll_column_hash(p->data, p->target, t->measured.v, t->measured.n).hex);
    t->seconds = ll_now_s() - start;
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
    double z = ll_student_quantile(.5 + level / 2, t->dof);
    for (int i = 0; i < t->n; i++) {
        lo_ms[i] = fmax(0, t->lat_ms[i] - z * t->sd_ms[i]);
        hi_ms[i] = t->lat_ms[i] + z * t->sd_ms[i];
    }
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
