#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "tests/crash/crash.h"

/* An open is one for reading until its flags are seen, a write one of a file until its descriptor is. */
const cr_call cr_calls[] = {
    {SYS_open, "open", CR_READ_OPEN, 0, -1},
    {SYS_openat, "openat", CR_READ_OPEN, 1, -1},
    {SYS_creat, "creat", CR_WRITE_OPEN, 0, -1},
    {SYS_read, "read", CR_READ, -1, 0},
    {SYS_pread64, "pread", CR_READ, -1, 0},
    {SYS_write, "write", CR_WRITE, -1, 0},
    {SYS_pwrite64, "pwrite", CR_WRITE, -1, 0},
    {SYS_writev, "writev", CR_WRITE, -1, 0},
    {SYS_fsync, "fsync", CR_SYNC, -1, 0},
    {SYS_fdatasync, "fdatasync", CR_SYNC, -1, 0},
    {SYS_syncfs, "syncfs", CR_SYNC, -1, 0},
    {SYS_close, "close", CR_CLOSE, -1, 0},
    {SYS_rename, "rename", CR_RENAME, 0, -1},
    {SYS_renameat, "renameat", CR_RENAME, 1, -1},
    {SYS_renameat2, "renameat2", CR_RENAME, 1, -1},
    {SYS_link, "link", CR_LINK, 1, -1},
    {SYS_linkat, "linkat", CR_LINK, 3, -1},
    {SYS_symlink, "symlink", CR_LINK, 1, -1},
    {SYS_symlinkat, "symlinkat", CR_LINK, 2, -1},
    {SYS_unlink, "unlink", CR_UNLINK, 0, -1},
    {SYS_unlinkat, "unlinkat", CR_UNLINK, 1, -1},
    {SYS_rmdir, "rmdir", CR_UNLINK, 0, -1},
    {SYS_mkdir, "mkdir", CR_MKDIR, 0, -1},
    {SYS_mkdirat, "mkdirat", CR_MKDIR, 1, -1},
    {SYS_flock, "flock", CR_LOCK, -1, 0},
    {SYS_fcntl, "fcntl", CR_LOCK, -1, 0},
    {SYS_ftruncate, "ftruncate", CR_TRUNCATE, -1, 0},
    {SYS_truncate, "truncate", CR_TRUNCATE, 0, -1},
    {SYS_fallocate, "fallocate", CR_TRUNCATE, -1, 0},
    {SYS_chmod, "chmod", CR_MODE, 0, -1},
    {SYS_fchmod, "fchmod", CR_MODE, -1, 0},
    {SYS_fchmodat, "fchmodat", CR_MODE, 1, -1},
    {SYS_fchown, "fchown", CR_MODE, -1, 0},
    {SYS_utimensat, "utimensat", CR_MODE, 1, -1},
    {SYS_stat, "stat", CR_STAT, 0, -1},
    {SYS_lstat, "lstat", CR_STAT, 0, -1},
    {SYS_fstat, "fstat", CR_STAT, -1, 0},
    {SYS_newfstatat, "newfstatat", CR_STAT, 1, -1},
    {SYS_statx, "statx", CR_STAT, 1, -1},
    {SYS_access, "access", CR_STAT, 0, -1},
    {SYS_faccessat2, "faccessat2", CR_STAT, 1, -1},
    {SYS_getdents64, "getdents", CR_LIST, -1, 0},
    {SYS_clone, "clone", CR_SPAWN, -1, -1},
    {SYS_clone3, "clone3", CR_SPAWN, -1, -1},
    {SYS_fork, "fork", CR_SPAWN, -1, -1},
    {SYS_vfork, "vfork", CR_SPAWN, -1, -1},
    {SYS_pipe2, "pipe2", CR_PIPE, -1, -1},
    {SYS_eventfd2, "eventfd2", CR_PIPE, -1, -1},
    {SYS_socketpair, "socketpair", CR_PIPE, -1, -1},
};
const int cr_n_calls = (int)(sizeof cr_calls / sizeof *cr_calls);

const cr_call *cr_call_find(long number)
{
    for (int i = 0; i < cr_n_calls; i++)
        if (cr_calls[i].number == number) return &cr_calls[i];
    return NULL;
}

/* --- faults ------------------------------------------------------------------------------------------------ */

#define CHANGES                                                                                              \
    (CR_BIT(CR_WRITE_OPEN) | CR_BIT(CR_WRITE) | CR_BIT(CR_SYNC) | CR_BIT(CR_RENAME) | CR_BIT(CR_LINK) |      \
     CR_BIT(CR_UNLINK) | CR_BIT(CR_MKDIR) | CR_BIT(CR_TRUNCATE) | CR_BIT(CR_MODE))
#define MOVES  (CR_BIT(CR_RENAME) | CR_BIT(CR_LINK) | CR_BIT(CR_UNLINK) | CR_BIT(CR_MKDIR))
#define GROWS  (CR_BIT(CR_WRITE_OPEN) | CR_BIT(CR_WRITE) | CR_BIT(CR_MKDIR))
#define OPENS  (CR_BIT(CR_READ_OPEN) | CR_BIT(CR_WRITE_OPEN))
#define ALL(k) CR_BIT(k)

