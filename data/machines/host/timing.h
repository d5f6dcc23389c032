/* Timing one network as a careful person does: warm up, take the times, throw away what was disturbed. The clock
 * and the machine come from outside, so that the logic can be tested without either. */
#ifndef LL_DATA_MACHINES_HOST_TIMING_H
#define LL_DATA_MACHINES_HOST_TIMING_H

#include <stdbool.h>

enum {
    LL_MAX_RUNS = 16,  /* of one visit */
    LL_MAX_TIMES = 32, /* of one network */
};

typedef struct ll_stopwatch {
    void (*run)(void *ctx);     /* once through the network */
    void (*control)(void *ctx); /* once through the control network, always the same one */
    double (*wall_s)(void *ctx);
    double (*cpu_s)(void *ctx);  /* of the thread that runs; NULL: not looked at (several threads) */
    long (*switches)(void *ctx); /* how often that thread lost its core so far */
    void (*pause)(void *ctx, double seconds);
    void *ctx;
    double *patience_s;         /* longest single pause, kept from visit to visit; starts at LL_PATIENCE_S */
    void (*prepare)(void *ctx); /* behind the control network, timed as neither; NULL: nothing */
} ll_stopwatch;

/* What one visit to a network gave. */
typedef struct ll_visit {
    int n;
    float ms[LL_MAX_RUNS];      /* timed runs, undisturbed unless `busy` */
    float control[LL_MAX_RUNS]; /* ms of the control network just before each of them */
    int warm, disturbed; /* runs that do not count: the first ones; those in which the core was taken away */
    double paused_s;
    bool busy; /* the core would not come free: what is here was disturbed */
} ll_visit;

/* `runs` timed runs (1 to LL_MAX_RUNS), each behind a run of the control network. The first pair never counts; nor does
 * the next as long as each is faster than the one before by more than LL_STABLE, at most LL_MOST_WARM. A pair is
 * disturbed when the thread lost the core, or had less processor time than passed on the wall by more than LL_STOLEN
 * and 5 us: it is taken again after a pause that doubles from 1 ms to *patience_s, and after LL_MOST_DISTURBED of these
 * the times are taken as they are. Patience halves with every visit in which waiting did not help and doubles with every
 * other one: on a core that is busy for minutes, thousands of visits do not wait for seconds each. */
#define LL_STABLE           0.10
#define LL_STOLEN           0.02
#define LL_PATIENCE_S       1.0
#define LL_LEAST_PATIENCE_S 2e-3
enum { LL_MOST_WARM = 4, LL_MOST_DISTURBED = 12 };
void ll_timing_visit(const ll_stopwatch *w, int runs, ll_visit *out);

/* What the timed runs of one network say. On a shared machine a core is slower for milliseconds or minutes (a neighbour
 * on the other half of it, a lower clock) and the scheduler does not tell: on the one this was written on, half of
 * all runs took 1.3 to 1.6 times as long as the fastest. The control network next to each run is slowed down as
 * much: a time is taken as ms * usual / control, `usual` being the control network's time when nothing slows it. */
typedef struct ll_spread {
    double median, std; /* ms; std: sample standard deviation, NaN for one run */
    bool settled;       /* at least 5 runs, and the standard error of the median (from the median absolute
                           deviation) within LL_SETTLED of it */
} ll_spread;
#define LL_SETTLED 0.03
ll_spread ll_timing_spread(const float *ms, int n); /* n at most LL_MAX_TIMES */

/* A real stopwatch for the calling thread around run(ctx) and control(ctx); cpu_s is NULL when threads > 1. */
ll_stopwatch ll_stopwatch_real(void (*run)(void *), void (*control)(void *), void *ctx, int threads,
                               double *patience_s);

#endif
