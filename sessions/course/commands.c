#include "sessions/course/commands.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"
#include "sessions/course/course.h"
#include "sessions/course/grade.h"
#include "sessions/course/shelf.h"
#include "sessions/course/show.h"
#include "sessions/notes.h"

enum { LONGEST_STUDENT = 64 };

/* --- lesson list ------------------------------------------------------------------------------------------- */

static ll_status list_lessons(ll_request *rq)
{
    static const ll_column columns[] = {{"lesson", "lesson", NULL, -1},
                                        {"minutes", "minutes", NULL, 0},
                                        {"title", "what it is about", NULL, -1},
                                        {"done", "done", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("lessons"), *rows = ll_json_arr(result, "rows"), *done = ll_lessons_done();
    ll_result_columns(result, columns);
    for (const ll_lesson_entry *l = ll_lessons; l->name; l++) {
        cJSON *o = ll_json_obj(rows, NULL);
        ll_json_str(o, "lesson", l->name);
        ll_json_int(o, "minutes", l->minutes);
        ll_json_str(o, "title", l->title);
        ll_json_str(o, "done", ll_json_get_str(done, l->name, ""));
    }
    ll_result_note(
        result,
        "`lesson NAME` begins one, here or in the full screen; it is a commented script, which runs by "
        "itself, too");
    ll_emit(rq, result);
    cJSON_Delete(done);
    return LL_OK;
}

/* --- the lesson that is under way -------------------------------------------------------------------------- */

static ll_course *course_of(const ll_request *rq)
{
    return ll_app_slot(rq->app, LL_SLOT_LESSON);
}

static void set_course(ll_request *rq, ll_course *c)
{
    ll_app_set_slot(rq->app, LL_SLOT_LESSON, c, ll_course_free);
}

/* The one that the session's journal tells of. */
static ll_status resume(ll_request *rq)
{
    ll_session *s = ll_session_of(rq->app);
    ll_notes notes = {0};
    ll_course *c = NULL;
    char *path = s->dir ? ll_path_join(s->dir, "journal.jsonl") : NULL;
    ll_status status = path ? ll_notes_read(path, &notes, &rq->error) : LL_OK;
    if (!status) status = ll_course_resume(notes.list, &c, &rq->error);
    if (!status) set_course(rq, c);
    ll_notes_free(&notes);
    free(path);
    return status;
}

static ll_status need_course(ll_request *rq, ll_course **c)
{
    ll_status s = course_of(rq) ? LL_OK : resume(rq);
    *c = course_of(rq);
    return s;
}

static ll_status show_lesson(ll_request *rq)
{
    ll_course *c;
    if (need_course(rq, &c)) {
        rq->error = (ll_error){0};
        return list_lessons(rq);
    }
    ll_course_show(rq, c);
    return LL_OK;
}

/* "2026-11-29: 3 of 4 right" */
static void remember(ll_request *rq, const ll_course *c)
{
    char day[LL_DATE_SIZE];
    int right, of;
    ll_str how = {0};
    ll_error e = {0};
    ll_course_points(c, &right, &of);
    ll_str_add(&how, ll_utc_text("%Y-%m-%d", day));
    if (of) ll_str_addf(&how, ": %d of %d right", right, of);
    if (ll_lesson_set_done(c->name, ll_str_text(&how), &e)) ll_warn(rq, "%s", e.message);
    ll_str_free(&how);
}

/* One thing that a student does in the lesson. */
static ll_status act(ll_request *rq, ll_status (*does)(ll_request *, ll_course *))
{
    ll_course *c;
    ll_status s = need_course(rq, &c);
    if (s) return s;
    bool ended = c->at == c->lesson.n;
    s = does(rq, c);
    if (!ended && c->at == c->lesson.n) remember(rq, c);
    return s;
}

static ll_status stop(ll_request *rq)
{
    if (!course_of(rq)) return LL_FAIL(rq, LL_FAILED, "no lesson is under way");
    cJSON *o = ll_result_new("lesson");
    ll_json_str(o, "lesson", course_of(rq)->name);
    ll_json_str(o, "phase", "left");
    ll_json_str(o, "title", "the lesson is left: `lesson` goes on with it");
    set_course(rq, NULL);
    ll_emit(rq, o);
    return LL_OK;
}

/* --- beginning one ----------------------------------------------------------------------------------------- */

static ll_status check_student(ll_request *rq, const char *student)
{
    bool good = !student || (*student && strlen(student) <= LONGEST_STUDENT);
    for (const char *p = student; p && *p && good; p++) good = isgraph((unsigned char)*p) || (*p & 0x80);
    return good ? LL_OK
                : LL_FAIL(rq, LL_USAGE, "student=%.80s: expected an ID of 1 to %d characters without blanks",
                          student, LONGEST_STUDENT);
}

static ll_status open_lesson(ll_request *rq, const char *what, ll_course **c)
{
    char *path = NULL, *name = NULL;
    const char *student = ll_word(&rq->args, "student");
    ll_status s = check_student(rq, student);
    if (!s) s = ll_lesson_find(what, &path, &rq->error);
    if (!s) name = ll_lesson_name(path);
    if (!s) s = ll_course_open(name, path, student, c, &rq->error);
    free(name);
    free(path);
    return s;
}

static ll_status begin(ll_request *rq, const char *what)
{
    ll_course *c;
    ll_status s = open_lesson(rq, what, &c);
    if (s) return s;
    set_course(rq, c);
    return ll_course_begin(rq, c);
}

/* --- lesson WORD [WHAT] ------------------------------------------------------------------------------------ */

static ll_status need_what(ll_request *rq, const char **what, const char *expected)
{
    *what = ll_word(&rq->args, "what");
    return *what ? LL_OK
                 : LL_FAIL(rq, LL_USAGE, "lesson %s: expected %s behind it", ll_word(&rq->args, "lesson"),
                           expected);
}

static ll_status play(ll_request *rq)
{
    ll_course *c = NULL;
    const char *what;
    ll_strs answers = {0};
    ll_status s = need_what(rq, &what, "a lesson or a script");
    if (!s) s = open_lesson(rq, what, &c);
    ll_list_names(&rq->args, "answers", &answers);
    if (!s) s = ll_course_play(rq, c, &answers, ll_bool(&rq->args, "keep-going"));
    ll_strs_free(&answers);
    ll_course_free(c);
    return s;
}

static ll_status grade(ll_request *rq)
{
    const char *what;
    char *out = NULL;
    ll_status s = need_what(rq, &what, "a session, or a folder of sessions");
    if (!s && ll_has(&rq->args, "out")) s = ll_output_new(rq, ll_word(&rq->args, "out"), &out);
    if (!s) s = ll_grade(rq, what, ll_word(&rq->args, "of"), out);
    free(out);
    return s;
}

static ll_status next(ll_request *rq)
{
    return act(rq, ll_course_next);
}

static ll_status back(ll_request *rq)
{
    return act(rq, ll_course_back);
}

static ll_status repeat(ll_request *rq)
{
    return act(rq, ll_course_repeat);
}

static ll_status skip(ll_request *rq)
{
    return act(rq, ll_course_skip);
}

static ll_status hint(ll_request *rq)
{
    return act(rq, ll_course_hint);
}

static const struct {
    const char *word;
    ll_status (*run)(ll_request *rq);
} words[] = {{"list", list_lessons}, {"next", next}, {"back", back}, {"repeat", repeat}, {"skip", skip},
             {"hint", hint},         {"stop", stop}, {"run", play},  {"grade", grade}};

static ll_status run_lesson(ll_request *rq)
{
    const char *word = ll_word(&rq->args, "lesson");
    if (!word) return show_lesson(rq);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].word, word)) return words[i].run(rq);
    if (ll_has(&rq->args, "what"))
        return LL_FAIL(rq, LL_USAGE, "%s: no word of `lesson`; expected run or grade before %s", word,
                       ll_word(&rq->args, "what"));
    return begin(rq, word);
}

