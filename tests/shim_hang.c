/* For LD_PRELOAD: a file server that is dead. What touches a path that contains LATLAB_SHIM_DEAD (open, read) or, when that
 * is "fsync", syncs any file, waits for ever and hears no signal, as a thread in an uninterruptible wait does; with LATLAB_SHIM_FOR=SECONDS the first wait is
 * that long, and there are no others. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hang(void)
{
    static atomic_bool waited;
    const char *seconds = getenv("LATLAB_SHIM_FOR");
    sigset_t all, before;
    if (seconds && atomic_exchange(&waited, true)) return;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    while (!seconds) pause();
    sleep((unsigned)atoi(seconds));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool is_dead(const char *what)
{
    const char *dead = getenv("LATLAB_SHIM_DEAD");
    return dead && *dead && strstr(what, dead);
}

static bool reads_dead(int fd)
{
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return readlink(link, path, sizeof path - 1) > 0 && is_dead(path);
}

static int real_open(const char *path, int flags, va_list ap)
{
    static int (*next)(const char *, int, ...);
    if (!next) next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    if (is_dead(path) && !getenv("LATLAB_SHIM_OPENS")) hang();
    return next(path, flags, flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, int) : 0);
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    int fd = real_open(path, flags, ap);
    va_end(ap);
    return fd;
}

int open64(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    int fd = real_open(path, flags, ap);
    va_end(ap);
    return fd;
}

ssize_t read(int fd, void *into, size_t n)
{
    static ssize_t (*next)(int, void *, size_t);
    if (!next) next = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    if (getenv("LATLAB_SHIM_DEAD") && reads_dead(fd)) hang();
    return next(fd, into, n);
}

int fsync(int fd)
{
    static int (*next)(int);
    if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    if (is_dead("fsync")) hang();
    return next(fd);
}
