#include "core/space/own/listing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { STATES = 1 << 18 };

/* Sets of positions, a bit each. */
typedef uint64_t set;
static set bit(int position)
{
    return (set)1 << position;
}

/* What a choice rules out, and what goes with a position that is not there. */
typedef struct plan {
    int n, order[LL_MAX_POSITIONS], n_choices[LL_MAX_POSITIONS];
    set out[LL_MAX_POSITIONS][LL_MAX_OPS], all[LL_MAX_POSITIONS];
} plan;

/* Before the position order[i] is gone through: what may be ruled out by then (ascending), and how many ways there are to go
 * on from there. */
typedef struct level {
    int n;
    set *out;
    double *ways;
} level;

struct ll_listing {
    plan p;
    level levels[LL_MAX_POSITIONS + 1];
};

/* --- orders --- */

static void read_rules(plan *p, const int *n_choices, int n, const ll_rule *rules, int n_rules)
{
    p->n = n;
    memcpy(p->n_choices, n_choices, (size_t)n * sizeof *n_choices);
    for (int i = 0; i < n_rules; i++) {
        const ll_rule *r = &rules[i];
        p->all[r->on] |= bit(r->position);
        for (int c = 0; c < n_choices[r->on]; c++)
            if (!(r->allowed >> c & 1)) p->out[r->on][c] |= bit(r->position);
    }
}

/* The place of the last of those that a position hangs on, -1: it hangs on none; p->n: one of them is not gone through. */
static int last_parent(const plan *p, const int *place, int position)
{
    int last = -1;
    for (int on = 0; on < p->n; on++)
        if (p->all[on] & bit(position) && last < (place[on] < 0 ? p->n : place[on]))
            last = place[on] < 0 ? p->n : place[on];
    return last;
}

/* Positions that can be next, the first of them; or, `near`, the one that hangs on what came last, which keeps what is open
 * few, whatever the order in the file. */
static void choose_order(plan *p, bool near)
{
    int place[LL_MAX_POSITIONS];
    for (int i = 0; i < p->n; i++) place[i] = -1;
    for (int i = 0; i < p->n; i++) {
        int best = -1, latest = -2;
        for (int position = 0; position < p->n; position++) {
            int last = place[position] < 0 ? last_parent(p, place, position) : p->n;
            if (last == p->n || (best >= 0 && (!near || last <= latest))) continue;
            best = position;
            latest = last;
        }
        p->order[i] = best;
        place[best] = i;
    }
}

/* --- states --- */

static set without(const plan *p, int position, set out)
{
    return (out & ~bit(position)) | p->all[position];
}

static int compare(const void *a, const void *b)
{
    set x = *(const set *)a, y = *(const set *)b;
    return (x > y) - (x < y);
}

static int sort_once(set *v, int n)
{
    int kept = 0;
    qsort(v, (size_t)n, sizeof *v, compare);
    for (int i = 0; i < n; i++)
        if (!kept || v[kept - 1] != v[i]) v[kept++] = v[i];
    return kept;
}

static void go_on(const plan *p, int position, const level *from, level *to)
{
    to->out = LL_NEW_ARRAY(set, (size_t)from->n * (size_t)p->n_choices[position]);
    for (int i = 0; i < from->n; i++) {
        set out = from->out[i];
        if (out & bit(position))
            to->out[to->n++] = without(p, position, out);
        else
            for (int c = 0; c < p->n_choices[position]; c++) to->out[to->n++] = out | p->out[position][c];
    }
    to->n = sort_once(to->out, to->n);
    to->out = ll_realloc(to->out, (size_t)to->n, sizeof *to->out);
}

static double ways_on(const level *l, set out)
{
    const set *at = bsearch(&out, l->out, (size_t)l->n, sizeof out, compare);
    return l->ways[at - l->out];
}

