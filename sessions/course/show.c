#include "sessions/course/show.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

static const ll_lesson_step *step_of(const ll_course *c)
{
    return c->at < c->lesson.n ? &c->lesson.steps[c->at] : NULL;
}

/* What was known behind the commands of the step, where they have run. */
static const ll_facts *facts_behind(const ll_course *c)
{
    return c->ran[c->at] ? &c->behind[c->at] : &c->facts;
}

static void tell_line(ll_str *out, const ll_course *c, const char *text)
{
    if (out->len) ll_str_addc(out, '\n');
    ll_facts_tell(&c->facts, text, out);
}

/* --- questions --------------------------------------------------------------------------------------------- */

static const char *what_is_expected(const ll_question *q)
{
    static const char *const kinds[] = {"", "  (a number)", "  (a device)",
                                        "  (an architecture: its number)"};
    return kinds[q->kind];
}

static void add_question(ll_str *out, const ll_course *c, int i)
{
    const ll_question *q = &c->lesson.questions[i];
    tell_line(out, c, q->text);
    ll_str_add(out, what_is_expected(q));
    for (int j = 0; j < q->n_choices; j++) {
        ll_str_addf(out, "\n  %c) ", 'a' + j);
        ll_facts_tell(&c->facts, q->choices[j].text, out);
    }
    if (c->given[i].answer) {
        ll_str_add(out, "\n  you say ");
        ll_question_tell(q, c->given[i].answer, out);
    } else if (c->given[i].passed) {
        ll_str_add(out, "\n  passed over");
    }
}

/* "order: right. b: on most of them" */
static void add_verdict(ll_str *out, const ll_course *c, int i)
{
    const ll_question *q = &c->lesson.questions[i];
    const ll_reply *g = &c->given[i];
    if (out->len) ll_str_addc(out, '\n');
    ll_str_addf(out, "%s: ", q->name);
    if (g->verdict == LL_VERDICT_RIGHT) ll_str_add(out, "right. ");
    if (g->answer && g->verdict != LL_VERDICT_RIGHT) {
        ll_str_add(out, "you said ");
        ll_question_tell(q, g->answer, out);
    }
    if (g->verdict == LL_VERDICT_WRONG) ll_str_add(out, g->right ? "; right is " : ", which does not hold");
    if (g->verdict == LL_VERDICT_NONE && g->right) ll_str_add(out, "right is ");
    if (g->verdict == LL_VERDICT_NONE && !g->right) ll_str_add(out, "passed over");
    if (g->verdict == LL_VERDICT_UNKNOWN) ll_str_add(out, "; what decides was not computed");
    if (g->right) ll_facts_tell(facts_behind(c), g->right, out);
    if (g->verdict == LL_VERDICT_RIGHT && !g->right) ll_question_tell(q, g->answer, out);
}

/* --- checks ------------------------------------------------------------------------------------------------ */

/* 1, 0; -1: what it needs was not computed. */
static int holds(const ll_facts *facts, const ll_after *a)
{
    double x;
    return ll_formula(a->expression, facts, &x, NULL) ? -1 : x != 0;
}

static void add_check(ll_str *out, const ll_course *c, const ll_after *a)
{
    static const char *const words[] = {"not computed: ", "does not hold: ", "holds: "};
    if (out->len) ll_str_addc(out, '\n');
    ll_str_add(out, words[1 + holds(facts_behind(c), a)]);
    ll_facts_tell(facts_behind(c), a->text, out);
}

int ll_course_holding(const ll_course *c, int step)
{
    const ll_lesson_step *s = &c->lesson.steps[step];
    int n = 0;
    for (int i = 0; i < s->n_after; i++)
        n += s->after[i].kind == LL_AFTER_CHECK && holds(&c->facts, &s->after[i]) == 1;
    return n;
}

void ll_course_checks(const ll_course *c, int *hold, int *of)
{
    *hold = *of = 0;
    for (int i = 0; i < c->lesson.n; i++) {
        const ll_lesson_step *s = &c->lesson.steps[i];
        if (!c->ran[i]) continue;
        *hold += c->held[i];
        for (int j = 0; j < s->n_after; j++) *of += s->after[j].kind == LL_AFTER_CHECK;
    }
}

/* --- all of it --------------------------------------------------------------------------------------------- */

static void add_after(cJSON *o, const ll_course *c, const ll_lesson_step *s)
{
    ll_str told = {0}, lines = {0};
    for (int i = 0; i < s->n_questions; i++) add_verdict(&lines, c, s->first_question + i);
    for (int i = 0; i < s->n_after; i++) {
        if (s->after[i].kind == LL_AFTER_CHECK) add_check(&lines, c, &s->after[i]);
        if (s->after[i].kind == LL_AFTER_THEN) tell_line(&told, c, s->after[i].text);
    }
    if (told.len) ll_json_str(o, "summary", told.s);
    if (lines.len) ll_json_str(o, "text", lines.s);
    ll_str_free(&told);
    ll_str_free(&lines);
}

static void add_before(cJSON *o, const ll_course *c, const ll_lesson_step *s)
{
    ll_str told = {0}, lines = {0};
    if (s->told) ll_facts_tell(&c->facts, s->told, &told);
    for (int i = 0; i < s->n_questions; i++) {
        if (c->given[s->first_question + i].settled)
            add_verdict(&lines, c, s->first_question + i);
        else
            add_question(&lines, c, s->first_question + i);
    }
    if (told.len) ll_json_str(o, "summary", told.s);
    if (lines.len) ll_json_str(o, "text", lines.s);
    ll_str_free(&told);
    ll_str_free(&lines);
}

