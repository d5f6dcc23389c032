/* The NASFLAT network in double, for gradient checks. */
#define LL_DOUBLE
#include "core/predict/nasflat/backward.c"
#include "core/predict/nasflat/forward.c"
#include "core/predict/nasflat/work.c"
