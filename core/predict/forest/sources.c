#include "core/predict/forest/sources.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"

/* --- columns --- */

/* Columns of the rows to learn from, of mean 0 and deviation 1; those that do not vary are left out. */
typedef struct columns {
    int n, p;
    double *x;             /* (n, p) */
    int *which;            /* (p) of GRAF and one-hot */
    double *shift, *scale; /* (p) */
} columns;

static void columns_free(columns *c)
{
    free(c->x);
    free(c->which);
    free(c->shift);
    free(c->scale);
}

static double *raw_columns(const ll_pretrain_job *job, const ll_matrix_f *graf, int wide)
{
    const ll_space *s = job->archs->space;
    double *x = LL_NEW_ARRAY(double, (size_t)job->n_rows *(size_t)wide + 1);
    for (int i = 0; i < job->n_rows; i++) {
        const uint8_t *gene = ll_arch(job->archs, job->rows[i]);
        double *row = x + (size_t)i * (size_t)wide;
        for (int c = 0; c < graf->cols; c++) row[c] = graf->v[(size_t)i * (size_t)graf->cols + (size_t)c];
        for (int p = 0; p < s->n_positions; p++) row[graf->cols + p * s->n_ops + gene[p]] = 1;
    }
    return x;
}

/* Sets shift and scale of column p to those of a raw one; false: it does not vary. */
static bool take_moments(columns *c, const double *raw, int wide, int column)
{
    double sum = 0, square = 0;
    for (int i = 0; i < c->n; i++) sum += raw[(size_t)i * (size_t)wide + (size_t)column];
    double mean = sum / c->n;
    for (int i = 0; i < c->n; i++) {
        double off = raw[(size_t)i * (size_t)wide + (size_t)column] - mean;
        square += off * off;
    }
    c->which[c->p] = column;
    c->shift[c->p] = mean;
    c->scale[c->p] = square > 0 ? 1 / sqrt(square / c->n) : 0;
    return square > 1e-12 * c->n;
}

static void columns_make(const ll_pretrain_job *job, const ll_matrix_f *graf, int wide, columns *c)
{
    double *raw = raw_columns(job, graf, wide);
    *c = (columns){.n = job->n_rows,
                   .which = LL_NEW_ARRAY(int, wide),
                   .shift = LL_NEW_ARRAY(double, wide),
                   .scale = LL_NEW_ARRAY(double, wide)};
    for (int column = 0; column < wide; column++) c->p += take_moments(c, raw, wide, column);
    c->x = LL_NEW_ARRAY(double, (size_t)c->n *(size_t)c->p + 1);
    for (int i = 0; i < c->n; i++)
        for (int j = 0; j < c->p; j++)
            c->x[(size_t)i * (size_t)c->p + (size_t)j] =
                (raw[(size_t)i * (size_t)wide + (size_t)c->which[j]] - c->shift[j]) * c->scale[j];
    free(raw);
}

/* --- one ridge --- */

/* The rows that a device knows, and what a ridge on them takes; sources mostly know the same ones. */
typedef struct design {
    const columns *columns;
    int n;
    bool *known;           /* (columns.n) */
    double *x;             /* (n, p) centred on these rows */
    double *middle;        /* (p) their means */
    double *vector, *size; /* (p, p), (p) eigenvectors and eigenvalues of XᵀX */
} design;

static void design_free(design *d)
{
    free(d->known);
    free(d->x);
    free(d->middle);
    free(d->vector);
    free(d->size);
    *d = (design){0};
}

static bool design_make(design *d, const columns *c, bool *known)
{
    size_t p = (size_t)c->p;
    *d = (design){.columns = c, .known = known, .middle = LL_NEW_ARRAY(double, p)};
    d->x = LL_NEW_ARRAY(double, (size_t)c->n *p + 1);
    d->vector = ll_alloc_aligned(p * p, sizeof *d->vector);
    d->size = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < c->n; i++)
        if (known[i]) memcpy(d->x + (size_t)d->n++ * p, c->x + (size_t)i * p, p * sizeof *d->x);
    for (size_t j = 0; j < p; j++) {
        for (int i = 0; i < d->n; i++) d->middle[j] += d->x[(size_t)i * p + j] / d->n;
        for (int i = 0; i < d->n; i++) d->x[(size_t)i * p + j] -= d->middle[j];
    }
    ll_dsyrk(true, c->p, d->n, 1, d->x, c->p, 0, d->vector, c->p);
    return ll_eigen_symmetric(c->p, d->vector, c->p, d->size);
}

