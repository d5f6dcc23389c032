#include <stdlib.h>
#include <string.h>

#include "core/sample/shared.h"

extern const ll_sampler ll_dopt, ll_ivr;

const ll_sampler *const ll_samplers[] = {
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

const ll_sampler *ll_sampler_find(const char *name)
{
    for (int i = 0; ll_samplers[i]; i++)
        if (!strcmp(ll_samplers[i]->name, name)) return ll_samplers[i];
    return NULL;
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
