#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/nasflat/prior.h"

static const double report_every_s = .08;
enum { SHOWN = 64, HISTORY_POINTS = 10 }; /* SHOWN: rows whose scores a face sees move */

typedef struct transfer {
    const ll_nasflat_model *model;
    const ll_transfer_job *job;
    ll_values options;
    const ll_nasflat_inputs *inputs;
    ll_nasflat_inputs own; /* when the dataset is not the one the model was made for */
    ll_nasflat_net net;
    ll_nasflat_item *items; /* (k) samples with a latency */
    double *lat_ms;         /* (k) */
    int k, target;          /* row of hw_emb */
    int nearest;            /* source the first embedding came from, -1: none */
    double nearest_corr;
    int member;
    double start_s, loss;
    cJSON *history;            /* of the first member's tuning */
    int shown[SHOWN], n_shown; /* rows */
} transfer;

/* --- samples, first embedding --- */

static ll_status measure_samples(transfer *t, ll_error *e)
{
    for (int i = 0; i < t->job->k; i++) {
        double lat = ll_measure(t->job, t->job->samples[i]);
        if (isnan(lat)) continue;
        t->items[t->k] = (ll_nasflat_item){t->job->samples[i], t->target};
        t->lat_ms[t->k++] = lat;
    }
    return t->k ? LL_OK
                : ll_fail(e, LL_FAILED, "none of the %d samples has a latency on the target", t->job->k);
}

/* Spearman of a source's latencies with the target's on the samples both know; NaN when it says nothing. */
static double source_corr(const transfer *t, int source)
{
    int device = ll_dataset_device(t->job->data, t->model->source.v[source]), n = 0;
    if (device < 0) return NAN;
    double *a = LL_NEW_ARRAY(double, t->k), *b = LL_NEW_ARRAY(double, t->k);
    for (int i = 0; i < t->k; i++) {
        double lat = ll_latencies(t->job->data, device)[t->items[i].arch];
        if (isnan(lat)) continue;
        a[n] = lat;
        b[n++] = t->lat_ms[i];
    }
    double corr = ll_spearman(a, b, n);
    free(a);
    free(b);
    return corr;
}

static void find_nearest(transfer *t)
{
    t->nearest = -1;
    t->nearest_corr = -INFINITY;
    for (int s = 0; s < t->model->source.n; s++) {
        double corr = source_corr(t, s);
        if (isnan(corr) || corr <= t->nearest_corr) continue;
        t->nearest = s;
        t->nearest_corr = corr;
    }
}

/* Spearman of every pretraining device's predictions with the target's latencies on the samples; the best row of
 * hw_emb, -1 when none says anything. */
static int find_fitted(const transfer *t)
{
    int n_rows = t->target, best = -1;
    double most = -INFINITY, *a = LL_NEW_ARRAY(double, t->k);
    ll_nasflat_item *items = LL_NEW_ARRAY(ll_nasflat_item, n_rows * t->k);
    float *score = LL_NEW_ARRAY(float, n_rows * t->k);
    for (int i = 0; i < n_rows * t->k; i++) items[i] = (ll_nasflat_item){t->items[i % t->k].arch, i / t->k};
    ll_nasflat_score(&t->net, items, n_rows * t->k, t->job->pool, NULL, NULL, score);
    for (int row = 0; row < n_rows; row++) {
        for (int i = 0; i < t->k; i++) a[i] = score[row * t->k + i];
        double corr = ll_spearman(a, t->lat_ms, t->k);
        if (isnan(corr) || corr <= most) continue;
        most = corr;
        best = row;
    }
    free(a);
    free(items);
    free(score);
    return best;
}

