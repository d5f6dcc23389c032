/* Cost: logarithm of multiply-adds, parameters, activations and kernels of the whole network, standardised
 * over the architectures it is fitted on. */
#include <math.h>

#include "core/encode/parts.h"

enum { DIM = 4 };

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    c->dim = DIM;
    return c->space->layers
               ? LL_OK
               : ll_fail(e, LL_USAGE,
                         "the networks of %s are not known, so they have no cost; use encoding=onehot",
                         c->space->name);
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    for (int a = 0; a < archs->n; a++) {
        ll_cost cost;
        ll_space_cost(c->space, ll_arch(archs, a), &cost);
        const double v[DIM] = {cost.macs, cost.params, cost.activations, cost.kernels};
        for (int i = 0; i < DIM; i++) out[(size_t)a * DIM + (size_t)i] = (float)log(v[i]);
    }
    return LL_OK;
}

const ll_encoding ll_encoding_cost = {
    .name = "cost",
    .summary = "log multiply-adds, parameters, activations, kernels; standardised",
    .standardised = true,
    .fit = fit,
    .encode = encode,
};
