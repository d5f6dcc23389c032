/* One-hot: one column for each operation at each position. */
#include "core/encode/parts.h"

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    c->dim = c->space->n_positions * c->space->n_ops;
    return LL_OK;
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    int positions = c->space->n_positions, ops = c->space->n_ops;
    for (int a = 0; a < archs->n; a++)
        for (int p = 0; p < positions; p++)
            out[(size_t)a * (size_t)c->dim + (size_t)(p * ops + ll_arch(archs, a)[p])] = 1;
    return LL_OK;
}

const ll_encoding ll_encoding_onehot = {
    .name = "onehot",
    .summary = "a column for each operation at each position",
    .fit = fit,
    .encode = encode,
};
