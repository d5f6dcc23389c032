/* Private to the NASFLAT network: the arrays of one batch. b items, n = b N nodes, R rows of operation vectors, C classes, S
 * slots (graphs.h), F hidden, W width. */
#ifndef LL_PREDICT_NASFLAT_WORK_H
#define LL_PREDICT_NASFLAT_WORK_H

#include "core/nn/graph_conv.h"
#include "core/nn/linear.h"
#include "core/nn/sums.h"
#include "core/predict/nasflat/net.h"

#define LL_HEAD_DROPOUT ((real)0.1)

/* Libraries choose their kernels by the size of a product and by where in it a row lies, and their sums come out in another
 * order. Inference therefore multiplies LL_NASFLAT_TILE rows at a time, as many as every kernel of OpenBLAS treats alike, and the
 * arrays have room for whole tiles: the same row has the same bits in every company. (Where core/num/small_gemm takes a
 * product they are the row's own in any size.) With AVX-512, where nothing is packed, that is the fastest size as well. */
enum { LL_NASFLAT_TILE = 8 };

/* The halves of a graph layer; a network may have one of them alone. */
enum { LL_DGF_HALF, LL_GAT_HALF, LL_HALVES };

typedef struct ll_layer_work {
    real *gate[LL_HALVES];        /* (S, F) main pass only; DGF's of the slots that gather */
    real *proj;                   /* (rows in, W) projections; (rows in, F) of GAT alone in main's last */
    real *total;                  /* (items, F) sum of the Q rows; first layers: (1, F) */
    real *out;                    /* (rows out, F) */
    real *gathered, *stat, *edge; /* what ll_conv_keep points into, one per row out */
    int keep;                     /* 1; 0: nothing is kept, all rows share one */
} ll_layer_work;

/* The items that have a gradient, all that the way back looks at. Gradients of items, slots and rows of the main pass are
 * numbered among theirs, and so are the left factors of products, once ll_nasflat_drop_idle has moved them up. */
typedef struct ll_nasflat_busy {
    int n, *item; /* (n) its number in the plan */
    int n_slots, n_gather;
    ll_nasflat_spans at;
} ll_nasflat_busy;

struct ll_nasflat_work {
    const ll_nasflat_layout *l;
    const ll_nasflat_graphs *g;
    bool train, dropped; /* dropped: the last forward had dropout */
    const ll_nasflat_item *items;
    ll_nasflat_plan plan;
    ll_nasflat_busy busy;
    real *memory;
    real *o;                  /* (R, o_dim) operation vectors */
    real *x;                  /* (2, x_dim) node features: input, others */
    real *op_gate, *out_gate; /* (R, W), (1, W) gates of the operation pass */
    ll_layer_work op[LL_NASFLAT_OP_LAYERS], main[LL_NASFLAT_LAYERS]; /* main's last has its GAT alone, */
    real *flow_in, *flow;              /* and these its DGF: (flow rows, F) sums, their products */
    real *g_out[3];                    /* (b, F) the MLP behind the operation pass */
    real *u_rows, *u_items, *u_hidden; /* (R, F), (b, F), (S, F) */
    real *o_new;                       /* (S, o_dim) */
    real *z_in, *z_out[2];             /* (b, n_z), (b, z_hidden) */
    real *z_last, *hw_in, *hw_out[2];  /* (b, z_dim); (D, hw_dim), (D, op_dim) */
    real *head_in, *head[3];           /* (b, head_in), (b, head) */
    real *score;                       /* (b) */
    /* gradients */
    real *dgate[LL_HALVES]; /* of the layer under way */
    real *dproj, *dout, *dtotal, *do_new, *dhidden, *du_rows, *du_items, *d_o, *dx, *dg[2];
    real *dop_gate, *dout_gate, *dhead_in, *dhead[2], *dz[2], *dhw[2], *dz_last;
};

/* ll_linear of rows whose number depends on the company, by tiles in inference. */
void ll_nasflat_linear(const ll_nasflat_work *k, const real *x, int m, int n_in, const real *w, int ldw,
                       const real *b, int n, ll_act act, real *y);
/* total (F) = sum over N nodes of the GAT half of proj's row of each. No-op without that half. */
void ll_nasflat_total(const ll_conv *c, const real *proj, const int *row_of, real *total);
/* A layer's parameters under weights w. */
ll_conv ll_nasflat_conv_of(const ll_nasflat_layout *l, const real *w, const ll_nasflat_conv *c, bool relu);
/* A layer of the main pass; the last one's GAT alone. */
ll_conv ll_nasflat_main_conv(const ll_nasflat_layout *l, const real *w, int layer);

/* The DGF of the last layer (flow.c), of which only the mean over nodes is wanted: added to the first F columns of head_in;
 * back from those of dhead_in, added to dout, the gradient of the rows below. */
void ll_nasflat_flow(ll_nasflat_work *k, const real *w);
void ll_nasflat_flow_back(ll_nasflat_work *k, const real *w, real *grad);

void ll_nasflat_busy_init(ll_nasflat_busy *b, int most);
void ll_nasflat_busy_free(ll_nasflat_busy *b);
/* Finds the busy items of the last forward; returns their dscore. */
const real *ll_nasflat_drop_idle(ll_nasflat_work *k, const real *dscore);

/* Row numbers and predecessor lists of the first layers, where node 0 has row 0 and all others row 1. */
extern const int ll_nasflat_two_rows[LL_MAX_NODES];
extern const uint8_t ll_nasflat_two_preds[LL_MAX_NODES + 1];

