/* The work folder DIR/.latlab.tmp-XXXXXX of a folder in the making:
 *   lock     its mark, locked while its maker lives
 *   fresh/   what is made; after the installation what was replaced
 *   aside/   a folder on its way, where the file system cannot exchange two names at once */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/owned.h"

#define PREFIX ".latlab.tmp-"
static const char mark[] = "latlab works here\n";

/* --- the mark --- */

static int open_lock(int dir, int more)
{
    return openat(dir, "lock", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | more, 0600);
}

/* The mark, or as much of it as a process wrote before it was killed. */
static bool is_mark(int lock)
{
    char text[sizeof mark] = "";
    struct stat st;
    if (fstat(lock, &st) || !S_ISREG(st.st_mode)) return false;
    ssize_t n = pread(lock, text, sizeof text, 0);
    return n >= 0 && n < (ssize_t)sizeof mark && !strncmp(text, mark, (size_t)n);
}

/* Where locks are not to be had, nobody takes one: what is left there stays. */
static bool try_lock(int lock)
{
    return !flock(lock, LOCK_EX | LOCK_NB);
}

/* --- what killed processes left --- */

/* A folder that was aside when its process was killed goes back, unless something has taken its place. */
static void put_back(int work, int dir)
{
    int aside = openat(work, "aside", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = aside < 0 ? NULL : fdopendir(aside);
    struct stat st;
    for (struct dirent *x; d && (x = readdir(d));)
        if (x->d_name[0] != '.' && fstatat(dir, x->d_name, &st, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
            renameat(aside, x->d_name, dir, x->d_name);
    if (d) closedir(d);
}

static ll_status remove_work(int work, const char *path, const ll_owned_kind *kind, ll_error *e)
{
    const ll_owned_kind none = {.entries = (const ll_owned_entry[]){{0}}};
    const ll_owned_kind all = {
        .entries = (const ll_owned_entry[]){
            {.name = "lock"}, {.name = "fresh", .folder = kind}, {.name = "aside", .folder = &none}, {0}}};
    return ll_owned_remove_unfinished(work, path, &all, e);
}

/* Killed before the mark, or after it was removed. */
static bool is_bare(int work)
{
    struct stat st;
    return !fstat(work, &st) && st.st_uid == geteuid() && (st.st_mode & 0777) == 0700;
}

static void sweep_one(int dir, const char *path, const char *name, const ll_owned_kind *kind)
{
    int work = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (work < 0) return;
    int lock = open_lock(work, 0);
    if (lock < 0 && errno == ENOENT && is_bare(work)) unlinkat(dir, name, AT_REMOVEDIR); /* if it is empty */
    if (lock >= 0 && is_mark(lock) && try_lock(lock)) {
        put_back(work, dir);
        remove_work(work, path, kind, NULL);
    }
    if (lock >= 0) close(lock);
    close(work);
}

void ll_owned_sweep(const char *dir, const ll_owned_kind *kind)
{
    ll_strs names = {0};
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    if (!ll_list_dir(dir, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *path = ll_path_join(dir, names.v[i]);
            if (!strncmp(names.v[i], PREFIX, strlen(PREFIX)) && strlen(names.v[i]) == strlen(PREFIX) + 6)
                sweep_one(fd, path, names.v[i], kind);
            free(path);
        }
    ll_strs_free(&names);
    close(fd);
}

/* --- a work folder of one's own --- */

/* Marks and locks the empty folder. False, with ENOENT or EWOULDBLOCK: another process took it for one left behind,
 * before it was locked. */
static bool sign(int work, int lock)
{
    struct stat st;
    if (!try_lock(lock) && errno == EWOULDBLOCK) return false;
    if (write(lock, mark, sizeof mark - 1) != sizeof mark - 1 || mkdirat(work, "fresh", 0777)) return false;
    errno = ENOENT;
    return !fstat(lock, &st) && st.st_nlink;
}

static bool furnish(ll_owned_work *w)
{
    int work = open(w->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (work < 0) return false;
    w->lock = open_lock(work, O_CREAT | O_EXCL);
    bool good = w->lock >= 0 && sign(work, w->lock);
    int why = errno;
    if (!good && w->lock >= 0) {
        unlinkat(work, "fresh", AT_REMOVEDIR);
        unlinkat(work, "lock", 0);
        close(w->lock);
        w->lock = -1;
    }
    close(work);
    errno = why;
    return good;
}

static bool try_begin(ll_owned_work *w)
{
    w->path = ll_path_join(w->dir, PREFIX "XXXXXX");
    if (mkdtemp(w->path)) {
        if (furnish(w)) return true;
        int why = errno;
        rmdir(w->path);
        errno = why;
    }
    free(w->path);
    return false;
}

ll_status ll_owned_begin(ll_owned_work *w, const char *dir, const ll_owned_kind *kind, ll_error *e)
{
    ll_status s = ll_make_dirs(dir, e);
    if (s) return s;
    *w = (ll_owned_work){.kind = kind, .dir = ll_strdup(dir), .lock = -1};
    ll_owned_sweep(dir, kind);
    for (int tries = 0; tries < 20; tries++) {
        if (try_begin(w)) {
            w->fresh = ll_path_join(w->path, "fresh");
            return LL_OK;
        }
        if (errno != ENOENT && errno != EWOULDBLOCK) break;
    }
    ll_fail(e, LL_FAILED, "%s: cannot write there: %s", dir, strerror(errno));
    free(w->dir);
    *w = (ll_owned_work){.lock = -1};
    return LL_FAILED;
}

void ll_owned_end(ll_owned_work *w)
{
    int work = w->path ? open(w->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (work >= 0) {
        remove_work(work, w->path, w->kind, NULL);
        close(work);
    }
    if (w->lock >= 0) close(w->lock);
    free(w->dir);
    free(w->path);
    free(w->fresh);
    *w = (ll_owned_work){.lock = -1};
}

/* --- installing --- */

/* By three names, with a moment in which nothing has the name `b`; ll_owned_sweep() mends what a kill there leaves. */
static bool exchange_slowly(const ll_owned_work *w, const char *a, const char *b)
{
    char *dir = ll_path_join(w->path, "aside"), *aside = ll_path_join(dir, ll_path_base(b));
    bool good = (!mkdir(dir, 0700) || errno == EEXIST) && !rename(b, aside);
    if (good && rename(a, b)) {
        int why = errno;
        rename(aside, b);
        errno = why;
        good = false;
    }
    if (good) good = !rename(aside, a);
    free(dir);
    free(aside);
    return good;
}

/* Each name then has what the other had; one of them may have nothing. */
static bool swap(const ll_owned_work *w, const char *a, const char *b)
{
    if (!ll_is_there(b)) return !rename(a, b);
    if (!ll_is_there(a)) return !rename(b, a);
    if (!renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE)) return true;
    bool unknown = errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
    return unknown && exchange_slowly(w, a, b);
}

void ll_owned_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd); /* some file systems cannot: then their own order has to do */
    close(fd);
}

static void sync_parent(const char *path)
{
    char *dir = ll_path_folder(path);
    ll_owned_sync(dir);
    free(dir);
}

/* Who could not read the former folder or a file of it cannot read the new one either. */
static void take_modes(const char *from, const char *to)
{
    ll_strs names = {0};
    struct stat st;
    if (!ll_list_dir(to, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *old = ll_path_join(from, names.v[i]), *new = ll_path_join(to, names.v[i]);
            if (!lstat(old, &st) && S_ISREG(st.st_mode)) chmod(new, st.st_mode & 0777);
            free(old);
            free(new);
        }
    if (!lstat(from, &st) && S_ISDIR(st.st_mode)) chmod(to, st.st_mode & 0777);
    ll_strs_free(&names);
}

/* The folder in which former states are kept: made, and no link to elsewhere. */
static ll_status make_parent(const char *path, ll_error *e)
{
    struct stat st;
    char *dir = ll_path_folder(path);
    bool good = !mkdir(dir, 0777) || errno == EEXIST;
    if (good && (lstat(dir, &st) || !S_ISDIR(st.st_mode))) good = false, errno = ENOTDIR;
    ll_status s =
        good ? LL_OK : ll_fail(e, LL_FAILED, "%s: cannot create the folder: %s", dir, strerror(errno));
    free(dir);
    return s;
}

/* Over the name that keeps it: then no kill can find the former folder where it would be removed. */
static ll_status install(ll_owned_work *w, const char *path, const char *keep, ll_error *e)
{
    if (keep && !swap(w, w->fresh, keep))
        return ll_fail(e, LL_FAILED, "%s: cannot write: %s", keep, strerror(errno));
    if (swap(w, keep ? keep : w->fresh, path)) return LL_OK;
    ll_fail(e, LL_FAILED, "%s: cannot replace: %s; what was there is unchanged", path, strerror(errno));
    if (keep) swap(w, w->fresh, keep);
    return LL_FAILED;
}

ll_status ll_owned_install(ll_owned_work *w, const char *path, const char *keep, ll_error *e)
{
    ll_status s = ll_owned_check(path, w->kind, e);
    if (!ll_is_there(path)) keep = NULL;
    if (!s && keep) s = make_parent(keep, e);
    if (!s && keep) s = ll_owned_check(keep, w->kind, e);
    if (s) return s;
    take_modes(path, w->fresh);
    ll_owned_sync(w->fresh);
    s = install(w, path, keep, e);
    if (s) {
        chmod(w->fresh, 0700); /* it may have taken on a read-only mode, and is to be removed */
        return s;
    }
    sync_parent(path);
    if (keep) sync_parent(keep);
    return LL_OK;
}
