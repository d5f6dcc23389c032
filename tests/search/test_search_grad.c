/* Search by the gradient: the distribution and its derivatives against differences in double and against sums over all
 * architectures, the lookup table that is fitted, and what the method finds, keeps and refuses. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/search/soft.h"
#include "tests/gradcheck.h"
#include "tests/search/search_world.h"

/* Positions with different numbers of choices: 2 x 3 x 4. */
static const int unequal_choices[] = {2, 3, 4};
static const ll_space unequal = {.name = "unequal",
                                 .n_positions = 3,
                                 .n_ops = 4,
                                 .n_choices = unequal_choices,
                                 .parse = parse_toy,
                                 .format = format_toy,
                                 .facts = &ll_no_facts};
enum { UNEQUAL = 24, WIDTH = 4, SIZE = 12 };

static void unequal_at(int i, uint8_t *g)
{
    g[0] = (uint8_t)(i / 12), g[1] = (uint8_t)(i / 4 % 3), g[2] = (uint8_t)(i % 4);
}

static void scatter(ll_soft *s, double *table, uint64_t seed)
{
    ll_rng rng = ll_rng_new(seed, LL_STREAM_DATA);
    for (int i = 0; i < ll_soft_size(s); i++) {
        s->alpha[i] = ll_rng_normal(&rng);
        if (table) table[i] = ll_rng_normal(&rng);
    }
    ll_soft_renew(s);
}

/* --- the distribution --- */

static void probabilities_sum_to_one(void)
{
    ll_soft s;
    uint8_t g[3];
    double sum = 0;
    ll_soft_init(&s, &unequal);
    CHECK_INT(ll_soft_size(&s), SIZE);
    CHECK_NEAR(ll_soft_entropy(&s), 1, 1e-12);
    scatter(&s, NULL, 3);
    s.alpha[5] = 800; /* no overflow */
    ll_soft_renew(&s);
    CHECK_NEAR(s.p[5], 1, 1e-12);
    for (int i = 0; i < UNEQUAL; i++) {
        unequal_at(i, g);
        sum += exp(ll_soft_log_p(&s, g, 0, NULL));
    }
    CHECK_NEAR(sum, 1, 1e-12);
    CHECK(s.p[2] == 0 && s.p[3] == 0 && s.p[7] == 0); /* beyond the choices */
    ll_soft_mode(&s, g);
    CHECK_INT(g[1], 1);
    for (int i = 0; i < SIZE; i += WIDTH) s.alpha[i] = 1000;
    ll_soft_renew(&s);
    CHECK_NEAR(ll_soft_entropy(&s), 0, 1e-12);
    ll_soft_free(&s);
}

static void draws_follow_it(void)
{
    enum { N = 100000 };
    ll_soft s;
    double count[SIZE] = {0};
    uint8_t g[3];
    ll_rng rng = ll_rng_new(5, LL_STREAM_SEARCH);
    ll_soft_init(&s, &unequal);
    scatter(&s, NULL, 4);
    for (int i = 0; i < N; i++) {
        ll_soft_draw(&s, &rng, g);
        for (int p = 0; p < 3; p++) count[ll_soft_at(&s, p, g[p])]++;
    }
    for (int i = 0; i < SIZE; i++)
        CHECK_NEAR(count[i] / N, s.p[i], 5 * sqrt(s.p[i] * (1 - s.p[i]) / N) + 1e-12);
    ll_soft_free(&s);
}

/* --- gradients --- */

typedef struct slope {
    ll_soft *s;
    const double *table;
    const uint8_t *gene;
    double (*of)(struct slope *at);
} slope;

static double value_of(void *ctx)
{
    slope *at = ctx;
    ll_soft_renew(at->s);
    return at->of(at);
}

static double expected_of(slope *at)
{
    return ll_soft_expected(at->s, at->table, 0, NULL);
}

static double log_p_of(slope *at)
{
    return ll_soft_log_p(at->s, at->gene, 0, NULL);
}

/* A score of whole architectures that no sum over positions gives. */
static double tangled(const uint8_t *g)
{
    return sin(1 + g[0] + 3 * g[1] * g[2]) + (g[0] == 1 && g[2] == 2);
}

static double expected_score(slope *at)
{
    uint8_t g[3];
    double sum = 0;
    for (int i = 0; i < UNEQUAL; i++) {
        unequal_at(i, g);
        sum += exp(ll_soft_log_p(at->s, g, 0, NULL)) * tangled(g);
    }
    return sum;
}

static void gradients_are_differences(void)
{
    ll_soft s;
    double table[SIZE], g[SIZE];
    uint8_t gene[] = {1, 2, 0};
    ll_soft_init(&s, &unequal);
    for (uint64_t seed = 1; seed < 6; seed++) {
        scatter(&s, table, seed);
        slope at = {&s, table, gene, expected_of};
        memset(g, 0, sizeof g);
        ll_soft_expected(&s, table, 1, g);
        CHECK(ll_gradcheck(value_of, &at, s.alpha, g, SIZE, 1, 1e-5, NULL) < 1e-8);
        ll_soft_renew(&s);
        at.of = log_p_of;
        memset(g, 0, sizeof g);
        ll_soft_log_p(&s, gene, 1, g);
        CHECK(ll_gradcheck(value_of, &at, s.alpha, g, SIZE, 1, 1e-5, NULL) < 1e-8);
        ll_soft_renew(&s);
    }
    ll_soft_free(&s);
}

