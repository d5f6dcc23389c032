#include "core/predict/nasflat/prior.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static ll_nasflat_prior *prior_new(const ll_nasflat_model *m)
{
    ll_nasflat_prior *p = LL_NEW(ll_nasflat_prior);
    size_t sources = (size_t)m->sources.names.n;
    *p = (ll_nasflat_prior){.model = m};
    p->scale = LL_NEW_ARRAY(double, 2 * (size_t)m->n_members * sources);
    p->known = ll_alloc(sources * (size_t)m->sources.archs->n + 1, sizeof *p->known);
    return p;
}

void ll_nasflat_prior_free(ll_nasflat_prior *p)
{
    if (!p) return;
    ll_gp_model_free(p->gp);
    free(p->scale);
    free(p->known);
    free(p);
}

/* --- what the network says of the sources --- */

/* Of several members one after the other. */
typedef struct telling {
    ll_nasflat_told told;
    int member, members;
} telling;

static void tell(void *ctx, long done, long total)
{
    const telling *t = ctx;
    t->told.fn(t->told.ctx, t->member * total + done, t->members * total);
}

/* out (n_source, archs->n): the members' scores, standardised, in the mean. measure: by their own centre and spread over
 * these architectures, which go to p->scale. false: cancelled. */
static bool ask_network(ll_nasflat_prior *p, const ll_archs *archs, bool measure, const ll_observer *observer,
                        ll_pool *pool, ll_nasflat_told told, float *out)
{
    const ll_nasflat_model *m = p->model;
    size_t n = (size_t)archs->n;
    int S = m->sources.names.n;
    telling t = {told, 0, m->n_members};
    ll_nasflat_told one = {told.fn ? tell : NULL, &t};
    float *score = ll_alloc((size_t)S * n + 1, sizeof *score);
    bool go = true;
    memset(out, 0, (size_t)S * n * sizeof *out);
    for (; go && t.member < m->n_members; t.member++) {
        go = ll_nasflat_score_archs(m, m->w[t.member], 0, S, archs, observer, pool, one, score);
        for (int s = 0; go && s < S; s++) {
            double *scale = p->scale + 2 * (t.member * S + s);
            const float *from = score + (size_t)s * n;
            if (measure) ll_nasflat_standard(from, archs->n, scale);
            for (size_t i = 0; i < n; i++)
                out[(size_t)s * n + i] += (float)((from[i] - scale[0]) / scale[1] / m->n_members);
        }
    }
    free(score);
    return go;
}

/* An ll_gp_estimator: what is of the population is known, the network is asked for the rest. */
static bool estimate(const void *ctx, const ll_archs *archs, ll_observer *observer, ll_pool *pool, float *out)
{
    const ll_nasflat_prior *p = ctx;
    const ll_archs *population = p->model->sources.archs;
    size_t n = (size_t)archs->n, all = (size_t)population->n, S = (size_t)p->model->sources.names.n;
    int *other = LL_NEW_ARRAY(int, n + 1), n_other = 0;
    for (int i = 0; i < archs->n; i++) {
        int at = ll_archs_find(population, ll_arch(archs, i));
        if (at < 0) other[n_other++] = i;
        for (size_t s = 0; s < S && at >= 0; s++) out[s * n + (size_t)i] = p->known[s * all + (size_t)at];
    }
    ll_archs *rest = ll_archs_pick(archs, other, n_other);
    float *asked = LL_NEW_ARRAY(float, S *(size_t)n_other + 1);
    bool go = !n_other ||
              ask_network((ll_nasflat_prior *)p, rest, false, observer, pool, (ll_nasflat_told){0}, asked);
    for (size_t s = 0; s < S && go; s++)
        for (int i = 0; i < n_other; i++)
            out[s * n + (size_t)other[i]] = asked[s * (size_t)n_other + (size_t)i];
    ll_archs_unref(rest);
    free(asked);
    free(other);
    return go;
}

