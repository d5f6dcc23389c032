#include "tests/operators.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/nn/batch_norm.h"
#include "core/nn/dropout.h"
#include "core/nn/graph_conv.h"
#include "core/nn/layer_norm.h"
#include "core/nn/linear.h"
#include "core/nn/pair_hinge.h"
#include "core/nn/sums.h"

/* The next n numbers of a vector that is cut into parts. */
static const real *next(const real **at, int n)
{
    *at += n;
    return *at - n;
}

static real *next_of(real **at, int n)
{
    *at += n;
    return *at - n;
}

/* --- act(X W + b): d = m, k, n, activation --- */

static operator_lengths linear_lengths(const int *d)
{
    return (operator_lengths){d[0] * d[1] + d[1] * d[2] + d[2], d[0] * d[2], 0};
}

static void linear(const int *d, const real *in, real *keep, real *out)
{
    const real *x = next(&in, d[0] * d[1]), *w = next(&in, d[1] * d[2]);
    ll_linear(x, d[0], d[1], w, d[2], in, d[2], (ll_act)d[3], out, d[2]);
}

static void linear_back(const int *d, const real *in, const real *keep, const real *out, real *dout,
                        real *din)
{
    const real *x = next(&in, d[0] * d[1]);
    real *dx = next_of(&din, d[0] * d[1]), *dw = next_of(&din, d[1] * d[2]);
    ll_act_back(dout, out, d[0], d[2], d[2], (ll_act)d[3], 1);
    ll_linear_back(x, d[0], d[1], in, d[2], d[2], dout, d[2], dw, din, dx, 0);
}

/* --- relu and dropout of n numbers: d = n --- */

static const real drop = (real).25;

static operator_lengths dropout_lengths(const int *d)
{
    return (operator_lengths){d[0], d[0], 0};
}

static void dropout(const int *d, const real *in, real *keep, real *out)
{
    memcpy(out, in, (size_t)d[0] * sizeof *out);
    ll_relu(out, (size_t)d[0]);
    ll_dropout(out, d[0], drop, 7);
}

static void dropout_back(const int *d, const real *in, const real *keep, const real *out, real *dout,
                         real *din)
{
    ll_act_back(dout, out, 1, d[0], d[0], LL_ACT_RELU, 1 / (1 - drop));
    memcpy(din, dout, (size_t)d[0] * sizeof *din);
}

/* --- LayerNorm of the rows of X (m, n): d = m, n --- */

static operator_lengths norm_lengths(const int *d)
{
    return (operator_lengths){(d[0] + 2) * d[1], d[0] * d[1], 2 * d[0]};
}

static void norm(const int *d, const real *in, real *keep, real *out)
{
    const real *gamma = next(&in, d[1]), *beta = next(&in, d[1]);
    for (int r = 0; r < d[0]; r++)
        ll_layer_norm(in + r * d[1], d[1], gamma, beta, out + r * d[1], &keep[2 * r], &keep[2 * r + 1]);
}

static void norm_back(const int *d, const real *in, const real *keep, const real *out, real *dout, real *din)
{
    const real *gamma = next(&in, 2 * d[1]);
    real *dgamma = next_of(&din, d[1]), *dbeta = next_of(&din, d[1]);
    for (int r = 0; r < d[0]; r++)
        ll_layer_norm_back(in + r * d[1], d[1], gamma, keep[2 * r], keep[2 * r + 1], dout + r * d[1],
                           din + r * d[1], dgamma, dbeta);
}

/* --- batch norm and ReLU: d = rows, columns. Rows stand for one, two or three --- */

enum { MOST_NORM_ROWS = 512 };

static void fill_counts(int *count, int rows)
{
    for (int r = 0; r < rows; r++) count[r] = 1 + r % 3;
}

static operator_lengths batch_norm_lengths(const int *d)
{
    return (operator_lengths){(d[0] + 2) * d[1], d[0] * d[1], 2 * d[1]};
}

static void batch_norm(const int *d, const real *in, real *keep, real *out)
{
    const real *gamma = next(&in, d[1]), *beta = next(&in, d[1]);
    int count[MOST_NORM_ROWS];
    fill_counts(count, d[0]);
    ll_batch_moments(in, d[0], d[1], count, keep, keep + d[1]);
    ll_batch_norm_relu(in, d[0], d[1], keep, keep + d[1], gamma, beta, out);
}

