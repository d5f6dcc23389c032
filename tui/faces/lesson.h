/* A lesson: a script that waits for its reader. Comments are what is told, commands are steps: each is shown
 * and runs when the reader says so (or types it). Commands without a comment between them are one step. A step that
 * fails is shown with the reason until it has run. Any script is a lesson; a lesson runs as a script too. */
#ifndef LL_TUI_FACES_LESSON_H
#define LL_TUI_FACES_LESSON_H

#include "core/base/status.h"
#include "core/base/str.h"

typedef struct ll_lesson_step {
    char *told;    /* lines before the command, joined by blanks, an empty one is a new line */
    char *command; /* "load a; corr"; NULL: only something told, at the end */
} ll_lesson_step;

typedef struct ll_lesson {
    ll_lesson_step *steps;
    int n, at; /* at == n: finished */
    int id;    /* request of the step's command that runs now; 0: none does */
    char *why; /* the step has failed, and this is why; NULL: it has not */
    char *title;
} ll_lesson;

void ll_lesson_parse(ll_lesson *l, const char *text, const char *title);
const ll_lesson_step *ll_lesson_now(const ll_lesson *l); /* NULL: none runs or it is finished */
/* The reader runs `line`, whose first command is this request: when it is the step's, the step is under way. */
void ll_lesson_begins(ll_lesson *l, const char *line, int id);
/* A command has failed, with this message: kept when it is the step's. */
void ll_lesson_error(ll_lesson *l, int id, const char *message);
/* A command has ended, and `next` is the request that goes on with its line (0: none): the lesson goes on when it was the
 * last of a step that went well. */
void ll_lesson_ends(ll_lesson *l, int id, int next, ll_status status);
void ll_lesson_skip(ll_lesson *l);
void ll_lesson_free(ll_lesson *l);

#endif
