#include "core/device/ordering.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/num/sort.h"

/* --- average linkage --- */

typedef struct cluster {
    int id, size;
} cluster;

/* The closest two of the m living clusters; dist is (n, n) with the living ones first. */
static void closest(const double *dist, int n, int m, int *a, int *b)
{
    *a = 0;
    *b = 1;
    for (int i = 0; i < m; i++)
        for (int j = i + 1; j < m; j++)
            if (dist[i * n + j] < dist[*a * n + *b]) *a = i, *b = j;
}

/* Row and column a become the joint cluster's; the last living one moves into b's place. */
static void join(double *dist, cluster *live, int n, int m, int a, int b)
{
    double wa = live[a].size, wb = live[b].size;
    for (int k = 0; k < m; k++) {
        double d = (wa * dist[a * n + k] + wb * dist[b * n + k]) / (wa + wb);
        dist[a * n + k] = dist[k * n + a] = d;
    }
    for (int k = 0; k < m; k++) dist[b * n + k] = dist[(m - 1) * n + k];
    for (int k = 0; k < m; k++) dist[k * n + b] = dist[k * n + m - 1];
    live[b] = live[m - 1];
}

ll_linkage ll_linkage_average(const double *dist, int n)
{
    ll_linkage l = {n, LL_NEW_ARRAY(ll_merge, n)};
    double *d = ll_memdup(dist, (size_t)n * (size_t)n, sizeof *d);
    cluster *live = LL_NEW_ARRAY(cluster, n);
    for (int i = 0; i < n; i++) live[i] = (cluster){i, 1};
    for (int m = n; m > 1; m--) {
        int a, b;
        closest(d, n, m, &a, &b);
        int x = live[a].id, y = live[b].id, size = live[a].size + live[b].size;
        l.merges[n - m] = (ll_merge){x < y ? x : y, x < y ? y : x, d[a * n + b], size};
        join(d, live, n, m, a, b);
        live[a] = (cluster){2 * n - m, size};
    }
    free(d);
    free(live);
    return l;
}

/* The cluster that a leaf or a merge has ended in. */
static int root_of(const int *into, int node)
{
    while (into[node] != node) node = into[node];
    return node;
}

/* Rounding must not part what lies at the height itself. */
static const double SAME_HEIGHT = 1e-12;

int ll_linkage_cut(const ll_linkage *l, int groups, double height, const int *order, int *group)
{
    int *into = LL_NEW_ARRAY(int, 2 * l->n + 1), *number = LL_NEW_ARRAY(int, 2 * l->n + 1), found = 0;
    for (int i = 0; i < 2 * l->n; i++) into[i] = i, number[i] = -1;
    for (int m = 0; m + 1 < l->n; m++) {
        bool joined = groups > 0 ? m < l->n - groups : l->merges[m].height <= height + SAME_HEIGHT;
        if (joined) into[l->merges[m].a] = into[l->merges[m].b] = l->n + m;
    }
    for (int i = 0; i < l->n; i++) {
        int root = root_of(into, order[i]);
        if (number[root] < 0) number[root] = found++;
        group[order[i]] = number[root];
    }
    free(number);
    free(into);
    return found;
}

void ll_linkage_free(ll_linkage *l)
{
    free(l->merges);
    *l = (ll_linkage){0};
}

/* --- optimal leaf order --- */

/* Leaves of a node are leaf[start] .. leaf[end-1], those of its first child before those of its second,
 * so membership is a comparison of places. cost[u][w] is the least length of the leaves of the node
 * where u and w part, with u at one end and w at the other; (left, right)[u][w] are the leaves that meet
 * in the middle. */
typedef struct tree {
    const ll_linkage *l;
    const double *dist;
    int *leaf, *place, *start, *middle, *end; /* the last three by node, 0 .. 2n-2 */
    double *cost;
    int *left, *right;
} tree;

static int lay_out(tree *t, int node, int at)
{
    int n = t->l->n;
    t->start[node] = at;
    if (node < n) {
        t->leaf[at] = node;
        t->place[node] = at;
        t->middle[node] = at;
        return t->end[node] = at + 1;
    }
    const ll_merge *m = &t->l->merges[node - n];
    t->middle[node] = lay_out(t, m->a, at);
    return t->end[node] = lay_out(t, m->b, t->middle[node]);
}

/* Leaves that can be at the other end of `node` when u is at one: itself in a leaf, else the
 * other child's. */
static void other_end(const tree *t, int node, int u, int *from, int *to)
{
    bool alone = node < t->l->n, first = t->place[u] < t->middle[node];
    *from = alone || !first ? t->start[node] : t->middle[node];
    *to = alone || first ? t->end[node] : t->middle[node];
}

static double end_cost(const tree *t, int u, int m)
{
    return u == m ? 0 : t->cost[u * t->l->n + m];
}

/* reach[k]: the least length of child a's leaves from u to some end m, plus the step from m to k in
 * child b. */
static void reach_over(const tree *t, int a, int b, int u, double *reach, int *via)
{
    int from, to;
    other_end(t, a, u, &from, &to);
    for (int p = t->start[b]; p < t->end[b]; p++) {
        int k = t->leaf[p];
        reach[k] = INFINITY;
        for (int q = from; q < to; q++) {
            int m = t->leaf[q];
            double c = end_cost(t, u, m) + t->dist[m * t->l->n + k];
            if (c < reach[k]) reach[k] = c, via[k] = m;
        }
    }
}

