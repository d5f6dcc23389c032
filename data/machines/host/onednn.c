/* Engine onednn: the plan's steps as oneDNN primitives. */
#include "data/machines/host/engine.h"

#if __has_include(<dnnl.h>)
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/machines/host/cache.h"
#include "data/machines/host/exponent.h"
#include "data/machines/host/onednn_kernels.h"
#include "data/machines/host/plan.h"

enum {
    MAX_ARGUMENTS = 6,
    MAX_MEMORIES = 8 * LL_MAX_LAYERS,
    SCRATCH = LL_MAX_BUFFERS,
    N_BUFFERS = SCRATCH + 2
};

/* Weights of one place in the form its kernels want: those of one shape, however they scale and add. */
typedef struct place {
    int site, shape;
} place;
typedef struct packed {
    dnnl_memory_t weights, bias; /* of LL_KERNEL_SCALE: scale and shift */
    float *plain_bias;           /* int8: (c_out) as ll_layer_weights gives it, or (2, c) scale and shift */
} packed;

typedef struct call {
    dnnl_primitive_t primitive;
    int n;
    dnnl_exec_arg_t args[MAX_ARGUMENTS];
} call;

typedef struct runner {
    ll_host_settings settings;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_data_type_t type;
    ll_plan plan;
    ll_cache kernel_keys, shape_keys, place_keys;
    ll_kernel **kernels;
    packed *places;
    void *buffers[N_BUFFERS]; /* the plan's, then two of floats behind a global pool */
    size_t capacity;          /* bytes in each */
    int side;                 /* of the image in the first one */
    int n_calls, n_memories;
    call calls[3 * LL_MAX_LAYERS];
    dnnl_memory_t memories[MAX_MEMORIES]; /* of the loaded network */
    /* int8 */
    struct runner *model;            /* f32, to see how large values become */
    int exponent[LL_MAX_BUFFERS];    /* a buffer's numbers are its integers / 2^exponent */
    int made[2 * LL_MAX_LAYERS];     /* exponent of what each step makes */
    int calls_of[2 * LL_MAX_LAYERS]; /* calls up to and with each step */
    float *arena;                    /* scales and biases of the loaded network */
    size_t arena_used, arena_size;
} runner;

/* --- what can be done ------------------------------------------------------------------------------------- */

static const struct {
    dnnl_cpu_isa_t cap;
} caps[] = {[LL_ISA_NATIVE] = {dnnl_cpu_isa_all},
            [LL_ISA_SSE41] = {dnnl_cpu_isa_sse41},
            [LL_ISA_AVX2] = {dnnl_cpu_isa_avx2},
            [LL_ISA_AVX512] = {dnnl_cpu_isa_avx512_core}};

static ll_status check(const ll_host_settings *s, ll_error *e)
{
    if (!ll_host_has(s->isa))
        return ll_fail(e, LL_FAILED, "this processor has no %s instructions", ll_host_isa_name(s->isa));
    if (s->dtype == LL_HOST_BF16 && (s->isa == LL_ISA_SSE41 || s->isa == LL_ISA_AVX2))
        return ll_fail(e, LL_USAGE, "oneDNN computes bf16 from avx512 on: isa=%s cannot",
                       ll_host_isa_name(s->isa));
    if (s->dtype == LL_HOST_BF16 && !ll_host_has(LL_ISA_AVX512))
        return ll_fail(e, LL_FAILED, "oneDNN computes bf16 from avx512 on, which this processor lacks");
    return LL_OK;
}

