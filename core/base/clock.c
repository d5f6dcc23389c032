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

const char *ll_utc_text(const char *format, char text[LL_DATE_SIZE])
{
    time_t now = (time_t)ll_wall_s();
    struct tm utc;
    strftime(text, LL_DATE_SIZE, format, gmtime_r(&now, &utc));
    return text;
}
