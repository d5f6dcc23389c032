/* All there is: the candidates, the whole space where it can be listed, else the rows of the dataset. */
#include "core/search/search.h"

enum { PART = 1 << 15 };

/* Of candidates, or by canonical index. */
static ll_archs *next_part(const ll_search *s, const ll_archs *list, int from, int n)
{
    if (list) return ll_archs_slice(list, from, n);
    const ll_space *space = s->problem->space;
    ll_archs *part = ll_archs_new(space, n);
    for (int i = 0; i < n; i++) space->at(space, from + i, ll_arch_at(part, i));
    return part;
}

static ll_status run(ll_search *s, ll_error *e)
{
    const ll_problem *p = s->problem;
    const ll_archs *list = s->options->candidates;
    bool rows_only = !ll_scorer_is_total(p->q[0].scorer) || !p->space->n_archs;
    if (!list && rows_only && p->data) list = p->data->archs;
    if (!list && !p->space->n_archs)
        return ll_fail(e, LL_USAGE,
                       "%s cannot be listed and no dataset of it is loaded: method=evolution, nsga2, local "
                       "or random goes "
                       "about in it",
                       p->space->name);
    int n = list ? list->n : p->space->n_archs;
    ll_status status = LL_OK;
    for (int from = 0; from < n && !status && !ll_search_is_over(s); from += PART) {
        ll_archs *part = next_part(s, list, from, n - from < PART ? n - from : PART);
        status = ll_search_add(s, part, NULL, e);
        ll_archs_unref(part);
    }
    return status;
}

const ll_search_method ll_search_exhaustive = {
    .name = "exhaustive",
    .summary = "every candidate, every architecture of a listed space, or every row",
    .run = run};
