/* The reference: every layer as core/space/network.h says it, one tensor per layer, sums in double. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/machines/host/engine.h"

typedef struct reference {
    int batch;
    uint64_t seed;
    const ll_network *network;
    float *own[LL_MAX_LAYERS + 1];     /* what was made for it; NULL for a copy */
    float *tensors[LL_MAX_LAYERS + 1]; /* a copy shares what it copies */
    float *zeros;                      /* as large as any tensor */
    float *weights;                    /* of the layer at work */
} reference;

static ll_status check(const ll_host_settings *s, ll_error *e)
{
    if (s->dtype != LL_HOST_F32 || s->isa != LL_ISA_NATIVE || s->threads != 1)
        return ll_fail(e, LL_USAGE, "engine reference computes in f32, isa=native, threads=1");
    return LL_OK;
}

static void version(ll_str *out)
{
    ll_str_add(out, "plain C");
}

static ll_status open_runner(const ll_host_settings *s, void **runner, ll_error *e)
{
    (void)e;
    reference *r = LL_NEW(reference);
    *r = (reference){.batch = s->batch, .seed = s->seed};
    *runner = r;
    return LL_OK;
}

static void drop_tensors(reference *r)
{
    for (int i = 0; i <= LL_MAX_LAYERS; i++)
        free(r->own[i]), r->own[i] = NULL; /* the network may be gone already */
    free(r->zeros);
    free(r->weights);
    r->network = NULL;
}

static const float *tensor(const reference *r, int id)
{
    return id == LL_TENSOR_ZERO ? r->zeros : r->tensors[id];
}

static size_t size_of(const reference *r, int c, int h)
{
    return (size_t)r->batch * (size_t)c * (size_t)h * (size_t)h;
}

static ll_status load(void *runner, const ll_network *n, ll_error *e)
{
    (void)e;
    reference *r = runner;
    drop_tensors(r);
    r->network = n;
    size_t most = size_of(r, ll_network_reader(n)->c_in, ll_network_reader(n)->h_in), most_weights = 0;
    r->tensors[0] = r->own[0] = LL_NEW_ARRAY(float, most);
    ll_network_input(r->seed, most, r->tensors[0]);
    for (int i = 0; i < n->n_layers; i++) {
        const ll_layer *l = &n->layers[i];
        size_t size = size_of(r, l->c_out, l->h_out);
        size_t weights = ll_layer_weight_count(l) + ll_layer_bias_count(l);
        if (size > most) most = size;
        if (weights > most_weights) most_weights = weights;
        if (l->kind != LL_COPY) r->tensors[i + 1] = r->own[i + 1] = LL_NEW_ARRAY(float, size);
    }
    r->zeros = LL_NEW_ARRAY(float, most);
    r->weights = LL_NEW_ARRAY(float, most_weights + 1);
    for (int i = 0; i < n->n_layers; i++) /* what a copy copies is there by now: only pointers move */
        if (n->layers[i].kind == LL_COPY) r->tensors[i + 1] = (float *)tensor(r, n->layers[i].in[0]);
    return LL_OK;
}

static float relu(float x)
{
    return x > 0 ? x : 0;
}

/* One output of a convolution: plane x (c_in / groups, h, h), filter w (c_in / groups, k, k). */
static double window_sum(const ll_layer *l, const float *x, const float *w, int row, int column)
{
    int pad = ll_layer_padding(l), h = l->h_in, k = l->kernel;
    double sum = 0;
    for (int c = 0; c < l->c_in / l->groups; c++)
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++) {
                int y = row * l->stride + i - pad, z = column * l->stride + j - pad;
                if (y < 0 || y >= h || z < 0 || z >= h) continue;
                float v = x[(c * h + y) * h + z];
                sum += (double)w[(c * k + i) * k + j] * (l->relu_before ? relu(v) : v);
            }
    return sum;
}

static void convolve(const reference *r, const ll_layer *l, const float *x, float *out)
{
    int per_group = l->c_in / l->groups, plane = l->h_in * l->h_in;
    const float *bias = r->weights + ll_layer_weight_count(l);
    for (int n = 0; n < r->batch; n++)
        for (int c = 0; c < l->c_out; c++) {
            int group = c / (l->c_out / l->groups);
            const float *from = x + (n * l->c_in + group * per_group) * plane;
            const float *w = r->weights + c * per_group * l->kernel * l->kernel;
            for (int i = 0; i < l->h_out; i++)
                for (int j = 0; j < l->h_out; j++) {
                    double v = window_sum(l, from, w, i, j) + (l->bn ? bias[c] : 0);
                    *out++ = ll_activate(l->act, (float)v);
                }
        }
}

