/* What the structured GP knows of a network of layers: its costs, and a function of each layer, summed.
 *
 * Latency as a sum over layers, t(l) = work(l) g(l) with g a Gaussian process over what a layer is: an additive kernel
 * (Duvenaud et al., NeurIPS 2011) whose parts share one function, so that a layer tells something of every other that is
 * like it, at whichever position. Its kernel is
 *
 *     k(l, m) = work(l) work(m) alike(l, m) exp(-|x(l) - x(m)|^2 / (6 1.5^2)),
 *     work = macs + 32 (numbers read, written and weights),  x = log(1 + macs, 1 + weights, 1 + written)
 *
 * with alike 1 for layers of one kind (dense, grouped, depthwise 3x3 or larger, moving data), .8 for dense and grouped and
 * for two sizes of depthwise kernels, else .3. The columns are its pivoted Cholesky factor over all choices at all
 * positions. */
#ifndef LL_PREDICT_GP_LAYERS_H
#define LL_PREDICT_GP_LAYERS_H

#include "core/space/space.h"

enum { LL_GP_COSTS = 4 }; /* multiply-adds, weights, numbers written by convolutions, layers */

/* Adds the costs of the layers that the gene decides on to out (LL_GP_COSTS); the space has layers(). */
void ll_gp_layer_costs(const ll_space *s, const uint8_t *gene, double *out);
/* Columns of the block; 0: the space has none (no layers are known, or those of a position depend on other choices). */
int ll_gp_layers_dim(const ll_space *s);
/* Adds the functions of its layers to out (ll_gp_layers_dim). */
void ll_gp_layers(const ll_space *s, const uint8_t *gene, double *out);

/* The kernel between two layers, for its tests. */
double ll_gp_layer_kernel(const ll_layer *a, const ll_layer *b);

#endif
