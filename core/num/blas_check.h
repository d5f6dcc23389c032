/* Whether the library's kernels compute what plain C does: some builds are wrong on processors newer than they are. */
#ifndef LL_NUM_BLAS_CHECK_H
#define LL_NUM_BLAS_CHECK_H

#include <stdbool.h>

/* Products, solves and their transposes at sizes below, at and above a tile and a panel. Takes some milliseconds. */
bool ll_blas_is_right(void);

#endif
