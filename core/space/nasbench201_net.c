/* The CIFAR-10 network of a NAS-Bench-201 cell: stem 3 -> 16, three stages of five cells at 16, 32 and 64
 * channels with a stride-2 residual block between stages, BN-ReLU, global pooling, classifier. */
#include <string.h>

#include "core/space/parts.h"

enum { STAGES = 3, CELLS = 5, STEM = 16, SIDE = 32, CLASSES = 10 };

static void put_conv(ll_layer_sink *sink, int position, int c_in, int c_out, int side, int kernel, int stride)
{
    ll_layer_put(sink, (ll_layer){.kind = LL_CONV,
                                  .c_in = c_in,
                                  .c_out = c_out,
                                  .h_in = side,
                                  .kernel = kernel,
                                  .stride = stride,
                                  .position = position,
                                  .relu_before = true,
                                  .bn = true});
}

static void put_plain(ll_layer_sink *sink, ll_layer_kind kind, int position, int c, int side, int kernel,
                      int stride)
{
    ll_layer_put(
        sink,
        (ll_layer){
            .kind = kind, .c_in = c, .h_in = side, .kernel = kernel, .stride = stride, .position = position});
}

static void put_op(ll_layer_sink *sink, int position, int op, int c, int side)
{
    switch (op) {
    case LL_NB201_SKIP:
        put_plain(sink, LL_COPY, position, c, side, 1, 1);
        break;
    case LL_NB201_CONV1:
        put_conv(sink, position, c, c, side, 1, 1);
        break;
    case LL_NB201_CONV3:
        put_conv(sink, position, c, c, side, 3, 1);
        break;
    case LL_NB201_POOL:
        put_plain(sink, LL_POOL_AVG, position, c, side, 3, 1);
        break;
    default: /* none contributes nothing */
        break;
    }
}

/* The cell as it runs: edges whose result reaches nothing are computed too, a sum joins what is not none. */
static void put_cell(ll_layer_sink *sink, const uint8_t *gene, int c, int side)
{
    int operands = 0;
    for (int i = 0; i < LL_NB201_EDGES; i++) {
        if (i && ll_nb201_to[i] != ll_nb201_to[i - 1]) operands = 0;
        if (gene[i] == LL_NB201_NONE) continue;
        put_op(sink, i, gene[i], c, side);
        if (operands++) put_plain(sink, LL_ADD, i, c, side, 1, 1);
    }
}

/* Two 3x3 convolutions beside a 2x2 mean and a bare 1x1 convolution; c and side are those behind it. */
static void put_reduction(ll_layer_sink *sink, int c, int side)
{
    put_conv(sink, -1, c / 2, c, 2 * side, 3, 2);
    put_conv(sink, -1, c, c, side, 3, 1);
    put_plain(sink, LL_POOL_AVG, -1, c / 2, 2 * side, 2, 2);
    ll_layer_put(sink, (ll_layer){.kind = LL_CONV, .c_in = c / 2, .c_out = c, .h_in = side, .position = -1});
    put_plain(sink, LL_ADD, -1, c, side, 1, 1);
}

int ll_nasbench201_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    (void)s;
    ll_layer_sink sink = {.out = out, .most = most};
    int c = STEM, side = SIDE;
    ll_layer_put(
        &sink,
        (ll_layer){
            .kind = LL_CONV, .c_in = 3, .c_out = c, .h_in = side, .kernel = 3, .position = -1, .bn = true});
    for (int stage = 0; stage < STAGES; stage++) {
        if (stage) put_reduction(&sink, c *= 2, side /= 2);
        for (int cell = 0; cell < CELLS; cell++) put_cell(&sink, gene, c, side);
    }
    ll_layer_put(&sink, (ll_layer){.kind = LL_GLOBAL_POOL,
                                   .c_in = c,
                                   .h_in = side,
                                   .h_out = 1,
                                   .position = -1,
                                   .relu_before = true,
                                   .bn = true});
    ll_layer_put(&sink,
                 (ll_layer){.kind = LL_LINEAR, .c_in = c, .c_out = CLASSES, .h_in = 1, .position = -1});
    return sink.n;
}
