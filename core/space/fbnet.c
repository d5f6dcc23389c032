/* FBNet (Wu et al., CVPR 2019) as HW-NAS-Bench trains it on CIFAR-100: 22 positions, nine choices each. */
#include <string.h>

#include "core/space/parts.h"

typedef struct block {
    int kernel, expansion, groups; /* kernel 0: skip */
} block;
typedef struct stage {
    int blocks, channels, stride;
} stage;

static const char *const ops[] = {"k3_e1",    "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1",
                                  "k5_e1_g2", "k5_e3",    "k5_e6", "skip"};
static const char *const ops_short[] = {"k3e1",   "k3e1g2", "k3e3", "k3e6", "k5e1",
                                        "k5e1g2", "k5e3",   "k5e6", "skip"};
static const block blocks[] = {{3, 1, 1}, {3, 1, 2}, {3, 3, 1}, {3, 6, 1}, {5, 1, 1},
                               {5, 1, 2}, {5, 3, 1}, {5, 6, 1}, {0, 0, 0}};
static const char *const positions[] = {"s1.1", "s2.1", "s2.2", "s2.3", "s2.4", "s3.1", "s3.2", "s3.3",
                                        "s3.4", "s4.1", "s4.2", "s4.3", "s4.4", "s5.1", "s5.2", "s5.3",
                                        "s5.4", "s6.1", "s6.2", "s6.3", "s6.4", "s7.1"};
static const stage stages[] = {{1, 16, 1},  {4, 24, 1},  {4, 32, 2}, {4, 64, 2},
                               {4, 112, 1}, {4, 184, 2}, {1, 352, 1}};
enum { POSITIONS = 22, N_OPS = 9, STAGES = 7, SIDE = 32, STEM = 16, HEAD = 1504, CLASSES = 100 };

static void format(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    (void)s;
    for (int i = 0; i < POSITIONS; i++) ll_str_addf(out, "%s%d", i ? "_" : "", gene[i]);
}

static bool graph(const ll_space *s, const uint8_t *gene, ll_graph_kind kind, ll_graph *out)
{
    if (kind == LL_GRAPH_PRUNED) return false;
    ll_graph_chain(s, gene, out);
    if (kind == LL_GRAPH_FULL) return true;
    memset(out->adj, 0, sizeof out->adj);
    out->n_nodes = POSITIONS;
    for (int i = 0; i < POSITIONS; i++) {
        out->op[i] = i == 0 || i == POSITIONS - 1 ? -1 : gene[i];
        out->adj[i][i] = 1;
    }
    return true;
}

static void put_conv(ll_layer_sink *sink, ll_layer l, bool relu_after)
{
    l.kind = LL_CONV;
    l.bn = true;
    l.relu_after = relu_after;
    ll_layer_put(sink, l);
}

/* Expansion, channel shuffle when grouped, depthwise convolution, projection, residual where shapes allow. */
static void put_block(ll_layer_sink *sink, int position, const block *b, int c, int co, int side, int stride)
{
    int m = c * b->expansion, after = side / stride;
    put_conv(sink, (ll_layer){.c_in = c, .c_out = m, .h_in = side, .groups = b->groups, .position = position},
             true);
    if (b->groups > 1)
        ll_layer_put(
            sink,
            (ll_layer){
                .kind = LL_SHUFFLE, .c_in = m, .h_in = side, .groups = b->groups, .position = position});
    put_conv(sink,
             (ll_layer){.c_in = m,
                        .c_out = m,
                        .h_in = side,
                        .kernel = b->kernel,
                        .stride = stride,
                        .groups = m,
                        .position = position},
             true);
    put_conv(sink,
             (ll_layer){.c_in = m, .c_out = co, .h_in = after, .groups = b->groups, .position = position},
             false);
    if (c == co && stride == 1)
        ll_layer_put(sink, (ll_layer){.kind = LL_ADD, .c_in = co, .h_in = after, .position = position});
}

static void put_skip(ll_layer_sink *sink, int position, int c, int co, int side, int stride)
{
    ll_layer l = {.c_in = c, .c_out = co, .h_in = side, .stride = stride, .position = position};
    if (c != co || stride != 1) {
        put_conv(sink, l, true);
    } else {
        l.kind = LL_COPY;
        ll_layer_put(sink, l);
    }
}

static int layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    (void)s;
    ll_layer_sink sink = {.out = out, .most = most};
    int c = STEM, side = SIDE, position = 0;
    put_conv(&sink, (ll_layer){.c_in = 3, .c_out = c, .h_in = side, .kernel = 3, .position = -1}, true);
    for (int i = 0; i < STAGES; i++)
        for (int j = 0; j < stages[i].blocks; j++, position++) {
            const block *b = &blocks[gene[position]];
            int co = stages[i].channels, stride = j ? 1 : stages[i].stride;
            if (b->kernel)
                put_block(&sink, position, b, c, co, side, stride);
            else
                put_skip(&sink, position, c, co, side, stride);
            c = co;
            side /= stride;
        }
    put_conv(&sink, (ll_layer){.c_in = c, .c_out = HEAD, .h_in = side, .position = -1}, true);
    ll_layer_put(&sink,
                 (ll_layer){.kind = LL_GLOBAL_POOL, .c_in = HEAD, .h_in = side, .h_out = 1, .position = -1});
    ll_layer_put(&sink,
                 (ll_layer){.kind = LL_LINEAR, .c_in = HEAD, .c_out = CLASSES, .h_in = 1, .position = -1});
    return sink.n;
}

static void draw_fixed(ll_str *out, const char *name, int side, int channels, const char *what)
{
    ll_str_addf(out, "%-8s %2dx%-2d x%4d   %s\n", name, side, side, channels, what);
}

static void draw(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    int side = SIDE, position = 0;
    draw_fixed(out, "input", SIDE, 3, "image");
    draw_fixed(out, "stem", SIDE, STEM, "3x3 convolution");
    for (int i = 0; i < STAGES; i++) {
        side /= stages[i].stride;
        ll_str_addf(out, "stage %d  %2dx%-2d x%4d   ", i + 1, side, side, stages[i].channels);
        for (int j = 0; j < stages[i].blocks; j++)
            ll_str_addf(out, "%s%s", j ? " > " : "", s->ops_short[gene[position++]]);
        if (stages[i].stride > 1) ll_str_add(out, "  (/2)");
        ll_str_add(out, "\n");
    }
    draw_fixed(out, "head", side, HEAD, "1x1 convolution");
    draw_fixed(out, "output", 1, CLASSES, "mean, classifier");
}

const ll_space ll_fbnet = {
    .name = "fbnet",
    .title = "FBNet: 22 positions, 9 blocks each",
    .n_positions = POSITIONS,
    .n_ops = N_OPS,
    .ops = ops,
    .ops_short = ops_short,
    .positions = positions,
    .n_archs = 0,
    .parse = ll_space_parse_list,
    .format = format,
    .index_of = ll_space_no_index,
    .at = ll_space_none_at,
    .graph = graph,
    .layers = layers,
    .draw = draw,
};
