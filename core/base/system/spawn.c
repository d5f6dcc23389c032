#include "core/base/system/spawn.h"

#include <signal.h>
#include <spawn.h>

int ll_spawn(char *const *argv, char *const *env, const int fd[3], ll_apart apart, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    for (int i = 0; i < 3; i++) posix_spawn_file_actions_adddup2(&files, fd[i], i);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how,
                             (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                     (apart == LL_OWN_GROUP ? POSIX_SPAWN_SETPGROUP : POSIX_SPAWN_SETSID)));
    int failed = posix_spawnp(pid, argv[0], &files, &how, argv, env);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}
