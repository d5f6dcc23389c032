#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/space.h"
#include "tests/check.h"

static const ll_space *nb201(void)
{
    return ll_space_find("nasbench201");
}

static const ll_space *fbnet(void)
{
    return ll_space_find("fbnet");
}

static void text_of(const ll_space *s, const uint8_t *gene, ll_str *b)
{
    ll_str_clear(b);
    s->format(s, gene, b);
}

static void spaces_are_found(void)
{
    CHECK_STR(ll_space_at(0)->name, "nasbench201");
    CHECK_STR(ll_space_at(1)->name, "fbnet");
    CHECK_STR(ll_space_at(2)->name, "ofa");
    CHECK(!ll_space_at(-1) && !ll_space_find("nasbench"));
    CHECK(ll_space_find("fbnet") == ll_space_at(1));
}

static void every_cell_survives_a_round_trip(void)
{
    const ll_space *s = nb201();
    ll_str b = {0};
    ll_error e = {0};
    uint8_t gene[LL_MAX_POSITIONS], back[LL_MAX_POSITIONS];
    char *seen = LL_NEW_ARRAY(char, s->n_archs);
    int wrong = 0;
    for (int i = 0; i < s->n_archs; i++) {
        char digits[24], names[128] = "";
        wrong += !s->at(s, i, gene) || s->index_of(s, gene) != i;
        text_of(s, gene, &b);
        wrong += s->parse(s, b.s, back, &e) || memcmp(gene, back, 6);
        snprintf(digits, sizeof digits, "%d%d%d%d%d%d", gene[0], gene[1], gene[2], gene[3], gene[4], gene[5]);
        wrong += s->parse(s, digits, back, &e) || memcmp(gene, back, 6);
        for (int p = 0; p < 6; p++) {
            strcat(names, p ? ", " : "");
            strcat(names, s->ops[gene[p]]);
        }
        wrong += s->parse(s, names, back, &e) || memcmp(gene, back, 6);
        seen[i]++;
    }
    CHECK_INT(wrong, 0);
    CHECK(!s->at(s, -1, gene) && !s->at(s, 15625, gene));
    free(seen);
    ll_str_free(&b);
}

/* Strings and indices as NAS-Bench-201 publishes them (0, 9 and 123 are checked by its own generator; 1462 is
 * the cell of 3x3 convolutions). */
static void the_index_is_the_published_one(void)
{
    static const struct {
        int index;
        const char *text;
    } known[] = {
        {0,
         "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"},
        {9, "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"},
        {123, "|avg_pool_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|"},
        {1462,
         "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"},
    };
    const ll_space *s = nb201();
    ll_str b = {0};
    ll_error e = {0};
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < 4; i++) {
        CHECK(s->at(s, known[i].index, gene));
        text_of(s, gene, &b);
        CHECK_STR(ll_str_text(&b), known[i].text);
        CHECK_INT(s->parse(s, known[i].text, gene, &e), LL_OK);
        CHECK_INT(s->index_of(s, gene), known[i].index);
    }
    ll_str_free(&b);
}

/* HELP's candidate list holds strings whose index its dictionary knows; the dictionary is a pickle whose
 * strings are stored plainly and in index order, so that searching them in the bytes is a reader of its own.
 */
static void the_index_is_helps(void)
{
    const char *path = check_shared("upstream/HELP/nasbench201/str_arch2idx.pt");
    if (!path) return;
    char *bytes;
    size_t len;
    ll_error e = {0};
    const ll_space *s = nb201();
    uint8_t gene[LL_MAX_POSITIONS];
    int found = 0, wrong = 0;
    CHECK_INT(ll_read_file(path, 0, &bytes, &len, &e), LL_OK);
    for (char *p = bytes; p && p < bytes + len; found++) {
        do p = memmem(p + 1, (size_t)(bytes + len - p - 1), "|", 1);
        while (p && (p[1] < 'a' || p[1] > 'z'));
        char *end = p ? memmem(p, (size_t)(bytes + len - p), "~2|", 3) : NULL;
        if (!end) break;
        char text[160] = "";
        if (end + 3 - p >= (long)sizeof text) break;
        memcpy(text, p, (size_t)(end + 3 - p));
        wrong += s->parse(s, text, gene, &e) != LL_OK || s->index_of(s, gene) != found;
        p = end + 3;
    }
    CHECK_INT(found, 15625);
    CHECK_INT(wrong, 0);
    free(bytes);
}

