#include "data/machines/host/plan.h"

#include <string.h>

/* Values are tensors; a tensor's ReLU is the value behind it. */
enum { MAX_TENSORS = LL_MAX_LAYERS + 1, NOBODY = -1 };

typedef struct value {
    int buffer;   /* -1: not made, or gone */
    int last_use; /* layer that reads it last; NOBODY: none does */
} value;

typedef struct planner {
    const ll_network *n;
    ll_plan *plan;
    int source[MAX_TENSORS];    /* the tensor that a tensor is: itself but for copies */
    value plain[MAX_TENSORS];   /* as written */
    value relu[MAX_TENSORS];    /* its ReLU */
    int rectified[MAX_TENSORS]; /* the layer for which the ReLU is made; NOBODY: none */
    int maker[MAX_TENSORS];     /* the step that wrote it */
    bool taken[LL_MAX_BUFFERS];
} planner;

static int resolve(const planner *p, int tensor)
{
    return tensor > 0 ? p->source[tensor] : tensor;
}

static bool wants_relu(const ll_layer *l)
{
    return l->kind == LL_CONV && l->relu_before;
}

static void count_uses(planner *p)
{
    for (int i = 0; i < MAX_TENSORS; i++)
        p->plain[i] = p->relu[i] = (value){-1, NOBODY}, p->source[i] = i, p->rectified[i] = NOBODY;
    for (int i = 0; i < p->n->n_layers; i++) {
        const ll_layer *l = &p->n->layers[i];
        if (l->kind == LL_COPY) {
            p->source[i + 1] = resolve(p, l->in[0]);
            continue;
        }
        for (int j = 0; j < ll_layer_reads(l); j++) {
            int t = resolve(p, l->in[j]);
            if (t < 0) continue;
            (wants_relu(l) ? p->relu : p->plain)[t].last_use = i;
            if (wants_relu(l) && p->rectified[t] == NOBODY) p->rectified[t] = i;
        }
    }
    p->plain[resolve(p, p->n->n_layers)].last_use = p->n->n_layers; /* the result */
    for (int t = 1; t <= p->n->n_constant; t++) /* constants are there for the next run, too */
        if (p->plain[t].last_use != NOBODY) p->plain[t].last_use = p->n->n_layers;
}

static int take_buffer(planner *p)
{
    int b = LL_BUFFER_FIRST;
    while (p->taken[b]) b++;
    p->taken[b] = true;
    if (b >= p->plan->n_buffers) p->plan->n_buffers = b + 1;
    return b;
}

static void release(planner *p, value *v)
{
    if (v->buffer >= LL_BUFFER_FIRST) p->taken[v->buffer] = false;
    v->buffer = -1;
}

/* What nobody reads behind layer i gives its buffer back. */
static void release_used(planner *p, int i)
{
    for (int t = 1; t <= i + 1; t++) {
        if (p->plain[t].buffer >= 0 && p->plain[t].last_use <= i && p->rectified[t] <= i)
            release(p, &p->plain[t]);
        if (p->relu[t].buffer >= 0 && p->relu[t].last_use <= i) release(p, &p->relu[t]);
    }
}

static ll_step *put(planner *p, ll_step s)
{
    p->plan->steps[p->plan->n_steps] = s;
    return &p->plan->steps[p->plan->n_steps++];
}

static int plain_buffer(const planner *p, int tensor)
{
    int t = resolve(p, tensor);
    return t == LL_TENSOR_ZERO ? LL_BUFFER_ZERO : t == LL_TENSOR_INPUT ? LL_BUFFER_INPUT : p->plain[t].buffer;
}

/* The ReLU of zeros is zeros; else made when first wanted. */
static int relu_buffer(planner *p, const ll_layer *reader)
{
    int t = resolve(p, reader->in[0]);
    if (t == LL_TENSOR_ZERO) return LL_BUFFER_ZERO;
    if (p->relu[t].buffer < 0) {
        p->relu[t].buffer = take_buffer(p);
        put(p,
            (ll_step){
                .kind = LL_STEP_RELU, .layer = reader, .in = plain_buffer(p, t), .out = p->relu[t].buffer});
    }
    return p->relu[t].buffer;
}

/* May the convolution that wrote `made` just now (layer i - 1) add to the buffer of `other` instead? Only when
 * nobody else reads either of them any more and the convolution itself did not read that buffer. */
