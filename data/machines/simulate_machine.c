/* Machines as text, published machines, the time of a whole network, and what a stopwatch would show
 * of it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "data/machines/simulate_models.h"

/* Shares, launch and host overheads are typical orders of magnitude stated here, not measurements; clocks,
 * array sizes and bandwidths are the published ones. */
const ll_sim_preset ll_sim_presets[] = {
    {"sim_xeon_6226", "roofline", "Intel Xeon Gold 6226", "peak=2073.6 bandwidth=140.8 launch=5 noise=0.02",
     "Intel ARK: 12 cores, 2.7 GHz, two AVX-512 FMA units, six channels of DDR4-2933"},
    {"sim_v100_b1", "gpu", "NVIDIA V100",
     "sms=80 cores=64 clock=1530 bandwidth=900 host=10 launch=2 batch=1 noise=0.03",
     "NVIDIA Tesla V100 whitepaper WP-08608-001, 2017"},
    {"sim_v100_b32", "gpu", "NVIDIA V100",
     "sms=80 cores=64 clock=1530 bandwidth=900 host=10 launch=2 batch=32 noise=0.02",
     "NVIDIA Tesla V100 whitepaper WP-08608-001, 2017"},
    {"sim_v100_b256", "gpu", "NVIDIA V100",
     "sms=80 cores=64 clock=1530 bandwidth=900 host=10 launch=2 batch=256 noise=0.01",
     "NVIDIA Tesla V100 whitepaper WP-08608-001, 2017"},
    {"sim_v100_streams_b1", "gpu", "NVIDIA V100",
     "sms=80 cores=64 clock=1530 bandwidth=900 host=0 launch=3 fused=on compiled=on parallel=on noise=0.02",
     "V100 whitepaper; branches on streams of their own as in Ding et al.: IOS, MLSys 2021"},
    {"sim_titan_rtx_b256", "gpu", "NVIDIA Titan RTX",
     "sms=72 cores=64 clock=1770 bandwidth=672 host=10 launch=2 batch=256 noise=0.01",
     "NVIDIA Turing whitepaper WP-09183-001, 2018"},
    {"sim_jetson_nano_b1", "gpu", "NVIDIA Jetson Nano",
     "sms=1 cores=128 clock=921.6 bandwidth=25.6 host=40 launch=5 fused=on batch=1 noise=0.03",
     "NVIDIA Jetson Nano data sheet, 2019"},
    {"sim_tpu_v1", "systolic", "Google TPU v1",
     "rows=256 cols=256 clock=700 bandwidth=34 lanes=256 launch=1 batch=8 compiled=on noise=0.01",
     "Jouppi et al., ISCA 2017: 256x256 at 700 MHz, 34 GB/s"},
    {"sim_edge_tpu", "systolic", "Google Edge TPU",
     "rows=64 cols=64 clock=480 bandwidth=12.8 lanes=16 launch=4 compiled=on noise=0.02",
     "Coral data sheet: 4 TOPS int8, which 64x64 at 480 MHz gives; the array size itself is not published"},
    {"sim_gemmini_16", "systolic", "Gemmini 16x16",
     "rows=16 cols=16 clock=1000 bandwidth=16 lanes=4 launch=2 double_buffer=off noise=0.01",
     "Genc et al.: Gemmini, DAC 2021: 16x16 at 1 GHz, int8"},
    {"sim_eyeriss", "rowstationary", "Eyeriss",
     "rows=12 cols=14 clock=200 bandwidth=0.48 buffer=108 lanes=4 launch=10 noise=0.005",
     "Chen et al., IEEE JSSC 52(1), 2017: 168 elements at 200 MHz, 108 KiB, 64-bit link at 60 MHz"},
    {"sim_hexagon_690", "dsp", "Qualcomm Hexagon 690",
     "units=4 width=128 clock=1200 bandwidth=34 block=32 launch=20 noise=0.05",
     "Hot Chips 27, 2015: 1024-bit vectors; Snapdragon 855 product brief, 2018: four units, LPDDR4X 34 GB/s"},
    {"sim_raspi4", "cpu", "Raspberry Pi 4",
     "cores=4 clock=1500 width=4 cache=1024 bandwidth=4 cache_bandwidth=20 launch=15 noise=0.03",
     "Raspberry Pi 4 data sheet, 2019: four Cortex-A72 at 1.5 GHz, 1 MiB of L2"},
    {"sim_phone_a53", "cpu", "Cortex-A53 phone",
     "cores=1 clock=1400 width=4 cache=512 bandwidth=2 cache_bandwidth=8 launch=60 timer=1 noise=0.04",
     "Arm Cortex-A53 manual DDI 0500; the timer counts whole milliseconds, as several published tables do"},
    {0}};

const ll_sim_preset *ll_sim_preset_find(const char *name)
{
    for (const ll_sim_preset *p = ll_sim_presets; p->name; p++)
        if (!strcmp(p->name, name)) return p;
    return NULL;
}

/* --- text ----------------------------------------------------------------------------------------------- */

ll_sim_machine ll_sim_machine_of(const ll_sim_model *m, const ll_values *v)
{
    ll_sim_machine out = {.model = m};
    for (int i = 0; m->options[i].name; i++) {
        const ll_option *o = &m->options[i];
        out.p[i] = o->type == LL_BOOL ? ll_bool(v, o->name) : ll_real(v, o->name);
    }
    return out;
}

