/* HELP's walk (arXiv 2106.08630, Table 4): down a list that another system ranked, until so many are predicted to be within
 * the limits; of those the highest score. What stands behind them on the list is never looked at. */
#include "core/search/search.h"

enum { PART = 256 };

static ll_status run(ll_search *s, ll_error *e)
{
    const ll_archs *list = s->options->candidates;
    if (!list)
        return ll_fail(e, LL_USAGE,
                       "method=list walks down a list: name it with archs=FILE, or order it with walk=SCORE");
    ll_status status = LL_OK;
    int within = 0;
    for (int from = 0; from < list->n && !status && within < s->options->first; from += PART) {
        ll_archs *part = ll_archs_slice(list, from, list->n - from < PART ? list->n - from : PART);
        for (int i = 0; i < part->n && !status && within < s->options->first; i++) {
            ll_archs *one = ll_archs_slice(part, i, 1);
            int place;
            status = ll_search_add(s, one, &place, e);
            within += !status && place >= 0 && !s->excess[place];
            ll_archs_unref(one);
        }
        ll_archs_unref(part);
    }
    return status;
}

const ll_search_method ll_search_walk = {
    .name = "list",
    .summary = "HELP's walk: the best of the first few of a list that are within",
    .run = run};
