/* Files: whole-file reads, writes that either happen entirely or not at all, folders, XDG paths. */
#ifndef LL_BASE_SYSTEM_FS_H
#define LL_BASE_SYSTEM_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/status.h"
#include "core/base/str.h"

/* Whole file, NUL added after the last byte (not counted in *len). The caller frees. Files over `most` bytes
 * (0: 4 GiB) are refused. Pipes are read to their end, devices refused (core/base/system/stream.h). Stops with LL_CANCELLED (interrupt.h). */
ll_status ll_read_file(const char *path, size_t most, char **text, size_t *len, ll_error *e);

/* The same of a file that latlab keeps for itself: what is no plain file is refused, for a pipe in its place would be
 * waited for. */
ll_status ll_read_own_file(const char *path, size_t most, char **text, size_t *len, ll_error *e);

/* Replace `path` by these bytes: temporary file beside it, fsync, rename, fsync of the folder. The old file survives
 * any failure; after LL_OK the new one survives a power cut. */
ll_status ll_write_file(const char *path, const void *bytes, size_t len, ll_error *e);

/* The same for a stream of writes: open, fprintf to f, then commit or abandon.
 *
 * What is written to: a link is followed (also one that leads to nothing yet: its target is made), except a stranger's
 * in a folder that everybody may write to. Devices, pipes and descriptors (/dev/full, /dev/stdout, /dev/fd/3) are
 * written directly. A folder, a file without write permission, and a file in a folder without it are refused.
 * What is kept: mode, and owner and group where that is permitted; not ACLs and extended attributes. Other hard links
 * to the file keep the old content.
 * The temporary is made anew (O_EXCL) under a name nobody can foresee, and is never more open than the file. A killed
 * process may leave it: the next writer in that folder removes it, and nothing reads it. */
enum { LL_TEMPORARY_NAME = 29 }; /* ".latlab-tmp-" and 16 hex digits */
typedef struct ll_writer {
    FILE *f;
    char *path; /* as it was given, for messages */
    char *name; /* what gets replaced, in `folder`; NULL: written directly */
    int folder; /* a descriptor */
    int slot;   /* where ll_writers_drop finds it */
    char temporary[LL_TEMPORARY_NAME];
} ll_writer;
ll_status ll_writer_open(ll_writer *w, const char *path, ll_error *e);
/* Checks every earlier write; frees w on success or not. */
ll_status ll_writer_commit(ll_writer *w, ll_error *e);
void ll_writer_abandon(ll_writer *w);
/* Removes the temporaries of all open writers, for a process that ends at once. Async-signal-safe; any thread. */
void ll_writers_drop(void);

/* A descriptor (read and write) of a file that latlab keeps for itself and changes in place: a lock, a journal, the
 * history. Made when it is missing; links are followed as by a writer; whatever is neither a plain file nor
 * a device (/dev/null) is refused. `flags`: O_APPEND or 0. -1 on failure. */
int ll_open_own(const char *path, int flags, ll_error *e);

/* The number of the descriptor that a path stands for (/dev/fd/3, /proc/self/fd/3), -1: none. */
int ll_descriptor_of(const char *path);

bool ll_is_file(const char *path);
bool ll_is_there(const char *path); /* anything of this name, a link that leads to nothing too */
bool ll_is_dir(const char *path);
bool ll_same_file(const char *a, const char *b); /* both are there, and are one file under whatever names */
/* Nothing has this name. (What cannot be looked at just now may well be there: who would make it anew asks this.) */
bool ll_is_missing(const char *path);
ll_status ll_make_dirs(const char *path, ll_error *e); /* like mkdir -p */
ll_status ll_remove_tree(const char *path, ll_error *e);
/* Names in a folder, sorted, without . and ..; `suffix` NULL or an ending to keep. */
ll_status ll_list_dir(const char *path, const char *suffix, ll_strs *names, ll_error *e);
char *ll_path_join(const char *a, const char *b); /* the caller frees */
char *ll_path_stem(const char *path);             /* "a/b.c.d" -> "b.c"; the caller frees */
const char *ll_path_base(const char *path);       /* pointer behind the last slash */
char *ll_path_folder(const char *path); /* what is before it, "." where nothing is; the caller frees */
/* Where temporary files go: $TMPDIR, else /tmp. Borrowed. */
const char *ll_path_temporary(void);
char *ll_path_expand(const char *path); /* ~ and ~/x; the caller frees */

/* What a path names from any folder, links followed; as it is where its folder is not there. Free it. */
char *ll_path_absolute(const char *path);

/* RELATIVE below the program's folder or one of the two above it, where something of that name is; else NULL.
 * What came with the program is found in its source tree and wherever it was installed. Free it. */
char *ll_beside_program(const char *relative);
/* A file or folder that came with the program: `in_tree` beside it, else `installed` in share/latlab beside it, else where
 * `make install` puts that, whether or not it is there. Free it. */
char *ll_came_along(const char *in_tree, const char *installed);

/* $XDG_<kind>_HOME/latlab with the default of the specification; unset, empty and relative values are
 * ignored. The folder is not created. The caller frees. */
typedef enum ll_xdg { LL_XDG_CONFIG, LL_XDG_DATA, LL_XDG_STATE, LL_XDG_CACHE } ll_xdg;
char *ll_xdg_dir(ll_xdg kind);

#endif
