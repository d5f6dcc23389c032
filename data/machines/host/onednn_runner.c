/* Kernels, weights and buffers of engine onednn. */
#include "data/machines/host/engine.h"

#if __has_include(<dnnl.h>)
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/machines/host/exponent.h"
#include "data/machines/host/onednn_runner.h"

typedef struct place {
    int site, shape;
} place;

static const struct {
    dnnl_cpu_isa_t cap;
} caps[] = {[LL_ISA_NATIVE] = {dnnl_cpu_isa_all},
            [LL_ISA_SSE41] = {dnnl_cpu_isa_sse41},
            [LL_ISA_AVX2] = {dnnl_cpu_isa_avx2},
            [LL_ISA_AVX512] = {dnnl_cpu_isa_avx512_core}};

static dnnl_data_type_t type_of(ll_host_dtype t)
{
    return t == LL_HOST_F32 ? dnnl_f32 : t == LL_HOST_BF16 ? dnnl_bf16 : dnnl_s8;
}

ll_status ll_runner_open(const ll_host_settings *s, void **out, ll_error *e)
{
    /* only before the first use: afterwards the cap must be the same */
    if (dnnl_set_max_cpu_isa(caps[s->isa].cap) && s->isa != LL_ISA_NATIVE &&
        dnnl_get_effective_cpu_isa() != caps[s->isa].cap)
        return ll_fail(e, LL_FAILED, "oneDNN's instruction set is fixed already in this process");
    omp_set_num_threads(s->threads);
    ll_runner *r = LL_NEW(ll_runner);
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
    ll_status status = ll_runner_open(&floats, &model, e);
    r->model = model;
    return status;
}

void ll_runner_drop(ll_runner *r)
{
    for (int i = 0; i < r->n_memories; i++) dnnl_memory_destroy(r->memories[i]);
    r->n_memories = r->n_calls = 0;
    r->arena_used = 0;
}

void ll_runner_close(void *self)
{
    ll_runner *r = self;
    if (!r) return;
    ll_runner_drop(r);
    ll_runner_close(r->model);
    for (int i = 0; i < r->place_keys.n; i++) {
        ll_packed *p = &r->places[i];
        if (p->weights) dnnl_memory_destroy(p->weights);
        if (p->bias) dnnl_memory_destroy(p->bias);
        free(p->plain_bias);
    }
    for (int i = 0; i < r->kernel_keys.n; i++) {
        ll_kernel_free(r->kernels[i]);
        free(r->kernels[i]);
    }
    for (int i = 0; i < LL_RUNNER_BUFFERS; i++) free(r->buffers[i]);
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

ll_status ll_runner_kernel(ll_runner *r, const ll_kernel_key *key, int *number, ll_error *e)
{
    int fresh, i = ll_cache_number(&r->kernel_keys, key, &fresh);
    *number = i;
    if (!fresh) return r->kernels[i]->primitive ? LL_OK : ll_kernel_make(r->engine, key, r->kernels[i], e);
    r->kernels = ll_realloc(r->kernels, (size_t)r->kernel_keys.n, sizeof *r->kernels);
    r->kernels[i] = LL_NEW(ll_kernel);
    return ll_kernel_make(r->engine, key, r->kernels[i], e);
}

static dnnl_memory_t owned_memory(const ll_runner *r, const dnnl_memory_desc_t *d)
{
    dnnl_memory_t m;
    dnnl_memory_create(&m, d, r->engine, DNNL_MEMORY_ALLOCATE);
    return m;
}

/* Weights from plain order and float into the kernel's order and type. */
static void pack(const ll_runner *r, const ll_kernel *k, const ll_layer *l, float *plain, ll_packed *p)
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

static dnnl_memory_t owned_copy(const ll_runner *r, const dnnl_memory_desc_t *d, const float *from, int n)
{
    dnnl_memory_t m = owned_memory(r, d);
    void *to;
    dnnl_memory_get_data_handle(m, &to);
    memcpy(to, from, (size_t)n * sizeof *from);
    return m;
}

static int shape_of(ll_runner *r, int kernel)
{
    int fresh;
    ll_kernel_key shape = r->kernels[kernel]->key;
    shape.act = shape.act_exponent = shape.accumulate = shape.shift = shape.other_shift = 0;
    return ll_cache_number(&r->shape_keys, &shape, &fresh);
}

ll_packed *ll_runner_weights(ll_runner *r, const ll_layer *l, int kernel)
{
    place key = {l->site, shape_of(r, kernel)};
    int fresh, i = ll_cache_number(&r->place_keys, &key, &fresh), n = (int)ll_layer_bias_count(l);
    if (!fresh) return &r->places[i];
    r->places = ll_realloc(r->places, (size_t)r->place_keys.n, sizeof *r->places);
    ll_packed *p = &r->places[i];
    *p = (ll_packed){0};
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
static ll_status make_input(ll_runner *r, const ll_network *n, ll_error *e)
{
    const ll_layer *image = ll_network_reader(n);
    int side = image->h_in, c = image->c_in, batch = r->settings.batch;
    dnnl_memory_desc_t from, to;
    dnnl_dims_t dims = {batch, c, side, side};
    dnnl_memory_desc_init_by_tag(&from, 4, dims, dnnl_f32, dnnl_nchw);
    dnnl_memory_desc_init_by_tag(&to, 4, dims, r->type, dnnl_nhwc);
    size_t count = (size_t)batch * (size_t)c * (size_t)side * (size_t)side;
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

ll_status ll_runner_buffers(ll_runner *r, const ll_network *n, ll_error *e)
{
    size_t wanted = (size_t)r->plan.most * (size_t)r->settings.batch * sizeof(float);
    bool larger = wanted > r->capacity;
    for (int i = 0; i < LL_RUNNER_BUFFERS && larger; i++) free(r->buffers[i]), r->buffers[i] = NULL;
    if (larger) r->capacity = wanted;
    for (int i = 0; i < LL_RUNNER_BUFFERS; i++)
        if (!r->buffers[i] && (i < r->plan.n_buffers || i >= LL_SCRATCH))
            r->buffers[i] = ll_alloc_aligned(r->capacity, 1);
    const ll_layer *image = ll_network_reader(n);
    bool other_image = larger || r->side != image->h_in || r->channels != image->c_in;
    r->side = image->h_in;
    r->channels = image->c_in;
    return other_image ? make_input(r, n, e) : LL_OK;
}
#endif
