/* The layers of a space as networks of their own: which there are, that engines run them, and what is made of their times. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/costs/costs.h"
#include "core/predict/kernels/price.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/sweep.h"
#include "data/machines/layer_choice.h"
#include "tests/check.h"

static ll_layer_space *layers_of(const char *name)
{
    ll_layer_space *s = NULL;
    ll_error e = {0};
    check_report(!ll_layer_space_new(ll_space_find(name), NULL, &s, &e), __FILE__, __LINE__, "%s", e.message);
    return s;
}

static void unit_network(const ll_layer_space *s, int i, ll_network *n)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    ll_layer_space_gene(i, gene);
    CHECK_OK(ll_network_build(&s->space, gene, n, &e));
}

/* Every part of a network but copies is a unit, and each unit is there once. */
static void every_layer_is_there(void)
{
    static const struct {
        const char *space;
        int units; /* 0: as many as are found */
    } spaces[] = {{"nasbench201", 21}, {"fbnet", 147}, {"mobilenetv2", 0}, {"resnet_tiny", 0}};
    for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++) {
        ll_layer_space *s = layers_of(spaces[k].space);
        if (!s) continue;
        CHECK(spaces[k].units ? s->n == spaces[k].units : s->n > 10);
        ll_costs *c = ll_costs_new(NULL);
        for (int i = 0; i < s->n; i++) {
            ll_cost_row row = {s->units[i].part, 1, NAN, 1};
            CHECK_OK(ll_costs_add(c, &row, NULL));
        }
        int joined;
        ll_costs_seal(c, &joined);
        CHECK_INT(joined, 0);
        uint8_t gene[LL_MAX_POSITIONS] = {0};
        ll_bill bill;
        ll_costs_bill(c, ll_space_find(spaces[k].space), gene, &bill);
        CHECK_INT(bill.missing, 0);
        CHECK(bill.n > 0);
        ll_costs_unref(c);
        ll_layer_space_free(s);
    }
}

static void units_are_networks(void)
{
    ll_layer_space *s = layers_of("ofa");
    int with_gate = 0;
    for (int i = 0; s && i < s->n; i++) {
        ll_network n;
        unit_network(s, i, &n);
        CHECK_INT(n.n_layers, s->units[i].n);
        for (int k = 0; k < n.n_layers; k++)
            for (int j = 0; j < ll_layer_reads(&n.layers[k]); j++)
                CHECK(n.layers[k].in[j] >= 0 && n.layers[k].in[j] <= k);
        with_gate += n.n_layers == 4 && n.layers[3].kind == LL_GATE && n.layers[3].in[0] == 0 &&
                     n.layers[3].in[1] == 3;
    }
    CHECK(with_gate > 0);
    ll_layer_space_free(s);
}

/* Which of the units is of this kind. */
static int first_of(const ll_layer_space *s, ll_part_kind kind)
{
    int i = 0;
    while (i < s->n && s->units[i].part.kind != kind) i++;
    return i;
}

/* Each engine loads and runs each unit, whatever it reads, the network that does nothing, and the whole one. A network
 * stays where it is until the next is loaded. */
static void engines_run_them(void)
{
    const ll_host_engine *engine;
    ll_layer_space *s = layers_of("resnet_tiny"), *gates = layers_of("ofa");
    for (int k = 0; (engine = ll_host_engine_at(k)) && s && gates; k++) {
        ll_host_settings settings = {engine, LL_HOST_F32, LL_ISA_NATIVE, 1, 1, LL_NETWORK_SEED, false, false};
        ll_error e = {0};
        void *runner = NULL;
        ll_network n[2];
        if (engine->check(&settings, &e)) continue;
        CHECK_OK(engine->open(&settings, &runner, &e));
        for (int i = 0; i <= s->control + 1; i++) {
            bool last = i > s->control;
            unit_network(last ? gates : s, last ? first_of(gates, LL_PART_SE) : i, &n[i % 2]);
            CHECK_OK(engine->load(runner, &n[i % 2], &e));
            engine->run(runner);
        }
        CHECK_STR(e.message, "");
        engine->close(runner);
    }
    ll_layer_space_free(s);
    ll_layer_space_free(gates);
}

/* The same numbers as in the reference, where the result is a vector whatever the order of images in memory. */
static void engines_agree(void)
{
    ll_layer_space *s = layers_of("nasbench201");
    const ll_host_engine *engine;
    for (int i = 0; s && i < s->n; i++) {
        ll_part_kind kind = s->units[i].part.kind;
        if (kind != LL_PART_LINEAR && kind != LL_PART_MEAN) continue;
        ll_network n;
        float wanted[64], got[64];
        ll_error e = {0};
        unit_network(s, i, &n);
        int width = n.layers[0].c_out;
        ll_host_settings reference = {&ll_engine_reference, LL_HOST_F32, LL_ISA_NATIVE, 1, 1,
                                      LL_NETWORK_SEED,      false,       false};
        CHECK_OK(ll_host_run_once(&reference, &n, wanted, &e));
        for (int k = 0; (engine = ll_host_engine_at(k)); k++) {
            ll_host_settings settings = reference;
            settings.engine = engine;
            if (engine->check(&settings, &e)) continue;
            CHECK_OK(ll_host_run_once(&settings, &n, got, &e));
            CHECK(ll_host_distance(got, wanted, width) < ll_host_tolerance(LL_HOST_F32));
        }
    }
    ll_layer_space_free(s);
}

