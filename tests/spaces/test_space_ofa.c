/* OFA-MobileNetV3: its strings, the dicts of OFA and HELP, what depends on depth, graphs, drawings and the network. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/space/moves.h"
#include "core/space/network.h"
#include "tests/check.h"

enum { POSITIONS = 46, BLOCKS = 20 };

static const ll_space *ofa(void)
{
    return ll_space_find("ofa");
}

static const char canonical[] = "r208_k5e3-k3e3_k3e4-k3e4-k3e4_k5e4-k3e4-k3e3-k3e6_k7e4-k5e4-k3e4-k5e4_"
                                "k3e6-k3e6-k3e6";
/* The same: titan RTX, 28.6 ms, of HELP's architecture_config. */
static const char json[] =
    "{\"wid\": null, \"ks\": [5, 3, 5, 7, 3, 3, 3, 3, 5, 3, 3, 3, 7, 5, 3, 5, 3, 3, 3, 7], "
    "\"e\": [3, 3, 4, 4, 4, 4, 4, 6, 4, 4, 3, 6, 4, 4, 4, 4, 6, 6, 6, 3], \"d\": [2, 3, 4, 4, 3], \"r\": "
    "208}";
static const char python[] =
    " {'ks': (5, 3, 0, 0, 3, 3, 3, 0, 5, 3, 3, 3, 7, 5, 3, 5, 3, 3, 3, 0), 'r': [208], 'wid': None, "
    "'e': [3, 3, 0, 0, 4, 4, 4, 0, 4, 4, 3, 6, 4, 4, 4, 4, 6, 6, 6, 0], 'd': [2, 3, 4, 4, 3]}";
static const char list[] = "5|3|7|7|3|3|3|7|5|3|3|3|7|5|3|5|3|3|3|7|3|3|6|6|4|4|4|6|4|4|3|6|4|4|4|4|6|6|6|6|"
                           "2|3|4|4|3|208";

static void the_gene_is_as_described(void)
{
    const ll_space *s = ofa();
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    CHECK_INT(s->n_positions, POSITIONS);
    CHECK_INT(s->n_ops, 25);
    CHECK_STR(s->positions[0], "k1.1");
    CHECK_STR(s->positions[39], "e5.4");
    CHECK_STR(s->positions[44], "d5");
    CHECK_STR(s->positions[45], "r");
    CHECK_INT(s->parse(s, canonical, gene, &e), LL_OK);
    CHECK_INT(gene[0], 1);
    CHECK_INT(gene[12], 2);
    CHECK_INT(gene[20 + 11], 2);
    CHECK_INT(gene[40], 0);
    CHECK_INT(gene[42], 2);
    CHECK_INT(gene[45], 20);
    for (int p = 0; p < POSITIONS; p++)
        for (int c = 0; c < ll_space_choices(s, p); c++)
            CHECK(atoi(ll_space_choice(s, p, c)) == (p < 20   ? 3 + 2 * c
                                                     : p < 40 ? (c == 2 ? 6 : 3 + c)
                                                     : p < 45 ? 2 + c
                                                              : 128 + 4 * c));
}

static void all_forms_say_the_same(void)
{
    const char *const forms[] = {canonical, json, python, list};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_error e = {0};
        ll_str text = {0};
        ll_status s = ll_space_read(ofa(), forms[i], gene, &e);
        if (!s) ofa()->format(ofa(), gene, &text);
        check_report(!s, __FILE__, __LINE__, "%s", e.message);
        CHECK_STR(ll_str_text(&text), canonical);
        ll_str_free(&text);
    }
}

static void published_dicts_are_read(void)
{
    static const char *const devices[] = {"cpu_gold6226", "gpu_titan_rtx_64", "jetson_agx_xavier"};
    int found = 0;
    for (int i = 0; i < 3; i++) {
        char folder[80];
        snprintf(folder, sizeof folder, "upstream/HELP/ofa/architecture_config/%s", devices[i]);
        const char *path = check_shared(folder);
        if (!path) return;
        ll_strs files = {0};
        ll_error e = {0};
        CHECK_INT(ll_list_dir(path, ".json", &files, &e), LL_OK);
        for (int f = 0; f < files.n; f++, found++) {
            char *file = ll_path_join(path, files.v[f]), *text = NULL;
            size_t n;
            uint8_t gene[LL_MAX_POSITIONS];
            CHECK_INT(ll_read_file(file, 0, &text, &n, &e), LL_OK);
            check_report(!ll_space_parse(ofa(), text, gene, &e), __FILE__, __LINE__, "%s", e.message);
            free(text);
            free(file);
        }
        ll_strs_free(&files);
    }
    CHECK_INT(found, 7);
}

