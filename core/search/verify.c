#include "core/search/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Below CERTAIN_NOT nobody would bet on an architecture, above CERTAIN nobody would measure it. */
static const double CERTAIN_NOT = .02, CERTAIN = .995;

typedef struct verifier {
    ll_search *s;
    ll_problem *p; /* the same as s->problem, to be changed */
    const ll_verify_job *job;
    bool *measured; /* (s->archs->n) on all devices that have a limit, or asked for in vain */
    double *chance; /* (s->archs->n) of being within the limits */
    int left;
    ll_verified *out;
} verifier;

static double score(const verifier *v, int i)
{
    return ll_search_values(v->s, i)[0];
}

/* As good as certain to be within the limits: never less than the p that was asked for. */
static bool is_safe(const verifier *v, int i)
{
    return v->chance[i] >= fmax(CERTAIN, v->p->p);
}

static void renew_chances(verifier *v)
{
    for (int i = 0; i < v->s->archs->n; i++)
        v->chance[i] = isnan(score(v, i)) ? 0
                                          : ll_problem_chance(v->p, ll_search_values(v->s, i),
                                                              ll_search_sd(v->s, i), v->s->dof);
}

/* The highest score that is as good as certain to be within; -1: none is. */
static int safest(const verifier *v)
{
    int best = -1;
    for (int i = 0; i < v->s->archs->n; i++)
        if (is_safe(v, i) && (best < 0 || ll_search_better(v->s, i, best))) best = i;
    return best;
}

/* What is gained is counted from here: while nothing is certain, from a little below the lowest score, because anything
 * is better than nothing. */
static double floor_of(const verifier *v, int safe)
{
    double low = INFINITY, high = -INFINITY;
    if (safe >= 0) return score(v, safe);
    for (int i = 0; i < v->s->archs->n; i++) {
        if (isnan(score(v, i))) continue;
        low = fmin(low, score(v, i));
        high = fmax(high, score(v, i));
    }
    return low - (high > low ? .01 * (high - low) : 1);
}

/* What measuring it is expected to gain over what is certain; 0: nothing is open about it. */
static double gain(const verifier *v, int i, double floor)
{
    if (v->job->ungated) return v->measured[i] || v->chance[i] < .5 ? 0 : score(v, i) - floor;
    if (v->measured[i] || v->chance[i] < CERTAIN_NOT || is_safe(v, i)) return 0;
    return v->chance[i] * fmax(score(v, i) - floor, 0);
}

/* Up to `most` of the largest gains, the largest first. */
static void find_open(const verifier *v, int most, ll_ints *out)
{
    double floor = floor_of(v, v->job->ungated ? -1 : safest(v));
    out->n = 0;
    while (out->n < most) {
        int best = -1;
        double most_gain = 0;
        for (int i = 0; i < v->s->archs->n; i++) {
            double g = gain(v, i, floor);
            if (g > most_gain && ll_ints_find(out, i) < 0) best = i, most_gain = g;
        }
        if (best < 0) return;
        ll_ints_add(out, best);
    }
}

/* --- measuring and learning --- */

static bool has_limit(const ll_quantity *q)
{
    return q->adapted && q->max < INFINITY;
}

/* Appends what was measured to what is known of the quantity. */
static void remember(ll_quantity *q, const ll_archs *archs, const double *lat_ms)
{
    ll_archs *all = ll_archs_new(archs->space, 0);
    int before = q->measured.archs ? q->measured.archs->n : 0, n = 0;
    double *ms = LL_NEW_ARRAY(double, before + archs->n + 1);
    for (int i = 0; i < before; i++) {
        ll_archs_push(all, ll_arch(q->measured.archs, i));
        ms[n++] = q->measured.lat_ms[i];
    }
    for (int i = 0; i < archs->n; i++) {
        if (isnan(lat_ms[i])) continue;
        ll_archs_push(all, ll_arch(archs, i));
        ms[n++] = lat_ms[i];
    }
    ll_archs_unref((ll_archs *)q->measured.archs);
    free((double *)q->measured.lat_ms);
    q->measured = (ll_measured){all, ms};
}