static void bad_text_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "|",
        "|none~0|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2||",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~3|",
        "|none~0|+|none~0|none~0|+|none~0|none~1|none~2|",
        "|none~0||none~0|none~1|+|none~0|none~1|none~2|",
        "|nor_conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|",
        "33333",
        "3333333",
        "333335",
        "3 3 3 3 3",
        "3,3,3,3,3,3,3",
        "3,3_3,3,3,3",
        "3,3,3,3,3,5",
        "3,3,3,3,3,",
        "3,,3,3,3,3,3",
        "3,3,3,3,3,-1",
        "[3,3,3,3,3,3",
        "3,3,3,3,3,3]",
        "(3,3,3,3,3,3]",
        "none,none,none,none,none,NONE",
        "none none none none none none none",
        "03,3,3,3,3,3",
    };
    const ll_space *s = nb201();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t gene[LL_MAX_POSITIONS] = {9, 9, 9, 9, 9, 9};
        ll_error e = {0};
        if (s->parse(s, bad[i], gene, &e) != LL_BAD_DATA)
            check_report(false, __FILE__, __LINE__, "took %s", bad[i]);
        CHECK_HAS(e.message, "nasbench201");
        CHECK(gene[0] == 9 && gene[5] == 9);
    }
}

static void good_forms_are_taken(void)
{
    static const char *const good[] = {
        "|none~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|none~2|",
        "012340",
        "0,1,2,3,4,0",
        "[0, 1, 2, 3, 4, 0]",
        " (0,1,2,3,4,0) ",
        "0_1_2_3_4_0",
        "0 1 2 3 4 0",
        "none_skip_connect_nor_conv_1x1_nor_conv_3x3_avg_pool_3x3_none",
        "none skip_connect nor_conv_1x1 nor_conv_3x3 avg_pool_3x3 none",
        "none|skip_connect|2|nor_conv_3x3|avg_pool_3x3|none"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_error e = {0};
        CHECK_INT(nb201()->parse(nb201(), good[i], gene, &e), LL_OK);
        CHECK_STR(e.message, "");
        CHECK(!memcmp(gene, "\0\1\2\3\4\0", 6));
    }
}

/* A string with one character changed is another cell's string or refused, never misread. */
static void fuzzed_text_is_never_misread(void)
{
    const ll_space *s = nb201();
    ll_rng r = ll_rng_new(1, 1);
    ll_str b = {0}, back = {0};
    int taken = 0, misread = 0;
    for (int i = 0; i < 50000; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_error e = {0};
        s->at(s, ll_rng_below(&r, s->n_archs), gene);
        text_of(s, gene, &b);
        b.s[ll_rng_below(&r, (int)b.len)] = (char)(1 + ll_rng_below(&r, 255));
        if (s->parse(s, b.s, gene, &e)) continue;
        text_of(s, gene, &back);
        misread += strcmp(b.s, back.s) != 0;
        taken++;
    }
    CHECK_INT(misread, 0);
    CHECK(taken < 2000); /* the same character again, or 1x1 <-> 3x3 does not happen in one step */
    ll_str_free(&b);
    ll_str_free(&back);
}

static void reading_tells_index_from_operations(void)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    CHECK_INT(ll_space_read(nb201(), "1462", gene, &e), LL_OK);
    CHECK(!memcmp(gene, "\3\3\3\3\3\3", 6));
    CHECK_INT(ll_space_read(nb201(), "000003", gene, &e), LL_OK);
    CHECK(!memcmp(gene, "\0\0\0\0\0\3", 6));
    CHECK_INT(ll_space_read(nb201(), "15625", gene, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "0..15624");
    CHECK_INT(ll_space_read(fbnet(), "1462", gene, &e), LL_BAD_DATA);
}

