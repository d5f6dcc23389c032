#include "core/app/topics.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/encode/encoding.h"
#include "core/predict/predictor.h"
#include "core/proxies/proxies.h"
#include "core/sample/sampler.h"
#include "core/search/search.h"

/* What a record of a registry says of itself stands there alone; tests/app/test_topics.c finds copies. */
static const ll_topic glossary[] = {
    {"adapt|adaptation",
     "What `transfer` does: a pretrained predictor takes in the samples of a target device.",
     "help transfer"},
    {"architecture|arch",
     "One network of a search space: an operation at each position. In a table it has a row; the "
     "same architecture may have a row in one dataset and none in another. In files `arch` is its string "
     "or its index in the search space, and `row` its row in a table: columns that disagree are refused.",
     "arch 0 shows one"},
    {"budget",
     "Distinct latencies of the target that a method may look at, whatever for: samples, references, scales. "
     "Methods "
     "are compared at equal budgets, not at equal k. Of `search` it is the number of architectures "
     "evaluated.",
     "help compare"},
    {"calibration", "Do intervals hold what they promise? See coverage.", "help coverage"},
    {"coverage",
     "Share of the measured latencies that lie within the predicted intervals. Near the level the intervals "
     "promise "
     "(90 % unless told otherwise) they can be trusted; far below, they are too narrow. Of a device: the "
     "share of the "
     "architectures that have a latency.",
     "eval; help interval"},
    {"dataset",
     "A table of architectures by devices, in milliseconds; a cell that was not measured is missing, never "
     "0.",
     "datasets lists them, `help import` makes one"},
    {"device",
     "A column of latencies: hardware, batch size and runtime. Measured, or simulated by a cost model.",
     "devices lists them"},
    {"deviation|standard deviation|std|sd",
     "Root of the mean squared distance from the mean: how far values lie apart.", NULL},
    {"draw|draws",
     "A choice of samples by one seed. Another seed draws others, and a lucky draw predicts better.",
     "help seed; help trial"},
    {"dominance|pareto|front",
     "An architecture dominates another that is no better in any objective and worse in one. The front is "
     "what nobody "
     "dominates: the best score for each latency.",
     "help search"},
    {"encoding",
     "A vector for any architecture: of its operations, paths, costs, or learnt. Samplers and predictors "
     "work on it.",
     "encodings lists them"},
    {"few-shot|transfer learning",
     "Predicting a new device from a few measurements (k, often 5 to 20) and what other devices teach.",
     "help transfer"},
    {"MACs|mac|multiply-adds",
     "A multiplication and an addition. latlab counts MACs of one image where papers say FLOPs; some count "
     "each MAC as "
     "two.",
     "help roofline"},
    {"hardware embedding|embedding",
     "Numbers that stand for a device in a network such as nasflat's, learnt with it. A new device starts "
     "with "
     "those of the source that it is most alike, and its samples move them.",
     "help pretrain nasflat"},
    {"hypervolume",
     "The area that a front dominates, as a share of that between the best and the worst: one number "
     "for a whole front, 1 at most.",
     "help search"},
    {"interval|intervals",
     "A range that should hold the true latency with a stated probability, its level. Not every predictor "
     "gives one: "
     "`eval` shows the coverage of those that do.",
     "help coverage"},
    {"k|shots",
     "How many architectures are measured on the target: the samples. More cost more time on the device; "
     "5 to 20 do for most.",
     "how-many DEVICE says what to expect of which k"},
    {"kendall|tau",
     "Kendall's tau-b: the share of pairs ranked alike minus that of pairs ranked the other way, ties "
     "corrected for. 1 "
     "is the same order, 0 chance, -1 the reverse; lower than Spearman's for the same data.",
     "help spearman"},
    {"latency", "Time of one inference, in milliseconds, at the batch size the device says.", "help unit"},
    {"lookup table|look-up table|lut",
     "What parts of networks cost on one device, timed one by one: layers, blocks, or operations at "
     "positions. Sums "
     "of its rows stand for latencies; they mostly differ by a factor from what a whole network takes.",
     "help lut; `import lut`, `measure layers`, `transfer DEVICE profile=FILE` of the predictor lut"},
    {"mape|median_ape|ape",
     "Mean (or median) of |predicted - measured| / measured, in percent. Low values need good milliseconds, "
     "not only a "
     "good order.",
     "eval"},
    {"map",
     "What makes milliseconds of a score: a monotone line learnt on the samples, for predictors that only "
     "rank.",
     "eval"},
    {"noise ceiling|ceiling",
     "The best Spearman that any predictor can be expected to reach on a device, since its measurements "
     "themselves "
     "repeat no better: by ties, repeated measurements and networks that compute the same.",
     "diagnose DEVICE"},
    {"optimal design",
     "Choosing what to measure so that a model's uncertainty shrinks most, before any latency is known.",
     "help dopt; help ivr"},
    {"oracle", "A method that looks at what it should predict: a bound for study, of no use on a new device.",
     NULL},
    {"pearson", "Linear correlation of predicted and measured values: 1 when one is a line of the other.",
     "help spearman"},
    {"predictor", "A method that learns latencies from source devices and adapts to a target with k samples.",
     "predictors lists them"},
    {"pretrain|pretraining|pretrained",
     "Learning from the source devices of the task, before anything of the target is known.",
     "help pretrain"},
    {"protocol",
     "Which architectures are scored and which may be sampled. full: all but the samples. help: rows 900 to "
     "1899 (FBNet "
     "4000 to 4999), the middle 80 % by the target's own latency, as HELP does. authors: rows 0 to 127, as "
     "NASFLAT does. "
     "Numbers of two protocols are not comparable.",
     "help eval"},
    {"proxy device",
     "A source device that is measured often and stands for the target; few samples correct it.",
     "help adaproxy; help monotonicity"},
    {"reference",
     "HELP's ten published architectures whose latencies describe a device: measured on the target besides "
     "the samples, and counted in the budget.",
     "help budget"},
    {"regret",
     "What a search loses by its predictor: points of score between the architecture chosen and the best "
     "that "
     "truly keeps the limit.",
     "help violation"},
    {"residual",
     "Measured minus predicted latency. Residuals that go with an operation say which one is mispriced.",
     "plot residual; diagnose DEVICE"},
    {"rmse|rmse_ms", "Root of the mean squared error, in milliseconds: large errors count most.", "eval"},
    {"sample|samples", "The architectures measured on the target, chosen by a sampler. How many is k.",
     "help k; samplers lists what chooses them"},
    {"score",
     "Of an architecture: what a search maximises, an accuracy or a proxy. Of a predictor: what it ranks by, "
     "higher is slower.",
     "scores lists those of the data"},
    {"seed",
     "Where random draws begin. The same seed and data give the same numbers, with any number of threads.",
     NULL},
    {"source|source device|sources",
     "A device with many known latencies, to learn from. The task names them; none should be the target's "
     "own hardware.",
     "help task; help target"},
    {"space|search space",
     "Positions, and operations to choose from at each: all networks that may be built. One of your own is a "
     "file "
     "(data/SPACES.md): up to 64 positions of up to 32 choices each.",
     "spaces lists them"},
    {"spearman|rho",
     "Correlation of ranks, 1 for the same order, 0 for chance, -1 for the reverse: does the prediction put "
     "architectures in the right order? Choosing a network needs the order more than the milliseconds.",
     "help kendall; help noise ceiling"},
    {"target|target device", "The device to predict, of which few latencies are known.",
     "help source; help transfer"},
    {"tie|ties", "Equal latencies. They have no order, so they bound every rank correlation.",
     "help noise ceiling"},
    {"trial",
     "One transfer with one draw of samples. Results are means over trials, since one draw may be lucky.",
     "help compare"},
    {"unit", "Latencies are kept in milliseconds; an import says which unit it read.", "help import"},
    {"violation|violations",
     "A search chose an architecture that, measured, is beyond the limit it was to keep.", "help regret"},
    {"width|width_ms",
     "Mean width of the predicted intervals, in milliseconds: at equal coverage the narrower are better.",
     "help coverage"},
    {"within|within_5|within_10",
     "Share of architectures whose predicted latency is within 5 or 10 % of the measured.", "eval"},
    {"level", "Probability with which an interval is meant to hold the measured latency.", "help coverage"},
};

