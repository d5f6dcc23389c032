#if __has_include(<dnnl.h>)
#include "data/machines/host/onednn_kernels.h"

#include <math.h>
#include <string.h>

/* A primitive in the making: what oneDNN wants to know, and what it said. */
typedef struct making {
    dnnl_engine_t engine;
    const ll_kernel_key *key;
    ll_kernel *out;
    dnnl_primitive_attr_t attr;
    dnnl_post_ops_t after;
} making;

/* (N, C, H, H), channels innermost. */
static dnnl_memory_desc_t images(int n, int c, int h, dnnl_data_type_t type)
{
    dnnl_memory_desc_t d;
    dnnl_memory_desc_init_by_tag(&d, 4, (dnnl_dims_t){n, c, h, h}, type, dnnl_nhwc);
    return d;
}

static dnnl_memory_desc_t matrix(int n, int c, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t d;
    dnnl_memory_desc_init_by_tag(&d, 2, (dnnl_dims_t){n, c}, type, tag);
    return d;
}

dnnl_memory_desc_t ll_kernel_vector(int n, dnnl_data_type_t type)
{
    dnnl_memory_desc_t d;
    dnnl_memory_desc_init_by_tag(&d, 1, (dnnl_dims_t){n}, type, dnnl_a);
    return d;
}

static dnnl_memory_desc_t filters(const ll_kernel_key *k, dnnl_data_type_t type, bool any)
{
    dnnl_memory_desc_t d;
    dnnl_dims_t grouped = {k->groups, k->c_out / k->groups, k->c_in / k->groups, k->kernel, k->kernel};
    if (k->groups > 1)
        dnnl_memory_desc_init_by_tag(&d, 5, grouped, type, any ? dnnl_format_tag_any : dnnl_goihw);
    else
        dnnl_memory_desc_init_by_tag(&d, 4, (dnnl_dims_t){k->c_out, k->c_in, k->kernel, k->kernel}, type,
                                     any ? dnnl_format_tag_any : dnnl_oihw);
    return d;
}

dnnl_memory_desc_t ll_kernel_plain_weights(const ll_kernel_key *k)
{
    return k->kind == LL_KERNEL_LINEAR ? matrix(k->c_out, k->c_in, dnnl_f32, dnnl_ab)
                                       : filters(k, dnnl_f32, false);
}

static dnnl_status_t describe(const making *m, const void *operation)
{
    dnnl_primitive_attr_set_post_ops(m->attr, m->after);
    return dnnl_primitive_desc_create(&m->out->description, operation, m->attr, m->engine, NULL);
}

static void append(const making *m, dnnl_alg_kind_t what, float alpha, float beta)
{
    dnnl_post_ops_append_eltwise(m->after, 1, what, alpha, beta);
}

/* int8: only what commutes with powers of two comes here (check_int8 in onednn.c). */
static void append_act(const making *m)
{
    switch ((ll_activation)m->key->act) {
    case LL_RELU:
        append(m, dnnl_eltwise_relu, 0, 0);
        break;
    case LL_RELU6:
        append(m, dnnl_eltwise_clip, 0, ldexpf(6, m->key->act_exponent));
        break;
    case LL_HSWISH:
        append(m, dnnl_eltwise_hardswish, 0, 0);
        break;
    case LL_HSIGMOID:
        append(m, dnnl_eltwise_linear, 1 / 6.f, .5f);
        append(m, dnnl_eltwise_clip, 0, 1);
        break;
    default:
        break;
    }
}

