/* What the look commands share: the parts of look.c that stand in files of their own. */
#ifndef LL_COMMANDS_LOOK_LOOK_H
#define LL_COMMANDS_LOOK_LOOK_H

#include "core/app/request.h"
#include "core/device/ordering.h"

ll_status ll_run_arch(ll_request *rq);
ll_status ll_run_scores(ll_request *rq);
ll_status ll_run_worth(ll_request *rq); /* `scores` with against= */
ll_status ll_run_corr(ll_request *rq);
ll_status ll_run_audit(ll_request *rq);

/* Devices named by a list option (names, globs, "tagged"); all of the dataset when it is absent. */
ll_status ll_look_devices(ll_request *rq, const char *option, ll_ints *out);
/* "source", "target" or "" in the current task. */
const char *ll_device_role(const ll_state *s, int device);
/* "15,625" */
void ll_add_thousands(ll_str *out, long n);
/* Names of these devices as a member of a result. */
void ll_json_devices(cJSON *o, const char *key, const ll_dataset *d, const ll_ints *devices);
/* The result "corr": the matrix and its tree, devices in this order; where the command has cut=, also the groups
 * (core/commands/groups.h), whose LL_USAGE comes back. */
ll_status ll_emit_corr(ll_request *rq, const ll_corr *c, ll_order how);

#endif