/* The samples it was adapted with, then what was measured since. */
static ll_status learn(ll_quantity *q, const ll_search_options *options, ll_error *e)
{
    const ll_adapted *old = q->adapted;
    ll_adapted *fresh;
    if (!old->model->predictor->refits_live) return LL_OK;
    ll_status s = ll_adapt_more(old, &q->measured, options->observer, options->pool, &fresh, e);
    if (s) return s;
    ll_adapted_unref((ll_adapted *)old);
    q->adapted = fresh;
    /* they are among its samples now */
    ll_archs_unref((ll_archs *)q->measured.archs);
    free((double *)q->measured.lat_ms);
    q->measured = (ll_measured){0};
    return LL_OK;
}

static bool holds(const ll_measured *m, const uint8_t *gene)
{
    for (int i = 0; m->archs && i < m->archs->n; i++)
        if (!memcmp(ll_arch(m->archs, i), gene, (size_t)m->archs->space->n_positions)) return true;
    return false;
}

/* Those of which this device has no latency yet: what was a sample of one device may be new to another. */
static ll_archs *new_to(const ll_quantity *q, const ll_archs *archs)
{
    ll_archs *fresh = ll_archs_new(archs->space, 0);
    const ll_measured samples = {q->adapted->samples, q->adapted->lat_ms};
    for (int i = 0; i < archs->n; i++)
        if (!holds(&samples, ll_arch(archs, i)) && !holds(&q->measured, ll_arch(archs, i)))
            ll_archs_push(fresh, ll_arch(archs, i));
    return fresh;
}

static ll_status measure_on(verifier *v, int k, const ll_archs *all, ll_error *e)
{
    ll_archs *archs = new_to(&v->p->q[k], all);
    double *ms = LL_NEW_ARRAY(double, archs->n + 1);
    ll_status s = archs->n ? v->job->measure(v->job->ctx, k, archs, ms, e) : LL_OK;
    int had = 0;
    for (int i = 0; i < archs->n && !s; i++) had += !isnan(ms[i]);
    if (had) remember(&v->p->q[k], archs, ms);
    v->out->cost += had;
    ll_archs_unref(archs);
    free(ms);
    return s || !had ? s : learn(&v->p->q[k], v->s->options, e);
}

/* No deviation is left on any device that has a limit. */
static bool is_known(const verifier *v, int i)
{
    for (int k = 1; k < v->p->n; k++)
        if (has_limit(&v->p->q[k]) && ll_search_sd(v->s, i)[k] > 0) return false;
    return true;
}

static ll_status measure(verifier *v, const ll_ints *which, ll_error *e)
{
    ll_archs *archs = ll_archs_pick(v->s->archs, which->v, which->n);
    ll_status s = LL_OK;
    for (int k = 1; k < v->p->n && !s; k++)
        if (has_limit(&v->p->q[k])) s = measure_on(v, k, archs, e);
    ll_archs_unref(archs);
    if (!s) s = ll_search_renew(v->s, e);
    for (int i = 0; i < which->n && !s; i++) {
        v->measured[which->v[i]] = true;
        if (is_known(v, which->v[i]))
            ll_ints_add(&v->out->measured, which->v[i]);
        else
            v->out->in_vain++;
    }
    v->left -= which->n;
    return s;
}

/* --- choosing --- */

/* Certain ones first; when nothing is, what the limits' own p lets through. */
static void choose(const verifier *v)
{
    int safe = safest(v);
    v->out->certain = safe >= 0;
    v->out->chosen = safe >= 0 ? safe : v->s->best;
}

/* When nothing is open any more: the choice itself, if all that is known of it is predicted. */
static void find_next(const verifier *v, int most, ll_ints *next)
{
    find_open(v, most, next);
    int safe = next->n || most < 1 ? -1 : safest(v);
    if (safe >= 0 && !v->measured[safe]) ll_ints_add(next, safe);
}

