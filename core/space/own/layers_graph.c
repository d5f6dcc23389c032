#include "core/space/own/layers_graph.h"

#include <string.h>

#include "core/space/network.h"

/* Where a tensor comes from: positions (a bit each), and whether the image is among it with none in between. */
typedef struct origin {
    uint64_t positions;
    bool image;
} origin;

typedef struct maker {
    ll_graph *g;
    int n_positions, front;     /* the node behind which the network begins */
    int seen[LL_MAX_POSITIONS]; /* when its first layer came, 0: not yet */
    bool in_order;
    origin made[LL_MAX_LAYERS + 1];
} maker;

static void arc(maker *m, int from, int to)
{
    m->in_order = m->in_order && from < to;
    m->g->adj[from][to] = 1;
}

static void put_front(maker *m, const bool *placed, const bool *active)
{
    for (int p = 0; p < m->n_positions; p++) {
        if (placed[p] || !active[p]) continue;
        arc(m, m->front, p + 1);
        m->front = p + 1;
    }
}

static origin origin_of(const maker *m, const ll_layer *l)
{
    origin o = {0};
    for (int k = 0; k < ll_layer_reads(l); k++) {
        if (l->in[k] < 0) continue;
        o.positions |= m->made[l->in[k]].positions;
        o.image = o.image || m->made[l->in[k]].image;
    }
    return o;
}

/* From what was seen before then. */
static void join(maker *m, origin from, int to, int then)
{
    if (from.image) arc(m, m->front, to);
    for (int p = 0; p < m->n_positions; p++)
        if (from.positions >> p & 1 && m->seen[p] < then) arc(m, p + 1, to);
}

static origin follow(maker *m, const ll_layer *l, int when)
{
    origin from = origin_of(m, l);
    int p = l->position;
    if (p < 0 || l->kind == LL_ADD) return from;
    if (!m->seen[p]) m->seen[p] = when;
    join(m, from, p + 1, m->seen[p]);
    return (origin){UINT64_C(1) << p, false};
}

bool ll_layers_graph(const ll_layer *layers, int n, int n_positions, const bool *placed, const bool *active,
                     ll_graph *out)
{
    maker m = {.g = out, .n_positions = n_positions, .in_order = true};
    memset(out->adj, 0, sizeof out->adj);
    m.made[0].image = true;
    put_front(&m, placed, active);
    for (int i = 0; i < n; i++) m.made[i + 1] = follow(&m, &layers[i], i + 1);
    join(&m, m.made[n], out->n_nodes - 1, n + 1);
    return m.in_order;
}