static void finish_at(tree *t, int b, int u, int w, const double *reach, const int *via)
{
    int n = t->l->n, from, to;
    double best = INFINITY;
    other_end(t, b, w, &from, &to);
    for (int p = from; p < to; p++) {
        int k = t->leaf[p];
        double c = reach[k] + end_cost(t, k, w);
        if (c >= best) continue;
        best = c;
        t->left[u * n + w] = t->right[w * n + u] = via[k];
        t->right[u * n + w] = t->left[w * n + u] = k;
    }
    t->cost[u * n + w] = t->cost[w * n + u] = best;
}

static void solve_node(tree *t, int node, double *reach, int *via)
{
    const ll_merge *m = &t->l->merges[node - t->l->n];
    for (int p = t->start[m->a]; p < t->end[m->a]; p++) {
        reach_over(t, m->a, m->b, t->leaf[p], reach, via);
        for (int q = t->start[m->b]; q < t->end[m->b]; q++)
            finish_at(t, m->b, t->leaf[p], t->leaf[q], reach, via);
    }
}

/* Writes the leaves of `node` from u to w; returns where the next leaf goes. */
static int *emit(const tree *t, int node, int u, int w, int *out)
{
    int n = t->l->n;
    if (node < n) {
        *out = node;
        return out + 1;
    }
    const ll_merge *m = &t->l->merges[node - n];
    bool forward = t->place[u] < t->middle[node];
    out = emit(t, forward ? m->a : m->b, u, t->left[u * n + w], out);
    return emit(t, forward ? m->b : m->a, t->right[u * n + w], w, out);
}

static void best_ends(const tree *t, int root, int *u, int *w)
{
    int n = t->l->n;
    *u = *w = -1;
    for (int p = t->start[root]; p < t->middle[root]; p++)
        for (int q = t->middle[root]; q < t->end[root]; q++) {
            int a = t->leaf[p], b = t->leaf[q];
            if (*u < 0 || t->cost[a * n + b] < t->cost[*u * n + *w]) *u = a, *w = b;
        }
    if (*u > *w) {
        int swap = *u;
        *u = *w;
        *w = swap;
    }
}

void ll_leaf_order(const ll_linkage *l, const double *dist, int *order)
{
    int n = l->n, root = 2 * n - 2, u, w;
    if (n < 2) {
        if (n == 1) order[0] = 0;
        return;
    }
    size_t pairs = (size_t)n * (size_t)n, nodes = 2 * (size_t)n;
    int *ints = LL_NEW_ARRAY(int, 2 * pairs + 3 * nodes + 3 * (size_t)n), *p = ints;
    double *reals = LL_NEW_ARRAY(double, pairs + (size_t)n);
    tree t = {l, dist, .left = p, .right = p + pairs, .start = p + 2 * pairs, .cost = reals};
    t.middle = t.start + nodes;
    t.end = t.middle + nodes;
    t.leaf = t.end + nodes;
    t.place = t.leaf + n;
    lay_out(&t, root, 0);
    for (int node = n; node <= root; node++) solve_node(&t, node, reals + pairs, t.place + n);
    best_ends(&t, root, &u, &w);
    emit(&t, root, u, w, order);
    free(ints);
    free(reals);
}

/* --- orders of a correlation matrix --- */

static const char *const names[] = {"cluster", "name", "file", "mean"};
enum { N_ORDERS = sizeof names / sizeof *names };

const char *ll_order_name(int o)
{
    return o >= 0 && o < N_ORDERS ? names[o] : NULL;
}

ll_order ll_order_find(const char *name)
{
    for (int i = 0; i < N_ORDERS; i++)
        if (name && !strcasecmp(name, names[i])) return (ll_order)i;
    return LL_ORDER_CLUSTER;
}

static double *distances(const ll_corr *c)
{
    int n = c->devices.n;
    double *dist = LL_NEW_ARRAY(double, (size_t)n *(size_t)n + 1);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double r = ll_corr_at(c, i, j);
            dist[i * n + j] = i == j ? 0 : isnan(r) ? 2 : 1 - r;
        }
    return dist;
}

static void order_by_mean(const ll_corr *c, int *order)
{
    int n = c->devices.n;
    double *minus_mean = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        int m = 0;
        for (int j = 0; j < n; j++) {
            double r = ll_corr_at(c, i, j);
            if (i == j || isnan(r)) continue;
            sum += r;
            m++;
        }
        minus_mean[i] = m ? -sum / m : INFINITY;
    }
    ll_sort_order(minus_mean, n, order);
    free(minus_mean);
}

static void order_by_name(const ll_corr *c, const ll_dataset *d, int *order)
{
    int n = c->devices.n;
    for (int i = 0; i < n; i++) {
        int at = i;
        const char *name = d->devices[c->devices.v[i]].name;
        for (; at && strverscmp(d->devices[c->devices.v[order[at - 1]]].name, name) > 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

void ll_corr_order(const ll_corr *c, const ll_dataset *d, ll_order how, int *order, ll_linkage *linkage)
{
    int n = c->devices.n;
    double *dist = distances(c);
    ll_linkage l = ll_linkage_average(dist, n);
    if (how == LL_ORDER_CLUSTER) ll_leaf_order(&l, dist, order);
    if (how == LL_ORDER_NAME) order_by_name(c, d, order);
    if (how == LL_ORDER_MEAN) order_by_mean(c, order);
    if (how == LL_ORDER_FILE)
        for (int i = 0; i < n; i++) order[i] = i;
    free(dist);
    if (linkage)
        *linkage = l;
    else
        ll_linkage_free(&l);
}
