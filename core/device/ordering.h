/* The order in which devices are shown: hierarchical clustering with optimal leaf order, and simpler ones. */
#ifndef LL_DEVICE_ORDERING_H
#define LL_DEVICE_ORDERING_H

#include "core/device/correlation.h"

/* Merge number m joins clusters a and b (below n: a leaf; n + j: the result of merge j) at `height`. */
typedef struct ll_merge {
    int a, b; /* a < b */
    double height;
    int size; /* leaves */
} ll_merge;
typedef struct ll_linkage {
    int n;            /* leaves */
    ll_merge *merges; /* (n-1), by height; owned */
} ll_linkage;

/* Average linkage (UPGMA). dist is (n, n), symmetric, without NaN; equal distances merge the lowest indices
 * first. */
ll_linkage ll_linkage_average(const double *dist, int n);
/* The order of leaves that the tree allows with the least sum of distances between neighbours (Bar-Joseph,
 * Gifford and Jaakkola 2001); of the two directions the one that starts with the lower index. */
void ll_leaf_order(const ll_linkage *l, const double *dist, int *order);
/* Cuts the tree: into so many groups (1 .. n), or with groups = 0 at a height, above which nothing is joined. group (n):
 * of each leaf, numbered from 0 in the order (n) in which its leaves are met. Returns how many there are. */
int ll_linkage_cut(const ll_linkage *l, int groups, double height, const int *order, int *group);
void ll_linkage_free(ll_linkage *l);

typedef enum ll_order {
    LL_ORDER_CLUSTER, /* average linkage on 1 - r, optimal leaf order */
    LL_ORDER_NAME,    /* by name, numbers by value */
    LL_ORDER_FILE,    /* as asked for, or as in the dataset */
    LL_ORDER_MEAN,    /* by mean correlation to the others, highest first */
} ll_order;
const char *ll_order_name(int o);         /* NULL behind the last */
ll_order ll_order_find(const char *name); /* LL_ORDER_CLUSTER when unknown */

/* order (D): positions in c->devices in the order to show them. A pair without a correlation counts as
 * opposite, so that constant columns end at the edge. `linkage` (may be NULL) receives the tree whatever the
 * order; its leaves are positions in c->devices. */
void ll_corr_order(const ll_corr *c, const ll_dataset *d, ll_order how, int *order, ll_linkage *linkage);

#endif
