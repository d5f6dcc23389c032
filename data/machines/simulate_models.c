#include "data/machines/simulate_models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/str.h"

/* --- work of a layer ------------------------------------------------------------------------------------ */

ll_sim_work ll_sim_layer_work(const ll_layer *l)
{
    double in = (double)l->c_in * l->h_in * l->h_in, out = (double)l->c_out * l->h_out * l->h_out;
    double taps = (double)l->kernel * l->kernel;
    switch (l->kind) {
    case LL_CONV: {
        double weights = taps * l->c_in / l->groups * l->c_out;
        return (ll_sim_work){ll_layer_macs(l), 0, in, weights + l->c_out, out};
    }
    case LL_LINEAR:
        return (ll_sim_work){ll_layer_macs(l), 0, l->c_in, ((double)l->c_in + 1) * l->c_out, l->c_out};
    case LL_POOL_AVG:
        return (ll_sim_work){0, taps * out, in, 0, out};
    case LL_GLOBAL_POOL:
        return (ll_sim_work){0, in, in, 0, l->c_out};
    case LL_ADD:
        return (ll_sim_work){0, out, 2 * in, 0, out};
    case LL_GATE:
        return (ll_sim_work){0, out, in + l->c_in, 0, out};
    case LL_SHUFFLE:
        return (ll_sim_work){0, 0, in, 0, out};
    case LL_COPY:
        break;
    }
    return (ll_sim_work){0};
}

double ll_sim_flops(const ll_sim_machine *m, const ll_layer *l)
{
    ll_sim_work w = ll_sim_layer_work(l);
    return m->p[SIM_BATCH] * (2 * w.macs + w.vector_ops);
}

double ll_sim_bytes(const ll_sim_machine *m, const ll_layer *l)
{
    ll_sim_work w = ll_sim_layer_work(l);
    return m->p[SIM_BYTES] * (m->p[SIM_BATCH] * (w.in + w.out) + w.weights);
}

static bool is_depthwise(const ll_layer *l)
{
    return l->kind == LL_CONV && l->groups > 1 && l->groups == l->c_in;
}

static bool is_product(const ll_layer *l) /* runs on the matrix units */
{
    return l->kind == LL_CONV || l->kind == LL_LINEAR;
}

/* A layer as `groups` matrix products (m, k) x (k, n); m counts output pixels of the whole batch. */
typedef struct gemm {
    double m, n, k, groups;
} gemm;

static gemm as_gemm(const ll_sim_machine *mc, const ll_layer *l)
{
    double batch = mc->p[SIM_BATCH];
    if (l->kind == LL_LINEAR) return (gemm){batch, l->c_out, l->c_in, 1};
    double groups = l->groups;
    return (gemm){batch * l->h_out * l->h_out, l->c_out / groups,
                  (double)l->kernel * l->kernel * l->c_in / groups, groups};
}

static double memory_ms(const ll_sim_machine *m, const ll_layer *l)
{
    return ll_sim_bytes(m, l) / m->p[SIM_BANDWIDTH] * 1e-6;
}

/* Compute and memory overlap, the overhead does not. */
static ll_sim_time overlapped(const ll_sim_machine *m, double compute_ms, double memory)
{
    double overhead = m->p[SIM_LAUNCH] * 1e-3;
    return (ll_sim_time){compute_ms, memory, overhead, fmax(compute_ms, memory) + overhead};
}

static double vector_ms(double ops, double lanes, double clock_mhz)
{
    return ops / (lanes * clock_mhz) * 1e-3;
}

