#include "core/encode/cate/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/encode/cate/pairs.h"
#include "core/nn/adamw.h"

/* A batch is cut into chunks of about so many rows, which stay in the second cache; part i takes chunks i, i + PARTS, ...
 * in this order and has a gradient of its own. Neither depends on the number of threads. */
enum { CHUNK_ROWS = 1024, PARTS = 8 };
enum { WARM_UP = 100 };
static const double held_out_share = .05, hidden_share = .2, masked_share = .8;
static const double first_lr = 1e-3, weight_decay = .01, report_every_s = .08;
static const float smoothing = .1f, dropout = .1f;
/* Where epochs count from 0, the hidden tokens of those held out are drawn in this one. */
static const uint64_t last_epoch = UINT32_MAX;

typedef struct pairs {
    ll_cate_pair *v;
    int n;
} pairs;

typedef struct trainer {
    const ll_cate_shape *shape;
    const ll_cate_plan *plan;
    float *w;
    ll_cate_tokens tokens;
    pairs train, held_out;
    /* the batch under way */
    int n, chunk;            /* pairs, of it and of a chunk */
    uint8_t *token, *hidden; /* (2 n, length) */
    ll_cate_heard *heard;    /* (2 n) */
    ll_cate_score *score;    /* of each chunk */
    bool learning;
    float scale; /* 1 / hidden tokens */
    uint64_t seed;
    ll_cate_net **net; /* one a thread */
    float *grad[PARTS];
    ll_adamw adamw;
    long step, steps;
    double start_s, loss; /* loss: mean of the last batch */
} trainer;

/* --- who learns from whom --- */

static pairs draw_pairs(const trainer *t, const int *which, int n, uint64_t seed)
{
    const ll_cate_plan *p = t->plan;
    pairs out = {LL_NEW_ARRAY(ll_cate_pair, n * LL_CATE_PARTNERS + 1), 0};
    out.n = ll_cate_pairs(p->params, which, n, p->within, seed, out.v);
    return out;
}

/* No architecture is on both sides: what is held out was never seen in any company. */
static void split(trainer *t)
{
    int n = t->plan->archs->n, held_out = (int)lround(held_out_share * n);
    ll_ints all = ll_ints_range(n);
    ll_rng r = ll_rng_new(t->plan->seed, LL_STREAM_PARTITION);
    ll_rng_shuffle(&r, all.v, n);
    t->held_out = draw_pairs(t, all.v, held_out, 2 * t->plan->seed + 1);
    t->train = draw_pairs(t, all.v + held_out, n - held_out, 2 * t->plan->seed);
    ll_ints_free(&all);
}

/* --- memory --- */

static int most_pairs(const trainer *t)
{
    int most = t->train.n > t->held_out.n ? t->train.n : t->held_out.n;
    return most < t->plan->batch ? most : t->plan->batch;
}

static void open(trainer *t, const ll_cate_shape *shape, const ll_cate_plan *plan, float *w)
{
    *t = (trainer){.shape = shape, .plan = plan, .w = w, .start_s = ll_now_s()};
    split(t);
    int most = most_pairs(t), fits = CHUNK_ROWS / (2 * shape->length);
    size_t n = ll_cate_layout_of(shape).n, tokens = 2 * (size_t)most * (size_t)shape->length;
    t->chunk = fits < 1 ? 1 : fits;
    t->steps = (long)plan->epochs * ((t->train.n + plan->batch - 1) / plan->batch);
    ll_cate_tokens_read(&t->tokens, shape, plan->archs, 0, plan->archs->n);
    t->token = LL_NEW_ARRAY(uint8_t, tokens + 1);
    t->hidden = LL_NEW_ARRAY(uint8_t, tokens + 1);
    t->heard = LL_NEW_ARRAY(ll_cate_heard, 2 * most + 1);
    t->score = LL_NEW_ARRAY(ll_cate_score, most / t->chunk + 1);
    t->net = LL_NEW_ARRAY(ll_cate_net *, ll_pool_threads(plan->pool));
    for (int i = 0; i < PARTS; i++) t->grad[i] = ll_alloc_aligned(n, sizeof(float));
    ll_adamw_init(&t->adamw, n, weight_decay);
}

static void close(trainer *t)
{
    for (int i = 0; i < ll_pool_threads(t->plan->pool); i++) ll_cate_net_free(t->net[i]);
    for (int i = 0; i < PARTS; i++) free(t->grad[i]);
    ll_cate_tokens_free(&t->tokens);
    ll_adamw_free(&t->adamw);
    free(t->train.v);
    free(t->held_out.v);
    free(t->token);
    free(t->hidden);
    free(t->heard);
    free(t->score);
    free(t->net);
}

