#include "core/encode/arch2vec/graphs.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

bool ll_arch2vec_graph(const ll_space *s, const uint8_t *gene, ll_graph *out)
{
    return s->graph && (s->graph(s, gene, LL_GRAPH_PRUNED, out) || s->graph(s, gene, LL_GRAPH_FULL, out));
}

ll_status ll_arch2vec_graphs_of(const ll_space *s, int *nodes, int *labels, ll_error *e)
{
    const uint8_t first[LL_MAX_POSITIONS] = {0};
    ll_graph g;
    if (!ll_arch2vec_graph(s, first, &g))
        return ll_fail(e, LL_USAGE,
                       "arch2vec reads graphs, and architectures of %s have none; encoding=onehot needs none",
                       s->name);
    *nodes = g.n_nodes;
    *labels = LL_ARCH2VEC_FIRST_OP + ll_space_node_ops(s);
    return LL_OK;
}

/* --- made, filled --- */

static void rows_make(ll_arch2vec_rows *l, size_t n)
{
    l->own = LL_NEW_ARRAY(int, n);
    l->first = LL_NEW_ARRAY(int, n + 1);
    l->count = LL_NEW_ARRAY(int, n);
    l->key = LL_NEW_ARRAY(uint64_t, n);
}

static void rows_free(ll_arch2vec_rows *l)
{
    free(l->own);
    free(l->first);
    free(l->read);
    free(l->count);
    free(l->key);
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

ll_arch2vec_graphs *ll_arch2vec_graphs_new(int nodes, int labels, int most)
{
    ll_arch2vec_graphs *g = LL_NEW(ll_arch2vec_graphs);
    size_t all = (size_t)most * (size_t)nodes;
    *g = (ll_arch2vec_graphs){.most = most, .nodes = nodes, .labels = labels};
    g->label = LL_NEW_ARRAY(uint8_t, all);
    g->arc = LL_NEW_ARRAY(uint8_t, all * (size_t)nodes);
    g->row_of = LL_NEW_ARRAY(int, all);
    g->next = LL_NEW_ARRAY(int, all);
    g->at = LL_NEW_ARRAY(int, all + 1);
    for (g->table_size = 64; g->table_size < 2 * all;) g->table_size *= 2;
    g->table = LL_NEW_ARRAY(int, g->table_size);
    g->label_key = LL_NEW_ARRAY(uint64_t, labels);
    for (int i = 0; i < labels; i++) g->label_key[i] = mix(0x243f6a8885a308d3u, (uint64_t)i);
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++) rows_make(&g->round[r], all);
    return g;
}

void ll_arch2vec_graphs_free(ll_arch2vec_graphs *g)
{
    if (!g) return;
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++) rows_free(&g->round[r]);
    free(g->label);
    free(g->arc);
    free(g->row_of);
    free(g->next);
    free(g->at);
    free(g->neighbour);
    free(g->table);
    free(g->label_key);
    free(g);
}

void ll_arch2vec_graphs_clear(ll_arch2vec_graphs *g)
{
    g->n = 0;
}

static uint8_t label_of(const ll_graph *graph, int node)
{
    if (graph->op[node] >= 0) return (uint8_t)(LL_ARCH2VEC_FIRST_OP + graph->op[node]);
    return node ? LL_ARCH2VEC_OUTPUT : LL_ARCH2VEC_INPUT;
}

/* Room for a graph's neighbours behind those there are. */
static void reserve(ll_arch2vec_graphs *g)
{
    size_t wanted = (size_t)g->at[g->n * g->nodes] + (size_t)g->nodes * (size_t)g->nodes;
    if (wanted <= g->room) return;
    g->room = 2 * wanted;
    g->neighbour = ll_realloc(g->neighbour, g->room, sizeof(int));
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++)
        g->round[r].read = ll_realloc(g->round[r].read, g->room, sizeof(int));
}

void ll_arch2vec_graphs_add(ll_arch2vec_graphs *g, const ll_graph *graph)
{
    int nodes = g->nodes, base = g->n * nodes;
    uint8_t *arc = g->arc + (size_t)base * (size_t)nodes;
    reserve(g);
    int n = g->at[base];
    for (int i = 0; i < nodes; i++, arc += nodes) {
        g->label[base + i] = label_of(graph, i);
        for (int j = 0; j < nodes; j++) {
            arc[j] = i != j && (graph->adj[i][j] || graph->adj[j][i]);
            if (arc[j]) g->neighbour[n++] = base + j;
        }
        g->at[base + i + 1] = n;
    }
    g->n++;
}

/* --- which rows are the same --- */

/* The rows before that a node's neighbours have, in the order of their keys; returns how many. */
static int collect(const ll_arch2vec_graphs *g, int node, const uint64_t *key, int *to)
{
    int n = 0;
    for (int i = g->at[node]; i < g->at[node + 1]; i++) {
        int row = g->row_of[g->neighbour[i]], at = n++;
        for (; at > 0 && key[row] < key[to[at - 1]]; at--) to[at] = to[at - 1];
        to[at] = row;
    }
    return n;
}

static uint64_t key_of(const int *read, int n, int own, const uint64_t *key)
{
    uint64_t h = mix(0x13198a2e03707344u, key[own]);
    for (int i = 0; i < n; i++) h = mix(h, key[read[i]]);
    return h;
}

/* The row of these neighbours, which stand behind the last row: an earlier one, or the new last. */
static int find_or_add(ll_arch2vec_graphs *g, ll_arch2vec_rows *l, int own, int n, uint64_t key)
{
    const int *read = l->read + l->first[l->n];
    size_t at = key & (g->table_size - 1);
    for (; g->table[at]; at = (at + 1) & (g->table_size - 1)) {
        int row = g->table[at] - 1, from = l->first[row];
        if (l->own[row] == own && l->first[row + 1] - from == n &&
            !memcmp(l->read + from, read, (size_t)n * sizeof *read))
            return row;
    }
    g->table[at] = l->n + 1;
    l->own[l->n] = own;
    l->key[l->n] = key;
    l->count[l->n] = 0;
    l->first[l->n + 1] = l->first[l->n] + n;
    return l->n++;
}

/* row_of says the rows of the round before, then those of this one. */
static void number_round(ll_arch2vec_graphs *g, ll_arch2vec_rows *l, const uint64_t *key)
{
    memset(g->table, 0, g->table_size * sizeof *g->table);
    l->n = 0;
    l->first[0] = 0;
    for (int i = 0; i < g->n * g->nodes; i++) {
        int *read = l->read + l->first[l->n], own = g->row_of[i], n = collect(g, i, key, read);
        g->next[i] = find_or_add(g, l, own, n, key_of(read, n, own, key));
        l->count[g->next[i]]++;
    }
    int *swap = g->row_of;
    g->row_of = g->next;
    g->next = swap;
}

void ll_arch2vec_graphs_number(ll_arch2vec_graphs *g)
{
    for (int i = 0; i < g->n * g->nodes; i++) g->row_of[i] = g->label[i];
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++)
        number_round(g, &g->round[r], r ? g->round[r - 1].key : g->label_key);
}
