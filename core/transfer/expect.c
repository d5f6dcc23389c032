#include "core/transfer/expect.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/predict/gp/simulate.h"

enum { SCORED = 1000, FIRST_STREAM = 1000, LEAST_SOURCES = 3, LEAST_SCORED = 50 };

typedef struct worlds {
    const ll_expect_job *job;
    const ll_gp_draws *draws;
    int *players, n_players; /* sources that can play the device */
    int *scored, n_scored;   /* rows of the dataset the scores are taken on */
    int most;                /* largest size */
    double *mean;            /* of the posterior at every row, ms; NULL: nothing is measured */
    ll_expectation *out;
} worlds;

/* One device that could be the target: its samples and what is to be predicted, as rows of a prior. */
typedef struct world {
    const ll_gp_prior *prior;
    const ll_gp_draws *draws;
    const int *plan, *scored; /* rows of the prior */
    int n_scored;
    const double *y; /* latency of every row of the prior */
} world;

static void score_size(const worlds *all, const world *w, int size, int at)
{
    int k = all->job->sizes[size], n = w->n_scored;
    double *sample = LL_NEW_ARRAY(double, k + 2 * n), *predicted = sample + k, *truth = predicted + n;
    ll_gp_posterior q;
    for (int i = 0; i < k; i++) sample[i] = w->y[w->plan[i]];
    for (int i = 0; i < n; i++) truth[i] = w->y[w->scored[i]];
    ll_gp_condition(w->prior, w->draws, w->plan, sample, k, false, &q);
    ll_gp_posterior_predict(&q, w->prior, w->scored, n, predicted, NULL);
    int cell = size * all->out->n_worlds + at;
    all->out->spearman[cell] = ll_spearman(predicted, truth, n);
    for (int i = 0; i < n; i++) predicted[i] = 100 * fabs(predicted[i] - truth[i]) / truth[i];
    all->out->error[cell] = ll_median(predicted, n);
    ll_gp_posterior_free(&q);
    free(sample);
}

static void score_world(const worlds *all, const world *w, int at)
{
    for (int i = 0; i < all->out->n_sizes; i++) score_size(all, w, i, at);
}

/* --- devices drawn from the posterior --- */

static void run_drawn(void *ctx, int at)
{
    const worlds *all = ctx;
    const ll_expect_job *job = all->job;
    if (ll_cancelled(job->observer)) return;
    ll_rng rng = ll_rng_new(job->seed, (uint64_t)(FIRST_STREAM + at));
    double *y = LL_NEW_ARRAY(double, job->rows->prior.n);
    if (job->posterior)
        ll_gp_simulate_calibrated(&job->rows->prior, all->draws, job->posterior, all->mean, job->have,
                                  job->y_ms, job->n_have, &rng, y);
    else
        ll_gp_simulate(&job->rows->prior, all->draws, NULL, NULL, NULL, 0, &rng, y);
    world w = {&job->rows->prior, all->draws, job->plan, all->scored, all->n_scored, y};
    score_world(all, &w, at);
    free(y);
}

/* --- sources that play the device --- */

/* The samples of this source, drawn from what it knows. */
static bool plan_source(const worlds *all, int device, uint64_t seed, int *plan)
{
    const ll_expect_job *job = all->job;
    ll_ints known = ll_dataset_common(job->data, &device, 1);
    ll_sample_job draw = {.archs = job->data->archs,
                          .pool = known.v,
                          .n_pool = known.n,
                          .k = all->most,
                          .seed = seed,
                          .prior = &job->gp->design};
    bool good = ll_sample(job->sampler, &draw, plan, NULL) == LL_OK;
    ll_ints_free(&known);
    return good;
}

/* Its plan, then the scored rows it knows and does not sample. */
static ll_ints rows_of_source(const worlds *all, int device, const int *plan)
{
    ll_ints rows = ll_ints_copy(plan, all->most);
    for (int i = 0; i < all->n_scored; i++) {
        int row = all->scored[i];
        bool sampled = false;
        for (int j = 0; j < all->most; j++) sampled |= plan[j] == row;
        if (!sampled && ll_known(all->job->data, device, row)) ll_ints_add(&rows, row);
    }
    return rows;
}

static void score_source(const worlds *all, int source, const ll_ints *rows, int at)
{
    const ll_expect_job *job = all->job;
    const double *lat = ll_latencies(job->data, job->columns[source]);
    double *y = LL_NEW_ARRAY(double, rows->n);
    ll_ints order = ll_ints_range(rows->n);
    ll_gp_rows prior;
    ll_gp_draws draws;
    for (int i = 0; i < rows->n; i++) y[i] = lat[rows->v[i]];
    ll_gp_rows_without(job->gp, source, rows->v, rows->n, &prior);
    ll_gp_draws_make(&prior.prior, 1, &draws);
    world w = {&prior.prior, &draws, order.v, order.v + all->most, rows->n - all->most, y};
    score_world(all, &w, at);
    ll_gp_rows_free(&prior);
    ll_ints_free(&order);
    free(y);
}

