#include "core/encode/arch2vec/net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/nn/batch_norm.h"
#include "core/nn/dropout.h"
#include "core/nn/linear.h"
#include "core/nn/sums.h"

enum { ROUNDS = LL_ARCH2VEC_ROUNDS };

/* What a round leaves, (rows, in) first, then (rows, width). */
typedef struct block {
    real *in;                 /* (1 + epsilon) h + A' h */
    real *sum[2], *normed[2]; /* products, and what becomes of them; normed[1] is the round's output */
} block;

struct ll_arch2vec_net {
    ll_arch2vec_layout at;
    real *one_hot; /* (labels, labels) rows before the first round */
    real *moments; /* of the batch, as statistics lie */
    size_t n_rows, n_nodes;
    block round[ROUNDS];
    real *code, *dcode; /* (rows, 2 dim) */
    real *dwide[2];     /* (rows, widest) */
    real *z, *dz;       /* (nodes of all, dim) */
    real *output;       /* (nodes of all, labels) in front of the sigmoid; then their gradient */
    const real *noise;
    real dropout;
};

/* --- made --- */

ll_arch2vec_net *ll_arch2vec_net_new(const ll_arch2vec_shape *s)
{
    ll_arch2vec_net *k = LL_NEW(ll_arch2vec_net);
    k->at = ll_arch2vec_layout_of(s);
    k->one_hot = LL_NEW_ARRAY(real, s->labels * s->labels);
    for (int i = 0; i < s->labels; i++) k->one_hot[i * s->labels + i] = 1;
    k->moments = LL_NEW_ARRAY(real, k->at.n_statistics);
    return k;
}

static void fit(real **v, size_t n)
{
    free(*v);
    *v = n ? ll_alloc_aligned(n, sizeof(real)) : NULL;
}

static void fit_rows(ll_arch2vec_net *k, size_t n)
{
    const ll_arch2vec_shape *s = &k->at.shape;
    size_t width = (size_t)s->width, dim = (size_t)s->dim, labels = (size_t)s->labels;
    k->n_rows = n;
    for (int r = 0; r < ROUNDS; r++) {
        fit(&k->round[r].in, n * (size_t)k->at.round[r].in);
        for (int i = 0; i < 2; i++) {
            fit(&k->round[r].sum[i], n * width);
            fit(&k->round[r].normed[i], n * width);
        }
    }
    fit(&k->code, n * 2 * dim);
    fit(&k->dcode, n * 2 * dim);
    for (int i = 0; i < 2; i++) fit(&k->dwide[i], n * (width > labels ? width : labels));
}

static void fit_nodes(ll_arch2vec_net *k, size_t n)
{
    const ll_arch2vec_shape *s = &k->at.shape;
    k->n_nodes = n;
    fit(&k->z, n * (size_t)s->dim);
    fit(&k->dz, n * (size_t)s->dim);
    fit(&k->output, n * (size_t)s->labels);
}

