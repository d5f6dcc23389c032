/* sweep: the cells of compare in tasks, stopped, damaged and merged; what comes out is what compare makes alone. */
#include <sqlite3.h>

#include "data/results/results.h"
#include "tests/machines/sweeps.h"
#include "tests/transfer/nd_table.h"

#define EXPERIMENT "tasks=ND,N1 data=t predictors=flops,opcount,gp samplers=random,dopt k=10,12 trials=3"

enum { CELLS = 120, STEP = 130 }; /* of nasbench201 */

/* An app with the table, and a plan of several tasks in `name`, whose folder and scratch are empty. */
static ll_app *ready(const char *name)
{
    const char *dir = check_tmpdir();
    ll_app *a = app_new();
    ll_app_set_loader(a, ll_data_find);
    char *none = at("none.sqlite");
    setenv("LATLAB_RESULTS", none, 1);
    free(none);
    write_nd_table(CELLS, STEP, 1);
    CHECK_OK(tell(a, "import csv %s/table.csv as t space=nasbench201 unit=ms", dir));
    CHECK_OK(tell(a, "sweep plan %s/%s compare " EXPERIMENT " minutes=.2", dir, name));
    return a;
}

static void checksum(const char *name, ll_hash *out)
{
    char *path = at(name);
    ll_results *r;
    ll_error e = {0};
    CHECK_INT(ll_results_open(path, &r, &e), LL_OK);
    CHECK_INT(ll_results_checksum(r, out, &e), LL_OK);
    ll_results_close(r);
    free(path);
}

static double query(const char *name, const char *sql)
{
    char *path = at(name);
    sqlite3 *db;
    sqlite3_stmt *s;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    double x = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_double(s, 0) : -1;
    sqlite3_finalize(s);
    sqlite3_close(db);
    free(path);
    return x;
}

static void a_plan_says_every_cell_once(void)
{
    ll_app *a = ready("cells.sweep");
    ll_sweep_plan p = read_plan("cells.sweep");
    CHECK_INT(p.n, 2 * 3 * 2 * 2 * 3);
    CHECK(p.tasks > 2);
    int trials = 0, drawn = 0;
    for (int i = 0; i < p.n; i++) {
        trials += p.cells[i].trials;
        for (int j = 0; j < i; j++) CHECK(strcmp(p.cells[i].hash.hex, p.cells[j].hash.hex));
        /* sampler and size change fastest: the four cells of a draw share a model, and a task */
        if (i % 4) drawn += p.cells[i].task == p.cells[i - 1].task;
    }
    CHECK_INT(trials, (2 + 1) * 3 * 2 * 2 * 3);
    CHECK_INT(drawn, p.n - p.n / 4);
    char *first = contents("cells.sweep");
    CHECK_OK(tell(a, "sweep plan %s/again.sweep compare " EXPERIMENT " minutes=.2", check_tmpdir()));
    char *again = contents("again.sweep");
    CHECK_STR(first, again);
    free(first);
    free(again);
    ll_sweep_plan_free(&p);
    ll_app_free(a);
}

/* Tasks in any order, one of them twice. */
static void merged_tasks_are_what_compare_makes(void)
{
    ll_app *a = ready("all.sweep");
    const char *dir = check_tmpdir();
    ll_sweep_plan p = read_plan("all.sweep");
    ll_hash alone, merged;
    for (int i = p.tasks - 1; i >= 0; i--) CHECK_OK(run_task(a, "all.sweep", i));
    CHECK_OK(run_task(a, "all.sweep", 1));
    CHECK_INT(said_int("sweep_run", "computed"), 0);
    CHECK_INT(said_int("sweep_run", "cells"), ll_sweep_task_cells(&p, 1));
    CHECK_OK(tell(a, "sweep status %s/all.sweep", dir));
    CHECK_INT(said_int("sweep_status", "done"), p.tasks);
    CHECK_INT(said_int("sweep_status", "cells_done"), p.n);
    CHECK_OK(tell(a, "sweep merge %s/all.sweep results=%s/merged.sqlite", dir, dir));
    CHECK_INT(said_int("sweep_merge", "trials"), 108);
    CHECK_OK(tell(a, "sweep merge %s/all.sweep results=%s/merged.sqlite", dir, dir));
    CHECK_INT(said_int("sweep_merge", "trials"), 0);
    CHECK_INT(said_int("sweep_merge", "known"), 108);
    CHECK_OK(tell(a, "compare " EXPERIMENT " results=%s/alone.sqlite out=%s/alone.md", dir, dir));
    CHECK_OK(tell(a, "compare " EXPERIMENT " results=%s/merged.sqlite out=%s/merged.md", dir, dir));
    CHECK_INT(said_int("compare", "recalled"), 108);
    char *one = contents("alone.md"), *other = contents("merged.md");
    CHECK_STR(one, other);
    checksum("alone.sqlite", &alone);
    checksum("merged.sqlite", &merged);
    CHECK_STR(alone.hex, merged.hex);
    CHECK_NEAR(query("merged.sqlite", "SELECT count(*) FROM trial WHERE host<>'' AND cpu<>'' AND kernels<>'' "
                                      "AND version<>'' AND spent>=0"),
               108, 0);
    free(one);
    free(other);
    ll_sweep_plan_free(&p);
    ll_app_free(a);
}

