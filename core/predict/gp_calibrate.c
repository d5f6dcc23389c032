#include "core/predict/gp_calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/sample/design.h"

/* How wide an interval must be is a log factor on the deviation that the posterior states:
 *
 *   usual(design, k) + trust(k) level + clock
 *
 * usual:  what left-out sources needed at this sample size, drawn towards what devices in general need.
 * level:  the size of the target's own leave-one-out errors, in the deviations stated for them. A device that
 *         is cleaner or noisier than its sources shows it here.
 * trust:  share of what `level` varies by that is the device and not chance; chance falls with k, and a handful
 *         of samples says next to nothing.
 * clock:  devices read from a coarse clock need more.
 *
 * The constants were fitted on devices that are no target of any published task. */
static const int sizes[LL_GP_SIZES] = {3, 6, 12, 24};
static const double usual[2][LL_GP_SIZES] = {{-.47, -.31, -.09, .02}, {-.45, -.63, -.21, -.02}};
static const double usual_weight = 3; /* in devices */
static const double half_trust = 8, clock = .2;
static const double level_limit = 2.5; /* an outlier among the samples counts as so many deviations */
static const double level = .9;
static const double least_spread = .1, most_spread = 4;
enum { ROWS = 300, MOST_SAMPLES = 24, LEAST_ROWS = 4 * MOST_SAMPLES, LEAST_SOURCES = 3, DRAWS = 2 };

/* The factor is uncertain, the more so the fewer samples, and too narrow loses more coverage than too wide gains. */
static double margin(int k)
{
    return .1 + .6 / k;
}

static double trust(int k)
{
    return k * k / (k * k + half_trust * half_trust);
}

/* What the target itself says of the deviations stated for it. */
static double own_part(const ll_gp_posterior *q, int k, bool ticks)
{
    double sum = 0;
    for (int i = 0; i < k; i++) {
        double z = fmin(fabs(q->left_out[i]), level_limit);
        sum += z * z;
    }
    return trust(k) * .5 * log(sum / k + .01) + (ticks ? clock : 0);
}

/* How far out the samples lie: their mean squared distance from the middle of the space in the prior's measure.
 * 1 for random samples; an optimal design looks for the edges. */
static double reach(const ll_gp_prior *p, const int *rows, int k)
{
    double sum = 0, weights = 0;
    for (int b = 0; b < p->n_blocks; b++) {
        const ll_gp_block *block = &p->blocks[b];
        double w = exp(block->log_weight);
        weights += w;
        for (int i = 0; i < k; i++) {
            const double *phi = p->phi + (size_t)rows[i] * (size_t)p->dim + block->first;
            sum += w * ll_ddot(block->dim, phi, phi);
        }
    }
    return sum / (k * weights);
}

/* --- left-out sources --- */

