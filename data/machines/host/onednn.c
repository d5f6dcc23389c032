/* Engine onednn: the plan's steps as oneDNN primitives. */
#include "data/machines/host/engine.h"

#if __has_include(<dnnl.h>) && !defined LL_WITHOUT_ONEDNN
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/machines/host/exponent.h"
#include "data/machines/host/onednn_runner.h"

/* --- what can be done ------------------------------------------------------------------------------------- */

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

static dnnl_memory_t at(ll_runner *r, const dnnl_memory_desc_t *d, void *where)
{
    dnnl_memory_create(&r->memories[r->n_memories], d, r->engine, where);
    return r->memories[r->n_memories++];
}

static void argument(ll_call *c, int what, dnnl_memory_t m)
{
    c->args[c->n++] = (dnnl_exec_arg_t){what, m};
}

static ll_kernel_key key_of(const ll_runner *r, ll_kernel_kind kind, const ll_layer *l)
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
static ll_call *put(ll_runner *r, const ll_kernel_key *key, int in, int out, int *number, ll_error *e)
{
    if (ll_runner_kernel(r, key, number, e)) return NULL;
    const ll_kernel *k = r->kernels[*number];
    ll_call *c = &r->calls[r->n_calls++];
    *c = (ll_call){.primitive = k->primitive};
    argument(c, DNNL_ARG_SRC, at(r, &k->src, r->buffers[in]));
    argument(c, DNNL_ARG_DST, at(r, &k->dst, r->buffers[out]));
    return c;
}

static float *arena_floats(ll_runner *r, size_t n)
{
    float *v = r->arena + r->arena_used;
    r->arena_used += (n + 15) / 16 * 16;
    return v;
}

/* int8: oneDNN computes (sum of integers + bias) * scale: the bias in units of that sum. */
static void put_bias(ll_runner *r, ll_call *c, const ll_layer *l, const ll_packed *p, int from)
{
    if (!l->bn) return;
    float *bias = arena_floats(r, (size_t)l->c_out);
    const float *plain = p->plain_bias + ll_layer_weight_count(l);
    dnnl_memory_desc_t vector = ll_kernel_vector(l->c_out, dnnl_f32);
    for (int i = 0; i < l->c_out; i++) bias[i] = ldexpf(plain[i], from + ll_exponent_of_weights(l));
    argument(c, DNNL_ARG_BIAS, at(r, &vector, bias));
}

static ll_status put_conv(ll_runner *r, const ll_step *s, int to, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_CONV, s->layer);
    int number;
    key.act = s->act;
    if (s->act == LL_RELU6 && r->type == dnnl_s8) key.act_exponent = to;
    key.bias = s->layer->bn;
    key.accumulate = s->accumulate;
    if (r->type == dnnl_s8) key.shift = to - r->exponent[s->in] - ll_exponent_of_weights(s->layer);
    if (r->type == dnnl_s8 && s->accumulate) key.other_shift = to - r->exponent[s->out];
    ll_call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    const ll_packed *p = ll_runner_weights(r, s->layer, number);
    argument(c, DNNL_ARG_WEIGHTS, p->weights);
    if (r->type == dnnl_s8)
        put_bias(r, c, s->layer, p, r->exponent[s->in]);
    else if (p->bias)
        argument(c, DNNL_ARG_BIAS, p->bias);
    return LL_OK;
}

static ll_status put_add(ll_runner *r, const ll_step *s, int to, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_ADD, s->layer);
    int number;
    key.act = s->act;
    if (r->type == dnnl_s8) {
        if (s->act == LL_RELU6) key.act_exponent = to;
        key.shift = to - r->exponent[s->in];
        key.other_shift = to - r->exponent[s->other];
    }
    ll_call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    argument(c, DNNL_ARG_SRC_1, at(r, &r->kernels[number]->other, r->buffers[s->other]));
    return LL_OK;
}

static ll_status put_relu(ll_runner *r, const ll_step *s, ll_error *e)
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
static ll_status put_float(ll_runner *r, const ll_step *s, const ll_layer *l, int from, int side, int out,
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
static ll_status put_global(ll_runner *r, const ll_step *s, ll_error *e)
{
    const ll_layer *l = s->layer;
    int number, from = s->in;
    ll_kernel_key mean = key_of(r, LL_KERNEL_MEAN, l);
    mean.kernel = l->h_in;
    mean.padding = 0;
    if (l->bn) {
        ll_kernel_key scale = key_of(r, LL_KERNEL_SCALE, l);
        if (r->type == dnnl_s8) {
            if (put_float(r, s, l, from, l->h_in, LL_SCRATCH + 1, e)) return e->status;
            scale.type = dnnl_f32;
            from = LL_SCRATCH + 1;
        }
        scale.act = l->relu_before ? LL_RELU : LL_NO_ACT;
        ll_call *c = put(r, &scale, from, LL_SCRATCH, &number, e);
        if (!c) return e->status;
        const ll_packed *p = ll_runner_weights(r, l, number);
        argument(c, DNNL_ARG_SRC_1, p->weights);
        argument(c, DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, p->bias);
        mean.type = dnnl_f32;
        from = LL_SCRATCH;
    }
    bool convert = mean.type != dnnl_f32;
    if (!put(r, &mean, from, convert ? LL_SCRATCH + 1 : s->out, &number, e)) return e->status;
    return convert ? put_float(r, s, l, LL_SCRATCH + 1, 1, s->out, e) : LL_OK;
}

static ll_status put_linear(ll_runner *r, const ll_step *s, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_LINEAR, s->layer);
    int number;
    key.act = s->act;
    ll_call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    const ll_packed *p = ll_runner_weights(r, s->layer, number);
    argument(c, DNNL_ARG_WEIGHTS, p->weights);
    argument(c, DNNL_ARG_BIAS, p->bias);
    return LL_OK;
}

