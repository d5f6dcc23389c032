#include "core/encode/cate/net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/encode/cate/drop.h"
#include "core/nn/linear.h"
#include "core/nn/sums.h"

enum { W = LL_CATE_WIDTH, EXTRA_TOKENS = 3 };
static const real embedding_scale = (real)5.656854249492380; /* sqrt(LL_CATE_WIDTH) */

struct ll_cate_net {
    ll_cate_shape shape;
    ll_cate_layout at;
    ll_cate_stack *first, *cross;
    real *out;                      /* (rows, 32) of either stack, then its gradient */
    real *picked, *dpicked, *logit; /* (rows, 32), (rows, 32), (rows, ops): at the hidden tokens */
    int *row;                       /* (rows) of each hidden token */
};

ll_cate_layout ll_cate_layout_of(const ll_cate_shape *s)
{
    ll_cate_layout l = {0};
    l.segment = (size_t)(s->ops + EXTRA_TOKENS) * W;
    l.first = l.segment + 2 * W;
    l.cross = l.first + ll_cate_stack_params(s->first);
    l.head_w = l.cross + ll_cate_stack_params(s->cross);
    l.head_b = l.head_w + (size_t)W * (size_t)s->ops;
    l.n = l.head_b + (size_t)s->ops;
    return l;
}

/* --- initial weights --- */

static void fill_uniform(real *w, size_t n, int in, ll_rng *r)
{
    double bound = 1 / sqrt(in);
    for (size_t i = 0; i < n; i++) w[i] = (real)(bound * (2 * ll_rng_uniform(r) - 1));
}

static void fill_normal(real *w, size_t n, ll_rng *r)
{
    for (size_t i = 0; i < n; i++) w[i] = (real)ll_rng_normal(r) / embedding_scale;
}

static void fill_norm(real *w)
{
    for (int i = 0; i < W; i++) w[i] = 1;
}

static void fill_stack(ll_cate_stack_shape s, real *w, ll_rng *r)
{
    for (int i = 0; i < s.layers; i++) {
        ll_cate_layer l = ll_cate_layer_at(s, i);
        fill_norm(w + l.norm1);
        fill_uniform(w + l.qkv_w, l.norm2 - l.qkv_w, W, r); /* with the biases: their bound is the same */
        fill_norm(w + l.norm2);
        fill_uniform(w + l.up_w, l.down_w - l.up_w, W, r);
        fill_uniform(w + l.down_w, l.end - l.down_w, s.ff, r);
    }
    fill_norm(w + ll_cate_layer_at(s, s.layers - 1).end);
}

void ll_cate_init_weights(const ll_cate_shape *s, real *w, uint64_t seed)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_WEIGHTS);
    ll_cate_layout l = ll_cate_layout_of(s);
    memset(w, 0, l.n * sizeof *w);
    fill_normal(w, l.first, &r);
    fill_stack(s->first, w + l.first, &r);
    fill_stack(s->cross, w + l.cross, &r);
    fill_uniform(w + l.head_w, l.n - l.head_w, W, &r);
}

/* --- memory --- */

ll_cate_net *ll_cate_net_new(const ll_cate_shape *s, int most_pairs, bool train)
{
    ll_cate_net *k = LL_NEW(ll_cate_net);
    int rows = 2 * most_pairs * s->length;
    k->shape = *s;
    k->at = ll_cate_layout_of(s);
    k->first = ll_cate_stack_new(s->first, rows, train);
    k->cross = ll_cate_stack_new(s->cross, rows, train);
    k->out = ll_alloc_aligned((size_t)rows * W, sizeof(real));
    k->picked = ll_alloc_aligned((size_t)rows * W, sizeof(real));
    k->dpicked = ll_alloc_aligned((size_t)rows * W, sizeof(real));
    k->logit = ll_alloc_aligned((size_t)rows * (size_t)s->ops, sizeof(real));
    k->row = LL_NEW_ARRAY(int, rows);
    return k;
}

void ll_cate_net_free(ll_cate_net *k)
{
    if (!k) return;
    ll_cate_stack_free(k->first);
    ll_cate_stack_free(k->cross);
    free(k->out);
    free(k->picked);
    free(k->dpicked);
    free(k->logit);
    free(k->row);
    free(k);
}

/* --- the first encoder --- */

static void look_up(const ll_cate_net *k, const real *w, const uint8_t *token, int rows, real *x)
{
    for (int i = 0; i < rows; i++, x += W) {
        const real *from = w + k->at.token + (size_t)token[i] * W;
#pragma omp simd
        for (int j = 0; j < W; j++) x[j] = from[j] * embedding_scale;
    }
}

static void look_up_back(const ll_cate_net *k, const uint8_t *token, int rows, const real *dx, real *grad)
{
    for (int i = 0; i < rows; i++, dx += W) {
        real *to = grad + k->at.token + (size_t)token[i] * W;
#pragma omp simd
        for (int j = 0; j < W; j++) to[j] += dx[j] * embedding_scale;
    }
}

void ll_cate_embed(ll_cate_net *k, const real *w, const uint8_t *token, const ll_cate_heard *who, int n,
                   real *y)
{
    int length = k->shape.length;
    ll_cate_sequences s = {.n = n, .length = length, .who = who};
    look_up(k, w, token, n * length, ll_cate_stack_input(k->first));
    ll_cate_stack_forward(k->first, w + k->at.first, &s, k->out);
    for (int i = 0; i < n; i++)
        memcpy(y + (size_t)i * W, k->out + (size_t)((i + 1) * length - 1) * W, W * sizeof *y);
}

