/* Files: whole-file reads, writes that either happen entirely or not at all, folders, XDG paths. */
#ifndef LL_BASE_FS_H
#define LL_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/status.h"
#include "core/base/str.h"

/* Whole file, NUL added after the last byte (not counted in *len). The caller frees. Files over `most` bytes
 * (0: 4 GiB) are refused. */
ll_status ll_read_file(const char *path, size_t most, char **text, size_t *len, ll_error *e);

/* Replace `path` by these bytes: temporary file beside it, fsync, rename. The old file survives any failure.
 */
ll_status ll_write_file(const char *path, const void *bytes, size_t len, ll_error *e);

/* The same for a stream of writes: open, fprintf to f, then commit or abandon. Devices and pipes (/dev/full,
 * /dev/stdout) are written directly. */
typedef struct ll_writer {
    FILE *f;
    char *path, *temporary; /* temporary NULL: written directly */
} ll_writer;
ll_status ll_writer_open(ll_writer *w, const char *path, ll_error *e);
ll_status ll_writer_commit(ll_writer *w,
                           ll_error *e); /* checks every earlier write; frees w on success or not */
void ll_writer_abandon(ll_writer *w);

bool ll_is_file(const char *path);
bool ll_is_dir(const char *path);
ll_status ll_make_dirs(const char *path, ll_error *e); /* like mkdir -p */
ll_status ll_remove_tree(const char *path, ll_error *e);
/* Names in a folder, sorted, without . and ..; `suffix` NULL or an ending to keep. */
ll_status ll_list_dir(const char *path, const char *suffix, ll_strs *names, ll_error *e);
char *ll_path_join(const char *a, const char *b); /* the caller frees */
char *ll_path_stem(const char *path);             /* "a/b.c.d" -> "b.c"; the caller frees */
const char *ll_path_base(const char *path);       /* pointer behind the last slash */
char *ll_path_expand(const char *path);           /* ~ and ~/x; the caller frees */

/* $XDG_<kind>_HOME/latlab with the default of the specification; unset, empty and relative values are
 * ignored. The folder is not created. The caller frees. */
/* RELATIVE below the program's folder or one of the two above it, where something of that name is; else NULL.
 * What came with the program is found in its source tree and wherever it was installed. Free it. */
char *ll_beside_program(const char *relative);
typedef enum ll_xdg { LL_XDG_CONFIG, LL_XDG_DATA, LL_XDG_STATE, LL_XDG_CACHE } ll_xdg;
char *ll_xdg_dir(ll_xdg kind);

#endif
