/* Training of CATE's network: pairs of similar architectures, hidden tokens, AdamW (arXiv 2102.05108; core/ALGORITHMS.md
 * section 15). */
#ifndef LL_ENCODE_CATE_TRAIN_H
#define LL_ENCODE_CATE_TRAIN_H

#include "core/base/observer.h"
#include "core/encode/cate/tokens.h"
#include "core/num/pool.h"

typedef struct ll_cate_plan {
    const ll_archs *archs;
    const double *params; /* (archs->n) what similar means */
    double within;        /* pairs differ by at most so many parameters */
    int epochs, batch;    /* batch: pairs */
    uint64_t seed;
    ll_observer *observer; /* phase "cate"; NULL: nobody listens */
    ll_pool *pool;         /* results do not depend on it */
} ll_cate_plan;

/* Of tokens hidden in pairs of the architectures held out, the same ones for the same seed; NAN: there are no such pairs. */
typedef struct ll_cate_quality {
    double tokens;        /* share that comes back */
    double most_frequent; /* the same of who always guesses the operation that is most frequent in training */
    double loss;          /* mean cross-entropy, smoothed as in training */
    double architectures; /* trained on and held out */
} ll_cate_quality;

/* w (the layout's n) is overwritten. LL_FAILED: there are no pairs to learn from, or the loss is no number.
 * LL_CANCELLED. */
ll_status ll_cate_train(const ll_cate_shape *shape, const ll_cate_plan *plan, float *w, ll_cate_quality *out,
                        ll_error *e);

#endif
