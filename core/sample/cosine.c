/* Samplers of NASFLAT (arXiv 2403.02446, section 4): `cosine` is even over the quantiles of the mean cosine
 * similarity to all others; `kmeancosine` takes half its samples that way and half by k-means. */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/sample/shared.h"

static double norm_of(const float *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)v[i] * v[i];
    return sqrt(sum);
}

/* The mean over j of cos(x_i, x_j) is the product of the unit vector of x_i with the mean unit vector. */
void ll_sample_mean_cosine(const ll_matrix_f *x, double *out)
{
    double *mean = LL_NEW_ARRAY(double, x->cols);
    for (int i = 0; i < x->rows; i++) {
        const float *v = x->v + (size_t)i * (size_t)x->cols;
        double norm = norm_of(v, x->cols);
        for (int c = 0; c < x->cols && norm > 0; c++) mean[c] += v[c] / norm / x->rows;
    }
    for (int i = 0; i < x->rows; i++) {
        const float *v = x->v + (size_t)i * (size_t)x->cols;
        double norm = norm_of(v, x->cols), sum = 0;
        for (int c = 0; c < x->cols; c++) sum += v[c] * mean[c];
        out[i] = norm > 0 ? sum / norm : 0;
    }
    free(mean);
}

/* k - by_kmeans members by cosine after the by_kmeans ones that k-means chose. */
static ll_status pick_both(const ll_sample_job *job, int by_kmeans, int *out, ll_error *e)
{
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    ll_matrix_f x;
    ll_sample_vectors(job, &x);
    double *similarity = LL_NEW_ARRAY(double, job->n_pool);
    bool *taken = LL_NEW_ARRAY(bool, job->n_pool);
    if (by_kmeans) ll_sample_kmeans(&x, by_kmeans, &rng, out);
    for (int i = 0; i < by_kmeans; i++) taken[out[i]] = true;
    ll_sample_mean_cosine(&x, similarity);
    ll_sample_buckets(similarity, job->n_pool, job->k - by_kmeans, taken, &rng, out + by_kmeans);
    ll_sample_rows(job, out, job->k, out);
    free(similarity);
    free(taken);
    ll_sample_vectors_free(job, &x);
    return LL_OK;
}

static ll_status pick_cosine(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick_both(job, 0, out, e);
}

static ll_status pick_kmeancosine(const ll_sample_job *job, int *out, ll_error *e)
{
    return pick_both(job, job->k / 2, out, e);
}

const ll_sampler ll_sampler_cosine = {"cosine", "even over the mean cosine similarity to all others",
                                      .uses_encoding = true, .pick = pick_cosine};
const ll_sampler ll_sampler_kmeancosine = {"kmeancosine", "half by kmeans, half by cosine",
                                           .uses_encoding = true, .pick = pick_kmeancosine};