static void init_embedding(transfer *t)
{
    int fitted = ll_is(&t->options, "init", "fitted") ? find_fitted(t) : -1;
    int dim = t->net.layout->shape.hw_dim, n = t->model->source.n;
    float *emb = t->net.w + t->net.layout->hw_emb.at, *row = emb + (size_t)t->target * (size_t)dim;
    if (ll_is(&t->options, "init", "random")) {
        ll_rng r = ll_rng_new(t->job->seed, LL_STREAM_TRANSFER);
        for (int j = 0; j < dim; j++) row[j] = (float)ll_rng_normal(&r);
    } else if (ll_is(&t->options, "init", "correlated") && t->nearest >= 0) {
        memcpy(row, emb + (size_t)t->nearest * (size_t)dim, (size_t)dim * sizeof *row);
    } else if (fitted >= 0) {
        memcpy(row, emb + (size_t)fitted * (size_t)dim, (size_t)dim * sizeof *row);
    } else { /* mean, also where no source's ranks say anything (one sample, equal latencies) */
        memset(row, 0, (size_t)dim * sizeof *row);
        for (int s = 0; s < n; s++)
            for (int j = 0; j < dim; j++) row[j] += emb[s * dim + j] / (float)n;
    }
}

/* --- progress --- */

/* Rows spread evenly over those to predict. */
static void choose_shown(transfer *t)
{
    const ll_transfer_job *job = t->job;
    int n = job->rows ? job->n_rows : job->data->n_archs;
    t->n_shown = n < SHOWN ? n : SHOWN;
    for (int i = 0; i < t->n_shown; i++) {
        int at = (int)((long)i * n / t->n_shown);
        t->shown[i] = job->rows ? job->rows[at] : at;
    }
}

static cJSON *new_report(const transfer *t, long done, long total, const double *shown)
{
    double elapsed = ll_now_s() - t->start_s;
    cJSON *o = ll_progress_new("transfer", done, total);
    ll_json_str(o, "predictor", "nasflat");
    ll_json_str(o, "device", t->job->data->devices[t->job->target].name);
    ll_json_num(o, "left_s", done ? elapsed * (double)(total - done) / (double)done : NAN);
    ll_json_ints(o, "rows", t->shown, t->n_shown);
    ll_json_nums(o, "scores", shown, t->n_shown);
    return o;
}

static void report(transfer *t, long done, long total, const ll_nasflat_progress *p)
{
    float score[SHOWN];
    double shown[SHOWN];
    ll_nasflat_item items[SHOWN];
    for (int i = 0; i < t->n_shown; i++) items[i] = (ll_nasflat_item){t->shown[i], t->target};
    ll_nasflat_score(&t->net, items, t->n_shown, t->job->pool, NULL, NULL, score);
    for (int i = 0; i < t->n_shown; i++) shown[i] = score[i];
    cJSON *o = new_report(t, done, total, shown);
    if (p) {
        ll_json_int(o, "epoch", p->epoch);
        ll_json_int(o, "epochs", p->epochs);
        ll_json_num(o, "loss", p->loss);
        ll_json_num(o, "lr", p->lr);
    }
    ll_progress(t->job->observer, o);
}

/* The scores of a prediction that is whole. */
static void show_prediction(const transfer *t, const ll_prediction *p)
{
    double shown[SHOWN];
    int n = p->n;
    for (int i = 0; i < t->n_shown; i++) shown[i] = p->score[(long)i * n / t->n_shown];
    if (t->job->observer && t->job->observer->progress)
        ll_progress(t->job->observer, new_report(t, 1, 1, shown));
}

/* Spearman of the network's scores with the samples' own latencies. */
static double samples_spearman(const transfer *t)
{
    float *score = LL_NEW_ARRAY(float, t->k);
    double *s = LL_NEW_ARRAY(double, t->k);
    ll_nasflat_score(&t->net, t->items, t->k, t->job->pool, NULL, NULL, score);
    for (int i = 0; i < t->k; i++) s[i] = score[i];
    double spearman = ll_spearman(s, t->lat_ms, t->k);
    free(score);
    free(s);
    return spearman;
}

/* Every epoch's loss, and how well some HISTORY_POINTS of them rank the samples. */
static bool on_epoch(void *ctx, const ll_nasflat_progress *p)
{
    transfer *t = ctx;
    if (t->member) return true;
    int every = p->epochs / HISTORY_POINTS + 1;
    bool due = p->epoch % every == 0 || p->epoch == p->epochs;
    ll_nasflat_record(t->history, p, due ? samples_spearman(t) : NAN);
    return true;
}

