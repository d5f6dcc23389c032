/* The network of arch2vec: a variational graph isomorphism autoencoder (Yan, Zheng, Ao, Zeng and Zhang, "Does Unsupervised
 * Architecture Representation Learning Help Neural Architecture Search?", arXiv 2006.06936; with rounds by Xu et al., arXiv
 * 1810.00826). Formulas and what the published code does: core/ALGORITHMS.md section 3.
 *
 *   rounds   h <- relu(BN(relu(BN(((1 + epsilon) h + A' h) W0)) W1)), four of them, from the one-hot labels
 *   code     mu, s = h Wc + bc per node; s is the logarithm of a deviation
 *   decoder  z = dropout(mu + noise e^s); labels sigmoid(z Wd + bd), arcs sigmoid(z zT)
 *   loss     mean cross-entropy of labels, and of arcs over all nodes x nodes entries, of which those on the diagonal and
 *            below are known; and the divergence of the code from a standard normal, over (batch x nodes) once more
 *
 * Parameters are one flat vector (shape.h). The same source is compiled in float and, for gradient checks, in double.
 * Threads: a net belongs to one thread at a time; what it is given is only read. */
#ifndef LL_ENCODE_ARCH2VEC_NET_H
#define LL_ENCODE_ARCH2VEC_NET_H

#include "core/encode/arch2vec/graphs.h"
#include "core/nn/real.h"

typedef struct ll_arch2vec_net ll_arch2vec_net;
/* Its memory grows with what it is given. */
ll_arch2vec_net *ll_arch2vec_net_new(const ll_arch2vec_shape *s);
void ll_arch2vec_net_free(ll_arch2vec_net *k); /* NULL is fine */

/* --- training: graphs are numbered, and stay as they are until the step is done --- */

typedef struct ll_arch2vec_loss {
    double labels, arcs, divergence; /* the loss is their sum */
} ll_arch2vec_loss;
/* noise (g->n * nodes, dim) is kept until backward; NULL: none, z = mu. dropout: probability, 0 is off, with its seed. */
ll_arch2vec_loss ll_arch2vec_forward(ll_arch2vec_net *k, const real *w, const ll_arch2vec_graphs *g,
                                     const real *noise, real dropout, uint64_t seed);
/* After that forward: grad (params) += d loss/d w. */
void ll_arch2vec_backward(ll_arch2vec_net *k, const real *w, const ll_arch2vec_graphs *g, real *grad);
/* After that forward: statistics move by a tenth towards the batch's means and unbiased variances. */
void ll_arch2vec_track(const ll_arch2vec_net *k, const ll_arch2vec_graphs *g, real *statistics);

/* --- evaluation: normalised with statistics, no noise, no dropout --- */

/* out (g->n, dim): the mean of mu over the nodes of each graph. */
void ll_arch2vec_embed(ll_arch2vec_net *k, const real *w, const real *statistics, const ll_arch2vec_graphs *g,
                       real *out);

/* What comes back of graphs: has a probability above 1/2. Two nodes that are alike to the encoder have one code, whose
 * product with itself is never below 0: a gap between them is always filled. */
typedef struct ll_arch2vec_recall {
    long nodes, labels;     /* nodes; those whose label comes back, and no other */
    long arcs, arcs_found;  /* arcs; those that come back */
    long gaps, gaps_filled; /* pairs of nodes without an arc; those that get one */
} ll_arch2vec_recall;
/* Adds the graphs to it. */
void ll_arch2vec_try(ll_arch2vec_net *k, const real *w, const real *statistics, const ll_arch2vec_graphs *g,
                     ll_arch2vec_recall *r);

#endif
