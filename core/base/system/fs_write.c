/* Files written whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/stream.h"

#define PREFIX ".latlab-tmp-"

enum { MOST_LINKS = 40, TRIES = 16, STALE_S = 60, TICK_MS = 20 };

static ll_status cannot(ll_error *e, const char *path, int why)
{
    return ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(why));
}

/* --- temporaries that a sudden end takes away -------------------------------------------------------------- */

enum { FREE, CLAIMED, LIVE };

static struct live {
    atomic_int state;
    int folder;
    char name[LL_TEMPORARY_NAME];
} live[32]; /* more at once is no harm: the others are swept later */
enum { N_LIVE = sizeof live / sizeof *live };

static void register_live(ll_writer *w)
{
    for (w->slot = 0; w->slot < N_LIVE; w->slot++) {
        struct live *l = &live[w->slot];
        int free = FREE;
        if (!atomic_compare_exchange_strong(&l->state, &free, CLAIMED)) continue;
        l->folder = w->folder;
        memcpy(l->name, w->temporary, sizeof l->name);
        atomic_store(&l->state, LIVE);
        return;
    }
}

static void forget_live(const ll_writer *w)
{
    if (w->slot < N_LIVE) atomic_store(&live[w->slot].state, FREE);
}

void ll_writers_drop(void)
{
    for (int i = 0; i < N_LIVE; i++)
        if (atomic_load(&live[i].state) == LIVE) unlinkat(live[i].folder, live[i].name, 0);
}

/* --- temporaries of a process that was killed --------------------------------------------------------------
 * A living writer holds a lock on its temporary. What has the name, is our own plain file, is not locked and not
 * younger than a minute (between its making and its lock lies a moment) was left behind. */

static bool is_left_behind(int folder, const char *name)
{
    struct stat st;
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) || strlen(name) != LL_TEMPORARY_NAME - 1) return false;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode)) return false;
    if (st.st_uid != geteuid() || st.st_nlink != 1 || time(NULL) - st.st_mtime < STALE_S) return false;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool alone = fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB);
    if (fd >= 0) close(fd);
    return alone;
}

/* Once for each folder in a row: a command writes many files into one. */
static bool just_swept(int folder)
{
    static _Thread_local dev_t device;
    static _Thread_local ino_t inode;
    struct stat st;
    if (fstat(folder, &st) || (st.st_dev == device && st.st_ino == inode)) return true;
    device = st.st_dev;
    inode = st.st_ino;
    return false;
}

static void sweep(int folder, const char *dir)
{
    ll_strs names = {0};
    if (just_swept(folder) || ll_list_dir(dir, NULL, &names, NULL)) return;
    for (int i = 0; i < names.n; i++)
        if (is_left_behind(folder, names.v[i])) unlinkat(folder, names.v[i], 0);
    ll_strs_free(&names);
}

/* --- where the bytes go ------------------------------------------------------------------------------------ */

/* The number of the descriptor this path stands for, else -1: what the shell opened is written to through what it
 * opened, whatever that is. (The standard streams in /dev are links to such paths.) */
int ll_descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        size_t n = strlen(folders[i]);
        char *end;
        if (strncmp(path, folders[i], n) || path[n] < '0' || path[n] > '9') continue;
        long fd = strtol(path + n, &end, 10);
        return *end || fd > 1 << 20 ? -1 : (int)fd;
    }
    return -1;
}

/* In a folder that everybody may write to, a link is followed when we or the folder's owner made it: the rule of the
 * kernel's protected_symlinks, kept here because we follow by our own hand. */
static bool may_follow(const char *dir, const struct stat *link)
{
    struct stat st;
    if (stat(dir, &st)) return false;
    bool anyone = st.st_mode & S_ISVTX && st.st_mode & S_IWOTH;
    return !anyone || link->st_uid == geteuid() || link->st_uid == st.st_uid;
}

