/* The leaderboard: what its cells say of the trials that were kept, and what they do not hide. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/results/leaderboard.h"
#include "data/results/published.h"
#include "tests/check.h"

static ll_result_row row_of(const char *task, const char *predictor, const char *device, int seed, double v)
{
    return (ll_result_row){.task = task,
                           .predictor = predictor,
                           .options = "{}",
                           .sampler = "random",
                           .device = device,
                           .dataset = "d",
                           .data_hash = "0123456789",
                           .source = "s,t",
                           .protocol = "full",
                           .k = 20,
                           .cost = 20,
                           .level = .9,
                           .seed = seed,
                           .pretrain_seed = 1,
                           .spearman = v,
                           .kendall = v - .1,
                           .mape = 100 * (1 - v),
                           .within_10 = v,
                           .coverage = NAN,
                           .width_ms = NAN};
}

static void add(ll_board *b, const char *task, const char *predictor, const char *device, int seed, double v)
{
    ll_result_row row = row_of(task, predictor, device, seed, v);
    ll_board_add(b, &row);
}

/* ND: `good` is better than `bad` in ten of ten pairs, `few` has one draw less of one device; FD: `good` alone, and no
 * better than `bad` for certain on F1. */
static ll_board *make_board(void)
{
    static const char *const devices[] = {"a", "b"};
    ll_board *b = ll_board_new(NULL);
    for (int seed = 1; seed <= 5; seed++)
        for (int j = 0; j < 2; j++) {
            double v = .8 + .02 * seed + .01 * j;
            add(b, "ND", "good", devices[j], seed, v);
            add(b, "ND", "bad", devices[j], seed, v - .1 - .001 * seed - .0001 * j);
            if (seed != 5 || j) add(b, "ND", "few", devices[j], seed, v - .2 - .001 * seed - .0001 * j);
            add(b, "FD", "good", devices[j], seed, v);
            add(b, "F1", "good", devices[j], seed, v);
            add(b, "F1", "bad", devices[j], seed, v + (seed == 1 ? -.01 : .001 * seed));
        }
    add(b, "kl seed=1", "good", "a", 1, .5);
    ll_board_finish(b);
    return b;
}

static char *markdown_of(const ll_board *b)
{
    ll_str s = {0};
    ll_board_markdown(b, &(ll_board_about){"results export leaderboard", "1.2.3", {"feed"}, 77}, &s);
    return ll_str_take(&s);
}

static void cells_say_what_they_are_of(void)
{
    ll_board *b = make_board();
    char *text = markdown_of(b);
    CHECK_HAS(
        text,
        "`results export leaderboard` of latlab 1.2.3 from a results database of 77 trials with the checksum "
        "feed");
    CHECK_HAS(text, " 1 more are of other tasks.");
    CHECK_HAS(text, "| task | data | sources | targets scored |\n|---|---|---|---|\n| ND | d 01234567 | 2 | "
                    "2: a, b |\n| N1 "
                    "| missing | | |\n");
    CHECK_HAS(
        text,
        "\n| good | random | **0.865** ± 0.014 | missing | missing |"); /* .86 + .005; sd of .02 seeds / sqrt 5 */
    CHECK_HAS(text, "\n| bad | random | 0.762 ± 0.013 | missing |");
    CHECK_HAS(text, "\n| few | random | 0.652 ± 0.012 [4] | missing |"); /* the fifth draw lacks a device */
    CHECK_HAS(
        text,
        "| missing | 1 | 2 |\n"); /* good: ND won; FD has nobody else, F1 is open; no mean over the twelve */
    CHECK_HAS(text, "Without it: good (random), bad (random), few (random).\n"); /* intervals */
    CHECK(!strstr(text, "nan"));
    free(text);
    ll_board_free(b);
}

static void published_means_stand_beside(void)
{
    ll_board *b = make_board();
    char *text = markdown_of(b);
    CHECK_HAS(text,
              "| NASFLAT, published | | 0.959 | 0.967 | 0.857 | 0.962 | 0.959 | 0.893 | 0.961 | 0.809 |");
    CHECK_HAS(text, "| HELP, published | | 0.948 | 0.604 | 0.509 |");
    CHECK_HAS(text, "inferred, not stated");
    char *first = strstr(text, "NASFLAT, published");
    CHECK(first && !strstr(first + 1, "NASFLAT, published")); /* not beside MAPE, or Kendall */
    CHECK_NEAR(ll_published_mean_of("MultiPredict", "fa"), .450, 0);
    CHECK(isnan(ll_published_mean_of("MultiPredict", "kl")));
    free(text);
    ll_board_free(b);
}

