/* What is known of a search space beyond its strings and layers: numbers that predictors, encodings and published
 * protocols want. A space that lacks one gets the default that stands beside its use; nobody asks for a space's name. */
#ifndef LL_SPACE_FACTS_H
#define LL_SPACE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

/* Cost of one operation relative to the others of its space, where all positions work at one width and size. */
typedef struct ll_op_cost {
    double macs, params, calls, kernels;
} ll_op_cost;

/* The positions are edges of a cell that is repeated: what flows where decides what is executed. */
typedef struct ll_cell_graph {
    int n_nodes;            /* 0 the input, n_nodes - 1 the output */
    const int *from, *to;   /* (n_positions) the nodes that a position joins */
    int none;               /* the operation that nothing flows through; a node operation of that number */
    const ll_op_cost *cost; /* (n_ops) */
    const uint8_t
        *label; /* (n_ops) the operation's one-hot in HELP's graphs (arXiv 2106.08630, released code) */
} ll_cell_graph;

/* Another order in which published files list the choices of an architecture, and other numbers for them. */
typedef struct ll_space_order {
    const char *name;    /* "naslib" */
    const int *position; /* (n_positions) that the i-th of a list is about */
    const int *op;       /* (n_ops) that the number k means */
} ll_space_order;

/* A key of dicts that describe an architecture: the choices, by name, of n positions in a row. */
typedef struct ll_space_key {
    const char *name; /* "ks" */
    int first, n;
} ll_space_key;

/* A position whose choices are numbers (core/space/own/numbers.h). */
typedef enum ll_column_kind {
    LL_COLUMN_WIDTH,
    LL_COLUMN_COUNT,
    LL_COLUMN_RATIO,
    LL_COLUMN_CATEGORY, /* a number that is only a name */
    LL_COLUMN_KINDS
} ll_column_kind;
typedef struct ll_number_column {
    ll_column_kind kind;
    const double *v; /* (choices) ascending */
} ll_number_column;

typedef struct ll_space_facts {
    const ll_cell_graph *cell; /* NULL: a chain of layers, of which none is ever dead */
    const int
        *stages; /* (n_stages) how many positions in a row work at one width and size; NULL: not known */
    int n_stages;
    bool
        independent; /* the layers of a position depend on its own choice alone: costs are sums over positions */
    const ll_space_order *orders; /* (n_orders) */
    int n_orders;
    const ll_space_key *keys; /* (n_keys) all positions; NULL: no such dicts are in use */
    int n_keys;
    const ll_number_column *columns; /* (n_positions) NULL: positions are choices of operations */
    int pretrain_n; /* source architectures per device in NASFLAT's protocol; 0: the predictor's own number */
    struct {        /* NASFLAT, arXiv 2403.02446: fine-tuning on a target; 0: not published */
        int epochs;
        double lr;
    } tune;
    double
        cate_within; /* CATE, arXiv 2102.05108: parameters by which a pair differs at most; 0: not published */
    struct {         /* HELP; 0: not published */
        int pool;    /* learns from the first so many of the table and is asked about the next thousand */
        int episodes;
        int half; /* choices written as [low half, high half, one-hot within it]; those behind both are all zero */
        const bool *
            left_out; /* (n_positions) what its inputs do not say: it shows in the positions there are; NULL: none */
    } help;
} ll_space_facts;

typedef struct ll_space ll_space;

/* Does anything flow from the input of the cell to its output? Always, where there is no cell. */
bool ll_cell_connected(const ll_space *s, const uint8_t *gene);
/* The other name of a cell: exchanging two inner nodes is the same network when nothing flows between them. False: there
 * is none, or it is the same gene. */
bool ll_cell_mirror(const ll_space *s, const uint8_t *gene, uint8_t *mirror);

#endif
