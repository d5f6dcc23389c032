#include "core/num/ticks.h"

#include <math.h>

static double round_step(double least)
{
    static const double steps[] = {1, 2, 5};
    double power = pow(10, floor(log10(least)));
    for (int i = 0; i < 3; i++)
        if (steps[i] * power >= .999 * least) return steps[i] * power;
    return 10 * power;
}

static int digits_of(double step)
{
    int digits = -(int)floor(log10(step) + 1e-9);
    return digits < 0 ? 0 : digits > 9 ? 9 : digits;
}

ll_ticks ll_ticks_within(double lo, double hi, int gaps)
{
    double least = (hi - lo) / (gaps > 1 ? gaps : 1);
    if (!(least > 0) || isinf(least)) return (ll_ticks){0};
    double step = round_step(least), first = ceil(lo / step - 1e-9), last = floor(hi / step + 1e-9);
    return (ll_ticks){first, step, (int)(last - first) + 1, digits_of(step)};
}

double ll_tick_at(const ll_ticks *t, int i)
{
    return (t->first + i) * t->step;
}
