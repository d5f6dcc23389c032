/* What is counted from the layers of an architecture, by the name that options call it. */
#ifndef LL_SEARCH_COSTS_H
#define LL_SEARCH_COSTS_H

#include <stddef.h>

#include "core/space/space.h"

typedef struct ll_cost_kind {
    const char *name, *unit; /* unit NULL: a number */
    size_t offset;           /* in ll_cost */
} ll_cost_kind;

const ll_cost_kind *ll_cost_find(const char *name); /* NULL: none */
const char *ll_cost_name(int i);                    /* NULL behind the last */
double ll_cost_value(const ll_cost *c, const ll_cost_kind *kind);

#endif
