/* Proxies of many architectures: on every thread at once, with progress and time left, and stopped within one. */
#ifndef LL_PROXIES_MANY_H
#define LL_PROXIES_MANY_H

#include "core/base/observer.h"
#include "core/num/pool.h"
#include "core/proxies/proxies.h"

typedef struct ll_proxies_many {
    int n;
    const char *phase; /* what the observer is told */
    /* Number i of them, on any thread; `desk` is this thread's. */
    ll_status (*one)(void *ctx, int i, int thread, ll_proxy_desk *desk, ll_error *e);
    /* Now and then, on the calling thread; NULL: nothing to do between. */
    ll_status (*between)(void *ctx, ll_error *e);
    void *ctx;
    ll_observer *observer;
    ll_pool *pool;
} ll_proxies_many;

/* The first failure in the order of the architectures; LL_CANCELLED. What came before is done. */
ll_status ll_proxies_run(const ll_proxies_many *m, ll_error *e);

#endif
