/* Analytical devices: layers calculated by hand, monotonicity, determinism, and the bundled data
 * made again. */
#include <stdlib.h>

#include "core/app/simulated.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "data/datasets/folder.h"
#include "data/importers/draw.h"
#include "data/machines/simulate.h"
#include "tests/check.h"

/* 3x3, 16 channels in and out, 32x32: 9*16*16*1024 = 2,359,296 multiply-adds, 2,304 weights and 16 biases,
 * 16,384 numbers in and out. */
static const ll_layer conv3x3 = {.kind = LL_CONV,
                                 .c_in = 16,
                                 .c_out = 16,
                                 .h_in = 32,
                                 .h_out = 32,
                                 .kernel = 3,
                                 .stride = 1,
                                 .groups = 1,
                                 .position = -1};
static const ll_layer depthwise = {.kind = LL_CONV,
                                   .c_in = 64,
                                   .c_out = 64,
                                   .h_in = 16,
                                   .h_out = 16,
                                   .kernel = 3,
                                   .stride = 1,
                                   .groups = 64,
                                   .position = -1};

static ll_sim_machine machine(const char *text)
{
    ll_sim_machine m = {0};
    ll_error e = {0};
    CHECK_INT(ll_sim_machine_read(text, &m, NULL, &e), LL_OK);
    if (e.status) printf("%s\n", e.message);
    return m;
}

static double layer_ms(const char *text, const ll_layer *l)
{
    ll_sim_machine m = machine(text);
    return ll_sim_layer(&m, l).total_ms;
}

static void work_is_counted(void)
{
    ll_sim_work w = ll_sim_layer_work(&conv3x3);
    CHECK_NEAR(w.macs, 2359296, 0);
    CHECK_NEAR(w.weights, 2304 + 16, 0);
    CHECK_NEAR(w.in, 16384, 0);
    CHECK_NEAR(w.out, 16384, 0);
    w = ll_sim_layer_work(&depthwise);
    CHECK_NEAR(w.macs, 9 * 64 * 256, 0);
    CHECK_NEAR(w.weights, 9 * 64 + 64, 0);
    ll_layer linear = {.kind = LL_LINEAR, .c_in = 64, .c_out = 10, .h_in = 1, .h_out = 1};
    CHECK_NEAR(ll_sim_layer_work(&linear).macs, 640, 0);
    CHECK_NEAR(ll_sim_layer_work(&linear).weights, 650, 0);
    ll_layer pool = {.kind = LL_POOL_AVG, .c_in = 16, .c_out = 16, .h_in = 32, .h_out = 32, .kernel = 3};
    CHECK_NEAR(ll_sim_layer_work(&pool).vector_ops, 9 * 16384, 0);
    ll_layer copy = {.kind = LL_COPY, .c_in = 16, .c_out = 16, .h_in = 32, .h_out = 32};
    for (int i = 0; ll_sim_models[i]; i++) {
        ll_sim_machine m = {.model = ll_sim_models[i]};
        CHECK_NEAR(ll_sim_layer(&m, &copy).total_ms, 0, 0);
    }
}

static void roofline_by_hand(void)
{
    /* 2 * 2,359,296 flops at 100 GFLOP/s = 0.04718592 ms; 4 * 35,088 bytes at 10 GB/s = 0.0140352 ms */
    const char *text = "model=roofline peak=100 bandwidth=10 launch=3";
    CHECK_NEAR(layer_ms(text, &conv3x3), .04718592 + .003, 1e-12);
    CHECK_NEAR(layer_ms("model=roofline peak=1000 bandwidth=10 launch=3", &conv3x3), .0140352 + .003, 1e-12);
    CHECK_NEAR(layer_ms("model=roofline peak=100 bandwidth=10 launch=3 batch=2", &conv3x3), .09437184 + .003,
               1e-12);
}

