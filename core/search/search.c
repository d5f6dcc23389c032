#include "core/search/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/progress.h"
#include "core/space/moves.h"

enum { RANGE = 2000, TRIES = 8, EVERY = 64 };

const ll_search_method *const ll_search_methods[] = {
    &ll_search_exhaustive, &ll_search_random,   &ll_search_evolution,
    &ll_search_nsga2,      &ll_search_local,    &ll_search_walk,
    &ll_search_ofa,        &ll_search_gradient, NULL};

const ll_search_method *ll_search_method_find(const char *name)
{
    for (int i = 0; ll_search_methods[i]; i++)
        if (!strcmp(ll_search_methods[i]->name, name)) return ll_search_methods[i];
    return NULL;
}

const char *ll_search_method_name(int i)
{
    return ll_search_methods[i] ? ll_search_methods[i]->name : NULL;
}

/* --- better --- */

bool ll_search_better(const ll_search *s, int a, int b)
{
    const double *x = ll_search_values(s, a), *y = ll_search_values(s, b);
    if (s->excess[a] != s->excess[b]) return s->excess[a] < s->excess[b];
    if (isnan(x[0]) || isnan(y[0])) return !isnan(x[0]) && isnan(y[0]);
    if (x[0] != y[0]) return x[0] > y[0];
    for (int k = 1; k < s->problem->n; k++)
        if (x[k] != y[k]) return x[k] < y[k];
    return false;
}

/* --- the front so far --- */

static int objectives_at(const ll_search *s, int i, double *out)
{
    return ll_problem_objectives(s->problem, ll_search_values(s, i), out);
}

/* Of its members and what came behind `from`. */
static void renew_front(ll_search *s, int from)
{
    ll_ints with = {0}, front = {0};
    double one[LL_OBJECTIVES];
    int m = 1;
    for (int i = 0; i < s->front.n; i++) ll_ints_add(&with, s->front.v[i]);
    for (int i = from; i < s->archs->n; i++)
        if (!s->excess[i]) ll_ints_add(&with, i);
    double *points = LL_NEW_ARRAY(double, (size_t)with.n *LL_OBJECTIVES + 1);
    for (int i = 0; i < with.n; i++) {
        m = objectives_at(s, with.v[i], one);
        memcpy(points + (size_t)i * (size_t)m, one, (size_t)m * sizeof *one);
    }
    ll_front(points, with.n, m, &front);
    s->front.n = 0;
    for (int i = 0; i < front.n; i++) ll_ints_add(&s->front, with.v[front.v[i]]);
    free(points);
    ll_ints_free(&front);
    ll_ints_free(&with);
}

static void renew_best(ll_search *s, int from)
{
    for (int i = from; i < s->archs->n; i++)
        if (!s->excess[i] && (s->best < 0 || ll_search_better(s, i, s->best))) s->best = i;
}

static double hypervolume(const ll_search *s)
{
    double one[LL_OBJECTIVES], reference[LL_OBJECTIVES];
    int m = 0;
    double *points = LL_NEW_ARRAY(double, (size_t)s->front.n *LL_OBJECTIVES + 1);
    for (int i = 0; i < s->front.n; i++) {
        m = objectives_at(s, s->front.v[i], one);
        for (int k = 0; k < m; k++)
            points[(size_t)i * (size_t)m + (size_t)k] =
                s->high[k] > s->low[k] ? (one[k] - s->low[k]) / (s->high[k] - s->low[k]) : 0;
    }
    for (int k = 0; k < m; k++) reference[k] = 1;
    double v = s->front.n ? ll_hypervolume(points, s->front.n, m, reference) : NAN;
    free(points);
    return v;
}

/* --- telling --- */

static void note_step(ll_search *s)
{
    ll_search_step step = {s->evaluations, s->best < 0 ? NAN : ll_search_values(s, s->best)[0],
                           hypervolume(s)};
    s->steps = ll_realloc(s->steps, (size_t)s->n_steps + 1, sizeof *s->steps);
    s->steps[s->n_steps++] = step;
}

