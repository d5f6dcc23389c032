/* Which networks compute the same, but for the draw of their weights. */
#include <xxhash.h>

#include "core/proxies/proxies.h"

/* What a tensor is, as a number: of zeros 0, of a sum the sum of what is added, in whatever order and grouping. */
typedef uint64_t what;

static what of_tensor(const what *written, int tensor)
{
    return tensor == LL_TENSOR_ZERO ? 0 : written[tensor];
}

/* All that decides about what comes out but where the layer stands. */
static what applied(const ll_layer *l, what x, what by)
{
    uint64_t k[] = {x,
                    by,
                    l->kind,
                    (uint64_t)l->c_in,
                    (uint64_t)l->c_out,
                    (uint64_t)l->h_in,
                    (uint64_t)l->kernel,
                    (uint64_t)l->stride,
                    (uint64_t)l->groups,
                    l->relu_before,
                    l->bn,
                    l->act};
    return XXH3_64bits(k, sizeof k);
}

static bool zero_of_zeros(const ll_layer *l)
{
    return l->kind != LL_LINEAR && l->act != LL_HSIGMOID; /* a bias, and what is a half at 0 */
}

static what of_layer(const ll_layer *l, const what *written)
{
    what x = of_tensor(written, l->in[0]);
    if (l->kind == LL_COPY) return x;
    if (l->kind == LL_ADD) x += of_tensor(written, l->in[1]);
    if (l->kind == LL_ADD && !l->relu_before && !l->act) return x;
    what by = l->kind == LL_GATE ? of_tensor(written, l->in[1]) : 0;
    return !x && zero_of_zeros(l) ? 0 : applied(l, x, by);
}

uint64_t ll_proxy_function(const ll_network *n)
{
    what written[LL_MAX_LAYERS + 1] = {1}; /* the image */
    for (int i = 0; i < n->n_layers; i++) written[i + 1] = of_layer(&n->layers[i], written);
    return written[n->n_layers];
}
