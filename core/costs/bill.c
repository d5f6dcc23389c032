/* What an architecture comes to. */
#include <math.h>

#include "core/costs/costs.h"

typedef struct billing {
    const ll_costs *c;
    const ll_space *space;
    ll_network network;
    ll_bill *bill;
    bool covered[LL_MAX_LAYERS];
} billing;

static void put(billing *b, const ll_part *part, int first, int n, int position, const ll_cost_row *row)
{
    ll_bill *bill = b->bill;
    bill->lines[bill->n++] = (ll_bill_line){*part, first, n, position, row, -1, 0, 0};
    if (row)
        bill->ms += row->ms;
    else
        bill->missing++;
}

static ll_part choice_part(int position, int operation)
{
    ll_part p = ll_part_new(LL_PART_CHOICE);
    p.v[LL_PART_POSITION] = position;
    p.v[LL_PART_OPERATION] = operation;
    return p;
}

/* Positions whose choices the table prices, and those of spaces that know no layers. */
static void put_choices(billing *b, const uint8_t *gene)
{
    bool active[LL_MAX_POSITIONS];
    for (int p = 0; p < b->space->n_positions; p++) active[p] = true;
    if (b->space->active) b->space->active(b->space, gene, active);
    for (int p = 0; p < b->space->n_positions; p++) {
        bool priced = b->c->by_choice && b->c->by_choice[p];
        if (!active[p] || (!priced && b->space->layers)) continue;
        int first = 0, n = 0;
        for (int i = b->network.n_layers - 1; i >= 0; i--) {
            if (b->network.layers[i].position != p) continue;
            b->covered[i] = true;
            first = i;
            n++;
        }
        ll_part part = choice_part(p, gene[p]);
        put(b, &part, first, n, p, ll_costs_find(b->c, &part));
    }
}

static bool is_free(const billing *b, int first, int n)
{
    for (int i = first; i < first + n; i++)
        if (b->covered[i]) return false;
    return true;
}

static int position_of(const billing *b, int first, int n)
{
    for (int i = first; i < first + n; i++)
        if (b->network.layers[i].position >= 0) return b->network.layers[i].position;
    return -1;
}

/* Does the table price one of these layers alone? */
static bool has_one_of(const billing *b, int first, int n)
{
    for (int i = first; i < first + n; i++) {
        ll_part part = ll_part_of_layer(&b->network.layers[i]);
        if (ll_costs_find(b->c, &part)) return true;
    }
    return false;
}

/* Layers from i on as one part that the table has, or would have: it has such parts, and none of these layers. How many; 0:
 * there is none. */
static int put_several(billing *b, int i)
{
    static const ll_part_kind several[] = {LL_PART_BLOCK, LL_PART_TAIL, LL_PART_SE};
    for (size_t k = 0; k < sizeof several / sizeof *several; k++) {
        ll_part part;
        int n = ll_part_at(&b->network, i, several[k], &part);
        if (!n || !is_free(b, i, n)) continue;
        const ll_cost_row *row = ll_costs_find(b->c, &part);
        if (!row && (isnan(b->c->rate[several[k]]) || has_one_of(b, i, n))) continue;
        put(b, &part, i, n, position_of(b, i, n), row);
        return n;
    }
    return 0;
}

static int put_one(billing *b, int i)
{
    const ll_layer *l = &b->network.layers[i];
    ll_part part = ll_part_of_layer(l);
    const ll_cost_row *row = ll_costs_find(b->c, &part);
    if (row || part.kind != LL_PART_COPY) put(b, &part, i, 1, l->position, row);
    return 1;
}

/* --- what is done as one --- */

typedef struct fusing {
    billing *b;
    int line_of[LL_MAX_LAYERS]; /* whose last layer it is; -1 */
    int readers[LL_MAX_LAYERS + 1];
    bool followed[LL_MAX_LAYERS + LL_MAX_POSITIONS]; /* lines that another one is fused into */
} fusing;

