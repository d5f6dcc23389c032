/* The CIFAR-10 network of a NAS-Bench-201 cell: stem 3 -> 16, three stages of five cells at 16, 32 and 64
 * channels with a stride-2 residual block between stages, BN-ReLU, global pooling, classifier. */
#include "core/space/network.h"
#include "core/space/parts.h"

enum { STAGES = 3, CELLS = 5, STEM = 16, SIDE = 32, CLASSES = 10 };
/* Sites: eight for the stem and each cell and block, in the order of execution. */
enum { BLOCK_SITES = 8 };

static int put_conv(ll_layer_sink *sink, int in, int position, int c_in, int c_out, int side, int kernel,
                    int stride)
{
    return ll_layer_put(sink, (ll_layer){.kind = LL_CONV,
                                         .c_in = c_in,
                                         .c_out = c_out,
                                         .h_in = side,
                                         .kernel = kernel,
                                         .stride = stride,
                                         .position = position,
                                         .in = {in},
                                         .relu_before = true,
                                         .bn = true});
}

static int put_plain(ll_layer_sink *sink, ll_layer_kind kind, int in, int position, int c, int side,
                     int kernel, int stride)
{
    return ll_layer_put(sink, (ll_layer){.kind = kind,
                                         .c_in = c,
                                         .h_in = side,
                                         .kernel = kernel,
                                         .stride = stride,
                                         .position = position,
                                         .in = {in}});
}

static int put_add(ll_layer_sink *sink, int a, int b, int position, int c, int side)
{
    return ll_layer_put(
        sink,
        (ll_layer){.kind = LL_ADD, .c_in = c, .h_in = side, .kernel = 1, .position = position, .in = {a, b}});
}

/* Not for `none`, which contributes nothing. */
static int put_op(ll_layer_sink *sink, int in, int position, int op, int c, int side)
{
    switch (op) {
    case LL_NB201_CONV1:
        return put_conv(sink, in, position, c, c, side, 1, 1);
    case LL_NB201_CONV3:
        return put_conv(sink, in, position, c, c, side, 3, 1);
    case LL_NB201_POOL:
        return put_plain(sink, LL_POOL_AVG, in, position, c, side, 3, 1);
    default:
        return put_plain(sink, LL_COPY, in, position, c, side, 1, 1);
    }
}

/* The cell as it runs: edges whose result reaches nothing are computed too, a sum joins what is not none. */
static int put_cell(ll_layer_sink *sink, const uint8_t *gene, int in, int c, int side)
{
    int node[] = {in, LL_TENSOR_ZERO, LL_TENSOR_ZERO, LL_TENSOR_ZERO}, first_site = sink->site;
    for (int i = 0; i < LL_NB201_EDGES; i++) {
        if (gene[i] == LL_NB201_NONE) continue;
        int *to = &node[ll_nb201_to[i]];
        sink->site = first_site + i;
        int result = put_op(sink, node[ll_nb201_from[i]], i, gene[i], c, side);
        *to = *to == LL_TENSOR_ZERO ? result : put_add(sink, *to, result, i, c, side);
    }
    sink->site = first_site + BLOCK_SITES;
    return node[3];
}

/* Two 3x3 convolutions beside a 2x2 mean and a bare 1x1 convolution; c and side are those behind it. */
static int put_reduction(ll_layer_sink *sink, int in, int c, int side)
{
    int first_site = sink->site;
    int wide = put_conv(sink, in, -1, c / 2, c, 2 * side, 3, 2);
    sink->site++;
    wide = put_conv(sink, wide, -1, c, c, side, 3, 1);
    int shortcut = put_plain(sink, LL_POOL_AVG, in, -1, c / 2, 2 * side, 2, 2);
    sink->site++;
    shortcut = ll_layer_put(
        sink,
        (ll_layer){
            .kind = LL_CONV, .c_in = c / 2, .c_out = c, .h_in = side, .position = -1, .in = {shortcut}});
    sink->site = first_site + BLOCK_SITES;
    return put_add(sink, wide, shortcut, -1, c, side);
}

static int put_stem(ll_layer_sink *sink)
{
    int out = ll_layer_put(sink, (ll_layer){.kind = LL_CONV,
                                            .c_in = 3,
                                            .c_out = STEM,
                                            .h_in = SIDE,
                                            .kernel = 3,
                                            .position = -1,
                                            .in = {LL_TENSOR_INPUT},
                                            .bn = true});
    sink->site = BLOCK_SITES;
    return out;
}

static void put_head(ll_layer_sink *sink, int in, int c, int side)
{
    in = ll_layer_put(sink, (ll_layer){.kind = LL_GLOBAL_POOL,
                                       .c_in = c,
                                       .h_in = side,
                                       .h_out = 1,
                                       .position = -1,
                                       .in = {in},
                                       .relu_before = true,
                                       .bn = true});
    sink->site++;
    ll_layer_put(
        sink,
        (ll_layer){.kind = LL_LINEAR, .c_in = c, .c_out = CLASSES, .h_in = 1, .position = -1, .in = {in}});
}

int ll_nasbench201_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    (void)s;
    ll_layer_sink sink = {.out = out, .most = most};
    int c = STEM, side = SIDE, tensor = put_stem(&sink);
    for (int stage = 0; stage < STAGES; stage++) {
        if (stage) tensor = put_reduction(&sink, tensor, c *= 2, side /= 2);
        for (int cell = 0; cell < CELLS; cell++) tensor = put_cell(&sink, gene, tensor, c, side);
    }
    put_head(&sink, tensor, c, side);
    return sink.n;
}
