/* Spaces that are files: expressions, rules, strings, networks; those that come along; NAS-Bench-201 and FBNet once more, as
 * files, beside what is built in. */
#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/files/shipped.h"
#include "core/space/files/space_json.h"
#include "core/space/moves.h"
#include "core/space/network.h"
#include "core/space/template/expr.h"
#include "tests/check.h"
#include "tests/spaces/space_text.h"

static const ll_space *read_file(const char *path)
{
    const ll_space *s = NULL;
    ll_error e = {0};
    ll_space_from_file(path, &s, &e);
    check_report(s != NULL, __FILE__, __LINE__, "%s", e.message);
    return s;
}

/* --- the built-in spaces as files --- */

static void same_cost(const ll_space *a, const ll_space *b, const uint8_t *gene)
{
    ll_cost x, y;
    CHECK(ll_space_cost(a, gene, &x) && ll_space_cost(b, gene, &y));
    CHECK(!memcmp(&x, &y, sizeof x));
}

/* A layer's site may have another number, but not another meaning: equal layers at equal places share weights. */
static bool same_layer(const ll_layer *a, const ll_layer *b)
{
    bool shape = a->c_in == b->c_in && a->c_out == b->c_out && a->h_in == b->h_in && a->h_out == b->h_out;
    bool window = a->kernel == b->kernel && a->stride == b->stride && a->groups == b->groups;
    bool around = a->relu_before == b->relu_before && a->bn == b->bn && a->act == b->act;
    bool reads = a->in[0] == b->in[0] && (a->kind != LL_ADD || a->in[1] == b->in[1]);
    return a->kind == b->kind && a->position == b->position && shape && window && around && reads;
}

static bool same_layers(const ll_space *a, const ll_space *b, const uint8_t *gene)
{
    ll_layer x[LL_MAX_LAYERS], y[LL_MAX_LAYERS];
    int n = a->layers(a, gene, x, LL_MAX_LAYERS);
    if (b->layers(b, gene, y, LL_MAX_LAYERS) != n) return false;
    for (int i = 0; i < n; i++)
        if (!same_layer(&x[i], &y[i])) return false;
    return true;
}

static void same_string(const ll_space *a, const ll_space *b, const uint8_t *gene)
{
    ll_str x = {0}, y = {0};
    uint8_t again[LL_MAX_POSITIONS];
    ll_error e = {0};
    a->format(a, gene, &x);
    b->format(b, gene, &y);
    CHECK_STR(x.s, y.s);
    CHECK_INT(ll_space_parse(b, x.s, again, &e), LL_OK);
    CHECK(!memcmp(gene, again, (size_t)b->n_positions));
    ll_str_free(&x);
    ll_str_free(&y);
}

static void nasbench201_is_a_file(void)
{
    const ll_space *s = ll_space_find("nasbench201"), *f = read_file("tests/spaces/nasbench201.json");
    int alike = 0;
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; f && i < s->n_archs; i++) {
        s->at(s, i, gene);
        alike += same_layers(s, f, gene);
        if (i % 25) continue;
        same_cost(s, f, gene);
        same_string(s, f, gene);
    }
    CHECK_INT(alike, 15625);
}

static void fbnet_is_a_file(void)
{
    const ll_space *s = ll_space_find("fbnet"), *f = read_file("tests/spaces/fbnet.json");
    ll_rng rng = ll_rng_new(3, LL_STREAM_DATA);
    uint8_t gene[LL_MAX_POSITIONS];
    int alike = 0;
    for (int i = 0; f && i < 2000; i++) {
        ll_space_random(s, &rng, gene);
        if (i < 9) memset(gene, i, 22);
        alike += same_layers(s, f, gene);
        same_cost(s, f, gene);
        same_string(s, f, gene);
    }
    CHECK_INT(alike, 2000);
}

/* Data goes in the cell as in the graph that is written down, where every edge has a layer. */
static void a_cells_graph_follows_from_its_layers(void)
{
    const ll_space *s = ll_space_find("nasbench201"), *f = read_file("tests/spaces/nasbench201.json");
    int compared = 0, alike = 0;
    for (int i = 0; f && i < s->n_archs; i++) {
        uint8_t gene[6];
        ll_graph x, y;
        s->at(s, i, gene);
        if (memchr(gene, 0, 6)) continue; /* none: an ordinary node there, out of it here */
        CHECK(s->graph(s, gene, LL_GRAPH_FULL, &x) && f->graph(f, gene, LL_GRAPH_FULL, &y));
        compared++;
        alike += x.n_nodes == y.n_nodes && !memcmp(x.adj, y.adj, sizeof x.adj) &&
                 !memcmp(x.op, y.op, (size_t)x.n_nodes * sizeof *x.op);
    }
    CHECK_INT(compared, 4 * 4 * 4 * 4 * 4 * 4);
    CHECK_INT(alike, compared);
}

