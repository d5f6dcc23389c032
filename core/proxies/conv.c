/* Convolutions of a batch: matrix products over columns that are gathered, or shifts where each channel is on its own. */
#include <stdbool.h>
#include <string.h>

#include "core/proxies/ops.h"
#include "core/proxies/ops_parts.h"
#include "core/space/network.h"

/* --- as a matrix product --- */

/* Lines of the output are taken so many at a time that their columns stay in the second cache between being written and
 * being multiplied. An image is put into a frame of zeros first, so that every tap of the kernel reads whole lines. */
enum { COLUMNS_ROOM = 1 << 15 };

typedef struct lines {
    int from, n; /* of an image's h_out */
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
    return n < 1 ? 1 : n > l->h_out ? l->h_out : n;
}

static int frame_side(const ll_layer *l)
{
    return l->h_in + 2 * ll_layer_padding(l);
}

static size_t frame_room(const ll_layer *l) /* of one group */
{
    return (size_t)(l->c_in / l->groups) * ll_plane(frame_side(l));
}

static size_t framed(const ll_layer *l, int c, int y)
{
    int pad = ll_layer_padding(l), side = frame_side(l);
    return (size_t)((c * side + y + pad) * side + pad);
}

/* x: an image in a group's first channel, the next one n images further. The frame itself stays what it was. */
static void put_framed(const ll_layer *l, int n, const real *gate, const real *x, real *frame)
{
    for (int c = 0; c < l->c_in / l->groups; c++)
        for (int y = 0; y < l->h_in; y++) {
            size_t at = (size_t)c * (size_t)n * ll_plane(l->h_in) + (size_t)y * (size_t)l->h_in;
            ll_read((size_t)l->h_in, ll_further(gate, at), x + at, frame + framed(l, c, y));
        }
}

static void take_framed(const ll_layer *l, int n, const real *frame, const real *gate, real *dx)
{
    for (int c = 0; c < l->c_in / l->groups; c++)
        for (int y = 0; y < l->h_in; y++) {
            size_t at = (size_t)c * (size_t)n * ll_plane(l->h_in) + (size_t)y * (size_t)l->h_in;
            ll_read_back((size_t)l->h_in, ll_further(gate, at), frame + framed(l, c, y), dx + at);
        }
}

/* columns (c_in / groups * kernel^2, lines * h_out). */
static void gather(const ll_layer *l, lines at, const real *frame, real *columns)
{
    int side = frame_side(l), stride = l->stride, w = l->h_out;
    for (int c = 0; c < l->c_in / l->groups; c++)
        for (int k = 0; k < l->kernel * l->kernel; k++) {
            const real *x = frame + (c * side + at.from * stride + k / l->kernel) * side + k % l->kernel;
            for (int i = 0; i < at.n; i++, columns += w, x += stride * side)
                if (stride == 1)
                    for (int j = 0; j < w; j++) columns[j] = x[j];
                else
                    for (int j = 0; j < w; j++) columns[j] = x[j * stride];
        }
}

