#include "core/proxies/ops.h"

#include <string.h>

#include "core/space/network.h"

static const real epsilon = (real)1e-5;

static size_t plane(int h)
{
    return (size_t)h * (size_t)h;
}

static real positive(real x)
{
    return x > 0 ? x : 0;
}

/* --- elements --- */

void ll_read(size_t n, bool relu, const real *x, real *y)
{
    if (relu)
        for (size_t i = 0; i < n; i++) y[i] = positive(x[i]);
    else if (x != y)
        memcpy(y, x, n * sizeof *y);
}

void ll_read_add(size_t n, bool relu, const real *x, real *y)
{
    if (relu)
        for (size_t i = 0; i < n; i++) y[i] += positive(x[i]);
    else
        for (size_t i = 0; i < n; i++) y[i] += x[i];
}

void ll_read_back(size_t n, bool relu, const real *x, const real *dy, real *dx)
{
    if (relu)
        for (size_t i = 0; i < n; i++) dx[i] += x[i] > 0 ? dy[i] : 0;
    else
        for (size_t i = 0; i < n; i++) dx[i] += dy[i];
}

static real dot(size_t n, const real *x, const real *y)
{
    real s = 0;
#pragma omp simd reduction(+ : s)
    for (size_t i = 0; i < n; i++) s += x[i] * y[i];
    return s;
}

static real total(size_t n, const real *x)
{
    real s = 0;
#pragma omp simd reduction(+ : s)
    for (size_t i = 0; i < n; i++) s += x[i];
    return s;
}

/* --- convolution as a matrix product --- */

/* Rows of the output (an image and a line of it each) are taken so many at a time that their columns stay in the second
 * cache between being written and being multiplied. */
enum { COLUMNS_ROOM = 1 << 15 };

typedef struct lines {
    int from, n; /* of all n * h_out lines */
} lines;

static bool is_pointwise(const ll_layer *l)
{
    return l->kernel == 1 && l->stride == 1;
}

static bool is_depthwise(const ll_layer *l)
{
    return l->groups == l->c_in && l->groups == l->c_out && l->groups > 1;
}

static int column_height(const ll_layer *l) /* of one group */
{
    return l->c_in / l->groups * l->kernel * l->kernel;
}

static int lines_at_a_time(const ll_layer *l)
{
    int n = COLUMNS_ROOM / (column_height(l) * l->h_out);
    return n ? n : 1;
}

/* The outputs x that read inside the image at column x * stride + at: [from, to). */
static void inside(const ll_layer *l, int at, int *from, int *to)
{
    int s = l->stride;
    *from = at < 0 ? (-at + s - 1) / s : 0;
    *to = (l->h_in - at + s - 1) / s;
    if (l->h_in <= at) *to = 0;
    if (*to > l->h_out) *to = l->h_out;
    if (*from > *to) *from = *to;
}

static void copy_line(const ll_layer *l, bool relu, const real *x, int at, real *y)
{
    int from, to;
    inside(l, at, &from, &to);
    for (int i = 0; i < from; i++) y[i] = 0;
    for (int i = to; i < l->h_out; i++) y[i] = 0;
    if (l->stride == 1)
        ll_read((size_t)(to - from), relu, x + from + at, y + from);
    else
        for (int i = from; i < to; i++) {
            real v = x[i * l->stride + at];
            y[i] = relu ? positive(v) : v;
        }
}

static void add_line(const ll_layer *l, const real *y, int at, real *x)
{
    int from, to;
    inside(l, at, &from, &to);
    if (l->stride == 1)
        for (int i = from; i < to; i++) x[i + at] += y[i];
    else
        for (int i = from; i < to; i++) x[i * l->stride + at] += y[i];
}

/* Line `line` of the output reads the line of the plane x (n, h, h) that is ky below; NULL: outside. */
static size_t line_read(const ll_layer *l, int line, int ky, bool *outside)
{
    int image = line / l->h_out, y = line % l->h_out * l->stride + ky - ll_layer_padding(l);
    *outside = y < 0 || y >= l->h_in;
    return (size_t)image * plane(l->h_in) + (size_t)(*outside ? 0 : y) * (size_t)l->h_in;
}

