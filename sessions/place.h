/* Where sessions are: saved ones under XDG data, live unnamed ones under XDG state; one process at a time has
 * a session open (flock). */
#ifndef LL_SESSIONS_PLACE_H
#define LL_SESSIONS_PLACE_H

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

char *ll_sessions_saved_dir(void); /* the caller frees; also ll_sessions_live_dir */
char *ll_sessions_live_dir(void);
bool ll_session_is(const char *dir); /* does the folder hold a session? */

/* Folder of a session by name (saved, else live), or the path itself when the name holds a slash. LL_USAGE:
 * bad name; LL_FAILED: no such session, with the nearest. */
ll_status ll_session_find(const char *name, char **dir, ll_error *e);
/* Where `save NAME` puts it. LL_USAGE: a name must be letters, digits, '.', '_', '-'. */
ll_status ll_session_target(const char *name, char **dir, ll_error *e);
/* Folders of all sessions, the most recently changed first; those of unnamed ones included. */
void ll_session_list(ll_strs *dirs);
double ll_session_changed_s(const char *dir); /* seconds since 1970 of the last journal line */

/* Make a fresh live folder (*dir for the caller to free) and drop all but the most recent few that nobody has
 * open. */
ll_status ll_session_fresh(char **dir, ll_error *e);

/* Lock: a descriptor to close, or -1 (LL_FAILED in e names the process that has it). */
int ll_session_lock(const char *dir, ll_error *e);
bool ll_session_locked(const char *dir); /* by anyone, this process too */

/* Copy a session (its journal, header, blobs) to a folder that does not exist yet. A failure leaves nothing.
 */
ll_status ll_session_copy(const char *from, const char *to, ll_error *e);
/* Put `temporary` where `dir` is; what is there is kept as DIR.old (*kept). */
ll_status ll_session_replace(const char *temporary, const char *dir, bool *kept, ll_error *e);

#endif
