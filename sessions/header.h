/* session.json: what a session says of itself beside its journal. */
#ifndef LL_SESSIONS_HEADER_H
#define LL_SESSIONS_HEADER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/base/status.h"

enum { LL_SESSION_VERSION = 1 };

/* Adds the present time, UTC. */
void ll_json_now(cJSON *o, const char *key);

/* Writes it anew. Name NULL: unsaved; state NULL: the journal has it. */
ll_status ll_header_write(const char *dir, const char *name, const cJSON *state, ll_error *e);
/* Whose an unsaved session is: a script's, or a person's. One that cannot be read says nothing. */
ll_status ll_header_mark_script(const char *dir, bool script, ll_error *e);
/* Was it a script's or -c's, and nobody has gone on with it since? */
bool ll_session_is_script(const char *dir);

#endif