/* columns (c_in / groups * kernel^2, lines * h_out) of one group; x is its first channel. */
static void gather(const ll_layer *l, int n, lines at, bool relu, const real *x, real *columns)
{
    size_t step = (size_t)n * plane(l->h_in);
    for (int c = 0; c < l->c_in / l->groups; c++)
        for (int k = 0; k < l->kernel * l->kernel; k++)
            for (int i = 0; i < at.n; i++, columns += l->h_out) {
                bool outside;
                size_t read = line_read(l, at.from + i, k / l->kernel, &outside);
                if (outside)
                    memset(columns, 0, (size_t)l->h_out * sizeof *columns);
                else
                    copy_line(l, relu, x + (size_t)c * step + read, k % l->kernel - ll_layer_padding(l),
                              columns);
            }
}

static void scatter(const ll_layer *l, int n, lines at, const real *columns, real *dx)
{
    size_t step = (size_t)n * plane(l->h_in);
    for (int c = 0; c < l->c_in / l->groups; c++)
        for (int k = 0; k < l->kernel * l->kernel; k++)
            for (int i = 0; i < at.n; i++, columns += l->h_out) {
                bool outside;
                size_t read = line_read(l, at.from + i, k / l->kernel, &outside);
                if (!outside)
                    add_line(l, columns, k % l->kernel - ll_layer_padding(l), dx + (size_t)c * step + read);
            }
}

/* One group: its channels, weights and outputs. */
typedef struct group {
    const real *x, *w;
    size_t in, out; /* where its channels begin */
    int rows, height;
} group;

static group group_at(const ll_layer *l, int n, int g)
{
    int c_in = l->c_in / l->groups, c_out = l->c_out / l->groups;
    return (group){.in = (size_t)g * (size_t)c_in * (size_t)n * plane(l->h_in),
                   .out = (size_t)g * (size_t)c_out * (size_t)n * plane(l->h_out),
                   .rows = c_out,
                   .height = column_height(l)};
}

static const real *weights_of(const ll_layer *l, const real *w, int g)
{
    return w + (size_t)g * (size_t)(l->c_out / l->groups) * (size_t)column_height(l);
}

/* The same for a 1x1 convolution: what is read is the matrix, in stretches of it. */
enum { STRETCH = 2048 };

static int stretch_of(size_t all, size_t from)
{
    return all - from < STRETCH ? (int)(all - from) : STRETCH;
}

static const real *pointwise_read(const group *g, size_t p, size_t from, int columns, int c_in, bool relu,
                                  const real *x, real *room, int *ld)
{
    const real *at = x + g->in + from;
    *ld = relu ? columns : (int)p;
    if (!relu) return at;
    for (int c = 0; c < c_in; c++)
        ll_read((size_t)columns, true, at + (size_t)c * p, room + (size_t)c * (size_t)columns);
    return room;
}

static void pointwise(const ll_layer *l, int n, bool relu, const real *x, const real *w, real *room, real *y)
{
    size_t p = (size_t)n * plane(l->h_in);
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        for (size_t from = 0; from < p; from += STRETCH) {
            int columns = stretch_of(p, from), ld;
            const real *read = pointwise_read(&g, p, from, columns, g.height, relu, x, room, &ld);
            ll_gemm(false, false, g.rows, columns, g.height, 1, weights_of(l, w, k), g.height, read, ld, 0,
                    y + g.out + from, (int)p);
        }
    }
}

static void pointwise_back(const ll_layer *l, int n, bool relu, const real *x, const real *w, const real *dy,
                           real *room, real *dw, real *dx)
{
    size_t p = (size_t)n * plane(l->h_in);
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        const real *wk = weights_of(l, w, k);
        for (size_t from = 0; from < p; from += STRETCH) {
            int columns = stretch_of(p, from), ld;
            const real *read = pointwise_read(&g, p, from, columns, g.height, relu, x, room, &ld);
            const real *d = dy + g.out + from;
            ll_gemm(false, true, g.rows, g.height, columns, 1, d, (int)p, read, ld, 1, dw + (wk - w),
                    g.height);
            if (!dx) continue;
            if (!relu) {
                ll_gemm(true, false, g.height, columns, g.rows, 1, wk, g.height, d, (int)p, 1,
                        dx + g.in + from, (int)p);
                continue;
            }
            ll_gemm(true, false, g.height, columns, g.rows, 1, wk, g.height, d, (int)p, 0, room, columns);
            for (int c = 0; c < g.height; c++) {
                size_t row = g.in + from + (size_t)c * p;
                ll_read_back((size_t)columns, true, x + row, room + (size_t)c * (size_t)columns, dx + row);
            }
        }
    }
}