ll_status ll_sim_machine_read(const char *text, ll_sim_machine *out, ll_values *values, ll_error *e)
{
    ll_strs words = {0};
    ll_strs_split(&words, text, ' ');
    ll_status s = LL_OK;
    const ll_sim_model *model = NULL;
    if (words.n && !strncmp(words.v[0], "model=", 6)) model = ll_sim_model_find(words.v[0] + 6);
    if (!model) {
        s = ll_fail(e, LL_USAGE,
                    "'%s' describes no simulated machine: model=roofline|systolic|... was expected", text);
    } else {
        ll_values v;
        ll_values_init(&v, model->options);
        s = ll_values_parse(&v, words.v + 1, words.n - 1, e);
        if (!s) *out = ll_sim_machine_of(model, &v);
        if (!s && values)
            *values = v;
        else
            ll_values_free(&v);
    }
    ll_strs_free(&words);
    return s;
}

char *ll_sim_machine_text(const ll_sim_machine *m)
{
    ll_str text = {0};
    ll_values v;
    ll_values_init(&v, m->model->options);
    ll_sim_machine plain = ll_sim_machine_of(m->model, &v);
    ll_values_free(&v);
    ll_str_addf(&text, "model=%s", m->model->name);
    for (int i = 0; m->model->options[i].name; i++) {
        if (m->p[i] == plain.p[i]) continue;
        if (m->model->options[i].type == LL_BOOL)
            ll_str_addf(&text, " %s=%s", m->model->options[i].name, m->p[i] != 0 ? "on" : "off");
        else
            ll_str_addf(&text, " %s=%.10g", m->model->options[i].name, m->p[i]);
    }
    return ll_str_take(&text);
}

/* --- network -------------------------------------------------------------------------------------------- */

/* Nodes that a compiler keeps: on a path from the input to the output that no `none` breaks. Inner node i + 1
 * is position i. */
static void live_nodes(const ll_space *s, const ll_graph *g, bool *live)
{
    bool reached[LL_MAX_NODES] = {true}, useful[LL_MAX_NODES] = {false};
    int last = g->n_nodes - 1;
    useful[last] = true;
#define PASSES(i) (g->op[i] < 0 || strcmp(ll_space_node_op(s, g->op[i]), "none"))
    for (int j = 1; j <= last; j++)
        for (int i = 0; i < j; i++)
            if (g->adj[i][j] && reached[i] && PASSES(j)) reached[j] = true;
    for (int i = last - 1; i >= 0; i--)
        for (int j = i + 1; j <= last; j++)
            if (g->adj[i][j] && useful[j] && PASSES(i)) useful[i] = true;
#undef PASSES
    for (int i = 0; i <= last; i++) live[i] = reached[i] && useful[i];
}

/* Longest path from input to output, in ms; nodes stand in topological order. */
static double longest_path(const ll_graph *g, const double *node_ms)
{
    double at[LL_MAX_NODES] = {0};
    for (int j = 1; j < g->n_nodes; j++) {
        for (int i = 0; i < j; i++)
            if (g->adj[i][j]) at[j] = fmax(at[j], at[i]);
        at[j] += node_ms[j];
    }
    return at[g->n_nodes - 1];
}

ll_status ll_sim_network_ms(const ll_sim_machine *m, const ll_space *s, const uint8_t *gene, double *ms,
                            ll_error *e)
{
    ll_layer layers[LL_MAX_LAYERS];
    int n = s->layers ? s->layers(s, gene, layers, LL_MAX_LAYERS) : 0;
    if (n <= 0 || n > LL_MAX_LAYERS)
        return ll_fail(e, LL_BAD_DATA, "space %s does not say which layers its networks have", s->name);
    double node_ms[LL_MAX_NODES] = {0}, fixed = 0;
    for (int i = 0; i < n; i++) {
        double t = ll_sim_layer(m, &layers[i]).total_ms;
        *(layers[i].position < 0 ? &fixed : &node_ms[layers[i].position + 1]) += t;
    }
    ll_graph g;
    bool live[LL_MAX_NODES];
    bool shaped = (m->p[SIM_COMPILED] != 0 || m->p[SIM_PARALLEL] != 0) && s->graph &&
                  s->graph(s, gene, LL_GRAPH_FULL, &g) && g.n_nodes == s->n_positions + 2;
    if (shaped && m->p[SIM_COMPILED] != 0) {
        live_nodes(s, &g, live);
        for (int i = 0; i < g.n_nodes; i++)
            if (!live[i]) node_ms[i] = 0;
    }
    double sum = 0;
    for (int i = 1; i <= s->n_positions; i++) sum += node_ms[i];
    *ms = fixed + (shaped && m->p[SIM_PARALLEL] != 0 ? longest_path(&g, node_ms) : sum);
    return LL_OK;
}

/* --- stopwatch ------------------------------------------------------------------------------------------ */

static double five_digits(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.5g", x);
    return strtod(text, NULL);
}

double ll_sim_measure(const ll_sim_machine *m, const char *device, const ll_space *s, const uint8_t *gene,
                      double ms)
{
    if (m->p[SIM_NOISE] > 0) {
        ll_hash h = ll_hash_bytes(device, strlen(device));
        h = ll_hash_more(&h, gene, (size_t)s->n_positions);
        h.hex[16] = 0;
        ll_rng r = ll_rng_new(strtoull(h.hex, NULL, 16) + (uint64_t)m->p[SIM_SEED], LL_STREAM_DATA);
        ms *= exp(m->p[SIM_NOISE] * ll_rng_normal(&r));
    }
    double timer = m->p[SIM_TIMER];
    return five_digits(timer > 0 ? floor(ms / timer + .5) * timer : ms);
}
