/* Running a task of a sweep: its cells that are not there yet, into a file of its own on a local disk, which goes as a whole
 * to the plan's folder at the end, when the run is stopped, and every so often in between. So nothing is ever written by two
 * machines, and a machine that vanishes loses what it computed since the last copy. */
#ifndef LL_DATA_SWEEP_RUN_H
#define LL_DATA_SWEEP_RUN_H

#include "data/sweep/plan.h"

typedef struct ll_sweep_job {
    const char *path; /* of the plan */
    const ll_sweep_plan *plan;
    const char *scratch; /* folder on a local disk */
    double copy_s;       /* seconds between two copies */
} ll_sweep_job;

typedef struct ll_sweep_ran {
    int cells, computed; /* of the task that are there now; trials or architectures that this run computed */
    ll_error
        damaged; /* status set: an earlier file of the task could not be read, and its cells were computed again */
} ll_sweep_ran;

/* One task while it runs. */
typedef struct ll_sweep_task {
    const ll_sweep_job *run;
    const struct ll_sweep_work *work;
    int number;
    char *local, *published,
        *state; /* paths: where results are written, where they go, what it says of itself */
    double copied_s;
    ll_sweep_ran *ran;
} ll_sweep_task;

/* What a command has to do to be spread; `self` is its own. */
typedef struct ll_sweep_work {
    void *self;
    const char *suffix; /* of the file of a task, ".sqlite" */
    /* The local file, with what an earlier run has brought into it. */
    ll_status (*open)(void *self, ll_sweep_task *t, ll_error *e);
    /* What is missing; tells of every cell that is there (ll_sweep_cell_done). */
    ll_status (*compute)(void *self, ll_sweep_task *t, ll_error *e);
    ll_status (*publish)(void *self, ll_sweep_task *t, ll_error *e); /* the local file, whole, to its place */
    void (*close)(void *self, ll_sweep_task *t);
} ll_sweep_work;

/* LL_LATER: it was asked to stop, and everything that was computed is in the folder. Where the folder cannot take it the
 * sentence names the file on the local disk, which the next run on this machine goes on with. */
ll_status ll_sweep_run_task(const ll_sweep_job *r, const ll_sweep_work *w, int task, ll_sweep_ran *out,
                            ll_error *e);
/* For work that computes: one more cell is there. Copies when it is time to. */
void ll_sweep_cell_done(ll_sweep_task *t);

/* The work of `compare`. x: its experiment, read again; borrowed. Free with ll_sweep_experiment_free. */
ll_sweep_work ll_sweep_experiment(ll_plan *x);
void ll_sweep_experiment_free(ll_sweep_work *w);

/* Work on cells of architectures (chunks.h): each goes into the same local file, which knows what it holds. */
typedef struct ll_sweep_by_cells {
    void *ctx;
    const char *suffix;
    /* Before the first and behind the last cell of a task, whatever became of them; NULL: nothing to do. */
    ll_status (*begin)(void *ctx, ll_sweep_task *t, ll_error *e);
    void (*end)(void *ctx, ll_sweep_task *t);
    /* *computed: architectures that were not there. LL_BAD_DATA: the file cannot be read. */
    ll_status (*cell)(void *ctx, ll_sweep_task *t, const ll_sweep_cell *c, int *computed, ll_error *e);
} ll_sweep_by_cells;
ll_sweep_work ll_sweep_cells(ll_sweep_by_cells *by); /* borrowed */

/* A folder of this user's own in one that may be everybody's; free *out. */
ll_status ll_sweep_own_folder(const char *scratch, char **out, ll_error *e);

#endif
