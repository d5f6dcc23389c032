#include "data/formats/strided.h"

#include <string.h>

void ll_strided_copy(int n_dims, const long *shape, const long long *stride, size_t size, const void *from,
                     void *to)
{
    long at[LL_STRIDED_DIMS] = {0};
    size_t count = 1;
    long long position = 0;
    for (int d = 0; d < n_dims; d++) count *= (size_t)shape[d];
    for (size_t i = 0; i < count; i++) {
        memcpy((char *)to + i * size, (const char *)from + (size_t)position * size, size);
        for (int d = n_dims - 1; d >= 0; d--) {
            position += stride[d];
            if (++at[d] < shape[d]) break;
            position -= stride[d] * shape[d];
            at[d] = 0;
        }
    }
}

void ll_fortran_strides(int n_dims, const long *shape, long long *stride)
{
    long long step = 1;
    for (int d = 0; d < n_dims; d++) {
        stride[d] = step;
        step *= shape[d];
    }
}
