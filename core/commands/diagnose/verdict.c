/* The verdict of `diagnose`: why a device transfers well or badly, in one paragraph, with the numbers that decide it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/text/json.h"
#include "core/commands/diagnose/diagnose.h"

/* A ranking so near to what can be expected has nothing to explain. */
static const double near = .02;

static const char *name_of(const ll_answers *a, int device)
{
    return a->q->data->devices[device].name;
}

/* --- the parts of the loss --- */

typedef struct part {
    const char *key;
    double size;
    const char *why;
} part;

enum { PARTS = 4 };

static bool by_learning(const ll_answers *a)
{
    return a->noise.ceiling_from && !strcmp(a->noise.ceiling_from, "learned");
}

/* Largest first. */
static void parts_of(const ll_answers *a, part *p)
{
    const ll_loss *l = &a->loss;
    const part parts[PARTS] = {
        {"noise", l->noise,
         by_learning(a) ? "noise, or structure that many latencies do not show gp either"
                        : "the device's own noise and ties, which no predictor gets back"},
        {"samples", l->samples, "this draw of samples, against the mean draw"},
        {"predictor", l->predictor, "this predictor, against gp on the same samples"},
        {"rest", l->rest, "sources unlike it, which so few samples cannot make up for"}};
    for (int i = 0; i < PARTS; i++) {
        int at = i;
        for (; at > 0 && p[at - 1].size < parts[i].size; at--) p[at] = p[at - 1];
        p[at] = parts[i];
    }
}

/* --- the sentences --- */

static const char *how_well(const ll_answers *a)
{
    double score = a->loss.score;
    return score >= a->noise.ceiling - near ? "as well as can be expected"
           : score >= .95                   ? "well"
           : score >= .8                    ? "fairly well"
           : score >= .3                    ? "badly"
                                            : "hardly better than chance";
}

static void say_score(const ll_answers *a, ll_str *out)
{
    ll_str_addf(out,
                "%s ranks %s %s: Spearman %.3f on the %d architectures that are no samples; the best that "
                "can be expected is %.3f.",
                a->q->transfer->predictor->name, a->q->transfer->device, how_well(a),
                ll_below_one(a->loss.score, 3), a->metrics.n, ll_below_one(a->noise.ceiling, 3));
}

static void say_no_order(const ll_answers *a, ll_str *out)
{
    ll_str_addf(out,
                "%s does not rank %s: what it predicts, or what was measured, is the same for all "
                "architectures.",
                a->q->transfer->predictor->name, a->q->transfer->device);
}

/* Nothing is known but the samples. */
static void say_outlook(const ll_answers *a, ll_str *out)
{
    const ll_outlook *o = &a->outlook;
    ll_str_addf(out,
                "How well %s ranks %s cannot be scored yet: of its %d %s fewer than 10 are left besides the "
                "%d %s.",
                a->q->transfer->predictor->name, a->q->transfer->device, a->noise.audit.known,
                ll_noun(a->noise.audit.known, "latency", "latencies"), a->q->transfer->samples.n,
                ll_noun(a->q->transfer->samples.n, "sample", "samples"));
    if (isnan(o->now)) return;
    ll_str_addf(
        out,
        " After what they and the sources say, gp expects Spearman %.3f (%.3f to %.3f in four of five "
        "cases)",
        ll_below_one(o->now, 3), ll_below_one(o->now_lo, 3), ll_below_one(o->now_hi, 3));
    if (isfinite(o->ceiling))
        ll_str_addf(out, ", and noise of about %.1f %% allows about %.3f", 100 * o->noise_share,
                    ll_below_one(o->ceiling, 3));
    ll_str_addc(out, '.');
}

static void say_samples(const ll_answers *a, ll_str *out)
{
    const ll_samples_report *r = &a->samples;
    ll_str_addf(
        out, "a poor draw of samples: gp gets %.3f from them, and %.3f on average from %d other draws by %s",
        ll_below_one(r->same_draw, 3), ll_below_one(r->mean, 3), r->n_draws, r->sampler);
}

static void say_predictor(const ll_answers *a, ll_str *out)
{
    ll_str_addf(out, "the predictor: gp gets %.3f from the same samples",
                ll_below_one(a->samples.same_draw, 3));
}

static void say_noise(const ll_answers *a, ll_str *out)
{
    if (by_learning(a))
        ll_str_addf(out,
                    "noise, or a structure so irregular that gp gets no farther than %.3f from %d %s of "
                    "the device itself",
                    ll_below_one(a->noise.learned, 3), a->noise.learned_n,
                    ll_noun(a->noise.learned_n, "latency", "latencies"));
    else
        ll_str_addf(out, "the device's own noise and equal latencies (by %s), which no predictor gets back",
                    a->noise.ceiling_from);
}

static void say_rest(const ll_answers *a, ll_str *out)
{
    ll_str_addf(out, "what the sources do not tell of it and %d %s cannot make up for",
                a->q->transfer->samples.n, ll_noun(a->q->transfer->samples.n, "sample", "samples"));
}

static void say_cause(const ll_answers *a, ll_str *out)
{
    static const struct {
        const char *key;
        void (*say)(const ll_answers *a, ll_str *out);
    } causes[] = {
        {"noise", say_noise}, {"samples", say_samples}, {"predictor", say_predictor}, {"rest", say_rest}};
    part parts[PARTS];
    parts_of(a, parts);
    if (1 - a->loss.score < near) return;
    ll_str_addf(out, " Of the %.3f that are missing to the perfect order the largest part, %.3f, is ",
                1 - a->loss.score, parts[0].size);
    for (int i = 0; i < PARTS; i++)
        if (!strcmp(parts[0].key, causes[i].key)) causes[i].say(a, out);
    ll_str_addc(out, '.');
}

