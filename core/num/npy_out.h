/* A NumPy file of numbers that is written row by row: a record array with one named float64 field per column,
 * r = numpy.load(path); r["ms"]. Whole or not at all, as every file.
 * Source: https://numpy.org/devdocs/reference/generated/numpy.lib.format.html, format 1.0 */
#ifndef LL_NUM_NPY_OUT_H
#define LL_NUM_NPY_OUT_H

#include "core/base/system/fs.h"

typedef struct ll_npy_out {
    ll_writer w;
    const char *const *columns; /* borrowed, n_columns names */
    int n_columns;
    long n; /* rows so far */
} ll_npy_out;

/* The header's bytes in front of the numbers, for a type and a shape as Python writes them ("'<f8'", "(3, 4)"); padded so
 * that the numbers begin at a multiple of 64, at `least` bytes or behind. */
void ll_npy_header(ll_str *out, const char *type, const char *shape, size_t least);

ll_status ll_npy_out_open(ll_npy_out *o, const char *path, const char *const *columns, int n_columns,
                          ll_error *e);
void ll_npy_out_row(ll_npy_out *o, const double *v); /* (n_columns) */
/* LL_FAILED too where the place of the header cannot be gone back to (a pipe): it says how many rows there are. */
ll_status ll_npy_out_commit(ll_npy_out *o, ll_error *e);
void ll_npy_out_abandon(ll_npy_out *o);

#endif
