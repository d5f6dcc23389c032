/* Grading: what students answered, against what a run of the lesson with their seeds says is right.
 *
 * The journals are only read. What runs is the lesson as the teacher has it, in an app of its own that keeps nothing: with the
 * student's seed, and with the student's answers where the lesson's commands name them, each taken as it would be taken from
 * the keyboard. So no line of a journal is ever carried out.
 *
 * A lesson that measures has other numbers each time: its answers are judged by the numbers in the journal, and it is said.
 *
 * What shows:
 *   - a line changed, left out, added by hand or damaged: the chain of the notes does not fit (sessions/notes.h);
 *   - a seed that is not the student's, or the text of another lesson;
 *   - an answer behind the telling of the right one: it does not count;
 *   - a step that neither ran nor was passed over;
 *   - numbers that a fresh run does not give;
 *   - the same journal handed in twice.
 * There is no secret in a journal, so one that was forged as a whole by a program is not found out, as long as its numbers are
 * those of the student's seed. */
#ifndef LL_SESSIONS_COURSE_GRADE_H
#define LL_SESSIONS_COURSE_GRADE_H

#include "core/app/app.h"

/* A session by its name, its folder, a journal, or a folder of these; emits a result "grade" with rows {"student","lesson",
 * "question","answer","right","verdict","points","of"} and one a student and lesson with question "total" and "remarks".
 * own: the file of a lesson that does not come with the program, NULL: none. out NULL: no file; else the same as CSV (the path was allowed, core/app/output.h). */
ll_status ll_grade(ll_request *rq, const char *what, const char *own, const char *out);

#endif
