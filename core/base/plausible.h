/* Which milliseconds a device can take. */
#ifndef LL_BASE_PLAUSIBLE_H
#define LL_BASE_PLAUSIBLE_H

#include "core/base/status.h"

#define LL_LEAST_MS 1e-9 /* a picosecond: no clock ticks as fast */
#define LL_MOST_MS  1e9  /* twelve days */

/* LL_BAD_DATA, with a sentence without a place: what is neither 0 nor within these was not measured. */
ll_status ll_check_ms(double ms, ll_error *e);

#endif