static void batch_norm_back(const int *d, const real *in, const real *keep, const real *out, real *dout,
                            real *din)
{
    const real *gamma = next(&in, 2 * d[1]);
    real *dgamma = next_of(&din, d[1]), *dbeta = next_of(&din, d[1]);
    int count[MOST_NORM_ROWS];
    fill_counts(count, d[0]);
    ll_batch_norm_relu_back(in, out, d[0], d[1], count, keep, keep + d[1], gamma, dout, dgamma, dbeta);
    for (int i = 0; i < d[0] * d[1]; i++) din[i] = dout[i];
}

/* --- ranking loss of n scores over pairs: d = n, pairs --- */

enum { MOST_PAIRS = 512 };

static operator_lengths hinge_lengths(const int *d)
{
    return (operator_lengths){d[0], 1, d[0]};
}

static void hinge(const int *d, const real *in, real *keep, real *out)
{
    ll_pair pairs[MOST_PAIRS];
    for (int p = 0; p < d[1]; p++) pairs[p] = (ll_pair){p % d[0], (p + 1 + p / d[0]) % d[0], p % 3 ? 1 : -1};
    out[0] = ll_pair_hinge(in, d[0], pairs, d[1], (real).1, keep);
}

static void hinge_back(const int *d, const real *in, const real *keep, const real *out, real *dout, real *din)
{
    for (int i = 0; i < d[0]; i++) din[i] = dout[0] * keep[i];
}

/* --- sums over the rows read: d = rows, width. The last row reads none --- */

enum { MOST_ROWS = 64 };

typedef struct some_rows {
    ll_gcn_layer_rows l;
    int first[MOST_ROWS + 1], read[3 * MOST_ROWS];
} some_rows;

static void fill_rows(some_rows *s, int n)
{
    int reads = 0;
    for (int r = 0; r < n; r++) {
        s->first[r] = reads;
        for (int i = 0; i < 3 && r < n - 1; i++) s->read[reads++] = (r + 5 * i * i) % n;
    }
    s->first[n] = reads;
    s->l = (ll_gcn_layer_rows){.n = n, .first = s->first, .read = s->read};
}

static operator_lengths read_lengths(const int *d)
{
    return (operator_lengths){d[0] * d[1], d[0] * d[1], 0};
}

static void sum_read(const int *d, const real *in, real *keep, real *out)
{
    some_rows s;
    fill_rows(&s, d[0]);
    ll_sum_read(&s.l, in, d[1], out);
}

static void sum_read_back(const int *d, const real *in, const real *keep, const real *out, real *dout,
                          real *din)
{
    some_rows s;
    fill_rows(&s, d[0]);
    ll_sum_read_back(&s.l, dout, d[1], din, d[0]);
}

/* --- nodes of a graph layer, one with a self-loop, one that gathers nothing: d = F, DGF, GAT, relu --- */

enum { NODES = 3, ROWS = 4, VECTORS = 5 }; /* vectors of F: total, bias, a, gamma, beta */
static const uint8_t preds[] = {0, 2, 3};
static const int rows[] = {0, 1, 2, 3};

static int width(const int *d)
{
    return (d[1] + d[2]) * d[0];
}

static operator_lengths conv_lengths(const int *d)
{
    return (operator_lengths){(ROWS + 1) * width(d) + VECTORS * d[0], NODES * d[0], NODES * (d[0] + 3 + 6)};
}

static ll_conv conv_of(const int *d, const real *vectors)
{
    int f = d[0], gat_at = d[1] && d[2] ? f : 0;
    return (ll_conv){f,           width(d),        gat_at,          ROWS,           d[1], d[2], d[3],
                     vectors + f, vectors + 2 * f, vectors + 3 * f, vectors + 4 * f};
}

static ll_conv_node node_of(int which, const ll_conv *c, const real *gate, const real *total)
{
    static const int n_preds[NODES] = {1, 3, 0}, own[NODES] = {1, 3, 2};
    return (ll_conv_node){preds, n_preds[which], rows, own[which], gate, gate + c->gat_at, total};
}

static ll_conv_keep keep_of(int which, int f, real *keep)
{
    real *own = keep + which * (f + 3 + 6);
    return (ll_conv_keep){own, own + f, own + f + 3};
}

