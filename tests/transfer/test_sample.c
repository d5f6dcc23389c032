#include <stdlib.h>

#include "core/base/mem.h"
#include "core/encode/encoding.h"
#include "core/num/stats.h"
#include "core/sample/sampler.h"
#include "tests/check.h"
#include "tests/spaces.h"

static ll_dataset *cells;
static ll_ints pool;
static ll_matrix_f onehot, path, cost; /* of all cells */

static ll_sample_job job_of(int k, uint64_t seed)
{
    return (ll_sample_job){.archs = cells->archs,
                           .vectors = &onehot,
                           .pool = pool.v,
                           .n_pool = pool.n,
                           .k = k,
                           .seed = seed,
                           .lat_ms = cells->lat_ms};
}

static bool distinct(const int *rows, int k)
{
    for (int i = 0; i < k; i++)
        for (int j = 0; j < i; j++)
            if (rows[i] == rows[j]) return false;
    return true;
}

static bool in_pool(const ll_sample_job *job, const int *rows)
{
    for (int i = 0; i < job->k; i++) {
        bool found = false;
        for (int j = 0; j < job->n_pool; j++) found = found || job->pool[j] == rows[i];
        if (!found) return false;
    }
    return true;
}

/* Those that need no prior. */
static const ll_sampler *sampler_at(int i)
{
    static const char *const names[] = {"random", "params",      "flops",  "kmeans",
                                        "cosine", "kmeancosine", "maxmin", "latency"};
    return i < 8 ? ll_sampler_find(names[i]) : NULL;
}

static void samples_are_distinct_and_seeded(void)
{
    const ll_sampler *s;
    for (int i = 0; (s = sampler_at(i)); i++) {
        int a[20], b[20], c[20];
        ll_error e = {0};
        ll_sample_job job = job_of(20, 1), other = job_of(20, 2);
        CHECK_INT(ll_sample(s, &job, a, &e), LL_OK);
        CHECK_INT(ll_sample(s, &job, b, &e), LL_OK);
        CHECK_INT(ll_sample(s, &other, c, &e), LL_OK);
        CHECK(distinct(a, 20) && in_pool(&job, a));
        CHECK(!memcmp(a, b, sizeof a));
        if (!memcmp(a, c, sizeof a)) check_report(false, __FILE__, __LINE__, "%s ignores its seed", s->name);
    }
}

static void small_pools_are_used_up(void)
{
    const int few[7] = {5, 900, 17, 15000, 3, 4000, 1462};
    const ll_sampler *s;
    for (int i = 0; (s = sampler_at(i)); i++) {
        int out[7];
        ll_error e = {0};
        ll_sample_job job = job_of(7, 1);
        job.pool = few;
        job.n_pool = 7;
        CHECK_INT(ll_sample(s, &job, out, &e), LL_OK);
        CHECK(distinct(out, 7) && in_pool(&job, out));
        job.k = 1;
        CHECK_INT(ll_sample(s, &job, out, &e), LL_OK);
        CHECK(in_pool(&job, out));
        job.k = 8;
        CHECK_INT(ll_sample(s, &job, out, &e), LL_USAGE);
        CHECK_HAS(e.message, "1..7");
        job.k = 0;
        CHECK_INT(ll_sample(s, &job, out, &e), LL_USAGE);
    }
}

/* Fewer different vectors than samples: k distinct members all the same. */
static void equal_vectors_are_no_trap(void)
{
    static const char *const names[] = {"kmeans", "cosine", "kmeancosine", "maxmin"};
    ll_ints same = {0};
    /* 0>3 is 3x3 and its only live edge: all these cells have one path code */
    for (int i = 0; i < cells->n_archs; i++) {
        const uint8_t *g = ll_gene(cells, i);
        if (g[3] == 3 && !g[4] && !g[5]) ll_ints_add(&same, i);
    }
    CHECK_INT(same.n, 125);
    for (int i = 0; i < 4; i++) {
        int out[100];
        ll_error e = {0};
        ll_sample_job job = job_of(100, 3);
        job.pool = same.v;
        job.n_pool = same.n;
        job.vectors = &path;
        CHECK_INT(ll_sample(ll_sampler_find(names[i]), &job, out, &e), LL_OK);
        CHECK(distinct(out, 100) && in_pool(&job, out));
    }
    ll_ints_free(&same);
}

