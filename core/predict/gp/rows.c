/* Rows of the target's prior: features and source functions of architectures, put into the model's frame. For a device
 * that prunes they are those of the pruned architectures: what the sources would take for what it executes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/gp/model.h"

/* --- filling one part --- */

static int sources_of(const ll_gp_model *m, int skip)
{
    return m->n_sources - (skip >= 0);
}

/* What a device that prunes executes of some rows: those of which something else is left than what is written. Of the
 * others all is known already. */
typedef struct executed_rows {
    int n;
    int *row;  /* (n) */
    double *x; /* (n, features.dim) all features of what is executed */
} executed_rows;

static void executed_free(executed_rows *e)
{
    free(e->row);
    free(e->x);
}

static void find_executed(const ll_gp_model *m, const ll_gp_rows *r, int execution, const ll_observer *o,
                          executed_rows *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    size_t dim = (size_t)m->features.dim, width = (size_t)m->features.space->n_positions;
    *e = (executed_rows){.row = LL_NEW_ARRAY(int, r->prior.n + 1)};
    e->x = ll_alloc_aligned((size_t)r->prior.n * dim + 1, sizeof *e->x);
    for (int i = 0; i < r->prior.n && !ll_gp_stops_at(i, o); i++) {
        ll_gp_executed(m->features.space, execution, ll_arch(r->archs, i), gene);
        if (!memcmp(gene, ll_arch(r->archs, i), width)) continue;
        ll_gp_features_row(&m->features, gene, e->x + (size_t)e->n * dim);
        e->row[e->n++] = i;
    }
}

static const float *estimates_of(const ll_gp_model *m, const ll_gp_rows *r, int execution, int source)
{
    size_t at = (size_t)(execution * m->n_sources + source);
    return r->estimates ? r->estimates + at * (size_t)r->prior.n : NULL;
}

/* Source functions of what is written, behind the column `mean` of its part. */
static void fill_written(const ll_gp_model *m, int skip, const ll_gp_part *p, const ll_observer *o,
                         ll_gp_rows *r)
{
    int at = p->first + p->own + 1;
    for (int s = 0; s < m->n_sources && !ll_cancelled(o); s++) {
        if (s == skip) continue;
        ll_gp_source_predict(&m->sources[s], &m->features, r->phi, r->prior.dim,
                             estimates_of(m, r, p->execution, s), r->prior.n, r->phi + at++, r->prior.dim);
    }
}

/* The same of what is executed: a source function of the rows that differ, `written` (n, sources) of the others. */
static void fill_executed(const ll_gp_model *m, int skip, const ll_gp_part *p, const executed_rows *e,
                          const double *written, const ll_observer *o, ll_gp_rows *r)
{
    int sources = sources_of(m, skip), at = p->first + p->own + 1, column = 0;
    double *y = LL_NEW_ARRAY(double, e->n + 1);
    float *estimate = r->estimates ? LL_NEW_ARRAY(float, e->n + 1) : NULL;
    for (int s = 0; s < m->n_sources && !ll_cancelled(o); s++) {
        if (s == skip) continue;
        double *to = r->phi + at + column;
        const float *all = estimates_of(m, r, p->execution, s);
        for (int i = 0; i < e->n && all; i++) estimate[i] = all[e->row[i]];
        ll_gp_source_predict(&m->sources[s], &m->features, e->x, m->features.dim, estimate, e->n, y, 1);
        for (int i = 0; i < r->prior.n; i++)
            to[(size_t)i * (size_t)r->prior.dim] = written[i * sources + column];
        for (int i = 0; i < e->n; i++) to[(size_t)e->row[i] * (size_t)r->prior.dim] = y[i];
        column++;
    }
    free(y);
    free(estimate);
}

/* The blocks that a part keeps, side by side from its first column on. */
static void copy_blocks(const ll_gp_model *m, const ll_gp_part *p, const double *x, double *to)
{
    const ll_gp_features *f = &m->features;
    int at = p->first;
    for (int b = 0; b < f->n_blocks; b++) {
        const ll_gp_block *block = &f->blocks[b];
        if (!ll_gp_part_has(p->execution, block)) continue;
        memcpy(to + at, x + block->first, (size_t)block->dim * sizeof *x);
        at += block->dim;
    }
}

static void copy_features(const ll_gp_model *m, const ll_gp_part *p, const executed_rows *e, ll_gp_rows *r)
{
    for (int i = 0, at = 0; i < r->prior.n; i++) {
        double *row = r->phi + (size_t)i * (size_t)r->prior.dim;
        bool own = at < e->n && e->row[at] == i;
        copy_blocks(m, p, own ? e->x + (size_t)at++ * (size_t)m->features.dim : row, row);
    }
}

