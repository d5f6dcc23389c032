#include "data/machines/layer_choice.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/predict/kernels/price.h"

enum { ROUNDS = 8 }; /* that the second half of a budget is spent in */

static void choose(ll_layer_choice *c, int unit)
{
    if (c->chosen[unit] || c->n == c->budget) return;
    c->chosen[unit] = true;
    c->n++;
}

/* A pair is timed when both of its layers are. */
static void choose_pairs(const ll_layer_space *s, ll_layer_choice *c)
{
    for (int i = s->n; i < s->n + s->n_pairs; i++)
        c->chosen[i] = c->chosen[s->units[i].before] && c->chosen[s->units[i].after];
}

/* One of each kind in turn, in random order, until there are `wanted`. */
static void choose_each_kind(const ll_layer_space *s, int wanted, uint64_t seed, ll_layer_choice *c)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_SAMPLES);
    ll_ints order = ll_ints_range(s->n);
    int before = -1;
    ll_rng_shuffle(&r, order.v, order.n);
    while (c->n < wanted && c->n != before) {
        bool served[LL_KERNELS] = {false};
        before = c->n;
        for (int i = 0; i < order.n && c->n < wanted; i++) {
            int unit = order.v[i], kernel = ll_kernel_of(&s->units[unit].part);
            if (c->chosen[unit] || served[kernel]) continue;
            served[kernel] = true;
            choose(c, unit);
        }
    }
    ll_ints_free(&order);
}

void ll_layer_choice_begin(const ll_layer_space *s, int budget, uint64_t seed, ll_layer_choice *c)
{
    bool all = budget == 0 || budget >= s->n;
    *c =
        (ll_layer_choice){.chosen = LL_NEW_ARRAY(bool, s->n + s->n_pairs + 1), .budget = all ? s->n : budget};
    c->batch = (c->budget / 2 + ROUNDS - 1) / ROUNDS;
    for (int i = 0; i < s->n && all; i++) choose(c, i);
    for (int i = s->n; i < s->n + s->n_pairs && c->n < c->budget / 2; i++) {
        choose(c, s->units[i].before);
        choose(c, s->units[i].after);
    }
    choose_each_kind(s, all ? s->n : (c->budget + 1) / 2, seed, c);
    choose_pairs(s, c);
    c->chosen[s->empty] = true;
}

void ll_layer_choice_free(ll_layer_choice *c)
{
    free(c->chosen);
    *c = (ll_layer_choice){0};
}

/* --- more of them --- */

/* In octaves of the features. */
static double distance(const ll_part *a, const ll_part *b)
{
    double x[LL_PRICE_FEATURES], y[LL_PRICE_FEATURES], sum = 0;
    ll_price_features(a, x);
    ll_price_features(b, y);
    for (int f = 0; f < LL_PRICE_FEATURES; f++) {
        double off = log2((x[f] + 2) / (y[f] + 2)); /* -1: not said */
        sum += off * off;
    }
    return sum;
}

/* Of the same kind and not chosen; -1: none is left. */
static int nearest(const ll_layer_space *s, const ll_layer_choice *c, const ll_part *part)
{
    int best = -1, kernel = ll_kernel_of(part);
    double least = INFINITY;
    for (int i = 0; i < s->n; i++) {
        if (c->chosen[i] || ll_kernel_of(&s->units[i].part) != kernel) continue;
        double d = distance(part, &s->units[i].part);
        if (d >= least) continue;
        least = d;
        best = i;
    }
    return best;
}

typedef struct miss {
    int row;
    double error; /* absolute */
} miss;

static int by_error(const void *a, const void *b)
{
    const miss *x = a, *y = b;
    if (x->error != y->error) return x->error > y->error ? -1 : 1;
    return x->row - y->row;
}

/* Rows that the forests miss, the worst first; *known: rows of which that is known. */
static int find_misses(const ll_costs *timed, const double *errors, miss *out, int *known)
{
    int n = 0;
    *known = 0;
    for (int i = 0; i < timed->n; i++) {
        if (isnan(errors[i])) continue;
        ++*known;
        if (fabs(errors[i]) > LL_PRICE_AIM) out[n++] = (miss){i, fabs(errors[i])};
    }
    if (n) qsort(out, (size_t)n, sizeof *out, by_error);
    return n;
}

int ll_layer_choice_more(const ll_layer_space *s, const ll_costs *timed, ll_observer *o, ll_layer_choice *c,
                         double *wrong)
{
    ll_kernel_prices prices;
    double *errors = LL_NEW_ARRAY(double, timed->n + 1);
    miss *misses = LL_NEW_ARRAY(miss, timed->n + 1);
    int before = c->n, known = 0, n = 0;
    *wrong = NAN;
    if (!ll_kernel_prices_fit(timed, 1, o, NULL, &prices, errors, NULL)) {
        n = find_misses(timed, errors, misses, &known);
        *wrong = known ? (double)n / known : NAN;
        ll_kernel_prices_free(&prices);
    }
    for (int i = 0; i < n && c->n - before < c->batch; i++) {
        int unit = nearest(s, c, &timed->rows[misses[i].row].part);
        if (unit >= 0) choose(c, unit);
    }
    choose_pairs(s, c);
    free(errors);
    free(misses);
    return c->n - before;
}
