/* One-hot: one column for each operation at each position. */
#include "core/encode/parts.h"

static ll_status encode(const ll_dataset *d, ll_matrix_f *out, ll_error *e)
{
    int positions = d->space->n_positions, ops = d->space->n_ops;
    *out = ll_matrix_f_new(d->n_archs, positions * ops);
    for (int a = 0; a < d->n_archs; a++)
        for (int p = 0; p < positions; p++)
            out->v[(size_t)a * (size_t)out->cols + (size_t)(p * ops + ll_gene(d, a)[p])] = 1;
    return LL_OK;
}

const ll_encoding ll_encoding_onehot = {"onehot", "a column for each operation at each position", encode};
