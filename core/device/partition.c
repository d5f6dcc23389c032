#include "core/device/partition.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/device/partition_exact.h"

enum { MOST_PASSES = 10 };

double ll_partition_cost(const double *r, int n, const int *side)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            if (side[i] == LL_SIDE_SOURCE && side[j] == LL_SIDE_TARGET)
                sum += isnan(r[i * n + j]) ? 1 : r[i * n + j];
    return sum;
}

/* --- Kernighan-Lin bisection --- */

typedef struct bisection {
    const double *w; /* (n, n) without NaN */
    int n;
    int *side;
    bool *locked;
    double *gain; /* what moving a device alone would take off the cut: external minus internal weight */
    int *first, *second;
} bisection;

static void find_gains(bisection *b)
{
    for (int i = 0; i < b->n; i++) {
        b->gain[i] = 0;
        for (int j = 0; j < b->n; j++)
            if (j != i) b->gain[i] += b->side[j] != b->side[i] ? b->w[i * b->n + j] : -b->w[i * b->n + j];
    }
}

static bool best_swap(const bisection *b, int *first, int *second, double *gain)
{
    *first = -1;
    for (int i = 0; i < b->n; i++) {
        if (b->locked[i] || b->side[i]) continue;
        for (int j = 0; j < b->n; j++) {
            if (b->locked[j] || !b->side[j]) continue;
            double g = b->gain[i] + b->gain[j] - 2 * b->w[i * b->n + j];
            if (*first >= 0 && g <= *gain) continue;
            *first = i;
            *second = j;
            *gain = g;
        }
    }
    return *first >= 0;
}

static void swap_sides(int *side, int i, int j)
{
    int s = side[i];
    side[i] = side[j];
    side[j] = s;
}

/* One pass: swap the best unlocked pair until none is left, then keep the prefix that gained most. */
static bool improve(bisection *b)
{
    double total = 0, best = 1e-12, gain = 0;
    int n_swaps = 0, keep = 0, i, j;
    memset(b->locked, 0, (size_t)b->n * sizeof *b->locked);
    find_gains(b);
    while (best_swap(b, &i, &j, &gain)) {
        swap_sides(b->side, i, j);
        b->locked[i] = b->locked[j] = true;
        b->first[n_swaps] = i;
        b->second[n_swaps++] = j;
        total += gain;
        if (total > best) best = total, keep = n_swaps;
        find_gains(b);
    }
    while (n_swaps > keep) {
        n_swaps--;
        swap_sides(b->side, b->first[n_swaps], b->second[n_swaps]);
    }
    return keep > 0;
}

/* Two sides of n_first and n - n_first devices from a random start. */
static void bisect(const double *w, int n, int n_first, uint64_t seed, int *side)
{
    ll_ints order = ll_ints_range(n);
    ll_rng rng = ll_rng_new(seed, LL_STREAM_PARTITION);
    ll_rng_shuffle(&rng, order.v, n);
    for (int i = 0; i < n; i++) side[order.v[i]] = i >= n_first;
    bisection b = {w,
                   n,
                   side,
                   LL_NEW_ARRAY(bool, n),
                   LL_NEW_ARRAY(double, n),
                   LL_NEW_ARRAY(int, n),
                   LL_NEW_ARRAY(int, n)};
    for (int pass = 0; pass < MOST_PASSES && improve(&b);) pass++;
    ll_ints_free(&order);
    free(b.locked);
    free(b.gain);
    free(b.first);
    free(b.second);
}

/* --- down to the sizes asked for --- */

static int size_of(const int *side, int n, int which)
{
    int size = 0;
    for (int i = 0; i < n; i++) size += side[i] == which;
    return size;
}

static void drop_closest(const double *w, int n, int *side, int which)
{
    int worst = -1;
    double most = 0;
    for (int i = 0; i < n; i++) {
        if (side[i] != which) continue;
        double sum = 0;
        for (int j = 0; j < n; j++)
            if (side[j] == 1 - which) sum += w[i * n + j];
        if (worst >= 0 && sum <= most) continue;
        worst = i;
        most = sum;
    }
    side[worst] = LL_LEFT_OUT;
}

static void trim(const double *w, int n, int n_source, int n_target, int *side)
{
    int s = size_of(side, n, LL_SIDE_SOURCE), t = size_of(side, n, LL_SIDE_TARGET);
    while (s > n_source || t > n_target) {
        if (s > n_source) drop_closest(w, n, side, LL_SIDE_SOURCE), s--;
        if (t > n_target) drop_closest(w, n, side, LL_SIDE_TARGET), t--;
    }
}

static int within(int x, int lo, int hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

/* Both ways of calling one half the source; the better stays. */
static void kernighan_lin(const double *w, int n, const ll_partition_job *job, int *side)
{
    int *other = LL_NEW_ARRAY(int, n);
    for (int turn = 0; turn < 2; turn++) {
        int want = turn ? job->n_target : job->n_source, rest = turn ? job->n_source : job->n_target;
        bisect(w, n, within(n / 2, want, n - rest), job->seed, other);
        for (int i = 0; i < n && turn; i++) other[i] = 1 - other[i];
        trim(w, n, job->n_source, job->n_target, other);
        if (!turn || ll_partition_cost(w, n, other) < ll_partition_cost(w, n, side) - 1e-12)
            memcpy(side, other, (size_t)n * sizeof *side);
    }
    free(other);
}

/* --- the contract --- */

static ll_status check_sizes(int n, const ll_partition_job *job, ll_error *e)
{
    int s = job->n_source, t = job->n_target;
    if (s < 1 || t < 1)
        return ll_fail(e, LL_USAGE, "a split needs at least one source and one target device");
    if (s + t > n)
        return ll_fail(e, LL_USAGE, "%d source and %d target devices are more than the %d at hand", s, t, n);
    return LL_OK;
}

ll_status ll_partition_sides(const double *r, int n, const ll_partition_job *job, int *side, ll_error *e)
{
    ll_status status = check_sizes(n, job, e);
    if (status) return status;
    double *w = LL_NEW_ARRAY(double, (size_t)n *(size_t)n);
    for (int i = 0; i < n * n; i++) w[i] = isnan(r[i]) ? 1 : r[i];
    kernighan_lin(w, n, job, side); /* exact starts from it: a good bound */
    if (job->method == LL_PARTITION_EXACT) status = ll_partition_search(w, n, job, side, e);
    free(w);
    return status;
}

ll_status ll_partition(const ll_dataset *d, const ll_corr *c, const ll_partition_job *job, ll_task **out,
                       ll_error *e)
{
    int n = c->devices.n, *side = LL_NEW_ARRAY(int, n + 1);
    ll_status status = ll_partition_sides(c->r, n, job, side, e);
    if (!status) {
        ll_ints sides[2] = {{0}, {0}};
        for (int i = 0; i < n; i++)
            if (side[i] != LL_LEFT_OUT) ll_ints_add(&sides[side[i]], c->devices.v[i]);
        ll_str name = {0};
        if (job->method == LL_PARTITION_KL)
            ll_str_addf(&name, "kl seed=%llu", (unsigned long long)job->seed);
        else
            ll_str_add(&name, "exact");
        *out = ll_task_new(ll_str_text(&name), d, &sides[0], &sides[1]);
        ll_str_free(&name);
        ll_ints_free(&sides[0]);
        ll_ints_free(&sides[1]);
    }
    free(side);
    return status;
}