void ll_arch2vec_net_free(ll_arch2vec_net *k)
{
    if (!k) return;
    fit_rows(k, 0);
    fit_nodes(k, 0);
    free(k->one_hot);
    free(k->moments);
    free(k);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void reserve_rows(ll_arch2vec_net *k, const ll_arch2vec_graphs *g)
{
    size_t n = 0;
    for (int r = 0; r < ROUNDS; r++) n = larger(n, (size_t)g->round[r].n);
    if (n > k->n_rows) fit_rows(k, n + n / 8);
}

static void reserve_nodes(ll_arch2vec_net *k, const ll_arch2vec_graphs *g)
{
    size_t n = (size_t)g->n * (size_t)g->nodes;
    if (n > k->n_nodes) fit_nodes(k, n);
}

/* --- rounds --- */

/* y (l->n, width) = (1 + epsilon) x of the own row + the sum of x over the neighbours' */
static void gather(const ll_arch2vec_rows *l, const real *x, int width, real epsilon, real *y)
{
    size_t wide = (size_t)width;
    for (int r = 0; r < l->n; r++, y += wide) {
        const real *restrict own = x + (size_t)l->own[r] * wide;
#pragma omp simd
        for (int j = 0; j < width; j++) y[j] = (1 + epsilon) * own[j];
        for (int i = l->first[r]; i < l->first[r + 1]; i++)
            ll_add_row(y, x + (size_t)l->read[i] * wide, width);
    }
}

/* dx (before, width), zeroed first, from dy (l->n, width); returns d loss/d epsilon. dx NULL: that alone. */
static real gather_back(const ll_arch2vec_rows *l, const real *x, int width, real epsilon, const real *dy,
                        real *dx, int before)
{
    size_t wide = (size_t)width;
    real slope = 0;
    if (dx) memset(dx, 0, (size_t)before * wide * sizeof *dx);
    for (int r = 0; r < l->n; r++, dy += wide) {
        const real *own = x + (size_t)l->own[r] * wide;
#pragma omp simd reduction(+ : slope)
        for (int j = 0; j < width; j++) slope += dy[j] * own[j];
        if (!dx) continue;
        real *restrict to = dx + (size_t)l->own[r] * wide;
#pragma omp simd
        for (int j = 0; j < width; j++) to[j] += (1 + epsilon) * dy[j];
        for (int i = l->first[r]; i < l->first[r + 1]; i++)
            ll_add_row(dx + (size_t)l->read[i] * wide, dy, width);
    }
    return slope;
}

/* Rows before a round. */
static const real *before(const ll_arch2vec_net *k, int r)
{
    return r ? k->round[r - 1].normed[1] : k->one_hot;
}

static void normalise(ll_arch2vec_net *k, const real *w, const real *statistics, const ll_arch2vec_rows *l,
                      int r, int which)
{
    const ll_arch2vec_round *at = &k->at.round[r];
    int width = k->at.shape.width;
    size_t m = ll_arch2vec_moments_at(&k->at.shape, r, which);
    real *own = k->moments + m;
    const real *x = k->round[r].sum[which], *by = statistics ? statistics + m : own;
    if (!statistics) ll_batch_moments(x, l->n, width, l->count, own, own + width);
    ll_batch_norm_relu(x, l->n, width, by, by + width, w + at->gamma[which], w + at->beta[which],
                       k->round[r].normed[which]);
}

/* statistics NULL: training. */
static void run_rounds(ll_arch2vec_net *k, const real *w, const real *statistics, const ll_arch2vec_graphs *g)
{
    int width = k->at.shape.width, code = 2 * k->at.shape.dim;
    reserve_rows(k, g);
    for (int r = 0; r < ROUNDS; r++) {
        const ll_arch2vec_round *at = &k->at.round[r];
        const ll_arch2vec_rows *l = &g->round[r];
        block *b = &k->round[r];
        gather(l, before(k, r), at->in, w[at->epsilon], b->in);
        for (int i = 0; i < 2; i++) {
            const real *x = i ? b->normed[0] : b->in;
            ll_linear(x, l->n, i ? width : at->in, w + at->w[i], width, NULL, width, LL_ACT_NONE, b->sum[i],
                      width);
            normalise(k, w, statistics, l, r, i);
        }
    }
    ll_linear(k->round[ROUNDS - 1].normed[1], g->round[ROUNDS - 1].n, width, w + k->at.code_w, code,
              w + k->at.code_b, code, LL_ACT_NONE, k->code, code);
}

/* *dh, the gradient of the round's output, becomes that of the rows before (but for the first round, where none asks). The
 * two arrays change places so that the answer is where the question was. */
static void round_back(ll_arch2vec_net *k, const real *w, const ll_arch2vec_graphs *g, int r, real *grad)
{
    const ll_arch2vec_round *at = &k->at.round[r];
    const ll_arch2vec_rows *l = &g->round[r];
    block *b = &k->round[r];
    int width = k->at.shape.width;
    real *d = k->dwide[0], *other = k->dwide[1];
    for (int i = 1; i >= 0; i--) {
        const real *m = k->moments + ll_arch2vec_moments_at(&k->at.shape, r, i);
        ll_batch_norm_relu_back(b->sum[i], b->normed[i], l->n, width, l->count, m, m + width,
                                w + at->gamma[i], d, grad + at->gamma[i], grad + at->beta[i]);
        ll_linear_back(i ? b->normed[0] : b->in, l->n, i ? width : at->in, w + at->w[i], width, width, d,
                       width, grad + at->w[i], NULL, other, 0);
        real *swap = d;
        d = other;
        other = swap;
    }
    grad[at->epsilon] +=
        gather_back(l, before(k, r), at->in, w[at->epsilon], d, r ? other : NULL, r ? g->round[r - 1].n : 0);
    k->dwide[0] = other;
    k->dwide[1] = d;
}

static void rounds_back(ll_arch2vec_net *k, const real *w, const ll_arch2vec_graphs *g, real *grad)
{
    int width = k->at.shape.width, code = 2 * k->at.shape.dim;
    ll_linear_back(k->round[ROUNDS - 1].normed[1], g->round[ROUNDS - 1].n, width, w + k->at.code_w, code,
                   code, k->dcode, code, grad + k->at.code_w, grad + k->at.code_b, k->dwide[0], 0);
    for (int r = ROUNDS - 1; r >= 0; r--) round_back(k, w, g, r, grad);
}

void ll_arch2vec_track(const ll_arch2vec_net *k, const ll_arch2vec_graphs *g, real *statistics)
{
    const real share = (real).1, n = (real)g->n * (real)g->nodes;
    int width = k->at.shape.width;
    for (size_t i = 0; i < k->at.n_statistics; i++) {
        bool variance = i / (size_t)width % 2;
        statistics[i] += share * (k->moments[i] * (variance ? n / (n - 1) : 1) - statistics[i]);
    }
}

/* --- codes of nodes --- */

/* z = mu + noise e^s; without noise mu. */
static void draw(ll_arch2vec_net *k, const ll_arch2vec_graphs *g, const real *noise)
{
    int dim = k->at.shape.dim;
    for (int i = 0; i < g->n * g->nodes; i++) {
        size_t at = (size_t)i * (size_t)dim;
        const real *restrict mu = k->code + (size_t)g->row_of[i] * 2 * (size_t)dim, *restrict s = mu + dim;
        real *restrict z = k->z + at;
        memcpy(z, mu, (size_t)dim * sizeof *z);
        if (!noise) continue;
#pragma omp simd
        for (int j = 0; j < dim; j++) z[j] += noise[at + (size_t)j] * ll_exp(s[j]);
    }
}

/* dcode (rows, 2 dim) += from dz, which is that behind dropout. Where z is 0 it was dropped. */
static void draw_back(ll_arch2vec_net *k, const ll_arch2vec_graphs *g)
{
    int dim = k->at.shape.dim;
    real keep = 1 / (1 - k->dropout);
    for (int i = 0; i < g->n * g->nodes; i++) {
        size_t at = (size_t)i * (size_t)dim, row = (size_t)g->row_of[i] * 2 * (size_t)dim;
        const real *restrict z = k->z + at, *restrict noise = k->noise ? k->noise + at : NULL;
        const real *restrict s = k->code + row + dim;
        real *restrict dz = k->dz + at, *restrict dmu = k->dcode + row, *restrict ds = dmu + dim;
#pragma omp simd
        for (int j = 0; j < dim; j++) {
            dz[j] = z[j] != 0 ? dz[j] * keep : 0;
            dmu[j] += dz[j];
        }
        if (!noise) continue;
#pragma omp simd
        for (int j = 0; j < dim; j++) ds[j] += dz[j] * noise[j] * ll_exp(s[j]);
    }
}

/* The divergence, and dcode = its gradient. */
static double divergence(const ll_arch2vec_net *k, const ll_arch2vec_graphs *g, real *dcode)
{
    const ll_arch2vec_rows *l = &g->round[ROUNDS - 1];
    int dim = k->at.shape.dim;
    double all = (double)g->n * g->nodes, sum = 0;
    const real *mu = k->code;
    for (int r = 0; r < l->n; r++, mu += 2 * dim, dcode += 2 * dim) {
        real share = (real)(l->count[r] / (all * all)), own = 0;
#pragma omp simd reduction(+ : own)
        for (int j = 0; j < dim; j++) {
            real s = mu[dim + j], square = ll_exp(2 * s);
            own += 1 + 2 * s - mu[j] * mu[j] - square;
            dcode[j] = share * mu[j];
            dcode[dim + j] = share * (square - 1);
        }
        sum += l->count[r] * (double)own;
    }
    return -sum / (2 * all * all);
}

/* --- decoder --- */

/* -log(sigmoid(x)) of a target 1, of a target 0 with the sign of x turned round. */
static double cross_entropy(real x, bool target)
{
    double y = target ? -x : x;
    return (y > 0 ? y : 0) + log1p(exp(-fabs(y)));
}

static void decode_labels(const ll_arch2vec_net *k, const real *w, const ll_arch2vec_graphs *g)
{
    const ll_arch2vec_layout *l = &k->at;
    int labels = l->shape.labels;
    ll_linear(k->z, g->n * g->nodes, l->shape.dim, w + l->decoder_w, labels, w + l->decoder_b, labels,
              LL_ACT_NONE, k->output, labels);
}

/* Cross-entropy of the labels; output becomes its gradient. */
static double labels_loss(const ll_arch2vec_net *k, const ll_arch2vec_graphs *g)
{
    int labels = k->at.shape.labels;
    double sum = 0, entries = (double)g->n * g->nodes * labels;
    real *x = k->output, share = (real)(1 / entries);
    for (int i = 0; i < g->n * g->nodes; i++, x += labels)
        for (int j = 0; j < labels; j++) {
            bool target = g->label[i] == j;
            sum += cross_entropy(x[j], target);
            x[j] = share * (ll_sigmoid(x[j]) - target);
        }
    return sum / entries;
}

static real dot(const real *restrict a, const real *restrict b, int n)
{
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j < n; j++) sum += a[j] * b[j];
    return sum;
}

