/* A regression tree (Breiman et al., Classification and Regression Trees, 1984): the exact split of largest reduction of
 * squared error, over a random part of the columns at each node (Breiman, Random Forests, 2001). */
#ifndef LL_PREDICT_FOREST_TREE_H
#define LL_PREDICT_FOREST_TREE_H

#include "core/base/rng.h"

typedef struct ll_tree_node {
    int feature; /* column that decides; -1: a leaf */
    int child; /* where at most the threshold; otherwise the one behind it. Children stand behind their parent */
    double threshold, value; /* value: mean of what was learnt from here on */
} ll_tree_node;
typedef struct ll_tree {
    int n; /* at least 1 */
    ll_tree_node *node;
} ll_tree;

/* What trees learn from, sorted once for all of them. x is borrowed. */
typedef struct ll_tree_data {
    int n, dim;
    const double *x; /* (n, dim) */
    int n_varied;
    int *
        varied; /* (n_varied) columns that have more than one value: the others split nothing and are never drawn */
    int *order; /* (n_varied, n) rows by rising value */
} ll_tree_data;
void ll_tree_data_init(ll_tree_data *d, const double *x, int n, int dim);
void ll_tree_data_free(ll_tree_data *d);

typedef struct ll_tree_rule {
    double features; /* share of the varied columns that a split looks at, rounded up */
    int depth;       /* most splits on a way */
    int leaf;        /* fewest rows of a leaf, repeats counted */
} ll_tree_rule;

/* Learns y (n) with each row taken count (n) times; at least one is taken. Equal gains: the column drawn first, the lower
 * threshold. */
void ll_tree_grow(const ll_tree_data *d, const double *y, const int *count, const ll_tree_rule *rule,
                  ll_rng *rng, ll_tree *out);
double ll_tree_value(const ll_tree *t, const double *row); /* row (dim) */
void ll_tree_free(ll_tree *t);

#endif
