#include "core/predict/simple/encoded.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/encoders.h"
#include "core/predict/simple/simple.h"

#define ENCODER "simple.encoder."

static const char *encoding_of(const ll_pretrain_job *job)
{
    const char *name = ll_word(job->options, "encoding");
    if (name && strcmp(name, "auto")) return name;
    return job->archs->space->facts->columns ? "numbers" : "onehot";
}

static void *model_new(const ll_space *space, ll_encoder *encoder)
{
    ll_encoded *m = LL_NEW(ll_encoded);
    *m = (ll_encoded){space, encoder};
    return m;
}

ll_status ll_encoded_pretrain(const ll_pretrain_job *job, ll_encoded_constants *constants, void **model,
                              ll_error *e)
{
    ll_encoder *fitted, *own;
    ll_encode_job fit = {.archs = job->archs, .observer = job->observer, .pool = job->pool};
    ll_status s = ll_encoders_need(job->known, encoding_of(job), &fit, &fitted, e);
    if (s) return s;
    s = constants(fitted, job->archs, &own, e);
    ll_encoder_unref(fitted);
    if (!s) *model = model_new(job->archs->space, own);
    return s;
}

void ll_encoded_release(void *model)
{
    ll_encoder_unref(((ll_encoded *)model)->encoder);
    free(model);
}

ll_status ll_encoded_save(const void *model, ll_tensors *out, ll_error *e)
{
    const ll_encoded *m = model;
    ll_simple_save_space(m->space, out);
    return ll_encoder_save(m->encoder, ENCODER, out, e);
}

ll_status ll_encoded_load(const ll_load_job *job, void **model, ll_error *e)
{
    ll_encoder *encoder;
    ll_status s = ll_simple_space_matches(job, e);
    if (!s) s = ll_encoder_load(job->tensors, ENCODER, job->space, &encoder, e);
    if (!s) *model = model_new(job->space, encoder);
    return s;
}
