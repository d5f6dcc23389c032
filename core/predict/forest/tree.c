#include "core/predict/forest/tree.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/sort.h"

/* --- data --- */

void ll_tree_data_init(ll_tree_data *d, const double *x, int n, int dim)
{
    double *column = LL_NEW_ARRAY(double, n);
    *d = (ll_tree_data){.n = n, .dim = dim, .x = x, .varied = LL_NEW_ARRAY(int, dim + 1)};
    d->order = LL_NEW_ARRAY(int, (size_t)dim *(size_t)n + 1);
    for (int c = 0; c < dim; c++) {
        bool varies = false;
        for (int i = 0; i < n; i++) {
            column[i] = x[(size_t)i * (size_t)dim + (size_t)c];
            varies |= column[i] != column[0];
        }
        if (!varies) continue;
        ll_sort_order(column, n, d->order + (size_t)d->n_varied * (size_t)n);
        d->varied[d->n_varied++] = c;
    }
    free(column);
}

void ll_tree_data_free(ll_tree_data *d)
{
    free(d->varied);
    free(d->order);
    *d = (ll_tree_data){0};
}

static double at(const ll_tree_data *d, int row, int column)
{
    return d->x[(size_t)row * (size_t)d->dim + (size_t)column];
}

/* --- growing --- */

typedef struct growth {
    const ll_tree_data *data;
    const double *y;
    const int *count;
    const ll_tree_rule *rule;
    ll_rng *rng;
    ll_tree *tree;
    int *node_of;     /* (n) the node that a row has come to */
    int *depth;       /* (nodes) */
    int *all, *drawn; /* (n_varied) numbers of varied columns; those that a split looks at */
} growth;

typedef struct mass {
    double n, sum, square;
} mass;

static void add(mass *m, double n, double y)
{
    m->n += n;
    m->sum += n * y;
    m->square += n * y * y;
}

static mass mass_of(const growth *g, int node)
{
    mass m = {0};
    for (int i = 0; i < g->data->n; i++)
        if (g->node_of[i] == node && g->count[i]) add(&m, g->count[i], g->y[i]);
    return m;
}

typedef struct split {
    double gain, threshold;
    int column; /* -1: none */
} split;

/* Between two neighbours, and never the upper one itself: that goes to the right. */
static double middle(double low, double high)
{
    double m = low + (high - low) / 2;
    return m < high ? m : low;
}

/* The best place in one column, where it is better than what there is. */
static void try_column(const growth *g, int node, const mass *all, int varied, split *best)
{
    const ll_tree_data *d = g->data;
    const int *order = d->order + (size_t)varied * (size_t)d->n;
    int column = d->varied[varied], last = -1;
    mass left = {0};
    for (int i = 0; i < d->n; i++) {
        int row = order[i];
        if (g->node_of[row] != node || !g->count[row]) continue;
        double right = all->n - left.n;
        if (last >= 0 && left.n >= g->rule->leaf && right >= g->rule->leaf &&
            at(d, row, column) > at(d, last, column)) {
            double rest = all->sum - left.sum;
            double gain = left.sum * left.sum / left.n + rest * rest / right - all->sum * all->sum / all->n;
            if (gain > best->gain)
                *best = (split){gain, middle(at(d, last, column), at(d, row, column)), column};
        }
        add(&left, g->count[row], g->y[row]);
        last = row;
    }
}

static split best_split(const growth *g, int node, const mass *all)
{
    int n = g->data->n_varied, looked_at = (int)ceil(g->rule->features * n);
    split best = {1e-12 * all->square, 0, -1}; /* less is rounding */
    if (g->depth[node] >= g->rule->depth || all->n < 2 * g->rule->leaf || !n) return best;
    looked_at = looked_at < 1 ? 1 : looked_at > n ? n : looked_at;
    ll_rng_sample(g->rng, g->all, n, looked_at, g->drawn);
    for (int i = 0; i < looked_at; i++) try_column(g, node, all, g->drawn[i], &best);
    return best;
}

static void divide(growth *g, int node, const split *s)
{
    int child = g->tree->n;
    g->tree->n += 2;
    g->tree->node[node].feature = s->column;
    g->tree->node[node].threshold = s->threshold;
    g->tree->node[node].child = child;
    g->depth[child] = g->depth[child + 1] = g->depth[node] + 1;
    for (int i = 0; i < g->data->n; i++)
        if (g->node_of[i] == node) g->node_of[i] = child + (at(g->data, i, s->column) > s->threshold);
}

void ll_tree_grow(const ll_tree_data *d, const double *y, const int *count, const ll_tree_rule *rule,
                  ll_rng *rng, ll_tree *out)
{
    int most = 2 * d->n; /* nodes: every leaf holds a row, and there is one leaf more than splits */
    growth g = {.data = d, .y = y, .count = count, .rule = rule, .rng = rng, .tree = out};
    *out = (ll_tree){1, LL_NEW_ARRAY(ll_tree_node, most)};
    g.node_of = LL_NEW_ARRAY(int, d->n);
    g.depth = LL_NEW_ARRAY(int, most);
    g.all = LL_NEW_ARRAY(int, d->n_varied + 1);
    g.drawn = LL_NEW_ARRAY(int, d->n_varied + 1);
    for (int i = 0; i < d->n_varied; i++) g.all[i] = i;
    for (int node = 0; node < out->n; node++) {
        mass m = mass_of(&g, node);
        split s = best_split(&g, node, &m);
        out->node[node] = (ll_tree_node){.feature = -1, .value = m.sum / m.n};
        if (s.column >= 0) divide(&g, node, &s);
    }
    free(g.node_of);
    free(g.depth);
    free(g.all);
    free(g.drawn);
}

double ll_tree_value(const ll_tree *t, const double *row)
{
    const ll_tree_node *v = t->node;
    while (v->feature >= 0) v = t->node + v->child + (row[v->feature] > v->threshold);
    return v->value;
}

void ll_tree_free(ll_tree *t)
{
    free(t->node);
    *t = (ll_tree){0};
}
