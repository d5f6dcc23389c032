#include "data/machines/host/timing.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "core/num/stats.h"

typedef struct lap {
    double control_s, wall_s;
    bool disturbed;
} lap;

static lap time_pair(const ll_stopwatch *w)
{
    long switches = w->switches(w->ctx);
    double cpu = w->cpu_s ? w->cpu_s(w->ctx) : 0, begin = w->wall_s(w->ctx);
    w->control(w->ctx);
    double between = w->wall_s(w->ctx), ready = between;
    if (w->prepare) {
        w->prepare(w->ctx);
        ready = w->wall_s(w->ctx);
    }
    w->run(w->ctx);
    double end = w->wall_s(w->ctx);
    double stolen = w->cpu_s ? end - begin - (w->cpu_s(w->ctx) - cpu) : 0;
    return (lap){.control_s = between - begin,
                 .wall_s = end - ready,
                 .disturbed = w->switches(w->ctx) != switches || stolen > LL_STOLEN * (end - begin) + 5e-6};
}

static void wait_for_core(const ll_stopwatch *w, ll_visit *v)
{
    double seconds = fmin(*w->patience_s, ldexp(1e-3, v->disturbed - 1));
    w->pause(w->ctx, seconds);
    v->paused_s += seconds;
}

void ll_timing_visit(const ll_stopwatch *w, int runs, ll_visit *out)
{
    double before = INFINITY;
    *out = (ll_visit){0};
    while (out->n < runs) {
        lap l = time_pair(w);
        if (l.disturbed && !out->busy) {
            out->busy = ++out->disturbed >= LL_MOST_DISTURBED;
            wait_for_core(w, out);
            before = INFINITY;
            continue;
        }
        bool warming = l.wall_s < (1 - LL_STABLE) * before;
        before = l.wall_s;
        if (warming && !out->n && out->warm < LL_MOST_WARM)
            out->warm++;
        else {
            out->control[out->n] = (float)(1e3 * l.control_s);
            out->ms[out->n++] = (float)(1e3 * l.wall_s);
        }
    }
    *w->patience_s =
        out->busy ? fmax(LL_LEAST_PATIENCE_S, .5 * *w->patience_s) : fmin(LL_PATIENCE_S, 2 * *w->patience_s);
}

static double deviation(const float *ms, int n)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) sum += ms[i];
    for (int i = 0; i < n; i++) squares += (ms[i] - sum / n) * (ms[i] - sum / n);
    return n > 1 ? sqrt(squares / (n - 1)) : NAN;
}

ll_spread ll_timing_spread(const float *ms, int n)
{
    double v[LL_MAX_TIMES], away[LL_MAX_TIMES];
    if (n <= 0) return (ll_spread){NAN, NAN, false};
    if (n > LL_MAX_TIMES) n = LL_MAX_TIMES;
    for (int i = 0; i < n; i++) v[i] = ms[i];
    double median = ll_median(v, n);
    for (int i = 0; i < n; i++) away[i] = fabs(ms[i] - median);
    /* 1.4826 MAD is the deviation, 1.2533 / sqrt(n) of it the error of a median, for normal noise */
    double error = 1.2533 * 1.4826 * ll_median(away, n) / sqrt(n);
    return (ll_spread){median, deviation(ms, n), n >= 5 && error <= LL_SETTLED * median};
}

/* --- the real one --- */

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double real_wall(void *ctx)
{
    return seconds_of(CLOCK_MONOTONIC);
}

static double real_cpu(void *ctx)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

static long real_switches(void *ctx)
{
    struct rusage u;
    getrusage(RUSAGE_THREAD, &u);
    return u.ru_nivcsw;
}

static void real_pause(void *ctx, double seconds)
{
    struct timespec t = {(time_t)seconds, (long)(1e9 * (seconds - floor(seconds)))};
    nanosleep(&t, NULL);
}

ll_stopwatch ll_stopwatch_real(void (*run)(void *), void (*control)(void *), void *ctx, int threads,
                               double *patience_s)
{
    return (ll_stopwatch){.run = run,
                          .control = control,
                          .wall_s = real_wall,
                          .cpu_s = threads > 1 ? NULL : real_cpu,
                          .switches = real_switches,
                          .pause = real_pause,
                          .ctx = ctx,
                          .patience_s = patience_s};
}
