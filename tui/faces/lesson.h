/* A lesson: a script that waits for its reader. Comments are what is told, commands are steps: each is shown
 * and runs when the reader says so (or types it). Any script is a lesson; a lesson runs as a script too. */
#ifndef LL_TUI_FACES_LESSON_H
#define LL_TUI_FACES_LESSON_H

#include "core/base/status.h"
#include "core/base/str.h"

typedef struct ll_lesson_step {
    char *told;    /* lines before the command, joined by blanks, an empty one is a new line */
    char *command; /* NULL: only something told, at the end */
} ll_lesson_step;

typedef struct ll_lesson {
    ll_lesson_step *steps;
    int n, at; /* at == n: finished */
    char *title;
} ll_lesson;

void ll_lesson_parse(ll_lesson *l, const char *text, const char *title);
const ll_lesson_step *ll_lesson_now(const ll_lesson *l); /* NULL: none runs or it is finished */
/* The reader ran `line`: goes on when it is the step's command. */
void ll_lesson_ran(ll_lesson *l, const char *line);
void ll_lesson_skip(ll_lesson *l);
void ll_lesson_free(ll_lesson *l);

#endif
