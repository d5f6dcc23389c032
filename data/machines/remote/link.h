/* A machine elsewhere, over a program that runs something there (hosts.h): sends latlab-measure once, whose name holds its
 * content's hash, starts it, speaks with it (wire.h). Belongs to one thread. */
#ifndef LL_DATA_MACHINES_REMOTE_LINK_H
#define LL_DATA_MACHINES_REMOTE_LINK_H

#include <cjson/cJSON.h>

#include "core/base/observer.h"
#include "data/machines/host/sweep.h"

typedef struct ll_remote ll_remote;

/* Connects. The program there has no terminal: what would ask for a password fails instead. LL_USAGE: via= names no
 * command; LL_FAILED: what the command complained of, no latlab-measure for that kind of machine, no room there;
 * LL_CANCELLED. */
ll_status ll_remote_open(const char *via, const ll_observer *o, ll_remote **out, ll_error *e);
void ll_remote_close(ll_remote *r); /* what it measures ends; NULL is fine */

const char *ll_remote_cpu(const ll_remote *r);
const cJSON *ll_remote_machine(const ll_remote *r); /* as ll_machine_describe() of this one */
const char *ll_remote_engine(const ll_remote *r,
                             const char *name); /* its version; NULL: it has none of that name */
/* It as who measures in a sweep; its own for as long as it is open. */
const ll_elsewhere *ll_remote_elsewhere(const ll_remote *r); /* of NULL: NULL */
/* Adds what the clock and the temperature are now. */
ll_status ll_remote_state(ll_remote *r, cJSON *into, ll_error *e);

#endif