static void version(ll_str *out)
{
    const dnnl_version_t *v = dnnl_version();
    ll_str_addf(out, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
}

static dnnl_data_type_t type_of(ll_host_dtype t)
{
    return t == LL_HOST_F32 ? dnnl_f32 : t == LL_HOST_BF16 ? dnnl_bf16 : dnnl_s8;
}

static void close_runner(void *self);

static ll_status open_runner(const ll_host_settings *s, void **out, ll_error *e)
{
    /* only before the first use: afterwards the cap must be the same */
    if (dnnl_set_max_cpu_isa(caps[s->isa].cap) && s->isa != LL_ISA_NATIVE &&
        dnnl_get_effective_cpu_isa() != caps[s->isa].cap)
        return ll_fail(e, LL_FAILED, "oneDNN's instruction set is fixed already in this process");
    omp_set_num_threads(s->threads);
    runner *r = LL_NEW(runner);
    r->settings = *s;
    r->type = type_of(s->dtype);
    r->kernel_keys.key_size = sizeof(ll_kernel_key);
    r->shape_keys.key_size = sizeof(ll_kernel_key);
    r->place_keys.key_size = sizeof(place);
    *out = r;
    if (dnnl_engine_create(&r->engine, dnnl_cpu, 0) ||
        dnnl_stream_create(&r->stream, r->engine, dnnl_stream_default_flags))
        return ll_fail(e, LL_FAILED, "oneDNN cannot start on this processor");
    if (s->dtype != LL_HOST_INT8) return LL_OK;
    ll_host_settings floats = *s;
    void *model = NULL;
    floats.dtype = LL_HOST_F32;
    floats.batch = 1;
    ll_status status = open_runner(&floats, &model, e);
    r->model = model;
    return status;
}

static void drop_memories(runner *r)
{
    for (int i = 0; i < r->n_memories; i++) dnnl_memory_destroy(r->memories[i]);
    r->n_memories = r->n_calls = 0;
    r->arena_used = 0;
}

static void close_runner(void *self)
{
    runner *r = self;
    if (!r) return;
    drop_memories(r);
    close_runner(r->model);
    for (int i = 0; i < r->place_keys.n; i++) {
        packed *p = &r->places[i];
        if (p->weights) dnnl_memory_destroy(p->weights);
        if (p->bias) dnnl_memory_destroy(p->bias);
        free(p->plain_bias);
    }
    for (int i = 0; i < r->kernel_keys.n; i++) {
        ll_kernel_free(r->kernels[i]);
        free(r->kernels[i]);
    }
    for (int i = 0; i < N_BUFFERS; i++) free(r->buffers[i]);
    free(r->kernels);
    free(r->places);
    free(r->arena);
    ll_cache_free(&r->kernel_keys);
    ll_cache_free(&r->shape_keys);
    ll_cache_free(&r->place_keys);
    if (r->stream) dnnl_stream_destroy(r->stream);
    if (r->engine) dnnl_engine_destroy(r->engine);
    free(r);
}

/* --- kernels and weights ---------------------------------------------------------------------------------- */

static ll_status kernel_of(runner *r, const ll_kernel_key *key, int *number, ll_error *e)
{
    int fresh, i = ll_cache_number(&r->kernel_keys, key, &fresh);
    *number = i;
    if (!fresh) return r->kernels[i]->primitive ? LL_OK : ll_kernel_make(r->engine, key, r->kernels[i], e);
    r->kernels = ll_realloc(r->kernels, (size_t)r->kernel_keys.n, sizeof *r->kernels);
    r->kernels[i] = LL_NEW(ll_kernel);
    return ll_kernel_make(r->engine, key, r->kernels[i], e);
}

static dnnl_memory_t owned_memory(const runner *r, const dnnl_memory_desc_t *d)
{
    dnnl_memory_t m;
    dnnl_memory_create(&m, d, r->engine, DNNL_MEMORY_ALLOCATE);
    return m;
}

/* Weights from plain order and float into the kernel's order and type. */
static void pack(const runner *r, const ll_kernel *k, const ll_layer *l, float *plain, packed *p)
{
    dnnl_memory_desc_t from = ll_kernel_plain_weights(&k->key);
    dnnl_memory_t source;
    dnnl_primitive_desc_t d;
    dnnl_primitive_t reorder;
    dnnl_primitive_attr_t attr;
    dnnl_primitive_attr_create(&attr);
    p->weights = owned_memory(r, &k->weights);
    if (k->weights.data_type == dnnl_s8) {
        float scale = ldexpf(1, ll_exponent_of_weights(l));
        dnnl_primitive_attr_set_output_scales(attr, 1, 0, &scale);
    }
    dnnl_memory_create(&source, &from, r->engine, plain);
    dnnl_reorder_primitive_desc_create(&d, &from, r->engine, &k->weights, r->engine, attr);
    dnnl_primitive_create(&reorder, d);
    dnnl_primitive_execute(reorder, r->stream, 2,
                           (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, p->weights}});
    dnnl_stream_wait(r->stream);
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(d);
    dnnl_memory_destroy(source);
    dnnl_primitive_attr_destroy(attr);
}

