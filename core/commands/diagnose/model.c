/* The other questions of `diagnose`: prices, residuals, samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/commands/diagnose/diagnose.h"
#include "core/commands/look/look.h"
#include "core/num/sort.h"
#include "core/space/kinds.h"

/* --- 3: prices --- */

static void put_op(cJSON *o, const ll_space *s, int position, int op)
{
    char *name = ll_choice_name(s, position, op);
    ll_json_str(o, "operation", name);
    free(name);
}

static void price_row(cJSON *row, const ll_diagnosis *q, const ll_price *p)
{
    const ll_space *s = q->data->space;
    put_op(row, s, p->position, p->op);
    ll_json_str(row, "instead", ll_choice_instead(s, p));
    ll_json_str(row, "position", p->position < 0 ? "all" : s->positions ? s->positions[p->position] : "");
    ll_json_num(row, "target", p->target);
    ll_json_num(row, "target_se", p->target_se);
    ll_json_num(row, "source", p->source);
    ll_json_num(row, "source_lo", p->source_lo);
    ll_json_num(row, "source_hi", p->source_hi);
    ll_json_num(row, "ratio", p->ratio);
    ll_json_num(row, "ratio_lo", p->ratio_lo);
    ll_json_num(row, "ratio_hi", p->ratio_hi);
}

/* The ratio is clear of 1 by a tenth. */
static bool mispriced(const ll_price *p)
{
    return p->ratio > 0 && (p->ratio_lo > 1.1 || p->ratio_hi < .9);
}

const ll_price *ll_most_mispriced(const ll_prices_report *r)
{
    const ll_price *worst = NULL;
    for (int i = 0; i < r->n_by_op; i++) {
        const ll_price *p = &r->by_op[i];
        if (mispriced(p) && (!worst || fabs(log(p->ratio)) > fabs(log(worst->ratio)))) worst = p;
    }
    return worst;
}

/* Operations the sources misjudge: also where the price alone lies outside all of theirs. */
static void misjudged_note(cJSON *o, const ll_space *s, const ll_price *p)
{
    char *name = ll_choice_name(s, -1, p->op);
    bool outside = p->target - 2 * p->target_se > p->source_hi || p->target + 2 * p->target_se < p->source_lo;
    if (mispriced(p))
        ll_result_note(
            o,
            "%s costs %.2fx what the sources say (%.2f to %.2f): %.1f %% of the mean latency in place of "
            "%s, %.1f %% on the sources (%.1f to %.1f)",
            name, p->ratio, p->ratio_lo, p->ratio_hi, p->target, ll_choice_instead(s, p), p->source,
            p->source_lo, p->source_hi);
    else if (outside)
        ll_result_note(o, "%s costs %.1f %% of the mean latency, outside the sources' %.1f to %.1f %%", name,
                       p->target, p->source_lo, p->source_hi);
    free(name);
}

static void price_notes(cJSON *o, const ll_diagnosis *q, const ll_prices_report *r)
{
    const ll_space *s = q->data->space;
    for (int i = 0; i < r->n_by_op; i++) misjudged_note(o, s, &r->by_op[i]);
    for (int i = 0; i < r->n_by_position && i < 3; i++) {
        const ll_price *p = &r->by_position[i];
        ll_result_note(o, "at %s, %s costs %.1f %% (+-%.1f), the sources say %.1f %%",
                       s->positions[p->position], ll_space_choice(s, p->position, p->op), p->target,
                       2 * p->target_se, p->source);
    }
    if (r->from_samples && r->n_rows == 1)
        ll_result_note(o, "prices of devices that are possible after this one latency, which alone tells "
                          "no two operations apart");
    else if (r->from_samples)
        ll_result_note(o,
                       "prices of devices that are possible after these %d latencies: where the samples say "
                       "little, what the sources say",
                       r->n_rows);
    else
        ll_result_note(o,
                       "counting operations explains %.0f %% of what its latencies differ by (of their "
                       "variance; %d latencies)",
                       100 * r->additive, r->n_rows);
}