static void fbnet_strings_go_round(void)
{
    const ll_space *s = fbnet();
    ll_rng r = ll_rng_new(3, 1);
    ll_str b = {0};
    for (int i = 0; i < 200; i++) {
        uint8_t gene[LL_MAX_POSITIONS], back[LL_MAX_POSITIONS];
        ll_error e = {0};
        for (int p = 0; p < 22; p++) gene[p] = (uint8_t)ll_rng_below(&r, 9);
        text_of(s, gene, &b);
        CHECK(!s->parse(s, b.s, back, &e) && !memcmp(gene, back, 22));
        ll_str_clear(&b);
        for (int p = 0; p < 22; p++) ll_str_addf(&b, "%s%s", p ? "_" : "", s->ops[gene[p]]);
        CHECK(!s->parse(s, b.s, back, &e) && !memcmp(gene, back, 22));
    }
    uint8_t gene[LL_MAX_POSITIONS];
    CHECK(s->index_of(s, gene) == -1 && !s->at(s, 0, gene));
    ll_str_free(&b);
}

static ll_cost cost_of(const ll_space *s, const char *text)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_cost c = {0};
    ll_error e = {0};
    CHECK_INT(ll_space_read(s, text, gene, &e), LL_OK);
    CHECK(ll_space_cost(s, gene, &c));
    return c;
}

/* By hand. A 3x3 convolution of a cell costs 9 * 16^2 * 32^2 = 2359296 in every stage (channels double, area
 * quarters), a 1x1 a ninth. Stem 442368; reductions 1179648 + 2359296 + 131072 = 3670016 each; classifier
 * 640. All 3x3: 30 / 6 * 3 * 6 * 2359296 + 442368 + 2 * 3670016 = 220119040. Parameters with bn: 1531546,
 * published as 1.53 M and 220.12 M; the cell of four 3x3, one 1x1 and a skip is published with 1.073 M. */
