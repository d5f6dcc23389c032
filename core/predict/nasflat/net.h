/* The NASFLAT network, forward and backward, for batches of (architecture, device) items.
 *
 * What is shared is computed once (graphs.h): node features have two distinct rows, so the first
 * projections are two rows; the operation pass works on distinct (device, operation, degree) classes and its
 * second layer on the output node alone; updated operation vectors and all gates on distinct (item,
 * operation) slots. The rest are a few large GEMMs with fused tails.
 *
 * Threads: a work belongs to one thread at a time; layout, graphs and weights are only read. */
#ifndef LL_PREDICT_NASFLAT_NET_H
#define LL_PREDICT_NASFLAT_NET_H

#include "core/nn/real.h"
#include "core/predict/nasflat/graphs.h"
#include "core/predict/nasflat/shape.h"

typedef struct ll_nasflat_work ll_nasflat_work;

/* Room for `most` items; layout and graphs must outlive it. train: activations are kept for backward. */
ll_nasflat_work *ll_nasflat_work_new(const ll_nasflat_layout *l, const ll_nasflat_graphs *g, int most,
                                     bool train);
void ll_nasflat_work_free(ll_nasflat_work *k);

/* score (n): the network's outputs under weights w (layout.n), n <= most. z (n_archs, n_z) supplementary
 * encodings of all architectures; NULL when n_z is 0. dropout: one seed per item (n), NULL: off. */
void ll_nasflat_forward(ll_nasflat_work *k, const real *w, const ll_nasflat_item *items, int n,
                        const float *z, const uint64_t *dropout, real *score);
/* Once after a forward of a training work with the same w: grad (layout.n) += d loss / d w, given d loss / d score (n).
 * Items for which that is 0 cost nothing. */
void ll_nasflat_backward(ll_nasflat_work *k, const real *w, const real *dscore, real *grad);

#endif
