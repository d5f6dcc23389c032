#include "sessions/course/course.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "sessions/course/show.h"

enum { LONGEST_LESSON = 1 << 20 };

/* --- beginning --------------------------------------------------------------------------------------------- */

int ll_course_seed(const char *student)
{
    if (!student) return 1;
    char six[7];
    ll_hash h = ll_hash_bytes(student, strlen(student));
    memcpy(six, h.hex, 6);
    six[6] = 0;
    return 1 + (int)(strtol(six, NULL, 16) % 1000000);
}

/* Where a lesson's commands may write: their files are the lesson's, not in the folder where the student happens to be. */
static void keep_folder(ll_facts *facts)
{
    char *state = ll_xdg_dir(LL_XDG_STATE), *dir = ll_path_join(state, "lessons");
    ll_make_dirs(dir, NULL); /* who writes there says why it cannot be */
    ll_facts_keep(facts, "folder", dir, 0);
    free(dir);
    free(state);
}

ll_status ll_course_open(const char *name, const char *path, const char *student, ll_course **out,
                         ll_error *e)
{
    char *text;
    size_t len;
    *out = NULL;
    ll_status s = ll_read_file(path, LONGEST_LESSON, &text, &len, e);
    if (s) return s;
    ll_course *c = LL_NEW(ll_course);
    s = ll_lesson_parse(&c->lesson, text, e);
    if (s) ll_fail_in(e, "%s: ", path);
    c->script = ll_hash_bytes(text, len);
    free(text);
    c->name = ll_strdup(name);
    c->path = ll_path_absolute(path);
    c->student = ll_strdup(student);
    c->seed = ll_course_seed(student);
    c->given = LL_NEW_ARRAY(ll_reply, c->lesson.n_questions + 1);
    c->ran = LL_NEW_ARRAY(bool, c->lesson.n + 1);
    c->held = LL_NEW_ARRAY(int, c->lesson.n + 1);
    c->before = LL_NEW_ARRAY(ll_facts, c->lesson.n + 1);
    c->behind = LL_NEW_ARRAY(ll_facts, c->lesson.n + 1);
    ll_facts_keep(&c->facts, "seed", NULL, c->seed);
    ll_facts_keep(&c->facts, "student", student ? student : "nobody", 0);
    keep_folder(&c->facts);
    ll_course_enter(c, 0);
    if (s)
        ll_course_free(c);
    else
        *out = c;
    return s;
}

void ll_course_free(void *course)
{
    ll_course *c = course;
    if (!c) return;
    for (int i = 0; i < c->lesson.n_questions; i++) {
        free(c->given[i].answer);
        free(c->given[i].right);
    }
    for (int i = 0; i <= c->lesson.n; i++) {
        ll_facts_free(&c->before[i]);
        ll_facts_free(&c->behind[i]);
    }
    free(c->before);
    free(c->behind);
    free(c->given);
    free(c->ran);
    free(c->held);
    free(c->name);
    free(c->path);
    free(c->student);
    ll_facts_free(&c->facts);
    ll_lesson_free(&c->lesson);
    free(c);
}

ll_status ll_course_begin(ll_request *rq, ll_course *c)
{
    cJSON *note = ll_course_note("begin");
    ll_json_str(note, "name", c->name);
    ll_json_str(note, "file", c->path);
    ll_json_str(note, "script", c->script.hex);
    ll_json_str(note, "student", c->student);
    ll_json_int(note, "seed", c->seed);
    ll_course_keep(rq, c, note);
    ll_course_show(rq, c);
    return LL_OK;
}

/* --- where it is ------------------------------------------------------------------------------------------- */

void ll_course_enter(ll_course *c, int step)
{
    if (step && c->ran[step - 1]) ll_facts_copy(&c->facts, &c->behind[step - 1]);
    ll_facts_copy(&c->before[step], &c->facts);
    c->at = step;
    c->after = false;
}

void ll_course_return(ll_course *c, int step)
{
    const ll_lesson_step *s = &c->lesson.steps[step];
    if (c->before[step].n) ll_facts_copy(&c->facts, &c->before[step]);
    for (int i = s->first_question; i < s->first_question + s->n_questions; i++)
        if (c->given[i].answer) ll_question_set(&c->lesson.questions[i], c->given[i].answer, &c->facts);
    c->at = step;
    c->after = false;
}

/* --- questions --------------------------------------------------------------------------------------------- */

static ll_lesson_step *step_of(const ll_course *c)
{
    return c->at < c->lesson.n ? &c->lesson.steps[c->at] : NULL;
}

