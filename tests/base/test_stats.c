#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/num/ticks.h"
#include "tests/check.h"

/* Truth: scipy.stats.{rankdata,spearmanr,kendalltau}, numpy.{corrcoef,quantile}. */
static const double A[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9};
static const double B[] = {2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4};
enum { N_AB = 15, N_BIG = 1000 };

static void big_pair(double *x, double *y)
{
    for (int i = 0; i < N_BIG; i++) {
        x[i] = i * 7919 % 1009 / 10;
        y[i] = (int)(i * 104729LL % 1013) / 7 + (int)x[i] / 2;
    }
}

static void ranks_share_ties(void)
{
    const double want[] = {4.5, 1.5, 6, 1.5, 8, 14, 3, 10, 8, 4.5, 8, 12, 14, 11, 14};
    double rank[N_AB];
    ll_ranks(A, N_AB, rank);
    for (int i = 0; i < N_AB; i++) CHECK_NEAR(rank[i], want[i], 0);
}

static void correlations_match_scipy(void)
{
    CHECK_NEAR(ll_spearman(A, B, N_AB), 0.17916174391114706, 1e-14);
    CHECK_NEAR(ll_kendall(A, B, N_AB), 0.1570874410539306, 1e-14);
    CHECK_NEAR(ll_pearson(A, B, N_AB), 0.11049560385085637, 1e-14);
    double x[N_BIG], y[N_BIG];
    big_pair(x, y);
    CHECK_NEAR(ll_spearman(x, y, N_BIG), 0.3123636926338466, 1e-13);
    CHECK_NEAR(ll_kendall(x, y, N_BIG), 0.21547575998995755, 1e-13);
}

static void correlations_have_their_symmetries(void)
{
    double x[N_BIG], y[N_BIG], px[N_BIG], py[N_BIG], ex[N_BIG];
    big_pair(x, y);
    ll_ints order = ll_ints_range(N_BIG);
    ll_rng r = ll_rng_new(5, LL_STREAM_DATA);
    ll_rng_shuffle(&r, order.v, N_BIG);
    for (int i = 0; i < N_BIG; i++) {
        px[i] = x[order.v[i]];
        py[i] = y[order.v[i]];
        ex[i] = exp(x[i] / 20);
    }
    ll_ints_free(&order);
    CHECK_NEAR(ll_spearman(px, py, N_BIG), ll_spearman(x, y, N_BIG), 1e-13);
    CHECK_NEAR(ll_kendall(px, py, N_BIG), ll_kendall(x, y, N_BIG), 0);
    CHECK_NEAR(ll_spearman(ex, y, N_BIG), ll_spearman(x, y, N_BIG), 1e-13); /* monotone map */
    CHECK_NEAR(ll_kendall(y, x, N_BIG), ll_kendall(x, y, N_BIG), 1e-15);
    CHECK_NEAR(ll_spearman(x, x, N_BIG), 1, 0);
    CHECK_NEAR(ll_kendall(x, x, N_BIG), 1, 1e-15);
    for (int i = 0; i < N_BIG; i++) ex[i] = -x[i];
    CHECK_NEAR(ll_kendall(x, ex, N_BIG), -1, 1e-15);
}

/* Every pair counted, for tau-b as it is defined. */
static double kendall_by_pairs(const double *a, const double *b, int n)
{
    double balance = 0, pairs_a = 0, pairs_b = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            int sa = (a[i] > a[j]) - (a[i] < a[j]), sb = (b[i] > b[j]) - (b[i] < b[j]);
            balance += sa * sb;
            pairs_a += sa * sa;
            pairs_b += sb * sb;
        }
    return balance / sqrt(pairs_a * pairs_b);
}

static void kendall_matches_its_definition(void)
{
    ll_rng r = ll_rng_new(9, LL_STREAM_DATA);
    double a[300], b[300];
    for (int round = 0; round < 40; round++) {
        int n = 2 + ll_rng_below(&r, 298), levels = 2 + ll_rng_below(&r, 50);
        for (int i = 0; i < n; i++) {
            a[i] = ll_rng_below(&r, levels);
            b[i] = ll_rng_below(&r, levels) + .5 * a[i];
        }
        double want = kendall_by_pairs(a, b, n);
        CHECK_NEAR(ll_kendall(a, b, n), want, 1e-13);
    }
}

static void constant_sides_have_no_correlation(void)
{
    const double c[] = {.1, .1, .1, .1}, v[] = {1, 2, 3, 5};
    CHECK(isnan(ll_pearson(c, v, 4)));
    CHECK(isnan(ll_spearman(v, c, 4)));
    CHECK(isnan(ll_kendall(c, v, 4)));
    CHECK(isnan(ll_spearman(v, v, 1)));
    CHECK(isnan(ll_kendall(v, v, 0)));
    const double tiny[] = {1e-200, 2e-200, 4e-200, 8e-200};
    CHECK_NEAR(ll_pearson(tiny, tiny, 4), 1, 1e-12);
}

static void sorting_is_stable_and_ordered(void)
{
    ll_rng r = ll_rng_new(3, LL_STREAM_DATA);
    for (int n = 1; n < 3000; n = n * 3 + 1) {
        double *x = malloc((size_t)n * sizeof *x);
        int *order = malloc((size_t)n * sizeof *order);
        for (int i = 0; i < n; i++)
            x[i] = floor(ll_rng_normal(&r) * 20) * exp(ll_rng_normal(&r) > 1 ? 300 : 0);
        if (n > 3) x[1] = -0.0, x[3] = 0.0, x[2] = INFINITY;
        ll_sort_order(x, n, order);
        bool good = true;
        for (int i = 1; i < n; i++) {
            double a = x[order[i - 1]], b = x[order[i]];
            good &= a < b || (a == b && order[i - 1] < order[i]);
        }
        CHECK(good);
        free(x);
        free(order);
    }
}

