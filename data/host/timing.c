#include "data/host/timing.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "core/num/stats.h"

typedef struct lap {
    double wall_s;
    bool disturbed;
} lap;

static lap time_run(const ll_stopwatch *w)
{
    long switches = w->switches(w->ctx);
    double cpu = w->cpu_s ? w->cpu_s(w->ctx) : 0, begin = w->wall_s(w->ctx);
    w->run(w->ctx);
    lap l = {.wall_s = w->wall_s(w->ctx) - begin};
    double stolen = w->cpu_s ? l.wall_s - (w->cpu_s(w->ctx) - cpu) : 0;
    l.disturbed = w->switches(w->ctx) != switches || stolen > LL_STOLEN * l.wall_s + 5e-6;
    return l;
}

static void wait_for_core(const ll_stopwatch *w, ll_visit *v)
{
    double seconds = fmin(1, ldexp(1e-3, v->disturbed - 1));
    w->pause(w->ctx, seconds);
    v->paused_s += seconds;
}

void ll_timing_visit(const ll_stopwatch *w, int runs, ll_visit *out)
{
    double before = INFINITY;
    *out = (ll_visit){0};
    while (out->n < runs) {
        lap l = time_run(w);
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
        else
            out->ms[out->n++] = (float)(1e3 * l.wall_s);
    }
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
    double kept[LL_MAX_TIMES], fastest = INFINITY;
    int n_kept = 0;
    if (n <= 0) return (ll_spread){.median = NAN, .std = NAN};
    for (int i = 0; i < n; i++) fastest = ms[i] < fastest ? ms[i] : fastest;
    for (int i = 0; i < n; i++)
        if (ms[i] <= (1 + LL_SLOW) * fastest && n_kept < LL_MAX_TIMES) kept[n_kept++] = ms[i];
    return (ll_spread){.median = ll_median(kept, n_kept), .std = deviation(ms, n), .slow = n - n_kept};
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

ll_stopwatch ll_stopwatch_real(void (*run)(void *), void *runner, int threads)
{
    return (ll_stopwatch){run, real_wall, threads > 1 ? NULL : real_cpu, real_switches, real_pause, runner};
}