/* Source functions of what is written, (n, sources), before the frame makes something else of them. */
static void keep_written(const ll_gp_model *m, int skip, const ll_gp_part *p, const ll_gp_rows *r,
                         double *written)
{
    int sources = sources_of(m, skip), first = p->first + p->own + 1;
    for (int i = 0; i < r->prior.n; i++)
        memcpy(written + (size_t)i * (size_t)sources, r->phi + (size_t)i * (size_t)r->prior.dim + first,
               (size_t)sources * sizeof *written);
}

/* Feature columns and source functions of one part; the features of what is written stand there already, and its part is
 * the first. */
static void fill_part(const ll_gp_model *m, int skip, const ll_gp_part *p, const ll_observer *o,
                      double *written, ll_gp_rows *r)
{
    executed_rows e;
    if (p->execution == LL_GP_AS_WRITTEN) {
        fill_written(m, skip, p, o, r);
        if (written) keep_written(m, skip, p, r, written);
        return;
    }
    find_executed(m, r, p->execution, o, &e);
    copy_features(m, p, &e, r);
    fill_executed(m, skip, p, &e, written, o, r);
    executed_free(&e);
}

/* --- all parts --- */

static void rows_alloc(const ll_gp_model *m, const ll_archs *archs, int skip, int dim, ll_gp_rows *r)
{
    size_t n = (size_t)archs->n;
    int sources = sources_of(m, skip), executions = ll_gp_executions(m->features.space);
    *r = (ll_gp_rows){.archs = ll_archs_ref(archs)};
    r->prior = (ll_gp_prior){.n = archs->n, .dim = dim, .n_executions = executions};
    r->phi = ll_alloc_aligned(n * (size_t)dim + 1, sizeof *r->phi);
    r->slope = LL_NEW_ARRAY(double, (size_t)executions *n + 1);
    r->noise_sd = LL_NEW_ARRAY(double, sources);
    r->ticks = LL_NEW_ARRAY(bool, sources);
}

/* What the prior says besides phi. */
static void finish_prior(const ll_gp_model *m, const ll_gp_frame *frame, int skip, ll_gp_rows *r)
{
    int n = r->prior.n, at = 0;
    ll_gp_frame_prior(frame, &m->features, &r->prior);
    for (int s = 0; s < m->n_sources; s++) {
        if (s == skip) continue;
        r->noise_sd[at] = m->sources[s].noise_sd;
        r->ticks[at++] = m->sources[s].ticks;
    }
    r->prior.n = n;
    r->prior.n_sources = at;
    r->prior.phi = r->phi;
    r->prior.noise_sd = r->noise_sd;
    r->prior.ticks = r->ticks;
    for (int e = 0; e < frame->n_parts; e++) r->prior.slope[e] = r->slope + (size_t)e * (size_t)n;
}

/* Into a frame that is there, or (measured) one that these rows set. */
static void into_frame(const ll_gp_model *m, ll_gp_frame *measured, const ll_gp_frame *frame, int skip,
                       const ll_observer *o, ll_gp_rows *r)
{
    size_t sources = (size_t)sources_of(m, skip);
    double *written = frame->n_parts > 1 ? LL_NEW_ARRAY(double, (size_t)r->prior.n *sources + 1) : NULL;
    for (int e = 0; e < frame->n_parts && !ll_cancelled(o); e++) {
        double *slope = r->slope + (size_t)e * (size_t)r->prior.n;
        fill_part(m, skip, &frame->part[e], o, written, r);
        if (ll_cancelled(o)) break;
        if (measured)
            ll_gp_frame_measure(measured, e, &m->features, r->phi, r->prior.n, slope);
        else
            ll_gp_frame_apply(frame, e, &m->features, r->phi, r->prior.n, slope);
    }
    free(written);
    if (!ll_cancelled(o)) finish_prior(m, frame, skip, r);
}

void ll_gp_copy_features(const ll_gp_model *m, const double *from, int from_stride, int n, double *to,
                         int to_stride)
{
    for (int i = 0; i < n; i++)
        memcpy(to + (size_t)i * (size_t)to_stride, from + (size_t)i * (size_t)from_stride,
               (size_t)m->features.dim * sizeof *to);
}

void ll_gp_rows_first(ll_gp_model *m, const ll_archs *archs, const double *phi, float *estimates,
                      const ll_observer *observer, ll_gp_rows *r)
{
    ll_gp_frame_init(&m->frame, &m->features, m->n_sources);
    rows_alloc(m, archs, -1, m->frame.dim, r);
    r->estimates = estimates;
    ll_gp_copy_features(m, phi, m->features.dim, archs->n, r->phi, r->prior.dim);
    into_frame(m, &m->frame, &m->frame, -1, observer, r);
}

bool ll_gp_rows_init(const ll_gp_model *m, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                     ll_gp_rows *r)
{
    rows_alloc(m, archs, -1, m->frame.dim, r);
    if (m->estimator.estimate && !(r->estimates = ll_gp_estimates(m, archs, observer, pool))) return false;
    ll_gp_features_fill(&m->features, archs, observer, r->phi, r->prior.dim);
    into_frame(m, NULL, &m->frame, -1, observer, r);
    return !ll_cancelled(observer);
}