static ll_status verify(verifier *v, ll_error *e)
{
    ll_status s = LL_OK;
    ll_ints next = {0};
    int step = v->job->at_once > 0 ? v->job->at_once : 1;
    for (;;) {
        renew_chances(v);
        find_next(v, step < v->left ? step : v->left, &next);
        if (!next.n || !v->job->measure || (s = measure(v, &next, e))) break;
    }
    if (!s && v->job->measure)
        find_open(v, v->job->budget, &v->out->open);
    else if (!s)
        find_next(v, v->job->budget, &v->out->open); /* to be measured by somebody else */
    choose(v);
    ll_ints_free(&next);
    return s;
}

/* What is a sample on every device that has a limit. */
static void mark_samples(verifier *v)
{
    int limited = 0, *times = LL_NEW_ARRAY(int, v->s->archs->n + 1);
    for (int k = 1; k < v->p->n; k++) {
        const ll_quantity *q = &v->p->q[k];
        if (!has_limit(q)) continue;
        limited++;
        for (int i = 0; i < q->adapted->samples->n; i++) {
            int at = ll_archs_find(v->s->archs, ll_arch(q->adapted->samples, i));
            if (at >= 0) times[at]++;
        }
    }
    for (int i = 0; i < v->s->archs->n; i++) v->measured[i] = limited && times[i] == limited;
    free(times);
}

/* The predictors are the problem's own from here on, to be replaced by what learnt more. */
static void take_over(verifier *v)
{
    v->p->intervals = true;
    for (int k = 1; k < v->p->n; k++) {
        ll_quantity *q = &v->p->q[k];
        if (!q->adapted) continue;
        q->adapted = ll_adapted_ref(q->adapted);
        q->measured = (ll_measured){0};
        q->owned = true;
    }
    mark_samples(v);
}

/* What was measured elsewhere counts as measured here. */
static ll_status learn_known(verifier *v, const ll_measured *known, ll_error *e)
{
    int k = 1;
    while (k < v->p->n && !has_limit(&v->p->q[k])) k++;
    if (k == v->p->n) return LL_OK;
    ll_archs *fresh = new_to(&v->p->q[k], known->archs);
    v->out->cost += fresh->n;
    ll_archs_unref(fresh);
    for (int i = 0; i < known->archs->n; i++) {
        int at = ll_archs_find(v->s->archs, ll_arch(known->archs, i));
        if (at < 0) continue;
        v->measured[at] = true;
        ll_ints_add(&v->out->measured, at);
    }
    remember(&v->p->q[k], known->archs, known->lat_ms);
    return learn(&v->p->q[k], v->s->options, e);
}

ll_status ll_verify_with(ll_search *s, ll_problem *problem, const ll_measured *known,
                         const ll_verify_job *job, ll_verified *out, ll_error *e)
{
    int n = s->archs->n;
    verifier v = {.s = s,
                  .p = problem,
                  .job = job,
                  .measured = LL_NEW_ARRAY(bool, n + 1),
                  .chance = LL_NEW_ARRAY(double, n + 1),
                  .left = job->budget,
                  .out = out};
    bool has_deviations = problem->intervals || problem->p != .5;
    *out = (ll_verified){.chosen = -1, .plain = s->best};
    take_over(&v);
    ll_status status = known ? learn_known(&v, known, e) : LL_OK;
    if (!status && (known || !has_deviations)) status = ll_search_renew(s, e);
    if (!status) status = verify(&v, e);
    free(v.measured);
    free(v.chance);
    return status;
}

ll_status ll_verify(ll_search *s, ll_problem *problem, const ll_verify_job *job, ll_verified *out,
                    ll_error *e)
{
    return ll_verify_with(s, problem, NULL, job, out, e);
}

void ll_verify_release(ll_problem *problem)
{
    for (int k = 1; k < problem->n; k++) {
        ll_quantity *q = &problem->q[k];
        if (!q->owned) continue;
        ll_adapted_unref((ll_adapted *)q->adapted);
        ll_archs_unref((ll_archs *)q->measured.archs);
        free((double *)q->measured.lat_ms);
        q->adapted = NULL;
        q->measured = (ll_measured){0};
        q->owned = false;
    }
}

void ll_verified_free(ll_verified *v)
{
    ll_ints_free(&v->measured);
    ll_ints_free(&v->open);
}
