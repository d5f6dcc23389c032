#include <string.h>

#include "core/space/space.h"

/* Position that joins two nodes, -1: none. */
static int edge(const ll_space *s, int from, int to)
{
    const ll_cell_graph *c = s->facts->cell;
    for (int p = 0; p < s->n_positions; p++)
        if (c->from[p] == from && c->to[p] == to) return p;
    return -1;
}

static int exchanged(int node)
{
    return node == 1 ? 2 : node == 2 ? 1 : node;
}

bool ll_cell_mirror(const ll_space *s, const uint8_t *gene, uint8_t *mirror)
{
    const ll_cell_graph *c = s->facts->cell;
    int between = c && c->n_nodes > 3 ? edge(s, 1, 2) : -1;
    if (between < 0 || gene[between] != c->none) return false;
    for (int p = 0; p < s->n_positions; p++) {
        int source = p == between ? p : edge(s, exchanged(c->from[p]), exchanged(c->to[p]));
        if (source < 0) return false;
        mirror[p] = gene[source];
    }
    return memcmp(mirror, gene, (size_t)s->n_positions) != 0;
}

bool ll_cell_connected(const ll_space *s, const uint8_t *gene)
{
    const ll_cell_graph *c = s->facts->cell;
    bool reached[LL_MAX_NODES] = {true};
    if (!c) return true;
    for (int node = 1; node < c->n_nodes; node++) /* positions lead from lower nodes to higher ones */
        for (int p = 0; p < s->n_positions; p++)
            reached[node] |= c->to[p] == node && gene[p] != c->none && reached[c->from[p]];
    return reached[c->n_nodes - 1];
}