static inline ll_conv_keep ll_keep_at(const ll_nasflat_work *k, const ll_layer_work *w, int row)
{
    size_t r = (size_t)(row * w->keep);
    return (ll_conv_keep){w->gathered + r * (size_t)k->l->shape.hidden, w->stat + 3 * r,
                          w->edge + 2 * r * (size_t)k->g->most_preds};
}

/* The node of class c in the operation pass's first layer; of item's node i in a layer whose rows are given; of a layer of
 * the main pass, whose projections of an item begin at ll_main_row_at. */
static inline ll_conv_node ll_class_node(const ll_nasflat_work *k, int c)
{
    const ll_nasflat_kind *kind = &k->g->kinds[k->plan.class_kind[c]];
    const real *gate = k->op_gate + (size_t)k->plan.class_row[c] * (size_t)k->l->width;
    return (ll_conv_node){.pred = ll_nasflat_two_preds + (kind->from_input ? 0 : 1),
                          .n_preds = kind->from_input + kind->from_others,
                          .row_of = ll_nasflat_two_rows,
                          .own = kind->code != LL_NASFLAT_INPUT,
                          .dgf_gate = gate,
                          .gat_gate = gate + k->l->gat_at,
                          .total = k->op[0].total};
}

/* Without its gates. */
static inline ll_conv_node ll_item_node(const ll_nasflat_work *k, int item, int i, const int *row_of,
                                        const real *total)
{
    const int *at = k->g->pred_at + (size_t)k->items[item].arch * (size_t)k->g->n_nodes + i;
    return (ll_conv_node){.pred = k->g->pred + at[0],
                          .n_preds = at[1] - at[0],
                          .row_of = row_of,
                          .own = row_of[i],
                          .total = total};
}

/* Where the weights of a layer begin that make its projections. */
static inline size_t ll_conv_weights(const ll_nasflat_layout *l, const ll_nasflat_conv *c,
                                     const ll_conv *conv)
{
    return c->w.at + (size_t)(conv->dgf ? 0 : l->gat_at);
}

/* Where an architecture has something for each of its nodes. */
static inline size_t ll_nodes_at(const ll_nasflat_work *k, int item)
{
    return (size_t)k->items[item].arch * (size_t)k->g->n_nodes;
}

static inline real *ll_main_total(const ll_nasflat_work *k, int layer, int item)
{
    return k->main[layer].total + (layer ? (size_t)item * (size_t)k->l->shape.hidden : 0);
}

/* The first layer's inputs, two rows, are those of all items. */
static inline size_t ll_main_row_at(const ll_nasflat_work *k, int layer, int item)
{
    return layer ? (size_t)k->plan.at.row_at[layer - 1][item] : 0;
}

static inline const int *ll_main_rows(const ll_nasflat_work *k, int layer, int item)
{
    return layer ? k->g->rows[layer - 1].of + ll_nodes_at(k, item) : ll_nasflat_two_rows;
}

static inline ll_conv_node ll_main_node(const ll_nasflat_work *k, int layer, int item, int i)
{
    size_t gate = (size_t)k->plan.slot_of[item * k->l->shape.n_nodes + i] * (size_t)k->l->shape.hidden;
    ll_conv_node n = ll_item_node(k, item, i, ll_main_rows(k, layer, item), ll_main_total(k, layer, item));
    n.dgf_gate = k->main[layer].gate[LL_DGF_HALF] + gate;
    n.gat_gate = k->main[layer].gate[LL_GAT_HALF] + gate;
    return n;
}

/* Node i's slot among those of busy items; q is one of them. */
static inline int ll_busy_slot(const ll_nasflat_work *k, int q, int i)
{
    int item = k->busy.item[q];
    if (!k->plan.by_item) return k->plan.slot_of[item * k->plan.n_nodes + i];
    return ll_nasflat_slot_at(&k->busy.at, k->g, q, k->items[item].arch,
                              k->g->local[ll_nodes_at(k, item) + (size_t)i]);
}

/* The share of a half's row in the mean of the last layer over nodes 1 .. N-1, times nodes having it. */
static inline real ll_mean_share(const ll_nasflat_layout *l, int times)
{
    real half = l->shape.gnn == LL_NASFLAT_ENSEMBLE ? (real).5 : 1;
    return half * (real)times / (real)(l->shape.n_nodes - 1);
}

/* The output node of an item in the operation pass's second layer. */
static inline ll_conv_node ll_out_node(const ll_nasflat_work *k, int item)
{
    int n_nodes = k->l->shape.n_nodes;
    ll_conv_node n = ll_item_node(k, item, n_nodes - 1, k->plan.class_of + item * n_nodes,
                                  k->op[1].total + (size_t)item * (size_t)k->l->shape.hidden);
    n.dgf_gate = k->out_gate;
    n.gat_gate = k->out_gate + k->l->gat_at;
    return n;
}

/* The gates of one half of a layer of the main pass. */
typedef struct ll_main_gates {
    int rows;    /* slots that have one, of n_gather and n_slots: those that gather in DGF, all in GAT */
    size_t w, b; /* their columns of the weights, which have gate_w.cols of them, and of the bias */
} ll_main_gates;

static inline ll_main_gates ll_main_gates_of(const ll_nasflat_layout *l, int layer, int half, int n_gather,
                                             int n_slots)
{
    bool dgf = half == LL_DGF_HALF, there = l->shape.gnn != (dgf ? LL_NASFLAT_GAT : LL_NASFLAT_DGF);
    size_t column = (size_t)(layer * l->width + (dgf ? 0 : l->gat_at));
    return (ll_main_gates){there ? dgf ? n_gather : n_slots : 0, l->gate_w.at + column,
                           l->gate_b.at + column};
}

#endif