#define REAL_OPTION(NAME, DEFAULT, LO, HI, UNIT, HELP) LL_OPT_REAL(NAME, DEFAULT, LO, HI, HELP, .unit = UNIT)
#define COMMON_OPTIONS(BYTES, BANDWIDTH, LAUNCH)                                                             \
    [SIM_BATCH] = LL_OPT_INT("batch", "1", 1, 65536, "images per run; the latency is that of the batch",     \
                             .unit = "images"),                                                              \
    [SIM_BYTES] = REAL_OPTION("bytes", BYTES, .5, 8, "bytes", "bytes per number: 4 float, 2 half, 1 int8"),  \
    [SIM_BANDWIDTH] =                                                                                        \
        REAL_OPTION("bandwidth", BANDWIDTH, 1e-3, 1e6, "GB/s", "bandwidth of the main memory"),              \
    [SIM_LAUNCH] = REAL_OPTION("launch", LAUNCH, 0, 1e6, "us", "overhead per layer"),                        \
    [SIM_COMPILED] =                                                                                         \
        LL_OPT_BOOL("compiled", "off", "a compiler drops branches that cannot reach the output"),            \
    [SIM_PARALLEL] =                                                                                         \
        LL_OPT_BOOL("parallel", "off", "branches of a cell run at the same time: the longest path counts"),  \
    [SIM_TIMER] = REAL_OPTION("timer", "0", 0, 1000, "ms", "resolution of the timer; 0: exact"),             \
    [SIM_NOISE] = REAL_OPTION("noise", "0", 0, 1, NULL, "relative standard deviation of one measurement"),   \
    [SIM_SEED] = LL_OPT_INT("noise_seed", "0", 0, 2147483647, "seed of the noise")

/* --- roofline ------------------------------------------------------------------------------------------- */

enum { ROOF_PEAK = SIM_OWN, ROOF_EFFICIENCY, ROOF_END };
static const ll_option roofline_options[] = {
    COMMON_OPTIONS("4", "140.8", "5"),
    [ROOF_PEAK] = REAL_OPTION("peak", "2073.6", 1e-3, 1e9, "GFLOP/s", "peak arithmetic rate"),
    [ROOF_EFFICIENCY] = REAL_OPTION("efficiency", "1", 1e-3, 1, NULL, "share of the peak that kernels reach"),
    [ROOF_END] = {0},
};

static double roofline_peak(const ll_sim_machine *m)
{
    return m->p[ROOF_PEAK] * m->p[ROOF_EFFICIENCY];
}

static ll_sim_time roofline_layer(const ll_sim_machine *m, const ll_layer *l)
{
    return overlapped(m, ll_sim_flops(m, l) / roofline_peak(m) * 1e-6, memory_ms(m, l));
}

static const ll_sim_model roofline = {"roofline",
                                      "peak, bandwidth and a constant overhead per layer",
                                      "Williams, Waterman, Patterson: Roofline, CACM 52(4), 2009",
                                      roofline_options,
                                      roofline_layer,
                                      roofline_peak};

/* --- weight-stationary systolic array ------------------------------------------------------------------- */

enum { SYS_ROWS = SIM_OWN, SYS_COLS, SYS_CLOCK, SYS_LANES, SYS_DOUBLE, SYS_END };
static const ll_option systolic_options[] = {
    COMMON_OPTIONS("1", "34", "2"),
    [SYS_ROWS] = REAL_OPTION("rows", "256", 1, 4096, NULL, "rows of the array: depth of the product"),
    [SYS_COLS] = REAL_OPTION("cols", "256", 1, 4096, NULL, "columns of the array: output channels"),
    [SYS_CLOCK] = REAL_OPTION("clock", "700", 1, 1e5, "MHz", "clock"),
    [SYS_LANES] = REAL_OPTION("lanes", "256", 1, 65536, NULL, "elements per cycle of the vector unit"),
    [SYS_DOUBLE] = LL_OPT_BOOL("double_buffer", "on",
                               "the next weights are loaded, and data moved, while the array works"),
    [SYS_END] = {0},
};

static double systolic_peak(const ll_sim_machine *m)
{
    return 2 * m->p[SYS_ROWS] * m->p[SYS_COLS] * m->p[SYS_CLOCK] * 1e-3;
}

/* Weights of one fold (rows x cols of the product's k x n) stay in the array while m pixels stream through:
 * R cycles to load them, m to stream, R + C - 2 to fill and drain (SCALE-Sim: 2R + C + T - 2 a fold). With a
 * double buffer, loading hides behind the previous fold's stream and only the last drain shows. */
static double systolic_cycles(const ll_sim_machine *m, const ll_layer *l)
{
    double rows = m->p[SYS_ROWS], cols = m->p[SYS_COLS];
    gemm g = as_gemm(m, l);
    double folds = g.groups * ceil(g.k / rows) * ceil(g.n / cols);
    if (m->p[SYS_DOUBLE] == 0) return folds * (2 * rows + cols + g.m - 2);
    return rows + folds * fmax(g.m, rows) + rows + cols - 2;
}

