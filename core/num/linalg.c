#include "core/num/linalg.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/blas.h"

/* LAPACK is column-major, so that the lower triangle of a row-major matrix is its upper one: no copy is
 * made. The _work entries skip LAPACKE's search for NaN. */

/* Some entries get their own working memory, and say so when there is none. */
static lapack_int done(lapack_int info)
{
    if (info == LAPACK_WORK_MEMORY_ERROR || info == LAPACK_TRANSPOSE_MEMORY_ERROR) ll_no_memory(0);
    return info;
}

bool ll_cholesky(int n, double *a, int lda)
{
    ll_blas_ready();
    return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', n, a, lda) == 0;
}

void ll_solve_lower(bool trans, int n, int m, const double *l, int ldl, double *b, int ldb)
{
    ll_dtrsm_lower(trans, n, m, l, ldl, b, ldb);
}

void ll_cholesky_solve(int n, int m, const double *l, int ldl, double *b, int ldb)
{
    ll_solve_lower(false, n, m, l, ldl, b, ldb);
    ll_solve_lower(true, n, m, l, ldl, b, ldb);
}

void ll_cholesky_inverse(int n, double *l, int ldl)
{
    ll_blas_ready();
    LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'U', n, l, ldl);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) l[j * ldl + i] = l[i * ldl + j];
}

double ll_cholesky_logdet(int n, const double *l, int ldl)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += log(l[i * ldl + i]);
    return 2 * sum;
}

bool ll_eigen_symmetric(int n, double *a, int lda, double *values)
{
    ll_blas_ready();
    return done(LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', n, a, lda, values)) == 0;
}

int ll_least_squares(int m, int n, int nrhs, double *a, int lda, double *b, int ldb, double rcond)
{
    double *singular = LL_NEW_ARRAY(double, m < n ? m : n);
    lapack_int rank = 0;
    ll_blas_ready();
    lapack_int info =
        done(LAPACKE_dgelsd(LAPACK_ROW_MAJOR, m, n, nrhs, a, lda, b, ldb, singular, rcond, &rank));
    free(singular);
    return info ? -1 : (int)rank;
}
