/* The only place that calls BLAS. Row-major; shapes are (m,k) x (k,n) -> (m,n) after transposition.
 * OpenBLAS itself is held to one thread: parallel loops are ours (core/num/pool), so that results do not
 * depend on the number of threads. */
#ifndef LL_NUM_BLAS_H
#define LL_NUM_BLAS_H

#include <stdbool.h>

void ll_blas_ready(void); /* before any other call of BLAS or LAPACK on this thread (linalg.c) */
/* Whether there is the working memory of one thread. Without it OpenBLAS waits in its exit handler as well. */
bool ll_blas_has_memory(void);
void ll_blas_init(void);           /* once, before any thread: one BLAS thread */
const char *ll_blas_kernels(void); /* the library's name for the kernels in use: "SkylakeX" */
/* By core/num/small_gemm where that is faster. */
void ll_sgemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
              int ldb, float beta, float *c, int ldc);
/* The library's own, whatever the size. */
void ll_blas_sgemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda,
                   const float *b, int ldb, float beta, float *c, int ldc);
void ll_dgemm(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
              int ldb, double beta, double *c, int ldc);
/* C = alpha A Aᵀ + beta C (trans false) or alpha Aᵀ A + beta C; both triangles are filled. C is (n,n). */
void ll_dsyrk(bool trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c,
              int ldc);
void ll_dgemv(bool ta, int m, int n, double alpha, const double *a, int lda, const double *x, double beta,
              double *y);
/* Solve L X = B, or Lᵀ X = B (trans), in place: L (n,n) lower, b (n,m). */
void ll_dtrsm_lower(bool trans, int n, int m, const double *l, int ldl, double *b, int ldb);
double ll_ddot(int n, const double *x, const double *y);

/* While on, on this thread, ll_sgemm with an untransposed left factor works in blocks of LL_TILE rows, the last one filled
 * up with zeros. A library chooses its kernels by size and sums in another order in each; so a row of the product is the
 * same to the bit however many rows there are. Kernels also treat rows by where they stand; eight they treat alike (seen with
 * those of Haswell, Zen, SkylakeX, Cooperlake and Sandybridge; with 64 Haswell's do not). For predictions, which must not
 * depend on their company. Returns what it was. */
enum { LL_TILE = 8 };
bool ll_blas_fix_tiles(bool on);

#endif
