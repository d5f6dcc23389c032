/* What a student answers, and whether it is right. */
#ifndef LL_SESSIONS_COURSE_QUESTION_H
#define LL_SESSIONS_COURSE_QUESTION_H

#include "core/device/dataset.h"
#include "sessions/course/facts.h"
#include "sessions/course/script.h"

typedef enum ll_verdict {
    LL_VERDICT_NONE, /* not answered */
    LL_VERDICT_ANY,  /* answered, and any answer will do */
    LL_VERDICT_RIGHT,
    LL_VERDICT_WRONG,
    LL_VERDICT_UNKNOWN, /* what decides has not been computed: a step was passed over */
} ll_verdict;
extern const char *const ll_verdict_words[]; /* "", "taken", "right", "wrong", "unknown" */

/* What was typed as the one form in which it is kept: "b", "12.5", a device's name, an architecture's number in the dataset.
 * A choice may be its letter, its number or the beginning of its text. Data NULL: nothing is loaded. LL_USAGE or LL_FAILED
 * says what was expected. *out is to be freed. */
ll_status ll_question_take(const ll_question *q, const ll_dataset *data, const char *typed, char **out,
                           ll_error *e);
/* The same answer as a fact of the question's name. */
void ll_question_set(const ll_question *q, const char *answer, ll_facts *f);
/* `answer` (NULL: none) against the facts; *right is the right one as it is told, to be freed: NULL where any will do, or
 * where it is not known. A number is right within the tolerance; where several choices are right each of them is. Data: for names of architectures; may be NULL. */
ll_verdict ll_question_judge(const ll_question *q, const char *answer, const ll_facts *f,
                             const ll_dataset *data, char **right);
/* "b: the phone", as an answer is told. */
void ll_question_tell(const ll_question *q, const char *answer, ll_str *out);
/* Is there a right answer, so that it counts? */
bool ll_question_counts(const ll_question *q);

#endif