static void systolic_by_hand(void)
{
    /* k = 144, n = 16, m = 1,024 on 64x64: ceil(144/64) * ceil(16/64) = 3 folds of 2*64 + 64 + 1024 - 2 =
     * 1,214 cycles, at 1 GHz 3.642 us, without double buffering memory and launch are added: 35,088 bytes at
     * 100 GB/s = 0.35088 us */
    const char *single = "model=systolic rows=64 cols=64 clock=1000 bandwidth=100 launch=1 double_buffer=off";
    CHECK_NEAR(layer_ms(single, &conv3x3), .003642 + .00035088 + .001, 1e-12);
    /* double buffer: 64 + 3 * 1024 + 126 = 3,262 cycles; memory hides behind it */
    const char *both = "model=systolic rows=64 cols=64 clock=1000 bandwidth=100 launch=1";
    CHECK_NEAR(layer_ms(both, &conv3x3), .003262 + .001, 1e-12);
    /* depthwise: 64 products of k = 9, n = 1: 64 folds of max(256, 64) cycles */
    CHECK_NEAR(layer_ms(both, &depthwise), (64 + 64 * 256 + 126) * 1e-6 + .001, 1e-12);
}

static void rowstationary_by_hand(void)
{
    /* 16 * 16 planes; 12 / 3 = 4 sets down, 32 output rows need ceil(32/14) = 3 folds: 256/4 * 3 * 3 * 32 =
     * 18,432 cycles at 200 MHz = 0.09216 ms; memory: weights 4,640 bytes fit, 70,176 bytes at 0.48 GB/s =
     * 0.1462 ms */
    CHECK_NEAR(layer_ms("model=rowstationary launch=0", &conv3x3), 70176 / .48e6, 1e-12);
    CHECK_NEAR(layer_ms("model=rowstationary launch=0 bandwidth=10", &conv3x3), .09216, 1e-12);
}

static void gpu_by_hand(void)
{
    /* 1 SM: m = 1,024, n = 16, k = 144. Tiles 64x32: 16 blocks in 16 waves of 64*32*144/(64*.5) = 9,216
     * cycles = 147,456; 32x32: 32 waves of 32*32*144/(64*.35); 128x64 and larger are slower. At 1 GHz
     * 0.147456 ms. */
    const char *text = "model=gpu sms=1 cores=64 clock=1000 bandwidth=1000 host=0 launch=0 fused=on";
    CHECK_NEAR(layer_ms(text, &conv3x3), .147456, 1e-9);
    /* a slow host hides everything */
    CHECK_NEAR(layer_ms("model=gpu host=500 fused=on", &conv3x3), .5, 1e-12);
    /* ReLU and BN as kernels of their own cost the host twice more */
    ll_layer l = conv3x3;
    l.relu_before = l.bn = true;
    CHECK_NEAR(layer_ms("model=gpu host=500", &l), 1.5, 1e-12);
    CHECK_NEAR(layer_ms("model=gpu host=500 fused=on", &l), .5, 1e-12);
}

static void dsp_and_cpu_by_hand(void)
{
    /* 16 channels are padded to 32 on both sides: 4 * 2,359,296 at 4*128*1e9 a second = 0.018432 ms */
    CHECK_NEAR(layer_ms("model=dsp clock=1000 launch=0 bandwidth=1000", &conv3x3), .018432, 1e-9);
    /* 147,456 multiply-adds, 64 channels need no padding, 6 % of 512e9 a second = 0.0048 ms */
    CHECK_NEAR(layer_ms("model=dsp clock=1000 launch=0 bandwidth=1000", &depthwise), .0048, 1e-9);
    /* 2 * 2,359,296 / (4 cores * 2 * 4 * 1 GHz * .5) = 0.294912 ms */
    const char *text =
        "model=cpu cores=4 clock=1000 width=4 efficiency=0.5 launch=0 cache_bandwidth=1000 cache=1000000";
    CHECK_NEAR(layer_ms(text, &conv3x3), .294912, 1e-9);
    /* columns: 4 bytes * (32,768 + 2 * 9 * 16 * 1024 + 2,320) = 1,320,000 bytes do not fit 1 MiB: 4 GB/s */
    CHECK_NEAR(layer_ms("model=cpu width=1000 launch=0 bandwidth=4", &conv3x3), 1320000 / 4e6, 1e-9);
}

