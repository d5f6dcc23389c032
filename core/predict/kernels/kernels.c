/* kernels: a network is the sum of its kernels (nn-Meter, MobiSys 2021), which a table of layer costs of some device prices:
 * a kernel by its row, else by a forest of its kind. The k samples are whole networks of the target and say how it differs
 * from that device (correct.h).
 *
 * The table is that of a source device that is one (`import lut`, `measure layers`), or of a file. Without any, kernels are
 * priced by their multiply-adds and the numbers they move, and the samples alone tell the kinds apart. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/costs/costs_tensors.h"
#include "core/costs/coverage.h"
#include "core/predict/kernels/correct.h"
#include "core/predict/predictor.h"
#include "core/predict/simple/simple.h"

static const ll_option pretrain_options[] = {
    LL_OPT_WORD("table", NULL,
                "table of layer costs, as `import lut` reads it; default: that of the first source device "
                "that is made of one",
                LL_OF(FILE)),
    LL_OPT_BOOL("rows", "on",
                "a kernel that has a row costs what it says; off: all cost what the forests say"),
    {0},
};
static const ll_option transfer_options[] = {
    LL_OPT_CHOICE("correct", "auto", "auto|none|factor|offset|groups",
                  "what the samples correct: one factor, with an offset, or a factor for each group of "
                  "kernels; none: the table as it is"),
    {0},
};

enum { SEED = 1 };

typedef struct kernels_model {
    const ll_space *space;
    ll_costs *costs; /* without rows: no table */
    ll_kernel_prices prices;
    bool rows;
} kernels_model;

typedef struct kernels_adapted {
    ll_correction correction;
    double
        least_ms; /* nothing is predicted to take less: a network of which the table says that it costs nothing */
} kernels_adapted;

/* --- the table --- */

static void release(void *model)
{
    kernels_model *m = model;
    if (!m) return;
    ll_costs_unref(m->costs);
    ll_kernel_prices_free(&m->prices);
    free(m);
}

static ll_costs *no_table(const ll_space *space)
{
    ll_costs *c = ll_costs_new(space);
    ll_costs_seal(c, NULL);
    return c;
}

static ll_status find_costs(const ll_pretrain_job *job, ll_costs **out, ll_error *e)
{
    *out = NULL;
    if (ll_has(job->options, "table"))
        return ll_simple_open_costs(ll_word(job->options, "table"), job->archs->space, out, job->says, e);
    for (int i = 0; i < job->sources.n && job->sources.costs && !*out; i++)
        *out = ll_costs_ref(job->sources.costs[i]);
    if (!*out) *out = no_table(job->archs->space);
    return LL_OK;
}

enum { LOOKED_AT = 200 }; /* networks, to see what the table has */

static void coverage(const kernels_model *m, const ll_archs *archs, ll_coverage *out)
{
    int n = archs->n < LOOKED_AT ? archs->n : LOOKED_AT;
    ll_costs_coverage(m->costs, m->space, n ? ll_arch(archs, 0) : NULL, n, out);
}

/* Is there any row of a kind that these networks have? */
static bool knows_a_kind(const kernels_model *m, const ll_archs *archs)
{
    for (int i = 0; i < archs->n && i < LOOKED_AT; i++) {
        ll_bill bill;
        ll_costs_bill(m->costs, m->space, ll_arch(archs, i), &bill);
        for (int k = 0; k < bill.n; k++)
            if (m->prices.kind[ll_kernel_of(&bill.lines[k].part)].n > 0) return true;
    }
    return false;
}

/* What parts without a row come to. */
typedef struct unpriced {
    bool met[LL_KERNELS]; /* there are some, and no row at all is of the kind */
    double ms, of_ms;     /* what is priced without a row, of what all parts cost */
} unpriced;

static void look_at_unpriced(const kernels_model *m, const ll_archs *archs, unpriced *u)
{
    for (int i = 0; i < archs->n && i < LOOKED_AT; i++) {
        ll_bill bill;
        ll_costs_bill(m->costs, m->space, ll_arch(archs, i), &bill);
        for (int k = 0; k < bill.n; k++) {
            const ll_bill_line *line = &bill.lines[k];
            int kernel = ll_kernel_of(&line->part);
            double ms = line->row ? line->row->ms : ll_kernel_prices_of(&m->prices, &line->part);
            u->of_ms += ms;
            if (line->row) continue;
            u->ms += ms;
            u->met[kernel] |= m->prices.kind[kernel].by != LL_PRICED_BY_ROWS;
        }
    }
}

