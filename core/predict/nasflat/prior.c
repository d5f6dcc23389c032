#include "core/predict/nasflat/prior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/gp/gp.h"

static const double report_every_s = .08;

/* --- what the network says of the sources --- */

/* Scoring every architecture for every source, and who is told. */
typedef struct scoring {
    const ll_observer *observer;
    ll_pool *pool;
    long done, total; /* scores; done: of the sources before the one at work */
    ll_nasflat_told told;
    void *ctx;
} scoring;

static bool scored_some(void *ctx, int scored)
{
    scoring *s = ctx;
    if (s->told) s->told(s->ctx, s->done + scored, s->total);
    return !ll_cancelled(s->observer);
}

static bool score_source(const ll_nasflat_model *m, const ll_nasflat_inputs *in, int member, int source,
                         scoring *s, float *score)
{
    int n = in->graphs.n_archs;
    ll_nasflat_net net = {&m->layout, &in->graphs, in->z, m->w[member]};
    ll_nasflat_item *items = LL_NEW_ARRAY(ll_nasflat_item, n);
    for (int i = 0; i < n; i++) items[i] = (ll_nasflat_item){i, source};
    bool go = ll_nasflat_score(&net, items, n, s->pool, scored_some, s, score);
    s->done += n;
    free(items);
    return go;
}

static void measure_scale(const float *score, int n, double *scale)
{
    double sum = 0, square = 0;
    for (int i = 0; i < n; i++) sum += score[i];
    scale[0] = sum / n;
    for (int i = 0; i < n; i++) square += (score[i] - scale[0]) * (score[i] - scale[0]);
    scale[1] = square > 0 ? sqrt(square / n) : 1;
}

/* (n_source, n_archs of `in`): the members' scores for every source, standardised by `scale` (n_members, n_source, 2), in
 * the mean; `measure`: by their own centre and spread, which go there. NULL: cancelled. */
static float *estimate_sources(const ll_nasflat_model *m, const ll_nasflat_inputs *in, bool measure,
                               double *scale, scoring s)
{
    int n = in->graphs.n_archs, n_source = m->source.n;
    s.total = (long)m->n_members * n_source * n;
    float *score = LL_NEW_ARRAY(float, n), *out = ll_alloc((size_t)n_source * (size_t)n, sizeof *out);
    bool go = true;
    for (int i = 0; go && i < m->n_members * n_source; i++) {
        int source = i % n_source;
        go = score_source(m, in, i / n_source, source, &s, score);
        if (go && measure) measure_scale(score, n, scale + 2 * (ptrdiff_t)i);
        float *to = out + (size_t)source * (size_t)n;
        for (int j = 0; go && j < n; j++)
            to[j] += (float)((score[j] - scale[2 * i]) / scale[2 * i + 1] / m->n_members);
    }
    free(score);
    if (!go) free(out);
    return go ? out : NULL;
}

static ll_status was_cancelled(ll_error *e)
{
    return ll_fail(e, LL_CANCELLED, "stopped while the network predicted the source devices");
}

static double *new_scale(const ll_nasflat_model *m)
{
    return LL_NEW_ARRAY(double, 2 * m->n_members * m->source.n);
}

/* --- fit --- */

ll_status ll_nasflat_prior_fit(ll_nasflat_model *m, const ll_pretrain_job *job, ll_nasflat_told told,
                               void *ctx, ll_error *e)
{
    double *scale = new_scale(m);
    scoring how = {job->observer, job->pool, 0, 0, told, ctx};
    float *estimates = estimate_sources(m, &m->inputs, true, scale, how);
    ll_status s = estimates ? ll_gp_model_fit(job, estimates, &m->prior, e) : was_cancelled(e);
    free(estimates);
    if (s)
        free(scale);
    else
        m->scale = scale;
    return s;
}

void ll_nasflat_prior_free(ll_nasflat_model *m)
{
    ll_gp_model_free(m->prior);
    free(m->scale);
    m->prior = NULL;
    m->scale = NULL;
}

/* --- transfer --- */

static bool is_own_data(const ll_nasflat_model *m, const ll_dataset *d)
{
    return !strcmp(m->data_hash, d->hash.hex);
}

bool ll_nasflat_has_prior(const ll_nasflat_model *m, const ll_dataset *d)
{
    return m->prior || (ll_bool(&m->options, "prior") && m->rows.n && is_own_data(m, d));
}

static void say_prior(void *observer, long done, long total)
{
    if (ll_observer_due(observer, report_every_s))
        ll_progress(observer, ll_progress_new("prior", done, total));
}

/* The prior of a model that has none yet, into a copy of its record. */
static ll_status fit_again(ll_nasflat_model *m, const ll_transfer_job *job, ll_error *e)
{
    ll_ints source = {0};
    for (int i = 0; i < m->source.n; i++) ll_ints_add(&source, ll_dataset_device(job->data, m->source.v[i]));
    ll_pretrain_job again = {.data = job->data,
                             .source = source.v,
                             .n_source = source.n,
                             .archs = m->rows.v,
                             .n_archs = m->rows.n,
                             .observer = job->observer,
                             .pool = job->pool};
    ll_status s = ll_nasflat_prior_fit(m, &again, say_prior, job->observer, e);
    ll_ints_free(&source);
    return s;
}

