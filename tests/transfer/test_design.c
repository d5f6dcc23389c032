/* Optimal designs, against brute force where a prior is small, and as a person gets them: some now, some later. */
#include <stdlib.h>
#include <string.h>

#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/sample/design.h"
#include "tests/predict/gp_world.h"

enum { POOL = 9, DIM = 3 };

static void tiny_design(double *phi, double *weight, ll_design_prior *prior)
{
    ll_rng rng = ll_rng_new(21, 1);
    for (int i = 0; i < POOL * DIM; i++) phi[i] = ll_rng_normal(&rng);
    for (int c = 0; c < DIM; c++) weight[c] = 1. / (c + 1);
    *prior = (ll_design_prior){.n = POOL, .dim = DIM, .phi = phi, .weight = weight, .noise = .2};
}

/* The Cholesky factor of P⁻¹ = (I + a aᵀ)⁻¹ + sum phi phiᵀ / rho over these rows; a is the contrast, if there is one. */
static void precision(const ll_design_prior *p, const int *rows, int n, double *a)
{
    memset(a, 0, DIM * DIM * sizeof *a);
    double square = p->n_contrasts ? ll_ddot(DIM, p->contrast, p->contrast) : 0;
    for (int c = 0; c < DIM; c++) a[c * DIM + c] = 1;
    for (int i = 0; i < DIM * DIM && p->n_contrasts; i++)
        a[i] -= p->contrast[i / DIM] * p->contrast[i % DIM] / (1 + square);
    for (int i = 0; i < n; i++)
        for (int r = 0; r < DIM; r++)
            for (int c = 0; c < DIM; c++)
                a[r * DIM + c] += p->phi[rows[i] * DIM + r] * p->phi[rows[i] * DIM + c] / p->noise;
    CHECK(ll_cholesky(DIM, a, DIM));
}

/* tr(G P) after observing these rows; var (POOL): what is then uncertain of each row; NULL: not asked for. */
static double brute_force(const ll_design_prior *p, const int *rows, int n, double *var)
{
    double a[DIM * DIM], sum = 0;
    precision(p, rows, n, a);
    ll_cholesky_inverse(DIM, a, DIM);
    for (int c = 0; c < DIM; c++) sum += p->weight[c] * a[c * DIM + c];
    for (int i = 0; var && i < POOL; i++) {
        var[i] = 0;
        for (int r = 0; r < DIM; r++)
            for (int c = 0; c < DIM; c++)
                var[i] += p->phi[i * DIM + r] * a[r * DIM + c] * p->phi[i * DIM + c];
    }
    return sum;
}

static bool taken(const int *rows, int n, int row)
{
    for (int i = 0; i < n; i++)
        if (rows[i] == row) return true;
    return false;
}

static void designs_are_the_greedy_best(void)
{
    double phi[POOL * DIM], weight[DIM], var[POOL], left[5];
    ll_design_prior prior;
    int pool[POOL], dopt[4], ivr[4], all[5];
    ll_error e = {0};
    tiny_design(phi, weight, &prior);
    for (int i = 0; i < POOL; i++) pool[i] = i;
    ll_sample_job job = {.pool = pool, .n_pool = POOL, .k = 4, .seed = 3, .prior = &prior};
    CHECK_INT(ll_sample(&ll_dopt, &job, dopt, &e), LL_OK);
    CHECK_INT(ll_sample(&ll_ivr, &job, ivr, &e), LL_OK);
    ll_design_left(&prior, NULL, 0, ivr, 4, left);
    double none = brute_force(&prior, NULL, 0, NULL);
    for (int step = 0; step < 4; step++) {
        int surest = -1, telling = -1;
        double least = INFINITY;
        brute_force(&prior, dopt, step, var);
        for (int i = 0; i < POOL; i++) {
            if (!taken(dopt, step, i) && (surest < 0 || var[i] > var[surest])) surest = i;
            if (taken(ivr, step, i)) continue;
            memcpy(all, ivr, sizeof ivr);
            all[step] = i;
            double after = brute_force(&prior, all, step + 1, NULL);
            if (after < least) {
                least = after;
                telling = i;
            }
        }
        CHECK_INT(dopt[step], surest);
        CHECK_INT(ivr[step], telling);
        CHECK_NEAR(left[step + 1], least / none, 1e-12);
    }
}