static void tell(ll_search *s)
{
    if (!s->options->observer || !ll_observer_due(s->options->observer, .1)) return;
    const ll_search_step *last = &s->steps[s->n_steps - 1];
    cJSON *o = ll_progress_new(s->method->name, s->evaluations, s->options->budget);
    cJSON_AddNumberToObject(o, "front", s->front.n);
    if (!isnan(last->best)) cJSON_AddNumberToObject(o, "best", last->best);
    if (!isnan(last->hypervolume)) cJSON_AddNumberToObject(o, "hypervolume", last->hypervolume);
    ll_trace_progress(&s->trace, s->problem->space, o);
    ll_progress(s->options->observer, o);
}

/* --- evaluating --- */

static void grow(ll_search *s, int n)
{
    size_t width = (size_t)s->problem->n;
    if (n <= s->cap) return;
    s->cap = n + n / 2 + EVERY;
    s->at.values = ll_realloc(s->at.values, (size_t)s->cap * width, sizeof *s->at.values);
    s->at.sd = ll_realloc(s->at.sd, (size_t)s->cap * width, sizeof *s->at.sd);
    s->excess = ll_realloc(s->excess, (size_t)s->cap, sizeof *s->excess);
}

/* How far beyond the limits each is. */
static void judge_from(ll_search *s, int from)
{
    double z[LL_QUANTITIES];
    ll_problem_quantiles(s->problem, s->dof, z);
    for (int i = from; i < s->archs->n; i++)
        s->excess[i] = ll_problem_excess(s->problem, ll_search_values(s, i), ll_search_sd(s, i), z);
}

static ll_status evaluate_from(ll_search *s, int from, ll_error *e)
{
    int n = s->archs->n - from;
    size_t width = (size_t)s->problem->n;
    if (!n) return LL_OK;
    grow(s, s->archs->n);
    ll_archs *fresh = from ? ll_archs_slice(s->archs, from, n) : ll_archs_ref(s->archs);
    ll_evaluation to = {s->at.values + (size_t)from * width, s->at.sd + (size_t)from * width, s->dof};
    ll_status status = ll_problem_evaluate(s->problem, fresh, s->options->observer, s->options->pool, &to, e);
    ll_archs_unref(fresh);
    if (!status) judge_from(s, from);
    return status;
}

bool ll_search_is_over(const ll_search *s)
{
    return s->options->budget && s->evaluations >= s->options->budget;
}

/* After a failure the last ones have no values: they are taken back with the set. */
static void forget_from(ll_search *s, int from)
{
    ll_archs *kept = ll_archs_new(s->problem->space, 0);
    for (int i = 0; i < from; i++) ll_archs_add(kept, ll_arch(s->archs, i), NULL);
    s->evaluations -= s->archs->n - from;
    ll_archs_unref(s->archs);
    s->archs = kept;
}

ll_status ll_search_add(ll_search *s, const ll_archs *batch, int *place, ll_error *e)
{
    int from = s->archs->n;
    for (int i = 0; i < batch->n; i++) {
        bool is_new = false;
        int at = ll_archs_find(s->archs, ll_arch(batch, i));
        if (at < 0 && !ll_search_is_over(s)) at = ll_archs_add(s->archs, ll_arch(batch, i), &is_new);
        s->evaluations += is_new;
        if (place) place[i] = at;
    }
    ll_status status = evaluate_from(s, from, e);
    if (status) {
        forget_from(s, from);
        return status;
    }
    renew_best(s, from);
    renew_front(s, from);
    note_step(s);
    tell(s);
    return ll_cancelled(s->options->observer)
               ? ll_fail(e, LL_CANCELLED, "stopped; this is what was found until then")
               : LL_OK;
}

ll_status ll_search_renew(ll_search *s, ll_error *e)
{
    ll_evaluation to = {s->at.values, s->at.sd, s->dof};
    ll_status status = s->archs->n ? ll_problem_evaluate(s->problem, s->archs, s->options->observer,
                                                         s->options->pool, &to, e)
                                   : LL_OK;
    if (!status) ll_search_judge(s);
    return status;
}

void ll_search_judge(ll_search *s)
{
    judge_from(s, 0);
    s->best = -1;
    s->front.n = 0;
    renew_best(s, 0);
    renew_front(s, 0);
}

/* --- batches --- */