static void conv(const int *d, const real *in, real *keep, real *out)
{
    const real *proj = next(&in, ROWS * width(d)), *gate = next(&in, width(d));
    ll_conv c = conv_of(d, in);
    for (int i = 0; i < NODES; i++) {
        ll_conv_node node = node_of(i, &c, gate, in);
        ll_conv_keep kept = keep_of(i, d[0], keep);
        ll_conv_forward(&c, proj, &node, &kept, out + i * d[0]);
    }
}

static void conv_back(const int *d, const real *in, const real *keep, const real *out, real *dout, real *din)
{
    const real *proj = next(&in, ROWS * width(d)), *gate = next(&in, width(d));
    int f = d[0];
    ll_conv c = conv_of(d, in);
    ll_conv_grad g = {.proj = next_of(&din, ROWS * width(d)), .dgf_gate = next_of(&din, width(d))};
    g.gat_gate = g.dgf_gate + c.gat_at, g.total = din;
    g.dgf_bias = din + f, g.a = din + 2 * f, g.gamma = din + 3 * f, g.beta = din + 4 * f;
    if (d[3]) ll_act_back(dout, out, NODES, f, f, LL_ACT_RELU, 1);
    for (int i = 0; i < NODES; i++) {
        ll_conv_node node = node_of(i, &c, gate, in);
        ll_conv_keep kept = keep_of(i, f, (real *)keep);
        ll_conv_backward(&c, proj, &node, &kept, dout + i * f, &g);
    }
}

/* --- the list --- */

#define LINEAR linear_lengths, linear, linear_back
#define CONV   conv_lengths, conv, conv_back

const operator_case operator_cases[] = {
    {"linear", LINEAR, {{5, 7, 6, LL_ACT_NONE}, {32, 200, 200, LL_ACT_NONE}}},
    {"linear_relu", LINEAR, {{5, 7, 6, LL_ACT_RELU}, {32, 200, 200, LL_ACT_RELU}}},
    {"linear_sigmoid", LINEAR, {{5, 7, 6, LL_ACT_SIGMOID}, {32, 48, 256, LL_ACT_SIGMOID}}},
    {"dropout", dropout_lengths, dropout, dropout_back, {{37}, {6400}}},
    {"layer_norm", norm_lengths, norm, norm_back, {{3, 9}, {64, 128}}},
    {"batch_norm", batch_norm_lengths, batch_norm, batch_norm_back, {{7, 5}, {256, 128}}},
    {"pair_hinge", hinge_lengths, hinge, hinge_back, {{5, 12}, {128, 512}}},
    {"sum_read", read_lengths, sum_read, sum_read_back, {{9, 5}, {64, 100}}},
    {"dgf", CONV, {{6, 1, 0, 0}, {128, 1, 0, 0}}},
    {"dgf_relu", CONV, {{6, 1, 0, 1}, {128, 1, 0, 1}}},
    {"gat", CONV, {{6, 0, 1, 0}, {128, 0, 1, 0}}},
    {"gat_relu", CONV, {{6, 0, 1, 1}, {128, 0, 1, 1}}},
    {"dgf_gat", CONV, {{6, 1, 1, 0}, {128, 1, 1, 0}}},
    {"dgf_gat_relu", CONV, {{6, 1, 1, 1}, {128, 1, 1, 1}}},
    {0},
};

static real *rounded(const double *x, int n)
{
    real *v = ll_alloc_aligned((size_t)n, sizeof *v);
    for (int i = 0; i < n; i++) v[i] = (real)x[i];
    return v;
}

void operator_run(int which, int size, const double *in, const double *dout, double *out, double *din)
{
    const operator_case *o = &operator_cases[which];
    const int *d = o->d[size];
    operator_lengths n = o->lengths(d);
    real *x = rounded(in, n.in), *dy = rounded(dout, n.out);
    real *y = ll_alloc_aligned((size_t)n.out, sizeof *y), *dx = ll_alloc_aligned((size_t)n.in, sizeof *dx),
         *keep = ll_alloc_aligned((size_t)n.keep + 1, sizeof *keep);
    o->forward(d, x, keep, y);
    o->backward(d, x, keep, y, dy, dx);
    for (int i = 0; i < n.out; i++) out[i] = y[i];
    for (int i = 0; i < n.in; i++) din[i] = dx[i];
    free(x);
    free(dy);
    free(y);
    free(dx);
    free(keep);
}
