#include "core/predict/gp_model.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/gp_calibrate.h"

static const double mean_log_weight = 0, deviation_log_weight = -1;
static const double least_slope_sd = .01;
enum { DRAW_SEED = 4 };

/* --- the prior on the rows of a dataset ---
 *
 * phi holds the feature blocks, then one column `mean` (the mean of the source functions) and, with two or
 * more sources, one column per source `dev` (what each differs from the mean). */

static void column(const double *phi, int n, int stride, int c, double *mean, double *variance)
{
    *mean = *variance = 0;
    for (int i = 0; i < n; i++) *mean += phi[(size_t)i * (size_t)stride + (size_t)c];
    *mean /= n;
    for (int i = 0; i < n; i++) {
        double off = phi[(size_t)i * (size_t)stride + (size_t)c] - *mean;
        *variance += off * off;
    }
    *variance /= n;
}

/* Centre the columns of a block and scale it to a mean squared row norm of 1. False: it never varies. */
static bool normalise_block(ll_gp_rows *r, int first, int dim)
{
    int n = r->prior.n, stride = r->prior.dim;
    double total = 0, mean, variance;
    for (int c = first; c < first + dim; c++) {
        column(r->phi, n, stride, c, &mean, &variance);
        total += variance;
        for (int i = 0; i < n; i++) r->phi[(size_t)i * (size_t)stride + (size_t)c] -= mean;
    }
    double scale = total > 1e-18 ? 1 / sqrt(total) : 0;
    for (int i = 0; i < n; i++)
        for (int c = first; c < first + dim; c++) r->phi[(size_t)i * (size_t)stride + (size_t)c] *= scale;
    return scale > 0;
}

static void add_block(ll_gp_rows *r, const char *name, int first, int dim, double log_weight)
{
    if (dim && normalise_block(r, first, dim))
        r->prior.blocks[r->prior.n_blocks++] = (ll_gp_block){name, first, dim, log_weight};
}

/* Source functions side by side behind the feature columns, and how strongly they vary: the geometric mean of
 * their deviations. */
static double fill_sources(const ll_gp_model *m, int skip, const ll_observer *o, ll_gp_rows *r, int first)
{
    int n = r->prior.n, stride = r->prior.dim, varying = 0, at = first;
    double logs = 0, mean, variance;
    for (int s = 0; s < m->n_sources && !ll_cancelled(o); s++) {
        if (s == skip) continue;
        const float *estimate = r->estimates ? r->estimates + (size_t)s * (size_t)n : NULL;
        ll_gp_source_predict(&m->sources[s], &m->features, r->phi, stride, estimate, n, r->phi + at, stride);
        column(r->phi, n, stride, at++, &mean, &variance);
        if (variance < least_slope_sd * least_slope_sd) continue;
        logs += .5 * log(variance);
        varying++;
    }
    return varying ? exp(logs / varying) : least_slope_sd;
}

/* Column `at` := mean of the `count` columns behind it, each centred; those become deviations from it. */
static void split_sources(ll_gp_rows *r, int at, int count)
{
    int n = r->prior.n, stride = r->prior.dim;
    for (int s = 1; s <= count; s++) {
        double mean, variance;
        column(r->phi, n, stride, at + s, &mean, &variance);
        for (int i = 0; i < n; i++) r->phi[(size_t)i * (size_t)stride + (size_t)(at + s)] -= mean;
    }
    for (int i = 0; i < n; i++) {
        double *row = r->phi + (size_t)i * (size_t)stride + at, sum = 0;
        for (int s = 1; s <= count; s++) sum += row[s];
        row[0] = sum / count;
        for (int s = 1; s <= count; s++) row[s] -= row[0];
    }
}

static void add_standardised(const ll_gp_rows *r, int c, double weight)
{
    int n = r->prior.n, stride = r->prior.dim;
    double mean, variance;
    column(r->phi, n, stride, c, &mean, &variance);
    if (variance < 1e-18) return;
    for (int i = 0; i < n; i++)
        r->slope[i] += weight * (r->phi[(size_t)i * (size_t)stride + (size_t)c] - mean) / sqrt(variance);
}

/* The direction of "more work": what the sources say on average, and the cost columns. */
static void fill_slope(const ll_gp_model *m, ll_gp_rows *r, int mean_column)
{
    const ll_gp_block *cost = ll_gp_features_block(&m->features, "cost");
    double mean, variance;
    add_standardised(r, mean_column, 1);
    for (int c = 0; cost && c < cost->dim; c++) add_standardised(r, cost->first + c, 1. / cost->dim);
    column(r->slope, r->prior.n, 1, 0, &mean, &variance);
    for (int i = 0; i < r->prior.n && variance > 0; i++) r->slope[i] = (r->slope[i] - mean) / sqrt(variance);
}

static int sources_but(const ll_gp_model *m, int skip)
{
    return m->n_sources - (skip >= 0);
}