/* One sample lies in each of the k equal parts of the sorted pool. */
static void check_quantiles(const char *name, const double *key)
{
    enum { K = 25 };
    int out[K], hits[K] = {0};
    ll_error e = {0};
    ll_sample_job job = job_of(K, 5);
    CHECK_INT(ll_sample(ll_sampler_find(name), &job, out, &e), LL_OK);
    for (int i = 0; i < K; i++) {
        int below = 0, equal = 0;
        for (int j = 0; j < cells->n_archs; j++) {
            below += key[j] < key[out[i]];
            equal += key[j] == key[out[i]];
        }
        /* ties may lie in several buckets: the bucket of this one is between those of its first and
         * last tie */
        int first = below * K / cells->n_archs, last = (below + equal - 1) * K / cells->n_archs;
        CHECK(first <= i && i <= last);
        hits[i]++;
    }
}

static void quantile_samplers_spread(void)
{
    double *macs = LL_NEW_ARRAY(double, cells->n_archs), *params = LL_NEW_ARRAY(double, cells->n_archs);
    for (int i = 0; i < cells->n_archs; i++) {
        ll_cost c;
        ll_space_cost(cells->space, ll_gene(cells, i), &c);
        macs[i] = c.macs;
        params[i] = c.params;
    }
    check_quantiles("flops", macs);
    check_quantiles("params", params);
    check_quantiles("latency", cells->lat_ms);
    free(macs);
    free(params);
}

static double squared(const ll_matrix_f *x, int a, int b)
{
    double sum = 0;
    for (int c = 0; c < x->cols; c++) {
        double d =
            x->v[(size_t)a * (size_t)x->cols + (size_t)c] - x->v[(size_t)b * (size_t)x->cols + (size_t)c];
        sum += d * d;
    }
    return sum;
}

/* Mean over the pool of the squared distance to the nearest sample, and the smallest distance of
 * two samples. */
static void spread_of(const ll_matrix_f *x, const int *rows, int k, double *cover, double *apart)
{
    *cover = 0;
    *apart = INFINITY;
    for (int i = 0; i < x->rows; i++) {
        double near = INFINITY;
        for (int j = 0; j < k; j++) near = fmin(near, squared(x, i, rows[j]));
        *cover += near / x->rows;
    }
    for (int i = 0; i < k; i++)
        for (int j = 0; j < i; j++) *apart = fmin(*apart, squared(x, rows[i], rows[j]));
}

/* In `cost`, where clusters are of very different density, k-means covers the pool better than chance and
 * farthest points lie further apart than either. */
static void kmeans_covers_and_maxmin_separates(void)
{
    enum { K = 15, SEEDS = 5 };
    double cover[3] = {0}, apart[3] = {0};
    static const char *const names[] = {"random", "kmeans", "maxmin"};
    ll_matrix_f x;
    ll_error e = {0};
    CHECK_INT(ll_encode(cells->archs, "cost", &x, &e), LL_OK);
    for (int s = 0; s < 3; s++)
        for (int seed = 0; seed < SEEDS; seed++) {
            int out[K];
            double c, a;
            ll_sample_job job = job_of(K, (uint64_t)seed);
            job.vectors = &cost;
            CHECK_INT(ll_sample(ll_sampler_find(names[s]), &job, out, &e), LL_OK);
            spread_of(&x, out, K, &c, &a);
            cover[s] += c / SEEDS;
            apart[s] += a / SEEDS;
        }
    CHECK(cover[1] < .8 * cover[0]);
    CHECK(apart[2] > 5 * apart[0]);
    CHECK(apart[2] > apart[1]);
    ll_matrix_f_free(&x);
}

/* The six cells of five pools and a 1x1 have one and the same cost, 1462 has another: two clusters give one
 * sample of each kind, whatever the seed. */
