#include "core/proxies/net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/proxies/ops.h"
#include "core/proxies/ops_parts.h"

/* Memory that goes round: of the blocks that are free the smallest that fits is taken. */
enum { MOST_BLOCKS = 16 * LL_MAX_LAYERS };
typedef struct block {
    real *v;
    size_t room;
    bool used;
    int last; /* the network that had it */
} block;

struct ll_net {
    ll_net_setup s;
    block blocks[MOST_BLOCKS];
    int n_blocks, opened;
    real *w[LL_MAX_LAYERS], *dw[LL_MAX_LAYERS];         /* with the bias behind w */
    real *x[LL_MAX_LAYERS + 1], *dx[LL_MAX_LAYERS + 1]; /* tensors before a ReLU behind them; 0: the images */
    real *before[LL_MAX_LAYERS]; /* what an activation that bends twice reads; NULL: the layer has none */
    real *mean[LL_MAX_LAYERS], *std[LL_MAX_LAYERS]; /* of batch normalisations */
    double fisher[LL_MAX_LAYERS];
    real *head;                                /* what a global pool with a normalisation reads, normalised */
    real *held[LL_MAX_LAYERS + 1], *held_head; /* x and head when the ReLUs were held; NULL: they are not */
    real *held_before[LL_MAX_LAYERS];
    real *room, *zero;
};

/* --- memory --- */

static real *take(ll_net *n, size_t size)
{
    block *best = NULL;
    size += 16; /* vectors may reach over the end */
    for (int i = 0; i < n->n_blocks; i++) {
        block *b = &n->blocks[i];
        if (!b->used && b->room >= size && b->room <= 4 * size + 4096 && (!best || b->room < best->room))
            best = b;
    }
    if (!best) {
        best = &n->blocks[n->n_blocks++];
        *best = (block){.v = ll_alloc_aligned(size, sizeof(real)), .room = size};
    }
    best->used = true;
    best->last = n->opened;
    return best->v;
}

static void give(ll_net *n, real **v)
{
    for (int i = 0; i < n->n_blocks && *v; i++)
        if (n->blocks[i].v == *v) n->blocks[i].used = false;
    *v = NULL;
}

static real *take_zeros(ll_net *n, size_t size)
{
    return memset(take(n, size), 0, size * sizeof(real));
}

/* All are free again; what the last network did not want goes. */
static void give_all(ll_net *n)
{
    int kept = 0;
    for (int i = 0; i < n->n_blocks; i++) {
        block b = n->blocks[i];
        b.used = false;
        if (b.last < n->opened)
            free(b.v);
        else
            n->blocks[kept++] = b;
    }
    n->n_blocks = kept;
}

ll_net *ll_net_new(void)
{
    return LL_NEW(ll_net);
}

void ll_net_free(ll_net *n)
{
    if (!n) return;
    for (int i = 0; i < n->n_blocks; i++) free(n->blocks[i].v);
    free(n);
}

/* --- weights --- */

static const ll_layer *layer(const ll_net *n, int i)
{
    return &n->s.network->layers[i];
}

static bool learns(const ll_layer *l)
{
    return l->kind == LL_CONV || l->kind == LL_LINEAR;
}

static bool normed(const ll_net *n, const ll_layer *l)
{
    return l->bn && !n->s.plain;
}

static size_t biases(const ll_layer *l)
{
    return l->kind == LL_LINEAR ? (size_t)l->c_out : 0;
}

double ll_net_normal(ll_rng *r)
{
    int ones = __builtin_popcountll(ll_rng_u64(r));
    return (ones - 32 + ll_rng_uniform(r) - .5) / sqrt(16 + 1 / 12.);
}

/* Uniform within `reach`, or nearly normal of this deviation. */
typedef struct start {
    bool normal;
    double weights, biases;
} start;

static start start_of(ll_net_weights how, const ll_layer *l)
{
    double fan_in = (double)ll_layer_weight_count(l) / l->c_out, reach = 1 / sqrt(fan_in);
    double fan_out = (double)l->c_out * l->kernel * l->kernel;
    if (how == LL_NET_NORMAL) return (start){true, 1, 0};
    if (how == LL_NET_FAN_OUT) return (start){true, l->kind == LL_LINEAR ? .001 : sqrt(2 / fan_out), 0};
    return (start){false, reach, reach};
}

