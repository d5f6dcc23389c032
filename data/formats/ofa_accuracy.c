#include "data/formats/ofa_accuracy.h"

#include <stdio.h>

#include "core/space/space.h"
#include "data/formats/torchzip.h"

enum { INPUTS = 128, WIDTH = 400, LAYERS = 4 };
/* Positions of the gene: kernels, expansions, depths, resolution (core/space/published/ofa.c). */
enum { BLOCKS = 20, CHOICES = 3, RESOLUTION = 2 * BLOCKS + 5, RESOLUTION_INPUT = 2 * BLOCKS * CHOICES };
enum { LEAST_RESOLUTION = 128, RESOLUTION_STEP = 4, INPUT_FROM = 112, INPUT_STEP = 16 };

static const struct {
    const char *weight, *bias;
    int in, out;
} layers[LAYERS] = {{"0.weight", "0.bias", INPUTS, WIDTH},
                    {"2.weight", "2.bias", WIDTH, WIDTH},
                    {"4.weight", "4.bias", WIDTH, WIDTH},
                    {"6.weight", "6.bias", WIDTH, 1}};

/* As ll_score_model wants them: layers are counted, activations are not. */
static ll_status take_layers(const ll_tensors *t, ll_tensors *out, ll_error *e)
{
    ll_status s = LL_OK;
    for (int l = 0; !s && l < LAYERS; l++) {
        const ll_tensor *w, *b;
        char name[32];
        s = ll_tensors_need(t, layers[l].weight, LL_F32, 2, (long[]){layers[l].out, layers[l].in}, &w, e);
        if (!s) s = ll_tensors_need(t, layers[l].bias, LL_F32, 1, (long[]){layers[l].out}, &b, e);
        if (s) break;
        snprintf(name, sizeof name, "%d.weight", l);
        ll_tensors_add(out, name, LL_F32, 2, w->shape, w->data);
        snprintf(name, sizeof name, "%d.bias", l);
        ll_tensors_add(out, name, LL_F32, 1, b->shape, b->data);
    }
    return s;
}

/* Kernels and expansions one-hot, depths not at all, the resolution in steps. */
static void add_inputs(const ll_space *space, ll_tensors *out)
{
    int n = space->n_ops;
    int32_t *input = ll_tensors_add(out, "input", LL_I32, 2, (long[]){space->n_positions, n}, NULL)->data;
    const double percent = 100;
    for (int i = 0; i < space->n_positions * n; i++) input[i] = -1;
    for (int p = 0; p < 2 * BLOCKS; p++)
        for (int c = 0; c < CHOICES; c++) input[p * n + c] = CHOICES * p + c;
    for (int c = 0; c < ll_space_choices(space, RESOLUTION); c++)
        input[RESOLUTION * n + c] =
            RESOLUTION_INPUT + (LEAST_RESOLUTION + RESOLUTION_STEP * c - INPUT_FROM) / INPUT_STEP;
    ll_tensors_add(out, "scale", LL_F64, 1, (long[]){1}, &percent);
}

const ll_space *ll_ofa_accuracy_space(void)
{
    return ll_space_find("ofa");
}

ll_status ll_ofa_accuracy_load(const char *path, ll_score_model **out, ll_error *e)
{
    const ll_space *space = ll_ofa_accuracy_space();
    ll_tensors t = {0}, own = {0};
    ll_status s = ll_torch_load_tensors(path, &t, e);
    if (s) return s;
    s = take_layers(&t, &own, e);
    add_inputs(space, &own);
    if (!s) s = ll_score_model_new(space, &own, out, e);
    ll_tensors_free(&t);
    ll_tensors_free(&own);
    return s ? ll_fail_in(e, "%s: no accuracy predictor of Once-for-All: ", path) : LL_OK;
}
