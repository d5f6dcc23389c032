/* Lookup table: latency = fixed cost + sum over positions of a cost for the operation there, none of them negative (as
 * the latency tables of ProxylessNAS and FBNet are, but learnt from k whole-network measurements). A few samples cannot
 * determine every entry, so an entry is the sum of three parts: a cost the operation has everywhere, a price on the
 * multiply-adds it has at that position (where the networks of the space are known), and a cost of its own there. The
 * ridge is heaviest on the last.
 *
 * With a profile (lut_profile.h) the table starts from it: its common factor and the three parts are what the samples
 * correct, of either sign, and an entry that would become negative is 0. Operations measured one by one do not add up to
 * a network's latency (they overlap, fuse, and share an overhead), but mostly by a factor. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/predict/simple/lut_profile.h"
#include "core/predict/simple/simple.h"

static const ll_option options[] = {
    LL_OPT_REAL("ridge", "0.05", 1e-9, 1e9, "penalty on what an operation costs everywhere"),
    LL_OPT_REAL("work_ridge", "0.002", 1e-9, 1e9, "penalty on the price of multiply-adds"),
    LL_OPT_REAL("own_ridge", "5", 1e-9, 1e9, "penalty on what it costs more at one position"),
    LL_OPT_WORD("profile", NULL,
                "CSV of operation, position (if it matters), ms: costs that the samples correct",
                LL_OF(FILE)),
    LL_OPT_REAL(
        "profile_ridge", "5", 1e-9, 1e9,
        "penalty on each correction of the profile, but its common factor; instead of the three others"),
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

/* Multiply-adds of each choice at each position, from networks that have the same choice wherever it is one. */
static double *work_table(const ll_space *s)
{
    if (!s->layers) return NULL;
    double *work = LL_NEW_ARRAY(double, s->n_positions * s->n_ops), sum = 0;
    for (int op = 0; op < s->n_ops; op++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_layer layer[LL_MAX_LAYERS];
        for (int p = 0; p < s->n_positions; p++) gene[p] = op < ll_space_choices(s, p) ? (uint8_t)op : 0;
        int n = s->layers(s, gene, layer, LL_MAX_LAYERS);
        for (int i = 0; i < n; i++)
            if (layer[i].kind == LL_CONV && layer[i].position >= 0 && gene[layer[i].position] == op) {
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
    *model = new_model(job->archs->space);
    return LL_OK;
}

/* Columns: 1, multiply-adds, a shared cost for each operation that does something, its own cost at each position, and
 * with a profile the latency that it says. */
enum { FIXED, WORK, SHARED };
static const double factor_penalty = .05;

static int own_column(const ll_space *s, int position, int counted)
{
    return SHARED + (position + 1) * ll_simple_counts_dim(s) + counted;
}

static int profile_column(const ll_space *s)
{
    return own_column(s, s->n_positions, 0);
}

/* What one adaptation fits. */
typedef struct fit {
    const lut_model *m;
    double *profile; /* (n_positions, n_ops), latency / mean as all of a fit; NULL: none */
    int dim;
    double *w;     /* (dim) */
    double *table; /* (n_positions * n_ops + 1): the entries, then the fixed cost, ms */
} fit;

static double profile_says(const fit *f, const uint8_t *gene)
{
    const ll_space *s = f->m->space;
    double sum = 0;
    for (int p = 0; p < s->n_positions && f->profile; p++) sum += f->profile[p * s->n_ops + gene[p]];
    return sum;
}

static void fill_row(const fit *f, const uint8_t *gene, double *row)
{
    const lut_model *m = f->m;
    const ll_space *s = m->space;
    int ops = ll_simple_counts_dim(s);
    row[FIXED] = 1;
    row[WORK] = 0;
    ll_simple_counts(s, gene, row + SHARED);
    for (int p = 0; p < s->n_positions; p++) {
        if (m->work) row[WORK] += m->work[p * s->n_ops + gene[p]];
        for (int c = 0; c < ops; c++) row[own_column(s, p, c)] = gene[p] == ll_simple_counted_op(s, c);
    }
    if (f->profile) row[profile_column(s)] = profile_says(f, gene);
}

static double penalty_of(const fit *f, int column, const ll_values *values)
{
    const ll_space *s = f->m->space;
    if (column == FIXED) return 0;
    if (column == profile_column(s)) return factor_penalty;
    if (f->profile) return ll_real(values, "profile_ridge");
    if (column == WORK) return ll_real(values, "work_ridge");
    return ll_real(values, column < own_column(s, 0, 0) ? "ridge" : "own_ridge");
}

/* y (k) is latency / mean; with a profile it is spoilt. */
static void solve(fit *f, const ll_adapt_job *job, double *y)
{
    int p = f->dim, k = job->samples.archs->n;
    double *x = LL_NEW_ARRAY(double, (size_t)k *(size_t)p), *penalty = LL_NEW_ARRAY(double, p);
    for (int i = 0; i < k; i++) {
        const uint8_t *gene = ll_arch(job->samples.archs, i);
        fill_row(f, gene, x + (size_t)i * (size_t)p);
        y[i] -= profile_says(f, gene);
    }
    for (int c = 0; c < p; c++) penalty[c] = penalty_of(f, c, job->options);
    if (f->profile)
        ll_ridge(x, k, p, y, penalty, f->w);
    else
        ll_ridge_nonnegative(x, k, p, y, penalty, f->w);
    free(x);
    free(penalty);
}

static void fill_table(fit *f, double mean)
{
    const ll_space *s = f->m->space;
    double factor = f->profile ? 1 + f->w[profile_column(s)] : 0;
    for (int p = 0; p < s->n_positions; p++) {
        double *at = f->table + p * s->n_ops;
        for (int op = 0; op < s->n_ops; op++)
            at[op] = f->profile ? factor * f->profile[p * s->n_ops + op] : 0;
        for (int c = 0; c < ll_simple_counts_dim(s); c++) {
            int op = ll_simple_counted_op(s, c);
            double work = f->m->work ? f->w[WORK] * f->m->work[p * s->n_ops + op] : 0;
            at[op] += f->w[SHARED + c] + work + f->w[own_column(s, p, c)];
        }
        for (int op = 0; op < s->n_ops; op++) at[op] = mean * fmax(0, at[op]);
    }
    f->table[s->n_positions * s->n_ops] = mean * f->w[FIXED];
}

static int entries(const ll_space *s)
{
    return s->n_positions * s->n_ops + 1;
}

static void feature(const void *model, const ll_linear_fit *f, const uint8_t *gene, double *row)
{
    const ll_space *s = ((const lut_model *)model)->space;
    ll_simple_onehot(s, gene, row);
    row[s->n_positions * s->n_ops] = 1;
}

/* The table as a user reads it: an object for each position. What does nothing is only there where a profile has a cost
 * for it. */
static void describe(const fit *f, cJSON *info)
{
    const ll_space *s = f->m->space;
    cJSON *table = ll_json_obj(info, "cost_ms");
    ll_json_num(info, "fixed_ms", f->table[s->n_positions * s->n_ops]);
    if (f->profile) ll_json_num(info, "profile_factor", 1 + f->w[profile_column(s)]);
    for (int p = 0; p < s->n_positions; p++) {
        cJSON *at = ll_json_obj(table, s->positions[p]);
        for (int op = 0; op < ll_space_choices(s, p); op++)
            if (op != ll_simple_idle_op(s) || (f->profile && f->profile[p * s->n_ops + op] > 0))
                ll_json_num(at, ll_space_choice(s, p, op), f->table[p * s->n_ops + op]);
    }
}

static ll_status read_profile(fit *f, const ll_adapt_job *job, double mean, ll_error *e)
{
    const ll_space *space = f->m->space;
    if (!ll_has(job->options, "profile")) return LL_OK;
    ll_status s = ll_lut_profile_read(ll_word(job->options, "profile"), space, &f->profile, e);
    for (int i = 0; i < space->n_positions * space->n_ops && !s; i++) f->profile[i] /= mean;
    return s;
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const lut_model *m = model;
    double mean;
    fit f = {.m = m};
    ll_status s = ll_simple_mean(&job->samples, &mean, e);
    if (!s) s = read_profile(&f, job, mean, e);
    if (!s) {
        int k = job->samples.archs->n;
        ll_linear_fit *table = *adapted = ll_linear_fit_new(entries(m->space), 0);
        double *y = LL_NEW_ARRAY(double, k);
        f.dim = profile_column(m->space) + (f.profile != NULL);
        f.w = LL_NEW_ARRAY(double, f.dim);
        f.table = table->w;
        for (int i = 0; i < k; i++) y[i] = job->samples.lat_ms[i] / mean;
        solve(&f, job, y);
        fill_table(&f, mean);
        describe(&f, job->info);
        free(y);
    }
    free(f.profile);
    free(f.w);
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
    return ll_linear_fit_load_dim(in, entries(((const lut_model *)model)->space), adapted, e);
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    ll_simple_save_space(((const lut_model *)model)->space, out);
    return LL_OK;
}

static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    ll_status s = ll_simple_space_matches(job, e);
    if (!s) *model = new_model(job->space);
    return s;
}

const ll_predictor ll_lut = {
    .name = "lut",
    .summary = "lookup table: a non-negative cost for each operation at each position",
    .paper = "after ProxylessNAS, arXiv 1812.00332, and FBNet, arXiv 1812.03443",
    .version = 1,
    .transfer_options = options,
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
