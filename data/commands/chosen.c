#include "data/commands/chosen.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"

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

static ll_status drawn(ll_request *rq, const char *count, uint64_t seed, ll_ints *rows)
{
    int n_archs = rq->state.data->n_archs;
    char *end;
    long n = strtol(count, &end, 10);
    if (end == count || *end || n < 1 || n > n_archs)
        return LL_FAIL(rq, LL_USAGE, "random:%.40s: a number from 1 to %d was expected", count, n_archs);
    ll_rng r = ll_rng_new(seed, LL_STREAM_SAMPLES);
    ll_ints all = ll_ints_range(n_archs);
    int *chosen = LL_NEW_ARRAY(int, n);
    ll_rng_sample(&r, all.v, all.n, (int)n, chosen);
    for (int i = 0; i < n; i++) ll_ints_add(rows, chosen[i]);
    ll_ints_free(&all);
    free(chosen);
    return LL_OK;
}

ll_status ll_chosen_archs(ll_request *rq, const char *text, uint64_t seed, ll_ints *rows)
{
    static const char random[] = "random:";
    size_t prefix = sizeof random - 1;
    bool suggested = !strcmp(text, "suggest");
    if (suggested || !strcmp(text, "samples")) return chosen_samples(rq, suggested, rows);
    if (!strncmp(text, random, prefix)) return drawn(rq, text + prefix, seed, rows);
    return named(rq, text, rows);
}
