/* Adjacency and operations of the pruned graph: the upper triangle of the matrix, then a one-hot of the
 * operation of each inner node that still has an edge. */
#include "core/encode/parts.h"

static bool has_edge(const ll_graph *g, int node)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (g->adj[i][node] || g->adj[node][i]) return true;
    return false;
}

static void encode_one(const ll_graph *g, int n_ops, float *row)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (int j = i + 1; j < g->n_nodes; j++) *row++ = g->adj[i][j];
    for (int i = 1; i + 1 < g->n_nodes; i++, row += n_ops)
        if (has_edge(g, i)) row[g->op[i]] = 1;
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    const ll_space *s = c->space;
    ll_graph g;
    uint8_t first[LL_MAX_POSITIONS] = {0};
    if (!s->graph || !s->graph(s, first, LL_GRAPH_PRUNED, &g))
        return ll_fail(e, LL_USAGE,
                       "all architectures of %s have the same graph; encoding=onehot tells them apart",
                       s->name);
    c->dim = g.n_nodes * (g.n_nodes - 1) / 2 + (g.n_nodes - 2) * ll_space_node_ops(s);
    return LL_OK;
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    ll_graph g;
    for (int a = 0; a < archs->n; a++) {
        c->space->graph(c->space, ll_arch(archs, a), LL_GRAPH_PRUNED, &g);
        encode_one(&g, ll_space_node_ops(c->space), out + (size_t)a * (size_t)c->dim);
    }
    return LL_OK;
}

const ll_encoding ll_encoding_graph = {
    .name = "graph",
    .summary = "adjacency and operations of the pruned graph",
    .fit = fit,
    .encode = encode,
};
