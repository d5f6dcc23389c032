/* The first two questions of `diagnose`: noise of the device, likeness to the sources. */
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/text/json.h"
#include "core/commands/diagnose/diagnose.h"
#include "core/commands/look/look.h"
#include "core/device/hardware.h"

static const char *name_of(const ll_diagnosis *q, int device)
{
    return q->data->devices[device].name;
}

/* --- 1 --- */

/* The ceiling is what was reached, not a bound. */
static bool by_learning(const ll_noise_report *r)
{
    return r->ceiling_from && !strcmp(r->ceiling_from, "learned");
}

/* What few latencies can say of the noise. */
static void posterior_note(cJSON *result, const ll_diagnosis *q, const ll_noise_report *r,
                           const ll_outlook *o)
{
    ll_result_note(result,
                   "not known yet: with %d %s noise cannot be told from structure; after what the sources "
                   "taught, it is about %.3g %s (%.1f %% of the median), a limit of about %.3f",
                   r->audit.known, ll_noun(r->audit.known, "latency", "latencies"), o->noise_ms,
                   ll_device_unit(q->data, q->device), 100 * o->noise_share, o->ceiling);
}

static void noise_notes(cJSON *result, const ll_diagnosis *q, const ll_noise_report *r, const ll_outlook *o)
{
    ll_strs found = {0};
    ll_audit_findings(q->data, &r->audit, LL_FOUND_CLOCK | LL_FOUND_MISSING | (o->few ? 0 : LL_FOUND_VALUES),
                      &found);
    for (int i = 0; i < found.n; i++) ll_result_note(result, "%s", found.v[i]);
    ll_strs_free(&found);
    if (r->ties < .9995)
        ll_result_note(result,
                       "a perfect ranking, scored on these rounded latencies, would reach Spearman %.3f",
                       ll_below_one(r->ties, 3));
    double again = q->data->devices[q->device].repeat;
    if (!isnan(again))
        ll_result_note(result,
                       "measured a second time it agrees with itself to Spearman %.3f: a limit of %.3f",
                       ll_below_one(again, 3), ll_below_one(r->repeats, 3));
    else if (!isnan(r->repeats))
        ll_result_note(result, "repeated measurements vary by %.1f %% (median): a limit of %.3f",
                       100 * r->audit.spread, ll_below_one(r->repeats, 3));
    if (!isnan(r->mirrors))
        ll_result_note(
            result,
            "%d pairs of cells are one network with two nodes exchanged; %.0f %% of them have equal "
            "latencies, the others differ by noise alone: a limit of %.3f",
            r->n_mirrors, 100 * r->mirrors_equal, ll_below_one(r->mirrors, 3));
    if (!isnan(r->learned))
        ll_result_note(result, "gp reaches %.3f when it learns from %d %s of the device itself",
                       ll_below_one(r->learned, 3), r->learned_n,
                       ll_noun(r->learned_n, "latency", "latencies"));
    if (isnan(r->ceiling)) return;
    if (!strcmp(r->ceiling_from, "posterior"))
        posterior_note(result, q, r, o);
    else if (by_learning(r))
        ll_result_note(
            result,
            "nothing is known that bounds it from above: %.3f is what many latencies teach, and no limit",
            r->ceiling);
    else
        ll_result_note(result, "so no predictor can be expected to pass %.3f here (by %s)",
                       ll_below_one(r->ceiling, 3), r->ceiling_from);
}