/* *path becomes what its link says, relative to the link's own folder. */
static ll_status follow(char **path, const struct stat *link, ll_error *e)
{
    char to[4096], *dir = ll_path_folder(*path);
    ssize_t n = readlink(*path, to, sizeof to - 1);
    ll_status s = LL_OK;
    if (!may_follow(dir, link))
        s = ll_fail(e, LL_FAILED,
                    "%s: is a link that somebody else put into a folder that everybody may write to", *path);
    else if (n < 0)
        s = cannot(e, *path, errno);
    if (!s) {
        to[n] = 0;
        free(*path);
        *path = *to == '/' ? ll_strdup(to) : ll_path_join(dir, to);
    }
    free(dir);
    return s;
}

/* The end of the chain of links that begins at *path; `st` is what is there, st_nlink 0: nothing yet. */
static ll_status resolve(char **path, struct stat *st, ll_error *e)
{
    for (int hop = 0; hop < MOST_LINKS; hop++) {
        if (ll_descriptor_of(*path) >= 0) return LL_OK;
        if (lstat(*path, st)) {
            *st = (struct stat){0};
            return errno == ENOENT ? LL_OK : cannot(e, *path, errno);
        }
        if (!S_ISLNK(st->st_mode)) return LL_OK;
        ll_status s = follow(path, st, e);
        if (s) return s;
    }
    return cannot(e, *path, ELOOP);
}

/* --- opening ----------------------------------------------------------------------------------------------- */

