/* nasflat_conv.c in double, for gradient checks. */
#define LL_DOUBLE
#include "core/predict/nasflat_conv.c"
