#include "core/search/outcome.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* --- what is true --- */

static double true_latency(const ll_problem *p, const ll_quantity *q, int row)
{
    int device = p->data ? ll_dataset_device(p->data, q->name) : -1;
    return row < 0 || device < 0 ? NAN : ll_latencies(p->data, device)[row];
}

void ll_problem_truth(const ll_problem *p, const uint8_t *gene, double *out)
{
    int row = p->data ? ll_dataset_row(p->data, gene) : -1;
    ll_cost cost;
    bool counted = false, known = false;
    out[0] = ll_scorer_truth(p->q[0].scorer, p->space, gene);
    for (int k = 1; k < p->n; k++) {
        if (!p->q[k].cost) {
            out[k] = true_latency(p, &p->q[k], row);
            continue;
        }
        if (!counted) known = ll_space_cost(p->space, gene, &cost);
        counted = true;
        out[k] = known ? ll_cost_value(&cost, p->q[k].cost) : NAN;
    }
}

/* 1: beyond a limit, 0: within all, -1: not known. */
static int violates(const ll_problem *p, const double *truth)
{
    bool known = true;
    for (int k = 1; k < p->n; k++) {
        if (p->q[k].max == INFINITY) continue;
        if (truth[k] > p->q[k].max) return 1;
        known &= !isnan(truth[k]);
    }
    return known ? 0 : -1;
}

/* The best of the table is of rows whose truth is known in all quantities: with that nothing else can be compared. */
static bool is_measured(const ll_problem *p, const double *truth)
{
    for (int k = 0; k < p->n; k++)
        if (isnan(truth[k])) return false;
    return true;
}

/* --- the table --- */

/* Every architecture of which the dataset knows the truth, as far as the search was allowed to choose it. */
typedef struct table {
    const ll_search *s;
    double *truth; /* (n, problem->n) */
    int *row, n;
    bool complete; /* the truth is known of all that could be chosen */
    double low[LL_OBJECTIVES], high[LL_OBJECTIVES];
    int m;
} table;

/* A row without a score is not chosen, unless scores are known of everything. */
static bool is_judged(const ll_problem *p, const double *truth)
{
    if (isnan(truth[0])) return !ll_scorer_is_total(p->q[0].scorer);
    for (int k = 1; k < p->n; k++)
        if (p->q[k].max < INFINITY && isnan(truth[k]) && !p->q[k].known) return false;
    return true;
}

static void add_row(table *t, int row)
{
    const ll_problem *p = t->s->problem;
    double *v = t->truth + (size_t)t->n * (size_t)p->n;
    ll_problem_truth(p, ll_gene(p->data, row), v);
    t->complete = t->complete && is_judged(p, v);
    if (is_measured(p, v)) t->row[t->n++] = row;
}

/* Can what is chosen be no row of the dataset? */
static bool reaches_beyond(const ll_search *s, const ll_archs *only)
{
    const ll_problem *p = s->problem;
    if (!ll_scorer_is_total(p->q[0].scorer)) return false;
    for (int k = 1; k < p->n; k++)
        if (p->q[k].known && p->q[k].max < INFINITY) return false; /* nothing else is within */
    for (int i = 0; only && i < only->n; i++)
        if (ll_dataset_row(p->data, ll_arch(only, i)) < 0) return true;
    if (only) return false;
    return p->space->n_archs ? p->data->n_archs < p->space->n_archs : s->method->any_space;
}

static void find_ranges(table *t)
{
    double one[LL_OBJECTIVES];
    const ll_problem *p = t->s->problem;
    for (int k = 0; k < LL_OBJECTIVES; k++) t->low[k] = INFINITY, t->high[k] = -INFINITY;
    for (int i = 0; i < t->n; i++) {
        t->m = ll_problem_objectives(p, t->truth + (size_t)i * (size_t)p->n, one);
        for (int k = 0; k < t->m; k++) {
            t->low[k] = fmin(t->low[k], one[k]);
            t->high[k] = fmax(t->high[k], one[k]);
        }
    }
}

/* The rows that meet the conditions. */
static bool *allowed(const ll_problem *p)
{
    ll_error ignored;
    bool *keep = LL_NEW_ARRAY(bool, p->data->n_archs + 1);
    if (ll_where_apply(p->where, p->data->archs, NULL, NULL, keep, &ignored))
        memset(keep, 0, (size_t)p->data->n_archs * sizeof *keep);
    return keep;
}

static void add_rows(table *t, const ll_archs *only)
{
    const ll_dataset *d = t->s->problem->data;
    bool *keep = allowed(t->s->problem);
    for (int i = 0; i < (only ? only->n : d->n_archs); i++) {
        int row = only ? ll_dataset_row(d, ll_arch(only, i)) : i;
        if (row < 0 || !keep[row]) continue;
        add_row(t, row);
        keep[row] = false; /* once */
    }
    free(keep);
}

