#include "core/nn/linear.h"

#include "core/nn/sums.h"

void ll_linear(const real *x, int m, int k, const real *w, int ldw, const real *b, int n, ll_act act, real *y,
               int ldy)
{
    ll_gemm(false, false, m, n, k, 1, x, k, w, ldw, 0, y, ldy);
    if (b) ll_bias_act(y, m, n, ldy, b, act);
}

void ll_linear_back(const real *x, int m, int k, const real *w, int ldw, int n, const real *dy, int ldy,
                    real *dw, real *db, real *dx, int add_dx)
{
    ll_gemm(true, false, k, n, m, 1, x, k, dy, ldy, 1, dw, ldw);
    if (db) ll_add_column_sums(dy, m, n, ldy, db);
    if (dx) ll_gemm(false, true, m, k, n, 1, dy, ldy, w, ldw, add_dx ? 1 : 0, dx, k);
}
