/* Lookup table: latency = fixed cost + sum over positions of a cost for the operation there, none of them negative (as
 * the latency tables of ProxylessNAS and FBNet are, but learnt from k whole-network measurements). A few samples cannot
 * determine every entry, so an entry is the sum of three parts: a cost the operation has everywhere, a price on the
 * multiply-adds it has at that position (where the networks of the space are known), and a cost of its own there. The
 * ridge is heaviest on the last.
 *
 * With a profile, a table of layer costs (core/costs), the fit starts from the bill that it makes out, scaled so that it
 * says as much of the samples as they take: its common factor and the three parts are what the samples correct, of either
 * sign, and what a position costs does not become negative. Parts timed one by one do not add up to a network's latency
 * (they overlap, fuse, and share an overhead), but mostly by a factor. What the table has no row for is guessed by its
 * multiply-adds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/costs/costs_tensors.h"
#include "core/costs/coverage.h"
#include "core/num/stats.h"
#include "core/predict/simple/simple.h"

static const ll_option options[] = {
    LL_OPT_REAL("ridge", "0.05", 1e-9, 1e9, "penalty on what an operation costs everywhere"),
    LL_OPT_REAL("work_ridge", "0.002", 1e-9, 1e9, "penalty on the price of multiply-adds"),
    LL_OPT_REAL("own_ridge", "5", 1e-9, 1e9, "penalty on what it costs more at one position"),
    LL_OPT_WORD(
        "profile", NULL,
        "table of layer costs that the samples correct: what `import lut` reads (YAML or CSV, a folder "
        "of them), or a CSV of operation, position (if it matters), ms",
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

/* What was learnt: entries, and the profile that they correct. */
typedef struct lut_adapted {
    ll_linear_fit *
        table; /* (n_positions * n_ops + 1), ms: the entries, or corrections of the profile; then the fixed cost */
    ll_costs *profile; /* NULL: none */
    double factor;     /* of the profile */
} lut_adapted;

/* What one adaptation fits. */
typedef struct fit {
    const lut_model *m;
    const ll_costs *profile; /* NULL: none */
    double mean;
    double
        scale; /* of the profile before it is corrected: with it, it says as much of the samples as they take */
    int dim;
    double *w; /* (dim), of latencies / mean */
} fit;

/* What the profile says of the layers of each position, and behind these of the fixed ones: at (n_positions + 1), ms. */
static double profile_parts(const ll_costs *profile, const ll_space *s, const uint8_t *gene, double *at)
{
    ll_bill bill;
    double sum = 0;
    for (int p = 0; p <= s->n_positions; p++) at[p] = 0;
    ll_costs_bill(profile, s, gene, &bill);
    for (int i = 0; i < bill.n; i++) {
        const ll_bill_line *line = &bill.lines[i];
        double ms = line->row ? line->row->ms - line->saved_ms : ll_costs_guess(profile, &line->part);
        at[line->position < 0 ? s->n_positions : line->position] += ms;
        sum += ms;
    }
    return sum;
}

/* Scaled, as a share of the mean latency. */
static double profile_says(const fit *f, const uint8_t *gene)
{
    double at[LL_MAX_POSITIONS + 1];
    return f->profile ? f->scale * profile_parts(f->profile, f->m->space, gene, at) / f->mean : 0;
}

