/* What whole networks of a device say of a table of another one: latency = offset + sum over groups g of factor_g sum_g. No part
 * costs less than nothing: the offset is not negative, and no group's factor is below a fiftieth of the common one, so that what
 * the table prices at all is never predicted to take no time. */
#ifndef LL_PREDICT_KERNELS_CORRECT_H
#define LL_PREDICT_KERNELS_CORRECT_H

#include "core/predict/kernels/deviation.h"
#include "core/predict/kernels/sums.h"

typedef struct ll_correction {
    const char *how;          /* "none", "factor", "offset", "groups" */
    double offset_ms, factor; /* factor: the one that all groups have in common */
    double groups[LL_GROUPS]; /* factors, the common one within */
    double error;       /* relative, root mean square over the samples, each left out; NaN: fewer than two */
    double plain_error; /* the same of one common factor */
    ll_deviation deviation; /* of a prediction, from the errors of the samples */
} ll_correction;

/* Of k samples: sums (k, LL_GROUPS) ms, y (k) ms, all above zero. how: "auto" chooses among one factor, factor and offset,
 * and a factor for each group under priors of several widths by the relative error of left-out samples; a form with more to
 * learn has to be better by a standard error of the difference, and by half a percent of the latency. Otherwise the form of that name. */
void ll_correct(const double *sums, const double *y, int k, const char *how, ll_correction *out);
double ll_corrected(const ll_correction *c, const double *groups); /* ms */

#endif
