#include "tui/faces/lesson.h"

#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/base/mem.h"

static void add_step(ll_lesson *l, ll_str *told, const char *command)
{
    l->steps = ll_realloc(l->steps, (size_t)l->n + 1, sizeof *l->steps);
    l->steps[l->n++] = (ll_lesson_step){ll_str_take(told), ll_strdup(command)};
}

void ll_lesson_parse(ll_lesson *l, const char *text, const char *title)
{
    ll_strs lines = {0};
    ll_str told = {0};
    ll_lesson_free(l);
    ll_split_lines(text, &lines);
    for (int i = 0; i < lines.n; i++) {
        const char *line = lines.v[i];
        if (*line == '#')
            ll_str_addf(&told, "%s%s", !told.len ? "" : line[1] ? " " : "\n", line + 1 + (line[1] == ' '));
        else
            add_step(l, &told, line);
    }
    if (told.len) add_step(l, &told, NULL);
    ll_str_free(&told);
    ll_strs_free(&lines);
    l->title = ll_strdup(title);
}

const ll_lesson_step *ll_lesson_now(const ll_lesson *l)
{
    return l->at < l->n ? &l->steps[l->at] : NULL;
}

void ll_lesson_ran(ll_lesson *l, const char *line)
{
    const ll_lesson_step *step = ll_lesson_now(l);
    if (step && step->command && !strcmp(step->command, line)) l->at++;
}

void ll_lesson_skip(ll_lesson *l)
{
    if (l->at < l->n) l->at++;
}

void ll_lesson_free(ll_lesson *l)
{
    for (int i = 0; i < l->n; i++) {
        free(l->steps[i].told);
        free(l->steps[i].command);
    }
    free(l->steps);
    free(l->title);
    *l = (ll_lesson){0};
}
