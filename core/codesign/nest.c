#include "core/codesign/nest.h"

#include <math.h>
#include <string.h>

/* Which loops change which tile of a tensor. */
static const bool changes[LL_OPERANDS][LL_LOOPS] = {
    [LL_WEIGHTS] =
        {[LL_LOOP_G] = true, [LL_LOOP_K] = true, [LL_LOOP_C] = true, [LL_LOOP_R] = true, [LL_LOOP_S] = true},
    [LL_INPUTS] = {[LL_LOOP_N] = true,
                   [LL_LOOP_G] = true,
                   [LL_LOOP_C] = true,
                   [LL_LOOP_R] = true,
                   [LL_LOOP_S] = true,
                   [LL_LOOP_Y] = true,
                   [LL_LOOP_X] = true},
    [LL_OUTPUTS] =
        {[LL_LOOP_N] = true, [LL_LOOP_G] = true, [LL_LOOP_K] = true, [LL_LOOP_Y] = true, [LL_LOOP_X] = true},
};

bool ll_nest_of(const ll_layer *l, int batch, ll_nest *out)
{
    if (l->kind != LL_CONV && l->kind != LL_LINEAR) return false;
    bool conv = l->kind == LL_CONV;
    int groups = conv && l->groups > 0 ? l->groups : 1;
    *out = (ll_nest){.size = {batch, groups, l->c_out / groups, l->c_in / groups, 1, 1, 1, 1}, .stride = 1};
    if (!conv) return true;
    out->size[LL_LOOP_R] = out->size[LL_LOOP_S] = l->kernel;
    out->size[LL_LOOP_Y] = out->size[LL_LOOP_X] = l->h_out;
    out->stride = l->stride;
    return true;
}

bool ll_nest_same(const ll_nest *a, const ll_nest *b)
{
    return a->stride == b->stride && !memcmp(a->size, b->size, sizeof a->size);
}

double ll_nest_macs(const ll_nest *n)
{
    double macs = 1;
    for (int d = 0; d < LL_LOOPS; d++) macs *= n->size[d];
    return macs;
}

double ll_buffer_energy(const ll_access_energy *e, double bytes)
{
    return e->l1 * pow(bytes / e->l1_bytes, log(e->l2 / e->l1) / log(e->l2_bytes / e->l1_bytes));
}

ll_prices ll_prices_of(const ll_access_energy *e, const ll_accelerator *a)
{
    return (ll_prices){e->mac, ll_buffer_energy(e, a->l1_bytes), e->array, ll_buffer_energy(e, a->l2_bytes),
                       e->dram};
}

/* An axis runs loop `first` and, with what that leaves over, loop `second`. Passes are made even: 27 rows on 14 PEs are two
 * passes of 14 and 13. */
static void fill_axis(const ll_nest *n, int pes, int first, int second, int *spatial)
{
    const int loops[2] = {first, second};
    for (int i = 0; i < 2; i++) {
        int size = n->size[loops[i]], passes = (size + pes - 1) / pes;
        spatial[loops[i]] = (size + passes - 1) / passes;
        pes /= spatial[loops[i]];
    }
}

void ll_nest_spread(const ll_nest *n, const ll_accelerator *a, int spatial[LL_LOOPS])
{
    for (int d = 0; d < LL_LOOPS; d++) spatial[d] = 1;
    fill_axis(n, a->rows, a->order[0], a->order[2], spatial);
    fill_axis(n, a->cols, a->order[1], a->order[3], spatial);
}

/* --- tiles --- */