static void pool(const reference *r, const ll_layer *l, const float *x, float *out)
{
    int h = l->h_in, pad = ll_layer_padding(l);
    for (int plane = 0; plane < r->batch * l->c_in; plane++, x += h * h)
        for (int i = 0; i < l->h_out; i++)
            for (int j = 0; j < l->h_out; j++) {
                double sum = 0;
                int inside = 0;
                for (int y = i * l->stride - pad; y < i * l->stride - pad + l->kernel; y++)
                    for (int z = j * l->stride - pad; z < j * l->stride - pad + l->kernel; z++)
                        if (y >= 0 && y < h && z >= 0 && z < h) sum += x[y * h + z], inside++;
                *out++ = (float)(sum / inside);
            }
}

static void global_pool(const reference *r, const ll_layer *l, const float *x, float *out)
{
    int plane = l->h_in * l->h_in;
    for (int i = 0; i < r->batch * l->c_in; i++) {
        int c = i % l->c_in;
        float scale = l->bn ? r->weights[c] : 1, shift = l->bn ? r->weights[l->c_in + c] : 0;
        double sum = 0;
        for (int j = 0; j < plane; j++) {
            float v = scale * x[i * plane + j] + shift;
            sum += l->relu_before ? relu(v) : v;
        }
        out[i] = (float)(sum / plane);
    }
}

static void linear(const reference *r, const ll_layer *l, const float *x, float *out)
{
    for (int n = 0; n < r->batch; n++, x += l->c_in)
        for (int c = 0; c < l->c_out; c++) {
            double sum = r->weights[l->c_in * l->c_out + c];
            for (int i = 0; i < l->c_in; i++) sum += (double)r->weights[c * l->c_in + i] * x[i];
            *out++ = ll_activate(l->act, (float)sum);
        }
}

static void shuffle(const reference *r, const ll_layer *l, const float *x, float *out)
{
    int plane = l->h_in * l->h_in, per_group = l->c_in / l->groups;
    for (int n = 0; n < r->batch; n++)
        for (int c = 0; c < l->c_in; c++) {
            int to = c % per_group * l->groups + c / per_group;
            memcpy(out + (n * l->c_in + to) * plane, x + (n * l->c_in + c) * plane,
                   (size_t)plane * sizeof *out);
        }
}

static void gate(const reference *r, const ll_layer *l, const float *x, const float *by, float *out)
{
    int plane = l->h_in * l->h_in;
    for (int channel = 0; channel < r->batch * l->c_in; channel++)
        for (int i = 0; i < plane; i++) *out++ = *x++ * by[channel];
}

static void execute(const reference *r, const ll_layer *l, const float *x, float *out)
{
    switch (l->kind) {
    case LL_CONV:
        convolve(r, l, x, out);
        break;
    case LL_POOL_AVG:
        pool(r, l, x, out);
        break;
    case LL_ADD: {
        const float *y = tensor(r, l->in[1]);
        for (size_t i = 0; i < size_of(r, l->c_out, l->h_out); i++) out[i] = ll_activate(l->act, x[i] + y[i]);
        break;
    }
    case LL_LINEAR:
        linear(r, l, x, out);
        break;
    case LL_GLOBAL_POOL:
        global_pool(r, l, x, out);
        break;
    case LL_SHUFFLE:
        shuffle(r, l, x, out);
        break;
    case LL_GATE:
        gate(r, l, x, tensor(r, l->in[1]), out);
        break;
    case LL_COPY:
        break;
    }
}

static void run(void *runner)
{
    reference *r = runner;
    for (int i = 0; i < r->network->n_layers; i++) {
        const ll_layer *l = &r->network->layers[i];
        ll_layer_weights(l, r->seed, r->weights);
        execute(r, l, tensor(r, l->in[0]), r->tensors[i + 1]);
    }
}

static void result(void *runner, float *out)
{
    const reference *r = runner;
    size_t n = (size_t)r->batch * (size_t)ll_network_classes(r->network);
    memcpy(out, r->tensors[r->network->n_layers], n * sizeof *out);
}

static const void *input(const void *runner, size_t *bytes)
{
    const reference *r = runner;
    const ll_layer *l = ll_network_reader(r->network);
    *bytes = size_of(r, l->c_in, l->h_in) * sizeof *r->tensors[0];
    return r->tensors[0];
}

static void close_runner(void *runner)
{
    if (runner) drop_tensors(runner);
    free(runner);
}

const ll_host_engine ll_engine_reference = {
    "reference", "plain C, to compare the others with", check, version, open_runner, load, run, result, input,
    close_runner};
