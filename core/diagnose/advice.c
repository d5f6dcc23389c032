/* What would help: other samples, other sources, another predictor. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/device/hardware.h"
#include "core/diagnose/diagnose.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/transfer/pretrain.h"

/* A left-out error that is not lower by this factor is chance at a few tens of samples. */
static const double worth = .8;
enum { WORLDS = 12, MOST_LEARNED = 256 };

/* --- the next samples --- */

/* The gp on the samples, and on the samples with the proposed ones where those are known. */
static ll_status score_next(const ll_diagnosis *q, const ll_ints *next, ll_advice_report *out, ll_error *e)
{
    ll_transfer *t;
    ll_ints rows = ll_ints_copy(q->transfer->samples.v, q->transfer->samples.n);
    ll_status s = ll_diagnose_transfer(q, q->gp, &rows, &t, e);
    out->gp_score = out->next_score = NAN;
    if (!s) {
        out->gp_score = ll_diagnose_score(q, t);
        ll_transfer_unref(t);
    }
    bool known = true;
    for (int i = 0; i < next->n; i++) {
        known &= ll_known(q->data, q->device, next->v[i]);
        ll_ints_add(&rows, next->v[i]);
    }
    if (!s && known && next->n) s = ll_diagnose_transfer(q, q->gp, &rows, &t, e);
    if (!s && known && next->n) {
        out->next_score = ll_diagnose_score(q, t);
        ll_transfer_unref(t);
    }
    ll_ints_free(&rows);
    return s;
}

/* --- other sources --- */

/* Spearman with the target on the samples both know; -2 where there are too few. */
static double on_samples(const ll_diagnosis *q, int device)
{
    const ll_ints *s = &q->transfer->samples;
    double *x = LL_NEW_ARRAY(double, 2 * s->n + 1), *y = x + s->n;
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        if (!ll_known(q->data, device, s->v[i]) || !ll_known(q->data, q->device, s->v[i])) continue;
        x[n] = ll_latencies(q->data, device)[s->v[i]];
        y[n++] = ll_latencies(q->data, q->device)[s->v[i]];
    }
    double r = n >= 4 ? ll_spearman(x, y, n) : NAN;
    free(x);
    return isnan(r) ? -2 : r;
}

/* Devices of `from` with the highest correlation on the samples, at most so many. */
static ll_ints most_alike(const ll_diagnosis *q, const ll_ints *from, int most)
{
    double *minus_r = LL_NEW_ARRAY(double, from->n + 1);
    int *order = LL_NEW_ARRAY(int, from->n + 1);
    ll_ints best = {0};
    for (int i = 0; i < from->n; i++) minus_r[i] = -on_samples(q, from->v[i]);
    ll_sort_order(minus_r, from->n, order);
    for (int i = 0; i < from->n && i < most; i++)
        if (minus_r[order[i]] < 2) ll_ints_add(&best, from->v[order[i]]);
    free(minus_r);
    free(order);
    return best;
}

static bool equal_where_both(const ll_dataset *d, int a, int b)
{
    int n = 0;
    for (int i = 0; i < d->n_archs; i++) {
        if (!ll_known(d, a, i) || !ll_known(d, b, i)) continue;
        if (ll_latencies(d, a)[i] != ll_latencies(d, b)[i]) return false;
        n++;
    }
    return n > 0;
}

/* Every device that could serve: not the target under another name, and known for most architectures. */
static ll_ints at_hand(const ll_diagnosis *q)
{
    ll_ints devices = {0};
    for (int i = 0; i < q->data->n_devices; i++) {
        bool itself = i == q->device || ll_same_hardware(q->data, i, q->device) ||
                      equal_where_both(q->data, i, q->device);
        if (!itself && ll_dataset_count(q->data, i) > q->data->n_archs / 2) ll_ints_add(&devices, i);
    }
    return devices;
}

