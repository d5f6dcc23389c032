#include "core/encode/cate/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static void chain(const ll_space *s, const uint8_t *gene, ll_graph *g)
{
    memset(g, 0, sizeof *g);
    g->n_nodes = s->n_positions + 2;
    for (int i = 0; i < s->n_positions; i++) g->op[i + 1] = gene[i];
    for (int i = 0; i + 1 < g->n_nodes; i++) g->adj[i][i + 1] = 1;
}

static void graph_of(const ll_space *s, const uint8_t *gene, ll_graph *g)
{
    if (s->graph && s->graph(s, gene, LL_GRAPH_PRUNED, g)) return;
    if (!s->graph || !s->graph(s, gene, LL_GRAPH_FULL, g)) chain(s, gene, g);
}

int ll_cate_length(const ll_space *s)
{
    uint8_t first[LL_MAX_POSITIONS] = {0};
    ll_graph g;
    graph_of(s, first, &g);
    return g.n_nodes;
}

/* adj[i][j] = 1 where any path leads from i to j (Warshall) */
static void close_graph(ll_graph *g)
{
    int n = g->n_nodes;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n && g->adj[i][k]; j++) g->adj[i][j] |= g->adj[k][j];
}

static void write_heard(const ll_graph *g, uint8_t *count, uint8_t *list)
{
    int n = g->n_nodes;
    for (int i = 0; i < n; i++, list += n) {
        count[i] = 0;
        for (int j = 0; j < n; j++)
            if (i == j || g->adj[j][i]) list[count[i]++] = (uint8_t)j;
    }
}

static void write_tokens(const ll_graph *g, const ll_cate_shape *s, uint8_t *token)
{
    int last = g->n_nodes - 1;
    token[0] = (uint8_t)ll_cate_input_token(s);
    for (int i = 1; i < last; i++) token[i] = (uint8_t)g->op[i];
    token[last] = (uint8_t)ll_cate_output_token(s);
}

void ll_cate_tokens_read(ll_cate_tokens *t, const ll_cate_shape *shape, const ll_archs *archs, int from,
                         int n)
{
    size_t length = (size_t)shape->length, all = (size_t)n * length;
    ll_graph g;
    *t = (ll_cate_tokens){n,
                          shape->length,
                          LL_NEW_ARRAY(uint8_t, all + 1),
                          LL_NEW_ARRAY(uint8_t, all + 1),
                          LL_NEW_ARRAY(uint8_t, all * length + 1),
                          LL_NEW_ARRAY(ll_cate_heard, n + 1)};
    for (int i = 0; i < n; i++) {
        size_t at = (size_t)i * length;
        graph_of(archs->space, ll_arch(archs, from + i), &g);
        close_graph(&g);
        write_tokens(&g, shape, t->token + at);
        write_heard(&g, t->count + at, t->list + at * length);
        t->heard[i] = (ll_cate_heard){t->count + at, t->list + at * length};
    }
}

void ll_cate_tokens_free(ll_cate_tokens *t)
{
    free(t->token);
    free(t->count);
    free(t->list);
    free(t->heard);
    *t = (ll_cate_tokens){0};
}