static void count_level(const plan *p, int position, level *l, const level *next)
{
    l->ways = LL_NEW_ARRAY(double, l->n);
    for (int i = 0; i < l->n; i++) {
        set out = l->out[i];
        if (out & bit(position)) {
            l->ways[i] = ways_on(next, without(p, position, out));
            continue;
        }
        for (int c = 0; c < p->n_choices[position]; c++)
            l->ways[i] += ways_on(next, out | p->out[position][c]);
    }
}

static bool count(ll_listing *l)
{
    const plan *p = &l->p;
    int states = 0;
    l->levels[0] = (level){1, LL_NEW_ARRAY(set, 1), NULL};
    for (int i = 0; i < p->n; i++) {
        go_on(p, p->order[i], &l->levels[i], &l->levels[i + 1]);
        states += l->levels[i + 1].n;
        if (states > STATES) return false;
    }
    l->levels[p->n].ways = LL_NEW_ARRAY(double, 1); /* nothing is open any more: one state, one way */
    l->levels[p->n].ways[0] = 1;
    for (int i = p->n - 1; i >= 0; i--) count_level(p, p->order[i], &l->levels[i], &l->levels[i + 1]);
    return true;
}

/* NULL: too tangled. */
static ll_listing *counted(const int *n_choices, int n, const ll_rule *rules, int n_rules, bool near)
{
    ll_listing *l = LL_NEW(ll_listing);
    read_rules(&l->p, n_choices, n, rules, n_rules);
    choose_order(&l->p, near);
    if (count(l)) return l;
    ll_listing_free(l);
    return NULL;
}

double ll_count_archs(const int *n_choices, int n, const ll_rule *rules, int n_rules)
{
    ll_listing *l = counted(n_choices, n, rules, n_rules, true);
    double ways = l ? l->levels[0].ways[0] : NAN;
    ll_listing_free(l);
    return ways;
}

/* --- by index --- */

ll_listing *ll_listing_new(const int *n_choices, int n, const ll_rule *rules, int n_rules)
{
    if (!(ll_count_archs(n_choices, n, rules, n_rules) <= LL_MOST_LISTED)) return NULL;
    return counted(n_choices, n, rules, n_rules, false);
}

void ll_listing_free(ll_listing *l)
{
    for (int i = 0; l && i <= l->p.n; i++) {
        free(l->levels[i].out);
        free(l->levels[i].ways);
    }
    free(l);
}

int ll_listing_count(const ll_listing *l)
{
    return (int)l->levels[0].ways[0];
}

int ll_listing_index(const ll_listing *l, const uint8_t *gene)
{
    const plan *p = &l->p;
    double index = 0;
    set out = 0;
    for (int i = 0; i < p->n; i++) {
        int position = p->order[i];
        if (out & bit(position)) {
            out = without(p, position, out);
            continue;
        }
        if (gene[position] >= p->n_choices[position]) return -1;
        for (int c = 0; c < gene[position]; c++)
            index += ways_on(&l->levels[i + 1], out | p->out[position][c]);
        out |= p->out[position][gene[position]];
    }
    return (int)index;
}

/* The choice whose architectures the index is among; *index is within them afterwards. */
static int choice_at(const level *next, const plan *p, int position, set out, double *index)
{
    for (int c = 0;; c++) {
        double ways = ways_on(next, out | p->out[position][c]);
        if (*index < ways) return c;
        *index -= ways;
    }
}

bool ll_listing_at(const ll_listing *l, int index, uint8_t *gene)
{
    const plan *p = &l->p;
    double rest = index;
    set out = 0;
    if (index < 0 || index >= ll_listing_count(l)) return false;
    for (int i = 0; i < p->n; i++) {
        int position = p->order[i];
        bool there = !(out & bit(position));
        int choice = there ? choice_at(&l->levels[i + 1], p, position, out, &rest) : 0;
        gene[position] = (uint8_t)choice;
        out = there ? out | p->out[position][choice] : without(p, position, out);
    }
    return true;
}
