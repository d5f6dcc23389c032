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

static ll_status encode(const ll_dataset *d, ll_matrix_f *out, ll_error *e)
{
    const ll_space *s = d->space;
    ll_graph g;
    uint8_t first[LL_MAX_POSITIONS] = {0};
    if (!s->graph || !s->graph(s, first, LL_GRAPH_PRUNED, &g))
        return ll_fail(e, LL_USAGE,
                       "all architectures of %s have the same graph; encoding=onehot tells them apart",
                       s->name);
    *out = ll_matrix_f_new(d->n_archs, g.n_nodes * (g.n_nodes - 1) / 2 + (g.n_nodes - 2) * s->n_ops);
    for (int a = 0; a < d->n_archs; a++) {
        s->graph(s, ll_gene(d, a), LL_GRAPH_PRUNED, &g);
        encode_one(&g, s->n_ops, out->v + (size_t)a * (size_t)out->cols);
    }
    return LL_OK;
}

const ll_encoding ll_encoding_graph = {"graph", "adjacency and operations of the pruned graph", encode};
