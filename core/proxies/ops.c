#include "core/proxies/ops.h"

#include <stdbool.h>
#include <string.h>

#include "core/proxies/ops_parts.h"
#include "core/space/network.h"

static const real epsilon = (real)1e-5;

/* --- elements --- */

void ll_read(size_t n, const real *gate, const real *x, real *y)
{
    if (gate)
        for (size_t i = 0; i < n; i++) y[i] = gate[i] > 0 ? x[i] : 0;
    else if (x != y)
        memcpy(y, x, n * sizeof *y);
}

void ll_read_add(size_t n, const real *gate, const real *x, real *y)
{
    if (gate)
        for (size_t i = 0; i < n; i++) y[i] += gate[i] > 0 ? x[i] : 0;
    else
        for (size_t i = 0; i < n; i++) y[i] += x[i];
}

void ll_read_back(size_t n, const real *gate, const real *dy, real *dx)
{
    if (gate)
        for (size_t i = 0; i < n; i++) dx[i] += gate[i] > 0 ? dy[i] : 0;
    else
        for (size_t i = 0; i < n; i++) dx[i] += dy[i];
}

static real total(size_t n, const real *x)
{
    real s = 0;
#pragma omp simd reduction(+ : s)
    for (size_t i = 0; i < n; i++) s += x[i];
    return s;
}

/* --- batch normalisation --- */

void ll_batch_norm(int c, size_t p, real *x, real *mean, real *std)
{
    for (int k = 0; k < c; k++, x += p) {
        real m = mean[k] = total(p, x) / (real)p, v;
        for (size_t i = 0; i < p; i++) x[i] -= m;
        v = ll_dot(p, x, x) / (real)p;
        std[k] = (real)sqrt((double)(v + epsilon));
        real scale = 1 / std[k];
        for (size_t i = 0; i < p; i++) x[i] *= scale;
    }
}

void ll_batch_norm_back(int c, size_t p, const real *y, const real *std, real *dy)
{
    for (int k = 0; k < c; k++, y += p, dy += p) {
        real m = total(p, dy) / (real)p, along = ll_dot(p, dy, y) / (real)p, scale = 1 / std[k];
        for (size_t i = 0; i < p; i++) dy[i] = scale * (dy[i] - m - y[i] * along);
    }
}

/* --- pools, shuffle, classifier --- */

/* Lines from .. to - 1 of the image are in the window of output `y`. */
static int window_of(const ll_layer *l, int y, int *from, int *to)
{
    *from = y * l->stride - ll_layer_padding(l);
    *to = *from + l->kernel;
    if (*from < 0) *from = 0;
    if (*to > l->h_in) *to = l->h_in;
    return *to - *from;
}

enum { WIDEST = 1024 }; /* of an image */

static const real *line(const real *gate, int y, int h)
{
    return ll_further(gate, (size_t)(y * h));
}

/* Down first, where lines are long vectors, then along what is left. */
void ll_pool_avg(const ll_layer *l, int n, const real *gate, const real *x, real *y)
{
    real sum[WIDEST];
    int h = l->h_in, top, bottom, left, right;
    for (int i = 0; i < l->c_in * n; i++, x += ll_plane(h), gate = ll_further(gate, ll_plane(h)))
        for (int r = 0; r < l->h_out; r++) {
            real share = (real)1 / (real)window_of(l, r, &top, &bottom);
            ll_read((size_t)h, line(gate, top, h), x + top * h, sum);
            for (int a = top + 1; a < bottom; a++) ll_read_add((size_t)h, line(gate, a, h), x + a * h, sum);
            for (int c = 0; c < l->h_out; c++, y++) {
                int wide = window_of(l, c, &left, &right);
                real along = 0;
                for (int b = left; b < right; b++) along += sum[b];
                *y = along * share / (real)wide;
            }
        }
}

void ll_pool_avg_back(const ll_layer *l, int n, const real *gate, const real *dy, real *dx)
{
    real sum[WIDEST];
    int h = l->h_in, top, bottom, left, right;
    for (int i = 0; i < l->c_in * n; i++, gate = ll_further(gate, ll_plane(h)), dx += ll_plane(h))
        for (int r = 0; r < l->h_out; r++) {
            real share = (real)1 / (real)window_of(l, r, &top, &bottom);
            memset(sum, 0, (size_t)h * sizeof *sum);
            for (int c = 0; c < l->h_out; c++, dy++) {
                int wide = window_of(l, c, &left, &right);
                real each = *dy * share / (real)wide;
                for (int b = left; b < right; b++) sum[b] += each;
            }
            for (int a = top; a < bottom; a++) ll_read_back((size_t)h, line(gate, a, h), sum, dx + a * h);
        }
}

static size_t shuffled(const ll_layer *l, int c)
{
    int each = l->c_in / l->groups;
    return (size_t)(c % each * l->groups + c / each);
}

void ll_shuffle(const ll_layer *l, int n, const real *gate, const real *x, real *y)
{
    size_t p = (size_t)n * ll_plane(l->h_in);
    for (int c = 0; c < l->c_in; c++)
        ll_read(p, ll_further(gate, (size_t)c * p), x + (size_t)c * p, y + shuffled(l, c) * p);
}

