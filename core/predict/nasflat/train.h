/* Training and inference of one NASFLAT network: batches cut into numbered parts for the pool, ranking loss over
 * pairs, AdamW, cosine. The same seed gives the same bits with any number of threads. */
#ifndef LL_PREDICT_NASFLAT_TRAIN_H
#define LL_PREDICT_NASFLAT_TRAIN_H

#include "core/base/observer.h"
#include "core/nn/pair_hinge.h"
#include "core/num/pool.h"
#include "core/predict/nasflat/net.h"

typedef struct ll_nasflat_progress {
    int epoch, epochs; /* complete ones */
    long items, total; /* trained so far, to be trained in all */
    double loss, lr;   /* mean over the epoch under way, or over the one just complete */
} ll_nasflat_progress;

/* A network: shape, what it runs on, and its weights. Borrowed pointers. */
typedef struct ll_nasflat_net {
    const ll_nasflat_layout *layout;
    const ll_nasflat_graphs *graphs;
    const float *z; /* (n_archs, n_z) or NULL */
    float *w;       /* (layout->n) */
} ll_nasflat_net;

typedef struct ll_nasflat_fit {
    const ll_nasflat_item *items; /* (n) */
    const double *y;              /* (n) targets; only their order matters, higher = slower */
    int n, epochs, batch;
    bool within;        /* pairs within a device only */
    int pairs_per_item; /* at most this many times the batch, drawn at random */
    double margin, lr, last_lr, weight_decay;
    bool dropout;
    const unsigned char *active; /* (layout->n): 0 frozen; NULL: all weights learn */
    uint64_t seed;
    const ll_observer *observer; /* asked within every step; may be NULL */
    /* After every step and every epoch, on the calling thread; false stops. May be NULL. */
    bool (*step)(void *ctx, const ll_nasflat_progress *p);
    bool (*epoch)(void *ctx, const ll_nasflat_progress *p);
    void *ctx;
} ll_nasflat_fit;

/* Trains net->w in place; false when the observer or a callback stopped it. */
bool ll_nasflat_train(const ll_nasflat_net *net, const ll_nasflat_fit *fit, ll_pool *pool);

/* Draws at most `most` pairs of items with different y (and, within: of the same device); returns how many, the first of
 * `all`, which has room for n (n - 1) / 2. */
int ll_nasflat_draw_pairs(const ll_nasflat_item *items, const double *y, int n, bool within, int most,
                          uint64_t seed, ll_pair *all);

/* Scores of many items. The observer (may be NULL) is asked every few hundredths of a second; false: cancelled. */
bool ll_nasflat_score(const ll_nasflat_net *net, const ll_nasflat_item *items, int n, ll_pool *pool,
                      const ll_observer *observer, float *score);
/* The same on the calling thread, with a work that has room for a chunk of items, or for all of them. */
enum { LL_NASFLAT_CHUNK = 64 };
bool ll_nasflat_score_on(ll_nasflat_work *work, const ll_nasflat_net *net, const ll_nasflat_item *items,
                         int n, const ll_observer *observer, float *score);

#endif
