/* Rows of layers as rows of blocks. */
#include <math.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/costs/costs.h"

/* The row before a layer, and what its own fusion has taken off it already. */
typedef struct before {
    const ll_cost_row *row; /* NULL: none */
    double taken_ms;
} before;

static const ll_fusion *rule_of(const ll_costs *c, const ll_network *net, int i, const before *b,
                                const ll_cost_row *row)
{
    const ll_layer *l = &net->layers[i];
    bool reads = l->in[0] == i || (ll_layer_reads(l) == 2 && l->in[1] == i);
    const ll_fusion *f =
        b->row && reads ? ll_costs_fusion(c, ll_kernel_of(&b->row->part), ll_kernel_of(&row->part)) : NULL;
    return f && ll_fusion_fuses(f) ? f : NULL;
}

/* What fusing a layer into the one just before it saves, if it reads that one: of the cheaper one, and in a chain not twice of
 * the same (ll_bill_fuse). The row is the one before from now on. */
static double saved_ms(const ll_costs *c, const ll_network *net, int i, before *b, const ll_cost_row *row)
{
    const ll_fusion *f = rule_of(c, net, i, b, row);
    double gain = f ? fmin(1, f->gain) : 0, saved = 0, taken = 0;
    if (f && row->ms <= b->row->ms)
        saved = taken = gain * row->ms;
    else if (f)
        saved = fmax(0, gain * b->row->ms - b->taken_ms);
    *b = (before){row, taken};
    return saved;
}

/* Layers first .. first + n - 1 by their own rows; false: one of them has none. */
static bool sum_layers(const ll_costs *c, const ll_network *net, int first, int n, ll_cost_row *out)
{
    double variance = 0;
    before b = {0};
    out->ms = 0;
    out->count = 0;
    for (int i = first; i < first + n; i++) {
        ll_part part = ll_part_of_layer(&net->layers[i]);
        const ll_cost_row *row = ll_costs_find(c, &part);
        if (!row && part.kind == LL_PART_COPY) continue;
        if (!row) return false;
        out->ms += row->ms - saved_ms(c, net, i, &b, row);
        variance += row->std_ms * row->std_ms;
        if (!out->count || row->count < out->count) out->count = row->count;
    }
    out->std_ms = sqrt(variance);
    return true;
}

static int part_from(const ll_network *net, int i, ll_part *part)
{
    static const ll_part_kind several[] = {LL_PART_BLOCK, LL_PART_TAIL};
    for (size_t k = 0; k < sizeof several / sizeof *several; k++) {
        int n = ll_part_at(net, i, several[k], part);
        if (n) return n;
    }
    *part = ll_part_of_layer(&net->layers[i]);
    return 1;
}

static bool is_there(const ll_costs *c, const ll_part *part)
{
    for (int i = 0; i < c->n; i++)
        if (!ll_part_compare(&c->rows[i].part, part)) return true;
    return false;
}

static void add_parts(const ll_costs *c, const ll_network *net, ll_costs *out)
{
    ll_error ignored = {0};
    for (int i = 0, n; i < net->n_layers; i += n) {
        ll_cost_row row;
        n = part_from(net, i, &row.part);
        if (row.part.kind == LL_PART_COPY || is_there(out, &row.part)) continue;
        const ll_cost_row *own = ll_costs_find(c, &row.part);
        if (own) row.ms = own->ms, row.std_ms = own->std_ms, row.count = own->count;
        if (own || sum_layers(c, net, i, n, &row)) ll_costs_add(out, &row, &ignored);
    }
}

ll_costs *ll_costs_regroup(const ll_costs *c, const ll_space *space, const uint8_t *genes, int n)
{
    ll_costs *out = ll_costs_new(space);
    ll_network net = {.space = space};
    for (int i = 0; i < n && space->layers && !ll_interrupted(); i++) {
        net.n_layers =
            space->layers(space, genes + (size_t)i * (size_t)space->n_positions, net.layers, LL_MAX_LAYERS);
        add_parts(c, &net, out);
    }
    ll_costs_seal(out, NULL);
    return out;
}
