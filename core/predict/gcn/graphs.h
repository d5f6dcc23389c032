/* Architectures as graphs with a global node, for graph convolutions. */
#ifndef LL_PREDICT_GCN_GRAPHS_H
#define LL_PREDICT_GCN_GRAPHS_H

#include "core/device/dataset.h"
#include "core/nn/gcn_graphs.h"
#include "core/predict/gcn/graphs.h"

/* All architectures of d: node 0 the global one, which reads all and is read out, then input, inner nodes, output, which
 * read themselves and either their successors (BRP-NAS) or their predecessors (HELP). Labels: the space's operations,
 * input, output, global; a node that lies on no path has none. LL_GRAPH_PRUNED falls back to LL_GRAPH_FULL in a space
 * that has no pruned graph. Precondition: the space has a graph. */
void ll_gcn_graphs_of(const ll_dataset *d, ll_graph_kind kind, bool successors, ll_gcn_graphs *out);

#endif
