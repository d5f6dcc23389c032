/* What a kernel costs that no table has: for each kind of kernel a line of work and traffic, and a forest on nn-Meter's
 * features (MobiSys 2021, section 5 and its table of features) for what the line leaves. */
#ifndef LL_PREDICT_KERNELS_PRICE_H
#define LL_PREDICT_KERNELS_PRICE_H

#include "core/base/observer.h"
#include "core/costs/costs.h"
#include "core/num/pool.h"
#include "core/predict/forest/forest.h"

enum { LL_PRICE_FEATURES = 14, LL_PRICE_TREES = 64 };

/* Where a kind's line comes from. A choice costs what the layers that it makes cost together, so it says of their kinds what a
 * layer, a multiply-add and a number moved take. */
typedef enum ll_priced_by { LL_PRICED_BY_ROWS, LL_PRICED_BY_CHOICES, LL_PRICED_BY_ALL } ll_priced_by;

/* One kind. Costs are ms = line * exp(forest), line = w . (1, multiply-adds, numbers moved), w >= 0 by relative least
 * squares: of the rows of the kind, else of the choices that make layers of it, else of all rows. The forest's columns: h_in, c_in, h_out, c_out, kernel, stride, groups, middle, act, se, residual (-1: not said), and
 * multiply-adds, parameters and numbers moved. */
typedef struct ll_kernel_price {
    int n; /* rows of the table */
    ll_priced_by by;
    double line[3];   /* ms; ms a multiply-add; ms a number */
    ll_forest forest; /* n_trees 0: too few rows */
    int known;        /* rows that were left out of a tree at least, and how they are predicted then */
    double error;     /* median of |relative error| there; NaN: none */
    double within;    /* share within LL_PRICE_AIM */
} ll_kernel_price;
#define LL_PRICE_AIM .1

typedef struct ll_kernel_prices {
    ll_kernel_price kind[LL_KERNELS];
    double line[3]; /* of all rows */
} ll_kernel_prices;

/* errors (c->n, may be NULL): relative error of each row left out, NaN where it was in all trees or its kind has no forest.
 * LL_CANCELLED: nothing is made. c NULL or without rows: a multiply-add costs 10 ps, a number moved 100 ps. */
ll_status ll_kernel_prices_fit(const ll_costs *c, uint64_t seed, ll_observer *o, ll_pool *pool,
                               ll_kernel_prices *out, double *errors, ll_error *e);
double ll_kernel_prices_of(const ll_kernel_prices *p, const ll_part *part); /* ms, above 0 */
void ll_kernel_prices_free(ll_kernel_prices *p);

/* Parameters, and numbers read and written of tensors and weights. */
double ll_part_params(const ll_part *p);
double ll_part_moved(const ll_part *p);
void ll_price_features(const ll_part *p, double *row); /* (LL_PRICE_FEATURES) */

#endif
