#include "core/space/template/template.h"

#include <stdlib.h>

#include "core/space/network.h"
#include "core/space/parts.h"
#include "core/space/template/template_parts.h"

typedef struct tensor {
    int id, channels, side; /* channels 0: not there */
} tensor;

typedef struct run {
    const ll_template *t;
    const uint8_t *gene;
    const bool *active;
    long values[LL_TEMPLATE_VALUES];
    tensor now, named[LL_TEMPLATE_TENSORS];
    ll_layer_kind last;
    ll_layer_sink sink;
    const ll_template_step *step;
    long set[LL_SETTINGS]; /* of the step */
    ll_error *e;
} run;

static bool wrong(const run *r, const char *what)
{
    ll_fail(r->e, LL_BAD_DATA, "%s: %s", r->step ? r->step->place : "input", what);
    return false;
}

/* --- expressions --- */

static const tensor *tensor_of(const run *r, int index)
{
    return index < 0 ? &r->now : &r->named[index];
}

static long load(const void *ctx, int variable)
{
    const run *r = ctx;
    const ll_variable *v = &r->t->variables[variable];
    switch (v->kind) {
    case LL_VAR_CHOICE:
        return v->table ? v->table[r->gene[v->index]] : r->gene[v->index];
    case LL_VAR_ACTIVE:
        return r->active[v->index];
    case LL_VAR_VALUE:
        return r->values[v->index];
    case LL_VAR_CHANNELS:
        return tensor_of(r, v->index)->channels;
    case LL_VAR_SIDE:
        return tensor_of(r, v->index)->side;
    default:
        return v->index;
    }
}

static bool value_of(const run *r, const ll_expr *x, long *out)
{
    const char *why = "";
    return ll_expr_value(x, load, r, out, &why) || wrong(r, why);
}

/* --- settings --- */

static const struct {
    const char *name;
    int otherwise, least, most;
} settings[LL_SETTINGS] = {
    [LL_SET_MAIN] = {"its number", 0, 1, LL_MAX_CHANNELS},
    [LL_SET_KERNEL] = {"kernel", 1, 1, LL_MAX_KERNEL},
    [LL_SET_STRIDE] = {"stride", 1, 1, LL_MAX_KERNEL},
    [LL_SET_GROUPS] = {"groups", 1, 1, LL_MAX_CHANNELS},
    [LL_SET_BN] = {"bn", 1, 0, 1},
    [LL_SET_ACT] = {"act", 0, 0, LL_ACTIVATIONS - 1},
    [LL_SET_RELU_BEFORE] = {"relu_before", 0, 0, 1},
};

static bool read_settings(run *r)
{
    for (int i = 0; i < LL_SETTINGS; i++) {
        const ll_expr *x = &r->step->set[i];
        r->set[i] = settings[i].otherwise;
        if (!x->n) continue;
        if (!value_of(r, x, &r->set[i])) return false;
        if (r->set[i] >= settings[i].least && r->set[i] <= settings[i].most) continue;
        ll_fail(r->e, LL_BAD_DATA, "%s: %s is %ld: expected %d..%d", r->step->place, settings[i].name,
                r->set[i], settings[i].least, settings[i].most);
        return false;
    }
    return true;
}

/* --- layers --- */

static bool fits(double elements)
{
    return elements <= LL_MAX_ELEMENTS;
}

/* Writes a layer that reads the current tensor, which the result becomes. */
static bool put(run *r, ll_layer l)
{
    l.in[0] = r->now.id;
    l.c_in = r->now.channels;
    l.h_in = r->now.side;
    l.position = r->step->position;
    if (!l.c_out) l.c_out = l.c_in;
    if (!l.h_out) l.h_out = l.h_in;
    if (!l.groups) l.groups = 1;
    if (r->sink.n == LL_MAX_LAYERS) return wrong(r, "the network has more than 256 layers");
    if (!fits((double)l.c_out * l.h_out * l.h_out))
        return wrong(r, "a tensor has more than 16777216 numbers");
    if (!fits((double)ll_layer_weight_count(&l))) return wrong(r, "a layer has more than 16777216 weights");
    r->last = l.kind;
    r->now = (tensor){ll_layer_put(&r->sink, l), l.c_out, l.h_out};
    return true;
}

