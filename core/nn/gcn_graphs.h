/* Graphs with a global node, as graph convolutions read them. Who knows a search space makes them. */
#ifndef LL_NN_GCN_GRAPHS_H
#define LL_NN_GCN_GRAPHS_H

enum { LL_GCN_NO_LABEL = 255 };

typedef struct ll_gcn_graphs {
    int n, nodes, labels;
    int read_out;         /* the node whose features come out */
    unsigned char *label; /* (n, nodes): one-hot input of a node; LL_GCN_NO_LABEL: all zero */
    unsigned char *reads; /* (n, nodes, nodes): row i, 1 where i sums over j */
} ll_gcn_graphs;
void ll_gcn_graphs_free(ll_gcn_graphs *g);

#endif
