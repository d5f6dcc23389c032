/* The first two questions of `diagnose`, and the verdict: noise of the device, likeness to the sources. */
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/json.h"
#include "core/commands/diagnose.h"
#include "core/commands/look.h"
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
    ll_result_note(
        result,
        "not known yet: with %d latencies noise cannot be told from structure; after what the sources "
        "taught, it is about %.3g %s (%.1f %% of the median), a limit of about %.3f",
        r->audit.known, o->noise_ms, ll_device_unit(q->data, q->device), 100 * o->noise_share, o->ceiling);
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
        ll_result_note(result,
                       "the structured GP reaches %.3f when it learns from %d latencies of the device itself",
                       ll_below_one(r->learned, 3), r->learned_n);
    if (isnan(r->ceiling)) return;
    if (!strcmp(r->ceiling_from, "posterior"))
        posterior_note(result, q, r, o);
    else if (by_learning(r))
        ll_result_note(result, "nothing bounds it from above: %.3f is the best that is known to be possible",
                       r->ceiling);
    else
        ll_result_note(result, "so no predictor can be expected to pass %.3f here (by %s)",
                       ll_below_one(r->ceiling, 3), r->ceiling_from);
}

void ll_emit_noise(ll_request *rq, const ll_diagnosis *q, const ll_noise_report *r, const ll_outlook *o)
{
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
    cJSON *result = ll_result_new("diagnose_noise");
    ll_json_str(result, "title", "1. Is the device itself noisy?");
    ll_json_int(result, "question", 1);
    ll_json_str(result, "device", name_of(q, q->device));
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
    ll_emit(rq, result);
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

static void source_row(cJSON *row, const ll_diagnosis *q, const ll_sources_report *r, int i)
{
    const ll_source_likeness *s = &r->sources[i];
    bool few = ll_diagnose_few(q); /* then `all` is the samples once more */
    bool none = isnan(s->on_samples);
    ll_json_str(row, "source", name_of(q, s->device));
    ll_json_num(row, "on_samples", s->on_samples);
    ll_json_num(row, "lo", none ? NAN : s->lo);
    ll_json_num(row, "hi", none ? NAN : s->hi);
    ll_json_int(row, "k", s->k);
    ll_json_num(row, "on_all", few ? NAN : s->on_all);
    ll_json_int(row, "n", s->n);
    ll_json_bool(row, "same_hardware", s->same_hardware);
    ll_json_str(row, "mark",
                i == r->chosen && i == r->best && !few ? "chosen, best"
                : i == r->chosen                       ? "chosen"
                : i == r->best && !few                 ? "best"
                                                       : "");
}

void ll_emit_sources(ll_request *rq, const ll_diagnosis *q, const ll_sources_report *r)
{
    static const ll_column columns[] = {
        {"source", "source", NULL, -1}, {"on_samples", "on the samples", NULL, 3},
        {"lo", "from", NULL, 3},        {"hi", "to", NULL, 3},
        {"on_all", "on all", NULL, 3},  {"n", "n", NULL, 0},
        {"mark", "", NULL, -1},         {0}};
    cJSON *o = ll_result_new("diagnose_sources");
    ll_json_str(o, "title", "2. Is it like any source? (Spearman; 90 % interval at this many samples)");
    ll_json_int(o, "question", 2);
    ll_json_str(o, "device", name_of(q, q->device));
    ll_json_str(o, "chosen", r->chosen < 0 ? NULL : name_of(q, r->sources[r->chosen].device));
    ll_json_str(o, "best", r->best < 0 ? NULL : name_of(q, r->sources[r->best].device));
    ll_json_num(o, "best_corr", r->best < 0 ? NAN : r->sources[r->best].on_all);
    ll_result_columns(o, columns);
    cJSON *rows = ll_json_arr(o, "rows");
    for (int i = 0; i < r->n; i++) source_row(ll_json_obj(rows, NULL), q, r, i);
    source_notes(o, q, r);
    start_notes(o, q, r);
    ll_emit(rq, o);
}

/* --- the verdict --- */

typedef struct part {
    const char *key, *sentence;
    double size;
} part;

/* Largest first. */
static void sort_parts(part *p, int n)
{
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && p[j].size > p[j - 1].size; j--) {
            part swap = p[j];
            p[j] = p[j - 1];
            p[j - 1] = swap;
        }
}

void ll_emit_verdict(ll_request *rq, const ll_diagnosis *q, const ll_noise_report *noise, const ll_loss *loss,
                     const ll_outlook *out)
{
    static const ll_column columns[] = {{"part", "part of the loss", NULL, -1},
                                        {"size", "Spearman", NULL, 4},
                                        {"why", "because of", NULL, -1},
                                        {0}};
    part parts[] = {
        {"noise",
         by_learning(noise) ? "noise, or structure that many latencies do not show the structured GP either"
                            : "the device's own noise and ties, which no predictor gets back",
         loss->noise},
        {"samples", "this draw of samples, against the mean draw", loss->samples},
        {"predictor", "this predictor, against the structured GP on the same samples", loss->predictor},
        {"rest", "sources unlike it, which so few samples cannot make up for", loss->rest}};
    cJSON *o = ll_result_new("diagnose");
    ll_str title = {0};
    bool known = !isnan(loss->score);
    ll_str_addf(&title, "%s by %s with %d samples", q->transfer->device, q->transfer->predictor->name,
                q->transfer->samples.n);
    if (known)
        ll_str_addf(&title, ": Spearman %.3f of %.3f to be expected at best", ll_below_one(loss->score, 3),
                    ll_below_one(noise->ceiling, 3));
    else if (!isnan(out->now))
        ll_str_addf(&title, ": not scored yet; Spearman %.3f (%.3f to %.3f) is to be expected of gp",
                    ll_below_one(out->now, 3), ll_below_one(out->now_lo, 3), ll_below_one(out->now_hi, 3));
    ll_json_str(o, "title", ll_str_text(&title));
    ll_str_free(&title);
    ll_json_str(o, "device", q->transfer->device);
    ll_json_str(o, "predictor", q->transfer->predictor->name);
    ll_json_str(o, "sampler", q->transfer->sampler);
    ll_json_int(o, "k", q->transfer->samples.n);
    ll_json_int(o, "cost", q->transfer->measured.n);
    ll_json_num(o, "spearman", loss->score);
    ll_json_num(o, "ceiling", noise->ceiling);
    ll_json_num(o, "expected", out->now);
    ll_json_num(o, "expected_lo", out->now_lo);
    ll_json_num(o, "expected_hi", out->now_hi);
    sort_parts(parts, 4);
    ll_json_str(o, "main_cause", known ? parts[0].key : NULL);
    if (known) ll_result_columns(o, columns);
    cJSON *rows = known ? ll_json_arr(o, "rows") : NULL;
    for (int i = 0; i < 4 && known; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "part", parts[i].key);
        ll_json_num(row, "size", parts[i].size);
        ll_json_str(row, "why", parts[i].sentence);
    }
    if (known && loss->score > .98) ll_result_note(o, "it transfers well: there is little to explain");
    if (known)
        ll_result_note(o, "%.3f are missing to a perfect ranking; the largest part, %.3f, is due to %s",
                       1 - loss->score, parts[0].size, parts[0].sentence);
    else
        ll_result_note(
            o,
            "%d latencies are known and all are samples: a score, and what it lacks, takes some that "
            "are not; about 10 more give a first one",
            noise->audit.known);
    ll_emit(rq, o);
}
