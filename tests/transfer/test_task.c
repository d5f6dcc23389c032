#include <stdlib.h>

#include "core/device/hardware.h"
#include "core/device/partition.h"
#include "core/device/task.h"
#include "core/num/stats.h"
#include "tests/check.h"
#include "tests/toy.h"

static const char five[] = "alpha_1 alpha_32 beta Gamma delta";

/* --- partition --- */

static void random_corr(ll_rng *rng, int n, double *r)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++)
            r[i * n + j] = r[j * n + i] = i == j ? 1 : ll_rng_uniform(rng) * 1.4 - .4;
}

/* Every assignment of n devices to source, target and neither. */
static double cheapest_by_force(const double *r, int n, int m, int t)
{
    double best = INFINITY;
    int all = 1, side[8];
    for (int i = 0; i < n; i++) all *= 3;
    for (int code = 0; code < all; code++) {
        int count[3] = {0};
        for (int i = 0, c = code; i < n; i++, c /= 3) count[(side[i] = c % 3 - 1) + 1]++;
        if (count[1] == m && count[2] == t) best = fmin(best, ll_partition_cost(r, n, side));
    }
    return best;
}

static void check_sizes_of(const int *side, int n, int m, int t)
{
    int count[3] = {0};
    for (int i = 0; i < n; i++) count[side[i] + 1]++;
    CHECK_INT(count[LL_SIDE_SOURCE + 1], m);
    CHECK_INT(count[LL_SIDE_TARGET + 1], t);
}

static void exact_is_exact_and_kl_is_close(void)
{
    ll_rng rng = ll_rng_new(7, LL_STREAM_DATA);
    double r[64], gap = 0;
    int side[8], rounds = 0;
    for (int n = 4; n <= 8; n++)
        for (int m = 1; m < n - 1; m += 2, rounds++) {
            int t = 1 + ll_rng_below(&rng, n - m);
            random_corr(&rng, n, r);
            ll_partition_job job = {m, t, 1, LL_PARTITION_EXACT, NULL, 0};
            CHECK_INT(ll_partition_sides(r, n, &job, side, NULL), LL_OK);
            check_sizes_of(side, n, m, t);
            double exact = ll_partition_cost(r, n, side);
            CHECK_NEAR(exact, cheapest_by_force(r, n, m, t), 1e-12);
            job.method = LL_PARTITION_KL;
            CHECK_INT(ll_partition_sides(r, n, &job, side, NULL), LL_OK);
            check_sizes_of(side, n, m, t);
            double kl = ll_partition_cost(r, n, side);
            CHECK(kl >= exact - 1e-12);
            gap += (kl - exact) / (m * t);
        }
    CHECK(gap / rounds < .2); /* a heuristic, but no random split: those are .35 off */
}

static void two_families_are_told_apart(void)
{
    enum { N = 10 };
    double r[N * N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) r[i * N + j] = i == j ? 1 : (i % 2 == j % 2) ? .9 : .1 + .001 * (i + j);
    for (uint64_t seed = 0; seed < 5; seed++) {
        int side[N];
        ll_partition_job job = {4, 3, seed, LL_PARTITION_KL, NULL, 0};
        CHECK_INT(ll_partition_sides(r, N, &job, side, NULL), LL_OK);
        check_sizes_of(side, N, 4, 3);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                if (side[i] == LL_SIDE_SOURCE && side[j] == LL_SIDE_TARGET) CHECK(i % 2 != j % 2);
    }
}

static void impossible_splits_are_refused(void)
{
    static double r[64 * 64];
    int side[64];
    ll_error e = {0};
    ll_partition_job job = {5, 4, 1, LL_PARTITION_KL, NULL, 0};
    CHECK_INT(ll_partition_sides(r, 8, &job, side, &e), LL_USAGE);
    CHECK_HAS(e.message, "more than the 8 at hand");
    ll_rng rng = ll_rng_new(13, LL_STREAM_DATA);
    random_corr(&rng, 64, r);
    job = (ll_partition_job){20, 20, 1, LL_PARTITION_EXACT, NULL, 5000};
    CHECK_INT(ll_partition_sides(r, 64, &job, side, &e), LL_FAILED);
    CHECK_HAS(e.message, "method=kl");
    job = (ll_partition_job){0, 2, 1, LL_PARTITION_KL, NULL, 0};
    CHECK_INT(ll_partition_sides(r, 8, &job, side, &e), LL_USAGE);
}

static void splits_of_a_dataset_are_tasks(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(300, five);
    fill_related(d, 8);
    ll_dataset_seal(d, &e);
    const int some[] = {4, 3, 1, 0};
    ll_corr c;
    ll_correlate(d, some, 4, LL_SPEARMAN, NULL, NULL, &c, &e);
    ll_partition_job job = {2, 1, 3, LL_PARTITION_KL, NULL, 0};
    ll_task *t = NULL;
    CHECK_INT(ll_partition(d, &c, &job, &t, &e), LL_OK);
    CHECK_STR(t->name, "kl seed=3");
    CHECK_INT(t->source.n, 2);
    CHECK_INT(t->target.n, 1);
    CHECK(ll_ints_find(&t->source, 2) < 0 && t->target.v[0] != 2);
    double sum = 0, most = -1;
    for (int i = 0; i < 2; i++) {
        double rho = ll_spearman(ll_latencies(d, t->source.v[i]), ll_latencies(d, t->target.v[0]), 300);
        sum += rho;
        most = fmax(most, rho);
    }
    CHECK_NEAR(t->mean_corr, sum / 2, 1e-12);
    CHECK_NEAR(t->max_corr, most, 1e-12);
    ll_task_unref(t);
    ll_corr_free(&c);
    ll_dataset_unref(d);
}

