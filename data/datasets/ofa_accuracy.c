#include "data/datasets/ofa_accuracy.h"

#include <string.h>

#include "core/space/space.h"
#include "data/formats/torchzip.h"

enum { WIDTH = 400, LAYERS = 4 };
/* Positions of the gene: kernels, expansions, depths, resolution (core/space/ofa.c). */
enum { BLOCKS = 20, CHOICES = 3, RESOLUTION = 2 * BLOCKS + 5, RESOLUTION_INPUT = 2 * BLOCKS * CHOICES };
enum { LEAST_RESOLUTION = 128, RESOLUTION_STEP = 4, INPUT_FROM = 112, INPUT_STEP = 16 };

static const struct {
    const char *weight, *bias;
    int in, out;
} layers[LAYERS] = {{"0.weight", "0.bias", LL_OFA_INPUTS, WIDTH},
                    {"2.weight", "2.bias", WIDTH, WIDTH},
                    {"4.weight", "4.bias", WIDTH, WIDTH},
                    {"6.weight", "6.bias", WIDTH, 1}};

static ll_status check(const ll_tensors *t, ll_error *e)
{
    ll_status s = ll_tensors_finite(t, e);
    for (int l = 0; !s && l < LAYERS; l++) {
        const ll_tensor *found;
        s = ll_tensors_need(t, layers[l].weight, LL_F32, 2, (long[]){layers[l].out, layers[l].in}, &found, e);
        if (!s) s = ll_tensors_need(t, layers[l].bias, LL_F32, 1, (long[]){layers[l].out}, &found, e);
    }
    return s;
}

ll_status ll_ofa_accuracy_load(const char *path, ll_tensors *out, ll_error *e)
{
    ll_tensors t = {0};
    ll_status s = ll_torch_load_tensors(path, &t, e);
    if (s) return s;
    s = check(&t, e);
    if (s) {
        ll_tensors_free(&t);
        return ll_fail_in(e, "%s: no accuracy predictor of Once-for-All: ", path);
    }
    *out = t;
    return LL_OK;
}

void ll_ofa_accuracy_inputs(const uint8_t *gene, float *x)
{
    const ll_space *s = ll_space_find("ofa");
    bool there[LL_MAX_POSITIONS];
    int resolution = LEAST_RESOLUTION + RESOLUTION_STEP * gene[RESOLUTION];
    memset(x, 0, LL_OFA_INPUTS * sizeof *x);
    s->active(s, gene, there);
    for (int p = 0; p < 2 * BLOCKS; p++)
        if (there[p]) x[CHOICES * p + gene[p]] = 1;
    x[RESOLUTION_INPUT + (resolution - INPUT_FROM) / INPUT_STEP] = 1;
}

/* y = W x + b */
static void affine(const ll_tensors *t, int l, const float *x, float *y)
{
    const float *w = ll_tensors_find(t, layers[l].weight)->data,
                *b = ll_tensors_find(t, layers[l].bias)->data;
    for (int i = 0; i < layers[l].out; i++, w += layers[l].in) {
        double sum = (double)b[i];
        for (int j = 0; j < layers[l].in; j++) sum += (double)w[j] * (double)x[j];
        y[i] = (float)sum;
    }
}

double ll_ofa_accuracy(const ll_tensors *t, const uint8_t *gene)
{
    float x[WIDTH], y[WIDTH];
    ll_ofa_accuracy_inputs(gene, x);
    for (int l = 0; l < LAYERS; l++) {
        affine(t, l, x, y);
        for (int i = 0; i < layers[l].out; i++) x[i] = l < LAYERS - 1 && y[i] < 0 ? 0 : y[i];
    }
    return 100 * (double)x[0];
}