static dnnl_status_t make_conv(making *m)
{
    const ll_kernel_key *k = m->key;
    bool int8 = k->type == dnnl_s8;
    int end = k->stride * (k->h_out - 1) + k->kernel - k->h_in - k->padding;
    float scale = ldexpf(1, k->shift);
    dnnl_memory_desc_t weights = filters(k, (dnnl_data_type_t)k->type, true);
    dnnl_memory_desc_t bias = ll_kernel_vector(k->c_out, dnnl_f32);
    dnnl_convolution_desc_t d;
    dnnl_status_t s = dnnl_convolution_forward_desc_init(
        &d, dnnl_forward_inference, dnnl_convolution_direct, &m->out->src, &weights, k->bias ? &bias : NULL,
        &m->out->dst, (dnnl_dims_t){k->stride, k->stride}, (dnnl_dims_t){k->padding, k->padding},
        (dnnl_dims_t){end, end});
    if (int8) dnnl_primitive_attr_set_output_scales(m->attr, 1, 0, &scale);
    if (k->accumulate) dnnl_post_ops_append_sum(m->after, ldexpf(1, k->other_shift));
    append_act(m);
    if (!s) s = describe(m, &d);
    if (!s) m->out->weights = *dnnl_primitive_desc_query_md(m->out->description, dnnl_query_weights_md, 0);
    return s;
}

static dnnl_status_t make_pool(making *m)
{
    const ll_kernel_key *k = m->key;
    int end = k->stride * (k->h_out - 1) + k->kernel - k->h_in - k->padding;
    dnnl_pooling_desc_t d;
    dnnl_status_t s = dnnl_pooling_forward_desc_init(
        &d, dnnl_forward_inference, dnnl_pooling_avg_exclude_padding, &m->out->src, &m->out->dst,
        (dnnl_dims_t){k->stride, k->stride}, (dnnl_dims_t){k->kernel, k->kernel},
        (dnnl_dims_t){k->padding, k->padding}, (dnnl_dims_t){end, end});
    return s ? s : describe(m, &d);
}

static dnnl_status_t make_add(making *m)
{
    float first = ldexpf(1, m->key->shift), second = ldexpf(1, m->key->other_shift);
    dnnl_binary_desc_t d;
    dnnl_status_t s = dnnl_binary_desc_init(&d, dnnl_binary_add, &m->out->src, &m->out->other, &m->out->dst);
    if (first != 1) dnnl_primitive_attr_set_scales(m->attr, DNNL_ARG_SRC_0, 1, 0, &first);
    if (second != 1) dnnl_primitive_attr_set_scales(m->attr, DNNL_ARG_SRC_1, 1, 0, &second);
    append_act(m);
    return s ? s : describe(m, &d);
}

static dnnl_status_t make_relu(making *m)
{
    dnnl_eltwise_desc_t d;
    dnnl_status_t s =
        dnnl_eltwise_forward_desc_init(&d, dnnl_forward_inference, dnnl_eltwise_relu, &m->out->src, 0, 0);
    return s ? s : describe(m, &d);
}

/* A copy between two views of the channels: (g, c / g) in one order and in the other. */
static dnnl_status_t make_shuffle(making *m)
{
    const ll_kernel_key *k = m->key;
    int c = k->c_in, g = k->groups, pixels = k->h_in * k->h_in;
    dnnl_dims_t dims = {k->batch, pixels, g, c / g};
    dnnl_data_type_t type = (dnnl_data_type_t)k->type;
    dnnl_memory_desc_init_by_strides(&m->out->src, 4, dims, type,
                                     (dnnl_dims_t){(long)pixels * c, c, c / g, 1});
    dnnl_memory_desc_init_by_strides(&m->out->dst, 4, dims, type, (dnnl_dims_t){(long)pixels * c, c, 1, g});
    return dnnl_reorder_primitive_desc_create(&m->out->description, &m->out->src, m->engine, &m->out->dst,
                                              m->engine, m->attr);
}

/* x * scale, and behind it + shift and ReLU. */
static dnnl_status_t make_scale(making *m)
{
    const ll_kernel_key *k = m->key;
    dnnl_binary_desc_t d;
    m->out->other = images(1, k->c_in, 1, dnnl_f32);
    m->out->dst = images(k->batch, k->c_in, k->h_in, dnnl_f32);
    dnnl_status_t s = dnnl_binary_desc_init(&d, dnnl_binary_mul, &m->out->src, &m->out->other, &m->out->dst);
    dnnl_post_ops_append_binary(m->after, dnnl_binary_add, &m->out->other);
    append_act(m);
    return s ? s : describe(m, &d);
}

