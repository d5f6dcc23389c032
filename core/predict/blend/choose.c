/* The weight of the network. The sources are cut into FOLDS blocks; for each, both members are pretrained on the other
 * blocks and three quarters of the architectures (the network for fewer epochs), then adapted to the devices of the block
 * with samples from the last quarter and scored on the rest of it. The weight with the best mean Spearman is kept, one for
 * each sample size. */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/blend/blend.h"

enum { FOLDS = 3, DRAWS = 2, GRID = 11 };

typedef struct choice {
    const ll_pretrain_job *job;
    ll_observer quiet; /* can be cancelled; its transfers are not worth telling */
    int n_train;       /* of job->rows the fold's models learn from the first ones */
    void *impl[LL_BLEND_MEMBERS];
    double sum[LL_BLEND_SIZES][GRID]; /* of Spearman */
    int n[LL_BLEND_SIZES];
} choice;

/* The architectures kept back that the source knows. */
static ll_ints kept_back(const choice *c, int source)
{
    const ll_pretrain_job *job = c->job;
    ll_ints rows = {0};
    for (int i = c->n_train; i < job->n_rows; i++)
        if (!isnan(job->sources.lat_ms[source][job->rows[i]])) ll_ints_add(&rows, job->rows[i]);
    return rows;
}

/* One trial: the first k of these rows are the samples, the others are scored. */
typedef struct trial {
    int source, size, k;
    const int *rows;
    int n; /* scored */
    ll_archs *samples, *others;
    double *lat_ms; /* (k + n) in the order of rows */
    double *rank;   /* (members, n) */
    uint64_t seed;
} trial;

static trial trial_new(const choice *c, int source, int size, const ll_ints *rows, uint64_t seed)
{
    const ll_archs *archs = c->job->archs;
    trial t = {.source = source, .size = size, .k = ll_blend_sizes[size], .rows = rows->v, .seed = seed};
    t.n = rows->n - t.k;
    t.samples = ll_archs_pick(archs, rows->v, t.k);
    t.others = ll_archs_pick(archs, rows->v + t.k, t.n);
    t.lat_ms = LL_NEW_ARRAY(double, rows->n);
    t.rank = LL_NEW_ARRAY(double, LL_BLEND_MEMBERS *t.n);
    for (int i = 0; i < rows->n; i++) t.lat_ms[i] = c->job->sources.lat_ms[source][rows->v[i]];
    return t;
}

static void trial_free(trial *t)
{
    ll_archs_unref(t->samples);
    ll_archs_unref(t->others);
    free(t->lat_ms);
    free(t->rank);
}

static ll_status rank_others(choice *c, trial *t, int member, ll_error *e)
{
    const ll_predictor *p = ll_blend_members[member];
    ll_adapt_job job = {.device = c->job->sources.name[t->source],
                        .samples = {t->samples, t->lat_ms},
                        .seed = t->seed,
                        .observer = &c->quiet,
                        .pool = c->job->pool};
    ll_predict_job others = {.archs = t->others, .observer = &c->quiet, .pool = c->job->pool};
    ll_prediction scores = {0};
    void *adapted = NULL;
    ll_status s = ll_blend_adapt_member(member, c->impl[member], &job, &adapted, e);
    if (!s) s = p->predict(c->impl[member], adapted, &others, &scores, e);
    if (!s) ll_ranks(scores.score, t->n, t->rank + (size_t)member * (size_t)t->n);
    ll_prediction_free(&scores);
    if (adapted) p->release_adapted(adapted);
    return s;
}

static void score_mixtures(choice *c, const trial *t)
{
    double *mixed = LL_NEW_ARRAY(double, t->n);
    for (int g = 0; g < GRID; g++) {
        double weight = (double)g / (GRID - 1);
        for (int i = 0; i < t->n; i++) mixed[i] = (1 - weight) * t->rank[i] + weight * t->rank[t->n + i];
        double r = ll_spearman(mixed, t->lat_ms + t->k, t->n);
        c->sum[t->size][g] += isnan(r) ? 0 : r;
    }
    c->n[t->size]++;
    free(mixed);
}