/* --- a batch --- */

static void hide_token(const ll_cate_shape *s, ll_rng *r, uint8_t *token, uint8_t *hidden)
{
    if (ll_rng_uniform(r) >= hidden_share) return;
    *hidden = *token;
    *token = (uint8_t)(ll_rng_uniform(r) < masked_share ? ll_cate_mask_token(s) : ll_rng_below(r, s->ops));
}

static void hide_tokens(const ll_cate_shape *s, ll_rng *r, uint8_t *token, uint8_t *hidden)
{
    memset(hidden, LL_CATE_SEEN, (size_t)s->length);
    for (int i = 1; i + 1 < s->length; i++) hide_token(s, r, token + i, hidden + i);
}

static void take_arch(trainer *t, int arch, int to, ll_rng *r)
{
    size_t length = (size_t)t->shape->length, at = (size_t)to * length;
    memcpy(t->token + at, t->tokens.token + (size_t)arch * length, length);
    t->heard[to] = t->tokens.heard[arch];
    hide_tokens(t->shape, r, t->token + at, t->hidden + at);
}

/* Pairs which[0 .. n-1] of p, NULL: from .. from+n-1. What is hidden in a pair is a function of seed, epoch and pair. */
static void take_batch(trainer *t, const pairs *p, const int *which, int from, int n, uint64_t epoch)
{
    int hidden = 0;
    t->n = n;
    for (int i = 0; i < n; i++) {
        int pair = which ? which[i] : from + i;
        ll_rng r = ll_rng_new(t->plan->seed * 1000003 + epoch, LL_STREAM_DATA | (uint64_t)(pair + 1) << 32);
        take_arch(t, p->v[pair].first, 2 * i, &r);
        take_arch(t, p->v[pair].second, 2 * i + 1, &r);
    }
    for (int i = 0; i < 2 * n * t->shape->length; i++) hidden += t->hidden[i] != LL_CATE_SEEN;
    t->scale = hidden ? 1.f / (float)hidden : 0;
}

static int chunks_of(const trainer *t)
{
    return (t->n + t->chunk - 1) / t->chunk;
}

static void run_chunk(trainer *t, ll_cate_net *net, int i, float *grad)
{
    int from = i * t->chunk, n = t->n - from < t->chunk ? t->n - from : t->chunk;
    size_t at = 2 * (size_t)from * (size_t)t->shape->length;
    ll_cate_batch b = {n,
                       t->token + at,
                       t->hidden + at,
                       t->heard + 2 * from,
                       smoothing,
                       t->learning ? dropout : 0,
                       t->seed + 0x9e3779b9u * (uint64_t)i};
    t->score[i] = ll_cate_run(net, t->w, &b, t->scale, t->learning ? grad : NULL);
}

static void run_part(void *ctx, int part, int thread)
{
    trainer *t = ctx;
    int room = most_pairs(t) < t->chunk ? most_pairs(t) : t->chunk;
    if (!t->net[thread]) t->net[thread] = ll_cate_net_new(t->shape, room, true);
    for (int i = part; i < chunks_of(t) && !ll_cancelled(t->plan->observer); i += PARTS)
        run_chunk(t, t->net[thread], i, t->grad[part]);
}

/* Cancelled, some of it may be missing. */
static ll_cate_score run_batch(trainer *t)
{
    ll_cate_score sum = {0};
    int chunks = chunks_of(t);
    ll_pool_run_by(t->plan->pool, chunks < PARTS ? chunks : PARTS, run_part, t);
    for (int i = 0; i < chunks; i++) {
        sum.loss += t->score[i].loss;
        sum.correct += t->score[i].correct;
        sum.hidden += t->score[i].hidden;
    }
    return sum;
}

/* --- training --- */

static ll_status cancelled(ll_error *e)
{
    return ll_fail(e, LL_CANCELLED, "cancelled");
}

static void report(const trainer *t, int epoch)
{
    const ll_cate_plan *p = t->plan;
    if (!p->observer || !ll_observer_due(p->observer, report_every_s)) return;
    double took = ll_now_s() - t->start_s;
    cJSON *o = ll_progress_new("cate", t->step, t->steps);
    ll_json_num(o, "left_s", took / (double)t->step * (double)(t->steps - t->step));
    ll_json_int(o, "epoch", epoch + 1);
    ll_json_int(o, "epochs", p->epochs);
    ll_json_num(o, "loss", t->loss);
    ll_progress(p->observer, o);
}

