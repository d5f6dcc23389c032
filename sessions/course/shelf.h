/* The lessons that come with the program (sessions/lessons), and which of them were played to their end. */
#ifndef LL_SESSIONS_COURSE_SHELF_H
#define LL_SESSIONS_COURSE_SHELF_H

#include <cjson/cJSON.h>

#include "core/base/status.h"

typedef struct ll_lesson_entry {
    const char *name, *title;
    int minutes;
} ll_lesson_entry;
extern const ll_lesson_entry ll_lessons[]; /* ends with name NULL */

/* The file of a lesson by its name, beside the program or where it was installed; anything else is a path. To be freed.
 * LL_FAILED names the nearest lesson. */
ll_status ll_lesson_find(const char *name, char **path, ll_error *e);
/* Its name as it is told: "flops" of ".../flops.latlab". To be freed. */
char *ll_lesson_name(const char *path);

/* {"flops": "2026-11-29: 3 of 4"}: played to their end by this user, and how. NULL: none is. The caller deletes it. */
cJSON *ll_lessons_done(void);
/* Remembers it, in the XDG state folder. */
ll_status ll_lesson_set_done(const char *name, const char *how, ll_error *e);

#endif
