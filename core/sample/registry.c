#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#include "core/sample/design.h"
#include "core/sample/shared.h"

const ll_sampler *const ll_samplers[] = {
    &ll_auto,
    &ll_sampler_random,
    &ll_sampler_params,
    &ll_sampler_flops,
    &ll_sampler_kmeans,
    &ll_sampler_cosine,
    &ll_sampler_kmeancosine,
    &ll_sampler_maxmin,
    &ll_dopt,
    &ll_ivr,
    &ll_sampler_latency,
    NULL,
};

void ll_design_prior_free(ll_design_prior *p)
{
    free(p->own);
    *p = (ll_design_prior){0};
}

static const ll_sampler *find(const char *name, size_t length)
{
    for (int i = 0; ll_samplers[i]; i++)
        if (strlen(ll_samplers[i]->name) == length && !strncmp(ll_samplers[i]->name, name, length))
            return ll_samplers[i];
    return NULL;
}

/* Samplers on encodings that somebody has asked for: like the others they are there until the program ends, so that
 * whoever holds one may compare it by its address. */
typedef struct made {
    ll_sampler sampler;
    struct made *next;
} made;

static const ll_sampler *on_encoding(const ll_sampler *base, const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static made *all;
    pthread_mutex_lock(&lock);
    made *m = all;
    while (m && strcmp(m->sampler.name, name)) m = m->next;
    if (!m) {
        m = LL_NEW(made);
        *m = (made){*base, all};
        m->sampler.name = ll_strdup(name);
        m->sampler.encoding = strchr(m->sampler.name, ':') + 1;
        all = m;
    }
    pthread_mutex_unlock(&lock);
    return &m->sampler;
}

const ll_sampler *ll_sampler_find(const char *name)
{
    const char *colon = strchr(name, ':');
    const ll_sampler *base = find(name, colon ? (size_t)(colon - name) : strlen(name));
    if (!colon || !base) return base;
    return base->uses_encoding && colon[1] ? on_encoding(base, name) : NULL;
}

ll_status ll_sampler_vectors(const ll_sampler *s, const ll_encoders *known, const ll_encode_job *job,
                             ll_matrix_f *out, ll_error *e)
{
    *out = (ll_matrix_f){0};
    if (!s->uses_encoding) return LL_OK;
    return ll_encoders_vectors(known, s->encoding ? s->encoding : "onehot", job, out, e);
}

ll_status ll_sample(const ll_sampler *s, const ll_sample_job *job, int *out, ll_error *e)
{
    if (job->k < 1 || job->k > job->n_pool)
        return ll_fail(e, LL_USAGE, "k=%d: expected 1..%d, the architectures there are to choose from",
                       job->k, job->n_pool);
    if (s->needs_prior && !job->prior)
        return ll_fail(e, LL_USAGE, "the sampler %s needs the prior of a predictor: `pretrain gp` first",
                       s->name);
    if (s->uses_encoding && !job->vectors)
        return ll_fail(e, LL_USAGE, "the sampler %s needs an encoding of the architectures", s->name);
    if (s->oracle && !job->lat_ms)
        return ll_fail(e, LL_USAGE, "the sampler %s sorts by the target's latencies: name a device", s->name);
    return s->pick(job, out, e);
}

ll_status ll_sample_more(const ll_sampler *s, const ll_sample_job *job, int *out, ll_error *e)
{
    ll_ints have = ll_ints_copy(job->have, job->n_have), pool = {0};
    for (int i = 0; i < job->archs->n; i++)
        if (ll_ints_find(&have, i) < 0) ll_ints_add(&pool, i);
    ll_sample_job more = *job;
    more.pool = pool.v;
    more.n_pool = pool.n;
    ll_status status = ll_sample(s, &more, out, e);
    ll_ints_free(&have);
    ll_ints_free(&pool);
    return status;
}
