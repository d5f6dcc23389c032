/* Low-rank linear transfer: a ridge on the one-hot for each source device; the principal components of what these
 * predict span a space of few directions in which devices differ; a ridge on them fits the k samples. Needs no
 * reference architectures, so k measurements are k. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/simple/simple.h"

static const ll_option pretrain_options[] = {
    LL_OPT_REAL("penalty", "0.1", 1e-9, 1e9, "ridge on the one-hot of each source device"), {0}};

static const ll_option transfer_options[] = {
    LL_OPT_REAL("penalty", "0.1", 1e-9, 1e9, "ridge on the components"),
    LL_OPT_BOOL("counts", "off", "operation counts as further features"),
    LL_OPT_REAL("count_penalty", "3", 1e-9, 1e9, "ridge on the operation counts"),
    {0},
};

/* Feature j of an architecture is offset_j + sum over positions of weight[column][j]. */
typedef struct lowrank_model {
    const ll_space *space;
    int dim, rank;    /* one-hot columns; components kept */
    double *weight;   /* (dim, rank) */
    double *offset;   /* (rank) */
    double *spectrum; /* (rank) singular values over the first */
} lowrank_model;

static void release(void *model)
{
    lowrank_model *m = model;
    free(m->weight);
    free(m->offset);
    free(m->spectrum);
    free(m);
}

/* --- source devices --- */

/* Ridge of one source's standardised latencies on [1, one-hot]; w (1 + dim). false: fewer than two latencies, or all
 * equal. */
static bool fit_source(const ll_pretrain_job *job, int source, int dim, double *w)
{
    int p = dim + 1, n = 0;
    const double *lat_ms = job->sources.lat_ms[source];
    double *x = LL_NEW_ARRAY(double, (size_t)job->n_rows *(size_t)p), *y = LL_NEW_ARRAY(double, job->n_rows);
    double *penalty = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < job->n_rows; i++) {
        if (isnan(lat_ms[job->rows[i]])) continue;
        double *row = x + (size_t)n * (size_t)p;
        row[0] = 1;
        ll_simple_onehot(job->archs->space, ll_arch(job->archs, job->rows[i]), row + 1);
        y[n++] = lat_ms[job->rows[i]];
    }
    double mean = ll_mean(y, n), sd = ll_std(y, n);
    bool good = n > 1 && sd > 0;
    for (int i = 0; i < n && good; i++) y[i] = (y[i] - mean) / sd;
    for (int c = 1; c < p; c++) penalty[c] = ll_real(job->options, "penalty");
    good = good && ll_ridge(x, n, p, y, penalty, w);
    free(x);
    free(y);
    free(penalty);
    return good;
}

/* Predictions of all sources on the pool, each standardised: (n_rows, S). The same shift and scale go into the weights
 * (S, 1 + dim), so that they give the standardised prediction of any architecture. */
static double *standardised_predictions(const ll_pretrain_job *job, int dim, int S, double *w)
{
    int n = job->n_rows, positions = job->archs->space->n_positions, ops = job->archs->space->n_ops;
    double *out = LL_NEW_ARRAY(double, (size_t)n *(size_t)S), *column = LL_NEW_ARRAY(double, n);
    for (int s = 0; s < S; s++) {
        double *ws = w + (size_t)s * (size_t)(dim + 1);
        for (int i = 0; i < n; i++) {
            const uint8_t *gene = ll_arch(job->archs, job->rows[i]);
            column[i] = ws[0];
            for (int p = 0; p < positions; p++) column[i] += ws[1 + p * ops + gene[p]];
        }
        double mean = ll_mean(column, n), sd = ll_std(column, n), scale = sd > 0 ? 1 / sd : 0;
        for (int i = 0; i < n; i++) out[(size_t)i * (size_t)S + (size_t)s] = (column[i] - mean) * scale;
        ws[0] -= mean;
        for (int c = 0; c <= dim; c++) ws[c] *= scale;
    }
    free(column);
    return out;
}

