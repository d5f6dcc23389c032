#include "core/costs/coverage.h"

#include "core/base/str.h"

static void name(ll_coverage *v, const ll_part *part)
{
    for (int i = 0; i < v->n_named; i++)
        if (!ll_part_compare(&v->named[i], part)) return;
    if (v->n_named < LL_COVERAGE_NAMED) v->named[v->n_named++] = *part;
}

void ll_costs_coverage(const ll_costs *c, const ll_space *space, const uint8_t *genes, int n,
                       ll_coverage *out)
{
    *out = (ll_coverage){.n = n};
    for (int i = 0; i < n; i++) {
        ll_bill bill;
        ll_costs_bill(c, space, genes + (size_t)i * (size_t)space->n_positions, &bill);
        out->parts += bill.n;
        out->missing += bill.missing;
        for (int k = 0; k < bill.n; k++)
            if (!bill.lines[k].row) name(out, &bill.lines[k].part);
    }
}

void ll_coverage_text(const ll_coverage *v, const ll_space *space, ll_str *out)
{
    if (!v->missing) return;
    ll_str_addf(out, "%ld of %ld parts of %d networks (%.1f %%) have no row", v->missing, v->parts, v->n,
                100. * (double)v->missing / (double)v->parts);
    for (int i = 0; i < v->n_named; i++) {
        ll_str_add(out, i ? ", " : ": ");
        ll_part_text(&v->named[i], space, out);
    }
    if (v->n_named == LL_COVERAGE_NAMED) ll_str_add(out, ", ...");
}
