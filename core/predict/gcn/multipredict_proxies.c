#include "core/predict/gcn/multipredict_proxies.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

static void measure_range(ll_mp_proxies *p, const ll_matrix_f *z)
{
    p->lo = LL_NEW_ARRAY(float, z->cols);
    p->scale = LL_NEW_ARRAY(float, z->cols);
    for (int c = 0; c < z->cols; c++) {
        float lo = INFINITY, hi = -INFINITY;
        for (int r = 0; r < z->rows; r++) {
            float v = z->v[(size_t)r * (size_t)z->cols + (size_t)c];
            lo = fminf(lo, v);
            hi = fmaxf(hi, v);
        }
        p->lo[c] = lo;
        p->scale[c] = hi > lo ? 1 / (hi - lo) : 0;
    }
}

ll_status ll_mp_proxies_fit(ll_mp_proxies *p, const ll_archs *archs, const ll_encoders *known, ll_error *e)
{
    ll_matrix_f z = {0};
    if (!ll_archs_feature(archs, "zcp") && !ll_encoders_find(known, "zcp", archs->space)) return LL_OK;
    ll_status s = ll_encoders_need(known, "zcp", &(ll_encode_job){.archs = archs}, &p->encoder, e);
    if (!s) s = ll_encoder_apply(p->encoder, archs, &z, e);
    if (!s) measure_range(p, &z);
    ll_matrix_f_free(&z);
    return s;
}

ll_status ll_mp_proxies_of(const ll_mp_proxies *p, const ll_archs *archs, float **out, ll_error *e)
{
    ll_matrix_f z;
    if (!p->encoder) return LL_OK;
    ll_status s = ll_encoder_apply(p->encoder, archs, &z, e);
    if (s) return s;
    for (int r = 0; r < z.rows; r++)
        for (int c = 0; c < z.cols; c++) {
            float *v = &z.v[(size_t)r * (size_t)z.cols + (size_t)c];
            *v = (*v - p->lo[c]) * p->scale[c];
        }
    *out = z.v;
    return LL_OK;
}

ll_status ll_mp_proxies_save(const ll_mp_proxies *p, ll_tensors *out, ll_error *e)
{
    if (!p->encoder) return LL_OK;
    ll_tensors_add(out, "multipredict.lo", LL_F32, 1, (long[]){p->encoder->dim}, p->lo);
    ll_tensors_add(out, "multipredict.scale", LL_F32, 1, (long[]){p->encoder->dim}, p->scale);
    return ll_encoder_save(p->encoder, "multipredict.z/", out, e);
}

ll_status ll_mp_proxies_load(const ll_load_job *job, ll_mp_proxies *p, ll_error *e)
{
    const ll_tensor *lo, *scale;
    if (!ll_tensors_find(job->tensors, "multipredict.lo")) return LL_OK;
    ll_status s = ll_encoder_load(job->tensors, "multipredict.z/", job->space, &p->encoder, e);
    long dim = s ? 0 : p->encoder->dim;
    if (!s) s = ll_tensors_need(job->tensors, "multipredict.lo", LL_F32, 1, &dim, &lo, e);
    if (!s) s = ll_tensors_need(job->tensors, "multipredict.scale", LL_F32, 1, &dim, &scale, e);
    if (s) return s;
    p->lo = ll_memdup(lo->data, (size_t)dim, sizeof *p->lo);
    p->scale = ll_memdup(scale->data, (size_t)dim, sizeof *p->scale);
    return LL_OK;
}

void ll_mp_proxies_free(ll_mp_proxies *p)
{
    ll_encoder_unref(p->encoder);
    free(p->lo);
    free(p->scale);
    *p = (ll_mp_proxies){0};
}
