/* Attention of several heads within one sequence, forward and backward. 32 numbers a token, eight heads of four.
 *
 * Number d of head h stands in column 8 d + h, so that one operation on eight numbers serves all heads; how the columns of
 * learnt weights are numbered is nobody's business outside. Nothing of the size (tokens, tokens) is kept: backward works the
 * weights out again from the largest score and the sum of each row. */
#ifndef LL_ENCODE_CATE_ATTENTION_H
#define LL_ENCODE_CATE_ATTENTION_H

#include "core/nn/real.h"

enum {
    LL_CATE_WIDTH = 32,
    LL_CATE_HEADS = 8,
    LL_CATE_PER_HEAD = LL_CATE_WIDTH / LL_CATE_HEADS,
    LL_CATE_QKV = 3 * LL_CATE_WIDTH,
    LL_CATE_ATTENTION_STAT = 2 * LL_CATE_HEADS,
    LL_CATE_LONGEST = 132 /* two graphs of LL_MAX_NODES */
};

/* Whom each token of a sequence hears: list[i * length + k] for k < count[i]. NULL, NULL: everyone. */
typedef struct ll_cate_heard {
    const uint8_t *count; /* (length), 1 at least */
    const uint8_t *list;  /* (length, length) */
} ll_cate_heard;

/* qkv (length, 96): query, key, value. y (length, 32) = softmax(q kᵀ / 2) v; stat (length, 16) is for backward. */
void ll_cate_attention(const real *qkv, int length, ll_cate_heard who, real *y, real *stat);
/* dqkv (length, 96) from dy (length, 32). */
void ll_cate_attention_back(const real *qkv, int length, ll_cate_heard who, const real *stat, const real *dy,
                            real *dqkv);

#endif
