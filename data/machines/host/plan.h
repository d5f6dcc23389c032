/* What an engine executes: a network with copies resolved, ReLUs shared or fused, sums fused into the
 * convolution before them, and tensors laid into few buffers that are used again as soon as they are free.
 *
 * What the network says is constant is made in buffers of its own by the first steps, and stays there.
 *
 * A convolution's ReLU in front is done once per tensor: by the convolution that makes the tensor when nothing
 * else reads it, else by a step of its own. */
#ifndef LL_DATA_MACHINES_HOST_PLAN_H
#define LL_DATA_MACHINES_HOST_PLAN_H

#include "core/space/network.h"

typedef enum ll_step_kind {
    LL_STEP_CONV,
    LL_STEP_POOL,
    LL_STEP_ADD,
    LL_STEP_RELU,
    LL_STEP_SHUFFLE,
    LL_STEP_GLOBAL, /* bn, ReLU as the layer says, mean */
    LL_STEP_LINEAR,
    LL_STEP_GATE /* `other` holds (N, c) */
} ll_step_kind;

/* Buffers 0 and 1 are the input and the zeros; they are never written. */
enum { LL_BUFFER_INPUT, LL_BUFFER_ZERO, LL_BUFFER_FIRST, LL_MAX_BUFFERS = 128 };

typedef struct ll_step {
    ll_step_kind kind;
    const ll_layer *layer; /* shapes and weights; for LL_STEP_RELU: a reader, for the shape of its input */
    int in, other, out;    /* buffers; other: second operand of LL_STEP_ADD and LL_STEP_GATE */
    bool accumulate;       /* LL_STEP_CONV: adds to what `out` holds */
    ll_activation act;     /* convolutions, sums and linear layers: on the result, behind the sum */
} ll_step;

typedef struct ll_plan {
    int n_steps, n_buffers, result; /* result: buffer of the last layer */
    int n_constant; /* the first so many steps are the same in every run: an engine does them when it loads the plan */
    int most;           /* numbers per image in the largest buffer */
    int input, classes; /* numbers per image of what the network reads and of its result */
    ll_step steps[2 * LL_MAX_LAYERS];
} ll_plan;

/* `n` must stay as long as the plan. */
void ll_plan_make(const ll_network *n, ll_plan *out);
size_t ll_step_makes(const ll_step *s); /* numbers per image */
/* An engine's result (engine.h) from the buffer that the plan says: out (batch, classes). */
void ll_plan_result(const ll_plan *p, const void *buffer, int batch, float *out);

#endif
