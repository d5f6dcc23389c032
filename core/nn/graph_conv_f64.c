/* graph_conv.c in double, for gradient checks. */
#define LL_DOUBLE
#include "core/nn/graph_conv.c"