static ll_sim_time systolic_layer(const ll_sim_machine *m, const ll_layer *l)
{
    ll_sim_work w = ll_sim_layer_work(l);
    double clock = m->p[SYS_CLOCK], compute;
    if (is_product(l))
        compute = systolic_cycles(m, l) / clock * 1e-3;
    else
        compute = vector_ms(m->p[SIM_BATCH] * (w.vector_ops + w.out), m->p[SYS_LANES], clock);
    ll_sim_time t = overlapped(m, compute, memory_ms(m, l));
    if (m->p[SYS_DOUBLE] == 0) t.total_ms = t.compute_ms + t.memory_ms + t.overhead_ms;
    return t;
}

static const ll_sim_model systolic = {
    "systolic",
    "weight-stationary systolic array with a vector unit beside it",
    "Samajdar et al.: SCALE-Sim, arXiv 1811.02883; Jouppi et al.: TPU, ISCA 2017",
    systolic_options,
    systolic_layer,
    systolic_peak};

/* --- row-stationary accelerator ------------------------------------------------------------------------- */

enum { ROW_ROWS = SIM_OWN, ROW_COLS, ROW_CLOCK, ROW_BUFFER, ROW_LANES, ROW_END };
static const ll_option rowstationary_options[] = {
    COMMON_OPTIONS("2", "0.48", "10"),
    [ROW_ROWS] = REAL_OPTION("rows", "12", 1, 1024, NULL, "rows of processing elements: filter rows"),
    [ROW_COLS] = REAL_OPTION("cols", "14", 1, 1024, NULL, "columns of processing elements: output rows"),
    [ROW_CLOCK] = REAL_OPTION("clock", "200", 1, 1e5, "MHz", "clock"),
    [ROW_BUFFER] = REAL_OPTION("buffer", "108", 1, 1e6, "KiB", "global buffer"),
    [ROW_LANES] = REAL_OPTION("lanes", "4", 1, 4096, NULL, "elements per cycle outside the array"),
    [ROW_END] = {0},
};

static double rowstationary_peak(const ll_sim_machine *m)
{
    return 2 * m->p[ROW_ROWS] * m->p[ROW_COLS] * m->p[ROW_CLOCK] * 1e-3;
}

/* A convolution of one input plane with one filter plane takes a set of (kernel x output rows) elements, each
 * doing a one-dimensional convolution of kernel * width multiply-adds. Sets are cut to the array's width and
 * replicated where several fit; what is left over idles. */
static double rowstationary_cycles(const ll_sim_machine *m, const ll_layer *l)
{
    double kernel = l->kind == LL_LINEAR ? 1 : l->kernel, height = l->kind == LL_LINEAR ? 1 : l->h_out;
    double groups = l->kind == LL_LINEAR ? 1 : l->groups;
    double planes = m->p[SIM_BATCH] * l->c_in / groups * l->c_out;
    double down = fmax(1, floor(m->p[ROW_ROWS] / kernel)), folds_down = ceil(kernel / m->p[ROW_ROWS]);
    double across = fmax(1, floor(m->p[ROW_COLS] / height)), folds_across = ceil(height / m->p[ROW_COLS]);
    return ceil(planes / (down * across)) * folds_down * folds_across * kernel * height;
}

/* What the buffer cannot hold is read again: the inputs once for each part of the weights that fits. */
static double rowstationary_memory_ms(const ll_sim_machine *m, const ll_layer *l)
{
    ll_sim_work w = ll_sim_layer_work(l);
    double half = m->p[ROW_BUFFER] * 1024 / 2, bytes = m->p[SIM_BYTES];
    double passes = fmax(1, ceil(w.weights * bytes / half));
    double moved = bytes * (m->p[SIM_BATCH] * (w.in * passes + w.out) + w.weights);
    return moved / m->p[SIM_BANDWIDTH] * 1e-6;
}

