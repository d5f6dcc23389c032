/* nn.c in double, for gradient checks. */
#define LL_DOUBLE
#include "core/nn/nn.c"