int ll_course_open_question(const ll_course *c)
{
    const ll_lesson_step *s = step_of(c);
    for (int i = 0; s && i < s->n_questions; i++) {
        const ll_reply *g = &c->given[s->first_question + i];
        if (!g->answer && !g->passed && !g->settled) return s->first_question + i;
    }
    return -1;
}

void ll_course_points(const ll_course *c, int *right, int *of)
{
    *right = *of = 0;
    for (int i = 0; i < c->lesson.n_questions; i++) {
        if (!c->given[i].settled || !ll_question_counts(&c->lesson.questions[i])) continue;
        ++*of;
        *right += c->given[i].verdict == LL_VERDICT_RIGHT;
    }
}

void ll_course_settle(ll_course *c, int step, const ll_dataset *data)
{
    const ll_lesson_step *s = &c->lesson.steps[step];
    c->held[step] = ll_course_holding(c, step);
    for (int i = s->first_question; i < s->first_question + s->n_questions; i++) {
        ll_reply *g = &c->given[i];
        if (g->settled) continue;
        g->verdict = ll_question_judge(&c->lesson.questions[i], g->answer, &c->facts, data, &g->right);
        g->settled = true;
    }
}

/* --- a step ------------------------------------------------------------------------------------------------ */

static void say_step(ll_request *rq, const char *line, const char *status, double seconds)
{
    cJSON *o = ll_result_new("lesson-step");
    ll_json_str(o, "command", line);
    if (status) ll_json_str(o, "status", status);
    if (status) ll_json_num(o, "seconds", seconds);
    ll_emit(rq, o);
}

/* One command of the step, as if it had been typed; what it says is added to `results`. */
static ll_status run_command(ll_request *rq, ll_course *c, int i, cJSON *results)
{
    const ll_lesson_step *s = step_of(c);
    ll_str line = {0};
    cJSON *said = NULL, *one;
    ll_status status = ll_facts_command(&c->facts, s->commands.v[i], &line, &rq->error);
    if (!status && ll_cancelled(rq->observer)) status = LL_FAIL(rq, LL_CANCELLED, "cancelled");
    if (!status) {
        double begun_s = ll_now_s();
        say_step(rq, ll_str_text(&line), NULL, 0);
        status = ll_app_run_line(rq, ll_str_text(&line), &said);
        say_step(rq, ll_str_text(&line), ll_status_word(status), ll_now_s() - begun_s);
    }
    if (status && status != LL_CANCELLED)
        ll_fail_in(&rq->error, "%s:%d: ", ll_path_base(c->path), s->lines[i]);
    while ((one = cJSON_DetachItemFromArray(said, 0))) cJSON_AddItemToArray(results, one);
    cJSON_Delete(said);
    ll_str_free(&line);
    return status;
}

/* Numbers that are kept under a name. One that cannot be computed is left out where a step was passed over. */
static ll_status keep_lets(ll_request *rq, ll_course *c, const ll_lesson_step *s, cJSON *read)
{
    for (int i = 0; i < s->n_after; i++) {
        const ll_after *a = &s->after[i];
        double x;
        ll_error e = {0};
        if (a->kind != LL_AFTER_LET) continue;
        ll_status status = ll_formula(a->expression, &c->facts, &x, &e);
        if (status && c->plays)
            return LL_FAIL(rq, status, "%s:%d: %s", ll_path_base(c->path), a->line, e.message);
        if (status) continue;
        ll_facts_keep(&c->facts, a->name, NULL, x);
        ll_json_num(read, a->name, x);
    }
    return LL_OK;
}

/* References that cannot be resolved are the teacher's to mend: played by itself, the lesson fails there. */
static ll_status check_known(ll_request *rq, const ll_course *c, const ll_lesson_step *s)
{
    double x;
    for (int i = 0; i < s->n_after; i++) {
        const ll_after *a = &s->after[i];
        ll_error e = {0};
        ll_str filled = {0};
        ll_status status = a->kind == LL_AFTER_CHECK  ? ll_formula(a->expression, &c->facts, &x, &e)
                           : a->kind == LL_AFTER_THEN ? ll_facts_command(&c->facts, a->text, &filled, &e)
                                                      : LL_OK;
        ll_str_free(&filled);
        if (status) return LL_FAIL(rq, status, "%s:%d: %s", ll_path_base(c->path), a->line, e.message);
    }
    return LL_OK;
}

static void pick(ll_course *c, const ll_question *q, const char *answer, cJSON *read)
{
    ll_question_set(q, answer, &c->facts);
    const ll_fact *fact = ll_facts_find(&c->facts, q->name);
    if (fact->text)
        ll_json_str(read, q->name, fact->text);
    else
        ll_json_num(read, q->name, fact->x);
}

