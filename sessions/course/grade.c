#include "sessions/course/grade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "sessions/course/handed.h"
#include "sessions/course/rerun.h"
#include "sessions/course/shelf.h"
#include "sessions/course/show.h"

/* A run of a lesson that others may share: the same seed, the same answers. */
typedef struct known_run {
    char *key;
    ll_rerun run;
} known_run;

typedef struct grader {
    ll_request *rq;
    const char *own; /* a lesson that does not come with the program; NULL: none */
    ll_hand_in in;
    known_run *runs;
    int n_runs;
    cJSON *rows;
} grader;

/* --- the lesson and its fresh run -------------------------------------------------------------------------- */

/* Only a lesson of the teacher's: what file a journal names is never opened. */
static ll_status open_lesson(const grader *g, const ll_handed *h, ll_course **out, ll_error *e)
{
    char *path = NULL, *own = g->own ? ll_lesson_name(g->own) : NULL;
    ll_status s = LL_FAILED;
    *out = NULL;
    if (own && !strcmp(own, h->name)) s = ll_lesson_find(g->own, &path, e);
    for (const ll_lesson_entry *l = ll_lessons; l->name && !path; l++)
        if (!strcmp(l->name, h->name)) s = ll_lesson_find(l->name, &path, e);
    if (!path && s)
        ll_fail(e, LL_FAILED, "no lesson %.60s is here; `of=FILE` says where it is", h->name);
    else
        s = ll_course_open(h->name, path, h->student, out, e);
    free(path);
    free(own);
    return s;
}

static bool uses(const ll_lesson *l, const char *name)
{
    ll_str braces = {0};
    bool found = false;
    ll_str_addf(&braces, "{%s}", name);
    for (int i = 0; i < l->n && !found; i++)
        for (int j = 0; j < l->steps[i].commands.n && !found; j++)
            found = strstr(l->steps[i].commands.v[j], braces.s) != NULL;
    ll_str_free(&braces);
    return found;
}

static void answers_of(const ll_handed *h, const ll_lesson *l, ll_strs *out)
{
    for (int i = 0; i < l->n_questions; i++) {
        bool late;
        const char *answer = ll_handed_answer(h, l, i, &late);
        ll_str one = {0};
        ll_str_addf(&one, "%s=%s", l->questions[i].name, answer ? answer : "");
        if (answer) ll_strs_add(out, ll_str_text(&one));
        ll_str_free(&one);
    }
}

/* One run for all whose seed and answers are the same. */
static ll_status run_for(grader *g, const ll_handed *h, const ll_course *c, const ll_rerun **out)
{
    ll_strs answers = {0};
    ll_str key = {0};
    ll_status s = LL_OK;
    answers_of(h, &c->lesson, &answers);
    ll_str_addf(&key, "%s %s", c->path,
                uses(&c->lesson, "seed") || uses(&c->lesson, "student") ? h->student : "");
    for (int i = 0; i < answers.n; i++) ll_str_addf(&key, "\n%s", answers.v[i]);
    *out = NULL;
    for (int i = 0; i < g->n_runs && !*out; i++)
        if (!strcmp(g->runs[i].key, key.s)) *out = &g->runs[i].run;
    if (!*out) {
        ll_rerun run;
        s = ll_rerun_lesson(g->rq, c->path, h->student, &answers, &run);
        g->runs = ll_realloc(g->runs, (size_t)g->n_runs + 1, sizeof *g->runs);
        g->runs[g->n_runs] = (known_run){ll_strdup(key.s), run};
        *out = &g->runs[g->n_runs++].run;
    }
    ll_str_free(&key);
    ll_strs_free(&answers);
    return s;
}

/* --- what shows -------------------------------------------------------------------------------------------- */

