/* HELP's network in double, for gradient checks. */
#define LL_HELP_DOUBLE
#include "core/predict/help/net.c"
