/* Bytes as they come, from a file or a pipe of any length. Reading stops with LL_CANCELLED (interrupt.h), also while
 * nobody writes the pipe. */
#ifndef LL_BASE_STREAM_H
#define LL_BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/base/status.h"

typedef struct ll_stream {
    int fd;
    bool file;  /* its bytes are there: nobody has to be waited for */
    off_t size; /* of a file when it was opened; else 0 */
    char *path; /* for sentences */
} ll_stream;

/* PATH, NULL: the standard input. A pipe that nobody writes yet is opened as well. LL_BAD_DATA: not there, or a folder. */
ll_status ll_stream_open(ll_stream *s, const char *path, ll_error *e);
/* Up to n bytes, at least one; *got 0: the end. */
ll_status ll_stream_read(ll_stream *s, char *bytes, size_t n, size_t *got, ll_error *e);
void ll_stream_close(ll_stream *s);

#endif
