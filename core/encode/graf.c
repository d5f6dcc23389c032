/* GRAF (Kadlecova et al., "Surprisingly Strong Performance Prediction with Neural Graph Features", arXiv 2404.16551):
 * counts, path lengths and degrees within sets of operations. Values are as they are counted; columns may be constant.
 *
 * A cell has nine columns (below) for each set of operations: every single one in the space's order, every pair, all but
 * two, all but one, all; a set that comes twice is there once. Five operations make all 31 sets. What
 * really flows is the set of all but the cell's `none`, which is among them; paths within a set that has `none` are those
 * of the cell as it is drawn.
 *
 * An architecture without a cell is one path. It has a column for each choice: at how many of the positions that the
 * architecture has it stands; and where stages are known, the same within each stage. Positions with different lists of
 * choices (kernels, expansions) are counted apart. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/parts.h"

/* Of a set: positions in it; is there no path from input to output within it (1), and the shortest and longest that there
 * is (0: none); most of its positions on any path that goes through no `none` but the set's own; least and most positions of it into a node (but the input), and
 * out of a node (but the output). */
enum { COUNT, NO_PATH, SHORTEST, LONGEST, MOST_ON_PATH, IN_LEAST, IN_MOST, OUT_LEAST, OUT_MOST, PER_SET };

typedef struct graf {
    int n_sets;
    uint32_t *set; /* (n_sets) bit i: operation i */
    int *order; /* (n_positions) so that what leads to a node comes before what leads from it; cells only */
    /* (n_positions, n_ops) columns that a choice is counted in; within: -1, where stages are not known */
    int *overall, *within;
} graf;

static void release(void *state)
{
    graf *g = state;
    free(g->set);
    free(g->order);
    free(g->overall);
    free(g->within);
    free(g);
}

/* --- cells --- */

static void add_set(graf *g, uint32_t set)
{
    for (int i = 0; i < g->n_sets; i++)
        if (g->set[i] == set) return;
    if (set) g->set[g->n_sets++] = set;
}

static void add_pairs(graf *g, int ops, uint32_t flip)
{
    for (int a = 0; a < ops; a++)
        for (int b = a + 1; b < ops; b++) add_set(g, (1u << a | 1u << b) ^ flip);
}

static void list_sets(graf *g, int ops)
{
    uint32_t all = UINT32_MAX >> (32 - ops);
    g->set = LL_NEW_ARRAY(uint32_t, ops * (ops + 1) + 1);
    for (int a = 0; a < ops; a++) add_set(g, 1u << a);
    add_pairs(g, ops, 0);
    add_pairs(g, ops, all);
    for (int a = 0; a < ops; a++) add_set(g, 1u << a ^ all);
    add_set(g, all);
}

/* Positions lead from lower nodes to higher ones. */
static void order_positions(graf *g, const ll_space *s)
{
    int n = 0;
    g->order = LL_NEW_ARRAY(int, s->n_positions);
    for (int node = 0; node < s->facts->cell->n_nodes; node++)
        for (int p = 0; p < s->n_positions; p++)
            if (s->facts->cell->from[p] == node) g->order[n++] = p;
}

/* What is known of a node on the way through the cell. */
typedef struct node {
    int shortest, longest; /* to it within the set; -1: no path */
    int most;              /* of the set on any path to it; -1: no path */
    int in, out;
} node;

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void pass(const node *from, bool flows, bool member, node *to)
{
    if (flows && from->most >= 0) to->most = larger(to->most, from->most + member);
    if (!member) return;
    to->in++;
    if (from->longest < 0) return;
    to->longest = larger(to->longest, from->longest + 1);
    if (to->shortest < 0 || from->shortest + 1 < to->shortest) to->shortest = from->shortest + 1;
}

static void write_degrees(const node *v, int nodes, float *out)
{
    int in_least = v[1].in, in_most = in_least, out_least = v[0].out, out_most = out_least;
    for (int i = 1; i < nodes; i++) {
        in_least = v[i].in < in_least ? v[i].in : in_least;
        in_most = larger(in_most, v[i].in);
        out_least = v[i - 1].out < out_least ? v[i - 1].out : out_least;
        out_most = larger(out_most, v[i - 1].out);
    }
    out[IN_LEAST] = (float)in_least;
    out[IN_MOST] = (float)in_most;
    out[OUT_LEAST] = (float)out_least;
    out[OUT_MOST] = (float)out_most;
}

