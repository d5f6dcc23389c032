/* Local search (White et al., UAI 2021, arXiv 2005.02960): from a random architecture to the first neighbour that is better,
 * until none is; then from another one. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/search/search.h"
#include "core/space/moves.h"

enum { PART = 64, DRY = 20 }; /* neighbours predicted together */

static ll_archs *neighbours(ll_search *s, int of)
{
    const ll_space *space = s->problem->space;
    int n = ll_space_n_neighbours(space, ll_arch(s->archs, of)), i = 0;
    ll_archs *listed = ll_archs_new(space, n);
    ll_neighbour at = {0};
    while (i < n && ll_space_next_neighbour(space, ll_arch(s->archs, of), &at, ll_arch_at(listed, i))) i++;
    int *order = LL_NEW_ARRAY(int, n + 1);
    for (int k = 0; k < n; k++) order[k] = k;
    ll_rng_shuffle(&s->rng, order, i);
    ll_archs *shuffled = ll_archs_pick(listed, order, i);
    ll_archs_unref(listed);
    free(order);
    return shuffled;
}

/* The first better one in the order, or the same place: there is none. */
static ll_status step(ll_search *s, int *at, ll_error *e)
{
    ll_status status = LL_OK;
    ll_archs *around = neighbours(s, *at);
    int place[PART], from = *at;
    for (int i = 0; i < around->n && !status && *at == from && !ll_search_is_over(s); i += PART) {
        ll_archs *part = ll_archs_slice(around, i, around->n - i < PART ? around->n - i : PART);
        status = ll_search_add(s, part, place, e);
        for (int k = 0; k < part->n && !status && *at == from; k++)
            if (place[k] >= 0 && ll_search_better(s, place[k], from)) *at = place[k];
        ll_archs_unref(part);
    }
    ll_archs_unref(around);
    return status;
}

static ll_status climb(ll_search *s, ll_error *e)
{
    int at = -1, before = -2;
    ll_archs *start = ll_archs_new(s->problem->space, 0);
    ll_search_push_random(s, start);
    ll_status status = ll_search_add(s, start, &at, e);
    ll_archs_unref(start);
    while (!status && at >= 0 && at != before && !ll_search_is_over(s)) {
        before = at;
        status = step(s, &at, e);
    }
    return status;
}

static ll_status run(ll_search *s, ll_error *e)
{
    ll_status status = LL_OK;
    for (int dry = 0; !status && !ll_search_is_over(s) && dry < DRY;) {
        long before = s->evaluations;
        status = climb(s, e);
        dry = s->evaluations > before ? 0 : dry + 1;
    }
    return status;
}

const ll_search_method ll_search_local = {.name = "local",
                                          .summary = "first improvement among neighbours, from many starts",
                                          .any_space = true,
                                          .budget = 10000,
                                          .run = run};
