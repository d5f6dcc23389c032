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

/* A command that nothing is told of belongs to the step before it. */
static bool joins(ll_lesson *l, const char *command)
{
    if (!l->n) return false;
    ll_lesson_step *step = &l->steps[l->n - 1];
    ll_str both = {0};
    ll_str_addf(&both, "%s; %s", step->command, command);
    free(step->command);
    step->command = ll_str_take(&both);
    return true;
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
        else if (told.len || !joins(l, line))
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

static void forget_failure(ll_lesson *l)
{
    free(l->why);
    l->why = NULL;
}

void ll_lesson_begins(ll_lesson *l, const char *line, int id)
{
    const ll_lesson_step *step = ll_lesson_now(l);
    if (!step || !step->command || l->id || strcmp(step->command, line)) return;
    forget_failure(l);
    l->id = id;
}

void ll_lesson_error(ll_lesson *l, int id, const char *message)
{
    if (!l->id || id != l->id) return;
    forget_failure(l);
    l->why = ll_strdup(message);
}

void ll_lesson_ends(ll_lesson *l, int id, int next, ll_status status)
{
    if (!l->id || id != l->id) return;
    l->id = status ? 0 : next;
    if (status && !l->why) l->why = ll_strdup(status == LL_CANCELLED ? "cancelled" : "it failed");
    if (!status && !next) l->at++;
}

void ll_lesson_skip(ll_lesson *l)
{
    if (l->at < l->n) l->at++;
    forget_failure(l);
    l->id = 0;
}

void ll_lesson_free(ll_lesson *l)
{
    for (int i = 0; i < l->n; i++) {
        free(l->steps[i].told);
        free(l->steps[i].command);
    }
    free(l->steps);
    free(l->title);
    free(l->why);
    *l = (ll_lesson){0};
}