void ll_shuffle_back(const ll_layer *l, int n, const real *gate, const real *dy, real *dx)
{
    size_t p = (size_t)n * ll_plane(l->h_in);
    for (int c = 0; c < l->c_in; c++)
        ll_read_back(p, ll_further(gate, (size_t)c * p), dy + shuffled(l, c) * p, dx + (size_t)c * p);
}

void ll_global_pool(const ll_layer *l, int n, const real *gate, const real *x, real *y)
{
    size_t p = ll_plane(l->h_in);
    for (int i = 0; i < l->c_in * n; i++, x += p, gate = ll_further(gate, p)) {
        real sum = 0;
        for (size_t j = 0; j < p; j++) sum += !gate || gate[j] > 0 ? x[j] : 0;
        y[i] = sum / (real)p;
    }
}

void ll_global_pool_back(const ll_layer *l, int n, const real *gate, const real *dy, real *dx)
{
    size_t p = ll_plane(l->h_in);
    for (int i = 0; i < l->c_in * n; i++, gate = ll_further(gate, p), dx += p) {
        real share = dy[i] / (real)p;
        for (size_t j = 0; j < p; j++) dx[j] += !gate || gate[j] > 0 ? share : 0;
    }
}

void ll_classify(const ll_layer *l, int n, const real *gate, const real *x, const real *w, const real *b,
                 real *y)
{
    for (int c = 0; c < l->c_out; c++)
        for (int i = 0; i < n; i++) {
            real sum = b ? b[c] : 0;
            for (int k = 0; k < l->c_in; k++) {
                bool passes = !gate || gate[k * n + i] > 0;
                sum += w[c * l->c_in + k] * (passes ? x[k * n + i] : 0);
            }
            y[c * n + i] = sum;
        }
}

void ll_classify_back(const ll_layer *l, int n, const real *gate, const real *x, const real *w,
                      const real *dy, real *room, real *dw, real *dx)
{
    size_t all = (size_t)l->c_in * (size_t)n;
    ll_read(all, gate, x, room);
    ll_gemm(false, true, l->c_out, l->c_in, n, 1, dy, n, room, n, 1, dw, l->c_in);
    if (!dx) return;
    ll_gemm(true, false, l->c_in, n, l->c_out, 1, w, l->c_in, dy, n, 0, room, n);
    ll_read_back(all, gate, room, dx);
}

/* --- squeeze-and-excitation --- */

static real passing(const real *gate, size_t i, const real *x)
{
    return !gate || gate[i] > 0 ? x[i] : 0;
}

void ll_scale(const ll_layer *l, int n, const real *gate, const real *x, const real *gate_by, const real *by,
              real *y)
{
    size_t p = ll_plane(l->h_in);
    for (size_t i = 0; i < (size_t)l->c_in * (size_t)n; i++, x += p, y += p, gate = ll_further(gate, p)) {
        real factor = passing(gate_by, i, by);
        for (size_t j = 0; j < p; j++) y[j] = factor * passing(gate, j, x);
    }
}

void ll_scale_back(const ll_layer *l, int n, const real *gate, const real *x, const real *gate_by,
                   const real *by, const real *dy, real *dx, real *dby)
{
    size_t p = ll_plane(l->h_in);
    for (size_t i = 0; i < (size_t)l->c_in * (size_t)n; i++, x += p, dy += p, gate = ll_further(gate, p)) {
        real factor = passing(gate_by, i, by), along = 0;
        for (size_t j = 0; j < p; j++) along += dy[j] * passing(gate, j, x);
        if (dby) dby[i] += !gate_by || gate_by[i] > 0 ? along : 0;
        if (!dx) continue;
        for (size_t j = 0; j < p; j++) dx[j] += passing(gate, j, dy) * factor;
        dx += p;
    }
}

/* --- activations that bend twice --- */

bool ll_bends_twice(ll_activation a)
{
    return a == LL_HSWISH || a == LL_HSIGMOID;
}

void ll_bend(ll_activation a, size_t n, const real *at, const real *x, real *y)
{
    bool swish = a == LL_HSWISH;
    for (size_t i = 0; i < n; i++) {
        real inner = at[i] >= 3 ? 1 : at[i] <= -3 ? 0 : (x[i] + 3) / 6;
        y[i] = swish ? x[i] * inner : inner;
    }
}

void ll_bend_back(ll_activation a, size_t n, const real *at, const real *x, real *dy)
{
    bool swish = a == LL_HSWISH;
    for (size_t i = 0; i < n; i++) {
        real beyond = swish && at[i] >= 3 ? 1 : 0, within = swish ? (2 * x[i] + 3) / 6 : (real)1 / 6;
        dy[i] *= at[i] > -3 && at[i] < 3 ? within : beyond;
    }
}

/* --- loss --- */

double ll_cross_entropy(int classes, int n, const real *y, const int *label, real *dy)
{
    double loss = 0;
    for (int i = 0; i < n; i++) {
        double top = -INFINITY, sum = 0;
        for (int c = 0; c < classes; c++) top = fmax(top, (double)y[c * n + i]);
        for (int c = 0; c < classes; c++) sum += exp((double)y[c * n + i] - top);
        loss += log(sum) + top - (double)y[label[i] * n + i];
        for (int c = 0; dy && c < classes; c++)
            dy[c * n + i] = (real)((exp((double)y[c * n + i] - top) / sum - (c == label[i])) / n);
    }
    return loss / n;
}
