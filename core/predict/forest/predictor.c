/* forest: bagged regression trees on GRAF (arXiv 2404.16551) and on what the source devices say of an architecture
 * (core/ALGORITHMS.md section 18). Learns from the k samples alone, or with the sources beside them.
 *
 * With F_s the relative latency that source s says and F their mean, a member of the forest says
 *     latency / m = F + [line: c + b (F - 1) + sum over s of b_s (F_s - F) + sum over operations o of a_o (times o occurs)]
 *                     + [tree on GRAF and all F_s],      m = sum of the samples / sum of their F
 * Without sources F is 1, and the line has the counts alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "core/predict/forest/forest.h"
#include "core/predict/forest/sources.h"
#include "core/predict/simple/simple.h"

static const ll_option options[] = {
    LL_OPT_INT("trees", "100", 1, 10000, "how many trees"),
    LL_OPT_REAL("features", "0.3333", 0.001, 1, "share of the columns that a split looks at"),
    LL_OPT_INT("depth", "16", 1, 64, "most splits on a way through a tree"),
    LL_OPT_INT("leaf", "2", 1, 100000, "fewest samples of a leaf"),
    LL_OPT_BOOL("sources", "on", "what the source devices say, where the model has any"),
    LL_OPT_REAL("line", "1", 0, 1e9, "ridge on the line through what the sources say; 0: without"),
    LL_OPT_REAL("counts", "0.5", 0, 1e9, "ridge on how often operations occur, in that line too; 0: without"),
    {0},
};

typedef struct forest_model {
    const ll_space *space;
    ll_encoder *graf;
    ll_forest_sources sources;
} forest_model;

typedef struct forest_adapted {
    ll_forest forest;
    int n_sources; /* that its columns have; 0: GRAF alone */
    double scale_ms;
    double agreed, spread; /* deviation = scale spread sqrt(variance of the trees + agreed) */
} forest_adapted;

/* --- model --- */

static void release(void *model)
{
    forest_model *m = model;
    ll_encoder_unref(m->graf);
    ll_forest_sources_free(&m->sources);
    free(m);
}

static ll_status model_new(const ll_archs *archs, forest_model **out, ll_error *e)
{
    forest_model *m = *out = LL_NEW(forest_model);
    m->space = archs->space;
    return ll_encoder_fit("graf", &(ll_encode_job){.archs = archs}, &m->graf, e);
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    forest_model *m;
    ll_status s = model_new(job->archs, &m, e);
    if (!s) s = ll_forest_sources_fit(job, m->graf, &m->sources, e);
    if (s)
        release(m);
    else
        *model = m;
    return s;
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const forest_model *m = model;
    ll_simple_save_space(m->space, out);
    ll_forest_sources_save(&m->sources, out);
    return LL_OK;
}

static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    forest_model *m = NULL;
    ll_status s = ll_simple_space_matches(job, e);
    if (s) return s;
    ll_archs *none = ll_archs_new(job->space, 0); /* the encoding follows from the space alone */
    s = model_new(none, &m, e);
    if (!s) s = ll_forest_sources_load(job->tensors, job->space, m->graf->dim, &m->sources, e);
    ll_archs_unref(none);
    if (s)
        release(m);
    else
        *model = m;
    return s;
}

/* --- columns of architectures --- */

/* Of n architectures: what trees see, what lines see, and F. */
typedef struct rows {
    int n, dim, n_line;
    double *x;    /* (n, dim) GRAF, then each F_s */
    double *line; /* (n, n_line) F - 1, then each F_s - F; then counts of operations */
    double *base; /* (n) F */
} rows;

static void rows_free(rows *r)
{
    free(r->x);
    free(r->line);
    free(r->base);
}

static int count_columns(const forest_model *m, int n_sources)
{
    return m->graf->dim + n_sources;
}

/* The line's columns that are of sources; counts of operations stand behind them. */
static int count_source_line(int n_sources)
{
    return n_sources ? 1 + n_sources : 0;
}

static int count_line(const forest_model *m, int n_sources)
{
    return count_source_line(n_sources) + ll_simple_counts_dim(m->space);
}

static void fill_row(const forest_model *m, int n_sources, const float *graf, const uint8_t *gene, rows *r,
                     int i)
{
    double *x = r->x + (size_t)i * (size_t)r->dim, *said = x + m->graf->dim,
           *line = r->line + (size_t)i * (size_t)r->n_line, sum = 0;
    for (int c = 0; c < m->graf->dim; c++) x[c] = (double)graf[c];
    r->base[i] = 1;
    ll_simple_counts(m->space, gene, line + count_source_line(n_sources));
    if (!n_sources) return;
    ll_forest_sources_say(&m->sources, m->space, graf, gene, said);
    for (int s = 0; s < n_sources; s++) sum += said[s];
    r->base[i] = sum / n_sources;
    line[0] = r->base[i] - 1;
    for (int s = 0; s < n_sources; s++) line[1 + s] = said[s] - r->base[i];
}

