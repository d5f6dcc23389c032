/* The leaderboard: methods on NASFLAT's twelve tasks, from the trials that were kept. A cell is one method on one task
 * with so many samples; what was not run is missing and is said to be, and a mean over tasks exists where none is.
 *
 * A method is a predictor with its options, its number of source architectures, a sampler and, where
 * trials choose their source devices, how. Trials of a task that were
 * scored otherwise (protocol, budget, level of the intervals) never share a table, and those of other data or other source
 * devices never share a column. */
#ifndef LL_DATA_RESULTS_LEADERBOARD_H
#define LL_DATA_RESULTS_LEADERBOARD_H

#include <stdio.h>

#include "core/base/str.h"
#include "data/results/cells.h"
#include "data/results/results.h"

/* A column of the tables. */
typedef struct ll_board_line {
    char *task, *dataset, *data_hash;
    int n_source;    /* source devices of the task */
    ll_strs devices; /* targets that any trial has: a draw counts when it has all of them */
    char *label;
} ll_board_line;

typedef struct ll_board_method {
    char *predictor, *options, *sampler;
    char *sources; /* how each trial chose them; empty: they are those of the task */
    int n;         /* source architectures; 0: the predictor's own number */
    char *label;
} ll_board_method;

typedef struct ll_board_section {
    char *protocol;
    int budget, k;
    double level;
} ll_board_section;

typedef struct ll_board {
    ll_strs line_keys, method_keys, section_keys, spot_keys;
    ll_board_line *lines;
    ll_board_method *methods;
    ll_board_section *sections;
    int (*spots)[2]; /* section and line: `line` of a trial is a place in here */
    ll_kept_trials trials;
    int *line_order,
        *section_order; /* how they are shown: tasks as published; by protocol, budget, level and k */
    char *wanted;       /* tasks, * and ? match; NULL: all twelve */
    int superseded;     /* trials of which a newer one was there */
    int other_tasks;    /* trials of tasks that are no published ones */
} ll_board;

/* The tasks of this pattern have a column whether or not there are results. */
ll_board *ll_board_new(const char *tasks);
void ll_board_add(ll_board *b, const ll_result_row *row);
void ll_board_finish(ll_board *b); /* after the last, before any of what follows */
void ll_board_free(ll_board *b);

ll_cell ll_board_cell(const ll_board *b, int section, int line, int method);
/* The method that leads there, and whether it beats every other one at p < .05; -1: nobody. */
int ll_board_best(const ll_board *b, int section, int line, ll_measure m, bool *wins);
/* Mean over all lines; NaN where one is missing. */
double ll_board_mean(const ll_board *b, int section, int method, ll_measure m);
bool ll_board_has(const ll_board *b, int section, int method); /* any trial */
/* Where a board comes from. */
typedef struct ll_board_about {
    const char *command, *version;
    ll_hash checksum;
    int kept; /* trials in the database */
} ll_board_about;
/* Text in a cell of a Markdown table, where a '|' would begin the next one. */
void ll_markdown_text(ll_str *out, const char *text);
void ll_board_markdown(const ll_board *b, const ll_board_about *about, ll_str *out);
/* One row a cell, those that are missing too; the checksum stands in every row. */
void ll_board_csv(const ll_board *b, const ll_board_about *about, FILE *f);

#endif
