/* NSGA-II (Deb et al. 2002, IEEE TEC 6(2)) on genes: uniform crossover and mutation position by position, ranks of fronts,
 * crowding; what is within the limits dominates what is not, and of two beyond them the nearer one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/search/search.h"

enum { DRY = 50 };

typedef struct member {
    int place, rank;
    double crowding;
} member;

typedef struct generation {
    member *v;
    int n;
} generation;

/* (n, m) the objectives of these; what is beyond the limits is dominated by all within: one objective more, which all
 * within share, would not do that, so each of its objectives is moved behind the worst. */
static double *objectives(const ll_search *s, const generation *g, int *m)
{
    double one[LL_OBJECTIVES];
    double *points = LL_NEW_ARRAY(double, (size_t)g->n *LL_OBJECTIVES + 1);
    for (int i = 0; i < g->n; i++) {
        int place = g->v[i].place;
        *m = ll_problem_objectives(s->problem, ll_search_values(s, place), one);
        for (int k = 0; k < *m; k++)
            points[(size_t)i * (size_t)*m + (size_t)k] =
                s->excess[place] > 0 ? 1e30 * (1 + fmin(s->excess[place], 1e6)) : one[k];
    }
    return points;
}

static void rank(const ll_search *s, generation *g)
{
    int m = 1, *ranks = LL_NEW_ARRAY(int, g->n + 1), *which = LL_NEW_ARRAY(int, g->n + 1);
    double *points = objectives(s, g, &m), *lonely = LL_NEW_ARRAY(double, g->n + 1);
    ll_front_ranks(points, g->n, m, ranks);
    for (int r = 0, left = g->n; left; r++) {
        int n = 0;
        for (int i = 0; i < g->n; i++)
            if (ranks[i] == r) which[n++] = i;
        ll_crowding(points, m, which, n, lonely);
        for (int i = 0; i < n; i++) {
            g->v[which[i]].rank = r;
            g->v[which[i]].crowding = lonely[i];
        }
        left -= n;
    }
    free(points);
    free(lonely);
    free(ranks);
    free(which);
}

/* Lower rank, then lonelier, then who was met first. */
static int compare(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->rank != y->rank) return x->rank - y->rank;
    if (x->crowding != y->crowding) return x->crowding > y->crowding ? -1 : 1;
    return x->place - y->place;
}

static int parent(ll_search *s, const generation *g)
{
    const member *a = &g->v[ll_rng_below(&s->rng, g->n)], *b = &g->v[ll_rng_below(&s->rng, g->n)];
    return compare(a, b) <= 0 ? a->place : b->place;
}

static bool holds(const generation *g, int place)
{
    for (int i = 0; i < g->n; i++)
        if (g->v[i].place == place) return true;
    return false;
}

/* Each once: children may be who is there already. */
static void join(generation *g, const int *place, int n)
{
    for (int i = 0; i < n; i++)
        if (place[i] >= 0 && !holds(g, place[i])) g->v[g->n++] = (member){.place = place[i]};
}

static void survive(const ll_search *s, generation *g, int most)
{
    rank(s, g);
    qsort(g->v, (size_t)g->n, sizeof *g->v, compare);
    if (g->n > most) g->n = most;
}

static ll_status breed(ll_search *s, generation *g, int most, int *place, ll_error *e)
{
    ll_archs *batch = ll_archs_new(s->problem->space, 0);
    for (int i = 0; i < most; i++)
        if (g->n)
            ll_search_push_child(s, batch, parent(s, g), parent(s, g), true);
        else
            ll_search_push_random(s, batch);
    ll_status status = ll_search_add(s, batch, place, e);
    if (!status) {
        join(g, place, batch->n);
        survive(s, g, most);
    }
    ll_archs_unref(batch);
    return status;
}

static ll_status run(ll_search *s, ll_error *e)
{
    int most = s->options->population, dry = 0;
    generation g = {.v = LL_NEW_ARRAY(member, 2 * most + 1)};
    int *place = LL_NEW_ARRAY(int, most + 1);
    ll_status status = breed(s, &g, most, place, e);
    while (!status && !ll_search_is_over(s) && dry < DRY && g.n) {
        long before = s->evaluations;
        status = breed(s, &g, most, place, e);
        dry = s->evaluations > before ? 0 : dry + 1;
    }
    free(place);
    free(g.v);
    return status;
}

const ll_search_method ll_search_nsga2 = {.name = "nsga2",
                                          .summary = "NSGA-II: the whole front of the objectives",
                                          .any_space = true,
                                          .budget = 20000,
                                          .run = run};
