/* Was it bad luck with the samples? The same number drawn again and again, and drawn by optimal design. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/progress.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"
#include "core/space/kinds.h"
#include "core/transfer/experiment.h"

double ll_diagnose_spearman(const ll_diagnosis *q, const ll_ints *samples, const double *score, int n)
{
    ll_ints rows = ll_scoring_rows(q->data, q->device, LL_PROTOCOL_FULL, samples->v, samples->n);
    /* rows that joined the dataset after the prediction have none */
    while (rows.n && rows.v[rows.n - 1] >= n) rows.n--;
    double *y = LL_NEW_ARRAY(double, 2 * rows.n + 1), *x = y + rows.n;
    for (int i = 0; i < rows.n; i++) {
        y[i] = ll_latencies(q->data, q->device)[rows.v[i]];
        x[i] = score[rows.v[i]];
    }
    double r = rows.n >= 10 ? ll_spearman(y, x, rows.n) : NAN;
    free(y);
    ll_ints_free(&rows);
    return r;
}

double ll_diagnose_score(const ll_diagnosis *q, const ll_transfer *t)
{
    return ll_diagnose_spearman(q, &t->samples, t->score, t->n);
}

ll_status ll_diagnose_transfer(const ll_diagnosis *q, const ll_model *model, const ll_ints *samples,
                               ll_transfer **out, ll_error *e)
{
    ll_transfer_plan plan = {.data = q->data,
                             .model = model,
                             .target = q->device,
                             .samples = samples->v,
                             .k = samples->n,
                             .sampler = "manual",
                             .seed = q->seed};
    return ll_transfer_run(&plan, out, e);
}

static ll_status score_of(const ll_diagnosis *q, const ll_ints *samples, double *score, ll_error *e)
{
    ll_transfer *t;
    ll_status s = ll_diagnose_transfer(q, q->gp, samples, &t, e);
    if (s) return s;
    *score = ll_diagnose_score(q, t);
    ll_transfer_unref(t);
    return LL_OK;
}

/* One draw of as many samples by this sampler, scored. */
static ll_status draw(const ll_diagnosis *q, const ll_sampler *sampler, uint64_t seed, double *score,
                      ll_error *e)
{
    ll_ints rows = {0};
    ll_matrix_f vectors = {0};
    ll_status s =
        ll_sampler_vectors(sampler, q->known, &(ll_encode_job){.archs = q->data->archs}, &vectors, e);
    if (!s)
        s = ll_draw_samples(q->data, q->device, sampler, q->transfer->samples.n, seed, LL_PROTOCOL_FULL,
                            &vectors, q->gp, q->observer, &rows, e);
    ll_matrix_f_free(&vectors);
    if (!s) s = score_of(q, &rows, score, e);
    ll_ints_free(&rows);
    return s;
}

/* How often an operation of any position stands in one of these rows: (kinds->n), added to. */
static void add_counts(const ll_kinds *kinds, const ll_dataset *d, int row, int *sum)
{
    int count[LL_MAX_POSITIONS * LL_MAX_OPS];
    ll_kinds_count(kinds, d->space, ll_gene(d, row), count);
    for (int o = 0; o < kinds->n; o++) sum[o] += count[o];
}

static void find_unseen_ops(const ll_diagnosis *q, ll_samples_report *out)
{
    const ll_dataset *d = q->data;
    ll_kinds kinds = ll_kinds_of(d->space);
    int *all = LL_NEW_ARRAY(int, kinds.n), *seen = LL_NEW_ARRAY(int, kinds.n);
    for (int i = 0; i < d->n_archs; i++) add_counts(&kinds, d, i, all);
    for (int i = 0; i < q->transfer->samples.n; i++) add_counts(&kinds, d, q->transfer->samples.v[i], seen);
    for (int o = 0; o < kinds.n; o++)
        if (all[o] && !seen[o]) ll_ints_add(&out->unseen_ops, o);
    free(all);
    free(seen);
}

