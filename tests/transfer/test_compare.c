/* The tables of compare: every cell, tasks side by side, the best marked where a paired test says so. */
#include "core/commands/predicted.h"
#include "tests/say.h"
#include "tests/transfer/nd_table.h"

enum { ROWS = 300 };

static void run_compare(ll_app *a, const char *how)
{
    ll_str line = {0};
    write_nd_table(ROWS, 52, 1);
    ll_str_addf(&line, "import csv %s/table.csv as t space=nasbench201 unit=ms", check_tmpdir());
    SAY(a, ll_str_text(&line));
    SAY(a, "load t");
    ll_str_clear(&line);
    ll_str_addf(&line, "compare tasks=ND,N1 predictors=flops,opcount k=12 trials=4 results=%s/r.sqlite %s",
                check_tmpdir(), how);
    SAY(a, ll_str_text(&line));
    ll_str_free(&line);
}

static const cJSON *row_of(const cJSON *table, const char *predictor)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(table, "rows"))
    {
        if (!strcmp(ll_json_get_str(row, "predictor", ""), predictor)) return row;
    }
    return NULL;
}

/* ND has two targets here, eight pairs in all: p can fall to 2/256. N1 has one, and no four pairs give p < .05. */
static void tasks_stand_side_by_side(void)
{
    ll_app *a = app_new();
    char *path = ll_path_join(check_tmpdir(), "table.md"), *text, out[600];
    ll_error e = {0};
    size_t n;
    snprintf(out, sizeof out, "out=%s", path);
    run_compare(a, out);
    cJSON *table = said_result("compare_tasks");
    const cJSON *opcount = row_of(table, "opcount"), *flops = row_of(table, "flops");
    CHECK(opcount && flops);
    const char *nd = ll_json_get_str(opcount, "ND", ""), *n1 = ll_json_get_str(opcount, "N1", "");
    CHECK_INT(ll_json_get_int(opcount, "cost", 0), 12);
    CHECK(nd[0] == '.' && nd[4] == '*' && n1[0] == '.' && !n1[4]);
    CHECK(!strchr(ll_json_get_str(flops, "ND", "*"), '*'));
    CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
    CHECK_HAS(text,
              "| predictor | k | cost | ND | N1 | mean |\n|---|---|---|---|---|---|\n| `flops` | 12 | 12 | ");
    char bold[64];
    snprintf(bold, sizeof bold, "| `opcount` | 12 | 12 | **%.4s** | %s | ", nd, n1);
    CHECK_HAS(text, bold);
    free(text);
    free(path);
    cJSON_Delete(table);
    ll_app_free(a);
}

static double mean_of_results(ll_app *a, const char *predictor, const char *key)
{
    ll_str line = {0};
    double sum = 0;
    ll_str_addf(&line, "results task=ND predictor=%s results=%s/r.sqlite", predictor, check_tmpdir());
    SAY(a, line.s);
    cJSON *kept = said_result("results");
    const cJSON *row, *rows = cJSON_GetObjectItem(kept, "rows");
    int n = cJSON_GetArraySize(rows);
    cJSON_ArrayForEach(row, rows) sum += ll_json_get_num(row, key, NAN) / n;
    CHECK(n >= 4);
    cJSON_Delete(kept);
    ll_str_free(&line);
    return sum;
}

/* Errors in percent of what was measured: in the tables, and kept with every trial. */
static void errors_are_percent_of_what_was_measured(void)
{
    ll_app *a = app_new();
    ll_app_register(a, ll_score_commands);
    run_compare(a, "");
    cJSON *table = said_result("compare");
    for (int i = 0; i < 2; i++) {
        const char *predictor = i ? "opcount" : "flops";
        const cJSON *row = row_of(table, predictor); /* the first is of ND */
        double mape = ll_json_get_num(row, "mape", NAN);
        CHECK(mape > ll_json_get_num(row, "median_ape", NAN) / 2);
        CHECK_NEAR(mape, mean_of_results(a, predictor, "mape"), 1e-6 * mape);
    }
    cJSON_Delete(table);
    SAY(a, "score tasks=ND predictors=opcount k=12 trials=2 devices=on");
    table = said_result("score");
    const cJSON *one, *each = cJSON_GetObjectItem(table, "by_device");
    double sum = 0;
    cJSON_ArrayForEach(one, each) sum += ll_json_get_num(one, "mape", NAN) / cJSON_GetArraySize(each);
    CHECK_NEAR(ll_json_get_num(row_of(table, "opcount"), "mape", NAN), sum, 1e-9 * sum);
    cJSON_Delete(table);
    ll_app_free(a);
}

