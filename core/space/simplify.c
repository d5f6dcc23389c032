#include "core/space/simplify.h"

#include <string.h>

enum { MAX_TENSORS = LL_MAX_LAYERS + 1 };

/* Layers that are kept so far, reading each other's tensors, in the order of the network. */
typedef struct graph {
    int n;
    ll_layer layers[LL_MAX_LAYERS];
    bool constant[LL_MAX_LAYERS]; /* the image does not reach it */
    bool live[LL_MAX_LAYERS];     /* the result needs it */
} graph;

static bool is_constant(const graph *g, int tensor)
{
    return tensor == LL_TENSOR_ZERO || (tensor > 0 && g->constant[tensor - 1]);
}

static bool reads_constants(const graph *g, const ll_layer *l)
{
    for (int i = 0; i < ll_layer_reads(l); i++)
        if (!is_constant(g, l->in[i])) return false;
    return true;
}

/* Of a layer whose activation leaves zeros alone: are its results all zeros? */
static bool makes_zeros(const ll_layer *l)
{
    bool first = l->in[0] == LL_TENSOR_ZERO, second = l->in[1] == LL_TENSOR_ZERO;
    if (ll_activate(l->act, 0) != 0) return false;
    switch (l->kind) {
    case LL_CONV:
        return first && !ll_layer_bias_count(l);
    case LL_POOL_AVG:
    case LL_SHUFFLE:
    case LL_COPY:
        return first;
    case LL_ADD:
        return first && second;
    case LL_GATE:
        return first || second;
    default:
        return false;
    }
}

static bool computes_the_same(const ll_layer *a, const ll_layer *b)
{
    bool crossed = a->kind == LL_ADD && a->in[0] == b->in[1] && a->in[1] == b->in[0];
    bool straight = a->in[0] == b->in[0] && (ll_layer_reads(a) < 2 || a->in[1] == b->in[1]);
    bool weights = ll_layer_weight_count(a) > 0;
    return a->kind == b->kind && a->c_in == b->c_in && a->c_out == b->c_out && a->h_in == b->h_in &&
           a->h_out == b->h_out && a->kernel == b->kernel && a->stride == b->stride &&
           a->groups == b->groups && a->relu_before == b->relu_before && a->bn == b->bn && a->act == b->act &&
           (straight || crossed) && (!weights || a->site == b->site);
}

/* The tensor of this layer, whose inputs are tensors of the graph: one that is there, or that of a new layer. */
static int tensor_of(graph *g, const ll_layer *l)
{
    if (makes_zeros(l)) return LL_TENSOR_ZERO;
    if (l->kind == LL_COPY) return l->in[0];
    if (l->kind == LL_ADD && !l->act && l->in[0] == LL_TENSOR_ZERO) return l->in[1];
    if (l->kind == LL_ADD && !l->act && l->in[1] == LL_TENSOR_ZERO) return l->in[0];
    for (int i = 0; i < g->n; i++)
        if (computes_the_same(&g->layers[i], l)) return i + 1;
    g->layers[g->n] = *l;
    g->constant[g->n] = reads_constants(g, l);
    return ++g->n;
}

static void mark_live(graph *g, int result)
{
    memset(g->live, 0, sizeof g->live);
    g->live[result - 1] = true;
    for (int i = result - 1; i >= 0; i--)
        for (int j = 0; g->live[i] && j < ll_layer_reads(&g->layers[i]); j++)
            if (g->layers[i].in[j] > 0) g->live[g->layers[i].in[j] - 1] = true;
}

/* The live layers that are constant, or those that are not, behind what is there. */
static void take(const graph *g, bool constant, int *number, ll_network *out)
{
    for (int i = 0; i < g->n; i++) {
        if (!g->live[i] || g->constant[i] != constant) continue;
        ll_layer l = g->layers[i];
        for (int j = 0; j < ll_layer_reads(&l); j++)
            if (l.in[j] > 0) l.in[j] = number[l.in[j]];
        out->layers[out->n_layers++] = l;
        number[i + 1] = out->n_layers;
    }
}

void ll_network_simplify(const ll_network *n, ll_network *out)
{
    int of[MAX_TENSORS] = {LL_TENSOR_INPUT}, number[MAX_TENSORS] = {0};
    graph g = {.n = 0};
    for (int i = 0; i < n->n_layers; i++) {
        ll_layer l = n->layers[i];
        for (int j = 0; j < ll_layer_reads(&l); j++)
            if (l.in[j] > 0) l.in[j] = of[l.in[j]];
        of[i + 1] = tensor_of(&g, &l);
    }
    int result = of[n->n_layers];
    if (result <= 0) { /* the image itself, or zeros: nothing that has a layer is left to make it */
        *out = *n;
        return;
    }
    mark_live(&g, result);
    *out = (ll_network){.space = n->space};
    take(&g, true, number, out);
    out->n_constant = out->n_layers;
    take(&g, false, number, out);
}
