/* Samplers: choose the k architectures to measure on the target. One const record each; `ll_samplers` lists
 * them. */
#ifndef LL_SAMPLE_SAMPLER_H
#define LL_SAMPLE_SAMPLER_H

#include "core/base/observer.h"
#include "core/device/dataset.h"

/* The prior an optimal design works under (ALGORITHMS section 4): row-major features of every architecture of
 * the dataset. Built by the gp predictor; NULL in a job: no prior at hand. */
typedef struct ll_design_prior {
    int n, dim;
    const double *phi;    /* (n, dim) */
    const double *weight; /* (dim) diagonal of G for `ivr` */
    double noise;         /* rho */
} ll_design_prior;

typedef struct ll_sample_job {
    const ll_dataset *data;
    const int *pool; /* rows to choose from */
    int n_pool, k;
    uint64_t seed;
    const char *encoding;         /* name for samplers that use one; NULL: onehot */
    const ll_design_prior *prior; /* for dopt, ivr */
    const double *lat_ms;         /* (n_archs): only the oracle `latency` looks at it */
    const int *have;              /* rows already measured (suggest next=5): a design continues from them */
    int n_have;
} ll_sample_job;

typedef struct ll_sampler {
    const char *name, *summary;
    bool uses_encoding, needs_prior, oracle; /* oracle: looks at the target's latencies; for study only */
    /* Writes k distinct rows. Precondition: 1 <= k <= n_pool. */
    ll_status (*pick)(const ll_sample_job *job, int *out, ll_error *e);
} ll_sampler;

extern const ll_sampler *const ll_samplers[]; /* ends with NULL; core/sample/registry.c */
const ll_sampler *ll_sampler_find(const char *name);
/* Checks k against the pool (LL_USAGE), that a needed prior is there, and picks. */
ll_status ll_sample(const ll_sampler *s, const ll_sample_job *job, int *out, ll_error *e);

#endif
