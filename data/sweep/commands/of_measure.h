/* What planning, running and merging of measurements share. */
#ifndef LL_DATA_SWEEP_COMMANDS_OF_MEASURE_H
#define LL_DATA_SWEEP_COMMANDS_OF_MEASURE_H

#include "core/app/request.h"
#include "data/sweep/plan.h"

/* The devices of a plan, and where each of them is. */
typedef struct ll_sweep_devices {
    ll_strs names, via; /* via.n: as many, or none */
} ll_sweep_devices;
ll_status ll_sweep_devices_read(const ll_sweep_plan *p, ll_sweep_devices *d, ll_error *e);
void ll_sweep_devices_free(ll_sweep_devices *d);

/* A request of `measure`: the options of the plan that are of no device, and those of device number i. */
ll_status ll_sweep_measure_set(ll_request *inner, const ll_sweep_plan *p, ll_error *e);
ll_status ll_sweep_device_set(ll_request *inner, const ll_sweep_devices *d, int i, ll_error *e);

/* Architectures of the plan, (n, positions), to be freed; NULL: one of them is none of the space. */
uint8_t *ll_sweep_genes(const ll_space *space, const ll_sweep_plan *p, const int *archs, int n, ll_error *e);

ll_status ll_sweep_merge_measured(ll_request *rq, const char *path, const ll_sweep_plan *p,
                                  const ll_strs *files, int missing);

#endif
