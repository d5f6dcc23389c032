/* A fitted arch2vec, and how it is fitted. */
#ifndef LL_ENCODE_ARCH2VEC_MODEL_H
#define LL_ENCODE_ARCH2VEC_MODEL_H

#include "core/encode/arch2vec/net.h"
#include "core/encode/encoding.h"

/* What a fit says of itself. The last three are known only with held-out architectures. */
typedef enum ll_arch2vec_figure {
    LL_ARCH2VEC_ARCHS, /* fitted on */
    LL_ARCH2VEC_HELD_OUT,
    LL_ARCH2VEC_EPOCHS,
    LL_ARCH2VEC_LOSS, /* mean of the last epoch */
    LL_ARCH2VEC_OPERATIONS,
    LL_ARCH2VEC_EDGES,
    LL_ARCH2VEC_FALSE_EDGES,
    LL_ARCH2VEC_FIGURES
} ll_arch2vec_figure;

typedef struct ll_arch2vec_model {
    ll_arch2vec_layout layout;
    float *w;          /* (params) owned */
    float *statistics; /* (statistics) owned */
    double figure[LL_ARCH2VEC_FIGURES];
} ll_arch2vec_model;

/* All zero, but variances, which are 1. */
ll_arch2vec_model *ll_arch2vec_model_new(const ll_arch2vec_shape *s);
void ll_arch2vec_model_free(ll_arch2vec_model *m); /* NULL is fine */

extern const ll_option ll_arch2vec_options[];

/* Learns from the first nine tenths of job->archs, in a random order in each epoch, and tries the rest; fewer than ten are
 * all learnt from. Deterministic for job->seed. Reports progress in the phase "arch2vec". LL_CANCELLED; LL_FAILED where the
 * loss is no number. m is new. Precondition: there are architectures, of a space of this shape. */
ll_status ll_arch2vec_train(const ll_encode_job *job, ll_arch2vec_model *m, ll_error *e);

#endif
