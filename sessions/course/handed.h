/* What a student hands in: the notes of one lesson in one journal, merged where it was begun more than once. Nothing of it is
 * believed: it is read as text, and judged by grade.c. */
#ifndef LL_SESSIONS_COURSE_HANDED_H
#define LL_SESSIONS_COURSE_HANDED_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "sessions/course/course.h"

typedef struct ll_handed {
    const char *journal;           /* the file; borrowed */
    char *name, *student, *script; /* as the journal says; student NULL: nobody's */
    int seed;
    bool ended;
    int begun;    /* how often */
    char *chain;  /* the last hash: two that are the same are one journal */
    cJSON *notes; /* of this lesson, in their order */
} ll_handed;
typedef struct ll_hand_in {
    ll_handed *v;
    int n;
    ll_strs journals;
    ll_strs remarks; /* per journal: what does not fit together, "" */
} ll_hand_in;

/* A session by its name, its folder, a journal, or a folder of session folders or journals. LL_FAILED: there is no journal. */
ll_status ll_hand_in_read(const char *what, ll_hand_in *out, ll_error *e);
void ll_hand_in_free(ll_hand_in *h);

/* The answer that counts for a question: the last one before its step ran; NULL: none. *late: one came behind that. */
const char *ll_handed_answer(const ll_handed *h, const ll_lesson *l, int question, bool *late);
/* Values that the journal has of a step (from 1), of its first run; NULL: it did not run. */
const cJSON *ll_handed_values(const ll_handed *h, int step);
bool ll_handed_skipped(const ll_handed *h, int step);

#endif
