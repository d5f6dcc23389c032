/* multipredict_net.c in double, for gradient checks. */
#define LL_DOUBLE
#include "core/predict/multipredict_net.c"
