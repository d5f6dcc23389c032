/* Samplers by optimal design, and what a design teaches. */
#ifndef LL_SAMPLE_DESIGN_H
#define LL_SAMPLE_DESIGN_H

#include "core/sample/sampler.h"

extern const ll_sampler ll_dopt, ll_ivr;

#endif
