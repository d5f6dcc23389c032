/* Matrix products too small for packing to pay. A BLAS copies both factors into its own order first; with a hundred rows
 * and columns, the size of every layer here, that and the separate zeroing of C take up to half of its time. This kernel
 * reads the left factor where it lies and copies of the right one at most a panel of 16 columns, which stays in the first
 * cache (Goto and van de Geijn, Anatomy of high-performance matrix multiplication, 2008, less its packing).
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
