#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/num/stats.h"
#include "core/predict/nasflat/prior.h"

static const double report_every_s = .08, evaluate_every_s = .4;
enum { HELD_OUT = 64, HISTORY_POINTS = 25 };

typedef struct items {
    ll_nasflat_item *v;
    double *y;
    int n;
} items;

/* A run of training: what the callbacks need. Architectures of items are numbers into `inputs`: those of job->rows, then
 * those held out. */
typedef struct training {
    const ll_pretrain_job *job;
    ll_nasflat_model *model;
    ll_nasflat_inputs inputs;
    ll_nasflat_net net;
    float *complete; /* weights after the last complete epoch */
    int epochs_done, member, members;
    double start_s, evaluated_s, trained_s, rate; /* rate: items a second */
    ll_ints
        held_out; /* of job->archs, known on every source; trained on only where there are too few others */
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
    size_t most = (size_t)job->n_rows * (size_t)job->sources.n;
    items it = {LL_NEW_ARRAY(ll_nasflat_item, most), LL_NEW_ARRAY(double, most), 0};
    for (int s = 0; s < job->sources.n; s++) {
        const double *lat = job->sources.lat_ms[s];
        int from = it.n;
        for (int i = 0; i < job->n_rows; i++) {
            if (isnan(lat[job->rows[i]])) continue;
            it.v[it.n] = (ll_nasflat_item){i, s};
            it.y[it.n++] = lat[job->rows[i]];
        }
        if (by_rank)
            scale_rank(it.y + from, it.n - from);
        else
            scale_table(lat, job->archs->n, it.y + from, it.n - from);
    }
    return it;
}

/* --- held-out Spearman --- */

static bool known_on_all(const ll_columns *sources, int row)
{
    bool known = true;
    for (int s = 0; s < sources->n; s++) known = known && !isnan(sources->lat_ms[s][row]);
    return known;
}

static void choose_held_out(training *t)
{
    const ll_pretrain_job *job = t->job;
    ll_ints common = {0}, unused = {0};
    bool *used = LL_NEW_ARRAY(bool, job->archs->n);
    for (int i = 0; i < job->n_rows; i++) used[job->rows[i]] = true;
    for (int i = 0; i < job->archs->n; i++) {
        if (!known_on_all(&job->sources, i)) continue;
        ll_ints_add(&common, i);
        if (!used[i]) ll_ints_add(&unused, i);
    }
    t->really_held_out = unused.n >= 8;
    const ll_ints *from = t->really_held_out ? &unused : &common;
    int n = from->n < HELD_OUT ? from->n : HELD_OUT;
    ll_rng r = ll_rng_new(job->seed, LL_STREAM_DATA);
    t->held_out = ll_ints_range(n);
    ll_rng_sample(&r, from->v, from->n, n, t->held_out.v);
    ll_ints_free(&common);
    ll_ints_free(&unused);
    free(used);
}

static void read_inputs(training *t)
{
    const ll_pretrain_job *job = t->job;
    ll_ints all = ll_ints_copy(job->rows, job->n_rows);
    for (int i = 0; i < t->held_out.n; i++) ll_ints_add(&all, t->held_out.v[i]);
    ll_archs *archs = ll_archs_pick(job->archs, all.v, all.n);
    ll_nasflat_inputs_read(&t->inputs, t->model, archs, 0, archs->n);
    ll_archs_unref(archs);
    ll_ints_free(&all);
}

/* Cancelled: what was evaluated before stays. */
static void evaluate(training *t)
{
    const ll_pretrain_job *job = t->job;
    int n = t->held_out.n, n_source = job->sources.n;
    ll_nasflat_item *it = LL_NEW_ARRAY(ll_nasflat_item, n * n_source);
    float *score = LL_NEW_ARRAY(float, n *n_source);
    double *s = LL_NEW_ARRAY(double, n), *y = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n * n_source; i++) it[i] = (ll_nasflat_item){job->n_rows + i % n, i / n};
    bool whole = ll_nasflat_score(&t->net, it, n * n_source, job->pool, job->observer, score);
    for (int d = 0; whole && d < n_source; d++) {
        for (int i = 0; i < n; i++) {
            s[i] = score[d * n + i];
            y[i] = job->sources.lat_ms[d][t->held_out.v[i]];
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
    ll_json_num(o, "spearman", ll_mean(t->spearman, t->job->sources.n));
    cJSON *devices = ll_json_obj(o, "devices");
    for (int i = 0; i < t->job->sources.n; i++) ll_json_num(devices, t->job->sources.name[i], t->spearman[i]);
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
    ll_nasflat_record(t->job->history, p, due ? ll_mean(t->spearman, t->job->sources.n) : NAN);
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
    t->net = (ll_nasflat_net){&m->layout, &t->inputs.graphs, t->inputs.z, w};
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

static ll_status train(training *t, ll_error *e)
{
    ll_nasflat_model *m = t->model;
    items it = make_items(t->job, ll_is(&m->options, "scaling", "rank"));
    ll_status s =
        it.n ? LL_OK : ll_fail(e, LL_FAILED, "no source device has a latency of the chosen architectures");
    for (; !s && t->member < t->members; t->member++) s = train_member(t, &it);
    if (s == LL_CANCELLED) ll_fail(e, LL_CANCELLED, "stopped after %d complete epochs", t->epochs_done);
    free(it.v);
    free(it.y);
    return s;
}

/* A network without the prior is usable, too. */
static ll_status train_and_fit(const ll_pretrain_job *job, ll_nasflat_model *m, ll_error *e)
{
    training t = {.job = job, .model = m, .members = ll_int(&m->options, "members"), .start_s = ll_now_s()};
    t.spearman = LL_NEW_ARRAY(double, job->sources.n + 1);
    for (int i = 0; i < job->sources.n; i++) t.spearman[i] = NAN;
    choose_held_out(&t);
    read_inputs(&t);
    ll_status s = train(&t, e);
    if (!s && ll_bool(&m->options, "prior"))
        s = ll_nasflat_prior_fit(m, job, (ll_nasflat_told){on_prior, &t}, &m->prior, e);
    ll_nasflat_inputs_free(&t.inputs);
    ll_ints_free(&t.held_out);
    free(t.spearman);
    return s;
}

ll_status ll_nasflat_pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    ll_values options;
    ll_nasflat_model *m = NULL;
    *model = NULL;
    ll_nasflat_resolve(job->options, &options);
    ll_status s = ll_nasflat_model_new(&options, job, &m, e);
    ll_values_free(&options);
    if (s) return s;
    s = train_and_fit(job, m, e);
    if (m->n_members)
        *model = m;
    else
        ll_nasflat_model_free(m);
    return s;
}
