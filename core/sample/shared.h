/* What the samplers share. Everything here speaks of members 0 .. n_pool-1 of the job's pool; ll_sample turns
 * members into places in the set. */
#ifndef LL_SAMPLE_SHARED_H
#define LL_SAMPLE_SHARED_H

#include "core/base/rng.h"
#include "core/encode/encoding.h"
#include "core/sample/sampler.h"

extern const ll_sampler ll_sampler_random, ll_sampler_params, ll_sampler_flops, ll_sampler_kmeans,
    ll_sampler_cosine, ll_sampler_kmeancosine, ll_sampler_maxmin, ll_sampler_latency;

/* The vectors of the members of the job's pool, (n_pool, dim): the job's own where that is all of them in order, which may be
 * gigabytes, else a copy. Not to be written to; ll_sample_vectors_free frees. */
void ll_sample_vectors(const ll_sample_job *job, ll_matrix_f *out);
void ll_sample_vectors_free(const ll_sample_job *job, ll_matrix_f *x);
/* Sort members by key (ties in random order), cut into k buckets of equal size, draw one of each. `taken`
 * (n_pool, may be NULL): members already chosen, which are left out; the chosen ones are marked. Writes k
 * members. Precondition: k members are left. */
void ll_sample_buckets(const double *key, int n_pool, int k, bool *taken, ll_rng *rng, int *out);
/* Members to rows. */
void ll_sample_rows(const ll_sample_job *job, const int *members, int n, int *out);

/* k-means++ (Arthur and Vassilvitskii 2007), then Lloyd until nothing moves or 50 rounds: one random member
 * of each of the k clusters; k distinct members also where fewer than k vectors differ. */
void ll_sample_kmeans(const ll_matrix_f *x, int k, ll_rng *rng, int *out);
/* Mean cosine similarity of each row to all rows. */
void ll_sample_mean_cosine(const ll_matrix_f *x, double *out);

#endif
