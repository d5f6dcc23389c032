/* NAS-Bench-201 (Dong and Yang, ICLR 2020): a cell of four nodes, one of five operations on each of its six
 * edges. */
#include <stdlib.h>
#include <string.h>

#include "core/space/parts.h"

static const char *const ops[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
static const char *const ops_short[] = {"none", "skip", "1x1", "3x3", "pool"};
static const char *const positions[] = {"0>1", "0>2", "1>2", "0>3", "1>3", "2>3"};
const int ll_nb201_from[LL_NB201_EDGES] = {0, 0, 1, 0, 1, 2},
          ll_nb201_to[LL_NB201_EDGES] = {1, 2, 2, 3, 3, 3};
enum { N_OPS = 5, N_ARCHS = 15625, NODES = LL_NB201_EDGES + 2, OUT = NODES - 1 };

/* A million candidates are written without printf, which libquadmath (a part of OpenBLAS) makes three times as slow. */
static void format(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    (void)s;
    for (int i = 0; i < LL_NB201_EDGES; i++) {
        if (i && ll_nb201_to[i] != ll_nb201_to[i - 1]) ll_str_add(out, "|+");
        ll_str_addc(out, '|');
        ll_str_add(out, ops[gene[i]]);
        ll_str_addc(out, '~');
        ll_str_addc(out, (char)('0' + ll_nb201_from[i]));
    }
    ll_str_add(out, "|");
}

/* The published string, character by character. */
static ll_status parse_published(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    uint8_t read[LL_NB201_EDGES];
    const char *p = text;
    for (int i = 0; i < LL_NB201_EDGES; i++) {
        bool new_node = i && ll_nb201_to[i] != ll_nb201_to[i - 1];
        const char *opening = new_node ? "|+|" : "|";
        size_t n = strlen(opening);
        int len = 0, op = strncmp(p, opening, n) ? -1 : ll_space_match_op(s, i, p + n, &len);
        if (op < 0 || p[n + (size_t)len] != '~' || p[n + (size_t)len + 1] != '0' + ll_nb201_from[i])
            return ll_fail(
                e, LL_BAD_DATA,
                "\"%.160s\" is no nasbench201 cell: edge %s is wrong at \"%.24s\"; expected %sOP~%d with OP "
                "one of none, skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3",
                text, positions[i], p, opening, ll_nb201_from[i]);
        read[i] = (uint8_t)op;
        p += n + (size_t)len + 2;
    }
    if (strcmp(p, "|"))
        return ll_fail(e, LL_BAD_DATA, "\"%.160s\" is no nasbench201 cell: expected one \"|\" at the end",
                       text);
    memcpy(gene, read, sizeof read);
    return LL_OK;
}

static ll_status parse(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    return *text == '|' ? parse_published(s, text, gene, e) : ll_space_parse_list(s, text, gene, e);
}

static int index_of(const ll_space *s, const uint8_t *gene)
{
    (void)s;
    int code = 0;
    for (int i = 0; i < LL_NB201_EDGES; i++) {
        if (gene[i] >= N_OPS) return -1;
        code = N_OPS * code + gene[i];
    }
    return ll_nasbench201_index_of_code(code);
}

static bool at(const ll_space *s, int index, uint8_t *gene)
{
    (void)s;
    if (index < 0 || index >= N_ARCHS) return false;
    int code = ll_nasbench201_code_at(index);
    for (int i = LL_NB201_EDGES - 1; i >= 0; i--, code /= N_OPS) gene[i] = (uint8_t)(code % N_OPS);
    return true;
}

/* Edges of the cell become nodes 1..6 of the graph. */
static void full_graph(const uint8_t *gene, ll_graph *g)
{
    memset(g, 0, sizeof *g);
    g->n_nodes = NODES;
    g->op[0] = g->op[OUT] = -1;
    for (int i = 0; i < LL_NB201_EDGES; i++) {
        g->op[i + 1] = gene[i];
        if (ll_nb201_from[i] == 0) g->adj[0][i + 1] = 1;
        if (ll_nb201_to[i] == 3) g->adj[i + 1][OUT] = 1;
        for (int j = 0; j < LL_NB201_EDGES; j++)
            if (ll_nb201_to[i] == ll_nb201_from[j]) g->adj[i + 1][j + 1] = 1;
    }
}

static void cut_node(ll_graph *g, int node)
{
    for (int i = 0; i < NODES; i++) g->adj[node][i] = g->adj[i][node] = 0;
}

/* Wire every predecessor to every successor, then cut. */
static void contract_node(ll_graph *g, int node)
{
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES && g->adj[i][node]; j++)
            if (g->adj[node][j]) g->adj[i][j] = 1;
    cut_node(g, node);
}