/* Root mean square error of the samples as the others predict them, percent of their median; NaN: there are no others. */
static double left_out_error(const ll_belief *b, int k)
{
    double sum = 0;
    if (k < 2) return NAN;
    for (int i = 0; i < k; i++) {
        double off = (b->posterior.left_out_ms[i] - b->y_ms[i]) / b->posterior.scale_ms;
        sum += off * off;
    }
    return 100 * sqrt(sum / k);
}

static ll_status judge_set(const ll_diagnosis *q, const ll_gp_model *gp, ll_source_set *set, ll_error *e)
{
    ll_belief b;
    ll_expectation x;
    ll_ints none = {0};
    ll_belief_of(q, gp, &b);
    set->error = left_out_error(&b, q->transfer->samples.n);
    set->score = ll_diagnose_spearman(q, &q->transfer->samples, b.mean_ms, b.prior->n);
    ll_status s = ll_belief_expect(q, &b, &none, WORLDS, &x, e);
    set->expected = ll_expected(&x, x.spearman, 0);
    set->expected_se = ll_expected_error(&x, x.spearman, 0);
    ll_expectation_free(&x);
    ll_belief_free(&b);
    return s;
}

/* Which source of the gp at hand each device is, -1: none. */
static void find_learnt(const ll_diagnosis *q, const ll_ints *devices, int *from)
{
    for (int i = 0; i < devices->n; i++) {
        from[i] = -1;
        for (int s = 0; s < q->gp->source.n; s++)
            if (!strcmp(q->gp->source.v[s], q->data->devices[devices->v[i]].name)) from[i] = s;
    }
}

/* Rows to learn further sources from. */
static ll_ints rows_to_learn(const ll_diagnosis *q, const ll_ints *devices)
{
    ll_ints rows = ll_dataset_common(q->data, devices->v, devices->n);
    ll_rng rng = ll_rng_new(q->seed, LL_STREAM_SOURCE_ARCHS);
    ll_rng_shuffle(&rng, rows.v, rows.n);
    if (rows.n > MOST_LEARNED) rows.n = MOST_LEARNED;
    return rows;
}

/* A gp of its own for this set, with what is learnt already; takes over `devices`. */
static ll_status try_set(const ll_diagnosis *q, const char *what, ll_ints devices, ll_advice_report *out,
                         ll_error *e)
{
    ll_source_set *set = &out->sets[out->n_sets++];
    *set = (ll_source_set){.what = what, .devices = devices};
    int *from = LL_NEW_ARRAY(int, devices.n);
    ll_ints rows = rows_to_learn(q, &devices);
    ll_pretrain_job job = {.archs = q->data->archs,
                           .rows = rows.v,
                           .n_rows = rows.n,
                           .seed = q->seed,
                           .observer = q->observer,
                           .pool = q->pool};
    ll_gp_model *gp;
    find_learnt(q, &devices, from);
    ll_columns_of(q->data, &devices, &job.sources);
    ll_status s = ll_gp_model_derive(q->gp->impl, from, &job, &gp, e);
    ll_columns_free(&job.sources);
    if (!s) {
        s = judge_set(q, gp, set, e);
        ll_gp_model_free(gp);
    }
    ll_ints_free(&rows);
    free(from);
    return s;
}

static ll_status try_sets(const ll_diagnosis *q, ll_advice_report *out, ll_error *e)
{
    const ll_ints *now = &q->task->source;
    const ll_gp_model *gp = q->gp->impl;
    if (q->gp->predictor != &ll_gp || !ll_gp_model_knows(gp, q->data->archs)) return LL_OK;
    ll_ints hand = at_hand(q);
    ll_ints fewer = most_alike(q, now, (2 * now->n + 2) / 3),
            others = most_alike(q, &hand, now->n > 5 ? now->n : 5);
    out->sets[0] = (ll_source_set){.what = "as it is", .devices = ll_ints_copy(now->v, now->n)};
    out->n_sets = 1;
    ll_status s = judge_set(q, gp, &out->sets[0], e);
    if (!s && fewer.n >= 2 && fewer.n < now->n)
        s = try_set(q, "without the least alike", fewer, out, e);
    else
        ll_ints_free(&fewer);
    if (!s && others.n >= 2)
        s = try_set(q, "the most alike at hand", others, out, e);
    else
        ll_ints_free(&others);
    for (int i = 1; i < out->n_sets; i++)
        if (out->sets[i].error < worth * out->sets[out->best_set].error) out->best_set = i;
    ll_ints_free(&hand);
    return s;
}

