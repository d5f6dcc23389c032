/* Principal components of an encoding: a map of the search space in a few dimensions. */
#ifndef LL_ENCODE_PCA_H
#define LL_ENCODE_PCA_H

#include "core/encode/encoding.h"

/* Projects the rows of x on their first `dims` principal components: out (rows, dims). share (dims, may be
 * NULL) is the part of the variance along each. Signs are fixed: the largest loading of a component is
 * positive. Components beyond the rank are 0. Costs rows x cols². LL_FAILED: no convergence. Precondition: 1
 * <= dims <= x->cols. */
ll_status ll_pca(const ll_matrix_f *x, int dims, double *out, double *share, ll_error *e);

#endif
