/* Spaces that are files: expressions, rules, strings, networks; those that come along; NAS-Bench-201 and FBNet once more, as
 * files, beside what is built in. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/space/expr.h"
#include "core/space/moves.h"
#include "core/space/network.h"
#include "core/space/shipped.h"
#include "core/space/space_json.h"
#include "tests/check.h"

static const ll_space *read_file(const char *path)
{
    const ll_space *s = NULL;
    ll_error e = {0};
    ll_space_from_file(path, &s, &e);
    check_report(s != NULL, __FILE__, __LINE__, "%s", e.message);
    return s;
}

static ll_status read_text(const char *text, const ll_space **out, ll_error *e)
{
    cJSON *item = NULL;
    *e = (ll_error){0};
    *out = NULL;
    ll_status s = ll_json_parse(text, strlen(text), &item, e);
    if (!s) s = ll_space_from_json(item, out, e);
    cJSON_Delete(item);
    return s;
}

/* --- expressions --- */

static int one_name(void *ctx, const char *name)
{
    (void)ctx;
    return !strcmp(name, "seven") ? 0 : !strcmp(name, "op") ? 1 : -1;
}

static int skip_is_two(void *ctx, int variable, const char *choice, int *value)
{
    (void)ctx;
    *value = strcmp(choice, "skip") ? -1 : 2;
    return variable == 1 ? 2 : -1;
}

static long load(const void *ctx, int variable)
{
    static const long values[] = {7, 30, 2}; /* the position counts as 30, its index is 2 */
    (void)ctx;
    return values[variable];
}

static const ll_expr_scope scope = {NULL, one_name, skip_is_two};

static void expressions_have_values(void)
{
    static const struct {
        const char *text;
        long value;
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"7 / 2 * 2 + 7 % 2", 7},
        {"-7 / 2", -3},
        {"2 - 3 - 4", -5},
        {"--3", 3},
        {"!0 + !5", 1},
        {"1 < 2", 1},
        {"2 <= 1 || 3 >= 3", 1},
        {"5 && 0", 0},
        {"5 && 7", 1},
        {"0 || 7", 1},
        {"3 || 1 / 0", 1},
        {"0 && 1 / 0", 0},
        {"1 ? 2 : 3 / 0", 2},
        {"0 ? 1 : 0 ? 2 : 3", 3},
        {"1 + (0 ? 1 : 2) * 10", 21},
        {"min(3, seven) + max(3, seven)", 10},
        {"divisible(18, 8)", 24}, /* 16 is less than nine tenths of it */
        {"divisible(20, 8)", 24},
        {"divisible(33, 8)", 32},
        {"divisible(1, 8)", 8},
        {"op", 30},
        {"op == 'skip'", 1},
        {"op != 'skip' ? 1 : 5", 5},
        {"op == 30", 1},
        {"1073741824 - 1 + 1", 1073741824},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_expr x = {0};
        ll_error e = {0};
        long value = 0;
        const char *why = "";
        CHECK_INT(ll_expr_read(cases[i].text, &scope, &x, &e), LL_OK);
        bool good = x.n && ll_expr_value(&x, load, NULL, &value, &why);
        check_report(good && value == cases[i].value, __FILE__, __LINE__, "%s is %ld %s%s", cases[i].text,
                     value, why, e.message);
        ll_expr_free(&x);
    }
}

