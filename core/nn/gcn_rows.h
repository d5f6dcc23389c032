/* Which rows of stacked graph convolutions are the same. A node's row is a function of the rows that it sums over in the
 * layer before; nodes, of one graph or of several, that sum over the same rows share theirs: it is worked out, kept and
 * differentiated once. Of 200 random NAS-Bench-201 cells 1,800 rows become about 640.
 *
 * Threads: rows belong to one thread at a time. */
#ifndef LL_NN_GCN_ROWS_H
#define LL_NN_GCN_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LL_GCN_MOST_LAYERS = 8, LL_GCN_ALL_NODES = -1 };

/* Rows are added in the order of their keys, which say what a row is and not which others there are: so a sum is the same
 * to the bit whatever graphs stand beside it.
 *
 * The distinct rows of one layer: row r sums over the rows read[first[r]] .. read[first[r + 1] - 1] of the layer before,
 * in layer 0 over input classes. */
typedef struct ll_gcn_layer_rows {
    int n;
    int *first, *read;
    uint64_t *key;       /* (n) */
    int most, most_read; /* room */
} ll_gcn_layer_rows;

typedef struct ll_gcn_rows {
    ll_gcn_layer_rows layer[LL_GCN_MOST_LAYERS];
    int *class_of;       /* (n, nodes): row of each node in the layer numbered last, or its input class */
    uint64_t *input_key; /* of each input class by content; NULL: the class itself is the key */
    int *next;
    int *table; /* open addressing: row + 1, 0 free */
    size_t most, table_size;
} ll_gcn_rows; /* all zero: empty */
void ll_gcn_rows_free(ll_gcn_rows *r);

/* Room in class_of for n graphs; the caller then fills it with the class of each node's input (n, nodes), -1: none. */
void ll_gcn_rows_begin(ll_gcn_rows *r, int n, int nodes);
/* The same, by content: x (n * nodes, words) 32-bit words; equal rows get equal classes, numbered from 0 in the order in
 * which they appear, and x_row (n * nodes) says where each class was first seen. Returns how many there are. */
int ll_gcn_rows_begin_with(ll_gcn_rows *r, int n, int nodes, const void *x, int words, int *x_row);
/* Numbers the rows of a layer from those of the layer before (or the input classes), and class_of with them. reads: node
 * i of graph g sums over j where reads[which[g]][i][j] is 1; which NULL: all graphs have the first. share: false gives
 * every node a row of its own. only: one node, whose rows are then those of the graphs in their order, never shared. */
void ll_gcn_rows_layer(ll_gcn_rows *r, int layer, int n, int nodes, const unsigned char *reads,
                       const int *which, bool share, int only);

#endif