static ll_sim_time rowstationary_layer(const ll_sim_machine *m, const ll_layer *l)
{
    ll_sim_work w = ll_sim_layer_work(l);
    double clock = m->p[ROW_CLOCK], compute;
    if (is_product(l))
        compute = rowstationary_cycles(m, l) / clock * 1e-3;
    else
        compute = vector_ms(m->p[SIM_BATCH] * (w.vector_ops + w.out), m->p[ROW_LANES], clock);
    return overlapped(m, compute, rowstationary_memory_ms(m, l));
}

static const ll_sim_model rowstationary = {"rowstationary",
                                           "row-stationary accelerator with a global buffer",
                                           "Chen, Krishna, Emer, Sze: Eyeriss, IEEE JSSC 52(1), 2017",
                                           rowstationary_options,
                                           rowstationary_layer,
                                           rowstationary_peak};

/* --- GPU --- */

enum { GPU_SMS = SIM_OWN, GPU_CORES, GPU_CLOCK, GPU_HOST, GPU_FUSED, GPU_DIRECT, GPU_END };
static const ll_option gpu_options[] = {
    COMMON_OPTIONS("4", "900", "2"),
    [GPU_SMS] = REAL_OPTION("sms", "80", 1, 1024, NULL, "streaming multiprocessors"),
    [GPU_CORES] = REAL_OPTION("cores", "64", 1, 4096, NULL, "multiply-adds per cycle of one of them"),
    [GPU_CLOCK] = REAL_OPTION("clock", "1530", 1, 1e5, "MHz", "clock"),
    [GPU_HOST] = REAL_OPTION("host", "10", 0, 1e5, "us", "time the host needs to issue a kernel"),
    [GPU_FUSED] =
        LL_OPT_BOOL("fused", "off", "ReLU and batch normalisation run inside the convolution's kernel"),
    [GPU_DIRECT] =
        REAL_OPTION("direct", "0.12", 1e-3, 1, NULL, "share of the peak that depthwise kernels reach"),
    [GPU_END] = {0},
};

static double gpu_peak(const ll_sim_machine *m)
{
    return 2 * m->p[GPU_SMS] * m->p[GPU_CORES] * m->p[GPU_CLOCK] * 1e-3;
}

/* Output tiles of the matrix product, one block of threads each: large ones reuse more, small ones fill more
 * multiprocessors. The library is taken to choose the fastest. */
static const struct {
    double m, n, efficiency;
} gpu_tiles[] = {{128, 128, .9}, {128, 64, .8}, {64, 64, .65}, {64, 32, .5}, {32, 32, .35}};

/* Blocks are dealt to the multiprocessors in waves; a last wave that is nearly empty costs as much as a full
 * one. *busy is the share of multiprocessors that work. */
static double gpu_product_ms(const ll_sim_machine *m, const ll_layer *l, double *busy)
{
    gemm g = as_gemm(m, l);
    double best = INFINITY, sms = m->p[GPU_SMS];
    for (size_t i = 0; i < sizeof gpu_tiles / sizeof *gpu_tiles; i++) {
        double blocks = g.groups * ceil(g.m / gpu_tiles[i].m) * ceil(g.n / gpu_tiles[i].n);
        double cycles = gpu_tiles[i].m * gpu_tiles[i].n * g.k / (m->p[GPU_CORES] * gpu_tiles[i].efficiency);
        double ms = ceil(blocks / sms) * cycles / m->p[GPU_CLOCK] * 1e-3;
        if (ms >= best) continue;
        best = ms;
        *busy = fmin(1, blocks / sms);
    }
    return best;
}

/* Kernels that stream: depthwise, pooling, adding, copying. A block handles 1024 numbers. */
static double gpu_stream_ms(const ll_sim_machine *m, const ll_layer *l, double *busy)
{
    double blocks = ceil(m->p[SIM_BATCH] * ll_sim_layer_work(l).out / 1024);
    *busy = fmin(1, blocks / m->p[GPU_SMS]);
    return ll_sim_flops(m, l) / (gpu_peak(m) * m->p[GPU_DIRECT] * *busy) * 1e-6;
}

/* The host issues kernels ahead of time, so that the slower of issuing and running counts. */
static double gpu_kernel_ms(const ll_sim_machine *m, double run_ms)
{
    return fmax(m->p[GPU_HOST] * 1e-3, run_ms + m->p[SIM_LAUNCH] * 1e-3);
}

