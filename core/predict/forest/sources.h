/* What the source devices say of any architecture, in a table or not: for each a ridge of latency / mean on [GRAF, one-hot],
 * its penalty by generalised cross-validation (Golub, Heath and Wahba, Technometrics 21, 1979). */
#ifndef LL_PREDICT_FOREST_SOURCES_H
#define LL_PREDICT_FOREST_SOURCES_H

#include "core/encode/encoding.h"
#include "core/predict/predictor.h"

typedef struct ll_forest_sources {
    int n, graf, onehot; /* devices; columns */
    double *constant;    /* (n) */
    double *w;           /* (graf + onehot, n) */
    double variance;     /* of the mean of what they say, over the rows learnt from */
} ll_forest_sources;

/* Of the job's sources and rows; devices with fewer than eight latencies, or none that differ, are left out, and there may
 * be none. LL_CANCELLED: nothing is made. */
ll_status ll_forest_sources_fit(const ll_pretrain_job *job, const ll_encoder *graf, ll_forest_sources *out,
                                ll_error *e);
/* Relative latencies, about 1, into out (n). */
void ll_forest_sources_say(const ll_forest_sources *s, const ll_space *space, const float *graf,
                           const uint8_t *gene, double *out);
void ll_forest_sources_free(ll_forest_sources *s);
void ll_forest_sources_save(const ll_forest_sources *s, ll_tensors *out);
/* graf: columns of the encoding. LL_BAD_DATA: missing or of other columns. */
ll_status ll_forest_sources_load(const ll_tensors *in, const ll_space *space, int graf,
                                 ll_forest_sources *out, ll_error *e);

#endif
