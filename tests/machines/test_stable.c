/* Careful timing: intervals, waiting for a machine that is slow, and when it has enough. */
#include <math.h>
#include <string.h>

#include "data/machines/host/stable.h"
#include "data/machines/host/sweep.h"
#include "tests/check.h"

/* Order statistics by the table of the sign test: n = 6 has the smallest and the largest (97 %), 10 the 2nd and 9th, 20 the
 * 6th and 15th. */
static void intervals_are_those_of_the_sign_test(void)
{
    float ms[LL_MAX_TIMES];
    for (int i = 0; i < LL_MAX_TIMES; i++) ms[i] = (float)(100 + i);
    CHECK(isinf(ll_median_interval(ms, 5)));
    CHECK_NEAR(ll_median_interval(ms, 6), (105 - 100) / 2. / 102.5, 1e-6);
    CHECK_NEAR(ll_median_interval(ms, 10), (108 - 101) / 2. / 104.5, 1e-6);
    CHECK_NEAR(ll_median_interval(ms, 20), (114 - 105) / 2. / 109.5, 1e-6);
    const float turned[] = {105, 103, 100, 101, 104, 102};
    CHECK_NEAR(ll_median_interval(turned, 6), (105 - 100) / 2. / 102.5, 1e-6);
    CHECK(isinf(ll_median_interval(ms, 0)));
}

static ll_visit beside(float control)
{
    ll_visit v = {.n = 3};
    for (int i = 0; i < v.n; i++) v.control[i] = control + (float)i * .001f;
    return v;
}

/* 50 ms doubling to a second while it is slow; what is calm again starts anew; and not for ever. */
static void a_slow_machine_is_waited_for(void)
{
    ll_cooling c = {0};
    ll_visit calm = beside(1), slow = beside(1.3f), nothing = {0};
    CHECK_NEAR(ll_cooling_wait(&c, &calm, 1), 0, 0);
    CHECK_NEAR(ll_cooling_wait(&c, &slow, 100), .05, 1e-12);
    CHECK_NEAR(ll_cooling_wait(&c, &slow, 100), .1, 1e-12);
    CHECK_NEAR(ll_cooling_wait(&c, &calm, 100), 0, 0);
    CHECK_NEAR(ll_cooling_wait(&c, &slow, 100), .05, 1e-12);
    CHECK_NEAR(ll_cooling_wait(&c, &nothing, 100), 0, 0);
    double waited = 0;
    for (int i = 0; i < 1000; i++) {
        double wait = ll_cooling_wait(&c, &slow, 10);
        CHECK(wait <= 1);
        waited += wait;
    }
    CHECK(waited > 1 && c.waited_s <= 2 + .5 * 10);
    ll_visit calmer = beside(.5f);
    CHECK_NEAR(ll_cooling_wait(&c, &calmer, 10), 0, 0);
    CHECK_NEAR(c.best, .501, 1e-6); /* the calmest so far is what others are held against */
}

/* What is settled has a narrow interval, of a careful sweep; else five runs that agree. */
static void a_careful_sweep_wants_narrow_intervals(void)
{
    float ms[LL_MAX_TIMES] = {3, 3, 6, 3, 3, 3.1f}, control[LL_MAX_TIMES] = {1, 1, 2, 1, 1, 1};
    int count = 5;
    ll_times t = {.n = 1, .count = &count, .ms = ms, .control = control, .usual = 1, .stable = true};
    CHECK(!ll_times_spread(&t, 0).settled && isinf(ll_times_interval(&t, 0)));
    CHECK_NEAR(ll_times_calm(&t), 4 / 5., 1e-12);
    t.stable = false;
    CHECK(ll_times_spread(&t, 0).settled);
    t.stable = true;
    count = 6;
    CHECK_NEAR(ll_times_interval(&t, 0), .1 / 2 / 3, 1e-6);
    CHECK(!ll_times_spread(&t, 0).settled);
    ms[5] = 3;
    CHECK_NEAR(ll_times_interval(&t, 0), 0, 1e-6);
    CHECK(ll_times_spread(&t, 0).settled);
    CHECK_NEAR(ll_times_spread(&t, 0).median, 3, 1e-6);
}

static const check_case cases[] = {
    {"intervals are those of the sign test", intervals_are_those_of_the_sign_test},
    {"a slow machine is waited for", a_slow_machine_is_waited_for},
    {"a careful sweep wants narrow intervals", a_careful_sweep_wants_narrow_intervals},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_stable", cases, argc, argv);
}