/* The rows are shuffled. */
static ll_status try_mixtures(choice *c, int source, int size, const ll_ints *rows, uint64_t seed,
                              ll_error *e)
{
    if (rows->n < 3 * ll_blend_sizes[size]) return LL_OK; /* too few to score on */
    ll_rng rng = ll_rng_new(seed, LL_STREAM_SAMPLES);
    ll_ints order = ll_ints_copy(rows->v, rows->n);
    ll_rng_sample(&rng, rows->v, rows->n, rows->n, order.v);
    trial t = trial_new(c, source, size, &order, seed);
    ll_status s = LL_OK;
    for (int i = 0; i < LL_BLEND_MEMBERS && !s; i++) s = rank_others(c, &t, i, e);
    if (!s) score_mixtures(c, &t);
    trial_free(&t);
    ll_ints_free(&order);
    return s;
}

static ll_status score_source(choice *c, int source, ll_error *e)
{
    ll_ints rows = kept_back(c, source);
    ll_status s = LL_OK;
    for (int size = 0; size < LL_BLEND_SIZES; size++)
        for (int draw = 0; draw < DRAWS && !s; draw++)
            s = ll_cancelled(c->job->observer)
                    ? ll_fail(e, LL_CANCELLED, "cancelled")
                    : try_mixtures(c, source, size, &rows, c->job->seed + (uint64_t)draw, e);
    ll_ints_free(&rows);
    return s;
}

/* Sources lo..hi-1 are left out. */
static ll_status try_fold(choice *c, int lo, int hi, ll_error *e)
{
    ll_pretrain_job job = *c->job;
    const char **name = LL_NEW_ARRAY(const char *, job.sources.n);
    const double **lat_ms = LL_NEW_ARRAY(const double *, job.sources.n);
    ll_status s = LL_OK;
    job.sources = (ll_columns){0, name, lat_ms, NULL};
    for (int i = 0; i < c->job->sources.n; i++) {
        if (i >= lo && i < hi) continue;
        name[job.sources.n] = c->job->sources.name[i];
        lat_ms[job.sources.n++] = c->job->sources.lat_ms[i];
    }
    job.n_rows = c->n_train;
    job.history = NULL;
    for (int i = 0; i < LL_BLEND_MEMBERS && !s; i++)
        s = ll_blend_pretrain_member(i, &job, ll_int(c->job->options, "choose_epochs"), &c->impl[i], e);
    for (int i = lo; i < hi && !s; i++) s = score_source(c, i, e);
    for (int i = 0; i < LL_BLEND_MEMBERS; i++) {
        if (c->impl[i]) ll_blend_members[i]->release(c->impl[i]);
        c->impl[i] = NULL;
    }
    free((void *)name);
    free((void *)lat_ms);
    return s;
}

/* The best of the grid, of equals the one nearest to the middle; half where nothing was scored. */
static double best_weight(const choice *c, int size)
{
    int best = GRID / 2;
    for (int g = 0; g < GRID && c->n[size]; g++) {
        double more = c->sum[size][g] - c->sum[size][best];
        if (more > 0 || (more == 0 && abs(g - GRID / 2) < abs(best - GRID / 2))) best = g;
    }
    return (double)best / (GRID - 1);
}

ll_status ll_blend_choose_weights(const ll_pretrain_job *job, double *weight, ll_error *e)
{
    choice c = {.job = job, .n_train = job->n_rows - job->n_rows / 4};
    int n = job->sources.n;
    if (job->observer)
        c.quiet = (ll_observer){.cancelled = job->observer->cancelled, .ctx = job->observer->ctx};
    bool choose = n >= FOLDS && ll_int(job->options, "choose_epochs") > 0;
    ll_status s = LL_OK;
    for (int f = 0; f < FOLDS && choose && !s; f++) s = try_fold(&c, f * n / FOLDS, (f + 1) * n / FOLDS, e);
    for (int i = 0; i < LL_BLEND_SIZES; i++) weight[i] = best_weight(&c, i);
    return s;
}
