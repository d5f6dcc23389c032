#include "core/space/own/template_check.h"

#include <string.h>

#include "core/base/rng.h"
#include "core/base/str.h"

enum { LISTED = 4096, DRAWN = 512, TRIED = 64 };

typedef struct check {
    const ll_template *t;
    const ll_template_position *positions;
    int n;
    const ll_rule *rules;
    int n_rules;
    bool any;                        /* one was good: */
    uint8_t good[LL_MAX_POSITIONS];  /* the first of them */
    uint8_t wrong[LL_MAX_POSITIONS]; /* the one that is not */
} check;

static void canonical(const check *k, const uint8_t *gene, bool *active, uint8_t *out)
{
    ll_rules_active(k->rules, k->n_rules, gene, k->n, active);
    for (int p = 0; p < k->n; p++) out[p] = active[p] ? gene[p] : 0;
}

static bool builds(const check *k, const uint8_t *gene, ll_error *e)
{
    uint8_t own[LL_MAX_POSITIONS];
    bool active[LL_MAX_POSITIONS];
    ll_layer layers[LL_MAX_LAYERS];
    canonical(k, gene, active, own);
    return ll_template_layers(k->t, own, active, layers, LL_MAX_LAYERS, e) > 0;
}

static bool try(check *k, const uint8_t *gene)
{
    bool good = builds(k, gene, NULL);
    if (!good || !k->any) memcpy(good ? k->good : k->wrong, gene, (size_t)k->n);
    k->any |= good;
    return good;
}

/* --- which --- */

/* The next gene in the order of numbers. */
static bool next(const check *k, uint8_t *gene)
{
    for (int p = k->n - 1; p >= 0; p--) {
        if (++gene[p] < k->positions[p].n_choices) return true;
        gene[p] = 0;
    }
    return false;
}

static bool few(const check *k)
{
    double genes = 1;
    for (int p = 0; p < k->n; p++) genes *= k->positions[p].n_choices;
    return genes <= LISTED;
}

/* All neighbours of a gene, one choice after the other. */
static bool try_around(check *k, uint8_t *gene)
{
    bool good = try(k, gene);
    for (int p = 0; p < k->n && good; p++) {
        uint8_t kept = gene[p];
        for (int i = 0; i < k->positions[p].n_choices && good; i++) {
            gene[p] = (uint8_t)i;
            good = try(k, gene);
        }
        gene[p] = kept;
    }
    return good;
}

static void draw(const check *k, ll_rng *rng, uint8_t *gene)
{
    for (int p = 0; p < k->n; p++) gene[p] = (uint8_t)ll_rng_below(rng, k->positions[p].n_choices);
}

static bool try_all(check *k)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_rng rng = ll_rng_new(1, LL_STREAM_DATA);
    if (few(k)) {
        do
            if (!try(k, gene)) return false;
        while (next(k, gene));
        return true;
    }
    if (!try_around(k, gene)) return false;
    for (int p = 0; p < k->n; p++) gene[p] = (uint8_t)(k->positions[p].n_choices - 1);
    bool good = try_around(k, gene);
    for (int i = 0; i < DRAWN && good; i++) {
        draw(k, &rng, gene);
        good = try(k, gene);
    }
    return good;
}

/* --- what is wrong with it --- */

static void adopt(check *k, const uint8_t *gene)
{
    if (!k->any && (k->any = builds(k, gene, NULL))) memcpy(k->good, gene, (size_t)k->n);
}

/* The first one tried is wrong: is there any that is not? One that differs in much tells more than a neighbour. */
static void look_for_a_good_one(check *k)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_rng rng = ll_rng_new(2, LL_STREAM_DATA);
    for (int p = 0; p < k->n; p++) gene[p] = (uint8_t)(k->positions[p].n_choices - 1);
    adopt(k, gene);
    for (int i = 0; i < TRIED && !k->any; i++) {
        draw(k, &rng, gene);
        adopt(k, gene);
    }
    memcpy(gene, k->wrong, sizeof gene);
    for (int p = 0; p < k->n && !k->any; p++) {
        for (int i = 0; i < k->positions[p].n_choices; i++) {
            gene[p] = (uint8_t)i;
            adopt(k, gene);
        }
        gene[p] = k->wrong[p];
    }
}

/* Takes back from the wrong one all that it need not have to be wrong, in favour of a good one. */
static void blame(check *k, bool *guilty)
{
    for (int p = 0; p < k->n; p++) {
        uint8_t kept = k->wrong[p];
        k->wrong[p] = k->good[p];
        guilty[p] = builds(k, k->wrong, NULL);
        if (guilty[p]) k->wrong[p] = kept;
    }
}

static void name_guilty(const check *k, const bool *guilty, ll_str *out)
{
    int n = 0, named = 0;
    for (int p = 0; p < k->n; p++) n += guilty[p];
    for (int p = 0; p < k->n; p++) {
        if (!guilty[p]) continue;
        ll_str_addf(out, "%schoice %s of position %s",
                    !named           ? ""
                    : named + 1 == n ? " and "
                                     : ", ",
                    k->positions[p].choices[k->wrong[p]], k->positions[p].name);
        named++;
    }
    if (n) ll_str_add(out, n > 1 ? " together make no network: " : " makes no network: ");
}

static void name_network(const check *k, ll_str *out)
{
    uint8_t own[LL_MAX_POSITIONS];
    bool active[LL_MAX_POSITIONS];
    canonical(k, k->wrong, active, own);
    for (int p = 0; p < k->n; p++) ll_str_addf(out, "%s%s", p ? "|" : "", k->positions[p].choices[own[p]]);
}

static ll_status explain(check *k, ll_error *e)
{
    bool guilty[LL_MAX_POSITIONS] = {false};
    ll_str who = {0}, network = {0};
    ll_error why = {0};
    look_for_a_good_one(k);
    if (k->any) blame(k, guilty);
    builds(k, k->wrong, &why);
    name_guilty(k, guilty, &who);
    name_network(k, &network);
    ll_fail(e, LL_BAD_DATA, "%.300s%.400s (the network of %.200s)", ll_str_text(&who), why.message,
            network.s);
    ll_str_free(&network);
    ll_str_free(&who);
    return LL_BAD_DATA;
}

ll_status ll_template_check(const ll_template *t, const ll_template_position *positions, int n,
                            const ll_rule *rules, int n_rules, ll_error *e)
{
    check k = {.t = t, .positions = positions, .n = n, .rules = rules, .n_rules = n_rules};
    return try_all(&k) ? LL_OK : explain(&k, e);
}