/* Commands go on with an answer that was passed over as if it were the first one there is. */
static void pick_for_nobody(ll_request *rq, ll_course *c, cJSON *read)
{
    static const char *const first[] = {"a", "0", NULL, "0"};
    const ll_lesson_step *s = step_of(c);
    const ll_dataset *d = rq->state.data;
    for (int i = s->first_question; i < s->first_question + s->n_questions; i++) {
        const ll_question *q = &c->lesson.questions[i];
        if (c->given[i].answer || ll_facts_find(&c->facts, q->name)) continue;
        if (q->kind != LL_ANSWER_DEVICE)
            pick(c, q, first[q->kind], read);
        else if (d && d->n_devices)
            pick(c, q, d->devices[0].name, read);
    }
}

static ll_status run_step(ll_request *rq, ll_course *c)
{
    const ll_lesson_step *s = step_of(c);
    cJSON *results = cJSON_CreateArray(), *read = cJSON_CreateObject();
    ll_status status = LL_OK;
    pick_for_nobody(rq, c, read);
    for (int i = 0; i < s->commands.n && !status; i++) status = run_command(rq, c, i, results);
    if (!status) ll_facts_read(&c->facts, &c->lesson.references, results, read);
    if (!status) status = keep_lets(rq, c, s, read);
    if (!status && c->plays) status = check_known(rq, c, s);
    cJSON_Delete(results);
    if (status) {
        cJSON_Delete(read);
        return status;
    }
    c->ran[c->at] = true;
    ll_course_settle(c, c->at, rq->state.data);
    ll_facts_copy(&c->behind[c->at], &c->facts);
    cJSON *note = ll_course_note("ran");
    ll_json_int(note, "step", c->at + 1);
    cJSON_AddItemToObject(note, "values", read);
    ll_course_keep(rq, c, note);
    return LL_OK;
}

static void go_to(ll_request *rq, ll_course *c, int step)
{
    ll_course_enter(c, step);
    if (c->at == c->lesson.n) ll_course_keep(rq, c, ll_course_note("end"));
}

/* --- what a student does ----------------------------------------------------------------------------------- */

static ll_status need_step(ll_request *rq, const ll_course *c)
{
    return step_of(c) ? LL_OK
                      : LL_FAIL(rq, LL_FAILED, "lesson %s is at its end; `lesson back` shows its last step",
                                c->name);
}

/* Runs it, and goes on by itself where nothing is left to be told of it. */
static ll_status run_and_go_on(ll_request *rq, ll_course *c)
{
    ll_status s = run_step(rq, c);
    if (s) return s;
    c->after = ll_lesson_tells_after(step_of(c));
    if (!c->after) go_to(rq, c, c->at + 1);
    ll_course_show(rq, c);
    return LL_OK;
}

ll_status ll_course_next(ll_request *rq, ll_course *c)
{
    ll_status s = need_step(rq, c);
    if (s) return s;
    int open = ll_course_open_question(c);
    if (open >= 0)
        return LL_FAIL(rq, LL_FAILED,
                       "question %s waits: `answer` and what you think, or `lesson skip` passes over it",
                       c->lesson.questions[open].name);
    if (!c->after && step_of(c)->commands.n) return run_and_go_on(rq, c);
    if (!c->after && !c->ran[c->at] && ll_lesson_tells_after(step_of(c))) return run_and_go_on(rq, c);
    go_to(rq, c, c->at + 1);
    ll_course_show(rq, c);
    return LL_OK;
}

ll_status ll_course_back(ll_request *rq, ll_course *c)
{
    if (!c->after && !c->at) return LL_FAIL(rq, LL_FAILED, "this is the first step");
    ll_course_return(c, c->after ? c->at : c->at - 1);
    ll_course_show(rq, c);
    return LL_OK;
}

/* The one on show when it has run, else the one before it. */
ll_status ll_course_repeat(ll_request *rq, ll_course *c)
{
    int was = c->at, step = c->at < c->lesson.n && c->ran[c->at] ? c->at : c->at - 1;
    while (step >= 0 && !c->lesson.steps[step].commands.n) step--;
    if (step < 0 || !c->ran[step])
        return LL_FAIL(rq, LL_FAILED, "no step has run yet that could be repeated");
    ll_facts known = {0};
    bool after = c->after;
    ll_facts_copy(&known, &c->facts);
    ll_course_return(c, step);
    ll_status s = run_and_go_on(rq, c);
    if (s) {
        c->at = was;
        c->after = after;
        ll_facts_copy(&c->facts, &known);
    }
    ll_facts_free(&known);
    return s;
}