/* With of=N an entry takes every N-th task, and all of them together everything. */
static void entries_share_the_tasks(void)
{
    ll_app *a = ready("of.sweep");
    const char *dir = check_tmpdir();
    ll_sweep_plan p = read_plan("of.sweep");
    CHECK_OK(tell(a, "sweep run %s/of.sweep task=0 of=2 scratch=%s/scratch", dir, dir));
    CHECK_OK(tell(a, "sweep status %s/of.sweep", dir));
    CHECK_INT(said_int("sweep_status", "done"), (p.tasks + 1) / 2);
    CHECK_INT(said_int("sweep_status", "missing"), p.tasks / 2);
    setenv("SLURM_ARRAY_TASK_ID", "5", 1); /* --array=3-5:2 begins at 3 */
    setenv("SLURM_ARRAY_TASK_MIN", "3", 1);
    setenv("SLURM_ARRAY_TASK_STEP", "2", 1);
    CHECK_OK(tell(a, "sweep run %s/of.sweep of=2 scratch=%s/scratch", dir, dir));
    unsetenv("SLURM_ARRAY_TASK_ID");
    CHECK_OK(tell(a, "sweep status %s/of.sweep", dir));
    CHECK_INT(said_int("sweep_status", "done"), p.tasks);
    CHECK_INT(tell(a, "sweep run %s/of.sweep", dir), LL_USAGE);
    CHECK_INT(run_task(a, "of.sweep", p.tasks), LL_USAGE);
    ll_sweep_plan_free(&p);
    ll_app_free(a);
}

static void plans_that_are_not_whole_are_refused(void)
{
    ll_app *a = ready("whole.sweep");
    char *text = contents("whole.sweep");
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut += 1 + n / 60) {
        write_as("cut.sweep", text, cut);
        CHECK_INT(run_task(a, "cut.sweep", 0), LL_BAD_DATA);
    }
    text[n / 2] ^= 1;
    write_as("cut.sweep", text, n);
    CHECK_INT(run_task(a, "cut.sweep", 0), LL_BAD_DATA);
    CHECK_HAS(said, "was changed after it was made");
    text[strlen("latlab sweep ")] = '9';
    write_as("cut.sweep", text, n);
    CHECK_INT(run_task(a, "cut.sweep", 0), LL_BAD_DATA);
    CHECK_HAS(said, "a plan of format 9");
    free(text);
    ll_app_free(a);
}

static void a_plan_of_other_data_is_refused(void)
{
    ll_app *a = ready("data.sweep");
    const char *dir = check_tmpdir();
    write_nd_table(CELLS, STEP, 2);
    CHECK_OK(tell(a, "dataset remove t"));
    CHECK_OK(tell(a, "import csv %s/table.csv as t space=nasbench201 unit=ms", dir));
    CHECK_INT(run_task(a, "data.sweep", 0), LL_FAILED);
    CHECK_HAS(said, "the dataset t has changed since the plan was made");
    ll_app_free(a);
}

/* Rounding agrees; another value is named with both, and nothing of its file comes in. */
static void trials_that_disagree_are_refused(void)
{
    ll_app *a = ready("two.sweep");
    const char *dir = check_tmpdir(), *file = "two.sweep.d/task-000000.sqlite";
    CHECK_OK(run_task(a, "two.sweep", 0));
    CHECK_OK(tell(a, "sweep merge %s/two.sweep results=%s/two.sqlite", dir, dir));
    double had = query("two.sqlite", "SELECT count(*) FROM trial");
    query(file, "UPDATE trial SET spearman=spearman*(1+1e-9)");
    CHECK_OK(tell(a, "sweep merge %s/two.sweep results=%s/two.sqlite", dir, dir));
    query(file, "UPDATE trial SET spearman=-.25 WHERE key=(SELECT max(key) FROM trial)");
    query(file, "UPDATE trial SET key='new' WHERE key=(SELECT min(key) FROM trial)");
    CHECK_INT(tell(a, "sweep merge %s/two.sweep results=%s/two.sqlite", dir, dir), LL_BAD_DATA);
    CHECK_HAS(said, "spearman is -0.25 there and ");
    CHECK_NEAR(query("two.sqlite", "SELECT count(*) FROM trial"), had, 0);
    query(file, "UPDATE trial SET spearman=NULL WHERE key=(SELECT max(key) FROM trial WHERE key<>'new')");
    CHECK_INT(tell(a, "sweep merge %s/two.sweep results=%s/two.sqlite", dir, dir), LL_BAD_DATA);
    CHECK_HAS(said, "spearman is nothing there and ");
    ll_app_free(a);
}

