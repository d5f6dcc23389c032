/* Arrays that lie in memory in another order than row-major. */
#ifndef LL_DATA_FORMATS_STRIDED_H
#define LL_DATA_FORMATS_STRIDED_H

#include <stddef.h>

enum { LL_STRIDED_DIMS = 8 };

/* Copies all elements of `size` bytes into row-major order; strides count elements. n_dims <= LL_STRIDED_DIMS. */
void ll_strided_copy(int n_dims, const long *shape, const long long *stride, size_t size, const void *from,
                     void *to);
/* Strides of an array whose first index runs fastest (Fortran order). */
void ll_fortran_strides(int n_dims, const long *shape, long long *stride);

#endif
