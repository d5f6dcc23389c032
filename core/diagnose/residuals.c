/* Where are the predictions wrong? Measured minus predicted, by what the architectures have in common. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/diagnose/diagnose.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/space/kinds.h"

enum { WORST = 5, FIFTHS = 5, LEAST_ROWS = 10, LEAST_GROUP = 5 };

const char *ll_residual_by_name(ll_residual_by by)
{
    static const char *const names[] = {"operation", "position", "count", "depth", "flops"};
    return names[by];
}

/* Called skip, or the reference where nodes are what positions choose from. */
static bool is_idle(const ll_space *s, int node_op)
{
    return (!s->node_ops && node_op == ll_reference_op(s)) ||
           !strncmp(ll_space_node_op(s, node_op), "skip", 4);
}

/* Longest chain of operations that do something; operations 0 .. n-1 in the order of the graph's nodes, which
 * every space lists from input to output. */
int ll_depth(const ll_space *s, const uint8_t *gene)
{
    ll_graph g;
    int depth[LL_MAX_NODES] = {0};
    bool reached[LL_MAX_NODES] = {true};
    if (!s->graph || !s->graph(s, gene, LL_GRAPH_FULL, &g)) return 0;
    for (int j = 1; j < g.n_nodes; j++) {
        bool works = g.op[j] >= 0 && !is_idle(s, g.op[j]);
        bool dead = g.op[j] >= 0 && !strcmp(ll_space_node_op(s, g.op[j]), "none");
        for (int i = 0; i < j && !dead; i++) {
            if (!g.adj[i][j] || !reached[i]) continue;
            reached[j] = true;
            depth[j] = depth[i] + works > depth[j] ? depth[i] + works : depth[j];
        }
    }
    return depth[g.n_nodes - 1];
}

/* --- the residuals --- */

typedef struct residuals {
    const ll_dataset *d;
    ll_ints rows; /* scored ones */
    double *r, *measured;
    ll_residual_group *groups;
    int n_groups, cap;
} residuals;

static void collect(const ll_diagnosis *q, residuals *x)
{
    *x = (residuals){.d = q->data};
    ll_transfer_metrics(q->transfer, q->data, LL_PROTOCOL_FULL, .9, &x->rows);
    x->r = LL_NEW_ARRAY(double, x->rows.n + 1);
    x->measured = LL_NEW_ARRAY(double, x->rows.n + 1);
    for (int i = 0; i < x->rows.n; i++) {
        x->measured[i] = ll_latencies(q->data, q->device)[x->rows.v[i]];
        x->r[i] = x->measured[i] - q->transfer->lat_ms[x->rows.v[i]];
    }
}

/* Adds the group of rows with in[i]; groups of a few say nothing and are left out. */
static void add_group(residuals *x, ll_residual_group g, const bool *in)
{
    double *r = LL_NEW_ARRAY(double, x->rows.n + 1), latency = 0;
    for (int i = 0; i < x->rows.n; i++) {
        if (!in[i]) continue;
        latency += x->measured[i];
        r[g.n++] = x->r[i];
    }
    if (g.n >= LEAST_GROUP) {
        g.mean_ms = ll_mean(r, g.n);
        g.se_ms = ll_std(r, g.n) / sqrt(g.n);
        g.percent = latency > 0 ? 100 * g.mean_ms * g.n / latency : NAN;
        for (int i = 0; i < 3; i++) g.quartile[i] = ll_quantile(r, g.n, .25 * (i + 1));
        if (x->n_groups == x->cap) {
            x->cap = 2 * x->cap + 16;
            x->groups = ll_realloc(x->groups, (size_t)x->cap, sizeof *x->groups);
        }
        x->groups[x->n_groups++] = g;
    }
    free(r);
}

/* Operations of which several positions have the list: what one position alone chooses from is a group by that position. The
 * numbers of columns have nothing in common even so. */
static void by_operation(residuals *x, bool *in)
{
    const ll_space *s = x->d->space;
    ll_kinds kinds = ll_kinds_of(s);
    if (s->facts->columns) return;
    int *count = LL_NEW_ARRAY(int, (size_t)(x->rows.n + 1) * (size_t)kinds.n);
    for (int i = 0; i < x->rows.n; i++)
        ll_kinds_count(&kinds, s, ll_gene(x->d, x->rows.v[i]), count + (size_t)i * (size_t)kinds.n);
    for (int o = 0; o < kinds.n; o++) {
        int many = kinds.many[ll_kind_position(&kinds, s, o, NULL)];
        const int *of = count + o;
        if (many == 1 && s->n_positions > 1) continue;
        for (int i = 0; i < x->rows.n; i++) in[i] = of[(size_t)i * (size_t)kinds.n] > 0;
        add_group(x, (ll_residual_group){.by = LL_BY_OP, .op = o, .position = -1}, in);
        for (int c = 0; c <= many; c++) {
            for (int i = 0; i < x->rows.n; i++) in[i] = of[(size_t)i * (size_t)kinds.n] == c;
            add_group(x, (ll_residual_group){.by = LL_BY_COUNT, .op = o, .position = -1, .lo = c, .hi = c},
                      in);
        }
    }
    free(count);
}

