/* How many architectures there are, and which is the n-th: against going through all genes, over drawn rules of activity. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"
#include "core/space/moves.h"
#include "core/space/own/listing.h"
#include "tests/check.h"

enum { MOST = 6 };

typedef struct drawn {
    int n, n_choices[MOST], n_rules;
    ll_rule rules[LL_MAX_RULES];
} drawn;

/* Rules point anywhere, but not in circles: a hidden order of the positions says which way. */
static drawn draw(ll_rng *rng)
{
    drawn d = {.n = 1 + ll_rng_below(rng, MOST)};
    int order[MOST], all[MOST] = {0, 1, 2, 3, 4, 5}, position;
    ll_rng_sample(rng, all, d.n, d.n, order);
    for (int p = 0; p < d.n; p++) d.n_choices[p] = 1 + ll_rng_below(rng, 4);
    for (int i = 1; i < d.n; i++)
        for (int k = ll_rng_below(rng, 3); k > 0; k--) {
            int on = order[ll_rng_below(rng, i)];
            uint32_t allowed = 1 + (uint32_t)ll_rng_below(rng, (1 << d.n_choices[on]) - 1);
            d.rules[d.n_rules++] = (ll_rule){order[i], on, allowed};
        }
    CHECK(ll_rules_order(d.rules, d.n_rules, &position));
    return d;
}

static bool is_canonical(const drawn *d, const uint8_t *gene)
{
    bool there[LL_MAX_POSITIONS];
    ll_rules_active(d->rules, d->n_rules, gene, d->n, there);
    for (int p = 0; p < d->n; p++)
        if (!there[p] && gene[p]) return false;
    return true;
}

static bool next(const drawn *d, uint8_t *gene)
{
    for (int p = d->n - 1; p >= 0; p--) {
        if (++gene[p] < d->n_choices[p]) return true;
        gene[p] = 0;
    }
    return false;
}

/* A position never hangs on one behind it: canonical order is that of the genes as numbers. */
static bool in_order(const drawn *d)
{
    for (int i = 0; i < d->n_rules; i++)
        if (d->rules[i].on > d->rules[i].position) return false;
    return true;
}

static void check_drawn(const drawn *d)
{
    ll_listing *l = ll_listing_new(d->n_choices, d->n, d->rules, d->n_rules);
    uint8_t gene[MOST] = {0}, again[MOST];
    char *seen = LL_NEW_ARRAY(char, 1 << 13);
    int n = 0, wrong = 0, shuffled = 0;
    if (!CHECK(l != NULL)) return;
    do {
        if (!is_canonical(d, gene)) continue;
        int index = ll_listing_index(l, gene);
        shuffled += index != n++;
        wrong += index < 0 || seen[index]++ || !ll_listing_at(l, index, again) ||
                 memcmp(gene, again, (size_t)d->n) != 0;
    } while (next(d, gene));
    CHECK_INT(wrong, 0);
    CHECK_INT(ll_listing_count(l), n);
    CHECK_NEAR(ll_count_archs(d->n_choices, d->n, d->rules, d->n_rules), n, 0);
    CHECK(!shuffled || !in_order(d));
    CHECK(!ll_listing_at(l, n, again) && !ll_listing_at(l, -1, again));
    gene[0] = 200;
    if (in_order(d)) CHECK_INT(ll_listing_index(l, gene), -1);
    ll_listing_free(l);
    free(seen);
}

static void all_genes_are_counted_once(void)
{
    ll_rng rng = ll_rng_new(5, LL_STREAM_DATA);
    for (int i = 0; i < 2000; i++) {
        drawn d = draw(&rng);
        check_drawn(&d);
    }
}

/* Each hangs on the one before it: one architecture more for every position and its second choice. */
static void long_chains_are_counted(void)
{
    int n_choices[LL_MAX_POSITIONS];
    ll_rule rules[LL_MAX_RULES];
    for (int p = 0; p < LL_MAX_POSITIONS; p++) n_choices[p] = 2;
    for (int p = 1; p < LL_MAX_POSITIONS; p++) rules[p - 1] = (ll_rule){p, p - 1, 2};
    CHECK_NEAR(ll_count_archs(n_choices, 64, rules, 63), 65, 0);
    CHECK_NEAR(ll_count_archs(n_choices, 64, NULL, 0), 18446744073709551616., 0);
    CHECK(!ll_listing_new(n_choices, 64, NULL, 0));
}

/* All depths stand before the blocks of all stages, so that in the order of the file 4^12 things are open at a time. */
static void groups_are_counted_apart(void)
{
    int n_choices[LL_MAX_POSITIONS], n = 0;
    ll_rule rules[LL_MAX_RULES];
    for (int p = 0; p < 60; p++) n_choices[p] = p < 12 ? 4 : 3;
    for (int p = 12; p < 60; p++) rules[n++] = (ll_rule){p, (p - 12) / 4, 0xfu << (p - 12) % 4 & 0xfu};
    double stage = 3 + 9 + 27 + 81;
    CHECK_NEAR(ll_count_archs(n_choices, 60, rules, n), pow(stage, 12), 1e6);
}

