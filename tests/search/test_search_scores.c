/* What searches maximise: scores of a table, costs, learnt scores. */
#include <math.h>
#include <string.h>

#include "core/num/stats.h"
#include "core/space/moves.h"
#include "core/transfer/pretrain.h"
#include "data/datasets/folder.h"
#include "tests/search/search_world.h"

/* Five cells of NAS-Bench-201 with two scores, one of which one cell lacks. */
static ll_dataset *five_cells(void)
{
    static const int index[] = {0, 100, 5000, 9000, 15624};
    static const double first[] = {1, 3, 3, 2, 5}, second[] = {10, NAN, 40, 30, 20};
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("five", space, 5, 0);
    ll_score *a = ll_dataset_make_score(d, "first");
    memcpy(a->v, first, sizeof first);
    ll_score *b = ll_dataset_make_score(d, "second");
    memcpy(b->v, second, sizeof second);
    for (int i = 0; i < 5; i++) space->at(space, index[i], ll_arch_at(d->archs, i));
    CHECK_OK(ll_dataset_seal(d, NULL));
    return d;
}

static void check_scores(const ll_dataset *d, const char *text, bool total, const double *want)
{
    ll_error e = {0};
    ll_scorer *s = NULL;
    double out[5];
    ll_status status = ll_scorer_new(text, &(ll_scorer_job){.space = d->space, .data = d}, &s, &e);
    if (!check_report(!status, __FILE__, __LINE__, "%s: %s", text, e.message)) return;
    CHECK(ll_scorer_is_total(s) == total);
    CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, out, &e));
    for (int i = 0; i < 5; i++) {
        check_report((isnan(out[i]) && isnan(want[i])) || fabs(out[i] - want[i]) < 1e-12, __FILE__, __LINE__,
                     "%s of %d: %g, expected %g", text, i, out[i], want[i]);
        double truth = ll_scorer_truth(s, d->space, ll_gene(d, i));
        CHECK_NEAR(truth, want[i], 1e-12);
    }
    ll_archs *copy = ll_archs_copy(d->archs, 0); /* as candidates, not as rows */
    double again[5];
    CHECK_OK(ll_scorer_apply(s, copy, NULL, NULL, again, &e));
    for (int i = 0; i < 5; i++) CHECK_NEAR(again[i], out[i], 0);
    ll_archs_unref(copy);
    ll_scorer_free(s);
}

/* Mean ranks by hand: first has ranks (below + equal/2)/5: .1 .6 .6 .3 .9; second (of four) .125 - .875 .625 .375. */
static void scores_are_columns_costs_and_mean_ranks(void)
{
    ll_dataset *d = five_cells();
    double macs[5], minus[5];
    for (int i = 0; i < 5; i++) {
        ll_cost c;
        ll_space_cost(d->space, ll_gene(d, i), &c);
        macs[i] = c.macs;
        minus[i] = -c.macs;
    }
    check_scores(d, "first", false, (const double[]){1, 3, 3, 2, 5});
    check_scores(d, "-second", false, (const double[]){-10, NAN, -40, -30, -20});
    check_scores(d, "macs", true, macs);
    check_scores(d, "-macs", true, minus);
    check_scores(d, "first+second", false, (const double[]){.1125, NAN, .7375, .4625, .6375});
    check_scores(d, "first+-second", false,
                 (const double[]){(.1 + .875) / 2, NAN, (.6 + .125) / 2, (.3 + .375) / 2, (.9 + .625) / 2});
    check_scores(d, "first+first+-first", false,
                 (const double[]){1.1 / 3, 1.6 / 3, 1.6 / 3, 1.3 / 3, 1.9 / 3});
    ll_dataset_unref(d);
}

/* A column that is called as something counted goes first. */
static void names_in_full_go_before_what_is_counted(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("one", space, 1, 0);
    ll_error e = {0};
    ll_scorer *s = NULL;
    double x;
    ll_dataset_make_score(d, "params")->v[0] = 7;
    ll_dataset_make_score(d, "macsimum")->v[0] = 8;
    CHECK_OK(ll_dataset_seal(d, &e));
    CHECK_OK(ll_scorer_new("params", &(ll_scorer_job){.space = space, .data = d}, &s, &e));
    CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, &x, &e));
    CHECK_NEAR(x, 7, 0);
    ll_scorer_free(s);
    CHECK_OK(ll_scorer_new("macs", &(ll_scorer_job){.space = space, .data = d}, &s, &e));
    CHECK(ll_scorer_is_total(s));
    ll_scorer_free(s);
    ll_dataset_unref(d);
}