/* --- published tasks --- */

/* A dataset that holds every device its space's tasks name, but `without`. */
static ll_dataset *data_for(const char *space_name, ll_space *space, const char *without)
{
    ll_strs names = {0};
    const ll_published_task *p;
    for (int i = 0; (p = ll_published_task_at(i)); i++) {
        ll_strs words = {0};
        if (strcmp(p->space, space_name)) continue;
        ll_strs_split(&words, p->source, ' ');
        ll_strs_split(&words, p->target, ' ');
        for (int j = 0; j < words.n; j++)
            if (!ll_strs_has(&names, words.v[j]) && strcmp(words.v[j], without))
                ll_strs_add(&names, words.v[j]);
        ll_strs_free(&words);
    }
    *space = toy;
    space->name = space_name;
    ll_str joined = {0};
    for (int i = 0; i < names.n; i++) ll_str_addf(&joined, "%s ", names.v[i]);
    ll_dataset *d = toy_data(20, ll_str_text(&joined));
    ll_str_free(&joined);
    d->space = space;
    fill_related(d, 9);
    ll_dataset_seal(d, NULL);
    ll_strs_free(&names);
    return d;
}

static void twelve_tasks_resolve(void)
{
    /* source and target devices as the paper's tables count them */
    static const struct {
        const char *name;
        int source, target;
    } want[] = {{"ND", 9, 6}, {"N1", 5, 5}, {"N2", 5, 5}, {"N3", 5, 5}, {"N4", 10, 3}, {"NA", 17, 3},
                {"FD", 9, 3}, {"F1", 5, 5}, {"F2", 5, 5}, {"F3", 5, 5}, {"F4", 10, 3}, {"FA", 15, 4}};
    for (int i = 0; i < 12; i++) {
        const ll_published_task *p = ll_published_task_at(i);
        ll_space space;
        ll_dataset *d = data_for(p->space, &space, "");
        ll_task *t = NULL;
        ll_error e = {0};
        CHECK_STR(p->name, want[i].name);
        CHECK_INT(ll_task_published(want[i].name, d, &t, &e), LL_OK);
        CHECK_INT(t->source.n, want[i].source);
        CHECK_INT(t->target.n, want[i].target);
        CHECK_INT(t->missing.n, 0);
        for (int j = 0; j < t->target.n; j++) CHECK(ll_ints_find(&t->source, t->target.v[j]) < 0);
        ll_task_unref(t);
        ll_dataset_unref(d);
    }
    CHECK(!ll_published_task_at(12));
}

static void absent_devices_are_named(void)
{
    ll_space space;
    ll_dataset *d = data_for("fbnet", &space, "eyeriss");
    ll_task *t = NULL;
    ll_error e = {0};
    CHECK_INT(ll_task_published("fd", d, &t, &e), LL_OK);
    CHECK_INT(t->missing.n, 1);
    CHECK_STR(t->missing.v[0], "eyeriss");
    CHECK_INT(t->target.n, 2);
    ll_task_unref(t);
    CHECK_INT(ll_task_published("ND", d, &t, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "nasbench201");
    CHECK_INT(ll_task_published("N9", d, &t, &e), LL_USAGE);
    CHECK_HAS(e.message, "FA");
    ll_dataset_unref(d);
    d = toy_data(20, five);
    d->space = &space;
    CHECK_INT(ll_task_published("F1", d, &t, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "none of the source devices");
    ll_dataset_unref(d);
}

static void hardware_is_known_under_all_names(void)
{
    ll_dataset *d = toy_data(20, "1080ti_1 desktop_gpu_gtx_1080ti_fp32 2080ti_32 raspi4 mine");
    CHECK(ll_same_hardware(d, 0, 1));
    CHECK(!ll_same_hardware(d, 0, 2));
    CHECK(!ll_same_hardware(d, 4, 4)); /* unknown is not the same as unknown */
    ll_device_set(&d->devices[4], "mine", LL_MEASURED, "me", "ms", "raspberry pi 4", NULL);
    CHECK(ll_same_hardware(d, 3, 4));
    CHECK_STR(ll_hardware_named("titan_rtx_256"), "Titan RTX");
    CHECK_STR(ll_hardware_named("titanx_32"), "Titan X");
    CHECK(!ll_hardware_named("nothing"));
    /* every device the paper names is known */
    const ll_published_task *p;
    for (int i = 0; (p = ll_published_task_at(i)); i++) {
        ll_strs words = {0};
        ll_strs_split(&words, p->source, ' ');
        ll_strs_split(&words, p->target, ' ');
        for (int j = 0; j < words.n; j++)
            check_report(ll_hardware_named(words.v[j]) != NULL, __FILE__, __LINE__, "no hardware for %s",
                         words.v[j]);
        ll_strs_free(&words);
    }
    ll_dataset_unref(d);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"exact is exact and kl is close", exact_is_exact_and_kl_is_close},
        {"two families are told apart", two_families_are_told_apart},
        {"impossible splits are refused", impossible_splits_are_refused},
        {"splits of a dataset are tasks", splits_of_a_dataset_are_tasks},
        {"twelve tasks resolve", twelve_tasks_resolve},
        {"absent devices are named", absent_devices_are_named},
        {"hardware is known under all names", hardware_is_known_under_all_names},
        {0},
    };
    return check_main("test_task", cases, argc, argv);
}
