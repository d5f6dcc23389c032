#include "core/encode/encoders.h"

#include <string.h>

void ll_encoders_copy(ll_encoders *to, const ll_encoders *from)
{
    to->n = from->n;
    for (int i = 0; i < from->n; i++) to->v[i] = ll_encoder_ref(from->v[i]);
}

void ll_encoders_free(ll_encoders *s)
{
    for (int i = 0; i < s->n; i++) ll_encoder_unref(s->v[i]);
    s->n = 0;
}

static int place_of(const ll_encoders *s, const char *name, const ll_space *space)
{
    int i = 0;
    while (i < s->n && !(s->v[i]->space == space && !strcmp(s->v[i]->name, name))) i++;
    return i;
}

void ll_encoders_add(ll_encoders *s, ll_encoder *c)
{
    int at = place_of(s, c->name, c->space);
    if (at == LL_MOST_ENCODERS) at--;
    if (at < s->n)
        ll_encoder_unref(s->v[at]);
    else
        s->n++;
    memmove(s->v + 1, s->v, (size_t)at * sizeof *s->v);
    s->v[0] = c;
}

ll_encoder *ll_encoders_find(const ll_encoders *s, const char *name, const ll_space *space)
{
    int at = s ? place_of(s, name, space) : 0;
    return s && at < s->n ? s->v[at] : NULL;
}

ll_status ll_encoders_need(const ll_encoders *s, const char *name, const ll_encode_job *job, ll_encoder **out,
                           ll_error *e)
{
    ll_encoder *known = ll_encoders_find(s, name, job->archs->space);
    ll_encode_job own = *job;
    own.known = s;
    *out = ll_encoder_ref(known);
    return known ? LL_OK : ll_encoder_fit(name, &own, out, e);
}

bool ll_encoding_is_learnt(const char *name, const ll_archs *archs)
{
    const ll_encoding *e = ll_encoding_find(name);
    return e && e->learnt && !ll_archs_feature(archs, name);
}

bool ll_encoding_computes_proxies(const char *name, const ll_encoders *known, const ll_archs *archs)
{
    bool wants = !strcmp(name, "zcp") || !strcmp(name, "caz");
    return wants && !ll_archs_feature(archs, "zcp") && !ll_encoders_find(known, "zcp", archs->space) &&
           !ll_encoders_find(known, name, archs->space);
}

ll_status ll_encoders_learn(ll_encoders *s, const char *name, const ll_encode_job *job, ll_error *e)
{
    ll_encoder *c;
    if (!ll_encoding_is_learnt(name, job->archs) || ll_encoders_find(s, name, job->archs->space))
        return LL_OK;
    ll_status status = ll_encoders_need(s, name, job, &c, e);
    if (!status) ll_encoders_add(s, c);
    return status;
}

ll_status ll_encoders_vectors(const ll_encoders *s, const char *name, const ll_encode_job *job,
                              ll_matrix_f *out, ll_error *e)
{
    ll_encoder *c;
    *out = (ll_matrix_f){0};
    ll_status status = ll_encoders_need(s, name, job, &c, e);
    if (!status) status = ll_encoder_apply(c, job->archs, out, e);
    ll_encoder_unref(c);
    return status;
}
