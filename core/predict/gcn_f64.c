/* gcn.c in double, for gradient checks. */
#define LL_DOUBLE
#include "core/predict/gcn.c"