/* Component j, scaled to a standard deviation of s_j / s_1 over the pool, is prediction . v_j * sqrt(n) / s_1: fold the
 * eigenvectors v of PᵀP into the source weights. */
static bool fold_components(const double *predictions, int n, int S, const double *w, lowrank_model *m)
{
    double *gram = LL_NEW_ARRAY(double, (size_t)S *(size_t)S), *values = LL_NEW_ARRAY(double, S);
    ll_dsyrk(true, S, n, 1, predictions, S, 0, gram, S);
    bool good = ll_eigen_symmetric(S, gram, S, values) && values[S - 1] > 0;
    for (int j = 0; j < S && good; j++) {
        double value = values[S - 1 - j];
        const double *v = gram + (size_t)(S - 1 - j) * (size_t)S;
        if (value < 1e-16 * values[S - 1]) break;
        m->spectrum[j] = sqrt(value / values[S - 1]);
        double scale = sqrt(n / values[S - 1]);
        for (int s = 0; s < S; s++) {
            const double *ws = w + (size_t)s * (size_t)(m->dim + 1);
            m->offset[j] += scale * v[s] * ws[0];
            for (int c = 0; c < m->dim; c++) m->weight[c * S + j] += scale * v[s] * ws[1 + c];
        }
    }
    free(gram);
    free(values);
    return good;
}

static lowrank_model *new_model(const ll_space *s, int rank)
{
    lowrank_model *m = LL_NEW(lowrank_model);
    int dim = s->n_positions * s->n_ops;
    *m = (lowrank_model){.space = s,
                         .dim = dim,
                         .rank = rank,
                         .weight = LL_NEW_ARRAY(double, (size_t)dim *(size_t)rank),
                         .offset = LL_NEW_ARRAY(double, rank),
                         .spectrum = LL_NEW_ARRAY(double, rank)};
    return m;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    int dim = job->archs->space->n_positions * job->archs->space->n_ops, S = 0;
    double *w = LL_NEW_ARRAY(double, (size_t)job->sources.n *(size_t)(dim + 1));
    for (int s = 0; s < job->sources.n; s++) S += fit_source(job, s, dim, w + (size_t)S * (size_t)(dim + 1));
    lowrank_model *m = S ? new_model(job->archs->space, S) : NULL;
    bool good = m != NULL;
    if (good) {
        double *predictions = standardised_predictions(job, dim, S, w);
        good = fold_components(predictions, job->n_rows, S, w, m);
        free(predictions);
    }
    free(w);
    if (good)
        *model = m;
    else if (m)
        release(m);
    return good ? LL_OK
                : ll_fail(e, LL_FAILED,
                          "no source device has latencies that differ on the architectures to learn from");
}

/* --- target --- */

enum { COMPONENTS, WITH_COUNTS };

static int features_dim(const lowrank_model *m, int kind)
{
    return m->rank + (kind == WITH_COUNTS ? ll_simple_counts_dim(m->space) : 0);
}

