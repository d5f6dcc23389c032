#include "core/encode/pca.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"

/* The rows less their mean, in double. */
static double *centred(const ll_matrix_f *x)
{
    size_t rows = (size_t)x->rows, cols = (size_t)x->cols;
    double *c = ll_alloc(rows * cols, sizeof *c), *mean = LL_NEW_ARRAY(double, cols);
    for (size_t i = 0; i < rows * cols; i++) mean[i % cols] += x->v[i] / (double)rows;
    for (size_t i = 0; i < rows * cols; i++) c[i] = x->v[i] - mean[i % cols];
    free(mean);
    return c;
}

static void fix_sign(double *v, int n)
{
    int largest = 0;
    for (int i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(v[largest]) * (1 + 1e-9)) largest = i;
    double sign = v[largest] < 0 ? -1 : 1;
    for (int i = 0; i < n; i++) v[i] *= sign;
}

ll_status ll_pca(const ll_matrix_f *x, int dims, double *out, double *share, ll_error *e)
{
    int n = x->rows, d = x->cols;
    double *c = centred(x), *cov = LL_NEW_ARRAY(double, (size_t)d *(size_t)d),
           *values = LL_NEW_ARRAY(double, d);
    double total = 0;
    ll_dsyrk(true, d, n, 1.0 / n, c, d, 0, cov, d);
    for (int i = 0; i < d; i++) total += cov[(size_t)i * (size_t)d + (size_t)i];
    bool good = ll_eigen_symmetric(d, cov, d, values);
    for (int k = 0; k < dims && good; k++) {
        double *v = cov + (size_t)(d - 1 - k) * (size_t)d;
        bool real = values[d - 1 - k] > 1e-12 * total;
        fix_sign(v, d);
        for (int r = 0; r < n; r++) out[r * dims + k] = real ? ll_ddot(d, c + (size_t)r * (size_t)d, v) : 0;
        if (share) share[k] = real ? values[d - 1 - k] / total : 0;
    }
    free(c);
    free(cov);
    free(values);
    return good ? LL_OK
                : ll_fail(e, LL_FAILED, "the eigenvectors of a %d x %d covariance did not converge", d, d);
}
