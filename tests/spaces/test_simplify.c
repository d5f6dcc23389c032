/* Networks simplified: the same numbers, by every engine, with less to do. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/space/moves.h"
#include "core/space/simplify.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/plan.h"
#include "tests/check.h"

/* A cell by its six operations, none skip 1x1 3x3 pool: edges 0>1, 0>2, 1>2, 0>3, 1>3, 2>3. */
enum { CLASSES = 10, BATCH = 2 };

typedef struct pair {
    ll_network written, simple;
} pair;

static pair *pair_of(const char *space, const uint8_t *gene)
{
    pair *p = LL_NEW(pair);
    ll_error e = {0};
    CHECK_INT(ll_network_build(ll_space_find(space), gene, &p->written, &e), LL_OK);
    ll_network_simplify(&p->written, &p->simple);
    return p;
}

static pair *cell(const char *digits)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    for (int i = 0; digits[i]; i++) gene[i] = (uint8_t)(digits[i] - '0');
    return pair_of("nasbench201", gene);
}

static int count(const ll_network *n, ll_layer_kind kind)
{
    int found = 0;
    for (int i = 0; i < n->n_layers; i++) found += n->layers[i].kind == kind;
    return found;
}

/* The stem, two reductions of three convolutions, and so many in every one of 15 cells. */
static int convolutions(int in_a_cell)
{
    return 1 + 2 * 3 + 15 * in_a_cell;
}

static void what_is_not_needed_is_gone(void)
{
    pair *p =
        cell("333000"); /* nodes 1 and 2 lead nowhere, the edge 0>3 is none: nothing reaches the output */
    CHECK_INT(count(&p->written, LL_CONV), convolutions(3));
    CHECK_INT(p->simple.n_constant, p->simple.n_layers); /* the classifier sees biases alone */
    free(p);
    p = cell("330300"); /* 0>3 alone counts */
    CHECK_INT(count(&p->written, LL_CONV), convolutions(3));
    CHECK_INT(count(&p->simple, LL_CONV), convolutions(1));
    CHECK_INT(p->simple.n_constant, 0);
    free(p);
    p = cell("111111"); /* copies: sums of the input with itself, and of equal sums once */
    CHECK(count(&p->written, LL_COPY) > 0);
    CHECK_INT(count(&p->simple, LL_COPY), 0);
    CHECK_INT(count(&p->written, LL_ADD), 2 + 15 * 3);
    CHECK_INT(count(&p->simple, LL_ADD), 2 + 15 * 2);
    free(p);
    p = cell("440444"); /* 0>1 and 0>2 pool the same, and so do 1>3 and 2>3 */
    CHECK_INT(count(&p->written, LL_POOL_AVG), 2 + 15 * 5);
    CHECK_INT(count(&p->simple, LL_POOL_AVG), 2 + 15 * 2);
    free(p);
    p = cell("003133"); /* node 1 is nothing: what is convolved of it is a constant beside the input */
    CHECK_INT(count(&p->simple, LL_CONV), count(&p->written, LL_CONV));
    CHECK_INT(p->simple.n_constant, 15 * 3); /* 1>2, 1>3 and 2>3 */
    free(p);
}

static void run(const ll_host_engine *engine, const ll_network *n, int times, float *out)
{
    ll_host_settings s = {engine, LL_HOST_F32, LL_ISA_NATIVE, 1, BATCH, LL_NETWORK_SEED, false, false};
    void *runner;
    ll_error e = {0};
    CHECK_INT(engine->open(&s, &runner, &e), LL_OK);
    CHECK_INT(engine->load(runner, n, &e), LL_OK);
    for (int i = 0; i < times; i++) engine->run(runner);
    engine->result(runner, out);
    engine->close(runner);
}

/* The reference is slow: where it is asked. */
static void same_numbers(const pair *p, bool reference)
{
    const ll_host_engine *engines[] = {&ll_engine_reference, &ll_engine_blas, &ll_engine_onednn};
    float expected[BATCH * CLASSES], got[BATCH * CLASSES];
    run(&ll_engine_blas, &p->written, 1, expected);
    for (int i = !reference; i < 3; i++) {
        ll_host_settings s = {engines[i], LL_HOST_F32,     LL_ISA_NATIVE, 1,
                              BATCH,      LL_NETWORK_SEED, false,         false};
        ll_error e = {0};
        if (engines[i]->check(&s, &e)) continue;
        run(engines[i], &p->simple, i ? 3 : 1, got); /* again: constants are still there */
        CHECK(ll_host_distance(got, expected, BATCH * CLASSES) < ll_host_tolerance(LL_HOST_F32));
    }
}

