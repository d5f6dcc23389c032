#include "core/num/blas.h"

#include <cblas.h>

extern void openblas_set_num_threads(int n);

void ll_blas_init(void)
{
    openblas_set_num_threads(1);
}

static CBLAS_TRANSPOSE flag(bool t)
{
    return t ? CblasTrans : CblasNoTrans;
}

void ll_sgemm(bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
              int ldb, float beta, float *c, int ldc)
{
    cblas_sgemm(CblasRowMajor, flag(ta), flag(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void ll_dgemm(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b,
              int ldb, double beta, double *c, int ldc)
{
    cblas_dgemm(CblasRowMajor, flag(ta), flag(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void ll_dsyrk(bool trans, int n, int k, double alpha, const double *a, int lda, double beta, double *c,
              int ldc)
{
    cblas_dsyrk(CblasRowMajor, CblasUpper, flag(trans), n, k, alpha, a, lda, beta, c, ldc);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) c[i * ldc + j] = c[j * ldc + i];
}

void ll_dgemv(bool ta, int m, int n, double alpha, const double *a, int lda, const double *x, double beta,
              double *y)
{
    cblas_dgemv(CblasRowMajor, flag(ta), m, n, alpha, a, lda, x, 1, beta, y, 1);
}

void ll_dtrsm_lower(bool trans, int n, int m, const double *l, int ldl, double *b, int ldb)
{
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, flag(trans), CblasNonUnit, n, m, 1, l, ldl, b, ldb);
}

double ll_ddot(int n, const double *x, const double *y)
{
    return cblas_ddot(n, x, 1, y, 1);
}
