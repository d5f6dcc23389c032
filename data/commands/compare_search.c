#include "data/commands/compare_search.h"

bool ll_compare_search_recall(const ll_plan_search *s, ll_results *db, const ll_trial_context *c, ll_trial *t)
{
    if (!s->on) return true;
    ll_plan_search_expect(s, t);
    ll_plan_found *f = t->found;
    return ll_results_recall_searched(db, c, t, ll_plan_search_score(s, t), f->rows, f->n) == f->n;
}

ll_status ll_compare_search_store(const ll_plan_search *s, ll_results *db, const ll_trial_context *c,
                                  const ll_trial *t, ll_error *e)
{
    const ll_plan_found *f = t->found;
    if (!f) return LL_OK;
    return ll_results_store_searched(db, c, t, ll_plan_search_score(s, t), f->rows, f->n, e);
}
