/* A table of layer costs: what parts of networks (core/costs/part.h) cost on one device, timed one by one. The one notion
 * behind the look-up tables of ProxylessNAS (arXiv 1812.00332) and Once-for-All (1908.09791), nn-Meter's kernels
 * (MobiSys 2021), HW-NAS-Bench's blocks (2103.10584), a user's cost of each operation, and what `measure layers` times here.
 *
 * The bill of an architecture prices each part of its network by the row that says most among those that match: a choice
 * where the table prices choices, else the longest part of several layers that it has, else single layers. Parts without
 * a row are on the bill as missing: a block as one part where the table has blocks, and none of its layers. Where the table
 * says that two kinds fuse, a part that alone reads what the one before it makes is done with it, and the cheaper of the two
 * costs less by the rule's gain (core/costs/kernel.h); a part is done with one part at most on each side. In a chain what is
 * cheaper than both its neighbours gets lost in one of them only, where more is saved: no cost is taken off twice.
 *
 * Built by one owner, sealed, from then on immutable and reference-counted: any thread may ask. */
#ifndef LL_COSTS_COSTS_H
#define LL_COSTS_COSTS_H

#include "core/costs/kernel.h"

typedef struct ll_cost_row {
    ll_part part;
    double ms, std_ms; /* std: NaN where unknown; of a device that measures another quantity, in its unit */
    int count;         /* runs behind them; 0: not known */
} ll_cost_row;

typedef struct ll_costs {
    int refs;              /* atomic */
    const ll_space *space; /* whose choices rows may be about; NULL: none is */
    ll_cost_row *rows;     /* (n) ascending once sealed */
    int n, cap;
    double rate[LL_PART_KINDS]; /* ms a multiply-add over the rows of a kind; of LL_PART_CHOICE: over all */
    bool *by_choice;            /* (positions) does the table price what is chosen there? */
    ll_fusion *fusions; /* (n_fusions) by kinds: what was found of this engine; none: it was not asked */
    int n_fusions;
    char *settings; /* of what timed it, "engine=onednn dtype=f32 ..."; NULL: not known */
} ll_costs;

enum { LL_COSTS_MOST = 100000 }; /* rows */

ll_costs *ll_costs_new(const ll_space *space);
/* Checks the row: every number its kind needs, in range; cost finite and not negative. LL_BAD_DATA: a sentence without a place. */
ll_status ll_costs_add(ll_costs *c, const ll_cost_row *row, ll_error *e);
/* LL_BAD_DATA: those two kinds have a rule already. */
ll_status ll_costs_add_fusion(ll_costs *c, const ll_fusion *f, ll_error *e);
/* What timed the rows, as a note says: its words from "engine=" to a '(' or the end of the line. A note without them, or
 * NULL, says nothing. LL_BAD_DATA: the rows before were timed otherwise. */
ll_status ll_costs_timed_by(ll_costs *c, const char *note, ll_error *e);
/* The rule of these two kinds of kernels; NULL: none. */
const ll_fusion *ll_costs_fusion(const ll_costs *c, int before, int after);
/* Sorts. Rows of one part become one: means weighted by their counts, deviations around the joint mean. *joined (may be
 * NULL) counts the rows that went away so. */
void ll_costs_seal(ll_costs *c, int *joined);
ll_costs *ll_costs_ref(const ll_costs *c);
void ll_costs_unref(ll_costs *c); /* NULL is fine */

/* The row that says most of those that match; NULL: none. */
const ll_cost_row *ll_costs_find(const ll_costs *c, const ll_part *part);
/* A guess at a part without a row: its multiply-adds at the rate of the rows of its kind, else of all rows. */
double ll_costs_guess(const ll_costs *c, const ll_part *part);

typedef struct ll_bill_line {
    ll_part part;
    int first, n;           /* layers of the network; n 0: of a choice whose layers are not known */
    int position;           /* the first that its layers come from; -1: fixed */
    const ll_cost_row *row; /* NULL: the table has none */
    int with;               /* line that it is fused into; -1: none */
    double gain;            /* of that rule, at most 1 */
    double saved_ms;        /* by it, where both have a cost that no other fusion has taken off */
} ll_bill_line;
typedef struct ll_bill {
    int n, missing; /* copies without a row are free, and not missing */
    double ms;      /* of the lines that have a row, less what is saved */
    ll_bill_line lines[LL_MAX_LAYERS + LL_MAX_POSITIONS];
} ll_bill;
/* c->space must be that of the gene unless it is NULL. */
void ll_costs_bill(const ll_costs *c, const ll_space *space, const uint8_t *gene, ll_bill *out);
/* saved_ms of all lines anew where they cost ms (n; NaN: not known); sums of the bill stay as they are. Never more than a
 * line's own cost is taken off it. */
void ll_bill_fuse(ll_bill *bill, const double *ms);
/* Of these costs the line that the fusion of line k takes something off, k or the one before; -1: it saves nothing. */
int ll_bill_absorbed(const ll_bill *bill, const double *ms, int k);

/* The parts that Once-for-All's tables have of these architectures (genes: (n, positions)): blocks, a mean with its
 * classifier, single layers; each by its own row or as the sum of its layers'. A sealed table; parts that are not priced
 * are not in it. */
ll_costs *ll_costs_regroup(const ll_costs *c, const ll_space *space, const uint8_t *genes, int n);

#endif
