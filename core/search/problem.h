/* What is searched for: quantities of an architecture, some to be optimised, some limited.
 *
 * Quantity 0 is the score, maximised. The others are minimised where they are objectives: latencies on devices, ms, by a
 * predictor adapted to each, and costs counted from the layers. A latency is *within* its limit c when P(L <= c) >= p by the
 * predictor's interval; p = .5, and predictors without intervals: when its mean is. What was measured is known, whatever
 * is predicted (core/ALGORITHMS.md section 16). */
#ifndef LL_SEARCH_PROBLEM_H
#define LL_SEARCH_PROBLEM_H

#include "core/search/costs.h"
#include "core/search/front.h"
#include "core/search/where.h"
#include "core/transfer/adapted.h"

enum { LL_QUANTITIES = LL_OBJECTIVES };

typedef struct ll_quantity {
    const char *name, *unit;   /* "cifar10", "pixel2" "ms", "macs"; unit NULL: none */
    const ll_scorer *scorer;   /* quantity 0; */
    const ll_adapted *adapted; /* a latency that is predicted; */
    bool known;                /* a latency as the dataset knows it, NaN elsewhere: of device `name`; */
    const ll_cost_kind *cost;  /* else what is counted */
    double max;                /* INFINITY: no limit */
    bool objective;
    /* a latency: what was measured, beside the samples of the predictor; archs NULL: nothing */
    ll_measured measured;
    bool owned; /* adapted and measured are the problem's own (core/search/verify.h) */
} ll_quantity;

typedef struct ll_problem {
    const ll_space *space;
    const ll_dataset *data; /* of that space; NULL: none */
    int n;
    ll_quantity q[LL_QUANTITIES];
    double p;
    const ll_where *where; /* what does not meet it has no score; NULL: all do */
    bool intervals;        /* deviations are wanted, whatever p is */
    bool predicted_only;   /* what was measured is predicted all the same: published protocols */
} ll_problem;

/* What is known of archs->n architectures: values (n, problem->n), the score with its own sign, NaN where it is not known;
 * sd (n, problem->n) the deviations of latencies, 0 where nothing is uncertain or it is not asked for; dof (problem->n) of the
 * t distributions they belong to, 0: normal. */
typedef struct ll_evaluation {
    double *values, *sd, *dof;
} ll_evaluation;
ll_status ll_problem_evaluate(const ll_problem *p, const ll_archs *archs, ll_observer *observer,
                              ll_pool *pool, const ll_evaluation *to, ll_error *e);
/* How many deviations from the mean p lies: (problem->n). */
void ll_problem_quantiles(const ll_problem *p, const double *dof, double *z);
/* How far beyond its limits an architecture is, relative to each, in all; 0: within all. INFINITY: the score is not
 * known, or something that is limited. */
double ll_problem_excess(const ll_problem *p, const double *values, const double *sd, const double *z);
/* The probability that all latencies are within their limits; 0 where a cost is not. */
double ll_problem_chance(const ll_problem *p, const double *values, const double *sd, const double *dof);
/* The objectives of a row of values, all minimised: (the number of them) into out; returns how many. */
int ll_problem_objectives(const ll_problem *p, const double *values, double *out);

#endif
