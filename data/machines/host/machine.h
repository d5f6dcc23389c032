/* What machine this is: read, never changed. */
#ifndef LL_DATA_MACHINES_HOST_MACHINE_H
#define LL_DATA_MACHINES_HOST_MACHINE_H

#include <cjson/cJSON.h>

#include "core/base/str.h"

/* "Intel(R) Xeon(R) Processor (family 6, model 207)" */
void ll_machine_cpu(ll_str *out);
/* {"cpu", "cores", "hypervisor", "governor", "turbo", "energy_policy", "kernel"}: what the system tells; "unknown" where it does not.
 * No names of hosts or users. */
cJSON *ll_machine_describe(void);

#endif