/* Pixels of a side behind a window, and 0 where none of it fits. */
static int side_behind(const run *r, int kernel)
{
    int stride = (int)r->set[LL_SET_STRIDE], free = r->now.side + 2 * ((kernel - 1) / 2) - kernel;
    return free < 0 ? 0 : free / stride + 1;
}

static bool put_conv(run *r)
{
    ll_layer l = {.kind = LL_CONV,
                  .c_in = r->now.channels,
                  .c_out = (int)r->set[LL_SET_MAIN],
                  .kernel = (int)r->set[LL_SET_KERNEL],
                  .stride = (int)r->set[LL_SET_STRIDE],
                  .groups = (int)r->set[LL_SET_GROUPS],
                  .bn = r->set[LL_SET_BN],
                  .relu_before = r->set[LL_SET_RELU_BEFORE],
                  .act = (ll_activation)r->set[LL_SET_ACT]};
    l.h_out = side_behind(r, l.kernel);
    if (l.kernel % 2 == 0) return wrong(r, "the kernel of a convolution is odd");
    if (l.c_in % l.groups || l.c_out % l.groups) {
        ll_fail(r->e, LL_BAD_DATA, "%s: %d groups do not divide %d channels into %d", r->step->place,
                l.groups, l.c_in, l.c_out);
        return false;
    }
    return put(r, l);
}

static bool put_pool(run *r)
{
    int kernel = (int)r->set[LL_SET_MAIN], side = side_behind(r, kernel);
    if (kernel > LL_MAX_KERNEL || !side) return wrong(r, "the window is larger than the image, or than 31");
    return put(
        r, (ll_layer){
               .kind = LL_POOL_AVG, .h_out = side, .kernel = kernel, .stride = (int)r->set[LL_SET_STRIDE]});
}

/* The sum of nothing and something is that something: no layer. */
static bool put_add(run *r)
{
    tensor other = r->named[r->step->second];
    if (other.channels != r->now.channels || other.side != r->now.side) {
        ll_fail(r->e, LL_BAD_DATA, "%s: %d channels of %dx%d are added to %d of %dx%d", r->step->place,
                other.channels, other.side, other.side, r->now.channels, r->now.side, r->now.side);
        return false;
    }
    ll_activation act = (ll_activation)r->set[LL_SET_ACT];
    bool sum = other.id != LL_TENSOR_ZERO && r->now.id != LL_TENSOR_ZERO;
    if (!sum && act) return wrong(r, "a sum with nothing has no act");
    if (other.id == LL_TENSOR_ZERO) return true;
    if (r->now.id != LL_TENSOR_ZERO)
        return put(r, (ll_layer){.kind = LL_ADD, .in = {0, other.id}, .act = act});
    r->now = other;
    return true;
}

static bool put_gate(run *r)
{
    tensor by = r->named[r->step->second];
    if (by.channels != r->now.channels || by.side != 1 || by.id == LL_TENSOR_ZERO) {
        ll_fail(r->e, LL_BAD_DATA, "%s: %d channels are gated by %d of %dx%d: expected one number for each",
                r->step->place, r->now.channels, by.channels, by.side, by.side);
        return false;
    }
    return put(r, (ll_layer){.kind = LL_GATE, .in = {0, by.id}});
}

static bool put_shuffle(run *r)
{
    int groups = (int)r->set[LL_SET_MAIN];
    if (r->now.channels % groups) return wrong(r, "the groups do not divide the channels");
    return put(r, (ll_layer){.kind = LL_SHUFFLE, .groups = groups});
}

static bool put_mean(run *r)
{
    return put(r, (ll_layer){.kind = LL_GLOBAL_POOL,
                             .h_out = 1,
                             .bn = r->step->set[LL_SET_BN].n && r->set[LL_SET_BN],
                             .relu_before = r->set[LL_SET_RELU_BEFORE]});
}