static void kmeans_finds_groups(void)
{
    ll_ints two = {0};
    for (int p = 0; p < 6; p++) {
        uint8_t gene[6] = {4, 4, 4, 4, 4, 4};
        gene[p] = 2;
        ll_ints_add(&two, ll_dataset_row(cells, gene));
    }
    ll_ints_add(&two, 1462);
    for (uint64_t seed = 0; seed < 20; seed++) {
        int out[2];
        ll_error e = {0};
        ll_sample_job job = job_of(2, seed);
        job.pool = two.v;
        job.n_pool = two.n;
        job.vectors = &cost;
        CHECK_INT(ll_sample(ll_sampler_find("kmeans"), &job, out, &e), LL_OK);
        CHECK((out[0] == 1462) != (out[1] == 1462));
    }
    ll_ints_free(&two);
}

/* Farthest points go on from what is measured: the first one is as far from it as possible. */
static void maxmin_continues(void)
{
    ll_matrix_f x;
    ll_error e = {0};
    int out[3], have[2] = {1462, 0};
    ll_sample_job job = job_of(1, 1);
    CHECK_INT(ll_encode(cells->archs, "cost", &x, &e), LL_OK);
    job.vectors = &cost;
    job.have = have;
    job.n_have = 2;
    CHECK_INT(ll_sample(ll_sampler_find("maxmin"), &job, out, &e), LL_OK);
    double chosen = fmin(squared(&x, out[0], 1462), squared(&x, out[0], 0));
    for (int i = 0; i < x.rows; i++)
        CHECK(fmin(squared(&x, i, 1462), squared(&x, i, 0)) <= chosen * (1 + 1e-6));
    const int few[3] = {1462, 0, 7};
    job.pool = few;
    job.n_pool = 3;
    job.k = 3;
    CHECK_INT(ll_sample(ll_sampler_find("maxmin"), &job, out, &e), LL_OK);
    CHECK_INT(out[0], 7);
    CHECK(distinct(out, 3));
    ll_matrix_f_free(&x);
}

static void what_is_missing_is_said(void)
{
    int out[5];
    ll_error e = {0};
    ll_sample_job job = job_of(5, 1);
    job.lat_ms = NULL;
    CHECK_INT(ll_sample(ll_sampler_find("latency"), &job, out, &e), LL_USAGE);
    CHECK_HAS(e.message, "name a device");
    job.vectors = NULL;
    CHECK_INT(ll_sample(ll_sampler_find("kmeans"), &job, out, &e), LL_USAGE);
    CHECK_HAS(e.message, "needs an encoding");
    CHECK_INT(ll_sample(&(ll_sampler){.name = "x", .needs_prior = true}, &job, out, &e), LL_USAGE);
    CHECK_HAS(e.message, "prior");
    CHECK(!ll_sampler_find("nonsense"));
    double *lat = ll_memdup(cells->lat_ms, (size_t)cells->n_archs, sizeof *lat);
    lat[77] = NAN;
    job.lat_ms = lat;
    CHECK_INT(ll_sample(ll_sampler_find("latency"), &job, out, &e), LL_FAILED);
    CHECK_HAS(e.message, "architecture 77");
    free(lat);
}

static const check_case cases[] = {
    {"samples are distinct and seeded", samples_are_distinct_and_seeded},
    {"small pools are used up", small_pools_are_used_up},
    {"equal vectors are no trap", equal_vectors_are_no_trap},
    {"quantile samplers spread", quantile_samplers_spread},
    {"kmeans covers and maxmin separates", kmeans_covers_and_maxmin_separates},
    {"kmeans finds groups", kmeans_finds_groups},
    {"maxmin continues", maxmin_continues},
    {"what is missing is said", what_is_missing_is_said},
    {0},
};

int main(int argc, char **argv)
{
    cells = all_cells();
    pool = ll_ints_range(cells->n_archs);
    ll_encode(cells->archs, "onehot", &onehot, NULL);
    ll_encode(cells->archs, "path", &path, NULL);
    ll_encode(cells->archs, "cost", &cost, NULL);
    int status = check_main("test_sample", cases, argc, argv);
    ll_matrix_f_free(&onehot);
    ll_matrix_f_free(&path);
    ll_matrix_f_free(&cost);
    ll_dataset_unref(cells);
    ll_ints_free(&pool);
    return status;
}
