/* The NASFLAT network in double, for gradient checks. */
#define LL_DOUBLE
#include "core/predict/nasflat_backward.c"
#include "core/predict/nasflat_forward.c"
#include "core/predict/nasflat_work.c"
