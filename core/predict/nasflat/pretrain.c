#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/nasflat/prior.h"

static const double report_every_s = .08, evaluate_every_s = .4;
enum { HELD_OUT = 64, HISTORY_POINTS = 25 };

typedef struct items {
    ll_nasflat_item *v;
    double *y;
    int n;
} items;

/* A run of training: what the callbacks need. */
typedef struct training {
    const ll_pretrain_job *job;
    ll_nasflat_model *model;
    ll_nasflat_net net;
    float *complete; /* weights after the last complete epoch */
    int epochs_done, member, members;
    double start_s, evaluated_s, trained_s, rate; /* rate: items a second */
    ll_ints held_out;                             /* rows nobody trains on, known on every source */
    bool really_held_out;
    double *spearman;         /* (n_source) latest */
    ll_nasflat_progress last; /* reported */
} training;

/* --- items --- */

static void scale_table(const double *lat, int n_archs, double *y, int n)
{
    double least = INFINITY, most = -INFINITY;
    for (int i = 0; i < n_archs; i++)
        if (!isnan(lat[i])) {
            least = fmin(least, lat[i]);
            most = fmax(most, lat[i]);
        }
    for (int i = 0; i < n; i++) y[i] = most > least ? (y[i] - least) / (most - least) : 0;
}

static void scale_rank(double *y, int n)
{
    double *rank = LL_NEW_ARRAY(double, n);
    ll_ranks(y, n, rank);
    for (int i = 0; i < n; i++) y[i] = rank[i] / n;
    free(rank);
}

/* Every (architecture, source) with a latency. */
static items make_items(const ll_pretrain_job *job, bool by_rank)
{
    items it = {LL_NEW_ARRAY(ll_nasflat_item, job->n_archs * job->n_source),
                LL_NEW_ARRAY(double, job->n_archs * job->n_source), 0};
    for (int s = 0; s < job->n_source; s++) {
        const double *lat = ll_latencies(job->data, job->source[s]);
        int from = it.n;
        for (int i = 0; i < job->n_archs; i++) {
            if (isnan(lat[job->archs[i]])) continue;
            it.v[it.n] = (ll_nasflat_item){job->archs[i], s};
            it.y[it.n++] = lat[job->archs[i]];
        }
        if (by_rank)
            scale_rank(it.y + from, it.n - from);
        else
            scale_table(lat, job->data->n_archs, it.y + from, it.n - from);
    }
    return it;
}

/* --- held-out Spearman --- */

static void choose_held_out(training *t)
{
    const ll_pretrain_job *job = t->job;
    ll_ints common = ll_dataset_common(job->data, job->source, job->n_source), pool = {0};
    bool *used = LL_NEW_ARRAY(bool, job->data->n_archs);
    for (int i = 0; i < job->n_archs; i++) used[job->archs[i]] = true;
    for (int i = 0; i < common.n; i++)
        if (!used[common.v[i]]) ll_ints_add(&pool, common.v[i]);
    t->really_held_out = pool.n >= 8;
    const ll_ints *from = t->really_held_out ? &pool : &common;
    int n = from->n < HELD_OUT ? from->n : HELD_OUT;
    ll_rng r = ll_rng_new(job->seed, LL_STREAM_DATA);
    t->held_out = ll_ints_range(n);
    ll_rng_sample(&r, from->v, from->n, n, t->held_out.v);
    ll_ints_free(&common);
    ll_ints_free(&pool);
    free(used);
}

static bool may_go_on(void *ctx, int scored)
{
    return !ll_cancelled(((training *)ctx)->job->observer);
}

/* Cancelled: what was evaluated before stays. */
static void evaluate(training *t)
{
    int n = t->held_out.n, n_source = t->job->n_source;
    ll_nasflat_item *it = LL_NEW_ARRAY(ll_nasflat_item, n * n_source);
    float *score = LL_NEW_ARRAY(float, n *n_source);
    double *s = LL_NEW_ARRAY(double, n), *y = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n * n_source; i++) it[i] = (ll_nasflat_item){t->held_out.v[i % n], i / n};
    bool whole = ll_nasflat_score(&t->net, it, n * n_source, t->job->pool, may_go_on, t, score);
    for (int d = 0; whole && d < n_source; d++) {
        for (int i = 0; i < n; i++) {
            s[i] = score[d * n + i];
            y[i] = ll_latencies(t->job->data, t->job->source[d])[t->held_out.v[i]];
        }
        t->spearman[d] = ll_spearman(s, y, n);
    }
    free(it);
    free(score);
    free(s);
    free(y);
    t->evaluated_s = ll_now_s();
}

/* --- callbacks --- */

static cJSON *new_report(const training *t, const ll_nasflat_progress *p, double rate, double left_s)
{
    cJSON *o = ll_progress_new("pretrain", t->member * p->total + p->items, t->members * p->total);
    ll_json_str(o, "predictor", "nasflat");
    ll_json_int(o, "epoch", p->epoch);
    ll_json_int(o, "epochs", p->epochs);
    if (t->members > 1) ll_json_int(o, "member", t->member + 1);
    ll_json_num(o, "loss", p->loss);
    ll_json_num(o, "lr", p->lr);
    ll_json_num(o, "items_per_s", rate);
    ll_json_num(o, "left_s", left_s);
    ll_json_num(o, "spearman", ll_mean(t->spearman, t->job->n_source));
    cJSON *devices = ll_json_obj(o, "devices");
    for (int i = 0; i < t->job->n_source; i++) ll_json_num(devices, t->model->source.v[i], t->spearman[i]);
    ll_json_int(o, "held_out", t->really_held_out ? t->held_out.n : 0);
    return o;
}