/* What tells kinds of devices apart is for `auto`: the other two are as published. */
static void contrasts_are_for_auto_alone(void)
{
    const ll_sampler *designs[] = {&ll_dopt, &ll_ivr, &ll_auto};
    double phi[POOL * DIM], weight[DIM], contrast[DIM] = {0, 0, 9};
    ll_design_prior prior;
    int pool[POOL], without[5], with[5];
    ll_error e = {0};
    tiny_design(phi, weight, &prior);
    for (int i = 0; i < POOL; i++) pool[i] = i;
    ll_sample_job job = {.pool = pool, .n_pool = POOL, .k = 5, .seed = 3, .prior = &prior};
    prior.contrast = contrast;
    for (int d = 0; d < 3; d++) {
        prior.n_contrasts = 0;
        CHECK_INT(ll_sample(designs[d], &job, without, &e), LL_OK);
        prior.n_contrasts = 1;
        CHECK_INT(ll_sample(designs[d], &job, with, &e), LL_OK);
        CHECK(!memcmp(with, without, sizeof with) == (designs[d] != &ll_auto));
    }
}

static void designs_nest_and_continue(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    ll_design_prior prior;
    ll_error e = {0};
    int five[5], ten[10], next[5], pool[CELLS];
    CHECK(ll_gp.design_prior(m, d->archs, &prior));
    /* they lie further out than random samples */
    for (int i = 0; i < LL_GP_SIZES; i++) CHECK(((ll_gp_model *)m)->reach[i] > 1.05);
    for (int i = 0; i < CELLS; i++) pool[i] = i;
    ll_sample_job job = {
        .archs = d->archs, .pool = pool, .n_pool = CELLS, .k = 5, .seed = 3, .prior = &prior};
    CHECK_INT(ll_sample(&ll_dopt, &job, five, &e), LL_OK);
    job.k = 10;
    CHECK_INT(ll_sample(&ll_dopt, &job, ten, &e), LL_OK);
    CHECK(!memcmp(five, ten, sizeof five));
    job.k = 5;
    job.have = five;
    job.n_have = 5;
    CHECK_INT(ll_sample(&ll_dopt, &job, next, &e), LL_OK);
    CHECK(!memcmp(next, ten + 5, sizeof next));
    job.prior = NULL;
    CHECK(ll_sample(&ll_dopt, &job, next, &e) != LL_OK);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* What `auto` makes small: -.05 log det(P⁻¹) + .95 log tr(G P). */
static double both(const ll_design_prior *p, const int *rows, int n)
{
    double a[DIM * DIM], determinant = 1;
    precision(p, rows, n, a);
    for (int c = 0; c < DIM; c++) determinant *= a[c * DIM + c] * a[c * DIM + c];
    return .95 * log(brute_force(p, rows, n, NULL)) - .05 * log(determinant);
}

/* The best that one exchange makes of five rows. */
static double best_exchange(const ll_design_prior *p, const int *five)
{
    double least = INFINITY;
    for (int i = 0; i < 5; i++)
        for (int row = 0; row < p->n; row++) {
            int other[5];
            memcpy(other, five, sizeof other);
            other[i] = row;
            if (!taken(five, 5, row)) least = fmin(least, both(p, other, 5));
        }
    return least;
}

static void greedy_five(const ll_design_prior *p, int *five)
{
    for (int n = 0; n < 5; n++) {
        double least = INFINITY;
        int at = -1;
        for (int row = 0; row < p->n; row++) {
            five[n] = row;
            double value = taken(five, n, row) ? INFINITY : both(p, five, n + 1);
            if (value >= least) continue;
            least = value;
            at = row;
        }
        five[n] = at;
    }
}

/* None of the first five of `auto` can be exchanged for anything better, which is more than taking the best each time
 * reaches; the sixth is the best behind them. */
static void the_first_five_of_auto_are_exchanged(void)
{
    enum { MANY = 40, TRIES = 12 };
    int pool[MANY], six[6], greedy[5], improved = 0;
    ll_error e = {0};
    for (int i = 0; i < MANY; i++) pool[i] = i;
    for (uint64_t seed = 1; seed <= TRIES; seed++) {
        double phi[MANY * DIM], weight[DIM] = {1, .5, .25}, contrast[DIM] = {.3, -2, 1}, least = INFINITY;
        ll_rng rng = ll_rng_new(seed, 1);
        for (int i = 0; i < MANY * DIM; i++) phi[i] = ll_rng_normal(&rng);
        ll_design_prior prior = {.n = MANY, .dim = DIM, .phi = phi, .weight = weight, .noise = .2};
        prior.n_contrasts = seed % 2; /* every other prior has one */
        prior.contrast = contrast;
        ll_sample_job job = {.pool = pool, .n_pool = MANY, .k = 6, .seed = seed, .prior = &prior};
        CHECK_INT(ll_sample(&ll_auto, &job, six, &e), LL_OK);
        CHECK(both(&prior, six, 5) <= best_exchange(&prior, six) + 1e-12);
        greedy_five(&prior, greedy);
        CHECK(both(&prior, six, 5) <= both(&prior, greedy, 5) + 1e-12);
        improved += both(&prior, six, 5) < both(&prior, greedy, 5) - 1e-9;
        double reached = both(&prior, six, 6);
        for (int row = 0; row < MANY; row++) {
            six[5] = row;
            if (!taken(six, 5, row)) least = fmin(least, both(&prior, six, 6));
        }
        CHECK_NEAR(reached, least, 1e-12);
    }
    CHECK(improved > TRIES / 4);
}

/* --- some now, some later, of more architectures than are candidates --- */

enum { LARGE = 3000 };

typedef struct large {
    ll_archs *archs;
    double phi[LARGE * DIM], weight[DIM];
    int pool[LARGE];
    ll_design_prior prior;
} large;

static large *large_new(void)
{
    large *x = LL_NEW(large);
    const ll_space *space = ll_space_find("nasbench201");
    uint8_t gene[LL_MAX_POSITIONS];
    ll_rng rng = ll_rng_new(5, 1);
    x->archs = ll_archs_new(space, 0);
    for (int i = 0; i < LARGE; i++) {
        space->at(space, i, gene);
        ll_archs_push(x->archs, gene);
        x->pool[i] = i;
        for (int c = 0; c < DIM; c++) x->phi[i * DIM + c] = ll_rng_normal(&rng);
    }
    for (int c = 0; c < DIM; c++) x->weight[c] = 1. / (c + 1);
    x->prior = (ll_design_prior){.n = LARGE, .dim = DIM, .phi = x->phi, .weight = x->weight, .noise = .2};
    return x;
}

static void large_free(large *x)
{
    ll_archs_unref(x->archs);
    free(x);
}

static ll_sample_job large_job(const large *x, int k)
{
    return (ll_sample_job){
        .archs = x->archs, .pool = x->pool, .n_pool = LARGE, .k = k, .seed = 3, .prior = &x->prior};
}

/* `suggest k=FIRST`, then `suggest next=` the rest, is the design of ten. */
static void what_comes_in_two_parts_is_one_design(void)
{
    const ll_sampler *designs[] = {&ll_dopt, &ll_ivr, &ll_auto};
    const int first[] = {1, 3, 5, 7};
    large *x = large_new();
    ll_error e = {0};
    int ten[10], parts[10];
    for (int d = 0; d < 3; d++)
        for (int f = 0; f < 4; f++) {
            ll_sample_job job = large_job(x, 10), now = large_job(x, first[f]);
            CHECK_INT(ll_sample(designs[d], &job, ten, &e), LL_OK);
            CHECK_INT(ll_sample(designs[d], &now, parts, &e), LL_OK);
            ll_ints have = {0};
            for (int i = first[f] - 1; i >= 0; i--)
                ll_ints_add(&have, parts[i]); /* a table has another order */
            now.have = have.v;
            now.n_have = first[f];
            now.k = 10 - first[f];
            CHECK_INT(ll_sample_more(designs[d], &now, parts + first[f], &e), LL_OK);
            CHECK(!memcmp(parts, ten, sizeof ten));
            ll_ints_free(&have);
        }
    large_free(x);
}

/* What was measured for another reason counts, and is not asked for again. */
static void what_auto_did_not_choose_counts_as_well(void)
{
    large *x = large_new();
    ll_error e = {0};
    int five[5], beside[5];
    ll_sample_job job = large_job(x, 5);
    CHECK_INT(ll_sample(&ll_auto, &job, five, &e), LL_OK);
    for (int n = 1; n <= 4; n++) {
        const int have[4] = {five[1], 17, five[0], 2999}; /* no beginning of the five */
        job.have = have;
        job.n_have = n;
        job.k = 5 - n;
        CHECK_INT(ll_sample_more(&ll_auto, &job, beside + n, &e), LL_OK);
        memcpy(beside, have, (size_t)n * sizeof *have);
        for (int i = n; i < 5; i++) CHECK(!taken(beside, i, beside[i]));
        CHECK(both(&x->prior, beside, 5) < both(&x->prior, have, n) - .1);
    }
    large_free(x);
}

/* A pool of fewer than are exchanged is used up, and what it lacks is said. */
static void small_pools_are_used_up_by_auto(void)
{
    large *x = large_new();
    ll_error e = {0};
    int out[5];
    ll_sample_job job = large_job(x, 3);
    job.n_pool = 3;
    CHECK_INT(ll_sample(&ll_auto, &job, out, &e), LL_OK);
    for (int i = 0; i < 3; i++) CHECK(taken(out, 3, i));
    job.have = job.pool;
    job.n_have = 1;
    CHECK(ll_sample(&ll_auto, &job, out, &e) == LL_FAILED);
    CHECK_HAS(e.message, "only 2 architectures are left to choose from, 3 were asked for");
    CHECK(ll_sampler_find("auto") == &ll_auto);
    large_free(x);
}

static bool stop_at_once(void *asked)
{
    return ++*(int *)asked > 2;
}

static void designs_are_cancelled(void)
{
    const ll_sampler *designs[] = {&ll_dopt, &ll_ivr, &ll_auto};
    large *x = large_new();
    ll_sample_job job = large_job(x, LARGE);
    int *out = LL_NEW_ARRAY(int, LARGE);
    for (int d = 0; d < 3; d++) {
        ll_error e = {0};
        int asked = 0;
        const ll_observer observer = {.cancelled = stop_at_once, .ctx = &asked};
        job.observer = &observer;
        CHECK_INT(ll_sample(designs[d], &job, out, &e), LL_CANCELLED);
        CHECK(asked < 20);
    }
    free(out);
    large_free(x);
}

static const check_case cases[] = {
    {"designs are the greedy best", designs_are_the_greedy_best},
    {"contrasts are for auto alone", contrasts_are_for_auto_alone},
    {"designs nest and continue", designs_nest_and_continue},
    {"the first five of auto are exchanged", the_first_five_of_auto_are_exchanged},
    {"what comes in two parts is one design", what_comes_in_two_parts_is_one_design},
    {"what auto did not choose counts as well", what_auto_did_not_choose_counts_as_well},
    {"small pools are used up by auto", small_pools_are_used_up_by_auto},
    {"designs are cancelled", designs_are_cancelled},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("design", cases, argc, argv);
}
