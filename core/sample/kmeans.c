#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/sample/shared.h"

enum { ROUNDS = 50, CHUNK = 1024 };

typedef struct clusters {
    const ll_matrix_f *x;
    int k;
    float *centre, *half_norm; /* (k, cols), (k): |c|^2 / 2 */
    float *dot;                /* (CHUNK, k) */
    int *of, *size;            /* (rows): cluster of each; (k) */
} clusters;

static float squared_distance(const float *a, const float *b, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static const float *row(const ll_matrix_f *x, int i)
{
    return x->v + (size_t)i * (size_t)x->cols;
}

/* An index with probability proportional to weight; any index when all weights are 0. */
static int draw(const float *weight, int n, ll_rng *rng)
{
    double total = 0;
    for (int i = 0; i < n; i++) total += weight[i];
    double at = ll_rng_uniform(rng) * total;
    int last = -1;
    for (int i = 0; i < n; i++) {
        if (weight[i] <= 0) continue;
        last = i;
        if ((at -= weight[i]) < 0) return i;
    }
    return last >= 0 ? last : ll_rng_below(rng, n);
}

/* Each centre is a member drawn with probability proportional to its squared distance to the centres
 * so far. */
static void start(clusters *c, ll_rng *rng)
{
    int n = c->x->rows, cols = c->x->cols, member = ll_rng_below(rng, n);
    float *nearest = LL_NEW_ARRAY(float, n);
    for (int j = 0; j < c->k; j++) {
        if (j) member = draw(nearest, n, rng);
        memcpy(c->centre + (size_t)j * (size_t)cols, row(c->x, member), (size_t)cols * sizeof(float));
        for (int i = 0; i < n; i++) {
            float distance = squared_distance(row(c->x, i), row(c->x, member), cols);
            if (!j || distance < nearest[i]) nearest[i] = distance;
        }
    }
    free(nearest);
}

/* The centre with the largest x.c - |c|^2 / 2 is the nearest one. */
static int nearest_centre(const clusters *c, const float *dot)
{
    int best = 0;
    for (int j = 1; j < c->k; j++)
        if (dot[j] - c->half_norm[j] > dot[best] - c->half_norm[best]) best = j;
    return best;
}

/* Every row to its nearest centre; returns how many moved. */
static int assign(clusters *c)
{
    int cols = c->x->cols, moved = 0;
    for (int j = 0; j < c->k; j++) {
        const float *v = c->centre + (size_t)j * (size_t)cols;
        c->half_norm[j] = 0;
        for (int i = 0; i < cols; i++) c->half_norm[j] += .5f * v[i] * v[i];
    }
    memset(c->size, 0, (size_t)c->k * sizeof *c->size);
    for (int from = 0; from < c->x->rows; from += CHUNK) {
        int n = c->x->rows - from < CHUNK ? c->x->rows - from : CHUNK;
        ll_sgemm(false, true, n, c->k, cols, 1, row(c->x, from), cols, c->centre, cols, 0, c->dot, c->k);
        for (int i = 0; i < n; i++) {
            int to = nearest_centre(c, c->dot + (size_t)i * (size_t)c->k);
            moved += c->of[from + i] != to;
            c->of[from + i] = to;
            c->size[to]++;
        }
    }
    return moved;
}

/* Every centre to the mean of its rows; an empty cluster keeps its centre. */
static void recentre(clusters *c)
{
    int cols = c->x->cols;
    for (int j = 0; j < c->k; j++)
        if (c->size[j]) memset(c->centre + (size_t)j * (size_t)cols, 0, (size_t)cols * sizeof(float));
    for (int i = 0; i < c->x->rows; i++) {
        float *v = c->centre + (size_t)c->of[i] * (size_t)cols, weight = 1.0f / (float)c->size[c->of[i]];
        for (int d = 0; d < cols; d++) v[d] += weight * row(c->x, i)[d];
    }
}

/* One random member of each cluster: of the members in random order, the first of its cluster. What empty
 * clusters leave open goes to the next members. */
static void pick_members(const clusters *c, ll_rng *rng, int *out)
{
    int n = c->x->rows, *order = LL_NEW_ARRAY(int, n), picked = 0, others = 0;
    bool *seen = LL_NEW_ARRAY(bool, c->k);
    for (int i = 0; i < n; i++) order[i] = i;
    ll_rng_shuffle(rng, order, n);
    for (int i = 0; i < n; i++) {
        int member = order[i];
        if (seen[c->of[member]])
            order[others++] = member;
        else
            out[picked++] = member;
        seen[c->of[member]] = true;
    }
    for (int i = 0; picked < c->k; i++) out[picked++] = order[i];
    free(order);
    free(seen);
}

void ll_sample_kmeans(const ll_matrix_f *x, int k, ll_rng *rng, int *out)
{
    clusters c = {.x = x,
                  .k = k,
                  .centre = LL_NEW_ARRAY(float, (size_t)k *(size_t)x->cols),
                  .half_norm = LL_NEW_ARRAY(float, k),
                  .dot = LL_NEW_ARRAY(float, (size_t)CHUNK *(size_t)k),
                  .of = LL_NEW_ARRAY(int, x->rows),
                  .size = LL_NEW_ARRAY(int, k)};
    start(&c, rng);
    assign(&c);
    for (int round = 0; round < ROUNDS; round++) {
        recentre(&c);
        if (!assign(&c)) break;
    }
    pick_members(&c, rng, out);
    free(c.centre);
    free(c.half_norm);
    free(c.dot);
    free(c.of);
    free(c.size);
}

static ll_status pick(const ll_sample_job *job, int *out, ll_error *e)
{
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    ll_matrix_f x;
    ll_sample_vectors(job, &x);
    ll_sample_kmeans(&x, job->k, &rng, out);
    ll_sample_rows(job, out, job->k, out);
    ll_sample_vectors_free(job, &x);
    return LL_OK;
}

const ll_sampler ll_sampler_kmeans = {"kmeans", "one of each of k clusters of the encoding",
                                      .uses_encoding = true, .pick = pick};
