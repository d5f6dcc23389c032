/* A lesson's notes: written as it goes, read when it goes on. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "sessions/course/course.h"
#include "sessions/notes.h"

cJSON *ll_course_note(const char *did)
{
    cJSON *note = cJSON_CreateObject();
    ll_json_str(note, "did", did);
    return note;
}

/* A lesson that plays by itself keeps nothing, but says what it has read. */
static void play_note(ll_request *rq, cJSON *note)
{
    if (!strcmp(ll_json_get_str(note, "did", ""), "ran")) {
        cJSON *o = ll_result_new("lesson-ran");
        for (cJSON *part; (part = cJSON_DetachItemFromArray(note, 0));)
            cJSON_AddItemToObject(o, part->string, part);
        ll_emit(rq, o);
    }
    cJSON_Delete(note);
}

void ll_course_keep(ll_request *rq, const ll_course *c, cJSON *note)
{
    ll_error e = {0};
    if (c->plays)
        play_note(rq, note);
    else if (ll_notes_add(ll_session_of(rq->app), rq, note, &e))
        ll_warn(rq, "this is not kept in the session, and will not be graded: %s", e.message);
}

/* --- going on ---------------------------------------------------------------------------------------------- */

static void restore_answer(ll_course *c, const cJSON *note)
{
    const char *name = ll_json_get_str(note, "question", ""), *answer = ll_json_get_str(note, "answer", NULL);
    for (int i = 0; i < c->lesson.n_questions; i++) {
        const ll_question *q = &c->lesson.questions[i];
        if (strcmp(q->name, name) || c->given[i].settled) continue;
        free(c->given[i].answer);
        c->given[i].answer = ll_strdup(answer);
        c->given[i].passed = !answer;
        if (answer) ll_question_set(q, answer, &c->facts);
    }
}

static void restore_values(ll_course *c, const cJSON *values)
{
    const cJSON *value;
    cJSON_ArrayForEach(value, values)
    {
        bool text = cJSON_IsString(value);
        if (value->string && (text || cJSON_IsNumber(value)))
            ll_facts_set(&c->facts, value->string, text ? value->valuestring : NULL,
                         text ? 0 : value->valuedouble);
    }
}

/* The step stands where it was left: behind its commands. One that was gone back to ran with what had been known there. */
static void restore_run(ll_course *c, const cJSON *note, int step)
{
    if (step != c->at) ll_course_return(c, step);
    restore_values(c, cJSON_GetObjectItemCaseSensitive(note, "values"));
    c->ran[step] = true;
    ll_course_settle(c, step, NULL);
    ll_facts_copy(&c->behind[step], &c->facts);
    ll_course_enter(c, step + 1);
}

void ll_course_restore(ll_course *c, const cJSON *note)
{
    const char *did = ll_json_get_str(note, "did", "");
    int step = ll_json_get_int(note, "step", 0) - 1;
    bool known = step >= 0 && step < c->lesson.n;
    if (!strcmp(did, "answer") || (!strcmp(did, "skip") && cJSON_HasObjectItem(note, "question")))
        restore_answer(c, note);
    else if (!strcmp(did, "ran") && known)
        restore_run(c, note, step);
    else if (!strcmp(did, "skip") && known)
        ll_course_enter(c, step + 1);
    else if (!strcmp(did, "end"))
        ll_course_enter(c, c->lesson.n);
}

static const cJSON *last_begin(const cJSON *notes)
{
    const cJSON *note, *last = NULL;
    cJSON_ArrayForEach(note, notes)
    {
        if (!strcmp(ll_json_get_str(note, "did", ""), "begin")) last = note;
    }
    return last;
}

ll_status ll_course_resume(const cJSON *notes, ll_course **out, ll_error *e)
{
    const cJSON *begin = last_begin(notes);
    *out = NULL;
    if (!begin) return ll_fail(e, LL_FAILED, "no lesson is under way; `lesson list` shows what there is");
    const char *path = ll_json_get_str(begin, "file", "");
    ll_status s = ll_course_open(ll_json_get_str(begin, "name", ""), path,
                                 ll_json_get_str(begin, "student", NULL), out, e);
    if (s) return s;
    if (strcmp((*out)->script.hex, ll_json_get_str(begin, "script", ""))) {
        ll_course_free(*out);
        *out = NULL;
        return ll_fail(e, LL_FAILED,
                       "%s has changed since the lesson was begun: `lesson` and its name begins it anew",
                       path);
    }
    for (const cJSON *note = begin->next; note; note = note->next) ll_course_restore(*out, note);
    return LL_OK;
}