/* What kernels cost beside a table of layer costs: a sentence each of those that are off. */
static void kernel_notes(cJSON *o, const ll_transfer *t)
{
    const cJSON *kernels = t ? cJSON_GetObjectItemCaseSensitive(t->info, "kernels") : NULL,
                *says = t ? cJSON_GetObjectItemCaseSensitive(t->info, "says") : NULL, *sentence;
    if (!kernels || !ll_json_get_int(t->info, "table_rows", 0)) return;
    cJSON_AddItemToObject(o, "kernels", cJSON_Duplicate(kernels, true));
    ll_result_note(o,
                   "kernels cost %.2f times what the table of layer costs says; each sample as the others "
                   "say is %.1f %% off",
                   ll_json_get_num(t->info, "factor", NAN), ll_json_get_num(t->info, "left_out_error", NAN));
    cJSON_ArrayForEach(sentence, says) if (cJSON_IsString(sentence))
        ll_result_note(o, "%s", sentence->valuestring);
}

void ll_emit_prices(ll_request *rq, ll_answers *a)
{
    const ll_diagnosis *q = a->q;
    const ll_prices_report *r = &a->prices;
    static const ll_column columns[] = {
        {"operation", "operation", NULL, -1}, {"target", "here", "%", 1},
        {"target_se", "+-", "%", 2},          {"source", "sources", "%", 1},
        {"source_lo", "lowest", "%", 1},      {"source_hi", "highest", "%", 1},
        {"ratio", "ratio", NULL, 2},          {"ratio_lo", "from", NULL, 2},
        {"ratio_hi", "to", NULL, 2},          {0}};
    static const ll_column with_instead[] = {{"operation", "operation", NULL, -1},
                                             {"instead", "in place of", NULL, -1},
                                             {"target", "here", "%", 1},
                                             {"target_se", "+-", "%", 2},
                                             {"source", "sources", "%", 1},
                                             {"source_lo", "lowest", "%", 1},
                                             {"source_hi", "highest", "%", 1},
                                             {"ratio", "ratio", NULL, 2},
                                             {"ratio_lo", "from", NULL, 2},
                                             {"ratio_hi", "to", NULL, 2},
                                             {0}};
    const char *reference = r->one_list ? ll_space_choice(q->data->space, 0, r->reference) : NULL;
    ll_str title = {0};
    ll_str_addf(&title, "3. What is mispriced? (percent of the mean latency for an operation in place of %s)",
                reference ? reference : "another");
    cJSON *o = ll_answer_new(a, "diagnose_prices", 3, ll_str_text(&title));
    ll_str_free(&title);
    ll_json_str(o, "reference", reference);
    ll_json_int(o, "n", r->n_rows);
    ll_json_bool(o, "from_samples", r->from_samples);
    ll_json_num(o, "additive", r->additive);
    ll_result_columns(o, reference ? columns : with_instead);
    cJSON *rows = ll_json_arr(o, "rows"), *positions;
    for (int i = 0; i < r->n_by_op; i++) price_row(ll_json_obj(rows, NULL), q, &r->by_op[i]);
    positions = ll_json_arr(o, "by_position");
    for (int i = 0; i < r->n_by_position; i++) price_row(ll_json_obj(positions, NULL), q, &r->by_position[i]);
    price_notes(o, q, r);
    kernel_notes(o, a->kernels);
    ll_answer_emit(rq, a, o);
}

/* --- 3: residuals --- */

static void group_name(const ll_diagnosis *q, const ll_residual_group *g, ll_str *out)
{
    const ll_space *s = q->data->space;
    char *op = g->op >= 0 ? ll_choice_name(s, g->position, g->op) : NULL;
    switch (g->by) {
    case LL_BY_OP:
        ll_str_addf(out, "with %s", op);
        break;
    case LL_BY_POSITION:
        ll_str_addf(out, "%s at %s", op, s->positions[g->position]);
        break;
    case LL_BY_COUNT:
        ll_str_addf(out, "%d x %s", g->lo, op);
        break;
    case LL_BY_DEPTH:
        ll_str_addf(out, "depth %d", g->lo);
        break;
    case LL_BY_FLOPS:
        ll_str_addf(out, "fifth %d of 5 by FLOPs", g->lo);
        break;
    }
    free(op);
}

