/* Correlation of devices over the architectures both know (pairwise complete observations). */
#ifndef LL_DEVICE_CORRELATION_H
#define LL_DEVICE_CORRELATION_H

#include "core/base/observer.h"
#include "core/device/dataset.h"
#include "core/num/pool.h"

typedef enum ll_corr_metric { LL_SPEARMAN, LL_KENDALL, LL_PEARSON } ll_corr_metric;
const char *ll_corr_metric_name(int m);               /* NULL behind the last */
ll_corr_metric ll_corr_metric_find(const char *name); /* LL_SPEARMAN when unknown */

/* Owned; free with ll_corr_free. */
typedef struct ll_corr {
    ll_corr_metric metric;
    ll_ints devices; /* (D) */
    double *r; /* (D, D) symmetric; NaN where a side is constant or fewer than 2 architectures are common */
    int *n;    /* (D, D) architectures known to both */
} ll_corr;

/* Spearman with mid-ranks, tau-b or Pearson between these devices. Kendall takes about a millisecond a pair
 * of 15,625 and reports progress. pool and observer may be NULL. LL_CANCELLED leaves `out` empty. */
ll_status ll_correlate(const ll_dataset *d, const int *devices, int n_devices, ll_corr_metric metric,
                       ll_pool *pool, ll_observer *observer, ll_corr *out, ll_error *e);
void ll_corr_free(ll_corr *c);

static inline double ll_corr_at(const ll_corr *c, int i, int j)
{
    return c->r[i * c->devices.n + j];
}

#endif
