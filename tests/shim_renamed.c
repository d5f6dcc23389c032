/* Kills the program right behind the rename of a file whose name ends in $LATLAB_KILL_BEHIND, before the folder is synced. */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void die_behind(const char *name)
{
    const char *ending = getenv("LATLAB_KILL_BEHIND");
    size_t n = strlen(name), k = ending ? strlen(ending) : n + 1;
    if (k <= n && !strcmp(name + n - k, ending)) kill(getpid(), SIGKILL);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    int (*real)(int, const char *, int, const char *) =
        (int (*)(int, const char *, int, const char *))dlsym(RTLD_NEXT, "renameat");
    int r = real(from_folder, from, to_folder, to);
    if (!r) die_behind(to);
    return r;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}