static bool put_linear(run *r)
{
    if (r->now.side != 1)
        return wrong(r, "a linear layer reads a mean over the image: \"mean\" comes before it");
    return put(r, (ll_layer){.kind = LL_LINEAR,
                             .c_out = (int)r->set[LL_SET_MAIN],
                             .act = (ll_activation)r->set[LL_SET_ACT]});
}

static bool put_copy(run *r)
{
    return put(r, (ll_layer){.kind = LL_COPY});
}

static bool make_zero(run *r)
{
    r->now.id = LL_TENSOR_ZERO;
    return true;
}

static bool nothing(run *r)
{
    (void)r;
    return true;
}

static bool (*const makers[])(run *) = {
    [LL_DO_NOTHING] = nothing,     [LL_DO_GROUP] = nothing, [LL_DO_ZERO] = make_zero,
    [LL_DO_CONV] = put_conv,       [LL_DO_POOL] = put_pool, [LL_DO_ADD] = put_add,
    [LL_DO_SHUFFLE] = put_shuffle, [LL_DO_MEAN] = put_mean, [LL_DO_LINEAR] = put_linear,
    [LL_DO_COPY] = put_copy,       [LL_DO_GATE] = put_gate,
};

/* --- the walk --- */

static bool take_tensor(run *r, int named)
{
    if (named >= 0 && !r->named[named].channels) return wrong(r, "the tensor that it reads was not made");
    return true;
}

static bool make(run *r)
{
    const ll_template_step *s = r->step;
    if (!take_tensor(r, s->from) || !take_tensor(r, s->second)) return false;
    if (s->from >= 0) r->now = r->named[s->from];
    if (!read_settings(r) || !makers[s->kind](r)) return false;
    if (s->to >= 0) r->named[s->to] = r->now;
    return true;
}

static bool walk(run *r)
{
    for (int i = 0; i < r->t->n_steps; i++) {
        long when = 1;
        r->step = &r->t->steps[i];
        r->sink.site = i; /* whatever is left out before it: the same step is the same place */
        if (r->step->when.n && !value_of(r, &r->step->when, &when)) return false;
        if (!when)
            i += r->step->inside;
        else if (!make(r))
            return false;
    }
    return true;
}

static bool begin(run *r)
{
    long side;
    for (int i = 0; i < r->t->n_values; i++)
        if (!value_of(r, &r->t->values[i], &r->values[i])) return false;
    if (!value_of(r, &r->t->input, &side)) return false;
    if (side < 1 || side > LL_MAX_SIDE) return wrong(r, "the side of the image is not 1..512 pixels");
    r->now = (tensor){LL_TENSOR_INPUT, 3, (int)side};
    return true;
}

/* The result is the last tensor, and a classifier's: engines and models want it so. */
static bool ends(run *r)
{
    bool good = r->sink.n && r->now.id == r->sink.n && r->last == LL_LINEAR;
    return good || wrong(r, "the network does not end with a linear layer");
}

int ll_template_layers(const ll_template *t, const uint8_t *gene, const bool *active, ll_layer *out, int most,
                       ll_error *e)
{
    run r = {.t = t, .gene = gene, .active = active, .sink = {.out = out, .most = most}, .e = e};
    return begin(&r) && walk(&r) && ends(&r) ? r.sink.n : 0;
}

const bool *ll_template_places(const ll_template *t)
{
    return t->places;
}

void ll_template_free(ll_template *t)
{
    if (!t) return;
    for (int i = 0; i < t->n_steps; i++) {
        ll_expr_free(&t->steps[i].when);
        for (int k = 0; k < LL_SETTINGS; k++) ll_expr_free(&t->steps[i].set[k]);
        free(t->steps[i].place);
    }
    for (int i = 0; i < t->n_variables; i++) free(t->variables[i].table);
    for (int i = 0; i < t->n_values; i++) ll_expr_free(&t->values[i]);
    ll_expr_free(&t->input);
    free(t->steps);
    free(t->variables);
    free(t->values);
    free(t);
}
