/* Draws without looking: what every other method has to beat. */
#include "core/search/search.h"

enum { PART = 1024, DRY = 20 };

static ll_status run(ll_search *s, ll_error *e)
{
    ll_status status = LL_OK;
    for (int dry = 0; !status && !ll_search_is_over(s) && dry < DRY;) {
        long before = s->evaluations;
        ll_archs *batch = ll_archs_new(s->problem->space, 0);
        for (int i = 0; i < PART; i++) ll_search_push_random(s, batch);
        status = ll_search_add(s, batch, NULL, e);
        ll_archs_unref(batch);
        dry = s->evaluations > before ? 0 : dry + 1; /* a small space is soon known */
    }
    return status;
}

const ll_search_method ll_search_random = {
    .name = "random", .summary = "uniform draws", .any_space = true, .budget = 10000, .run = run};