static void group_row(cJSON *row, const ll_diagnosis *q, const ll_residual_group *g)
{
    ll_str name = {0};
    group_name(q, g, &name);
    ll_json_str(row, "by", ll_residual_by_name(g->by));
    ll_json_str(row, "group", ll_str_text(&name));
    if (g->op >= 0) put_op(row, q->data->space, g->position, g->op);
    if (g->position >= 0) ll_json_str(row, "position", q->data->space->positions[g->position]);
    if (g->by >= LL_BY_COUNT) ll_json_int(row, "value", g->lo);
    ll_json_int(row, "n", g->n);
    ll_json_num(row, "mean_ms", g->mean_ms);
    ll_json_num(row, "se_ms", g->se_ms);
    ll_json_num(row, "percent", g->percent);
    ll_json_nums(row, "quartiles_ms", g->quartile, 3);
    ll_str_free(&name);
}

/* Groups worth a line in the table: the farthest off among those that are off for sure. */
enum { SHOWN_GROUPS = 12 };

static int by_percent(const void *a, const void *b)
{
    const ll_residual_group *x = *(const ll_residual_group *const *)a,
                            *y = *(const ll_residual_group *const *)b;
    int order = ll_by_number(fabs(y->percent), fabs(x->percent));
    return order ? order : (x > y) - (x < y);
}

static void add_group_rows(cJSON *o, const ll_diagnosis *q, const ll_residuals_report *r)
{
    const ll_residual_group **off = LL_NEW_ARRAY(const ll_residual_group *, r->n_groups + 1);
    cJSON *rows = ll_json_arr(o, "rows"), *all = ll_json_arr(o, "groups");
    int n = 0;
    for (int i = 0; i < r->n_groups; i++) {
        const ll_residual_group *g = &r->groups[i];
        group_row(ll_json_obj(all, NULL), q, g);
        if (fabs(g->mean_ms) > 3 * g->se_ms && g->n >= 20) off[n++] = g;
    }
    qsort(off, (size_t)n, sizeof *off, by_percent);
    for (int i = 0; i < n && i < SHOWN_GROUPS; i++) group_row(ll_json_obj(rows, NULL), q, off[i]);
    free(off);
}

static void draw_worst(cJSON *o, const ll_diagnosis *q, const ll_residuals_report *r)
{
    enum { DRAWN = 2 };
    const ll_dataset *d = q->data;
    ll_str text = {0};
    cJSON *list = ll_json_arr(o, "worst");
    if (r->worst.n) ll_str_add(&text, "The worst by relative error:\n");
    for (int i = 0; i < r->worst.n; i++) {
        int row = r->worst.v[i];
        ll_str string = {0};
        cJSON *w = ll_json_obj(list, NULL);
        double measured = ll_latencies(d, q->device)[row], predicted = q->transfer->lat_ms[row];
        d->space->format(d->space, ll_gene(d, row), &string);
        ll_json_int(w, "row", row);
        ll_json_str(w, "arch", ll_str_text(&string));
        ll_json_num(w, "measured_ms", measured);
        ll_json_num(w, "predicted_ms", predicted);
        ll_str_addf(&text, "architecture %d: measured %.4g %s, predicted %.4g %s  %s\n", row, measured,
                    ll_device_unit(d, q->device), predicted, ll_device_unit(d, q->device),
                    ll_str_text(&string));
        if (i < DRAWN && d->space->draw) d->space->draw(d->space, ll_gene(d, row), &text);
        ll_str_free(&string);
    }
    ll_json_str(o, "text", ll_str_text(&text));
    ll_str_free(&text);
}