static void scatter(const ll_layer *l, lines at, const real *columns, real *frame)
{
    int side = frame_side(l), stride = l->stride, w = l->h_out;
    for (int c = 0; c < l->c_in / l->groups; c++)
        for (int k = 0; k < l->kernel * l->kernel; k++) {
            real *x = frame + (c * side + at.from * stride + k / l->kernel) * side + k % l->kernel;
            for (int i = 0; i < at.n; i++, columns += w, x += stride * side)
                if (stride == 1)
                    for (int j = 0; j < w; j++) x[j] += columns[j];
                else
                    for (int j = 0; j < w; j++) x[j * stride] += columns[j];
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
    return (group){.in = (size_t)g * (size_t)c_in * (size_t)n * ll_plane(l->h_in),
                   .out = (size_t)g * (size_t)c_out * (size_t)n * ll_plane(l->h_out),
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

static const real *pointwise_read(const group *g, size_t p, size_t from, int columns, int c_in,
                                  const real *gate, const real *x, real *room, int *ld)
{
    size_t at = g->in + from;
    *ld = gate ? columns : (int)p;
    if (!gate) return x + at;
    for (int c = 0; c < c_in; c++, at += p)
        ll_read((size_t)columns, gate + at, x + at, room + (size_t)c * (size_t)columns);
    return room;
}

static void pointwise(const ll_layer *l, int n, const real *gate, const real *x, const real *w, real *room,
                      real *y)
{
    size_t p = (size_t)n * ll_plane(l->h_in);
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        for (size_t from = 0; from < p; from += STRETCH) {
            int columns = stretch_of(p, from), ld;
            const real *read = pointwise_read(&g, p, from, columns, g.height, gate, x, room, &ld);
            ll_gemm(false, false, g.rows, columns, g.height, 1, weights_of(l, w, k), g.height, read, ld, 0,
                    y + g.out + from, (int)p);
        }
    }
}

static void pointwise_back(const ll_layer *l, int n, const real *gate, const real *x, const real *w,
                           const real *dy, real *room, real *dw, real *dx)
{
    size_t p = (size_t)n * ll_plane(l->h_in);
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        const real *wk = weights_of(l, w, k);
        for (size_t from = 0; from < p; from += STRETCH) {
            int columns = stretch_of(p, from), ld;
            const real *read = pointwise_read(&g, p, from, columns, g.height, gate, x, room, &ld);
            const real *d = dy + g.out + from;
            ll_gemm(false, true, g.rows, g.height, columns, 1, d, (int)p, read, ld, 1, dw + (wk - w),
                    g.height);
            if (!dx) continue;
            if (!gate) {
                ll_gemm(true, false, g.height, columns, g.rows, 1, wk, g.height, d, (int)p, 1,
                        dx + g.in + from, (int)p);
                continue;
            }
            ll_gemm(true, false, g.height, columns, g.rows, 1, wk, g.height, d, (int)p, 0, room, columns);
            for (int c = 0; c < g.height; c++) {
                size_t row = g.in + from + (size_t)c * p;
                ll_read_back((size_t)columns, gate + row, room + (size_t)c * (size_t)columns, dx + row);
            }
        }
    }
}

static lines first_lines(const ll_layer *l)
{
    return (lines){0, lines_at_a_time(l)};
}

static bool next_lines(const ll_layer *l, lines *at)
{
    at->from += at->n;
    if (at->n > l->h_out - at->from) at->n = l->h_out - at->from;
    return at->n > 0;
}

static void by_columns(const ll_layer *l, int n, const real *gate, const real *x, const real *w, real *room,
                       real *y)
{
    int p = n * l->h_out * l->h_out;
    real *frame = room + COLUMNS_ROOM + column_height(l) * l->h_out;
    memset(frame, 0, frame_room(l) * sizeof *frame);
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        for (int i = 0; i < n; i++) {
            size_t image = g.in + (size_t)i * ll_plane(l->h_in);
            put_framed(l, n, ll_further(gate, image), x + image, frame);
            lines at = first_lines(l);
            do {
                gather(l, at, frame, room);
                ll_gemm(false, false, g.rows, at.n * l->h_out, g.height, 1, weights_of(l, w, k), g.height,
                        room, at.n * l->h_out, 0, y + g.out + (size_t)((i * l->h_out + at.from) * l->h_out),
                        p);
            } while (next_lines(l, &at));
        }
    }
}

static void by_columns_back(const ll_layer *l, int n, const real *gate, const real *x, const real *w,
                            const real *dy, real *room, real *dw, real *dx)
{
    int p = n * l->h_out * l->h_out;
    real *frame = room + COLUMNS_ROOM + column_height(l) * l->h_out, *back = frame + frame_room(l);
    memset(frame, 0, frame_room(l) * sizeof *frame);
    for (int k = 0; k < l->groups; k++) {
        group g = group_at(l, n, k);
        const real *wk = weights_of(l, w, k);
        for (int i = 0; i < n; i++) {
            size_t image = g.in + (size_t)i * ll_plane(l->h_in);
            put_framed(l, n, ll_further(gate, image), x + image, frame);
            if (dx) memset(back, 0, frame_room(l) * sizeof *back);
            lines at = first_lines(l);
            do {
                int columns = at.n * l->h_out;
                const real *d = dy + g.out + (size_t)((i * l->h_out + at.from) * l->h_out);
                gather(l, at, frame, room);
                ll_gemm(false, true, g.rows, g.height, columns, 1, d, p, room, columns, 1, dw + (wk - w),
                        g.height);
                if (!dx) continue;
                ll_gemm(true, false, g.height, columns, g.rows, 1, wk, g.height, d, p, 0, room, columns);
                scatter(l, at, room, back);
            } while (next_lines(l, &at));
            if (dx) take_framed(l, n, back, ll_further(gate, image), dx + image);
        }
    }
}

