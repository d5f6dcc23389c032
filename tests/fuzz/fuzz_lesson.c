/* Lessons: what is read, its expressions over some numbers, and that what is told is told. */
#include <stdlib.h>
#include <string.h>

#include "sessions/course/facts.h"
#include "sessions/course/question.h"
#include "tests/fuzz/fuzz.h"

static void judge(const ll_question *q, const ll_facts *f)
{
    char *answer = NULL, *right = NULL;
    ll_error e = {0};
    bool taken = ll_fuzz_good(ll_question_take(q, ll_fuzz_toy(), "1", &answer, &e), &e);
    LAW(taken == (answer != NULL), "an answer that was %staken", taken ? "" : "not ");
    ll_verdict verdict = ll_question_judge(q, answer, f, ll_fuzz_toy(), &right);
    LAW((verdict == LL_VERDICT_NONE) == !answer, "verdict %d of %s answer", verdict, answer ? "an" : "no");
    free(answer);
    free(right);
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_lesson l;
    ll_error e = {0};
    ll_facts f = {0};
    char *text = ll_fuzz_text(bytes, n);
    ll_facts_set(&f, "seed", NULL, 7);
    ll_facts_set(&f, "name", "a; b", 0);
    if (ll_fuzz_good(ll_lesson_parse(&l, text, &e), &e)) {
        int questions = 0;
        for (int i = 0; i < l.n; i++) {
            const ll_lesson_step *s = &l.steps[i];
            LAW(s->first_question == questions, "step %d begins at question %d", i, s->first_question);
            questions += s->n_questions;
            LAW(s->told || s->commands.n || s->n_questions || s->n_after, "step %d is empty", i);
            for (int j = 0; j < s->commands.n; j++) {
                ll_str line = {0};
                ll_facts_command(&f, s->commands.v[j], &line, NULL);
                ll_str_free(&line);
            }
        }
        LAW(questions == l.n_questions, "%d questions of %d in steps", questions, l.n_questions);
        for (int i = 0; i < l.n_questions; i++) judge(&l.questions[i], &f);
    }
    ll_lesson_free(&l);
    ll_facts_free(&f);
    free(text);
}

const ll_fuzz_target ll_fuzz_lesson = {"lesson", run};