static void expressions_without_values_say_why(void)
{
    static const char *const cases[][2] = {
        {"1 / 0", "division by zero"},           {"5 % (2 - 2)", "division by zero"},
        {"1073741824 * 2", "beyond 1073741824"}, {"divisible(8, 0)", "less than 1"},
        {"-1073741824 - 1", "beyond"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_expr x = {0};
        long value;
        const char *why = "";
        CHECK_INT(ll_expr_read(cases[i][0], &scope, &x, NULL), LL_OK);
        CHECK(!ll_expr_value(&x, load, NULL, &value, &why));
        CHECK_HAS(why, cases[i][1]);
        ll_expr_free(&x);
    }
}

static void wrong_expressions_are_refused(void)
{
    static const char *const cases[][2] = {
        {"", "expected a number"},
        {"1 +", "expected a number"},
        {"(1", "expected ')'"},
        {"1 2", "expected its end at \"2\""},
        {"nine", "no such name at \"nine\""},
        {"min(1)", "expected ','"},
        {"max 1", "no such name"},
        {"1 == 'skip'", "only a position"},
        {"op == 'stay'", "no such choice"},
        {"op == 'skip", "closing '"},
        {"op < 'skip'", "expected a number"},
        {"1 ? 2", "expected ':'"},
        {"1 < 2 < 3", "expected its end"},
        {"99999999999", "too large"},
        {"1 = 2", "expected its end"},
        {"\xff", "expected a number"},
    };
    ll_error e;
    ll_expr x = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        e = (ll_error){0};
        CHECK_INT(ll_expr_read(cases[i][0], &scope, &x, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, cases[i][1]);
    }
    char deep[2000];
    memset(deep, '(', 300), deep[300] = 0;
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "nested too deep");
    memset(deep, '-', 300), deep[300] = 0;
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    for (int i = 0; i < 190; i++) memcpy(deep + 2 * i, "1+", 2);
    strcpy(deep + 380, "1");
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "too long");
    memset(deep, '1', 1000), deep[1000] = 0;
    CHECK_INT(ll_expr_read(deep, &scope, &x, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "at most 400");
    CHECK_INT(ll_expr_read("nine", &scope, &x, NULL), LL_BAD_DATA);
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

/* --- what is refused --- */

static void refuse(const char *text, const char *why)
{
    const ll_space *s;
    ll_error e;
    CHECK_INT(read_text(text, &s, &e), LL_BAD_DATA);
    CHECK(!s && !ll_space_find("bad"));
    CHECK_HAS(e.message, why);
    check_report(!strchr(e.message, '\n'), __FILE__, __LINE__, "%s", e.message);
}

#define POSITIONS(LIST) "{\"name\": \"bad\", \"positions\": [" LIST "]}"
#define AB              "{\"names\": [\"a\", \"b\"], \"choices\": [1, 2]}"
#define NETWORK(STEPS)  "{\"name\": \"bad\", \"positions\": [" AB "], \"input\": 8, \"network\": [" STEPS "]}"
#define END             "{\"mean\": true}, {\"linear\": 2}"

static void bad_positions_are_refused(void)
{
    refuse("{\"positions\": [" AB "]}", "no \"name\"");
    refuse(POSITIONS("{\"name\": \"a\"}"), "positions[0]: \"choices\" is a list");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": []}"), "positions[0]: the position has no choices");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": {}}"), "the position has no choices");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": \"blocks\"}"), "no list of \"lists\"");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [true]}"), "a name or a whole number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1.5]}"), "a name or a whole number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [\"1\", \"2000000000\"]}"), "too large for a number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": {\"x\": {\"active\": 7}}}"), "choose another name");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": {\"x\": 1.5}}"), "stands for a whole number");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1], \"wen\": {}}"), "\"wen\" is nothing");
    refuse(POSITIONS(AB ", {\"name\": \"a\", \"choices\": [1]}"), "the position a comes twice");
    refuse(POSITIONS("{\"name\": \"a b\", \"choices\": [1]}"), "cannot name a position");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [\"x\", \"x\"]}, " AB), "twice");
    refuse(POSITIONS(AB ", 3"), "positions[1]: expected");
    refuse("{\"name\": \"fbnet\", \"positions\": [" AB "]}", "built-in");
    refuse(POSITIONS(AB "],"
                        "\"colour\": [1"),
           "\"colour\" is nothing");
}

