/* Which programs `via=` may start. A command line can come from a script, a lesson or a session that somebody else wrote, so
 * it starts nothing that its user has not named: via=NAME is a line "NAME = COMMAND ..." of the user's own file of hosts,
 * $XDG_CONFIG_HOME/latlab/hosts; and of the programs that are there to run something elsewhere (ssh, adb, docker, podman) the
 * options that say where, and none that make them run something here. */
#ifndef LL_DATA_MACHINES_REMOTE_HOSTS_H
#define LL_DATA_MACHINES_REMOTE_HOSTS_H

#include "core/base/status.h"
#include "core/base/str.h"

/* Its words, behind which stands what is to be run there. LL_USAGE: it is neither. */
ll_status ll_host_command(const char *via, ll_strs *words, ll_error *e);
char *ll_hosts_path(void); /* to be freed */

#endif
