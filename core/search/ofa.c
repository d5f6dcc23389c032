/* The evolution of Once-for-All and of HELP's Table 5 (core/ALGORITHMS.md section 16): the best quarter by score are
 * parents, half of the next population are mutants, half crossed, each drawn again until it is predicted to be within the
 * limits. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/search/search.h"

enum { QUARTER = 4, ROUNDS = 200, DRY = 50 };

typedef struct herd {
    int *v, n, most; /* places of s->archs, all within the limits */
} herd;

/* What of the batch is within joins until the herd is full. */
static ll_status add_within(ll_search *s, const ll_archs *batch, herd *h, int *place, ll_error *e)
{
    ll_status status = ll_search_add(s, batch, place, e);
    for (int i = 0; i < batch->n && !status && h->n < h->most; i++)
        if (place[i] >= 0 && !s->excess[place[i]]) h->v[h->n++] = place[i];
    return status;
}

typedef void draw_one(ll_search *s, const herd *parents, ll_archs *batch);

static void draw_random(ll_search *s, const herd *parents, ll_archs *batch)
{
    (void)parents;
    ll_search_push_random(s, batch);
}

static void draw_mutant(ll_search *s, const herd *parents, ll_archs *batch)
{
    ll_search_push_mutant(s, batch, parents->v[ll_rng_below(&s->rng, parents->n)]);
}

static void draw_child(ll_search *s, const herd *parents, ll_archs *batch)
{
    int mother = parents->v[ll_rng_below(&s->rng, parents->n)];
    ll_search_push_child(s, batch, mother, parents->v[ll_rng_below(&s->rng, parents->n)], false);
}

/* Until the herd has so many, or that seems not to come. */
static ll_status fill(ll_search *s, draw_one *draw, const herd *parents, herd *h, int until, int *place,
                      ll_error *e)
{
    ll_status status = LL_OK;
    int most = h->most;
    h->most = until;
    for (int round = 0; !status && h->n < until && round < ROUNDS && !ll_search_is_over(s); round++) {
        ll_archs *batch = ll_archs_new(s->problem->space, 0);
        for (int i = 0; i < most; i++) draw(s, parents, batch);
        status = add_within(s, batch, h, place, e);
        ll_archs_unref(batch);
    }
    h->most = most;
    return status;
}

static _Thread_local const ll_search *in_hand; /* qsort has no context */

static int better_first(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return ll_search_better(in_hand, x, y) ? -1 : ll_search_better(in_hand, y, x) ? 1 : x - y;
}

static ll_status generation(ll_search *s, herd *h, int *place, ll_error *e)
{
    in_hand = s;
    qsort(h->v, (size_t)h->n, sizeof *h->v, better_first);
    int n = h->n / QUARTER;
    herd parents = {.v = ll_memdup(h->v, (size_t)h->n + 1, sizeof *h->v), .n = n > 0 ? n : h->n};
    h->n = parents.n; /* they live on */
    int half = parents.n + (h->most - parents.n) / 2;
    ll_status status = fill(s, draw_mutant, &parents, h, half, place, e);
    if (!status) status = fill(s, draw_child, &parents, h, h->most, place, e);
    free(parents.v);
    return status;
}

static ll_status run(ll_search *s, ll_error *e)
{
    int most = s->options->population, dry = 0;
    herd h = {.v = LL_NEW_ARRAY(int, most + 1), .most = most};
    int *place = LL_NEW_ARRAY(int, most + 1);
    ll_status status = fill(s, draw_random, NULL, &h, most, place, e);
    while (!status && h.n && !ll_search_is_over(s) && dry < DRY) {
        long before = s->evaluations;
        status = generation(s, &h, place, e);
        dry = s->evaluations > before ? 0 : dry + 1;
    }
    free(place);
    free(h.v);
    return status;
}

const ll_search_method ll_search_ofa = {
    .name = "ofa",
    .summary = "OFA's and HELP's evolution: quarter of parents, mutants and children",
    .any_space = true,
    .budget = 50000,
    .run = run};
