/* Bytes as they come, from a file or a pipe of any length. Reading stops with LL_CANCELLED (interrupt.h), also while
 * nobody writes the pipe.
 *
 * What is no file: a descriptor that the shell opened (/dev/fd/63 of `<(...)`, /dev/stdin) is read whatever it is. A named
 * pipe is read when somebody writes it, who is waited for LL_PIPE_PATIENCE_MS. Any other device but /dev/null is refused:
 * it has no end, or waits for keys. */
#ifndef LL_BASE_SYSTEM_STREAM_H
#define LL_BASE_SYSTEM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/status.h"

enum { LL_PIPE_PATIENCE_MS = 3000 };

typedef struct ll_stream {
    int fd;
    int unwritten_ms; /* of a named pipe: so long nobody had it open for writing; -1: somebody has, or it is none */
    bool file;        /* its bytes are there: nobody has to be waited for */
    off_t size;       /* of a file when it was opened; else 0 */
    char *path;       /* for sentences */
} ll_stream;

/* PATH, NULL: the standard input. LL_BAD_DATA: not there, a folder, or a device. */
ll_status ll_stream_open(ll_stream *s, const char *path, ll_error *e);
/* Up to n bytes, at least one; *got 0: the end. LL_BAD_DATA: nobody writes the named pipe. */
ll_status ll_stream_read(ll_stream *s, char *bytes, size_t n, size_t *got, ll_error *e);
void ll_stream_close(ll_stream *s);

#endif
