#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/near.h"
#include "core/commands/candidates.h"
#include "core/num/stats.h"
#include "core/space/moves.h"
#include "data/machines/codesign.h"

enum { DRAWN = 500, MOST_NETWORKS = 64 };

/* --- the budget --- */

static const struct {
    const char *key, *what;
    double least, most;
    bool whole;
} resources[] = {{"pe", "processing elements", 1, 1 << 20, true},
                 {"sram_kb", "KiB of all buffers together", 1. / 1024, 1 << 20, false},
                 {"bw", "bytes a cycle of DRAM", 1e-6, 1e6, false}};
enum { RESOURCES = sizeof resources / sizeof *resources };

static ll_status read_resource(const char *text, double *v, ll_error *e)
{
    const char *colon = strchr(text, ':');
    char *key = ll_strndup(text, colon ? (size_t)(colon - text) : strlen(text));
    ll_near near = ll_near_to(key);
    ll_status s = LL_OK;
    int at = 0;
    while (at < RESOURCES && strcmp(resources[at].key, key)) ll_near_offer(&near, resources[at++].key);
    if (at == RESOURCES) {
        s = ll_near_fail(&near, e, LL_USAGE, "pe, sram_kb and bw are, or the name of a published design",
                         "budget=%.60s: %.40s is no resource", text, key);
    } else {
        ll_near_free(&near);
        if (!colon || !ll_decimal_parse(colon + 1, &v[at]) ||
            !(v[at] >= resources[at].least && v[at] <= resources[at].most) ||
            (resources[at].whole && v[at] != floor(v[at])))
            s = ll_fail(e, LL_USAGE, "budget=%.60s: %s:N was expected, %s%s from %.3g to %.7g", text, key,
                        resources[at].whole ? "a whole number of " : "", resources[at].what,
                        resources[at].least, resources[at].most);
    }
    free(key);
    return s;
}

/* A published design's resources, some of them named otherwise: budget=eyeriss,pe:256 */
static ll_status read_budget(ll_request *rq, ll_codesign_setup *s)
{
    ll_strs words = {0};
    const ll_published_chip *like = ll_published_chip_find("eyeriss"), *named;
    ll_status status = LL_OK;
    ll_list_names(&rq->args, "budget", &words);
    for (int i = 0; i < words.n; i++)
        if ((named = ll_published_chip_find(words.v[i]))) like = named;
    double v[RESOURCES] = {(double)like->a.rows * like->a.cols, ll_accelerator_sram(&like->a) / 1024,
                           like->a.bw};
    for (int i = 0; i < words.n && !status; i++)
        if (!ll_published_chip_find(words.v[i])) status = read_resource(words.v[i], v, &rq->error);
    ll_strs_free(&words);
    s->problem.budget = (ll_budget_chip){(int)v[0], v[1] * 1024, v[2]};
    s->problem.bytes = ll_has(&rq->args, "bytes") ? ll_real(&rq->args, "bytes") : like->a.bytes;
    double least = s->problem.bytes * 3 * 2; /* a weight, an input and an output in L1 and in L2 */
    if (!status && s->problem.budget.sram_bytes < least)
        status = LL_FAIL(rq, LL_USAGE,
                         "sram_kb:%.4g is impossible: one weight, input and output in each of two "
                         "buffers take %.3g KiB",
                         v[1], least / 1024);
    return status;
}

/* --- networks --- */

static void draw_networks(ll_codesign_setup *s, int n)
{
    ll_rng rng = ll_rng_new(s->problem.set.seed, LL_STREAM_SOURCE_ARCHS);
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < n; i++) {
        ll_space_random(s->problem.space, &rng, gene);
        ll_archs_add(s->networks, gene, NULL);
    }
}

static ll_status name_networks(ll_request *rq, ll_codesign_setup *s, const char *text)
{
    ll_candidates from;
    ll_status status = ll_candidates_open(&from, rq, s->problem.space, text);
    if (status) return status;
    status = ll_candidates_next(&from, s->networks, MOST_NETWORKS + 1, &rq->error);
    ll_candidates_close(&from);
    if (!status && !s->networks->n)
        status = LL_FAIL(rq, LL_BAD_DATA, "networks=%.60s: no network was given", text);
    if (!status && s->networks->n > MOST_NETWORKS)
        status = LL_FAIL(rq, LL_USAGE, "networks=: at most %d", MOST_NETWORKS);
    return status;
}

