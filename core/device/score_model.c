#include "core/device/score_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/device/scores.h"
#include "core/num/blas.h"

enum { LAYERS_MOST = 16, WIDTH_MOST = 4096, INPUTS_MOST = 1 << 16, PART = 256 };

typedef struct layer {
    int in, out;
    const float *w, *b; /* (out, in), (out) */
} layer;

struct ll_score_model {
    int refs;
    const ll_space *space;
    ll_tensors t;
    const int32_t *input; /* (positions, n_ops) */
    float *first;         /* (in, out) of layer 0: an input that is set adds a row */
    layer layers[LAYERS_MOST];
    int n_layers, widest;
    double scale;
};

/* --- making one --- */

static ll_status need_layer(ll_score_model *m, int l, ll_error *e)
{
    char name[32];
    snprintf(name, sizeof name, "%d.weight", l);
    const ll_tensor *w = ll_tensors_find(&m->t, name), *b;
    if (!w || w->dtype != LL_F32 || w->n_dims != 2 || w->shape[0] < 1 || w->shape[0] > WIDTH_MOST ||
        w->shape[1] < 1 || w->shape[1] > INPUTS_MOST || (l && w->shape[1] != m->layers[l - 1].out))
        return ll_fail(e, LL_BAD_DATA, "%s is missing, or of a wrong shape", name);
    snprintf(name, sizeof name, "%d.bias", l);
    ll_status s = ll_tensors_need(&m->t, name, LL_F32, 1, w->shape, &b, e);
    if (s) return s;
    m->layers[l] = (layer){(int)w->shape[1], (int)w->shape[0], w->data, b->data};
    if (m->layers[l].out > m->widest) m->widest = m->layers[l].out;
    return LL_OK;
}

static ll_status need_layers(ll_score_model *m, ll_error *e)
{
    do {
        if (m->n_layers == LAYERS_MOST) return ll_fail(e, LL_BAD_DATA, "more than %d layers", LAYERS_MOST);
        ll_status s = need_layer(m, m->n_layers++, e);
        if (s) return s;
    } while (m->layers[m->n_layers - 1].out > 1);
    return LL_OK;
}

static ll_status need_inputs(ll_score_model *m, ll_error *e)
{
    const ll_tensor *input, *scale;
    int n = m->space->n_positions * m->space->n_ops;
    ll_status s = ll_tensors_need(&m->t, "input", LL_I32, 2, (long[]){m->space->n_positions, m->space->n_ops},
                                  &input, e);
    if (!s) s = ll_tensors_need(&m->t, "scale", LL_F64, 1, (long[]){1}, &scale, e);
    if (s) return s;
    m->input = input->data;
    m->scale = *(const double *)scale->data;
    for (int i = 0; i < n; i++)
        if (m->input[i] < -1 || m->input[i] >= m->layers[0].in)
            return ll_fail(e, LL_BAD_DATA, "input: %d is no input of %d", (int)m->input[i], m->layers[0].in);
    return LL_OK;
}

static void transpose_first(ll_score_model *m)
{
    const layer *l = &m->layers[0];
    m->first = LL_NEW_ARRAY(float, (size_t)l->in *(size_t)l->out);
    for (int i = 0; i < l->in; i++)
        for (int o = 0; o < l->out; o++)
            m->first[(size_t)i * (size_t)l->out + (size_t)o] = l->w[(size_t)o * (size_t)l->in + (size_t)i];
}

ll_status ll_score_model_new(const ll_space *space, const ll_tensors *t, ll_score_model **out, ll_error *e)
{
    ll_score_model *m = LL_NEW(ll_score_model);
    m->refs = 1;
    m->space = space;
    ll_tensors_add_all(&m->t, "", t);
    ll_status s = ll_tensors_finite(&m->t, e);
    if (!s) s = need_layers(m, e);
    if (!s) s = need_inputs(m, e);
    if (s) {
        ll_score_model_unref(m);
        return s;
    }
    transpose_first(m);
    *out = m;
    return LL_OK;
}

ll_score_model *ll_score_model_ref(const ll_score_model *m)
{
    ll_score_model *own = (ll_score_model *)m;
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_score_model_unref(ll_score_model *m)
{
    if (!m || __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL)) return;
    ll_tensors_free(&m->t);
    free(m->first);
    free(m);
}

const ll_tensors *ll_score_model_tensors(const ll_score_model *m)
{
    return &m->t;
}

/* --- asking it --- */

static void relu(float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] < 0) v[i] = 0;
}

/* Few inputs are set: their rows are added up. */
static void first_layer(const ll_score_model *m, const uint8_t *gene, float *h)
{
    const layer *l = &m->layers[0];
    bool there[LL_MAX_POSITIONS];
    for (int p = 0; p < m->space->n_positions; p++) there[p] = true;
    if (m->space->active) m->space->active(m->space, gene, there);
    memcpy(h, l->b, (size_t)l->out * sizeof *h);
    for (int p = 0; p < m->space->n_positions; p++) {
        int input = m->input[p * m->space->n_ops + gene[p]];
        const float *row = m->first + (size_t)(input < 0 ? 0 : input) * (size_t)l->out;
        if (there[p] && input >= 0)
            for (int o = 0; o < l->out; o++) h[o] += row[o];
    }
}

static void next_layer(const layer *l, const float *h, int n, float *out)
{
    for (int i = 0; i < n; i++) memcpy(out + (size_t)i * (size_t)l->out, l->b, (size_t)l->out * sizeof *out);
    ll_sgemm(false, true, n, l->out, l->in, 1, h, l->in, l->w, l->in, 1, out, l->out);
}

/* Weights that are finite may still add up to what is no score. */
static double or_nan(double x)
{
    return ll_score_takes(x) ? x : NAN;
}

static void apply_part(const ll_score_model *m, const ll_archs *archs, int from, int n, float *h, float *next,
                       double *out)
{
    for (int i = 0; i < n; i++)
        first_layer(m, ll_arch(archs, from + i), h + (size_t)i * (size_t)m->layers[0].out);
    for (int l = 1; l < m->n_layers; l++) {
        relu(h, (size_t)n * (size_t)m->layers[l].in);
        next_layer(&m->layers[l], h, n, next);
        float *swap = h;
        h = next;
        next = swap;
    }
    for (int i = 0; i < n; i++) out[from + i] = or_nan(m->scale * (double)h[i]);
}

void ll_score_model_apply(const ll_score_model *m, const ll_archs *archs, double *out)
{
    size_t cells = (size_t)PART * (size_t)m->widest;
    float *h = LL_NEW_ARRAY(float, cells), *next = LL_NEW_ARRAY(float, cells);
    bool before = ll_blas_fix_tiles(true); /* no score depends on its company */
    for (int from = 0; from < archs->n; from += PART)
        apply_part(m, archs, from, archs->n - from < PART ? archs->n - from : PART, h, next, out);
    ll_blas_fix_tiles(before);
    free(h);
    free(next);
}