/* Names the kinds that are priced so. */
static void say_borrowed(const kernels_model *m, const unpriced *u, ll_priced_by by, const char *how,
                         cJSON *says)
{
    ll_str text = {0};
    for (int k = 0; k < LL_KERNELS; k++)
        if (u->met[k] && m->prices.kind[k].by == by)
            ll_str_addf(&text, "%s%s", text.len ? ", " : "", ll_kernel_name(k));
    if (text.len) {
        ll_str whole = {0};
        ll_str_addf(&whole, "no row is of these kinds: %s; their multiply-adds and numbers moved cost %s",
                    ll_str_text(&text), how);
        cJSON_AddItemToArray(says, ll_json_string(ll_str_text(&whole)));
        ll_str_free(&whole);
    }
    ll_str_free(&text);
}

static void say_unpriced(const kernels_model *m, const ll_archs *archs, const ll_coverage *v, cJSON *says)
{
    ll_str lacks = {0};
    unpriced u = {0};
    ll_coverage_text(v, m->space, &lacks);
    if (lacks.len && says) {
        look_at_unpriced(m, archs, &u);
        ll_str_addf(&lacks, "; they are predicted from the rows that it has: %.0f %% of the milliseconds",
                    u.of_ms > 0 ? 100 * u.ms / u.of_ms : 0);
        cJSON_AddItemToArray(says, ll_json_string(ll_str_text(&lacks)));
        say_borrowed(m, &u, LL_PRICED_BY_CHOICES, "what they do in the choices that have such layers", says);
        say_borrowed(m, &u, LL_PRICED_BY_ALL, "what they do in all rows together, which may be far off",
                     says);
    }
    ll_str_free(&lacks);
}

/* Does the table price anything of these networks, and what does it not? */
static ll_status check_table(const kernels_model *m, const ll_archs *archs, const char *what, cJSON *says,
                             ll_error *e)
{
    ll_coverage v;
    coverage(m, archs, &v);
    if (v.parts && v.missing == v.parts && !knows_a_kind(m, archs))
        return ll_fail(e, LL_BAD_DATA,
                       "%.200s: none of its %d rows is of a kind of kernel that the networks of %s have",
                       what, m->costs->n, m->space->name);
    say_unpriced(m, archs, &v, says);
    return LL_OK;
}

static ll_status fit_prices(kernels_model *m, ll_observer *o, ll_pool *pool, ll_error *e)
{
    return ll_kernel_prices_fit(m->costs, SEED, o, pool, &m->prices, NULL, e);
}

/* "conv": [rows, median error, share within 10 %] and the like, to be drawn and said. */
static void describe(const kernels_model *m, cJSON *history)
{
    cJSON *kinds = history && m->costs->n ? ll_json_arr(history, "kernels") : NULL;
    for (int k = 0; k < LL_KERNELS && kinds; k++) {
        const ll_kernel_price *p = &m->prices.kind[k];
        if (!p->n) continue;
        cJSON *o = ll_json_obj(kinds, NULL);
        ll_json_str(o, "kernel", ll_kernel_name(k));
        ll_json_int(o, "rows", p->n);
        ll_json_num(o, "left_out_error", 100 * p->error);
        ll_json_num(o, "within_10", 100 * p->within);
    }
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    const ll_space *space = job->archs->space;
    kernels_model *m = LL_NEW(kernels_model);
    *m = (kernels_model){.space = space, .rows = ll_bool(job->options, "rows")};
    ll_status s = find_costs(job, &m->costs, e);
    if (!s && !space->layers && !m->costs->by_choice)
        s = ll_fail(e, LL_FAILED, "the networks of search space %s are not known, so they have no kernels",
                    space->name);
    if (!s) s = fit_prices(m, job->observer, job->pool, e);
    if (!s && m->costs->n)
        s = check_table(m, job->archs,
                        ll_has(job->options, "table") ? ll_word(job->options, "table") : "table", job->says,
                        e);
    if (s) {
        release(m);
        return s;
    }
    describe(m, job->history);
    *model = m;
    return LL_OK;
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const kernels_model *m = model;
    ll_simple_save_space(m->space, out);
    ll_tensors_add(out, "kernels.rows", LL_I32, 1, (long[]){1}, &(int32_t){m->rows});
    if (m->costs->n) ll_costs_save(m->costs, out);
    return LL_OK;
}

/* The forests follow from the table. */
static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    const ll_tensor *rows;
    ll_status s = ll_simple_space_matches(job, e);
    if (!s) s = ll_tensors_need(job->tensors, "kernels.rows", LL_I32, 1, (long[]){1}, &rows, e);
    if (s) return s;
    kernels_model *m = LL_NEW(kernels_model);
    *m = (kernels_model){.space = job->space, .rows = *(const int32_t *)rows->data != 0};
    s = ll_costs_load(job->tensors, job->space, &m->costs, e);
    if (!s && !m->costs) m->costs = no_table(job->space);
    if (!s) s = fit_prices(m, NULL, NULL, e);
    if (s)
        release(m);
    else
        *model = m;
    return s;
}

