#include "core/space/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/space/network.h"

const ll_space_facts ll_no_facts = {0};

bool ll_space_valid(const ll_space *s, const uint8_t *gene)
{
    for (int p = 0; p < s->n_positions; p++)
        if (gene[p] >= ll_space_choices(s, p)) return false;
    return true;
}

void ll_space_canonical(const ll_space *s, uint8_t *gene)
{
    bool active[LL_MAX_POSITIONS];
    if (!s->active) return;
    s->active(s, gene, active);
    for (int p = 0; p < s->n_positions; p++)
        if (!active[p]) gene[p] = 0;
}

double ll_space_count(const ll_space *s)
{
    if (s->n_archs || s->n_all) return s->n_archs ? s->n_archs : s->n_all;
    double n = s->active ? NAN : 1;
    for (int p = 0; p < s->n_positions; p++) n *= ll_space_choices(s, p);
    return n;
}

int ll_space_help_pool(const ll_space *s, int n)
{
    return s->facts->help.pool ? s->facts->help.pool : n / 5 * 4;
}

double ll_layer_macs(const ll_layer *l)
{
    double out = (double)l->c_out * l->h_out * l->h_out, window = (double)l->kernel * l->kernel;
    switch (l->kind) {
    case LL_CONV:
        return out * window * l->c_in / l->groups;
    case LL_POOL_AVG:
        return out * window;
    case LL_ADD:
    case LL_GATE:
        return out;
    case LL_LINEAR:
        return (double)l->c_in * l->c_out;
    case LL_GLOBAL_POOL:
        return (double)l->c_in * l->h_in * l->h_in;
    default:
        return 0;
    }
}

static double weights_of(const ll_layer *l)
{
    if (l->kind == LL_CONV) return (double)l->kernel * l->kernel * l->c_in * l->c_out / l->groups;
    return l->kind == LL_LINEAR ? (double)(l->c_in + 1) * l->c_out : 0;
}

static void add_layer(const ll_layer *l, ll_cost *c)
{
    double macs = ll_layer_macs(l), weights = weights_of(l);
    c->macs += macs;
    c->params += weights + (l->bn ? 2.0 * l->c_out : 0);
    c->kernels += l->kind != LL_COPY;
    c->flash_kb += (double)(ll_layer_weight_count(l) + ll_layer_bias_count(l));
    if (l->kind != LL_CONV) return;
    c->conv_macs += macs;
    c->conv_params += weights;
    c->activations += (double)l->c_out * l->h_out * l->h_out;
}

static double elements(int channels, int side)
{
    return (double)channels * side * side;
}

/* Tensors are alive from the layer that writes them to the last one that reads them. A copy is another name of what it
 * reads, additions and activations are counted as if they had a result of their own. */
static double peak_elements(const ll_layer *layers, int n)
{
    int last[LL_MAX_LAYERS + 1], owner[LL_MAX_LAYERS + 1];
    double size[LL_MAX_LAYERS + 1], alive, peak;
    owner[0] = last[0] = 0;
    size[0] = n ? elements(layers[0].c_in, layers[0].h_in) : 0;
    for (int i = 0; i < n; i++) {
        const ll_layer *l = &layers[i];
        bool copy = l->kind == LL_COPY && l->in[0] >= 0;
        owner[i + 1] = copy ? owner[l->in[0]] : i + 1;
        last[i + 1] = i;
        size[i + 1] = copy ? 0 : elements(l->c_out, l->h_out);
        for (int k = 0; k < ll_layer_reads(l); k++)
            if (l->in[k] >= 0) last[owner[l->in[k]]] = i;
    }
    alive = peak = size[0];
    for (int i = 0; i < n; i++) {
        alive += size[i + 1];
        if (alive > peak) peak = alive;
        for (int t = 0; t <= i + 1; t++)
            if (last[t] == i) alive -= size[t];
    }
    return peak;
}

bool ll_space_cost(const ll_space *s, const uint8_t *gene, ll_cost *out)
{
    ll_layer layers[LL_MAX_LAYERS];
    memset(out, 0, sizeof *out);
    if (!s->layers) return false;
    int n = s->layers(s, gene, layers, LL_MAX_LAYERS);
    for (int i = 0; i < n; i++) add_layer(&layers[i], out);
    double peak = peak_elements(layers, n), bytes = (s->bits ? s->bits : 32) / 8.0;
    out->peak_kb = 4 * peak / 1024;
    out->sram_kb = bytes * peak / 1024;
    out->flash_kb *= bytes / 1024;
    return n > 0;
}

ll_status ll_space_parse(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    ll_status status = s->parse(s, text, gene, e);
    if (!status) ll_space_canonical(s, gene);
    return status;
}

bool ll_space_is_index(const ll_space *s, const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return s->n_archs && digits && !text[digits] && digits <= 9 && (int)digits != s->n_positions;
}

ll_status ll_space_read(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    if (!ll_space_is_index(s, text)) return ll_space_parse(s, text, gene, e);
    int index = (int)strtol(text, NULL, 10);
    if (s->at(s, index, gene)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "%s has no architecture %d: expected 0..%d or its string", s->name, index,
                   s->n_archs - 1);
}
