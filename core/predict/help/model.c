/* HELP's parts that training and transfer share: inputs, labels, hardware embedding, modulator. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/help/help.h"

ll_help_model *ll_help_model_new(const ll_help_shape *shape, bool modulated)
{
    ll_help_model *m = LL_NEW(ll_help_model);
    m->shape = *shape;
    m->modulated = modulated;
    m->steps = 2;
    m->n = ll_help_params(shape);
    m->theta = LL_NEW_ARRAY(float, m->n);
    m->alpha = LL_NEW_ARRAY(float, m->n);
    if (modulated) m->encoder = LL_NEW_ARRAY(float, LL_HELP_ENCODER);
    m->history = cJSON_CreateObject();
    return m;
}

void ll_help_model_free(void *model)
{
    ll_help_model *m = model;
    if (!m) return;
    free(m->theta);
    free(m->alpha);
    free(m->encoder);
    ll_archs_unref(m->reference);
    cJSON_Delete(m->history);
    free(m);
}

/* HELP's graphs: cells of four nodes, their six edges as nodes between input and output, and one that reads all. */
static bool has_graphs(const ll_space *s)
{
    const ll_cell_graph *c = s->facts->cell;
    return c && c->label && c->n_nodes == 4 && s->n_positions == LL_HELP_NODES - 3;
}

/* How many numbers say the choice at this position. */
static int input_width(const ll_space *s, int position)
{
    if (s->facts->help.left_out && s->facts->help.left_out[position]) return 0;
    return s->facts->help.half ? 2 + s->facts->help.half : ll_space_choices(s, position);
}

ll_help_shape ll_help_shape_of(const ll_space *s, bool device)
{
    if (has_graphs(s)) return (ll_help_shape){true, LL_HELP_LABELS, device};
    int n_in = 0;
    for (int p = 0; p < s->n_positions; p++) n_in += input_width(s, p);
    return (ll_help_shape){false, n_in, device};
}

enum { LABEL_INPUT = 0, LABEL_OUTPUT = 6, LABEL_GLOBAL = 7 };

/* A'X of one cell: for each of the 9 nodes how many of the nodes it reads carry each label. */
static void cell_inputs(const uint8_t *label_of_op, const uint8_t *gene, float *x)
{
    static const signed char reads[LL_HELP_NODES][9] = {
        {0, -1},       {0, 1, -1},       {0, 2, -1},
        {1, 3, -1},    {0, 4, -1},       {1, 5, -1},
        {2, 3, 6, -1}, {4, 5, 6, 7, -1}, {0, 1, 2, 3, 4, 5, 6, 7, 8}};
    unsigned char label[LL_HELP_NODES] = {[0] = LABEL_INPUT, [7] = LABEL_OUTPUT, [8] = LABEL_GLOBAL};
    for (int i = 0; i < 6; i++) label[1 + i] = label_of_op[gene[i]];
    memset(x, 0, sizeof(float) * LL_HELP_NODES * LL_HELP_LABELS);
    for (int i = 0; i < LL_HELP_NODES; i++)
        for (int j = 0; j < 9 && reads[i][j] >= 0; j++) x[i * LL_HELP_LABELS + label[reads[i][j]]] += 1;
}

/* [low half, high half, one-hot of the choice within the half]; what is behind both is all zero. */
static void half_input(int half, int choice, float *x)
{
    if (choice >= 2 * half) return;
    x[choice / half] = 1;
    x[2 + choice % half] = 1;
}

/* Position by position; those that the architecture lacks are all zero. */
static void position_inputs(const ll_space *s, const uint8_t *gene, int n_in, float *x)
{
    bool active[LL_MAX_POSITIONS];
    if (s->active) s->active(s, gene, active);
    memset(x, 0, sizeof(float) * (size_t)n_in);
    for (int p = 0, width; p < s->n_positions; p++, x += width) {
        width = input_width(s, p);
        if (!width || (s->active && !active[p])) continue;
        if (s->facts->help.half)
            half_input(s->facts->help.half, gene[p], x);
        else
            x[gene[p]] = 1;
    }
}

void ll_help_inputs(const ll_archs *archs, const int *which, int n, float *x)
{
    const ll_space *s = archs->space;
    ll_help_shape shape = ll_help_shape_of(s, true);
    size_t size = (size_t)ll_help_rows(&shape) * (size_t)shape.n_in;
    for (int i = 0; i < n; i++) {
        const uint8_t *gene = ll_arch(archs, which ? which[i] : i);
        if (shape.graph)
            cell_inputs(s->facts->cell->label, gene, x + (size_t)i * size);
        else
            position_inputs(s, gene, shape.n_in, x + (size_t)i * size);
    }
}

float ll_help_norm(double lat, double lo, double hi, double p)
{
    return hi > lo ? (float)((lat - lo) / (hi - lo) * p + (1 - p) / 2) : .5f;
}

void ll_help_embedding(const double *lat, float *h)
{
    double lo = lat[0], hi = lat[0];
    for (int i = 1; i < LL_HELP_REFERENCES; i++) {
        lo = fmin(lo, lat[i]);
        hi = fmax(hi, lat[i]);
    }
    for (int i = 0; i < LL_HELP_REFERENCES; i++) h[i] = ll_help_norm(lat[i], lo, hi, 1);
}

/* z: 3 blocks of 200 for the columns of fc3, fc4, fc5, then one number for each of their biases. */
void ll_help_modulate(const ll_help_model *m, const float *z, float *phi)
{
    ll_help_slot slots[LL_HELP_SLOTS];
    int n = ll_help_slots(&m->shape, slots);
    memcpy(phi, m->theta, sizeof(float) * (size_t)m->n);
    if (!z) return;
    for (int l = 0; l < 3; l++) {
        const ll_help_slot *w = &slots[n - 6 + 2 * l], *b = w + 1;
        for (int o = 0; o < w->rows; o++)
            for (int i = 0; i < w->cols; i++) phi[w->offset + o * w->cols + i] *= 1 + .01f * z[200 * l + i];
        for (int o = 0; o < b->rows; o++) phi[b->offset + o] += .01f * z[600 + l];
    }
}

void ll_help_encode(const float *encoder, const float *h, float *hidden, float *s)
{
    const float *w1 = encoder, *b1 = w1 + 100, *w2 = b1 + 10, *b2 = w2 + LL_HELP_Z_OUT * 10;
    for (int i = 0; i < LL_HELP_Z; i++) {
        float sum = b1[i];
        for (int j = 0; j < 10; j++) sum += w1[i * 10 + j] * h[j];
        hidden[i] = sum < 0 ? 0 : sum;
    }
    for (int i = 0; i < LL_HELP_Z_OUT; i++) {
        float sum = b2[i];
        for (int j = 0; j < 10; j++) sum += w2[i * 10 + j] * hidden[j];
        s[i] = sum;
    }
}
