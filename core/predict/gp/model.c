#include "core/predict/gp/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/gp/calibrate.h"

enum { DRAW_SEED = 4 };

/* --- the model --- */

/* When cancelled, the model is of no use. */
static void finish(ll_gp_model *m, const ll_dataset *d, const double *phi, const float *estimates,
                   const ll_observer *o)
{
    ll_gp_rows_init(m, d, phi, estimates, o, &m->rows);
    if (ll_cancelled(o)) return;
    ll_gp_draws_make(&m->rows.prior, DRAW_SEED, &m->draws);
    ll_gp_design_init(m, o);
    if (!ll_cancelled(o)) ll_gp_measure_reach(d, m);
}

typedef struct fits {
    const ll_pretrain_job *job;
    ll_gp_model *m;
    const double *phi;
    const float *estimates;
    const ll_gp_model *base; /* NULL: every source is learnt */
    const int *from;         /* which source of base it is, -1: none */
} fits;

static void take_over(const ll_gp_features *f, const ll_gp_source *from, ll_gp_source *out)
{
    size_t pairs = (size_t)ll_gp_square_dim(f);
    *out = *from;
    out->linear = ll_memdup(from->linear, (size_t)f->dim, sizeof *out->linear);
    if (from->square) out->square = ll_memdup(from->square, pairs * pairs, sizeof *out->square);
}

static void fit_source(void *ctx, int s)
{
    const fits *f = ctx;
    const ll_pretrain_job *job = f->job;
    if (ll_cancelled(job->observer)) return;
    if (f->base && f->from[s] >= 0) {
        take_over(&f->m->features, &f->base->sources[f->from[s]], &f->m->sources[s]);
        return;
    }
    ll_gp_source_fit(&f->m->features, f->phi, f->m->features.dim, ll_latencies(job->data, job->source[s]),
                     f->estimates ? f->estimates + (size_t)s * (size_t)job->data->n_archs : NULL, job->archs,
                     job->n_archs, job->observer, &f->m->sources[s]);
}

static ll_status was_cancelled(ll_error *e)
{
    return ll_fail(e, LL_CANCELLED, "cancelled while fitting the source devices");
}

/* Features of every row, (n_archs, features.dim): those of the base, or computed. */
static double *all_features(const fits *f)
{
    const ll_dataset *d = f->job->data;
    ll_gp_model *m = f->m;
    if (f->base)
        ll_gp_features_copy(&f->base->features, &m->features);
    else
        ll_gp_features_init(&m->features, d, f->job->observer);
    int dim = m->features.dim;
    double *phi = LL_NEW_ARRAY(double, (size_t)d->n_archs *(size_t)dim);
    if (f->base)
        ll_gp_copy_features(m, f->base->rows.phi, f->base->rows.prior.dim, d->n_archs, phi, dim);
    else
        ll_gp_features_fill(&m->features, d, f->job->observer, phi, dim);
    return phi;
}

static ll_status fit_model(fits f, ll_gp_model **out, ll_error *e)
{
    const ll_pretrain_job *job = f.job;
    ll_gp_model *m = f.m = LL_NEW(ll_gp_model);
    *out = NULL;
    m->n_sources = job->n_source;
    m->sources = LL_NEW_ARRAY(ll_gp_source, job->n_source);
    double *phi = all_features(&f);
    f.phi = phi;
    ll_pool_run(job->pool, job->n_source, fit_source, &f);
    if (!ll_cancelled(job->observer)) finish(m, job->data, phi, f.estimates, job->observer);
    free(phi);
    if (ll_cancelled(job->observer)) {
        ll_gp_model_free(m);
        return was_cancelled(e);
    }
    *out = m;
    return LL_OK;
}

ll_status ll_gp_model_fit(const ll_pretrain_job *job, const float *estimates, ll_gp_model **out, ll_error *e)
{
    return fit_model((fits){.job = job, .estimates = estimates}, out, e);
}

ll_status ll_gp_model_derive(const ll_gp_model *base, const int *from, const ll_pretrain_job *job,
                             ll_gp_model **out, ll_error *e)
{
    return fit_model((fits){.job = job, .base = base, .from = from}, out, e);
}

void ll_gp_model_free(ll_gp_model *m)
{
    if (!m) return;
    for (int s = 0; s < m->n_sources; s++) ll_gp_source_free(&m->sources[s]);
    free(m->sources);
    ll_gp_features_free(&m->features);
    ll_gp_rows_free(&m->rows);
    free((double *)m->design.phi);
    free((double *)m->design.weight);
    free(m);
}

/* --- as tensors --- */

enum { SCALARS = 5 };

