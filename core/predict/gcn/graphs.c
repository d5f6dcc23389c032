#include "core/predict/gcn/graphs.h"

#include <string.h>

#include "core/base/mem.h"

static bool on_a_path(const ll_graph *g, int node)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (g->adj[i][node] || g->adj[node][i]) return true;
    return false;
}

static void fill_graph(const ll_graph *g, int n_ops, bool successors, unsigned char *label,
                       unsigned char *reads)
{
    int nodes = g->n_nodes + 1;
    memset(reads, 0, (size_t)nodes * (size_t)nodes);
    memset(reads, 1, (size_t)nodes);
    label[0] = (unsigned char)(n_ops + 2);
    for (int i = 0; i < g->n_nodes; i++) {
        bool end = i == 0 || i == g->n_nodes - 1;
        reads[(i + 1) * nodes + i + 1] = 1;
        label[i + 1] = (unsigned char)(i == 0 ? n_ops : end ? n_ops + 1 : g->op[i]);
        if (!end && !on_a_path(g, i)) label[i + 1] = LL_GCN_NO_LABEL;
        for (int j = 0; j < g->n_nodes; j++)
            if (successors ? g->adj[i][j] : g->adj[j][i]) reads[(i + 1) * nodes + j + 1] = 1;
    }
}

/* The kind that the space has, and how many nodes its graphs. */
static ll_graph_kind kind_of(const ll_space *s, ll_graph_kind wanted, int *nodes)
{
    ll_graph g;
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_graph_kind kind = s->graph(s, gene, wanted, &g) ? wanted : LL_GRAPH_FULL;
    s->graph(s, gene, kind, &g);
    *nodes = g.n_nodes;
    return kind;
}

void ll_gcn_graphs_size(const ll_space *s, ll_graph_kind kind, int *nodes, int *labels)
{
    kind_of(s, kind, nodes);
    *nodes += 1;
    *labels = ll_space_node_ops(s) + 3;
}

void ll_gcn_graphs_of(const ll_archs *archs, int from, int n, ll_graph_kind wanted, bool successors,
                      ll_gcn_graphs *out)
{
    const ll_space *s = archs->space;
    ll_graph g;
    int inner;
    ll_graph_kind kind = kind_of(s, wanted, &inner);
    size_t nodes = (size_t)inner + 1;
    *out = (ll_gcn_graphs){.n = n, .nodes = (int)nodes, .labels = ll_space_node_ops(s) + 3};
    out->label = ll_alloc((size_t)n + 1, nodes);
    out->reads = ll_alloc((size_t)n + 1, nodes * nodes);
    for (int a = 0; a < n; a++) {
        s->graph(s, ll_arch(archs, from + a), kind, &g);
        fill_graph(&g, ll_space_node_ops(s), successors, out->label + (size_t)a * nodes,
                   out->reads + (size_t)a * nodes * nodes);
    }
}