static void say_others(const ll_answers *a, ll_str *out)
{
    const ll_sources_report *r = &a->sources;
    if (!r->n_others) return;
    const ll_source_likeness *s = &r->others[0];
    ll_str_addf(out, " %s, which is no source of task %s, has %.3f%s.", name_of(a, s->device),
                a->q->task->name, ll_below_one(ll_likeness(a->q, s), 3),
                s->same_hardware ? " (it is the same hardware)" : "");
}

static void say_likeness(const ll_answers *a, ll_str *out)
{
    const ll_sources_report *r = &a->sources;
    bool few = ll_diagnose_few(a->q);
    int at = few ? r->chosen : r->best;
    if (at < 0) {
        say_others(a, out);
        return;
    }
    const ll_source_likeness *s = &r->sources[at];
    double like = ll_likeness(a->q, s);
    if (few)
        ll_str_addf(out, " On the samples the most alike source is %s with %.3f (%.3f to %.3f).",
                    name_of(a, s->device), ll_below_one(like, 3), ll_below_one(s->lo, 3),
                    ll_below_one(s->hi, 3));
    else if (like < .8)
        ll_str_addf(out, " No source ranks the architectures as it does: the most alike, %s, has %.3f.",
                    name_of(a, s->device), ll_below_one(like, 3));
    else
        ll_str_addf(out, " The most alike source, %s, ranks the architectures to %.3f as it does.",
                    name_of(a, s->device), ll_below_one(like, 3));
    say_others(a, out);
}

static void say_price(const ll_answers *a, ll_str *out)
{
    const ll_price *p = a->no_prices.status ? NULL : ll_most_mispriced(&a->prices);
    if (!p) return;
    const ll_space *space = a->q->data->space;
    char *name = ll_choice_name(space, p->position, p->op);
    ll_str_addf(
        out,
        " Farthest from what the sources say is %s, which costs %.2f times as much here: %.1f %% of the mean "
        "latency in place of %s, instead of %.1f %%.",
        name, p->ratio, p->target, ll_choice_instead(space, p), p->source);
    free(name);
}

static void say_intervals(const ll_answers *a, ll_str *out)
{
    ll_str said = {0};
    ll_coverage_say(&said, a->metrics.coverage, a->metrics.level, a->metrics.n);
    if (said.len) ll_str_addf(out, " T%s.", ll_str_text(&said) + 1);
    ll_str_free(&said);
}

static void add_summary(cJSON *o, const ll_answers *a)
{
    ll_str text = {0};
    if (isnan(a->loss.score) && !ll_diagnose_few(a->q)) {
        say_no_order(a, &text);
    } else if (isnan(a->loss.score)) {
        say_outlook(a, &text);
    } else {
        say_score(a, &text);
        say_cause(a, &text);
    }
    say_likeness(a, &text);
    say_price(a, &text);
    say_intervals(a, &text);
    ll_json_str(o, "summary", ll_str_text(&text));
    ll_str_free(&text);
}

/* --- the result --- */

static void title_of(const ll_answers *a, ll_str *out)
{
    const ll_transfer *t = a->q->transfer;
    ll_str_addf(out, "Why %s transfers as it does (%s with %d %s by %s)", t->device, t->predictor->name,
                t->samples.n, ll_noun(t->samples.n, "sample", "samples"), t->sampler);
}

static void add_parts(cJSON *o, const ll_answers *a)
{
    static const ll_column columns[] = {{"part", "part of what is missing", NULL, -1},
                                        {"size", "Spearman", NULL, 4},
                                        {"why", "because of", NULL, -1},
                                        {0}};
    part parts[PARTS];
    parts_of(a, parts);
    ll_json_str(o, "main_cause", parts[0].key);
    ll_result_columns(o, columns);
    cJSON *rows = ll_json_arr(o, "rows");
    for (int i = 0; i < PARTS; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "part", parts[i].key);
        ll_json_num(row, "size", parts[i].size);
        ll_json_str(row, "why", parts[i].why);
    }
}

void ll_emit_verdict(ll_request *rq, ll_answers *a)
{
    const ll_transfer *t = a->q->transfer;
    const ll_outlook *out = &a->outlook;
    ll_str title = {0};
    title_of(a, &title);
    cJSON *o = ll_answer_new(a, "diagnose", 0, ll_str_text(&title));
    ll_str_free(&title);
    ll_json_str(o, "predictor", t->predictor->name);
    ll_json_str(o, "sampler", t->sampler);
    ll_json_int(o, "k", t->samples.n);
    ll_json_int(o, "cost", t->measured.n);
    ll_json_num(o, "spearman", a->loss.score);
    ll_json_num(o, "ceiling", a->noise.ceiling);
    ll_json_num(o, "expected", out->now);
    ll_json_num(o, "expected_lo", out->now_lo);
    ll_json_num(o, "expected_hi", out->now_hi);
    ll_json_num(o, "coverage", a->metrics.coverage);
    ll_json_str(
        o, "coverage_fault",
        ll_coverage_fault_name(ll_coverage_judge(a->metrics.coverage, a->metrics.level, a->metrics.n)));
    add_summary(o, a);
    if (!isnan(a->loss.score)) add_parts(o, a);
    ll_answer_emit(rq, a, o);
}
