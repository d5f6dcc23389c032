#include "data/results/leaderboard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/device/task.h"
#include "core/num/sort.h"

/* --- columns, methods, tables --------------------------------------------------------------------------------- */

static int part_count(const char *joined)
{
    int n = *joined != 0;
    for (const char *c = joined; *c; c++) n += *c == ',';
    return n;
}

static bool wanted(const ll_board *b, const char *task)
{
    return ll_published_task_find(task) && (!b->wanted || ll_glob(b->wanted, task));
}

/* "auto most=9 own=off beside a,b": the trial chose its sources; those of the task stand behind. */
static const char beside[] = " beside ";

static const char *task_sources(const ll_result_row *row)
{
    const char *at = strstr(row->source, beside);
    return at ? at + strlen(beside) : row->source;
}

/* "auto most=9 own=off"; empty: those of the task. The caller frees. */
static char *choice_of(const ll_result_row *row)
{
    const char *at = strstr(row->source, beside);
    return ll_strndup(row->source, at ? (size_t)(at - row->source) : 0);
}

/* What is read from the database has no line break in a name that matters here: keys are only compared. */
static int line_of(ll_board *b, const ll_result_row *row)
{
    ll_str key = {0};
    ll_str_addf(&key, "%s\n%s\n%s\n%s", row->task, row->dataset, row->data_hash, task_sources(row));
    int before = b->line_keys.n, i = ll_strs_index(&b->line_keys, key.s);
    ll_str_free(&key);
    if (i < before) return i;
    b->lines = ll_realloc(b->lines, (size_t)i + 1, sizeof *b->lines);
    b->lines[i] = (ll_board_line){.task = ll_strdup(row->task),
                                  .dataset = ll_strdup(row->dataset),
                                  .data_hash = ll_strdup(row->data_hash),
                                  .n_source = part_count(task_sources(row))};
    return i;
}

static int method_of(ll_board *b, const ll_result_row *row)
{
    ll_str key = {0};
    char *sources = choice_of(row);
    ll_str_addf(&key, "%s\n%s\n%s\n%d\n%s", row->predictor, row->options, row->sampler, row->n, sources);
    int before = b->method_keys.n, i = ll_strs_index(&b->method_keys, key.s);
    ll_str_free(&key);
    if (i < before) {
        free(sources);
        return i;
    }
    b->methods = ll_realloc(b->methods, (size_t)i + 1, sizeof *b->methods);
    b->methods[i] = (ll_board_method){.predictor = ll_strdup(row->predictor),
                                      .options = ll_strdup(row->options),
                                      .sampler = ll_strdup(row->sampler),
                                      .sources = sources,
                                      .n = row->n};
    return i;
}

static int section_of(ll_board *b, const ll_result_row *row)
{
    ll_str key = {0};
    ll_str_addf(&key, "%s\n%d\n%.6f\n%d", row->protocol, row->budget, row->level, row->k);
    int before = b->section_keys.n, i = ll_strs_index(&b->section_keys, key.s);
    ll_str_free(&key);
    if (i < before) return i;
    b->sections = ll_realloc(b->sections, (size_t)i + 1, sizeof *b->sections);
    b->sections[i] = (ll_board_section){ll_strdup(row->protocol), row->budget, row->k, row->level};
    return i;
}

static int spot_of(ll_board *b, int section, int line)
{
    ll_str key = {0};
    ll_str_addf(&key, "%d %d", section, line);
    int before = b->spot_keys.n, i = ll_strs_index(&b->spot_keys, key.s);
    ll_str_free(&key);
    if (i < before) return i;
    b->spots = ll_realloc(b->spots, (size_t)i + 1, sizeof *b->spots);
    b->spots[i][0] = section;
    b->spots[i][1] = line;
    return i;
}

ll_board *ll_board_new(const char *tasks)
{
    ll_board *b = LL_NEW(ll_board);
    b->wanted = tasks ? ll_strdup(tasks) : NULL;
    return b;
}

void ll_board_add(ll_board *b, const ll_result_row *row)
{
    if (!wanted(b, row->task)) {
        b->other_tasks++;
        return;
    }
    int line = line_of(b, row);
    ll_kept_trial t = {.line = spot_of(b, section_of(b, row), line),
                       .column = method_of(b, row),
                       .seed = row->seed,
                       .pretrain_seed = row->pretrain_seed,
                       .device = ll_strdup(row->device),
                       .finished = row->finished,
                       .cost = row->cost};
    t.v[LL_BY_SPEARMAN] = row->spearman;
    t.v[LL_BY_KENDALL] = row->kendall;
    t.v[LL_BY_MAPE] = row->mape;
    t.v[LL_BY_WITHIN_10] = row->within_10;
    t.v[LL_BY_COVERAGE] = row->coverage;
    t.v[LL_BY_WIDTH] = row->width_ms;
    ll_strs_index(&b->lines[line].devices, row->device);
    ll_kept_add(&b->trials, &t);
}

/* --- names ---------------------------------------------------------------------------------------------------- */

/* The task; where it stands there several times, with what tells them apart. */
static char *line_label(const ll_board *b, int i)
{
    const ll_board_line *l = &b->lines[i];
    ll_str s = {0};
    int same = 0;
    for (int j = 0; j < b->line_keys.n; j++) same += !strcmp(b->lines[j].task, l->task);
    ll_str_add(&s, l->task);
    if (same > 1) ll_str_addf(&s, " on %s %.6s, %d sources", l->dataset, l->data_hash, l->n_source);
    return ll_str_take(&s);
}

