#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/quote.h"
#include "core/device/audit.h"
#include "core/device/ordering.h"
#include "core/device/scores.h"
#include "core/num/stats.h"
#include "tests/check.h"
#include "tests/toy.h"

static const char five[] = "alpha_1 alpha_32 beta Gamma delta";

/* --- dataset --- */

static void rows_are_found(void)
{
    ll_dataset *d = toy_data(500, five);
    ll_error e = {0};
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    for (int i = 0; i < d->n_archs; i++)
        if (ll_dataset_row(d, ll_gene(d, i)) != i) CHECK_INT(ll_dataset_row(d, ll_gene(d, i)), i);
    const uint8_t absent[] = {9, 9, 9};
    CHECK_INT(ll_dataset_row(d, absent), -1);
    int row;
    CHECK_INT(ll_dataset_find_arch(d, "4:9:8", &row, &e), LL_OK);
    CHECK_INT(row, 498);
    CHECK_INT(ll_dataset_find_arch(d, "17", &row, &e), LL_OK);
    CHECK_INT(row, 17);
    CHECK_INT(ll_dataset_find_arch(d, "500", &row, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "0 to 499");
    CHECK_INT(ll_dataset_find_arch(d, "9:9:9", &row, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "9:9:9");
    CHECK_INT(ll_dataset_find_arch(d, "x", &row, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "not like 1:2:3");
    ll_dataset_unref(d);
}

static void duplicates_are_refused(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(20, five);
    memcpy(d->archs->genes + 3 * 7, d->archs->genes + 3 * 4, 3);
    CHECK_INT(ll_dataset_seal(d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "rows 4 and 7 are the same architecture 0:0:4");
    ll_dataset_unref(d);
    d = toy_data(20, five);
    ll_device_set(&d->devices[3], "beta", LL_MEASURED, "test", "ms", NULL, NULL);
    CHECK_INT(ll_dataset_seal(d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "two devices are called beta");
    ll_dataset_unref(d);
}

/* Of few letters nobody can say what was meant: a sentence without three names is better than one with any. */
static void short_words_are_meant_for_no_device(void)
{
    static const struct {
        const char *typed, *say;
    } cases[] = {{"xy", "`devices` lists"}, {"ax", "`devices` lists"}, {"si", "`devices` lists"},
                 {"sim", "did you mean"},   {"y", "`devices` lists"},  {"sim_z", "did you mean sim_a"}};
    static const char *const names[] = {"x", "sim_a", "sim_b", "sim_c", "sim_d"};
    ll_dataset *d = toy_data(20, five);
    ll_error e = {0};
    int device;
    for (int i = 0; i < 5; i++)
        ll_device_set(&d->devices[i], names[i], LL_MEASURED, "test", "ms", NULL, NULL);
    CHECK_OK(ll_dataset_seal(d, &e));
    CHECK_OK(ll_dataset_find_device(d, "x", &device, &e));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(ll_dataset_find_device(d, cases[i].typed, &device, &e), LL_USAGE);
        CHECK_HAS(e.message, cases[i].say);
    }
    ll_dataset_unref(d);
}

static void devices_are_found_as_typed(void)
{
    ll_dataset *d = toy_data(20, five);
    ll_error e = {0};
    ll_dataset_seal(d, &e);
    int device;
    CHECK_INT(ll_dataset_find_device(d, "gamma", &device, &e), LL_OK);
    CHECK_INT(device, 3);
    CHECK_INT(ll_dataset_find_device(d, "del", &device, &e), LL_OK);
    CHECK_INT(device, 4);
    CHECK_INT(ll_dataset_find_device(d, "alpha", &device, &e), LL_USAGE); /* two fit */
    CHECK_HAS(e.message, "alpha_1");
    CHECK_INT(ll_dataset_find_device(d, "bata", &device, &e), LL_USAGE);
    CHECK_HAS(e.message, "did you mean beta?");
    CHECK_INT(ll_dataset_find_device(d, "", &device, &e), LL_USAGE);
    ll_strs patterns = {0};
    ll_ints found = {0};
    ll_strs_add(&patterns, "beta,alpha*");
    ll_strs_add(&patterns, "*a");
    CHECK_INT(ll_dataset_find_devices(d, &patterns, &found, &e), LL_OK);
    const int want[] = {2, 0, 1, 3, 4};
    CHECK_INT(found.n, 5);
    for (int i = 0; i < found.n && i < 5; i++) CHECK_INT(found.v[i], want[i]);
    ll_strs_add(&patterns, "zeta*");
    CHECK_INT(ll_dataset_find_devices(d, &patterns, &found, &e), LL_USAGE);
    CHECK_INT(found.n, 5); /* nothing is added by a failure */
    ll_strs_free(&patterns);
    ll_ints_free(&found);
    ll_dataset_unref(d);
}

/* A quoted word is the device of that very name; what is none's name is names and patterns all the same. */
static void quoted_devices_are_found(void)
{
    static const char *const names[] = {"a,b", "a", "b", "x*", "xy"};
    static const struct {
        const char *marked;
        int n, first;
    } table[] = {{"a\\,b", 1, 0}, {"a,b", 2, 1},       {"x\\*", 1, 3},
                 {"x*", 2, 3},    {"a\\,\\ xy", 2, 1}, {"b\\*", 1, 2}};
    ll_dataset *d = ll_dataset_new("odd", ll_space_find("nasbench201"), 1, 5);
    ll_error e = {0};
    for (int i = 0; i < 5; i++)
        ll_device_set(&d->devices[i], names[i], LL_MEASURED, "test", "ms", NULL, NULL);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ll_strs patterns = {0};
        ll_ints found = {0};
        ll_split_list(table[i].marked, &patterns);
        CHECK_INT(ll_dataset_find_devices(d, &patterns, &found, &e), LL_OK);
        CHECK_INT(found.n, table[i].n);
        CHECK_INT(found.n ? found.v[0] : -1, table[i].first);
        ll_strs_free(&patterns);
        ll_ints_free(&found);
    }
    ll_strs none = {0};
    ll_ints found = {0};
    ll_strs_add(&none, "no\\,body");
    CHECK_INT(ll_dataset_find_devices(d, &none, &found, &e), LL_USAGE);
    ll_strs_free(&none);
    ll_ints_free(&found);
    int device;
    CHECK_INT(ll_dataset_find_device(d, "x", &device, &e), LL_USAGE);
    CHECK_HAS(e.message, "\"x*\" or xy"); /* as they can be typed */
    ll_dataset_unref(d);
}

static void hash_follows_content(void)
{
    ll_error e = {0};
    ll_dataset *a = toy_data(50, five), *b = toy_data(50, five);
    fill_related(a, 1);
    fill_related(b, 1);
    ll_latencies(b, 2)[7] = ll_latencies(a, 2)[7] = -NAN; /* another bit pattern, the same meaning */
    ll_latencies(b, 2)[7] = NAN;
    ll_dataset_seal(a, &e);
    ll_dataset_seal(b, &e);
    CHECK_STR(a->hash.hex, b->hash.hex);
    ll_latencies(b, 4)[49] += 1e-9;
    ll_dataset_seal(b, &e);
    CHECK(strcmp(a->hash.hex, b->hash.hex) != 0);
    ll_dataset_unref(a);
    ll_dataset_unref(b);
}

static void what_is_sealed_stays_where_it_is(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(30, five);
    fill_related(d, 3);
    ll_dataset_make_score(d, "cifar10");
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    ll_dataset *x = ll_dataset_at(ll_dataset_ref(d), "/there");
    CHECK(x != d && !d->path);
    CHECK_STR(x->path, "/there");
    CHECK_STR(x->hash.hex, d->hash.hex);
    CHECK_INT(ll_dataset_device(x, d->devices[4].name), 4);
    CHECK_INT(ll_dataset_row(x, ll_gene(d, 29)), 29);
    CHECK(!memcmp(x->lat_ms, d->lat_ms, 150 * sizeof(double)) && ll_scores_same(x, d) &&
          x->scores[0].v != d->scores[0].v);
    ll_dataset *same = ll_dataset_at(x, x->path); /* nobody else would see a change */
    CHECK(same == x);
    CHECK_STR(same->path, "/there");
    ll_dataset_unref(same);
    ll_dataset_unref(d);
}

static void extension_keeps_what_was_there(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(30, five);
    fill_related(d, 2);
    ll_score *score = ll_dataset_make_score(d, "cifar10");
    for (int i = 0; i < 30; i++) score->v[i] = i;
    float *feature = malloc(60 * sizeof(float));
    for (int i = 0; i < 60; i++) feature[i] = (float)i;
    ll_archs_set_feature(d->archs, "zcp", 2, feature);
    free(feature);
    ll_ints_add(&d->reference, 3);
    ll_dataset_seal(d, &e);
    ll_dataset *x = ll_dataset_extend(d, 10, 1);
    for (int i = 30; i < 40; i++)
        ll_arch_at(x->archs, i)[0] = 1, ll_arch_at(x->archs, i)[2] = (uint8_t)(i - 30);
    ll_device_set(&x->devices[5], "new", LL_SIMULATED, "test", "us", "Board", NULL);
    CHECK_INT(ll_dataset_seal(x, &e), LL_OK);
    CHECK_INT(x->n_archs, 40);
    for (int i = 0; i < 5; i++) CHECK(!memcmp(ll_latencies(x, i), ll_latencies(d, i), 30 * sizeof(double)));
    CHECK_INT(ll_dataset_count(x, 5), 0);
    CHECK_INT(ll_dataset_count(x, 1), 30);
    CHECK(isnan(x->scores[0].v[30]) && x->scores[0].v[29] == 29);
    CHECK_NEAR(ll_archs_feature(x->archs, "zcp")->v[59], 59, 0);
    CHECK(isnan(ll_archs_feature(x->archs, "zcp")->v[60]));
    CHECK_INT(x->reference.v[0], 3);
    const int both[] = {0, 5};
    ll_ints common = ll_dataset_common(x, both, 2);
    CHECK_INT(common.n, 0);
    ll_ints_free(&common);
    ll_dataset *held = ll_dataset_ref(x);
    ll_dataset_unref(x);
    CHECK_STR(held->devices[5].hardware, "Board");
    ll_dataset_unref(held);
    ll_dataset_unref(d);
}

/* --- correlation --- */

static double by_hand(const ll_dataset *d, int i, int j, double (*corr)(const double *, const double *, int),
                      int *n)
{
    double *x = malloc(2 * sizeof *x * (size_t)d->n_archs), *y = x + d->n_archs;
    *n = 0;
    for (int a = 0; a < d->n_archs; a++)
        if (ll_known(d, i, a) && ll_known(d, j, a)) {
            x[*n] = ll_latencies(d, i)[a];
            y[(*n)++] = ll_latencies(d, j)[a];
        }
    double r = corr(x, y, *n);
    free(x);
    return r;
}

static void matrices_match_pairs(void)
{
    static double (*const corr[])(const double *, const double *, int) = {ll_spearman, ll_kendall,
                                                                          ll_pearson};
    ll_error e = {0};
    ll_dataset *d = toy_data(600, five);
    fill_related(d, 3);
    for (int a = 0; a < 600; a++) { /* three masks, one of them nested, and ties */
        if (a % 3 == 0) ll_latencies(d, 1)[a] = ll_latencies(d, 2)[a] = NAN;
        if (a % 6 == 0 || a > 400) ll_latencies(d, 3)[a] = NAN;
        ll_latencies(d, 4)[a] = floor(ll_latencies(d, 4)[a]);
    }
    ll_dataset_seal(d, &e);
    ll_pool *pool = ll_pool_new(2);
    const int all[] = {4, 0, 1, 2, 3};
    for (int m = 0; m < 3; m++) {
        ll_corr c;
        CHECK_INT(ll_correlate(d, all, 5, (ll_corr_metric)m, pool, NULL, &c, &e), LL_OK);
        for (int i = 0; i < 5; i++)
            for (int j = 0; j < 5; j++) {
                int n;
                double want = by_hand(d, all[i], all[j], corr[m], &n);
                CHECK_NEAR(ll_corr_at(&c, i, j), want, 1e-12);
                CHECK_INT(c.n[i * 5 + j], n);
            }
        ll_corr_free(&c);
    }
    ll_pool_free(pool);
    ll_dataset_unref(d);
}

static void constant_and_apart_columns_have_none(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(40, five);
    fill_related(d, 4);
    for (int a = 0; a < 40; a++) {
        ll_latencies(d, 0)[a] = .1;
        ll_latencies(d, a < 20 ? 1 : 2)[a] = NAN; /* nothing in common */
    }
    ll_dataset_seal(d, &e);
    const int all[] = {0, 1, 2, 3, 4};
    for (int m = 0; m < 3; m++) {
        ll_corr c;
        ll_correlate(d, all, 5, (ll_corr_metric)m, NULL, NULL, &c, &e);
        CHECK(isnan(ll_corr_at(&c, 0, 3)) && isnan(ll_corr_at(&c, 0, 0)));
        CHECK(isnan(ll_corr_at(&c, 1, 2)));
        CHECK_INT(c.n[1 * 5 + 2], 0);
        CHECK(!isnan(ll_corr_at(&c, 1, 3)));
        int order[5], seen = 0;
        ll_linkage l;
        ll_corr_order(&c, d, LL_ORDER_CLUSTER, order, &l);
        for (int i = 0; i < 5; i++) seen |= 1 << order[i];
        CHECK_INT(seen, 31);
        CHECK(order[0] == 0 || order[4] == 0); /* the constant one stands at an edge */
        ll_linkage_free(&l);
        ll_corr_free(&c);
    }
    ll_dataset_unref(d);
}

static bool always(void *ctx)
{
    return true;
}

static void correlation_can_be_cancelled(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(40, five);
    fill_related(d, 5);
    ll_dataset_seal(d, &e);
    const int all[] = {0, 1, 2, 3, 4};
    ll_observer o = {.cancelled = always};
    for (int m = 0; m < 3; m++) {
        ll_corr c;
        CHECK_INT(ll_correlate(d, all, 5, (ll_corr_metric)m, NULL, &o, &c, &e), LL_CANCELLED);
        CHECK(!c.r);
    }
    ll_dataset_unref(d);
}

/* --- ordering --- */

enum { LEAVES = 12 };

static void leaf_distances(double *dist)
{
    for (int i = 0; i < LEAVES; i++)
        for (int j = 0; j < LEAVES; j++) {
            int lo = i < j ? i : j, hi = i < j ? j : i;
            int whole = (i * 37 + j * 37 + i * j * 53 % 101 + (hi - lo) * 29) % 97;
            dist[i * LEAVES + j] = i == j ? 0 : (whole + (lo * 7 + hi * 13) % 31 / 31. + 1) / 50;
        }
}

static double path_length(const double *dist, int n, const int *order)
{
    double length = 0;
    for (int i = 1; i < n; i++) length += dist[order[i - 1] * n + order[i]];
    return length;
}

static void clustering_matches_scipy(void)
{
    /* scipy.cluster.hierarchy.linkage(squareform(dist), 'average') */
    const ll_merge want[] = {
        {2, 8, 0.07612903225806451, 2},   {4, 6, 0.08838709677419355, 2},  {3, 7, 0.09225806451612904, 2},
        {10, 11, 0.15741935483870967, 2}, {0, 9, 0.2754838709677419, 2},   {1, 5, 0.2864516129032258, 2},
        {12, 13, 0.7003225806451613, 4},  {14, 15, 0.7656451612903226, 4}, {18, 19, 0.95, 8},
        {16, 20, 1.0858467741935485, 10}, {17, 21, 1.1011935483870967, 12}};
    /* The best of all 2,048 orders the tree allows, tried one by one in numpy. scipy 1.10's
     * optimal_leaf_ordering stops at length 4.812 here, where the triangle inequality does not hold. */
    const int best[] = {1, 5, 9, 0, 3, 7, 10, 11, 2, 8, 6, 4};
    double dist[LEAVES * LEAVES];
    int order[LEAVES];
    leaf_distances(dist);
    ll_linkage l = ll_linkage_average(dist, LEAVES);
    for (int i = 0; i < LEAVES - 1; i++) {
        CHECK_INT(l.merges[i].a, want[i].a);
        CHECK_INT(l.merges[i].b, want[i].b);
        CHECK_NEAR(l.merges[i].height, want[i].height, 1e-12);
        CHECK_INT(l.merges[i].size, want[i].size);
    }
    ll_leaf_order(&l, dist, order);
    for (int i = 0; i < LEAVES; i++) CHECK_INT(order[i], best[i]);
    CHECK_NEAR(path_length(dist, LEAVES, order), 2.5103225806451612, 1e-12);
    ll_linkage_free(&l);
}

/* Whether two leaves are together is what scipy's fcluster says; the numbers follow the order. */
static void trees_are_cut_into_groups(void)
{
    double dist[LEAVES * LEAVES];
    int order[LEAVES], group[LEAVES];
    leaf_distances(dist);
    ll_linkage l = ll_linkage_average(dist, LEAVES);
    ll_leaf_order(&l, dist, order);
    CHECK_INT(ll_linkage_cut(&l, 1, 0, order, group), 1);
    CHECK_INT(ll_linkage_cut(&l, LEAVES, 0, order, group), LEAVES);
    for (int i = 0; i < LEAVES; i++) CHECK_INT(group[order[i]], i);
    CHECK_INT(ll_linkage_cut(&l, 4, 0, order, group), 4); /* what was merged last is apart */
    static const int of[] = {1, 0, 3, 2, 3, 0, 3, 2, 3, 1, 2, 2};
    for (int i = 0; i < LEAVES; i++) CHECK_INT(group[i], of[i]);
    int by_height[LEAVES];
    CHECK_INT(ll_linkage_cut(&l, 0, .95, order, by_height), 4 - 1); /* the merge at .95 itself is made */
    CHECK_INT(ll_linkage_cut(&l, 0, .9, order, by_height), 4);
    for (int i = 0; i < LEAVES; i++) CHECK_INT(by_height[i], group[i]);
    CHECK_INT(ll_linkage_cut(&l, 0, -1, order, group), LEAVES);
    ll_linkage_free(&l);
}

/* Leaves of a node in order, its merge number m turned round where bit m of `flips` is set. */
static int *flipped_leaves(const ll_linkage *l, int node, int flips, int *out)
{
    if (node < l->n) {
        *out = node;
        return out + 1;
    }
    const ll_merge *m = &l->merges[node - l->n];
    bool turn = flips >> (node - l->n) & 1;
    out = flipped_leaves(l, turn ? m->b : m->a, flips, out);
    return flipped_leaves(l, turn ? m->a : m->b, flips, out);
}

static void leaf_order_is_the_shortest(void)
{
    enum { N = 9 };
    ll_rng rng = ll_rng_new(12, LL_STREAM_DATA);
    for (int round = 0; round < 20; round++) {
        double dist[N * N], best = INFINITY;
        int order[N], tried[N], seen = 0;
        for (int i = 0; i < N; i++)
            for (int j = 0; j <= i; j++)
                dist[i * N + j] = dist[j * N + i] = i == j ? 0 : ll_rng_uniform(&rng);
        ll_linkage l = ll_linkage_average(dist, N);
        ll_leaf_order(&l, dist, order);
        for (int flips = 0; flips < 1 << (N - 1); flips++) {
            flipped_leaves(&l, 2 * N - 2, flips, tried);
            best = fmin(best, path_length(dist, N, tried));
        }
        for (int i = 0; i < N; i++) seen |= 1 << order[i];
        CHECK_INT(seen, (1 << N) - 1);
        CHECK_NEAR(path_length(dist, N, order), best, 1e-12);
        ll_linkage_free(&l);
    }
}

static void one_and_two_leaves_have_an_order(void)
{
    const double dist[] = {0, 1, 1, 0};
    int order[2] = {-1, -1};
    ll_linkage l = ll_linkage_average(dist, 2);
    ll_leaf_order(&l, dist, order);
    CHECK(order[0] == 0 && order[1] == 1);
    ll_linkage_free(&l);
    l = ll_linkage_average(dist, 1);
    ll_leaf_order(&l, dist, order);
    CHECK_INT(order[0], 0);
    ll_linkage_free(&l);
}

static void other_orders_sort(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(300, "gpu_32 gpu_256 cpu gpu_1 zed");
    fill_related(d, 6); /* later columns are noisier: lower mean correlation */
    ll_dataset_seal(d, &e);
    const int all[] = {0, 1, 2, 3, 4}, by_name[] = {2, 3, 0, 1, 4};
    ll_corr c;
    ll_correlate(d, all, 5, LL_SPEARMAN, NULL, NULL, &c, &e);
    int order[5];
    ll_corr_order(&c, d, LL_ORDER_NAME, order, NULL);
    for (int i = 0; i < 5; i++) CHECK_INT(order[i], by_name[i]);
    ll_corr_order(&c, d, LL_ORDER_FILE, order, NULL);
    for (int i = 0; i < 5; i++) CHECK_INT(order[i], i);
    ll_corr_order(&c, d, LL_ORDER_MEAN, order, NULL);
    for (int i = 0; i < 5; i++) CHECK_INT(order[i], i);
    ll_corr_free(&c);
    ll_dataset_unref(d);
}

/* --- audit --- */

static void audit_finds_what_is_wrong(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(400, five);
    fill_related(d, 10);
    for (int a = 0; a < 400; a++) {
        ll_latencies(d, 1)[a] = 3 * ll_latencies(d, 0)[a] + 1; /* a twin */
        ll_latencies(d, 2)[a] *= 1e-3;                         /* seconds */
        ll_latencies(d, 3)[a] = floor(ll_latencies(d, 3)[a]);
        if (a < 9) ll_latencies(d, 4)[a] = a < 4 ? NAN : a == 4 ? 0 : a == 5 ? -1 : .01;
    }
    ll_dataset_seal(d, &e);
    const int all[] = {0, 1, 2, 3, 4};
    ll_corr c;
    ll_correlate(d, all, 5, LL_SPEARMAN, NULL, NULL, &c, &e);
    ll_audit a[5];
    ll_audit_devices(d, all, 5, &c, a);
    CHECK_INT(a[0].twin, 1);
    CHECK_INT(a[1].twin, 0);
    CHECK_NEAR(a[1].twin_corr, 1, 1e-12);
    CHECK(!a[0].twin_equal);
    CHECK_INT(a[0].unit_off, 0);
    CHECK_INT(a[2].unit_off, -3);
    CHECK_NEAR(a[3].step_ms, 1, 0);
    CHECK_NEAR(a[0].step_ms, 0, 0);
    CHECK(a[3].tie_share > .9 && a[3].distinct < 15);
    CHECK_INT(a[4].missing, 4);
    CHECK_INT(a[4].zeros, 1);
    CHECK_INT(a[4].negatives, 1);
    CHECK_INT(a[4].near_zero, 3);
    CHECK_NEAR(a[0].median_ms, ll_median(ll_latencies(d, 0), 400), 1e-12);
    ll_strs found = {0};
    ll_audit_findings(d, &a[2], LL_FOUND_ALL, &found);
    CHECK_INT(found.n, 1);
    CHECK_HAS(found.v[0], "was the unit s?");
    ll_audit_findings(d, &a[4], LL_FOUND_ALL, &found);
    CHECK_HAS(found.v[1], "1 negative");
    ll_strs_free(&found);
    ll_corr_free(&c);
    ll_dataset_unref(d);
}

static void clean_columns_have_no_findings(void)
{
    ll_error e = {0};
    ll_dataset *d = toy_data(400, five);
    fill_related(d, 11);
    ll_dataset_seal(d, &e);
    const int all[] = {0, 1, 2, 3, 4};
    ll_audit a[5];
    ll_audit_devices(d, all, 5, NULL, a);
    ll_strs found = {0};
    for (int i = 0; i < 5; i++) ll_audit_findings(d, &a[i], LL_FOUND_ALL, &found);
    CHECK_INT(found.n, 0);
    CHECK(isnan(a[0].spread));
    ll_strs_free(&found);
    ll_dataset_unref(d);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"rows are found", rows_are_found},
        {"duplicates are refused", duplicates_are_refused},
        {"devices are found as typed", devices_are_found_as_typed},
        {"short words are meant for no device", short_words_are_meant_for_no_device},
        {"quoted devices are found", quoted_devices_are_found},
        {"hash follows content", hash_follows_content},
        {"what is sealed stays where it is", what_is_sealed_stays_where_it_is},
        {"extension keeps what was there", extension_keeps_what_was_there},
        {"matrices match pairs", matrices_match_pairs},
        {"constant and apart columns have none", constant_and_apart_columns_have_none},
        {"correlation can be cancelled", correlation_can_be_cancelled},
        {"clustering matches scipy", clustering_matches_scipy},
        {"trees are cut into groups", trees_are_cut_into_groups},
        {"leaf order is the shortest", leaf_order_is_the_shortest},
        {"one and two leaves have an order", one_and_two_leaves_have_an_order},
        {"other orders sort", other_orders_sort},
        {"audit finds what is wrong", audit_finds_what_is_wrong},
        {"clean columns have no findings", clean_columns_have_no_findings},
        {0},
    };
    return check_main("test_device", cases, argc, argv);
}