static bool term_at(int i, ll_topic *out)
{
    bool there = (size_t)i < sizeof glossary / sizeof *glossary;
    if (there) *out = glossary[i];
    return there;
}

static bool predictor_at(int i, ll_topic *out)
{
    const ll_predictor *p = ll_predictors[i];
    if (p) *out = (ll_topic){p->name, p->summary, p->paper};
    return p;
}

static bool sampler_at(int i, ll_topic *out)
{
    const ll_sampler *s = ll_samplers[i];
    if (s) *out = (ll_topic){s->name, s->summary, NULL};
    return s;
}

static bool encoding_at(int i, ll_topic *out)
{
    const ll_encoding *e = ll_encodings[i];
    if (e) *out = (ll_topic){e->name, e->summary, NULL};
    return e;
}

static bool proxy_at(int i, ll_topic *out)
{
    const ll_proxy *p = ll_proxies[i];
    if (p) *out = (ll_topic){p->name, p->summary, NULL};
    return p;
}

static bool method_at(int i, ll_topic *out)
{
    const ll_search_method *m = ll_search_methods[i];
    if (m) *out = (ll_topic){m->name, m->summary, NULL};
    return m;
}

const ll_shelf ll_shelves[] = {{"predictor", predictor_at},    {"sampler", sampler_at},
                               {"encoding", encoding_at},      {"zero-cost proxy", proxy_at},
                               {"search method", method_at},   {"term", term_at},
                               {"column", ll_topic_column_at}, {0}};

