/* session.json: what a session says of itself beside its journal. */
#ifndef LL_SESSIONS_HEADER_H
#define LL_SESSIONS_HEADER_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/base/status.h"

enum { LL_SESSION_VERSION = 1 };

/* Writes it anew. Name NULL: unsaved; state NULL: the journal has it. */
ll_status ll_header_write(const char *dir, const char *name, const cJSON *state, ll_error *e);
/* Whose an unsaved session is: a script's, or a person's. One that cannot be read says nothing. */
ll_status ll_header_mark_script(const char *dir, bool script, ll_error *e);
/* Was it a script's or -c's, and nobody has gone on with it since? */
bool ll_session_is_script(const char *dir);
/* The folder of the saved session that an unsaved one goes on from, and how many bytes of its journal it has from there:
 * until there are more it is a copy in which nothing was done. */
ll_status ll_header_mark_origin(const char *dir, const char *origin, double inherited, ll_error *e);
char *ll_session_origin(const char *dir); /* NULL: none; the caller frees */
double ll_session_inherited(const char *dir);

#endif
