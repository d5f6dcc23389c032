/* Cells that are architectures: of `proxies` some of all, of `measure` some of a device. Such a cell is named after what it
 * belongs to and the places of its architectures in the plan, "pi 0-63,70". */
#ifndef LL_DATA_SWEEP_CHUNKS_H
#define LL_DATA_SWEEP_CHUNKS_H

#include "data/sweep/plan.h"

enum { LL_CHUNK_MOST = 4096, LL_CHUNKS_OF_TASK = 8 }; /* architectures of a cell; cells of a task */

typedef struct ll_sweep_chunks {
    const char *label;    /* a word without blanks */
    const char *settings; /* what decides about results besides the architecture */
    const int *archs;     /* (n) places in the plan's archs, in order of computing */
    const bool *joined;   /* (n) it must be in the cell of the one before; NULL: none */
    int n;
    double each_s; /* what one is expected to take */
} ll_sweep_chunks;

/* Behind the cells that are there, in tasks of their own. */
void ll_sweep_add_chunks(ll_sweep_plan *p, const ll_sweep_chunks *c);

/* What a cell belongs to, to be freed; its architectures are appended, in the order of the plan. LL_BAD_DATA: the name of the cell
 * says none. */
ll_status ll_sweep_chunk_read(const ll_sweep_plan *p, const ll_sweep_cell *cell, const char *path,
                              char **label, ll_ints *archs, ll_error *e);
/* LL_FAILED: with these settings, here, the cell is another one. */
ll_status ll_sweep_chunk_same(const ll_sweep_plan *p, const ll_sweep_cell *cell, const char *path,
                              const char *settings, ll_error *e);

/* "0-3,7": numbers in ascending order as ranges. */
void ll_ranges_add(ll_str *out, const int *v, int n);
/* Appends them; false: that is no list of ranges within 0 .. most-1. */
bool ll_ranges_read(const char *text, int most, ll_ints *out);

#endif