void ll_emit_noise(ll_request *rq, ll_answers *answers)
{
    const ll_diagnosis *q = answers->q;
    const ll_noise_report *r = &answers->noise;
    const ll_outlook *o = &answers->outlook;
    static const ll_column columns[] = {{"known", "latencies known", NULL, 0},
                                        {"distinct", "distinct values", NULL, 0},
                                        {"tie_share", "share that ties", NULL, 3},
                                        {"near_zero", "near-zero outliers", NULL, 0},
                                        {"ceiling_ties", "limit by ties", NULL, 4},
                                        {"ceiling_repeats", "limit by repeated measurements", NULL, 4},
                                        {"ceiling_mirrors", "limit by mirror pairs", NULL, 4},
                                        {"ceiling_learned", "learnt from many latencies", NULL, 4},
                                        {"ceiling", "best Spearman to expect", NULL, 4},
                                        {0}};
    cJSON *result = ll_answer_new(answers, "diagnose_noise", 1, "1. Is the device itself noisy?");
    ll_json_int(result, "known", r->audit.known);
    ll_json_int(result, "missing", r->audit.missing);
    ll_json_int(result, "distinct", r->audit.distinct);
    ll_json_num(result, "tie_share", r->audit.tie_share);
    ll_json_num(result, "step_ms", r->audit.step_ms > 0 ? r->audit.step_ms : NAN);
    ll_json_int(result, "near_zero", r->audit.near_zero);
    ll_json_num(result, "spread", r->audit.spread);
    ll_json_num(result, "ceiling_ties", r->ties);
    ll_json_num(result, "ceiling_repeats", r->repeats);
    ll_json_num(result, "ceiling_mirrors", r->mirrors);
    ll_json_int(result, "mirror_pairs", r->n_mirrors);
    ll_json_num(result, "mirrors_equal", r->mirrors_equal);
    ll_json_num(result, "ceiling_learned", r->learned);
    ll_json_int(result, "learned_n", r->learned_n);
    ll_json_num(result, "ceiling", r->ceiling);
    ll_json_str(result, "ceiling_from", r->ceiling_from);
    ll_json_num(result, "noise_ms", o->noise_ms);
    ll_json_num(result, "noise_share", o->noise_share);
    ll_json_bool(result, "few", o->few);
    ll_result_columns(result, columns);
    noise_notes(result, q, r, o);
    ll_answer_emit(rq, answers, result);
}

/* --- 2 --- */

static void source_notes(cJSON *result, const ll_diagnosis *q, const ll_sources_report *r)
{
    int shared = 0;
    for (int i = 0; i < r->n; i++) shared = r->sources[i].k > shared ? r->sources[i].k : shared;
    if (r->chosen < 0 && shared < 2)
        ll_result_note(
            result, "the samples cannot tell: no source has two of them. Predictors that learn a function of "
                    "the architecture, as gp, lowrank and nasflat, do without; help does not");
    else if (r->chosen < 0)
        ll_result_note(result, "the samples cannot tell: all that a source shares are equal");
    if (r->chosen < 0) return;
    const ll_source_likeness *c = &r->sources[r->chosen];
    ll_result_note(
        result,
        "%s is most alike on the %d samples: Spearman %.3f, 90 %% interval %.3f to %.3f; a hardware "
        "embedding starts from it",
        name_of(q, c->device), c->k, ll_below_one(c->on_samples, 3), ll_below_one(c->lo, 3),
        ll_below_one(c->hi, 3));
    if (r->best < 0 || ll_diagnose_few(q)) return;
    const ll_source_likeness *b = &r->sources[r->best];
    if (r->best == r->chosen)
        ll_result_note(result, "on all latencies it is the most alike too: %.3f", b->on_all);
    else
        ll_result_note(result, "on all latencies it has %.3f and %s is the most alike with %.3f", c->on_all,
                       name_of(q, b->device), b->on_all);
    if (b->on_all < .8)
        ll_result_note(result, "no source ranks the device better than %.3f: it is unlike all of them",
                       b->on_all);
    for (int i = 0; i < r->n; i++)
        if (r->sources[i].same_hardware)
            ll_result_note(result, "source %s is the same hardware (%s)", name_of(q, r->sources[i].device),
                           ll_hardware(q->data, q->device));
}

/* What the judged predictor started from, and what other starts give. */
static void start_notes(cJSON *o, const ll_diagnosis *q, const ll_sources_report *r)
{
    const char *from = ll_json_get_str(q->transfer->info, "init", NULL);
    cJSON *list = ll_json_arr(o, "starts");
    ll_str text = {0};
    ll_json_str(o, "init", from);
    for (int i = 0; i < r->n_starts; i++) {
        cJSON *item = ll_json_obj(list, NULL);
        ll_json_str(item, "init", r->starts[i].init);
        ll_json_num(item, "spearman", r->starts[i].score);
        ll_str_addf(&text, "%s%s %.3f", i ? ", " : "", r->starts[i].init,
                    ll_below_one(r->starts[i].score, 3));
    }
    if (from) ll_result_note(o, "%s started from %s", q->transfer->predictor->name, from);
    if (text.len) ll_result_note(o, "with other first embeddings it reaches: %s", ll_str_text(&text));
    ll_str_free(&text);
}