ll_status ll_course_skip(ll_request *rq, ll_course *c)
{
    ll_status s = need_step(rq, c);
    if (s) return s;
    int open = ll_course_open_question(c);
    cJSON *note = ll_course_note("skip");
    if (open >= 0)
        ll_json_str(note, "question", c->lesson.questions[open].name);
    else
        ll_json_int(note, "step", c->at + 1);
    bool passes = open >= 0 || !c->ran[c->at];
    if (passes)
        ll_course_keep(rq, c, note);
    else
        cJSON_Delete(note);
    if (open >= 0)
        c->given[open].passed = true;
    else
        go_to(rq, c, c->at + 1);
    if (open >= 0 && ll_course_open_question(c) < 0 && !step_of(c)->commands.n) return run_and_go_on(rq, c);
    ll_course_show(rq, c);
    return LL_OK;
}

ll_status ll_course_hint(ll_request *rq, ll_course *c)
{
    int open = ll_course_open_question(c);
    if (open < 0) return LL_FAIL(rq, LL_FAILED, "no question waits for an answer");
    const ll_question *q = &c->lesson.questions[open];
    if (!q->hint) return LL_FAIL(rq, LL_FAILED, "there is no hint for question %s", q->name);
    ll_str text = {0};
    ll_facts_tell(&c->facts, q->hint, &text);
    ll_note(rq, "hint: %s", ll_str_text(&text));
    ll_str_free(&text);
    return LL_OK;
}

/* The open question; else the one of this step that was answered and not told yet, which is answered anew. */
static int question_for(const ll_course *c)
{
    int open = ll_course_open_question(c);
    const ll_lesson_step *s = step_of(c);
    if (open >= 0 || !s || !s->n_questions) return open;
    int last = s->first_question + s->n_questions - 1;
    return c->given[last].settled ? -1 : last;
}

static void take(ll_course *c, int question, char *answer)
{
    ll_reply *g = &c->given[question];
    free(g->answer);
    g->answer = answer;
    g->passed = false;
    ll_question_set(&c->lesson.questions[question], answer, &c->facts);
}

ll_status ll_course_answer(ll_request *rq, ll_course *c, const char *typed)
{
    int i = question_for(c);
    char *answer;
    if (i < 0)
        return LL_FAIL(rq, LL_FAILED,
                       step_of(c) && step_of(c)->n_questions
                           ? "the right answer has been told: no other is taken"
                           : "no question waits for an answer in this step");
    ll_status s = ll_question_take(&c->lesson.questions[i], rq->state.data, typed, &answer, &rq->error);
    if (s) return s;
    cJSON *note = ll_course_note("answer");
    ll_json_str(note, "question", c->lesson.questions[i].name);
    ll_json_str(note, "answer", answer);
    ll_course_keep(rq, c, note);
    take(c, i, answer);
    if (ll_course_open_question(c) < 0 && !step_of(c)->commands.n) return run_and_go_on(rq, c);
    ll_course_show(rq, c);
    return LL_OK;
}

/* --- by itself --------------------------------------------------------------------------------------------- */

static void answer_all(ll_request *rq, ll_course *c, const ll_strs *answers)
{
    for (int i; (i = ll_course_open_question(c)) >= 0;) {
        const ll_question *q = &c->lesson.questions[i];
        size_t n = strlen(q->name);
        char *answer = NULL;
        for (int j = 0; j < answers->n && !answer; j++)
            if (!strncmp(answers->v[j], q->name, n) && answers->v[j][n] == '=')
                ll_question_take(q, rq->state.data, answers->v[j] + n + 1, &answer, NULL);
        if (answer)
            take(c, i, answer);
        else
            c->given[i].passed = true;
    }
}

ll_status ll_course_play(ll_request *rq, ll_course *c, const ll_strs *answers, bool keep_going)
{
    ll_status first = LL_OK;
    ll_error why = {0};
    c->plays = true;
    while (step_of(c)) {
        answer_all(rq, c, answers);
        if (step_of(c)->told) ll_course_tell(rq, c);
        ll_status s = run_step(rq, c);
        if (s && !first) first = s, why = rq->error;
        if (s && (!keep_going || s == LL_CANCELLED)) break;
        if (s) ll_warn(rq, "%s", rq->error.message);
        c->after = !s && ll_lesson_tells_after(step_of(c));
        if (c->after) ll_course_show(rq, c);
        go_to(rq, c, c->at + 1);
    }
    if (!step_of(c)) ll_course_show(rq, c);
    if (first) rq->error = why;
    return first;
}