static ll_status choose_networks(ll_request *rq, ll_codesign_setup *s)
{
    const char *text = ll_word(&rq->args, "networks");
    double n;
    s->networks = ll_archs_new(s->problem.space, 0);
    ll_status status = LL_OK;
    if (strncmp(text, "random:", 7))
        status = name_networks(rq, s, text);
    else if (ll_decimal_parse(text + 7, &n) && n >= 1 && n <= MOST_NETWORKS && n == floor(n))
        draw_networks(s, (int)n);
    else
        status = LL_FAIL(rq, LL_USAGE, "networks=%.60s: random:N with N from 1 to %d", text, MOST_NETWORKS);
    s->workloads = LL_NEW_ARRAY(ll_workload, s->networks->n + 1);
    for (int i = 0; i < s->networks->n && !status; i++) {
        ll_network network;
        status = ll_network_build(s->problem.space, ll_arch(s->networks, i), &network, &rq->error);
        if (!status) ll_workload_of(&network, s->problem.set.batch, &s->workloads[i]);
        if (!status && !s->workloads[i].n)
            status = LL_FAIL(rq, LL_BAD_DATA, "network %d has neither convolutions nor linear layers", i + 1);
    }
    s->problem.workloads = s->workloads;
    s->problem.n_workloads = s->networks->n;
    return status;
}

/* --- what is good enough --- */

double ll_codesign_score(const ll_codesign_setup *s, const uint8_t *gene)
{
    double score = NAN;
    ll_error e = {0};
    ll_archs *one = ll_archs_new(s->problem.space, 0);
    ll_archs_add(one, gene, NULL);
    if (ll_scorer_apply(s->scorer, one, NULL, NULL, &score, &e)) score = NAN;
    ll_archs_unref(one);
    return score;
}

static bool is_good(void *ctx, const uint8_t *gene)
{
    const ll_codesign_setup *s = ctx;
    return ll_codesign_score(s, gene) >= s->least;
}

/* The best of random networks, the first to be tried; and the score that a tenth of them reach. */
static ll_status look_around(ll_request *rq, ll_codesign_setup *s)
{
    ll_rng rng = ll_rng_new(s->problem.set.seed, LL_STREAM_SAMPLES);
    ll_archs *drawn = ll_archs_new(s->problem.space, 0);
    uint8_t gene[LL_MAX_POSITIONS];
    double scores[DRAWN], known[DRAWN];
    int n = 0, best = -1;
    for (int i = 0; i < DRAWN; i++) {
        ll_space_random(s->problem.space, &rng, gene);
        ll_archs_add(drawn, gene, NULL);
    }
    ll_status status = ll_scorer_apply(s->scorer, drawn, rq->observer, rq->pool, scores, &rq->error);
    for (int i = 0; i < drawn->n && !status; i++) {
        if (!isfinite(scores[i])) continue;
        known[n++] = scores[i];
        if (best < 0 || scores[i] > scores[best]) best = i;
    }
    if (!status && !n)
        status = LL_FAIL(rq, LL_FAILED, "score %s is known of none of %d random networks of %s", s->score,
                         DRAWN, s->problem.space->name);
    if (!status) {
        s->least =
            ll_has(&rq->args, "min_score") ? ll_real(&rq->args, "min_score") : ll_quantile(known, n, .9);
        memcpy(s->start, ll_arch(drawn, best), (size_t)s->problem.space->n_positions);
        if (scores[best] < s->least)
            status = LL_FAIL(rq, LL_FAILED, "min_score=%.6g: the best of %d random networks has %.6g",
                             s->least, DRAWN, scores[best]);
    }
    ll_archs_unref(drawn);
    return status;
}

static ll_status choose_score(ll_request *rq, ll_codesign_setup *s)
{
    ll_dataset *data = rq->state.data && rq->state.data->space == s->problem.space ? rq->state.data : NULL;
    const char *name = ll_word(&rq->args, "score");
    ll_scorer_job job = {.space = s->problem.space,
                         .data = data,
                         .k = 50,
                         .seed = s->problem.set.seed,
                         .observer = rq->observer,
                         .pool = rq->pool};
    if (!name) name = data && data->n_scores ? data->scores[0].name : "params";
    s->score = ll_strdup(name);
    ll_status status = ll_scorer_new(name, &job, &s->scorer, &rq->error);
    if (!status) status = look_around(rq, s);
    s->problem.good = is_good;
    s->problem.ctx = s;
    s->problem.start = s->start;
    s->problem.n_start = 1;
    return status;
}