/* More work never takes less time; a faster machine never takes more. */
static void times_are_monotone(void)
{
    for (const ll_sim_preset *p = ll_sim_presets; p->name; p++) {
        char text[512], half[600];
        snprintf(text, sizeof text, "model=%s %s", p->model, p->parameters);
        ll_sim_machine m = machine(text);
        double before = 0;
        for (int c = 8; c <= 512; c *= 2) {
            ll_layer l = conv3x3;
            l.c_in = l.c_out = c;
            double ms = ll_sim_layer(&m, &l).total_ms;
            CHECK(ms >= before);
            before = ms;
        }
        ll_layer big = conv3x3, small = conv3x3;
        small.kernel = 1;
        CHECK(ll_sim_layer(&m, &small).total_ms <= ll_sim_layer(&m, &big).total_ms);
        snprintf(half, sizeof half, "%s bandwidth=0.01", text);
        CHECK(layer_ms(half, &conv3x3) >= layer_ms(text, &conv3x3));
        CHECK(m.model->peak_gflops(&m) > 0);
    }
}

static void machines_are_text(void)
{
    ll_error e = {0};
    ll_sim_machine m = machine("model=gpu sms=3 fused=on noise=0.25"), again;
    char *text = ll_sim_machine_text(&m);
    CHECK_STR(text, "model=gpu noise=0.25 sms=3 fused=on");
    CHECK_INT(ll_sim_machine_read(text, &again, NULL, &e), LL_OK);
    CHECK(!memcmp(m.p, again.p, sizeof m.p));
    free(text);
    CHECK_INT(ll_sim_machine_read("model=warp", &m, NULL, &e), LL_USAGE);
    CHECK_HAS(e.message, "warp");
    CHECK_INT(ll_sim_machine_read("model=gpu rows=3", &m, NULL, &e), LL_USAGE);
    CHECK_HAS(e.message, "rows");
    CHECK_INT(ll_sim_machine_read("model=gpu sms=0", &m, NULL, &e), LL_USAGE);
    CHECK_INT(ll_sim_machine_read("", &m, NULL, &e), LL_USAGE);
}

static double network_ms(const char *text, const char *arch)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_sim_machine m = machine(text);
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    double ms = NAN;
    CHECK_INT(ll_space_read(s, arch, gene, &e), LL_OK);
    CHECK_INT(ll_sim_network_ms(&m, s, gene, &ms, &e), LL_OK);
    return ms;
}

#define CELL(a, b, c, d, e, f) "|" a "~0|+|" b "~0|" c "~1|+|" d "~0|" e "~1|" f "~2|"
#define C3                     "nor_conv_3x3"

