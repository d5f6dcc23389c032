/* What machine this is: read, never changed. */
#ifndef LL_DATA_MACHINES_HOST_MACHINE_H
#define LL_DATA_MACHINES_HOST_MACHINE_H

#include "core/base/str.h"

/* "Intel(R) Xeon(R) Processor (family 6, model 207)", "Raspberry Pi 4 Model B Rev 1.4" */
void ll_machine_cpu(ll_str *out);
typedef void ll_machine_fact(void *ctx, const char *key, const char *value);
/* What does not change: "cpu", "cores", "hypervisor", "governor", "turbo_off", "energy_policy", "smt", "kernel"; "unknown"
 * where the system does not tell. No names of hosts or users. */
void ll_machine_facts(ll_machine_fact *fact, void *ctx);
/* The core that is taken when none is named: the last one this process may use. */
int ll_machine_core(void);
/* What does: "mhz" of a core, "celsius", "throttled" as a Raspberry Pi counts it; nothing where the system does not tell. */
void ll_machine_state(int core, ll_machine_fact *fact, void *ctx);

#endif
