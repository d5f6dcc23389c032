/* What a lesson shows; see course.h. */
#ifndef LL_SESSIONS_COURSE_SHOW_H
#define LL_SESSIONS_COURSE_SHOW_H

#include "sessions/course/course.h"

/* What is told before the step, for who reads along while it plays by itself. */
void ll_course_tell(ll_request *rq, const ll_course *c);
/* What a grader reads: the answers that were told in the present step, and its checks, under this name and their line. */
#define LL_CHECK_NAME "check of line %d"
void ll_course_told(const ll_course *c, cJSON *answers);
/* Checks of the step that hold by what is known now. */
int ll_course_holding(const ll_course *c, int step);
/* Checks of the steps that have run: how many hold, and how many there are. */
void ll_course_checks(const ll_course *c, int *hold, int *of);

#endif