/* --- adapting --- */

static double *sums_of(const kernels_model *m, const ll_archs *archs, bool *priced)
{
    const ll_summing s = {m->costs, &m->prices, m->rows};
    double *sums = LL_NEW_ARRAY(double, (size_t)archs->n *LL_GROUPS + 1);
    *priced = true;
    for (int i = 0; i < archs->n; i++) {
        double sum = ll_sum_groups(&s, m->space, ll_arch(archs, i), sums + (size_t)i * LL_GROUPS);
        *priced = *priced && sum > 0;
    }
    return sums;
}

static void say_table(const kernels_model *m, const ll_adapt_job *job)
{
    ll_coverage v = {0};
    if (m->costs->n) coverage(m, job->samples.archs, &v);
    ll_json_int(job->info, "table_rows", m->costs->n);
    ll_json_int(job->info, "fusions", m->costs->n_fusions);
    ll_json_num(job->info, "table_missing", v.parts ? (double)v.missing / (double)v.parts : NAN);
    ll_simple_say_settings(job, m->costs);
}

/* A group that costs another multiple of the table than kernels do in common, and takes part of the time. */
static void say_group(const kernels_adapted *a, int g, double share, cJSON *says)
{
    static const double clearly = 1.25, least_share = .03;
    double times = a->correction.groups[g];
    ll_str text = {0}, name = {0};
    if (share < least_share || !(a->correction.factor > 0)) return;
    if (times < clearly * a->correction.factor && clearly * times > a->correction.factor) return;
    ll_group_text(g, &name);
    ll_str_addf(&text, "%s costs %.2f times what the table says, kernels in common %.2f times",
                ll_str_text(&name), times, a->correction.factor);
    cJSON_AddItemToArray(says, ll_json_string(ll_str_text(&text)));
    ll_str_free(&text);
    ll_str_free(&name);
}

static void say_groups(const kernels_adapted *a, const double *sums, const ll_adapt_job *job)
{
    cJSON *list = ll_json_arr(job->info, "kernels"), *says = ll_json_list(job->info, "says");
    double of[LL_GROUPS] = {0}, all = 0;
    for (int i = 0; i < job->samples.archs->n; i++)
        for (int g = 0; g < LL_GROUPS; g++) {
            double ms = a->correction.groups[g] * sums[(size_t)i * LL_GROUPS + (size_t)g];
            of[g] += ms;
            all += ms;
        }
    for (int g = 0; g < LL_GROUPS; g++) {
        ll_str name = {0};
        if (!(of[g] > 0)) continue;
        cJSON *o = ll_json_obj(list, NULL);
        ll_group_text(g, &name);
        ll_json_str(o, "kernel", ll_str_text(&name));
        ll_json_num(o, "factor", a->correction.groups[g]);
        ll_json_num(o, "share", 100 * of[g] / all);
        say_group(a, g, of[g] / all, says);
        ll_str_free(&name);
    }
}

static void say(const kernels_model *m, const kernels_adapted *a, const double *sums, const ll_adapt_job *job)
{
    const ll_correction *c = &a->correction;
    if (!job->info) return;
    say_table(m, job);
    ll_json_str(job->info, "correct", c->how);
    ll_json_num(job->info, "factor", c->factor);
    ll_json_num(job->info, "offset_ms", c->offset_ms);
    ll_json_num(job->info, "left_out_error", 100 * c->error);
    ll_json_num(job->info, "factor_error", 100 * c->plain_error);
    ll_json_num(job->info, "deviation_ms", c->deviation.constant_ms);
    ll_json_num(job->info, "deviation_share", 100 * c->deviation.share);
    say_groups(a, sums, job);
}

/* A hundredth of what the fastest sample takes. */
static double least_of(const ll_measured *samples)
{
    double least = INFINITY;
    for (int i = 0; i < samples->archs->n; i++) least = fmin(least, samples->lat_ms[i]);
    return least / 100;
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const kernels_model *m = model;
    int k = job->samples.archs->n;
    for (int i = 0; i < k; i++)
        if (!(job->samples.lat_ms[i] > 0))
            return ll_fail(
                e, LL_FAILED,
                "%.100s: sample %d takes %g ms: sums of kernels are compared with latencies above 0",
                job->device ? job->device : "the target", i + 1, job->samples.lat_ms[i]);
    bool priced;
    double *sums = sums_of(m, job->samples.archs, &priced);
    if (!priced) {
        free(sums);
        return ll_fail(e, LL_FAILED, "the table prices nothing of a sample's network");
    }
    kernels_adapted *a = *adapted = LL_NEW(kernels_adapted);
    ll_correct(sums, job->samples.lat_ms, k, ll_word(job->options, "correct"), &a->correction);
    a->least_ms = least_of(&job->samples);
    say(m, a, sums, job);
    free(sums);
    return LL_OK;
}