static void scores_that_are_not_there_are_refused(void)
{
    static const struct {
        const char *text, *says;
        ll_status status;
    } bad[] = {
        {"third", "it has first, second", LL_USAGE},
        {"", "no score", LL_USAGE},
        {"+", "no score", LL_USAGE},
        {"-", "no score", LL_USAGE},
        {"--first", "no score", LL_USAGE},
        {"first+third", "no score", LL_USAGE},
        {"gp:", "no score", LL_USAGE},
        {"gp:third", "it has first, second", LL_USAGE},
        {"gp:macs", "no score", LL_USAGE},
        {"gp:first", "5 values are too few", LL_FAILED},
        {"first+first+first+first+first+first+first+first+first+first+first+first+first+first+first+first+"
         "first",
         "at most 16 terms", LL_USAGE}};
    ll_dataset *d = five_cells();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        ll_scorer *s = NULL;
        ll_status status =
            ll_scorer_new(bad[i].text, &(ll_scorer_job){.space = d->space, .data = d, .k = 20}, &s, &e);
        check_report(status == bad[i].status && strstr(e.message, bad[i].says), __FILE__, __LINE__,
                     "%s: %d %s", bad[i].text, status, e.message);
        if (!status) ll_scorer_free(s);
    }
    ll_error e = {0};
    ll_scorer *s = NULL;
    CHECK_INT(ll_scorer_new("first", &(ll_scorer_job){.space = d->space}, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "without a dataset");
    CHECK_INT(ll_scorer_new("gp:first", &(ll_scorer_job){.space = d->space, .k = 20}, &s, &e), LL_USAGE);
    CHECK_INT(ll_scorer_new("macs", &(ll_scorer_job){.space = &cube}, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "not known");
    ll_dataset_unref(d);
}

static void learnt_scores_rank_what_they_have_not_seen(void)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_scorer *s = NULL, *again = NULL;
    ll_strs says = {0};
    CHECK_OK(ll_folder_load("data/bundled/nb201_sim", &d, &e));
    const double *truth = ll_dataset_score(d, "cifar10")->v;
    double *v = LL_NEW_ARRAY(double, d->n_archs), *w = LL_NEW_ARRAY(double, d->n_archs);
    ll_scorer_job job = {.space = d->space, .data = d, .k = 200, .seed = 1};
    CHECK_OK(ll_scorer_new("gp:cifar10", &job, &s, &e));
    CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, v, &e));
    double r = ll_spearman(v, truth, d->n_archs);
    check_report(r >= .85, __FILE__, __LINE__, "Spearman %.4f", r);
    CHECK(ll_scorer_is_total(s));
    CHECK_NEAR(ll_scorer_truth(s, d->space, ll_gene(d, 77)), truth[77], 0);
    ll_scorer_says(s, &says);
    CHECK_INT(says.n, 1);
    CHECK_HAS(says.v[0], "cifar10 is learnt from 200 values; Spearman with the other 15425: 0.");
    double worst = INFINITY, best = -INFINITY;
    for (int i = 0; i < d->n_archs; i++) worst = fmin(worst, v[i]), best = fmax(best, v[i]);
    CHECK(worst > -100 && best < 120); /* in the unit of the score */
    CHECK_OK(ll_scorer_new("-gp:cifar10", &job, &again, &e));
    CHECK_OK(ll_scorer_apply(again, d->archs, NULL, NULL, w, &e));
    for (int i = 0; i < d->n_archs; i += 100) CHECK_NEAR(w[i], -v[i], 0);
    ll_scorer_free(s);
    ll_scorer_free(again);
    ll_strs_free(&says);
    free(v);
    free(w);
    ll_dataset_unref(d);
}

