/* Cost: logarithm of multiply-adds, parameters, activations and kernels of the whole network, standardised
 * over the dataset. */
#include "core/encode/parts.h"

enum { DIM = 4 };

static ll_status encode(const ll_dataset *d, ll_matrix_f *out, ll_error *e)
{
    if (!d->space->layers)
        return ll_fail(e, LL_USAGE,
                       "the networks of %s are not known, so they have no cost; use encoding=onehot",
                       d->space->name);
    *out = ll_matrix_f_new(d->n_archs, DIM);
    for (int a = 0; a < d->n_archs; a++) {
        ll_cost c;
        ll_space_cost(d->space, ll_gene(d, a), &c);
        const double v[DIM] = {c.macs, c.params, c.activations, c.kernels};
        for (int i = 0; i < DIM; i++) out->v[(size_t)a * DIM + (size_t)i] = (float)log(v[i]);
    }
    ll_standardise_columns(out);
    return LL_OK;
}

const ll_encoding ll_encoding_cost = {
    "cost", "log multiply-adds, parameters, activations, kernels; standardised", encode};