static bool has_arcs(const ll_graph *g, const char *arcs)
{
    int all = 0, these = 0, from, to, n;
    for (int i = 0; i < g->n_nodes; i++)
        for (int j = 0; j < g->n_nodes; j++) all += g->adj[i][j];
    for (; sscanf(arcs, " %d>%d%n", &from, &to, &n) == 2; arcs += n) these += g->adj[from][to];
    return all == these;
}

static void graphs_follow_data_or_the_order_of_positions(void)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_graph g;
    const ll_space *s = ll_space_find("resnet_tiny"); /* width and depths have no layers of their own */
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g));
    CHECK(has_arcs(&g, "0>1 1>2 2>3 3>4 4>5 5>6 4>6 6>7 7>8"));
    s = ll_space_find("mobilenetv2");
    gene[2] = 6; /* no block: still a node on the way, and its output is what a sum before it made of two */
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g));
    CHECK(g.adj[0][1] && g.adj[1][2] && g.adj[2][3] && g.adj[1][3] && g.adj[3][4] && !g.adj[1][5]);
    s = ll_space_find(
        "mcunet"); /* whose positions are in another order than its blocks: a chain of what is there */
    gene[2] = 0;
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g));
    for (int i = 0; i < 9; i++) CHECK(g.adj[i][i + 1]);
    CHECK(!g.adj[9][10] && g.adj[9][14]);
}

/* A choice changes nothing in what other positions have: their layers keep their places, and so their weights. */
static void sites_do_not_depend_on_other_choices(void)
{
    const ll_space *s = ll_space_find("mobilenetv2");
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_layer x[LL_MAX_LAYERS], y[LL_MAX_LAYERS];
    int n = s->layers(s, gene, x, LL_MAX_LAYERS);
    gene[1] = 6; /* no second block */
    int m = s->layers(s, gene, y, LL_MAX_LAYERS);
    CHECK(m < n);
    for (int i = 1; i <= 40; i++) CHECK_INT(x[n - i].site, y[m - i].site);
}

/* --- those that come along --- */

/* Of the architecture of all first choices, or of all last ones. */
static void count(const char *name, bool last, double macs, double params)
{
    const ll_space *s = ll_space_find(name);
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_cost c;
    CHECK(s != NULL);
    for (int p = 0; s && last && p < s->n_positions; p++) gene[p] = (uint8_t)(ll_space_choices(s, p) - 1);
    if (!s || !CHECK(ll_space_cost(s, gene, &c))) return;
    CHECK_NEAR(c.macs, macs, 0);
    CHECK_NEAR(c.params, params, 0);
}

/* By a program that walks the published tables of widths, strides and depths. */
static void their_counts_are_the_published_networks(void)
{
    count("mobilenetv2", false, 257936512, 3191928);
    count("mcunet", false, 7368912, 364242);
    count("mcunet", true, 282467456, 6768354);
    count("resnet_tiny", false, 3252544, 20018);
}

static void spaces_come_along(void)
{
    char *dir = ll_spaces_dir();
    ll_strs names = {0};
    CHECK_OK(ll_list_dir(dir, ".json", &names, NULL));
    CHECK_INT(names.n, 4);
    for (int i = 0; i < names.n; i++) {
        char *path = ll_path_join(dir, names.v[i]);
        const ll_space *s = read_file(path);
        CHECK(s && ll_space_find(s->name) == s); /* the same one again */
        free(path);
    }
    ll_strs_free(&names);
    free(dir);
    const ll_space *s;
    ll_error e = {0};
    CHECK_INT(ll_space_open("mcunet", &s, &e), LL_OK);
    CHECK_INT(ll_space_open("mcunets", &s, &e), LL_USAGE);
    CHECK(ll_space_open("nowhere/mcunet.json", &s, &e) != LL_OK);
    CHECK_HAS(e.message, "nowhere/mcunet.json");
}

/* Every network of these spaces is well formed: what a layer reads is there and has its shape. */
static void check_network(const ll_space *s, const uint8_t *gene)
{
    ll_network n;
    ll_error e = {0};
    if (!check_report(!ll_network_build(s, gene, &n, &e), __FILE__, __LINE__, "%s", e.message)) return;
    for (int i = 0; i < n.n_layers; i++) {
        const ll_layer *l = &n.layers[i];
        for (int k = 0; k < (l->kind == LL_ADD ? 2 : 1); k++) {
            if (l->in[k] == LL_TENSOR_INPUT) continue;
            const ll_layer *from = &n.layers[l->in[k] - 1];
            CHECK(l->in[k] <= i && from->c_out == l->c_in && from->h_out == l->h_in);
        }
    }
    CHECK(n.layers[n.n_layers - 1].kind == LL_LINEAR);
}