static void costs_are_those_by_hand(void)
{
    ll_cost c = cost_of(nb201(), "1462");
    CHECK_NEAR(c.conv_macs, 220119040, 0);
    CHECK_NEAR(c.params, 1531546, 0);
    CHECK_NEAR(c.conv_params, 30 * 9 * (256 + 1024 + 4096) + 432 + 14336 + 57344, 0);
    /* additions: 15 cells x 3 + residuals; pools: the two 2x2 of the reductions; the mean over 8x8x64 */
    CHECK_NEAR(c.macs,
               220119040 + 640 + 5 * 3 * (16384 + 8192 + 4096) + 8192 + 4096 + 4 * (4096 + 2048) + 4096, 0);
    CHECK_NEAR(c.kernels, 1 + 15 * 9 + 10 + 2, 0);
    /* 6 convolutions in each cell, the stem, three convolutions in each reduction */
    CHECK_NEAR(c.activations, 5 * 6 * (16384 + 8192 + 4096) + 16384 + 3 * (8192 + 4096), 0);

    c = cost_of(
        nb201(),
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|");
    CHECK_NEAR(c.params, 1073466, 0);
    CHECK_NEAR(c.conv_macs, 442368 + 2 * 3670016 + 15 * (4 * 2359296 + 262144), 0);

    c = cost_of(nb201(), "000000");
    CHECK_NEAR(c.conv_macs, 442368 + 2 * 3670016, 0);
    CHECK_NEAR(c.kernels, 1 + 10 + 2, 0);

    c = cost_of(nb201(), "111114"); /* one pool: 9 per element; additions of skips */
    CHECK_NEAR(c.macs - cost_of(nb201(), "111111").macs, 9 * 5 * (16384 + 8192 + 4096), 0);
    CHECK_NEAR(c.kernels, 1 + 10 + 2 + 15 * 4, 0);

    /* fbnet, all skips: stem 3*16*9*32^2, four convolutions where the shape changes ... classifier */
    c = cost_of(fbnet(), "8888888888888888888888");
    CHECK_NEAR(c.conv_macs,
               442368 + 16 * 24 * 1024 + 24 * 32 * 256 + 32 * 64 * 64 + 64 * 112 * 64 + 112 * 184 * 16 +
                   184 * 352 * 16 + 352 * 1504 * 16,
               0);
}

/* The 13 proxies that came with NASFLAT count parameters with bn and FLOPs as multiply-adds, 2 an element of
 * each bn, 1 of each ReLU (the one shared inside a block once) and the final mean. */
static void fbnet_counts_are_the_published_ones(void)
{
    const char *path = check_shared("upstream/NASFLAT/zc_fbnet.json");
    if (!path) return;
    cJSON *all;
    ll_error e = {0};
    int n = 0, wrong = 0;
    ll_layer layers[LL_MAX_LAYERS];
    CHECK_INT(ll_json_read_file(path, &all, &e), LL_OK);
    for (const cJSON *a = all->child; a; a = a->next, n++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_cost c;
        CHECK_INT(fbnet()->parse(fbnet(), a->string, gene, &e), LL_OK);
        CHECK(ll_space_cost(fbnet(), gene, &c));
        int n_layers = fbnet()->layers(fbnet(), gene, layers, LL_MAX_LAYERS);
        double flops = 0;
        for (int i = 0; i < n_layers; i++) {
            const ll_layer *l = &layers[i];
            double out = (double)l->c_out * l->h_out * l->h_out;
            bool counted = l->act && !(l->kind == LL_CONV && l->kernel == 1 && i + 1 < n_layers &&
                                       layers[i + 1].position == l->position && l->position >= 0);
            if (l->kind == LL_CONV) flops += out * l->kernel * l->kernel * l->c_in / l->groups + 2 * out;
            if (counted) flops += out;
            if (l->kind == LL_GLOBAL_POOL) flops += (double)l->c_in * l->h_in * l->h_in;
            if (l->kind == LL_LINEAR) flops += (double)l->c_in * l->c_out;
        }
        wrong += c.params != ll_json_get_num(a, "params", 0) || flops != ll_json_get_num(a, "flops", 0);
    }
    CHECK_INT(n, 5000);
    CHECK_INT(wrong, 0);
    cJSON_Delete(all);
}

/* Shapes fit from layer to layer where the network is a chain: each layer of fbnet reads what the one before
 * it wrote. */
static void fbnet_layers_join(void)
{
    ll_rng r = ll_rng_new(4, 1);
    for (int i = 0; i < 100; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_layer l[LL_MAX_LAYERS];
        for (int p = 0; p < 22; p++) gene[p] = (uint8_t)ll_rng_below(&r, 9);
        int n = fbnet()->layers(fbnet(), gene, l, LL_MAX_LAYERS);
        for (int j = 1; j < n; j++) CHECK(l[j].c_in == l[j - 1].c_out && l[j].h_in == l[j - 1].h_out);
        CHECK_INT(fbnet()->layers(fbnet(), gene, l, 3), n);
    }
}

static void the_pruned_graph_is_the_authors(void)
{
    const char *path = check_shared("golden/nasflat_nb201_ensemble.json");
    if (!path) return;
    cJSON *golden;
    ll_error e = {0};
    CHECK_INT(ll_json_read_file(path, &golden, &e), LL_OK);
    const cJSON *order = cJSON_GetObjectItem(golden, "op_order");
    int n = 0, wrong = 0;
    for (const cJSON *a = cJSON_GetObjectItem(golden, "archs")->child; a; a = a->next, n++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_graph g;
        CHECK_INT(nb201()->parse(nb201(), ll_json_get_str(a, "arch", ""), gene, &e), LL_OK);
        CHECK_INT(nb201()->index_of(nb201(), gene), ll_json_get_int(a, "index", -1));
        CHECK(nb201()->graph(nb201(), gene, LL_GRAPH_PRUNED, &g));
        CHECK_INT(g.n_nodes, 8);
        const cJSON *rows = cJSON_GetObjectItem(a, "adjacency"), *ops = cJSON_GetObjectItem(a, "ops");
        for (int i = 0; i < 8; i++) {
            int op = cJSON_GetArrayItem(ops, i)->valueint;
            const char *name = cJSON_GetArrayItem(order, op)->valuestring;
            wrong += strcmp(name, i == 0 ? "input" : i == 7 ? "output" : nb201()->ops[g.op[i]]) != 0;
            for (int j = 0; j < 8; j++)
                wrong += g.adj[i][j] != cJSON_GetArrayItem(cJSON_GetArrayItem(rows, i), j)->valueint;
        }
    }
    CHECK_INT(n, 51);
    CHECK_INT(wrong, 0);
    cJSON_Delete(golden);
}

/* Pruning is known to leave 8,687 distinct graphs of the 15,625 cells. */
static int compare_bytes(const void *a, const void *b)
{
    return memcmp(a, b, 8 + 64);
}

static void pruning_merges_as_known(void)
{
    const ll_space *s = nb201();
    unsigned char *key = ll_alloc((size_t)s->n_archs, 72);
    for (int i = 0; i < s->n_archs; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_graph g;
        s->at(s, i, gene);
        s->graph(s, gene, LL_GRAPH_PRUNED, &g);
        for (int a = 0; a < 8; a++) {
            bool live = false;
            for (int b = 0; b < 8; b++) {
                live = live || g.adj[a][b] || g.adj[b][a];
                key[72 * i + 8 + 8 * a + b] = g.adj[a][b];
            }
            key[72 * i + a] = (unsigned char)(live ? g.op[a] + 1 : 77);
        }
    }
    qsort(key, (size_t)s->n_archs, 72, compare_bytes);
    int distinct = 1;
    for (int i = 1; i < s->n_archs; i++) distinct += memcmp(key + 72 * i, key + 72 * (i - 1), 72) != 0;
    CHECK_INT(distinct, 8687);
    free(key);
}

static void full_graphs_are_as_described(void)
{
    static const char *const edges[] = {"01101000", "00010100", "00000010", "00000010",
                                        "00000001", "00000001", "00000001", "00000000"};
    uint8_t gene[LL_MAX_POSITIONS] = {0, 1, 2, 3, 4, 0};
    ll_graph g;
    CHECK(nb201()->graph(nb201(), gene, LL_GRAPH_FULL, &g));
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) CHECK_INT(g.adj[i][j], edges[i][j] - '0');
    CHECK(!nb201()->graph(nb201(), gene, LL_GRAPH_RELEASED, &g));
    for (int p = 0; p < 22; p++) gene[p] = (uint8_t)(p % 9);
    CHECK(fbnet()->graph(fbnet(), gene, LL_GRAPH_FULL, &g));
    CHECK_INT(g.n_nodes, 24);
    CHECK(g.adj[0][1] && g.adj[22][23] && !g.adj[1][0] && g.op[0] == -1 && g.op[22] == 3);
    CHECK(fbnet()->graph(fbnet(), gene, LL_GRAPH_RELEASED, &g));
    CHECK_INT(g.n_nodes, 22);
    CHECK(g.adj[5][5] && !g.adj[5][6] && g.op[0] == -1 && g.op[21] == -1 && g.op[20] == 2);
    CHECK(!fbnet()->graph(fbnet(), gene, LL_GRAPH_PRUNED, &g));
}

