/* Samplers by optimal design, and what a design teaches. */
#ifndef LL_SAMPLE_DESIGN_H
#define LL_SAMPLE_DESIGN_H

#include "core/sample/sampler.h"

extern const ll_sampler ll_dopt, ll_ivr, ll_auto;

/* What measuring rows (n) in this order teaches when `have` is measured already: left (n+1) receives the mean
 * variance over the space before the first and after each, as a share of what it is with nothing measured. */
void ll_design_left(const ll_design_prior *prior, const int *have, int n_have, const int *rows, int n,
                    double *left);

#endif
