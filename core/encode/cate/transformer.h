/* A stack of pre-norm transformer layers (Vaswani et al., arXiv 1706.03762; Xiong et al., arXiv 2002.04745), 32 wide:
 *
 *   x <- x + drop(attention(norm(x)) W_o + b_o)
 *   x <- x + drop(drop(relu(norm(x) W_1 + b_1)) W_2 + b_2)
 *
 * and one layer norm behind the last, as such a stack has it. Products are those of all rows of all sequences at once.
 * The same source is compiled in float and, for gradient checks, in double.
 *
 * Threads: a stack's memory belongs to one thread at a time; weights and sequences are only read. */
#ifndef LL_ENCODE_CATE_TRANSFORMER_H
#define LL_ENCODE_CATE_TRANSFORMER_H

#include <stdbool.h>

#include "core/encode/cate/attention.h"

typedef struct ll_cate_stack_shape {
    int layers, ff; /* ff: numbers between W_1 and W_2 */
} ll_cate_stack_shape;

/* Where a layer's parameters lie, from the beginning of its stack; matrices are (in, out). */
typedef struct ll_cate_layer {
    size_t norm1, qkv_w, qkv_b, out_w, out_b, norm2, up_w, up_b, down_w, down_b; /* norm: gamma, beta */
    size_t end;
} ll_cate_layer;
static inline ll_cate_layer ll_cate_layer_at(ll_cate_stack_shape s, int layer)
{
    size_t w = LL_CATE_WIDTH, ff = (size_t)s.ff;
    ll_cate_layer l = {.norm1 = (size_t)layer * (4 * w * w + 2 * w * ff + 9 * w + ff)};
    l.qkv_w = l.norm1 + 2 * w;
    l.qkv_b = l.qkv_w + 3 * w * w;
    l.out_w = l.qkv_b + 3 * w;
    l.out_b = l.out_w + w * w;
    l.norm2 = l.out_b + w;
    l.up_w = l.norm2 + 2 * w;
    l.up_b = l.up_w + w * ff;
    l.down_w = l.up_b + ff;
    l.down_b = l.down_w + ff * w;
    l.end = l.down_b + w;
    return l;
}
/* The norm behind the last layer begins where that layer ends. */
static inline size_t ll_cate_stack_params(ll_cate_stack_shape s)
{
    return ll_cate_layer_at(s, s.layers - 1).end + 2 * LL_CATE_WIDTH;
}

typedef struct ll_cate_stack ll_cate_stack;
/* Room for so many rows (tokens). train: what backward needs is kept. */
ll_cate_stack *ll_cate_stack_new(ll_cate_stack_shape s, int most_rows, bool train);
void ll_cate_stack_free(ll_cate_stack *k); /* NULL is fine */

/* n sequences of `length` tokens each. */
typedef struct ll_cate_sequences {
    int n, length;
    const ll_cate_heard *who; /* (n); NULL: everyone hears everyone */
    real dropout;             /* 0: off */
    uint64_t seed;            /* of what is dropped */
} ll_cate_sequences;

/* Where the input (rows, 32) is to be written, before each forward. */
real *ll_cate_stack_input(ll_cate_stack *k);
/* y (rows, 32) */
void ll_cate_stack_forward(ll_cate_stack *k, const real *w, const ll_cate_sequences *s, real *y);
/* After that forward: dx (rows, 32) holds d loss / d y and becomes d loss / d input; grad (params) is added to. */
void ll_cate_stack_backward(ll_cate_stack *k, const real *w, const ll_cate_sequences *s, real *dx,
                            real *grad);

#endif