static ll_sim_time gpu_layer(const ll_sim_machine *m, const ll_layer *l)
{
    double busy = 1;
    ll_sim_time t = {0};
    t.compute_ms =
        is_product(l) && !is_depthwise(l) ? gpu_product_ms(m, l, &busy) : gpu_stream_ms(m, l, &busy);
    t.memory_ms = memory_ms(m, l) / busy;
    t.total_ms = gpu_kernel_ms(m, fmax(t.compute_ms, t.memory_ms));
    if (m->p[GPU_FUSED] == 0) { /* element-wise kernels of their own: read and write every number */
        ll_sim_work w = ll_sim_layer_work(l);
        double per_number = 2 * m->p[SIM_BATCH] * m->p[SIM_BYTES] / m->p[SIM_BANDWIDTH] * 1e-6;
        if (l->relu_before) t.total_ms += gpu_kernel_ms(m, w.in * per_number);
        if (l->bn) t.total_ms += gpu_kernel_ms(m, (l->kind == LL_GLOBAL_POOL ? w.in : w.out) * per_number);
        if (l->act) t.total_ms += gpu_kernel_ms(m, w.out * per_number);
    }
    t.overhead_ms = t.total_ms - fmax(t.compute_ms, t.memory_ms);
    return t;
}

static const ll_sim_model gpu = {
    "gpu",
    "waves of thread blocks on multiprocessors, one kernel launch per operation",
    "wave quantisation: NVIDIA Deep Learning Performance Guide; roof: Williams et al., CACM 2009",
    gpu_options,
    gpu_layer,
    gpu_peak};

/* --- DSP --- */

enum { DSP_UNITS = SIM_OWN, DSP_WIDTH, DSP_CLOCK, DSP_BLOCK, DSP_DEPTHWISE, DSP_POOL, DSP_END };
static const ll_option dsp_options[] = {
    COMMON_OPTIONS("1", "34", "20"),
    [DSP_UNITS] = REAL_OPTION("units", "4", 1, 64, NULL, "vector units"),
    [DSP_WIDTH] = REAL_OPTION("width", "128", 1, 4096, NULL, "multiply-adds of one unit per cycle"),
    [DSP_CLOCK] = REAL_OPTION("clock", "1200", 1, 1e5, "MHz", "clock"),
    [DSP_BLOCK] = REAL_OPTION("block", "32", 1, 1024, NULL, "channels are padded to a multiple of this"),
    [DSP_DEPTHWISE] = REAL_OPTION("depthwise", "0.06", 1e-4, 1, NULL,
                                  "share of the peak in a depthwise convolution, which has no sum over "
                                  "channels for the multiply-reduce instructions"),
    [DSP_POOL] = REAL_OPTION("pool", "0.1", 1e-4, 1, NULL, "share of the peak in pooling and adding"),
    [DSP_END] = {0},
};

static double dsp_peak(const ll_sim_machine *m)
{
    return 2 * m->p[DSP_UNITS] * m->p[DSP_WIDTH] * m->p[DSP_CLOCK] * 1e-3;
}

static double padded(double channels, double block)
{
    return ceil(channels / block) * block;
}

static ll_sim_time dsp_layer(const ll_sim_machine *m, const ll_layer *l)
{
    ll_sim_work w = ll_sim_layer_work(l);
    double block = m->p[DSP_BLOCK], rate = dsp_peak(m) / 2; /* 1e9 multiply-adds a second */
    double out = padded(l->c_out, block) / l->c_out, in = padded(l->c_in, block) / l->c_in, ops;
    if (is_depthwise(l))
        ops = w.macs * out / m->p[DSP_DEPTHWISE];
    else if (is_product(l)) { /* every group is padded for itself */
        double c_in = (double)l->c_in / l->groups, c_out = (double)l->c_out / l->groups;
        ops = w.macs * padded(c_in, block) / c_in * padded(c_out, block) / c_out;
    } else
        ops = w.vector_ops * out / m->p[DSP_POOL];
    double bytes = m->p[SIM_BYTES] * (m->p[SIM_BATCH] * (w.in * in + w.out * out) + w.weights);
    return overlapped(m, m->p[SIM_BATCH] * ops / rate * 1e-6, bytes / m->p[SIM_BANDWIDTH] * 1e-6);
}