static void networks_are_well_formed(void)
{
    static const char *const spaces[] = {"mobilenetv2", "mcunet", "resnet_tiny"};
    for (int i = 0; i < 3; i++) {
        const ll_space *s = ll_space_find(spaces[i]);
        ll_rng rng = ll_rng_new(4, LL_STREAM_DATA);
        uint8_t gene[LL_MAX_POSITIONS];
        for (int j = 0; s && j < 200; j++) {
            ll_space_random(s, &rng, gene);
            check_network(s, gene);
            same_string(s, s, gene);
        }
    }
}

static void microcontrollers_count_in_bytes(void)
{
    const ll_space *s = ll_space_find("mcunet");
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_cost c;
    CHECK(ll_space_cost(s, gene, &c));
    CHECK_NEAR(c.sram_kb, c.peak_kb / 4, 0);
    CHECK(c.flash_kb * 1024 < c.params); /* a bias a channel is left of a bn, which has two numbers */
    s = ll_space_find("resnet_tiny");
    CHECK(ll_space_cost(s, gene, &c));
    CHECK_NEAR(c.sram_kb, c.peak_kb, 0);
}

/* --- a whole file --- */

static const char toy[] =
    "{\"name\": \"files-toy\", \"positions\": ["
    "{\"name\": \"d\", \"choices\": [1, 2]},"
    "{\"name\": \"w\", \"choices\": {\"slim\": 8, \"wide\": 16}},"
    "{\"names\": [\"b1\", \"b2\"], \"choices\": {\"k3\": {\"k\": 3}, \"k5\": {\"k\": 5}, \"skip\": {}}, "
    "\"when\": {\"d\": 2}},"
    "{\"name\": \"g\", \"choices\": [1, 2], \"when\": {\"b1\": [\"k3\", \"k5\"]}}],"
    "\"let\": {\"half\": \"w / 2\"}, \"input\": 16, \"network\": ["
    "{\"conv\": \"half\", \"kernel\": 3, \"act\": \"relu\"},"
    "{\"each\": [\"b1\", \"b2\"], \"as\": \"b\", \"when\": \"b.active && b != 'skip'\", \"do\": ["
    "{\"conv\": \"c\", \"kernel\": \"b.k\", \"groups\": \"g\"}]},"
    "{\"mean\": true}, {\"linear\": 2}]}";

static void rules_leave_positions_out(void)
{
    const ll_space *s = NULL;
    ll_error e = {0};
    CHECK_INT(read_text(toy, &s, &e), LL_OK);
    if (!s) return;
    uint8_t gene[] = {0, 1, 1, 1, 1}, all[] = {1, 1, 1, 1, 1};
    ll_space_canonical(s, gene); /* g hangs on b1, which hangs on d */
    CHECK(!memcmp(gene, (uint8_t[]){0, 1, 0, 0, 0}, 5));
    ll_space_canonical(s, all);
    CHECK(!memcmp(all, (uint8_t[]){1, 1, 1, 1, 1}, 5));
    ll_network n;
    CHECK_INT(ll_network_build(s, gene, &n, &e), LL_OK);
    CHECK_INT(n.n_layers, 3);
    CHECK_INT(ll_network_build(s, all, &n, &e), LL_OK);
    CHECK_INT(n.n_layers, 5);
    CHECK_INT(n.layers[1].kernel, 5);
    CHECK_INT(n.layers[1].groups, 2);
    CHECK_INT(n.layers[1].position, 2);
    CHECK_INT(n.layers[2].position, 3);
    CHECK_INT(n.layers[0].position, -1);
    CHECK_INT(n.layers[0].c_out, 8);
    ll_graph g;
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g));
    CHECK(g.adj[0][1] && g.adj[1][2] && g.adj[2][6] && !g.adj[2][3]);
}