static bool on_step(void *ctx, const ll_nasflat_progress *p)
{
    transfer *t = ctx;
    t->loss = p->loss;
    if (ll_observer_due(t->job->observer, report_every_s))
        report(t, t->member * p->total + p->items, t->model->n_members * p->total, p);
    return !ll_cancelled(t->job->observer);
}

static bool may_go_on(void *ctx, int scored)
{
    return !ll_cancelled(((transfer *)ctx)->job->observer);
}

/* --- one member --- */

static bool tune(transfer *t)
{
    const ll_values *o = &t->options;
    bool cell = !strcmp(t->job->data->space->name, "nasbench201");
    unsigned char *active = NULL;
    if (ll_is(o, "tune", "head")) {
        active = ll_alloc(t->net.layout->n, 1);
        ll_nasflat_head_mask(t->net.layout, active);
    }
    ll_nasflat_fit fit = ll_nasflat_fit_of(o);
    fit.items = t->items;
    fit.y = t->lat_ms;
    fit.n = t->k;
    fit.epochs = ll_has(o, "epochs") ? ll_int(o, "epochs") : cell ? 40 : 30;
    fit.lr = ll_has(o, "lr") ? ll_real(o, "lr") : cell ? 3e-3 : 1e-3;
    fit.within = true;
    fit.active = active;
    fit.seed = t->job->seed * LL_NASFLAT_MOST_MEMBERS + (uint64_t)t->member;
    fit.observer = t->job->observer;
    fit.step = on_step;
    fit.epoch = on_epoch;
    fit.ctx = t;
    bool go = ll_nasflat_train(&t->net, &fit, t->job->pool);
    free(active);
    return go;
}

/* Adds the member's scores: as they are when it is the only one, else standardised. */
static void add_scores(const float *score, int n, int members, double *out)
{
    double mean = 0, square = 0, sd = 1;
    for (int i = 0; i < n && members > 1; i++) mean += (double)score[i] / n;
    for (int i = 0; i < n && members > 1; i++) square += (score[i] - mean) * (score[i] - mean);
    if (square > 0) sd = sqrt(square / n);
    for (int i = 0; i < n; i++) out[i] += (score[i] - mean) / sd / members;
}

/* rows (n) are the ones to predict. */
static bool run_member(transfer *t, const ll_nasflat_item *rows, int n, float *score, double *out)
{
    const ll_nasflat_layout *l = &t->model->layout;
    float *w = ll_alloc_aligned(l->n, sizeof *w);
    memcpy(w, t->model->w[t->member],
           l->n * sizeof *w); /* every transfer starts from the pretrained weights */
    t->net = (ll_nasflat_net){l, &t->inputs->graphs, t->inputs->z, w};
    init_embedding(t);
    bool go = tune(t) && ll_nasflat_score(&t->net, rows, n, t->job->pool, may_go_on, t, score);
    if (go) add_scores(score, n, t->model->n_members, out);
    if (go && t->job->observer && t->job->observer->progress)
        report(t, t->member + 1, t->model->n_members, NULL);
    free(w);
    return go;
}

/* --- transfer --- */

static ll_status open_inputs(transfer *t, ll_error *e)
{
    const ll_nasflat_model *m = t->model;
    t->inputs = &m->inputs;
    if (!strcmp(m->data_hash, t->job->data->hash.hex)) return LL_OK;
    t->inputs = &t->own;
    return ll_nasflat_inputs_open(&t->own, t->job->data, ll_word(&m->options, "graph"),
                                  ll_word(&m->options, "encoding"), t->job->observer, e);
}

static ll_nasflat_item *rows_to_predict(const transfer *t, int *n)
{
    const ll_transfer_job *job = t->job;
    *n = job->rows ? job->n_rows : job->data->n_archs;
    ll_nasflat_item *rows = LL_NEW_ARRAY(ll_nasflat_item, *n);
    for (int i = 0; i < *n; i++) rows[i] = (ll_nasflat_item){job->rows ? job->rows[i] : i, t->target};
    return rows;
}

