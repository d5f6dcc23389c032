#include "core/num/small_gemm.h"

#include <stddef.h>
#include <string.h>

/* TALL x PANEL numbers of C are kept in twelve of AVX2's sixteen registers, or in 24 of AVX-512's 32. */
#ifdef __AVX512F__
enum { LANES = 16, TALL = 12 };
#else
enum { LANES = 8, TALL = 6 };
#endif
enum { PANEL = 2 * LANES, WIDEST = 8 };
/* BLOCK rows stay in the first cache. At most DEEP x BROAD numbers of the right factor are copied at a time, and none where one
 * block is all there is: then every panel is read once from where it lies. */
enum { DEEP = 256, BROAD = 256, BLOCK = 8 * TALL };

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
typedef float vec_at __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef float four __attribute__((vector_size(4 * sizeof(float))));
typedef float four_at __attribute__((vector_size(4 * sizeof(float)), aligned(sizeof(float)), may_alias));

/* Numbers i..l of a behind b: each compiler has a name of its own for it. */
#ifdef __clang__
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int order __attribute__((vector_size(4 * sizeof(int))));
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (order){i, j, k, l})
#endif

/* Of the left factor a: row i of column p stands at a[i * row + p * step]. */
typedef struct strides {
    ptrdiff_t row, step;
} strides;

bool ll_small_sgemm_pays(bool ta, int m, int n, int k, bool add)
{
#if defined(__AVX512F__)
    /* Where OpenBLAS uses its kernels for AVX-512 it is as fast, with few rows and small factors a little faster. But it
     * may have been told by OPENBLAS_CORETYPE to use others, and those of Haswell are slower here: a third as fast where a
     * transposed left factor is long, as the rows of a batch are */
    return n > 1 && k > 2 && (!ta || k >= LANES) && (double)n * k <= (ta ? 1 << 18 : 1 << 17) && m <= 4096;
#elif defined(__AVX2__) && defined(__FMA__)
    /* OpenBLAS is as fast with a transposed left factor, unless C has to be zeroed for a few sums, and where nothing
     * stays in a cache */
    return n > 1 && k > 2 && (!ta || (k <= 256 && !add)) && (double)n * k <= 1 << 17 && m <= 4096;
#else
    return false; /* OpenBLAS chooses better than SSE2 at run time */
#endif
}

/* --- a tile of C --- */

/* A third of a sanitized suite would be checks of these loads; tests/base/test_small_gemm.c has a page without access behind
 * every matrix instead. */
#define UNCHECKED __attribute__((no_sanitize("address", "undefined")))

/* c (rows, vecs * LANES) = or += a times b. Inlined with constants, so that the sums live in registers. */
static inline __attribute__((always_inline)) UNCHECKED void tile(int rows, int vecs, const float *a,
                                                                 strides s, int k, const float *b,
                                                                 ptrdiff_t ldb, bool add, float *c,
                                                                 ptrdiff_t ldc)
{
    vec sum[TALL][WIDEST];
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 12
        for (int v = 0; v < vecs; v++) {
            __builtin_prefetch(c + r * ldc + (ptrdiff_t)v * LANES, 1); /* a gradient is in no near cache */
            sum[r][v] = (vec){0};
        }
    for (int p = 0; p < k; p++, a += s.step, b += ldb)
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 12
            for (int v = 0; v < vecs; v++)
                sum[r][v] += a[r * s.row] * *(const vec_at *)(b + (ptrdiff_t)v * LANES);
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 12
        for (int v = 0; v < vecs; v++) {
            vec_at *to = (vec_at *)(c + r * ldc + (ptrdiff_t)v * LANES);
            if (add) sum[r][v] += *to;
            *to = sum[r][v];
        }
}

typedef void tile_fn(const float *a, strides s, int k, const float *b, ptrdiff_t ldb, bool add, float *c,
                     ptrdiff_t ldc);

#define TILE(R, V)                                                                                           \
    static UNCHECKED void tile_##R##_##V(const float *a, strides s, int k, const float *b, ptrdiff_t ldb,    \
                                         bool add, float *c, ptrdiff_t ldc)                                  \
    {                                                                                                        \
        tile(R, V, a, s, k, b, ldb, add, c, ldc);                                                            \
    }
#define EACH_HEIGHT_6(DO, V) DO(1, V) DO(2, V) DO(3, V) DO(4, V) DO(5, V) DO(6, V)
#ifdef __AVX512F__
#define EACH_HEIGHT(DO, V) EACH_HEIGHT_6(DO, V) DO(7, V) DO(8, V) DO(9, V) DO(10, V) DO(11, V) DO(12, V)
#else
#define EACH_HEIGHT EACH_HEIGHT_6
#endif
EACH_HEIGHT(TILE, 1)
EACH_HEIGHT(TILE, 2)
TILE(2, 4)
TILE(1, 8)

