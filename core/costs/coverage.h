/* How much of some networks a table of layer costs has rows for, and what it lacks. */
#ifndef LL_COSTS_COVERAGE_H
#define LL_COSTS_COVERAGE_H

#include "core/costs/costs.h"

enum { LL_COVERAGE_NAMED = 3 };

typedef struct ll_coverage {
    int n;               /* architectures that were looked at */
    long parts, missing; /* of their bills, each as often as it occurs */
    int n_named;         /* distinct parts without a row, the first few that occur */
    ll_part named[LL_COVERAGE_NAMED];
} ll_coverage;

/* genes: (n, positions). */
void ll_costs_coverage(const ll_costs *c, const ll_space *space, const uint8_t *genes, int n,
                       ll_coverage *out);
/* "12 of 240 parts of 20 networks (5.0 %) have no row: conv 3x3 ..., ..."; adds nothing where nothing is missing. */
void ll_coverage_text(const ll_coverage *v, const ll_space *space, ll_str *out);

#endif