static void encode_set(const graf *g, const ll_space *s, const uint8_t *gene, uint32_t set, float *out)
{
    const ll_cell_graph *c = s->facts->cell;
    node v[LL_MAX_NODES];
    int count = 0;
    for (int i = 0; i < c->n_nodes; i++) v[i] = (node){.shortest = -1, .longest = -1, .most = -1};
    v[0].shortest = v[0].longest = v[0].most = 0;
    for (int i = 0; i < s->n_positions; i++) {
        int p = g->order[i];
        bool member = set >> gene[p] & 1;
        count += member;
        v[c->from[p]].out += member;
        pass(&v[c->from[p]], member || gene[p] != c->none, member, &v[c->to[p]]);
    }
    const node *end = &v[c->n_nodes - 1];
    out[COUNT] = (float)count;
    out[NO_PATH] = end->longest < 0;
    out[SHORTEST] = (float)larger(end->shortest, 0);
    out[LONGEST] = (float)larger(end->longest, 0);
    out[MOST_ON_PATH] = (float)larger(end->most, 0);
    write_degrees(v, c->n_nodes, out);
}

/* --- others --- */

static bool same_choices(const ll_space *s, int a, int b)
{
    if (ll_space_choices(s, a) != ll_space_choices(s, b)) return false;
    for (int i = 0; i < ll_space_choices(s, a); i++)
        if (strcmp(ll_space_choice(s, a, i), ll_space_choice(s, b, i))) return false;
    return true;
}

/* Gives the positions `from` .. `to` - 1 their columns, one for each choice of each list; returns the next free one. */
static int give_columns(const ll_space *s, int from, int to, int next, int *column)
{
    for (int p = from; p < to; p++) {
        int like = from;
        while (!same_choices(s, like, p)) like++;
        for (int i = 0; i < ll_space_choices(s, p); i++)
            column[p * s->n_ops + i] = like < p ? column[like * s->n_ops + i] : next++;
    }
    return next;
}

static int list_columns(graf *g, const ll_space *s)
{
    size_t n = (size_t)s->n_positions * (size_t)s->n_ops;
    g->overall = LL_NEW_ARRAY(int, n);
    g->within = LL_NEW_ARRAY(int, n);
    for (size_t i = 0; i < n; i++) g->overall[i] = g->within[i] = -1;
    int next = give_columns(s, 0, s->n_positions, 0, g->overall);
    for (int stage = 0, p = 0; stage < s->facts->n_stages; p += s->facts->stages[stage++])
        next = give_columns(s, p, p + s->facts->stages[stage], next, g->within);
    return next;
}

static void encode_choices(const graf *g, const ll_space *s, const uint8_t *gene, float *out)
{
    bool there[LL_MAX_POSITIONS];
    if (s->active) s->active(s, gene, there);
    for (int p = 0; p < s->n_positions; p++) {
        int choice = p * s->n_ops + gene[p];
        if (s->active && !there[p]) continue;
        out[g->overall[choice]]++;
        if (g->within[choice] >= 0) out[g->within[choice]]++;
    }
}

/* --- the record --- */

/* All that it knows follows from the space. Returns the number of columns. */
static int describe(const ll_space *s, void **state)
{
    graf *g = *state = LL_NEW(graf);
    if (!s->facts->cell) return list_columns(g, s);
    list_sets(g, s->n_ops);
    order_positions(g, s);
    return g->n_sets * PER_SET;
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    c->dim = describe(c->space, &c->state);
    return LL_OK;
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    const graf *g = c->state;
    for (int a = 0; a < archs->n; a++) {
        float *row = out + (size_t)a * (size_t)c->dim;
        for (int i = 0; i < g->n_sets; i++)
            encode_set(g, c->space, ll_arch(archs, a), g->set[i], row + PER_SET * i);
        if (!g->n_sets) encode_choices(g, c->space, ll_arch(archs, a), row);
    }
    return LL_OK;
}

static ll_status load(const ll_tensors *in, ll_encoder *c, ll_error *e)
{
    int dim = describe(c->space, &c->state);
    return dim == c->dim ? LL_OK
                         : ll_fail(e, LL_BAD_DATA, "graf has %d columns for %s, the file has %d", dim,
                                   c->space->name, c->dim);
}

const ll_encoding ll_encoding_graf = {
    .name = "graf",
    .summary = "counts, paths and degrees within sets of operations; counts of choices per stage",
    .fit = fit,
    .encode = encode,
    .release = release,
    .load = load,
};