/* Up to first_lr over WARM_UP steps, in short trainings over a third of all, then down to 0, linearly both. */
static double rate_at(long step, long steps)
{
    long warm = steps / 3 < WARM_UP ? steps / 3 : WARM_UP;
    if (step < warm) return first_lr * (double)(step + 1) / (double)warm;
    return first_lr * (double)(steps - step) / (double)(steps - warm);
}

static ll_status learn(trainer *t, ll_error *e)
{
    int chunks = chunks_of(t);
    t->seed = (t->plan->seed * 1000003 + (uint64_t)t->step) * 1009;
    ll_cate_score s = run_batch(t);
    if (ll_cancelled(t->plan->observer)) return cancelled(e);
    if (s.hidden) t->loss = s.loss / s.hidden;
    if (!isfinite(t->loss))
        return ll_fail(e, LL_FAILED, "the loss of cate is no number in step %ld of %ld", t->step + 1,
                       t->steps);
    ll_adamw_step(&t->adamw, t->w, t->grad, chunks < PARTS ? chunks : PARTS, NULL,
                  rate_at(t->step++, t->steps), t->plan->pool);
    return LL_OK;
}

static ll_status run_epoch(trainer *t, int epoch, const int *order, ll_error *e)
{
    int batch = t->plan->batch;
    ll_status s = LL_OK;
    for (int from = 0; from < t->train.n && !s; from += batch) {
        int left = t->train.n - from;
        take_batch(t, &t->train, order + from, 0, left < batch ? left : batch, (uint64_t)epoch);
        s = learn(t, e);
        if (!s) report(t, epoch);
    }
    return s;
}

static ll_status run_epochs(trainer *t, ll_error *e)
{
    ll_ints order = ll_ints_range(t->train.n);
    ll_rng r = ll_rng_new(t->plan->seed, LL_STREAM_BATCHES);
    ll_status s = LL_OK;
    t->learning = true;
    for (int epoch = 0; epoch < t->plan->epochs && !s; epoch++) {
        ll_rng_shuffle(&r, order.v, order.n);
        s = run_epoch(t, epoch, order.v, e);
    }
    ll_ints_free(&order);
    return s;
}

/* --- what was held out --- */

/* The operation that stands most often in what was trained on: the best guess of who sees no token at all. */
static int most_frequent(const trainer *t)
{
    long count[LL_MAX_NODE_OPS] = {0};
    int best = 0, length = t->shape->length;
    for (int i = 0; i < 2 * t->train.n; i++) {
        const ll_cate_pair *p = &t->train.v[i / 2];
        const uint8_t *token = t->tokens.token + (size_t)(i % 2 ? p->second : p->first) * (size_t)length;
        for (int j = 1; j + 1 < length; j++) count[token[j]]++;
    }
    for (int i = 0; i < t->shape->ops; i++) best = count[i] > count[best] ? i : best;
    return best;
}

static int count_hidden(const trainer *t, int op)
{
    int n = 0;
    for (int i = 0; i < 2 * t->n * t->shape->length; i++) n += t->hidden[i] == op;
    return n;
}

static ll_status evaluate(trainer *t, ll_cate_quality *q, ll_error *e)
{
    ll_cate_score sum = {0};
    int most = most_pairs(t), guess = most_frequent(t), guessed = 0;
    t->learning = false;
    for (int from = 0; from < t->held_out.n; from += most) {
        int left = t->held_out.n - from;
        take_batch(t, &t->held_out, NULL, from, left < most ? left : most, last_epoch);
        ll_cate_score s = run_batch(t);
        if (ll_cancelled(t->plan->observer)) return cancelled(e);
        sum.loss += s.loss;
        sum.correct += s.correct;
        sum.hidden += s.hidden;
        guessed += count_hidden(t, guess);
    }
    *q = (ll_cate_quality){NAN, NAN, NAN, t->plan->archs->n};
    if (!sum.hidden) return LL_OK;
    q->tokens = (double)sum.correct / sum.hidden;
    q->most_frequent = (double)guessed / sum.hidden;
    q->loss = sum.loss / sum.hidden;
    return LL_OK;
}

ll_status ll_cate_train(const ll_cate_shape *shape, const ll_cate_plan *plan, float *w, ll_cate_quality *out,
                        ll_error *e)
{
    trainer t;
    open(&t, shape, plan, w);
    ll_cate_init_weights(shape, w, plan->seed);
    ll_status s = t.train.n
                      ? LL_OK
                      : ll_fail(e, LL_FAILED,
                                "cate learns from pairs of similar architectures, and of these %d no two "
                                "have parameters within %g of each other",
                                plan->archs->n, plan->within);
    if (!s) s = run_epochs(&t, e);
    if (!s) s = evaluate(&t, out, e);
    close(&t);
    return s;
}
