/* Engine blas: convolutions as matrix products of OpenBLAS on unfolded images, the rest by hand. Images are
 * (C, H, H), one after the other. */
#include "core/num/blas.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/machines/host/cache.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/plan.h"

typedef struct place {
    int site, kind, c_in, c_out, kernel, groups;
} place;

typedef struct runner {
    ll_host_settings settings;
    ll_plan plan;
    ll_cache places;
    float **weights;                              /* by number of the place */
    const float *step_weights[2 * LL_MAX_LAYERS]; /* of the loaded network's steps */
    float *buffers[LL_MAX_BUFFERS];
    size_t capacity; /* floats in each buffer */
    int input;       /* per image in the first one */
    float *columns;  /* unfolded image, or a padded plane */
    size_t n_columns;
} runner;

static ll_status check(const ll_host_settings *s, ll_error *e)
{
    if (s->dtype != LL_HOST_F32)
        return ll_fail(e, LL_USAGE, "engine blas computes in f32; dtype=%s is there with engine=onednn",
                       ll_host_dtype_name(s->dtype));
    if (s->isa != LL_ISA_NATIVE)
        return ll_fail(
            e, LL_USAGE,
            "engine blas takes isa=native: OpenBLAS chooses its kernels when the program starts (set "
            "OPENBLAS_CORETYPE=Nehalem, Haswell or SkylakeX before that)");
    if (s->threads != 1) return ll_fail(e, LL_USAGE, "engine blas runs one thread; threads=1 was expected");
    return LL_OK;
}

static void version(ll_str *out)
{
    ll_str_addf(out, "OpenBLAS, kernels %s", ll_blas_kernels());
}

static ll_status open_runner(const ll_host_settings *s, void **out, ll_error *e)
{
    (void)e;
    runner *r = LL_NEW(runner);
    r->settings = *s;
    r->places.key_size = sizeof(place);
    ll_blas_init();
    *out = r;
    return LL_OK;
}

static void close_runner(void *self)
{
    runner *r = self;
    if (!r) return;
    for (int i = 0; i < r->places.n; i++) free(r->weights[i]);
    for (int i = 0; i < LL_MAX_BUFFERS; i++) free(r->buffers[i]);
    free(r->weights);
    free(r->columns);
    ll_cache_free(&r->places);
    free(r);
}

/* --- loading -------------------------------------------------------------------------------------------- */

static const float *weights_of(runner *r, const ll_layer *l)
{
    place key = {l->site, (int)l->kind, l->c_in, l->c_out, l->kernel, l->groups};
    size_t n = ll_layer_weight_count(l) + ll_layer_bias_count(l);
    int fresh, i;
    if (!n) return NULL;
    i = ll_cache_number(&r->places, &key, &fresh);
    if (fresh) {
        r->weights = ll_realloc(r->weights, (size_t)r->places.n, sizeof *r->weights);
        r->weights[i] = ll_alloc_aligned(n, sizeof(float));
        ll_layer_weights(l, r->settings.seed, r->weights[i]);
    }
    return r->weights[i];
}

static void make_buffers(runner *r)
{
    size_t batch = (size_t)r->settings.batch, wanted = (size_t)r->plan.most * batch;
    if (wanted > r->capacity) {
        for (int i = 0; i < LL_MAX_BUFFERS; i++) free(r->buffers[i]), r->buffers[i] = NULL;
        r->capacity = wanted;
    }
    bool other_image = !r->buffers[LL_BUFFER_INPUT] || r->input != r->plan.input;
    for (int i = 0; i < r->plan.n_buffers; i++)
        if (!r->buffers[i]) r->buffers[i] = ll_alloc_aligned(r->capacity, sizeof(float));
    r->input = r->plan.input;
    if (other_image)
        ll_network_input(r->settings.seed, batch * (size_t)r->input, r->buffers[LL_BUFFER_INPUT]);
}

/* Floats the columns need: an unfolded image of one group, or a plane with a margin. */
static size_t columns_of(const ll_layer *l)
{
    size_t taps = (size_t)l->kernel * (size_t)l->kernel, side = (size_t)(l->h_in + l->kernel);
    size_t unfolded = taps * (size_t)(l->c_in / l->groups) * (size_t)l->h_out * (size_t)l->h_out;
    return unfolded > side * side ? unfolded : side * side;
}

static void run_steps(runner *r, int from, int to);