/* The numbers that a gate multiplies by come from a mean and linear layers, in float. */
static ll_status put_gate(ll_runner *r, const ll_step *s, ll_error *e)
{
    ll_kernel_key key = key_of(r, LL_KERNEL_GATE, s->layer);
    int number;
    ll_call *c = put(r, &key, s->in, s->out, &number, e);
    if (!c) return e->status;
    argument(c, DNNL_ARG_SRC_1, at(r, &r->kernels[number]->other, r->buffers[s->other]));
    return LL_OK;
}

/* to: int8, the exponent of what the step makes. */
static ll_status put_step(ll_runner *r, const ll_step *s, int to, ll_error *e)
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

static void execute(ll_runner *r, const ll_call *c)
{
    dnnl_primitive_execute(c->primitive, r->stream, c->n, c->args);
}

static void run_calls(ll_runner *r, int from, int to)
{
    for (int i = from; i < to; i++) execute(r, &r->calls[i]);
    dnnl_stream_wait(r->stream);
}

/* Those that are done when a network is loaded. */
static int constant_calls(const ll_runner *r)
{
    return r->plan.n_constant ? r->calls_of[r->plan.n_constant - 1] : 0;
}

/* --- int8: how large values become -------------------------------------------------------------------------- */

/* Runs the network once in float and keeps, for each step, the power of two that fits its values into 8 bits. */
static void look_at_values(ll_runner *model, int *made)
{
    for (int i = 0, c = 0; i < model->plan.n_steps; i++) {
        const ll_step *s = &model->plan.steps[i];
        for (; c < model->calls_of[i]; c++) execute(model, &model->calls[c]);
        dnnl_stream_wait(model->stream);
        made[i] = ll_exponent_of_values(model->buffers[s->out], ll_step_makes(s));
    }
}

static size_t arena_wanted(const ll_plan *p)
{
    size_t n = 0;
    for (int i = 0; i < p->n_steps; i++) n += 2 * ((size_t)p->steps[i].layer->c_out + 16);
    return n;
}

static ll_status prepare_int8(ll_runner *r, const ll_network *n, ll_error *e);

/* Behind a mean and behind linear layers numbers are floats, whatever the images are. */
static bool makes_floats(const ll_layer *l)
{
    return l->kind == LL_GLOBAL_POOL || l->kind == LL_LINEAR;
}

/* What is not there in fewer bits than 32. */
static ll_status check_bits(const ll_runner *r, const ll_network *n, ll_error *e)
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
    ll_runner *r = self;
    ll_runner_drop(r);
    ll_plan_make(n, &r->plan);
    ll_status s = check_bits(r, n, e);
    if (!s) s = ll_runner_buffers(r, n, e);
    if (!s && r->model) s = prepare_int8(r, n, e);
    for (int i = 0; i < r->plan.n_steps && !s; i++) {
        const ll_step *step = &r->plan.steps[i];
        int to = ll_exponent_is_kept(step) ? r->exponent[step->in] : r->made[i];
        s = put_step(r, step, to, e);
        r->exponent[step->out] = to;
        r->calls_of[i] = r->n_calls;
    }
    if (!s) run_calls(r, 0, constant_calls(r));
    return s;
}

static ll_status prepare_int8(ll_runner *r, const ll_network *n, ll_error *e)
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
    ll_runner *r = self;
    run_calls(r, constant_calls(r), r->n_calls);
}

static void result(void *self, float *out)
{
    const ll_runner *r = self;
    ll_plan_result(&r->plan, r->buffers[r->plan.result], r->settings.batch, out);
}

static const void *input(const void *self, size_t *bytes)
{
    const ll_runner *r = self;
    *bytes = (size_t)r->settings.batch * (size_t)r->plan.input * dnnl_data_type_size(r->type);
    return r->buffers[LL_BUFFER_INPUT];
}

static ll_status open_runner(const ll_host_settings *s, void **out, ll_error *e)
{
    return ll_runner_open(s, out, e);
}

static void close_runner(void *self)
{
    ll_runner_close(self);
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
static const void *input(const void *self, size_t *bytes)
{
    *bytes = 0;
    return NULL;
}
static void close_runner(void *self) {}
#endif

const ll_host_engine ll_engine_onednn = {
    "onednn", "oneDNN primitives", check, version, open_runner, load, run, result, input, close_runner};
