/* What `diagnose` advises: what to measure next, other sources, another predictor. */
#include <math.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/commands/diagnose/diagnose.h"
#include "core/commands/look/look.h"

static void add_next(cJSON *o, const ll_diagnosis *q, const ll_advice_report *r, const ll_outlook *out)
{
    const ll_dataset *d = q->data;
    cJSON *rows = ll_json_arr(o, "rows");
    for (int i = 0; i < out->next.n; i++) {
        ll_str string = {0};
        cJSON *row = ll_json_obj(rows, NULL);
        d->space->format(d->space, ll_gene(d, out->next.v[i]), &string);
        ll_json_int(row, "row", out->next.v[i]);
        ll_json_str(row, "arch", ll_str_text(&string));
        ll_str_free(&string);
    }
    ll_json_ints(o, "next", out->next.v, out->next.n);
    ll_json_num(o, "gp_score", r->gp_score);
    ll_json_num(o, "next_score", r->next_score);
    ll_json_num(o, "next_expected", out->then);
    ll_json_num(o, "next_expected_lo", out->then_lo);
    ll_json_num(o, "next_expected_hi", out->then_hi);
    if (!isnan(out->then) && out->next.n)
        ll_result_note(
            o,
            "gp expects %.3f with the samples as they are and %.3f (%.3f to %.3f) with these %d as well: %s",
            ll_below_one(out->now, 3), ll_below_one(out->then, 3), ll_below_one(out->then_lo, 3),
            ll_below_one(out->then_hi, 3), out->next.n,
            out->then - out->now < .005 ? "hardly worth measuring" : "worth measuring");
    if (!isnan(r->next_score))
        ll_result_note(o,
                       "on all other latencies, which a user would not have, they bring gp from %.3f to %.3f",
                       ll_below_one(r->gp_score, 3), ll_below_one(r->next_score, 3));
}

static void add_sets(cJSON *o, const ll_diagnosis *q, const ll_advice_report *r)
{
    cJSON *list = ll_json_arr(o, "source_sets");
    for (int i = 0; i < r->n_sets; i++) {
        const ll_source_set *s = &r->sets[i];
        cJSON *item = ll_json_obj(list, NULL);
        ll_json_str(item, "what", s->what);
        ll_json_devices(item, "devices", q->data, &s->devices);
        ll_json_num(item, "left_out_error", s->error);
        ll_json_num(item, "expected", s->expected);
        ll_json_num(item, "spearman", s->score);
    }
    if (!r->n_sets) return;
    const ll_source_set *now = &r->sets[0], *best = &r->sets[r->best_set];
    ll_json_str(o, "best_set", best->what);
    if (isnan(now->error)) {
        ll_result_note(o,
                       "one sample cannot tell which sources to take: from the second on they are judged by "
                       "how well the others predict each");
        return;
    }
    if (r->best_set == 0) {
        ll_result_note(o,
                       "no other set of sources predicts the samples clearly better: each as the others "
                       "predict it, they are "
                       "%.1f %% off",
                       now->error);
        return;
    }
    ll_str names = {0};
    for (int i = 0; i < best->devices.n; i++) {
        if (i) ll_str_addc(&names, ',');
        ll_quote_word(&names, q->data->devices[best->devices.v[i]].name);
    }
    double gain = best->expected - now->expected, sure = 2 * hypot(best->expected_se, now->expected_se);
    ll_result_note(
        o, "other sources, %s (%s): each sample as the others predict it is %.1f %% off instead of %.1f %%",
        best->what, ll_str_text(&names), best->error, now->error);
    ll_json_num(o, "set_gain", gain);
    ll_json_num(o, "set_gain_error", sure);
    ll_result_note(o, "gp expects to rank by %+.3f (+-%.3f) better with them%s", gain, sure,
                   fabs(gain) < sure ? ", which may be nothing: the milliseconds gain more than the ranking"
                                     : "");
    if (!isnan(best->score))
        ll_result_note(o, "on all other latencies, which a user would not have, that is %.3f instead of %.3f",
                       ll_below_one(best->score, 3), ll_below_one(now->score, 3));
    ll_str_free(&names);
}

