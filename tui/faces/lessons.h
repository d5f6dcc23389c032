/* The lessons that come with the program: sessions/lessons. */
#ifndef LL_TUI_FACES_LESSONS_H
#define LL_TUI_FACES_LESSONS_H

#include "core/base/status.h"

typedef struct ll_lesson_entry {
    const char *name, *title;
    int minutes;
} ll_lesson_entry;
extern const ll_lesson_entry ll_lessons[]; /* ends with name NULL */

/* The file of a lesson by its name, beside the program or where it was installed; anything else is a path. To be freed.
 * LL_FAILED: there is none, said with the nearest. */
ll_status ll_lesson_find(const char *name, char **path, ll_error *e);

#endif