static bool can_accumulate(const planner *p, int i, int made, int other)
{
    if (made != i || other <= 0 || other == made || p->n->layers[i - 1].kind != LL_CONV) return false;
    const ll_step *conv = &p->plan->steps[p->maker[made]];
    return conv->kind == LL_STEP_CONV && !conv->act && !conv->accumulate && p->plain[made].last_use == i &&
           p->relu[made].last_use == NOBODY && p->plain[other].last_use == i && p->relu[other].last_use < i &&
           conv->in != p->plain[other].buffer;
}

/* A convolution or sum may write the ReLU of its result at once when nothing reads the result itself. */
static void finish(planner *p, int i, ll_step *s, int buffer)
{
    int t = i + 1;
    p->maker[t] = (int)(s - p->plan->steps);
    bool can = (s->kind == LL_STEP_CONV || s->kind == LL_STEP_ADD) && !s->act;
    if (can && p->plain[t].last_use == NOBODY && p->relu[t].last_use != NOBODY) {
        s->act = LL_RELU;
        p->relu[t].buffer = buffer;
    } else {
        p->plain[t].buffer = buffer;
    }
}

static void put_add(planner *p, int i, const ll_layer *l)
{
    int a = resolve(p, l->in[0]), b = resolve(p, l->in[1]);
    if (!can_accumulate(p, i, b, a)) {
        int keep = a;
        a = b, b = keep; /* a sum does not care for the order */
    }
    if (!can_accumulate(p, i, b, a)) {
        int in = plain_buffer(p, l->in[0]), other = plain_buffer(p, l->in[1]), out = take_buffer(p);
        finish(p, i,
               put(p,
                   (ll_step){
                       .kind = LL_STEP_ADD, .layer = l, .in = in, .other = other, .out = out, .act = l->act}),
               out);
        return;
    }
    ll_step *conv = &p->plan->steps[p->maker[b]];
    release(p, &p->plain[b]);
    conv->accumulate = true;
    conv->act = l->act;
    conv->out = p->plain[a].buffer;
    p->plain[a].buffer = -1; /* the sum lives there from now on */
    finish(p, i, conv, conv->out);
}

static void put_layer(planner *p, int i)
{
    static const ll_step_kind kinds[] = {
        [LL_CONV] = LL_STEP_CONV,          [LL_POOL_AVG] = LL_STEP_POOL, [LL_SHUFFLE] = LL_STEP_SHUFFLE,
        [LL_GLOBAL_POOL] = LL_STEP_GLOBAL, [LL_LINEAR] = LL_STEP_LINEAR, [LL_GATE] = LL_STEP_GATE};
    const ll_layer *l = &p->n->layers[i];
    if (l->kind == LL_COPY) return;
    if (l->kind == LL_ADD) {
        put_add(p, i, l);
    } else {
        int in = wants_relu(l) ? relu_buffer(p, l) : plain_buffer(p, l->in[0]), out = take_buffer(p);
        ll_step step = {.kind = kinds[l->kind],
                        .layer = l,
                        .in = in,
                        .other = l->kind == LL_GATE ? plain_buffer(p, l->in[1]) : 0,
                        .out = out,
                        .act = l->act};
        finish(p, i, put(p, step), out);
    }
    release_used(p, i);
}

void ll_plan_make(const ll_network *n, ll_plan *out)
{
    planner p = {.n = n, .plan = out};
    *out = (ll_plan){.n_buffers = LL_BUFFER_FIRST};
    count_uses(&p);
    for (int i = 0; i < n->n_layers; i++) {
        const ll_layer *l = &n->layers[i];
        int in = l->c_in * l->h_in * l->h_in, made = l->c_out * l->h_out * l->h_out;
        if (in > out->most) out->most = in;
        if (made > out->most) out->most = made;
        put_layer(&p, i);
        if (i + 1 == n->n_constant) out->n_constant = out->n_steps;
    }
    out->result = plain_buffer(&p, n->n_layers);
    const ll_layer *image = ll_network_reader(n);
    out->input = image->c_in * image->h_in * image->h_in;
    out->classes = n->layers[n->n_layers - 1].c_out;
}

size_t ll_step_makes(const ll_step *s)
{
    const ll_layer *l = s->layer;
    if (s->kind == LL_STEP_RELU) return (size_t)l->c_in * (size_t)l->h_in * (size_t)l->h_in;
    return (size_t)l->c_out * (size_t)l->h_out * (size_t)l->h_out;
}

void ll_plan_result(const ll_plan *p, const void *buffer, int batch, float *out)
{
    memcpy(out, buffer, (size_t)batch * (size_t)p->classes * sizeof *out);
}
