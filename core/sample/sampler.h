/* Samplers: choose the k architectures to measure on the target. One const record each; `ll_samplers` lists
 * them. */
#ifndef LL_SAMPLE_SAMPLER_H
#define LL_SAMPLE_SAMPLER_H

#include "core/base/observer.h"
#include "core/encode/encoders.h"

/* The prior an optimal design works under (core/ALGORITHMS.md section 4): row-major features of the architectures of a
 * job. Built by the gp predictor; NULL in a job: no prior at hand. */
typedef struct ll_design_prior {
    int n, dim;
    const double *phi;    /* (n, dim) */
    const double *weight; /* (dim) diagonal of G for `ivr` */
    double noise;         /* rho */
    double *own; /* where phi was made for the caller: ll_design_prior_free frees it; NULL: it is borrowed */
    /* For `auto`: what tells kinds of devices apart, as coefficients of phi (n_contrasts, dim). Each adds a aᵀ to the
     * covariance of the coefficients, which is I otherwise. NULL: there are none. */
    int n_contrasts;
    const double *contrast;
} ll_design_prior;
void ll_design_prior_free(ll_design_prior *p);

typedef struct ll_sample_job {
    const ll_archs *archs;
    const int *pool; /* which of them to choose from */
    int n_pool, k;
    uint64_t seed;
    const ll_matrix_f *vectors;   /* (archs->n, dim) for samplers that use an encoding; NULL: none at hand */
    const ll_design_prior *prior; /* of all archs, for dopt and ivr */
    const double *lat_ms;         /* (archs->n): only the oracle `latency` looks at it */
    const ll_observer *observer;  /* designs ask it before every choice; may be NULL */
    const int *have;              /* already measured (suggest next=5): a design continues from them */
    int n_have;
} ll_sample_job;

typedef struct ll_sampler {
    const char *name, *summary;
    const char *encoding;                    /* of one that uses one: which; NULL: one-hot */
    bool uses_encoding, needs_prior, oracle; /* oracle: looks at the target's latencies; for study only */
    /* Writes k distinct members of the pool. Precondition: 1 <= k <= n_pool. LL_CANCELLED by the observer. */
    ll_status (*pick)(const ll_sample_job *job, int *out, ll_error *e);
} ll_sampler;

extern const ll_sampler *const ll_samplers[]; /* ends with NULL; core/sample/registry.c */
/* Also "kmeans:graf": that sampler on vectors of that encoding, a record of its own. NULL: no such sampler, or none that
 * uses an encoding; whether there is such an encoding is asked when it is used. Thread-safe. */
const ll_sampler *ll_sampler_find(const char *name);
/* The vectors that it works on, of job->archs; an empty matrix where it uses none. */
ll_status ll_sampler_vectors(const ll_sampler *s, const ll_encoders *known, const ll_encode_job *job,
                             ll_matrix_f *out, ll_error *e);
/* Checks k against the pool (LL_USAGE), that a needed prior or encoding is there, and picks. */
ll_status ll_sample(const ll_sampler *s, const ll_sample_job *job, int *out, ll_error *e);
/* job->k more behind job->have: the pool (job->pool is not looked at) is every architecture that is not among those. What
 * `suggest` proposes and what `diagnose` does are this one choice. */
ll_status ll_sample_more(const ll_sampler *s, const ll_sample_job *job, int *out, ll_error *e);

#endif