static void by_columns(const ll_layer *l, int n, bool relu, const real *x, const real *w, real *room, real *y)
{
    int all = n * l->h_out, some = lines_at_a_time(l);
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        for (lines at = {0, some}; at.from < all; at.from += some) {
            if (at.n > all - at.from) at.n = all - at.from;
            gather(l, n, at, relu, x + g.in, room);
            ll_gemm(false, false, g.rows, at.n * l->h_out, g.height, 1, weights_of(l, w, k), g.height, room,
                    at.n * l->h_out, 0, y + g.out + (size_t)at.from * (size_t)l->h_out, all * l->h_out);
        }
    }
}

static void by_columns_back(const ll_layer *l, int n, bool relu, const real *x, const real *w, const real *dy,
                            real *room, real *dw, real *dx)
{
    int all = n * l->h_out, some = lines_at_a_time(l);
    size_t in = (size_t)(l->c_in / l->groups) * (size_t)n * plane(l->h_in);
    real *mine = room + (size_t)column_height(l) * (size_t)some * (size_t)l->h_out; /* gradient of a group */
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        const real *wk = weights_of(l, w, k);
        if (dx && relu) memset(mine, 0, in * sizeof *mine);
        for (lines at = {0, some}; at.from < all; at.from += some) {
            if (at.n > all - at.from) at.n = all - at.from;
            int columns = at.n * l->h_out;
            const real *d = dy + g.out + (size_t)at.from * (size_t)l->h_out;
            gather(l, n, at, relu, x + g.in, room);
            ll_gemm(false, true, g.rows, g.height, columns, 1, d, all * l->h_out, room, columns, 1,
                    dw + (wk - w), g.height);
            if (!dx) continue;
            ll_gemm(true, false, g.height, columns, g.rows, 1, wk, g.height, d, all * l->h_out, 0, room,
                    columns);
            scatter(l, n, at, room, relu ? mine : dx + g.in);
        }
        if (dx && relu) ll_read_back(in, true, x + g.in, mine, dx + g.in);
    }
}

/* --- depthwise convolution --- */

/* With a border of zeros around each image, a tap of the kernel is one shift of everything there is: long vectors, however
 * small the images. Strides are taken by computing all positions and keeping some. */
enum { LANES = 16, PADDED_ROOM = 4096 };

typedef struct padded {
    int side, images; /* with the border; at a time */
    int n;            /* numbers of so many images */
    int slack;        /* how far a tap reaches */
} padded;

static padded padded_of(const ll_layer *l, int n)
{
    padded p = {.side = l->h_in + 2 * ll_layer_padding(l)};
    p.images = PADDED_ROOM / (p.side * p.side);
    if (p.images < 1) p.images = 1;
    if (p.images > n) p.images = n;
    p.n = (p.images * p.side * p.side + LANES - 1) / LANES * LANES;
    p.slack = ((l->kernel - 1) * (p.side + 1) + LANES - 1) / LANES * LANES;
    return p;
}

static int tap(const ll_layer *l, const padded *p, int k)
{
    return k / l->kernel * p->side + k % l->kernel;
}

/* Images first .. first + n - 1 of a channel into the middle of zeros, and back. */
static void put_padded(const ll_layer *l, const padded *p, int n, bool relu, const real *x, real *to)
{
    int pad = ll_layer_padding(l);
    memset(to, 0, (size_t)(p->n + p->slack) * sizeof *to);
    for (int i = 0; i < n; i++)
        for (int y = 0; y < l->h_in; y++, x += l->h_in)
            ll_read((size_t)l->h_in, relu, x, to + (i * p->side + y + pad) * p->side + pad);
}

static void put_outputs(const ll_layer *l, const padded *p, int n, const real *y, real *to)
{
    memset(to, 0, (size_t)(p->n + p->slack) * sizeof *to);
    for (int i = 0; i < n; i++)
        for (int r = 0; r < l->h_out; r++)
            for (int c = 0; c < l->h_out; c++)
                to[(i * p->side + r * l->stride) * p->side + c * l->stride] = *y++;
}

static void take_outputs(const ll_layer *l, const padded *p, int n, const real *from, real *y)
{
    for (int i = 0; i < n; i++)
        for (int r = 0; r < l->h_out; r++)
            for (int c = 0; c < l->h_out; c++)
                *y++ = from[(i * p->side + r * l->stride) * p->side + c * l->stride];
}

/* y[j] = sum over taps of w * x[j +- tap] for all j */
static void slide(const ll_layer *l, const padded *p, int sign, const real *w, const real *x, real *y)
{
    for (int j = 0; j < p->n; j += LANES) {
        real sum[LANES] = {0};
        for (int k = 0; k < l->kernel * l->kernel; k++) {
            const real *from = x + j + sign * tap(l, p, k);
            real f = w[k];
            for (int i = 0; i < LANES; i++) sum[i] += f * from[i];
        }
        memcpy(y + j, sum, sizeof sum);
    }
}

