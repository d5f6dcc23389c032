/* What accuracy to expect from so many measurements of a device.
 *
 * When some are made, devices are drawn from the structured GP's posterior, measured further as planned and
 * predicted. When none is, nothing is known of the device but that it is one more like the sources: each source in
 * turn plays it, with its real latencies and the others as sources. */
#ifndef LL_TRANSFER_EXPECT_H
#define LL_TRANSFER_EXPECT_H

#include "core/base/observer.h"
#include "core/num/pool.h"
#include "core/predict/gp/model.h"

typedef struct ll_expect_job {
    const ll_dataset *data;
    const ll_gp_model *gp;
    const ll_gp_rows *rows;           /* of gp on data */
    const int *columns;               /* (gp->n_sources) the devices it was trained on; -1: not in data */
    const ll_gp_posterior *posterior; /* of what is measured; NULL: nothing is */
    const int *have;                  /* (n_have) rows measured */
    const double *y_ms;               /* (n_have) */
    int n_have;
    const int *plan;           /* the rows measured, then those to be measured, as many as the largest size */
    const ll_sampler *sampler; /* of the plan: sources are measured by it too; no oracle */
    const int *sizes;          /* (n_sizes), each >= n_have */
    int n_sizes, n_worlds;
    uint64_t seed;
    ll_observer *observer;
    ll_pool *pool;
} ll_expect_job;

typedef struct ll_expectation {
    int n_sizes, n_worlds;
    double *spearman; /* (n_sizes, n_worlds) on architectures that are no samples; NaN: cannot be scored */
    double *error;    /* likewise: median absolute error, percent */
    bool from_sources;
} ll_expectation;

/* LL_CANCELLED when the observer says so. */
ll_status ll_expect(const ll_expect_job *job, ll_expectation *out, ll_error *e);
void ll_expectation_free(ll_expectation *x);
/* Mean over the worlds of size i; NaN when none can be scored. */
double ll_expected(const ll_expectation *x, const double *what, int i);
/* Standard error of that mean. */
double ll_expected_error(const ll_expectation *x, const double *what, int i);
/* Median of the worlds of size i, and between which four in five lie. Not their mean: where a few do far worse than all others
 * that is what none of them is like, and lies outside. */
typedef struct ll_spread {
    double middle, lo, hi;
} ll_spread;
ll_spread ll_expected_spread(const ll_expectation *x, const double *what, int i);

#endif