static void networks_are_shaped(void)
{
    /* the first edge leads to a node whose outputs are all cut: a compiler drops it */
    const char *dead = CELL(C3, C3, "none", C3, "none", C3),
               *without = CELL("none", C3, "none", C3, "none", C3);
    const char *serial = "model=roofline", *compiled = "model=roofline compiled=on";
    CHECK(network_ms(serial, dead) > network_ms(serial, without) * 1.1);
    CHECK_NEAR(network_ms(compiled, dead), network_ms(compiled, without), 1e-12);
    /* three convolutions in a row against three side by side */
    const char *row = CELL(C3, "none", C3, "none", "none", C3),
               *side = CELL("none", "none", "none", C3, C3, C3);
    const char *wide = CELL(C3, C3, "none", C3, "none", "none");
    CHECK(network_ms("model=roofline parallel=on", wide) < network_ms(serial, wide));
    CHECK(network_ms("model=roofline parallel=on", side) <= network_ms(serial, side));
    CHECK(network_ms("model=roofline parallel=on", row) <= network_ms(serial, row) + 1e-12);
    ll_error e = {0};
    char a[] = "a", b[] = "b", *ops[] = {a, b};
    double ms;
    ll_sim_machine m = machine(serial);
    const ll_space *own = ll_space_define("simulate_test", 3, ops, 2, &e);
    CHECK_INT(ll_sim_network_ms(&m, own, (const uint8_t[]){0, 1, 0}, &ms, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "simulate_test");
}

static void stopwatches_are_seeded(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    uint8_t gene[6] = {0, 1, 2, 3, 4, 0};
    ll_sim_machine m = machine("model=cpu noise=0.1"), other = machine("model=cpu noise=0.1 noise_seed=1");
    double first = ll_sim_measure(&m, "a", s, gene, 100);
    CHECK_NEAR(ll_sim_measure(&m, "a", s, gene, 100), first, 0);
    CHECK(ll_sim_measure(&m, "b", s, gene, 100) != first);
    CHECK(ll_sim_measure(&other, "a", s, gene, 100) != first);
    double logs[5 * 5 * 5 * 5], sum = 0;
    for (int i = 0; i < 625; i++) {
        uint8_t g[6] = {
            (uint8_t)(i % 5), (uint8_t)(i / 5 % 5), (uint8_t)(i / 25 % 5), (uint8_t)(i / 125), 0, 0};
        logs[i] = log(ll_sim_measure(&m, "a", s, g, 100) / 100);
        sum += logs[i];
    }
    CHECK_NEAR(sum / 625, 0, .015);
    CHECK_NEAR(ll_std(logs, 625), .1, .01);
    m = machine("model=cpu timer=1");
    CHECK_NEAR(ll_sim_measure(&m, "a", s, gene, 17.49), 17, 0);
    CHECK_NEAR(ll_sim_measure(&m, "a", s, gene, 0.2), 0, 0);
    m = machine("model=cpu");
    CHECK_NEAR(ll_sim_measure(&m, "a", s, gene, 1.2345678), 1.2346, 1e-15);
}

static ll_dataset *make(const char *space, int n, uint64_t seed, const char *pattern, int threads)
{
    ll_strs patterns = {0};
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_pool *pool = ll_pool_new(threads);
    ll_strs_add(&patterns, pattern);
    ll_simulate_dataset("x", ll_space_find(space), n, seed, &patterns, pool, NULL, &d, &e);
    ll_pool_free(pool);
    ll_strs_free(&patterns);
    return d;
}

static void datasets_are_deterministic(void)
{
    ll_dataset *a = make("fbnet", 50, 1, "sim_v*", 1), *b = make("fbnet", 50, 1, "sim_v*", 3);
    ll_dataset *c = make("fbnet", 50, 2, "sim_v*", 1);
    CHECK(a && b && c);
    CHECK_STR(a->hash.hex, b->hash.hex);
    CHECK(strcmp(a->hash.hex, c->hash.hex));
    CHECK_INT(a->n_devices, 4);
    for (int i = 0; i < a->n_devices; i++) {
        ll_sim_machine m;
        CHECK_INT(a->devices[i].kind, LL_SIMULATED);
        CHECK_INT(ll_simulate_machine(&a->devices[i], &m, NULL), LL_OK);
    }
    ll_dataset_unref(a);
    ll_dataset_unref(b);
    ll_dataset_unref(c);
    CHECK(!make("fbnet", 50, 1, "nothing*", 1));
    CHECK(!make("nasbench201", 20000, 1, "*", 1));
}

static ll_dataset *bundled(const char *name)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    char path[256];
    snprintf(path, sizeof path, "data/bundled/%s", name);
    if (ll_folder_load(path, &d, &e)) printf("%s\n", e.message);
    return d;
}

