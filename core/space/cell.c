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