static void report(training *t, const ll_nasflat_progress *p)
{
    long done = t->member * p->total + p->items, total = t->members * p->total;
    t->trained_s = ll_now_s();
    t->rate = done > 0 ? (double)done / fmax(t->trained_s - t->start_s, 1e-9) : 0;
    t->last = *p;
    double left_s = t->rate > 0 ? (double)(total - done) / t->rate : NAN;
    ll_progress(t->job->observer, new_report(t, p, t->rate, left_s));
}

/* Behind the last epoch: how far the prior is, beside what training came to. */
static void on_prior(void *ctx, long done, long total)
{
    training *t = ctx;
    if (!ll_observer_due(t->job->observer, report_every_s)) return;
    t->member = t->members - 1;
    double left_s = (ll_now_s() - t->trained_s) * (double)(total - done) / (double)done;
    cJSON *o = new_report(t, &t->last, t->rate, left_s);
    ll_json_num(o, "prior", (double)done / (double)total);
    ll_progress(t->job->observer, o);
}

static bool on_step(void *ctx, const ll_nasflat_progress *p)
{
    training *t = ctx;
    if (ll_observer_due(t->job->observer, report_every_s)) report(t, p);
    return !ll_cancelled(t->job->observer);
}

/* Every epoch's loss, and the held-out Spearman of some HISTORY_POINTS of them: by count, not by the clock. */
static void record(training *t, const ll_nasflat_progress *p)
{
    if (!t->job->history || t->member) return;
    int every = p->epochs / HISTORY_POINTS + 1;
    bool due = p->epoch % every == 0 || p->epoch == p->epochs;
    if (due) evaluate(t);
    ll_nasflat_record(t->job->history, p, due ? ll_mean(t->spearman, t->job->n_source) : NAN);
}

static bool on_epoch(void *ctx, const ll_nasflat_progress *p)
{
    training *t = ctx;
    memcpy(t->complete, t->net.w, t->model->layout.n * sizeof(float));
    t->epochs_done = p->epoch;
    record(t, p);
    bool last = p->epoch == p->epochs;
    if (t->job->observer && (last || ll_now_s() - t->evaluated_s > evaluate_every_s)) {
        evaluate(t);
        report(t, p);
    }
    return !ll_cancelled(t->job->observer);
}

/* --- pretrain --- */

/* One member; LL_CANCELLED keeps its last complete epoch when it is the only one so far. */
static ll_status train_member(training *t, const items *it)
{
    ll_nasflat_model *m = t->model;
    const ll_values *o = &m->options;
    float *w = ll_alloc_aligned(m->layout.n, sizeof *w);
    t->complete = ll_alloc_aligned(m->layout.n, sizeof *w);
    t->epochs_done = 0;
    t->net = (ll_nasflat_net){&m->layout, &m->inputs.graphs, m->inputs.z, w};
    uint64_t seed = t->job->seed * LL_NASFLAT_MOST_MEMBERS + (uint64_t)t->member;
    ll_nasflat_init_weights(&m->layout, w, seed);
    ll_nasflat_fit fit = ll_nasflat_fit_of(o);
    fit.items = it->v;
    fit.y = it->y;
    fit.n = it->n;
    fit.epochs = ll_int(o, "epochs");
    fit.lr = ll_real(o, "lr");
    fit.within = ll_is(o, "pairs", "within");
    fit.seed = seed;
    fit.observer = t->job->observer;
    fit.step = on_step;
    fit.epoch = on_epoch;
    fit.ctx = t;
    bool done = ll_nasflat_train(&t->net, &fit, t->job->pool) || t->epochs_done == fit.epochs;
    if (done || (t->epochs_done && !m->n_members)) {
        m->w[m->n_members++] = t->complete;
        t->complete = NULL;
    }
    free(t->complete);
    free(w);
    return done ? LL_OK : LL_CANCELLED;
}

ll_status ll_nasflat_pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    ll_values options;
    ll_nasflat_model *m = NULL;
    *model = NULL;
    ll_nasflat_resolve(job->options, &options);
    ll_status s = ll_nasflat_model_new(&options, job->data, job->source, job->n_source, job->observer, &m, e);
    int members = ll_int(&options, "members");
    ll_values_free(&options);
    if (s) return s;
    items it = make_items(job, ll_is(&m->options, "scaling", "rank"));
    training t = {.job = job, .model = m, .members = members, .start_s = ll_now_s()};
    t.spearman = LL_NEW_ARRAY(double, job->n_source);
    for (int i = 0; i < job->n_source; i++) t.spearman[i] = NAN;
    choose_held_out(&t);
    if (!it.n) s = ll_fail(e, LL_FAILED, "no source device has a latency of the chosen architectures");
    for (; !s && t.member < members; t.member++) s = train_member(&t, &it);
    if (s == LL_CANCELLED) ll_fail(e, LL_CANCELLED, "stopped after %d complete epochs", t.epochs_done);
    for (int i = 0; i < job->n_archs; i++) ll_ints_add(&m->rows, job->archs[i]);
    if (!s && ll_bool(&m->options, "prior")) s = ll_nasflat_prior_fit(m, job, on_prior, &t, e);
    if (m->n_members)
        *model = m;
    else
        ll_nasflat_model_free(m);
    ll_ints_free(&t.held_out);
    free(t.spearman);
    free(it.v);
    free(it.y);
    return s;
}
