/* Scripts that run a plan by what is there: SLURM's array jobs, GNU parallel, a loop of the shell. */
#ifndef LL_DATA_SWEEP_EMIT_H
#define LL_DATA_SWEEP_EMIT_H

#include "data/sweep/plan.h"

typedef struct ll_sweep_emit {
    const char *path;      /* of the plan; made absolute */
    const char *program;   /* latlab */
    const char *data;      /* folder of the datasets */
    int at_once;           /* tasks at the same time; 0: as many as there are places */
    int array;             /* SLURM: entries that one array may have (MaxArraySize) */
    const char *memory;    /* SLURM: of a task, "4G" */
    const char *memory_by; /* where that comes from */
    bool one_at_a_time;    /* tasks of one label (chunks.h) are of one device: never two of them at once */
    bool exclusive;        /* SLURM: nothing else may run on the node, which is what is measured */
} ll_sweep_emit;

void ll_sweep_emit_slurm(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out);
void ll_sweep_emit_parallel(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out);
void ll_sweep_emit_sh(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out);

#endif