static dnnl_memory_t owned_copy(const runner *r, const dnnl_memory_desc_t *d, const float *from, int n)
{
    dnnl_memory_t m = owned_memory(r, d);
    void *to;
    dnnl_memory_get_data_handle(m, &to);
    memcpy(to, from, (size_t)n * sizeof *from);
    return m;
}

static int shape_of(runner *r, int kernel)
{
    int fresh;
    ll_kernel_key shape = r->kernels[kernel]->key;
    shape.act = shape.act_exponent = shape.accumulate = shape.shift = shape.other_shift = 0;
    return ll_cache_number(&r->shape_keys, &shape, &fresh);
}

static packed *weights_of(runner *r, const ll_layer *l, int kernel)
{
    place key = {l->site, shape_of(r, kernel)};
    int fresh, i = ll_cache_number(&r->place_keys, &key, &fresh), n = (int)ll_layer_bias_count(l);
    if (!fresh) return &r->places[i];
    r->places = ll_realloc(r->places, (size_t)r->place_keys.n, sizeof *r->places);
    packed *p = &r->places[i];
    *p = (packed){0};
    const ll_kernel *k = r->kernels[kernel];
    size_t weights = ll_layer_weight_count(l);
    float *plain = ll_alloc(weights + (size_t)n + 1, sizeof *plain);
    ll_layer_weights(l, r->settings.seed, plain);
    if (l->kind == LL_GLOBAL_POOL)
        p->weights = owned_copy(r, &k->other, plain, n);
    else
        pack(r, k, l, plain, p);
    dnnl_memory_desc_t vector = ll_kernel_vector(n, dnnl_f32);
    if (n) p->bias = owned_copy(r, l->kind == LL_GLOBAL_POOL ? &k->other : &vector, plain + weights, n);
    if (r->type == dnnl_s8) p->plain_bias = ll_memdup(plain, weights + (size_t)n, sizeof *plain);
    free(plain);
    return p;
}

/* --- loading ---------------------------------------------------------------------------------------------- */

/* The input is made in float and (N, C, H, H), then put into the runner's type and order. */
static ll_status make_input(runner *r, const ll_network *n, ll_error *e)
{
    int side = n->layers[0].h_in, batch = r->settings.batch;
    dnnl_memory_desc_t from, to;
    dnnl_dims_t dims = {batch, 3, side, side};
    dnnl_memory_desc_init_by_tag(&from, 4, dims, dnnl_f32, dnnl_nchw);
    dnnl_memory_desc_init_by_tag(&to, 4, dims, r->type, dnnl_nhwc);
    size_t count = (size_t)batch * 3 * (size_t)side * (size_t)side;
    float *plain = ll_alloc_aligned(count, sizeof *plain), scale = ldexpf(1, 6);
    ll_network_input(r->settings.seed, count, plain);
    dnnl_memory_t a, b;
    dnnl_primitive_desc_t d = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_primitive_attr_t attr;
    dnnl_primitive_attr_create(&attr);
    if (r->type == dnnl_s8) dnnl_primitive_attr_set_output_scales(attr, 1, 0, &scale);
    dnnl_memory_create(&a, &from, r->engine, plain);
    dnnl_memory_create(&b, &to, r->engine, r->buffers[LL_BUFFER_INPUT]);
    bool good = !dnnl_reorder_primitive_desc_create(&d, &from, r->engine, &to, r->engine, attr) &&
                !dnnl_primitive_create(&reorder, d) &&
                !dnnl_primitive_execute(reorder, r->stream, 2,
                                        (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, a}, {DNNL_ARG_TO, b}}) &&
                !dnnl_stream_wait(r->stream);
    if (reorder) dnnl_primitive_destroy(reorder);
    if (d) dnnl_primitive_desc_destroy(d);
    dnnl_primitive_attr_destroy(attr);
    dnnl_memory_destroy(a);
    dnnl_memory_destroy(b);
    free(plain);
    return good ? LL_OK : ll_fail(e, LL_FAILED, "oneDNN cannot convert the input");
}

static ll_status make_buffers(runner *r, const ll_network *n, ll_error *e)
{
    size_t wanted = (size_t)r->plan.most * (size_t)r->settings.batch * sizeof(float);
    bool larger = wanted > r->capacity;
    for (int i = 0; i < N_BUFFERS && larger; i++) free(r->buffers[i]), r->buffers[i] = NULL;
    if (larger) r->capacity = wanted;
    for (int i = 0; i < N_BUFFERS; i++)
        if (!r->buffers[i] && (i < r->plan.n_buffers || i >= SCRATCH))
            r->buffers[i] = ll_alloc_aligned(r->capacity, 1);
    bool other_image = larger || r->side != n->layers[0].h_in;
    r->side = n->layers[0].h_in;
    return other_image ? make_input(r, n, e) : LL_OK;
}

