/* The layers of a space as networks of their own: which there are, that engines run them, and what is made of their times. */
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/costs/costs.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/sweep.h"
#include "data/machines/layer_space.h"
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
        ll_host_settings settings = {engine, LL_HOST_F32, LL_ISA_NATIVE, 1, 1, LL_NETWORK_SEED, false};
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
                                      LL_NETWORK_SEED,      false};
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
    ll_sweep sweep = {.settings = {&ll_engine_blas, LL_HOST_F32, LL_ISA_NATIVE, 1, 1, LL_NETWORK_SEED, false},
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
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_layers", cases, argc, argv);
}