static void bad_rules_are_refused(void)
{
#define WHEN(NAME, RULE) "{\"name\": \"" NAME "\", \"choices\": [1, 2], \"when\": " RULE "}"
    refuse(POSITIONS(AB "," WHEN("c", "{\"d\": 1}")), "\"d\" is no position");
    refuse(POSITIONS(AB "," WHEN("c", "{\"a\": 3}")), "positions[1].when: \"3\" is no choice");
    refuse(POSITIONS(AB "," WHEN("c", "{\"a\": []}")), "lists no choice");
    refuse(POSITIONS(AB "," WHEN("c", "[\"a\"]")), "expected {POSITION");
    refuse(POSITIONS(AB "," WHEN("c", "{\"c\": 1}")), "positions: \"c\" hangs on itself");
    refuse(POSITIONS(WHEN("a", "{\"b\": 1}") "," WHEN("b", "{\"c\": 1}") "," WHEN("c", "{\"a\": 2}")),
           "in a circle");
}

static void half_positions_are_refused(void)
{
    refuse(POSITIONS("\"b\", {\"name\": \"a\", \"choices\": [1]}"),
           "positions[0]: expected {\"name\": ..., \"choices\": ...}");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1]}, \"b\""), "positions[1]: expected {");
    refuse(POSITIONS("{\"name\": \"a\", \"names\": [\"b\"], \"choices\": [1]}"),
           "positions[0]: a position has a \"name\", or several");
    refuse(POSITIONS("{\"names\": [], \"choices\": [1]}"), "positions[0]: \"names\" is a list");
    refuse(POSITIONS("{\"names\": \"b\", \"choices\": [1]}"), "positions[0]: \"names\" is a list");
}

static void bad_strings_are_refused(void)
{
#define STRING(TEXT) "{\"name\": \"bad\", \"positions\": [" AB "], \"string\": \"" TEXT "\"}"
    refuse(STRING("{a}"), "1 of 2 positions");
    refuse(STRING("{a}|{a}"), "comes twice");
    refuse(STRING("{a}|{c}"), "no position");
    refuse(STRING("{a}|{b"), "closing '}'");
    refuse(STRING("{a}{b}"), "could belong to its choice");
    refuse(STRING("{a}_{b}"), "'_' behind {a} could belong to its choice: separate them by one of | : / + ~");
    refuse(STRING("{#a}1{b}"),
           "'1' behind {#a} could belong to its choice: separate them by something that is no digit");
    refuse(STRING("{a} {b}"), "a blank cannot stand in it");
    refuse(STRING("{a},{b}"),
           "a comma cannot stand in it, since strings stand in tables and on the command line");
    refuse(STRING("{a}\\\"{b}"), "a quote cannot stand in it");
    refuse(STRING("{a}\\u00e4{b}"), "not printable ASCII");
}

