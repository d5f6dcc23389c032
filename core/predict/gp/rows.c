/* The target's prior on the rows of a dataset.
 *
 * phi holds, for every execution, the feature blocks, then one column `mean` (the mean of the source functions) and,
 * with two or more sources, one column per source `dev` (what each differs from the mean). For a device that prunes they
 * are those of the pruned architectures: what the sources would take for what it executes. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/gp/model.h"

static const double mean_log_weight = 0, deviation_log_weight = -1;
static const double least_slope_sd = .01;

/* The columns of one execution. */
typedef struct part {
    int execution, first, own; /* own: how many columns the feature blocks take */
    const double *x;           /* (n, stride) all features of what is executed, for the source functions */
    int stride;
} part;

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

static void add_block(ll_gp_rows *r, const part *p, const char *name, int first, int dim, double log_weight)
{
    r->prior.blocks[r->prior.n_blocks++] = (ll_gp_block){name, first, dim, log_weight, p->execution};
}

static void add_normalised(ll_gp_rows *r, const part *p, const char *name, int first, int dim,
                           double log_weight)
{
    if (dim && normalise_block(r, first, dim)) add_block(r, p, name, first, dim, log_weight);
}

/* --- source functions --- */

/* Side by side behind the feature columns, and how strongly they vary: the geometric mean of their deviations. */
static double fill_sources(const ll_gp_model *m, int skip, const part *p, const ll_observer *o, ll_gp_rows *r)
{
    int n = r->prior.n, stride = r->prior.dim, varying = 0, at = p->first + p->own + 1;
    double logs = 0, mean, variance;
    for (int s = 0; s < m->n_sources && !ll_cancelled(o); s++) {
        if (s == skip) continue;
        size_t row = (size_t)(p->execution * m->n_sources + s);
        const float *estimate = r->estimates ? r->estimates + row * (size_t)n : NULL;
        ll_gp_source_predict(&m->sources[s], &m->features, p->x, p->stride, estimate, n, r->phi + at, stride);
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

static void add_standardised(const ll_gp_rows *r, int c, double weight, double *slope)
{
    int n = r->prior.n, stride = r->prior.dim;
    double mean, variance;
    column(r->phi, n, stride, c, &mean, &variance);
    if (variance < 1e-18) return;
    for (int i = 0; i < n; i++)
        slope[i] += weight * (r->phi[(size_t)i * (size_t)stride + (size_t)c] - mean) / sqrt(variance);
}

/* The direction of "more work": what the sources say on average, and the cost columns. */
static void fill_slope(const ll_gp_rows *r, const part *p, double *slope)
{
    double mean, variance;
    add_standardised(r, p->first + p->own, 1, slope);
    for (int b = 0; b < r->prior.n_blocks; b++) {
        const ll_gp_block *cost = &r->prior.blocks[b];
        if (cost->execution != p->execution || strcmp(cost->name, "cost")) continue;
        for (int c = 0; c < cost->dim; c++) add_standardised(r, cost->first + c, 1. / cost->dim, slope);
    }
    column(slope, r->prior.n, 1, 0, &mean, &variance);
    for (int i = 0; i < r->prior.n && variance > 0; i++) slope[i] = (slope[i] - mean) / sqrt(variance);
}

/* Everything that follows from the feature columns of a part, without source `skip` (-1: with all); when cancelled,
 * nothing that could be used. */
static void finish_part(const ll_gp_model *m, int skip, const part *p, const ll_observer *o, ll_gp_rows *r)
{
    int at = p->first + p->own, sources = m->n_sources - (skip >= 0);
    double *slope = r->slope + (size_t)p->execution * (size_t)r->prior.n;
    r->prior.slope_sd[p->execution] = fill_sources(m, skip, p, o, r);
    if (ll_cancelled(o)) return;
    split_sources(r, at, sources);
    fill_slope(r, p, slope);
    r->prior.slope[p->execution] = slope;
    add_normalised(r, p, "mean", at, 1, mean_log_weight);
    add_normalised(r, p, "dev", at + 1, sources > 1 ? sources : 0, deviation_log_weight);
}

/* --- one execution after the other --- */

static const uint8_t *gene_of(const ll_gp_model *m, const ll_gp_rows *r, int row)
{
    return r->genes + (size_t)row * (size_t)m->features.space->n_positions;
}

static void finish_written(const ll_gp_model *m, int skip, const ll_observer *o, ll_gp_rows *r)
{
    part p = {LL_GP_AS_WRITTEN, 0, m->features.dim, r->phi, r->prior.dim};
    for (int b = 0; b < m->features.n_blocks; b++) {
        const ll_gp_block *block = &m->features.blocks[b];
        add_block(r, &p, block->name, block->first, block->dim, block->log_weight);
    }
    finish_part(m, skip, &p, o, r);
}

/* What is executed has no dead edges: the blocks that leave them out say nothing more. */
static int executed_columns(const ll_gp_features *f)
{
    int dim = 0;
    for (int b = 0; b < f->n_blocks; b++) dim += ll_gp_features_live(&f->blocks[b]) ? 0 : f->blocks[b].dim;
    return dim;
}

/* All features of what is executed into x (n, features.dim). */
static void fill_executed(const ll_gp_model *m, const ll_gp_rows *r, int execution, const ll_observer *o,
                          double *x)
{
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < r->prior.n && !ll_gp_stops_at(i, o); i++) {
        ll_gp_executed(m->features.space, execution, gene_of(m, r, i), gene);
        ll_gp_features_row(&m->features, gene, x + (size_t)i * (size_t)m->features.dim);
    }
}

static void copy_block(ll_gp_rows *r, const double *x, int stride, const ll_gp_block *from, int to)
{
    for (int i = 0; i < r->prior.n; i++)
        memcpy(r->phi + (size_t)i * (size_t)r->prior.dim + to, x + (size_t)i * (size_t)stride + from->first,
               (size_t)from->dim * sizeof *x);
}

/* at: its first column; returns the one behind it. */
static int finish_executed(const ll_gp_model *m, int skip, int execution, int at, const ll_observer *o,
                           ll_gp_rows *r)
{
    const ll_gp_features *f = &m->features;
    double *x = LL_NEW_ARRAY(double, (size_t)r->prior.n *(size_t)f->dim);
    part p = {execution, at, executed_columns(f), x, f->dim};
    fill_executed(m, r, execution, o, x);
    for (int b = 0; b < f->n_blocks; b++) {
        const ll_gp_block *block = &f->blocks[b];
        if (ll_gp_features_live(block)) continue;
        copy_block(r, x, f->dim, block, at);
        add_block(r, &p, block->name, at, block->dim, block->log_weight);
        at += block->dim;
    }
    finish_part(m, skip, &p, o, r);
    free(x);
    return p.first + p.own + 1 + m->n_sources - (skip >= 0);
}

/* --- rows --- */

static void rows_alloc(const ll_gp_model *m, int n, int skip, ll_gp_rows *r)
{
    const ll_gp_features *f = &m->features;
    int sources = m->n_sources - (skip >= 0), executions = ll_gp_executions(f->space);
    int dim = f->dim + 1 + sources + (executions - 1) * (executed_columns(f) + 1 + sources);
    *r = (ll_gp_rows){.prior = {.n = n, .dim = dim, .n_executions = executions}};
    r->phi = ll_alloc_aligned((size_t)n * (size_t)dim, sizeof *r->phi);
    r->slope = LL_NEW_ARRAY(double, executions *n);
    r->genes = ll_alloc((size_t)n, (size_t)f->space->n_positions);
    r->noise_sd = LL_NEW_ARRAY(double, sources);
    r->ticks = LL_NEW_ARRAY(bool, sources);
}

static void rows_finish(const ll_gp_model *m, int skip, const ll_observer *o, ll_gp_rows *r)
{
    ll_gp_prior *p = &r->prior;
    int at = m->features.dim + 1 + m->n_sources - (skip >= 0);
    finish_written(m, skip, o, r);
    for (int e = 1; e < p->n_executions && !ll_cancelled(o); e++) at = finish_executed(m, skip, e, at, o, r);
    for (int s = 0; s < m->n_sources; s++)
        if (s != skip) {
            r->noise_sd[p->n_sources] = m->sources[s].noise_sd;
            r->ticks[p->n_sources++] = m->sources[s].ticks;
        }
    p->phi = r->phi;
    p->noise_sd = r->noise_sd;
    p->ticks = r->ticks;
}

/* Of what is executed; where the dataset lacks that, of the row itself. */
static void take_estimates(const ll_gp_model *m, const ll_dataset *d, const float *estimates, ll_gp_rows *r)
{
    size_t n = (size_t)d->n_archs, all = (size_t)m->n_sources * n;
    uint8_t gene[LL_MAX_POSITIONS];
    r->estimates = ll_alloc((size_t)r->prior.n_executions * all, sizeof *r->estimates);
    for (int e = 0; e < r->prior.n_executions; e++)
        for (int i = 0; i < d->n_archs; i++) {
            ll_gp_executed(d->space, e, ll_gene(d, i), gene);
            int row = e ? ll_dataset_row(d, gene) : i;
            const float *from = estimates + (row < 0 ? i : row);
            float *to = r->estimates + (size_t)e * all + i;
            for (size_t s = 0; s < (size_t)m->n_sources; s++) to[s * n] = from[s * n];
        }
}

void ll_gp_copy_features(const ll_gp_model *m, const double *from, int from_stride, int n, double *to,
                         int to_stride)
{
    for (int i = 0; i < n; i++)
        memcpy(to + (size_t)i * (size_t)to_stride, from + (size_t)i * (size_t)from_stride,
               (size_t)m->features.dim * sizeof *to);
}

void ll_gp_rows_init(const ll_gp_model *m, const ll_dataset *d, const double *phi, const float *estimates,
                     const ll_observer *observer, ll_gp_rows *r)
{
    rows_alloc(m, d->n_archs, -1, r);
    memcpy(r->genes, d->archs->genes, (size_t)d->n_archs * (size_t)d->space->n_positions);
    if (estimates) take_estimates(m, d, estimates, r);
    if (phi)
        ll_gp_copy_features(m, phi, m->features.dim, d->n_archs, r->phi, r->prior.dim);
    else
        ll_gp_features_fill(&m->features, d, observer, r->phi, r->prior.dim);
    rows_finish(m, -1, observer, r);
}

void ll_gp_rows_without(const ll_gp_model *m, int skip, const int *rows, int n, ll_gp_rows *out)
{
    rows_alloc(m, n, skip, out);
    size_t from = (size_t)m->rows.prior.dim, to = (size_t)out->prior.dim, all = (size_t)m->rows.prior.n;
    size_t positions = (size_t)m->features.space->n_positions;
    for (int i = 0; i < n; i++) {
        memcpy(out->phi + (size_t)i * to, m->rows.phi + (size_t)rows[i] * from,
               (size_t)m->features.dim * sizeof *out->phi);
        memcpy(out->genes + (size_t)i * positions, gene_of(m, &m->rows, rows[i]), positions);
    }
    int estimates = m->rows.estimates ? out->prior.n_executions * m->n_sources : 0;
    if (estimates) out->estimates = LL_NEW_ARRAY(float, estimates *n);
    for (int s = 0; s < estimates; s++)
        for (int i = 0; i < n; i++)
            out->estimates[s * n + i] = m->rows.estimates[(size_t)s * all + (size_t)rows[i]];
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
    return d->n_archs == m->rows.prior.n && !memcmp(d->archs->genes, m->rows.genes, bytes);
}

const ll_gp_rows *ll_gp_model_rows(const ll_gp_model *m, const ll_dataset *d, const float *estimates,
                                   const ll_observer *observer, ll_gp_rows *other)
{
    *other = (ll_gp_rows){0};
    if (ll_gp_model_knows(m, d)) return &m->rows;
    ll_gp_rows_init(m, d, NULL, estimates, observer, other);
    return ll_cancelled(observer) ? NULL : other;
}
