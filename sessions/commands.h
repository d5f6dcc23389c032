/* The commands of sessions: save, open, sessions, journal, undo, redo, replay. Ends with a record whose name
 * is NULL. ll_sessions_start() must have been called on the app. */
#ifndef LL_SESSIONS_COMMANDS_H
#define LL_SESSIONS_COMMANDS_H

#include "core/app/command.h"
#include "sessions/session.h"

extern const ll_command ll_session_commands[];

ll_status ll_replay_run(ll_request *rq); /* sessions/replay.c */

#endif
