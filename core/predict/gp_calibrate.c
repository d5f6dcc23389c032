#include "core/predict/gp_calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/sample/design.h"

static const int sizes[LL_GP_SIZES] = {3, 6, 12, 24};
/* Left-out sources resemble the others more than a target does, hence an aim above the level. */
static const double level = .9, aim = .94, least_spread = .2, most_spread = 3;
enum { ROWS = 300, MOST_SAMPLES = 24, LEAST_ROWS = 2 * MOST_SAMPLES, LEAST_SOURCES = 3, DESIGNS = 2 };

/* One left-out source: its rows, and how far off its latencies were. */
typedef struct trial {
    const ll_pretrain_job *job;
    const ll_gp_model *m;
    int rows[ROWS], n; /* rows of the dataset with a latency */
    double y_ms[ROWS];
    ll_gp_rows prior;
    ll_gp_draws draws;
    /* |error| / half width of every unsampled row, for every design and size */
    double *ratio[LL_GP_SIZES];
    int n_ratios[LL_GP_SIZES];
} trial;

static void gather(trial *t, int source)
{
    const double *lat = ll_latencies(t->job->data, t->job->source[source]);
    for (int i = 0; i < t->job->n_archs && t->n < ROWS; i++) {
        int row = t->job->archs[i];
        if (isnan(lat[row])) continue;
        t->y_ms[t->n] = lat[row];
        t->rows[t->n++] = row;
    }
}

static int position(const trial *t, int row)
{
    int i = 0;
    while (t->rows[i] != row) i++;
    return i;
}

/* Samples as positions in t->rows: by optimal design, or the first ones (which are random). */
static void choose(const trial *t, int design, int *samples)
{
    for (int i = 0; i < MOST_SAMPLES; i++) samples[i] = i;
    if (design) return;
    int picked[MOST_SAMPLES];
    ll_sample_job job = {.data = t->job->data,
                         .pool = t->rows,
                         .n_pool = t->n,
                         .k = MOST_SAMPLES,
                         .seed = 1,
                         .prior = &t->m->design};
    if (ll_dopt.pick(&job, picked, NULL)) return;
    for (int i = 0; i < MOST_SAMPLES; i++) samples[i] = position(t, picked[i]);
}

static void add_ratios(trial *t, const int *samples, int size)
{
    double y[MOST_SAMPLES], mean[ROWS], sd[ROWS];
    bool sampled[ROWS] = {false};
    ll_gp_posterior q;
    for (int i = 0; i < sizes[size]; i++) {
        y[i] = t->y_ms[samples[i]];
        sampled[samples[i]] = true;
    }
    ll_gp_condition(&t->prior.prior, &t->draws, samples, y, sizes[size], true, &q);
    ll_gp_posterior_predict(&q, &t->prior.prior, NULL, t->n, mean, sd);
    double half = ll_student_quantile(.5 + level / 2, q.dof);
    for (int i = 0; i < t->n; i++)
        if (!sampled[i]) t->ratio[size][t->n_ratios[size]++] = fabs(t->y_ms[i] - mean[i]) / (half * sd[i]);
    ll_gp_posterior_free(&q);
}

static void run_trial(void *ctx, int s)
{
    trial *t = (trial *)ctx + s;
    int samples[MOST_SAMPLES];
    if (t->m->sources[s].n == 0 || ll_cancelled(t->job->observer)) return;
    gather(t, s);
    if (t->n < LEAST_ROWS) return;
    ll_gp_rows_without(t->m, s, t->rows, t->n, &t->prior);
    ll_gp_draws_make(&t->prior.prior, 1, &t->draws);
    for (int i = 0; i < LL_GP_SIZES; i++) t->ratio[i] = LL_NEW_ARRAY(double, DESIGNS *ROWS);
    for (int design = 0; design < DESIGNS; design++) {
        choose(t, design, samples);
        for (int i = 0; i < LL_GP_SIZES; i++) add_ratios(t, samples, i);
    }
    ll_gp_rows_free(&t->prior);
}

/* The factor that makes `aim` of all unsampled latencies of this class fall into their intervals, drawn
 * towards 1 as by one more device: few sources say little. */
static double class_spread(const trial *trials, int n, bool ticks, int size)
{
    double *all = LL_NEW_ARRAY(double, n *DESIGNS *ROWS);
    int count = 0, devices = 0;
    for (int s = 0; s < n; s++) {
        if (trials[s].m->sources[s].ticks != ticks || !trials[s].ratio[size]) continue;
        memcpy(all + count, trials[s].ratio[size], (size_t)trials[s].n_ratios[size] * sizeof *all);
        count += trials[s].n_ratios[size];
        devices++;
    }
    double factor = devices ? ll_quantile(all, count, aim) : 1;
    free(all);
    return (devices * fmin(fmax(factor, least_spread), most_spread) + 1) / (devices + 1);
}

void ll_gp_calibrate(const ll_pretrain_job *job, ll_gp_model *m)
{
    int n = m->n_sources;
    trial *trials = LL_NEW_ARRAY(trial, n);
    for (int s = 0; s < n; s++) {
        trials[s].job = job;
        trials[s].m = m;
    }
    if (n >= LEAST_SOURCES) ll_pool_run(job->pool, n, run_trial, trials);
    for (int ticks = 0; ticks < 2; ticks++)
        for (int i = 0; i < LL_GP_SIZES; i++)
            m->calibration.spread[ticks][i] = class_spread(trials, n, ticks, i);
    for (int s = 0; s < n; s++)
        for (int i = 0; i < LL_GP_SIZES; i++) free(trials[s].ratio[i]);
    free(trials);
}

/* Between the sizes that were tried, linear in log k. */
static double spread_at(const double *spread, int k)
{
    int i = 0;
    if (k <= sizes[0]) return spread[0];
    if (k >= sizes[LL_GP_SIZES - 1]) return spread[LL_GP_SIZES - 1];
    while (k > sizes[i + 1]) i++;
    double part = log((double)k / sizes[i]) / log((double)sizes[i + 1] / sizes[i]);
    return spread[i] + part * (spread[i + 1] - spread[i]);
}

void ll_gp_model_condition(const ll_gp_model *m, const ll_gp_rows *r, const int *rows, const double *y_ms,
                           int k, bool variance, ll_gp_posterior *out)
{
    ll_gp_condition(&r->prior, &m->draws, rows, y_ms, k, variance, out);
    out->spread = spread_at(m->calibration.spread[ll_clock_step(y_ms, k) > 0], k);
}
