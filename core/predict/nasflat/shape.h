/* The NASFLAT network's shape and where its parameters lie (arXiv 2403.02446; core/ALGORITHMS.md section 1).
 *
 * All parameters are one flat block of floats; gradients and moments are blocks of the same form. A weight
 * matrix is (in, out), so that a forward pass never transposes, and matrices that share an input lie side by
 * side as one: a layer's two halves (DGF | GAT), the gates of all layers of a pass. */
#ifndef LL_PREDICT_NASFLAT_SHAPE_H
#define LL_PREDICT_NASFLAT_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/num/tensors.h"

typedef enum ll_nasflat_gnn { LL_NASFLAT_ENSEMBLE, LL_NASFLAT_DGF, LL_NASFLAT_GAT } ll_nasflat_gnn;

enum {
    LL_NASFLAT_OP_LAYERS = 2, /* graph layers of the operation pass */
    LL_NASFLAT_LAYERS = 3     /* graph layers of the main pass */
};

typedef struct ll_nasflat_shape {
    ll_nasflat_gnn gnn;
    bool op_update;            /* the operation pass is made */
    bool hw_head;              /* the device embedding goes to the head and not into the operations */
    int n_nodes;               /* N, input and output included */
    int n_ops, n_devices, n_z; /* rows of E_op and h; width of the supplementary encoding, 0: none */
    int op_dim, hw_dim, node_dim, x_dim, hidden, head, z_hidden, z_dim; /* paper: 40 8 48 96 128 200 128 48 */
} ll_nasflat_shape;

typedef struct ll_block { /* a (rows, cols) matrix inside the flat block */
    size_t at;
    int rows, cols;
} ll_block;

typedef struct ll_nasflat_conv {
    ll_block w;              /* (in, width): DGF's W | GAT's W_k transposed */
    ll_block dgf_bias;       /* (1, hidden); 0 rows without that half */
    ll_block a, gamma, beta; /* (1, hidden) */
} ll_nasflat_conv;

typedef struct ll_nasflat_layout {
    ll_nasflat_shape shape;
    int o_dim;                                  /* operation vector: op_dim (+ hw_dim) */
    int width;                                  /* hidden x halves */
    int gat_at;                                 /* column where the GAT half starts */
    int head_in;                                /* hidden (+ z_dim) (+ op_dim of the device branch) */
    ll_block op_emb, hw_emb, out_emb, node_emb; /* node_emb (2, node_dim): input, every other node */
    ll_block x_w, x_b;
    ll_nasflat_conv op_conv[LL_NASFLAT_OP_LAYERS], conv[LL_NASFLAT_LAYERS];
    ll_block op_gate_w, op_gate_b, gate_w, gate_b; /* (o_dim, layers x width) */
    ll_block g_w[3], g_b[3], u_w[2], u_b[2];       /* u_w[0] is (o_dim + hidden, hidden): [o ; g] */
    ll_block z_w[3], z_b[3], hw_w[2], hw_b[2], head_w[4], head_b[4];
    size_t n; /* parameters in all */
} ll_nasflat_layout;

void ll_nasflat_layout_init(ll_nasflat_layout *l, const ll_nasflat_shape *shape);
/* The paper's dimensions; counts and flags are zero. */
ll_nasflat_shape ll_nasflat_paper_shape(void);

/* PyTorch's initial distributions: Linear U(+-1/sqrt(in)), DGF's W and b U(+-1/sqrt(out)), embeddings N(0,1),
 * LayerNorm 1 and 0, the other-node embedding 0. */
void ll_nasflat_init_weights(const ll_nasflat_layout *l, float *w, uint64_t seed);
/* active (n): 1 for the device embedding and the head, else 0. */
void ll_nasflat_head_mask(const ll_nasflat_layout *l, unsigned char *active);

/* The parameters under the authors' tensor names and shapes. */
void ll_nasflat_export(const ll_nasflat_layout *l, const float *w, ll_tensors *out);
ll_status ll_nasflat_import(const ll_nasflat_layout *l, const ll_tensors *in, float *w, ll_error *e);
/* The shape of weights in that form (n_nodes is not in the file and stays 0). LL_BAD_DATA: not such
 * a file. */
ll_status ll_nasflat_shape_of(const ll_tensors *in, ll_nasflat_shape *out, ll_error *e);
/* Calls fn(ctx, name, at) for every tensor of the form: the tensor's element (r, c) lies at
 * at->at + r * at->row_step + c * at->col_step. */
typedef struct ll_nasflat_view {
    size_t at;
    int n_dims, rows, cols, row_step, col_step;
} ll_nasflat_view;
void ll_nasflat_each_tensor(const ll_nasflat_layout *l,
                            void (*fn)(void *ctx, const char *name, const ll_nasflat_view *at), void *ctx);

#endif
