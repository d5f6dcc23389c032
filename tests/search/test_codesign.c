/* The cost model of accelerators against counts by hand and published ones, mappings against random ones, and the search. */
#include "core/codesign/codesign.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "data/machines/accelerators.h"
#include "tests/check.h"

/* --- nests by hand --- */

/* Four outputs channels (two side by side), two input channels, four pixels. */
static const ll_nest small = {.size = {1, 1, 4, 2, 1, 1, 4, 1}, .stride = 1};
static const ll_accelerator pair = {
    .rows = 2,
    .cols = 1,
    .l1_bytes = 1024,
    .l2_bytes = 1024,
    .bw = 4,
    .bytes = 1,
    .order = {LL_LOOP_K, LL_LOOP_S, LL_LOOP_R, LL_LOOP_N, LL_LOOP_G, LL_LOOP_C, LL_LOOP_Y, LL_LOOP_X}};
static const ll_prices unit = {1, 1, 1, 1, 1};

static ll_mapping by_hand(void)
{
    ll_mapping m;
    for (int d = 0; d < LL_LOOPS; d++) {
        m.inner[d] = m.spatial[d] = m.middle[d] = 1;
        m.at_l2[d] = m.at_dram[d] = (uint8_t)d; /* n g k c r s y x */
    }
    m.spatial[LL_LOOP_K] = 2;
    m.inner[LL_LOOP_Y] = 2;
    return m;
}

static void counts_are_those_by_hand(void)
{
    ll_mapping m = by_hand();
    m.middle[LL_LOOP_C] = 2; /* DRAM: k 2, y 2; L2: c 2 */
    ll_nest_cost c = ll_nest_price(&small, &pair, &unit, &m);
    CHECK_NEAR(c.macs, 32, 0);
    CHECK_NEAR(c.compute_cycles, 16, 0);
    CHECK_NEAR(c.dram_of[LL_WEIGHTS], 8, 0);  /* each once: they stay while y runs */
    CHECK_NEAR(c.dram_of[LL_INPUTS], 16, 0);  /* 8, again for the other two output channels */
    CHECK_NEAR(c.dram_of[LL_OUTPUTS], 16, 0); /* each once */
    CHECK_NEAR(c.l2_of[LL_WEIGHTS], 16, 0);   /* 2 for the PEs, for each of 2 k, 2 y, 2 c */
    CHECK_NEAR(c.l2_of[LL_INPUTS], 16, 0);    /* 2 pixels that both PEs get, 8 times */
    CHECK_NEAR(c.l2_of[LL_OUTPUTS], 16, 0);   /* they stay while c runs */
    CHECK_NEAR(c.array, 16 + 32 + 16, 0);
    CHECK_NEAR(c.l2, 48 + 40, 0);
    CHECK_NEAR(c.l1, 64 + 4 * 32, 0);
    CHECK_NEAR(c.energy, 32 + c.l1 + c.array + c.l2 + 40, 1e-9);
    CHECK_NEAR(c.cycles, 16, 0); /* DRAM 40 / 4, L2 48 / 3 = 16 */
    CHECK_NEAR(c.dram_cycles, 10, 0);
}

/* Input channels outermost: partial sums go to DRAM and come back. */
static void partial_sums_come_back(void)
{
    ll_mapping m = by_hand();
    m.at_dram[0] = LL_LOOP_C;
    m.at_dram[3] = LL_LOOP_N;
    ll_nest_cost c = ll_nest_price(&small, &pair, &unit, &m);
    CHECK_NEAR(c.dram_of[LL_OUTPUTS], 16 + 32, 0); /* 16 written twice and read once */
    CHECK_NEAR(c.dram_of[LL_INPUTS], 16, 0);
}

/* 3x3 of stride 2, two rows a tile: five rows of input each. */
static void inputs_cover_the_kernel(void)
{
    ll_nest n = {.size = {1, 1, 1, 1, 3, 3, 4, 4}, .stride = 2};
    ll_mapping m = by_hand();
    m.spatial[LL_LOOP_K] = 1;
    for (int d = LL_LOOP_R; d <= LL_LOOP_S; d++) m.inner[d] = 3;
    m.inner[LL_LOOP_X] = 4;
    ll_nest_cost c = ll_nest_price(&n, &pair, &unit, &m);
    CHECK_NEAR(c.dram_of[LL_INPUTS], 2 * 5 * 9, 0);
    CHECK_NEAR(c.dram_of[LL_WEIGHTS], 9, 0);
    CHECK_NEAR(c.dram_of[LL_OUTPUTS], 16, 0);
}

/* --- Eyeriss, as published --- */

