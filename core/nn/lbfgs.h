/* L-BFGS in a box: minimise a smooth function of n variables with bounds. The two-loop recursion (Nocedal and
 * Wright, Numerical Optimization, algorithm 7.4) on the variables that are off their bounds, steps projected
 * onto the box, backtracking to sufficient decrease. Deterministic, no threads. */
#ifndef LL_NN_LBFGS_H
#define LL_NN_LBFGS_H

#include "core/base/observer.h"

/* Value at x (n), gradient into g (n). A value that is not finite means "not a place to go". */
typedef double (*ll_objective)(void *ctx, const double *x, double *g);

typedef struct ll_lbfgs {
    int iterations;   /* at most; 0: 100 */
    int memory;       /* correction pairs; 0: 8 */
    double tolerance; /* stop when every component of the projected gradient is below; 0: 1e-6 */
    double lo, hi;    /* bounds of every variable; lo == hi: none */
    /* Asked before every evaluation; cancelled: what is best so far is returned. */
    const ll_observer *observer;
} ll_lbfgs;

/* x (n) is the start on entry (finite value required) and the best point on return, whose value
 * is returned. */
double ll_lbfgs_minimise(const ll_lbfgs *how, int n, ll_objective f, void *ctx, double *x);

#endif
