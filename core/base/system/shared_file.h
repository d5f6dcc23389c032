/* A file that several processes change at any time: settings, saved tasks, history. Each change is read, made and
 * written whole while its process holds the lock beside the file (.NAME.lock), so none is lost. The lock is the
 * kernel's (flock): it ends with the process that held it, and the lock file stays.
 *
 * Readers need no lock: the file is replaced by a rename, so they see it before or after a change. */
#ifndef LL_BASE_SYSTEM_SHARED_FILE_H
#define LL_BASE_SYSTEM_SHARED_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"
#include "core/base/str.h"

enum { LL_SHARED_WAIT_MS = 10000 }; /* for another process; changes take milliseconds */

/* Takes the lock of the file at `path`, whose folder is made when it is missing. LL_FAILED: it cannot be made, or
 * another process kept it all of wait_ms; LL_CANCELLED: the command is to stop (core/base/interrupt.h). */
ll_status ll_shared_lock(const char *path, int wait_ms, int *lock, ll_error *e);
void ll_shared_unlock(int lock); /* -1 is fine */
/* Somebody on this machine holds it. (A number of a process may be another one's by now; a lock ends with its own.) */
bool ll_shared_locked(const char *path);

/* What the file shall hold, into `out`, given what it holds (text NULL: there is no file). To leave it as it is,
 * add nothing to `out`. */
typedef ll_status (*ll_shared_change)(void *ctx, const char *text, size_t len, ll_str *out, ll_error *e);
/* Locks, reads, has it changed, writes it whole, unlocks. Files over `most` bytes (0: 4 GiB) are refused. The file
 * is as it was after any failure. */
ll_status ll_shared_file_change(const char *path, size_t most, ll_shared_change change, void *ctx,
                                ll_error *e);

/* Adds a line (without its newline) at the end; what a killed process left of its line is ended first. */
ll_status ll_shared_file_append(const char *path, int wait_ms, const char *line, ll_error *e);

#endif