static dnnl_memory_t at(runner *r, const dnnl_memory_desc_t *d, void *where)
{
    dnnl_memory_create(&r->memories[r->n_memories], d, r->engine, where);
    return r->memories[r->n_memories++];
}

static void argument(call *c, int what, dnnl_memory_t m)
{
    c->args[c->n++] = (dnnl_exec_arg_t){what, m};
}

static ll_kernel_key key_of(const runner *r, ll_kernel_kind kind, const ll_layer *l)
{
    return (ll_kernel_key){.kind = (int)kind,
                           .type = (int)r->type,
                           .batch = r->settings.batch,
                           .c_in = l->c_in,
                           .c_out = l->c_out,
                           .h_in = l->h_in,
                           .h_out = l->h_out,
                           .kernel = l->kernel,
                           .padding = ll_layer_padding(l),
                           .stride = l->stride,
                           .groups = l->groups};
}

/* A call of this kernel from buffer `in` to buffer `out`; NULL when oneDNN refuses. */
static call *put(runner *r, const ll_kernel_key *key, int in, int out, int *number, ll_error *e)
{
    if (kernel_of(r, key, number, e)) return NULL;
    const ll_kernel *k = r->kernels[*number];
    call *c = &r->calls[r->n_calls++];
    *c = (call){.primitive = k->primitive};
    argument(c, DNNL_ARG_SRC, at(r, &k->src, r->buffers[in]));
    argument(c, DNNL_ARG_DST, at(r, &k->dst, r->buffers[out]));
    return c;
}

static float *arena_floats(runner *r, size_t n)
{
    float *v = r->arena + r->arena_used;
    r->arena_used += (n + 15) / 16 * 16;
    return v;
}

/* int8: oneDNN computes (sum of integers + bias) * scale: the bias in units of that sum. */
static void put_bias(runner *r, call *c, const ll_layer *l, const packed *p, int from)
{
    if (!l->bn) return;
    float *bias = arena_floats(r, (size_t)l->c_out);
    const float *plain = p->plain_bias + ll_layer_weight_count(l);
    dnnl_memory_desc_t vector = ll_kernel_vector(l->c_out, dnnl_f32);
    for (int i = 0; i < l->c_out; i++) bias[i] = ldexpf(plain[i], from + ll_exponent_of_weights(l));
    argument(c, DNNL_ARG_BIAS, at(r, &vector, bias));
}

static ll_status put_conv(runner *r, const ll_step *s, int to, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_CONV, s->layer);
    int number;
    key.act = s->act;
    if (s->act == LL_RELU6 && r->type == dnnl_s8) key.act_exponent = to;
    key.bias = s->layer->bn;
    key.accumulate = s->accumulate;
    if (r->type == dnnl_s8) key.shift = to - r->exponent[s->in] - ll_exponent_of_weights(s->layer);
    if (r->type == dnnl_s8 && s->accumulate) key.other_shift = to - r->exponent[s->out];
    call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    const packed *p = weights_of(r, s->layer, number);
    argument(c, DNNL_ARG_WEIGHTS, p->weights);
    if (r->type == dnnl_s8)
        put_bias(r, c, s->layer, p, r->exponent[s->in]);
    else if (p->bias)
        argument(c, DNNL_ARG_BIAS, p->bias);
    return LL_OK;
}

static ll_status put_add(runner *r, const ll_step *s, int to, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_ADD, s->layer);
    int number;
    key.act = s->act;
    if (r->type == dnnl_s8) {
        if (s->act == LL_RELU6) key.act_exponent = to;
        key.shift = to - r->exponent[s->in];
        key.other_shift = to - r->exponent[s->other];
    }
    call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    argument(c, DNNL_ARG_SRC_1, at(r, &r->kernels[number]->other, r->buffers[s->other]));
    return LL_OK;
}

static ll_status put_relu(runner *r, const ll_step *s, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_RELU, s->layer);
    int number;
    key.c_out = key.c_in;
    key.h_out = key.h_in;
    key.kernel = key.stride = key.groups = 1;
    key.padding = 0;
    return put(r, &key, s->in, s->out, &number, e) ? LL_OK : e->status;
}