static void add_times(real *restrict to, const real *restrict from, real factor, int n)
{
#pragma omp simd
    for (int j = 0; j < n; j++) to[j] += factor * from[j];
}

/* Sum of the cross-entropies of one graph's arcs; dz (nodes, dim) += `share` times their gradient. */
static double graph_arcs_loss(const ll_arch2vec_net *k, const uint8_t *arc, const real *z, real share,
                              real *dz)
{
    int nodes = k->at.shape.nodes, dim = k->at.shape.dim;
    double sum = 0;
    for (int i = 0; i < nodes; i++)
        for (int j = i + 1; j < nodes; j++) {
            const real *a = z + i * dim, *b = z + j * dim;
            bool target = arc[i * nodes + j];
            real x = dot(a, b, dim), slope = share * (ll_sigmoid(x) - target);
            sum += cross_entropy(x, target);
            add_times(dz + i * dim, b, slope, dim);
            add_times(dz + j * dim, a, slope, dim);
        }
    return sum;
}

/* Cross-entropy of the arcs over all entries of the matrix; dz = its gradient. */
static double arcs_loss(const ll_arch2vec_net *k, const ll_arch2vec_graphs *g)
{
    size_t nodes = (size_t)g->nodes, dim = (size_t)k->at.shape.dim;
    double sum = 0, entries = (double)g->n * g->nodes * g->nodes;
    memset(k->dz, 0, (size_t)g->n * nodes * dim * sizeof *k->dz);
    for (int i = 0; i < g->n; i++) {
        size_t from = (size_t)i * nodes;
        sum += graph_arcs_loss(k, g->arc + from * nodes, k->z + from * dim, (real)(1 / entries),
                               k->dz + from * dim);
    }
    return sum / entries;
}

