#include "data/machines/layer_space.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/space/moves.h"
#include "data/machines/host/cache.h"
#include "data/machines/host/sweep.h"
#include "data/machines/layer_pairs.h"

enum {
    BASE = 16,
    MOST = BASE * BASE * BASE * BASE - 2 - LL_KERNELS * LL_KERNELS * LL_PAIRS_EACH,
    LISTED_MOST = 20000,
    DRAWS_MOST = 20000,
    IN_VAIN = 300
};

/* --- genes --- */

void ll_layer_space_gene(int index, uint8_t *gene)
{
    for (int p = LL_UNIT_WIDTH - 1; p >= 0; p--, index /= BASE) gene[p] = (uint8_t)(index % BASE);
}

static int index_of(const uint8_t *gene)
{
    int index = 0;
    for (int p = 0; p < LL_UNIT_WIDTH; p++) index = index * BASE + gene[p];
    return index;
}

/* Behind the units: the network that does nothing, and the whole one. */
static int unit_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    const ll_layer_space *own = s->own;
    int i = index_of(gene);
    bool unit = i < own->empty;
    const ll_layer *from = unit ? own->units[i].layers : own->whole.layers;
    int n = unit ? own->units[i].n : own->whole.n_layers;
    if (i == own->empty) {
        ll_layer copy = {.kind = LL_COPY,
                         .c_in = 3,
                         .c_out = 3,
                         .h_in = 8,
                         .h_out = 8,
                         .kernel = 1,
                         .stride = 1,
                         .groups = 1};
        out[0] = copy;
        return 1;
    }
    for (int k = 0; k < n && k < most; k++) out[k] = from[k];
    return n;
}

/* --- units --- */

typedef struct collecting {
    ll_layer_space *own;
    const ll_space *of;
    ll_cache parts; /* number: index of the unit */
    ll_pairs pairs;
} collecting;

/* Layers first .. first + n - 1 reading the input instead of what they read: a chain, whose last layer may read it again. */
static ll_layer_unit unit_of(const ll_network *net, int first, int n, const ll_part *part)
{
    ll_layer_unit u = {.part = *part, .n = n, .before = -1, .after = -1};
    for (int i = 0; i < n; i++) {
        ll_layer *l = &u.layers[i];
        *l = net->layers[first + i];
        for (int k = 0; k < 2; k++) l->in[k] = l->in[k] > first ? l->in[k] - first : LL_TENSOR_INPUT;
        /* a ReLU in front belongs to whatever makes the tensor */
        if (l->kind == LL_CONV) l->relu_before = false;
    }
    return u;
}

/* Its index; -1: there are too many. */
static int add_unit(collecting *c, const ll_network *net, int first, int n, const ll_part *part)
{
    int fresh, i = ll_cache_number(&c->parts, part, &fresh);
    if (i >= MOST) return -1;
    if (!fresh) return i;
    c->own->units = ll_realloc(c->own->units, (size_t)i + 1, sizeof *c->own->units);
    c->own->units[i] = unit_of(net, first, n, part);
    c->own->n = i + 1;
    return i;
}

/* Returns how many are new. */
static int add_architecture(collecting *c, const uint8_t *gene)
{
    ll_network net = {.space = c->of};
    ll_placed placed[LL_MAX_LAYERS];
    int before = c->own->n, n_placed = 0;
    net.n_layers = c->of->layers(c->of, gene, net.layers, LL_MAX_LAYERS);
    for (int i = 0, n; i < net.n_layers; i += n) {
        ll_part part;
        n = ll_part_at(&net, i, LL_PART_SE, &part);
        if (!n) part = ll_part_of_layer(&net.layers[i]);
        bool alone = part.kind != LL_PART_COPY && part.kind != LL_PART_GATE;
        n = n ? n : 1;
        int unit = alone ? add_unit(c, &net, i, n, &part) : -1;
        if (unit >= 0) placed[n_placed++] = (ll_placed){unit, i, n};
    }
    ll_pairs_find(&c->pairs, &net, placed, n_placed);
    return c->own->n - before;
}

static void list_all(collecting *c)
{
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < c->of->n_archs && !ll_interrupted(); i++)
        if (c->of->at(c->of, i, gene)) add_architecture(c, gene);
}

static void draw_some(collecting *c)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_rng r = ll_rng_new(1, LL_STREAM_DATA);
    for (int op = 0; op < c->of->n_ops; op++) {
        for (int p = 0; p < c->of->n_positions; p++) {
            int last = ll_space_choices(c->of, p) - 1;
            gene[p] = (uint8_t)(op < last ? op : last);
        }
        ll_space_canonical(c->of, gene);
        add_architecture(c, gene);
    }
    for (int i = 0, in_vain = 0; i < DRAWS_MOST && in_vain < IN_VAIN && !ll_interrupted(); i++) {
        ll_space_random(c->of, &r, gene);
        in_vain = add_architecture(c, gene) ? 0 : in_vain + 1;
    }
    c->own->drawn = true;
}

ll_status ll_layer_space_new(const ll_space *of, const ll_observer *o, ll_layer_space **out, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    *out = NULL;
    if (!of->layers) return ll_fail(e, LL_USAGE, "the layers of space %s are not known", of->name);
    ll_layer_space *own = LL_NEW(ll_layer_space);
    collecting c = {.own = own, .of = of, .parts = {.key_size = sizeof(ll_part)}};
    ll_pairs_init(&c.pairs);
    own->space = (ll_space){.name = of->name,
                            .title = of->title,
                            .n_positions = LL_UNIT_WIDTH,
                            .n_ops = BASE,
                            .layers = unit_layers,
                            .facts = &ll_no_facts,
                            .own = own};
    if (of->n_archs && of->n_archs <= LISTED_MOST)
        list_all(&c);
    else
        draw_some(&c);
    ll_cache_free(&c.parts);
    ll_pairs_choose(&c.pairs, own);
    ll_pairs_free(&c.pairs);
    own->empty = own->n + own->n_pairs;
    own->control = own->empty + 1;
    ll_sweep_control(of, gene);
    ll_status s = ll_network_build(of, gene, &own->whole, e);
    if (!s && ll_cancelled(o)) s = ll_interrupt_fail(e);
    if (s)
        ll_layer_space_free(own);
    else
        *out = own;
    return s;
}

void ll_layer_space_free(ll_layer_space *s)
{
    if (!s) return;
    free(s->units);
    free(s);
}
