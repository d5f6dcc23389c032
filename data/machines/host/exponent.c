#include "data/machines/host/exponent.h"

#include <math.h>
#include <string.h>

int ll_exponent_of_weights(const ll_layer *l)
{
    double fan_in = (double)l->c_in / l->groups * l->kernel * l->kernel;
    return (int)floor(log2(127 / sqrt(3 / fan_in)));
}

/* The largest size is looked for among the bits, which order as the sizes do: the compiler makes vector code of that. */
int ll_exponent_of_values(const float *v, size_t n)
{
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        bits &= 0x7fffffffu;
        most = bits > most ? bits : most;
    }
    float size;
    memcpy(&size, &most, sizeof size);
    return size > 0 ? (int)floorf(log2f(127 / size)) : 0;
}

bool ll_exponent_is_kept(const ll_step *s)
{
    return s->kind == LL_STEP_RELU || s->kind == LL_STEP_POOL || s->kind == LL_STEP_SHUFFLE;
}