static bool stop(void *ctx)
{
    return --*(int *)ctx < 0;
}

/* A sweep that is stopped keeps what it has, and goes on from there; then every unit has its runs. */
static void sweep_goes_on(void)
{
    ll_layer_space *s = layers_of("nasbench201");
    char *journal = ll_path_join(check_tmpdir(), "layers.runs");
    if (!s) return;
    int n = s->n + 1, asks = 4;
    uint8_t *genes = LL_NEW_ARRAY(uint8_t, (size_t)n * LL_UNIT_WIDTH), control[LL_UNIT_WIDTH];
    for (int i = 0; i < n; i++) ll_layer_space_gene(i, genes + (size_t)i * LL_UNIT_WIDTH);
    ll_layer_space_gene(s->control, control);
    ll_observer stopping = {.cancelled = stop, .ctx = &asks};
    ll_sweep sweep = {
        .settings = {&ll_engine_blas, LL_HOST_F32, LL_ISA_NATIVE, 1, 1, LL_NETWORK_SEED, false, false},
        .space = &s->space,
        .genes = genes,
        .control = control,
        .n = n,
        .repeats = 1,
        .core = 0,
        .journal = journal,
        .identity = "layers",
        .observer = &stopping};
    ll_times first = {0}, all = {0};
    ll_error e = {0};
    CHECK_INT(ll_sweep_run(&sweep, &first, &e), LL_CANCELLED);
    sweep.observer = NULL;
    CHECK_OK(ll_sweep_run(&sweep, &all, &e));
    CHECK_STR(e.message, "");
    for (int i = 0; i < n; i++) CHECK(all.count[i] >= 1);
    ll_times_free(&first);
    ll_times_free(&all);
    free(genes);
    free(journal);
    ll_layer_space_free(s);
}

/* --- pairs --- */

/* A pair is its two layers, the second reading the first; of a sum, which reads it twice, there is one more. */
static void pairs_are_networks(void)
{
    ll_layer_space *s = layers_of("nasbench201");
    int sums = 0;
    CHECK(s && s->n_pairs > 10 && s->empty == s->n + s->n_pairs);
    for (int i = s ? s->n : 0; s && i < s->empty; i++) {
        ll_network n;
        const ll_layer_unit *u = &s->units[i], *a = &s->units[u->before], *b = &s->units[u->after];
        unit_network(s, i, &n);
        CHECK_INT(n.n_layers, (1 + u->spare) * a->n + b->n);
        const ll_layer *last = &n.layers[n.n_layers - b->n];
        CHECK_INT(last->in[0], a->n);
        CHECK_INT(u->spare, b->part.kind == LL_PART_ADD);
        if (u->spare) CHECK_INT(last->in[1], 2 * a->n);
        sums += u->spare;
        float out[2][64 * 8 * 8];
        ll_error e = {0};
        ll_host_settings settings = {&ll_engine_blas, LL_HOST_F32, LL_ISA_NATIVE, 1, 1,
                                     LL_NETWORK_SEED, false,       false};
        if (ll_network_classes(&n) > 64) continue;
        CHECK_OK(ll_host_run_once(&settings, &n, out[0], &e));
    }
    CHECK(sums > 3);
    ll_layer_space_free(s);
}

/* An engine that adds for nothing behind a convolution, and does all else in turn. */
static double *times_of(const ll_layer_space *s, double error, double **error_ms)
{
    double *ms = LL_NEW_ARRAY(double, s->empty + 1);
    *error_ms = LL_NEW_ARRAY(double, s->empty + 1);
    for (int i = 0; i < s->n; i++) ms[i] = 1 + 1e-7 * ll_part_macs(&s->units[i].part);
    for (int i = s->n; i < s->empty; i++) {
        const ll_layer_unit *u = &s->units[i];
        bool free_sum = u->spare && s->units[u->before].part.kind == LL_PART_CONV;
        ms[i] = (1 + u->spare) * ms[u->before] + (free_sum ? 0 : ms[u->after]);
    }
    for (int i = 0; i < s->empty; i++) (*error_ms)[i] = error;
    return ms;
}