static const ll_sim_model dsp = {"dsp",
                                 "wide vector units on blocks of channels, poor at depthwise convolution",
                                 "Codrescu: Hexagon 680 and its vector extensions, Hot Chips 27, 2015 "
                                 "(widths; the shares are stated here)",
                                 dsp_options,
                                 dsp_layer,
                                 dsp_peak};

/* --- CPU --- */

enum { CPU_CORES = SIM_OWN, CPU_CLOCK, CPU_WIDTH, CPU_CACHE, CPU_CACHE_BANDWIDTH, CPU_EFFICIENCY, CPU_END };
static const ll_option cpu_options[] = {
    COMMON_OPTIONS("4", "4", "15"),
    [CPU_CORES] = REAL_OPTION("cores", "4", 1, 1024, NULL, "cores at work"),
    [CPU_CLOCK] = REAL_OPTION("clock", "1500", 1, 1e5, "MHz", "clock"),
    [CPU_WIDTH] = REAL_OPTION("width", "4", 1, 1024, NULL, "multiply-adds of one core per cycle"),
    [CPU_CACHE] = REAL_OPTION("cache", "1024", 1, 1e6, "KiB", "last-level cache"),
    [CPU_CACHE_BANDWIDTH] =
        REAL_OPTION("cache_bandwidth", "20", 1e-3, 1e6, "GB/s", "bandwidth of that cache"),
    [CPU_EFFICIENCY] = REAL_OPTION("efficiency", "0.7", 1e-3, 1, NULL, "share of the peak in a product"),
    [CPU_END] = {0},
};

static double cpu_peak(const ll_sim_machine *m)
{
    return 2 * m->p[CPU_CORES] * m->p[CPU_WIDTH] * m->p[CPU_CLOCK] * 1e-3;
}

/* A k x k convolution lays its input out as columns first: k*k copies are written and read again. What fits
 * into the cache moves at the cache's speed. */
static double cpu_memory_ms(const ll_sim_machine *m, const ll_layer *l)
{
    ll_sim_work w = ll_sim_layer_work(l);
    double columns = 0;
    if (l->kind == LL_CONV && l->kernel > 1 && !is_depthwise(l))
        columns = 2.0 * l->kernel * l->kernel * l->c_in * l->h_out * l->h_out;
    double bytes = m->p[SIM_BYTES] * (m->p[SIM_BATCH] * (w.in + w.out + columns) + w.weights);
    bool fits = bytes <= m->p[CPU_CACHE] * 1024;
    return bytes / m->p[fits ? CPU_CACHE_BANDWIDTH : SIM_BANDWIDTH] * 1e-6;
}

static ll_sim_time cpu_layer(const ll_sim_machine *m, const ll_layer *l)
{
    double lanes = 4, use = 1;
    if (is_product(l)) /* output channels are handled four at a time */
        use = m->p[CPU_EFFICIENCY] * l->c_out / padded(l->c_out, lanes);
    if (is_depthwise(l)) use *= .25; /* one load for each multiply-add */
    double compute = ll_sim_flops(m, l) / (cpu_peak(m) * use) * 1e-6;
    return overlapped(m, compute, cpu_memory_ms(m, l));
}

static const ll_sim_model cpu = {
    "cpu",
    "cores with vector units, a last-level cache and columns laid out before a product",
    "Chellapilla et al.: convolution as matrix product, 2006; roof: Williams et al., CACM 2009",
    cpu_options,
    cpu_layer,
    cpu_peak};

const ll_sim_model *const ll_sim_models[] = {&roofline, &systolic, &rowstationary, &gpu, &dsp, &cpu, NULL};

ll_sim_time ll_sim_layer(const ll_sim_machine *m, const ll_layer *l)
{
    return l->kind == LL_COPY ? (ll_sim_time){0} : m->model->layer(m, l);
}

const ll_sim_model *ll_sim_model_find(const char *name)
{
    for (int i = 0; ll_sim_models[i]; i++)
        if (!strcmp(ll_sim_models[i]->name, name)) return ll_sim_models[i];
    return NULL;
}
