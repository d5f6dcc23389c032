/* What flows through a cell: the tensors that are left once copies are contracted (a node that one copy alone
 * leads to is the tensor it copies), and what is done with them. Runtimes that simplify a graph merge copies, additions
 * and activations of one tensor; what they merge is no sum over operations. Spaces of cells only (facts.h). */
#ifndef LL_PREDICT_GP_FLOW_H
#define LL_PREDICT_GP_FLOW_H

#include <stdint.h>

#include "core/space/space.h"

/* Columns; 0: the space has no cell. */
int ll_gp_flow_dim(const ll_space *s);
int ll_gp_pairs_dim(const ll_space *s);
/* Additions, tensors that convolutions and pools read, longest paths, fusable neighbours, degrees: out (flow_dim). gene:
 * of what is executed of the cell. */
void ll_gp_flow(const ll_space *s, const uint8_t *gene, double *out);
/* How often operation b follows a, (n_ops, n_ops), then how often a and b <= a meet in one node, (n_ops, n_ops); adds
 * to out (pairs_dim). */
void ll_gp_pairs(const ll_space *s, const uint8_t *gene, double *out);

#endif
