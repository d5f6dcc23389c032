#include "core/predict/gp/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/gp/calibrate.h"

enum { DRAW_SEED = 4 };

/* --- the model --- */

/* What follows from the first rows. When cancelled, the model is of no use. */
static void finish(ll_gp_model *m, const ll_observer *o)
{
    if (ll_cancelled(o)) return;
    ll_gp_draws_make(&m->rows.prior, DRAW_SEED, &m->draws);
    ll_gp_design_init(m, o);
    if (!ll_cancelled(o)) ll_gp_measure_reach(m);
}

typedef struct fits {
    const ll_pretrain_job *job;
    ll_gp_model *m;
    const double *phi;
    float *estimates;        /* (executions, n_sources, n) */
    const ll_gp_model *base; /* NULL: every source is learnt */
    const int *from;         /* which source of base it is, -1: none */
} fits;

static void take_over(const ll_gp_features *f, const ll_gp_source *from, ll_gp_source *out)
{
    size_t pairs = (size_t)ll_gp_square_dim(f);
    *out = *from;
    out->linear = ll_memdup(from->linear, (size_t)f->source_dim, sizeof *out->linear);
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
    ll_gp_source_fit(&f->m->features, f->phi, f->m->features.dim, job->sources.lat_ms[s],
                     f->estimates ? f->estimates + (size_t)s * (size_t)job->archs->n : NULL, job->rows,
                     job->n_rows, job->observer, &f->m->sources[s]);
}

static ll_status was_cancelled(ll_error *e)
{
    return ll_fail(e, LL_CANCELLED, "cancelled while fitting the source devices");
}

/* Features of every architecture, (n, features.dim): those of the base, or computed. */
static double *all_features(const fits *f)
{
    const ll_archs *archs = f->job->archs;
    ll_gp_model *m = f->m;
    if (f->base)
        ll_gp_features_copy(&f->base->features, &m->features);
    else
        ll_gp_features_init(&m->features, archs, f->job->observer);
    int dim = m->features.dim;
    double *phi = LL_NEW_ARRAY(double, (size_t)archs->n *(size_t)dim);
    if (f->base)
        ll_gp_copy_features(m, f->base->rows.phi, f->base->rows.prior.dim, archs->n, phi, dim);
    else
        ll_gp_features_fill(&m->features, archs, f->job->observer, phi, dim);
    return phi;
}

static ll_status fit_model(fits f, const ll_gp_estimator *estimator, ll_gp_model **out, ll_error *e)
{
    const ll_pretrain_job *job = f.job;
    ll_gp_model *m = f.m = LL_NEW(ll_gp_model);
    *out = NULL;
    m->n_sources = job->sources.n;
    m->sources = LL_NEW_ARRAY(ll_gp_source, job->sources.n);
    if (estimator) m->estimator = *estimator;
    double *phi = all_features(&f);
    f.phi = phi;
    if (estimator && !ll_cancelled(job->observer))
        f.estimates = ll_gp_estimates(m, job->archs, job->observer, job->pool);
    bool go = !ll_cancelled(job->observer) && (!estimator || f.estimates);
    if (go) ll_pool_run(job->pool, job->sources.n, fit_source, &f);
    if (go && !ll_cancelled(job->observer))
        ll_gp_rows_first(m, job->archs, phi, f.estimates, job->observer,
                         &m->rows); /* which keeps the estimates */
    else
        free(f.estimates);
    if (go) finish(m, job->observer);
    free(phi);
    if (go && !ll_cancelled(job->observer)) {
        *out = m;
        return LL_OK;
    }
    ll_gp_model_free(m);
    return was_cancelled(e);
}

ll_status ll_gp_model_fit(const ll_pretrain_job *job, const ll_gp_estimator *estimator, ll_gp_model **out,
                          ll_error *e)
{
    return fit_model((fits){.job = job}, estimator, out, e);
}

ll_status ll_gp_model_derive(const ll_gp_model *base, const int *from, const ll_pretrain_job *job,
                             ll_gp_model **out, ll_error *e)
{
    return fit_model((fits){.job = job, .base = base, .from = from}, NULL, out, e);
}

void ll_gp_model_free(ll_gp_model *m)
{
    if (!m) return;
    for (int s = 0; s < m->n_sources; s++) ll_gp_source_free(&m->sources[s]);
    free(m->sources);
    ll_gp_features_free(&m->features);
    ll_gp_frame_free(&m->frame);
    ll_gp_rows_free(&m->rows);
    free(m->directions.v);
    free(m->directions.variance);
    free(m->directions.contrast);
    ll_design_prior_free(&m->design);
    free(m);
}

/* --- as tensors --- */

enum { SCALARS = 5 };