static dnnl_status_t make_float(making *m)
{
    float scale = ldexpf(1, m->key->shift);
    if (scale != 1) dnnl_primitive_attr_set_output_scales(m->attr, 1, 0, &scale);
    m->out->dst = images(m->key->batch, m->key->c_in, m->key->h_in, dnnl_f32);
    return dnnl_reorder_primitive_desc_create(&m->out->description, &m->out->src, m->engine, &m->out->dst,
                                              m->engine, m->attr);
}

static dnnl_status_t make_linear(making *m)
{
    const ll_kernel_key *k = m->key;
    dnnl_memory_desc_t weights = matrix(k->c_out, k->c_in, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_t bias = ll_kernel_vector(k->c_out, dnnl_f32);
    m->out->src = matrix(k->batch, k->c_in, dnnl_f32, dnnl_ab);
    m->out->dst = matrix(k->batch, k->c_out, dnnl_f32, dnnl_ab);
    dnnl_inner_product_desc_t d;
    dnnl_status_t s = dnnl_inner_product_forward_desc_init(&d, dnnl_forward_inference, &m->out->src, &weights,
                                                           &bias, &m->out->dst);
    append_act(m);
    if (!s) s = describe(m, &d);
    if (!s) m->out->weights = *dnnl_primitive_desc_query_md(m->out->description, dnnl_query_weights_md, 0);
    return s;
}

static dnnl_status_t make_gate(making *m)
{
    dnnl_binary_desc_t d;
    m->out->other = images(m->key->batch, m->key->c_in, 1, dnnl_f32);
    dnnl_status_t s = dnnl_binary_desc_init(&d, dnnl_binary_mul, &m->out->src, &m->out->other, &m->out->dst);
    return s ? s : describe(m, &d);
}

static dnnl_status_t (*const makers[])(making *) = {
    [LL_KERNEL_CONV] = make_conv, [LL_KERNEL_POOL] = make_pool,       [LL_KERNEL_ADD] = make_add,
    [LL_KERNEL_RELU] = make_relu, [LL_KERNEL_SHUFFLE] = make_shuffle, [LL_KERNEL_SCALE] = make_scale,
    [LL_KERNEL_MEAN] = make_pool, [LL_KERNEL_FLOAT] = make_float,     [LL_KERNEL_LINEAR] = make_linear,
    [LL_KERNEL_GATE] = make_gate,
};

ll_status ll_kernel_make(dnnl_engine_t engine, const ll_kernel_key *k, ll_kernel *out, ll_error *e)
{
    dnnl_data_type_t type = (dnnl_data_type_t)k->type;
    *out = (ll_kernel){.key = *k};
    out->src = out->other = images(k->batch, k->c_in, k->h_in, type);
    out->dst = images(k->batch, k->c_out, k->h_out, type);
    making m = {.engine = engine, .key = k, .out = out};
    dnnl_primitive_attr_create(&m.attr);
    dnnl_post_ops_create(&m.after);
    dnnl_status_t s = makers[k->kind](&m);
    if (!s) s = dnnl_primitive_create(&out->primitive, out->description);
    dnnl_post_ops_destroy(m.after);
    dnnl_primitive_attr_destroy(m.attr);
    if (!s) return LL_OK;
    ll_kernel_free(out);
    return ll_fail(e, LL_FAILED,
                   "oneDNN refuses a layer (error %d): kind %d, %d -> %d channels, %d -> %d pixels, window "
                   "%d, %d groups, data type %d",
                   (int)s, k->kind, k->c_in, k->c_out, k->h_in, k->h_out, k->kernel, k->groups, k->type);
}

void ll_kernel_free(ll_kernel *k)
{
    if (k->primitive) dnnl_primitive_destroy(k->primitive);
    if (k->description) dnnl_primitive_desc_destroy(k->description);
    k->primitive = NULL;
    k->description = NULL;
}
#else
typedef int ll_no_onednn_kernels;
#endif