/* What is committed is what this code makes. */
static void bundled_data_is_ours(void)
{
    static const struct {
        const char *name, *space;
        int n;
    } sets[] = {{"nb201_sim", "nasbench201", 0}, {"fbnet_sim", "fbnet", 5000}};
    for (int i = 0; i < 2; i++) {
        ll_dataset *have = bundled(sets[i].name), *made = make(sets[i].space, sets[i].n, 1, "*", 2);
        if (CHECK(have && made)) {
            CHECK_STR(have->hash.hex, made->hash.hex);
            CHECK_INT(have->n_archs, i ? 5000 : 15625);
            for (int j = 0; j < have->n_devices; j++) {
                CHECK_INT(have->devices[j].kind, LL_SIMULATED);
                CHECK_INT(ll_dataset_count(have, j), have->n_archs);
            }
        }
        ll_dataset_unref(have);
        ll_dataset_unref(made);
    }
}

static double bundled_spearman(const ll_dataset *d, const char *a, const char *b)
{
    return ll_spearman(ll_latencies(d, ll_dataset_device(d, a)), ll_latencies(d, ll_dataset_device(d, b)),
                       d->n_archs);
}

/* scipy 1.10.1 on data/bundled/nb201_sim/latency.csv: Spearman matrix, 5 digits */
static void bundled_devices_differ(void)
{
    ll_dataset *d = bundled("nb201_sim");
    if (!CHECK(d != NULL)) return;
    CHECK_NEAR(bundled_spearman(d, "sim_v100_b256", "sim_titan_rtx_b256"), 0.99503, 5e-6);
    CHECK_NEAR(bundled_spearman(d, "sim_v100_b256", "sim_edge_tpu"), 0.38955, 5e-6);
    CHECK_NEAR(bundled_spearman(d, "sim_phone_a53", "sim_eyeriss"), 0.72636, 5e-6);
    ll_dataset_unref(d);
}

/* --- results say what is simulated --- */

/* Two devices: "here" was measured, "model" is simulated. */
static ll_dataset *mixed(void)
{
    ll_dataset *d = ll_dataset_new("mixed", ll_space_find("fbnet"), 0, 2);
    ll_device_set(&d->devices[0], "here", LL_MEASURED, "test", "ms", NULL, NULL);
    ll_device_set(&d->devices[1], "model", LL_SIMULATED, "test", "ms", NULL, NULL);
    CHECK(ll_dataset_seal(d, NULL) == LL_OK);
    return d;
}

/* What marking makes of the result, and of the title "T". */
static void check_marked(const ll_dataset *d, const char *result, const char *marked, const char *titled)
{
    cJSON *o = cJSON_Parse(result);
    ll_str title = {0};
    ll_str_add(&title, "T");
    CHECK_INT(ll_title_simulated(d, o, &title), !strcmp(titled, "T (simulated)"));
    CHECK_STR(title.s, titled);
    bool said = false;
    ll_mark_simulated(d, o, &said);
    CHECK_INT(said, strstr(marked, "notes") != NULL);
    ll_mark_simulated(d, o, &said); /* once is enough */
    char *text = ll_json_line(o);
    CHECK_STR(text, marked);
    free(text);
    ll_str_free(&title);
    cJSON_Delete(o);
}