static void depthwise(const ll_layer *l, int n, bool relu, const real *x, const real *w, real *room, real *y)
{
    padded p = padded_of(l, n);
    real *in = room, *out = room + p.n + p.slack;
    for (int c = 0; c < l->c_in; c++, w += l->kernel * l->kernel)
        for (int i = 0; i < n; i += p.images) {
            int some = n - i < p.images ? n - i : p.images;
            put_padded(l, &p, some, relu, x, in);
            slide(l, &p, 1, w, in, out);
            take_outputs(l, &p, some, out, y);
            x += (size_t)some * plane(l->h_in);
            y += (size_t)some * plane(l->h_out);
        }
}

static void take_gradient(const ll_layer *l, const padded *p, int n, bool relu, const real *from,
                          const real *x, real *dx)
{
    int pad = ll_layer_padding(l);
    for (int i = 0; i < n; i++)
        for (int y = 0; y < l->h_in; y++, x += l->h_in, dx += l->h_in)
            ll_read_back((size_t)l->h_in, relu, x, from + (i * p->side + y + pad) * p->side + pad, dx);
}

static void depthwise_back(const ll_layer *l, int n, bool relu, const real *x, const real *w, const real *dy,
                           real *room, real *dw, real *dx)
{
    padded p = padded_of(l, n);
    int taps = l->kernel * l->kernel;
    real *in = room, *before = in + p.n + p.slack, *out = before + p.slack, *back = out + p.n + p.slack;
    memset(before, 0, (size_t)p.slack * sizeof *before);
    for (int c = 0; c < l->c_in; c++, w += taps, dw += taps)
        for (int i = 0; i < n; i += p.images) {
            int some = n - i < p.images ? n - i : p.images;
            put_padded(l, &p, some, relu, x, in);
            put_outputs(l, &p, some, dy, out);
            for (int k = 0; k < taps; k++) dw[k] += dot((size_t)p.n, out, in + tap(l, &p, k));
            if (dx) {
                slide(l, &p, -1, w, out, back);
                take_gradient(l, &p, some, relu, back, x, dx);
                dx += (size_t)some * plane(l->h_in);
            }
            x += (size_t)some * plane(l->h_in);
            dy += (size_t)some * plane(l->h_out);
        }
}

/* --- convolution --- */

size_t ll_conv_room(const ll_layer *l, int n)
{
    padded p = padded_of(l, n);
    if (is_depthwise(l)) return 3 * (size_t)p.n + 4 * (size_t)p.slack;
    if (is_pointwise(l)) return (size_t)column_height(l) * STRETCH;
    return (size_t)column_height(l) * (size_t)lines_at_a_time(l) * (size_t)l->h_out +
           (size_t)(l->c_in / l->groups) * (size_t)n * plane(l->h_in);
}

void ll_conv(const ll_layer *l, int n, bool relu, const real *x, const real *w, real *room, real *y)
{
    (is_depthwise(l) ? depthwise : is_pointwise(l) ? pointwise : by_columns)(l, n, relu, x, w, room, y);
}

void ll_conv_back(const ll_layer *l, int n, bool relu, const real *x, const real *w, const real *dy,
                  real *room, real *dw, real *dx)
{
    (is_depthwise(l)   ? depthwise_back
     : is_pointwise(l) ? pointwise_back
                       : by_columns_back)(l, n, relu, x, w, dy, room, dw, dx);
}

/* --- batch normalisation --- */

void ll_batch_norm(int c, size_t p, real *x, real *mean, real *std)
{
    for (int k = 0; k < c; k++, x += p) {
        real m = mean[k] = total(p, x) / (real)p, v;
        for (size_t i = 0; i < p; i++) x[i] -= m;
        v = dot(p, x, x) / (real)p;
        std[k] = (real)sqrt((double)(v + epsilon));
        real scale = 1 / std[k];
        for (size_t i = 0; i < p; i++) x[i] *= scale;
    }
}

void ll_batch_norm_back(int c, size_t p, const real *y, const real *std, real *dy)
{
    for (int k = 0; k < c; k++, y += p, dy += p) {
        real m = total(p, dy) / (real)p, along = dot(p, dy, y) / (real)p, scale = 1 / std[k];
        for (size_t i = 0; i < p; i++) dy[i] = scale * (dy[i] - m - y[i] * along);
    }
}

/* --- pools, shuffle, classifier --- */

typedef struct window {
    int y0, y1, x0, x1; /* what is inside */
    real share;
} window;

