#include "core/search/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/search/outcome.h"
#include "core/search/verify.h"

/* --- which searches ------------------------------------------------------------------------------------------ */

bool ll_search_refits(const ll_predictor *p)
{
    return p->refits_live && !p->wants;
}

int ll_search_rows(const ll_search_modes *m, bool intervals, bool refits, ll_searched **out)
{
    static const double half = .5;
    static const int none = 0;
    ll_search_modes own = *m;
    int n = 0;
    if (!intervals) own.p = &half, own.n_p = 1;
    if (!intervals || !refits) own.verify = &none, own.n_verify = 1;
    ll_searched *rows = LL_NEW_ARRAY(ll_searched, own.n_percent * own.n_verify * own.n_p + 1);
    for (int i = 0; i < own.n_percent; i++)
        for (int v = 0; v < own.n_verify; v++)
            for (int p = 0; p < own.n_p; p++)
                rows[n++] = (ll_searched){.percent = own.percent[i], .p = own.p[p], .verify = own.verify[v]};
    *out = rows;
    return n;
}

double ll_search_limit(const ll_dataset *d, int device, double percent)
{
    const double *lat_ms = ll_latencies(d, device);
    double *known = LL_NEW_ARRAY(double, d->n_archs + 1);
    int n = 0;
    for (int i = 0; i < d->n_archs; i++)
        if (!isnan(lat_ms[i])) known[n++] = lat_ms[i];
    double low = ll_quantile(known, n, .01), high = ll_quantile(known, n, .99);
    free(known);
    return low + percent / 100 * (high - low);
}

/* --- one evaluation for all of them -------------------------------------------------------------------------- */

typedef struct bench {
    const ll_search_trial *t;
    ll_problem problem;
    ll_search_options options;
    ll_search search;
    double *values, *sd, dof[LL_QUANTITIES]; /* as evaluated: what verifying learns is forgotten again */
    ll_verified verified;
    double seconds; /* of the latest verification */
} bench;

static size_t cells(const bench *b)
{
    return (size_t)b->search.archs->n * (size_t)b->problem.n;
}

static ll_archs *candidates(const ll_search_trial *t, ll_error *e)
{
    const ll_archs *all = t->data->archs;
    const double *lat_ms = ll_latencies(t->data, t->device);
    double *score = LL_NEW_ARRAY(double, all->n + 1);
    ll_archs *out = NULL;
    ll_ints rows = {0};
    ll_status s = ll_scorer_apply(t->scorer, all, NULL, NULL, score, e);
    for (int i = 0; i < all->n && !s; i++)
        if (!isnan(score[i]) && !isnan(lat_ms[i])) ll_ints_add(&rows, i);
    if (rows.n) out = ll_archs_pick(all, rows.v, rows.n);
    if (!s && !rows.n)
        ll_fail(e, LL_FAILED, "no architecture has both %s and a latency on %s", t->name,
                t->data->devices[t->device].name);
    ll_ints_free(&rows);
    free(score);
    return out;
}

static ll_status evaluate(bench *b, ll_error *e)
{
    ll_status s = ll_search_run(&ll_search_exhaustive, &b->problem, &b->options, &b->search, e);
    if (s) return s;
    b->values = ll_memdup(b->search.at.values, cells(b), sizeof *b->values);
    b->sd = ll_memdup(b->search.at.sd, cells(b), sizeof *b->sd);
    memcpy(b->dof, b->search.dof, sizeof b->dof);
    return LL_OK;
}

static void restore(bench *b)
{
    memcpy(b->search.at.values, b->values, cells(b) * sizeof *b->values);
    memcpy(b->search.at.sd, b->sd, cells(b) * sizeof *b->sd);
    memcpy(b->search.dof, b->dof, sizeof b->dof);
}

/* --- one search ---------------------------------------------------------------------------------------------- */

static ll_status stop_if_asked(const ll_search_trial *t, ll_error *e)
{
    return ll_cancelled(t->observer) ? ll_fail(e, LL_CANCELLED, "cancelled") : LL_OK;
}

