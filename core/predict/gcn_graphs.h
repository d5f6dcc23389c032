/* Architectures as graphs with a global node, for graph convolutions. */
#ifndef LL_PREDICT_GCN_GRAPHS_H
#define LL_PREDICT_GCN_GRAPHS_H

#include "core/device/dataset.h"

enum { LL_GCN_NO_LABEL = 255 };

typedef struct ll_gcn_graphs {
    int n, nodes, labels;
    int read_out;         /* the node whose features come out */
    unsigned char *label; /* (n, nodes): one-hot input of a node; LL_GCN_NO_LABEL: all zero */
    unsigned char *reads; /* (n, nodes, nodes): row i, 1 where i sums over j */
} ll_gcn_graphs;

/* All architectures of d: node 0 the global one, which reads all and is read out, then input, inner nodes, output, which
 * read themselves and either their successors (BRP-NAS) or their predecessors (HELP). Labels: the space's operations,
 * input, output, global; a node that lies on no path has none. LL_GRAPH_PRUNED falls back to LL_GRAPH_FULL in a space
 * that has no pruned graph. Precondition: the space has a graph. */
void ll_gcn_graphs_of(const ll_dataset *d, ll_graph_kind kind, bool successors, ll_gcn_graphs *out);
void ll_gcn_graphs_free(ll_gcn_graphs *g);

#endif