static void run_source(void *ctx, int at)
{
    const worlds *all = ctx;
    const ll_expect_job *job = all->job;
    int source = all->players[at % all->n_players], *plan = LL_NEW_ARRAY(int, all->most);
    if (!ll_cancelled(job->observer) &&
        plan_source(all, job->columns[source], job->seed + (uint64_t)(at / all->n_players), plan)) {
        ll_ints rows = rows_of_source(all, job->columns[source], plan);
        if (rows.n - all->most >= LEAST_SCORED) score_source(all, source, &rows, at);
        ll_ints_free(&rows);
    }
    free(plan);
}

/* Sources the model learnt from that the dataset still has, with more latencies than are to be measured. */
static void find_players(worlds *all)
{
    const ll_expect_job *job = all->job;
    all->players = LL_NEW_ARRAY(int, job->gp->n_sources);
    if (!ll_gp_model_knows(job->gp, job->data->archs)) return;
    for (int s = 0; s < job->gp->n_sources; s++)
        if (job->columns[s] >= 0 && job->gp->sources[s].n &&
            ll_dataset_count(job->data, job->columns[s]) >= all->most + LEAST_SCORED)
            all->players[all->n_players++] = s;
}

/* --- all worlds --- */

static void choose_scored(worlds *all)
{
    const ll_expect_job *job = all->job;
    int n = job->rows->prior.n;
    ll_ints rows = ll_ints_range(n);
    ll_rng rng = ll_rng_new(1, LL_STREAM_DATA);
    ll_rng_shuffle(&rng, rows.v, n);
    for (int i = 0; i < n && all->n_scored < SCORED; i++) {
        bool planned = false;
        for (int j = 0; j < all->most && job->posterior; j++) planned |= job->plan[j] == rows.v[i];
        if (!planned) rows.v[all->n_scored++] = rows.v[i];
    }
    all->scored = rows.v;
}

ll_status ll_expect(const ll_expect_job *job, ll_expectation *out, ll_error *e)
{
    worlds all = {.job = job, .draws = &job->gp->draws, .out = out};
    size_t cells = (size_t)job->n_sizes * (size_t)job->n_worlds;
    *out = (ll_expectation){.n_sizes = job->n_sizes, .n_worlds = job->n_worlds};
    out->spearman = LL_NEW_ARRAY(double, 2 * cells);
    out->error = out->spearman + cells;
    for (size_t i = 0; i < 2 * cells; i++) out->spearman[i] = NAN;
    for (int i = 0; i < job->n_sizes; i++) all.most = job->sizes[i] > all.most ? job->sizes[i] : all.most;
    choose_scored(&all);
    if (job->posterior) {
        all.mean = LL_NEW_ARRAY(double, job->rows->prior.n);
        ll_gp_posterior_predict(job->posterior, &job->rows->prior, NULL, job->rows->prior.n, all.mean, NULL);
    } else {
        find_players(&all);
    }
    out->from_sources = all.n_players >= LEAST_SOURCES;
    ll_pool_run(job->pool, job->n_worlds, out->from_sources ? run_source : run_drawn, &all);
    free(all.players);
    free(all.mean);
    free(all.scored);
    return ll_cancelled(job->observer) ? ll_fail(e, LL_CANCELLED, "cancelled") : LL_OK;
}

void ll_expectation_free(ll_expectation *x)
{
    free(x->spearman);
    *x = (ll_expectation){0};
}

/* Those that can be scored, packed; the caller frees. */
static double *scored_worlds(const ll_expectation *x, const double *what, int i, int *n)
{
    double *v = LL_NEW_ARRAY(double, x->n_worlds + 1);
    *n = 0;
    for (int w = 0; w < x->n_worlds; w++)
        if (isfinite(what[i * x->n_worlds + w])) v[(*n)++] = what[i * x->n_worlds + w];
    return v;
}

double ll_expected(const ll_expectation *x, const double *what, int i)
{
    int n;
    double *v = scored_worlds(x, what, i, &n), mean = n ? ll_mean(v, n) : NAN;
    free(v);
    return mean;
}

double ll_expected_error(const ll_expectation *x, const double *what, int i)
{
    int n;
    double *v = scored_worlds(x, what, i, &n), error = n > 1 ? ll_std(v, n) / sqrt(n) : NAN;
    free(v);
    return error;
}

ll_spread ll_expected_spread(const ll_expectation *x, const double *what, int i)
{
    int n;
    double *v = scored_worlds(x, what, i, &n);
    ll_spread spread = {NAN, NAN, NAN};
    if (n) spread = (ll_spread){ll_median(v, n), ll_quantile(v, n, .1), ll_quantile(v, n, .9)};
    free(v);
    return spread;
}