ll_arch2vec_loss ll_arch2vec_forward(ll_arch2vec_net *k, const real *w, const ll_arch2vec_graphs *g,
                                     const real *noise, real dropout, uint64_t seed)
{
    run_rounds(k, w, NULL, g);
    reserve_nodes(k, g);
    k->noise = noise;
    k->dropout = dropout;
    draw(k, g, noise);
    if (dropout > 0) ll_dropout(k->z, g->n * g->nodes * k->at.shape.dim, dropout, seed);
    decode_labels(k, w, g);
    ll_arch2vec_loss loss = {.labels = labels_loss(k, g), .arcs = arcs_loss(k, g)};
    loss.divergence = divergence(k, g, k->dcode);
    return loss;
}

void ll_arch2vec_backward(ll_arch2vec_net *k, const real *w, const ll_arch2vec_graphs *g, real *grad)
{
    const ll_arch2vec_layout *l = &k->at;
    int labels = l->shape.labels;
    ll_linear_back(k->z, g->n * g->nodes, l->shape.dim, w + l->decoder_w, labels, labels, k->output, labels,
                   grad + l->decoder_w, grad + l->decoder_b, k->dz, 1);
    draw_back(k, g);
    rounds_back(k, w, g, grad);
}

/* --- evaluation --- */

