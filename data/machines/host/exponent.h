/* int8 numbers stand for integer / 2^exponent: which exponent what gets. */
#ifndef LL_DATA_MACHINES_HOST_EXPONENT_H
#define LL_DATA_MACHINES_HOST_EXPONENT_H

#include "data/machines/host/plan.h"

/* Of a layer's weights. They are uniform, so their range follows from the fan-in. */
int ll_exponent_of_weights(const ll_layer *l);
/* The largest with which all n values stay below 128. */
int ll_exponent_of_values(const float *v, size_t n);
/* Whether what the step makes keeps the exponent of what it reads. */
bool ll_exponent_is_kept(const ll_step *s);

#endif