static void fusions_are_found(void)
{
    ll_layer_space *s = layers_of("nasbench201");
    ll_fusion f[LL_KERNELS * LL_KERNELS];
    ll_str unclear = {0};
    double *error_ms, *ms = times_of(s, .01, &error_ms);
    int n = ll_layer_space_fusions(s, ms, error_ms, f, &unclear), fuses = 0;
    CHECK(n > 5 && !unclear.len);
    for (int i = 0; i < n; i++) {
        bool wanted = f[i].before == LL_PART_CONV && f[i].after == LL_PART_ADD;
        CHECK_NEAR(f[i].gain, wanted ? 1 : 0, 1e-9);
        CHECK(ll_fusion_fuses(&f[i]) == wanted && f[i].count > 0);
        fuses += wanted;
    }
    CHECK_INT(fuses, 1);
    for (int i = 0; i < s->empty; i++) error_ms[i] = 3; /* nothing can be told from such times */
    CHECK_INT(ll_layer_space_fusions(s, ms, error_ms, f, &unclear), 0);
    CHECK_HAS(ll_str_text(&unclear), "conv+add");
    ll_str_free(&unclear);
    free(ms);
    free(error_ms);
    ll_layer_space_free(s);
}

/* --- a budget --- */

/* Wide depthwise windows are done by a slow routine. */
static double jump_ms(const ll_part *p)
{
    double ms = 1e-3 + 2e-8 * ll_part_macs(p);
    return ll_kernel_of(p) == LL_KERNEL_DWCONV && p->v[LL_PART_KERNEL] == 5 ? 4 * ms : ms;
}

static ll_costs *timed_of(const ll_layer_space *s, const ll_layer_choice *c)
{
    ll_costs *t = ll_costs_new(NULL);
    for (int i = 0; i < s->n; i++) {
        ll_cost_row row = {s->units[i].part, jump_ms(&s->units[i].part), NAN, 1};
        if (c->chosen[i]) CHECK_OK(ll_costs_add(t, &row, NULL));
    }
    ll_costs_seal(t, NULL);
    return t;
}

/* What is not timed is told by what is: most within a tenth. Kinds and pairs are there, and no more than the budget. */
static void a_budget_goes_where_forests_are_wrong(void)
{
    enum { BUDGET = 90 };
    ll_layer_space *s = layers_of("fbnet");
    ll_layer_choice c;
    double wrong = NAN;
    int near = 0, others = 0, more = 1, rounds = 0;
    if (!s) return;
    ll_layer_choice_begin(s, BUDGET, 1, &c);
    CHECK(c.n >= BUDGET / 2 && c.n < BUDGET && c.chosen[s->empty]);
    while (more) {
        ll_costs *t = timed_of(s, &c);
        int before = c.n;
        CHECK_INT(t->n, c.n);
        more = ll_layer_choice_more(s, t, NULL, &c, &wrong);
        CHECK(c.n == before + more && c.n <= BUDGET && ++rounds < 50);
        ll_costs_unref(t);
    }
    ll_costs *t = timed_of(s, &c);
    ll_kernel_prices p;
    CHECK_OK(ll_kernel_prices_fit(t, 1, NULL, NULL, &p, NULL, NULL));
    for (int i = 0; i < s->n; i++) {
        if (c.chosen[i]) continue;
        others++;
        near += fabs(ll_kernel_prices_of(&p, &s->units[i].part) / jump_ms(&s->units[i].part) - 1) < .1;
    }
    check_report(others >= s->n - BUDGET && near >= .85 * others, __FILE__, __LINE__,
                 "%d timed in %d rounds, %.2f wrong; %d of %d others within a tenth", c.n, rounds, wrong,
                 near, others);
    for (int i = s->n; i < s->empty; i++)
        CHECK(c.chosen[i] == (c.chosen[s->units[i].before] && c.chosen[s->units[i].after]));
    ll_kernel_prices_free(&p);
    ll_costs_unref(t);
    ll_layer_choice_free(&c);
    ll_layer_choice_begin(s, 0, 1, &c); /* no budget: all */
    CHECK_INT(c.n, s->n);
    ll_layer_choice_free(&c);
    ll_layer_space_free(s);
}

static void spaces_without_layers_are_refused(void)
{
    static char *const ops[] = {(char *)"a", (char *)"b"};
    ll_layer_space *s = NULL;
    ll_error e = {0};
    const ll_space *own = ll_space_define("no-layers", 3, ops, 2, &e);
    CHECK_INT(ll_layer_space_new(own, NULL, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "the layers of space no-layers are not known");
}

static const check_case cases[] = {
    {"every layer is there", every_layer_is_there},
    {"units are networks", units_are_networks},
    {"engines run them", engines_run_them},
    {"engines agree", engines_agree},
    {"sweep goes on", sweep_goes_on},
    {"spaces without layers are refused", spaces_without_layers_are_refused},
    {"pairs are networks", pairs_are_networks},
    {"fusions are found", fusions_are_found},
    {"a budget goes where forests are wrong", a_budget_goes_where_forests_are_wrong},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_layers", cases, argc, argv);
}
