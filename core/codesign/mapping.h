/* The mapping of a nest on an accelerator that costs least.
 *
 * Tiles are changed one at a time, to one pass fewer or more, or half or twice as many, and so are the orders of loops at L2
 * and DRAM, as long as anything helps: from six starts, one for each order in which tensors may stay (what it leaves
 * unchanged runs innermost), and from `kicks` random mappings. An order matters only by what stays, so six at each level are
 * all that have to be tried where NAAS (arXiv 2105.13258) searches 7! of them by importance. */
#ifndef LL_CODESIGN_MAPPING_H
#define LL_CODESIGN_MAPPING_H

#include "core/base/rng.h"
#include "core/codesign/nest.h"

typedef enum ll_goal { LL_GOAL_EDP, LL_GOAL_LATENCY, LL_GOAL_ENERGY } ll_goal;
/* What is minimised: cycles times energy, cycles, or energy; of equal ones the other decides. */
double ll_goal_value(ll_goal g, double cycles, double energy);

enum { LL_MAPPING_KICKS = 12 };

/* Any mapping that fits, with random tiles and orders; false: not even single numbers fit the buffers. */
bool ll_mapping_random(const ll_nest *n, const ll_accelerator *a, ll_rng *rng, ll_mapping *out);
/* The same seed finds the same. False as above. */
bool ll_mapping_search(const ll_nest *n, const ll_accelerator *a, const ll_prices *p, ll_goal goal, int kicks,
                       uint64_t seed, ll_mapping *best, ll_nest_cost *cost);

#endif
