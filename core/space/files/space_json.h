/* A search space in a file: its name, or for a user's space all that defines it. */
#ifndef LL_SPACE_FILES_SPACE_JSON_H
#define LL_SPACE_FILES_SPACE_JSON_H

#include <cjson/cJSON.h>

#include "core/space/space.h"

/* A text for a built-in space; for one that a file defines (core/space/files/space_read.h) what the file says; for another one of a
 * user's an object {"name": "mine", "positions": 3, "ops": ["a", "b"]} or, where
 * positions have choices of their own, {"name": "mine", "positions": ["kernel1", "depth"], "choices": [["3", "5"],
 * ["2", "3", "4"]]}. The caller adds it somewhere or deletes it. */
cJSON *ll_space_json(const ll_space *s);
/* The space again, defined when it is not yet. LL_BAD_DATA: unknown, incomplete, or another one of that name. */
ll_status ll_space_from_json(const cJSON *item, const ll_space **out, ll_error *e);
/* The same of a file that has one space. */
ll_status ll_space_from_file(const char *path, const ll_space **out, ll_error *e);

#endif