static void only_what_is_alike_shares_a_cell(void)
{
    ll_board *b = ll_board_new("N*");
    ll_result_row row = row_of("ND", "gp", "a", 1, .5), other = row;
    ll_board_add(b, &row);
    other.finished = 10, other.spearman = .7; /* a newer run of the same */
    ll_board_add(b, &other);
    other = row, other.data_hash = "9876543210";
    ll_board_add(b, &other);
    other = row, other.options = "{\"x\":1}";
    ll_board_add(b, &other);
    other = row, other.protocol = "help";
    ll_board_add(b, &other);
    other = row, other.source = "auto most=9 own=off beside s,t"; /* the same column, another method */
    ll_board_add(b, &other);
    other = row, other.task = "FD";
    ll_board_add(b, &other);
    ll_board_finish(b);
    CHECK_INT(b->superseded, 1);
    CHECK_INT(b->trials.n, 5);
    CHECK_INT(b->other_tasks, 1);
    CHECK_INT(b->line_keys.n, 2 + 5); /* ND twice; N1 to N4 and NA are empty */
    CHECK_INT(b->section_keys.n, 2);
    CHECK_INT(b->method_keys.n, 3);
    CHECK_STR(b->lines[b->line_order[0]].label, "ND on d 012345, 2 sources");
    CHECK_STR(b->methods[1].label, "gp #2");
    CHECK_STR(b->methods[2].label, "gp, sources auto most=9 own=off");
    CHECK_NEAR(ll_cell_sum_up(ll_board_cell(b, 0, 0, 0), LL_BY_SPEARMAN, 1).mean, .7, 1e-12);
    CHECK(isnan(ll_board_mean(b, 0, 0, LL_BY_SPEARMAN)));
    ll_board_free(b);
}

/* Less error leads; and a method's lead must hold over what both have. */
static void the_leader_by_error_has_less(void)
{
    ll_board *b = make_board();
    bool wins;
    int line = b->line_order[0], best = ll_board_best(b, 0, line, LL_BY_MAPE, &wins);
    CHECK(best >= 0 && wins);
    CHECK_STR(b->methods[best].predictor, "good");
    ll_cell good = ll_board_cell(b, 0, line, best), few = ll_board_cell(b, 0, line, 2);
    ll_cell_test t = ll_cell_compare(good, few, LL_BY_MAPE);
    CHECK_INT(t.pairs, 9);
    CHECK_NEAR(t.p, 2. / 512, 1e-12); /* nine of one sign, exact */
    CHECK(t.gain < 0);
    CHECK_INT(ll_board_best(b, 0, line, LL_BY_COVERAGE, &wins), -1);
    CHECK(!wins);
    ll_board_free(b);
}

/* Draws of two pretraining seeds are two, and one pair. */
static void pretraining_seeds_are_counted(void)
{
    ll_kept_trials t = {0};
    for (int i = 0; i < 4; i++) {
        ll_kept_trial trial = {
            .column = i / 2, .seed = 1, .pretrain_seed = 1 + i % 2, .device = ll_strdup("a")};
        trial.v[LL_BY_SPEARMAN] = .1 * i;
        ll_kept_add(&t, &trial);
    }
    CHECK_INT(ll_kept_sort(&t), 0);
    ll_cell a = ll_cell_at(&t, 0, 0), b = ll_cell_at(&t, 0, 1);
    CHECK_INT(ll_cell_pretrainings(a), 2);
    CHECK_INT(ll_cell_seeds(a), 1);
    CHECK_INT(ll_cell_sum_up(a, LL_BY_SPEARMAN, 1).draws, 2);
    CHECK_INT(ll_cell_sum_up(a, LL_BY_SPEARMAN, 2).left_out, 2);
    ll_cell_test test = ll_cell_compare(a, b, LL_BY_SPEARMAN);
    CHECK_INT(test.pairs, 1);
    CHECK_NEAR(test.gain, -.2, 1e-12);
    CHECK_INT(ll_cell_at(&t, 1, 0).n, 0);
    ll_kept_free(&t);
}

static char *csv_of(const ll_board *b)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    ll_board_csv(b, &(ll_board_about){"x", "1.2.3", {"feed"}, 77}, f);
    fclose(f);
    return text;
}

static void a_row_for_every_cell(void)
{
    ll_board *b = make_board();
    char *text = csv_of(b);
    int lines = 0;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    CHECK_INT(lines, 1 + 12 * 3);
    CHECK_HAS(text, "\nND,d,0123456789,2,good,,random,20,,full,off,0.9,full,2,10,5,5,1,20,0.865,");
    CHECK_HAS(text, "\nND,d,0123456789,2,few,,random,20,,full,off,0.9,uneven,2,9,4,5,1,20,");
    CHECK_HAS(text, "\nN1,,,0,few,,random,20,,full,off,0.9,missing,0,0,0,0,0,,,,0,");
    CHECK_HAS(text, ",feed,1.2.3\n");
    free(text);
    ll_board_free(b);
}

static const check_case cases[] = {
    {"cells say what they are of", cells_say_what_they_are_of},
    {"published means stand beside", published_means_stand_beside},
    {"only what is alike shares a cell", only_what_is_alike_shares_a_cell},
    {"the leader by error has less", the_leader_by_error_has_less},
    {"pretraining seeds are counted", pretraining_seeds_are_counted},
    {"a row for every cell", a_row_for_every_cell},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_leaderboard", cases, argc, argv);
}
