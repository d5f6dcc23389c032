/* Regularised evolution (Real et al., AAAI 2019, arXiv 1802.01548): the oldest die, parents win tournaments. Children are
 * made half a population at a time, so that they are predicted together. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/search/search.h"

enum { DRY = 50 };

/* A queue of places in s->archs: the oldest first. */
typedef struct population {
    int *v, n, oldest;
} population;

static ll_status add(ll_search *s, ll_archs *batch, population *p, int *place, ll_error *e)
{
    ll_status status = ll_search_add(s, batch, place, e);
    for (int i = 0; i < batch->n && !status; i++) {
        if (place[i] < 0) continue;
        p->v[p->oldest] = place[i];
        p->oldest = (p->oldest + 1) % p->n;
    }
    return status;
}

static int tournament(ll_search *s, const population *p)
{
    int best = p->v[ll_rng_below(&s->rng, p->n)];
    for (int i = 1; i < s->options->tournament; i++) {
        int other = p->v[ll_rng_below(&s->rng, p->n)];
        if (ll_search_better(s, other, best)) best = other;
    }
    return best;
}

static ll_status start(ll_search *s, population *p, int *place, ll_error *e)
{
    ll_archs *batch = ll_archs_new(s->problem->space, 0);
    for (int i = 0; i < p->n; i++) ll_search_push_random(s, batch);
    ll_status status = add(s, batch, p, place, e);
    if (!status && s->archs->n && place[p->n - 1] < 0) /* the budget was smaller than the population */
        for (int i = 0; i < p->n; i++) p->v[i] = i % s->archs->n;
    ll_archs_unref(batch);
    return status;
}

static ll_status step(ll_search *s, population *p, int *place, ll_error *e)
{
    int children = p->n / 2 > 0 ? p->n / 2 : 1;
    ll_archs *batch = ll_archs_new(s->problem->space, 0);
    for (int i = 0; i < children; i++) ll_search_push_mutant(s, batch, tournament(s, p));
    ll_status status = add(s, batch, p, place, e);
    ll_archs_unref(batch);
    return status;
}

static ll_status run(ll_search *s, ll_error *e)
{
    population p = {.v = LL_NEW_ARRAY(int, s->options->population + 1), .n = s->options->population};
    int *place = LL_NEW_ARRAY(int, p.n + 1), dry = 0;
    ll_status status = start(s, &p, place, e);
    while (!status && !ll_search_is_over(s) && dry < DRY) {
        long before = s->evaluations;
        status = step(s, &p, place, e);
        dry = s->evaluations > before ? 0 : dry + 1;
    }
    free(place);
    free(p.v);
    return status;
}

const ll_search_method ll_search_evolution = {.name = "evolution",
                                              .summary =
                                                  "regularised evolution: the best score within the limits",
                                              .any_space = true,
                                              .budget = 20000,
                                              .run = run};