/* Counting cannot fail. */
static void rows_make(const forest_model *m, int n_sources, const ll_archs *archs, rows *r)
{
    ll_matrix_f graf;
    ll_encoder_apply(m->graf, archs, &graf, NULL);
    *r = (rows){.n = archs->n, .dim = count_columns(m, n_sources), .n_line = count_line(m, n_sources)};
    r->x = LL_NEW_ARRAY(double, (size_t)r->n *(size_t)r->dim + 1);
    r->line = LL_NEW_ARRAY(double, (size_t)r->n *(size_t)r->n_line + 1);
    r->base = LL_NEW_ARRAY(double, r->n + 1);
    for (int i = 0; i < r->n; i++)
        fill_row(m, n_sources, graf.v + (size_t)i * (size_t)graf.cols, ll_arch(archs, i), r, i);
    ll_matrix_f_free(&graf);
}

/* --- adapting --- */

/* y is latency / m - F. */
static void relative_samples(const ll_measured *samples, const rows *r, double mean, double *scale_ms,
                             double *y)
{
    double base = ll_mean(r->base, r->n);
    *scale_ms = base > 0 ? mean / base : mean;
    for (int i = 0; i < r->n; i++) y[i] = samples->lat_ms[i] / *scale_ms - r->base[i];
}

/* Deviations from what is left out of the bootstraps: about where trees agree on every sample (agreed: the mean variance,
 * never under a percent; 30 % where nothing is left out), and by which factor all are wrong (spread²: the mean squared
 * error in those deviations, with one sample more at its word). An error counts as five of its deviations at most. */
static void calibrate(const ll_left_out *o, const double *y, forest_adapted *a, cJSON *info)
{
    static const double least = .01, unknown = .3, most = 5;
    int n = 0;
    double variance = 0, errors = 1, square = 0;
    for (int i = 0; i < o->n; i++)
        if (o->members[i]) {
            variance += o->variance[i];
            n++;
        }
    a->agreed = n ? fmax(variance / n, least * least) : unknown * unknown;
    for (int i = 0; i < o->n; i++) {
        double error = y[i] - o->mean[i];
        if (!o->members[i]) continue;
        square += error * error;
        errors += fmin(error * error / (o->variance[i] + a->agreed), most * most);
    }
    a->spread = sqrt(errors / (n + 1));
    ll_json_int(info, "left_out", n);
    ll_json_num(info, "left_out_error", n ? 100 * sqrt(square / n) : NAN);
    ll_json_num(info, "spread", a->spread);
}

static double or_none(double penalty)
{
    return penalty > 0 ? penalty : 1e12;
}

/* Of the line's constant and weights. Those of sources are in units of the variance of F: devices differ from their mean
 * as much as architectures differ. Beside sources the counts only correct, and are held shorter; without them the constant
 * is the mean latency, and free. */
static double *penalties(const forest_model *m, int n_sources, const ll_values *values)
{
    static const double constant = 1e-3, beside = 20;
    int sources = count_source_line(n_sources), n = count_line(m, n_sources);
    double *penalty = LL_NEW_ARRAY(double, 1 + n),
           line = or_none(ll_real(values, "line") * m->sources.variance),
           counts = or_none(ll_real(values, "counts") * (n_sources ? beside : 1));
    penalty[0] = n_sources ? line : constant;
    for (int c = 0; c < n; c++) penalty[1 + c] = c < sources ? line : counts;
    return penalty;
}

static ll_forest_job forest_job(const ll_adapt_job *job, const rows *r, const double *y,
                                const double *penalty)
{
    const ll_values *o = job->options;
    return (ll_forest_job){
        .n = r->n,
        .dim = r->dim,
        .n_line = r->n_line,
        .x = r->x,
        .line = r->line,
        .y = y,
        .penalty = penalty,
        .n_trees = ll_int(o, "trees"),
        .rule = {ll_real(o, "features"), ll_int(o, "depth"), ll_int(o, "leaf")},
        .seed = job->seed,
        .observer = job->observer,
        .pool = job->pool,
    };
}