/* --- other predictors --- */

static ll_status try_model(const ll_diagnosis *q, const ll_model *m, ll_advice_report *out, ll_error *e)
{
    ll_transfer *t;
    ll_status s = ll_diagnose_transfer(q, m, &q->transfer->samples, &t, e);
    if (s == LL_CANCELLED) return s;
    if (s) return LL_OK; /* one that cannot serve here (a space it does not know) is no rival */
    out->rivals[out->n_rivals++] = (ll_rival){m->predictor->name, ll_diagnose_score(q, t), t->seconds};
    ll_transfer_unref(t);
    return LL_OK;
}

static bool tried(const ll_advice_report *out, const char *name)
{
    for (int i = 0; i < out->n_rivals; i++)
        if (!strcmp(out->rivals[i].predictor, name)) return true;
    return false;
}

/* Those that train in milliseconds are made on the spot. */
static ll_status try_quick(const ll_diagnosis *q, const ll_predictor *p, ll_advice_report *out, ll_error *e)
{
    ll_pretrain_plan plan = {
        .data = q->data, .predictor = p, .source = &q->task->source, .seed = q->seed, .pool = q->pool};
    ll_model *m = NULL;
    if (ll_pretrain_run(&plan, &m, NULL)) {
        ll_model_unref(m);
        return LL_OK;
    }
    ll_status s = try_model(q, m, out, e);
    ll_model_unref(m);
    return s;
}

static int by_score(const void *a, const void *b)
{
    const ll_rival *x = a, *y = b;
    double rx = isnan(x->score) ? -2 : x->score, ry = isnan(y->score) ? -2 : y->score;
    return rx != ry ? (rx > ry ? -1 : 1) : strcmp(x->predictor, y->predictor);
}

static ll_status try_rivals(const ll_diagnosis *q, ll_model *const *models, int n_models,
                            ll_advice_report *out, ll_error *e)
{
    int n = 0;
    ll_status s = LL_OK;
    while (ll_predictors[n]) n++;
    out->rivals = LL_NEW_ARRAY(ll_rival, n + n_models + 1);
    s = try_model(q, q->gp, out, e);
    for (int i = 0; i < n_models && !s; i++)
        if (!tried(out, models[i]->predictor->name)) s = try_model(q, models[i], out, e);
    for (int i = 0; ll_predictors[i] && !s; i++)
        if (ll_predictors[i]->quick && !tried(out, ll_predictors[i]->name))
            s = try_quick(q, ll_predictors[i], out, e);
    qsort(out->rivals, (size_t)out->n_rivals, sizeof *out->rivals, by_score);
    return s;
}

ll_status ll_diagnose_advice(const ll_diagnosis *q, const ll_outlook *outlook, ll_model *const *models,
                             int n_models, ll_advice_report *out, ll_error *e)
{
    *out = (ll_advice_report){0};
    ll_status s = score_next(q, &outlook->next, out, e);
    if (!s) s = try_sets(q, out, e);
    if (!s && !outlook->few) s = try_rivals(q, models, n_models, out, e); /* or nothing could be scored */
    return s;
}

void ll_advice_report_free(ll_advice_report *r)
{
    for (int i = 0; i < r->n_sets; i++) ll_ints_free(&r->sets[i].devices);
    free(r->rivals);
    *r = (ll_advice_report){0};
}
