/* Lessons, taken to their end: by what the reader types, and by skipping. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tui/faces/lesson.h"

static void take(ll_lesson *l, bool skip)
{
    const ll_lesson_step *step;
    for (int at = 0; (step = ll_lesson_now(l)); at++) {
        LAW(l->at == at, "the lesson is at %d after %d steps", l->at, at);
        LAW(step->command || at == l->n - 1, "step %d of %d has no command", at, l->n);
        LAW(step->told, "step %d tells nothing, not even an empty text", at);
        ll_lesson_begins(l, "no command\n", 1);
        ll_lesson_ends(l, 1, 0, LL_OK);
        if (skip || !step->command) {
            ll_lesson_skip(l);
        } else {
            ll_lesson_begins(l, step->command, 2);
            ll_lesson_ends(l, 2, 0, LL_OK);
        }
    }
    LAW(l->at == l->n, "the lesson ends at %d of %d", l->at, l->n);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *text = ll_fuzz_text(bytes, n);
    ll_lesson l = {0};
    for (int skip = 0; skip < 2; skip++) {
        ll_lesson_parse(&l, text, "fuzz");
        take(&l, skip);
    }
    ll_lesson_free(&l);
    free(text);
}

const ll_fuzz_target ll_fuzz_lesson = {"lesson", run};
