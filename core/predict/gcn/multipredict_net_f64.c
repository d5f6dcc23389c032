/* multipredict_net.c in double, for gradient checks. */
#define LL_DOUBLE
#include "core/predict/gcn/multipredict_net.c"
