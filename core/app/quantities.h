/* What is not a latency is never shown in milliseconds: a result that names devices of another quantity says which, and its
 * columns carry that unit. */
#ifndef LL_APP_QUANTITIES_H
#define LL_APP_QUANTITIES_H

#include "core/app/state.h"

/* Looks for devices of the dataset, and those that an adapted predictor knows, in the result: "device", "devices" (a list), and the "device" or
 * "name" of its rows. Are they all of one quantity, other than latency, the result gets "quantity" and "unit" and its
 * columns that unit; the keys stay ("predicted_ms"). Are they of several, every row gets them and a column says the unit.
 * Results of latencies alone are left as they are, and those that have a "unit" already. */
void ll_mark_quantities(const ll_state *s, cJSON *result);
/* "ms", or what the result says. */
const char *ll_result_unit(const cJSON *result);

#endif