/* int8 as floats, for a layer that computes in float. */
static ll_status put_float(runner *r, const ll_step *s, const ll_layer *l, int from, int side, int out,
                           ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_FLOAT, l);
    int number;
    key.h_in = key.h_out = side;
    key.kernel = key.groups = key.stride = 1;
    key.padding = 0;
    key.shift = -r->exponent[s->in];
    return put(r, &key, from, out, &number, e) ? LL_OK : e->status;
}

/* Scale and shift when there is a bn (in float: oneDNN has no fast kernel for that in int8), then the mean; what comes
 * out is float. */
static ll_status put_global(runner *r, const ll_step *s, ll_error *e)
{
    const ll_layer *l = s->layer;
    int number, from = s->in;
    ll_kernel_key mean = key_of(r, LL_KERNEL_MEAN, l);
    mean.kernel = l->h_in;
    mean.padding = 0;
    if (l->bn) {
        ll_kernel_key scale = key_of(r, LL_KERNEL_SCALE, l);
        if (r->type == dnnl_s8) {
            if (put_float(r, s, l, from, l->h_in, SCRATCH + 1, e)) return e->status;
            scale.type = dnnl_f32;
            from = SCRATCH + 1;
        }
        scale.act = l->relu_before ? LL_RELU : LL_NO_ACT;
        call *c = put(r, &scale, from, SCRATCH, &number, e);
        if (!c) return e->status;
        const packed *p = weights_of(r, l, number);
        argument(c, DNNL_ARG_SRC_1, p->weights);
        argument(c, DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, p->bias);
        mean.type = dnnl_f32;
        from = SCRATCH;
    }
    bool convert = mean.type != dnnl_f32;
    if (!put(r, &mean, from, convert ? SCRATCH + 1 : s->out, &number, e)) return e->status;
    return convert ? put_float(r, s, l, SCRATCH + 1, 1, s->out, e) : LL_OK;
}

static ll_status put_linear(runner *r, const ll_step *s, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_LINEAR, s->layer);
    int number;
    key.act = s->act;
    call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    const packed *p = weights_of(r, s->layer, number);
    argument(c, DNNL_ARG_WEIGHTS, p->weights);
    argument(c, DNNL_ARG_BIAS, p->bias);
    return LL_OK;
}

/* The numbers that a gate multiplies by come from a mean and linear layers, in float. */
static ll_status put_gate(runner *r, const ll_step *s, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_GATE, s->layer);
    int number;
    call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    argument(c, DNNL_ARG_SRC_1, at(r, &r->kernels[number]->other, r->buffers[s->other]));
    return LL_OK;
}

/* to: int8, the exponent of what the step makes. */
static ll_status put_step(runner *r, const ll_step *s, int to, ll_error *e)
{
    ll_kernel_key key;
    int number;
    switch (s->kind) {
    case LL_STEP_CONV:
        return put_conv(r, s, to, e);
    case LL_STEP_ADD:
        return put_add(r, s, to, e);
    case LL_STEP_RELU:
        return put_relu(r, s, e);
    case LL_STEP_GLOBAL:
        return put_global(r, s, e);
    case LL_STEP_LINEAR:
        return put_linear(r, s, e);
    case LL_STEP_GATE:
        return put_gate(r, s, e);
    default:
        key = key_of(r, s->kind == LL_STEP_POOL ? LL_KERNEL_POOL : LL_KERNEL_SHUFFLE, s->layer);
        return put(r, &key, s->in, s->out, &number, e) ? LL_OK : e->status;
    }
}

static void execute(runner *r, const call *c)
{
    dnnl_primitive_execute(c->primitive, r->stream, c->n, c->args);
}

/* --- int8: how large values become -------------------------------------------------------------------------- */

/* Runs the network once in float and keeps, for each step, the power of two that fits its values into 8 bits. */
static void look_at_values(runner *model, int *made)
{
    for (int i = 0, c = 0; i < model->plan.n_steps; i++) {
        const ll_step *s = &model->plan.steps[i];
        const ll_layer *l = s->layer;
        for (; c < model->calls_of[i]; c++) execute(model, &model->calls[c]);
        dnnl_stream_wait(model->stream);
        bool in_place = s->kind == LL_STEP_RELU;
        size_t side = (size_t)(in_place ? l->h_in : l->h_out),
               planes = (size_t)(in_place ? l->c_in : l->c_out);
        made[i] = ll_exponent_of_values(model->buffers[s->out], planes * side * side);
    }
}

