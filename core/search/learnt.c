#include "core/search/learnt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/transfer/adapted.h"

/* CENTRE: latencies are positive, normal deviates are not. */
enum { FEWEST = 8, END = 5 };
static const double CENTRE = 8;

struct ll_learnt {
    char *name;
    ll_adapted *adapted;
    int k;
    double *z, *v; /* (k) normal deviates and values of the samples, both ascending */
    double spearman;
    int n_rest; /* rows it was not learnt from, on which it is scored */
};

/* --- the shape of a normal distribution --- */

static void order_samples(ll_learnt *l, const double *v)
{
    int *order = LL_NEW_ARRAY(int, l->k + 1);
    ll_sort_order(v, l->k, order);
    for (int i = 0; i < l->k; i++) l->v[i] = v[order[i]];
    free(order);
    for (int i = 0, j; i < l->k; i = j) {
        for (j = i; j < l->k && l->v[j] == l->v[i]; j++) continue;
        for (int t = i; t < j; t++) l->z[t] = ll_normal_quantile((i + j) / 2. / l->k);
    }
}

/* Linear between knots, beyond them as steep as the outermost few. */
static double interpolate(const double *x, const double *y, int n, double at)
{
    int few = n - 1 < END ? n - 1 : END, lo = 0, hi = n - 1;
    if (at <= x[0]) return x[few] > x[0] ? y[0] + (at - x[0]) * (y[few] - y[0]) / (x[few] - x[0]) : y[0];
    if (at >= x[hi]) {
        int from = hi - few;
        return x[hi] > x[from] ? y[hi] + (at - x[hi]) * (y[hi] - y[from]) / (x[hi] - x[from]) : y[hi];
    }
    while (hi - lo > 1) {
        int mid = (lo + hi) / 2;
        if (x[mid] <= at)
            lo = mid;
        else
            hi = mid;
    }
    return x[hi] > x[lo] ? y[lo] + (at - x[lo]) * (y[hi] - y[lo]) / (x[hi] - x[lo]) : y[lo];
}

/* --- learning --- */

static ll_status fit(ll_learnt *l, const ll_archs *samples, const double *as_ms, const ll_scorer_job *job,
                     ll_error *e)
{
    const ll_predictor *gp = ll_predictor_find("gp");
    const char *name = l->name;
    ll_ints rows = ll_ints_range(samples->n);
    ll_values options = {0};
    void *impl = NULL;
    ll_values_init(&options, gp->pretrain_options);
    ll_pretrain_job pretrain = {.archs = samples,
                                .sources = {1, &name, &as_ms},
                                .rows = rows.v,
                                .n_rows = rows.n,
                                .reference = &(ll_ints){0},
                                .seed = job->seed,
                                .options = &options,
                                .observer = job->observer,
                                .pool = job->pool};
    ll_status s = gp->pretrain(&pretrain, &impl, e);
    if (!s || impl) {
        ll_model *model = ll_model_new(gp, job->space, impl);
        ll_adapt_plan plan = {.model = model,
                              .device = name,
                              .samples = {samples, as_ms},
                              .seed = job->seed,
                              .observer = job->observer,
                              .pool = job->pool};
        if (!s) s = ll_adapt(&plan, &l->adapted, e);
        ll_model_unref(model);
    }
    ll_values_free(&options);
    ll_ints_free(&rows);
    return s;
}

static ll_status learn(ll_learnt *l, const ll_score *score, const ll_ints *rows, const ll_scorer_job *job,
                       ll_error *e)
{
    double *v = LL_NEW_ARRAY(double, l->k), *as_ms = LL_NEW_ARRAY(double, l->k);
    ll_archs *samples = ll_archs_pick(job->data->archs, rows->v, l->k);
    for (int i = 0; i < l->k; i++) v[i] = score->v[rows->v[i]];
    order_samples(l, v);
    for (int i = 0; i < l->k; i++) as_ms[i] = CENTRE - interpolate(l->v, l->z, l->k, v[i]);
    ll_status s = ll_archs_index(samples, e);
    if (!s) s = fit(l, samples, as_ms, job, e);
    ll_archs_unref(samples);
    free(as_ms);
    free(v);
    return s;
}

/* On the rows behind the first k. */
static ll_status check(ll_learnt *l, const ll_score *score, const ll_ints *rows, const ll_scorer_job *job,
                       ll_error *e)
{
    l->n_rest = rows->n - l->k;
    l->spearman = NAN;
    if (l->n_rest < 2) return LL_OK;
    double *found = LL_NEW_ARRAY(double, l->n_rest), *truth = LL_NEW_ARRAY(double, l->n_rest);
    ll_archs *rest = ll_archs_pick(job->data->archs, rows->v + l->k, l->n_rest);
    ll_status s = ll_learnt_apply(l, rest, job->observer, job->pool, found, e);
    for (int i = 0; i < l->n_rest; i++) truth[i] = score->v[rows->v[l->k + i]];
    if (!s) l->spearman = ll_spearman(found, truth, l->n_rest);
    ll_archs_unref(rest);
    free(found);
    free(truth);
    return s;
}

ll_status ll_learnt_new(const ll_score *score, const ll_scorer_job *job, ll_learnt **out, ll_error *e)
{
    ll_ints rows = {0};
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    for (int i = 0; i < job->data->n_archs; i++)
        if (!isnan(score->v[i])) ll_ints_add(&rows, i);
    ll_rng_shuffle(&rng, rows.v, rows.n);
    int k = job->k < rows.n ? job->k : rows.n;
    if (k < FEWEST) {
        ll_ints_free(&rows);
        return ll_fail(e, LL_FAILED, "gp:%s: %d values are too few to learn from, %d is the least",
                       score->name, k, FEWEST);
    }
    ll_learnt *l = LL_NEW(ll_learnt);
    l->name = ll_strdup(score->name);
    l->k = k;
    l->z = LL_NEW_ARRAY(double, l->k);
    l->v = LL_NEW_ARRAY(double, l->k);
    ll_status s = learn(l, score, &rows, job, e);
    if (!s) s = check(l, score, &rows, job, e);
    ll_ints_free(&rows);
    if (s)
        ll_learnt_free(l);
    else
        *out = l;
    return s;
}

void ll_learnt_free(ll_learnt *l)
{
    if (!l) return;
    ll_adapted_unref(l->adapted);
    free(l->name);
    free(l->z);
    free(l->v);
    free(l);
}

ll_status ll_learnt_apply(const ll_learnt *l, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                          double *out, ll_error *e)
{
    ll_prediction p;
    ll_predict_job job = {.archs = archs, .observer = observer, .pool = pool};
    ll_status s = ll_adapted_predict(l->adapted, &job, &p, e);
    if (s) return s;
    for (int i = 0; i < archs->n; i++) out[i] = interpolate(l->z, l->v, l->k, CENTRE - p.lat_ms[i]);
    ll_prediction_free(&p);
    return LL_OK;
}

void ll_learnt_says(const ll_learnt *l, ll_strs *out)
{
    ll_str text = {0};
    ll_str_addf(&text, "%s is learnt from %d %s", l->name, l->k, ll_noun(l->k, "value", "values"));
    if (!isnan(l->spearman))
        ll_str_addf(&text, "; Spearman with the other %d: %.3f", l->n_rest, ll_below_one(l->spearman, 3));
    ll_strs_take(out, ll_str_take(&text));
}
