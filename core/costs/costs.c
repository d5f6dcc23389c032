#include "core/costs/costs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/plausible.h"

enum { NUMBER_MOST = 1 << 20, SETTINGS_MOST = 200 };

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
    free(c->fusions);
    free(c->settings);
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
    if (ll_check_ms(r->ms, e)) return ll_fail_in(e, "cost: ");
    if (r->std_ms > LL_MOST_MS)
        return ll_fail(e, LL_BAD_DATA, "standard deviation %g: at most %g ms was expected", r->std_ms,
                       LL_MOST_MS);
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

ll_status ll_costs_add_fusion(ll_costs *c, const ll_fusion *f, ll_error *e)
{
    if (ll_costs_fusion(c, f->before, f->after))
        return ll_fail(e, LL_BAD_DATA, "%s+%s is given twice", ll_kernel_name(f->before),
                       ll_kernel_name(f->after));
    c->fusions = ll_realloc(c->fusions, (size_t)c->n_fusions + 1, sizeof *c->fusions);
    c->fusions[c->n_fusions++] = *f;
    return LL_OK;
}

ll_status ll_costs_timed_by(ll_costs *c, const char *note, ll_error *e)
{
    const char *at = note ? strstr(note, "engine=") : NULL;
    size_t n = at ? strcspn(at, "(\n") : 0;
    if (n > SETTINGS_MOST) n = SETTINGS_MOST;
    while (n && at[n - 1] == ' ') n--;
    if (!n) return LL_OK;
    if (c->settings && (strlen(c->settings) != n || memcmp(c->settings, at, n)))
        return ll_fail(e, LL_BAD_DATA, "timed with %.*s, and rows of the same table with %s", (int)n, at,
                       c->settings);
    if (!c->settings) c->settings = ll_strndup(at, n);
    return LL_OK;
}

const ll_fusion *ll_costs_fusion(const ll_costs *c, int before, int after)
{
    for (int i = 0; i < c->n_fusions; i++)
        if (c->fusions[i].before == before && c->fusions[i].after == after) return &c->fusions[i];
    return NULL;
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

static int compare_fusions(const void *a, const void *b)
{
    const ll_fusion *x = a, *y = b;
    return x->before != y->before ? x->before - y->before : x->after - y->after;
}

void ll_costs_seal(ll_costs *c, int *joined)
{
    if (c->n_fusions) qsort(c->fusions, (size_t)c->n_fusions, sizeof *c->fusions, compare_fusions);
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