/* The rows that have a position (its choice c), in `in`. */
static void with_choice(const residuals *x, const bool *there, int p, int c, bool *in)
{
    const ll_space *s = x->d->space;
    for (int i = 0; i < x->rows.n; i++)
        in[i] = there[(size_t)i * (size_t)s->n_positions + (size_t)p] && ll_gene(x->d, x->rows.v[i])[p] == c;
}

static void by_position(residuals *x, bool *in)
{
    const ll_space *s = x->d->space;
    size_t n = (size_t)x->rows.n * (size_t)s->n_positions;
    bool *there = LL_NEW_ARRAY(bool, n + 1);
    memset(there, true, n);
    for (int i = 0; i < x->rows.n && s->active; i++)
        s->active(s, ll_gene(x->d, x->rows.v[i]), there + (size_t)i * (size_t)s->n_positions);
    for (int p = 0; p < s->n_positions; p++)
        for (int c = 0; c < ll_space_choices(s, p); c++) {
            with_choice(x, there, p, c, in);
            add_group(x, (ll_residual_group){.by = LL_BY_POSITION, .op = c, .position = p}, in);
        }
    free(there);
}

static void by_depth(residuals *x, bool *in)
{
    int *depth = LL_NEW_ARRAY(int, x->rows.n + 1), most = 0;
    for (int i = 0; i < x->rows.n; i++) {
        depth[i] = ll_depth(x->d->space, ll_gene(x->d, x->rows.v[i]));
        most = depth[i] > most ? depth[i] : most;
    }
    for (int k = 0; k <= most; k++) {
        for (int i = 0; i < x->rows.n; i++) in[i] = depth[i] == k;
        add_group(x, (ll_residual_group){.by = LL_BY_DEPTH, .op = -1, .position = -1, .lo = k, .hi = k}, in);
    }
    free(depth);
}

static void by_flops(residuals *x, bool *in)
{
    int n = x->rows.n, *order = LL_NEW_ARRAY(int, n + 1);
    double *macs = LL_NEW_ARRAY(double, n + 1);
    bool known = true;
    for (int i = 0; i < n && known; i++) {
        ll_cost cost;
        known = ll_space_cost(x->d->space, ll_gene(x->d, x->rows.v[i]), &cost);
        if (known) macs[i] = cost.macs;
    }
    if (known) ll_sort_order(macs, n, order);
    for (int k = 0; k < FIFTHS && known; k++) {
        memset(in, 0, (size_t)n * sizeof *in);
        for (int i = n * k / FIFTHS; i < n * (k + 1) / FIFTHS; i++) in[order[i]] = true;
        add_group(x,
                  (ll_residual_group){.by = LL_BY_FLOPS, .op = -1, .position = -1, .lo = k + 1, .hi = k + 1},
                  in);
    }
    free(order);
    free(macs);
}

ll_status ll_diagnose_residuals(const ll_diagnosis *q, ll_residuals_report *out, ll_error *e)
{
    residuals x;
    collect(q, &x);
    *out = (ll_residuals_report){0};
    int n = x.rows.n;
    if (n >= LEAST_ROWS) {
        bool *in = LL_NEW_ARRAY(bool, n);
        by_operation(&x, in);
        by_position(&x, in);
        by_depth(&x, in);
        by_flops(&x, in);
        out->worst = ll_worst_rows(ll_latencies(q->data, q->device), q->transfer->lat_ms, x.rows.v, n, WORST);
        out->bias_ms = ll_mean(x.r, n);
        out->sd_ms = ll_std(x.r, n);
        out->groups = x.groups;
        out->n_groups = x.n_groups;
        free(in);
    }
    ll_ints_free(&x.rows);
    free(x.r);
    free(x.measured);
    return n >= LEAST_ROWS
               ? LL_OK
               : ll_fail(e, LL_FAILED, "%d latencies besides the samples are too few to judge residuals", n);
}

void ll_residuals_report_free(ll_residuals_report *r)
{
    free(r->groups);
    ll_ints_free(&r->worst);
    *r = (ll_residuals_report){0};
}
