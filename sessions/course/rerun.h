/* A lesson played anew in an app of its own that keeps nothing, for grading. */
#ifndef LL_SESSIONS_COURSE_RERUN_H
#define LL_SESSIONS_COURSE_RERUN_H

#include "core/app/app.h"

/* What it came to. */
typedef struct ll_rerun {
    cJSON *told;   /* [{"question","answer","right","verdict","counts"}] of all steps (course.h) */
    cJSON *values; /* per step that ran {"step","values"} */
    char *failed;  /* the sentence of the command that stopped it; NULL: it came to its end */
} ll_rerun;

/* `lesson run PATH` with the student's seed and answers ("NAME=ANSWER"). LL_CANCELLED, or LL_FAILED: no app could be made. */
ll_status ll_rerun_lesson(ll_request *rq, const char *path, const char *student, const ll_strs *answers,
                          ll_rerun *out);
void ll_rerun_free(ll_rerun *r);

#endif
