/* The graph layer of NASFLAT, one node at a time (core/ALGORITHMS.md section 1): dense graph flow (DGF), graph
 * attention (GAT), or the mean of both.
 *
 * The projections S = X W and Q = X W_k come in as rows; this is the tail behind them. Attention runs over
 * all nodes, but a non-edge has logit 0: its weight is the same for all of them, so one sum of all rows
 * serves them and the work is proportional to the edges, not to N squared. */
#ifndef LL_NN_GRAPH_CONV_H
#define LL_NN_GRAPH_CONV_H

#include <stdbool.h>

#include "core/nn/real.h"

enum { LL_CONV_MOST_WIDTH = 512 }; /* F at most */

/* One layer. Vectors are (F). */
typedef struct ll_conv {
    int f, width, gat_at; /* F; columns of rows; column where GAT's half starts */
    int n_nodes;          /* N */
    bool dgf, gat, relu;
    const real *dgf_bias, *a, *gamma, *beta;
} ll_conv;

/* One node: where its inputs are. A row r of the projections is proj + r * width. */
typedef struct ll_conv_node {
    const uint8_t *pred; /* (n_preds) nodes it gathers from */
    int n_preds;
    const int *row_of;               /* node -> row of proj */
    int own;                         /* its own row */
    const real *dgf_gate, *gat_gate; /* (F) after the sigmoid; DGF's is not read where nothing is gathered */
    const real *total;               /* (F) sum of the Q rows of all N nodes */
} ll_conv_node;

/* What backward needs again. GAT only. */
typedef struct ll_conv_keep {
    real *gathered; /* (F) sum_j alpha_j q_j */
    real *stat;     /* (3) mean, 1/sqrt of the LayerNorm; weight of a non-edge */
    real *edge;     /* (2 n_preds) weight of an edge; LeakyReLU's slope there */
} ll_conv_keep;

/* y (F). keep: all three arrays given. */
void ll_conv_forward(const ll_conv *c, const real *proj, const ll_conv_node *node, const ll_conv_keep *keep,
                     real *y);

/* Gradients, all added to: projections (same rows as proj), gates (F; DGF's only where something is gathered), total (F),
 * parameters (F). */
typedef struct ll_conv_grad {
    real *proj, *dgf_gate, *gat_gate, *total, *dgf_bias, *a, *gamma, *beta;
} ll_conv_grad;
/* dy (F) is behind the ReLU's own gradient, which is the caller's. */
void ll_conv_backward(const ll_conv *c, const real *proj, const ll_conv_node *node, const ll_conv_keep *keep,
                      const real *dy, const ll_conv_grad *grad);

#endif
