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
/* Where `save NAME` puts it. LL_USAGE: a name must be letters, digits, '.', '_', '-'; that of a path must not begin
 * with '.': such names are latlab's own. */
ll_status ll_session_target(const char *name, char **dir, ll_error *e);
bool ll_session_is_begun(const char *dir); /* does its journal hold anything of its own? */
/* Folders of all sessions, the most recently changed first; those of unnamed ones included, except where the process was
 * killed before the first command was journalled. */
void ll_session_list(ll_strs *dirs);
void ll_session_list_live(ll_strs *dirs); /* the unnamed ones alone, and all of them */
/* The command line that opens this session, with an option such as "copy=on" or NULL; the caller frees. */
char *ll_session_open_line(const char *dir, const char *option);
double ll_session_changed_s(const char *dir); /* seconds since 1970 of the last journal line */

/* Lock: a descriptor to close, or -1 (LL_FAILED in e names the process that has it). Never that of a folder that
 * took or lost its name meanwhile. */
int ll_session_lock(const char *dir, ll_error *e);
bool ll_session_locked(const char *dir); /* by anyone, this process too */

#endif
