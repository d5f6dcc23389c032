/* A sweep: many architectures timed in one configuration, in rounds. A round visits every architecture once, in
 * an order of its own, so that drift hits all alike. What is measured goes to a journal at once; a sweep that was
 * interrupted goes on where it stopped. */
#ifndef LL_HOST_SWEEP_H
#define LL_HOST_SWEEP_H

#include "core/base/observer.h"
#include "data/host/engine.h"
#include "data/host/timing.h"

typedef struct ll_sweep {
    ll_host_settings settings;
    const ll_space *space;
    const uint8_t *genes; /* (n, positions): borrowed */
    int n;
    int repeats; /* timed runs of each; 0: LL_AUTO_RUNS, and more where that is not settled */
    uint64_t order_seed;
    int core;
    const char *journal;  /* path */
    const char *identity; /* a line that says what is measured on what: a journal of another one is refused */
    ll_observer *observer;
} ll_sweep;

enum { LL_RUNS_PER_VISIT = 5, LL_AUTO_ROUNDS = 2, LL_MOST_ROUNDS = 6, LL_AUTO_RUNS = 10 };

/* Times of each architecture, in the order they were taken: (n, LL_MAX_TIMES). */
typedef struct ll_times {
    int n;
    int *count;           /* (n) */
    int *visits;          /* (n) */
    float *ms;            /* (n, LL_MAX_TIMES) */
    float *best;          /* (n, 2): the fastest run of each of the two best visits; 0: none yet */
    long disturbed, busy; /* runs taken again; visits in which the core never came free */
} ll_times;

/* Reads the journal, measures what is missing, and keeps `out` (ll_times_free) also on failure. LL_CANCELLED: what was
 * measured is in the journal. LL_USAGE: the journal is of another identity. LL_FAILED: the journal cannot be written
 * (full disk: what it holds so far stays good), or the worker died. */
ll_status ll_sweep_run(const ll_sweep *s, ll_times *out, ll_error *e);
void ll_times_free(ll_times *t);
ll_spread ll_times_spread(const ll_times *t, int row);
/* At least 5 runs, and the fastest runs of two visits, some time apart, agree within LL_SETTLED: neither was slowed
 * down, or both alike. repeats=auto visits again what is not. */
bool ll_times_settled(const ll_times *t, int row);
#define LL_SETTLED 0.02
/* Spearman between the medians of the earlier and of the later half of each architecture's runs: how well the
 * measurement agrees with itself. NaN below 3 architectures or 2 runs. */
double ll_times_repeat(const ll_times *t);

#endif
