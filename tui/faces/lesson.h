/* What the prompt and the full screen share of a lesson under way (sessions/course/course.h): what it shows now, and what
 * Enter means there. */
#ifndef LL_TUI_FACES_LESSON_H
#define LL_TUI_FACES_LESSON_H

#include "tui/faces/faces.h"

/* Keeps a result that says where the lesson is, or forgets the lesson where one says that it is over or another session
 * is open. True: the event is one of a lesson's (lesson, lesson-step, lesson-ran), which is drawn in its own way. */
bool ll_lesson_event(ll_faces *f, const cJSON *event);
/* Of a lesson-step: the command that begins or has ended; NULL: the event is none. *ended may be NULL. */
const char *ll_lesson_command(const cJSON *event, bool *ended);
bool ll_lesson_at_end(const ll_faces *f);
/* A question waits for an answer. */
bool ll_lesson_asks_now(const ll_faces *f);
void ll_lesson_forget(ll_faces *f);

#endif
