/* How a distribution over architectures went in a search: probabilities after some of the steps, at most LL_TRACE_MOST of them
 * at equal distances, and what it expected of the first quantity that is limited. */
#ifndef LL_SEARCH_TRACE_H
#define LL_SEARCH_TRACE_H

#include <cjson/cJSON.h>

#include "core/search/soft.h"

enum { LL_TRACE_MOST = 128 };

typedef struct ll_trace_step {
    long step, evaluations;
    double expected; /* by the lookup table */
    double drawn;    /* mean of what the predictor says of the architectures drawn there; NaN: of none */
    double lambda, entropy;
    int mode; /* place in the search of the likeliest architecture; -1: the budget was out before it */
} ll_trace_step;

typedef struct ll_trace {
    int n, cap, size;        /* size: of one distribution */
    long every;              /* steps between two that are kept */
    double *p;               /* (n, size) */
    ll_trace_step *steps;    /* (n) */
    ll_trace_step latest;    /* kept or not */
    double *latest_p;        /* (size) */
    double explained;        /* share of the variance that the lookup table explains */
    int draws;               /* it was fitted to so many predictions */
    const char *name, *unit; /* of the quantity, borrowed; NULL: none */
} ll_trace;

void ll_trace_add(ll_trace *t, const ll_soft *s, const ll_trace_step *step);
void ll_trace_free(ll_trace *t);

/* Into an object, when there is a trace at all: "alpha" [{position, choices, p}], with p (choices) of the latest step, */
void ll_trace_progress(const ll_trace *t, const ll_space *space, cJSON *o);
/* or "alpha" {quantity, unit, explained, draws, step, evaluations, expected, drawn, lambda, entropy, positions [{position,
 * choices, p}]}: each but the first four over the steps that were kept, p (choices, steps) with three decimals. */
void ll_trace_result(const ll_trace *t, const ll_space *space, cJSON *o);

#endif