static window window_at(const ll_layer *l, int y, int x)
{
    int pad = ll_layer_padding(l), top = y * l->stride - pad, left = x * l->stride - pad;
    window w = {top < 0 ? 0 : top, top + l->kernel, left < 0 ? 0 : left, left + l->kernel, 0};
    if (w.y1 > l->h_in) w.y1 = l->h_in;
    if (w.x1 > l->h_in) w.x1 = l->h_in;
    w.share = (real)1 / (real)((w.y1 - w.y0) * (w.x1 - w.x0));
    return w;
}

void ll_pool_avg(const ll_layer *l, int n, bool relu, const real *x, real *y)
{
    for (int i = 0; i < l->c_in * n; i++, x += plane(l->h_in))
        for (int r = 0; r < l->h_out; r++)
            for (int c = 0; c < l->h_out; c++, y++) {
                window w = window_at(l, r, c);
                real sum = 0;
                for (int a = w.y0; a < w.y1; a++)
                    for (int b = w.x0; b < w.x1; b++) {
                        real v = x[a * l->h_in + b];
                        sum += relu ? positive(v) : v;
                    }
                *y = sum * w.share;
            }
}

void ll_pool_avg_back(const ll_layer *l, int n, bool relu, const real *x, const real *dy, real *dx)
{
    for (int i = 0; i < l->c_in * n; i++, x += plane(l->h_in), dx += plane(l->h_in))
        for (int r = 0; r < l->h_out; r++)
            for (int c = 0; c < l->h_out; c++, dy++) {
                window w = window_at(l, r, c);
                real share = *dy * w.share;
                for (int a = w.y0; a < w.y1; a++)
                    for (int b = w.x0; b < w.x1; b++)
                        if (!relu || x[a * l->h_in + b] > 0) dx[a * l->h_in + b] += share;
            }
}

static size_t shuffled(const ll_layer *l, int c)
{
    int each = l->c_in / l->groups;
    return (size_t)(c % each * l->groups + c / each);
}

void ll_shuffle(const ll_layer *l, int n, bool relu, const real *x, real *y)
{
    size_t p = (size_t)n * plane(l->h_in);
    for (int c = 0; c < l->c_in; c++) ll_read(p, relu, x + (size_t)c * p, y + shuffled(l, c) * p);
}

void ll_shuffle_back(const ll_layer *l, int n, bool relu, const real *x, const real *dy, real *dx)
{
    size_t p = (size_t)n * plane(l->h_in);
    for (int c = 0; c < l->c_in; c++)
        ll_read_back(p, relu, x + (size_t)c * p, dy + shuffled(l, c) * p, dx + (size_t)c * p);
}

void ll_global_pool(const ll_layer *l, int n, bool relu, const real *x, real *y)
{
    size_t p = plane(l->h_in);
    for (int i = 0; i < l->c_in * n; i++, x += p) {
        real sum = 0;
        for (size_t j = 0; j < p; j++) sum += relu ? positive(x[j]) : x[j];
        y[i] = sum / (real)p;
    }
}

void ll_global_pool_back(const ll_layer *l, int n, bool relu, const real *x, const real *dy, real *dx)
{
    size_t p = plane(l->h_in);
    for (int i = 0; i < l->c_in * n; i++, x += p, dx += p) {
        real share = dy[i] / (real)p;
        for (size_t j = 0; j < p; j++) dx[j] += !relu || x[j] > 0 ? share : 0;
    }
}

void ll_classify(const ll_layer *l, int n, bool relu, const real *x, const real *w, const real *b, real *y)
{
    for (int c = 0; c < l->c_out; c++)
        for (int i = 0; i < n; i++) {
            real sum = b ? b[c] : 0;
            for (int k = 0; k < l->c_in; k++) {
                real v = x[k * n + i];
                sum += w[c * l->c_in + k] * (relu ? positive(v) : v);
            }
            y[c * n + i] = sum;
        }
}

void ll_classify_back(const ll_layer *l, int n, bool relu, const real *x, const real *w, const real *dy,
                      real *room, real *dw, real *dx)
{
    size_t all = (size_t)l->c_in * (size_t)n;
    ll_read(all, relu, x, room);
    ll_gemm(false, true, l->c_out, l->c_in, n, 1, dy, n, room, n, 1, dw, l->c_in);
    if (!dx) return;
    ll_gemm(true, false, l->c_in, n, l->c_out, 1, w, l->c_in, dy, n, 0, room, n);
    ll_read_back(all, relu, x, room, dx);
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
