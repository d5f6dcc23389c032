/* Farthest point (Gonzalez 1985): each sample is the one farthest from the samples so far, those already
 * measured included; without any the first is drawn at random. */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/sample/shared.h"

static double distance(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum;
}

/* What stands for the distance of a member that is a sample: those measured before may still be asked for
 * when nothing else is left, those chosen now may not. */
enum { MEASURED = -1, CHOSEN = -2 };

/* Bring the distance of every member to its nearest sample up to date with one more sample. */
static void see_sample(const ll_matrix_f *x, int sample, int mark, double *nearest)
{
    const float *v = x->v + (size_t)sample * (size_t)x->cols;
    for (int i = 0; i < x->rows; i++) {
        double d = distance(x->v + (size_t)i * (size_t)x->cols, v, x->cols);
        if (d < nearest[i]) nearest[i] = d;
    }
    nearest[sample] = mark;
}

/* The farthest member; of equally far ones each is as likely. */
static int farthest(const double *nearest, int n, ll_rng *rng)
{
    int best = -1, equal = 0;
    for (int i = 0; i < n; i++) {
        if (best >= 0 && nearest[i] < nearest[best]) continue;
        equal = best >= 0 && nearest[i] == nearest[best] ? equal + 1 : 1;
        if (best < 0 || equal == 1 || !ll_rng_below(rng, equal)) best = i;
    }
    return best;
}

static ll_status pick(const ll_sample_job *job, int *out, ll_error *e)
{
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    ll_matrix_f x;
    ll_sample_vectors(job, &x);
    double *nearest = LL_NEW_ARRAY(double, job->n_pool);
    for (int i = 0; i < job->n_pool; i++) nearest[i] = INFINITY;
    for (int h = 0; h < job->n_have; h++)
        for (int i = 0; i < job->n_pool; i++)
            if (job->pool[i] == job->have[h]) see_sample(&x, i, MEASURED, nearest);
    for (int j = 0; j < job->k; j++) {
        out[j] = farthest(nearest, job->n_pool, &rng);
        see_sample(&x, out[j], CHOSEN, nearest);
    }
    ll_sample_rows(job, out, job->k, out);
    free(nearest);
    ll_sample_vectors_free(job, &x);
    return LL_OK;
}

const ll_sampler ll_sampler_maxmin = {"maxmin", "each the farthest from those before it, in the encoding",
                                      .uses_encoding = true, .pick = pick};