static const cr_mode modes[] = {
    {"killed before", CHANGES, CR_KILL_BEFORE, 0, false, 14},
    {"killed after", CHANGES, CR_KILL_AFTER, 0, false, 14},
    {"killed before", MOVES, CR_KILL_BEFORE, 0, false, 10},
    {"killed after", MOVES, CR_KILL_AFTER, 0, false, 10},
    {"disk full from", GROWS, CR_FAIL, ENOSPC, true, 5},
    {"disk full at", GROWS, CR_FAIL, ENOSPC, false, 4},
    {"quota reached from", GROWS, CR_FAIL, EDQUOT, true, 1},
    {"short", ALL(CR_WRITE), CR_SHORTEN, 0, false, 3},
    {"interrupted", ALL(CR_WRITE) | ALL(CR_READ), CR_FAIL, EINTR, false, 2},
    {"I/O error at", ALL(CR_WRITE), CR_FAIL, EIO, false, 3},
    {"I/O error at", ALL(CR_READ), CR_FAIL, EIO, false, 3},
    {"I/O error at", ALL(CR_SYNC), CR_FAIL, EIO, false, 4},
    {"I/O error at", ALL(CR_CLOSE), CR_FAIL_AFTER, EIO, false, 2},
    {"I/O error at", MOVES, CR_FAIL, EIO, false, 5},
    {"I/O error at", ALL(CR_LIST), CR_FAIL, EIO, false, 1},
    {"stdout full at", ALL(CR_PRINT), CR_FAIL, ENOSPC, false, 1},
    {"read-only from", CHANGES & ~(CR_BIT(CR_WRITE) | CR_BIT(CR_SYNC)), CR_FAIL, EROFS, true, 4},
    {"forbidden", CHANGES & ~(CR_BIT(CR_WRITE) | CR_BIT(CR_SYNC)), CR_FAIL, EACCES, false, 3},
    {"not supported", ALL(CR_RENAME), CR_FAIL, EINVAL, false, 2},
    {"across file systems", ALL(CR_RENAME) | ALL(CR_LINK), CR_FAIL, EXDEV, false, 1},
    {"no descriptors at", OPENS | ALL(CR_PIPE), CR_FAIL, EMFILE, false, 5},
    {"no descriptors from", OPENS | ALL(CR_PIPE), CR_FAIL, EMFILE, true, 4},
    {"unreadable", ALL(CR_READ_OPEN), CR_FAIL, EACCES, false, 3},
    {"unreachable", ALL(CR_STAT), CR_FAIL, EACCES, false, 3},
    {"no locks", ALL(CR_LOCK), CR_FAIL, ENOLCK, false, 2},
    {"interrupted", ALL(CR_LOCK), CR_FAIL, EINTR, false, 1},
    {"too large", ALL(CR_TRUNCATE), CR_FAIL, EFBIG, false, 1},
    {"no processes at", ALL(CR_SPAWN), CR_FAIL, EAGAIN, false, 1},
    {"no memory at", ALL(CR_ALLOC), CR_FAIL, ENOMEM, false, 12},
    {"no memory from", ALL(CR_ALLOC), CR_FAIL, ENOMEM, true, 6},
};
enum { MODES = sizeof modes / sizeof *modes };

static long places(const cr_mode *m, const cr_counts *c)
{
    long n = 0;
    for (int k = 0; k < CR_KINDS; k++)
        if (m->kinds & CR_BIT(k)) n += c->of[k];
    return n;
}

cr_fault cr_fault_draw(ll_rng *r, const cr_counts *counts)
{
    int total = 0, i = 0;
    for (int m = 0; m < MODES; m++) total += places(&modes[m], counts) ? modes[m].weight : 0;
    for (int left = ll_rng_below(r, total); i < MODES - 1; i++) {
        left -= places(&modes[i], counts) ? modes[i].weight : 0;
        if (left < 0) break;
    }
    return (cr_fault){&modes[i], 1 + ll_rng_below(r, (int)places(&modes[i], counts))};
}

void cr_fault_say(const cr_fault *f, ll_str *out)
{
    static const char *const kinds[CR_KINDS] = {
        [CR_READ_OPEN] = "open to read",
        [CR_WRITE_OPEN] = "open to write",
        [CR_READ] = "read",
        [CR_WRITE] = "write",
        [CR_PRINT] = "print",
        [CR_SYNC] = "sync",
        [CR_CLOSE] = "close",
        [CR_RENAME] = "rename",
        [CR_LINK] = "link",
        [CR_UNLINK] = "unlink",
        [CR_MKDIR] = "mkdir",
        [CR_LOCK] = "lock",
        [CR_TRUNCATE] = "truncate",
        [CR_MODE] = "chmod",
        [CR_STAT] = "stat",
        [CR_LIST] = "list",
        [CR_SPAWN] = "spawn",
        [CR_PIPE] = "pipe",
        [CR_ALLOC] = "allocation",
    };
    const char *between = " ";
    ll_str_add(out, f->mode->name);
    for (int k = 0; k < CR_KINDS; k++)
        if (f->mode->kinds & CR_BIT(k)) {
            ll_str_addf(out, "%s%s", between, kinds[k]);
            between = " / ";
        }
    ll_str_addf(out, " number %ld", f->nth);
    if (f->mode->error) ll_str_addf(out, " (%s)", strerrorname_np(f->mode->error));
}
