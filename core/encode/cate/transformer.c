#include "core/encode/cate/transformer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/cate/drop.h"
#include "core/nn/layer_norm.h"
#include "core/nn/linear.h"
#include "core/nn/sums.h"

enum { W = LL_CATE_WIDTH, QKV = LL_CATE_QKV, STAT = LL_CATE_ATTENTION_STAT, NORM_STAT = 2 };

/* What a layer keeps of all rows. */
typedef struct kept {
    real *x, *norm1, *stat1, *qkv, *attended, *attention_stat, *mid, *norm2, *stat2, *hidden;
} kept;

struct ll_cate_stack {
    ll_cate_stack_shape shape;
    kept *layer; /* (layers + 1), of the last only x; without training all share one memory */
    real *last_stat;
    real *dbranch, *dnorm, *dqkv, *dhidden; /* gradients of one layer */
    real *memory;
};

/* Takes rows x width numbers, whole cache lines, from *at; NULL *at: only counts them. */
static real *take(real *memory, size_t *at, int rows, int width)
{
    real *v = memory ? memory + *at : NULL;
    *at += ((size_t)rows * (size_t)width + 15) & ~(size_t)15;
    return v;
}

static void take_layer(kept *l, real *memory, size_t *at, int rows, int ff)
{
    l->x = take(memory, at, rows, W);
    l->norm1 = take(memory, at, rows, W);
    l->stat1 = take(memory, at, rows, NORM_STAT);
    l->qkv = take(memory, at, rows, QKV);
    l->attended = take(memory, at, rows, W);
    l->attention_stat = take(memory, at, rows, STAT);
    l->mid = take(memory, at, rows, W);
    l->norm2 = take(memory, at, rows, W);
    l->stat2 = take(memory, at, rows, NORM_STAT);
    l->hidden = take(memory, at, rows, ff);
}

/* Returns how many numbers it takes. */
static size_t lay_out(ll_cate_stack *k, int rows, bool train, real *memory)
{
    size_t at = 0;
    for (int i = 0; i <= k->shape.layers; i++) {
        if (!train) at = 0;
        take_layer(&k->layer[i], memory, &at, rows, k->shape.ff);
    }
    k->last_stat = take(memory, &at, rows, NORM_STAT);
    if (!train) return at;
    k->dbranch = take(memory, &at, rows, W);
    k->dnorm = take(memory, &at, rows, W);
    k->dqkv = take(memory, &at, rows, QKV);
    k->dhidden = take(memory, &at, rows, k->shape.ff);
    return at;
}

ll_cate_stack *ll_cate_stack_new(ll_cate_stack_shape s, int most_rows, bool train)
{
    ll_cate_stack *k = LL_NEW(ll_cate_stack);
    k->shape = s;
    k->layer = LL_NEW_ARRAY(kept, s.layers + 1);
    k->memory = ll_alloc_aligned(lay_out(k, most_rows, train, NULL), sizeof(real));
    lay_out(k, most_rows, train, k->memory);
    return k;
}

void ll_cate_stack_free(ll_cate_stack *k)
{
    if (!k) return;
    free(k->layer);
    free(k->memory);
    free(k);
}

real *ll_cate_stack_input(ll_cate_stack *k)
{
    return k->layer[0].x;
}

/* --- parts of a layer, on all rows --- */

static void norm_rows(const real *x, int rows, const real *w, real *y, real *stat)
{
    for (int i = 0; i < rows; i++, x += W, y += W, stat += NORM_STAT)
        ll_layer_norm(x, W, w, w + W, y, stat, stat + 1);
}

/* dx += the gradient through the norm; dy is spoilt. */
static void norm_rows_back(const real *x, int rows, const real *w, const real *stat, const real *dy,
                           real *grad, real *dx)
{
    real through[W];
    for (int i = 0; i < rows; i++, x += W, dy += W, dx += W, stat += NORM_STAT) {
        ll_layer_norm_back(x, W, w, stat[0], stat[1], dy, through, grad, grad + W);
        ll_add_row(dx, through, W);
    }
}

static void add_rows(real *restrict to, const real *restrict from, int rows)
{
#pragma omp simd
    for (int i = 0; i < rows * W; i++) to[i] += from[i];
}

/* Each place where something is dropped has a seed of its own. */
enum { BEHIND_ATTENTION, BEHIND_RELU, BEHIND_FEED_FORWARD, DROPS };

static uint64_t seed_of(const ll_cate_sequences *s, int layer, int place)
{
    return s->seed + 0x9e3779b97f4a7c15u * (uint64_t)(DROPS * layer + place + 1);
}

static void drop(const ll_cate_sequences *s, int layer, int place, real *y, int width)
{
    if (s->dropout > 0) ll_cate_drop(y, s->n * s->length * width, s->dropout, seed_of(s, layer, place));
}

static void attend(const kept *l, const ll_cate_sequences *s)
{
    for (int i = 0; i < s->n; i++) {
        size_t at = (size_t)i * (size_t)s->length;
        ll_cate_attention(l->qkv + at * QKV, s->length, s->who ? s->who[i] : (ll_cate_heard){0},
                          l->attended + at * W, l->attention_stat + at * STAT);
    }
}

