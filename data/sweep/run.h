/* Running a task of a sweep: its cells that are not there yet, into a database of its own on a local disk, which goes as a
 * whole to the plan's folder at the end, when the run is stopped, and every so often in between. So nothing is ever written
 * by two machines, and a machine that vanishes loses what it computed since the last copy. */
#ifndef LL_DATA_SWEEP_RUN_H
#define LL_DATA_SWEEP_RUN_H

#include "data/sweep/plan.h"

typedef struct ll_sweep_run {
    const char *path; /* of the plan */
    const ll_sweep_plan *plan;
    ll_plan *x;          /* its experiment, read again */
    const char *scratch; /* folder on a local disk */
    double copy_s;       /* seconds between two copies */
} ll_sweep_run;

typedef struct ll_sweep_ran {
    int cells, computed; /* of the task that are there now; trials that this run computed */
    ll_error
        damaged; /* status set: an earlier file of the task could not be read, and its cells were computed again */
} ll_sweep_ran;

/* LL_LATER: it was asked to stop, and everything that was computed is in the folder. Where the folder cannot take it the
 * sentence names the file on the local disk, which the next run on this machine goes on with. */
ll_status ll_sweep_run_task(const ll_sweep_run *r, int task, ll_sweep_ran *out, ll_error *e);

#endif
