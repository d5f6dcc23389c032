#include "core/sample/shared.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/sort.h"

static bool is_all(const ll_sample_job *job)
{
    bool all = job->n_pool == job->vectors->rows;
    for (int i = 0; all && i < job->n_pool; i++) all = job->pool[i] == i;
    return all;
}

void ll_sample_vectors(const ll_sample_job *job, ll_matrix_f *out)
{
    const ll_matrix_f *all = job->vectors;
    size_t cols = (size_t)all->cols;
    *out = *all;
    if (is_all(job)) return;
    *out = ll_matrix_f_new(job->n_pool, all->cols);
    for (int i = 0; i < job->n_pool; i++)
        memcpy(out->v + (size_t)i * cols, all->v + (size_t)job->pool[i] * cols, cols * sizeof(float));
}

void ll_sample_vectors_free(const ll_sample_job *job, ll_matrix_f *x)
{
    if (x->v != job->vectors->v) ll_matrix_f_free(x);
}

void ll_sample_buckets(const double *key, int n_pool, int k, bool *taken, ll_rng *rng, int *out)
{
    int *member = LL_NEW_ARRAY(int, n_pool), *order = LL_NEW_ARRAY(int, n_pool), n = 0;
    double *sorted = LL_NEW_ARRAY(double, n_pool);
    for (int i = 0; i < n_pool; i++)
        if (!taken || !taken[i]) member[n++] = i;
    ll_rng_shuffle(rng, member, n);
    for (int i = 0; i < n; i++) sorted[i] = key[member[i]];
    ll_sort_order(sorted, n, order);
    for (int b = 0; b < k; b++) {
        int from = (int)((long)b * n / k), to = (int)((long)(b + 1) * n / k);
        out[b] = member[order[from + ll_rng_below(rng, to - from)]];
        if (taken) taken[out[b]] = true;
    }
    free(member);
    free(order);
    free(sorted);
}

void ll_sample_rows(const ll_sample_job *job, const int *members, int n, int *out)
{
    for (int i = 0; i < n; i++) out[i] = job->pool[members[i]];
}
