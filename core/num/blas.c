#include "core/num/blas.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/mem.h"
#include "core/num/small_gemm.h"

void ll_blas_init(void)
{
    openblas_set_num_threads(1);
}

/* OpenBLAS asks for its working memory, this much for each thread that calls it, again and again until it is there:
 * without memory it would never come back. So it is asked for once before. */
enum { WORKING_BYTES = (128 << 20) + (64 << 10) };

bool ll_blas_has_memory(void)
{
    void *p = mmap(NULL, WORKING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return false;
    munmap(p, WORKING_BYTES);
    return true;
}

void ll_blas_ready(void)
{
    static _Thread_local bool ready;
    if (ready) return;
    if (!ll_blas_has_memory()) ll_no_memory(WORKING_BYTES);
    ready = true;
}

/* For products this small OpenBLAS may pack a factor into memory that it does not ask twice for either (its kernels for
 * AVX-512 write through a NULL): what it could want is seen to be there. */
static void pack_ready(int m, int n, int k, size_t size)
{
    static const double SMALL = 1e6;
    if ((double)m * n * k > SMALL) return;
    size_t a = (size_t)m * (size_t)k, b = (size_t)k * (size_t)n, c = (size_t)m * (size_t)n;
    size_t most = a > b ? a : b;
    size_t bytes = (most > c ? most : c) * size + 1;
    free(ll_need(malloc(bytes), bytes));
}

static CBLAS_TRANSPOSE flag(bool t)
{
    return t ? CblasTrans : CblasNoTrans;
}

void ll_blas_sgemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda,
                   const float *b, int ldb, float beta, float *c, int ldc)
{
    ll_blas_ready();
    pack_ready(m, n, k, sizeof(float));
    cblas_sgemm(CblasRowMajor, flag(ta), flag(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

static _Thread_local bool fixed_tiles;

bool ll_blas_fix_tiles(bool on)
{
    bool was = fixed_tiles;
    fixed_tiles = on;
    return was;
}

/* The rows behind the last whole block, as a whole block. */
static void last_tile(bool tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
                      int ldb, float beta, float *c, int ldc)
{
    float *x = ll_alloc((size_t)LL_TILE, (size_t)k * sizeof *x),
          *y = ll_alloc((size_t)LL_TILE, (size_t)n * sizeof *y);
    for (int i = 0; i < m; i++) {
        memcpy(x + (size_t)i * (size_t)k, a + (size_t)i * (size_t)lda, (size_t)k * sizeof *x);
        if (beta != 0) memcpy(y + (size_t)i * (size_t)n, c + (size_t)i * (size_t)ldc, (size_t)n * sizeof *y);
    }
    ll_blas_sgemm(false, tb, LL_TILE, n, k, alpha, x, k, b, ldb, beta, y, n);
    for (int i = 0; i < m; i++)
        memcpy(c + (size_t)i * (size_t)ldc, y + (size_t)i * (size_t)n, (size_t)n * sizeof *y);
    free(x);
    free(y);
}

static void tiled(bool tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                  float beta, float *c, int ldc)
{
    int from = 0;
    for (; from + LL_TILE <= m; from += LL_TILE)
        ll_blas_sgemm(false, tb, LL_TILE, n, k, alpha, a + (size_t)from * (size_t)lda, lda, b, ldb, beta,
                      c + (size_t)from * (size_t)ldc, ldc);
    if (from < m)
        last_tile(tb, m - from, n, k, alpha, a + (size_t)from * (size_t)lda, lda, b, ldb, beta,
                  c + (size_t)from * (size_t)ldc, ldc);
}

void ll_sgemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
              int ldb, float beta, float *c, int ldc)
{
    if (fixed_tiles && !ta) {
        tiled(tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
    bool add = beta == 1;
    if (alpha == 1 && (add || beta == 0) && ll_small_sgemm_pays(ta, m, n, k, add))
        ll_small_sgemm(ta, tb, m, n, k, a, lda, b, ldb, add, c, ldc);
    else
        ll_blas_sgemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void ll_dgemm(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
              int ldb, double beta, double *c, int ldc)
{
    ll_blas_ready();
    pack_ready(m, n, k, sizeof(double));
    cblas_dgemm(CblasRowMajor, flag(ta), flag(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void ll_dsyrk(bool trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c,
              int ldc)
{
    ll_blas_ready();
    cblas_dsyrk(CblasRowMajor, CblasUpper, flag(trans), n, k, alpha, a, lda, beta, c, ldc);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) c[i * ldc + j] = c[j * ldc + i];
}

void ll_dgemv(bool ta, int m, int n, double alpha, const double *a, int lda, const double *x, double beta,
              double *y)
{
    ll_blas_ready();
    cblas_dgemv(CblasRowMajor, flag(ta), m, n, alpha, a, lda, x, 1, beta, y, 1);
}

void ll_dtrsm_lower(bool trans, int n, int m, const double *l, int ldl, double *b, int ldb)
{
    ll_blas_ready();
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, flag(trans), CblasNonUnit, n, m, 1, l, ldl, b, ldb);
}

double ll_ddot(int n, const double *x, const double *y)
{
    return cblas_ddot(n, x, 1, y, 1);
}

const char *ll_blas_kernels(void)
{
    return openblas_get_corename();
}