/* --- the cross encoder --- */

/* rows of first and second architectures follow one another */
static void add_segments(const ll_cate_net *k, const real *w, int n, real *x)
{
    for (int i = 0; i < 2 * n; i++)
        for (int j = 0; j < k->shape.length; j++, x += W) ll_add_row(x, w + k->at.segment + i % 2 * W, W);
}

static void add_segments_back(const ll_cate_net *k, int n, const real *dx, real *grad)
{
    for (int i = 0; i < 2 * n; i++)
        for (int j = 0; j < k->shape.length; j++, dx += W)
            ll_add_row(grad + k->at.segment + i % 2 * W, dx, W);
}

/* --- the head --- */

/* Rows of the hidden tokens, next to one another; returns how many. */
static int pick_hidden(ll_cate_net *k, const ll_cate_batch *b)
{
    int n = 0;
    for (int i = 0; i < 2 * b->n * k->shape.length; i++) {
        if (b->hidden[i] == LL_CATE_SEEN) continue;
        memcpy(k->picked + (size_t)n * W, k->out + (size_t)i * W, W * sizeof *k->out);
        k->row[n++] = i;
    }
    return n;
}

/* z (n) becomes probabilities; returns log of the sum of e^z, and the sum of z. */
static double soften(real *z, int n, double *sum)
{
    real most = z[0], total = 0, plain = 0;
    for (int i = 1; i < n; i++) most = z[i] > most ? z[i] : most;
    for (int i = 0; i < n; i++) {
        plain += z[i];
        total += z[i] = ll_exp(z[i] - most);
    }
    for (int i = 0; i < n; i++) z[i] /= total;
    *sum = plain;
    return most + log(total);
}

static bool is_largest(const real *z, int n, int which)
{
    for (int i = 0; i < n; i++)
        if (i < which ? z[i] >= z[which] : z[i] > z[which]) return false;
    return true;
}

/* z (ops) becomes the gradient of scale * loss. */
static void score_token(real *z, int ops, int target, real smoothing, real scale, ll_cate_score *score)
{
    double wanted = z[target], sum, log_total;
    score->correct += is_largest(z, ops, target);
    log_total = soften(z, ops, &sum);
    score->hidden++;
    score->loss += log_total - (1 - smoothing) * wanted - smoothing * sum / ops;
    for (int i = 0; i < ops; i++) z[i] = scale * (z[i] - smoothing / (real)ops);
    z[target] -= scale * (1 - smoothing);
}

static ll_cate_score run_head(ll_cate_net *k, const real *w, const ll_cate_batch *b, real scale, int *n)
{
    ll_cate_score score = {0};
    int ops = k->shape.ops;
    *n = pick_hidden(k, b);
    if (!*n) return score;
    ll_linear(k->picked, *n, W, w + k->at.head_w, ops, w + k->at.head_b, ops, LL_ACT_NONE, k->logit, ops);
    for (int i = 0; i < *n; i++)
        score_token(k->logit + (size_t)i * (size_t)ops, ops, b->hidden[k->row[i]], b->smoothing, scale,
                    &score);
    return score;
}

/* k->out becomes d loss / d output of the cross encoder. */
static void head_back(ll_cate_net *k, const real *w, int rows, int n, real *grad)
{
    int ops = k->shape.ops;
    ll_linear_back(k->picked, n, W, w + k->at.head_w, ops, ops, k->logit, ops, grad + k->at.head_w,
                   grad + k->at.head_b, k->dpicked, 0);
    memset(k->out, 0, (size_t)rows * W * sizeof *k->out);
    for (int i = 0; i < n; i++)
        memcpy(k->out + (size_t)k->row[i] * W, k->dpicked + (size_t)i * W, W * sizeof *k->out);
}

/* --- all of it --- */

enum { DROP_TOKENS = 1, DROP_FIRST, DROP_CROSS };

static void drop_tokens(const ll_cate_batch *b, real *x, int rows)
{
    if (b->dropout > 0) ll_cate_drop(x, rows * W, b->dropout, b->seed + DROP_TOKENS);
}

ll_cate_score ll_cate_run(ll_cate_net *k, const real *w, const ll_cate_batch *b, real scale, real *grad)
{
    int length = k->shape.length, rows = 2 * b->n * length, hidden;
    ll_cate_sequences each = {2 * b->n, length, b->who, b->dropout, b->seed + DROP_FIRST},
                      both = {b->n, 2 * length, NULL, b->dropout, b->seed + DROP_CROSS};
    real *x = ll_cate_stack_input(k->first), *y = ll_cate_stack_input(k->cross);
    look_up(k, w, b->token, rows, x);
    drop_tokens(b, x, rows);
    ll_cate_stack_forward(k->first, w + k->at.first, &each, y);
    add_segments(k, w, b->n, y);
    ll_cate_stack_forward(k->cross, w + k->at.cross, &both, k->out);
    ll_cate_score score = run_head(k, w, b, scale, &hidden);
    if (!grad || !hidden) return score;
    head_back(k, w, rows, hidden, grad);
    ll_cate_stack_backward(k->cross, w + k->at.cross, &both, k->out, grad + k->at.cross);
    add_segments_back(k, b->n, k->out, grad);
    ll_cate_stack_backward(k->first, w + k->at.first, &each, k->out, grad + k->at.first);
    drop_tokens(b, k->out, rows);
    look_up_back(k, b->token, rows, k->out, grad);
    return score;
}
