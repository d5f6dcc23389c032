/* A lesson under way: which step, what was answered, what its commands have said. One per app (LL_SLOT_LESSON), whatever
 * face is in front of it; it speaks in results of two kinds:
 *
 *   lesson        what there is to read now, as any face draws it: title, summary (what is told), text (questions, answers,
 *                 checks), notes (how to go on). For faces that do more: "lesson", "step", "steps", "phase" (before, after,
 *                 end), "question" (the name of the one that waits for an answer, or null), "commands" (a line, or null)
 *   lesson-step   a command of the step begins ("command"), or has ended (also "status"): what lies between is its
 *
 *   lesson-ran    of one that plays by itself: the note "ran" (below)
 *
 * Answers and steps are kept as notes of the session's journal (sessions/notes.h), so that a lesson goes on after a crash,
 * and so that it can be graded (grade.h):
 *
 *   {"did":"begin","name","file","script","student","seed"}   script: hash of the lesson's text; student null: nobody's
 *   {"did":"answer","question","answer"}    {"did":"skip","question"}   before the answer is told
 *   {"did":"ran","step","values":{..}}      the step's commands have run, and what was read from their results
 *   {"did":"skip","step"}                   they were passed over
 *   {"did":"end"}
 *
 * Thread: that of the running command. */
#ifndef LL_SESSIONS_COURSE_COURSE_H
#define LL_SESSIONS_COURSE_COURSE_H

#include "core/app/app.h"
#include "core/base/hash.h"
#include "sessions/course/question.h"

typedef struct ll_reply {
    char *answer; /* NULL: none */
    bool passed;  /* the question was passed over */
    bool settled; /* the right answer has been told: no other is taken */
    ll_verdict verdict;
    char *right;
} ll_reply;

typedef struct ll_course {
    ll_lesson lesson;
    char *name, *path, *student; /* student NULL: nobody's */
    int seed;
    ll_hash script;
    ll_facts facts;            /* known at this place of the lesson */
    ll_facts *before, *behind; /* (lesson.n + 1) at each step's, when it was last come to and last ran */
    ll_reply *given;           /* per question */
    bool *ran;                 /* per step */
    int *held;  /* per step: how many of its checks held when it ran; later ones may have other numbers */
    int at;     /* step, from 0; lesson.n: the end */
    bool after; /* what stands behind its commands is shown */
    bool plays; /* by itself to its end: waits for nothing, keeps nothing */
} ll_course;

/* The seed of a student: 1 to 1,000,000, the same on every machine. NULL: 1. */
int ll_course_seed(const char *student);
/* At its beginning. *out is for ll_course_free; NULL on failure, which names the line of the file. */
ll_status ll_course_open(const char *name, const char *path, const char *student, ll_course **out,
                         ll_error *e);
void ll_course_free(void *course);

/* What a student does; each says where the lesson is afterwards. Failures leave it where it was. */
ll_status ll_course_begin(ll_request *rq, ll_course *c);
ll_status ll_course_next(ll_request *rq, ll_course *c); /* runs the step, or goes to the next one */
ll_status ll_course_back(ll_request *rq, ll_course *c);
ll_status ll_course_repeat(ll_request *rq, ll_course *c);
ll_status ll_course_skip(ll_request *rq, ll_course *c); /* the question that waits, else the step */
ll_status ll_course_hint(ll_request *rq, ll_course *c);
ll_status ll_course_answer(ll_request *rq, ll_course *c, const char *typed);
void ll_course_show(ll_request *rq, const ll_course *c);

/* The question that waits for an answer in this step; -1: none. */
int ll_course_open_question(const ll_course *c);
/* Goes to a step, by way of the one in front of it, or back to one, where what was known then is known again: what later
 * steps have said is no part of its texts, nor of its commands when they run once more. */
void ll_course_enter(ll_course *c, int step);
void ll_course_return(ll_course *c, int step);
/* The right answers of a step whose commands have run: from here on no other is taken. data NULL: none is loaded. */
void ll_course_settle(ll_course *c, int step, const ll_dataset *data);
/* Right answers and checks that hold so far, and how many there were. */
void ll_course_points(const ll_course *c, int *right, int *of);

/* To its end, by itself. `answers` are "NAME=ANSWER" (one that cannot be taken counts as none); without `keep_going` the
 * first command that fails stops it. */
ll_status ll_course_play(ll_request *rq, ll_course *c, const ll_strs *answers, bool keep_going);

/* keep.c: the lesson of a session's notes where it was left. LL_FAILED: its file is gone or is another one by now. */
ll_status ll_course_resume(const cJSON *notes, ll_course **out, ll_error *e);
/* Goes where a note says that the lesson went; what it says that the lesson does not know is nothing. */
void ll_course_restore(ll_course *c, const cJSON *note);
/* Writes a note; what cannot be kept is said. Takes it. */
void ll_course_keep(ll_request *rq, const ll_course *c, cJSON *note);
cJSON *ll_course_note(const char *did);

#endif
