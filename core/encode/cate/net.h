/* The network of CATE (Yan et al., "CATE: Computation-aware Neural Architecture Encoding with Transformers", arXiv
 * 2102.05108; core/ALGORITHMS.md section 3), forward and backward.
 *
 *   first encoder   of one architecture: the embeddings of its tokens (times sqrt 32), a stack in which a token hears its
 *                   predecessors and itself (tokens.h), the stack's last layer norm
 *   cross encoder   of a pair: both outputs one behind the other, plus a vector for each of the two, a stack in which
 *                   everyone hears everyone
 *   head            linear, 32 -> node operations, at the tokens that were hidden
 *
 * No token knows its place: where it stands shows in whom it hears. So nodes may be numbered in any order, and what leads
 * nowhere is not heard by the output node. Tokens: the space's node operations, then input, output and mask. Input and
 * output are never hidden (their place gives them away), so the head has no column for them.
 *
 * Parameters are one flat vector. The same source is compiled in float and, for gradient checks, in double.
 *
 * Threads: a net belongs to one thread at a time; what it is given is only read. */
#ifndef LL_ENCODE_CATE_NET_H
#define LL_ENCODE_CATE_NET_H

#include "core/encode/cate/transformer.h"

typedef struct ll_cate_shape {
    int ops;    /* node operations, LL_MAX_NODE_OPS at most */
    int length; /* tokens of an architecture */
    ll_cate_stack_shape first, cross;
} ll_cate_shape;
static inline int ll_cate_input_token(const ll_cate_shape *s)
{
    return s->ops;
}
static inline int ll_cate_output_token(const ll_cate_shape *s)
{
    return s->ops + 1;
}
static inline int ll_cate_mask_token(const ll_cate_shape *s)
{
    return s->ops + 2;
}

typedef struct ll_cate_layout {
    size_t token, segment; /* (ops + 3, 32), (2, 32) */
    size_t first, cross;   /* ll_cate_stack_params() each */
    size_t head_w, head_b; /* (32, ops), (ops) */
    size_t n;
} ll_cate_layout;
ll_cate_layout ll_cate_layout_of(const ll_cate_shape *s);
/* PyTorch's distributions: linear maps U(+-1/sqrt(in)), embeddings N(0, 1/32) as they come in times sqrt 32, layer norms
 * 1 and 0. w (n). */
void ll_cate_init_weights(const ll_cate_shape *s, real *w, uint64_t seed);

typedef struct ll_cate_net ll_cate_net;
/* Room for so many pairs, or twice as many architectures. train: gradients can be asked for. */
ll_cate_net *ll_cate_net_new(const ll_cate_shape *s, int most_pairs, bool train);
void ll_cate_net_free(ll_cate_net *k); /* NULL is fine */

/* y (n, 32): the output node's vector of each of n architectures; token (n, length). */
void ll_cate_embed(ll_cate_net *k, const real *w, const uint8_t *token, const ll_cate_heard *who, int n,
                   real *y);

enum { LL_CATE_SEEN = 255 }; /* of a token that was not hidden */
/* Pair i is the architectures 2 i and 2 i + 1. */
typedef struct ll_cate_batch {
    int n;                 /* pairs */
    const uint8_t *token;  /* (2 n, length) what the network sees */
    const uint8_t *hidden; /* (2 n, length) the operation that was there, LL_CATE_SEEN: not to be guessed */
    const ll_cate_heard *who; /* (2 n) */
    real smoothing;           /* of the targets: this much is spread over all operations */
    real dropout;             /* 0: off */
    uint64_t seed;            /* of what is dropped */
} ll_cate_batch;
/* Sums over the hidden tokens. */
typedef struct ll_cate_score {
    double loss; /* cross-entropy with smoothing */
    int correct, hidden;
} ll_cate_score;
/* grad (n of the layout) += the gradient of scale * loss; NULL: not wanted. */
ll_cate_score ll_cate_run(ll_cate_net *k, const real *w, const ll_cate_batch *b, real scale, real *grad);

#endif