static void twenty_switches(int *n_choices, ll_rule *rules)
{
    for (int p = 0; p < 60; p++) n_choices[p] = p < 20 ? 2 : 1;
    for (int p = 20; p < 60; p++) rules[p - 20] = (ll_rule){p, (p * 7 + p / 20) % 20, 1u << p / 40};
}

/* A million architectures, and nearly as many states: they are not listed, and nothing is held for them. */
static void tangled_rules_are_not_listed(void)
{
    int n_choices[LL_MAX_POSITIONS];
    ll_rule rules[LL_MAX_RULES];
    twenty_switches(n_choices, rules);
    CHECK_NEAR(ll_count_archs(n_choices, 60, rules, 40), 1 << 20, 0);
    CHECK(!ll_listing_new(n_choices, 60, rules, 40));
}

static void spaces_have_counts(void)
{
    CHECK_NEAR(ll_space_count(ll_space_find("nasbench201")), 15625, 0);
    CHECK_NEAR(ll_space_count(ll_space_find("fbnet")), pow(9, 22), 1e6);
    CHECK_NEAR(ll_space_count(ll_space_find("ofa")), 25 * pow(81 + 729 + 6561, 5), 1e6);
    CHECK_NEAR(ll_space_count(ll_space_find("resnet_tiny")), 648, 0);
    CHECK_INT(ll_space_find("resnet_tiny")->n_archs, 648);
    CHECK_INT(ll_space_find("mobilenetv2")->n_archs, 0);
    /* Monte Carlo: the part of the genes that is canonical */
    const ll_space *s = ll_space_find("mcunet");
    double genes = 1, canonical = 0;
    enum { DRAWS = 200000 };
    ll_rng rng = ll_rng_new(1, LL_STREAM_DATA);
    for (int p = 0; p < s->n_positions; p++) genes *= ll_space_choices(s, p);
    for (int i = 0; i < DRAWS; i++) {
        uint8_t gene[LL_MAX_POSITIONS], own[LL_MAX_POSITIONS];
        for (int p = 0; p < s->n_positions; p++)
            gene[p] = own[p] = (uint8_t)ll_rng_below(&rng, ll_space_choices(s, p));
        ll_space_canonical(s, own);
        canonical += !memcmp(gene, own, (size_t)s->n_positions);
    }
    double part = ll_space_count(s) / genes;
    CHECK_NEAR(canonical / DRAWS, part, 5 * sqrt(part / DRAWS));
}

/* "3|-", "5|a", "5|b": what is typed as a number is an index where it can be nothing else. */
static const ll_space *stage(void)
{
    static const char text[] =
        "{\"name\": \"listing-stage\", \"positions\": [{\"name\": \"k\", \"choices\": [3, 5]},"
        " {\"name\": \"b\", \"choices\": [\"a\", \"b\"], \"when\": {\"k\": 5}}]}";
    cJSON *item = NULL;
    const ll_space *s = NULL;
    ll_error e = {0};
    CHECK_OK(ll_json_parse(text, strlen(text), &item, &e));
    CHECK_OK(ll_space_from_json(item, &s, &e));
    cJSON_Delete(item);
    return s;
}

static void numbers_are_indices(void)
{
    const ll_space *s = stage();
    ll_error e = {0};
    uint8_t gene[4];
    if (!s) return;
    CHECK_INT(s->n_archs, 3);
    CHECK_OK(ll_space_read(s, "2", gene, &e));
    CHECK(gene[0] == 1 && gene[1] == 1);
    CHECK_INT(s->index_of(s, gene), 2);
    CHECK_INT(ll_space_read(s, "3", gene, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "no architecture 3: expected 0..2");
    CHECK_INT(ll_space_read(s, "01", gene, &e), LL_BAD_DATA); /* two digits: two choices */
    CHECK_OK(ll_space_read(s, "001", gene, &e));
    CHECK(gene[0] == 1 && gene[1] == 0);
    CHECK_INT(ll_space_read(s, "9999999999999999999", gene, &e), LL_BAD_DATA);
    CHECK(!ll_space_is_index(s, "") && !ll_space_is_index(s, "-1") && !ll_space_is_index(s, "1 "));
    CHECK(!ll_space_is_index(ll_space_find("fbnet"), "1"));
    char *const ops[] = {(char *)"x", (char *)"y"};
    s = ll_space_define("listing-digits", 4, ops, 2, &e);
    if (!CHECK(s != NULL)) return;
    CHECK_INT(s->n_archs, 16);
    CHECK_OK(ll_space_read(s, "0110", gene, &e)); /* as ever */
    CHECK_INT(s->index_of(s, gene), 6);
    CHECK_OK(ll_space_read(s, "6", gene, &e));
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"all genes are counted once", all_genes_are_counted_once},
        {"long chains are counted", long_chains_are_counted},
        {"groups are counted apart", groups_are_counted_apart},
        {"tangled rules are not listed", tangled_rules_are_not_listed},
        {"spaces have counts", spaces_have_counts},
        {"numbers are indices", numbers_are_indices},
        {0},
    };
    return check_main("listing", cases, argc, argv);
}