/* REINFORCE over all architectures, each with its probability, is the derivative of the expected score; a baseline changes
 * nothing. */
static void reinforce_is_the_derivative_of_the_expected_score(void)
{
    ll_soft s;
    double g[SIZE] = {0};
    uint8_t gene[3];
    ll_soft_init(&s, &unequal);
    scatter(&s, NULL, 9);
    for (int i = 0; i < UNEQUAL; i++) {
        unequal_at(i, gene);
        double p = exp(ll_soft_log_p(&s, gene, 0, NULL));
        ll_soft_log_p(&s, gene, p * (tangled(gene) - .7), g);
    }
    slope at = {.s = &s, .of = expected_score};
    CHECK(ll_gradcheck(value_of, &at, s.alpha, g, SIZE, 1, 1e-5, NULL) < 1e-8);
    ll_soft_free(&s);
}

/* --- the lookup table --- */

static void a_sum_over_positions_is_fitted_exactly(void)
{
    enum { N = 300 };
    ll_soft s;
    double y[N], table[30], fixed;
    uint8_t genes[3 * N];
    ll_rng rng = ll_rng_new(1, LL_STREAM_SEARCH);
    ll_soft_init(&s, &cube);
    for (int i = 0; i < N; i++) {
        ll_soft_draw(&s, &rng, genes + 3 * i);
        y[i] = i % 7 ? cube_ms(genes + 3 * i) : NAN;
    }
    CHECK_NEAR(ll_soft_fit(&s, genes, y, N, table, &fixed), 1, 1e-12);
    for (int i = 0; i < N; i++) {
        double sum = fixed;
        for (int p = 0; p < 3; p++) sum += table[ll_soft_at(&s, p, genes[3 * i + p])];
        CHECK_NEAR(sum, cube_ms(genes + 3 * i), 1e-9);
    }
    for (int j = 1; j < 10; j++) CHECK_NEAR(table[10 + j] - table[10 + j - 1], .5, 1e-9);
    ll_soft_free(&s);
}

/* What a product of two positions leaves is no sum: the share explained is that of the best sum, by hand. Of x y with x and y
 * -1 or 1 alike nothing, of x y + x half. */
static void what_is_no_sum_is_not_explained(void)
{
    uint8_t genes[UNEQUAL * 3];
    double y[UNEQUAL], table[SIZE], fixed;
    ll_soft s;
    ll_soft_init(&s, &unequal);
    for (int part = 0; part < 2; part++) {
        for (int i = 0; i < UNEQUAL; i++) {
            unequal_at(i, genes + 3 * i);
            double a = genes[3 * i] ? 1 : -1, b = genes[3 * i + 2] % 2 ? 1 : -1;
            y[i] = 4 + a * b + part * a;
        }
        CHECK_NEAR(ll_soft_fit(&s, genes, y, UNEQUAL, table, &fixed), part * .5, 1e-12);
        CHECK_NEAR(fixed, 4, 1e-12);
        CHECK_NEAR(table[1] - table[0], part * 2, 1e-12);
    }
    for (int i = 0; i < UNEQUAL; i++) y[i] = NAN;
    CHECK(isnan(ll_soft_fit(&s, genes, y, UNEQUAL, table, &fixed)));
    ll_soft_free(&s);
}

/* --- the trace --- */

static void a_long_trace_is_thinned_evenly(void)
{
    ll_soft s;
    ll_trace t = {0};
    ll_soft_init(&s, &unequal);
    for (long i = 0; i < 1000; i++) {
        s.p[0] = (double)i;
        ll_trace_add(&t, &s, &(ll_trace_step){.step = i, .evaluations = 3 * i});
    }
    CHECK(t.n > LL_TRACE_MOST / 2 - 2 && t.n <= LL_TRACE_MOST);
    for (int i = 0; i < t.n; i++) {
        CHECK_INT(t.steps[i].step, i * t.every);
        CHECK_NEAR(t.p[i * SIZE], (double)(i * t.every), 0);
    }
    CHECK_INT(t.latest.step, 999);
    CHECK_NEAR(t.latest_p[0], 999, 0);
    ll_trace_free(&t);
    ll_soft_free(&s);
}

/* --- the method --- */

static void open_world(world *w)
{
    world_open(w, 0);
    w->o.batch = 10;
    w->o.steps = 1000;
    w->o.lr = .1;
    w->o.lambda = -1;
}

/* Its choice is within and, of a summit that steps lead up to, as good as the best or a step below. */
static void the_best_within_the_limits_is_found(void)
{
    world w;
    open_world(&w);
    w.p.q[2].max = 9;
    for (double max = 4; max < 18; max += 3.1) {
        w.p.q[1].max = max;
        ll_search s = world_search(&w, "gradient");
        uint8_t best[3] = {0};
        cube_at(&cube, best_by_hand(max, 9), best);
        CHECK(s.best >= 0 && s.excess[s.best] == 0);
        CHECK(ll_search_values(&s, s.best)[0] >= cube_score(best) - 1);
        CHECK_NEAR(s.trace.explained, 1, 1e-9);
        ll_search_free(&s);
    }
    world_close(&w);
}

