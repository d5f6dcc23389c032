/* The DGF of the last layer. Only its mean over nodes 1 .. N-1 is wanted, and no ReLU comes between. With gates g that nodes of
 * one code c share, the sum over nodes i
 *     sum_i (g_i * sum_{j -> i} x_j W + x_i W + b) = sum_c g_c * (sum_{i of c} sum_{j -> i} x_j) W + (sum_i x_i) W + (N - 1) b,
 * so that rows are summed before they are multiplied: an item has as many products as it has codes that gather, and one of
 * its own. Of 6.6 rows of a cell that leaves 3.9, of 21.8 of FBNet's chain 10.3. */
#include <string.h>

#include "core/predict/nasflat/work.h"

enum { LAST = LL_NASFLAT_LAYERS - 1 };

static int n_gather(const ll_nasflat_work *k, int item)
{
    return k->g->n_gather[k->items[item].arch];
}

/* The sums of an item's rows x, added to its rows of flow; back: what these are of their gradients, added to those of x. */
static void add_sums(const ll_nasflat_work *k, int item, real *x, real *flow, bool back)
{
    const ll_nasflat_graphs *g = k->g;
    const int *row_of = ll_main_rows(k, LAST, item);
    size_t f = (size_t)k->l->shape.hidden, node = ll_nodes_at(k, item) + 1;
    for (int i = 1; i < g->n_nodes; i++, node++) {
        real *own = x + (size_t)row_of[i] * f, *code = flow + (1 + (size_t)g->local[node]) * f;
        ll_add_row(back ? own : flow, back ? flow : own, (int)f);
        for (int p = g->pred_at[node]; p < g->pred_at[node + 1]; p++) {
            real *other = x + (size_t)row_of[g->pred[p]] * f;
            ll_add_row(back ? other : code, back ? code : other, (int)f);
        }
    }
}

/* The first node from i on that has code c: codes that gather are numbered in the order of nodes. */
static int node_of(const ll_nasflat_work *k, int item, int c, int i)
{
    const uint8_t *local = k->g->local + ll_nodes_at(k, item);
    while (local[i] != c) i++;
    return i;
}

static const real *gate_of(const ll_nasflat_work *k, int item, int node)
{
    size_t slot = (size_t)k->plan.slot_of[item * k->plan.n_nodes + node];
    return k->main[LAST].gate[LL_DGF_HALF] + slot * (size_t)k->l->shape.hidden;
}

static void add_mean(const ll_nasflat_work *k, int item, const real *restrict bias)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden;
    real share = ll_mean_share(l, 1), whole = ll_mean_share(l, l->shape.n_nodes - 1);
    real *restrict y = k->head_in + (size_t)item * (size_t)l->head_in;
    const real *restrict row = k->flow + (size_t)k->plan.at.flow_at[item] * (size_t)f;
#pragma omp simd
    for (int j = 0; j < f; j++) y[j] += share * row[j] + whole * bias[j];
    for (int c = 0, node = 0; c < n_gather(k, item); c++) {
        node = node_of(k, item, c, node);
        const real *restrict gate = gate_of(k, item, node);
        row += f;
#pragma omp simd
        for (int j = 0; j < f; j++) y[j] += share * gate[j] * row[j];
    }
}

/* The gradients of a busy item's rows of flow take their place. */
static void mean_back(const ll_nasflat_work *k, int q, real *restrict dbias)
{
    const ll_nasflat_layout *l = k->l;
    int f = l->shape.hidden, item = k->busy.item[q];
    real share = ll_mean_share(l, 1), whole = ll_mean_share(l, l->shape.n_nodes - 1);
    const real *restrict d = k->dhead_in + (size_t)q * (size_t)l->head_in;
    real *restrict row = k->flow + (size_t)k->busy.at.flow_at[q] * (size_t)f;
#pragma omp simd
    for (int j = 0; j < f; j++) {
        row[j] = share * d[j];
        dbias[j] += whole * d[j];
    }
    for (int c = 0, node = 0; c < n_gather(k, item); c++) {
        node = node_of(k, item, c, node);
        const real *restrict gate = gate_of(k, item, node);
        real *restrict dgate = k->dgate[LL_DGF_HALF] + (size_t)ll_busy_slot(k, q, node) * (size_t)f;
        row += f;
#pragma omp simd
        for (int j = 0; j < f; j++) {
            dgate[j] += share * d[j] * row[j];
            row[j] = share * d[j] * gate[j];
        }
    }
}

void ll_nasflat_flow(ll_nasflat_work *k, const real *w)
{
    const ll_nasflat_layout *l = k->l;
    const ll_nasflat_conv *c = &l->conv[LAST];
    const int *at = k->plan.at.flow_at;
    int f = l->shape.hidden, rows = at[k->plan.n];
    memset(k->flow_in, 0, (size_t)rows * (size_t)f * sizeof *k->flow_in);
    for (int i = 0; i < k->plan.n; i++)
        add_sums(k, i, k->main[LAST - 1].out + ll_main_row_at(k, LAST, i) * (size_t)f,
                 k->flow_in + (size_t)at[i] * (size_t)f, false);
    ll_nasflat_linear(k, k->flow_in, rows, f, w + c->w.at, l->width, NULL, f, LL_ACT_NONE, k->flow);
    for (int i = 0; i < k->plan.n; i++) add_mean(k, i, w + c->dgf_bias.at);
}

void ll_nasflat_flow_back(ll_nasflat_work *k, const real *w, real *grad)
{
    const ll_nasflat_layout *l = k->l;
    const ll_nasflat_conv *c = &l->conv[LAST];
    const int *at = k->busy.at.flow_at;
    int f = l->shape.hidden, b = k->busy.n;
    for (int q = 0; q < b; q++) mean_back(k, q, grad + c->dgf_bias.at);
    /* the gradient of what came in takes its place, too */
    ll_linear_back(k->flow_in, at[b], f, w + c->w.at, l->width, f, k->flow, f, grad + c->w.at, NULL,
                   k->flow_in, 0);
    for (int q = 0; q < b; q++)
        add_sums(k, k->busy.item[q], k->dout + (size_t)k->busy.at.row_at[LAST - 1][q] * (size_t)f,
                 k->flow_in + (size_t)at[q] * (size_t)f, true);
}