/* The network's estimates for architectures the model was not made for. */
static ll_status estimate_others(const ll_nasflat_model *m, const ll_transfer_job *job, float **estimates,
                                 ll_error *e)
{
    ll_nasflat_inputs in;
    ll_status s = ll_nasflat_inputs_open(&in, job->data, ll_word(&m->options, "graph"),
                                         ll_word(&m->options, "encoding"), job->observer, e);
    if (s) return s;
    *estimates =
        estimate_sources(m, &in, false, m->scale, (scoring){.observer = job->observer, .pool = job->pool});
    ll_nasflat_inputs_close(&in);
    return *estimates ? LL_OK : was_cancelled(e);
}

ll_status ll_nasflat_prior_transfer(const ll_nasflat_model *m, const ll_transfer_job *job, ll_prediction *out,
                                    ll_error *e)
{
    ll_nasflat_model own = *m;
    float *estimates = NULL;
    ll_status s = m->prior ? LL_OK : fit_again(&own, job, e);
    if (!s && !ll_gp_model_knows(own.prior, job->data)) s = estimate_others(&own, job, &estimates, e);
    if (!s) s = ll_gp_transfer(own.prior, estimates, job, out, e);
    free(estimates);
    if (!m->prior) ll_nasflat_prior_free(&own);
    return s;
}

/* --- as tensors --- */

void ll_nasflat_prior_save(const ll_nasflat_model *m, ll_tensors *out, ll_error *e)
{
    if (m->rows.n) ll_tensors_add(out, "nasflat.rows", LL_I32, 1, (long[]){m->rows.n}, m->rows.v);
    if (!m->prior) return;
    long n = m->prior->rows.prior.n, S = m->source.n;
    ll_gp_model_save(m->prior, out, e);
    ll_tensors_add(out, "nasflat.scale", LL_F64, 3, (long[]){m->n_members, S, 2}, m->scale);
    ll_tensors_add(out, "nasflat.estimates", LL_F32, 2, (long[]){S, n}, m->prior->rows.estimates);
}

static ll_status load_rows(const ll_tensors *in, const ll_dataset *d, ll_nasflat_model *m, ll_error *e)
{
    const ll_tensor *rows = ll_tensors_find(in, "nasflat.rows");
    if (!rows) return LL_OK;
    ll_status s =
        ll_tensors_need(in, "nasflat.rows", LL_I32, 1, (long[]){(long)ll_tensor_count(rows)}, &rows, e);
    const int32_t *row = s ? NULL : rows->data;
    for (size_t i = 0; !s && i < ll_tensor_count(rows); i++) {
        if (row[i] < 0 || row[i] >= d->n_archs)
            s = ll_fail(e, LL_BAD_DATA, "nasflat.rows: %d, 0 to %d were expected", row[i], d->n_archs - 1);
        else
            ll_ints_add(&m->rows, row[i]);
    }
    return s;
}

/* Those in the file when they are of this dataset, else the network's own; *computed is the caller's. */
static ll_status find_estimates(const ll_tensors *in, const ll_dataset *d, bool same_data,
                                const ll_nasflat_model *m, const float **estimates, float **computed,
                                ll_error *e)
{
    const ll_tensor *t;
    if (!same_data) {
        *estimates = *computed = estimate_sources(m, &m->inputs, false, m->scale, (scoring){0});
        return LL_OK;
    }
    ll_status s =
        ll_tensors_need(in, "nasflat.estimates", LL_F32, 2, (long[]){m->source.n, d->n_archs}, &t, e);
    if (!s) *estimates = t->data;
    return s;
}

ll_status ll_nasflat_prior_load(const ll_tensors *in, const ll_dataset *d, bool same_data,
                                ll_nasflat_model *m, ll_error *e)
{
    const ll_tensor *scale;
    const float *estimates = NULL;
    float *computed = NULL;
    ll_status s = same_data ? load_rows(in, d, m, e) : LL_OK;
    if (s || !ll_tensors_find(in, "nasflat.scale")) return s;
    s = ll_tensors_need(in, "nasflat.scale", LL_F64, 3, (long[]){m->n_members, m->source.n, 2}, &scale, e);
    if (s) return s;
    m->scale = new_scale(m);
    memcpy(m->scale, scale->data, ll_tensor_count(scale) * sizeof *m->scale);
    s = find_estimates(in, d, same_data, m, &estimates, &computed, e);
    if (!s) s = ll_gp_model_load(in, d, estimates, &m->prior, e);
    if (!s && m->prior->n_sources != m->source.n)
        s = ll_fail(e, LL_BAD_DATA, "gp.sources: %d rows, %d were expected", m->prior->n_sources,
                    m->source.n);
    free(computed);
    return s;
}
