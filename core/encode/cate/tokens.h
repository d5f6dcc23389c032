/* Architectures as sequences of tokens: the nodes of their graph.
 *
 * The graph is the pruned one (core/ALGORITHMS.md section 0), where a space has it, with the operations of all nodes: those
 * that are cut off keep their token and have no edge. Other spaces have a chain. A token hears the nodes from which a path
 * leads to it (the transitive closure of the adjacency) **and itself**. The published closure has no self loops, and a node
 * without any predecessor then hears everyone alike, as a row that is masked all over does; here it hears itself alone.
 * Nothing then goes from a node that is cut off to the output node, and the vector of an architecture is that of
 * what is executed. */
#ifndef LL_ENCODE_CATE_TOKENS_H
#define LL_ENCODE_CATE_TOKENS_H

#include "core/archs/archs.h"
#include "core/encode/cate/net.h"

typedef struct ll_cate_tokens {
    int n, length;
    uint8_t *token;       /* (n, length) */
    uint8_t *count;       /* (n, length) */
    uint8_t *list;        /* (n, length, length) */
    ll_cate_heard *heard; /* (n) into count and list */
} ll_cate_tokens;

/* How many tokens an architecture of this space has. */
int ll_cate_length(const ll_space *s);
/* Of archs from .. from+n-1; owned by the caller. */
void ll_cate_tokens_read(ll_cate_tokens *t, const ll_cate_shape *shape, const ll_archs *archs, int from,
                         int n);
void ll_cate_tokens_free(ll_cate_tokens *t);

#endif
