/* search: the architecture to deploy. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/commands/search/alpha.h"
#include "core/commands/search/proxy.h"
#include "core/commands/search/published.h"
#include "core/commands/search/report.h"
#include "core/commands/search/verify.h"

/* --- the command --------------------------------------------------------------------------------------------- */

/* Other than the predictors of the setup where verifying has taught them: those are in the state by now. */
static ll_found *found_of(ll_request *rq, const ll_search_setup *setup, const cJSON *result)
{
    ll_found *f = ll_found_new(result);
    for (int k = 0; k < setup->problem.n; k++) {
        if (setup->adapted[k])
            ll_found_went_by(f, &rq->state, setup->adapted[k]->device, ll_word(&rq->args, "predictor"));
    }
    return f;
}

static ll_status report(ll_request *rq, ll_search_setup *setup, const ll_search *s,
                        const ll_verified *verified, double seconds, bool stopped)
{
    ll_outcome outcome;
    const ll_archs *candidates = setup->options.candidates;
    bool proxy = ll_has(&rq->args, "proxy"); /* the candidates were its choice, not the user's */
    if (proxy) setup->options.candidates = NULL;
    ll_outcome_of(s, verified ? verified->chosen : ll_search_choice(s), &outcome);
    setup->options.candidates = candidates;
    ll_search_report r = {setup, s, &outcome, verified, seconds, stopped, proxy ? s->archs->n : 0};
    cJSON *result = ll_search_result(rq, &r);
    cJSON *front =
        ll_int(&rq->args, "front") ? ll_search_front_result(result, ll_int(&rq->args, "front")) : NULL;
    ll_state_add_search(&rq->state, found_of(rq, setup, result));
    ll_emit(rq, result);
    if (front) ll_emit(rq, front);
    rq->commit_on_cancel = true;
    return LL_OK;
}

/* After the search, so that what was met is shown whatever comes. */
static ll_status verify_and_report(ll_request *rq, ll_search_setup *setup, ll_search *s, double seconds,
                                   bool stopped)
{
    ll_verified verified;
    if (stopped || !ll_int(&rq->args, "verify")) return report(rq, setup, s, NULL, seconds, stopped);
    double begun = ll_now_s();
    ll_status status = ll_search_verify(rq, setup, s, &verified);
    if (!status) ll_search_keep_learnt(rq, setup, &verified);
    if (!status) status = report(rq, setup, s, &verified, seconds + ll_now_s() - begun, false);
    ll_verified_free(&verified);
    ll_verify_release(&setup->problem);
    return status;
}

static ll_status run_one(ll_request *rq, ll_search_setup *setup)
{
    ll_search s;
    double begun = ll_now_s();
    ll_status status = ll_search_run(setup->method, &setup->problem, &setup->options, &s, &rq->error);
    if (status && status != LL_CANCELLED) return status;
    ll_status reported = verify_and_report(rq, setup, &s, ll_now_s() - begun, status == LL_CANCELLED);
    ll_search_free(&s);
    return status ? status : reported;
}

static ll_status run_search(ll_request *rq)
{
    if (ll_has(&rq->args, "protocol")) return ll_search_published(rq);
    ll_search_setup setup = {0};
    ll_status s = ll_search_setup_read(rq, &setup);
    if (!s && ll_has(&rq->args, "proxy")) s = ll_search_by_proxy(rq, &setup);
    if (!s) s = run_one(rq, &setup);
    ll_search_setup_free(&setup);
    return s;
}