static cJSON *describe(transfer *t)
{
    cJSON *o = cJSON_CreateObject();
    bool copied = ll_is(&t->options, "init", "correlated") && t->nearest >= 0;
    ll_json_str(o, "init", copied ? t->model->source.v[t->nearest] : ll_word(&t->options, "init"));
    if (copied) ll_json_num(o, "init_spearman", t->nearest_corr);
    ll_json_str(o, "adapt", "tune");
    ll_json_int(o, "members", t->model->n_members);
    ll_json_num(o, "loss", t->loss);
    if (t->history->child) { /* some epochs were made */
        cJSON_AddItemToObject(o, "history", t->history);
        t->history = NULL;
    }
    return o;
}

/* The network itself learns from the samples. */
static ll_status transfer_tuning(transfer *t, ll_prediction *out, ll_error *e)
{
    int n;
    ll_nasflat_item *rows = rows_to_predict(t, &n);
    float *score = LL_NEW_ARRAY(float, n);
    *out = (ll_prediction){.n = n, .score = LL_NEW_ARRAY(double, n)};
    t->history = cJSON_CreateObject();
    find_nearest(t);
    ll_status s = open_inputs(t, e);
    for (; !s && t->member < t->model->n_members; t->member++)
        if (!run_member(t, rows, n, score, out->score))
            s = ll_fail(e, LL_CANCELLED, "stopped while transferring");
    if (!s) out->info = describe(t);
    ll_nasflat_inputs_close(&t->own);
    free(rows);
    free(score);
    return s;
}

/* The samples condition the prior. */
static ll_status transfer_by_prior(transfer *t, ll_prediction *out, ll_error *e)
{
    ll_transfer_job job = *t->job;
    ll_ints known = {0};
    for (int i = 0; i < t->k; i++) ll_ints_add(&known, t->items[i].arch);
    job.samples = known.v;
    job.k = known.n;
    ll_status s = ll_nasflat_prior_transfer(t->model, &job, out, e);
    ll_ints_free(&known);
    if (!s) {
        ll_json_str(out->info, "adapt", "prior");
        show_prediction(t, out);
    }
    return s;
}

/* By the prior unless the options say otherwise; *by_prior false, too, when nobody asked and there is none to be had. */
static ll_status choose_way(const transfer *t, bool *by_prior, ll_error *e)
{
    const ll_values *o = &t->options;
    bool has = ll_nasflat_has_prior(t->model, t->job->data), asked = ll_given(o, "adapt");
    *by_prior = ll_is(o, "adapt", "prior") && (has || asked);
    for (int i = 0; *by_prior && o->table[i].name; i++) {
        const char *name = o->table[i].name;
        if (o->given[i] && strcmp(name, "adapt") && strcmp(name, "preset"))
            return ll_fail(e, LL_USAGE,
                           "%s= says how the network is tuned, and goes with adapt=tune; adapt=prior does "
                           "without tuning",
                           name);
    }
    if (*by_prior && !has)
        return ll_fail(e, LL_USAGE,
                       "this model was pretrained without a prior (prior=off); adapt=tune was expected");
    return LL_OK;
}

ll_status ll_nasflat_transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    transfer t = {.model = model, .job = job, .start_s = ll_now_s()};
    bool by_prior;
    t.target = t.model->layout.shape.n_devices - 1;
    t.items = LL_NEW_ARRAY(ll_nasflat_item, job->k);
    t.lat_ms = LL_NEW_ARRAY(double, job->k);
    *out = (ll_prediction){0};
    ll_nasflat_resolve(job->options, &t.options);
    choose_shown(&t);
    ll_status s = choose_way(&t, &by_prior, e);
    if (!s) s = measure_samples(&t, e);
    if (!s) s = (by_prior ? transfer_by_prior : transfer_tuning)(&t, out, e);
    if (s) ll_prediction_free(out);
    cJSON_Delete(t.history);
    ll_values_free(&t.options);
    free(t.items);
    free(t.lat_ms);
    return s;
}
