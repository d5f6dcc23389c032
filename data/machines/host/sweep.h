/* A sweep: many architectures timed in one configuration, in rounds. A round visits every architecture once, in
 * an order of its own, so that drift hits all alike. What is measured goes to a journal at once; a sweep that was
 * interrupted goes on where it stopped. */
#ifndef LL_DATA_MACHINES_HOST_SWEEP_H
#define LL_DATA_MACHINES_HOST_SWEEP_H

#include "core/base/observer.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/timing.h"
#include "data/machines/host/worker.h"

/* Who measures when it is not this machine (data/machines/remote). */
typedef struct ll_elsewhere {
    void *self;
    /* Opens engine and control network; core -1: the last one that may be used. Again for other settings. */
    ll_status (*start)(void *self, const ll_host_settings *s, int core, const ll_network *control,
                       ll_error *e);
    /* As ll_worker_send and ll_worker_receive. */
    ll_status (*send)(void *self, int row, int runs, const ll_network *n, ll_error *e);
    ll_status (*receive)(void *self, int timeout_ms, ll_worker_answer *out, bool *ready, ll_error *e);
} ll_elsewhere;

typedef struct ll_sweep {
    ll_host_settings settings;
    const ll_space *space;
    const uint8_t *genes;   /* (n, positions): borrowed */
    const uint8_t *control; /* gene of the control network; NULL: ll_sweep_control()'s */
    int n;
    const bool *only; /* (n) which of them, the others are not timed; NULL: all */
    int repeats;      /* timed runs of each; 0: LL_AUTO_RUNS, and more where that is not settled */
    bool stable;      /* careful (host/stable.h): repeats are then the most */
    uint64_t order_seed;
    int core;
    const ll_elsewhere *elsewhere; /* NULL: this machine measures */
    const char *journal;           /* path */
    const char *identity; /* a line that says what is measured on what: a journal of another one is refused */
    ll_observer *observer;
} ll_sweep;

enum { LL_RUNS_PER_VISIT = 5, LL_AUTO_ROUNDS = 1, LL_MOST_ROUNDS = 3, LL_AUTO_RUNS = 5 };

/* Times of each architecture, in the order they were taken: (n, LL_MAX_TIMES). */
typedef struct ll_times {
    int n;
    int *count;           /* (n) */
    int *visits;          /* (n) */
    float *ms;            /* as the clock showed them */
    float *control;       /* ms of the control network beside each */
    double usual;         /* of the control network: LL_USUAL of its times are faster */
    long disturbed, busy; /* runs taken again; visits in which the core never came free */
    bool stable;          /* settled is what has a narrow interval */
    double waited_s;      /* for the machine to cool down */
} ll_times;

/* Reads the journal, measures what is missing, and keeps `out` (ll_times_free) also on failure. LL_CANCELLED: what was
 * measured is in the journal. LL_USAGE: the journal is of another identity. LL_FAILED: the journal cannot be written
 * (full disk: what it holds so far stays good), or the worker died. */
/* The control network of a space: of 31 architectures drawn with seed 1 the one with the fourth fewest multiply-adds,
 * so that it takes little of the time and does what all do. */
void ll_sweep_control(const ll_space *s, uint8_t *gene);
ll_status ll_sweep_run(const ll_sweep *s, ll_times *out, ll_error *e);
void ll_times_free(ll_times *t);
/* Of ms * usual / control. */
ll_spread ll_times_spread(const ll_times *t, int row);
#define LL_USUAL 0.1
/* Half the 95 % interval of a row's median relative to it (host/stable.h). */
double ll_times_interval(const ll_times *t, int row);
/* The share of runs beside a control network that was no slower than usual by LL_CALM. */
double ll_times_calm(const ll_times *t);
/* Spearman between the medians of the earlier and of the later half of each architecture's runs: how well the
 * measurement agrees with itself. NaN below 3 architectures or 2 runs. */
double ll_times_repeat(const ll_times *t);

#endif