static void strings_come_back(void)
{
    ll_rng rng = ll_rng_new(3, LL_STREAM_SAMPLES);
    for (int i = 0; i < 2000; i++) {
        uint8_t gene[LL_MAX_POSITIONS], again[LL_MAX_POSITIONS];
        ll_str text = {0};
        ll_error e = {0};
        ll_space_random(ofa(), &rng, gene);
        ofa()->format(ofa(), gene, &text);
        CHECK(!strpbrk(text.s, " ,;|\"'"));
        CHECK_INT(ofa()->parse(ofa(), text.s, again, &e), LL_OK);
        CHECK(!memcmp(gene, again, POSITIONS));
        ll_str_free(&text);
    }
}

/* Whatever stands in the slots that a stage lacks, and no more than that. */
static void depth_decides_on_blocks(void)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0}, full[LL_MAX_POSITIONS];
    bool active[LL_MAX_POSITIONS];
    for (int p = 0; p < 2 * BLOCKS; p++) gene[p] = 2;
    for (int s = 0; s < 5; s++) gene[40 + s] = (uint8_t)(s % 3);
    memcpy(full, gene, sizeof full);
    ofa()->active(ofa(), gene, active);
    ll_space_canonical(ofa(), gene);
    for (int p = 0; p < POSITIONS; p++) {
        bool there = p >= 2 * BLOCKS || p % 4 < 2 + (p % BLOCKS / 4) % 3;
        CHECK_INT(active[p], there);
        CHECK_INT(gene[p], there ? full[p] : 0);
    }
}

static void check_refused(const char *text, const char *why)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    CHECK_INT(ofa()->parse(ofa(), text, gene, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, why);
}

static void bad_text_is_refused(void)
{
    check_refused("", "position 1 of 46");
    check_refused("r", "wrong at \"r\"");
    check_refused("r130_k3e3-k3e3", "wrong at \"r130_k3e3");
    check_refused("r224", "wrong at \"\"");
    check_refused("r224_k3e3_k3e3-k3e3", "wrong at \"_k3e3_k3e3");
    check_refused("r224_k3e3-k3e5", "wrong at");
    check_refused("r224_k3e3-k3e3-k3e3-k3e3-k3e3_k3e3", "wrong at");
    check_refused("r224_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3",
                  "wrong at \"_k3e3-k3e3\"");
    check_refused("{", "no dict");
    check_refused("{}", "\"d\" is no list of 5 depths");
    check_refused("{'d': [2, 2, 2, 2, 5]}", "\"d\" is no list");
    check_refused("{'d': [2, 2, 2, 2, 2], 'ks': 3}", "\"ks\" is no list");
    check_refused("{'d': [2, 2, 2, 2, 2], 'x': 3}", "no \"x\"");
    char *wrong = strdup(json);
    *strstr(wrong, "208") = '3';
    check_refused(wrong, "\"r\" is no resolution");
    free(wrong);
    wrong = strdup(json);
    *strstr(wrong, "5, 3, 5, 7") = '0'; /* a block that is there */
    check_refused(wrong, "\"ks\" is no list");
    free(wrong);
}

/* input, resolution, the 16 blocks that are there in a row, output; four slots have no arcs. */
static void graphs_are_chains_of_what_is_there(void)
{
    const ll_space *s = ofa();
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    ll_graph g, pruned;
    ll_str names = {0};
    CHECK_INT(s->parse(s, canonical, gene, &e), LL_OK);
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g) && s->graph(s, gene, LL_GRAPH_PRUNED, &pruned));
    CHECK(!s->graph(s, gene, LL_GRAPH_RELEASED, &pruned) && !memcmp(&g, &pruned, sizeof g));
    CHECK_INT(g.n_nodes, 23);
    int arcs = 0, at = 0;
    for (int i = 0; i < g.n_nodes; i++)
        for (int j = 0; j < g.n_nodes; j++) arcs += g.adj[i][j];
    CHECK_INT(arcs, 18);
    while (at != g.n_nodes - 1) {
        int next = at + 1;
        while (next < g.n_nodes - 1 && !g.adj[at][next]) next++;
        CHECK(g.adj[at][next]);
        at = next;
        if (at < g.n_nodes - 1) ll_str_addf(&names, "%s ", ll_space_node_op(s, g.op[at]));
    }
    CHECK_STR(names.s, "r208 s1.k5e3 s1.k3e3 s2.k3e4 s2.k3e4 s2.k3e4 s3.k5e4 s3.k3e4 s3.k3e3 s3.k3e6 s4.k7e4 "
                       "s4.k5e4 s4.k3e4 s4.k5e4 s5.k3e6 s5.k3e6 s5.k3e6 ");
    ll_str_free(&names);
}

