#include "core/costs/costs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { NUMBER_MOST = 1 << 20 };

ll_costs *ll_costs_new(const ll_space *space)
{
    ll_costs *c = LL_NEW(ll_costs);
    c->refs = 1;
    c->space = space;
    return c;
}

ll_costs *ll_costs_ref(const ll_costs *c)
{
    ll_costs *own = (ll_costs *)c; /* the count is the only part that ever changes */
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_costs_unref(ll_costs *c)
{
    if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL)) return;
    free(c->rows);
    free(c->by_choice);
    free(c);
}

/* --- building --- */

static ll_status check_choice(const ll_costs *c, const ll_part *p, ll_error *e)
{
    int position = p->v[LL_PART_POSITION];
    if (!c->space) return ll_fail(e, LL_BAD_DATA, "a cost of a choice, and no search space is known");
    if (position >= c->space->n_positions || p->v[LL_PART_OPERATION] >= ll_space_choices(c->space, position))
        return ll_fail(e, LL_BAD_DATA, "%s has no such choice", c->space->name);
    return LL_OK;
}

static ll_status check_part(const ll_costs *c, const ll_part *p, ll_error *e)
{
    const char *kind = ll_part_kind_name((int)p->kind);
    if (!kind) return ll_fail(e, LL_BAD_DATA, "%d is no kind of part", (int)p->kind);
    int least = p->kind == LL_PART_CHOICE ? 0 : 1;
    for (int f = 0; f < LL_PART_FIELDS; f++) {
        int x = p->v[f], from = f == LL_PART_ACT || f == LL_PART_WITH_SE || f == LL_PART_RESIDUAL ? 0 : least;
        if (x == LL_ANY && ll_part_needs(p->kind, f))
            return ll_fail(e, LL_BAD_DATA, "%s without %s", kind, ll_part_field_name(f));
        if (x != LL_ANY && !ll_part_has(p->kind, f))
            return ll_fail(e, LL_BAD_DATA, "%s of %s: it has none", ll_part_field_name(f), kind);
        if (x != LL_ANY && (x < from || x > NUMBER_MOST))
            return ll_fail(e, LL_BAD_DATA, "%s %d of %s is out of range", ll_part_field_name(f), x, kind);
    }
    return p->kind == LL_PART_CHOICE ? check_choice(c, p, e) : LL_OK;
}

static ll_status check_cost(const ll_cost_row *r, ll_error *e)
{
    if (!isfinite(r->ms) || r->ms < 0)
        return ll_fail(e, LL_BAD_DATA, "cost %g: a number from 0 was expected", r->ms);
    if (!isnan(r->std_ms) && (!isfinite(r->std_ms) || r->std_ms < 0))
        return ll_fail(e, LL_BAD_DATA, "standard deviation %g: a number from 0 was expected", r->std_ms);
    return r->count < 0 ? ll_fail(e, LL_BAD_DATA, "%d runs", r->count) : LL_OK;
}

ll_status ll_costs_add(ll_costs *c, const ll_cost_row *row, ll_error *e)
{
    ll_status s = check_part(c, &row->part, e);
    if (!s) s = check_cost(row, e);
    if (!s && c->n == LL_COSTS_MOST) s = ll_fail(e, LL_BAD_DATA, "more than %d rows", LL_COSTS_MOST);
    if (s) return s;
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->rows = ll_realloc(c->rows, (size_t)c->cap, sizeof *c->rows);
    }
    c->rows[c->n++] = *row;
    return LL_OK;
}

/* --- sealing --- */

static int compare_rows(const void *a, const void *b)
{
    const ll_cost_row *x = a, *y = b;
    int order = ll_part_compare(&x->part, &y->part);
    if (order) return order;
    return x->ms < y->ms ? -1 : x->ms > y->ms; /* so that the sum does not depend on the order of files */
}

/* n rows of one part. */
static ll_cost_row joint(const ll_cost_row *r, int n)
{
    ll_cost_row out = r[0];
    double weight = 0, sum = 0, squares = 0;
    long count = 0;
    if (n == 1) return out;
    for (int i = 0; i < n; i++) {
        double w = r[i].count ? r[i].count : 1;
        weight += w;
        sum += w * r[i].ms;
        squares += w * (r[i].ms * r[i].ms + r[i].std_ms * r[i].std_ms); /* NaN where one is not known */
        count += r[i].count;
    }
    out.ms = sum / weight;
    out.std_ms = sqrt(fmax(0, squares / weight - out.ms * out.ms));
    if (isnan(squares)) out.std_ms = NAN;
    out.count = count > NUMBER_MOST ? NUMBER_MOST : (int)count;
    return out;
}

static int join_equal(ll_costs *c)
{
    int kept = 0;
    for (int i = 0, n; i < c->n; i += n) {
        for (n = 1; i + n < c->n && !ll_part_compare(&c->rows[i].part, &c->rows[i + n].part); n++)
            ;
        c->rows[kept++] = joint(&c->rows[i], n);
    }
    int gone = c->n - kept;
    c->n = kept;
    return gone;
}

static void find_rates(ll_costs *c)
{
    double ms[LL_PART_KINDS] = {0}, macs[LL_PART_KINDS] = {0};
    for (int i = 0; i < c->n; i++) {
        const ll_cost_row *r = &c->rows[i];
        double m = ll_part_macs(&r->part);
        if (m <= 0) continue;
        ms[r->part.kind] += r->ms;
        macs[r->part.kind] += m;
        ms[LL_PART_CHOICE] += r->ms;
        macs[LL_PART_CHOICE] += m;
    }
    for (int k = 0; k < LL_PART_KINDS; k++) c->rate[k] = macs[k] > 0 ? ms[k] / macs[k] : NAN;
}

static void find_choices(ll_costs *c)
{
    if (!c->space) return;
    c->by_choice = LL_NEW_ARRAY(bool, c->space->n_positions);
    for (int i = 0; i < c->n; i++)
        if (c->rows[i].part.kind == LL_PART_CHOICE) c->by_choice[c->rows[i].part.v[LL_PART_POSITION]] = true;
}

void ll_costs_seal(ll_costs *c, int *joined)
{
    if (c->n) qsort(c->rows, (size_t)c->n, sizeof *c->rows, compare_rows);
    int gone = join_equal(c);
    if (joined) *joined = gone;
    find_rates(c);
    find_choices(c);
}

/* --- asking --- */

const ll_cost_row *ll_costs_find(const ll_costs *c, const ll_part *part)
{
    const ll_cost_row *best = NULL;
    int from = 0, to = c->n, said = -1;
    while (from < to) {
        int middle = from + (to - from) / 2;
        if (ll_part_compare_needed(&c->rows[middle].part, part) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (int i = from; i < c->n && !ll_part_compare_needed(&c->rows[i].part, part); i++) {
        const ll_cost_row *r = &c->rows[i];
        if (!ll_part_matches(&r->part, part) || ll_part_said(&r->part) <= said) continue;
        best = r;
        said = ll_part_said(&r->part);
    }
    return best;
}

double ll_costs_guess(const ll_costs *c, const ll_part *part)
{
    double rate = c->rate[part->kind];
    if (isnan(rate)) rate = c->rate[LL_PART_CHOICE];
    return isnan(rate) ? 0 : rate * ll_part_macs(part);
}

/* --- bills --- */

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
    bill->lines[bill->n++] = (ll_bill_line){*part, first, n, position, row};
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
}