static void find_unseen(const ll_diagnosis *q, ll_samples_report *out)
{
    const ll_dataset *d = q->data;
    if (d->space->facts->columns) return; /* a number not seen lies between those that were */
    int n_ops = d->space->n_ops, n = d->space->n_positions * n_ops;
    bool *seen = LL_NEW_ARRAY(bool, n), *exists = LL_NEW_ARRAY(bool, n);
    for (int i = 0; i < d->n_archs; i++)
        for (int p = 0; p < d->space->n_positions; p++) exists[p * n_ops + ll_gene(d, i)[p]] = true;
    for (int i = 0; i < q->transfer->samples.n; i++)
        for (int p = 0; p < d->space->n_positions; p++)
            seen[p * n_ops + ll_gene(d, q->transfer->samples.v[i])[p]] = true;
    for (int c = 0; c < n; c++)
        if (exists[c] && !seen[c]) ll_ints_add(&out->unseen, c);
    free(seen);
    free(exists);
    find_unseen_ops(q, out);
}

static void summarise(ll_samples_report *r)
{
    int worse = 0;
    r->mean = ll_mean(r->draws, r->n_draws);
    r->sd = ll_std(r->draws, r->n_draws);
    r->lowest = ll_quantile(r->draws, r->n_draws, 0);
    r->highest = ll_quantile(r->draws, r->n_draws, 1);
    for (int i = 0; i < r->n_draws; i++) worse += r->draws[i] < r->same_draw;
    r->worse = r->n_draws ? (double)worse / r->n_draws : NAN;
}

/* A manual pick, or an oracle that looks, is compared with random draws. */
static const ll_sampler *sampler_to_repeat(const ll_transfer *t)
{
    const ll_sampler *s = ll_sampler_find(t->sampler);
    return s && !s->oracle ? s : ll_sampler_find("random");
}

static ll_status repeat_draws(const ll_diagnosis *q, const ll_sampler *sampler, ll_samples_report *out,
                              ll_error *e)
{
    ll_status s = LL_OK;
    out->draws = LL_NEW_ARRAY(double, q->draws + 1);
    for (int i = 0; i < q->draws && !s; i++) {
        if (ll_cancelled(q->observer))
            s = ll_fail(e, LL_CANCELLED, "cancelled");
        else
            s = draw(q, sampler, q->seed + (uint64_t)i, &out->draws[i], e);
        out->n_draws += !s;
        if (q->observer && ll_observer_due(q->observer, .1))
            ll_progress(q->observer, ll_progress_new("draws", i + 1, q->draws));
    }
    return s;
}

ll_status ll_diagnose_samples(const ll_diagnosis *q, ll_samples_report *out, ll_error *e)
{
    const ll_sampler *sampler = sampler_to_repeat(q->transfer), *design = ll_sampler_find("dopt");
    *out = (ll_samples_report){.predictor = q->gp->predictor->name, .sampler = sampler->name};
    out->score = ll_diagnose_score(q, q->transfer);
    out->same_draw = out->design = NAN;
    find_unseen(q, out);
    /* without further latencies nothing can be scored */
    int known = ll_dataset_count(q->data, q->device), k = q->transfer->samples.n;
    if (known < k + 10) return LL_OK;
    ll_status s = score_of(q, &q->transfer->samples, &out->same_draw, e);
    if (!s) s = repeat_draws(q, sampler, out, e);
    if (!s && design) s = draw(q, design, q->seed, &out->design, e);
    if (!s) summarise(out);
    return s;
}

void ll_samples_report_free(ll_samples_report *r)
{
    free(r->draws);
    ll_ints_free(&r->unseen);
    ll_ints_free(&r->unseen_ops);
    *r = (ll_samples_report){0};
}

/* --- the sum of it --- */

ll_loss ll_diagnose_loss(const ll_noise_report *noise, const ll_samples_report *samples)
{
    ll_loss l = {.score = samples->score};
    double left = 1 - l.score;
    if (isnan(left)) return l;
    l.noise = fmin(left, fmax(0, 1 - noise->ceiling));
    left -= l.noise;
    if (!isnan(samples->same_draw)) {
        l.samples = fmin(left, fmax(0, samples->mean - samples->same_draw));
        left -= l.samples;
        l.predictor = fmin(left, fmax(0, samples->same_draw - samples->score));
        left -= l.predictor;
    }
    l.rest = left;
    return l;
}