static void order_statistics_match_numpy(void)
{
    const double q[] = {0, .1, .25, .5, .9, 1}, want[] = {1, 1.4, 3, 5, 9, 9};
    for (int i = 0; i < 6; i++) CHECK_NEAR(ll_quantile(A, N_AB, q[i]), want[i], 1e-14);
    CHECK_NEAR(ll_std(A, N_AB), 2.8250579429371676, 1e-14);
    CHECK_NEAR(ll_mad_sigma(A, N_AB), 2.9652, 1e-14);
    CHECK_NEAR(ll_median(B, N_AB), 4, 0);
    CHECK(isnan(ll_quantile(A, 0, .5)));
    CHECK_NEAR(ll_std(A, 1), 0, 0);
}

static void normal_quantiles_match_scipy(void)
{
    /* scipy.special.ndtri */
    const double at[][2] = {
        {1e-300, -37.0470962993612}, {1e-10, -6.361340902404056}, {.001, -3.090232306167813},
        {.025, -1.9599639845400545}, {.3, -0.5244005127080409},   {.5, 0},
        {.7, 0.5244005127080407},    {.975, 1.959963984540054},   {.999999, 4.753424308817087}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        CHECK_NEAR(ll_normal_quantile(at[i][0]), at[i][1], 1e-12);
    CHECK(ll_normal_quantile(0) == -INFINITY && ll_normal_quantile(1) == INFINITY);
    CHECK(isnan(ll_normal_quantile(1.5)) && isnan(ll_normal_quantile(NAN)));
}

static void student_quantiles_match_scipy(void)
{
    /* p, degrees of freedom, t: scipy.optimize.brentq on scipy.special.betainc (t.ppf itself is off by 8e-9
     * at 30 degrees of freedom) */
    const double at[][3] = {
        {.95, 1, 6.313751514675038},        {.95, 2.5, 2.5582186141359307}, {.975, 5, 2.5705818356363146},
        {.95, 30, 1.6972608865939567},      {.999, 3, 10.214531852407381},  {.6, .7, 0.35603136523468015},
        {.50001, 4, 2.666665944331833e-05}, {1e-6, 8, -12.109834665556214}, {.05, 12, -1.7822875556493203},
        {.99, 1e5, 2.3263851653708145},     {.95, 5e6, 1.6448539316224835}, {.9, .3, 64.78654563709698}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double want = at[i][2];
        CHECK_NEAR(ll_student_quantile(at[i][0], at[i][1]), want, 1e-9 * fmax(1, fabs(want)));
    }
    CHECK_NEAR(ll_student_quantile(.975, 0), ll_normal_quantile(.975), 0);
    CHECK_NEAR(ll_student_quantile(.5, 3), 0, 0);
    CHECK(isnan(ll_student_quantile(-1, 3)));
}

static void ticks_are_round_and_within(void)
{
    static const struct {
        double lo, hi;
        int gaps, n;
        double first, last;
        int digits;
    } axes[] = {{0, 1, 5, 6, 0, 1, 1},       {-.3, 1, 6, 3, 0, 1, 1},      {0, 100, 4, 3, 0, 100, 0},
                {0, .003, 3, 4, 0, .003, 3}, {12, 19, 3, 1, 15, 15, 0},    {.1, .7, 6, 7, .1, .7, 1},
                {3, 3, 6, 0, 0, 0, 0},       {0, INFINITY, 6, 0, 0, 0, 0}, {NAN, 1, 6, 0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        ll_ticks t = ll_ticks_within(axes[i].lo, axes[i].hi, axes[i].gaps);
        CHECK_INT(t.n, axes[i].n);
        if (!t.n) continue;
        CHECK_NEAR(ll_tick_at(&t, 0), axes[i].first, 1e-12);
        CHECK_NEAR(ll_tick_at(&t, t.n - 1), axes[i].last, 1e-12);
        CHECK(!signbit(ll_tick_at(&t, 0)));
        CHECK_INT(t.digits, axes[i].digits);
    }
    for (double hi = .001; hi < 1e6; hi *= 3.7) {
        ll_ticks t = ll_ticks_within(-.3 * hi, hi, 6);
        CHECK(t.n >= 2 && t.n <= 7);
    }
    CHECK(ll_ticks_within(1e17, 1e17 + 64, 6).n <= 8); /* steps that get lost in such a number */
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"ticks are round and within", ticks_are_round_and_within},
        {"ranks share ties", ranks_share_ties},
        {"correlations match scipy", correlations_match_scipy},
        {"correlations have their symmetries", correlations_have_their_symmetries},
        {"kendall matches its definition", kendall_matches_its_definition},
        {"constant sides have no correlation", constant_sides_have_no_correlation},
        {"sorting is stable and ordered", sorting_is_stable_and_ordered},
        {"order statistics match numpy", order_statistics_match_numpy},
        {"normal quantiles match scipy", normal_quantiles_match_scipy},
        {"student quantiles match scipy", student_quantiles_match_scipy},
        {0},
    };
    return check_main("test_stats", cases, argc, argv);
}
