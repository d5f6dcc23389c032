#include "core/base/system/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"

enum { TICK_MS = 20 }; /* a pipe is waited for in ticks so short that the wish to stop is answered at once */

/* The standard streams in /dev are links to descriptors. */
static bool opened_by_shell(const char *path)
{
    char to[64];
    if (!path || ll_descriptor_of(path) >= 0) return true;
    ssize_t n = readlink(path, to, sizeof to - 1);
    if (n < 0) return false;
    to[n] = 0;
    return ll_descriptor_of(to) >= 0;
}

static bool is_device(const struct stat *st)
{
    struct stat nothing;
    bool is_null = !stat("/dev/null", &nothing) && st->st_rdev == nothing.st_rdev;
    return (S_ISCHR(st->st_mode) && !is_null) || S_ISBLK(st->st_mode);
}

static ll_status describe(ll_stream *s, bool named, ll_error *e)
{
    struct stat st;
    if (fstat(s->fd, &st)) return ll_fail(e, LL_FAILED, "%s: %s", s->path, strerror(errno));
    if (S_ISDIR(st.st_mode)) return ll_fail(e, LL_BAD_DATA, "%s: is a folder, a file was expected", s->path);
    if (named && is_device(&st))
        return ll_fail(e, LL_BAD_DATA, "%s: is a device, a file was expected", s->path);
    s->unwritten_ms = named && S_ISFIFO(st.st_mode) ? 0 : -1;
    s->file = S_ISREG(st.st_mode);
    s->size = s->file ? st.st_size : 0;
    return LL_OK;
}

ll_status ll_stream_open(ll_stream *s, const char *path, ll_error *e)
{
    int fd = path ? open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
                  : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    *s = (ll_stream){.fd = fd, .path = ll_strdup(path ? path : "standard input")};
    ll_status status = fd < 0 ? ll_fail(e, LL_BAD_DATA, "%s: %s", s->path, strerror(errno))
                              : describe(s, !opened_by_shell(path), e);
    if (status) ll_stream_close(s);
    return status;
}

/* More bytes, or the end, are there to be read. */
static bool await_bytes(const ll_stream *s)
{
    struct pollfd p = {s->fd, POLLIN, 0};
    while (!ll_interrupted())
        if (s->file || s->unwritten_ms >= 0 || poll(&p, 1, TICK_MS) > 0) return true;
    return false;
}

/* A named pipe says "the end" as long as nobody has it open for writing. */
static ll_status await_writer(ll_stream *s, ll_error *e)
{
    if (s->unwritten_ms >= LL_PIPE_PATIENCE_MS)
        return ll_fail(e, LL_BAD_DATA, "%s: is a named pipe that nobody writes", s->path);
    poll(NULL, 0, TICK_MS);
    s->unwritten_ms += TICK_MS;
    return LL_OK;
}

ll_status ll_stream_read(ll_stream *s, char *bytes, size_t n, size_t *got, ll_error *e)
{
    ll_status status = LL_OK;
    while (!status && await_bytes(s)) {
        ssize_t some = read(s->fd, bytes, n);
        if (!some && s->unwritten_ms >= 0) {
            status = await_writer(s, e);
            continue;
        }
        s->unwritten_ms = -1;
        if (some < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (some < 0) return ll_fail(e, LL_FAILED, "%s: %s", s->path, strerror(errno));
        *got = (size_t)some;
        return LL_OK;
    }
    return status ? status : ll_interrupt_fail(e);
}

void ll_stream_close(ll_stream *s)
{
    if (s->fd >= 0) close(s->fd);
    free(s->path);
    *s = (ll_stream){.fd = -1};
}
