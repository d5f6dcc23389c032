#include "core/codesign/mapping.h"

#include <math.h>
#include <string.h>

double ll_goal_value(ll_goal g, double cycles, double energy)
{
    enum { A_LITTLE_LESS = 1000000000 };
    if (g == LL_GOAL_LATENCY) return cycles + energy / A_LITTLE_LESS;
    if (g == LL_GOAL_ENERGY) return energy + cycles / A_LITTLE_LESS;
    return cycles * energy;
}

/* --- orders --- */

enum { ORDERS = 6 };

/* Outermost first: what changes the tensor that shall stay longest, then the next; so what leaves the first one as it is
 * runs innermost. */
static const uint8_t orders[ORDERS][LL_LOOPS] = {
    /* weights, then outputs: n y x do not touch weights, of the others c r s not the outputs */
    {LL_LOOP_G, LL_LOOP_K, LL_LOOP_C, LL_LOOP_R, LL_LOOP_S, LL_LOOP_N, LL_LOOP_Y, LL_LOOP_X},
    /* weights, then inputs: k */
    {LL_LOOP_G, LL_LOOP_C, LL_LOOP_R, LL_LOOP_S, LL_LOOP_K, LL_LOOP_N, LL_LOOP_Y, LL_LOOP_X},
    /* outputs, then weights: n y x */
    {LL_LOOP_G, LL_LOOP_K, LL_LOOP_N, LL_LOOP_Y, LL_LOOP_X, LL_LOOP_C, LL_LOOP_R, LL_LOOP_S},
    /* outputs, then inputs: k */
    {LL_LOOP_G, LL_LOOP_N, LL_LOOP_Y, LL_LOOP_X, LL_LOOP_K, LL_LOOP_C, LL_LOOP_R, LL_LOOP_S},
    /* inputs, then weights: n y x */
    {LL_LOOP_G, LL_LOOP_C, LL_LOOP_R, LL_LOOP_S, LL_LOOP_N, LL_LOOP_Y, LL_LOOP_X, LL_LOOP_K},
    /* inputs, then outputs: c r s */
    {LL_LOOP_G, LL_LOOP_N, LL_LOOP_Y, LL_LOOP_X, LL_LOOP_C, LL_LOOP_R, LL_LOOP_S, LL_LOOP_K},
};

/* --- tiles --- */

static int passes_of(int size, int tile)
{
    return (size + tile - 1) / tile;
}

/* All PEs that the spread says, or as many as L2 has room for. */
static bool smallest(const ll_nest *n, const ll_accelerator *a, ll_mapping *m)
{
    ll_nest_spread(n, a, m->spatial);
    for (int d = 0; d < LL_LOOPS; d++) m->inner[d] = m->middle[d] = 1;
    while (!ll_mapping_fits(n, a, m)) {
        int widest = 0;
        for (int d = 1; d < LL_LOOPS; d++)
            if (m->spatial[d] > m->spatial[widest]) widest = d;
        if (m->spatial[widest] == 1) return false;
        m->spatial[widest] = (m->spatial[widest] + 1) / 2;
    }
    return true;
}

/* What is not needed is not kept: the fewest passes that cover the loop. */
static void trim(const ll_nest *n, ll_mapping *m, int d)
{
    int left = passes_of(n->size[d], m->spatial[d]);
    if (m->inner[d] > left) m->inner[d] = left;
    left = passes_of(n->size[d], m->spatial[d] * m->inner[d]);
    if (m->middle[d] > left) m->middle[d] = left;
}

static int log_uniform(ll_rng *rng, int most)
{
    return (int)exp(ll_rng_uniform(rng) * log(most + 1.));
}

/* A random one of the tiles that are more than single passes becomes half. */
static void shrink(const ll_nest *n, const ll_accelerator *a, ll_rng *rng, ll_mapping *m)
{
    while (!ll_mapping_fits(n, a, m)) {
        int *tile = (ll_rng_below(rng, 2) ? m->inner : m->middle) + ll_rng_below(rng, LL_LOOPS);
        *tile = (*tile + 1) / 2;
    }
}

bool ll_mapping_random(const ll_nest *n, const ll_accelerator *a, ll_rng *rng, ll_mapping *out)
{
    int order[LL_LOOPS];
    if (!smallest(n, a, out)) return false;
    for (int level = 0; level < 2; level++) {
        uint8_t *to = level ? out->at_l2 : out->at_dram;
        for (int d = 0; d < LL_LOOPS; d++) order[d] = d;
        ll_rng_shuffle(rng, order, LL_LOOPS);
        for (int d = 0; d < LL_LOOPS; d++) to[d] = (uint8_t)order[d];
    }
    for (int d = 0; d < LL_LOOPS; d++) {
        out->inner[d] = log_uniform(rng, passes_of(n->size[d], out->spatial[d]));
        out->middle[d] = log_uniform(rng, passes_of(n->size[d], out->spatial[d] * out->inner[d]));
    }
    shrink(n, a, rng, out);
    for (int d = 0; d < LL_LOOPS; d++) trim(n, out, d);
    return true;
}