/* AlexNet's convolutions, batch 4: Chen et al., JSSC 52(1), 2017, table V, PEs that are active. */
static const struct {
    ll_nest nest;
    double active;
} alexnet[] = {
    {{{4, 1, 96, 3, 11, 11, 55, 55}, 4}, 154},  {{{4, 2, 128, 48, 5, 5, 27, 27}, 1}, 135},
    {{{4, 1, 384, 256, 3, 3, 13, 13}, 1}, 156}, {{{4, 2, 192, 192, 3, 3, 13, 13}, 1}, 156},
    {{{4, 2, 128, 192, 3, 3, 13, 13}, 1}, 156},
};
enum { ALEXNET = sizeof alexnet / sizeof *alexnet };

static double active_pes(const ll_nest *n, const ll_accelerator *a)
{
    int spatial[LL_LOOPS];
    double pes = 1;
    ll_nest_spread(n, a, spatial);
    for (int d = 0; d < LL_LOOPS; d++) {
        int passes = (n->size[d] + spatial[d] - 1) / spatial[d];
        pes *= (double)n->size[d] / passes;
    }
    return pes;
}

static void eyeriss_is_as_busy_as_published(void)
{
    const ll_accelerator *a = &ll_published_chip_find("eyeriss")->a;
    for (int i = 0; i < ALEXNET; i++) {
        double pes = active_pes(&alexnet[i].nest, a);
        check_report(fabs(pes - alexnet[i].active) <= .02 * alexnet[i].active, __FILE__, __LINE__,
                     "layer %d: %g PEs of %g", i, pes, alexnet[i].active);
    }
}

/* .0029 accesses of DRAM a multiply-add with its runs of zeros compressed, so more without; 35 frames a second at 200 MHz. */
static void eyeriss_moves_and_takes_what_is_published(void)
{
    const ll_accelerator *a = &ll_published_chip_find("eyeriss")->a;
    ll_prices p = ll_prices_of(&ll_eyeriss_energy, a);
    double macs = 0, dram = 0, cycles = 0;
    for (int i = 0; i < ALEXNET; i++) {
        ll_mapping m;
        ll_nest_cost c;
        CHECK(ll_mapping_search(&alexnet[i].nest, a, &p, LL_GOAL_ENERGY, LL_MAPPING_KICKS, 1, &m, &c));
        macs += c.macs;
        dram += c.dram;
        cycles += c.cycles;
    }
    CHECK_NEAR(macs, 2.66e9, .01e9);
    check_report(dram / macs > .0029 && dram / macs < 2 * .0029, __FILE__, __LINE__, "%g accesses a MAC",
                 dram / macs);
    check_report(4 * 200e6 / cycles > 34.7 * .8 && 4 * 200e6 / cycles < 34.7 * 1.35, __FILE__, __LINE__,
                 "%g frames a second", 4 * 200e6 / cycles);
}

/* The published points, and more than the one for more. */
static void energy_grows_with_the_buffer(void)
{
    CHECK_NEAR(ll_buffer_energy(&ll_eyeriss_energy, 512), 1, 1e-12);
    CHECK_NEAR(ll_buffer_energy(&ll_eyeriss_energy, 102400), 6, 1e-12);
    CHECK(ll_buffer_energy(&ll_eyeriss_energy, 2048) > 1);
}

/* --- mappings --- */

static const ll_nest layers[] = {
    {{1, 1, 96, 3, 11, 11, 55, 55}, 4},  {{1, 2, 128, 48, 5, 5, 27, 27}, 1},
    {{1, 1, 384, 256, 3, 3, 13, 13}, 1}, {{1, 240, 1, 1, 5, 5, 14, 14}, 1},
    {{1, 1, 480, 80, 1, 1, 14, 14}, 1},  {{1, 1, 1000, 1280, 1, 1, 1, 1}, 1},
    {{1, 1, 16, 16, 3, 3, 32, 32}, 1},   {{4, 1, 64, 64, 3, 3, 8, 8}, 1},
};

static void no_random_mapping_is_better(void)
{
    enum { RANDOM = 10000 };
    for (const ll_published_chip *chip = ll_published_chips; chip->name; chip++)
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
            ll_prices p = ll_prices_of(&ll_eyeriss_energy, &chip->a);
            ll_mapping m;
            ll_nest_cost c;
            ll_rng rng = ll_rng_new(i + 1, LL_STREAM_SAMPLES);
            CHECK(ll_mapping_search(&layers[i], &chip->a, &p, LL_GOAL_EDP, LL_MAPPING_KICKS, 1, &m, &c));
            CHECK(ll_mapping_fits(&layers[i], &chip->a, &m));
            double ours = ll_goal_value(LL_GOAL_EDP, c.cycles, c.energy), best = INFINITY;
            for (int k = 0; k < RANDOM; k++) {
                ll_mapping other;
                ll_mapping_random(&layers[i], &chip->a, &rng, &other);
                ll_nest_cost d = ll_nest_price(&layers[i], &chip->a, &p, &other);
                best = fmin(best, ll_goal_value(LL_GOAL_EDP, d.cycles, d.energy));
            }
            check_report(ours <= best * (1 + 1e-12), __FILE__, __LINE__, "%s, layer %d: %g, random %g",
                         chip->name, (int)i, ours, best);
        }
}