/* n RSS / (n - degrees of freedom)², of the penalty; along (p) are the eigenvectors' products with Xᵀy. */
static double cross_validation(const design *d, const double *along, double square, double penalty)
{
    double left = square, freedom = 1;
    for (int j = 0; j < d->columns->p; j++) {
        double size = fmax(d->size[j], 0), part = along[j] / (size + penalty);
        left -= part * (2 * along[j] - size * part);
        freedom += size / (size + penalty);
    }
    return d->n * fmax(left, 0) / ((d->n - freedom) * (d->n - freedom));
}

/* Half decades of the rows' number. */
static double choose_penalty(const design *d, const double *along, double square)
{
    double best = 0, least = INFINITY;
    for (int step = -8; step <= 2; step++) {
        double penalty = d->n * pow(10, step / 2.), error = cross_validation(d, along, square, penalty);
        if (error >= least) continue;
        least = error;
        best = penalty;
    }
    return best;
}

/* Weights of the standardised columns, of y (n) about its mean. */
static void solve(const design *d, const double *y, double *weight)
{
    int p = d->columns->p;
    double *xy = LL_NEW_ARRAY(double, p), *along = LL_NEW_ARRAY(double, p);
    ll_dgemv(true, d->n, p, 1, d->x, p, y, 0, xy);
    ll_dgemv(false, p, p, 1, d->vector, p, xy, 0, along);
    double penalty = choose_penalty(d, along, ll_ddot(d->n, y, y));
    for (int j = 0; j < p; j++) along[j] /= fmax(d->size[j], 0) + penalty;
    ll_dgemv(true, p, p, 1, d->vector, p, along, 0, weight);
    free(xy);
    free(along);
}

/* --- all sources --- */

enum { LEAST_ROWS = 8 };

/* The device's relative latencies about their mean into y; 0: too few, or none that differ. */
static int relative_latencies(const ll_pretrain_job *job, int source, bool *known, double *y)
{
    int n = 0;
    for (int i = 0; i < job->n_rows; i++) {
        double lat_ms = job->sources.lat_ms[source][job->rows[i]];
        known[i] = !isnan(lat_ms);
        if (known[i]) y[n++] = lat_ms;
    }
    double mean = n ? ll_mean(y, n) : 0;
    if (n < LEAST_ROWS || mean <= 0 || ll_std(y, n) <= 0) return 0;
    for (int i = 0; i < n; i++) y[i] = y[i] / mean - 1;
    return n;
}

static bool fit_source(const ll_pretrain_job *job, int source, const columns *c, design *d,
                       ll_forest_sources *out)
{
    bool *known = LL_NEW_ARRAY(bool, job->n_rows + 1);
    double *y = LL_NEW_ARRAY(double, job->n_rows + 1), *weight = LL_NEW_ARRAY(double, c->p + 1);
    bool good = relative_latencies(job, source, known, y) > 0;
    if (good && d->known && !memcmp(d->known, known, (size_t)job->n_rows * sizeof *known)) {
        free(known);
    } else if (good) {
        design_free(d);
        good = design_make(d, c, known);
        if (!good) design_free(d);
    } else {
        free(known);
    }
    if (good) {
        double *w = out->w + (size_t)out->n * (size_t)(out->graf + out->onehot); /* turned at the end */
        solve(d, y, weight);
        out->constant[out->n] = 1;
        for (int j = 0; j < c->p; j++) {
            w[c->which[j]] = weight[j] * c->scale[j];
            out->constant[out->n] -= weight[j] * (c->shift[j] * c->scale[j] + d->middle[j]);
        }
        out->n++;
    }
    free(y);
    free(weight);
    return good;
}

static void sources_new(ll_forest_sources *s, int most, int graf, int onehot)
{
    *s = (ll_forest_sources){.graf = graf,
                             .onehot = onehot,
                             .constant = LL_NEW_ARRAY(double, most + 1),
                             .w = LL_NEW_ARRAY(double, (size_t)most *(size_t)(graf + onehot) + 1)};
}

/* From a row for each device to a row for each column. */
static void turn(ll_forest_sources *s)
{
    int wide = s->graf + s->onehot;
    double *w = LL_NEW_ARRAY(double, (size_t)s->n *(size_t)wide + 1);
    for (int i = 0; i < s->n; i++)
        for (int c = 0; c < wide; c++)
            w[(size_t)c * (size_t)s->n + (size_t)i] = s->w[(size_t)i * (size_t)wide + (size_t)c];
    free(s->w);
    s->w = w;
}

static double mean_said(const ll_forest_sources *s, const ll_space *space, const float *graf,
                        const uint8_t *gene, double *room)
{
    double sum = 0;
    ll_forest_sources_say(s, space, graf, gene, room);
    for (int i = 0; i < s->n; i++) sum += room[i];
    return sum / s->n;
}