static void attend_back(const kept *l, const ll_cate_sequences *s, const real *dy, real *dqkv)
{
    for (int i = 0; i < s->n; i++) {
        size_t at = (size_t)i * (size_t)s->length;
        ll_cate_attention_back(l->qkv + at * QKV, s->length, s->who ? s->who[i] : (ll_cate_heard){0},
                               l->attention_stat + at * STAT, dy + at * W, dqkv + at * QKV);
    }
}

/* --- a layer --- */

/* y is where the next layer begins; x and y may be the same. */
static void layer_forward(const ll_cate_stack *k, int layer, const real *w, const ll_cate_sequences *s,
                          real *y)
{
    const kept *l = &k->layer[layer];
    ll_cate_layer p = ll_cate_layer_at(k->shape, layer);
    int rows = s->n * s->length, ff = k->shape.ff;
    norm_rows(l->x, rows, w + p.norm1, l->norm1, l->stat1);
    ll_linear(l->norm1, rows, W, w + p.qkv_w, QKV, w + p.qkv_b, QKV, LL_ACT_NONE, l->qkv, QKV);
    attend(l, s);
    ll_linear(l->attended, rows, W, w + p.out_w, W, w + p.out_b, W, LL_ACT_NONE, l->mid, W);
    drop(s, layer, BEHIND_ATTENTION, l->mid, W);
    add_rows(l->mid, l->x, rows);
    norm_rows(l->mid, rows, w + p.norm2, l->norm2, l->stat2);
    ll_linear(l->norm2, rows, W, w + p.up_w, ff, w + p.up_b, ff, LL_ACT_RELU, l->hidden, ff);
    drop(s, layer, BEHIND_RELU, l->hidden, ff);
    ll_linear(l->hidden, rows, ff, w + p.down_w, W, w + p.down_b, W, LL_ACT_NONE, y, W);
    drop(s, layer, BEHIND_FEED_FORWARD, y, W);
    add_rows(y, l->mid, rows);
}

static void feed_forward_back(const ll_cate_stack *k, int layer, const real *w, const ll_cate_sequences *s,
                              real *dx, real *grad)
{
    const kept *l = &k->layer[layer];
    ll_cate_layer p = ll_cate_layer_at(k->shape, layer);
    int rows = s->n * s->length, ff = k->shape.ff;
    memcpy(k->dbranch, dx, (size_t)rows * W * sizeof *dx);
    drop(s, layer, BEHIND_FEED_FORWARD, k->dbranch, W);
    ll_linear_back(l->hidden, rows, ff, w + p.down_w, W, W, k->dbranch, W, grad + p.down_w, grad + p.down_b,
                   k->dhidden, 0);
    ll_act_back(k->dhidden, l->hidden, rows, ff, ff, LL_ACT_RELU, 1 / (1 - s->dropout));
    ll_linear_back(l->norm2, rows, W, w + p.up_w, ff, ff, k->dhidden, ff, grad + p.up_w, grad + p.up_b,
                   k->dnorm, 0);
    norm_rows_back(l->mid, rows, w + p.norm2, l->stat2, k->dnorm, grad + p.norm2, dx);
}

static void attention_back(const ll_cate_stack *k, int layer, const real *w, const ll_cate_sequences *s,
                           real *dx, real *grad)
{
    const kept *l = &k->layer[layer];
    ll_cate_layer p = ll_cate_layer_at(k->shape, layer);
    int rows = s->n * s->length;
    memcpy(k->dbranch, dx, (size_t)rows * W * sizeof *dx);
    drop(s, layer, BEHIND_ATTENTION, k->dbranch, W);
    ll_linear_back(l->attended, rows, W, w + p.out_w, W, W, k->dbranch, W, grad + p.out_w, grad + p.out_b,
                   k->dnorm, 0);
    attend_back(l, s, k->dnorm, k->dqkv);
    ll_linear_back(l->norm1, rows, W, w + p.qkv_w, QKV, QKV, k->dqkv, QKV, grad + p.qkv_w, grad + p.qkv_b,
                   k->dnorm, 0);
    norm_rows_back(l->x, rows, w + p.norm1, l->stat1, k->dnorm, grad + p.norm1, dx);
}

/* --- the stack --- */

static size_t last_norm(ll_cate_stack_shape s)
{
    return ll_cate_layer_at(s, s.layers - 1).end;
}

void ll_cate_stack_forward(ll_cate_stack *k, const real *w, const ll_cate_sequences *s, real *y)
{
    for (int i = 0; i < k->shape.layers; i++) layer_forward(k, i, w, s, k->layer[i + 1].x);
    norm_rows(k->layer[k->shape.layers].x, s->n * s->length, w + last_norm(k->shape), y, k->last_stat);
}

void ll_cate_stack_backward(ll_cate_stack *k, const real *w, const ll_cate_sequences *s, real *dx, real *grad)
{
    int rows = s->n * s->length;
    size_t bytes = (size_t)rows * W * sizeof *dx, norm = last_norm(k->shape);
    memcpy(k->dnorm, dx, bytes);
    memset(dx, 0, bytes);
    norm_rows_back(k->layer[k->shape.layers].x, rows, w + norm, k->last_stat, k->dnorm, grad + norm, dx);
    for (int i = k->shape.layers - 1; i >= 0; i--) {
        feed_forward_back(k, i, w, s, dx, grad);
        attention_back(k, i, w, s, dx, grad);
    }
}
