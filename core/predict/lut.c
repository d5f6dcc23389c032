/* Lookup table: latency = fixed cost + sum over positions of a cost for the operation there, none of them negative (as
 * the latency tables of ProxylessNAS and FBNet are, but learnt from k whole-network measurements). A few samples cannot
 * determine every entry, so an entry is the sum of three parts: a cost the operation has everywhere, a price on the
 * multiply-adds it has at that position (where the networks of the space are known), and a cost of its own there. The
 * ridge is heaviest on the last. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/predict/simple.h"

static const ll_option options[] = {
    {.name = "ridge",
     .type = LL_REAL,
     .otherwise = "0.05",
     .lo = 1e-9,
     .hi = 1e9,
     .help = "penalty on what an operation costs everywhere"},
    {.name = "work_ridge",
     .type = LL_REAL,
     .otherwise = "0.002",
     .lo = 1e-9,
     .hi = 1e9,
     .help = "penalty on the price of multiply-adds"},
    {.name = "own_ridge",
     .type = LL_REAL,
     .otherwise = "5",
     .lo = 1e-9,
     .hi = 1e9,
     .help = "penalty on what it costs more at one position"},
    {0},
};

typedef struct lut_model {
    const ll_space *space;
    double *
        work; /* (n_positions, n_ops): multiply-adds of the convolutions, mean of the used entries 1; NULL: unknown */
} lut_model;

static void release(void *model)
{
    lut_model *m = model;
    free(m->work);
    free(m);
}

/* Multiply-adds of each operation at each position, from networks that have it everywhere. */
static double *work_table(const ll_space *s)
{
    if (!s->layers) return NULL;
    double *work = LL_NEW_ARRAY(double, s->n_positions * s->n_ops), sum = 0;
    for (int op = 0; op < s->n_ops; op++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_layer layer[LL_MAX_LAYERS];
        memset(gene, op, sizeof gene);
        int n = s->layers(s, gene, layer, LL_MAX_LAYERS);
        for (int i = 0; i < n; i++)
            if (layer[i].kind == LL_CONV && layer[i].position >= 0) {
                double macs = ll_layer_macs(&layer[i]);
                work[layer[i].position * s->n_ops + op] += macs;
                sum += macs;
            }
    }
    for (int i = 0; i < s->n_positions * s->n_ops; i++) work[i] *= s->n_ops / sum;
    return work;
}

static lut_model *new_model(const ll_space *s)
{
    lut_model *m = LL_NEW(lut_model);
    *m = (lut_model){s, work_table(s)};
    return m;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    *model = new_model(job->data->space);
    return LL_OK;
}

/* Columns: 1, multiply-adds, a shared cost for each operation that does something, its own cost at each position. */
enum { FIXED, WORK, SHARED };

static int dim_of(const ll_space *s)
{
    return SHARED + (s->n_positions + 1) * ll_simple_counts_dim(s);
}

static int own_column(const ll_space *s, int position, int counted)
{
    return SHARED + (position + 1) * ll_simple_counts_dim(s) + counted;
}

static void fill_row(const lut_model *m, const uint8_t *gene, double *row)
{
    const ll_space *s = m->space;
    int ops = ll_simple_counts_dim(s);
    row[FIXED] = 1;
    row[WORK] = 0;
    ll_simple_counts(s, gene, row + SHARED);
    for (int p = 0; p < s->n_positions; p++) {
        if (m->work) row[WORK] += m->work[p * s->n_ops + gene[p]];
        for (int c = 0; c < ops; c++) row[own_column(s, p, c)] = gene[p] == ll_simple_counted_op(s, c);
    }
}

static void feature(const void *ctx, const ll_dataset *d, int arch, double *row)
{
    fill_row(ctx, ll_gene(d, arch), row);
}

/* The table as a user reads it: an object for each position. */
static cJSON *describe(const lut_model *m, const double *w)
{
    const ll_space *s = m->space;
    cJSON *info = cJSON_CreateObject(), *table = ll_json_obj(info, "cost_ms");
    ll_json_num(info, "fixed_ms", w[FIXED]);
    for (int p = 0; p < s->n_positions; p++) {
        cJSON *at = ll_json_obj(table, s->positions[p]);
        for (int c = 0; c < ll_simple_counts_dim(s); c++) {
            int op = ll_simple_counted_op(s, c);
            double work = m->work ? w[WORK] * m->work[p * s->n_ops + op] : 0;
            ll_json_num(at, s->ops[op], w[SHARED + c] + work + w[own_column(s, p, c)]);
        }
    }
    return info;
}

static double penalty_of(const lut_model *m, int column, const ll_values *values)
{
    if (column == FIXED) return 0;
    if (column == WORK) return ll_real(values, "work_ridge");
    return ll_real(values, column < own_column(m->space, 0, 0) ? "ridge" : "own_ridge");
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    const lut_model *m = model;
    int p = dim_of(m->space);
    double mean, *y = ll_job_latencies(job, &mean, e);
    if (!y) return LL_FAILED;
    double *x = LL_NEW_ARRAY(double, (size_t)job->k *(size_t)p), *w = LL_NEW_ARRAY(double, p),
           *penalty = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < job->k; i++) {
        y[i] /= mean;
        fill_row(m, ll_gene(job->data, job->samples[i]), x + (size_t)i * (size_t)p);
    }
    for (int c = 0; c < p; c++) penalty[c] = penalty_of(m, c, job->options);
    ll_ridge_nonnegative(x, job->k, p, y, penalty, w);
    for (int c = 0; c < p; c++) w[c] *= mean;
    ll_predict_linear(job, p, feature, m, w, 0, out);
    out->info = describe(m, w);
    free(x);
    free(y);
    free(w);
    free(penalty);
    return LL_OK;
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    ll_simple_save_space(((const lut_model *)model)->space, out);
    return LL_OK;
}

static ll_status load(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    ll_status s = ll_simple_space_matches(in, data, e);
    if (!s) *model = new_model(data->space);
    return s;
}

const ll_predictor ll_lut = {
    .name = "lut",
    .summary = "lookup table: a non-negative cost for each operation at each position",
    .paper = "after ProxylessNAS, arXiv 1812.00332, and FBNet, arXiv 1812.03443",
    .transfer_options = options,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain,
    .transfer = transfer,
    .release = release,
    .save = save,
    .load = load,
};