static bool fits_a_page(const char *text)
{
    int column = 0;
    for (; *text; text++) {
        if ((unsigned char)*text > 126 || (*text < ' ' && *text != '\n')) return false;
        column = *text == '\n' ? 0 : column + 1;
        if (column > 72) return false;
    }
    return true;
}

static void drawings_fit_and_name_every_operation(void)
{
    ll_str b = {0};
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < 15625; i++) {
        nb201()->at(nb201(), i, gene);
        ll_str_clear(&b);
        nb201()->draw(nb201(), gene, &b);
        bool good = fits_a_page(b.s);
        for (int p = 0; p < 6; p++) good = good && strstr(b.s, nb201()->ops[gene[p]]);
        if (!good) check_report(false, __FILE__, __LINE__, "cell %d is drawn badly:\n%s", i, b.s);
    }
    ll_str_clear(&b);
    nb201()->draw(nb201(), (const uint8_t[]){3, 0, 1, 0, 4, 0}, &b);
    CHECK_STR(b.s, "  . . . . . . . . . . . . . . . . none  . . . . . . . . . . . . . . . .\n"
                   "  :                                                                   :\n"
                   "  :                     +-------------- avg_pool_3x3 ---------------+ :\n"
                   "  :                     |                                           v :\n"
                   "(in)-- nor_conv_3x3 -->(1)-- skip_connect* ->(2) . . . none  . . . (out)\n"
                   "  :                                           :\n"
                   "  . . . . . . . . . . none  . . . . . . . . . .\n"
                   "* computed, but its result does not reach the output\n");
    for (int p = 0; p < 22; p++) gene[p] = 1;
    ll_str_clear(&b);
    fbnet()->draw(fbnet(), gene, &b);
    CHECK(fits_a_page(b.s));
    CHECK_HAS(b.s, "stage 3  16x16 x  32   k3e1g2 > k3e1g2 > k3e1g2 > k3e1g2  (/2)\n");
    ll_str_free(&b);
}