static void bad_networks_are_refused(void)
{
    refuse("{\"name\": \"bad\", \"positions\": [" AB "], \"network\": [" END "]}", "input: a network needs");
    refuse(NETWORK(""), "network: expected a list of steps");
    refuse(NETWORK(END ", 3"), "network[2]: expected a step");
    refuse(NETWORK("{\"conv\": \"a *\"}," END), "network[0].conv: \"a *\" is no expression");
    refuse(NETWORK("{\"conv\": \"x\"}," END), "there is no such name");
    refuse(NETWORK("{\"conv\": 4, \"kernal\": 3}," END), "network[0]: \"kernal\" is nothing");
    refuse(NETWORK("{\"conv\": 4, \"kernel\": 2}," END), "odd");
    refuse(NETWORK("{\"conv\": 0}," END), "expected 1..8192");
    refuse(NETWORK("{\"conv\": \"8 / (a - 2)\"}," END),
           "space bad: network[0].conv: its number is -8: expected");
    refuse(NETWORK("{\"conv\": \"8 / (a - 1)\"}," END), "a division by zero");
    refuse(NETWORK("{\"conv\": 4, \"groups\": 2}," END), "2 groups do not divide 3 channels");
    refuse(NETWORK("{\"to\": \"x\"}, {\"conv\": \"2 + a\"}, {\"add\": \"x\"}," END),
           "network[2].add: 3 channels of 8x8 are added to 4 of 8x8 (the network of 2|1)");
    refuse(NETWORK("{\"add\": \"x\"}," END), "network[0].add: \"x\" is no tensor");
    refuse(NETWORK("{\"when\": 0, \"to\": \"x\"}, {\"add\": \"x\"}," END), "was not made");
    refuse(NETWORK("{\"to\": \"a\"}," END), "has a meaning already");
    refuse(NETWORK("{\"to\": \"c\"}," END), "has a meaning already");
    refuse(NETWORK("{\"each\": [1], \"as\": \"b\", \"do\": [" END "]}"), "has a meaning already");
    refuse(NETWORK("{\"each\": [[1, 2]], \"as\": \"i\", \"do\": [" END "]}"), "as many members");
    refuse(NETWORK("{\"each\": [[1]], \"as\": [\"i\", \"j\"], \"do\": [" END "]}"), "as many members");
    refuse(NETWORK("{\"each\": [\"size\"], \"as\": \"i\", \"do\": [{\"conv\": \"i\"}]}, {\"conv\": 3}"),
           "linear");
    refuse(NETWORK("{\"each\": [\"2 * size\"], \"as\": \"i\", \"do\": [{\"conv\": \"i\"}]}," END),
           "no such name");
    refuse(NETWORK("{\"linear\": 3}"), "reads a mean");
    refuse(NETWORK("{\"mean\": true}"), "does not end with a linear layer");
    refuse(NETWORK("{\"mean\": 3}"), "expected true");
    refuse(NETWORK("{\"mean\": true}, {\"pool\": 2}," END), "larger than the image");
    refuse(NETWORK("{\"conv\": 4, \"position\": \"z\"}," END), "name of a position");
    refuse(NETWORK("{\"conv\": 4, \"act\": \"tanh\"}," END), "no such name");
    refuse(NETWORK("{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [{\"do\": [" END
                   "]}]}]}]}]}]}]}]}"),
           "more than 8 deep");
}

#define THREE                                                                                                \
    "{\"name\": \"a\", \"choices\": [8, 12, 32]}, {\"name\": \"b\", \"choices\": [8, 12]}, {\"name\": "      \
    "\"k\", \"choices\": [3, 5]}"
#define OF_THREE(STEPS)                                                                                      \
    "{\"name\": \"bad\", \"positions\": [" THREE "], \"input\": 16, \"network\": [" STEPS END "]}"

/* What fails for some choices says which, and in which layer. */
static void guilty_choices_are_named(void)
{
    refuse(OF_THREE("{\"conv\": 8, \"kernel\": \"k\"}, {\"conv\": \"96 / (32 - a)\"},"),
           "space bad: choice 32 of position a makes no network: network[1].conv: a division by zero (the "
           "network of 32|");
    refuse(OF_THREE("{\"conv\": 8, \"stride\": \"b == 12 ? a : 1\"},"),
           "choice 32 of position a and choice 12 of position b together make no network: network[0].conv: "
           "stride "
           "is 32");
    refuse(OF_THREE("{\"conv\": \"a\", \"to\": \"x\"}, {\"conv\": \"a + k - 3\"}, {\"add\": \"x\"},"),
           "choice 5 of position k makes no network: network[2].add: 8 channels of 16x16 are added to 10");
    refuse(OF_THREE("{\"conv\": 7, \"to\": \"x\"}, {\"conv\": \"a\"}, {\"add\": \"x\"},"),
           "space bad: network[2].add: 7 channels");
    refuse(OF_THREE("{\"when\": \"a != 8\", \"linear\": 3},"),
           "of position a makes no network: network[0].linear: a linear layer reads a mean");
    /* the first one tried is wrong, and nearly all others are not */
    refuse(OF_THREE("{\"when\": \"a == 8 && b == 8 && k == 3\", \"linear\": 3},"),
           "together make no network: network[0].linear");
}

