/* Dense linear algebra in double; the only caller of LAPACKE. Matrices are row-major with a leading dimension
 * (elements from one row to the next). */
#ifndef LL_NUM_LINALG_H
#define LL_NUM_LINALG_H

#include <stdbool.h>

/* A = L Lᵀ: the lower triangle of a (n,n) becomes L, what lies above it is not touched. false: A is not
 * positive definite, and a is spoilt. */
bool ll_cholesky(int n, double *a, int lda);
/* Solve L X = B, or Lᵀ X = B (trans), in place; b is (n,m). */
void ll_solve_lower(bool trans, int n, int m, const double *l, int ldl, double *b, int ldb);
/* Solve A X = B in place, given L of A. */
void ll_cholesky_solve(int n, int m, const double *l, int ldl, double *b, int ldb);
/* L becomes A⁻¹, both triangles. */
void ll_cholesky_inverse(int n, double *l, int ldl);
double ll_cholesky_logdet(int n, const double *l, int ldl); /* log |A| */

/* A = Vᵀ diag(values) V: row i of a becomes the unit eigenvector of values[i], ascending. Reads the lower
 * triangle. false: no convergence. */
bool ll_eigen_symmetric(int n, double *a, int lda, double *values);

/* Least squares of smallest norm, min ||A X - B||, by singular values: those under rcond times the largest
 * count as zero. a (m,n) is spoilt; b has max(m,n) rows and nrhs columns: the first m hold B, on return the
 * first n hold X. Returns the rank, -1: no convergence. */
int ll_least_squares(int m, int n, int nrhs, double *a, int lda, double *b, int ldb, double rcond);

#endif