/* On the screen, in a file of either form, and never over one that is there. */
static void the_leaderboard_is_made_of_what_was_kept(void)
{
    ll_app *a = app_new();
    ll_str line = {0};
    const char *dir = check_tmpdir();
    char *path = ll_path_join(dir, "board.csv"), *text;
    ll_error e = {0};
    size_t n;
    run_compare(a, "");
    ll_str_addf(&line, "results export leaderboard results=%s/r.sqlite", dir);
    SAY(a, line.s);
    cJSON *board = said_result("leaderboard");
    CHECK_INT(ll_json_get_int(board, "trials", 0), 24); /* 2 methods x 4 draws x (2 + 1) targets */
    CHECK_HAS(ll_json_get_str(board, "text", ""), "\n| opcount | random | **0.");
    CHECK_HAS(ll_json_get_str(board, "text", ""), line.s);
    CHECK_INT((int)strlen(ll_json_get_str(board, "checksum", "")), 32);
    cJSON_Delete(board);
    ll_str_addf(&line, " out=%s", path);
    SAY(a, line.s);
    CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
    CHECK_HAS(text, "task,dataset,");
    CHECK_HAS(text, ",missing,");
    free(text);
    CHECK(say(a, line.s) != LL_OK); /* it is there */
    CHECK_HAS(said, "force=on");
    ll_str_clear(&line);
    ll_str_addf(&line, "results export leaderboard results=%s/r.sqlite format=json", dir);
    CHECK_INT(say(a, line.s), LL_USAGE);
    ll_str_clear(&line);
    ll_str_addf(&line, "results export leaderboard results=%s/r.sqlite predictor=none", dir);
    CHECK_INT(say(a, line.s), LL_FAILED);
    CHECK_INT(say(a, "results export rows"), LL_USAGE);
    CHECK_HAS(said, "out=FILE");
    ll_str_clear(&line);
    ll_str_addf(&line, "results export rows results=%s/r.sqlite out=%s/rows.csv", dir, dir);
    SAY(a, line.s);
    free(path);
    path = ll_path_join(dir, "rows.csv");
    CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
    CHECK_HAS(text,
              ",scored,dataset,source,options,n_source,pretrain_seed\n"); /* what else tells trials apart */
    free(text);
    ll_str_free(&line);
    free(path);
    ll_app_free(a);
}

static void a_table_that_cannot_be_written_is_said(void)
{
    ll_app *a = app_new();
    ll_str line = {0};
    ll_str_addf(&line,
                "compare data=t tasks=ND,N1 predictors=flops k=5 trials=1 results=%s/r.sqlite out=%s/t.md",
                check_tmpdir(), check_missing());
    SAY(a, "load t");
    CHECK(say(a, ll_str_text(&line)) != LL_OK);
    CHECK_HAS(said, check_missing());
    cJSON *kept = said_result("compare"); /* what was computed is shown all the same */
    CHECK(kept != NULL);
    cJSON_Delete(kept);
    ll_str_free(&line);
    ll_app_free(a);
}

static void far_coverage_is_said(void)
{
    cJSON *table = ll_result_new("score");
    ll_predicted_judge(table, "gp on ND by random, k = 5", .89, .9, 990);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(table, "notes")), 0);
    ll_predicted_judge(table, "gp on ND by random, k = 5", .62, .9, 990);
    ll_predicted_judge(table, "gp on N2 by dopt, k = 10", 1, .9, 990);
    char *text = ll_json_line(table);
    CHECK_HAS(text, "gp on ND by random, k = 5: the 90 % intervals hold 62 % of 990 latencies");
    CHECK_HAS(text, "gp on N2 by dopt, k = 10: the 90 % intervals hold 100 % of 990 latencies");
    free(text);
    cJSON_Delete(table);
}

static const check_case cases[] = {
    {"the leaderboard is made of what was kept", the_leaderboard_is_made_of_what_was_kept},
    {"far coverage is said", far_coverage_is_said},
    {"tasks stand side by side", tasks_stand_side_by_side},
    {"errors are percent of what was measured", errors_are_percent_of_what_was_measured},
    {"a table that cannot be written is said", a_table_that_cannot_be_written_is_said},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_compare", cases, argc, argv);
}
