#include "core/nn/sums.h"

void ll_add_column_sums(const real *y, int m, int n, int ldy, real *sum)
{
    for (int i = 0; i < m; i++) ll_add_row(sum, y + (size_t)i * ldy, n);
}
