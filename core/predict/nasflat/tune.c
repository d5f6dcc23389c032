/* adapt=tune: every member goes on learning, on the samples alone, from a first embedding of the target. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "core/predict/nasflat/adapted.h"

static const double report_every_s = .08;
enum { HISTORY_POINTS = 10 };

typedef struct tuning {
    const ll_nasflat_model *model;
    const ll_adapt_job *job;
    const ll_values *options;
    ll_nasflat_adapted *out;
    ll_nasflat_inputs inputs; /* of the samples */
    ll_nasflat_net net;
    ll_nasflat_item *items; /* (k) samples */
    int k, target;          /* row of hw_emb */
    int nearest;            /* source the first embedding came from, -1: none */
    double nearest_corr;
    int member;
    double start_s, loss;
    cJSON *history; /* of the first member */
} tuning;

/* --- first embedding --- */

static void find_nearest(tuning *t)
{
    t->nearest = -1;
    t->nearest_corr = -INFINITY;
    for (int s = 0; s < t->model->sources.names.n; s++) {
        double corr = ll_source_agreement(&t->model->sources, s, &t->job->samples);
        if (isnan(corr) || corr <= t->nearest_corr) continue;
        t->nearest = s;
        t->nearest_corr = corr;
    }
}

/* Spearman of the network's scores (k) with the samples' latencies. */
static double spearman_of(const tuning *t, const float *score)
{
    double *s = LL_NEW_ARRAY(double, t->k);
    for (int i = 0; i < t->k; i++) s[i] = score[i];
    double corr = ll_spearman(s, t->job->samples.lat_ms, t->k);
    free(s);
    return corr;
}

/* The pretraining device whose predictions rank the samples as the target does; -1 when none says anything. */
static int find_fitted(const tuning *t)
{
    int n_rows = t->target, best = -1;
    double most = -INFINITY;
    ll_nasflat_item *items = LL_NEW_ARRAY(ll_nasflat_item, n_rows * t->k);
    float *score = LL_NEW_ARRAY(float, n_rows * t->k);
    for (int i = 0; i < n_rows * t->k; i++) items[i] = (ll_nasflat_item){i % t->k, i / t->k};
    ll_nasflat_score(&t->net, items, n_rows * t->k, t->job->pool, NULL, score);
    for (int row = 0; row < n_rows; row++) {
        double corr = spearman_of(t, score + row * t->k);
        if (isnan(corr) || corr <= most) continue;
        most = corr;
        best = row;
    }
    free(items);
    free(score);
    return best;
}

