/* Architectures as graphs with a global node, for graph convolutions. */
#ifndef LL_PREDICT_GCN_GRAPHS_H
#define LL_PREDICT_GCN_GRAPHS_H

#include "core/archs/archs.h"
#include "core/nn/gcn_graphs.h"
#include "core/predict/gcn/graphs.h"

/* Architectures from .. from + n - 1 of a set: node 0 the global one, which reads all and is read out, then input, inner nodes, output, which
 * read themselves and either their successors (BRP-NAS) or their predecessors (HELP). Labels: the space's operations,
 * input, output, global; a node that lies on no path has none. LL_GRAPH_PRUNED falls back to LL_GRAPH_FULL in a space
 * that has no pruned graph. Precondition: the space has a graph. */
void ll_gcn_graphs_of(const ll_archs *archs, int from, int n, ll_graph_kind kind, bool successors,
                      ll_gcn_graphs *out);
/* The same without architectures: how many nodes and labels a space has. */
void ll_gcn_graphs_size(const ll_space *s, ll_graph_kind kind, int *nodes, int *labels);

#endif
