/* Small matrix products against sums in double: every size around a tile and a panel, both ways of reading each factor,
 * and nothing written beside C. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/blas_choice.h"
#include "core/num/small_gemm.h"
#include "tests/check.h"

enum { GAP = 3 }; /* numbers between the rows of each matrix */

typedef struct matrix {
    int rows, cols, ld;
    float *v; /* its last number is the last before a page that nobody may touch */
    void *pages;
    size_t bytes; /* of these pages */
} matrix;

/* Numbers from the first to the last, those between the rows included. */
static size_t span(const matrix *m)
{
    return (size_t)((m->rows - 1) * m->ld + m->cols);
}

static matrix matrix_new(int rows, int cols, bool transposed, ll_rng *rng)
{
    matrix m = {.rows = transposed ? cols : rows, .cols = transposed ? rows : cols};
    m.ld = m.cols + GAP;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = span(&m),
           held = (n * sizeof *m.v + page - 1) / page * page;
    m.bytes = held + page;
    m.pages = mmap(NULL, m.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(m.pages != MAP_FAILED && !mprotect((char *)m.pages + held, page, PROT_NONE));
    m.v = (float *)((char *)m.pages + held) - n;
    for (size_t i = 0; i < n; i++) m.v[i] = (float)ll_rng_normal(rng);
    return m;
}

static void matrix_free(matrix *m)
{
    munmap(m->pages, m->bytes);
}

static double at(const matrix *m, bool transposed, int i, int j)
{
    return m->v[transposed ? j * m->ld + i : i * m->ld + j];
}

/* How far C is from the truth, in units of what k roundings may do; -1 when a number beside C has changed. */
static double error_of(bool ta, bool tb, int m, int n, int k, bool add, ll_rng *rng)
{
    matrix a = matrix_new(m, k, ta, rng), b = matrix_new(k, n, tb, rng), c = matrix_new(m, n, false, rng);
    float *before = ll_memdup(c.v, span(&c), sizeof *c.v);
    double worst = 0;
    ll_small_sgemm(ta, tb, m, n, k, a.v, a.ld, b.v, b.ld, add, c.v, c.ld);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < (i < m - 1 ? c.ld : n); j++) {
            double sum = add ? (double)before[i * c.ld + j] : 0, size = fabs(sum);
            if (j >= n && memcmp(&c.v[i * c.ld + j], &before[i * c.ld + j], sizeof(float)) != 0)
                worst = INFINITY;
            if (j >= n) continue;
            for (int p = 0; p < k; p++) {
                double term = at(&a, ta, i, p) * at(&b, tb, p, j);
                sum += term;
                size += fabs(term);
            }
            worst = fmax(worst, fabs((double)c.v[i * c.ld + j] - sum) / (size * (k + 1) * 6e-8 + 1e-30));
        }
    free(before);
    matrix_free(&a);
    matrix_free(&b);
    matrix_free(&c);
    return worst;
}

static void check_sizes(const int *ms, int n_m, const int *ns, int n_n, const int *ks, int n_k)
{
    ll_rng rng = ll_rng_new(1, LL_STREAM_DATA);
    for (int i = 0; i < n_m * n_n * n_k; i++)
        for (int form = 0; form < 8; form++) {
            int m = ms[i % n_m], n = ns[i / n_m % n_n], k = ks[i / n_m / n_n];
            double error = error_of(form & 1, form & 2, m, n, k, form & 4, &rng);
            if (!(error <= 1)) {
                printf("  m %d n %d k %d form %d: %g\n", m, n, k, form, error);
                CHECK(error <= 1);
            }
        }
    CHECK(n_m * n_n * n_k > 0);
}

static void every_size_around_a_tile(void)
{
    const int m[] = {1, 2, 3, 5, 6, 7, 11, 12, 13, 23, 24, 25},
              n[] = {1, 2, 7, 8, 9, 15, 16, 17, 20, 31, 32, 33, 47, 48, 64, 67},
              k[] = {1, 2, 3, 4, 5, 8, 16, 17};
    check_sizes(m, sizeof m / sizeof *m, n, sizeof n / sizeof *n, k, sizeof k / sizeof *k);
}

static void sizes_around_a_copy(void)
{
    const int m[] = {2, 47, 48, 49, 100}, n[] = {100, 255, 256, 257}, k[] = {100, 255, 256, 257};
    check_sizes(m, 5, n, 4, k, 4);
}

/* Through ll_sgemm the result is that of the library, whichever is taken; alpha and beta other than 0 and 1 are obeyed. */
static void the_same_as_the_library(void)
{
    ll_rng rng = ll_rng_new(2, LL_STREAM_DATA);
    const float factors[] = {0, 1, .5f, 2};
    for (int form = 0; form < 64; form++) {
        bool ta = form & 1, tb = form & 2;
        int m = 3 + form, n = 40 + form, k = 70 - form;
        matrix a = matrix_new(m, k, ta, &rng), b = matrix_new(k, n, tb, &rng),
               c = matrix_new(m, n, false, &rng);
        float *own = ll_memdup(c.v, span(&c), sizeof *c.v), alpha = factors[1 + form / 16 % 2],
              beta = factors[form / 4 % 4];
        ll_sgemm(ta, tb, m, n, k, alpha, a.v, a.ld, b.v, b.ld, beta, own, c.ld);
        ll_blas_sgemm(ta, tb, m, n, k, alpha, a.v, a.ld, b.v, b.ld, beta, c.v, c.ld);
        double worst = 0;
        for (size_t i = 0; i < span(&c); i++) worst = fmax(worst, fabs((double)own[i] - (double)c.v[i]));
        CHECK(worst < 2e-5);
        free(own);
        matrix_free(&a);
        matrix_free(&b);
        matrix_free(&c);
    }
}

/* Whatever the processor: the widest have none better, and what is named runs here. */
static void better_kernels_are_known(void)
{
    CHECK(!ll_blas_better_than("SkylakeX") && !ll_blas_better_than("Cooperlake"));
    CHECK(!ll_blas_better_than("a processor of the future"));
    const char *better = ll_blas_better_than("Nehalem"), *wider = ll_blas_better_than("Haswell");
    CHECK(!wider || (better && !strcmp(wider, better)));
    if (better) CHECK(!ll_blas_better_than(better) || !strcmp(better, "Haswell"));
}

static const check_case cases[] = {
    {"better kernels are known", better_kernels_are_known},
    {"every size around a tile and a panel", every_size_around_a_tile},
    {"sizes around what is copied at a time", sizes_around_a_copy},
    {"the same as the library", the_same_as_the_library},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("small_gemm", cases, argc, argv);
}