static ll_gp_estimator estimator_of(const ll_nasflat_prior *p)
{
    return (ll_gp_estimator){estimate, p};
}

/* --- fit --- */

ll_status ll_nasflat_prior_fit(const ll_nasflat_model *m, const ll_pretrain_job *job, ll_nasflat_told told,
                               ll_nasflat_prior **out, ll_error *e)
{
    ll_nasflat_prior *p = prior_new(m);
    ll_gp_estimator estimator = estimator_of(p);
    bool go = ask_network(p, m->sources.archs, true, job->observer, job->pool, told, p->known);
    ll_status s = go ? ll_gp_model_fit(job, &estimator, &p->gp, e)
                     : ll_fail(e, LL_CANCELLED, "stopped while the network predicted the source devices");
    *out = s ? NULL : p;
    if (s) ll_nasflat_prior_free(p);
    return s;
}

ll_status ll_nasflat_prior_fit_later(const ll_nasflat_model *m, const ll_observer *observer, ll_pool *pool,
                                     ll_nasflat_told told, ll_nasflat_prior **out, ll_error *e)
{
    int S = m->sources.names.n;
    const double **lat_ms = LL_NEW_ARRAY(const double *, S);
    for (int s = 0; s < S; s++) lat_ms[s] = ll_source_column(&m->sources, s);
    ll_pretrain_job job = {.archs = m->sources.archs,
                           .sources = {S, (const char *const *)m->sources.names.v, lat_ms},
                           .rows = m->rows.v,
                           .n_rows = m->rows.n,
                           .observer = (ll_observer *)observer,
                           .pool = pool};
    ll_status s = ll_nasflat_prior_fit(m, &job, told, out, e);
    free((void *)lat_ms);
    return s;
}

/* --- as tensors --- */

ll_status ll_nasflat_prior_save(const ll_nasflat_prior *p, ll_tensors *out, ll_error *e)
{
    long n = p->model->sources.archs->n, S = p->model->sources.names.n;
    ll_tensors_add(out, "nasflat.scale", LL_F64, 3, (long[]){p->model->n_members, S, 2}, p->scale);
    ll_tensors_add(out, "nasflat.estimates", LL_F32, 2, (long[]){S, n}, p->known);
    return ll_gp_model_save(p->gp, out, e);
}

static ll_status load(const ll_tensors *in, ll_nasflat_prior *p, ll_error *e)
{
    const ll_nasflat_model *m = p->model;
    const ll_tensor *scale, *known;
    long n = m->sources.archs->n, S = m->sources.names.n;
    ll_gp_estimator estimator = estimator_of(p);
    ll_load_job job = {.tensors = in, .space = m->sources.archs->space};
    ll_status s = ll_tensors_need(in, "nasflat.scale", LL_F64, 3, (long[]){m->n_members, S, 2}, &scale, e);
    if (!s) s = ll_tensors_need(in, "nasflat.estimates", LL_F32, 2, (long[]){S, n}, &known, e);
    if (s) return s;
    memcpy(p->scale, scale->data, ll_tensor_count(scale) * sizeof *p->scale);
    memcpy(p->known, known->data, ll_tensor_count(known) * sizeof *p->known);
    s = ll_gp_model_load(&job, &estimator, &p->gp, e);
    if (!s && p->gp->n_sources != S)
        s = ll_fail(e, LL_BAD_DATA, "gp.sources: %d rows, %ld were expected", p->gp->n_sources, S);
    return s;
}

ll_status ll_nasflat_prior_load(const ll_tensors *in, const ll_nasflat_model *m, ll_nasflat_prior **out,
                                ll_error *e)
{
    *out = NULL;
    if (!ll_tensors_find(in, "nasflat.scale")) return LL_OK;
    ll_nasflat_prior *p = prior_new(m);
    ll_status s = load(in, p, e);
    *out = s ? NULL : p;
    if (s) ll_nasflat_prior_free(p);
    return s;
}