/* A score that is the same everywhere, and one that few values know. */
static void odd_scores_are_learnt_or_refused(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    for (int known = 7; known <= 9; known++) {
        ll_dataset *d = ll_dataset_new("odd", space, 40, 0);
        ll_error e = {0};
        ll_scorer *s = NULL;
        ll_score *score = ll_dataset_make_score(d, "flat");
        for (int i = 0; i < 40; i++) {
            space->at(space, 390 * i, ll_arch_at(d->archs, i));
            if (i < known) score->v[i] = 3;
        }
        CHECK_OK(ll_dataset_seal(d, &e));
        ll_status status =
            ll_scorer_new("gp:flat", &(ll_scorer_job){.space = space, .data = d, .k = 200}, &s, &e);
        CHECK_INT(status, known < 8 ? LL_FAILED : LL_OK);
        double v[40];
        if (!status && CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, v, &e)))
            for (int i = 0; i < 40; i++) CHECK_NEAR(v[i], 3, 1e-9);
        if (!status) ll_scorer_free(s);
        ll_dataset_unref(d);
    }
}

/* An 8 x 8 image of 3 channels, two convolutions to 4 channels; with choice 1 the first one's result is added to the
 * second's. */
static int small_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    ll_layer l[] = {{.kind = LL_CONV,
                     .c_in = 3,
                     .c_out = 4,
                     .h_in = 8,
                     .h_out = 8,
                     .kernel = 3,
                     .stride = 1,
                     .groups = 1},
                    {.kind = LL_CONV,
                     .c_in = 4,
                     .c_out = 4,
                     .h_in = 8,
                     .h_out = 8,
                     .kernel = 3,
                     .stride = 1,
                     .groups = 1,
                     .in = {1}},
                    {.kind = LL_COPY, .c_in = 4, .c_out = 4, .h_in = 8, .h_out = 8, .in = {1}},
                    {.kind = LL_ADD, .c_in = 4, .c_out = 4, .h_in = 8, .h_out = 8, .in = {2, 3}},
                    {.kind = LL_GLOBAL_POOL, .c_in = 4, .c_out = 4, .h_in = 8, .h_out = 1, .in = {4}},
                    {.kind = LL_LINEAR, .c_in = 4, .c_out = 10, .h_in = 1, .h_out = 1, .in = {5}}};
    int n = 0;
    for (int i = 0; i < 6; i++) {
        if (!gene[0] && (i == 2 || i == 3)) continue;
        out[n] = l[i];
        if (!gene[0] && i > 3) out[n].in[0] -= 2;
        n++;
    }
    return n;
}

/* Elements alive at a time: input 192, then 192 + 256; 256 + 256 while the second convolution writes; with the addition
 * 256 of each operand and 256 of the sum. */
static void peak_memory_is_what_is_alive_at_a_time(void)
{
    static const ll_space small = {
        .name = "small", .n_positions = 1, .n_ops = 2, .layers = small_layers, .facts = &ll_no_facts};
    ll_cost c;
    CHECK(ll_space_cost(&small, (const uint8_t[]){0}, &c));
    CHECK_NEAR(c.peak_kb, 4 * 512 / 1024., 0);
    CHECK_NEAR(ll_cost_value(&c, ll_cost_find("peak_kb")), c.peak_kb, 0);
    CHECK_NEAR(ll_cost_value(&c, ll_cost_find("macs")), 64 * (27 * 4 + 36 * 4) + 256 + 40, 0);
    CHECK(ll_space_cost(&small, (const uint8_t[]){1}, &c));
    CHECK_NEAR(c.peak_kb, 4 * 768 / 1024., 0);
    CHECK(ll_cost_find("latency") == NULL && ll_cost_name(99) == NULL);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"scores are columns, costs and mean ranks", scores_are_columns_costs_and_mean_ranks},
        {"names in full go before what is counted", names_in_full_go_before_what_is_counted},
        {"scores that are not there are refused", scores_that_are_not_there_are_refused},
        {"learnt scores rank what they have not seen", learnt_scores_rank_what_they_have_not_seen},
        {"odd scores are learnt or refused", odd_scores_are_learnt_or_refused},
        {"peak memory is what is alive at a time", peak_memory_is_what_is_alive_at_a_time},
        {0},
    };
    return check_main("test_search_scores", cases, argc, argv);
}
