/* FBNet (Wu et al., CVPR 2019) as HW-NAS-Bench trains it on CIFAR-100: 22 positions, nine choices each. */
#include <string.h>

#include "core/space/network.h"
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
/* Sites: eight for the stem and each position, in the order of execution. */
enum { BLOCK_SITES = 8 };

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

static int put_conv(ll_layer_sink *sink, int in, ll_layer l, ll_activation act)
{
    l.kind = LL_CONV;
    l.in[0] = in;
    l.bn = true;
    l.act = act;
    int out = ll_layer_put(sink, l);
    sink->site++;
    return out;
}

/* Expansion, channel shuffle when grouped, depthwise convolution, projection, residual where shapes allow. */
static int put_block(ll_layer_sink *sink, int in, int position, const block *b, int c, int co, int side,
                     int stride)
{
    int m = c * b->expansion, after = side / stride;
    ll_layer expand = {.c_in = c, .c_out = m, .h_in = side, .groups = b->groups, .position = position};
    ll_layer depthwise = {
        .c_in = m, .h_in = side, .kernel = b->kernel, .stride = stride, .groups = m, .position = position};
    ll_layer project = {.c_in = m, .c_out = co, .h_in = after, .groups = b->groups, .position = position};
    int x = put_conv(sink, in, expand, LL_RELU);
    if (b->groups > 1)
        x = ll_layer_put(sink, (ll_layer){.kind = LL_SHUFFLE,
                                          .c_in = m,
                                          .h_in = side,
                                          .groups = b->groups,
                                          .position = position,
                                          .in = {x}});
    x = put_conv(sink, x, depthwise, LL_RELU);
    x = put_conv(sink, x, project, LL_NO_ACT);
    if (c != co || stride != 1) return x;
    return ll_layer_put(
        sink, (ll_layer){.kind = LL_ADD, .c_in = co, .h_in = after, .position = position, .in = {x, in}});
}

static int put_skip(ll_layer_sink *sink, int in, int position, int c, int co, int side, int stride)
{
    ll_layer l = {.c_in = c, .c_out = co, .h_in = side, .stride = stride, .position = position, .in = {in}};
    if (c != co || stride != 1) return put_conv(sink, in, l, LL_RELU);
    l.kind = LL_COPY;
    return ll_layer_put(sink, l);
}

static void put_head(ll_layer_sink *sink, int in, int c, int side)
{
    ll_layer widen = {.c_in = c, .c_out = HEAD, .h_in = side, .position = -1};
    ll_layer pool = {.kind = LL_GLOBAL_POOL, .c_in = HEAD, .h_in = side, .h_out = 1, .position = -1};
    ll_layer classify = {.kind = LL_LINEAR, .c_in = HEAD, .c_out = CLASSES, .h_in = 1, .position = -1};
    pool.in[0] = put_conv(sink, in, widen, LL_RELU);
    classify.in[0] = ll_layer_put(sink, pool);
    ll_layer_put(sink, classify);
}

static int layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    (void)s;
    ll_layer_sink sink = {.out = out, .most = most};
    ll_layer stem = {.c_in = 3, .c_out = STEM, .h_in = SIDE, .kernel = 3, .position = -1};
    int c = STEM, side = SIDE, position = 0, tensor = put_conv(&sink, LL_TENSOR_INPUT, stem, LL_RELU);
    for (int i = 0; i < STAGES; i++)
        for (int j = 0; j < stages[i].blocks; j++, position++) {
            const block *b = &blocks[gene[position]];
            int co = stages[i].channels, stride = j ? 1 : stages[i].stride;
            sink.site = BLOCK_SITES * (position + 1);
            tensor = b->kernel ? put_block(&sink, tensor, position, b, c, co, side, stride)
                               : put_skip(&sink, tensor, position, c, co, side, stride);
            c = co;
            side /= stride;
        }
    sink.site = BLOCK_SITES * (POSITIONS + 1);
    put_head(&sink, tensor, c, side);
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

static const int stage_positions[STAGES] = {1, 4, 4, 4, 4, 4, 1};
static const ll_space_facts facts = {.stages = stage_positions,
                                     .n_stages = STAGES,
                                     .independent = true,
                                     .pretrain_n = 800,
                                     .tune = {30, 1e-3},
                                     .cate_within = 2e6,
                                     .help = {.pool = 4000, .episodes = 4000, .half = 4}};

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
    .facts = &facts,
};