/* The predictor; of several with options of their own the how manieth. */
static char *method_label(const ll_board *b, int i)
{
    const ll_board_method *m = &b->methods[i];
    ll_str s = {0};
    int same = 0, at = 0;
    for (int j = 0; j < b->method_keys.n; j++) {
        const ll_board_method *o = &b->methods[j];
        if (strcmp(o->predictor, m->predictor) || strcmp(o->sampler, m->sampler) ||
            strcmp(o->sources, m->sources))
            continue;
        same++;
        at += j <= i;
    }
    ll_str_add(&s, m->predictor);
    if (*m->sources) ll_str_addf(&s, ", sources %s", m->sources);
    if (same > 1) ll_str_addf(&s, " #%d", at);
    return ll_str_take(&s);
}

/* Columns for tasks that nobody tried. */
static void add_empty_lines(ll_board *b)
{
    const ll_published_task *t;
    for (int i = 0; (t = ll_published_task_at(i)); i++) {
        bool there = !wanted(b, t->name);
        for (int j = 0; j < b->line_keys.n; j++) there |= !strcmp(b->lines[j].task, t->name);
        if (!there)
            line_of(b, &(ll_result_row){.task = t->name, .dataset = "", .data_hash = "", .source = ""});
    }
}

/* --- order ---------------------------------------------------------------------------------------------------- */

static int section_order(const ll_board *b, int i, int j)
{
    const ll_board_section *x = &b->sections[i], *y = &b->sections[j];
    int order = strcmp(x->protocol, y->protocol);
    if (!order) order = x->budget - y->budget;
    if (!order) order = ll_by_number(x->level, y->level);
    return order ? order : x->k - y->k;
}

static int place_of_task(const char *name)
{
    int i = 0;
    while (ll_published_task_at(i) != ll_published_task_find(name)) i++;
    return i;
}

static int line_order(const ll_board *b, int i, int j)
{
    return place_of_task(b->lines[i].task) - place_of_task(b->lines[j].task);
}

static int *ordered(const ll_board *b, int n, int (*compare)(const ll_board *, int, int))
{
    int *order = LL_NEW_ARRAY(int, n + 1);
    for (int i = 0; i < n; i++) {
        int j = i;
        for (; j && compare(b, i, order[j - 1]) < 0; j--) order[j] = order[j - 1];
        order[j] = i;
    }
    return order;
}

void ll_board_finish(ll_board *b)
{
    b->superseded = ll_kept_sort(&b->trials);
    add_empty_lines(b);
    for (int i = 0; i < b->line_keys.n; i++) b->lines[i].label = line_label(b, i);
    for (int i = 0; i < b->method_keys.n; i++) b->methods[i].label = method_label(b, i);
    b->line_order = ordered(b, b->line_keys.n, line_order);
    b->section_order = ordered(b, b->section_keys.n, section_order);
}

void ll_board_free(ll_board *b)
{
    for (int i = 0; i < b->line_keys.n; i++) {
        free(b->lines[i].task);
        free(b->lines[i].dataset);
        free(b->lines[i].data_hash);
        free(b->lines[i].label);
        ll_strs_free(&b->lines[i].devices);
    }
    for (int i = 0; i < b->method_keys.n; i++) {
        free(b->methods[i].predictor);
        free(b->methods[i].options);
        free(b->methods[i].sampler);
        free(b->methods[i].sources);
        free(b->methods[i].label);
    }
    for (int i = 0; i < b->section_keys.n; i++) free(b->sections[i].protocol);
    free(b->lines);
    free(b->methods);
    free(b->sections);
    free(b->spots);
    free(b->line_order);
    free(b->section_order);
    free(b->wanted);
    ll_strs_free(&b->line_keys);
    ll_strs_free(&b->method_keys);
    ll_strs_free(&b->section_keys);
    ll_strs_free(&b->spot_keys);
    ll_kept_free(&b->trials);
    free(b);
}

/* --- looking at it -------------------------------------------------------------------------------------------- */

ll_cell ll_board_cell(const ll_board *b, int section, int line, int method)
{
    for (int i = 0; i < b->spot_keys.n; i++)
        if (b->spots[i][0] == section && b->spots[i][1] == line) return ll_cell_at(&b->trials, i, method);
    return (ll_cell){0};
}

int ll_board_best(const ll_board *b, int section, int line, ll_measure m, bool *wins)
{
    int n = b->method_keys.n;
    ll_cell *cells = LL_NEW_ARRAY(ll_cell, n + 1);
    for (int j = 0; j < n; j++) cells[j] = ll_board_cell(b, section, line, j);
    int best = ll_cells_best(cells, n, m, b->lines[line].devices.n, wins);
    free(cells);
    return best;
}

double ll_board_mean(const ll_board *b, int section, int method, ll_measure m)
{
    double sum = 0;
    for (int i = 0; i < b->line_keys.n; i++)
        sum += ll_cell_sum_up(ll_board_cell(b, section, i, method), m, b->lines[i].devices.n).mean;
    return b->line_keys.n ? sum / b->line_keys.n : NAN;
}

bool ll_board_has(const ll_board *b, int section, int method)
{
    for (int i = 0; i < b->line_keys.n; i++)
        if (ll_board_cell(b, section, i, method).n) return true;
    return false;
}
