/* The oneDNN primitives behind engine onednn: one per shape and use, made once. Images are (N, H, H, C) in
 * memory, in whatever order of dimensions oneDNN speaks of them. */
#ifndef LL_DATA_MACHINES_HOST_ONEDNN_KERNELS_H
#define LL_DATA_MACHINES_HOST_ONEDNN_KERNELS_H

#include <dnnl.h>

#include "data/machines/host/engine.h"

typedef enum ll_kernel_kind {
    LL_KERNEL_CONV,
    LL_KERNEL_POOL,
    LL_KERNEL_ADD,
    LL_KERNEL_RELU,
    LL_KERNEL_SHUFFLE,
    LL_KERNEL_SCALE, /* scale * x + shift per channel, then act; float out */
    LL_KERNEL_MEAN,
    LL_KERNEL_FLOAT,  /* the same as floats */
    LL_KERNEL_LINEAR, /* float, then act */
    LL_KERNEL_GATE    /* x times a float for each image and channel */
} ll_kernel_kind;

/* All ints, so that it can be compared as bytes. */
typedef struct ll_kernel_key {
    int kind, type; /* dnnl_data_type_t of the images */
    int batch, c_in, c_out, h_in, h_out, kernel, padding, stride, groups;
    int act, bias, accumulate; /* act: an ll_activation */
    int act_exponent;          /* int8: of what relu6 cuts off; else 0 */
    /* int8, as powers of two: what the sums of a convolution are multiplied by, or the first operand of an addition;
     * what is there already before it is added to, or the second operand. */
    int shift, other_shift;
} ll_kernel_key;

typedef struct ll_kernel {
    ll_kernel_key key;
    dnnl_primitive_t primitive;
    dnnl_primitive_desc_t description;
    dnnl_memory_desc_t src, other, dst, weights; /* what applies */
} ll_kernel;

/* LL_FAILED names the shape that oneDNN refuses. */
ll_status ll_kernel_make(dnnl_engine_t engine, const ll_kernel_key *key, ll_kernel *out, ll_error *e);
void ll_kernel_free(ll_kernel *k);
/* Filters of a convolution as ll_layer_weights() orders them: (c_out, c_in, k, k) or (g, c_out / g, c_in / g, k, k),
 * float; of LL_KERNEL_LINEAR (c_out, c_in). */
dnnl_memory_desc_t ll_kernel_plain_weights(const ll_kernel_key *key);
/* (n) of a type. */
dnnl_memory_desc_t ll_kernel_vector(int n, dnnl_data_type_t type);

#endif
