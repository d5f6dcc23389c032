/* A batch of graphs as arch2vec reads them: labels of nodes and undirected arcs, A' = A + transposed A; and which rows of
 * its rounds are the same.
 *
 * A node's row in a round is a function of its own row and its neighbours' in the round before. Nodes that agree in these,
 * of one graph or of several, share a row: it is worked out once. The 256 nodes of 32 random NAS-Bench-201 cells have 84 rows in
 * the first round and 153 in the last.
 *
 * Neighbours are summed in the order of their keys, which say what a row is and not which others there are: a sum is the
 * same to the bit in every company. */
#ifndef LL_ENCODE_ARCH2VEC_GRAPHS_H
#define LL_ENCODE_ARCH2VEC_GRAPHS_H

#include "core/encode/arch2vec/shape.h"
#include "core/space/space.h"

/* Labels: these, then the operations. */
enum { LL_ARCH2VEC_INPUT, LL_ARCH2VEC_OUTPUT, LL_ARCH2VEC_FIRST_OP };

/* Of one round. In the first, the rows before are the labels. */
typedef struct ll_arch2vec_rows {
    int n;
    int *own;          /* (n) the row before that is the node's own */
    int *first, *read; /* (n + 1); its neighbours' are read[first[r]] .. read[first[r + 1] - 1] */
    int *count;        /* (n) nodes that it stands for */
    uint64_t *key;     /* (n) */
} ll_arch2vec_rows;

typedef struct ll_arch2vec_graphs {
    int n, most, nodes, labels;
    uint8_t *label; /* (n, nodes) */
    uint8_t *arc;   /* (n, nodes, nodes) A', 0 or 1, diagonal 0 */
    ll_arch2vec_rows round[LL_ARCH2VEC_ROUNDS];
    int *row_of; /* (n, nodes) the node's row of the last round */
    /* of its own */
    int *neighbour,
        *at;     /* those of node i (of all) are neighbour[at[i]] .. neighbour[at[i + 1] - 1], nodes of all */
    size_t room; /* of neighbour and of each read */
    int *next, *table;
    size_t table_size;
    uint64_t *label_key;
} ll_arch2vec_graphs;

/* The graph that arch2vec reads: pruned where the space prunes, else full. False: there is none. */
bool ll_arch2vec_graph(const ll_space *s, const uint8_t *gene, ll_graph *out);
/* Nodes and labels of the graphs of a space; LL_USAGE where it has none. */
ll_status ll_arch2vec_graphs_of(const ll_space *s, int *nodes, int *labels, ll_error *e);

ll_arch2vec_graphs *ll_arch2vec_graphs_new(int nodes, int labels, int most);
void ll_arch2vec_graphs_free(ll_arch2vec_graphs *g);
void ll_arch2vec_graphs_clear(ll_arch2vec_graphs *g);
/* Behind the others, `most` in all; arcs in both directions count once, and one from a node to itself not at all. */
void ll_arch2vec_graphs_add(ll_arch2vec_graphs *g, const ll_graph *graph);
/* Numbers the rows of all rounds, once all graphs are there. */
void ll_arch2vec_graphs_number(ll_arch2vec_graphs *g);

#endif
