/* Search spaces as data: operations, positions, the graph of an architecture, its string, its cost.
 *
 * An architecture is a *gene*: one operation index per position (uint8_t[n_positions]). A space that can be
 * listed has a canonical index 0 .. n_archs-1 (nasbench201: the index of the published benchmark; spaces of one's own:
 * core/space/own/listing.h). Datasets have rows; a row is called the architecture's index in that dataset and need not be the
 * canonical one. */
#ifndef LL_SPACE_SPACE_H
#define LL_SPACE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"
#include "core/space/facts.h"

enum { LL_MAX_POSITIONS = 64, LL_MAX_NODES = 66, LL_MAX_OPS = 32 };
/* Choices of a position whose choices are numbers; LL_MAX_OPS of every other. */
enum { LL_MAX_CHOICES = 250 };
/* Kinds of nodes of a space's graphs: with the few that networks add, a byte says which. */
enum { LL_MAX_NODE_OPS = 250 };

/* One layer of a built network; the one description that counts costs and, later, builds the network to
 * measure it. Sizes are per image. LL_COPY moves no data (an identity skip); LL_SHUFFLE is the channel
 * shuffle behind a grouped convolution. */
typedef enum ll_layer_kind {
    LL_CONV,
    LL_POOL_AVG, /* padding is not counted in the mean */
    LL_ADD,
    LL_LINEAR, /* with bias */
    LL_GLOBAL_POOL,
    LL_COPY,
    LL_SHUFFLE,
    LL_GATE /* channels times a number each, the second tensor (N, C, 1, 1): squeeze-and-excitation's end */
} ll_layer_kind;
/* What becomes of every number behind the bn. relu6(x) = min(max(x, 0), 6), hsigmoid(x) = relu6(x + 3) / 6, hswish(x) =
 * x hsigmoid(x): Howard et al., arXiv 1905.02244. */
typedef enum ll_activation {
    LL_NO_ACT,
    LL_RELU,
    LL_RELU6,
    LL_HSWISH,
    LL_HSIGMOID,
    LL_ACTIVATIONS
} ll_activation;
typedef struct ll_layer {
    ll_layer_kind kind;
    int c_in, c_out, h_in, h_out, kernel, stride, groups; /* square images; groups == c_in: depthwise */
    int position; /* which position of the gene it comes from (an addition: its second operand); -1: fixed */
    int in[2]; /* the tensors it reads; the second one only in additions and gates (core/space/network.h) */
    int site;  /* its place in the network of all choices: layers of equal site and shape share weights */
    bool relu_before;  /* on the input; with bn of a global pool: BN, ReLU, pool */
    bool bn;           /* behind a convolution; in front of a global pool */
    ll_activation act; /* on the output of a convolution, a sum or a linear layer, behind the bn */
} ll_layer;
enum { LL_MAX_LAYERS = 256 }; /* no network has more */

/* Exact counts of one network, multiply-adds (not 2x); an average pool counts its window, an addition one per
 * element, bn and ReLU are folded and count nothing. params include the two trained numbers a channel of each
 * bn and the biases, as published counts do. activations: elements written by convolutions (Radosavovic et
 * al. 2020); kernels: layers that move data. "conv" counts convolutions alone, their params without bn. */
typedef struct ll_cost {
    double macs, params, activations, kernels;
    double conv_macs, conv_params;
    double
        peak_kb; /* largest sum of tensors alive at a time, 4 bytes an element, KiB; weights are not in it */
    double sram_kb,
        flash_kb; /* that sum, and the weights and biases with bn folded into them, in the space's bits */
} ll_cost;

/* Nodes 0 = input, n_nodes-1 = output, adj[i][j] = 1: edge i -> j. op[] is one of the space's node operations for the
 * inner nodes (ll_space_node_op), -1 for input and output. */
typedef struct ll_graph {
    int n_nodes;
    int op[LL_MAX_NODES];
    uint8_t adj[LL_MAX_NODES][LL_MAX_NODES];
} ll_graph;
typedef enum ll_graph_kind {
    LL_GRAPH_FULL,   /* every edge, none and skip are ordinary nodes; fbnet: chain of all positions */
    LL_GRAPH_PRUNED, /* as NASFLAT prunes (core/ALGORITHMS.md section 0): dead nodes cut, skips contracted */
    LL_GRAPH_RELEASED, /* fbnet as released by the NASFLAT authors: identity adjacency over the 22 positions
                        */
} ll_graph_kind;

