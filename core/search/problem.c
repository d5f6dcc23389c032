#include "core/search/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/stats.h"

/* --- costs --- */

static void add_costs(const ll_problem *p, const ll_archs *archs, double *values)
{
    bool any = false;
    for (int k = 1; k < p->n; k++) any |= p->q[k].cost != NULL;
    for (int i = 0; any && i < archs->n; i++) {
        ll_cost cost;
        bool known = ll_space_cost(p->space, ll_arch(archs, i), &cost);
        for (int k = 1; k < p->n; k++)
            if (p->q[k].cost)
                values[(size_t)i * (size_t)p->n + (size_t)k] =
                    known ? ll_cost_value(&cost, p->q[k].cost) : NAN;
    }
}

/* --- latencies --- */

static double lookup(const ll_measured *m, const uint8_t *gene)
{
    for (int i = 0; i < m->archs->n; i++)
        if (!memcmp(ll_arch(m->archs, i), gene, (size_t)m->archs->space->n_positions)) return m->lat_ms[i];
    return NAN;
}

/* Few are measured: where the many can be asked each of the few is looked for among them, not the other way round. */
static void put_measured(const ll_measured *m, const ll_archs *archs, int n, int k, const ll_evaluation *to)
{
    bool indexed = archs->n && archs->index.n == archs->n;
    if (!m->archs) return;
    for (int i = 0; i < (indexed ? m->archs->n : archs->n); i++) {
        int place = indexed ? ll_archs_find(archs, ll_arch(m->archs, i)) : i;
        double ms = indexed ? m->lat_ms[i] : lookup(m, ll_arch(archs, i));
        if (place < 0 || isnan(ms)) continue;
        to->values[(size_t)place * (size_t)n + (size_t)k] = ms;
        to->sd[(size_t)place * (size_t)n + (size_t)k] = 0;
    }
}

static ll_status add_latencies(const ll_problem *p, int k, const ll_archs *archs, ll_observer *observer,
                               ll_pool *pool, const ll_evaluation *to, ll_error *e)
{
    const ll_quantity *q = &p->q[k];
    ll_prediction out;
    ll_predict_job job = {archs, p->intervals || p->p != .5, observer, pool};
    ll_status s = ll_adapted_predict(q->adapted, &job, &out, e);
    if (s) return s;
    to->dof[k] = out.dof;
    for (int i = 0; i < archs->n; i++) {
        size_t at = (size_t)i * (size_t)p->n + (size_t)k;
        to->values[at] = out.lat_ms[i];
        to->sd[at] = out.sd_ms ? out.sd_ms[i] : 0;
    }
    ll_prediction_free(&out);
    if (p->predicted_only) return LL_OK;
    put_measured(&(ll_measured){q->adapted->samples, q->adapted->lat_ms}, archs, p->n, k, to);
    put_measured(&q->measured, archs, p->n, k, to);
    return LL_OK;
}

static void add_known(const ll_problem *p, int k, const ll_archs *archs, double *values)
{
    int device = ll_dataset_device(p->data, p->q[k].name);
    for (int i = 0; i < archs->n; i++) {
        int row = ll_dataset_row(p->data, ll_arch(archs, i));
        values[(size_t)i * (size_t)p->n + (size_t)k] = row < 0 ? NAN : ll_latencies(p->data, device)[row];
    }
}

/* --- all --- */

static ll_status add_scores(const ll_problem *p, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                            double *values, ll_error *e)
{
    double *score = LL_NEW_ARRAY(double, archs->n + 1);
    bool *keep = LL_NEW_ARRAY(bool, archs->n + 1);
    ll_status s = ll_scorer_apply(p->q[0].scorer, archs, observer, pool, score, e);
    if (!s) s = ll_where_apply(p->where, archs, observer, pool, keep, e);
    for (int i = 0; i < archs->n && !s; i++) values[(size_t)i * (size_t)p->n] = keep[i] ? score[i] : NAN;
    free(score);
    free(keep);
    return s;
}

ll_status ll_problem_evaluate(const ll_problem *p, const ll_archs *archs, ll_observer *observer,
                              ll_pool *pool, const ll_evaluation *to, ll_error *e)
{
    memset(to->sd, 0, (size_t)archs->n * (size_t)p->n * sizeof *to->sd);
    memset(to->dof, 0, (size_t)p->n * sizeof *to->dof);
    ll_status s = add_scores(p, archs, observer, pool, to->values, e);
    for (int k = 1; k < p->n && !s; k++)
        if (p->q[k].adapted)
            s = add_latencies(p, k, archs, observer, pool, to, e);
        else if (p->q[k].known)
            add_known(p, k, archs, to->values);
    if (!s) add_costs(p, archs, to->values);
    return s;
}

void ll_problem_quantiles(const ll_problem *p, const double *dof, double *z)
{
    for (int k = 0; k < p->n; k++)
        z[k] = p->p == .5 || !p->q[k].adapted ? 0 : ll_student_quantile(p->p, dof[k]);
}

double ll_problem_excess(const ll_problem *p, const double *values, const double *sd, const double *z)
{
    double sum = 0;
    if (isnan(values[0])) return INFINITY;
    for (int k = 1; k < p->n; k++) {
        double max = p->q[k].max, bound = values[k] + z[k] * sd[k];
        if (max == INFINITY) continue;
        if (isnan(bound)) return INFINITY;
        if (bound > max) sum += (bound - max) / fmax(max, 1e-9);
    }
    return sum;
}

double ll_problem_chance(const ll_problem *p, const double *values, const double *sd, const double *dof)
{
    double chance = 1;
    for (int k = 1; k < p->n; k++) {
        double max = p->q[k].max;
        if (max == INFINITY) continue;
        if (sd[k] > 0)
            chance *= ll_student_cdf((max - values[k]) / sd[k], dof[k]);
        else if (!(values[k] <= max))
            return 0;
    }
    return chance;
}

int ll_problem_objectives(const ll_problem *p, const double *values, double *out)
{
    int m = 0;
    for (int k = 0; k < p->n; k++)
        if (p->q[k].objective) out[m++] = k ? values[k] : -values[k];
    return m;
}