static bool same_name(const char *name, size_t len, const char *word)
{
    size_t typed = strlen(word);
    bool plural = typed == len + 1 && tolower((unsigned char)word[len]) == 's';
    return (typed == len || plural) && !strncasecmp(name, word, len);
}

bool ll_topic_is(const ll_topic *t, const char *word)
{
    for (const char *name = t->name; *name;) {
        size_t len = strcspn(name, "|");
        if (same_name(name, len, word)) return true;
        name += len + (name[len] == '|');
    }
    return false;
}

bool ll_topic_find(const char *word, ll_topic *out)
{
    bool found = false;
    ll_topic t;
    for (const ll_shelf *s = ll_shelves; s->what; s++)
        for (int i = 0; s->at(i, &t); i++) {
            bool term = s->at == term_at;
            if (!ll_topic_is(&t, word) || (found && !term)) continue; /* a term says more than a record */
            *out = t;
            found = true;
        }
    return found;
}

void ll_topic_brief(const ll_topic *t, ll_str *out)
{
    const char *end = t->text;
    while (*end && !(strchr(".?", *end) && (!end[1] || end[1] == ' '))) end++;
    ll_str_addn(out, t->text, (size_t)(end - t->text) + (*end != 0));
    if (!*end) ll_str_addc(out, '.');
}

void ll_topic_names(ll_strs *out)
{
    ll_topic t;
    for (const ll_shelf *s = ll_shelves; s->what && s->at != ll_topic_column_at; s++)
        for (int i = 0; s->at(i, &t); i++) {
            ll_str name = {0};
            ll_str_addn(&name, t.name, strcspn(t.name, "|"));
            if (!ll_strs_has(out, ll_str_text(&name))) ll_strs_add(out, ll_str_text(&name));
            ll_str_free(&name);
        }
}
