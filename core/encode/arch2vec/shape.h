/* How large an arch2vec is, and where its parameters lie in one flat vector. */
#ifndef LL_ENCODE_ARCH2VEC_SHAPE_H
#define LL_ENCODE_ARCH2VEC_SHAPE_H

#include <stddef.h>

enum { LL_ARCH2VEC_ROUNDS = 4, LL_ARCH2VEC_WIDEST = 512 };

typedef struct ll_arch2vec_shape {
    int nodes;  /* of every graph */
    int labels; /* operations of nodes, and input and output */
    int width;  /* of the hidden rows, 1 .. LL_ARCH2VEC_WIDEST */
    int dim;    /* of a node's code and of the embedding, likewise */
} ll_arch2vec_shape;

/* A round: w[0] (in, width), w[1] (width, width); each is followed by a batch normalisation, gamma and beta (width), which
 * takes the place of a bias: what is added to a column in front of it changes nothing. */
typedef struct ll_arch2vec_round {
    int in;
    size_t epsilon; /* one number */
    size_t w[2], gamma[2], beta[2];
} ll_arch2vec_round;

typedef struct ll_arch2vec_layout {
    ll_arch2vec_shape shape;
    ll_arch2vec_round round[LL_ARCH2VEC_ROUNDS];
    size_t code_w, code_b;       /* (width, 2 dim), (2 dim): means, then log deviations */
    size_t decoder_w, decoder_b; /* (dim, labels), (labels) */
    size_t n;                    /* parameters */
    size_t n_statistics;         /* numbers of what evaluation normalises with */
} ll_arch2vec_layout;
ll_arch2vec_layout ll_arch2vec_layout_of(const ll_arch2vec_shape *s);

/* In statistics, which are means (width) and variances (width) one behind the other: where those of a normalisation are. */
static inline size_t ll_arch2vec_moments_at(const ll_arch2vec_shape *s, int round, int which)
{
    return (size_t)(2 * round + which) * 2 * (size_t)s->width;
}

#endif
