#include "core/base/system/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"

enum { PAUSE_MS = 10 };

/* --- lock ----------------------------------------------------------------------------------------------- */

/* A link is followed, so that all who change one file meet at one lock. The caller frees. */
static char *real_path(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : ll_strdup(path);
}

static char *lock_path(const char *path)
{
    char *dir = ll_path_folder(path);
    ll_str name = {0};
    ll_str_addf(&name, ".%s.lock", ll_path_base(path));
    char *lock = ll_path_join(dir, name.s);
    free(dir);
    ll_str_free(&name);
    return lock;
}

/* A planted link, pipe or device in the lock's place must neither be followed nor waited for. */
static int open_lock(const char *path, ll_error *e)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) return fd;
    ll_fail(e, LL_FAILED, "its lock %s cannot be made: %s", path,
            fd >= 0 ? "something that is no file is there" : strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}

static ll_status wait_for(int fd, int wait_ms, ll_error *e)
{
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB); waited += PAUSE_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return ll_fail(e, LL_FAILED, "it cannot be locked: %s", strerror(errno));
        if (ll_interrupted()) return ll_interrupt_fail(e);
        if (waited >= wait_ms) return ll_fail(e, LL_FAILED, "another process is changing it; try again");
        usleep(PAUSE_MS * 1000);
    }
    return LL_OK;
}

static ll_status lock_real(const char *path, int wait_ms, int *lock, ll_error *e)
{
    char *dir = ll_path_folder(path), *beside = lock_path(path);
    ll_status s = ll_make_dirs(dir, e);
    *lock = s ? -1 : open_lock(beside, e);
    if (!s && *lock < 0) s = LL_FAILED;
    if (!s) s = wait_for(*lock, wait_ms, e);
    if (s) {
        ll_shared_unlock(*lock);
        *lock = -1;
    }
    free(dir);
    free(beside);
    return e && s && s != LL_CANCELLED ? ll_fail_in(e, "%s is unchanged: ", path) : s;
}

ll_status ll_shared_lock(const char *path, int wait_ms, int *lock, ll_error *e)
{
    char *real = real_path(path);
    ll_status s = lock_real(real, wait_ms, lock, e);
    free(real);
    return s;
}

void ll_shared_unlock(int lock)
{
    if (lock >= 0) close(lock);
}

bool ll_shared_locked(const char *path)
{
    char *real = real_path(path), *beside = lock_path(real);
    int fd = open(beside, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    if (fd >= 0) close(fd);
    free(beside);
    free(real);
    return held;
}

/* --- changing ------------------------------------------------------------------------------------------- */

static ll_status change_locked(const char *path, size_t most, ll_shared_change change, void *ctx, ll_error *e)
{
    char *text = NULL;
    size_t len = 0;
    ll_str out = {0};
    struct stat st;
    ll_status s = LL_OK;
    if (!stat(path, &st) && !S_ISREG(st.st_mode))
        s = ll_fail(e, LL_BAD_DATA, "%s: is no file, a file was expected", path);
    if (!s && !ll_is_missing(path)) s = ll_read_own_file(path, most, &text, &len, e);
    if (!s) s = change(ctx, text, len, &out, e);
    if (!s && out.s) s = ll_write_file(path, out.s, out.len, e);
    ll_str_free(&out);
    free(text);
    return s;
}

ll_status ll_shared_file_change(const char *path, size_t most, ll_shared_change change, void *ctx,
                                ll_error *e)
{
    int lock;
    char *real = real_path(path);
    ll_status s = lock_real(real, LL_SHARED_WAIT_MS, &lock, e);
    if (!s) s = change_locked(real, most, change, ctx, e);
    ll_shared_unlock(lock);
    free(real);
    return s;
}

static bool ends_whole(int fd, off_t size)
{
    char last;
    return !size || pread(fd, &last, 1, size - 1) != 1 || last == '\n';
}

static ll_status append_to(const char *path, const char *line, ll_error *e)
{
    struct stat st = {0};
    ll_str text = {0};
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    bool good = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode);
    if (fd >= 0 && !good) errno = EINVAL;
    if (good) {
        ll_str_addf(&text, "%s%s\n", ends_whole(fd, st.st_size) ? "" : "\n", line);
        good = write(fd, text.s, text.len) == (ssize_t)text.len; /* one write: whole among those of others */
    }
    ll_status s = good ? LL_OK : ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    ll_str_free(&text);
    return s;
}

ll_status ll_shared_file_append(const char *path, int wait_ms, const char *line, ll_error *e)
{
    int lock;
    char *real = real_path(path);
    ll_status s = lock_real(real, wait_ms, &lock, e);
    if (!s) s = append_to(real, line, e);
    ll_shared_unlock(lock);
    free(real);
    return s;
}