/* --- all of it --- */

/* An option that the search does not look at is a mistake, not an ornament. */
static ll_status check_options(ll_request *rq, ll_codesign_kind kind)
{
    static const struct {
        const char *option;
        bool of[LL_SEARCH_BOTH + 1];
    } all[] = {{"networks", {[LL_SEARCH_ACCELERATOR] = true}},
               {"on", {[LL_SEARCH_NETWORK] = true}},
               {"budget", {[LL_SEARCH_ACCELERATOR] = true, [LL_SEARCH_BOTH] = true}},
               {"bytes", {[LL_SEARCH_ACCELERATOR] = true, [LL_SEARCH_BOTH] = true}},
               {"tries", {[LL_SEARCH_NETWORK] = true, [LL_SEARCH_BOTH] = true}},
               {"score", {[LL_SEARCH_NETWORK] = true, [LL_SEARCH_BOTH] = true}},
               {"min_score", {[LL_SEARCH_NETWORK] = true, [LL_SEARCH_BOTH] = true}}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!all[i].of[kind] && ll_given(&rq->args, all[i].option))
            return LL_FAIL(rq, LL_USAGE, "search=%s does not look at %s=", ll_word(&rq->args, "search"),
                           all[i].option);
    return LL_OK;
}

static ll_status choose_space(ll_request *rq, ll_codesign_setup *s)
{
    const char *name = ll_word(&rq->args, "space");
    ll_network network;
    uint8_t gene[LL_MAX_POSITIONS];
    ll_rng rng = ll_rng_new(1, LL_STREAM_SEARCH);
    if (!name && !rq->state.data) return LL_FAIL(rq, LL_USAGE, "space=NAME is missing: `spaces` lists them");
    ll_status status = LL_OK;
    if (name)
        status = ll_space_open(name, &s->problem.space, &rq->error);
    else
        s->problem.space = rq->state.data->space;
    if (status) return status;
    ll_space_random(s->problem.space, &rng, gene);
    return ll_network_build(s->problem.space, gene, &network, &rq->error);
}

ll_status ll_codesign_setup_read(ll_request *rq, ll_codesign_setup *s)
{
    s->kind = (ll_codesign_kind)(ll_is(&rq->args, "search", "network") ? LL_SEARCH_NETWORK
                                 : ll_is(&rq->args, "search", "both")  ? LL_SEARCH_BOTH
                                                                       : LL_SEARCH_ACCELERATOR);
    s->chip = ll_published_chip_find(ll_word(&rq->args, "on"));
    s->problem.set = (ll_chip_setting){.energy = &ll_eyeriss_energy,
                                       .goal = ll_is(&rq->args, "objective", "latency")  ? LL_GOAL_LATENCY
                                               : ll_is(&rq->args, "objective", "energy") ? LL_GOAL_ENERGY
                                                                                         : LL_GOAL_EDP,
                                       .batch = ll_int(&rq->args, "batch"),
                                       .seed = (uint64_t)ll_int(&rq->args, "seed"),
                                       .observer = rq->observer};
    s->problem.evaluations = ll_int(&rq->args, "evaluations");
    s->problem.per_accelerator = ll_int(&rq->args, "tries");
    s->problem.pool = rq->pool;
    if (s->kind == LL_SEARCH_NETWORK) s->problem.fixed = &s->chip->a;
    ll_status status = check_options(rq, s->kind);
    if (!status) status = choose_space(rq, s);
    if (!status) status = read_budget(rq, s);
    if (!status) status = s->kind == LL_SEARCH_ACCELERATOR ? choose_networks(rq, s) : choose_score(rq, s);
    return status;
}

void ll_codesign_setup_free(ll_codesign_setup *s)
{
    ll_archs_unref(s->networks);
    ll_scorer_free(s->scorer);
    free(s->workloads);
    free(s->score);
}