static size_t arena_wanted(const ll_plan *p)
{
    size_t n = 0;
    for (int i = 0; i < p->n_steps; i++) n += 2 * ((size_t)p->steps[i].layer->c_out + 16);
    return n;
}

static ll_status prepare_int8(runner *r, const ll_network *n, ll_error *e);

/* Behind a mean and behind linear layers numbers are floats, whatever the images are. */
static bool makes_floats(const ll_layer *l)
{
    return l->kind == LL_GLOBAL_POOL || l->kind == LL_LINEAR;
}

/* What is not there in fewer bits than 32. */
static ll_status check_bits(const runner *r, const ll_network *n, ll_error *e)
{
    for (int i = 0; i < n->n_layers && r->type != dnnl_f32; i++) {
        const ll_layer *l = &n->layers[i];
        bool floats = l->kind != LL_LINEAR && l->kind != LL_COPY && l->in[0] > 0 &&
                      makes_floats(&n->layers[l->in[0] - 1]);
        const char *why = floats ? "a layer behind the mean that is not linear" : NULL;
        if (r->type == dnnl_s8 && l->kind == LL_GATE) why = "squeeze-and-excitation";
        if (r->type == dnnl_s8 && l->act > LL_RELU6 && l->kind != LL_LINEAR) why = ll_activation_name(l->act);
        if (why)
            return ll_fail(e, LL_FAILED,
                           "the network of space %s has %s, which is computed in f32%s: dtype=f32 takes it",
                           n->space->name, why, floats ? " alone" : " and bf16");
    }
    return LL_OK;
}

static ll_status load(void *self, const ll_network *n, ll_error *e)
{
    runner *r = self;
    drop_memories(r);
    ll_plan_make(n, &r->plan);
    ll_status s = check_bits(r, n, e);
    if (!s) s = make_buffers(r, n, e);
    if (!s && r->model) s = prepare_int8(r, n, e);
    for (int i = 0; i < r->plan.n_steps && !s; i++) {
        const ll_step *step = &r->plan.steps[i];
        int to = ll_exponent_is_kept(step) ? r->exponent[step->in] : r->made[i];
        s = put_step(r, step, to, e);
        r->exponent[step->out] = to;
        r->calls_of[i] = r->n_calls;
    }
    return s;
}

static ll_status prepare_int8(runner *r, const ll_network *n, ll_error *e)
{
    ll_status s = load(r->model, n, e);
    if (s) return s;
    look_at_values(r->model, r->made);
    r->exponent[LL_BUFFER_INPUT] = 6; /* as make_input() does */
    r->exponent[LL_BUFFER_ZERO] = 0;
    size_t wanted = arena_wanted(&r->plan);
    if (wanted > r->arena_size) {
        free(r->arena);
        r->arena = ll_alloc_aligned(wanted, sizeof *r->arena);
        r->arena_size = wanted;
    }
    return LL_OK;
}

static void run(void *self)
{
    runner *r = self;
    for (int i = 0; i < r->n_calls; i++) execute(r, &r->calls[i]);
    dnnl_stream_wait(r->stream);
}

static void result(void *self, float *out)
{
    const runner *r = self;
    size_t n = (size_t)r->settings.batch * (size_t)r->plan.steps[r->plan.n_steps - 1].layer->c_out;
    memcpy(out, r->buffers[r->plan.result], n * sizeof *out);
}
#else

static ll_status check(const ll_host_settings *s, ll_error *e)
{
    return ll_fail(
        e, LL_FAILED,
        "this program was built without oneDNN: install libdnnl-dev and build it again (`make`), or use "
        "engine=blas");
}
static void version(ll_str *out)
{
    ll_str_add(out, "oneDNN (not built in)");
}
static ll_status open_runner(const ll_host_settings *s, void **out, ll_error *e)
{
    *out = NULL;
    return check(s, e);
}
static ll_status load(void *self, const ll_network *n, ll_error *e)
{
    return check(NULL, e);
}
static void run(void *self) {}
static void result(void *self, float *out) {}
static void close_runner(void *self) {}
#endif

const ll_host_engine ll_engine_onednn = {
    "onednn", "oneDNN primitives", check, version, open_runner, load, run, result, close_runner};
