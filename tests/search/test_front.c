/* Fronts, ranks, crowding, hypervolume and IGD+ against definitions written out, and Student's distribution function. */
#include <float.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/search/front.h"
#include "tests/check.h"

/* Coordinates on a coarse grid, so that ties and equal points come up; some NaN. */
static double *random_points(uint64_t seed, int n, int m, int steps, double missing)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    double *points = LL_NEW_ARRAY(double, n *m + 1);
    for (int i = 0; i < n * m; i++) {
        points[i] = ll_rng_below(&r, steps) / (double)steps;
        if (ll_rng_uniform(&r) < missing) points[i] = NAN;
    }
    return points;
}

static bool at_least(const double *a, const double *b, int m)
{
    for (int k = 0; k < m; k++)
        if (isnan(a[k]) || isnan(b[k]) || a[k] > b[k]) return false;
    return true;
}

static bool equal(const double *a, const double *b, int m)
{
    return at_least(a, b, m) && at_least(b, a, m);
}

static bool dominates(const double *a, const double *b, int m)
{
    return at_least(a, b, m) && !at_least(b, a, m);
}

/* --- domination and fronts --- */

static void better_in_one_and_worse_in_none_dominates(void)
{
    const double a[] = {1, 2, 3}, b[] = {1, 2, 4}, c[] = {0, 9, 3}, d[] = {NAN, 0, 0};
    CHECK(ll_dominates(a, b, 3) && !ll_dominates(b, a, 3));
    CHECK(!ll_dominates(a, a, 3));
    CHECK(!ll_dominates(a, c, 3) && !ll_dominates(c, a, 3));
    CHECK(!ll_dominates(a, b, 2)); /* equal in the first two */
    CHECK(!ll_dominates(d, a, 3) && !ll_dominates(a, d, 3));
    CHECK(ll_dominates(a, b + 2, 1) && !ll_dominates(b + 2, a, 1));
}

/* The members by the definition: dominated by none, the first of equal ones; and the order asked for. */
static void check_front(const double *p, int n, int m)
{
    ll_ints front = {0};
    int count = 0;
    ll_front(p, n, m, &front);
    for (int i = 0; i < n; i++) {
        bool in = at_least(p + i * m, p + i * m, m);
        for (int j = 0; j < n; j++)
            in = in && !dominates(p + j * m, p + i * m, m) && !(j < i && equal(p + j * m, p + i * m, m));
        count += in;
        CHECK((ll_ints_find(&front, i) >= 0) == in);
    }
    CHECK_INT(front.n, count);
    for (int i = 1; i < front.n; i++) CHECK(p[front.v[i - 1] * m] <= p[front.v[i] * m]);
    ll_ints_free(&front);
}

static void fronts_are_what_nothing_dominates(void)
{
    for (int m = 1; m <= 4; m++)
        for (uint64_t seed = 1; seed <= 12; seed++) {
            double *p = random_points(seed, 60, m, seed % 2 ? 7 : 1000, seed % 3 ? 0 : .1);
            check_front(p, 60, m);
            free(p);
        }
}

static void small_fronts_by_hand(void)
{
    const double two[] = {2, 1, 1, 2, 2, 1, 3, 0, 1, 3, NAN, 0, 3, 3}, one[] = {4, 2, NAN, 2, 9},
                 zeros[] = {0., 1, -0., 1};
    ll_ints f = {0};
    ll_front(two, 7, 2, &f);
    CHECK_INT(f.n, 3);
    CHECK(f.v[0] == 1 && f.v[1] == 0 && f.v[2] == 3);
    f.n = 0;
    ll_front(one, 5, 1, &f);
    CHECK(f.n == 1 && f.v[0] == 1);
    f.n = 0;
    ll_front(zeros, 2, 2, &f); /* no zero is less than the other */
    CHECK(f.n == 1 && f.v[0] == 0);
    f.n = 0;
    ll_front(two, 0, 2, &f);
    CHECK_INT(f.n, 0);
    ll_front(two + 10, 1, 2, &f); /* nothing but NaN */
    CHECK_INT(f.n, 0);
    ll_ints_free(&f);
}

/* --- ranks and crowding --- */

/* Front by front: what only members of earlier ones dominate. NaN: behind all. */
static void check_ranks(const double *p, int n, int m)
{
    int *rank = LL_NEW_ARRAY(int, n), *want = LL_NEW_ARRAY(int, n), left = 0, r = 0;
    for (int i = 0; i < n; i++) left += at_least(p + i * m, p + i * m, m), want[i] = -1;
    for (; left; r++)
        for (int i = 0, before = left; i < n; i++) {
            bool in = want[i] < 0 && at_least(p + i * m, p + i * m, m) && before;
            for (int j = 0; j < n; j++)
                in = in && !((want[j] < 0 || want[j] == r) && dominates(p + j * m, p + i * m, m));
            if (in) want[i] = r, left--;
        }
    ll_front_ranks(p, n, m, rank);
    for (int i = 0; i < n; i++) CHECK_INT(rank[i], want[i] < 0 ? r : want[i]);
    free(rank);
    free(want);
}