void ll_emit_residuals(ll_request *rq, ll_answers *a)
{
    const ll_diagnosis *q = a->q;
    const ll_residuals_report *r = &a->residuals;
    static const ll_column columns[] = {{"group", "farthest off as a group", NULL, -1},
                                        {"n", "n", NULL, 0},
                                        {"mean_ms", "measured - predicted", "ms", 3},
                                        {"se_ms", "+-", "ms", 3},
                                        {"percent", "of latency", "%", 1},
                                        {0}};
    cJSON *o = ll_answer_new(a, "diagnose_residuals", 3, "3b. Which architectures are predicted wrong?");
    ll_json_num(o, "bias_ms", r->bias_ms);
    ll_json_num(o, "sd_ms", r->sd_ms);
    ll_result_columns(o, columns);
    add_group_rows(o, q, r);
    draw_worst(o, q, r);
    ll_result_note(
        o, "depth: operations that do something on the longest path; fifths by FLOPs: the architectures "
           "sorted by their multiply-adds, the fewest first");
    ll_result_note(o, "on average measured - predicted is %.3f %s, its deviation %.3f %s", r->bias_ms,
                   ll_device_unit(q->data, q->device), r->sd_ms, ll_device_unit(q->data, q->device));
    ll_answer_emit(rq, a, o);
}

/* --- 3: residuals where there are only samples --- */

void ll_emit_left_out(ll_request *rq, ll_answers *a)
{
    const ll_diagnosis *q = a->q;
    const ll_outlook *out = &a->outlook;
    static const ll_column columns[] = {{"row", "sample", NULL, 0},
                                        {"measured_ms", "measured", "ms", 3},
                                        {"predicted_ms", "as the others predict it", "ms", 3},
                                        {"deviation", "in their deviations", NULL, 1},
                                        {"arch", "architecture", NULL, -1},
                                        {0}};
    const ll_ints *samples = &q->transfer->samples;
    cJSON *o = ll_answer_new(a, "diagnose_residuals", 3, "3b. Which samples surprise the others?");
    int *order = LL_NEW_ARRAY(int, samples->n), surprising = 0;
    double *minus = LL_NEW_ARRAY(double, samples->n);
    for (int i = 0; i < samples->n; i++) minus[i] = -fabs(out->left_out[i]);
    ll_sort_order(minus, samples->n, order);
    ll_result_columns(o, columns);
    cJSON *rows = ll_json_arr(o, "rows");
    for (int i = 0; i < samples->n; i++) {
        int at = order[i], row = samples->v[at];
        ll_str string = {0};
        cJSON *w = ll_json_obj(rows, NULL);
        q->data->space->format(q->data->space, ll_gene(q->data, row), &string);
        ll_json_int(w, "row", row);
        ll_json_str(w, "arch", ll_str_text(&string));
        ll_json_num(w, "measured_ms", ll_latencies(q->data, q->device)[row]);
        ll_json_num(w, "predicted_ms", out->left_out_ms[at]);
        ll_json_num(w, "deviation", out->left_out[at]);
        surprising += fabs(out->left_out[at]) > 2.5;
        ll_str_free(&string);
    }
    if (surprising)
        ll_result_note(o, "%d of %d are farther off than 2.5 deviations: measure those again", surprising,
                       samples->n);
    else
        ll_result_note(o, "every sample is within 2.5 deviations of what the others say of it");
    free(order);
    free(minus);
    ll_answer_emit(rq, a, o);
}

/* --- 4: samples --- */

static const char *unseen_name(const ll_space *s, int unseen)
{
    return ll_space_choice(s, unseen / s->n_ops, unseen % s->n_ops);
}

static int all_choices(const ll_space *s)
{
    int n = 0;
    for (int p = 0; p < s->n_positions; p++) n += ll_space_choices(s, p);
    return n;
}

static void unseen_note(cJSON *o, const ll_diagnosis *q, const ll_samples_report *r)
{
    const ll_space *s = q->data->space;
    ll_str text = {0};
    for (int i = 0; i < r->unseen_ops.n; i++) {
        char *name = ll_choice_name(s, -1, r->unseen_ops.v[i]);
        ll_str_addf(&text, "%s%s", i ? ", " : "", name);
        free(name);
    }
    if (text.len) ll_result_note(o, "the samples never saw %s anywhere", ll_str_text(&text));
    ll_str_clear(&text);
    for (int i = 0; i < r->unseen.n && i < 6; i++)
        ll_str_addf(&text, "%s%s at %s", i ? ", " : "", unseen_name(s, r->unseen.v[i]),
                    s->positions[r->unseen.v[i] / s->n_ops]);
    if (text.len)
        ll_result_note(o, "never seen, %d of %d %s at a position: %s%s", r->unseen.n, all_choices(s),
                       ll_noun(all_choices(s), "operation", "operations"), ll_str_text(&text),
                       r->unseen.n > 6 ? ", ..." : "");
    else if (!s->facts->columns) /* numbers that were not seen lie between those that were */
        ll_result_note(o, "every operation was seen at every position");
    ll_str_free(&text);
}