/* A named pipe is opened when somebody reads it, who is waited for a moment; that can be cancelled. */
static int open_special(const char *path)
{
    int fd, ticks = 0;
    while ((fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO &&
           !ll_interrupted() && ticks++ * TICK_MS < LL_PIPE_PATIENCE_MS)
        poll(NULL, 0, TICK_MS);
    if (fd >= 0) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

static int open_direct(const char *path)
{
    int fd = ll_descriptor_of(path);
    return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : open_special(path);
}

/* Owner, group and mode of the file to be replaced. Where the group cannot be kept, the new one gets no more than
 * everybody has; where the owner cannot, no set-id bit survives. */
static void keep_mode(int fd, const struct stat *old)
{
    struct stat now;
    mode_t mode = old->st_mode & 07777;
    if (fchown(fd, old->st_uid, old->st_gid) && fchown(fd, (uid_t)-1, old->st_gid)) errno = 0;
    if (fstat(fd, &now)) return;
    if (now.st_gid != old->st_gid) mode &= ~(mode_t)070 | ((mode & 07) << 3);
    if (now.st_gid != old->st_gid || now.st_uid != old->st_uid) mode &= 01777;
    if (fchmod(fd, mode)) errno = 0; /* it stays at 0600: less open than it was, never more */
}

static int make_temporary(ll_writer *w, const struct stat *old)
{
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        uint64_t r;
        if (getrandom(&r, sizeof r, 0) != sizeof r) return -1;
        snprintf(w->temporary, sizeof w->temporary, PREFIX "%016llx", (unsigned long long)r);
        fd = openat(w->folder, w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    old->st_nlink ? 0600 : 0666);
        if (fd < 0 && errno != EEXIST) return -1;
    }
    if (fd < 0) return -1;
    register_live(w);
    flock(fd, LOCK_EX | LOCK_NB);
    if (old->st_nlink) keep_mode(fd, old);
    return fd;
}

int ll_open_own(const char *path, int flags, ll_error *e)
{
    struct stat st;
    char *real = ll_strdup(path);
    int fd = -1;
    ll_status s = resolve(&real, &st, e);
    if (!s) {
        fd = open(real, flags | O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
        if (fd < 0 || fstat(fd, &st)) {
            s = cannot(e, path, errno);
        } else if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
            s = ll_fail(e, LL_FAILED, "%s: a plain file was expected", path);
        }
    }
    free(real);
    if (!s) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

/* A folder that may be written to but not listed can still be worked in. */
static int open_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 && errno == EACCES ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : fd;
}

static ll_status no_temporary(const ll_writer *w, const struct stat *old, const char *dir, int why,
                              ll_error *e)
{
    if (old->st_nlink && (why == EACCES || why == EROFS))
        return ll_fail(
            e, LL_FAILED,
            "%s: cannot write: files are replaced whole, which needs a folder that may be written to, and %s "
            "may not: %s",
            w->path, dir, strerror(why));
    return cannot(e, w->path, why);
}

static ll_status open_beside(ll_writer *w, const char *real, const struct stat *old, int *fd, ll_error *e)
{
    const char *base = ll_path_base(real);
    if (!*base) return cannot(e, w->path, *real ? EISDIR : ENOENT);
    char *dir = ll_path_folder(real);
    ll_status s = LL_OK;
    w->name = ll_strdup(base);
    w->folder = open_folder(dir);
    if (w->folder < 0)
        s = cannot(e, w->path, errno);
    else if (old->st_nlink && faccessat(w->folder, base, W_OK, AT_EACCESS))
        s = cannot(e, w->path, errno);
    if (!s) {
        sweep(w->folder, dir);
        *fd = make_temporary(w, old);
        if (*fd < 0) s = no_temporary(w, old, dir, errno, e);
    }
    free(dir);
    return s;
}

static ll_status no_special(const char *path, int why, ll_error *e)
{
    if (ll_interrupted()) return ll_interrupt_fail(e);
    if (why == ENXIO) return ll_fail(e, LL_FAILED, "%s: is a named pipe that nobody reads", path);
    return cannot(e, path, why);
}

ll_status ll_writer_open(ll_writer *w, const char *path, ll_error *e)
{
    struct stat st = {0};
    char *real = ll_strdup(path);
    int fd = -1;
    *w = (ll_writer){.path = ll_strdup(path), .folder = -1, .slot = N_LIVE};
    ll_status s = resolve(&real, &st, e);
    if (!s && st.st_nlink && S_ISDIR(st.st_mode)) {
        s = cannot(e, path, EISDIR);
    } else if (!s && (ll_descriptor_of(real) >= 0 || (st.st_nlink && !S_ISREG(st.st_mode)))) {
        fd = open_direct(real);
        if (fd < 0) s = no_special(path, errno, e);
    } else if (!s) {
        s = open_beside(w, real, &st, &fd, e);
    }
    free(real);
    if (!s && !(w->f = fdopen(fd, "wb"))) {
        s = cannot(e, path, errno);
        close(fd);
    }
    if (s) ll_writer_abandon(w);
    return s;
}

/* --- the end ----------------------------------------------------------------------------------------------- */

void ll_writer_abandon(ll_writer *w)
{
    if (!w->path) return; /* never opened */
    if (w->f) fclose(w->f);
    if (*w->temporary) unlinkat(w->folder, w->temporary, 0);
    forget_live(w);
    if (w->folder >= 0) close(w->folder);
    free(w->path);
    free(w->name);
    *w = (ll_writer){.folder = -1, .slot = N_LIVE};
}

/* Never over what is no file, whatever came to have the name meanwhile. */
static int put_in_place(const ll_writer *w)
{
    struct stat st;
    if (!fstatat(w->folder, w->name, &st, AT_SYMLINK_NOFOLLOW) && !S_ISREG(st.st_mode)) return EEXIST;
    return renameat(w->folder, w->temporary, w->folder, w->name) ? errno : 0;
}

/* The name is as durable as the bytes once the folder is. Some file systems cannot be asked. */
static int sync_folder(const ll_writer *w)
{
    if (!fsync(w->folder) || errno == EINVAL || errno == EBADF || errno == ENOTSUP) return 0;
    return errno;
}

ll_status ll_writer_commit(ll_writer *w, ll_error *e)
{
    ll_status s = LL_OK;
    /* of a write that failed earlier errno is the best witness: between that and here only writes are tried */
    bool good = !fflush(w->f) && !ferror(w->f) && (!w->name || !fsync(fileno(w->f)));
    int why = good ? 0 : errno ? errno : EIO;
    if (!why && w->name) why = put_in_place(w);
    if (why) {
        s = ll_fail(e, LL_FAILED, "%s: cannot write: %s%s", w->path, strerror(why),
                    w->name ? "; what was there is unchanged" : "");
    } else if (w->name) {
        *w->temporary = 0;
        why = sync_folder(w);
        if (why)
            s = ll_fail(e, LL_FAILED, "%s: is written, but may be lost if the machine stops now: %s", w->path,
                        strerror(why));
    }
    ll_writer_abandon(w);
    return s;
}

ll_status ll_write_file(const char *path, const void *bytes, size_t len, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    fwrite(bytes, 1, len, w.f);
    return ll_writer_commit(&w, e);
}