static void results_say_what_is_simulated(void)
{
    ll_dataset *d = mixed();
    check_marked(d, "{\"device\":\"here\"}", "{\"device\":\"here\"}", "T");
    check_marked(d, "{\"device\":\"model\"}",
                 "{\"device\":\"model\",\"simulated\":[\"model\"],"
                 "\"notes\":[\"model is simulated, not measured\"]}",
                 "T (simulated)");
    check_marked(d, "{\"rows\":[{\"device\":\"model\"},{\"device\":\"here\"},{\"device\":\"model\"}]}",
                 "{\"rows\":[{\"device\":\"model\"},{\"device\":\"here\"},{\"device\":\"model\"}],"
                 "\"simulated\":[\"model\"],\"notes\":[\"model is simulated, not measured\"]}",
                 "T (1 of 2 simulated)");
    check_marked(d, "{\"devices\":2,\"names\":[\"model\",\"unknown\"]}",
                 "{\"devices\":2,\"names\":[\"model\",\"unknown\"],\"simulated\":[\"model\"],"
                 "\"notes\":[\"model is simulated, not measured\"]}",
                 "T (simulated)");
    const char *says = "{\"columns\":[{\"key\":\"kind\"}],\"rows\":[{\"device\":\"model\"}]}";
    check_marked(d, says, says, "T (simulated)"); /* a column of its own says it */
    bool said = true; /* by an earlier result of the command: the list is there, the note is not repeated */
    cJSON *o = cJSON_Parse("{\"device\":\"model\"}");
    ll_mark_simulated(d, o, &said);
    CHECK(cJSON_GetObjectItem(o, "simulated") && !cJSON_GetObjectItem(o, "notes"));
    cJSON_Delete(o);
    ll_mark_simulated(NULL, NULL, &said);
    ll_dataset_unref(d);
}

/* A space of 648 architectures is not drawn from as if it had no end. */
static void small_spaces_are_drawn_without_repetition(void)
{
    const ll_space *s = ll_space_find("resnet_tiny");
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_INT(ll_draw_dataset("few", s, 600, 0, 1, NULL, &d, &e), LL_OK);
    CHECK_INT(d->n_archs, 600);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK); /* which refuses twins */
    ll_dataset_unref(d);
    CHECK_INT(ll_draw_dataset("few", s, 649, 0, 1, NULL, &d, &e), LL_USAGE);
    CHECK_HAS(e.message, "648 architectures");
    CHECK_INT(ll_draw_dataset("few", s, 0, 0, 1, NULL, &d, &e), LL_OK);
    CHECK_INT(d->n_archs, 648);
    ll_dataset_unref(d);
}

static bool has_gene(const void *ctx, const uint8_t *gene)
{
    return gene[45] == *(const uint8_t *)ctx;
}

/* A filter that takes nothing is left aside. */
static void draws_are_filtered(void)
{
    const ll_space *s = ll_space_find("ofa");
    const uint8_t resolution = 8, none = 255;
    const ll_draw_filter one = {has_gene, &resolution}, empty = {has_gene, &none};
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_OK(ll_draw_dataset("one", s, 50, 0, 1, &one, &d, &e));
    CHECK_INT(d->n_archs, 50);
    for (int i = 0; i < d->n_archs; i++) CHECK_INT(ll_gene(d, i)[45], resolution);
    CHECK_OK(ll_dataset_seal(d, &e));
    ll_dataset_unref(d);
    CHECK_OK(ll_draw_dataset("any", s, 50, 0, 1, &empty, &d, &e));
    CHECK_INT(d->n_archs, 50);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"draws are filtered", draws_are_filtered},
    {"small spaces are drawn without repetition", small_spaces_are_drawn_without_repetition},
    {"work is counted", work_is_counted},
    {"roofline by hand", roofline_by_hand},
    {"systolic array by hand", systolic_by_hand},
    {"row-stationary accelerator by hand", rowstationary_by_hand},
    {"GPU by hand", gpu_by_hand},
    {"DSP and CPU by hand", dsp_and_cpu_by_hand},
    {"times are monotone", times_are_monotone},
    {"machines are text", machines_are_text},
    {"networks are shaped", networks_are_shaped},
    {"stopwatches are seeded", stopwatches_are_seeded},
    {"datasets are deterministic", datasets_are_deterministic},
    {"results say what is simulated", results_say_what_is_simulated},
    {"bundled data is ours", bundled_data_is_ours},
    {"bundled devices differ", bundled_devices_differ},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_simulate", cases, argc, argv);
}
