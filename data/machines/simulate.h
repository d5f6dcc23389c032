/* Commands of the analytical devices: `simulate` adds one to a dataset or makes a dataset of them, `roofline`
 * shows where the time of each layer goes. */
#ifndef LL_DATA_MACHINES_SIMULATE_H
#define LL_DATA_MACHINES_SIMULATE_H

#include "core/app/command.h"
#include "core/base/observer.h"
#include "core/device/dataset.h"
#include "core/num/pool.h"
#include "data/machines/simulate_models.h"

extern const ll_command ll_simulate_commands[];

/* Fill the latencies of n devices from the index `first` on, device first + i by machines[i]; their names are
 * set already. The same numbers for any number of threads. LL_BAD_DATA when the space does not know its
 * layers; LL_CANCELLED leaves the columns incomplete. */
ll_status ll_simulate_fill(ll_dataset *d, int first, const ll_sim_machine *machines, int n, ll_pool *pool,
                           ll_observer *observer, ll_error *e);
/* A sealed dataset of the published machines whose names match one of the patterns (globs), on all
 * architectures of the space, or on n distinct ones drawn with the seed (n = 0: all of up to 16,384, else
 * 2,000). */
ll_status ll_simulate_dataset(const char *name, const ll_space *space, int n, uint64_t seed,
                              const ll_strs *patterns, ll_pool *pool, ll_observer *observer, ll_dataset **out,
                              ll_error *e);
/* The machine behind a simulated device: what ll_simulate_fill wrote into its note. LL_USAGE: measured. */
ll_status ll_simulate_machine(const ll_device *device, ll_sim_machine *out, ll_error *e);

ll_status ll_roofline_run(ll_request *rq); /* data/machines/roofline.c */

#endif
