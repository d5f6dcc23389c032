#include "core/predict/nasflat/train.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/nn/adamw.h"

/* --- pairs --- */

int ll_nasflat_draw_pairs(const ll_nasflat_item *items, const double *y, int n, bool within, int most,
                          uint64_t seed, ll_pair *all)
{
    int n_all = 0;
    for (int a = 0; a < n; a++)
        for (int b = a + 1; b < n; b++) {
            all[n_all] = (ll_pair){a, b, y[a] > y[b] ? 1 : -1};
            n_all += y[a] != y[b] && (!within || items[a].device == items[b].device);
        }
    ll_rng r = ll_rng_new(seed, LL_STREAM_BATCHES);
    int k = n_all < most ? n_all : most;
    for (int i = 0; i < k; i++) {
        int j = i + ll_rng_below(&r, n_all - i);
        ll_pair drawn = all[j];
        all[j] = all[i];
        all[i] = drawn;
    }
    return k;
}

/* --- one step --- */

/* A batch is cut into at most PARTS runs of at least LEAST items. The cut depends on the batch alone. What is computed once for
 * all items of a device is computed in every run that has one, so a batch goes device by device. */
enum { PARTS = 4, LEAST = 8 };

typedef struct trainer {
    const ll_nasflat_net *net;
    const ll_nasflat_fit *fit;
    ll_nasflat_work *work[PARTS];
    float *grad[PARTS];
    int part;               /* items of one part of the batch under way */
    int n;                  /* items of the batch under way */
    ll_nasflat_item *drawn; /* as they were drawn, with their targets */
    double *y;
    int *place; /* (n) where each of those stands device by device, as the network has them: */
    ll_nasflat_item *items;
    uint64_t *seeds;
    float *score, *dscore;
    ll_pair *pairs; /* room for all of the largest batch; those drawn come first */
    ll_adamw adamw;
} trainer;

static int part_of(int n)
{
    int part = (n + PARTS - 1) / PARTS;
    return part < LEAST ? LEAST : part;
}

static void trainer_open(trainer *t, const ll_nasflat_net *net, const ll_nasflat_fit *fit)
{
    int b = fit->batch < fit->n ? fit->batch : fit->n;
    *t = (trainer){.net = net, .fit = fit};
    for (int i = 0; i < PARTS && i * part_of(b) < b; i++) {
        t->work[i] = ll_nasflat_work_new(net->layout, net->graphs, part_of(b), true);
        t->grad[i] = ll_alloc_aligned(net->layout->n, sizeof(float));
    }
    t->drawn = LL_NEW_ARRAY(ll_nasflat_item, b);
    t->y = LL_NEW_ARRAY(double, b);
    t->place = LL_NEW_ARRAY(int, b);
    t->items = LL_NEW_ARRAY(ll_nasflat_item, b);
    t->seeds = LL_NEW_ARRAY(uint64_t, b);
    t->score = LL_NEW_ARRAY(float, b);
    t->dscore = LL_NEW_ARRAY(float, b);
    t->pairs = LL_NEW_ARRAY(ll_pair, b * (b - 1) / 2 + 1);
    ll_adamw_init(&t->adamw, net->layout->n, fit->weight_decay);
}

static void trainer_close(trainer *t)
{
    for (int i = 0; i < PARTS; i++) {
        ll_nasflat_work_free(t->work[i]);
        free(t->grad[i]);
    }
    free(t->drawn);
    free(t->y);
    free(t->place);
    free(t->items);
    free(t->seeds);
    free(t->score);
    free(t->dscore);
    free(t->pairs);
    ll_adamw_free(&t->adamw);
}

static int part_size(const trainer *t, int i)
{
    int left = t->n - i * t->part;
    return left < t->part ? left : t->part;
}

static void forward_part(void *ctx, int i)
{
    trainer *t = ctx;
    int from = i * t->part;
    if (ll_cancelled(t->fit->observer)) return;
    ll_nasflat_forward(t->work[i], t->net->w, t->items + from, part_size(t, i), t->net->z,
                       t->fit->dropout ? t->seeds + from : NULL, t->score + from);
}

static void backward_part(void *ctx, int i)
{
    trainer *t = ctx;
    if (ll_cancelled(t->fit->observer)) return;
    ll_nasflat_backward(t->work[i], t->net->w, t->dscore + i * t->part, t->grad[i]);
}

/* Returns the loss. Cancelled, parts of it and of the gradient may be missing, and the weights stay. */
static double step(trainer *t, uint64_t number, double lr, ll_pool *pool)
{
    const ll_nasflat_fit *f = t->fit;
    t->part = part_of(t->n);
    int parts = (t->n + t->part - 1) / t->part;
    uint64_t seed = f->seed * 1000003 + number;
    for (int i = 0; i < t->n; i++) t->seeds[t->place[i]] = seed * 1009 + (uint64_t)i;
    int n_pairs =
        ll_nasflat_draw_pairs(t->drawn, t->y, t->n, f->within, t->n * f->pairs_per_item, seed, t->pairs);
    if (!n_pairs) return 0; /* all targets equal: nothing to learn from */
    for (int i = 0; i < n_pairs; i++) {
        t->pairs[i].a = t->place[t->pairs[i].a];
        t->pairs[i].b = t->place[t->pairs[i].b];
    }
    ll_pool_run(pool, parts, forward_part, t);
    double loss = ll_pair_hinge(t->score, t->n, t->pairs, n_pairs, (float)f->margin, t->dscore);
    ll_pool_run(pool, parts, backward_part, t);
    if (ll_cancelled(f->observer)) return loss;
    ll_adamw_step(&t->adamw, t->net->w, t->grad, parts, f->active, lr, pool);
    return loss;
}