/* No mapping does with less than each multiply-add on a PE, and each number from DRAM once. */
static void bounds_hold(void)
{
    ll_rng rng = ll_rng_new(1, LL_STREAM_SAMPLES);
    const ll_accelerator *a = &ll_published_chip_find("eyeriss")->a;
    ll_prices p = ll_prices_of(&ll_eyeriss_energy, a);
    const ll_nest *n = &layers[2];
    for (int i = 0; i < 1000; i++) {
        ll_mapping m;
        CHECK(ll_mapping_random(n, a, &rng, &m));
        ll_nest_cost c = ll_nest_price(n, a, &p, &m);
        if (c.compute_cycles < c.macs / (a->rows * a->cols) || c.dram_of[LL_WEIGHTS] < 384. * 256 * 9 ||
            c.dram_of[LL_OUTPUTS] < 384. * 13 * 13 || c.dram_of[LL_INPUTS] < 256. * 15 * 15 - 1e-9)
            CHECK(!"a bound");
    }
}

static void what_fits_no_buffer_is_said(void)
{
    ll_accelerator a = pair;
    ll_mapping m;
    ll_nest_cost c;
    a.l1_bytes = 2; /* three numbers of one byte do not fit */
    CHECK(!ll_mapping_search(&small, &a, &unit, LL_GOAL_EDP, 2, 1, &m, &c));
    a.l1_bytes = 3;
    CHECK(ll_mapping_search(&small, &a, &unit, LL_GOAL_EDP, 2, 1, &m, &c));
}

/* --- accelerators and the search --- */

static const ll_budget_chip eyeriss_budget = {.pe = 168, .sram_bytes = 192 * 1024, .bw = 2.4};

static void every_point_is_within_the_budget(void)
{
    ll_rng rng = ll_rng_new(5, LL_STREAM_SAMPLES);
    double x[LL_ACCELERATOR_GENES];
    for (int i = 0; i < 2000; i++) {
        for (int d = 0; d < LL_ACCELERATOR_GENES; d++) x[d] = ll_rng_uniform(&rng) * 1.4 - .2;
        if (i % 5 == 0) x[i % LL_ACCELERATOR_GENES] = NAN;
        ll_accelerator a = ll_accelerator_decode(x, &eyeriss_budget, 2);
        int seen = 0;
        for (int d = 0; d < LL_LOOPS; d++) seen |= 1 << a.order[d];
        if (a.rows < 1 || a.cols < 1 || a.rows * a.cols > 168 || a.l2_bytes < 0 ||
            ll_accelerator_sram(&a) > 192 * 1024 + 1e-6 || seen != (1 << LL_LOOPS) - 1)
            CHECK(!"beyond the budget");
    }
    x[3 + LL_LOOP_Y] = 2;
    CHECK(ll_accelerator_decode(x, &eyeriss_budget, 2).order[0] == LL_LOOP_Y);
}

static ll_workload workload(void)
{
    ll_workload w = {.n = 2, .nests = {layers[6], layers[7]}, .count = {3, 1}};
    return w;
}

static ll_codesign_problem problem(const ll_workload *w, ll_pool *pool)
{
    return (ll_codesign_problem){.set = {.energy = &ll_eyeriss_energy, .batch = 1, .seed = 1},
                                 .budget = eyeriss_budget,
                                 .bytes = 2,
                                 .workloads = w,
                                 .n_workloads = 1,
                                 .evaluations = 60,
                                 .pool = pool};
}

static void shapes_are_mapped_once(void)
{
    ll_workload w = workload(), once = w;
    ll_mapped known = {0}, other = {0};
    ll_chip_setting s = {.energy = &ll_eyeriss_energy, .batch = 1, .seed = 1};
    const ll_accelerator *a = &ll_published_chip_find("eyeriss")->a;
    ll_chip_cost three = ll_chip_price(&s, a, &w, &known);
    once.count[0] = 1;
    ll_chip_cost one = ll_chip_price(&s, a, &once, &known);
    CHECK_INT(known.n, 2);
    CHECK_NEAR(three.cycles - one.cycles, 2 * known.costs[0].cycles, 1e-6);
    CHECK_NEAR(ll_chip_price(&s, a, &w, &other).value, three.value, 0);
    ll_mapped_free(&known);
    ll_mapped_free(&other);
}