/* "act": "nl" is what the choices are called, not their indices; where they are called otherwise it stays an expression. */
static void activations_are_chosen_by_name(void)
{
    static const char text[] = "{\"name\": \"%s\", \"positions\": [{\"name\": \"nl\", \"choices\": %s}], "
                               "\"input\": 8, \"network\": ["
                               "{\"each\": [\"nl\"], \"as\": \"p\", \"do\": [{\"conv\": 4, \"act\": "
                               "\"p\"}]}, {\"conv\": 4, \"act\": \"nl\"}," END "]}";
    static const struct {
        const char *name, *choices;
        ll_activation acts[3];
    } spaces[] = {
        {"acts-names", "[\"hswish\", \"relu\", \"none\"]", {LL_HSWISH, LL_RELU, LL_NO_ACT}},
        {"acts-own", "[\"plain\", \"bent\", \"relu\"]", {LL_NO_ACT, LL_RELU, LL_RELU6}},
        {"acts-numbers", "{\"relu\": 2, \"relu6\": 1, \"none\": 3}", {LL_RELU6, LL_RELU, LL_HSWISH}}};
    for (int i = 0; i < 3; i++) {
        const ll_space *s = NULL;
        ll_error e;
        ll_str file = {0};
        ll_str_addf(&file, text, spaces[i].name, spaces[i].choices);
        CHECK_OK(read_text(file.s, &s, &e));
        for (uint8_t c = 0; s && c < 3; c++) {
            ll_layer layers[LL_MAX_LAYERS];
            CHECK_INT(s->layers(s, &c, layers, LL_MAX_LAYERS), 4);
            CHECK_INT(layers[0].act, spaces[i].acts[c]);
            CHECK_INT(layers[1].act, spaces[i].acts[c]);
        }
        ll_str_free(&file);
    }
}

static void names_that_clash_are_refused(void)
{
    refuse(
        POSITIONS(
            "{\"name\": \"a\", \"choices\": {\"x\": {\"k\": 1}}}, {\"name\": \"a.k\", \"choices\": [\"x\"]}"),
        "space bad: positions: \"a.k\" is a position and a number of another one");
    refuse(POSITIONS("{\"name\": \"a.active\", \"choices\": [1]}, {\"name\": \"a\", \"choices\": [\"x\"]}"),
           "\"a.active\" is");
    refuse(POSITIONS("{\"name\": \"a\", \"choices\": [1]}, {\"name\": \"a\", \"choices\": [\"x\"]}"),
           "space bad: the position a comes twice");
    refuse("{\"name\": \"bad\", \"positions\": [{\"name\": \"z.c\", \"choices\": [\"x\", \"y\"]}], "
           "\"input\": 8, \"network\": [{\"to\": \"z\"}, " END "]}",
           "network[0].to: \"z\" and a dot begin the name of a position");
    const ll_space *s = NULL;
    ll_error e;
    CHECK_INT(
        read_text("{\"name\": \"dots\", \"positions\": [{\"name\": \"a\", \"choices\": {\"x\": {\"k\": 1}}}, "
                  "{\"name\": \"a.e\", \"choices\": [\"x\"]}, {\"name\": \"ab.k\", \"choices\": [\"x\"]}]}",
                  &s, &e),
        LL_OK);
}