static table make_table(const ll_search *s)
{
    const ll_problem *p = s->problem;
    int n = p->data ? p->data->n_archs : 0;
    table t = {.s = s,
               .truth = LL_NEW_ARRAY(double, ((size_t)n + 1) * (size_t)p->n),
               .row = LL_NEW_ARRAY(int, n + 1)};
    t.complete = p->data && !reaches_beyond(s, s->options->candidates);
    if (p->data) add_rows(&t, s->options->candidates);
    find_ranges(&t);
    return t;
}

static void free_table(table *t)
{
    free(t->truth);
    free(t->row);
}

static void scale(const double *low, const double *high, int m, double *v)
{
    for (int k = 0; k < m; k++) v[k] = high[k] > low[k] ? (v[k] - low[k]) / (high[k] - low[k]) : 0;
}

static void find_best(const table *t, ll_outcome *out)
{
    const ll_problem *p = t->s->problem;
    out->best = NAN;
    for (int i = 0; i < t->n && t->complete; i++) {
        const double *v = t->truth + (size_t)i * (size_t)p->n;
        if (violates(p, v) || !(isnan(out->best) || v[0] > out->best)) continue;
        out->best = v[0];
        memcpy(out->best_gene, ll_gene(p->data, t->row[i]), (size_t)p->space->n_positions);
    }
}

/* --- fronts --- */

/* The true values of the front found, scaled, without what is beyond a limit; returns how many. false: one of them is not
 * known. */
static bool true_front(const table *t, double *points, int *n)
{
    const ll_problem *p = t->s->problem;
    double truth[LL_QUANTITIES];
    *n = 0;
    for (int i = 0; i < t->s->front.n; i++) {
        ll_problem_truth(p, ll_arch(t->s->archs, t->s->front.v[i]), truth);
        for (int k = 0; k < p->n; k++)
            if (isnan(truth[k])) return false;
        if (violates(p, truth)) continue;
        double *v = points + (size_t)*n * (size_t)t->m;
        ll_problem_objectives(p, truth, v);
        scale(t->low, t->high, t->m, v);
        ++*n;
    }
    return true;
}

/* Of the table, scaled: all that is truly within the limits; the metric looks for the front among them. */
static int table_front(const table *t, double *points)
{
    const ll_problem *p = t->s->problem;
    int n = 0, kept = 0;
    for (int i = 0; i < t->n; i++) {
        const double *v = t->truth + (size_t)i * (size_t)p->n;
        if (violates(p, v)) continue;
        ll_problem_objectives(p, v, points + (size_t)n * (size_t)t->m);
        scale(t->low, t->high, t->m, points + (size_t)n * (size_t)t->m);
        n++;
    }
    ll_ints front = {0};
    ll_front(points, n, t->m, &front);
    double *only = LL_NEW_ARRAY(double, (size_t)front.n *(size_t)t->m + 1);
    for (kept = 0; kept < front.n; kept++)
        memcpy(only + (size_t)kept * (size_t)t->m, points + (size_t)front.v[kept] * (size_t)t->m,
               (size_t)t->m * sizeof *only);
    memcpy(points, only, (size_t)kept * (size_t)t->m * sizeof *only);
    free(only);
    ll_ints_free(&front);
    return kept;
}

static void judge_front(const table *t, ll_outcome *out)
{
    const ll_search *s = t->s;
    size_t room = ((size_t)s->front.n + (size_t)t->n + 1) * LL_OBJECTIVES;
    double *found = LL_NEW_ARRAY(double, room), *truth = LL_NEW_ARRAY(double, room), reference[LL_OBJECTIVES];
    int n = 0;
    for (int k = 0; k < LL_OBJECTIVES; k++)
        reference[k] = 1 + 1e-9; /* the worst of the table is in no volume, but on its edge */
    out->igd_plus = NAN;
    out->front_is_true = s->front.n && t->n && true_front(t, found, &n);
    if (out->front_is_true) {
        out->hypervolume = ll_hypervolume(found, n, t->m, reference);
        if (t->complete) out->igd_plus = ll_igd_plus(found, n, truth, table_front(t, truth), t->m);
    } else {
        out->hypervolume = s->n_steps ? s->steps[s->n_steps - 1].hypervolume : NAN;
    }
    free(found);
    free(truth);
}

/* --- the whole --- */

static int nearest(const ll_search *s)
{
    int at = -1;
    for (int i = 0; i < s->archs->n; i++)
        if (isfinite(s->excess[i]) && (at < 0 || s->excess[i] < s->excess[at])) at = i;
    return at;
}

void ll_outcome_of(const ll_search *s, int chosen, ll_outcome *out)
{
    table t = make_table(s);
    *out = (ll_outcome){.chosen = chosen, .violation = -1, .regret = NAN, .fastest = -1};
    for (int k = 0; k < LL_QUANTITIES; k++) out->truth[k] = NAN;
    find_best(&t, out);
    if (chosen >= 0) {
        ll_problem_truth(s->problem, ll_arch(s->archs, chosen), out->truth);
        out->violation = violates(s->problem, out->truth);
        if (is_measured(s->problem, out->truth)) out->regret = out->best - out->truth[0];
    } else {
        out->fastest = nearest(s);
    }
    judge_front(&t, out);
    free_table(&t);
}
