#include "core/sample/shared.h"

static ll_status pick(const ll_sample_job *job, int *out, ll_error *e)
{
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    ll_rng_sample(&rng, job->pool, job->n_pool, job->k, out);
    return LL_OK;
}

const ll_sampler ll_sampler_random = {"random", "uniformly at random", .pick = pick};