/* One left-out source, and the factors it needed. */
typedef struct trial {
    const ll_pretrain_job *job;
    const ll_gp_model *m;
    int rows[ROWS], n; /* rows of the dataset with a latency */
    double y_ms[ROWS];
    ll_gp_rows prior;
    ll_gp_draws draws;
    bool done;
    double needed[LL_GP_DESIGNS][LL_GP_SIZES];
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

/* Samples as positions in t->rows, which are in random order: some of them, or by optimal design from most. */
static void choose(const trial *t, int design, int draw, int *samples)
{
    int from = draw * MOST_SAMPLES, picked[MOST_SAMPLES];
    for (int i = 0; i < MOST_SAMPLES; i++) samples[i] = from + i;
    if (!design) return;
    ll_sample_job job = {.data = t->job->data,
                         .pool = t->rows + from,
                         .n_pool = t->n - (DRAWS - 1) * MOST_SAMPLES,
                         .k = MOST_SAMPLES,
                         .seed = 1,
                         .prior = &t->m->design};
    if (ll_dopt.pick(&job, picked, NULL)) return;
    for (int i = 0; i < MOST_SAMPLES; i++) samples[i] = position(t, picked[i]);
}

/* The factor that makes `level` of the unsampled latencies fall into their intervals, as its log. */
static double needed(trial *t, const int *samples, int k)
{
    double y[MOST_SAMPLES] = {0}, mean[ROWS], sd[ROWS], ratio[ROWS];
    bool sampled[ROWS] = {false};
    int n = 0;
    ll_gp_posterior q;
    for (int i = 0; i < k; i++) {
        y[i] = t->y_ms[samples[i]];
        sampled[samples[i]] = true;
    }
    ll_gp_condition(&t->prior.prior, &t->draws, samples, y, k, true, &q);
    ll_gp_posterior_predict(&q, &t->prior.prior, NULL, t->n, mean, sd);
    double half = ll_student_quantile(.5 + level / 2, q.dof);
    for (int i = 0; i < t->n; i++)
        if (!sampled[i]) ratio[n++] = fabs(t->y_ms[i] - mean[i]) / (half * sd[i]);
    double factor = log(fmin(fmax(ll_quantile(ratio, n, level), least_spread), most_spread)) -
                    own_part(&q, k, ll_clock_step(y, k) > 0);
    ll_gp_posterior_free(&q);
    return factor;
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
    for (int design = 0; design < LL_GP_DESIGNS; design++)
        for (int draw = 0; draw < DRAWS; draw++) {
            choose(t, design, draw, samples);
            for (int i = 0; i < LL_GP_SIZES; i++)
                t->needed[design][i] += needed(t, samples, sizes[i]) / DRAWS;
        }
    t->done = true;
    ll_gp_rows_free(&t->prior);
}

/* How far out an optimal design of every size lies. */
static void measure_reach(const ll_pretrain_job *job, ll_gp_model *m)
{
    int n = m->rows.prior.n, picked[MOST_SAMPLES], k = n < MOST_SAMPLES ? n : MOST_SAMPLES;
    ll_ints pool = ll_ints_range(n);
    ll_sample_job design = {
        .data = job->data, .pool = pool.v, .n_pool = n, .k = k, .seed = 1, .prior = &m->design};
    bool found = ll_dopt.pick(&design, picked, NULL) == LL_OK;
    for (int i = 0; i < LL_GP_SIZES; i++)
        m->calibration.reach[i] = found ? reach(&m->rows.prior, picked, sizes[i] < k ? sizes[i] : k) : 1;
    ll_ints_free(&pool);
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
    for (int design = 0; design < LL_GP_DESIGNS; design++)
        for (int i = 0; i < LL_GP_SIZES; i++) {
            double sum = usual_weight * usual[design][i], weight = usual_weight;
            for (int s = 0; s < n; s++) {
                sum += trials[s].done ? trials[s].needed[design][i] : 0;
                weight += trials[s].done;
            }
            m->calibration.usual[design][i] = sum / weight;
        }
    measure_reach(job, m);
    free(trials);
}

/* --- the target --- */

/* Between the sizes that were tried, linear in log k. */
static double at_size(const double *v, int k)
{
    int i = 0;
    if (k <= sizes[0]) return v[0];
    if (k >= sizes[LL_GP_SIZES - 1]) return v[LL_GP_SIZES - 1];
    while (k > sizes[i + 1]) i++;
    double part = log((double)k / sizes[i]) / log((double)sizes[i + 1] / sizes[i]);
    return v[i] + part * (v[i + 1] - v[i]);
}

/* Between random samples and an optimal design, by how far out the samples lie. */
static double usual_of(const ll_gp_calibration *c, const ll_gp_prior *p, const int *rows, int k)
{
    double design = at_size(c->reach, k) - 1;
    double part = design > .05 ? fmin(fmax((reach(p, rows, k) - 1) / design, 0), 1) : 0;
    return (1 - part) * at_size(c->usual[0], k) + part * at_size(c->usual[1], k);
}

void ll_gp_model_condition(const ll_gp_model *m, const ll_gp_rows *r, const int *rows, const double *y_ms,
                           int k, bool variance, ll_gp_posterior *out)
{
    ll_gp_condition(&r->prior, &m->draws, rows, y_ms, k, variance, out);
    double factor = usual_of(&m->calibration, &r->prior, rows, k) +
                    own_part(out, k, ll_clock_step(y_ms, k) > 0) + margin(k);
    out->spread = fmin(fmax(exp(factor), least_spread), most_spread);
}