static void draw(const ll_net *n, bool normal, double size, ll_rng *r, size_t count, real *w)
{
    for (size_t i = 0; i < count; i++) {
        double x = size * (normal ? ll_net_normal(r) : 2 * ll_rng_uniform(r) - 1);
        w[i] = (real)(n->s.absolute ? fabs(x) : x);
    }
}

static void draw_weights(const ll_net *n, const ll_layer *l, real *w)
{
    uint64_t stream = (uint64_t)l->c_in << 48 | (uint64_t)l->c_out << 32 | (uint64_t)l->kernel << 24 |
                      (uint64_t)l->site << 8 | LL_STREAM_WEIGHTS;
    ll_rng r = ll_rng_new(n->s.seed, stream);
    start s = start_of(n->s.weights, l);
    draw(n, s.normal, s.weights, &r, ll_layer_weight_count(l), w);
    draw(n, s.normal, s.biases, &r, biases(l), w + ll_layer_weight_count(l));
}

/* --- tensors --- */

static size_t size_in(const ll_net *n, const ll_layer *l)
{
    return (size_t)l->c_in * (size_t)n->s.batch * ll_plane(l->h_in);
}

static size_t pixels_out(const ll_net *n, const ll_layer *l) /* of a channel */
{
    return (size_t)n->s.batch * ll_plane(l->kind == LL_LINEAR ? 1 : l->h_out);
}

static size_t size_out(const ll_net *n, const ll_layer *l)
{
    return (size_t)l->c_out * pixels_out(n, l);
}

/* Does whoever reads this tensor read its positive part? */
static bool behind_relu(const ll_net *n, int tensor)
{
    if (tensor <= LL_TENSOR_INPUT) return false;
    const ll_layer *l = layer(n, tensor - 1);
    return (l->act && !ll_bends_twice(l->act)) || (l->kind == LL_COPY && behind_relu(n, l->in[0]));
}

static const real *tensor_of(const ll_net *n, int t)
{
    return t == LL_TENSOR_ZERO ? n->zero : n->x[t];
}

/* What a ReLU on this tensor goes by. */
static const real *signs_of(const ll_net *n, int t)
{
    return t != LL_TENSOR_ZERO && n->held[t] ? n->held[t] : tensor_of(n, t);
}

/* Where an activation that bends twice is on its way. */
static const real *bends_at(const ll_net *n, int i)
{
    return n->held_before[i] ? n->held_before[i] : n->before[i];
}

/* What a layer gives, behind its normalisation and before its activation. */
static real *linear_part(const ll_net *n, int i)
{
    return n->before[i] ? n->before[i] : n->x[i + 1];
}

static const real *signs_of_head(const ll_net *n)
{
    return n->held_head ? n->held_head : n->head;
}

/* NULL: this operand is read as it is. */
static const real *gate_of(const ll_net *n, int i, int operand)
{
    const ll_layer *l = layer(n, i);
    bool relu = (l->relu_before && l->kind != LL_GLOBAL_POOL) || behind_relu(n, l->in[operand]);
    return relu ? signs_of(n, l->in[operand]) : NULL;
}

static size_t work_room(const ll_net *n, const ll_layer *l)
{
    size_t all = size_in(n, l), most = l->kind == LL_CONV ? ll_conv_room(l, n->s.batch) : 0;
    if (l->kind == LL_LINEAR) most = all;
    return most;
}

void ll_net_open(ll_net *n, const ll_net_setup *s)
{
    give_all(n);
    n->opened++;
    n->s = *s;
    size_t room = 1, zero = 1;
    for (int i = 0; i < s->network->n_layers; i++) {
        const ll_layer *l = layer(n, i);
        size_t work = work_room(n, l), reads = size_in(n, l);
        n->w[i] = n->dw[i] = n->mean[i] = n->std[i] = n->x[i + 1] = n->dx[i + 1] = n->held[i + 1] = NULL;
        n->before[i] = n->held_before[i] = NULL;
        n->fisher[i] = 0;
        if (work > room) room = work;
        for (int k = 0; k < ll_layer_reads(l); k++)
            if (l->in[k] == LL_TENSOR_ZERO && reads > zero) zero = reads;
        if (learns(l)) draw_weights(n, l, n->w[i] = take(n, ll_layer_weight_count(l) + biases(l)));
        if (!l->bn) continue;
        n->mean[i] = take_zeros(n, (size_t)l->c_out);
        n->std[i] = take_zeros(n, (size_t)l->c_out);
    }
    n->head = n->held_head = NULL;
    n->room = take(n, room);
    n->zero = take_zeros(n, zero);
}