static void add_rivals(cJSON *o, const ll_diagnosis *q, const ll_advice_report *r)
{
    cJSON *list = ll_json_arr(o, "predictors");
    for (int i = 0; i < r->n_rivals; i++) {
        cJSON *item = ll_json_obj(list, NULL);
        ll_json_str(item, "predictor", r->rivals[i].predictor);
        ll_json_num(item, "spearman", r->rivals[i].score);
        ll_json_num(item, "seconds", r->rivals[i].seconds);
    }
    if (!r->n_rivals || isnan(r->rivals[0].score)) return;
    ll_str text = {0};
    for (int i = 0; i < r->n_rivals && !isnan(r->rivals[i].score); i++) /* those without a score are last */
        ll_str_addf(&text, "%s%s %.3f", i ? ", " : "", r->rivals[i].predictor,
                    ll_below_one(r->rivals[i].score, 3));
    ll_result_note(o, "predictors on the same samples: %s (`predictors` says what each does)",
                   ll_str_text(&text));
    const char *judged = q->transfer->predictor->name;
    for (int i = 1; i < r->n_rivals; i++)
        if (!strcmp(r->rivals[i].predictor, judged) && r->rivals[0].score - r->rivals[i].score > .01)
            ll_result_note(o, "%s would rank better than %s here, %.3f instead of %.3f",
                           r->rivals[0].predictor, judged, ll_below_one(r->rivals[0].score, 3),
                           ll_below_one(r->rivals[i].score, 3));
    ll_str_free(&text);
}

bool ll_all_known(const ll_diagnosis *q, const ll_ints *rows)
{
    for (int i = 0; i < rows->n; i++)
        if (!ll_known(q->data, q->device, rows->v[i])) return false;
    return true;
}

/* How it is done: the list that is written, or what writes one. */
static void add_file(cJSON *o, const ll_answers *a, const char *file)
{
    const ll_diagnosis *q = a->q;
    const char *device = q->data->devices[q->device].name;
    ll_str text = {0};
    ll_json_str(o, "file", file);
    if (!a->outlook.next.n) return;
    if (file) {
        ll_str_addf(&text, "%s has %s: ", file, a->outlook.next.n == 1 ? "it" : "them");
        ll_add_fill_in(&text, file, q->data->name, device);
        ll_quote_addf(&text, " and `transfer %s`", device);
    } else if (ll_all_known(q, &a->outlook.next)) {
        ll_str_add(
            &text,
            "their latencies are in the dataset already; for a device that is being measured a list to "
            "fill in is written, as out=FILE does here");
    } else {
        ll_str_add(&text, "no list of them was written: out=FILE writes one to fill in");
    }
    ll_result_note(o, "%s", ll_str_text(&text));
    ll_str_free(&text);
}

/* What is measured and not learnt from. */
static void add_unused(cJSON *o, const ll_answers *a)
{
    int unused = a->outlook.few ? a->q->have.n - a->q->transfer->samples.n : 0;
    ll_str line = {0};
    if (unused <= 0) return;
    ll_quote_addf(&line, "`transfer %s k=%d` learns from them, too", a->q->transfer->device, a->q->have.n);
    ll_result_note(o, "%d of the %d latencies that are measured are no samples: %s", unused, a->q->have.n,
                   ll_str_text(&line));
    ll_str_free(&line);
}

static void add_other_devices(cJSON *o, const ll_answers *a)
{
    const ll_sources_report *r = &a->sources;
    if (!r->n_others) return;
    ll_str names = {0}, line = {0};
    for (int i = 0; i < r->n_others; i++)
        ll_str_addf(&names, "%s%s", i ? ", " : "", a->q->data->devices[r->others[i].device].name);
    ll_str_add(&line, "sources auto ");
    ll_quote_addf(&line, "%s", a->q->data->devices[a->q->device].name);
    ll_result_note(
        o,
        "a task with %s among its sources would know more of this device (`partition source=... "
        "target=...`, or `%s` by the samples)%s",
        ll_str_text(&names), ll_str_text(&line),
        r->others[0].same_hardware ? "; the same hardware in both roles makes a score that says little" : "");
    ll_str_free(&line);
    ll_str_free(&names);
}

void ll_emit_advice(ll_request *rq, ll_answers *a, const char *file)
{
    static const ll_column columns[] = {{"row", "measure next", NULL, 0}, {"arch", "", NULL, -1}, {0}};
    cJSON *o = ll_answer_new(a, "diagnose_advice", 5, "What to do");
    ll_result_columns(o, columns);
    add_next(o, a->q, &a->advice, &a->outlook);
    add_file(o, a, file);
    add_unused(o, a);
    add_other_devices(o, a);
    add_sets(o, a->q, &a->advice);
    add_rivals(o, a->q, &a->advice);
    ll_answer_emit(rq, a, o);
}