static void drawings_fit(void)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_str b = {0};
    for (int p = 0; p < POSITIONS; p++) gene[p] = (uint8_t)(ll_space_choices(ofa(), p) - 1);
    ofa()->draw(ofa(), gene, &b);
    CHECK_HAS(b.s, "stage 2   28x28    k7e6 > k7e6 > k7e6 > k7e6  (/2)\n");
    gene[45] = 1; /* 132: 66, 33, 17, 9, 9, 5 */
    ll_str_clear(&b);
    ofa()->draw(ofa(), gene, &b);
    CHECK_HAS(b.s, "stage 5    5x5     k7e6");
    for (const char *p = b.s, *end; *p; p = end + 1) {
        end = strchr(p, '\n');
        CHECK(end - p <= 72);
    }
    ll_str_free(&b);
}

/* Squeeze-and-excitation is one word, and what does not fit ends between words. */
static void blocks_of_a_file_are_drawn_in_words(void)
{
    const ll_space *s = ll_space_find("ofa_w12");
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_str b = {0};
    s->draw(s, gene, &b);
    CHECK_HAS(b.s, "k2.2        16x16  x  48   1x1 144, 3x3 dw 144, se 40, 1x1 48, +\n");
    CHECK_HAS(b.s, "1x1 1152, mean, 1x1 1536, linear 1000\n");
    ll_str_free(&b);
}

/* --- the network --- */

/* Counts of convolutions, squeeze-and-excitation and classifier alone, by the released code's tables at width 1.0, with no
 * template in between. */
typedef struct count {
    double macs, params;
    int side;
} count;

static int divisible(double x)
{
    int near = (int)(x + 4) / 8 * 8;
    if (near < 8) near = 8;
    return near < .9 * x ? near + 8 : near;
}

static void conv(count *n, int from, int to, int kernel, int stride, int groups)
{
    n->side = (n->side - 1) / stride + 1;
    double weights = (double)kernel * kernel * from / groups * to;
    n->macs += weights * n->side * n->side;
    n->params += weights + 2 * to;
}

static void squeeze(count *n, int channels)
{
    int inner = divisible(channels / 4);
    n->macs += 2. * channels * inner;
    n->params += 2. * channels * inner + channels + inner;
}

static count count_by_hand(const uint8_t *gene)
{
    static const int width[] = {24, 40, 80, 112, 160}, stride[] = {2, 2, 2, 1, 2}, se[] = {0, 1, 0, 1, 1};
    count n = {.side = 128 + 4 * gene[45]};
    int c = 16;
    conv(&n, 3, 16, 3, 2, 1);
    conv(&n, 16, 16, 3, 1, 16);
    conv(&n, 16, 16, 1, 1, 1);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 2 + gene[40 + i]; j++) {
            int block = 4 * i + j, deep = divisible(c * (gene[20 + block] == 2 ? 6 : 3 + gene[20 + block]));
            conv(&n, c, deep, 1, 1, 1);
            conv(&n, deep, deep, 3 + 2 * gene[block], j ? 1 : stride[i], deep);
            if (se[i]) squeeze(&n, deep);
            conv(&n, deep, c = width[i], 1, 1, 1);
        }
    conv(&n, 160, 960, 1, 1, 1);
    n.macs += 960 * 1280 + 1280 * 1000;
    n.params += 960 * 1280 + 1281 * 1000;
    return n;
}

