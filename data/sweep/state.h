/* What a task of a sweep says of itself while it runs and when it has ended: a small file beside its results. */
#ifndef LL_DATA_SWEEP_STATE_H
#define LL_DATA_SWEEP_STATE_H

#include "core/base/status.h"

typedef enum ll_sweep_phase {
    LL_SWEEP_MISSING, /* never begun */
    LL_SWEEP_RUNNING,
    LL_SWEEP_STOPPED, /* by a signal: to be run again */
    LL_SWEEP_FAILED,
    LL_SWEEP_LOST, /* it says that it runs, and nobody holds its lock; only known on its own machine */
    LL_SWEEP_DONE,
    LL_SWEEP_PHASES
} ll_sweep_phase;
const char *ll_sweep_phase_name(ll_sweep_phase p);

typedef struct ll_sweep_state {
    ll_sweep_phase phase;
    int done; /* cells, of those of the task */
    char host[128];
    long pid;
    double heard;      /* seconds since 1970 when it was written */
    double peak_mb;    /* memory that it has had at most, with the processes it started; 0: not said */
    char local[1024];  /* the file on its machine whose lock it holds while it runs */
    char message[512]; /* of one that failed */
} ll_sweep_state;

/* Fills host, pid, heard and peak_mb itself. */
ll_status ll_sweep_state_write(const char *path, const ll_sweep_state *s, ll_error *e);
ll_sweep_state ll_sweep_state_read(const char *path); /* what cannot be read is missing */

#endif