static void rows_alloc(const ll_gp_model *m, int n, int skip, ll_gp_rows *r)
{
    int sources = sources_but(m, skip), dim = m->features.dim + 1 + sources;
    *r = (ll_gp_rows){.prior = {.n = n, .dim = dim}};
    r->phi = ll_alloc_aligned((size_t)n * (size_t)dim, sizeof *r->phi);
    r->slope = LL_NEW_ARRAY(double, n);
    r->noise_sd = LL_NEW_ARRAY(double, sources);
    r->ticks = LL_NEW_ARRAY(bool, sources);
}

/* Everything that follows from the feature columns, without source `skip` (-1: with all); when cancelled, nothing that
 * could be used. */
static void rows_finish(const ll_gp_model *m, int skip, const ll_observer *o, ll_gp_rows *r)
{
    int own = m->features.dim, sources = sources_but(m, skip);
    ll_gp_prior *p = &r->prior;
    memcpy(p->blocks, m->features.blocks, sizeof m->features.blocks);
    p->n_blocks = m->features.n_blocks;
    p->slope_sd = fill_sources(m, skip, o, r, own + 1);
    if (ll_cancelled(o)) return;
    split_sources(r, own, sources);
    fill_slope(m, r, own);
    add_block(r, "mean", own, 1, mean_log_weight);
    add_block(r, "dev", own + 1, sources > 1 ? sources : 0, deviation_log_weight);
    for (int s = 0; s < m->n_sources; s++)
        if (s != skip) {
            r->noise_sd[p->n_sources] = m->sources[s].noise_sd;
            r->ticks[p->n_sources++] = m->sources[s].ticks;
        }
    p->phi = r->phi;
    p->slope = r->slope;
    p->noise_sd = r->noise_sd;
    p->ticks = r->ticks;
}

/* Feature columns of one matrix into the first columns of another. */
static void copy_features(const ll_gp_model *m, const double *from, int from_stride, int n, double *to,
                          int to_stride)
{
    for (int i = 0; i < n; i++)
        memcpy(to + (size_t)i * (size_t)to_stride, from + (size_t)i * (size_t)from_stride,
               (size_t)m->features.dim * sizeof *to);
}

/* phi: the features of all rows, (n_archs, features.dim); NULL: not computed yet. */
static void rows_init(const ll_gp_model *m, const ll_dataset *d, const double *phi, const float *estimates,
                      const ll_observer *o, ll_gp_rows *r)
{
    rows_alloc(m, d->n_archs, -1, r);
    if (estimates)
        r->estimates = ll_memdup(estimates, (size_t)m->n_sources * (size_t)d->n_archs, sizeof *estimates);
    r->genes = ll_memdup(d->genes, (size_t)d->n_archs, (size_t)d->space->n_positions);
    if (phi)
        copy_features(m, phi, m->features.dim, d->n_archs, r->phi, r->prior.dim);
    else
        ll_gp_features_fill(&m->features, d, o, r->phi, r->prior.dim);
    rows_finish(m, -1, o, r);
}

void ll_gp_rows_without(const ll_gp_model *m, int skip, const int *rows, int n, ll_gp_rows *out)
{
    rows_alloc(m, n, skip, out);
    size_t from = (size_t)m->rows.prior.dim, to = (size_t)out->prior.dim;
    for (int i = 0; i < n; i++)
        memcpy(out->phi + (size_t)i * to, m->rows.phi + (size_t)rows[i] * from,
               (size_t)m->features.dim * sizeof *out->phi);
    if (m->rows.estimates) out->estimates = LL_NEW_ARRAY(float, m->n_sources *n);
    for (int s = 0; s < m->n_sources && out->estimates; s++)
        for (int i = 0; i < n; i++)
            out->estimates[s * n + i] =
                m->rows.estimates[(size_t)s * (size_t)m->rows.prior.n + (size_t)rows[i]];
    rows_finish(m, skip, NULL, out);
}

void ll_gp_rows_free(ll_gp_rows *r)
{
    free(r->phi);
    free(r->slope);
    free(r->genes);
    free(r->estimates);
    free(r->noise_sd);
    free(r->ticks);
    *r = (ll_gp_rows){0};
}

bool ll_gp_model_knows(const ll_gp_model *m, const ll_dataset *d)
{
    size_t bytes = (size_t)d->n_archs * (size_t)d->space->n_positions;
    return d->n_archs == m->rows.prior.n && !memcmp(d->genes, m->rows.genes, bytes);
}

const ll_gp_rows *ll_gp_model_rows(const ll_gp_model *m, const ll_dataset *d, const float *estimates,
                                   const ll_observer *observer, ll_gp_rows *other)
{
    *other = (ll_gp_rows){0};
    if (ll_gp_model_knows(m, d)) return &m->rows;
    rows_init(m, d, NULL, estimates, observer, other);
    return ll_cancelled(observer) ? NULL : other;
}

/* --- the model --- */

/* When cancelled, the model is of no use. */
static void finish(ll_gp_model *m, const ll_dataset *d, const double *phi, const float *estimates,
                   const ll_observer *o)
{
    rows_init(m, d, phi, estimates, o, &m->rows);
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
        copy_features(m, f->base->rows.phi, f->base->rows.prior.dim, d->n_archs, phi, dim);
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
