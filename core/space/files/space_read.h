/* A space of one's own as a whole: positions with names, choices, numbers that these stand for and rules of activity, the
 * string, the network. data/SPACES.md is the manual. */
#ifndef LL_SPACE_FILES_SPACE_READ_H
#define LL_SPACE_FILES_SPACE_READ_H

#include <cjson/cJSON.h>

#include "core/space/space.h"

/* Is it such a definition, and not the short form of space_json.h? Some of its positions are objects. */
bool ll_space_is_whole(const cJSON *item);
/* Checks all of it, networks included, and defines the space, or finds the same one. LL_BAD_DATA: a sentence that names the
 * place ("positions[2].when: ..."), and nothing is defined. */
ll_status ll_space_read_whole(const cJSON *item, const ll_space **out, ll_error *e);

#endif