/* Edges only go to higher numbers, so one sweep each way finds what lies on a path from input to output. */
static void cut_off_path(ll_graph *g)
{
    bool from_input[NODES] = {true}, to_output[NODES] = {0};
    to_output[OUT] = true;
    for (int j = 1; j < NODES; j++)
        for (int i = 0; i < j; i++) from_input[j] = from_input[j] || (from_input[i] && g->adj[i][j]);
    for (int i = OUT - 1; i >= 0; i--)
        for (int j = i + 1; j < NODES; j++) to_output[i] = to_output[i] || (to_output[j] && g->adj[i][j]);
    for (int i = 1; i < OUT; i++)
        if (!from_input[i] || !to_output[i]) cut_node(g, i);
}

static bool graph(const ll_space *s, const uint8_t *gene, ll_graph_kind kind, ll_graph *out)
{
    (void)s;
    if (kind == LL_GRAPH_RELEASED) return false;
    full_graph(gene, out);
    if (kind == LL_GRAPH_FULL) return true;
    for (int i = 0; i < LL_NB201_EDGES; i++)
        if (gene[i] == LL_NB201_NONE) cut_node(out, i + 1);
    for (int i = 0; i < LL_NB201_EDGES; i++)
        if (gene[i] == LL_NB201_SKIP) contract_node(out, i + 1);
    cut_off_path(out);
    return true;
}

static const ll_op_cost op_costs[N_OPS] = {[LL_NB201_SKIP] = {0, 0, .3, 0},
                                           [LL_NB201_CONV1] = {1, 1, 1, 1},
                                           [LL_NB201_CONV3] = {9, 9, 1, 1},
                                           [LL_NB201_POOL] = {.05, 0, 1, 1}};
static const uint8_t help_labels[N_OPS] = {[LL_NB201_NONE] = 4,
                                           [LL_NB201_SKIP] = 5,
                                           [LL_NB201_CONV1] = 2,
                                           [LL_NB201_CONV3] = 3,
                                           [LL_NB201_POOL] = 1};
/* NASLib and NAS-Bench-Suite-Zero: edges 0>1 0>2 0>3 1>2 1>3 2>3, operations skip, none, 3x3, 1x1, pool. */
static const int naslib_edges[LL_NB201_EDGES] = {0, 1, 3, 2, 4, 5},
                 naslib_ops[N_OPS] = {LL_NB201_SKIP, LL_NB201_NONE, LL_NB201_CONV3, LL_NB201_CONV1,
                                      LL_NB201_POOL};
static const ll_space_order naslib = {"naslib", naslib_edges, naslib_ops};
static const ll_cell_graph cell = {4, ll_nb201_from, ll_nb201_to, LL_NB201_NONE, op_costs, help_labels};
static const ll_space_facts facts = {.cell = &cell,
                                     .orders = &naslib,
                                     .n_orders = 1,
                                     .tune = {40, 3e-3},
                                     .cate_within = 2e5,
                                     .help = {.pool = 900, .episodes = 2000}};

const ll_space ll_nasbench201 = {
    .name = "nasbench201",
    .title = "NAS-Bench-201: 15,625 cells of 6 edges, 5 operations each",
    .n_positions = LL_NB201_EDGES,
    .n_ops = N_OPS,
    .ops = ops,
    .ops_short = ops_short,
    .positions = positions,
    .n_archs = N_ARCHS,
    .parse = parse,
    .format = format,
    .index_of = index_of,
    .at = at,
    .graph = graph,
    .layers = ll_nasbench201_layers,
    .draw = ll_nasbench201_draw,
    .facts = &facts,
};