static ll_status run_answer(ll_request *rq)
{
    ll_course *c;
    ll_strs parts = {0};
    ll_str typed = {0};
    ll_list(&rq->args, "answer", &parts);
    for (int i = 0; i < parts.n; i++) ll_str_addf(&typed, "%s%s", i ? " " : "", parts.v[i]);
    ll_status s = need_course(rq, &c);
    bool ended = !s && c->at == c->lesson.n;
    if (!s) s = ll_course_answer(rq, c, ll_str_text(&typed));
    if (!s && !ended && c->at == c->lesson.n) remember(rq, c);
    ll_strs_free(&parts);
    ll_str_free(&typed);
    return s;
}

static const ll_option lesson_options[] = {
    LL_OPT_WORD("lesson", NULL, "one of `lesson list`, a script of your own, or a word as below",
                LL_POSITIONAL, LL_OF(LESSON)),
    LL_OPT_WORD("what", NULL, "for run: the lesson; for grade: a session, its folder, or a folder of these",
                LL_POSITIONAL, LL_OF(SESSION)),
    LL_OPT_WORD("student", NULL, "whose lesson it is: {seed} in it is made of the ID"),
    LL_OPT_WORD("out", NULL, "grade: CSV file to write", LL_OF_OUTPUT),
    LL_OPT_WORD("of", NULL, "grade: the file of a lesson of your own", LL_OF(FILE)),
    LL_OPT_LIST("answers", NULL, "run: NAME=ANSWER,... as the student would give them"),
    LL_OPT_BOOL("keep-going", "off", "run: do not stop at a failing command"),
    LL_OPT_FORCE,
    {0}};
static const ll_option answer_options[] = {
    LL_OPT_LIST("answer", NULL, "a letter, a number, a device, an architecture: as it is asked", LL_REQUIRED,
                .rest = true, LL_OF(DEVICE)),
    {0}};

const ll_command ll_course_commands[] = {
    {.name = "lesson",
     .group = "lesson",
     .summary = "A lesson, step by step: a script that asks and waits",
     .options = lesson_options,
     .flags = LL_CMD_LONG,
     .run = run_lesson,
     .help =
         "lesson NAME begins one (of `lesson list`, or a file), lesson alone goes on with it, also in a "
         "session that\n"
         "was opened. At the prompt and in the full screen Enter does what is next; the words for it are\n"
         "  next    run the step, or go to the next one      skip    pass over the question or the step\n"
         "  back    to the text before, or the step before   hint    help with the question\n"
         "  repeat  run the step again                       stop    leave it; `lesson` comes back\n"
         "  run     by itself to the end, right answers told\n"
         "  grade   what students answered, from their sessions: recomputed with each student's seed; what "
         "does not\n"
         "          fit together shows (sessions/LESSONS.md says what that can mean)\n"
         "What the steps do is in the session as if it had been typed: undo, save and replay know it.",
     .examples = "  lesson shots student=s1234\n"
                 "  lesson run shots student=s1234\n"
                 "  lesson grade handed-in out=grades.csv"},
    {.name = "answer",
     .group = "lesson",
     .summary = "Answer the question of a lesson",
     .options = answer_options,
     .run = run_answer,
     .help = "Until the step has run the answer may be changed; then the right one is told and no other is "
             "taken.",
     .examples = "  answer b\n"
                 "  answer .85"},
    {0}};