static void names_of_spaces_are_no_paths(void)
{
    static const char *const names[] = {"..", ".", "a/b", "", "-x", ".x", "7", "a b"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ll_str text = {0};
        const ll_space *s = NULL;
        ll_error e;
        ll_str_addf(&text, "{\"name\": \"%s\", \"positions\": [" AB "]}", names[i]);
        CHECK_INT(read_text(text.s, &s, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, "\" cannot name a search space");
        CHECK(e.message[0] == '"'); /* the sentence does not begin with "space ..:" */
        ll_str_free(&text);
    }
    refuse("{\"name\": \"bad\", \"positions\": []}", "has no \"positions\"");
    refuse("{\"name\": \"bad\"}", "has no \"positions\"");
}

/* A pipe gives its text once, so it is read once. */
static void a_pipe_is_read_once(void)
{
    static const char text[] = "{\"name\": \"piped\", \"positions\": [" AB "]}";
    char *path = ll_path_join(check_tmpdir(), "pipe.json");
    CHECK(!mkfifo(path, 0600));
    pid_t child = fork();
    if (!child) {
        int fd = open(path, O_WRONLY);
        _exit(write(fd, text, sizeof text - 1) != sizeof text - 1);
    }
    const ll_space *s = NULL;
    ll_error e = {0};
    int status = 1;
    alarm(20);
    CHECK_OK(ll_space_open(path, &s, &e));
    alarm(0);
    CHECK(waitpid(child, &status, 0) == child && !status);
    CHECK(s && !strcmp(s->name, "piped"));
    free(path);
}

/* Small files that would grow without bound. */
static void limits_hold(void)
{
#define TEN               "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
#define LOOP(NAME, INNER) "{\"each\": " TEN ", \"as\": \"" NAME "\", \"do\": [" INNER "]}"
    refuse(NETWORK(LOOP("i", LOOP("j", LOOP("k", LOOP("l", "{\"copy\": true}")))) "," END),
           "more than 2048 steps");
    refuse(NETWORK(LOOP(
               "i", LOOP("j", "{\"when\": \"i < 9\", \"conv\": 4}, {\"conv\": 3}, {\"conv\": 3}")) "," END),
           "more than 256 layers");
    refuse(NETWORK("{\"conv\": 8192, \"kernel\": 31}," END), "16777216 weights");
    ll_str text = {0}, sum = {0};
    for (int i = 0; i < 99; i++) ll_str_add(&sum, i ? "+1" : "1");
    ll_str_add(&text,
               "{\"name\": \"bad\", \"positions\": [" AB "], \"input\": 8, \"network\": [{\"each\": " TEN
               ", \"as\": \"i\", \"do\": [{\"each\": " TEN ", \"as\": \"j\", \"do\": [");
    ll_str_addf(&text, "{\"conv\": \"%s\", \"kernel\": \"%s\", \"stride\": \"%s\", \"groups\": \"%s\"}",
                sum.s, sum.s, sum.s, sum.s);
    ll_str_add(&text, "]}]}]}");
    refuse(text.s, "65536 names, numbers and signs");
    ll_str_free(&sum);
    ll_str_clear(&text);
    ll_str_add(&text, "{\"name\": \"bad\", \"positions\": [{\"names\": [");
    for (int i = 0; i < 300; i++) ll_str_addf(&text, "%s\"p%d\"", i ? "," : "", i);
    ll_str_add(&text, "], \"choices\": [1, 2]}]}");
    refuse(text.s, "more than 64 positions");
    ll_str_clear(&text);
    ll_str_add(&text, "{\"name\": \"bad\", \"positions\": [{\"name\": \"a\", \"choices\": [");
    for (int i = 0; i < 40; i++) ll_str_addf(&text, "%s%d", i ? "," : "", i);
    ll_str_add(&text, "]}]}");
    refuse(text.s, "more than 32 choices");
    ll_str_free(&text);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"expressions have values", expressions_have_values},
        {"expressions without values say why", expressions_without_values_say_why},
        {"wrong expressions are refused", wrong_expressions_are_refused},
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
        {"bad positions are refused", bad_positions_are_refused},
        {"bad rules are refused", bad_rules_are_refused},
        {"half positions are refused", half_positions_are_refused},
        {"bad strings are refused", bad_strings_are_refused},
        {"bad networks are refused", bad_networks_are_refused},
        {"guilty choices are named", guilty_choices_are_named},
        {"activations are chosen by name", activations_are_chosen_by_name},
        {"names that clash are refused", names_that_clash_are_refused},
        {"names of spaces are no paths", names_of_spaces_are_no_paths},
        {"a pipe is read once", a_pipe_is_read_once},
        {"limits hold", limits_hold},
        {0},
    };
    return check_main("space_files", cases, argc, argv);
}
