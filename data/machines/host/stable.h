/* Careful timing: so that two sweeps agree on a machine whose clock moves and that others use, too. Nothing is sent ahead;
 * before the first visit the machine is warmed up until it is settled; after a visit beside which the control network was
 * slow it may cool down, or whoever was there finish; and an architecture is visited until the interval of its median is
 * narrow. Clocks and processes stay outside, so that the logic can be tested without either. */
#ifndef LL_DATA_MACHINES_HOST_STABLE_H
#define LL_DATA_MACHINES_HOST_STABLE_H

#include "data/machines/host/timing.h"

enum { LL_STABLE_ROUNDS = 2, LL_STABLE_MOST_ROUNDS = 6, LL_WARM_VISITS = 20 };
#define LL_CALM   0.10 /* a control network slower than usual by more: the machine is not calm */
#define LL_NARROW 0.01 /* half the interval of a median, relative to it, that is narrow enough */
#define LL_WARM   0.02 /* two visits in a row whose control networks differ by less: settled */

/* Half the interval that holds the median of whatever these come from with at least 95 %, from order statistics (the r-th
 * and the (n + 1 - r)-th, r the largest with P(binomial(n, 1/2) < r) <= 2.5 %), relative to their median. INFINITY below
 * six numbers, which no such interval can be made of. n at most LL_MAX_TIMES. */
double ll_median_interval(const float *ms, int n);

/* Median time of the control network beside a visit, ms; NaN: no run. */
double ll_visit_control(const ll_visit *v);

/* Whether a machine cools down between visits. Starts zeroed. */
typedef struct ll_cooling {
    double best;     /* ms of the control network in the calmest visit so far; 0: none yet */
    double next_s;   /* how long the next pause is */
    double waited_s; /* in all */
} ll_cooling;
/* Seconds to wait behind this visit, `passed_s` after the beginning: 50 ms doubling to 1 s as long as the control network is
 * slow; 0 when it is not, or when waiting has taken two seconds and half of all the time without its becoming calm. */
double ll_cooling_wait(ll_cooling *c, const ll_visit *v, double passed_s);

#endif