void ll_arch2vec_embed(ll_arch2vec_net *k, const real *w, const real *statistics, const ll_arch2vec_graphs *g,
                       real *out)
{
    int dim = k->at.shape.dim;
    run_rounds(k, w, statistics, g);
    memset(out, 0, (size_t)g->n * (size_t)dim * sizeof *out);
    for (int i = 0; i < g->n * g->nodes; i++)
        add_times(out + (size_t)(i / g->nodes) * (size_t)dim,
                  k->code + (size_t)g->row_of[i] * 2 * (size_t)dim, 1 / (real)g->nodes, dim);
}

/* Does its own label come back, and no other? */
static bool label_back(const real *x, int label, int labels)
{
    for (int j = 0; j < labels; j++)
        if ((x[j] > 0) != (j == label)) return false;
    return true;
}

static void try_arcs(const ll_arch2vec_net *k, const uint8_t *arc, const real *z, ll_arch2vec_recall *r)
{
    int nodes = k->at.shape.nodes, dim = k->at.shape.dim;
    for (int i = 0; i < nodes; i++)
        for (int j = i + 1; j < nodes; j++) {
            bool found = dot(z + i * dim, z + j * dim, dim) > 0;
            if (arc[i * nodes + j]) {
                r->arcs++;
                r->arcs_found += found;
            } else {
                r->gaps++;
                r->gaps_filled += found;
            }
        }
}

void ll_arch2vec_try(ll_arch2vec_net *k, const real *w, const real *statistics, const ll_arch2vec_graphs *g,
                     ll_arch2vec_recall *r)
{
    int labels = k->at.shape.labels;
    size_t nodes = (size_t)g->nodes, dim = (size_t)k->at.shape.dim;
    run_rounds(k, w, statistics, g);
    reserve_nodes(k, g);
    draw(k, g, NULL);
    decode_labels(k, w, g);
    r->nodes += g->n * g->nodes;
    for (int i = 0; i < g->n * g->nodes; i++)
        r->labels += label_back(k->output + (size_t)i * (size_t)labels, g->label[i], labels);
    for (int i = 0; i < g->n; i++)
        try_arcs(k, g->arc + (size_t)i * nodes * nodes, k->z + (size_t)i * nodes * dim, r);
}