static void save_frame(const ll_gp_model *m, ll_tensors *out)
{
    long parts = m->frame.n_parts, numbers = ll_gp_part_numbers(m->n_sources);
    double *v = ll_tensors_add(out, "gp.frame", LL_F64, 2, (long[]){parts, numbers}, NULL)->data;
    for (int e = 0; e < m->frame.n_parts; e++) ll_gp_part_write(&m->frame.part[e], v + e * numbers);
    const ll_gp_directions *d = &m->directions;
    ll_tensors_add(out, "gp.directions", LL_F64, 2, (long[]){d->n, d->dim}, d->v);
    ll_tensors_add(out, "gp.variances", LL_F64, 1, (long[]){d->n + 1}, d->variance);
    ll_tensors_add(out, "gp.total", LL_F64, 1, (long[]){1}, &d->total);
    if (d->n_contrasts)
        ll_tensors_add(out, "gp.contrasts", LL_F64, 2, (long[]){d->n_contrasts, d->n + 1}, d->contrast);
    ll_tensors_add(out, "gp.reach", LL_F64, 1, (long[]){LL_GP_SIZES}, m->reach);
}

ll_status ll_gp_model_save(const ll_gp_model *m, ll_tensors *out, ll_error *e)
{
    (void)e;
    long S = m->n_sources, dim = m->features.dim, own = m->features.source_dim;
    long pairs = ll_gp_square_dim(&m->features);
    save_frame(m, out);
    ll_tensors_add(out, "gp.shift", LL_F64, 1, (long[]){dim}, m->features.shift);
    ll_tensors_add(out, "gp.scale", LL_F64, 1, (long[]){dim}, m->features.scale);
    double *scalars = ll_tensors_add(out, "gp.sources", LL_F64, 2, (long[]){S, SCALARS}, NULL)->data;
    double *linear = ll_tensors_add(out, "gp.linear", LL_F64, 2, (long[]){S, own}, NULL)->data;
    if (m->estimator.estimate) {
        double *weight = ll_tensors_add(out, "gp.estimate", LL_F64, 1, (long[]){S}, NULL)->data;
        for (int s = 0; s < S; s++) weight[s] = m->sources[s].estimate;
    }
    double *square =
        pairs ? ll_tensors_add(out, "gp.square", LL_F64, 3, (long[]){S, pairs, pairs}, NULL)->data : NULL;
    for (int s = 0; s < S; s++) {
        const ll_gp_source *g = &m->sources[s];
        memcpy(scalars + s * SCALARS, (double[]){g->constant, g->mean_ms, g->noise_sd, g->ticks, g->n},
               SCALARS * sizeof *scalars);
        memcpy(linear + s * own, g->linear, (size_t)own * sizeof *linear);
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
    out->linear = ll_memdup(linear, (size_t)f->source_dim, sizeof *linear);
    if (square && out->n) out->square = ll_memdup(square, pairs * pairs, sizeof *square);
}

/* The blocks are those of the space; centre and scale are the file's. */
static ll_status features_from(const ll_load_job *job, ll_gp_features *f, ll_error *e)
{
    const ll_tensor *shift = ll_tensors_find(job->tensors, "gp.shift"), *scale;
    long dim = shift && shift->n_dims == 1 ? shift->shape[0] : 0;
    ll_status s = ll_tensors_need(job->tensors, "gp.shift", LL_F64, 1, &dim, &shift, e);
    if (!s) s = ll_tensors_need(job->tensors, "gp.scale", LL_F64, 1, &dim, &scale, e);
    if (s) return s;
    if (ll_gp_features_restore(f, job->space, (int)dim, shift->data, scale->data)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "tensor gp.shift has %ld numbers: the model is of another space than %s",
                   dim, job->space->name);
}

static ll_status sources_from(const ll_tensors *in, ll_gp_model *m, ll_error *e)
{
    const ll_tensor *any = ll_tensors_find(in, "gp.sources"), *scalars, *linear, *square = NULL;
    if (!any || any->n_dims != 2 || any->shape[0] < 1)
        return ll_fail(e, LL_BAD_DATA, "tensor gp.sources is missing or has no row");
    long S = any->shape[0], dim = m->features.source_dim, pairs = ll_gp_square_dim(&m->features);
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

/* Files of before there were any have none. */
static ll_status contrasts_from(const ll_tensors *in, ll_gp_directions *d, ll_error *e)
{
    const ll_tensor *any = ll_tensors_find(in, "gp.contrasts");
    if (!any) return LL_OK;
    long n = any->n_dims == 2 ? any->shape[0] : 0, wide = d->n + 1;
    ll_status s = ll_tensors_need(in, "gp.contrasts", LL_F64, 2, (long[]){n, wide}, &any, e);
    if (s) return s;
    d->n_contrasts = (int)n;
    d->contrast = ll_memdup(any->data, (size_t)(n * wide), sizeof(double));
    return LL_OK;
}

static ll_status directions_from(const ll_tensors *in, ll_gp_model *m, ll_error *e)
{
    const ll_tensor *v = ll_tensors_find(in, "gp.directions"), *variance, *total, *reach;
    long n = v && v->n_dims == 2 ? v->shape[0] : 0, dim = v && v->n_dims == 2 ? v->shape[1] : 0;
    ll_status s = ll_tensors_need(in, "gp.directions", LL_F64, 2, (long[]){n, dim}, &v, e);
    if (!s && dim > m->frame.dim)
        s = ll_fail(e, LL_BAD_DATA, "tensor gp.directions is over %ld columns of %d", dim, m->frame.dim);
    if (!s) s = ll_tensors_need(in, "gp.variances", LL_F64, 1, (long[]){n + 1}, &variance, e);
    if (!s) s = ll_tensors_need(in, "gp.total", LL_F64, 1, (long[]){1}, &total, e);
    if (!s) s = ll_tensors_need(in, "gp.reach", LL_F64, 1, (long[]){LL_GP_SIZES}, &reach, e);
    if (s) return s;
    m->directions = (ll_gp_directions){.dim = (int)dim,
                                       .n = (int)n,
                                       .v = ll_memdup(v->data, (size_t)(n * dim), sizeof(double)),
                                       .variance = ll_memdup(variance->data, (size_t)n + 1, sizeof(double)),
                                       .total = *(const double *)total->data};
    memcpy(m->reach, reach->data, sizeof m->reach);
    return contrasts_from(in, &m->directions, e);
}

static ll_status frame_from(const ll_tensors *in, ll_gp_model *m, ll_error *e)
{
    const ll_tensor *t;
    ll_gp_frame_init(&m->frame, &m->features, m->n_sources);
    long parts = m->frame.n_parts, numbers = ll_gp_part_numbers(m->n_sources);
    ll_status s = ll_tensors_need(in, "gp.frame", LL_F64, 2, (long[]){parts, numbers}, &t, e);
    for (int p = 0; p < parts && !s; p++)
        ll_gp_part_read(&m->frame.part[p], (const double *)t->data + p * numbers);
    return s ? s : directions_from(in, m, e);
}

/* The rows of the architectures at hand, so that what is asked of them later takes no time. */
static void take_rows(ll_gp_model *m, const ll_archs *archs)
{
    if (!archs || m->estimator.estimate)
        return; /* a network would take seconds: only when they are asked for */
    ll_gp_rows_init(m, archs, NULL, NULL, &m->rows);
    ll_gp_design_on(m, &m->rows, &m->design);
}

static void make_draws(ll_gp_model *m)
{
    ll_gp_prior prior;
    ll_gp_frame_prior(&m->frame, &m->features, &prior);
    ll_gp_draws_make(&prior, DRAW_SEED, &m->draws);
}

/* A file without a frame: it was of the dataset at hand, and is measured there. */
static ll_status measure_frame(const ll_load_job *job, ll_gp_model *m, ll_error *e)
{
    const ll_archs *archs = job->archs;
    if (!archs)
        return ll_fail(e, LL_BAD_DATA,
                       "it was saved by an older latlab, whose models need their dataset: `load` it first");
    double *phi = LL_NEW_ARRAY(double, (size_t)archs->n *(size_t)m->features.dim);
    ll_gp_features_fill(&m->features, archs, NULL, phi, m->features.dim);
    float *estimates = m->estimator.estimate ? ll_gp_estimates(m, archs, NULL, NULL) : NULL;
    ll_gp_rows_first(m, archs, phi, estimates, NULL, &m->rows);
    finish(m, NULL);
    free(phi);
    return LL_OK;
}

static ll_status load(const ll_load_job *job, ll_gp_model *m, ll_error *e)
{
    ll_status s = features_from(job, &m->features, e);
    if (!s) s = sources_from(job->tensors, m, e);
    if (!s && m->estimator.estimate) s = estimate_weights_from(job->tensors, m, e);
    if (s) return s;
    if (!ll_tensors_find(job->tensors, "gp.frame")) return measure_frame(job, m, e);
    s = frame_from(job->tensors, m, e);
    if (s) return s;
    make_draws(m);
    take_rows(m, job->archs);
    return LL_OK;
}

ll_status ll_gp_model_load(const ll_load_job *job, const ll_gp_estimator *estimator, ll_gp_model **out,
                           ll_error *e)
{
    ll_gp_model *m = LL_NEW(ll_gp_model);
    *out = NULL;
    if (estimator) m->estimator = *estimator;
    ll_status s = load(job, m, e);
    if (s)
        ll_gp_model_free(m);
    else
        *out = m;
    return s;
}