static void ranks_are_fronts_peeled_off(void)
{
    for (int m = 1; m <= 4; m++)
        for (uint64_t seed = 1; seed <= 8; seed++) {
            double *p = random_points(seed + 50, 40, m, seed % 2 ? 6 : 1000, seed % 4 ? 0 : .1);
            check_ranks(p, 40, m);
            free(p);
        }
}

/* The distance between the next smaller and the next larger in each objective, of equal ones the earlier is smaller. */
static double crowding_of(const double *p, int m, const int *which, int n, int i)
{
    double sum = 0;
    for (int k = 0; k < m; k++) {
        double x = p[which[i] * m + k], below = -INFINITY, above = INFINITY, low = x, high = x;
        for (int j = 0; j < n; j++) {
            double y = p[which[j] * m + k];
            low = fmin(low, y);
            high = fmax(high, y);
            if (y < x || (y == x && j < i)) below = fmax(below, y);
            if (y > x || (y == x && j > i)) above = fmin(above, y);
        }
        if (isinf(below) || isinf(above)) return INFINITY;
        if (high > low) sum += (above - below) / (high - low);
    }
    return sum;
}

static void crowding_is_the_room_between_neighbours(void)
{
    for (int m = 1; m <= 3; m++)
        for (uint64_t seed = 1; seed <= 6; seed++) {
            int which[25], n = seed == 1 ? 1 : seed == 2 ? 2 : 25;
            double *p = random_points(seed + 90, 50, m, seed % 2 ? 5 : 1000, 0), out[25];
            for (int i = 0; i < n; i++) which[i] = 2 * i + 1;
            ll_crowding(p, m, which, n, out);
            for (int i = 0; i < n; i++) {
                double want = crowding_of(p, m, which, n, i);
                CHECK(isinf(want) ? isinf(out[i]) : fabs(out[i] - want) < 1e-12);
            }
            free(p);
        }
    const double line[] = {0, 4, 1, 2, 4, 0}; /* the middle one: 4/4 in each */
    double out[3];
    ll_crowding(line, 2, (const int[]){0, 1, 2}, 3, out);
    CHECK(isinf(out[0]) && isinf(out[2]));
    CHECK_NEAR(out[1], 2, 1e-15);
}

/* --- hypervolume --- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Cell by cell of the grid that all coordinates span: a cell counts when a point lies at or below its lower corner. */
static double volume_by_cells(const double *p, int n, int m, const double *reference)
{
    double edge[4][33], sum = 0;
    int at[4] = {0};
    for (int k = 0; k < m; k++) {
        for (int i = 0; i < n; i++) edge[k][i] = fmin(p[i * m + k], reference[k]);
        edge[k][n] = reference[k];
        qsort(edge[k], (size_t)n + 1, sizeof *edge[k], by_size);
    }
    for (int k = 0; k < m;) {
        double corner[4], cell = 1;
        bool covered = false;
        for (int d = 0; d < m; d++) corner[d] = edge[d][at[d]], cell *= edge[d][at[d] + 1] - corner[d];
        for (int i = 0; i < n && !covered; i++) covered = at_least(p + i * m, corner, m);
        sum += covered ? cell : 0;
        for (k = 0; k < m && ++at[k] == n; k++) at[k] = 0;
    }
    return sum;
}

static void hypervolume_is_the_sum_of_its_cells(void)
{
    const double reference[] = {1, .9, 1.1, .8};
    for (int m = 1; m <= 4; m++)
        for (uint64_t seed = 1; seed <= 10; seed++) {
            int n = m == 4 ? 9 : 16;
            double *p = random_points(seed + 200, n, m, seed % 2 ? 6 : 1000, 0);
            for (int i = 0; i < n * m; i++) p[i] *= 1.3; /* some beyond the reference */
            CHECK_NEAR(ll_hypervolume(p, n, m, reference), volume_by_cells(p, n, m, reference), 1e-12);
            free(p);
        }
}

static void hypervolume_by_hand(void)
{
    const double p[] = {1, 3, 2, 2, 3, 1}, far[] = {5, 0, 0, 5, 4, 4}, nan[] = {NAN, 0, 1, 1}, r[] = {4, 4},
                 cube[] = {0, 0, 1, 0, 1, 0, 1, 0, 0}, two[] = {2, 2, 2};
    CHECK_NEAR(ll_hypervolume(p, 3, 2, r), 6, 1e-15);      /* 3 + 2 + 1 */
    CHECK_NEAR(ll_hypervolume(far, 3, 2, r), 0, 0);        /* beyond or on the edge */
    CHECK_NEAR(ll_hypervolume(nan, 2, 2, r), 9, 1e-15);    /* what is not known adds nothing */
    CHECK_NEAR(ll_hypervolume(cube, 3, 3, two), 7, 1e-15); /* 8 less the corner that none reaches */
    CHECK_NEAR(ll_hypervolume(p, 0, 2, r), 0, 0);
}