static bool stopped(const ll_net *n)
{
    return n->s.stop && n->s.stop(n->s.ctx);
}

/* --- forward --- */

/* Of the tensor's own ReLU, `gate`, nothing is left behind a normalisation. */
static const real *pool_gate(const ll_net *n, int i, const real *gate)
{
    const ll_layer *l = layer(n, i);
    if (normed(n, l)) return l->relu_before ? signs_of_head(n) : NULL;
    return l->relu_before ? signs_of(n, l->in[0]) : gate;
}

/* BN, ReLU, pool: what the pool reads is kept. */
static void pool_forward(ll_net *n, int i, const real *x, const real *gate, real *y)
{
    const ll_layer *l = layer(n, i);
    if (normed(n, l)) {
        if (!n->head) n->head = take(n, size_in(n, l));
        ll_read(size_in(n, l), gate, x, n->head);
        ll_batch_norm(l->c_in, size_in(n, l) / (size_t)l->c_in, n->head, n->mean[i], n->std[i]);
        x = n->head;
    }
    ll_global_pool(l, n->s.batch, pool_gate(n, i, gate), x, y);
}

static void layer_forward(ll_net *n, int i)
{
    const ll_layer *l = layer(n, i);
    const real *x = tensor_of(n, l->in[0]);
    const real *gate = gate_of(n, i, 0);
    real *y = linear_part(n, i);
    switch (l->kind) {
    case LL_CONV:
        ll_conv(l, n->s.batch, gate, x, n->w[i], n->room, y);
        if (normed(n, l)) ll_batch_norm(l->c_out, pixels_out(n, l), y, n->mean[i], n->std[i]);
        break;
    case LL_POOL_AVG:
        ll_pool_avg(l, n->s.batch, gate, x, y);
        break;
    case LL_ADD:
        ll_read(size_out(n, l), gate, x, y);
        ll_read_add(size_out(n, l), gate_of(n, i, 1), tensor_of(n, l->in[1]), y);
        break;
    case LL_SHUFFLE:
        ll_shuffle(l, n->s.batch, gate, x, y);
        break;
    case LL_GLOBAL_POOL:
        pool_forward(n, i, x, gate, y);
        break;
    case LL_LINEAR:
        ll_classify(l, n->s.batch, gate, x, n->w[i], n->w[i] + ll_layer_weight_count(l), y);
        break;
    case LL_GATE:
        ll_scale(l, n->s.batch, gate, x, gate_of(n, i, 1), tensor_of(n, l->in[1]), y);
        break;
    case LL_COPY:
        break;
    }
    if (n->before[i]) ll_bend(l->act, size_out(n, l), bends_at(n, i), n->before[i], n->x[i + 1]);
}

bool ll_net_forward(ll_net *n, const real *images)
{
    n->x[0] = (real *)images; /* is only read */
    for (int i = 0; i < n->s.network->n_layers; i++) {
        const ll_layer *l = layer(n, i);
        if (stopped(n)) return false;
        if (l->kind == LL_COPY)
            n->x[i + 1] = (real *)tensor_of(n, l->in[0]);
        else if (!n->x[i + 1])
            n->x[i + 1] = take(n, size_out(n, l));
        if (ll_bends_twice(l->act) && !n->before[i]) n->before[i] = take(n, size_out(n, l));
        layer_forward(n, i);
    }
    n->x[0] = NULL;
    return true;
}

/* --- backward --- */