static void init_embedding(tuning *t)
{
    int fitted = ll_is(t->options, "init", "fitted") ? find_fitted(t) : -1;
    int dim = t->net.layout->shape.hw_dim, n = t->model->sources.names.n;
    float *emb = t->net.w + t->net.layout->hw_emb.at, *row = emb + (size_t)t->target * (size_t)dim;
    if (ll_is(t->options, "init", "random")) {
        ll_rng r = ll_rng_new(t->job->seed, LL_STREAM_TRANSFER);
        for (int j = 0; j < dim; j++) row[j] = (float)ll_rng_normal(&r);
    } else if (ll_is(t->options, "init", "correlated") && t->nearest >= 0) {
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

static bool is_listened_to(const tuning *t)
{
    return t->job->observer && t->job->observer->progress;
}

/* What the member at work says of the watched, to be freed; NULL: nobody looks. */
static double *watched_scores(const tuning *t)
{
    const ll_archs *archs = t->job->watch;
    if (!archs) return NULL;
    float *score = LL_NEW_ARRAY(float, archs->n + 1);
    double *out = LL_NEW_ARRAY(double, archs->n + 1);
    ll_nasflat_score_archs(t->model, t->net.w, t->target, 1, archs, NULL, t->job->pool, (ll_nasflat_told){0},
                           score);
    for (int i = 0; i < archs->n; i++) out[i] = score[i];
    free(score);
    return out;
}

static void report(const tuning *t, long done, long total, const ll_nasflat_progress *p)
{
    double *scores = watched_scores(t);
    cJSON *o = ll_nasflat_report_new(t->job, t->start_s, done, total, scores);
    if (p) {
        ll_json_int(o, "epoch", p->epoch);
        ll_json_int(o, "epochs", p->epochs);
        ll_json_num(o, "loss", p->loss);
        ll_json_num(o, "lr", p->lr);
    }
    ll_progress(t->job->observer, o);
    free(scores);
}

static double samples_spearman(const tuning *t)
{
    float *score = LL_NEW_ARRAY(float, t->k);
    ll_nasflat_score(&t->net, t->items, t->k, t->job->pool, NULL, score);
    double spearman = spearman_of(t, score);
    free(score);
    return spearman;
}

/* Every epoch's loss, and how well some HISTORY_POINTS of them rank the samples. */
static bool on_epoch(void *ctx, const ll_nasflat_progress *p)
{
    tuning *t = ctx;
    if (t->member) return true;
    int every = p->epochs / HISTORY_POINTS + 1;
    bool due = p->epoch % every == 0 || p->epoch == p->epochs;
    ll_nasflat_record(t->history, p, due ? samples_spearman(t) : NAN);
    return true;
}

static bool on_step(void *ctx, const ll_nasflat_progress *p)
{
    tuning *t = ctx;
    t->loss = p->loss;
    if (ll_observer_due(t->job->observer, report_every_s))
        report(t, t->member * p->total + p->items, t->model->n_members * p->total, p);
    return !ll_cancelled(t->job->observer);
}

/* --- one member --- */

enum { USUAL_EPOCHS = 30 };
static const double usual_lr = 1e-3;

static bool learn(tuning *t)
{
    const ll_values *o = t->options;
    const ll_space_facts *facts = t->job->samples.archs->space->facts;
    int epochs = facts->tune.epochs ? facts->tune.epochs : USUAL_EPOCHS;
    double lr = facts->tune.epochs ? facts->tune.lr : usual_lr;
    unsigned char *active = NULL;
    if (ll_is(o, "tune", "head")) {
        active = ll_alloc(t->net.layout->n, 1);
        ll_nasflat_head_mask(t->net.layout, active);
    }
    ll_nasflat_fit fit = ll_nasflat_fit_of(o);
    fit.items = t->items;
    fit.y = t->job->samples.lat_ms;
    fit.n = t->k;
    fit.epochs = ll_has(o, "epochs") ? ll_int(o, "epochs") : epochs;
    fit.lr = ll_has(o, "lr") ? ll_real(o, "lr") : lr;
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

/* Scores of different networks have no common unit: in the mean they are what they are to their population. */
static bool standardise(tuning *t)
{
    const ll_archs *archs = t->model->sources.archs;
    double *standard = t->out->standard[t->member];
    standard[0] = 0;
    standard[1] = 1;
    if (t->model->n_members == 1) return true;
    if (!t->out->known) t->out->known = LL_NEW_ARRAY(double, archs->n + 1);
    float *score = LL_NEW_ARRAY(float, archs->n + 1);
    bool go = ll_nasflat_score_archs(t->model, t->net.w, t->target, 1, archs, t->job->observer, t->job->pool,
                                     (ll_nasflat_told){0}, score);
    if (go) ll_nasflat_standard(score, archs->n, standard);
    for (int i = 0; i < archs->n && go; i++)
        t->out->known[i] += (score[i] - standard[0]) / standard[1] / t->model->n_members;
    free(score);
    return go;
}

static bool run_member(tuning *t)
{
    const ll_nasflat_layout *l = &t->model->layout;
    float *w = t->out->w[t->out->n_members++] = ll_alloc_aligned(l->n, sizeof *w);
    memcpy(w, t->model->w[t->member], l->n * sizeof *w); /* every one starts from the pretrained weights */
    t->net = (ll_nasflat_net){l, &t->inputs.graphs, t->inputs.z, w};
    init_embedding(t);
    bool go = learn(t) && standardise(t);
    if (go && is_listened_to(t)) report(t, t->member + 1, t->model->n_members, NULL);
    return go;
}

/* --- all of them --- */

static void describe(tuning *t)
{
    cJSON *o = t->job->info;
    bool copied = ll_is(t->options, "init", "correlated") && t->nearest >= 0;
    ll_json_str(o, "init", copied ? t->model->sources.names.v[t->nearest] : ll_word(t->options, "init"));
    if (copied) ll_json_num(o, "init_spearman", t->nearest_corr);
    ll_json_str(o, "adapt", "tune");
    ll_json_int(o, "members", t->model->n_members);
    ll_json_num(o, "loss", t->loss);
    if (t->history->child) { /* some epochs were made */
        cJSON_AddItemToObject(o, "history", t->history);
        t->history = NULL;
    }
}

ll_status ll_nasflat_tune(const ll_adapt_job *job, const ll_values *options, ll_nasflat_adapted *out,
                          ll_error *e)
{
    tuning t = {.model = out->model, .job = job, .options = options, .out = out, .start_s = ll_now_s()};
    t.k = job->samples.archs->n;
    t.target = t.model->layout.shape.n_devices - 1;
    t.items = LL_NEW_ARRAY(ll_nasflat_item, t.k);
    t.history = cJSON_CreateObject();
    for (int i = 0; i < t.k; i++) t.items[i] = (ll_nasflat_item){i, t.target};
    ll_nasflat_inputs_read(&t.inputs, t.model, job->samples.archs, 0, t.k);
    find_nearest(&t);
    bool go = true;
    for (; go && t.member < t.model->n_members; t.member++) go = run_member(&t);
    if (go && job->info) describe(&t);
    ll_nasflat_inputs_free(&t.inputs);
    cJSON_Delete(t.history);
    free(t.items);
    return go ? LL_OK : ll_fail(e, LL_CANCELLED, "stopped while transferring");
}

bool ll_nasflat_tuned_scores(const ll_nasflat_adapted *a, const ll_archs *archs, const ll_observer *observer,
                             ll_pool *pool, double *out)
{
    const ll_nasflat_model *m = a->model;
    if (a->known && ll_archs_same(archs, m->sources.archs)) {
        memcpy(out, a->known, (size_t)archs->n * sizeof *out);
        return true;
    }
    float *score = LL_NEW_ARRAY(float, archs->n + 1);
    bool go = true;
    memset(out, 0, (size_t)archs->n * sizeof *out);
    for (int i = 0; i < a->n_members && go; i++) {
        go = ll_nasflat_score_archs(m, a->w[i], m->layout.shape.n_devices - 1, 1, archs, observer, pool,
                                    (ll_nasflat_told){0}, score);
        for (int j = 0; j < archs->n && go; j++)
            out[j] += (score[j] - a->standard[i][0]) / a->standard[i][1] / a->n_members;
    }
    free(score);
    return go;
}