/* Places in the order of devices, and of drawing within one. */
static void sort_by_device(trainer *t)
{
    int place = 0;
    for (int d = 0; d < t->net->layout->shape.n_devices; d++)
        for (int i = 0; i < t->n; i++) {
            if (t->drawn[i].device != d) continue;
            t->place[i] = place;
            t->items[place++] = t->drawn[i];
        }
}

static void take_batch(trainer *t, const int *order, int from)
{
    const ll_nasflat_fit *f = t->fit;
    t->n = f->n - from < f->batch ? f->n - from : f->batch;
    for (int i = 0; i < t->n; i++) {
        t->drawn[i] = f->items[order[from + i]];
        t->y[i] = f->y[order[from + i]];
    }
    sort_by_device(t);
}

bool ll_nasflat_train(const ll_nasflat_net *net, const ll_nasflat_fit *fit, ll_pool *pool)
{
    trainer t;
    trainer_open(&t, net, fit);
    ll_ints order = ll_ints_range(fit->n);
    ll_rng r = ll_rng_new(fit->seed, LL_STREAM_BATCHES);
    ll_nasflat_progress p = {.epochs = fit->epochs, .total = (long)fit->n * fit->epochs};
    bool go = true;
    uint64_t number = 0;
    while (go && p.epoch < fit->epochs) {
        double sum = 0;
        int batches = 0;
        p.lr = ll_cosine(fit->lr, fit->last_lr, p.epoch, fit->epochs);
        ll_rng_shuffle(&r, order.v, order.n);
        for (int from = 0; go && from < fit->n; from += fit->batch) {
            take_batch(&t, order.v, from);
            sum += step(&t, number++, p.lr, pool);
            go = !ll_cancelled(fit->observer);
            if (!go) break;
            p.loss = sum / ++batches;
            p.items += t.n;
            go = !fit->step || fit->step(fit->ctx, &p);
        }
        if (!go) break;
        p.epoch++;
        go = !fit->epoch || fit->epoch(fit->ctx, &p);
    }
    ll_ints_free(&order);
    trainer_close(&t);
    return go;
}

/* --- inference --- */

/* A chunk's nodes and their projections stay in the second-level cache; so many of them run between two questions whether
 * to go on. */
enum { CHUNK = LL_NASFLAT_CHUNK, CHUNKS_PER_LOOK = 2 };

bool ll_nasflat_score_on(ll_nasflat_work *work, const ll_nasflat_net *net, const ll_nasflat_item *items,
                         int n, const ll_observer *observer, float *score)
{
    for (int from = 0; from < n; from += CHUNK) {
        if (from / CHUNK % CHUNKS_PER_LOOK == 0 && ll_cancelled(observer)) return false;
        ll_nasflat_forward(work, net->w, items + from, n - from < CHUNK ? n - from : CHUNK, net->z, NULL,
                           score + from);
    }
    return !ll_cancelled(observer);
}

typedef struct inference {
    const ll_nasflat_net *net;
    const ll_nasflat_item *items;
    float *score;
    int n, each; /* each: items of one lane */
    ll_nasflat_work **work;
    const ll_observer *observer;
} inference;

static void score_lane(void *ctx, int lane)
{
    inference *s = ctx;
    int from = lane * s->each, n = s->n - from < s->each ? s->n - from : s->each;
    ll_nasflat_score_on(s->work[lane], s->net, s->items + from, n, s->observer, s->score + from);
}

bool ll_nasflat_score(const ll_nasflat_net *net, const ll_nasflat_item *items, int n, ll_pool *pool,
                      const ll_observer *observer, float *score)
{
    int threads = ll_pool_threads(pool), chunks = (n + CHUNK - 1) / CHUNK,
        lanes = chunks < threads ? chunks : threads;
    if (!n) return !ll_cancelled(observer);
    inference s = {net, items, score, n, (chunks + lanes - 1) / lanes * CHUNK, NULL, observer};
    lanes = (n + s.each - 1) / s.each;
    s.work = LL_NEW_ARRAY(ll_nasflat_work *, lanes);
    for (int i = 0; i < lanes; i++)
        s.work[i] = ll_nasflat_work_new(net->layout, net->graphs, n < CHUNK ? n : CHUNK, false);
    ll_pool_run(pool, lanes, score_lane, &s);
    for (int i = 0; i < lanes; i++) ll_nasflat_work_free(s.work[i]);
    free(s.work);
    return !ll_cancelled(observer);
}