/* Numbers of a tile; inputs cover what the kernel reaches. */
static double words(const ll_nest *n, ll_operand of, const int *t)
{
    double both = (double)t[LL_LOOP_G];
    switch (of) {
    case LL_WEIGHTS:
        return both * t[LL_LOOP_K] * t[LL_LOOP_C] * t[LL_LOOP_R] * t[LL_LOOP_S];
    case LL_OUTPUTS:
        return both * t[LL_LOOP_N] * t[LL_LOOP_K] * t[LL_LOOP_Y] * t[LL_LOOP_X];
    default:
        return both * t[LL_LOOP_N] * t[LL_LOOP_C] * ((double)(t[LL_LOOP_Y] - 1) * n->stride + t[LL_LOOP_R]) *
               ((double)(t[LL_LOOP_X] - 1) * n->stride + t[LL_LOOP_S]);
    }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

typedef struct tiles {
    int l1[LL_LOOPS], array[LL_LOOPS], l2[LL_LOOPS]; /* what a PE, all PEs, and L2 hold */
    int outer[LL_LOOPS];
} tiles;

static tiles tiles_of(const ll_nest *n, const ll_mapping *m)
{
    tiles t;
    for (int d = 0; d < LL_LOOPS; d++) {
        int size = n->size[d];
        long whole = (long)m->inner[d] * m->spatial[d];
        t.l1[d] = least(m->inner[d], size);
        t.array[d] = whole < size ? (int)whole : size;
        whole *= m->middle[d];
        t.l2[d] = whole < size ? (int)whole : size;
        t.outer[d] = (int)((size + whole - 1) / whole);
    }
    return t;
}

static double all_words(const ll_nest *n, const int *tile)
{
    return words(n, LL_WEIGHTS, tile) + words(n, LL_INPUTS, tile) + words(n, LL_OUTPUTS, tile);
}

bool ll_mapping_fits(const ll_nest *n, const ll_accelerator *a, const ll_mapping *m)
{
    tiles t = tiles_of(n, m);
    return all_words(n, t.l1) * a->bytes <= a->l1_bytes && all_words(n, t.l2) * a->bytes <= a->l2_bytes;
}

/* --- visits --- */

/* Loops from the outermost on: a tile changes with each loop outside the innermost one that changes it. */
typedef struct loops {
    int bound[2 * LL_LOOPS];
    uint8_t loop[2 * LL_LOOPS];
    int n;
} loops;

static void add_loops(loops *l, const uint8_t *order, const int *bound)
{
    for (int i = 0; i < LL_LOOPS; i++) {
        if (bound[order[i]] == 1) continue;
        l->loop[l->n] = order[i];
        l->bound[l->n++] = bound[order[i]];
    }
}

static double visits(const loops *l, ll_operand of, double *distinct)
{
    double v = 1;
    bool changed = false;
    *distinct = 1;
    for (int i = l->n; i-- > 0;) {
        bool mine = changes[of][l->loop[i]];
        changed |= mine;
        if (changed) v *= l->bound[i];
        if (mine) *distinct *= l->bound[i];
    }
    return v;
}

/* --- the price --- */

static void price_dram(const ll_nest *n, const tiles *t, const loops *outer, ll_nest_cost *c)
{
    for (int o = 0; o < LL_OPERANDS; o++) {
        double distinct, v = visits(outer, (ll_operand)o, &distinct);
        if (o == LL_OUTPUTS) v += v - distinct; /* written each time, read again when it was there before */
        c->dram_of[o] = words(n, (ll_operand)o, t->l2) * v;
        c->dram += c->dram_of[o];
    }
}

static void price_array(const ll_nest *n, const tiles *t, const loops *all, double pes, ll_nest_cost *c)
{
    for (int o = 0; o < LL_OPERANDS; o++) {
        double distinct, v = visits(all, (ll_operand)o, &distinct), times = v;
        if (o == LL_OUTPUTS) times += v - distinct;
        c->l2_of[o] = words(n, (ll_operand)o, t->array) * times;
        double delivered = words(n, (ll_operand)o, t->l1) * pes * times;
        c->l2 += c->l2_of[o];
        c->array += delivered;
        c->l1 += delivered;
    }
}

ll_nest_cost ll_nest_price(const ll_nest *n, const ll_accelerator *a, const ll_prices *p, const ll_mapping *m)
{
    ll_nest_cost c = {.macs = ll_nest_macs(n), .compute_cycles = 1};
    tiles t = tiles_of(n, m);
    loops all = {.n = 0};
    double pes = 1;
    add_loops(&all, m->at_dram, t.outer);
    price_dram(n, &t, &all, &c);
    add_loops(&all, m->at_l2, m->middle);
    for (int d = 0; d < LL_LOOPS; d++) {
        pes *= m->spatial[d];
        c.compute_cycles *= (double)t.outer[d] * m->middle[d] * m->inner[d];
    }
    price_array(n, &t, &all, pes, &c);
    c.l2_cycles = c.l2 / (a->rows + a->cols);
    c.dram_cycles = c.dram * a->bytes / a->bw;
    c.l2 += c.dram; /* what comes from DRAM is written there, what goes is read */
    c.l1 += 4 * c.macs;
    c.cycles = fmax(c.compute_cycles, fmax(c.l2_cycles, c.dram_cycles));
    c.energy = c.macs * p->mac + c.l1 * p->l1 + c.array * p->array + c.l2 * p->l2 + c.dram * p->dram;
    return c;
}
