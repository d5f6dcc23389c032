/* A sweep: the cells of an experiment of `compare`, or of what `proxies` or `measure` would do, written down once, so that
 * many processes on many machines can each do some of them and what they bring can be merged. Nothing here schedules: SLURM,
 * GNU parallel or a loop of a shell does.
 *
 * A cell of `compare` is one predictor on one task with one sampler, one size and one pair of seeds, on all target devices.
 * Cells stand in the order in which `compare` computes them. A task of the sweep is a run of cells: those of one draw stay
 * together, since they share a pretrained model. Cells of the others are architectures (chunks.h).
 *
 * The file is text: a head, a line for each cell, and a last line with the hash of all before, so that a file that was
 * cut short or changed is known. */
#ifndef LL_DATA_SWEEP_PLAN_H
#define LL_DATA_SWEEP_PLAN_H

#include "core/commands/score/experiment_plan.h"
#include "data/results/results.h"

typedef struct ll_sweep_cell {
    int task;       /* of the sweep, from 0 */
    int trials;     /* one a device; of `proxies` and `measure`: architectures */
    double seconds; /* expected */
    ll_hash hash;   /* of the keys of its trials: data, code, parameters */
    char *
        name; /* "ND gp random 10 1 1": task, predictor, sampler, k, seed, seed of pretraining; "pi 0-63,70" */
} ll_sweep_cell;

typedef struct ll_sweep_plan {
    char *command;        /* "compare", "proxies" or "measure" */
    ll_strs options;      /* of it: "tasks=ND,N1", words as marked in core/base/text/quote.h */
    char *code;           /* ll_results_code() */
    ll_strs data;         /* "HASH NAME" of each dataset */
    ll_strs archs;        /* that cells of `proxies` and `measure` name by their places here, as text */
    double minutes;       /* what a task was packed to */
    bool estimated;       /* by results or a trial; false: every trial counts a second */
    ll_sweep_cell *cells; /* in the order of their tasks */
    int n, cap, tasks;
    ll_hash hash; /* of the file */
} ll_sweep_plan;

enum { LL_SWEEP_FORMAT = 2 };

/* Cells of an experiment that was read, with estimates from `known` (NULL: none), packed into tasks. The options and the
 * data are the caller's to fill in. Zero-initialise; free with ll_sweep_plan_free. */
ll_status ll_sweep_plan_make(ll_plan *x, ll_results *known, double minutes, ll_sweep_plan *out, ll_error *e);
/* An empty plan for a command, of this version. */
void ll_sweep_plan_begin(ll_sweep_plan *p, const char *command, double minutes);
void ll_sweep_plan_add(ll_sweep_plan *p, const ll_sweep_cell *cell); /* takes its name */
void ll_sweep_plan_text(const ll_sweep_plan *p, ll_str *out);
/* LL_BAD_DATA: no plan, one of another format, one that was cut short or changed. */
ll_status ll_sweep_plan_read(const char *path, ll_sweep_plan *out, ll_error *e);
void ll_sweep_plan_free(ll_sweep_plan *p);

/* LL_FAILED: it was made by a version that computes something else. */
ll_status ll_sweep_same_code(const ll_sweep_plan *p, const char *path, ll_error *e);
/* The same cells, by number and hash? LL_FAILED says what changed since the plan was made. */
ll_status ll_sweep_plan_same(const ll_sweep_plan *planned, const ll_sweep_plan *now, const char *path,
                             ll_error *e);
double ll_sweep_task_seconds(const ll_sweep_plan *p, int task);
double ll_sweep_longest_task(const ll_sweep_plan *p); /* in seconds */
int ll_sweep_task_cells(const ll_sweep_plan *p, int task);
int ll_sweep_first_cell(const ll_sweep_plan *p, int task); /* of this task, or behind it */
bool ll_sweep_is_plan(const char *path);                   /* by its first line */

/* Where the tasks of a plan leave what they bring: a folder beside it, with a database and a state a task. Free them. */
char *ll_sweep_folder(const char *plan);
char *ll_sweep_task_path(const char *plan, int task, const char *suffix);

#endif
