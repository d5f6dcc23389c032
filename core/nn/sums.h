/* Sums of rows. */
#ifndef LL_NN_SUMS_H
#define LL_NN_SUMS_H

#include <string.h>

#include "core/nn/gcn_rows.h"
#include "core/nn/real.h"

/* sum (n) += column sums of y (m,n; ldy); of one row: that row. */
void ll_add_column_sums(const real *y, int m, int n, int ldy, real *sum);

/* Over a graph, inline so that a width that the caller knows makes loops of that width. */

static inline void ll_add_row(real *restrict to, const real *restrict from, int n)
{
#pragma omp simd
    for (int j = 0; j < n; j++) to[j] += from[j];
}

/* Row r of Y (l->n, width) = the sum of the rows of X (any, width) that it reads (gcn_rows.h); 0 where it reads none. */
static inline void ll_sum_read(const ll_gcn_layer_rows *l, const real *x, int width, real *y)
{
    size_t bytes = (size_t)width * sizeof *y;
    for (int r = 0; r < l->n; r++, y += width) {
        int i = l->first[r], end = l->first[r + 1];
        if (i == end)
            memset(y, 0, bytes);
        else
            memcpy(y, x + (size_t)l->read[i] * (size_t)width, bytes);
        while (++i < end) ll_add_row(y, x + (size_t)l->read[i] * (size_t)width, width);
    }
}

/* dX (n, width) = the gradient of that, given dY (l->n, width): each row of dY goes to the rows that were read. */
static inline void ll_sum_read_back(const ll_gcn_layer_rows *l, const real *dy, int width, real *dx, int n)
{
    memset(dx, 0, (size_t)n * (size_t)width * sizeof *dx);
    for (int r = 0; r < l->n; r++, dy += width)
        for (int i = l->first[r]; i < l->first[r + 1]; i++)
            ll_add_row(dx + (size_t)l->read[i] * (size_t)width, dy, width);
}

#endif