static void release_adapted(void *adapted)
{
    forest_adapted *a = adapted;
    ll_forest_free(&a->forest);
    free(a);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const forest_model *m = model;
    int n_sources = ll_bool(job->options, "sources") ? m->sources.n : 0;
    double mean = ll_mean(job->samples.lat_ms, job->samples.archs->n);
    ll_status s = LL_OK;
    rows r;
    rows_make(m, n_sources, job->samples.archs, &r);
    forest_adapted *a = LL_NEW(forest_adapted);
    ll_left_out left_out = {0};
    double *y = LL_NEW_ARRAY(double, r.n);
    a->n_sources = n_sources;
    relative_samples(&job->samples, &r, mean, &a->scale_ms, y);
    double *penalty = penalties(m, n_sources, job->options);
    ll_forest_job f = forest_job(job, &r, y, penalty);
    if (ll_forest_fit(&f, &a->forest, &left_out)) {
        ll_json_int(job->info, "trees", a->forest.n_trees);
        ll_json_int(job->info, "sources_used", n_sources);
        calibrate(&left_out, y, a, job->info);
        *adapted = a;
    } else {
        s = ll_fail(e, LL_CANCELLED, "cancelled while trees were grown");
        release_adapted(a);
    }
    ll_left_out_free(&left_out);
    rows_free(&r);
    free(penalty);
    free(y);
    return s;
}

/* --- predicting --- */

typedef struct forecast {
    const forest_model *m;
    const forest_adapted *a;
    const ll_predict_job *job;
    ll_prediction *out;
} forecast;

static void predict_one(const forecast *f, const rows *r, int i, double *value, int to)
{
    const forest_adapted *a = f->a;
    int n = a->forest.n_trees;
    double sum = 0, square = 0;
    ll_forest_values(&a->forest, r->x + (size_t)i * (size_t)r->dim, r->line + (size_t)i * (size_t)r->n_line,
                     value);
    for (int t = 0; t < n; t++) sum += value[t];
    double mean = sum / n;
    f->out->score[to] = f->out->lat_ms[to] = a->scale_ms * (r->base[i] + mean);
    if (!f->out->sd_ms) return;
    for (int t = 0; t < n; t++) square += (value[t] - mean) * (value[t] - mean);
    f->out->sd_ms[to] = a->scale_ms * a->spread * sqrt(square / n + a->agreed);
}

static void predict_chunk(void *ctx, int from, int to)
{
    const forecast *f = ctx;
    ll_archs *some = ll_archs_slice(f->job->archs, from, to - from);
    rows r;
    double *value = LL_NEW_ARRAY(double, f->a->forest.n_trees);
    rows_make(f->m, f->a->n_sources, some, &r);
    for (int i = 0; i < r.n; i++) predict_one(f, &r, i, value, from + i);
    rows_free(&r);
    free(value);
    ll_archs_unref(some);
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    forecast f = {model, adapted, job, out};
    ll_prediction_new(out, job->archs->n, true, job->want_variance);
    return ll_predict_chunks(job, predict_chunk, &f, e);
}

/* --- adapted, as tensors --- */

enum { NUMBERS = 4 };

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const forest_adapted *a = adapted;
    const double v[NUMBERS] = {a->scale_ms, a->agreed, a->spread, a->n_sources};
    ll_tensors_add(out, "forest.numbers", LL_F64, 1, (long[]){NUMBERS}, v);
    ll_forest_save(&a->forest, out);
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const forest_model *m = model;
    const ll_tensor *numbers;
    ll_status s = ll_tensors_need(in, "forest.numbers", LL_F64, 1, (long[]){NUMBERS}, &numbers, e);
    if (s) return s;
    const double *v = numbers->data;
    if (v[3] != 0 && v[3] != m->sources.n)
        return ll_fail(e, LL_BAD_DATA, "tensor forest.numbers: %g source devices, the model has %d", v[3],
                       m->sources.n);
    forest_adapted *a = LL_NEW(forest_adapted);
    *a = (forest_adapted){.n_sources = (int)v[3], .scale_ms = v[0], .agreed = v[1], .spread = v[2]};
    s = ll_forest_load(in, count_columns(m, a->n_sources), count_line(m, a->n_sources), &a->forest, e);
    if (s)
        release_adapted(a);
    else
        *adapted = a;
    return s;
}

const ll_predictor ll_forest_predictor = {
    .name = "forest",
    .summary = "bagged trees on GRAF and what the source devices say; also from the samples alone",
    .paper = "Breiman 2001, on GRAF, arXiv 2404.16551",
    .transfer_options = options,
    .needs_sources = true,
    .sources_optional = true,
    .refits_live = true,
    .quick = true,
    .default_n = 512,
    .n_by_space = true,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = release_adapted,
    .save_adapted = save_adapted,
    .load_adapted = load_adapted,
    .release = release,
    .save = save,
    .load = load,
};