static void remark(ll_str *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void remark(ll_str *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (out->len) ll_str_add(out, "; ");
    ll_str_addv(out, fmt, ap);
    va_end(ap);
}

static bool differs(const cJSON *a, const cJSON *b)
{
    if (cJSON_IsString(a) && cJSON_IsString(b)) return strcmp(a->valuestring, b->valuestring) != 0;
    if (!cJSON_IsNumber(a) || !cJSON_IsNumber(b)) return (a != NULL) != (b != NULL);
    double x = a->valuedouble, y = b->valuedouble;
    return fabs(x - y) > 1e-6 * fmax(1, fmax(fabs(x), fabs(y)));
}

static bool is_time(const char *name)
{
    size_t n = strlen(name);
    return strstr(name, "seconds") || (n > 2 && !strcmp(name + n - 2, "_s"));
}

static void show_value(const cJSON *value, ll_str *out)
{
    ll_fact fact = {.text = cJSON_IsString(value) ? value->valuestring : NULL,
                    .x = cJSON_IsNumber(value) ? value->valuedouble : NAN};
    ll_fact_show(&fact, out);
}

/* The first number that a fresh run does not give. */
static void compare_values(const ll_handed *h, const ll_rerun *run, ll_str *out)
{
    const cJSON *ran, *value;
    cJSON_ArrayForEach(ran, run->values)
    {
        int step = ll_json_get_int(ran, "step", 0);
        const cJSON *theirs = ll_handed_values(h, step);
        if (!theirs || ll_handed_skipped(h, step)) continue;
        cJSON_ArrayForEach(value, cJSON_GetObjectItemCaseSensitive(ran, "values"))
        {
            const cJSON *their = cJSON_GetObjectItemCaseSensitive(theirs, value->string);
            if (is_time(value->string) || !differs(their, value)) continue;
            ll_str then = {0}, now = {0};
            show_value(their, &then);
            show_value(value, &now);
            remark(out, "other numbers: step %d has %s %s, a fresh run %s", step, value->string, then.s,
                   now.s);
            ll_str_free(&then);
            ll_str_free(&now);
            return;
        }
    }
}

static void look_at_steps(const ll_handed *h, const ll_course *c, ll_str *out)
{
    int skipped = 0, last = h->ended ? c->lesson.n : 0;
    for (int i = c->lesson.n; i > 0 && !last; i--)
        if (ll_handed_values(h, i) || ll_handed_skipped(h, i)) last = i;
    for (int i = 0; i < last; i++) {
        const ll_lesson_step *s = &c->lesson.steps[i];
        if (ll_handed_values(h, i + 1)) continue;
        if (ll_handed_skipped(h, i + 1))
            skipped++;
        else if (s->commands.n || s->n_questions)
            remark(out, "tampered: step %d neither ran nor was passed over", i + 1);
    }
    if (skipped) remark(out, "%d step%s passed over", skipped, ll_plural(skipped));
    if (!h->ended) remark(out, "not finished: %d of %d steps", last, c->lesson.n);
}

static void look_at_lesson(const grader *g, const ll_handed *h, const ll_course *c, ll_str *out)
{
    for (int i = 0; i < g->in.journals.n; i++)
        if (g->in.journals.v[i] == h->journal && *g->in.remarks.v[i]) remark(out, "%s", g->in.remarks.v[i]);
    if (h->seed != c->seed)
        remark(out, "tampered: seed %d is not %s's", h->seed, h->student ? h->student : "nobody");
    if (strcmp(h->script, c->script.hex)) remark(out, "the text of the lesson was another one");
    if (h->begun > 1) remark(out, "begun %d times", h->begun);
    for (const ll_handed *other = g->in.v; other < g->in.v + g->in.n; other++)
        if (other != h && other->journal != h->journal && !strcmp(other->chain, h->chain))
            remark(out, "the same journal as %s", other->journal);
    look_at_steps(h, c, out);
}

/* --- rows -------------------------------------------------------------------------------------------------- */

static cJSON *add_row(grader *g, const ll_handed *h, const char *question)
{
    cJSON *row = ll_json_obj(g->rows, NULL);
    ll_json_str(row, "student", h->student ? h->student : "");
    ll_json_str(row, "lesson", h->name);
    ll_json_str(row, "question", question);
    return row;
}

typedef struct points {
    int right, of;
} points;

static void add_answer(grader *g, const ll_handed *h, const cJSON *told, const char *answer, bool late,
                       points *p)
{
    const char *verdict = ll_json_get_str(told, "verdict", "");
    bool counts = ll_json_get_bool(told, "counts", true), right = !strcmp(verdict, "right");
    cJSON *row = add_row(g, h, ll_json_get_str(told, "question", ""));
    ll_json_str(row, "answer", answer ? answer : "");
    ll_json_str(row, "right", ll_json_get_str(told, "right", ""));
    ll_json_str(row, "verdict", late && !answer ? "late" : *verdict ? verdict : "none");
    ll_json_int(row, "points", right);
    ll_json_int(row, "of", counts);
    p->right += right;
    p->of += counts;
}

/* A check of a step that the student passed over holds for nobody. */
static bool is_missed(const ll_handed *h, const ll_lesson *l, const cJSON *told)
{
    const char *name = ll_json_get_str(told, "question", "");
    for (int i = 0; i < l->n; i++)
        for (int j = 0; j < l->steps[i].n_after; j++) {
            ll_str check = {0};
            ll_str_addf(&check, LL_CHECK_NAME, l->steps[i].after[j].line);
            bool this = l->steps[i].after[j].kind == LL_AFTER_CHECK && !strcmp(check.s, name);
            ll_str_free(&check);
            if (this) return !ll_handed_values(h, i + 1);
        }
    return false;
}

static void add_answers(grader *g, const ll_handed *h, const ll_course *c, const cJSON *told, ll_str *remarks,
                        points *p)
{
    cJSON *one;
    cJSON_ArrayForEach(one, told)
    {
        const char *name = ll_json_get_str(one, "question", ""), *answer = NULL;
        bool late = false;
        for (int i = 0; i < c->lesson.n_questions; i++)
            if (!strcmp(c->lesson.questions[i].name, name))
                answer = ll_handed_answer(h, &c->lesson, i, &late);
        if (late) remark(remarks, "tampered: %s was answered after the right answer was told", name);
        if (is_missed(h, &c->lesson, one)) {
            cJSON_DeleteItemFromObjectCaseSensitive(one, "verdict");
            ll_json_str(one, "verdict", "");
        }
        add_answer(g, h, one, answer, late, p);
    }
}

static void add_total(grader *g, const ll_handed *h, const char *remarks, points p)
{
    cJSON *row = add_row(g, h, "total");
    ll_json_int(row, "points", p.right);
    ll_json_int(row, "of", p.of);
    ll_json_str(row, "remarks", remarks);
}

/* A lesson that measures: what the journal says of its numbers is all there is. */
static ll_status grade_recorded(grader *g, const ll_handed *h, ll_course *c, ll_str *remarks, points *p)
{
    cJSON *told = cJSON_CreateArray();
    for (const cJSON *note = h->notes->child; note; note = note->next) ll_course_restore(c, note);
    for (c->at = 0; c->at < c->lesson.n; c->at++) ll_course_told(c, told);
    add_answers(g, h, c, told, remarks, p);
    remark(remarks, "judged by the numbers in the journal: this lesson measures");
    cJSON_Delete(told);
    return LL_OK;
}

static ll_status grade_anew(grader *g, const ll_handed *h, ll_course *c, ll_str *remarks, points *p)
{
    const ll_rerun *run;
    ll_status s = run_for(g, h, c, &run);
    if (s) return s;
    if (run->failed) remark(remarks, "the lesson itself failed here: %s", run->failed);
    compare_values(h, run, remarks);
    cJSON *told = cJSON_Duplicate(run->told, true);
    add_answers(g, h, c, told, remarks, p);
    cJSON_Delete(told);
    return LL_OK;
}

static ll_status grade_one(grader *g, const ll_handed *h)
{
    ll_course *c;
    ll_str remarks = {0};
    points p = {0};
    ll_error e = {0};
    ll_status s = open_lesson(g, h, &c, &e);
    if (s) {
        add_total(g, h, e.message, p);
        return s == LL_CANCELLED ? s : LL_OK;
    }
    look_at_lesson(g, h, c, &remarks);
    s = c->lesson.measures ? grade_recorded(g, h, c, &remarks, &p) : grade_anew(g, h, c, &remarks, &p);
    if (!s) add_total(g, h, ll_str_text(&remarks), p);
    ll_str_free(&remarks);
    ll_course_free(c);
    return s;
}

/* --- the result -------------------------------------------------------------------------------------------- */

static const ll_column columns[] = {{"student", "student", NULL, -1},    {"lesson", "lesson", NULL, -1},
                                    {"question", "question", NULL, -1},  {"answer", "answer", NULL, -1},
                                    {"right", "right answer", NULL, -1}, {"verdict", "verdict", NULL, -1},
                                    {"points", "points", NULL, 0},       {"of", "of", NULL, 0},
                                    {"remarks", "remarks", NULL, -1},    {0}};

static void write_cell(FILE *f, const cJSON *cell)
{
    if (cJSON_IsNumber(cell))
        ll_csv_write_number(f, cell->valuedouble);
    else
        ll_csv_write(f, cJSON_IsString(cell) ? cell->valuestring : "");
}

static ll_status write_csv(const char *path, const cJSON *rows, ll_error *e)
{
    ll_writer w;
    const cJSON *row;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    for (const ll_column *c = columns; c->key; c++) fprintf(w.f, "%s%s", c == columns ? "" : ",", c->key);
    fputs("\r\n", w.f);
    cJSON_ArrayForEach(row, rows)
    {
        for (const ll_column *c = columns; c->key; c++) {
            if (c != columns) fputc(',', w.f);
            write_cell(w.f, cJSON_GetObjectItemCaseSensitive(row, c->key));
        }
        fputs("\r\n", w.f);
    }
    return ll_writer_commit(&w, e);
}

static void free_grader(grader *g)
{
    for (int i = 0; i < g->n_runs; i++) {
        free(g->runs[i].key);
        ll_rerun_free(&g->runs[i].run);
    }
    free(g->runs);
    ll_hand_in_free(&g->in);
}

/* The teacher's own lesson is there and can be read, before anybody gets no points for it. */
static ll_status check_own(const char *own, ll_error *e)
{
    char *path, *name = ll_lesson_name(own);
    ll_course *c = NULL;
    ll_status s = ll_lesson_find(own, &path, e);
    if (!s) s = ll_course_open(name, path, NULL, &c, e);
    ll_course_free(c);
    free(path);
    free(name);
    return s;
}

ll_status ll_grade(ll_request *rq, const char *what, const char *own, const char *out)
{
    grader g = {.rq = rq, .own = own};
    cJSON *result = ll_result_new("grade");
    g.rows = ll_json_arr(result, "rows");
    ll_status s = own ? check_own(own, &rq->error) : LL_OK;
    if (!s) s = ll_hand_in_read(what, &g.in, &rq->error);
    for (int i = 0; i < g.in.n && !s; i++) {
        ll_progress(rq->observer, ll_progress_new("lessons graded", i, g.in.n));
        s = grade_one(&g, &g.in.v[i]);
    }
    if (!s && !g.in.n) s = LL_FAIL(rq, LL_FAILED, "%s: no lesson was played in it", what);
    if (!s && out) s = write_csv(out, g.rows, &rq->error);
    free_grader(&g);
    if (s) {
        cJSON_Delete(result);
        return s;
    }
    ll_result_columns(result, columns);
    if (out) ll_json_str(result, "out", out);
    ll_emit(rq, result);
    return LL_OK;
}