#define NAME_OF(R, V) tile_##R##_##V,
static tile_fn *const tiles[PANEL / LANES][TALL] = {{EACH_HEIGHT(NAME_OF, 1)}, {EACH_HEIGHT(NAME_OF, 2)}};

/* --- copies of the right factor --- */

static void transpose_4x4(const float *b, ptrdiff_t ldb, float *to, ptrdiff_t width)
{
    four b0 = *(const four_at *)b, b1 = *(const four_at *)(b + ldb), b2 = *(const four_at *)(b + 2 * ldb),
         b3 = *(const four_at *)(b + 3 * ldb);
    four low01 = SHUFFLE(b0, b1, 0, 4, 1, 5), low23 = SHUFFLE(b2, b3, 0, 4, 1, 5);
    four high01 = SHUFFLE(b0, b1, 2, 6, 3, 7), high23 = SHUFFLE(b2, b3, 2, 6, 3, 7);
    *(four_at *)to = SHUFFLE(low01, low23, 0, 1, 4, 5);
    *(four_at *)(to + width) = SHUFFLE(low01, low23, 2, 3, 6, 7);
    *(four_at *)(to + 2 * width) = SHUFFLE(high01, high23, 0, 1, 4, 5);
    *(four_at *)(to + 3 * width) = SHUFFLE(high01, high23, 2, 3, 6, 7);
}

#if defined(__AVX512F__) && !defined(__clang__)
enum { WHOLE = LANES, HALVINGS = 4 };
typedef int lanes __attribute__((vector_size(LANES * sizeof(int))));

/* Rows a and b of a square are s apart, and the blocks of s numbers beside its diagonal change places: the new a, or b. */
static inline __attribute__((always_inline)) UNCHECKED vec exchanged(vec a, vec b, int s, bool new_b)
{
    const lanes at = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return __builtin_shuffle(a, b, at + (at & s) / s * (LANES - s) + (new_b ? s : 0));
}

/* As many rows and columns as a register has numbers: half of the instructions for each of them. */
static UNCHECKED void transpose_whole(const float *b, ptrdiff_t ldb, float *to, ptrdiff_t width)
{
    vec row[LANES];
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) row[i] = *(const vec_at *)(b + i * ldb);
#pragma GCC unroll 4
    for (int h = 0; h < HALVINGS; h++)
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) {
            int s = 1 << h;
            if (i & s) continue;
            vec a = row[i];
            row[i] = exchanged(a, row[i + s], s, false);
            row[i + s] = exchanged(a, row[i + s], s, true);
        }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) *(vec_at *)(to + i * width) = row[i];
}
#else
enum { WHOLE = 4 };
#define transpose_whole transpose_4x4
#endif

/* to (k, width) = the transpose of b (cols, k); cols is a multiple of four */
static void copy_fours(const float *b, ptrdiff_t ldb, int k, int cols, int width, float *to)
{
    int whole = cols % WHOLE ? 0 : k / WHOLE * WHOLE;
    for (int j = 0; j < cols && whole; j += WHOLE)
        for (int p = 0; p < whole; p += WHOLE)
            transpose_whole(b + j * ldb + p, ldb, to + (ptrdiff_t)p * width + j, width);
    for (int j = 0; j < cols; j += 4, b += 4 * ldb) {
        int p = whole;
        for (; p + 4 <= k; p += 4) transpose_4x4(b + p, ldb, to + (ptrdiff_t)p * width + j, width);
        for (; p < k; p++)
            for (int i = 0; i < 4; i++) to[p * width + j + i] = b[i * ldb + p];
    }
}

/* The same for any number of columns, with zeros behind them. */
static void copy_columns(const float *b, ptrdiff_t ldb, int k, int cols, int width, float *to)
{
    int fours = cols / 4 * 4;
    copy_fours(b, ldb, k, fours, width, to);
    for (int p = 0; p < k; p++, to += width)
        for (int j = fours; j < width; j++) to[j] = j < cols ? b[j * ldb + p] : 0;
}

/* The same of b (k, cols) as it is. */
static void copy_rows(const float *b, ptrdiff_t ldb, int k, int cols, int width, float *to)
{
    for (int p = 0; p < k; p++, b += ldb, to += width)
        for (int j = 0; j < width; j++) to[j] = j < cols ? b[j] : 0;
}

static int padded(int cols)
{
    return (cols + LANES - 1) / LANES * LANES;
}

/* All panels of b (k, n), or of its transpose b (n, k), one behind the other: that of column j begins at to[j * k]. */
static void copy_panels(bool tb, const float *b, ptrdiff_t ldb, int k, int n, float *to)
{
    int whole = n / PANEL * PANEL;
    for (int j = 0; tb && j < whole; j += PANEL)
        copy_fours(b + j * ldb, ldb, k, PANEL, PANEL, to + (ptrdiff_t)j * k);
    for (int p = 0; !tb && p < k; p++) /* row by row, in the order of memory */
        for (int j = 0; j < whole; j += PANEL)
            memcpy(to + (ptrdiff_t)j * k + p * PANEL, b + p * ldb + j, PANEL * sizeof *to);
    if (whole == n) return;
    to += (ptrdiff_t)whole * k;
    if (tb)
        copy_columns(b + whole * ldb, ldb, k, n - whole, padded(n - whole), to);
    else
        copy_rows(b + whole, ldb, k, n - whole, padded(n - whole), to);
}

