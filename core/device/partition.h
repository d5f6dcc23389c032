/* Splitting devices into source and target so that the two sides resemble each other little: the hard case
 * for transfer (NASFLAT, arXiv 2403.02446, section on device sets). */
#ifndef LL_DEVICE_PARTITION_H
#define LL_DEVICE_PARTITION_H

#include "core/device/correlation.h"
#include "core/device/task.h"

enum { LL_LEFT_OUT = -1, LL_SIDE_SOURCE = 0, LL_SIDE_TARGET = 1 };

typedef enum ll_partition_method { LL_PARTITION_KL, LL_PARTITION_EXACT } ll_partition_method;

/* Steps of the exact search before it says that the problem is too large: some ten seconds. Forty real
 * devices take thousands, forty unrelated ones millions. */
#define LL_PARTITION_STEPS 20000000L
/* and one that nobody waits for */
#define LL_PARTITION_QUICK 200000L

typedef struct ll_partition_job {
    int n_source, n_target; /* at least 1 each, together at most the devices at hand */
    uint64_t seed;          /* of the random start; exact does not use it */
    ll_partition_method method;
    ll_observer *observer; /* exact: progress and cancel; may be NULL */
    long most_steps;       /* exact gives up after so many; 0: LL_PARTITION_STEPS */
} ll_partition_job;

/* side (n) of each device for correlations r (n, n). The cost is the sum of r across; a pair without a
 * correlation counts as 1, because not knowing is no reason to split.
 *
 * kl: Kernighan-Lin bisection, at most 10 passes, then each side that is too large loses the device with the
 * highest sum of correlations to the other side, until the sizes are right; either half may become the
 * source. exact: branch and bound over the smaller side (given one side, the best other one is read off),
 * LL_FAILED when that takes too many steps. */
ll_status ll_partition_sides(const double *r, int n, const ll_partition_job *job, int *side, ll_error *e);
/* Sum of r across the split. */
double ll_partition_cost(const double *r, int n, const int *side);
/* The same on devices of a dataset, as a task named after method and seed. */
ll_status ll_partition(const ll_dataset *d, const ll_corr *c, const ll_partition_job *job, ll_task **out,
                       ll_error *e);

#endif
