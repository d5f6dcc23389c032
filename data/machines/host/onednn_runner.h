/* What engine onednn keeps: oneDNN's engine, the kernels and weights of every shape and place it has met, and the buffers of
 * the network that is loaded. */
#ifndef LL_DATA_MACHINES_HOST_ONEDNN_RUNNER_H
#define LL_DATA_MACHINES_HOST_ONEDNN_RUNNER_H

#include "data/machines/host/cache.h"
#include "data/machines/host/onednn_kernels.h"
#include "data/machines/host/plan.h"

enum {
    LL_MAX_ARGUMENTS = 6,
    LL_MAX_MEMORIES = 8 * LL_MAX_LAYERS,
    LL_SCRATCH = LL_MAX_BUFFERS,
    LL_RUNNER_BUFFERS = LL_SCRATCH + 2
};

/* Weights of one place in the form its kernels want: those of one shape, however they scale and add. */
typedef struct ll_packed {
    dnnl_memory_t weights, bias; /* of LL_KERNEL_SCALE: scale and shift */
    float *plain_bias;           /* int8: (c_out) as ll_layer_weights gives it, or (2, c) scale and shift */
} ll_packed;

typedef struct ll_call {
    dnnl_primitive_t primitive;
    int n;
    dnnl_exec_arg_t args[LL_MAX_ARGUMENTS];
} ll_call;

typedef struct ll_runner {
    ll_host_settings settings;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_data_type_t type;
    ll_plan plan;
    ll_cache kernel_keys, shape_keys, place_keys;
    ll_kernel **kernels;
    ll_packed *places;
    void *buffers[LL_RUNNER_BUFFERS]; /* the plan's, then two of floats behind a global pool */
    size_t capacity;                  /* bytes in each */
    int side, channels;               /* of the image in the first one */
    int n_calls, n_memories;
    ll_call calls[3 * LL_MAX_LAYERS];
    dnnl_memory_t memories[LL_MAX_MEMORIES]; /* of the loaded network */
    /* int8 */
    struct ll_runner *model;         /* f32, to see how large values become */
    int exponent[LL_MAX_BUFFERS];    /* a buffer's numbers are its integers / 2^exponent */
    int made[2 * LL_MAX_LAYERS];     /* exponent of what each step makes */
    int calls_of[2 * LL_MAX_LAYERS]; /* calls up to and with each step */
    float *arena;                    /* scales and biases of the loaded network */
    size_t arena_used, arena_size;
} ll_runner;

/* The contract of an engine's open and close (engine.h). */
ll_status ll_runner_open(const ll_host_settings *s, void **out, ll_error *e);
void ll_runner_close(void *self);
/* Forgets the calls and memories of the loaded network. */
void ll_runner_drop(ll_runner *r);
/* The kernel of this key, made when it is new: r->kernels[*number]. */
ll_status ll_runner_kernel(ll_runner *r, const ll_kernel_key *key, int *number, ll_error *e);
/* The weights of a layer in the order of that kernel. */
ll_packed *ll_runner_weights(ll_runner *r, const ll_layer *l, int kernel);
/* Room for r->plan, and the input of the network in the first buffer. */
ll_status ll_runner_buffers(ll_runner *r, const ll_network *n, ll_error *e);

#endif