static void source_row(cJSON *row, const ll_diagnosis *q, const ll_source_likeness *s, const char *mark)
{
    bool none = isnan(s->on_samples);
    ll_json_str(row, "source", name_of(q, s->device));
    ll_json_num(row, "on_samples", s->on_samples);
    ll_json_num(row, "lo", none ? NAN : s->lo);
    ll_json_num(row, "hi", none ? NAN : s->hi);
    ll_json_int(row, "k", s->k);
    ll_json_num(row, "on_all", ll_diagnose_few(q) ? NAN : s->on_all); /* it would be the samples once more */
    ll_json_int(row, "n", s->n);
    ll_json_bool(row, "same_hardware", s->same_hardware);
    ll_json_str(row, "mark", mark);
}

static const char *mark_of(const ll_diagnosis *q, const ll_sources_report *r, int i)
{
    bool few = ll_diagnose_few(q);
    return i == r->chosen && i == r->best && !few ? "chosen, best"
           : i == r->chosen                       ? "chosen"
           : i == r->best && !few                 ? "best"
                                                  : "";
}

static void add_other_note(cJSON *o, const ll_diagnosis *q, const ll_source_likeness *s)
{
    ll_str text = {0};
    ll_str_addf(&text,
                "%s is no source of task %s and is more alike than all of them: ", name_of(q, s->device),
                q->task->name);
    if (!ll_diagnose_few(q)) ll_str_addf(&text, "%.3f on all latencies", ll_below_one(s->on_all, 3));
    if (!isnan(s->on_samples))
        ll_str_addf(&text, "%s%.3f on the %d samples, 90 %% interval %.3f to %.3f",
                    ll_diagnose_few(q) ? "" : ", ", ll_below_one(s->on_samples, 3), s->k,
                    ll_below_one(s->lo, 3), ll_below_one(s->hi, 3));
    if (!isnan(s->surely))
        ll_str_addf(&text, "; by the samples alone the chance that it is, is %.0f %%", 100 * s->surely);
    if (s->same_hardware) ll_str_add(&text, "; it is the same hardware");
    ll_result_note(o, "%s", text.s);
    ll_str_free(&text);
}

/* What the task leaves out. */
static void other_notes(cJSON *o, const ll_diagnosis *q, const ll_sources_report *r)
{
    cJSON *list = ll_json_arr(o, "others");
    for (int i = 0; i < r->n_others; i++) {
        const ll_source_likeness *s = &r->others[i];
        cJSON *item = ll_json_obj(list, NULL);
        source_row(item, q, s, "no source");
        ll_json_num(item, "surely", s->surely);
        add_other_note(o, q, s);
    }
}

void ll_emit_sources(ll_request *rq, ll_answers *a)
{
    static const ll_column columns[] = {
        {"source", "device", NULL, -1}, {"on_samples", "on the samples", NULL, 3},
        {"lo", "from", NULL, 3},        {"hi", "to", NULL, 3},
        {"on_all", "on all", NULL, 3},  {"n", "n", NULL, 0},
        {"mark", "", NULL, -1},         {0}};
    const ll_diagnosis *q = a->q;
    const ll_sources_report *r = &a->sources;
    cJSON *o = ll_answer_new(a, "diagnose_sources", 2,
                             "2. Is it like any source? (Spearman; 90 % interval at this many samples)");
    ll_json_str(o, "chosen", r->chosen < 0 ? NULL : name_of(q, r->sources[r->chosen].device));
    ll_json_str(o, "best", r->best < 0 ? NULL : name_of(q, r->sources[r->best].device));
    ll_json_num(o, "best_corr", r->best < 0 ? NAN : r->sources[r->best].on_all);
    ll_result_columns(o, columns);
    cJSON *rows = ll_json_arr(o, "rows");
    for (int i = 0; i < r->n; i++) source_row(ll_json_obj(rows, NULL), q, &r->sources[i], mark_of(q, r, i));
    for (int i = 0; i < r->n_others; i++) source_row(ll_json_obj(rows, NULL), q, &r->others[i], "no source");
    source_notes(o, q, r);
    other_notes(o, q, r);
    start_notes(o, q, r);
    ll_answer_emit(rq, a, o);
}
