/* The graph of an architecture from its layers: a node for each position, an arc where data goes from one to the next. */
#ifndef LL_SPACE_OWN_LAYERS_GRAPH_H
#define LL_SPACE_OWN_LAYERS_GRAPH_H

#include "core/space/space.h"

/* Arcs go from the position that a tensor was made at, through additions and fixed layers, to the position of the layer that
 * reads it, and never back to one that came earlier (a cell that is repeated is one cell). Positions that no step belongs to
 * (placed, active: (positions)) stand in a row behind the input. What is not there, or has no layer in this architecture, has
 * no arcs. `out` has its nodes and operations already. False: arcs would go to lower nodes, since the positions are in another
 * order than the network; `out->adj` is anything then. */
bool ll_layers_graph(const ll_layer *layers, int n, int n_positions, const bool *placed, const bool *active,
                     ll_graph *out);

#endif