static ll_status load(void *self, const ll_network *n, ll_error *e)
{
    (void)e;
    runner *r = self;
    size_t columns = 0;
    ll_plan_make(n, &r->plan);
    make_buffers(r);
    for (int i = 0; i < r->plan.n_steps; i++) {
        const ll_step *s = &r->plan.steps[i];
        r->step_weights[i] = s->kind == LL_STEP_RELU ? NULL : weights_of(r, s->layer);
        if (s->kind == LL_STEP_CONV && columns_of(s->layer) > columns) columns = columns_of(s->layer);
    }
    if (columns > r->n_columns) {
        free(r->columns);
        r->columns = ll_alloc_aligned(columns, sizeof(float));
        r->n_columns = columns;
    }
    run_steps(r, 0, r->plan.n_constant);
    return LL_OK;
}

/* --- steps, one image each ------------------------------------------------------------------------------ */

/* x (c, h, h) to (c k k, h_out h_out): a column for each place of the window. */
static void unfold(const ll_layer *l, int c_in, const float *x, float *out)
{
    int h = l->h_in, pad = ll_layer_padding(l), stride = l->stride, side = l->h_out;
    for (int c = 0; c < c_in; c++, x += h * h)
        for (int i = -pad; i < l->kernel - pad; i++)
            for (int j = -pad; j < l->kernel - pad; j++)
                for (int row = 0; row < side; row++, out += side) {
                    int y = row * stride + i;
                    for (int column = 0; column < side; column++) {
                        int z = column * stride + j;
                        bool inside = y >= 0 && y < h && z >= 0 && z < h;
                        out[column] = inside ? x[y * h + z] : 0;
                    }
                }
}

/* y = kernel * x on one plane, or added to it; x is copied into a margin of zeros so that the inner loops have no
 * conditions. */
static void depthwise_plane(const ll_layer *l, const float *x, const float *w, float bias, bool add,
                            float *margin, float *y)
{
    int h = l->h_in, pad = ll_layer_padding(l), k = l->kernel, wide = h + 2 * pad, side = l->h_out;
    memset(margin, 0, (size_t)wide * (size_t)wide * sizeof *margin);
    for (int i = 0; i < h; i++) memcpy(margin + (i + pad) * wide + pad, x + i * h, (size_t)h * sizeof *x);
    for (int row = 0; row < side; row++, y += side) {
        for (int column = 0; column < side; column++) y[column] = bias + (add ? y[column] : 0);
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++) {
                const float *from = margin + (row * l->stride + i) * wide + j;
                float v = w[i * k + j];
                for (int column = 0; column < side; column++) y[column] += v * from[column * l->stride];
            }
    }
}

static void fill_bias(const ll_layer *l, const float *bias, bool add, float *y)
{
    int plane = l->h_out * l->h_out;
    for (int c = 0; c < l->c_out; c++, y += plane)
        for (int i = 0; i < plane; i++) y[i] = (bias ? bias[c] : 0) + (add ? y[i] : 0);
}

static void grouped_product(runner *r, const ll_layer *l, const float *x, const float *w, float *y)
{
    int from = l->c_in / l->groups, to = l->c_out / l->groups, plane = l->h_out * l->h_out;
    int depth = from * l->kernel * l->kernel;
    for (int g = 0; g < l->groups; g++) {
        const float *columns = x + g * from * l->h_in * l->h_in;
        if (l->kernel > 1 || l->stride > 1) {
            unfold(l, from, columns, r->columns);
            columns = r->columns;
        }
        ll_blas_sgemm(false, false, to, plane, depth, 1, w + g * to * depth, depth, columns, plane, 1,
                      y + g * to * plane, plane);
    }
}

static void activate(ll_activation act, float *v, int n)
{
    if (act == LL_RELU)
        for (int i = 0; i < n; i++) v[i] = v[i] > 0 ? v[i] : 0;
    else if (act)
        for (int i = 0; i < n; i++) v[i] = ll_activate(act, v[i]);
}