/* act is what came out before the normalisation, out * std + mean. */
static double fisher_of(const ll_net *n, int i, const real *dy)
{
    const ll_layer *l = layer(n, i);
    size_t p = pixels_out(n, l) / (size_t)n->s.batch;
    double sum = 0;
    const real *y = linear_part(n, i);
    for (int c = 0; c < l->c_out; c++)
        for (int k = 0; k < n->s.batch; k++, y += p, dy += p) {
            real along = 0, alone = 0;
#pragma omp simd reduction(+ : along, alone)
            for (size_t j = 0; j < p; j++) along += y[j] * dy[j], alone += dy[j];
            double act = (double)along;
            if (normed(n, l)) act = (double)n->std[i][c] * act + (double)n->mean[i][c] * (double)alone;
            sum += act * act;
        }
    return .5 * sum / n->s.batch * (double)(ll_layer_weight_count(l) / (size_t)l->c_out);
}

/* The gradient of what a layer reads, zeros at first; NULL: nobody wants it. */
static real *gradient_in(ll_net *n, int i, int operand)
{
    const ll_layer *l = layer(n, i);
    int t = l->in[operand];
    if (t == LL_TENSOR_ZERO || (t == LL_TENSOR_INPUT && !n->dx[0])) return NULL;
    size_t size = l->kind == LL_GATE && operand ? (size_t)l->c_in * (size_t)n->s.batch : size_in(n, l);
    if (!n->dx[t]) n->dx[t] = take_zeros(n, size);
    return n->dx[t];
}

static void pool_back(ll_net *n, int i, const real *gate, const real *dy, real *dx)
{
    const ll_layer *l = layer(n, i);
    if (!normed(n, l)) {
        ll_global_pool_back(l, n->s.batch, pool_gate(n, i, gate), dy, dx);
        return;
    }
    size_t all = size_in(n, l);
    real *d = take_zeros(n, all);
    ll_global_pool_back(l, n->s.batch, pool_gate(n, i, gate), dy, d);
    ll_batch_norm_back(l->c_in, all / (size_t)l->c_in, n->head, n->std[i], d);
    ll_read_back(all, gate, d, dx);
    give(n, &d);
}

/* Masks belong to who reads: relu_before to this layer, the ReLU behind a tensor to the layer that wrote it, which finds
 * the same numbers masked already. */
static void layer_back(ll_net *n, int i, real *dy, bool fisher)
{
    const ll_layer *l = layer(n, i);
    const real *x = tensor_of(n, l->in[0]);
    const real *gate = gate_of(n, i, 0);
    real *dx = gradient_in(n, i, 0);
    if (learns(l)) {
        if (normed(n, l)) ll_batch_norm_back(l->c_out, pixels_out(n, l), linear_part(n, i), n->std[i], dy);
        if (fisher) n->fisher[i] = fisher_of(n, i, dy);
    }
    if (l->kind == LL_CONV)
        ll_conv_back(l, n->s.batch, gate, x, n->w[i], dy, n->room, n->dw[i], dx);
    else if (l->kind == LL_LINEAR)
        ll_classify_back(l, n->s.batch, gate, x, n->w[i], dy, n->room, n->dw[i], dx);
    if (l->kind == LL_ADD) {
        real *dx1 = gradient_in(n, i, 1);
        if (dx1) ll_read_back(size_out(n, l), gate_of(n, i, 1), dy, dx1);
    }
    if (l->kind == LL_GATE) {
        ll_scale_back(l, n->s.batch, gate, x, gate_of(n, i, 1), tensor_of(n, l->in[1]), dy, dx,
                      gradient_in(n, i, 1));
        return;
    }
    if (!dx || learns(l)) return;
    switch (l->kind) {
    case LL_POOL_AVG:
        ll_pool_avg_back(l, n->s.batch, gate, dy, dx);
        break;
    case LL_SHUFFLE:
        ll_shuffle_back(l, n->s.batch, gate, dy, dx);
        break;
    case LL_GLOBAL_POOL:
        pool_back(n, i, gate, dy, dx);
        break;
    default:
        ll_read_back(size_out(n, l), gate, dy, dx);
    }
}

static void activation_back(const ll_net *n, int i, real *d)
{
    const ll_layer *l = layer(n, i);
    const real *sign = signs_of(n, i + 1);
    if (n->before[i])
        ll_bend_back(l->act, size_out(n, l), bends_at(n, i), n->before[i], d);
    else if (l->act)
        for (size_t k = 0; k < size_out(n, l); k++) d[k] = sign[k] > 0 ? d[k] : 0;
}

