/* Which physical hardware a device column was measured on, by its published name: the same machine appears
 * under several names, with several batch sizes and precisions. */
#ifndef LL_DEVICE_HARDWARE_H
#define LL_DEVICE_HARDWARE_H

#include "core/device/dataset.h"

/* Canonical hardware ("GeForce GTX 1080 Ti") of a device name of the public benchmarks; NULL: unknown. */
const char *ll_hardware_named(const char *device_name);
/* Of a column: what the dataset states, else by its name; NULL: unknown. */
const char *ll_hardware(const ll_dataset *d, int device);
/* Both known and equal. */
bool ll_same_hardware(const ll_dataset *d, int a, int b);

#endif