static ll_status look_up(void *ctx, int k, const ll_archs *archs, double *lat_ms, ll_error *e)
{
    const ll_search_trial *t = ctx;
    for (int i = 0; i < archs->n; i++)
        lat_ms[i] = ll_latencies(t->data, t->device)[ll_dataset_row(t->data, ll_arch(archs, i))];
    return stop_if_asked(t, e);
}

/* Between this and `end`, the search knows what was measured for this limit. */
static ll_status begin(bench *b, const ll_searched *row, ll_error *e)
{
    b->problem.q[1].max = row->max_ms;
    b->problem.p = row->p;
    ll_search_judge(&b->search);
    b->verified = (ll_verified){.chosen = -1};
    if (!row->verify) return LL_OK;
    ll_verify_job job = {.budget = row->verify, .measure = look_up, .ctx = (void *)b->t};
    double start = ll_now_s();
    ll_status s = ll_verify(&b->search, &b->problem, &job, &b->verified, e);
    b->seconds = ll_now_s() - start;
    return s;
}

static void end(bench *b, const ll_searched *row)
{
    if (row->verify) {
        ll_verify_release(&b->problem);
        restore(b);
    }
    ll_verified_free(&b->verified);
    b->problem.q[1].adapted = b->t->adapted;
    b->seconds = 0;
}

static void judge(bench *b, ll_searched *row)
{
    ll_outcome o;
    double start = ll_now_s();
    b->problem.p = row->p;
    ll_search_judge(&b->search);
    ll_outcome_of(&b->search, b->verified.certain ? b->verified.chosen : b->search.best, &o);
    row->violation = o.chosen < 0 ? -1 : o.violation == 1;
    row->score = o.truth[0];
    row->best = o.best;
    row->regret = o.regret;
    row->hypervolume = b->search.front.n ? o.hypervolume : 0;
    row->igd_plus = o.igd_plus;
    row->measured = b->t->adapted->cost + b->verified.measured.n;
    row->closed = row->verify ? !b->verified.open.n : -1;
    row->seconds = b->seconds + ll_now_s() - start;
}

/* --- all ----------------------------------------------------------------------------------------------------- */

static bool same_group(const ll_searched *a, const ll_searched *b)
{
    return a->percent == b->percent && a->verify == b->verify;
}

/* What follows `from` and differs in p alone is of one verification: what is measured depends on no p. */
static ll_status run_group(bench *b, ll_searched *rows, int from, int n, ll_error *e)
{
    int first = from;
    while (first < n && rows[first].known && same_group(&rows[first], &rows[from])) first++;
    if (first == n || !same_group(&rows[first], &rows[from])) return LL_OK;
    rows[first].max_ms = ll_search_limit(b->t->data, b->t->device, rows[first].percent);
    ll_status s = begin(b, &rows[first], e);
    for (int i = first; i < n && same_group(&rows[i], &rows[first]) && !s; i++) {
        rows[i].max_ms = rows[first].max_ms;
        if (!rows[i].known) judge(b, &rows[i]);
    }
    end(b, &rows[first]);
    return s ? s : stop_if_asked(b->t, e);
}

static ll_status run_groups(bench *b, ll_searched *rows, int n, ll_error *e)
{
    ll_status s = evaluate(b, e);
    if (s) return s;
    for (int i = 0; i < n && !s; i++)
        if (!i || !same_group(&rows[i], &rows[i - 1])) s = run_group(b, rows, i, n, e);
    ll_search_free(&b->search);
    free(b->values);
    free(b->sd);
    return s;
}

ll_status ll_search_trial_run(const ll_search_trial *t, ll_searched *rows, int n, ll_error *e)
{
    ll_archs *among = candidates(t, e);
    if (!among) return e->status;
    bench b = {.t = t, .options = {.candidates = among}};
    b.problem = (ll_problem){.space = t->data->space, .data = t->data, .n = 2, .p = .5, .intervals = true};
    b.problem.q[0] = (ll_quantity){.name = t->name, .scorer = t->scorer, .max = INFINITY, .objective = true};
    b.problem.q[1] = (ll_quantity){.name = t->data->devices[t->device].name,
                                   .unit = "ms",
                                   .adapted = t->adapted,
                                   .max = INFINITY,
                                   .objective = true};
    ll_status s = run_groups(&b, rows, n, e);
    ll_archs_unref(among);
    return s;
}