static void begin_backward(ll_net *n)
{
    for (int i = 0; i < n->s.network->n_layers; i++) {
        const ll_layer *l = layer(n, i);
        n->fisher[i] = 0;
        if (!learns(l)) continue;
        if (!n->dw[i]) n->dw[i] = take(n, ll_layer_weight_count(l));
        memset(n->dw[i], 0, ll_layer_weight_count(l) * sizeof(real));
    }
}

bool ll_net_backward(ll_net *n, const real *images, const real *dy, real *d_images, bool fisher)
{
    int last = n->s.network->n_layers;
    bool whole = true;
    begin_backward(n);
    n->x[0] = (real *)images;
    n->dx[0] = d_images;
    if (d_images) memset(d_images, 0, ll_net_image(n) * (size_t)n->s.batch * sizeof *d_images);
    n->dx[last] = take(n, size_out(n, layer(n, last - 1)));
    memcpy(n->dx[last], dy, size_out(n, layer(n, last - 1)) * sizeof *dy);
    for (int i = last - 1; i >= 0; i--) {
        real *d = n->dx[i + 1];
        if (!d) continue; /* the result does not depend on it */
        whole = whole && !stopped(n);
        if (whole) {
            activation_back(n, i, d);
            layer_back(n, i, d, fisher);
        }
        give(n, &n->dx[i + 1]);
    }
    n->x[0] = n->dx[0] = NULL;
    return whole;
}

/* --- asking --- */

/* The memory is not given back: the next forward pass takes some of its own. */
void ll_net_hold_relus(ll_net *n)
{
    for (int i = 1; i <= n->s.network->n_layers; i++) {
        n->held[i] = n->x[i];
        n->held_before[i - 1] = n->before[i - 1];
        n->x[i] = n->before[i - 1] = NULL;
    }
    n->held_head = n->head;
    n->head = NULL;
}

int ll_net_classes(const ll_net *n)
{
    return layer(n, n->s.network->n_layers - 1)->c_out;
}

size_t ll_net_image(const ll_net *n)
{
    const ll_layer *l = layer(n, 0);
    return (size_t)l->c_in * ll_plane(l->h_in);
}

const real *ll_net_result(const ll_net *n)
{
    return n->x[n->s.network->n_layers];
}

real *ll_net_weights_of(const ll_net *n, int i, size_t *size)
{
    *size = n->w[i] ? ll_layer_weight_count(layer(n, i)) : 0;
    return n->w[i];
}

const real *ll_net_gradient_of(const ll_net *n, int i, size_t *size)
{
    *size = n->dw[i] ? ll_layer_weight_count(layer(n, i)) : 0;
    return n->dw[i];
}

double ll_net_fisher(const ll_net *n, int i)
{
    return n->fisher[i];
}

double ll_net_log_spread(const ll_net *n)
{
    double sum = 0;
    for (int i = 0; i < n->s.network->n_layers; i++) {
        const ll_layer *l = layer(n, i);
        double variance = 0;
        if (!normed(n, l)) continue;
        for (int c = 0; c < l->c_out; c++) variance += (double)(n->std[i][c] * n->std[i][c]);
        sum += .5 * log(variance / l->c_out);
    }
    return sum;
}

size_t ll_net_features(const ll_net *n, real *out)
{
    for (int i = n->s.network->n_layers - 1; i >= 0; i--) {
        const ll_layer *l = layer(n, i);
        if (l->kind != LL_GLOBAL_POOL) continue;
        bool own = normed(n, l);
        if (out)
            ll_read(size_in(n, l), pool_gate(n, i, gate_of(n, i, 0)), own ? n->head : tensor_of(n, l->in[0]),
                    out);
        return size_in(n, l);
    }
    return 0;
}

void ll_net_relus(ll_net *n, void (*visit)(void *ctx, int c, int p, const real *x), void *ctx)
{
    for (int i = 0; i < n->s.network->n_layers; i++) {
        const ll_layer *l = layer(n, i);
        bool head = l->kind == LL_GLOBAL_POOL && normed(n, l);
        if (l->relu_before)
            visit(ctx, l->c_in, (int)ll_plane(l->h_in), head ? n->head : tensor_of(n, l->in[0]));
        if (l->act && l->act != LL_HSIGMOID) visit(ctx, l->c_out, (int)ll_plane(l->h_out), linear_part(n, i));
    }
}
