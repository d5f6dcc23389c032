#include "core/encode/cate/attention.h"

#include <string.h>

enum { H = LL_CATE_HEADS, W = LL_CATE_WIDTH, QKV = LL_CATE_QKV };

/* One number of each head, wherever it lies. */
typedef real heads __attribute__((vector_size(H * sizeof(real)), aligned(sizeof(real)), may_alias));

static const real scale = (real).5; /* 1/sqrt(LL_CATE_PER_HEAD) */

static inline const heads *at(const real *row)
{
    return (const heads *)row;
}

/* Those that a token hears. */
typedef struct row {
    const uint8_t *list; /* NULL: 0 .. n - 1 */
    int n;
} row;

static inline size_t heard(row r, int j)
{
    return r.list ? r.list[j] : (size_t)j;
}

static inline row row_of(ll_cate_heard who, int length, int i)
{
    return who.list ? (row){who.list + (size_t)i * (size_t)length, who.count[i]} : (row){NULL, length};
}

/* s (r.n, H) = q k / 2 of every head */
static void scores(const real *qkv, int i, row r, real *s)
{
    const heads *q = at(qkv + (size_t)i * QKV);
    heads q0 = q[0] * scale, q1 = q[1] * scale, q2 = q[2] * scale, q3 = q[3] * scale;
    for (int j = 0; j < r.n; j++) {
        const heads *k = at(qkv + heard(r, j) * QKV + W);
        *(heads *)(s + j * H) = (q0 * k[0] + q1 * k[1]) + (q2 * k[2] + q3 * k[3]);
    }
}

static void largest(const real *s, int n, real *most)
{
    for (int h = 0; h < H; h++) most[h] = s[h];
    for (int j = 1; j < n; j++)
#pragma omp simd
        for (int h = 0; h < H; h++) most[h] = s[j * H + h] > most[h] ? s[j * H + h] : most[h];
}

/* s (n, H) = e^(s - most) */
static void exponentials(real *s, int n, const real *most)
{
    heads m = *at(most);
    for (int j = 0; j < n; j++) *(heads *)(s + j * H) -= m;
#pragma omp simd
    for (int x = 0; x < n * H; x++) s[x] = ll_exp(s[x]);
}

/* y (32) = the values of those heard, weighted by p / its sum; over (H) = 1 / sum */
static void gather(const real *qkv, row r, const real *p, real *over, real *y)
{
    heads sum = {0}, y0 = {0}, y1 = {0}, y2 = {0}, y3 = {0};
    for (int j = 0; j < r.n; j++) {
        const heads *v = at(qkv + heard(r, j) * QKV + 2 * W);
        heads pj = *at(p + j * H);
        sum += pj;
        y0 += pj * v[0];
        y1 += pj * v[1];
        y2 += pj * v[2];
        y3 += pj * v[3];
    }
    heads *to = (heads *)y, one = 1 / sum;
    *(heads *)over = one;
    to[0] = y0 * one;
    to[1] = y1 * one;
    to[2] = y2 * one;
    to[3] = y3 * one;
}

void ll_cate_attention(const real *qkv, int length, ll_cate_heard who, real *y, real *stat)
{
    real s[LL_CATE_LONGEST * H];
    for (int i = 0; i < length; i++, y += W, stat += LL_CATE_ATTENTION_STAT) {
        row r = row_of(who, length, i);
        scores(qkv, i, r, s);
        largest(s, r.n, stat);
        exponentials(s, r.n, stat);
        gather(qkv, r, s, stat + H, y);
    }
}

/* p (r.n, H) becomes the weights; ds (r.n, H) = d loss / d score; dv of those heard is added to. */
static void weights_back(const real *qkv, row r, const real *over, const real *dy, real *p, real *ds,
                         real *dqkv)
{
    const heads *d = at(dy);
    heads one = *at(over), d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], dot = {0};
    for (int j = 0; j < r.n; j++) {
        size_t to = heard(r, j) * QKV + 2 * W;
        const heads *v = at(qkv + to);
        heads *dv = (heads *)(dqkv + to), pj = *at(p + j * H) * one;
        heads dp = (d0 * v[0] + d1 * v[1]) + (d2 * v[2] + d3 * v[3]);
        dot += pj * dp;
        *(heads *)(p + j * H) = pj;
        *(heads *)(ds + j * H) = dp;
        dv[0] += pj * d0;
        dv[1] += pj * d1;
        dv[2] += pj * d2;
        dv[3] += pj * d3;
    }
    for (int j = 0; j < r.n; j++) *(heads *)(ds + j * H) = *at(p + j * H) * (*at(ds + j * H) - dot) * scale;
}

/* dq of token i, and dk of those heard, are added to. */
static void scores_back(const real *qkv, int i, row r, const real *ds, real *dqkv)
{
    const heads *q = at(qkv + (size_t)i * QKV);
    heads q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3], g0 = {0}, g1 = {0}, g2 = {0}, g3 = {0};
    for (int j = 0; j < r.n; j++) {
        size_t to = heard(r, j) * QKV + W;
        const heads *k = at(qkv + to);
        heads *dk = (heads *)(dqkv + to), d = *at(ds + j * H);
        g0 += d * k[0];
        g1 += d * k[1];
        g2 += d * k[2];
        g3 += d * k[3];
        dk[0] += d * q0;
        dk[1] += d * q1;
        dk[2] += d * q2;
        dk[3] += d * q3;
    }
    heads *dq = (heads *)(dqkv + (size_t)i * QKV);
    dq[0] += g0;
    dq[1] += g1;
    dq[2] += g2;
    dq[3] += g3;
}

void ll_cate_attention_back(const real *qkv, int length, ll_cate_heard who, const real *stat, const real *dy,
                            real *dqkv)
{
    real p[LL_CATE_LONGEST * H], ds[LL_CATE_LONGEST * H];
    memset(dqkv, 0, (size_t)length * QKV * sizeof *dqkv);
    for (int i = 0; i < length; i++, dy += W, stat += LL_CATE_ATTENTION_STAT) {
        row r = row_of(who, length, i);
        scores(qkv, i, r, p);
        exponentials(p, r.n, stat);
        weights_back(qkv, r, stat + H, dy, p, ds, dqkv);
        scores_back(qkv, i, r, ds, dqkv);
    }
}
