/* Least-cost split by branch and bound. Only the smaller side is enumerated: given it, every other device has
 * a known cost, and the best other side is the cheapest ones. */
#include "core/device/partition_exact.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/progress.h"

typedef struct search {
    const double *w;
    int n, n_chosen, n_rest; /* sizes of the enumerated side and of the other one */
    double *low;   /* low[(i*n + j)*(n_chosen+1) + k]: least sum of k weights from j to devices >= i */
    double *sums;  /* (n_chosen+1, n): sums[depth][j] = weight from j to the devices chosen so far */
    double *cheap; /* (n_rest) scratch */
    int *chosen, *best;
    bool *is_chosen;
    double best_cost;
    long visited, most;
    ll_observer *observer;
    bool stopped;
} search;

static double *low_at(const search *s, int i, int j)
{
    return s->low + ((size_t)i * (size_t)s->n + (size_t)j) * (size_t)(s->n_chosen + 1);
}

/* Keeps the k smallest of what it is shown, ascending; returns the new count. */
static int keep_least(double *least, int have, int k, double x)
{
    if (have == k && (k == 0 || x >= least[k - 1])) return have;
    int at = have < k ? have : k - 1;
    for (; at > 0 && least[at - 1] > x; at--) least[at] = least[at - 1];
    least[at] = x;
    return have < k ? have + 1 : k;
}

static void fill_low(search *s)
{
    double *least = LL_NEW_ARRAY(double, s->n_chosen + 1);
    for (int j = 0; j < s->n; j++) {
        int have = 0;
        for (int i = s->n; i >= 0; i--) {
            if (i < s->n && i != j) have = keep_least(least, have, s->n_chosen, s->w[i * s->n + j]);
            double *low = low_at(s, i, j), sum = 0;
            for (int k = 1; k <= s->n_chosen; k++) {
                sum += k <= have ? least[k - 1] : INFINITY;
                low[k] = sum;
            }
        }
    }
    free(least);
}

/* No completion of the `depth` chosen ones with devices >= next costs less. */
static double bound(const search *s, int depth, int next)
{
    const double *sums = s->sums + (size_t)depth * (size_t)s->n;
    int have = 0, missing = s->n_chosen - depth;
    for (int j = 0; j < s->n; j++)
        if (!s->is_chosen[j])
            have = keep_least(s->cheap, have, s->n_rest, sums[j] + low_at(s, next, j)[missing]);
    double sum = 0;
    for (int k = 0; k < have; k++) sum += s->cheap[k];
    return sum;
}

static bool interrupted(search *s)
{
    s->visited++;
    if (s->visited % 4096 == 0 && ll_cancelled(s->observer)) s->stopped = true;
    return s->stopped || s->visited > s->most;
}

static void choose(search *s, int depth, int i)
{
    const double *before = s->sums + (size_t)depth * (size_t)s->n;
    double *after = s->sums + (size_t)(depth + 1) * (size_t)s->n;
    for (int j = 0; j < s->n; j++) after[j] = before[j] + s->w[i * s->n + j];
    s->chosen[depth] = i;
    s->is_chosen[i] = true;
}

static void descend(search *s, int depth, int next)
{
    if (interrupted(s) || bound(s, depth, next) >= s->best_cost - 1e-12) return;
    if (depth == s->n_chosen) {
        s->best_cost = bound(s, depth, next); /* nothing is missing: the bound is the cost */
        memcpy(s->best, s->chosen, (size_t)depth * sizeof *s->best);
        return;
    }
    for (int i = next; i <= s->n - (s->n_chosen - depth); i++) {
        choose(s, depth, i);
        descend(s, depth + 1, i + 1);
        s->is_chosen[i] = false;
        if (depth == 0 && s->observer && ll_observer_due(s->observer, .1))
            ll_progress(s->observer, ll_progress_new("partition", i + 1, s->n));
    }
}

/* The split that belongs to the best chosen side: the n_rest cheapest of the others. */
static void write_sides(search *s, int chosen_side, int *side)
{
    double *cost = LL_NEW_ARRAY(double, s->n);
    for (int i = 0; i < s->n; i++) side[i] = LL_LEFT_OUT;
    for (int k = 0; k < s->n_chosen; k++) side[s->best[k]] = chosen_side;
    for (int j = 0; j < s->n; j++)
        for (int k = 0; k < s->n_chosen; k++) cost[j] += s->w[s->best[k] * s->n + j];
    for (int k = 0; k < s->n_rest; k++) {
        int least = -1;
        for (int j = 0; j < s->n; j++)
            if (side[j] == LL_LEFT_OUT && (least < 0 || cost[j] < cost[least])) least = j;
        side[least] = 1 - chosen_side;
    }
    free(cost);
}

ll_status ll_partition_search(const double *w, int n, const ll_partition_job *job, int *side, ll_error *e)
{
    int chosen_side = job->n_source <= job->n_target ? LL_SIDE_SOURCE : LL_SIDE_TARGET;
    int k = chosen_side == LL_SIDE_SOURCE ? job->n_source : job->n_target;
    int rest = job->n_source + job->n_target - k;
    size_t N = (size_t)n, K = (size_t)k + 1;
    search s = {.w = w, .n = n, .n_chosen = k, .n_rest = rest, .observer = job->observer};
    s.most = job->most_steps ? job->most_steps : LL_PARTITION_STEPS;
    s.low = LL_NEW_ARRAY(double, (N + 1) * N * K);
    s.sums = LL_NEW_ARRAY(double, K *N);
    s.cheap = LL_NEW_ARRAY(double, rest + 1);
    s.chosen = LL_NEW_ARRAY(int, K);
    s.best = LL_NEW_ARRAY(int, K);
    s.is_chosen = LL_NEW_ARRAY(bool, N);
    s.best_cost = ll_partition_cost(w, n, side);
    double start = s.best_cost;
    fill_low(&s);
    descend(&s, 0, 0);
    if (s.best_cost < start) write_sides(&s, chosen_side, side);
    free(s.low);
    free(s.sums);
    free(s.cheap);
    free(s.chosen);
    free(s.best);
    free(s.is_chosen);
    if (s.stopped) return ll_fail(e, LL_CANCELLED, "the exact search was cancelled");
    if (s.visited <= s.most) return LL_OK;
    return ll_fail(
        e, LL_FAILED,
        "the exact split of %d devices into %d and %d was not found in %ld steps; use method=kl, or fewer "
        "devices with devices=",
        n, job->n_source, job->n_target, s.most);
}
