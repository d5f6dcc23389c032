/* The zero-cost proxies that MultiPredict reads beside the architecture (AutoML 2023, section 4), each from 0 to 1 over the
 * architectures of the pretraining. */
#ifndef LL_PREDICT_GCN_MULTIPREDICT_PROXIES_H
#define LL_PREDICT_GCN_MULTIPREDICT_PROXIES_H

#include "core/encode/encoding.h"
#include "core/predict/predictor.h"

typedef struct ll_mp_proxies {
    ll_encoder *encoder; /* NULL: the data has none */
    float *lo, *scale;   /* (encoder->dim) */
} ll_mp_proxies;

/* Of data without proxies *p stays as it is: empty. */
ll_status ll_mp_proxies_fit(ll_mp_proxies *p, const ll_archs *archs, const ll_encoders *known, ll_error *e);
/* (archs->n, encoder->dim), which the caller frees; *out stays as it is where there are none. */
ll_status ll_mp_proxies_of(const ll_mp_proxies *p, const ll_archs *archs, float **out, ll_error *e);
ll_status ll_mp_proxies_save(const ll_mp_proxies *p, ll_tensors *out, ll_error *e);
ll_status ll_mp_proxies_load(const ll_load_job *job, ll_mp_proxies *p, ll_error *e);
void ll_mp_proxies_free(ll_mp_proxies *p);

#endif