static void the_search_beats_eyeriss_on_its_own_budget(void)
{
    ll_workload w = workload();
    ll_pool *pool = ll_pool_new(2);
    ll_codesign_problem p = problem(&w, NULL), q = problem(&w, pool);
    ll_codesign found, again;
    ll_mapped known = {0};
    CHECK_OK(ll_codesign_run(&p, &found, NULL));
    CHECK_OK(ll_codesign_run(&q, &again, NULL));
    CHECK(found.cost.value == again.cost.value); /* any number of threads */
    CHECK_INT(found.evaluations, 60);
    for (int i = 1; i < found.n_steps; i++) CHECK(found.steps[i].best <= found.steps[i - 1].best);
    ll_chip_cost theirs = ll_chip_price(&p.set, &ll_published_chip_find("eyeriss")->a, &w, &known);
    check_report(found.cost.value < theirs.value, __FILE__, __LINE__, "%g, eyeriss %g", found.cost.value,
                 theirs.value);
    ll_mapped_free(&known);
    ll_codesign_free(&found);
    ll_codesign_free(&again);
    ll_pool_free(pool);
}

static bool stop(void *ctx)
{
    return --*(int *)ctx < 0;
}

static void stopping_keeps_the_best(void)
{
    int left = 60;
    ll_workload w = workload();
    ll_observer o = {.cancelled = stop, .ctx = &left};
    ll_codesign_problem p = problem(&w, NULL);
    ll_codesign found;
    p.evaluations = 100000;
    p.set.observer = &o;
    CHECK_INT(ll_codesign_run(&p, &found, NULL), LL_CANCELLED);
    CHECK(found.n_steps > 0 && isfinite(found.cost.value));
    ll_codesign_free(&found);
}

static bool narrow(void *ctx, const uint8_t *gene) /* at least so many convolutions */
{
    int n = 0;
    for (int i = 0; i < 6; i++) n += gene[i] == 3; /* nor_conv_3x3 */
    return n >= *(int *)ctx;
}

/* With cells of at least two 3x3 convolutions allowed, the cheapest has two, and nothing dearer than needs be. */
static void networks_are_searched_too(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    uint8_t start[6] = {3, 3, 3, 3, 3, 3};
    int least = 2, convs = 0;
    ll_codesign_problem p = problem(NULL, NULL);
    ll_codesign found;
    p.n_workloads = 0;
    p.space = s;
    p.good = narrow;
    p.ctx = &least;
    p.start = start;
    p.n_start = 1;
    p.per_accelerator = 20;
    p.evaluations = 30;
    CHECK_OK(ll_codesign_run(&p, &found, NULL));
    for (int i = 0; i < 6; i++) convs += found.gene[i] == 3;
    CHECK_INT(convs, 2);
    ll_codesign_free(&found);
    p.fixed = &ll_published_chip_find("eyeriss")->a;
    CHECK_OK(ll_codesign_run(&p, &found, NULL));
    CHECK_INT(found.accelerator.rows, 12);
    CHECK(narrow(&least, found.gene));
    ll_codesign_free(&found);
}

static void too_little_memory_is_said(void)
{
    ll_workload w = workload();
    ll_codesign_problem p = problem(&w, NULL);
    ll_codesign found;
    ll_error e = {0};
    p.budget.sram_bytes = 4;
    CHECK_INT(ll_codesign_run(&p, &found, &e), LL_FAILED);
    CHECK_HAS(e.message, "room");
    ll_codesign_free(&found);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"counts are those by hand", counts_are_those_by_hand},
        {"partial sums come back", partial_sums_come_back},
        {"inputs cover the kernel", inputs_cover_the_kernel},
        {"eyeriss is as busy as published", eyeriss_is_as_busy_as_published},
        {"eyeriss moves and takes what is published", eyeriss_moves_and_takes_what_is_published},
        {"energy grows with the buffer", energy_grows_with_the_buffer},
        {"no random mapping is better", no_random_mapping_is_better},
        {"bounds hold", bounds_hold},
        {"what fits no buffer is said", what_fits_no_buffer_is_said},
        {"every point is within the budget", every_point_is_within_the_budget},
        {"shapes are mapped once", shapes_are_mapped_once},
        {"the search beats eyeriss on its own budget", the_search_beats_eyeriss_on_its_own_budget},
        {"stopping keeps the best", stopping_keeps_the_best},
        {"networks are searched too", networks_are_searched_too},
        {"too little memory is said", too_little_memory_is_said},
        {0}};
    return check_main("codesign", cases, argc, argv);
}