/* --- depthwise --- */

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
static void put_padded(const ll_layer *l, const padded *p, int n, const real *gate, const real *x, real *to)
{
    int pad = ll_layer_padding(l);
    memset(to, 0, (size_t)(p->n + p->slack) * sizeof *to);
    for (int i = 0; i < n; i++)
        for (int y = 0; y < l->h_in; y++) {
            size_t at = (size_t)(i * l->h_in + y) * (size_t)l->h_in;
            ll_read((size_t)l->h_in, ll_further(gate, at), x + at,
                    to + (i * p->side + y + pad) * p->side + pad);
        }
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

static void depthwise(const ll_layer *l, int n, const real *gate, const real *x, const real *w, real *room,
                      real *y)
{
    padded p = padded_of(l, n);
    real *in = room, *out = room + p.n + p.slack;
    for (int c = 0; c < l->c_in; c++, w += l->kernel * l->kernel)
        for (int i = 0; i < n; i += p.images) {
            int some = n - i < p.images ? n - i : p.images;
            size_t at = (size_t)(c * n + i) * ll_plane(l->h_in);
            put_padded(l, &p, some, ll_further(gate, at), x + at, in);
            slide(l, &p, 1, w, in, out);
            take_outputs(l, &p, some, out, y);
            y += (size_t)some * ll_plane(l->h_out);
        }
}

static void take_gradient(const ll_layer *l, const padded *p, int n, const real *from, const real *gate,
                          real *dx)
{
    int pad = ll_layer_padding(l);
    for (int i = 0; i < n; i++)
        for (int y = 0; y < l->h_in; y++) {
            size_t at = (size_t)(i * l->h_in + y) * (size_t)l->h_in;
            ll_read_back((size_t)l->h_in, ll_further(gate, at),
                         from + (i * p->side + y + pad) * p->side + pad, dx + at);
        }
}

static void depthwise_back(const ll_layer *l, int n, const real *gate, const real *x, const real *w,
                           const real *dy, real *room, real *dw, real *dx)
{
    padded p = padded_of(l, n);
    int taps = l->kernel * l->kernel;
    real *in = room, *before = in + p.n + p.slack, *out = before + p.slack, *back = out + p.n + p.slack;
    memset(before, 0, (size_t)p.slack * sizeof *before);
    for (int c = 0; c < l->c_in; c++, w += taps, dw += taps)
        for (int i = 0; i < n; i += p.images) {
            int some = n - i < p.images ? n - i : p.images;
            size_t at = (size_t)(c * n + i) * ll_plane(l->h_in);
            put_padded(l, &p, some, ll_further(gate, at), x + at, in);
            put_outputs(l, &p, some, dy, out);
            for (int k = 0; k < taps; k++) dw[k] += ll_dot((size_t)p.n, out, in + tap(l, &p, k));
            if (dx) {
                slide(l, &p, -1, w, out, back);
                take_gradient(l, &p, some, back, ll_further(gate, at), dx + at);
            }
            dy += (size_t)some * ll_plane(l->h_out);
        }
}

/* --- either --- */

size_t ll_conv_room(const ll_layer *l, int n)
{
    padded p = padded_of(l, n);
    if (is_depthwise(l)) return 3 * (size_t)p.n + 4 * (size_t)p.slack;
    if (is_pointwise(l)) return (size_t)column_height(l) * STRETCH;
    return COLUMNS_ROOM + (size_t)column_height(l) * (size_t)l->h_out + 2 * frame_room(l);
}

void ll_conv(const ll_layer *l, int n, const real *gate, const real *x, const real *w, real *room, real *y)
{
    (is_depthwise(l) ? depthwise : is_pointwise(l) ? pointwise : by_columns)(l, n, gate, x, w, room, y);
}

void ll_conv_back(const ll_layer *l, int n, const real *gate, const real *x, const real *w, const real *dy,
                  real *room, real *dw, real *dx)
{
    (is_depthwise(l)   ? depthwise_back
     : is_pointwise(l) ? pointwise_back
                       : by_columns_back)(l, n, gate, x, w, dy, room, dw, dx);
}