/* --- descent --- */

typedef struct descent {
    const ll_nest *n;
    const ll_accelerator *a;
    const ll_prices *p;
    ll_goal goal;
    ll_mapping at;
    ll_nest_cost cost;
    double value;
} descent;

static bool take_if_better(descent *s, const ll_mapping *m)
{
    if (!ll_mapping_fits(s->n, s->a, m)) return false;
    ll_nest_cost cost = ll_nest_price(s->n, s->a, s->p, m);
    double value = ll_goal_value(s->goal, cost.cycles, cost.energy);
    if (!(value < s->value)) return false;
    s->at = *m;
    s->cost = cost;
    s->value = value;
    return true;
}

/* Other numbers of passes over `left`: one fewer, one more, half, twice, all at once. */
enum { STEPS = 5 };
static int stepped(int left, int tile, int step)
{
    int passes = passes_of(left, tile);
    const int to[STEPS] = {passes - 1, passes + 1, passes / 2, 2 * passes, 1};
    int p = to[step] < 1 ? 1 : to[step] > left ? left : to[step];
    return passes_of(left, p);
}

static bool improve_tile(descent *s, int d)
{
    bool better = false;
    for (int step = 0; step < STEPS; step++) {
        ll_mapping m = s->at; /* a PE's own tile, that of L2 staying as near as it can */
        int left = passes_of(s->n->size[d], m.spatial[d]), held = m.inner[d] * m.middle[d];
        m.inner[d] = stepped(left, m.inner[d], step);
        for (int keeps = 0; keeps < 2 && m.inner[d] != s->at.inner[d]; keeps++) {
            m.middle[d] = keeps ? passes_of(held, m.inner[d]) : 1;
            trim(s->n, &m, d);
            if (take_if_better(s, &m)) return true;
        }
        m = s->at;
        left = passes_of(left, m.inner[d]);
        m.middle[d] = stepped(left, m.middle[d], step);
        if (m.middle[d] != s->at.middle[d]) better |= take_if_better(s, &m);
        if (better) return true;
    }
    return false;
}

/* A loop takes room that another one gives back: where L1 or L2 is full neither move helps alone. */
static bool exchange(descent *s, int up, int down)
{
    for (int step = 0; step < 4; step++) {
        ll_mapping m = s->at;
        int *tiles = step & 1 ? m.middle : m.inner;
        int by = step & 2 ? 2 : 3;
        if (tiles[down] < by) continue;
        tiles[down] = tiles[down] / by;
        tiles[up] *= by;
        trim(s->n, &m, up);
        if (take_if_better(s, &m)) return true;
    }
    return false;
}

static bool improve_orders(descent *s)
{
    bool better = false;
    for (int dram = 0; dram < ORDERS; dram++)
        for (int l2 = 0; l2 < ORDERS; l2++) {
            ll_mapping m = s->at;
            memcpy(m.at_dram, orders[dram], sizeof m.at_dram);
            memcpy(m.at_l2, orders[l2], sizeof m.at_l2);
            better |= take_if_better(s, &m);
        }
    return better;
}

static bool improve_exchanges(descent *s)
{
    for (int up = 0; up < LL_LOOPS; up++)
        for (int down = 0; down < LL_LOOPS; down++)
            if (up != down && s->n->size[up] > 1 && exchange(s, up, down)) return true;
    return false;
}

static void descend(descent *s)
{
    for (bool better = true; better;) {
        better = false;
        for (int d = 0; d < LL_LOOPS; d++)
            while (s->n->size[d] > 1 && improve_tile(s, d)) better = true;
        better |= improve_orders(s);
        if (!better) better = improve_exchanges(s);
    }
}

bool ll_mapping_search(const ll_nest *n, const ll_accelerator *a, const ll_prices *p, ll_goal goal, int kicks,
                       uint64_t seed, ll_mapping *best, ll_nest_cost *cost)
{
    ll_rng rng = ll_rng_new(seed, LL_STREAM_SEARCH);
    double least = INFINITY;
    for (int i = 0; i < ORDERS + kicks; i++) {
        descent s = {.n = n, .a = a, .p = p, .goal = goal, .value = INFINITY};
        ll_mapping start;
        if (!(i < ORDERS ? smallest(n, a, &start) : ll_mapping_random(n, a, &rng, &start))) return false;
        if (i < ORDERS) {
            memcpy(start.at_dram, orders[i], sizeof start.at_dram);
            memcpy(start.at_l2, orders[i], sizeof start.at_l2);
        }
        take_if_better(&s, &start);
        descend(&s);
        if (s.value >= least) continue;
        least = s.value;
        *best = s.at;
        *cost = s.cost;
    }
    return true;
}
