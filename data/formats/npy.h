/* NumPy's array files, format versions 1 to 3.
 * Source: https://numpy.org/devdocs/reference/generated/numpy.lib.format.html */
#ifndef LL_DATA_FORMATS_NPY_H
#define LL_DATA_FORMATS_NPY_H

#include "core/num/tensors.h"

enum { LL_NPY_DIMS = 8 }; /* at most LL_STRIDED_DIMS */

/* Row-major, the machine's byte order. */
typedef struct ll_npy {
    ll_dtype dtype;
    int n_dims;
    long shape[LL_NPY_DIMS];
    size_t count;
    void *data; /* owned */
} ll_npy;

/* Reads f4, f8, i4 and i8 of either byte order, in C or Fortran order. LL_BAD_DATA: another type
 * (object arrays are pickles and are refused), a damaged header, or a file of another length than the
 * header states. */
ll_status ll_npy_read(const char *path, ll_npy *out, ll_error *e);
ll_status ll_npy_parse(const char *what, const void *bytes, size_t n, ll_npy *out, ll_error *e);
void ll_npy_free(ll_npy *a);
/* Format 1.0, C order; atomic. */
ll_status ll_npy_write(const char *path, ll_dtype dtype, int n_dims, const long *shape, const void *data,
                       ll_error *e);

#endif
