/* Where an axis is marked: at multiples of 1, 2 or 5 times a power of ten. */
#ifndef LL_NUM_TICKS_H
#define LL_NUM_TICKS_H

typedef struct ll_ticks {
    double first, step; /* the first one as a multiple of the step */
    int n, digits;      /* digits: behind the point, to tell them apart; at most 9 */
} ll_ticks;

/* Those within lo..hi, the closest together that need at most `gaps` steps for the way, give or take .1 %. None where
 * hi is not above lo, or one of them is infinite. */
ll_ticks ll_ticks_within(double lo, double hi, int gaps);
double ll_tick_at(const ll_ticks *t, int i); /* 0 <= i < n */

#endif
