#include "core/base/clock.h"

#include <time.h>

static double read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double ll_now_s(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double ll_cpu_s(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

double ll_wall_s(void)
{
    return read_clock(CLOCK_REALTIME);
}