/* Line k into the line before it that makes its k-th input, if the table has such a rule. */
static bool fuse_into(fusing *f, int k, int tensor)
{
    ll_bill_line *lines = f->b->bill->lines, *line = &lines[k];
    int made = ll_network_origin(&f->b->network, tensor), into = made > 0 ? f->line_of[made - 1] : -1;
    if (into < 0 || f->readers[made] != 1 || f->followed[into]) return false;
    const ll_fusion *rule =
        ll_costs_fusion(f->b->c, ll_kernel_of(&lines[into].part), ll_kernel_of(&line->part));
    if (!rule || !ll_fusion_fuses(rule)) return false;
    f->followed[into] = true;
    line->with = into;
    line->gain = fmin(1, rule->gain);
    return true;
}

static void fuse(billing *b)
{
    fusing f = {.b = b};
    ll_bill *bill = b->bill;
    for (int i = 0; i < b->network.n_layers; i++) f.line_of[i] = -1;
    for (int k = 0; k < bill->n; k++)
        if (bill->lines[k].n && bill->lines[k].part.kind != LL_PART_CHOICE)
            f.line_of[bill->lines[k].first + bill->lines[k].n - 1] = k;
    ll_network_readers(&b->network, f.readers);
    for (int k = 0; k < bill->n; k++) {
        const ll_bill_line *line = &bill->lines[k];
        if (!line->n || line->part.kind == LL_PART_CHOICE) continue;
        const ll_layer *l = &b->network.layers[line->first];
        bool done = false;
        for (int i = 0; i < ll_layer_reads(l) && !done; i++) done = fuse_into(&f, k, l->in[i]);
    }
}

/* The cheaper of a line and the one that it is fused into is what gets lost in the other. */
static int absorbed(const ll_bill *bill, const double *ms, int k)
{
    int into = bill->lines[k].with;
    return ms[k] <= ms[into] ? k : into;
}

void ll_bill_fuse(ll_bill *bill, const double *ms)
{
    int by[LL_MAX_LAYERS + LL_MAX_POSITIONS]; /* the line whose fusion takes it away; -1 */
    for (int k = 0; k < bill->n; k++) by[k] = -1;
    for (int k = 0; k < bill->n; k++) {
        ll_bill_line *line = &bill->lines[k];
        line->saved_ms = 0;
        if (line->with < 0 || isnan(ms[k]) || isnan(ms[line->with])) continue;
        int lost = absorbed(bill, ms, k), other = by[lost];
        if (other >= 0 && bill->lines[other].gain >= line->gain) continue;
        if (other >= 0) bill->lines[other].saved_ms = 0;
        by[lost] = k;
        line->saved_ms = line->gain * ms[lost];
    }
}

int ll_bill_absorbed(const ll_bill *bill, const double *ms, int k)
{
    return bill->lines[k].saved_ms > 0 ? absorbed(bill, ms, k) : -1;
}

/* What is saved of lines that have a row. */
static void take_off(ll_bill *bill)
{
    double ms[LL_MAX_LAYERS + LL_MAX_POSITIONS] = {0};
    for (int k = 0; k < bill->n; k++) ms[k] = bill->lines[k].row ? bill->lines[k].row->ms : NAN;
    ll_bill_fuse(bill, ms);
    for (int k = 0; k < bill->n; k++) bill->ms -= bill->lines[k].saved_ms;
}

void ll_costs_bill(const ll_costs *c, const ll_space *space, const uint8_t *gene, ll_bill *out)
{
    billing b = {.c = c, .space = space, .bill = out};
    out->n = out->missing = 0;
    out->ms = 0;
    if (space->layers) b.network.n_layers = space->layers(space, gene, b.network.layers, LL_MAX_LAYERS);
    b.network.space = space;
    put_choices(&b, gene);
    for (int i = 0; i < b.network.n_layers;) {
        if (b.covered[i]) {
            i++;
            continue;
        }
        int n = put_several(&b, i);
        i += n ? n : put_one(&b, i);
    }
    if (!b.network.n_layers || !c->n_fusions) return;
    fuse(&b);
    take_off(out);
}
