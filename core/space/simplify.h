/* A network as runtimes that simplify a graph would execute it: the same function, with less done for it.
 *
 *   copies       are other names of what they copy
 *   zeros        are nothing in a sum; a mean, shuffle or product of them, and a convolution without bias, are zeros too
 *   equal results  are computed once: the same kind of layer at the same shape, of the same tensors and, where it has
 *                weights, at the same site
 *   dead layers  from which nothing reaches the result are gone
 *   constants    what the image does not reach, but the result needs (a convolution of zeros leaves its bias), stands in
 *                front: an engine computes it when it loads the network, not when it runs it
 *
 * This is what pruning a cell in both directions leaves (core/predict/gp/features.h), for every space, and exact: pruned as a
 * cell, the bias of what the input does not reach would be lost. Sums of more than two and their fusion with convolutions
 * are the engine's (data/machines/host/plan.h). */
#ifndef LL_SPACE_SIMPLIFY_H
#define LL_SPACE_SIMPLIFY_H

#include "core/space/network.h"

/* out: n_constant of its layers are constants. May not be n. */
void ll_network_simplify(const ll_network *n, ll_network *out);

#endif
