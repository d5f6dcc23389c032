/* Samplers that spread the samples evenly over the quantiles of one number: the pool is sorted by it and cut
 * into k equal buckets, one random member of each is taken. */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/sample/shared.h"

static ll_status pick_by(const ll_sample_job *job, const double *key, int *out)
{
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    int *members = LL_NEW_ARRAY(int, job->k);
    ll_sample_buckets(key, job->n_pool, job->k, NULL, &rng, members);
    ll_sample_rows(job, members, job->k, out);
    free(members);
    return LL_OK;
}

static double params_of(const ll_cost *c)
{
    return c->params;
}

static double macs_of(const ll_cost *c)
{
    return c->macs;
}

static ll_status pick_by_cost(const ll_sample_job *job, double (*of)(const ll_cost *), int *out, ll_error *e)
{
    const ll_space *s = job->archs->space;
    if (!s->layers)
        return ll_fail(e, LL_USAGE,
                       "the networks of %s are not known, so they cannot be sorted by cost; use random, "
                       "kmeans or maxmin",
                       s->name);
    double *key = LL_NEW_ARRAY(double, job->n_pool);
    for (int i = 0; i < job->n_pool; i++) {
        ll_cost c;
        ll_space_cost(s, ll_arch(job->archs, job->pool[i]), &c);
        key[i] = of(&c);
    }
    ll_status status = pick_by(job, key, out);
    free(key);
    return status;
}

static ll_status pick_params(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick_by_cost(job, params_of, out, e);
}

static ll_status pick_flops(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick_by_cost(job, macs_of, out, e);
}

static ll_status pick_latency(const ll_sample_job *job, int *out, ll_error *e)
{
    double *key = LL_NEW_ARRAY(double, job->n_pool);
    ll_status s = LL_OK;
    for (int i = 0; i < job->n_pool && !s; i++) {
        key[i] = job->lat_ms[job->pool[i]];
        if (isnan(key[i]))
            s = ll_fail(e, LL_FAILED, "architecture %d has no latency on the device that the oracle sorts by",
                        job->pool[i]);
    }
    if (!s) s = pick_by(job, key, out);
    free(key);
    return s;
}

const ll_sampler ll_sampler_params = {"params", "even over the quantiles of the parameter count",
                                      .pick = pick_params};
const ll_sampler ll_sampler_flops = {"flops", "even over the quantiles of the multiply-adds",
                                     .pick = pick_flops};
const ll_sampler ll_sampler_latency = {
    "latency", "even over the quantiles of the target's own latency: an oracle, for study", .oracle = true,
    .pick = pick_latency};