static void convolve(runner *r, const ll_step *s, const float *w, const float *x, float *y)
{
    const ll_layer *l = s->layer;
    const float *bias = l->bn ? w + ll_layer_weight_count(l) : NULL;
    int taps = l->kernel * l->kernel, in = l->h_in * l->h_in, out = l->h_out * l->h_out;
    if (l->groups == l->c_in && l->groups == l->c_out && l->groups > 1) {
        for (int c = 0; c < l->c_in; c++)
            depthwise_plane(l, x + c * in, w + c * taps, bias ? bias[c] : 0, s->accumulate, r->columns,
                            y + c * out);
    } else {
        fill_bias(l, bias, s->accumulate, y);
        grouped_product(r, l, x, w, y);
    }
    activate(s->act, y, l->c_out * out);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static void pool(const ll_layer *l, const float *x, float *y)
{
    int h = l->h_in, pad = ll_layer_padding(l);
    for (int c = 0; c < l->c_in; c++, x += h * h)
        for (int i = 0; i < l->h_out; i++)
            for (int j = 0; j < l->h_out; j++) {
                int top = i * l->stride - pad, left = j * l->stride - pad;
                int bottom = smaller(top + l->kernel, h), right = smaller(left + l->kernel, h);
                float sum = 0;
                if (top < 0) top = 0;
                if (left < 0) left = 0;
                for (int a = top; a < bottom; a++)
                    for (int b = left; b < right; b++) sum += x[a * h + b];
                *y++ = sum / (float)((bottom - top) * (right - left));
            }
}

static void global_pool(const ll_layer *l, const float *w, const float *x, float *y)
{
    int plane = l->h_in * l->h_in;
    for (int c = 0; c < l->c_in; c++, x += plane) {
        float scale = l->bn ? w[c] : 1, shift = l->bn ? w[l->c_in + c] : 0, sum = 0;
        for (int i = 0; i < plane; i++) {
            float v = scale * x[i] + shift;
            sum += v > 0 || !l->relu_before ? v : 0;
        }
        y[c] = sum / (float)plane;
    }
}

static void shuffle(const ll_layer *l, const float *x, float *y)
{
    size_t plane = (size_t)l->h_in * (size_t)l->h_in;
    int per_group = l->c_in / l->groups;
    for (int c = 0; c < l->c_in; c++) {
        size_t to = (size_t)(c % per_group * l->groups + c / per_group);
        memcpy(y + to * plane, x + (size_t)c * plane, plane * sizeof *y);
    }
}

static void gate(const ll_layer *l, const float *x, const float *by, float *y)
{
    int plane = l->h_in * l->h_in;
    for (int c = 0; c < l->c_in; c++)
        for (int i = 0; i < plane; i++) *y++ = *x++ * by[c];
}

static void run_step(runner *r, const ll_step *s, const float *w, const float *x, const float *other,
                     float *y)
{
    const ll_layer *l = s->layer;
    int n = l->c_in * l->h_in * l->h_in;
    switch (s->kind) {
    case LL_STEP_CONV:
        convolve(r, s, w, x, y);
        break;
    case LL_STEP_POOL:
        pool(l, x, y);
        break;
    case LL_STEP_ADD:
        for (int i = 0; i < n; i++) y[i] = x[i] + other[i];
        activate(s->act, y, n);
        break;
    case LL_STEP_RELU:
        for (int i = 0; i < n; i++) y[i] = x[i] > 0 ? x[i] : 0;
        break;
    case LL_STEP_SHUFFLE:
        shuffle(l, x, y);
        break;
    case LL_STEP_GLOBAL:
        global_pool(l, w, x, y);
        break;
    case LL_STEP_LINEAR:
        memcpy(y, w + l->c_in * l->c_out, (size_t)l->c_out * sizeof *y);
        ll_blas_sgemm(false, false, l->c_out, 1, l->c_in, 1, w, l->c_in, x, 1, 1, y, 1);
        activate(s->act, y, l->c_out);
        break;
    case LL_STEP_GATE:
        gate(l, x, other, y);
        break;
    }
}

/* Floats of the second operand. */
static size_t read_too(const ll_step *s)
{
    size_t side = s->kind == LL_STEP_GATE ? 1 : (size_t)s->layer->h_in;
    return (size_t)s->layer->c_in * side * side;
}

static void run_steps(runner *r, int from, int to)
{
    for (int i = from; i < to; i++) {
        const ll_step *s = &r->plan.steps[i];
        size_t in = (size_t)s->layer->c_in * (size_t)s->layer->h_in * (size_t)s->layer->h_in;
        for (size_t image = 0; image < (size_t)r->settings.batch; image++)
            run_step(r, s, r->step_weights[i], r->buffers[s->in] + image * in,
                     r->buffers[s->other] + image * read_too(s),
                     r->buffers[s->out] + image * ll_step_makes(s));
    }
}

static void run(void *self)
{
    runner *r = self;
    run_steps(r, r->plan.n_constant, r->plan.n_steps);
}

static void result(void *self, float *out)
{
    const runner *r = self;
    ll_plan_result(&r->plan, r->buffers[r->plan.result], r->settings.batch, out);
}

static const void *input(const void *self, size_t *bytes)
{
    const runner *r = self;
    *bytes = (size_t)r->settings.batch * (size_t)r->plan.input * sizeof(float);
    return r->buffers[LL_BUFFER_INPUT];
}

const ll_host_engine ll_engine_blas = {
    "blas",      "OpenBLAS on unfolded images", check, version, open_runner, load, run, result, input,
    close_runner};
