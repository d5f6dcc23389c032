#include "core/space/network.h"

#include <math.h>

#include "core/base/rng.h"

ll_status ll_network_build(const ll_space *s, const uint8_t *gene, ll_network *out, ll_error *e)
{
    if (!s->layers)
        return ll_fail(e, LL_USAGE, "the layers of space %s are not known: no network can be built from it",
                       s->name);
    out->space = s;
    out->n_constant = 0;
    out->n_layers = s->layers(s, gene, out->layers, LL_MAX_LAYERS);
    if (out->n_layers) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "the template of space %s makes no network of this architecture", s->name);
}

const ll_layer *ll_network_reader(const ll_network *n)
{
    for (int i = 0; i < n->n_layers; i++)
        for (int j = 0; j < ll_layer_reads(&n->layers[i]); j++)
            if (n->layers[i].in[j] == LL_TENSOR_INPUT) return &n->layers[i];
    return &n->layers[0];
}

int ll_layer_padding(const ll_layer *l)
{
    return (l->kernel - 1) / 2;
}

static size_t fan_in(const ll_layer *l)
{
    if (l->kind == LL_LINEAR) return (size_t)l->c_in;
    return (size_t)(l->c_in / l->groups) * (size_t)l->kernel * (size_t)l->kernel;
}

size_t ll_layer_weight_count(const ll_layer *l)
{
    switch (l->kind) {
    case LL_CONV:
    case LL_LINEAR:
        return fan_in(l) * (size_t)l->c_out;
    case LL_GLOBAL_POOL:
        return l->bn ? (size_t)l->c_out : 0;
    default:
        return 0;
    }
}

size_t ll_layer_bias_count(const ll_layer *l)
{
    return l->bn || l->kind == LL_LINEAR ? (size_t)l->c_out : 0;
}

static float clip6(float x)
{
    return x < 0 ? 0 : x > 6 ? 6 : x;
}

float ll_activate(ll_activation a, float x)
{
    switch (a) {
    case LL_RELU:
        return x > 0 ? x : 0;
    case LL_RELU6:
        return clip6(x);
    case LL_HSWISH:
        return x * clip6(x + 3) / 6;
    case LL_HSIGMOID:
        return clip6(x + 3) / 6;
    default:
        return x;
    }
}

const char *ll_activation_name(ll_activation a)
{
    static const char *const names[LL_ACTIVATIONS] = {"none", "relu", "relu6", "hswish", "hsigmoid"};
    return names[a];
}

int ll_network_origin(const ll_network *n, int tensor)
{
    while (tensor > 0 && n->layers[tensor - 1].kind == LL_COPY) tensor = n->layers[tensor - 1].in[0];
    return tensor;
}

void ll_network_readers(const ll_network *n, int *readers)
{
    for (int i = 0; i <= n->n_layers; i++) readers[i] = 0;
    for (int i = 0; i < n->n_layers; i++) {
        const ll_layer *l = &n->layers[i];
        for (int k = 0; k < ll_layer_reads(l) && l->kind != LL_COPY; k++) {
            int tensor = ll_network_origin(n, l->in[k]);
            if (tensor >= 0) readers[tensor]++;
        }
    }
}

static void fill(ll_rng *r, size_t n, double centre, double reach, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)(centre + reach * (2 * ll_rng_uniform(r) - 1));
}

/* One stream of the seed for each place and shape. */
static ll_rng stream_of(const ll_layer *l, uint64_t seed)
{
    uint64_t stream = (uint64_t)l->c_in << 48 | (uint64_t)l->c_out << 32 | (uint64_t)l->kernel << 24 |
                      (uint64_t)l->site << 8 | LL_STREAM_WEIGHTS;
    return ll_rng_new(seed, stream);
}

void ll_layer_weights(const ll_layer *l, uint64_t seed, float *out)
{
    size_t n = ll_layer_weight_count(l);
    ll_rng r = stream_of(l, seed);
    if (l->kind == LL_GLOBAL_POOL)
        fill(&r, n, 1, .5, out);
    else if (n)
        fill(&r, n, 0, sqrt(3.0 / (double)fan_in(l)), out);
    fill(&r, ll_layer_bias_count(l), 0, .1, out + n);
}

void ll_network_input(uint64_t seed, size_t n, float *out)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    fill(&r, n, 0, 1, out);
}
