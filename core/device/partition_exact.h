/* The exact search behind ll_partition_sides(). */
#ifndef LL_DEVICE_PARTITION_EXACT_H
#define LL_DEVICE_PARTITION_EXACT_H

#include "core/device/partition.h"

/* Improves `side`, a valid split, to one of least cost. w (n, n) has no NaN. LL_CANCELLED leaves the best
 * split found so far in `side`. */
ll_status ll_partition_search(const double *w, int n, const ll_partition_job *job, int *side, ll_error *e);

#endif