/* --- predicting --- */

typedef struct forecast {
    const kernels_model *m;
    const kernels_adapted *a;
    const ll_predict_job *job;
    ll_prediction *out;
} forecast;

static void predict_chunk(void *ctx, int from, int to)
{
    const forecast *f = ctx;
    const ll_summing s = {f->m->costs, &f->m->prices, f->m->rows};
    double groups[LL_GROUPS];
    for (int i = from; i < to; i++) {
        ll_sum_groups(&s, f->m->space, ll_arch(f->job->archs, i), groups);
        double ms = fmax(f->a->least_ms, ll_corrected(&f->a->correction, groups));
        f->out->score[i] = f->out->lat_ms[i] = ms;
        if (f->out->sd_ms) f->out->sd_ms[i] = ll_deviation_at(&f->a->correction.deviation, ms);
    }
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    forecast f = {model, adapted, job, out};
    ll_prediction_new(out, job->archs->n, true, job->want_variance);
    out->dof = f.a->correction.deviation.dof;
    return ll_predict_chunks(job, predict_chunk, &f, e);
}

/* --- adapted, as tensors --- */

enum { NUMBERS = 6, OLD_NUMBERS = 4 }; /* older: a share alone, and nothing that is least */

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const kernels_adapted *a = adapted;
    const ll_deviation *s = &a->correction.deviation;
    const double v[NUMBERS] = {a->correction.offset_ms, a->correction.factor, s->share, s->dof,
                               s->constant_ms,          a->least_ms};
    ll_tensors_add(out, "kernels.numbers", LL_F64, 1, (long[]){NUMBERS}, v);
    ll_tensors_add(out, "kernels.groups", LL_F64, 1, (long[]){LL_GROUPS}, a->correction.groups);
    return LL_OK;
}

/* Numbers as save_adapted wrote them, n of them. */
static ll_status read_numbers(const double *v, long n, kernels_adapted *a, ll_error *e)
{
    ll_deviation s = {.share = v[2], .dof = v[3], .constant_ms = n == NUMBERS ? v[4] : 0};
    double least = n == NUMBERS ? v[5] : 0;
    if (!(s.share >= 0) || !(s.dof >= 0) || !(s.constant_ms >= 0) || !(least >= 0))
        return ll_fail(
            e, LL_BAD_DATA,
            "tensor kernels.numbers: deviations %g and %g ms with %g degrees of freedom, %g ms at least",
            s.share, s.constant_ms, s.dof, least);
    *a = (kernels_adapted){.correction = {.how = "loaded", .offset_ms = v[0], .factor = v[1], .deviation = s},
                           .least_ms = least};
    return LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const ll_tensor *numbers = ll_tensors_find(in, "kernels.numbers"), *groups;
    long n = numbers && numbers->n_dims == 1 && numbers->shape[0] == OLD_NUMBERS ? OLD_NUMBERS : NUMBERS;
    kernels_adapted a;
    ll_status s = ll_tensors_need(in, "kernels.numbers", LL_F64, 1, &n, &numbers, e);
    if (!s) s = ll_tensors_need(in, "kernels.groups", LL_F64, 1, (long[]){LL_GROUPS}, &groups, e);
    if (!s) s = read_numbers(numbers->data, n, &a, e);
    if (s) return s;
    memcpy(a.correction.groups, groups->data, sizeof a.correction.groups);
    kernels_adapted *kept = *adapted = LL_NEW(kernels_adapted);
    *kept = a;
    return LL_OK;
}

const ll_predictor ll_kernels_predictor = {
    .name = "kernels",
    .summary = "sums of kernels, priced by a table of layer costs or by forests learnt from it",
    .paper = "nn-Meter, MobiSys 2021, doi 10.1145/3458864.3467882",
    .version = 1,
    .pretrain_options = pretrain_options,
    .transfer_options = transfer_options,
    .needs_sources = true,
    .sources_optional = true,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = free,
    .save_adapted = save_adapted,
    .load_adapted = load_adapted,
    .release = release,
    .save = save,
    .load = load,
};