/* --- IGD+ --- */

static void igd_plus_by_hand(void)
{
    const double ends[] = {0, 1, 1, 0}, middle[] = {.5, .5}, better[] = {-1, -1}, three[] = {0, 0, 0},
                 around[] = {1, 1, 7, 3, 4, -5};
    CHECK_NEAR(ll_igd_plus(ends, 2, ends, 2, 2), 0, 0);
    CHECK_NEAR(ll_igd_plus(middle, 1, ends, 2, 2), .5, 1e-15); /* .5 worse in one objective each time */
    CHECK_NEAR(ll_igd_plus(ends, 1, ends, 2, 2), .5, 1e-15);   /* one reached, the other missed by 1 */
    CHECK_NEAR(ll_igd_plus(better, 1, ends, 2, 2), 0, 0);      /* better is no distance */
    CHECK_NEAR(ll_igd_plus(around, 2, three, 1, 3), 5, 1e-15); /* (3, 4, -5): the 5 is a gain */
    CHECK(isnan(ll_igd_plus(ends, 0, ends, 2, 2)) && isnan(ll_igd_plus(ends, 2, ends, 0, 2)));
}

/* --- Student's distribution function --- */

/* mpmath 1.3.0, 40 digits: half of betainc(n/2, 1/2, 0, n/(n+t^2), regularized=True), or one less that. */
static void student_cdf_matches_mpmath(void)
{
    const double at[][3] = {{0, 3, .5},
                            {1, 1, .75},
                            {-1, 1, .25},
                            {2.5, 2, .9351941398892446},
                            {-2.5, 2, .064805860110755405},
                            {.3, 4.5, .61123322648028435},
                            {-7, 5, .00045837375719920217},
                            {-40, 3, 1.7190340394579264e-5},
                            {2.570581835636314, 5, .975},
                            {12, .5, .90746973946539894},
                            {-.001, 30, .49960436788324255},
                            {1.96, 1000, .97486340752212564},
                            {-3, 1e7, .0013499013555185806},
                            {-1e9, 2, 5e-19},
                            {-3, 0, .0013498980316300945}, /* normal: ncdf */
                            {1.25, -1, .89435022633314474}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        CHECK_NEAR(ll_student_cdf(at[i][0], at[i][1]), at[i][2], 1e-8 * at[i][2]);
    CHECK(ll_student_cdf(INFINITY, 4) == 1 && ll_student_cdf(-INFINITY, 4) == 0);
    CHECK(ll_student_cdf(DBL_MAX, 4) == 1 && ll_student_cdf(-DBL_MAX, 4) == 0);
    CHECK(isnan(ll_student_cdf(NAN, 4)) && isnan(ll_student_cdf(NAN, 0)));
}

static void cdf_and_quantile_undo_each_other(void)
{
    const double dofs[] = {0, .7, 1, 2.5, 8, 21, 300, 1e5},
                 ps[] = {1e-6, .01, .05, .3, .5, .7, .9, .975, .999};
    for (size_t d = 0; d < sizeof dofs / sizeof *dofs; d++)
        for (size_t i = 0; i < sizeof ps / sizeof *ps; i++)
            CHECK_NEAR(ll_student_cdf(ll_student_quantile(ps[i], dofs[d]), dofs[d]), ps[i], 1e-9 * ps[i]);
    for (double t = -6; t < 6; t += .25) CHECK(ll_student_cdf(t, 4) < ll_student_cdf(t + .25, 4));
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"better in one and worse in none dominates", better_in_one_and_worse_in_none_dominates},
        {"fronts are what nothing dominates", fronts_are_what_nothing_dominates},
        {"small fronts by hand", small_fronts_by_hand},
        {"ranks are fronts peeled off", ranks_are_fronts_peeled_off},
        {"crowding is the room between neighbours", crowding_is_the_room_between_neighbours},
        {"hypervolume is the sum of its cells", hypervolume_is_the_sum_of_its_cells},
        {"hypervolume by hand", hypervolume_by_hand},
        {"igd+ by hand", igd_plus_by_hand},
        {"student's cdf matches mpmath", student_cdf_matches_mpmath},
        {"cdf and quantile undo each other", cdf_and_quantile_undo_each_other},
        {0},
    };
    return check_main("test_front", cases, argc, argv);
}