void ll_gp_rows_without(const ll_gp_model *m, int skip, const int *rows, int n, ll_gp_rows *out)
{
    ll_gp_frame frame;
    ll_archs *archs = ll_archs_pick(m->rows.archs, rows, n);
    size_t all = (size_t)m->rows.prior.n;
    ll_gp_frame_init(&frame, &m->features, sources_of(m, skip));
    rows_alloc(m, archs, skip, frame.dim, out);
    for (int i = 0; i < n; i++)
        ll_gp_copy_features(m, m->rows.phi + (size_t)rows[i] * (size_t)m->rows.prior.dim, 0, 1,
                            out->phi + (size_t)i * (size_t)frame.dim, 0);
    int estimates = m->rows.estimates ? frame.n_parts * m->n_sources : 0;
    if (estimates) out->estimates = LL_NEW_ARRAY(float, (size_t)estimates *(size_t)n);
    for (int s = 0; s < estimates; s++)
        for (int i = 0; i < n; i++)
            out->estimates[s * n + i] = m->rows.estimates[(size_t)s * all + (size_t)rows[i]];
    into_frame(m, &frame, &frame, skip, NULL, out);
    ll_gp_frame_free(&frame);
    ll_archs_unref(archs);
}

void ll_gp_rows_free(ll_gp_rows *r)
{
    ll_archs_unref(r->archs);
    free(r->phi);
    free(r->slope);
    free(r->estimates);
    free(r->noise_sd);
    free(r->ticks);
    *r = (ll_gp_rows){0};
}

/* --- estimates --- */

/* The written ones keep what came with them; of what else is executed nothing but the gene is known. */
static void take_features(const ll_archs *archs, const int *place, ll_archs *all)
{
    for (int f = 0; f < archs->n_features; f++) {
        const ll_feature *own = &archs->features[f];
        size_t dim = (size_t)own->dim, numbers = (size_t)all->n * dim;
        float *v = LL_NEW_ARRAY(float, numbers + 1);
        for (size_t i = 0; i < numbers; i++) v[i] = NAN;
        for (int i = 0; i < archs->n; i++)
            memcpy(v + (size_t)place[i] * dim, own->v + (size_t)i * dim, dim * sizeof *v);
        ll_archs_set_feature(all, own->name, own->dim, v);
        free(v);
    }
}

/* Every architecture that some execution leaves of these, each once, the written ones first; place (executions, n): where
 * each lies. */
static ll_archs *executed_set(const ll_gp_model *m, const ll_archs *archs, int executions, int *place)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_archs *all = ll_archs_new(archs->space, 0);
    for (int e = 0; e < executions; e++)
        for (int i = 0; i < archs->n; i++) {
            ll_gp_executed(m->features.space, e, ll_arch(archs, i), gene);
            place[e * archs->n + i] = ll_archs_add(all, gene, NULL);
        }
    take_features(archs, place, all);
    return all;
}

/* Of what is executed; where nothing can be said of that, of what is written. */
static float estimate_of(const float *of_all, const int *place, size_t n, size_t execution, size_t i)
{
    float executed = of_all[place[execution * n + i]];
    return isnan(executed) ? of_all[place[i]] : executed;
}

float *ll_gp_estimates(const ll_gp_model *m, const ll_archs *archs, ll_observer *observer, ll_pool *pool)
{
    size_t n = (size_t)archs->n, S = (size_t)m->n_sources;
    int executions = ll_gp_executions(m->features.space);
    int *place = LL_NEW_ARRAY(int, (size_t)executions *n + 1);
    ll_archs *all = executed_set(m, archs, executions, place);
    float *of_all = ll_alloc(S * (size_t)all->n + 1, sizeof *of_all), *out = NULL;
    if (m->estimator.estimate(m->estimator.ctx, all, observer, pool, of_all)) {
        out = ll_alloc((size_t)executions * S * n + 1, sizeof *out);
        for (size_t e = 0; e < (size_t)executions; e++)
            for (size_t s = 0; s < S; s++)
                for (size_t i = 0; i < n; i++)
                    out[(e * S + s) * n + i] = estimate_of(of_all + s * (size_t)all->n, place, n, e, i);
    }
    ll_archs_unref(all);
    free(of_all);
    free(place);
    return out;
}

/* --- the model's own --- */

bool ll_gp_model_knows(const ll_gp_model *m, const ll_archs *archs)
{
    return m->rows.archs && ll_archs_same(m->rows.archs, archs);
}

const ll_gp_rows *ll_gp_model_rows(const ll_gp_model *m, const ll_archs *archs, ll_observer *observer,
                                   ll_pool *pool, ll_gp_rows *other)
{
    *other = (ll_gp_rows){0};
    if (ll_gp_model_knows(m, archs)) return &m->rows;
    return ll_gp_rows_init(m, archs, observer, pool, other) ? other : NULL;
}