ll_status ll_gp_model_save(const ll_gp_model *m, ll_tensors *out, ll_error *e)
{
    (void)e;
    long S = m->n_sources, dim = m->features.dim, pairs = ll_gp_square_dim(&m->features);
    ll_tensors_add(out, "gp.shift", LL_F64, 1, (long[]){dim}, m->features.shift);
    ll_tensors_add(out, "gp.scale", LL_F64, 1, (long[]){dim}, m->features.scale);
    double *scalars = ll_tensors_add(out, "gp.sources", LL_F64, 2, (long[]){S, SCALARS}, NULL)->data;
    double *linear = ll_tensors_add(out, "gp.linear", LL_F64, 2, (long[]){S, dim}, NULL)->data;
    if (m->rows.estimates) {
        double *weight = ll_tensors_add(out, "gp.estimate", LL_F64, 1, (long[]){S}, NULL)->data;
        for (int s = 0; s < S; s++) weight[s] = m->sources[s].estimate;
    }
    double *square =
        pairs ? ll_tensors_add(out, "gp.square", LL_F64, 3, (long[]){S, pairs, pairs}, NULL)->data : NULL;
    for (int s = 0; s < S; s++) {
        const ll_gp_source *g = &m->sources[s];
        memcpy(scalars + s * SCALARS, (double[]){g->constant, g->mean_ms, g->noise_sd, g->ticks, g->n},
               SCALARS * sizeof *scalars);
        memcpy(linear + s * dim, g->linear, (size_t)dim * sizeof *linear);
        if (g->square)
            memcpy(square + s * pairs * pairs, g->square, (size_t)(pairs * pairs) * sizeof *square);
    }
    return LL_OK;
}

static void source_from(const ll_gp_features *f, const double *scalars, const double *linear,
                        const double *square, ll_gp_source *out)
{
    size_t pairs = (size_t)ll_gp_square_dim(f);
    *out = (ll_gp_source){.constant = scalars[0], .mean_ms = scalars[1], .noise_sd = scalars[2]};
    out->ticks = scalars[3] != 0;
    out->n = (int)scalars[4];
    out->linear = ll_memdup(linear, (size_t)f->dim, sizeof *linear);
    if (square && out->n) out->square = ll_memdup(square, pairs * pairs, sizeof *square);
}

/* The features are those of the space; centre and scale are the file's. */
static ll_status features_from(const ll_tensors *in, ll_gp_features *f, ll_error *e)
{
    const ll_tensor *shift, *scale;
    long dim = f->dim;
    ll_status s = ll_tensors_need(in, "gp.shift", LL_F64, 1, &dim, &shift, e);
    if (!s) s = ll_tensors_need(in, "gp.scale", LL_F64, 1, &dim, &scale, e);
    if (s) return s;
    memcpy(f->shift, shift->data, (size_t)dim * sizeof *f->shift);
    memcpy(f->scale, scale->data, (size_t)dim * sizeof *f->scale);
    return LL_OK;
}

static ll_status sources_from(const ll_tensors *in, ll_gp_model *m, ll_error *e)
{
    const ll_tensor *any = ll_tensors_find(in, "gp.sources"), *scalars, *linear, *square = NULL;
    if (!any || any->n_dims != 2 || any->shape[0] < 1)
        return ll_fail(e, LL_BAD_DATA, "tensor gp.sources is missing or has no row");
    long S = any->shape[0], dim = m->features.dim, pairs = ll_gp_square_dim(&m->features);
    ll_status s = ll_tensors_need(in, "gp.sources", LL_F64, 2, (long[]){S, SCALARS}, &scalars, e);
    if (!s) s = ll_tensors_need(in, "gp.linear", LL_F64, 2, (long[]){S, dim}, &linear, e);
    if (!s && pairs) s = ll_tensors_need(in, "gp.square", LL_F64, 3, (long[]){S, pairs, pairs}, &square, e);
    if (s) return s;
    m->n_sources = (int)S;
    m->sources = LL_NEW_ARRAY(ll_gp_source, S);
    for (int i = 0; i < S; i++)
        source_from(&m->features, (double *)scalars->data + i * SCALARS, (double *)linear->data + i * dim,
                    square ? (double *)square->data + i * pairs * pairs : NULL, &m->sources[i]);
    return LL_OK;
}

static ll_status estimate_weights_from(const ll_tensors *in, ll_gp_model *m, ll_error *e)
{
    const ll_tensor *weight;
    long S = m->n_sources;
    ll_status s = ll_tensors_need(in, "gp.estimate", LL_F64, 1, &S, &weight, e);
    for (int i = 0; i < S && !s; i++) m->sources[i].estimate = ((const double *)weight->data)[i];
    return s;
}

ll_status ll_gp_model_load(const ll_tensors *in, const ll_dataset *d, const float *estimates,
                           ll_gp_model **out, ll_error *e)
{
    ll_gp_model *m = LL_NEW(ll_gp_model);
    *out = NULL;
    ll_gp_features_init(&m->features, d, NULL);
    ll_status s = features_from(in, &m->features, e);
    if (!s) s = sources_from(in, m, e);
    if (!s && estimates) s = estimate_weights_from(in, m, e);
    if (s) {
        ll_gp_model_free(m);
        return s;
    }
    finish(m, d, NULL, estimates, NULL);
    *out = m;
    return LL_OK;
}
