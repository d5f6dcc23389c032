/* A lesson as it is written: a script whose comments are told and asked (sessions/LESSONS.md has the form).
 *
 *   # text                    told before the step runs; an empty # begins a paragraph
 *   #ask NAME: question       answered before the step runs. Behind it its answers:
 *     #choice TEXT [when EXPR]   one to choose from, right when EXPR holds; without it wrong, unless it is
 *     #right TEXT                the right one
 *     #answer EXPR [+- TOL[%]]   or a number,
 *     #answer device|arch [{REF} | when EXPR]   or a device, an architecture: this one, or one for which EXPR holds; else any
 *     #hint TEXT
 *   command                   one or several: the step
 *   #let NAME = EXPR          kept for later
 *   #then text                told after it has run: what was to be noticed
 *   #check EXPR: text         says whether it holds
 *
 * A comment that begins with two blanks goes on with the #ask, #hint, #then or #check above it. */
#ifndef LL_SESSIONS_COURSE_SCRIPT_H
#define LL_SESSIONS_COURSE_SCRIPT_H

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

typedef enum ll_answer_kind {
    LL_ANSWER_CHOICE,
    LL_ANSWER_NUMBER,
    LL_ANSWER_DEVICE,
    LL_ANSWER_ARCH
} ll_answer_kind;

typedef struct ll_choice {
    char *text, *when; /* when NULL: `right` says it */
    bool right;
} ll_choice;

typedef struct ll_question {
    char *name, *text, *hint; /* hint NULL: none */
    ll_answer_kind kind;
    int step, line;
    int n_choices;
    ll_choice *choices;
    char *right; /* a number's expression, the {REF} of a device or architecture; NULL: see when */
    char *when;  /* what a right device or architecture fulfils; both NULL: any will do */
    double tolerance;
    bool relative; /* the tolerance is a share of the right number */
    bool said;     /* its kind is known */
} ll_question;

typedef enum ll_after_kind { LL_AFTER_THEN, LL_AFTER_LET, LL_AFTER_CHECK } ll_after_kind;
/* What stands behind the commands of a step. */
typedef struct ll_after {
    ll_after_kind kind;
    char *name, *expression, *text;
    int line;
} ll_after;

typedef struct ll_lesson_step {
    char *told; /* NULL: nothing */
    ll_strs commands;
    int *lines; /* of the commands, from 1 */
    int first_question, n_questions;
    int n_after;
    ll_after *after;
} ll_lesson_step;
/* Is there something to be told once it has run? */
bool ll_lesson_tells_after(const ll_lesson_step *s);

typedef struct ll_lesson {
    char *title; /* the first sentence that is told */
    ll_lesson_step *steps;
    int n;
    ll_question *questions; /* of all steps, in their order */
    int n_questions;
    ll_strs references; /* of all its texts */
    bool asks;          /* it says more than a plain script: questions, what is told after, references */
    bool measures;      /* its numbers are this machine's, and of this hour */
} ll_lesson;

/* LL_BAD_DATA names the line of what is not understood. Free it with ll_lesson_free in any case. */
ll_status ll_lesson_parse(ll_lesson *l, const char *text, ll_error *e);
void ll_lesson_free(ll_lesson *l);
/* Is any of this text more than a plain script's? */
bool ll_lesson_asks(const char *text);

#endif