static void check_counts(const uint8_t *gene)
{
    count n = count_by_hand(gene);
    ll_cost c;
    CHECK(ll_space_cost(ofa(), gene, &c));
    CHECK_NEAR(c.params, n.params, 0);
    CHECK_NEAR(c.macs / n.macs, 1, .01); /* sums, means and gates are counted here, not there */
    ll_network *net = LL_NEW(ll_network);
    ll_error e = {0};
    CHECK_INT(ll_network_build(ofa(), gene, net, &e), LL_OK);
    double alone = 0;
    for (int i = 0; i < net->n_layers; i++)
        if (net->layers[i].kind == LL_CONV || net->layers[i].kind == LL_LINEAR)
            alone += ll_layer_macs(&net->layers[i]);
    CHECK_NEAR(alone, n.macs, 0);
    free(net);
}

static void counts_are_the_networks(void)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_rng r = ll_rng_new(6, LL_STREAM_DATA);
    for (int i = 0; i < 300; i++) {
        ll_space_random(ofa(), &r, gene);
        check_counts(gene);
    }
    ll_error e = {0};
    ll_cost c;
    CHECK_INT(ll_space_parse(ofa(), json, gene, &e), LL_OK);
    CHECK(ll_space_cost(ofa(), gene, &c));
    CHECK_NEAR(c.params, 5695536, 0);
    CHECK_NEAR(c.macs, 229474640, 2294746);
}

static void inactive_blocks_do_not_count(void)
{
    ll_layer x[LL_MAX_LAYERS], y[LL_MAX_LAYERS];
    uint8_t gene[POSITIONS] = {0}, other[POSITIONS] = {0};
    for (int i = 0; i < 5; i++) other[4 * i + 3] = other[20 + 4 * i + 2] = 2; /* slots that are not there */
    int n = ofa()->layers(ofa(), gene, x, LL_MAX_LAYERS), m = ofa()->layers(ofa(), other, y, LL_MAX_LAYERS);
    CHECK_INT(n, m);
    for (int i = 0; i < n; i++) CHECK(x[i].kernel == y[i].kernel && x[i].c_out == y[i].c_out);
    for (int p = 0; p < POSITIONS; p++) gene[p] = (uint8_t)(ll_space_choices(ofa(), p) - 1);
    CHECK(ofa()->layers(ofa(), gene, x, LL_MAX_LAYERS) <= LL_MAX_LAYERS);
    CHECK_INT(x[0].act, LL_HSWISH);
    CHECK_INT(x[0].h_in, 224);
}

static void check_published(const char *folder)
{
    ll_strs names = {0};
    CHECK_OK(ll_list_dir(folder, ".json", &names, NULL));
    CHECK(names.n > 0);
    for (int i = 0; i < names.n; i++) {
        char *path = ll_path_join(folder, names.v[i]), *text = NULL;
        uint8_t gene[LL_MAX_POSITIONS];
        size_t n;
        ll_error e = {0};
        CHECK_OK(ll_read_file(path, 0, &text, &n, &e));
        if (CHECK(!ll_space_parse(ofa(), text, gene, &e))) check_counts(gene);
        free(path);
        free(text);
    }
    ll_strs_free(&names);
}

static void published_configurations_count_as_the_network(void)
{
    static const char *const folders[] = {"cpu_gold6226", "gpu_titan_rtx_64", "jetson_agx_xavier"};
    for (int i = 0; i < 3; i++) {
        char path[100];
        snprintf(path, sizeof path, "upstream/HELP/ofa/architecture_config/%s", folders[i]);
        const char *folder = check_shared(path);
        if (!folder) return;
        check_published(folder);
    }
}

static const check_case cases[] = {
    {"counts are the network's", counts_are_the_networks},
    {"inactive blocks do not count", inactive_blocks_do_not_count},
    {"published configurations count as the network", published_configurations_count_as_the_network},
    {"the gene is as described", the_gene_is_as_described},
    {"all forms say the same", all_forms_say_the_same},
    {"published dicts are read", published_dicts_are_read},
    {"strings come back", strings_come_back},
    {"depth decides on blocks", depth_decides_on_blocks},
    {"bad text is refused", bad_text_is_refused},
    {"graphs are chains of what is there", graphs_are_chains_of_what_is_there},
    {"drawings fit", drawings_fit},
    {"blocks of a file are drawn in words", blocks_of_a_file_are_drawn_in_words},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_space_ofa", cases, argc, argv);
}