/* The table is exact here: what it expects of the draws is what their mean is about, and with the multiplier it comes to the
 * limit. */
static void the_expected_latency_comes_to_the_limit(void)
{
    world w;
    open_world(&w);
    w.p.q[1].max = 7;
    ll_search s = world_search(&w, "gradient");
    double expected = 0, drawn = 0;
    int half = s.trace.n / 2;
    for (int i = half; i < s.trace.n; i++) {
        expected += s.trace.steps[i].expected / (s.trace.n - half);
        drawn += s.trace.steps[i].drawn / (s.trace.n - half);
    }
    CHECK_NEAR(expected, 7, .7);
    CHECK_NEAR(drawn, expected, .2);
    CHECK(s.trace.steps[0].expected > 8.8 && s.trace.steps[0].lambda == 0);
    CHECK(s.trace.latest.entropy < .5);
    ll_search_free(&s);
    world_close(&w);
}

static void a_larger_lambda_is_faster(void)
{
    static const double lambdas[] = {0, .5, 2, 20};
    double before = INFINITY;
    world w;
    open_world(&w);
    for (int i = 0; i < 4; i++) {
        w.o.lambda = lambdas[i];
        ll_search s = world_search(&w, "gradient");
        CHECK(s.trace.latest.expected < before);
        CHECK_NEAR(s.trace.latest.lambda, lambdas[i], 0);
        before = s.trace.latest.expected;
        ll_search_free(&s);
    }
    CHECK(before < 1.5); /* all but the fastest, 1 ms */
    world_close(&w);
}

static void budgets_and_seeds_are_kept(void)
{
    static const long budgets[] = {1, 3, 19, 137};
    world w;
    open_world(&w);
    w.p.q[1].max = 9;
    for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++) {
        w.o.budget = budgets[b];
        w.o.seed = 1;
        ll_search one = world_search(&w, "gradient"), same = world_search(&w, "gradient");
        w.o.seed = 2;
        ll_search other = world_search(&w, "gradient");
        CHECK_INT(one.evaluations, budgets[b]);
        CHECK_INT(one.archs->n, budgets[b]);
        CHECK(ll_archs_same(one.archs, same.archs) && one.best == same.best);
        CHECK(!ll_archs_same(one.archs, other.archs));
        CHECK_INT(one.trace.n, same.trace.n);
        CHECK(!memcmp(one.trace.p, same.trace.p, (size_t)(one.trace.n * one.trace.size) * sizeof(double)));
        ll_search_free(&one);
        ll_search_free(&same);
        ll_search_free(&other);
    }
    world_close(&w);
}

static void without_a_limit_it_wants_lambda(void)
{
    world w;
    ll_search s;
    ll_error e = {0};
    open_world(&w);
    CHECK_INT(ll_search_run(&ll_search_gradient, &w.p, &w.o, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "lambda=");
    world_close(&w);
}

/* Asks `*ctx` times more whether it should stop. */
static bool stop_after(void *ctx)
{
    int *left = ctx;
    return (*left)-- <= 0;
}

static void what_was_met_is_there_after_a_stop(void)
{
    world w;
    open_world(&w);
    w.p.q[1].max = 9;
    for (int asks = 0; asks < 12; asks += 3) {
        int left = asks;
        ll_observer observer = {.cancelled = stop_after, .ctx = &left};
        ll_search s;
        ll_error e = {0};
        w.o.observer = &observer;
        ll_status status = ll_search_run(&ll_search_gradient, &w.p, &w.o, &s, &e);
        CHECK_INT(status, LL_CANCELLED);
        CHECK(s.archs->n == s.evaluations);
        CHECK(s.trace.n <= s.n_steps);
        ll_search_free(&s);
    }
    world_close(&w);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"probabilities sum to one", probabilities_sum_to_one},
        {"draws follow it", draws_follow_it},
        {"gradients are differences", gradients_are_differences},
        {"reinforce is the derivative of the expected score",
         reinforce_is_the_derivative_of_the_expected_score},
        {"a sum over positions is fitted exactly", a_sum_over_positions_is_fitted_exactly},
        {"what is no sum is not explained", what_is_no_sum_is_not_explained},
        {"a long trace is thinned evenly", a_long_trace_is_thinned_evenly},
        {"the best within the limits is found", the_best_within_the_limits_is_found},
        {"the expected latency comes to the limit", the_expected_latency_comes_to_the_limit},
        {"a larger lambda is faster", a_larger_lambda_is_faster},
        {"budgets and seeds are kept", budgets_and_seeds_are_kept},
        {"without a limit it wants lambda", without_a_limit_it_wants_lambda},
        {"what was met is there after a stop", what_was_met_is_there_after_a_stop},
        {0},
    };
    return check_main("test_search_grad", cases, argc, argv);
}
