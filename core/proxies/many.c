#include "core/proxies/many.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"

enum { BLOCKS_A_THREAD = 2 };

typedef struct run {
    const ll_proxies_many *m;
    ll_proxy_desk **desks; /* (threads) */
    ll_status *status;     /* (block) */
    ll_error *errors;      /* (block) */
    int from;
} run;

static void one(void *ctx, int i, int thread)
{
    run *r = ctx;
    r->errors[i] = (ll_error){0};
    r->status[i] = r->m->one(r->m->ctx, r->from + i, thread, r->desks[thread], &r->errors[i]);
}

static void report(const run *r, double begun)
{
    double spent = ll_now_s() - begun;
    if (!ll_observer_due(r->m->observer, .25)) return;
    cJSON *p = ll_progress_new(r->m->phase, r->from, r->m->n);
    ll_json_num(p, "left_s", r->from ? spent / r->from * (r->m->n - r->from) : NAN);
    ll_progress(r->m->observer, p);
}

static ll_status status_of(const run *r, int n, ll_error *e)
{
    if (ll_cancelled(r->m->observer)) return ll_fail(e, LL_CANCELLED, "cancelled");
    for (int i = 0; i < n; i++)
        if (r->status[i]) {
            *e = r->errors[i];
            return r->status[i];
        }
    return LL_OK;
}

static ll_status run_blocks(run *r, int most, ll_error *e)
{
    const ll_proxies_many *m = r->m;
    double begun = ll_now_s();
    ll_status s = LL_OK;
    while (r->from < m->n && !s) {
        int n = m->n - r->from < most ? m->n - r->from : most;
        report(r, begun);
        ll_pool_run_by(m->pool, n, one, r);
        s = status_of(r, n, e);
        r->from += n;
        if (!s && m->between) s = m->between(m->ctx, e);
    }
    return s;
}

ll_status ll_proxies_run(const ll_proxies_many *m, ll_error *e)
{
    int threads = ll_pool_threads(m->pool), most = BLOCKS_A_THREAD * threads;
    run r = {.m = m,
             .desks = LL_NEW_ARRAY(ll_proxy_desk *, threads),
             .status = LL_NEW_ARRAY(ll_status, most),
             .errors = LL_NEW_ARRAY(ll_error, most)};
    for (int i = 0; i < threads; i++) r.desks[i] = ll_proxy_desk_new();
    ll_status s = run_blocks(&r, most, e);
    for (int i = 0; i < threads; i++) ll_proxy_desk_free(r.desks[i]);
    free(r.desks);
    free(r.status);
    free(r.errors);
    return s;
}
