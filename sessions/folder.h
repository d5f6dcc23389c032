/* The folder of a session on disk: what is in it, and making, copying, replacing and removing one. Only folders that
 * latlab made and that nobody has open are moved or removed (core/base/system/owned.h); a file of a stranger in one of them
 * is in the way and stays where it is. */
#ifndef LL_SESSIONS_FOLDER_H
#define LL_SESSIONS_FOLDER_H

#include "core/base/system/owned.h"
#include "sessions/store.h"

extern const ll_owned_kind ll_session_kind; /* known by its session.json with "format": "latlab session" */

/* Is each part a plain file or a folder, as latlab makes them? What is written goes nowhere else then. LL_FAILED names
 * the part that is not. */
ll_status ll_session_check_parts(const char *dir, ll_error *e);

/* Copy journal, header and blobs, plain files only, into an empty folder. What a link, a pipe or a device of such a
 * name would give, and what is not of a session, is left out. */
ll_status ll_session_copy(const char *from, const char *to, ll_error *e);

/* Put the finished folder `w->fresh` among the live ones under a new name; *dir is the caller's to free. */
ll_status ll_session_place_live(ll_owned_work *w, char **dir, ll_error *e);
/* Put it at DIR. A session there that nobody has open is kept as `ll_session_former(DIR)` (*kept), in the place of the
 * one that was kept there before; LL_FAILED says what else is in the way. */
ll_status ll_session_place_saved(ll_owned_work *w, const char *dir, bool *kept, ll_error *e);
/* Where the state lies that the last `save` replaced: beside DIR, under a hidden name that `save` takes from nobody.
 * The caller frees. */
char *ll_session_former(const char *dir);

/* Remove what a killed process left half written in a session. Precondition: we have its lock. */
void ll_session_tidy(const char *dir);
/* Remove a session that nobody has open. */
ll_status ll_session_remove(const char *dir, ll_error *e);
/* Remove what killed processes left of folders in the making, saved and live, and of the live
 * sessions that nobody has open all but the most recent ones in which something was done. */
void ll_sessions_sweep(void);

#endif