static void take_variance(ll_forest_sources *s, const ll_archs *learnt, const ll_matrix_f *graf)
{
    double *said = LL_NEW_ARRAY(double, s->n), *mean = LL_NEW_ARRAY(double, learnt->n);
    for (int i = 0; i < learnt->n; i++)
        mean[i] =
            mean_said(s, learnt->space, graf->v + (size_t)i * (size_t)graf->cols, ll_arch(learnt, i), said);
    s->variance = ll_std(mean, learnt->n) * ll_std(mean, learnt->n);
    free(said);
    free(mean);
}

ll_status ll_forest_sources_fit(const ll_pretrain_job *job, const ll_encoder *graf, ll_forest_sources *out,
                                ll_error *e)
{
    ll_matrix_f m = {0};
    columns c = {0};
    design d = {0};
    int onehot = job->archs->space->n_positions * job->archs->space->n_ops;
    sources_new(out, job->sources.n, graf->dim, onehot);
    if (!job->sources.n || !job->n_rows) return LL_OK;
    ll_archs *learnt = ll_archs_pick(job->archs, job->rows, job->n_rows);
    ll_status s = ll_encoder_apply(graf, learnt, &m, e);
    if (!s) columns_make(job, &m, graf->dim + onehot, &c);
    for (int i = 0; i < job->sources.n && !s && c.p; i++) {
        if (ll_cancelled(job->observer))
            s = ll_fail(e, LL_CANCELLED, "cancelled while fitting the source devices");
        else
            fit_source(job, i, &c, &d, out);
    }
    if (!s) turn(out);
    if (!s && out->n) take_variance(out, learnt, &m);
    if (s) ll_forest_sources_free(out);
    design_free(&d);
    columns_free(&c);
    ll_matrix_f_free(&m);
    ll_archs_unref(learnt);
    return s;
}

void ll_forest_sources_say(const ll_forest_sources *s, const ll_space *space, const float *graf,
                           const uint8_t *gene, double *out)
{
    const double *w = s->w;
    memcpy(out, s->constant, (size_t)s->n * sizeof *out);
    for (int c = 0; c < s->graf; c++, w += s->n)
        for (int i = 0; graf[c] != 0 && i < s->n; i++) out[i] += w[i] * (double)graf[c];
    for (int p = 0; p < space->n_positions; p++) {
        const double *of = w + (size_t)(p * space->n_ops + gene[p]) * (size_t)s->n;
        for (int i = 0; i < s->n; i++) out[i] += of[i];
    }
}

void ll_forest_sources_free(ll_forest_sources *s)
{
    free(s->constant);
    free(s->w);
    *s = (ll_forest_sources){0};
}

/* --- as tensors --- */

void ll_forest_sources_save(const ll_forest_sources *s, ll_tensors *out)
{
    if (!s->n) return;
    ll_tensors_add(out, "forest.source_variance", LL_F64, 1, (long[]){1}, &s->variance);
    ll_tensors_add(out, "forest.source_constant", LL_F64, 1, (long[]){s->n}, s->constant);
    ll_tensors_add(out, "forest.source", LL_F64, 2, (long[]){s->graf + s->onehot, s->n}, s->w);
}

ll_status ll_forest_sources_load(const ll_tensors *in, const ll_space *space, int graf,
                                 ll_forest_sources *out, ll_error *e)
{
    const ll_tensor *constant = ll_tensors_find(in, "forest.source_constant"), *w, *variance;
    long n = constant && constant->n_dims == 1 ? constant->shape[0] : 0;
    int onehot = space->n_positions * space->n_ops;
    *out = (ll_forest_sources){0};
    if (n < 0 || n > 1 << 16) return ll_fail(e, LL_BAD_DATA, "the file names %ld source devices", n);
    if (n) {
        ll_status s = ll_tensors_need(in, "forest.source_constant", LL_F64, 1, &n, &constant, e);
        if (!s) s = ll_tensors_need(in, "forest.source", LL_F64, 2, (long[]){graf + onehot, n}, &w, e);
        if (!s) s = ll_tensors_need(in, "forest.source_variance", LL_F64, 1, (long[]){1}, &variance, e);
        if (s) return s;
    }
    sources_new(out, (int)n, graf, onehot);
    out->n = (int)n;
    if (!n) return LL_OK;
    out->variance = *(const double *)variance->data;
    memcpy(out->constant, constant->data, (size_t)n * sizeof *out->constant);
    memcpy(out->w, w->data, (size_t)n * (size_t)(graf + onehot) * sizeof *out->w);
    return LL_OK;
}
