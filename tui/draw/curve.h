/* A curve that grows while a command runs: x rises, y is whatever its progress tells. */
#ifndef LL_TUI_DRAW_CURVE_H
#define LL_TUI_DRAW_CURVE_H

typedef struct ll_curve {
    double *x, *y; /* (n) */
    int n, cap;
} ll_curve;

/* A y that is NaN is no point; nor is an x not beyond the last: of a phase that starts anew, the first stays. */
void ll_curve_add(ll_curve *c, double x, double y);
void ll_curve_free(ll_curve *c); /* leaves it empty */

#endif