/* "load nb201_host; corr", as it will run; what is not known yet stays in its braces. */
static char *commands_of(const ll_course *c, const ll_lesson_step *s)
{
    ll_str line = {0};
    for (int i = 0; s && i < s->commands.n; i++) {
        ll_str one = {0};
        bool known = !ll_facts_command(&c->facts, s->commands.v[i], &one, NULL);
        ll_str_addf(&line, "%s%s", i ? "; " : "", known ? ll_str_text(&one) : s->commands.v[i]);
        ll_str_free(&one);
    }
    return line.len ? ll_str_take(&line) : NULL;
}

static void add_end(cJSON *o, const ll_course *c)
{
    int right, of, hold, checks;
    ll_str text = {0};
    ll_course_points(c, &right, &of);
    ll_course_checks(c, &hold, &checks);
    ll_str_addf(&text, "%d of %d %s right", right, of, ll_noun(of, "answer", "answers"));
    if (checks)
        ll_str_addf(&text, ", %d of %d %s", hold, checks, ll_noun(checks, "check holds", "checks hold"));
    ll_json_int(o, "right", right);
    ll_json_int(o, "answers", of);
    ll_json_int(o, "hold", hold);
    ll_json_int(o, "checks", checks);
    if (of || checks) ll_json_str(o, "summary", text.s);
    ll_str_free(&text);
}

static void add_way_on(cJSON *o, const ll_course *c, const char *commands)
{
    int open = ll_course_open_question(c);
    if (c->plays) return;
    if (c->at == c->lesson.n)
        ll_result_note(o, "that was the lesson; `save NAME` keeps the session it was done in");
    else if (open >= 0)
        ll_result_note(o, "Type what you think%s; `lesson skip` passes over it",
                       c->lesson.questions[open].hint ? ", `lesson hint` helps" : "");
    else if (!c->after && commands)
        ll_result_note(o, "Enter runs: %s", commands);
    else
        ll_result_note(o, "Enter goes on");
}

void ll_course_told(const ll_course *c, cJSON *answers)
{
    const ll_lesson_step *s = step_of(c);
    for (int i = s->first_question; i < s->first_question + s->n_questions; i++) {
        cJSON *one = ll_json_obj(answers, NULL);
        ll_json_str(one, "question", c->lesson.questions[i].name);
        ll_json_str(one, "answer", c->given[i].answer);
        ll_json_str(one, "right", c->given[i].right);
        ll_json_str(one, "verdict", ll_verdict_words[c->given[i].verdict]);
        ll_json_bool(one, "counts", ll_question_counts(&c->lesson.questions[i]));
    }
    for (int i = 0; i < s->n_after; i++) {
        if (s->after[i].kind != LL_AFTER_CHECK) continue;
        cJSON *one = ll_json_obj(answers, NULL);
        ll_str name = {0};
        ll_str_addf(&name, LL_CHECK_NAME, s->after[i].line);
        ll_json_str(one, "question", name.s);
        ll_json_str(one, "verdict",
                    ll_verdict_words[holds(facts_behind(c), &s->after[i]) == 1 ? LL_VERDICT_RIGHT
                                                                               : LL_VERDICT_WRONG]);
        ll_json_bool(one, "counts", true);
        ll_str_free(&name);
    }
}

void ll_course_show(ll_request *rq, const ll_course *c)
{
    const ll_lesson_step *s = step_of(c);
    char *commands = c->after ? NULL : commands_of(c, s);
    int open = ll_course_open_question(c);
    ll_str title = {0};
    if (s)
        ll_str_addf(&title, "%s, step %d of %d%s", c->name, c->at + 1, c->lesson.n,
                    c->after ? ": what came of it" : "");
    else
        ll_str_addf(&title, "%s: the end", c->name);
    cJSON *o = ll_result_new("lesson");
    ll_json_str(o, "lesson", c->name);
    ll_json_int(o, "step", c->at + 1);
    ll_json_int(o, "steps", c->lesson.n);
    ll_json_str(o, "phase", !s ? "end" : c->after ? "after" : "before");
    ll_json_str(o, "question", open < 0 ? NULL : c->lesson.questions[open].name);
    ll_json_str(o, "commands", commands);
    ll_json_str(o, "title", title.s);
    if (s && c->after)
        add_after(o, c, s);
    else if (s)
        add_before(o, c, s);
    else
        add_end(o, c);
    if (s && c->after) ll_course_told(c, ll_json_arr(o, "told"));
    add_way_on(o, c, commands);
    ll_emit(rq, o);
    ll_str_free(&title);
    free(commands);
}

void ll_course_tell(ll_request *rq, const ll_course *c)
{
    ll_str told = {0};
    ll_strs paragraphs = {0};
    ll_facts_tell(&c->facts, step_of(c)->told, &told);
    ll_strs_split(&paragraphs, ll_str_text(&told), '\n');
    for (int i = 0; i < paragraphs.n; i++) ll_note(rq, "%s", paragraphs.v[i]);
    ll_strs_free(&paragraphs);
    ll_str_free(&told);
}
