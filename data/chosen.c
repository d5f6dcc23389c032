#include "data/chosen.h"

#include <string.h>

static ll_status chosen_samples(ll_request *rq, bool only_missing, ll_ints *rows)
{
    const ll_samples *s = rq->state.samples;
    const ll_dataset *d = rq->state.data;
    if (!s || !s->rows.n)
        return LL_FAIL(rq, LL_FAILED,
                       "no architectures are chosen; `suggest k=10` or `sample k=10` does that");
    int device = s->device ? ll_dataset_device(d, s->device) : -1;
    for (int i = 0; i < s->rows.n; i++)
        if (!only_missing || device < 0 || !ll_known(d, device, s->rows.v[i]))
            ll_ints_add(rows, s->rows.v[i]);
    if (rows->n) return LL_OK;
    return LL_FAIL(rq, LL_FAILED, "every chosen architecture is measured on %s; `samples` takes them all",
                   s->device);
}

static ll_status named(ll_request *rq, const char *text, ll_ints *rows)
{
    ll_strs names = {0};
    ll_status s = LL_OK;
    ll_strs_split(&names, text, ',');
    if (!names.n) s = LL_FAIL(rq, LL_USAGE, "which architectures? give samples, suggest, indices or strings");
    if (!s) s = ll_dataset_find_archs(rq->state.data, &names, rows, &rq->error);
    ll_strs_free(&names);
    return s;
}

ll_status ll_chosen_archs(ll_request *rq, const char *text, ll_ints *rows)
{
    bool suggested = !strcmp(text, "suggest");
    if (suggested || !strcmp(text, "samples")) return chosen_samples(rq, suggested, rows);
    return named(rq, text, rows);
}