static void unseen_list(cJSON *o, const ll_diagnosis *q, const ll_samples_report *r)
{
    const ll_space *s = q->data->space;
    cJSON *list = ll_json_arr(o, "unseen");
    for (int i = 0; i < r->unseen.n; i++) {
        cJSON *item = ll_json_obj(list, NULL);
        ll_json_str(item, "operation", unseen_name(s, r->unseen.v[i]));
        ll_json_str(item, "position", s->positions[r->unseen.v[i] / s->n_ops]);
    }
}

void ll_emit_samples(ll_request *rq, ll_answers *a)
{
    const ll_diagnosis *q = a->q;
    const ll_samples_report *r = &a->samples;
    const ll_outlook *out = &a->outlook;
    static const ll_column columns[] = {{"same_draw", "gp on these samples", NULL, 4},
                                        {"mean", "mean of the draws", NULL, 4},
                                        {"sd", "deviation", NULL, 4},
                                        {"lowest", "worst draw", NULL, 4},
                                        {"highest", "best draw", NULL, 4},
                                        {"design", "by optimal design", NULL, 4},
                                        {0}};
    static const ll_column expected[] = {{"expected", "to be expected", NULL, 3},
                                         {"expected_lo", "10 %", NULL, 3},
                                         {"expected_hi", "90 %", NULL, 3},
                                         {0}};
    cJSON *o = ll_answer_new(a, "diagnose_samples", 4, "4. Was it the samples?");
    ll_json_int(o, "k", q->transfer->samples.n);
    ll_json_str(o, "sampler", r->sampler);
    ll_json_str(o, "predictor", r->predictor);
    ll_json_nums(o, "draws", r->draws, r->n_draws);
    ll_json_num(o, "same_draw", r->same_draw);
    ll_json_num(o, "mean", r->n_draws ? r->mean : NAN);
    ll_json_num(o, "sd", r->n_draws ? r->sd : NAN);
    ll_json_num(o, "lowest", r->n_draws ? r->lowest : NAN);
    ll_json_num(o, "highest", r->n_draws ? r->highest : NAN);
    ll_json_num(o, "worse", r->n_draws ? r->worse : NAN);
    ll_json_num(o, "design", r->design);
    ll_json_num(o, "expected", out->now);
    ll_json_num(o, "expected_lo", out->now_lo);
    ll_json_num(o, "expected_hi", out->now_hi);
    ll_result_columns(o, r->n_draws ? columns : expected);
    unseen_list(o, q, r);
    if (r->n_draws) {
        ll_result_note(o, "%d draws of %d %s by %s give %s a Spearman of %.3f +- %.3f (%.3f to %.3f)",
                       r->n_draws, q->transfer->samples.n,
                       ll_noun(q->transfer->samples.n, "sample", "samples"), r->sampler, r->predictor,
                       ll_below_one(r->mean, 3), r->sd, ll_below_one(r->lowest, 3),
                       ll_below_one(r->highest, 3));
        ll_result_note(
            o, "these samples give it %.3f: better than %.0f %% of the draws; an optimal design gives %.3f",
            ll_below_one(r->same_draw, 3), 100 * r->worse, ll_below_one(r->design, 3));
    } else {
        ll_result_note(o, "not known yet: no latencies besides the samples are known to compare draws on");
        if (!isnan(out->now))
            ll_result_note(
                o, "with these samples gp is expected to reach %.3f (four in five times %.3f to %.3f)",
                ll_below_one(out->now, 3), ll_below_one(out->now_lo, 3), ll_below_one(out->now_hi, 3));
    }
    unseen_note(o, q, r);
    ll_answer_emit(rq, a, o);
}
