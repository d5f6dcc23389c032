/* A network as it is executed: layers that read and write tensors, and the numbers in them. The one
 * description behind FLOPs and parameter counts (ll_space_cost), the analytical devices, the engines that
 * measure this machine, and every export.
 *
 * Tensors. LL_TENSOR_INPUT (0) is the image, (N, 3, 32, 32) in the built-in spaces (what the first layer reads); layer i writes tensor
 * i + 1; the last layer writes the result, (N, classes). LL_TENSOR_ZERO is a tensor of zeros in the shape its
 * reader wants: a cell's node that `none` alone leads to. A tensor is (N, C, H, H), square, row-major where
 * this program holds one; layer i reads (N, c_in, h_in, h_in) and writes (N, c_out, h_out, h_out). Layers come
 * in an order of execution: what a layer reads was written before. LL_COPY is the identity: its tensor is the
 * tensor it reads, no data moves.
 *
 * What a layer computes, x being in[0]:
 *   LL_CONV         relu_before: x = max(x, 0). Cross-correlation with `groups` groups, `stride`, zero padding
 *                   (kernel - 1) / 2 on all four sides. bn: plus bias (the folded batch normalisation; the
 *                   scale is in the weights), then act.
 *   LL_POOL_AVG     kernel 3: padding 1, kernel 2: padding 0; the mean of what lies inside the image
 *                   (count_include_pad = false).
 *   LL_ADD          in[0] + in[1], then act.
 *   LL_GATE         in[0] times in[1] (N, c, 1, 1), which is the same for a whole channel.
 *   LL_SHUFFLE      channel g * (C / groups) + j goes to channel j * groups + g.
 *   LL_GLOBAL_POOL  bn: x = scale * x + shift per channel; relu_before: x = max(x, 0), behind the bn; mean
 *                   over the image: (N, C, 1, 1).
 *   LL_LINEAR       (N, c_in, 1, 1) -> (N, c_out): weights, plus bias, then act.
 *
 * Weights. ll_layer_weights() gives those of a layer as one block of floats, row-major:
 *   LL_CONV         W (c_out, c_in / groups, kernel, kernel), then, with bn, bias (c_out)
 *   LL_LINEAR       W (c_out, c_in), then bias (c_out)
 *   LL_GLOBAL_POOL  with bn: scale (c), then shift (c)
 *   other kinds     none
 * They are random but seeded: uniform with variance 1 / fan-in, so that sums of many branches stay in range;
 * bias and shift uniform in +-0.1, scale in 0.5 .. 1.5. They depend on the seed, the layer's site, kernel, c_in
 * and c_out alone: two architectures that make the same choice at the same place have the same weights
 * there, and every engine and export of one seed computes the same function. */
#ifndef LL_SPACE_NETWORK_H
#define LL_SPACE_NETWORK_H

#include <stddef.h>

#include "core/space/space.h"

enum { LL_TENSOR_ZERO = -1, LL_TENSOR_INPUT = 0 };
/* The seed unless the user says otherwise. */
enum { LL_NETWORK_SEED = 1 };

typedef struct ll_network {
    const ll_space *space;
    int n_layers;   /* the result is tensor n_layers */
    int n_constant; /* the first so many layers depend on weights alone (core/space/simplify.h); 0 as built */
    ll_layer layers[LL_MAX_LAYERS];
} ll_network;

/* The network of an architecture. LL_USAGE: the space does not know its layers (a user's space). */
ll_status ll_network_build(const ll_space *s, const uint8_t *gene, ll_network *out, ll_error *e);

/* A layer that reads the image: its shape. Of a network that the image does not reach, any. */
const ll_layer *ll_network_reader(const ll_network *n);
/* The tensor that this one is, copies passed over: what a layer that is no copy makes, LL_TENSOR_INPUT or LL_TENSOR_ZERO. */
int ll_network_origin(const ll_network *n, int tensor);
/* readers (n_layers + 1), by tensor: how often layers that are no copies read what it holds, as itself or as a copy. */
void ll_network_readers(const ll_network *n, int *readers);
/* Tensors that a layer reads: 1, or 2. */
static inline int ll_layer_reads(const ll_layer *l)
{
    return l->kind == LL_ADD || l->kind == LL_GATE ? 2 : 1;
}
float ll_activate(ll_activation a, float x);
const char *ll_activation_name(ll_activation a); /* "hswish" */

/* Rows and columns of zeros around the input, on each side. */
int ll_layer_padding(const ll_layer *l);
/* Floats of W (or scale), and of the bias (or shift) behind them. */
size_t ll_layer_weight_count(const ll_layer *l);
size_t ll_layer_bias_count(const ll_layer *l);
/* Writes ll_layer_weight_count() + ll_layer_bias_count() floats. */
void ll_layer_weights(const ll_layer *l, uint64_t seed, float *out);
/* A random input (N, c, h, h) for checks and timing, uniform in -1 .. 1; n floats. */
void ll_network_input(uint64_t seed, size_t n, float *out);

#endif
