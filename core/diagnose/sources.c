/* Which source devices is the target like, as far as k samples can tell, and in truth? */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/device/correlation.h"
#include "core/device/hardware.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"

enum { LEAST_COMMON = 10 };
static const double level = .9;

/* Fisher's z with the standard error that suits Spearman (Bonett and Wright, Psychometrika 65, 2000). */
static void interval(double r, int k, double *lo, double *hi)
{
    *lo = -1;
    *hi = 1;
    if (isnan(r) || k < 4) return;
    double z = atanh(fmax(-.999999, fmin(.999999, r))), se = sqrt((1 + r * r / 2) / (k - 3));
    double width = ll_normal_quantile(.5 + level / 2) * se;
    *lo = tanh(z - width);
    *hi = tanh(z + width);
}

static ll_source_likeness likeness(const ll_diagnosis *q, int source)
{
    const ll_dataset *d = q->data;
    const ll_ints *samples = &q->transfer->samples;
    ll_source_likeness s = {.device = source, .same_hardware = ll_same_hardware(d, source, q->device)};
    double *x = LL_NEW_ARRAY(double, 2 * samples->n + 1), *y = x + samples->n;
    for (int i = 0; i < samples->n; i++) {
        int row = samples->v[i];
        if (!ll_known(d, source, row) || !ll_known(d, q->device, row)) continue;
        x[s.k] = ll_latencies(d, source)[row];
        y[s.k++] = ll_latencies(d, q->device)[row];
    }
    s.on_samples = ll_spearman(x, y, s.k);
    interval(s.on_samples, s.k, &s.lo, &s.hi);
    free(x);
    return s;
}

static int by_samples(const void *a, const void *b)
{
    const ll_source_likeness *x = a, *y = b;
    double rx = isnan(x->on_samples) ? -2 : x->on_samples, ry = isnan(y->on_samples) ? -2 : y->on_samples;
    if (rx != ry) return rx > ry ? -1 : 1;
    return x->device - y->device;
}

/* The source devices, without the one that is diagnosed should it be among them. */
static ll_ints other_sources(const ll_diagnosis *q)
{
    ll_ints devices = {0};
    for (int i = 0; i < q->task->source.n; i++)
        if (q->task->source.v[i] != q->device) ll_ints_add(&devices, q->task->source.v[i]);
    return devices;
}

static void compare_sources(const ll_diagnosis *q, ll_sources_report *out)
{
    ll_ints devices = other_sources(q);
    int n = devices.n;
    ll_corr c;
    ll_ints_add(&devices, q->device);
    *out = (ll_sources_report){
        .sources = LL_NEW_ARRAY(ll_source_likeness, n + 1), .n = n, .chosen = -1, .best = -1};
    ll_correlate(q->data, devices.v, devices.n, LL_SPEARMAN, q->pool, NULL, &c,
                 NULL); /* cannot be cancelled */
    for (int i = 0; i < n; i++) {
        ll_source_likeness *s = &out->sources[i];
        *s = likeness(q, devices.v[i]);
        s->n = c.n[i * (n + 1) + n];
        s->on_all = s->n >= LEAST_COMMON ? ll_corr_at(&c, i, n) : NAN;
    }
    qsort(out->sources, (size_t)n, sizeof *out->sources, by_samples);
    if (n && !isnan(out->sources[0].on_samples)) out->chosen = 0;
    for (int i = 0; i < n; i++) {
        double r = out->sources[i].on_all;
        if (!isnan(r) && (out->best < 0 || r > out->sources[out->best].on_all)) out->best = i;
    }
    ll_corr_free(&c);
    ll_ints_free(&devices);
}

/* --- other first embeddings --- */

/* The options the judged transfer was made with. */
static void same_options(const ll_transfer *t, ll_values *out)
{
    const cJSON *o, *given = cJSON_GetObjectItemCaseSensitive(t->info, "options");
    ll_values_init(out, t->predictor->transfer_options);
    cJSON_ArrayForEach(o, given)
    {
        ll_str text = {0};
        if (cJSON_IsString(o))
            ll_str_add(&text, o->valuestring);
        else if (cJSON_IsBool(o))
            ll_str_add(&text, cJSON_IsTrue(o) ? "on" : "off");
        else if (cJSON_IsNumber(o))
            ll_str_addf(&text, "%.17g", o->valuedouble);
        if (text.len) ll_values_set(out, o->string, ll_str_text(&text), NULL);
        ll_str_free(&text);
    }
}

static ll_status try_start(const ll_diagnosis *q, const char *init, ll_sources_report *out, ll_error *e)
{
    ll_values options;
    ll_transfer *t;
    same_options(q->transfer, &options);
    ll_status s = ll_values_set(&options, "init", init, e);
    ll_transfer_plan plan = {.data = q->data,
                             .model = q->model,
                             .target = q->device,
                             .samples = q->transfer->samples.v,
                             .k = q->transfer->samples.n,
                             .seed = q->transfer->seed,
                             .options = &options,
                             .observer = q->observer,
                             .pool = q->pool};
    if (!s) s = ll_transfer_run(&plan, &t, e);
    ll_values_free(&options);
    if (s) return s;
    out->starts[out->n_starts++] = (ll_start){ll_strdup(init), ll_diagnose_score(q, t)};
    ll_transfer_unref(t);
    return LL_OK;
}

static ll_status try_starts(const ll_diagnosis *q, ll_sources_report *out, ll_error *e)
{
    const ll_option *init = ll_option_find(q->transfer->predictor->transfer_options, "init");
    ll_status s = LL_OK;
    if (!q->model || !init || init->type != LL_CHOICE) return LL_OK;
    ll_strs ways = {0};
    ll_option_choices(init, &ways);
    for (int i = 0; i < ways.n && i < LL_MAX_STARTS && !s; i++) s = try_start(q, ways.v[i], out, e);
    ll_strs_free(&ways);
    return s;
}

ll_status ll_diagnose_sources(const ll_diagnosis *q, ll_sources_report *out, ll_error *e)
{
    compare_sources(q, out);
    return try_starts(q, out, e);
}

void ll_sources_report_free(ll_sources_report *r)
{
    for (int i = 0; i < r->n_starts; i++) free(r->starts[i].init);
    free(r->sources);
    *r = (ll_sources_report){0};
}