/* A table of another device, or in another unit, differs by a factor first of all. */
static double find_scale(const fit *f, const ll_measured *samples)
{
    double at[LL_MAX_POSITIONS + 1], sum = 0, lat_ms = 0;
    for (int i = 0; i < samples->archs->n && f->profile; i++) {
        sum += profile_parts(f->profile, f->m->space, ll_arch(samples->archs, i), at);
        lat_ms += samples->lat_ms[i];
    }
    return sum > 0 ? lat_ms / sum : 1;
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

static void solve(fit *f, const ll_adapt_job *job)
{
    int p = f->dim, k = job->samples.archs->n;
    double *x = LL_NEW_ARRAY(double, (size_t)k *(size_t)p), *penalty = LL_NEW_ARRAY(double, p),
           *y = LL_NEW_ARRAY(double, k);
    for (int i = 0; i < k; i++) {
        const uint8_t *gene = ll_arch(job->samples.archs, i);
        fill_row(f, gene, x + (size_t)i * (size_t)p);
        y[i] = job->samples.lat_ms[i] / f->mean - profile_says(f, gene);
    }
    for (int c = 0; c < p; c++) penalty[c] = penalty_of(f, c, job->options);
    if (f->profile)
        ll_ridge(x, k, p, y, penalty, f->w);
    else
        ll_ridge_nonnegative(x, k, p, y, penalty, f->w);
    free(x);
    free(penalty);
    free(y);
}

static void fill_table(const fit *f, double *table)
{
    const ll_space *s = f->m->space;
    for (int p = 0; p < s->n_positions; p++)
        for (int c = 0; c < ll_simple_counts_dim(s); c++) {
            int op = ll_simple_counted_op(s, c);
            double work = f->m->work ? f->w[WORK] * f->m->work[p * s->n_ops + op] : 0;
            double entry = f->mean * (f->w[SHARED + c] + work + f->w[own_column(s, p, c)]);
            table[p * s->n_ops + op] = f->profile ? entry : fmax(0, entry);
        }
    table[s->n_positions * s->n_ops] = f->mean * f->w[FIXED];
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

/* What a choice costs at a position: never less than nothing where the profile has a cost for it. */
static double corrected(const lut_adapted *a, int position, double profile_ms, double correction_ms)
{
    double ms = a->factor * profile_ms + correction_ms;
    bool priced = profile_ms > 0 || (a->profile->by_choice && a->profile->by_choice[position]);
    return priced ? fmax(0, ms) : ms;
}

static double with_profile(const lut_adapted *a, const ll_space *s, const uint8_t *gene)
{
    double at[LL_MAX_POSITIONS + 1], ms = a->table->w[s->n_positions * s->n_ops];
    profile_parts(a->profile, s, gene, at);
    for (int p = 0; p < s->n_positions; p++)
        ms += corrected(a, p, at[p], a->table->w[p * s->n_ops + gene[p]]);
    return ms + a->factor * at[s->n_positions];
}

/* The cost of a choice that the profile prices as such; NaN: it does not, or has none of it. */
static double choice_cost(const lut_adapted *a, int position, int op)
{
    ll_part part = ll_part_new(LL_PART_CHOICE);
    part.v[LL_PART_POSITION] = position;
    part.v[LL_PART_OPERATION] = op;
    const ll_cost_row *row = ll_costs_find(a->profile, &part);
    return row ? row->ms : NAN;
}

/* One entry as a user reads it; NaN: there is none. What does nothing is only there where a profile has a cost for it. */
static double entry_of(const lut_adapted *a, const ll_space *s, int p, int op)
{
    double own = a->table->w[p * s->n_ops + op];
    if (!a->profile) return op == ll_simple_idle_op(s) ? NAN : own;
    double ms = choice_cost(a, p, op);
    if (isnan(ms) || (op == ll_simple_idle_op(s) && !(ms > 0))) return NAN;
    return corrected(a, p, ms, own);
}

/* The table: an object for each position. */
static void describe(const lut_adapted *a, const ll_space *s, cJSON *info)
{
    cJSON *table = ll_json_obj(info, "cost_ms");
    ll_json_num(info, "fixed_ms", a->table->w[s->n_positions * s->n_ops]);
    if (a->profile) ll_json_num(info, "profile_factor", a->factor);
    for (int p = 0; p < s->n_positions; p++) {
        cJSON *at = ll_json_obj(table, s->positions[p]);
        for (int op = 0; op < ll_space_choices(s, p); op++) {
            double ms = entry_of(a, s, p, op);
            if (!isnan(ms)) ll_json_num(at, ll_space_choice(s, p, op), ms);
        }
    }
}

static ll_status foreign_profile(const ll_adapt_job *job, const ll_costs *c, const ll_space *s, ll_error *e)
{
    ll_str first = {0}, own = {0};
    ll_bill bill;
    ll_costs_bill(c, s, ll_arch(job->samples.archs, 0), &bill);
    ll_part_text(&c->rows[0].part, s, &first);
    if (bill.n) ll_part_text(&bill.lines[0].part, s, &own);
    ll_fail(e, LL_BAD_DATA,
            "%.200s: none of its %d rows is of a part that the networks of %s have; it has %s, they have %s",
            ll_word(job->options, "profile"), c->n, s->name, ll_str_text(&first),
            own.len ? own.s : "no layers");
    ll_str_free(&first);
    ll_str_free(&own);
    return LL_BAD_DATA;
}

/* How much of the samples the profile has rows for; at least something. */
static ll_status check_profile(const ll_adapt_job *job, const ll_costs *c, const ll_space *s, ll_error *e)
{
    ll_coverage v;
    ll_costs_coverage(c, s, ll_arch(job->samples.archs, 0), job->samples.archs->n, &v);
    if (v.parts == v.missing) return foreign_profile(job, c, s, e);
    ll_json_num(job->info, "profile_missing", (double)v.missing / (double)v.parts);
    ll_simple_say_settings(job, c);
    return LL_OK;
}

static ll_status read_profile(const ll_adapt_job *job, const ll_space *space, ll_costs **out, ll_error *e)
{
    *out = NULL;
    if (!ll_has(job->options, "profile")) return LL_OK;
    cJSON *says = job->info ? ll_json_list(job->info, "says") : NULL;
    ll_status s = ll_simple_open_costs(ll_word(job->options, "profile"), space, out, says, e);
    return s ? s : check_profile(job, *out, space, e);
}

static void release_adapted(void *adapted)
{
    lut_adapted *a = adapted;
    if (!a) return;
    ll_linear_fit_free(a->table);
    ll_costs_unref(a->profile);
    free(a);
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const lut_model *m = model;
    ll_costs *profile = NULL;
    fit f = {.m = m, .mean = ll_mean(job->samples.lat_ms, job->samples.archs->n)};
    ll_status s = read_profile(job, m->space, &profile, e);
    if (s) {
        ll_costs_unref(profile);
        return s;
    }
    lut_adapted *a = *adapted = LL_NEW(lut_adapted);
    *a = (lut_adapted){.table = ll_linear_fit_new(entries(m->space), 0), .profile = profile};
    f.profile = profile;
    f.scale = find_scale(&f, &job->samples);
    f.dim = profile_column(m->space) + (profile != NULL);
    f.w = LL_NEW_ARRAY(double, f.dim);
    solve(&f, job);
    fill_table(&f, a->table->w);
    if (profile) a->factor = f.scale * (1 + f.w[profile_column(m->space)]);
    describe(a, m->space, job->info);
    free(f.w);
    return LL_OK;
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    const lut_adapted *a = adapted;
    ll_linear_fit_predict(model, a->table, feature, job, out);
    for (int i = 0; i < out->n && a->profile; i++)
        out->score[i] = out->lat_ms[i] =
            with_profile(a, ((const lut_model *)model)->space, ll_arch(job->archs, i));
    return LL_OK;
}

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const lut_adapted *a = adapted;
    if (a->profile) {
        ll_costs_save(a->profile, out);
        ll_tensors_add(out, "costs.factor", LL_F64, 1, (long[]){1}, &a->factor);
    }
    return ll_linear_fit_save(a->table, out, e);
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const ll_space *space = ((const lut_model *)model)->space;
    const ll_tensor *factor;
    lut_adapted *a = LL_NEW(lut_adapted);
    void *table = NULL;
    ll_status s = ll_linear_fit_load_dim(in, entries(space), &table, e);
    a->table = table;
    if (!s) s = ll_costs_load(in, space, &a->profile, e);
    if (!s && a->profile) s = ll_tensors_need(in, "costs.factor", LL_F64, 1, (long[]){1}, &factor, e);
    if (!s && a->profile) a->factor = *(const double *)factor->data;
    if (s)
        release_adapted(a);
    else
        *adapted = a;
    return s;
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
    .version = 2,
    .transfer_options = options,
    .refits_live = true,
    .quick = true,
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
