/* Matrix products too small for packing to pay. A BLAS copies both factors into its own order first and zeroes C; with a
 * hundred rows and columns, the size of every layer here, that takes up to half of its time. This kernel reads the left
 * factor where it lies, copies the right one alone, in panels of 16 columns that stay in the first cache, and writes C once
 * (Goto and van de Geijn, Anatomy of high-performance matrix multiplication, 2008, with half of its packing).
 * Sizes measured: build/bench gemm. */
#ifndef LL_NUM_SMALL_GEMM_H
#define LL_NUM_SMALL_GEMM_H

#include <stdbool.h>

/* Whether ll_small_sgemm is the faster one for this product on the processor that latlab is built for. */
bool ll_small_sgemm_pays(bool ta, int m, int n, int k, bool add);
/* C = A B, or C += A B (add), as ll_sgemm of core/num/blas.h. Every element is summed in the order of k. */
void ll_small_sgemm(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                    bool add, float *c, int ldc);

#endif