static bool is_met(const ll_search *s, const uint8_t *gene)
{
    return ll_archs_find(s->archs, gene) >= 0;
}

void ll_search_push_random(ll_search *s, ll_archs *batch)
{
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < TRIES; i++) {
        ll_space_random(s->problem->space, &s->rng, gene);
        if (!is_met(s, gene)) break;
    }
    ll_archs_push(batch, gene);
}

static double rate_of(const ll_search *s)
{
    return s->options->rate > 0 ? s->options->rate : 1. / s->problem->space->n_positions;
}

void ll_search_push_mutant(ll_search *s, ll_archs *batch, int parent)
{
    uint8_t gene[LL_MAX_POSITIONS];
    size_t n = (size_t)s->problem->space->n_positions;
    for (int i = 0; i < TRIES; i++) {
        memcpy(gene, ll_arch(s->archs, parent), n);
        ll_space_mutate(s->problem->space, &s->rng, rate_of(s), gene);
        if (!is_met(s, gene)) break;
    }
    ll_archs_push(batch, gene);
}

void ll_search_push_child(ll_search *s, ll_archs *batch, int mother, int father, bool mutate)
{
    uint8_t gene[LL_MAX_POSITIONS];
    const ll_space *space = s->problem->space;
    for (int i = 0; i < TRIES; i++) {
        ll_space_crossover(space, &s->rng, ll_arch(s->archs, mother), ll_arch(s->archs, father), gene);
        if (mutate && ll_rng_uniform(&s->rng) < .9) ll_space_mutate(space, &s->rng, rate_of(s), gene);
        if (!is_met(s, gene)) break;
    }
    ll_archs_push(batch, gene);
}

/* --- the whole --- */

/* Of the objectives over the dataset's rows, over random architectures when there is none. */
static ll_status find_range(ll_search *s, ll_error *e)
{
    const ll_problem *p = s->problem;
    ll_archs *among = p->data ? ll_archs_ref(p->data->archs) : ll_archs_new(p->space, RANGE);
    ll_rng rng = ll_rng_new(0, LL_STREAM_SEARCH);
    for (int i = 0; i < among->n && !p->data; i++) ll_space_random(p->space, &rng, ll_arch_at(among, i));
    size_t cells = (size_t)among->n * (size_t)p->n + 1;
    double one[LL_OBJECTIVES], dof[LL_QUANTITIES];
    ll_evaluation to = {LL_NEW_ARRAY(double, cells), LL_NEW_ARRAY(double, cells), dof};
    ll_problem plain = *p;
    plain.p = .5; /* no deviations */
    plain.intervals = false;
    ll_status status = ll_problem_evaluate(&plain, among, s->options->observer, s->options->pool, &to, e);
    for (int k = 0; k < LL_OBJECTIVES; k++) s->low[k] = INFINITY, s->high[k] = -INFINITY;
    for (int i = 0; i < among->n && !status; i++) {
        int m = ll_problem_objectives(p, to.values + (size_t)i * (size_t)p->n, one);
        for (int k = 0; k < m; k++) {
            if (isnan(one[k])) continue;
            s->low[k] = fmin(s->low[k], one[k]);
            s->high[k] = fmax(s->high[k], one[k]);
        }
    }
    free(to.values);
    free(to.sd);
    ll_archs_unref(among);
    return status;
}

ll_status ll_search_run(const ll_search_method *method, const ll_problem *problem,
                        const ll_search_options *options, ll_search *s, ll_error *e)
{
    *s = (ll_search){.problem = problem,
                     .options = options,
                     .method = method,
                     .rng = ll_rng_new(options->seed, LL_STREAM_SEARCH),
                     .archs = ll_archs_new(problem->space, 0),
                     .best = -1};
    ll_status status = find_range(s, e);
    if (!status) status = method->run(s, e);
    if (status && status != LL_CANCELLED) ll_search_free(s);
    return status;
}

void ll_search_free(ll_search *s)
{
    ll_archs_unref(s->archs);
    free(s->at.values);
    free(s->at.sd);
    free(s->excess);
    ll_ints_free(&s->front);
    free(s->steps);
    ll_trace_free(&s->trace);
    *s = (ll_search){0};
}