static void feature(const void *model, const ll_linear_fit *f, const uint8_t *gene, double *row)
{
    const lowrank_model *m = model;
    memcpy(row, m->offset, (size_t)m->rank * sizeof *row);
    for (int p = 0; p < m->space->n_positions; p++) {
        const double *w = m->weight + (size_t)(p * m->space->n_ops + gene[p]) * (size_t)m->rank;
        for (int j = 0; j < m->rank; j++) row[j] += w[j];
    }
    if (f->kind == WITH_COUNTS) ll_simple_counts(m->space, gene, row + m->rank);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const lowrank_model *m = model;
    int kind = ll_bool(job->options, "counts") ? WITH_COUNTS : COMPONENTS, k = job->samples.archs->n;
    int p = features_dim(m, kind) + 1;
    double mean = ll_mean(job->samples.lat_ms, k);
    ll_status s = LL_OK;
    ll_linear_fit *f = ll_linear_fit_new(p - 1, kind);
    double sd = ll_std(job->samples.lat_ms, k), scale = sd > 0 ? sd : mean;
    double *x = LL_NEW_ARRAY(double, (size_t)k *(size_t)p), *y = LL_NEW_ARRAY(double, k),
           *w = LL_NEW_ARRAY(double, p), *penalty = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < k; i++) {
        y[i] = (job->samples.lat_ms[i] - mean) / scale;
        x[(size_t)i * (size_t)p] = 1;
        feature(m, f, ll_arch(job->samples.archs, i), x + (size_t)i * (size_t)p + 1);
    }
    for (int c = 1; c < p; c++)
        penalty[c] = ll_real(job->options, c <= m->rank ? "penalty" : "count_penalty");
    if (ll_ridge(x, k, p, y, penalty, w)) {
        ll_json_nums(job->info, "spectrum", m->spectrum, m->rank);
        ll_json_nums(job->info, "weights", w + 1, m->rank);
        f->offset = w[0] * scale + mean;
        for (int c = 1; c < p; c++) f->w[c - 1] = w[c] * scale;
        *adapted = f;
    } else {
        s = ll_fail(e, LL_FAILED, "the ridge on the components is singular");
        ll_linear_fit_free(f);
    }
    free(x);
    free(y);
    free(w);
    free(penalty);
    return s;
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    ll_linear_fit_predict(model, adapted, feature, job, out);
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    ll_linear_fit *f = NULL;
    ll_status s = ll_linear_fit_load(in, &f, e);
    if (s) return s;
    if (f->kind >= COMPONENTS && f->kind <= WITH_COUNTS && f->dim == features_dim(model, f->kind)) {
        *adapted = f;
        return LL_OK;
    }
    s = ll_fail(e, LL_BAD_DATA, "tensor linear.w has %d numbers, which are no features of this model",
                f->dim);
    ll_linear_fit_free(f);
    return s;
}

/* --- as tensors --- */

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const lowrank_model *m = model;
    ll_simple_save_space(m->space, out);
    ll_tensors_add(out, "lowrank.weight", LL_F64, 2, (long[]){m->dim, m->rank}, m->weight);
    ll_tensors_add(out, "lowrank.offset", LL_F64, 1, (long[]){m->rank}, m->offset);
    ll_tensors_add(out, "lowrank.spectrum", LL_F64, 1, (long[]){m->rank}, m->spectrum);
    return LL_OK;
}

static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    const ll_tensors *in = job->tensors;
    const ll_tensor *weight, *offset, *spectrum;
    ll_status s = ll_simple_space_matches(job, e);
    if (s) return s;
    const ll_tensor *any = ll_tensors_find(in, "lowrank.offset");
    long rank = any && any->n_dims == 1 ? any->shape[0] : 0,
         dim = job->space->n_positions * job->space->n_ops;
    if (rank < 1) return ll_fail(e, LL_BAD_DATA, "tensor lowrank.offset is missing or empty");
    s = ll_tensors_need(in, "lowrank.weight", LL_F64, 2, (long[]){dim, rank}, &weight, e);
    if (!s) s = ll_tensors_need(in, "lowrank.offset", LL_F64, 1, &rank, &offset, e);
    if (!s) s = ll_tensors_need(in, "lowrank.spectrum", LL_F64, 1, &rank, &spectrum, e);
    if (s) return s;
    lowrank_model *m = new_model(job->space, (int)rank);
    memcpy(m->weight, weight->data, (size_t)(dim * rank) * sizeof(double));
    memcpy(m->offset, offset->data, (size_t)rank * sizeof(double));
    memcpy(m->spectrum, spectrum->data, (size_t)rank * sizeof(double));
    *model = m;
    return LL_OK;
}

const ll_predictor ll_lowrank = {
    .name = "lowrank",
    .summary = "linear transfer in the few directions in which source devices differ",
    .paper = "none; the linear baseline",
    .pretrain_options = pretrain_options,
    .transfer_options = transfer_options,
    .needs_sources = true,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = ll_linear_fit_free,
    .save_adapted = ll_linear_fit_save,
    .load_adapted = load_adapted,
    .release = release,
    .save = save,
    .load = load,
};