static void copy_file(const char *from, const char *to)
{
    char *path = at(from), *bytes;
    size_t n;
    ll_error e = {0};
    CHECK_INT(ll_read_file(path, 0, &bytes, &n, &e), LL_OK);
    write_as(to, bytes, n);
    free(bytes);
    free(path);
}

/* Of many files those before the first that disagrees with one before it come in, whole; with the others nothing changes, and when
 * it is mended only what was missing comes in. */
static void those_before_one_that_disagrees_come_in(void)
{
    ll_app *a = ready("many.sweep");
    const char *dir = check_tmpdir();
    int cells[3];
    for (int i = 0; i < 3; i++) {
        CHECK_OK(run_task(a, "many.sweep", i));
        cells[i] = said_int("sweep_run", "computed");
    }
    copy_file("many.sweep.d/task-000001.sqlite", "copy.sqlite");
    query("copy.sqlite", "UPDATE trial SET mape=123.5 WHERE key=(SELECT max(key) FROM trial)");
    static const char line[] =
        "sweep merge %s/many.sweep.d/task-000000.sqlite %s/many.sweep.d/task-000001.sqlite %s/copy.sqlite "
        "%s/many.sweep.d/task-000002.sqlite results=%s/many.sqlite";
    CHECK_INT(tell(a, line, dir, dir, dir, dir, dir), LL_BAD_DATA);
    CHECK_HAS(said, "copy.sqlite: ");
    CHECK_HAS(said, "mape is 123.5 there and ");
    CHECK_INT(said_int("sweep_merge", "files"), 2);
    CHECK_INT(said_int("sweep_merge", "trials"), cells[0] + cells[1]);
    CHECK_NEAR(query("many.sqlite", "SELECT count(*) FROM trial"), cells[0] + cells[1], 0);
    query("copy.sqlite", "DELETE FROM trial WHERE mape=123.5");
    CHECK_OK(tell(a, line, dir, dir, dir, dir, dir));
    CHECK_INT(said_int("sweep_merge", "trials"), cells[2]);
    CHECK_INT(said_int("sweep_merge", "known"), cells[0] + 2 * cells[1] - 1);
    CHECK_NEAR(query("many.sqlite", "SELECT count(*) FROM trial"), cells[0] + cells[1] + cells[2], 0);
    ll_app_free(a);
}

/* What a task left that cannot be read is computed again; merge refuses it. */
static void damaged_files_cost_their_cells_only(void)
{
    ll_app *a = ready("hurt.sweep");
    const char *dir = check_tmpdir();
    CHECK_OK(run_task(a, "hurt.sweep", 0));
    int all = said_int("sweep_run", "computed");
    write_as("hurt.sweep.d/task-000000.sqlite", "not a database, but longer than nothing at all", 46);
    CHECK_INT(tell(a, "sweep merge %s/hurt.sweep results=%s/hurt.sqlite", dir, dir), LL_BAD_DATA);
    CHECK_HAS(said, "task-000000.sqlite: not a results database");
    CHECK_OK(run_task(a, "hurt.sweep", 0));
    CHECK_HAS(said, "computed again: ");
    CHECK_INT(said_int("sweep_run", "computed"), all);
    CHECK_OK(tell(a, "sweep merge %s/hurt.sweep results=%s/hurt.sqlite", dir, dir));
    CHECK_INT(said_int("sweep_merge", "trials"), all);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"a plan says every cell once", a_plan_says_every_cell_once},
    {"merged tasks are what compare makes", merged_tasks_are_what_compare_makes},
    {"entries share the tasks", entries_share_the_tasks},
    {"plans that are not whole are refused", plans_that_are_not_whole_are_refused},
    {"a plan of other data is refused", a_plan_of_other_data_is_refused},
    {"trials that disagree are refused", trials_that_disagree_are_refused},
    {"those before one that disagrees come in", those_before_one_that_disagrees_come_in},
    {"damaged files cost their cells only", damaged_files_cost_their_cells_only},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_sweep_tasks", cases, argc, argv);
}