/* --- a panel of C --- */

/* What a tile has behind the last column of C stays out of it. */
static void store_part(const float *part, int rows, int cols, bool add, float *c, ptrdiff_t ldc)
{
    for (int r = 0; r < rows; r++, c += ldc, part += PANEL) {
        int j = 0;
        for (; j + 4 <= cols; j += 4) {
            four own = *(const four_at *)(part + j);
            if (add) own += *(const four_at *)(c + j);
            *(four_at *)(c + j) = own;
        }
        for (; j < cols; j++) c[j] = add ? c[j] + part[j] : part[j];
    }
}

/* c (m, cols) = or += a times b (k, cols padded). The rows are dealt out evenly: two rows alone would wait for each
 * other's sums. */
static void panel(int m, const float *a, strides s, int k, const float *b, ptrdiff_t ldb, int cols, bool add,
                  float *c, ptrdiff_t ldc)
{
    float part[TALL * PANEL];
    int width = padded(cols), count = (m + TALL - 1) / TALL;
    for (int t = 0, from = 0; t < count; t++) {
        int to = (int)((ptrdiff_t)m * (t + 1) / count), rows = to - from;
        tile_fn *run = tiles[width / LANES - 1][rows - 1];
        const float *own = a + from * s.row;
        if (cols == width) {
            run(own, s, k, b, ldb, add, c + from * ldc, ldc);
        } else {
            run(own, s, k, b, ldb, false, part, PANEL);
            store_part(part, rows, cols, add, c + from * ldc, ldc);
        }
        from = to;
    }
}

/* One or two rows: wide tiles, for as many sums at a time as with six. Returns the columns that are done. */
static int skinny(int m, const float *a, strides s, int n, int k, const float *b, ptrdiff_t ldb, bool add,
                  float *c, ptrdiff_t ldc)
{
    int width = m == 1 ? 8 * LANES : 4 * LANES, j = 0;
    if (m > 2) return 0;
    for (; j + width <= n; j += width) (m == 1 ? tile_1_8 : tile_2_4)(a, s, k, b + j, ldb, add, c + j, ldc);
    return j;
}

/* c (m, n) = or += a b for few rows, which are read where they lie but for the columns behind the last whole vector. */
static void few_rows(int m, const float *a, strides s, int n, int k, const float *b, ptrdiff_t ldb, bool add,
                     float *c, ptrdiff_t ldc)
{
    float copy[DEEP * PANEL] __attribute__((aligned(64)));
    for (int j = skinny(m, a, s, n, k, b, ldb, add, c, ldc); j < n; j += PANEL) {
        int cols = n - j < PANEL ? n - j : PANEL, width = padded(cols);
        bool whole = cols == width;
        if (!whole) copy_rows(b + j, ldb, k, cols, width, copy);
        panel(m, a, s, k, whole ? b + j : copy, whole ? ldb : width, cols, add, c + j, ldc);
    }
}

/* The same for many, by blocks of rows that stay in the first cache while they meet the panels. */
static void many_rows(bool tb, int m, const float *a, strides s, int n, int k, const float *b, ptrdiff_t ldb,
                      bool add, float *c, ptrdiff_t ldc)
{
    float copy[DEEP * BROAD] __attribute__((aligned(64)));
    copy_panels(tb, b, ldb, k, n, copy);
    for (int i = 0; i < m; i += BLOCK, a += BLOCK * s.row, c += BLOCK * ldc)
        for (int j = 0; j < n; j += PANEL) {
            int rows = m - i < BLOCK ? m - i : BLOCK, cols = n - j < PANEL ? n - j : PANEL;
            panel(rows, a, s, k, copy + (ptrdiff_t)j * k, padded(cols), cols, add, c + j, ldc);
        }
}

void ll_small_sgemm(bool ta, bool tb, int m, int n, int k, const float *a, int lda, const float *b, int ldb,
                    bool add, float *c, int ldc)
{
    strides s = {ta ? 1 : lda, ta ? lda : 1};
    for (int p = 0; p == 0 || p < k; p += DEEP)
        for (int j = 0; j < n; j += BROAD) {
            const float *own = b + (tb ? (ptrdiff_t)j * ldb + p : (ptrdiff_t)p * ldb + j);
            int deep = k - p < DEEP ? k - p : DEEP, broad = n - j < BROAD ? n - j : BROAD;
            if (!tb && m <= BLOCK)
                few_rows(m, a + p * s.step, s, broad, deep, own, ldb, add || p, c + j, ldc);
            else
                many_rows(tb, m, a + p * s.step, s, broad, deep, own, ldb, add || p, c + j, ldc);
        }
}