struct ll_space {
    const char *name;  /* "nasbench201" */
    const char *title; /* "NAS-Bench-201: 15,625 cells" */
    int n_positions, n_ops;
    const char *const *ops;       /* full names, as in strings */
    const char *const *ops_short; /* for drawings and narrow tables */
    const char *const *positions; /* "0>1", "s2.1" ... */
    int n_archs;                  /* 0: too many to list */
    double
        n_all; /* how many there are where n_archs is 0 and positions may be inactive; NaN: nobody counted */
    /* Text to gene. Accepts every string form in use for the space; LL_BAD_DATA says what was expected. Outside this room
     * ll_space_parse is called. */
    ll_status (*parse)(const ll_space *s, const char *text, uint8_t *gene, ll_error *e);
    void (*format)(const ll_space *s, const uint8_t *gene, ll_str *out); /* canonical string */
    int (*index_of)(const ll_space *s, const uint8_t *gene);             /* canonical index, -1: none */
    bool (*at)(const ll_space *s, int index, uint8_t *gene); /* false: out of range or not listable */
    bool (*graph)(const ll_space *s, const uint8_t *gene, ll_graph_kind kind,
                  ll_graph *out); /* false: no such kind */
    /* All layers of the network in execution order; returns how many, writes at most `most`. NULL: unknown.
     */
    int (*layers)(const ll_space *s, const uint8_t *gene, ll_layer *out, int most);
    void (*draw)(const ll_space *s, const uint8_t *gene,
                 ll_str *out);   /* plain text, ASCII, at most 72 columns */
    const ll_space_facts *facts; /* never NULL */
    /* What the nodes of graphs do, where that is another list than ops (a layer that several choices decide on): at most
     * LL_MAX_NODE_OPS, names may come twice. NULL: ops. */
    int n_node_ops;
    const char *const *node_ops; /* (n_node_ops) */
    /* Where positions have lists of their own: how many choices each has (at most n_ops), and what they are called. NULL:
     * all of ops everywhere. */
    const int *n_choices;              /* (n_positions) */
    const char *const *const *choices; /* (n_positions, n_choices) */
    /* Which positions this architecture has (the depth of a stage decides on its blocks); the others hold 0 in canonical
     * form. What it says must not depend on them. NULL: all. */
    void (*active)(const ll_space *s, const uint8_t *gene, bool *out);
    int bits;  /* of a number where networks are deployed; 0: 32 */
    void *own; /* data of a user's space */
};

/* Architectures that HELP's protocol learns from, the first of a table of n; not published: four fifths of it. */
int ll_space_help_pool(const ll_space *s, int n);
extern const ll_space_facts ll_no_facts; /* of a space of which nothing more is known */

/* How many choices a position has, and what one is called. */
static inline int ll_space_choices(const ll_space *s, int position)
{
    return s->n_choices ? s->n_choices[position] : s->n_ops;
}
static inline const char *ll_space_choice(const ll_space *s, int position, int choice)
{
    return s->choices ? s->choices[position][choice] : s->ops[choice];
}
/* The vocabulary of its graphs. */
static inline int ll_space_node_ops(const ll_space *s)
{
    return s->node_ops ? s->n_node_ops : s->n_ops;
}
static inline const char *ll_space_node_op(const ll_space *s, int op)
{
    return s->node_ops ? s->node_ops[op] : s->ops[op];
}
/* Architectures there are, each counted once whatever its inactive positions would hold: exact up to 2^53. NaN: not known. */
double ll_space_count(const ll_space *s);
bool ll_space_valid(const ll_space *s, const uint8_t *gene); /* every choice is one of its position's */
/* Do the choices' indices in a row, without separators, say an architecture ("01342")? Not where there are more than ten,
 * nor where numbers are names. */
bool ll_space_reads_digits(const ll_space *s);
/* Equal architectures have equal canonical genes: sets compare, hash and hold no others. */
void ll_space_canonical(const ll_space *s, uint8_t *gene);

/* The built-in spaces ("nasbench201", "fbnet", "ofa"), or those of users; NULL: none. */
const ll_space *ll_space_find(const char *name);
const ll_space *ll_space_at(int i); /* NULL behind the last */
/* By its name, or by the path (*.json) of a file that defines it (data/SPACES.md). LL_USAGE: there is none; LL_BAD_DATA: the
 * file is wrong, or another space has its name. */
ll_status ll_space_open(const char *name, const ll_space **out, ll_error *e);
/* A user's space: positions x operations, no known graph (a chain) and no known cost. Strings are operation
 * indices or names joined by '_', '|', commas or blanks; names are letters, digits, '_', '-' and '.'. Lives
 * until the program ends and is found by name afterwards; the same definition twice gives the same space, a
 * different one under the same name fails. Thread-safe. */
const ll_space *ll_space_define(const char *name, int n_positions, char *const *ops, int n_ops, ll_error *e);
/* The same with positions that have names and choices of their own (borrowed, copied on success). A choice may be called
 * by a number ("3"): at such a position numbers are names, never indices. ops are the names that all positions give a
 * choice of that index, its index where they differ. In graphs positions with the same list have the same operations, those
 * with different lists none in common; LL_MAX_NODE_OPS in all. NULL: as above. */
typedef struct ll_position {
    const char *name;
    char *const *choices; /* (n_choices) */
    int n_choices;
} ll_position;
const ll_space *ll_space_define_positions(const char *name, const ll_position *positions, int n, ll_error *e);

double ll_layer_macs(const ll_layer *l); /* multiply-adds of one layer */
/* Cost of the whole network at its published input size; false when the space has no layers(). */
bool ll_space_cost(const ll_space *s, const uint8_t *gene, ll_cost *out);
/* The gene of a string, in canonical form. */
ll_status ll_space_parse(const ll_space *s, const char *text, uint8_t *gene, ll_error *e);
/* Is this text a canonical index and no string? In a space that can be listed a number of at most nine digits is, but for one of
 * as many digits as there are positions: "1462" is an index, "333333" six operations, "0333333" an index again. */
bool ll_space_is_index(const ll_space *s, const char *text);
/* "string or index". */
ll_status ll_space_read(const ll_space *s, const char *text, uint8_t *gene, ll_error *e);

#endif
