/* Which source devices is the target like, as far as k samples can tell, and in truth? */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/device/correlation.h"
#include "core/device/hardware.h"
#include "core/device/likeness.h"
#include "core/diagnose/diagnose.h"

enum { LEAST_COMMON = 10 };
static const double level = .9;
static const double apart = .005; /* less is chance, or two equally good */

static ll_source_likeness likeness(const ll_diagnosis *q, int source)
{
    const ll_dataset *d = q->data;
    const ll_ints *samples = &q->transfer->samples;
    ll_source_likeness s = {
        .device = source, .same_hardware = ll_same_hardware(d, source, q->device), .surely = NAN};
    s.on_samples = ll_spearman_on(d, source, q->device, samples->v, samples->n, &s.k);
    ll_spearman_interval(s.on_samples, s.k, level, &s.lo, &s.hi);
    return s;
}

static int by_samples(const void *a, const void *b)
{
    const ll_source_likeness *x = a, *y = b;
    double rx = isnan(x->on_samples) ? -2 : x->on_samples, ry = isnan(y->on_samples) ? -2 : y->on_samples;
    if (rx != ry) return rx > ry ? -1 : 1;
    return x->device - y->device;
}

double ll_likeness(const ll_diagnosis *q, const ll_source_likeness *s)
{
    return ll_diagnose_few(q) ? s->on_samples : s->on_all;
}

/* The source devices, without the one that is diagnosed should it be among them; then all other devices; then itself. */
static ll_ints all_devices(const ll_diagnosis *q, int *n_sources)
{
    ll_ints devices = {0};
    const ll_ints *sources = &q->task->source;
    for (int i = 0; i < sources->n; i++)
        if (sources->v[i] != q->device) ll_ints_add(&devices, sources->v[i]);
    *n_sources = devices.n;
    for (int i = 0; i < q->data->n_devices; i++)
        if (i != q->device && ll_ints_find(sources, i) < 0) ll_ints_add(&devices, i);
    ll_ints_add(&devices, q->device);
    return devices;
}

static void rank_sources(ll_sources_report *out)
{
    qsort(out->sources, (size_t)out->n, sizeof *out->sources, by_samples);
    if (out->n && !isnan(out->sources[0].on_samples)) out->chosen = 0;
    for (int i = 0; i < out->n; i++) {
        double r = out->sources[i].on_all;
        if (!isnan(r) && (out->best < 0 || r > out->sources[out->best].on_all)) out->best = i;
    }
}

/* The likeness of the most alike source, -1: there is none. */
static double best_source(const ll_diagnosis *q, const ll_sources_report *r)
{
    double best = -1;
    for (int i = 0; i < r->n; i++) best = fmax(best, ll_likeness(q, &r->sources[i]));
    return best;
}

/* On a few samples some device is always more alike by chance. */
static bool is_more_alike(const ll_diagnosis *q, const ll_source_likeness *s, double best)
{
    if (!ll_diagnose_few(q)) return s->on_all > best + apart;
    return s->on_samples > best && s->surely >= LL_SURELY;
}

/* Against the source that is most alike on the samples. */
static void tell_apart(const ll_diagnosis *q, const ll_source_likeness *sources, int n,
                       ll_source_likeness *other)
{
    const ll_ints *samples = &q->transfer->samples;
    int best = -1;
    for (int i = 0; i < n; i++)
        if (!isnan(sources[i].on_samples) && (best < 0 || sources[i].on_samples > sources[best].on_samples))
            best = i;
    if (best >= 0)
        other->surely =
            ll_more_alike(q->data, q->device, other->device, sources[best].device, samples->v, samples->n);
}

/* Put in its place by likeness, the last of a full list falls out. */
static void offer_other(const ll_diagnosis *q, ll_sources_report *r, const ll_source_likeness *s)
{
    int at = r->n_others;
    while (at > 0 && ll_likeness(q, &r->others[at - 1]) < ll_likeness(q, s)) at--;
    if (at == LL_MAX_OTHERS) return;
    if (r->n_others < LL_MAX_OTHERS) r->n_others++;
    for (int i = r->n_others - 1; i > at; i--) r->others[i] = r->others[i - 1];
    r->others[at] = *s;
}

static void compare_devices(const ll_diagnosis *q, ll_sources_report *out)
{
    int n;
    ll_ints devices = all_devices(q, &n);
    int last = devices.n - 1;
    ll_source_likeness *all = LL_NEW_ARRAY(ll_source_likeness, last + 1);
    ll_corr c;
    ll_correlate(q->data, devices.v, devices.n, LL_SPEARMAN, q->pool, NULL, &c,
                 NULL); /* cannot be cancelled */
    for (int i = 0; i < last; i++) {
        all[i] = likeness(q, devices.v[i]);
        all[i].n = c.n[i * devices.n + last];
        all[i].on_all = all[i].n >= LEAST_COMMON ? ll_corr_at(&c, i, last) : NAN;
    }
    *out = (ll_sources_report){.sources = all, .n = n, .chosen = -1, .best = -1};
    double best = best_source(q, out);
    for (int i = n; i < last; i++) {
        tell_apart(q, all, n, &all[i]);
        if (is_more_alike(q, &all[i], best)) offer_other(q, out, &all[i]);
    }
    rank_sources(out);
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
    compare_devices(q, out);
    return try_starts(q, out, e);
}

void ll_sources_report_free(ll_sources_report *r)
{
    for (int i = 0; i < r->n_starts; i++) free(r->starts[i].init);
    free(r->sources);
    *r = (ll_sources_report){0};
}