static void the_same_is_computed(void)
{
    static const char *const cells[] = {"000000", "333000", "003133", "440444", "111111",
                                        "312213", "402321", "214403", "030333", "003331"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        pair *p = cell(cells[i]);
        same_numbers(p, i < 1 || i == 2);
        free(p);
    }
}

/* Fewer bits: the constants too, each with an exponent of its own. */
static void the_same_in_eight_bits(void)
{
    ll_host_settings s = {&ll_engine_onednn, LL_HOST_INT8, LL_ISA_NATIVE, 1, 1,
                          LL_NETWORK_SEED,   false,        false};
    ll_error e = {0};
    pair *p = cell("003133");
    float expected[CLASSES], got[CLASSES];
    if (s.engine->check(&s, &e)) check_skip("no int8 here");
    if (!s.engine->check(&s, &e)) {
        ll_host_settings plain = {&ll_engine_blas, LL_HOST_F32, LL_ISA_NATIVE, 1, 1,
                                  LL_NETWORK_SEED, false,       false};
        CHECK_INT(ll_host_run_once(&plain, &p->written, expected, &e), LL_OK);
        CHECK_INT(ll_host_run_once(&s, &p->simple, got, &e), LL_OK);
        CHECK(ll_host_distance(got, expected, CLASSES) < ll_host_tolerance(LL_HOST_INT8));
    }
    free(p);
}

/* Buffers that a run reads before it writes them were filled when the plan was loaded, and no run may write them. */
static int broken_constants(const ll_plan *plan)
{
    bool made[LL_MAX_BUFFERS] = {[LL_BUFFER_INPUT] = true, [LL_BUFFER_ZERO] = true};
    bool needed[LL_MAX_BUFFERS] = {0}, written[LL_MAX_BUFFERS] = {0};
    int wrong = 0;
    for (int j = 0; j < plan->n_steps; j++) {
        const ll_step *t = &plan->steps[j];
        bool run = j >= plan->n_constant, two = t->kind == LL_STEP_ADD || t->kind == LL_STEP_GATE;
        int reads[] = {t->in, two ? t->other : t->in, t->accumulate ? t->out : t->in};
        for (int i = 0; i < 3; i++) {
            wrong += !made[reads[i]];
            needed[reads[i]] |= run && !written[reads[i]];
        }
        made[t->out] = true;
        written[t->out] |= run;
    }
    for (int b = 0; b < LL_MAX_BUFFERS; b++) wrong += needed[b] && written[b];
    return wrong + (plan->n_buffers > LL_MAX_BUFFERS);
}

/* Every layer reads what stands before it and is read by another one, but for the last. */
static int loose_ends(const ll_network *n)
{
    bool read[LL_MAX_LAYERS + 1] = {0};
    int wrong = 0;
    read[n->n_layers] = true;
    for (int i = 0; i < n->n_layers; i++)
        for (int j = 0; j < ll_layer_reads(&n->layers[i]); j++) {
            int in = n->layers[i].in[j];
            wrong += in > i || (i < n->n_constant && in == LL_TENSOR_INPUT);
            if (in > 0) read[in] = true;
        }
    for (int i = 1; i <= n->n_layers; i++) wrong += !read[i];
    return wrong;
}

static void cells_are_in_order(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_plan *plan = LL_NEW(ll_plan);
    int wrong = 0;
    for (int i = 0; i < s->n_archs; i += 3) {
        uint8_t gene[LL_MAX_POSITIONS];
        s->at(s, i, gene);
        pair *p = pair_of("nasbench201", gene);
        ll_plan_make(&p->simple, plan);
        wrong += broken_constants(plan) + loose_ends(&p->simple) + (p->simple.n_layers > p->written.n_layers);
        ll_plan_make(&p->written, plan);
        wrong += broken_constants(plan) + (plan->n_constant != 0);
        free(p);
    }
    CHECK_INT(wrong, 0);
    free(plan);
}

/* Other spaces have nothing but copies to lose. */
static void other_spaces_too(void)
{
    const ll_space *s = ll_space_find("fbnet");
    uint8_t gene[LL_MAX_POSITIONS];
    ll_rng r = ll_rng_new(5, 1);
    for (int i = 0; i < 3; i++) {
        ll_space_random(s, &r, gene);
        pair *p = pair_of("fbnet", gene);
        CHECK_INT(p->simple.n_constant, 0);
        CHECK_INT(p->simple.n_layers, p->written.n_layers - count(&p->written, LL_COPY));
        free(p);
    }
}

static const check_case cases[] = {
    {"what is not needed is gone", what_is_not_needed_is_gone},
    {"the same is computed", the_same_is_computed},
    {"the same in eight bits", the_same_in_eight_bits},
    {"cells are in order", cells_are_in_order},
    {"other spaces too", other_spaces_too},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_simplify", cases, argc, argv);
}
