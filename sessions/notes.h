/* Notes of a journal: what a lesson keeps beside the steps. A note is a line of the journal with "op":"note" and the member
 * "lesson"; it is no step, so `undo` passes over it, and `replay` does.
 *
 * Its member "chain" is a hash of all that stands before it in the file and of the note itself. So a line that is changed,
 * left out or put in by hand is found at the next note. It is no signature: there is no secret in it, and who writes a
 * program that makes the whole chain anew is not found out by it. */
#ifndef LL_SESSIONS_NOTES_H
#define LL_SESSIONS_NOTES_H

#include "sessions/session.h"

/* Takes the note. LL_FAILED: it is not kept. */
ll_status ll_notes_add(ll_session *s, ll_request *rq, cJSON *note, ll_error *e);

typedef struct ll_notes {
    cJSON *list; /* the notes, in their order; each has its line of the file as "at_line" */
    int broken;  /* the first line whose chain does not fit what stands before it; 0: all fit */
    int damaged; /* the first line that is no JSON object; 0: none */
} ll_notes;
/* Of a journal file. Free with ll_notes_free in any case. */
ll_status ll_notes_read(const char *journal, ll_notes *out, ll_error *e);
void ll_notes_free(ll_notes *n);

/* The lesson that is under way in this session's folder; NULL: none. The caller frees. */
char *ll_notes_lesson(const char *dir);

#endif