static const ll_option search_options[] = {
    LL_OPT_LIST("device", NULL, "devices that a predictor is adapted to; default: the latest", LL_POSITIONAL,
                LL_OF(DEVICE)),
    LL_OPT_WORD("max", NULL, "latency limit on each device: 5, 5ms, 5000us; max:DEVICE= for one of them"),
    LL_OPT_WORD("score", NULL,
                "what to maximise: a score (`scores`), gp:NAME learnt from k= of its values, macs, params, "
                "or the mean "
                "rank of several joined by + (default: the score that most rows have)",
                LL_OF(SCORE)),
    LL_OPT_REAL("p", "0.9", .01, .999,
                "a latency is within its limit with at least this probability; .5: when its mean is"),
    LL_OPT_NAMES("method", NULL, ll_search_method_name,
                 "how to go about; default: exhaustive where that is possible, else evolution"),
    LL_OPT_REAL("budget", NULL, 1, 1e9, "architectures to evaluate at most; default: the method's own"),
    LL_OPT_REAL("seed", "1", 0, 9007199254740992, "of the search and of gp:"),
    LL_OPT_INT("k", "200", 8, 1e6, "gp: how many values to learn a score from"),
    LL_OPT_LIST("objectives", NULL,
                "what the front weighs: score, devices, macs, params, peak_kb (default: score and devices)",
                LL_ONE_OF("score|devices|macs|params|peak_kb")),
    LL_OPT_REAL("max_macs", NULL, 0, 1e18, "limit on multiply-adds"),
    LL_OPT_REAL("max_params", NULL, 0, 1e18, "limit on parameters"),
    LL_OPT_REAL("max_peak_kb", NULL, 0, 1e18, "limit on activations alive at a time, float32", .unit = "KiB"),
    LL_OPT_REAL("max_sram_kb", NULL, 0, 1e18, "the same in the bits of the space's numbers", .unit = "KiB"),
    LL_OPT_REAL("max_flash_kb", NULL, 0, 1e18, "limit on weights in these bits", .unit = "KiB"),
    LL_OPT_WORD("where", NULL, "conditions: connected, macs<1e8, cifar10>=90, joined by commas"),
    LL_OPT_WORD("archs", NULL, "only these: a file (a column `arch`, or one a line), - or STRING,...",
                LL_OF(FILE)),
    LL_OPT_WORD("walk", NULL, "list: only rows that have this score, the highest first", LL_OF(SCORE)),
    LL_OPT_INT("first", "3", 1, 1e6, "list: take the best of the first so many that are within"),
    LL_OPT_INT("population", "100", 4, 10000, "evolution, nsga2, ofa"),
    LL_OPT_INT("tournament", "25", 1, 10000, "evolution: parents are the best of so many"),
    LL_OPT_REAL("rate", NULL, 0, 1, "probability that a position changes; default: one in all positions"),
    LL_OPT_INT("batch", "10", 2, 10000, "gradient: architectures drawn a step"),
    LL_OPT_INT("steps", "1000", 1, 1e6, "gradient: steps of alpha at most"),
    LL_OPT_REAL("lr", "0.1", 1e-6, 100, "gradient: learning rate of alpha"),
    LL_OPT_REAL(
        "lambda", NULL, 0, 1e6,
        "gradient: what a latency as long as its limit weighs against going from the lowest score to the "
        "highest; default: as much as the limit takes"),
    LL_OPT_BOOL("predicted", "off", "go by predictions alone, also where the device was measured"),
    LL_OPT_INT("front", "0", 0, 1e6, "list so many members of the front, the fastest first"),
    LL_OPT_INT("verify", "0", 0, 1e5, "measure up to so many architectures on which the choice depends"),
    LL_OPT_BOOL("gate", "on",
                "verify: off measures the best that are predicted within, whatever their intervals say"),
    LL_OPT_CHOICE("by", "table", "table|host|csv",
                  "verify: look them up in the dataset, measure them here, or write a list to be filled in"),
    LL_OPT_WORD("file", "verify.csv", "verify by=csv: the list, and once it is filled in, the answers",
                LL_OF(FILE)),
    LL_OPT_REAL("seconds_per_measurement", NULL, 0, 1e9, "count measuring and training in the seconds",
                .unit = "s"),
    LL_OPT_WORD(
        "proxy", NULL,
        "find the front on this device of the dataset, then look its members up on the target (OneProxy)",
        LL_OF(DEVICE)),
    LL_OPT_CHOICE("protocol", NULL, "help|ofa",
                  "HELP's Table 4 or 5 with the current predictor, adapted to each device anew"),
    LL_OPT_INT("samples", "10", 1, 1e6, "protocol: measured on each device"),
    LL_OPT_WORD("sampler", "random", "protocol: how they are chosen", LL_OF(SAMPLER)),
    LL_OPT_LIST("with", NULL, "protocol: options of the predictor's transfers, as in adapt=tune"),
    LL_OPT_INT("seeds", "1", 1, 1000, "protocol: how often"),
    LL_OPT_WORD("predictor", NULL, "whose; table: the dataset's own latencies", LL_OF(PREDICTOR)),
    {0},
};

const ll_command ll_search_commands[] = {
    {.name = "search",
     .group = "predict",
     .summary = "Find the architecture to deploy: the best score within latency limits",
     .options = search_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_search,
     .more_options = ll_search_limits,
     .help =
         "Maximises a score subject to limits on every device named, by the predictors adapted to them, "
         "and keeps the\n"
         "front of score against latency: front=20 lists it, `plot front` and view 9 draw it. Ctrl-C "
         "keeps what was found.\n"
         "\n"
         "A latency is within its limit when its p-quantile is (\"at most, with it\"); the 90 % interval "
         "beside it has two\n"
         "sides. Where the dataset knows the truth of all that could be chosen, it says how good the "
         "answer is: beyond a\n"
         "limit or not, regret (the best score truly within the limits less that of the choice), "
         "hypervolume (what the front\n"
         "dominates, latency and score between 0 and 1 over the table; predicted fronts beyond the table "
         "may exceed 1) and\n"
         "IGD+ (how far the true front is from it; 0: all of it was found).\n"
         "\n"
         "method=gradient is ProxylessNAS without a supernet: each position has a probability for each "
         "choice, "
         "which climb by\n"
         "the score of what is drawn and fall by the latency that a lookup table expects; lambda= says what "
         "latency weighs, else\n"
         "it rises until the limit is kept. `plot alpha` and view 5 show the probabilities.\n"
         "\n"
         "verify=N measures only where the decision is open: architectures better than what is safe "
         "whose interval straddles\n"
         "the limit, then the choice itself. Each measurement is learnt from before the next is chosen, "
         "and stays learnt. The\n"
         "decision is closed when nothing that was not measured could change it. by=csv writes them as a "
         "list: fill it in,\n"
         "give the same command again, and if more is open once more with another file=.",
     .examples = "  search mine max=3 front=20\n"
                 "  search mine max=3 verify=5 by=host\n"
                 "  search fpga,pixel2 max=5 max:pixel2=20 score=cifar100 p=.5\n"
                 "  search raspi4 method=nsga2 score=gp:nwot budget=50000\n"
                 "  search mine max=4 max_params=1e6 where=connected"},
    {0},
};