static void users_define_spaces(void)
{
    ll_error e = {0};
    ll_strs list = {0};
    ll_strs_split(&list, "conv,conv_5,id,a,a,12", ',');
    char **ops = list.v, **twice = list.v + 3, **digits = list.v + 4;
    const ll_space *s = ll_space_define("toy", 4, ops, 3, &e);
    CHECK(s && ll_space_find("toy") == s && ll_space_define("toy", 4, ops, 3, &e) == s);
    CHECK(!ll_space_define("toy", 5, ops, 3, &e));
    CHECK_HAS(e.message, "already defined");
    CHECK(!ll_space_define("fbnet", 4, ops, 3, &e) && !ll_space_define("", 4, ops, 3, &e));
    CHECK(!ll_space_define("t2", 0, ops, 3, &e) && !ll_space_define("t2", 65, ops, 3, &e));
    CHECK(!ll_space_define("t2", 4, twice, 2, &e) && !ll_space_define("t2", 4, digits, 2, &e));
    CHECK(!ll_space_find("t2"));
    uint8_t gene[LL_MAX_POSITIONS];
    ll_cost c;
    ll_graph g;
    ll_str b = {0};
    CHECK_INT(s->parse(s, "conv_5_conv_id_0", gene, &e), LL_OK);
    CHECK(!memcmp(gene, "\1\0\2\0", 4));
    text_of(s, gene, &b);
    CHECK_STR(b.s, "conv_5|conv|id|conv");
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g) && g.n_nodes == 6 && !ll_space_cost(s, gene, &c));
    CHECK_INT(s->parse(s, "conv_5_conv_id_3", gene, &e), LL_BAD_DATA);
    ll_str_clear(&b);
    s->draw(s, gene, &b);
    CHECK_STR(b.s, "conv_5 -> conv -> id -> conv\n");
    ll_str_free(&b);
    ll_strs_free(&list);
}

static const check_case cases[] = {
    {"spaces are found", spaces_are_found},
    {"every cell survives a round trip", every_cell_survives_a_round_trip},
    {"the index is the published one", the_index_is_the_published_one},
    {"the index is HELP's", the_index_is_helps},
    {"bad text is refused", bad_text_is_refused},
    {"good forms are taken", good_forms_are_taken},
    {"fuzzed text is never misread", fuzzed_text_is_never_misread},
    {"reading tells index from operations", reading_tells_index_from_operations},
    {"fbnet strings go round", fbnet_strings_go_round},
    {"costs are those by hand", costs_are_those_by_hand},
    {"fbnet counts are the published ones", fbnet_counts_are_the_published_ones},
    {"fbnet layers join", fbnet_layers_join},
    {"the pruned graph is the authors'", the_pruned_graph_is_the_authors},
    {"pruning merges as known", pruning_merges_as_known},
    {"full graphs are as described", full_graphs_are_as_described},
    {"drawings fit and name every operation", drawings_fit_and_name_every_operation},
    {"users define spaces", users_define_spaces},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_space", cases, argc, argv);
}
