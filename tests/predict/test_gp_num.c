#include "core/nn/lbfgs.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/sobol.h"
#include "tests/check.h"

static void cholesky_solves_and_inverts(void)
{
    /* numpy: A = [[4,2,1],[2,5,3],[1,3,6]]; det 67; inv*67 = [[21,-9,1],[-9,23,-10],[1,-10,16]] */
    double a[12] = {4, 99, 99, 0, 2, 5, 99, 0, 1, 3, 6, 0};
    CHECK(ll_cholesky(3, a, 4));
    CHECK_NEAR(ll_cholesky_logdet(3, a, 4), log(67), 1e-14);
    double b[6] = {21, 1, -9, 0, 1, 0};
    ll_cholesky_solve(3, 2, a, 4, b, 2);
    double x0 = (21 * 21 + 9 * 9 + 1) / 67., x1 = (-9 * 21 - 23 * 9 - 10) / 67.;
    CHECK_NEAR(b[0], x0, 1e-14);
    CHECK_NEAR(b[2], x1, 1e-14);
    CHECK_NEAR(b[1], 21 / 67., 1e-15);
    ll_cholesky_inverse(3, a, 4);
    CHECK_NEAR(a[0], 21 / 67., 1e-15);
    CHECK_NEAR(a[1], -9 / 67., 1e-15);
    CHECK_NEAR(a[4], -9 / 67., 1e-15);
    CHECK_NEAR(a[9], -10 / 67., 1e-15);
    CHECK_NEAR(a[6], -10 / 67., 1e-15);
    double bad[4] = {1, 0, 2, 1};
    CHECK(!ll_cholesky(2, bad, 2));
}

static void eigenvectors_diagonalise(void)
{
    double a[4] = {2, 0, 1, 2}, w[2]; /* [[2,1],[1,2]]: 1 and 3 */
    CHECK(ll_eigen_symmetric(2, a, 2, w));
    CHECK_NEAR(w[0], 1, 1e-14);
    CHECK_NEAR(w[1], 3, 1e-14);
    CHECK_NEAR(a[0] + a[1], 0, 1e-14);
    CHECK_NEAR(a[2], a[3], 1e-14);
    CHECK_NEAR(fabs(a[2]), sqrt(.5), 1e-14);
}

static void least_squares_takes_the_smallest_norm(void)
{
    double a[6] = {1, 1, 2, 2, 3, 3}, b[3] = {2, 4, 6.6}; /* rank 1: x1 + x2 = (2 + 8 + 19.8) / 14 */
    CHECK_INT(ll_least_squares(3, 2, 1, a, 2, b, 1, 1e-10), 1);
    CHECK_NEAR(b[0], 29.8 / 28, 1e-14);
    CHECK_NEAR(b[1], 29.8 / 28, 1e-14);
}

static double rosenbrock(void *ctx, const double *x, double *g)
{
    ++*(int *)ctx;
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return a * a + 100 * b * b;
}

static void lbfgs_finds_minima(void)
{
    int calls = 0;
    double x[2] = {-1.2, 1};
    CHECK_NEAR(ll_lbfgs_minimise(&(ll_lbfgs){.tolerance = 1e-9}, 2, rosenbrock, &calls, x), 0, 1e-15);
    CHECK_NEAR(x[0], 1, 1e-7);
    CHECK_NEAR(x[1], 1, 1e-7);
    CHECK(calls < 100);
    /* in the box [-2, 0.5] the minimum is (0.5, 0.25), where the value is 0.25 */
    double y[2] = {-1.2, .4};
    CHECK_NEAR(ll_lbfgs_minimise(&(ll_lbfgs){.lo = -2, .hi = .5}, 2, rosenbrock, &calls, y), .25, 1e-9);
    CHECK_NEAR(y[0], .5, 1e-12);
    CHECK_NEAR(y[1], .25, 1e-6);
}

/* scipy.stats.qmc.Sobol(24, scramble=False).random(16), rows 3, 7 and 15 */
static const double sobol_rows[3][24] = {
    {.25, .75, .75, .75, .25, .25, .75, .25, .25, .25, .25, .25,
     .75, .75, .25, .75, .25, .75, .25, .75, .75, .25, .75, .75},
    {.125, .625, .375, .125, .125, .375, .625, .625, .625, .875, .625, .125,
     .625, .375, .125, .125, .125, .125, .625, .875, .875, .375, .625, .125},
    {.0625, .9375, .5625, .3125, .6875, .1875, .8125, .3125, .3125, .6875, .0625, .1875,
     .3125, .5625, .9375, .8125, .9375, .9375, .3125, .6875, .8125, .8125, .5625, .8125},
};

static void sobol_points_are_the_published_ones(void)
{
    double p[16 * 24];
    ll_sobol(16, 24, false, 0, p);
    const int at[3] = {3, 7, 15};
    for (int r = 0; r < 3; r++)
        for (int d = 0; d < 24; d++) CHECK_NEAR(p[at[r] * 24 + d], sobol_rows[r][d], 0);
}

/* Any 2^m first points put one into each of the 2^m equal slices of every axis; scrambling keeps that. */
static void scrambled_points_stay_even(void)
{
    enum { N = 128, D = 24 };
    static double p[N * D], q[N * D];
    ll_sobol(N, D, true, 7, p);
    ll_sobol(N, D, true, 8, q);
    CHECK(memcmp(p, q, sizeof p) != 0);
    ll_sobol(N, D, true, 7, q);
    CHECK(memcmp(p, q, sizeof p) == 0);
    for (int d = 0; d < D; d++) {
        int seen[N] = {0}, full = 0;
        for (int i = 0; i < N; i++) {
            CHECK(p[i * D + d] > 0 && p[i * D + d] < 1);
            seen[(int)(p[i * D + d] * N)]++;
        }
        for (int i = 0; i < N; i++) full += seen[i] == 1;
        CHECK_INT(full, N);
    }
}

static const check_case cases[] = {
    {"cholesky solves and inverts", cholesky_solves_and_inverts},
    {"eigenvectors diagonalise", eigenvectors_diagonalise},
    {"least squares takes the smallest norm", least_squares_takes_the_smallest_norm},
    {"L-BFGS finds minima", lbfgs_finds_minima},
    {"Sobol points are the published ones", sobol_points_are_the_published_ones},
    {"scrambled Sobol points stay even", scrambled_points_stay_even},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("gp_num", cases, argc, argv);
}
