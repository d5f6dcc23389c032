/* One engine that times networks on the calling thread: a runner for the network at hand and one that keeps the control
 * network, which runs beside each (timing.h). */
#ifndef LL_DATA_MACHINES_HOST_BENCH_H
#define LL_DATA_MACHINES_HOST_BENCH_H

#include "data/machines/host/engine.h"
#include "data/machines/host/timing.h"

typedef struct ll_bench ll_bench;

/* The settings must stay; the control network is copied. *out is to be closed on failure, too. */
ll_status ll_bench_open(const ll_host_settings *s, const ll_network *control, ll_bench **out, ll_error *e);
void ll_bench_close(ll_bench *b); /* NULL is fine */
/* One visit: `runs` timed runs of the network, which is copied. */
ll_status ll_bench_visit(ll_bench *b, const ll_network *n, int runs, ll_visit *out, ll_error *e);

#endif
