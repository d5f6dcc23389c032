/* Models that know no more than how architectures become vectors: what is learnt on the samples of one device alone, on
 * any encoding (core/encode/encoding.h). */
#ifndef LL_PREDICT_SIMPLE_ENCODED_H
#define LL_PREDICT_SIMPLE_ENCODED_H

#include "core/predict/predictor.h"

#define LL_ENCODED_OPTION                                                                                    \
    LL_OPT_WORD("encoding", "auto",                                                                          \
                "what it is a function of: an encoding, or a feature of the dataset; auto: numbers where "   \
                "architectures are some, else onehot",                                                       \
                LL_OF(ENCODING))

typedef struct ll_encoded {
    const ll_space *space;
    ll_encoder *encoder; /* its constants are taken over the population */
} ll_encoded;

/* What becomes of a column: ll_encoder_standardised or ll_encoder_scaled. */
typedef ll_status ll_encoded_constants(const ll_encoder *c, const ll_archs *archs, ll_encoder **out,
                                       ll_error *e);
/* By the option above. LL_USAGE: no such encoding, or not in this space. */
ll_status ll_encoded_pretrain(const ll_pretrain_job *job, ll_encoded_constants *constants, void **model,
                              ll_error *e);
void ll_encoded_release(void *model);
ll_status ll_encoded_save(const void *model, ll_tensors *out, ll_error *e);
ll_status ll_encoded_load(const ll_load_job *job, void **model, ll_error *e);

#endif
