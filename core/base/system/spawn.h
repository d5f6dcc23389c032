/* Starting another program. */
#ifndef LL_BASE_SYSTEM_SPAWN_H
#define LL_BASE_SYSTEM_SPAWN_H

#include <sys/types.h>

/* Apart from ours: a process group of its own, that all of it can be ended; or a session, which has no terminal either. */
typedef enum ll_apart { LL_OWN_GROUP, LL_OWN_SESSION } ll_apart;

/* Starts argv[0], looked for on PATH when it has no slash, with these as descriptors 0, 1 and 2 and no other, default
 * signals, and the environment `env`. 0, or the errno why not. */
int ll_spawn(char *const *argv, char *const *env, const int fd[3], ll_apart apart, pid_t *pid);

#endif