static void a_definition_is_kept(void)
{
    const ll_space *s, *again;
    ll_error e = {0};
    CHECK_INT(read_text(toy, &s, &e), LL_OK);
    cJSON *o = ll_space_json(s);
    CHECK_INT(ll_space_from_json(o, &again, &e), LL_OK);
    CHECK(s == again);
    cJSON_DeleteItemFromObjectCaseSensitive(o, "let"); /* "half" is nothing now */
    CHECK_INT(ll_space_from_json(o, &again, &e), LL_BAD_DATA);
    cJSON_Delete(o);
    char *other = ll_path_join("", toy);
    memcpy(strstr(other, "\"input\": 16"), "\"input\": 18", 11);
    CHECK_INT(read_text(strchr(other, '{'), &again, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "already defined");
    free(other);
}

/* What is said for people is no part of the space, wherever it stands; the newest words are kept. */
static void words_do_not_make_another_space(void)
{
    static const char *const texts[] = {
        "{\"name\": \"words\", \"title\": \"one\", \"positions\": [{\"name\": \"about\", \"choices\": "
        "{\"about\": 2, \"b\": 4}}], "
        "\"let\": {\"w\": 3}, \"input\": 8, \"network\": [{\"when\": 1, \"do\": [{\"conv\": \"about * "
        "4\"}]}, "
        "{\"mean\": true}, {\"linear\": 2}]}",
        "{\"name\": \"words\", \"about\": [1], \"title\": \"two\", \"positions\": [{\"name\": \"about\", "
        "\"about\": \"x\", "
        "\"choices\": {\"about\": 2, \"b\": 4}}], \"let\": {\"w\": 3}, \"input\": 8, \"network\": "
        "[{\"about\": \"y\", \"when\": 1, "
        "\"do\": [{\"conv\": \"about * 4\", \"about\": \"z\"}]}, {\"mean\": true}, {\"linear\": 2}]}",
        "{\"name\": \"words\", \"positions\": [{\"name\": \"about\", \"choices\": {\"about\": 3, \"b\": "
        "4}}], "
        "\"let\": {\"w\": 3}, \"input\": 8, \"network\": [{\"when\": 1, \"do\": [{\"conv\": \"about * "
        "4\"}]}, "
        "{\"mean\": true}, {\"linear\": 2}]}",
    };
    const ll_space *s, *again;
    ll_error e = {0};
    CHECK_INT(read_text(texts[0], &s, &e), LL_OK);
    if (!s) return;
    CHECK_STR(s->title, "one");
    CHECK_INT(read_text(texts[1], &again, &e), LL_OK);
    CHECK(again == s);
    CHECK_STR(s->title, "two");
    cJSON *o = ll_space_json(s);
    CHECK_STR(ll_json_get_str(o, "title", ""), "two");
    cJSON_Delete(o);
    CHECK_INT(read_text(texts[2], &again, &e),
              LL_BAD_DATA); /* a choice called "about" counts as another number */
    CHECK_HAS(e.message, "already defined");
}

/* The example of the manual, as it stands there. */
static void the_manuals_example_works(void)
{
    char *text;
    size_t n;
    ll_error e = {0};
    CHECK_OK(ll_read_file("data/SPACES.md", 0, &text, &n, &e));
    char *begin = strstr(text, "```json"), *end = begin ? strstr(begin + 7, "```") : NULL;
    CHECK(end != NULL);
    if (end) *end = 0;
    const ll_space *s = NULL;
    if (end) check_report(!read_text(begin + 7, &s, &e), __FILE__, __LINE__, "%s", e.message);
    if (s) {
        uint8_t gene[] = {2, 1, 2, 2, 2};
        ll_str drawn = {0};
        s->format(s, gene, &drawn);
        CHECK_STR(drawn.s, "w32:d3:k3e4+k3e4+k3e4");
        s->draw(s, gene, &drawn);
        CHECK_HAS(drawn.s, "b2          16x16  x  48   1x1 128, 3x3 dw /2 128, 1x1 48\n");
        ll_str_free(&drawn);
    }
    free(text);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"NAS-Bench-201 is a file", nasbench201_is_a_file},
        {"FBNet is a file", fbnet_is_a_file},
        {"a cell's graph follows from its layers", a_cells_graph_follows_from_its_layers},
        {"graphs follow data or the order of positions", graphs_follow_data_or_the_order_of_positions},
        {"sites do not depend on other choices", sites_do_not_depend_on_other_choices},
        {"spaces come along", spaces_come_along},
        {"their counts are the published networks'", their_counts_are_the_published_networks},
        {"networks are well formed", networks_are_well_formed},
        {"microcontrollers count in bytes", microcontrollers_count_in_bytes},
        {"rules leave positions out", rules_leave_positions_out},
        {"a definition is kept", a_definition_is_kept},
        {"words do not make another space", words_do_not_make_another_space},
        {"the manual's example works", the_manuals_example_works},
        {0},
    };
    return check_main("space_files", cases, argc, argv);
}
