/* The results database and the paired test behind its tables. */
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/num/wilcoxon.h"
#include "data/results/results.h"
#include "data/results/results_latex.h"
#include "tests/check.h"

/* The example of scipy's own documentation, .041259765625; scipy.stats.wilcoxon(a, b): exact .0234375; for the 40 numbers ((37 i) mod 29)/10 - 1.1 against 0, with correction
 * and the normal approximation: .04600488264471951. */
static void wilcoxon_matches_scipy(void)
{
    double a[] = {1.1, 2.3, 3.1, 4.8, 5.2, 6.9, 7.7, 8.1}, b[] = {1.0, 2.5, 2.8, 4.4, 4.7, 6.3, 7.0, 7.3};
    CHECK_NEAR(ll_wilcoxon(a, b, 8), .0234375, 1e-12);
    CHECK_NEAR(ll_wilcoxon(b, a, 8), .0234375, 1e-12);
    CHECK_NEAR(ll_wilcoxon(a, a, 8), 1, 0);
    double plants[] = {6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75};
    double x[40], zero[40] = {0};
    CHECK_NEAR(ll_wilcoxon(plants, zero, 15), .041259765625, 1e-12);
    CHECK_NEAR(ll_wilcoxon(plants, zero, 6), 2. / 64, 1e-12); /* six of one sign: the least with p < .05 */
    for (int i = 0; i < 40; i++) x[i] = round(((i * 37) % 29) - 11) / 10;
    CHECK_NEAR(ll_wilcoxon(x, zero, 40), .04600488264471951, 1e-9);
}

typedef struct fixture {
    ll_dataset *d;
    ll_task *task;
    ll_values none;
    ll_trial_context c;
    ll_trial t;
} fixture;

static const ll_option options[] = {LL_OPT_INT("epochs", "3", 0, 0, "x"), {0}};
static const ll_predictor predictor = {.name = "p", .summary = "s"};
static const ll_sampler sampler = {.name = "s", .summary = "s"};

/* Filled in place: the context points into it. */
static void fill_fixture(fixture *out)
{
    fixture f = {0};
    ll_error e = {0};
    const ll_space *space = ll_space_find("nasbench201");
    f.d = ll_dataset_new("small", space, 3, 2);
    for (int i = 0; i < 3; i++) {
        space->at(space, i, ll_arch_at(f.d->archs, i));
        ll_latencies(f.d, 0)[i] = ll_latencies(f.d, 1)[i] = i;
    }
    ll_device_set(&f.d->devices[0], "a", LL_MEASURED, "t", "ms", NULL, NULL);
    ll_device_set(&f.d->devices[1], "b", LL_MEASURED, "t", "ms", NULL, NULL);
    ll_dataset_seal(f.d, &e);
    ll_ints source = ll_ints_copy((int[]){0}, 1), target = ll_ints_copy((int[]){1}, 1);
    f.task = ll_task_new("T", f.d, &source, &target);
    ll_ints_free(&source);
    ll_ints_free(&target);
    ll_values_init(&f.none, options);
    f.t = (ll_trial){.data = f.d,
                     .task = f.task,
                     .predictor = &predictor,
                     .sampler = &sampler,
                     .k = 5,
                     .seed = 7,
                     .device = 1,
                     .cost = 15,
                     .seconds = .5,
                     .metrics = {.n = 100, .spearman = .75, .kendall = NAN, .coverage = .9}};
    *out = f;
    out->c = (ll_trial_context){.pretrain_options = &out->none, .transfer_options = &out->none, .level = .9};
}

static void free_fixture(fixture *f)
{
    ll_values_free(&f->none);
    ll_task_unref(f->task);
    ll_dataset_unref(f->d);
}

static char *fresh_path(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

static void what_was_stored_is_recalled(void)
{
    fixture f;
    fill_fixture(&f);
    char *path = fresh_path("new/folder/a.sqlite");
    ll_results *r;
    ll_error e = {0};
    CHECK_INT(ll_results_open(path, &r, &e), LL_OK);
    ll_trial back = f.t;
    CHECK(!ll_results_recall(r, &f.c, &back));
    CHECK_INT(ll_results_store(r, &f.c, &f.t, &e), LL_OK);
    ll_results_close(r);
    CHECK_INT(ll_results_open(path, &r, &e), LL_OK);
    back.metrics = (ll_metrics){0};
    back.cost = 0;
    CHECK(ll_results_recall(r, &f.c, &back));
    CHECK_INT(back.cost, 15);
    CHECK_INT(back.metrics.n, 100);
    CHECK_NEAR(back.metrics.spearman, .75, 0);
    CHECK(isnan(back.metrics.kendall));
    CHECK_INT(ll_results_count(r), 1);
    ll_results_close(r);
    free(path);
    free_fixture(&f);
}

static void everything_that_matters_is_in_the_key(void)
{
    fixture f;
    fill_fixture(&f);
    char *path = fresh_path("key.sqlite");
    ll_results *r;
    ll_error e = {0};
    CHECK_INT(ll_results_open(path, &r, &e), LL_OK);
    ll_results_store(r, &f.c, &f.t, &e);
    ll_trial t = f.t;
    t.k = 6;
    CHECK(!ll_results_recall(r, &f.c, &t));
    t = f.t;
    t.seed++;
    CHECK(!ll_results_recall(r, &f.c, &t));
    t = f.t;
    t.device = 0;
    CHECK(!ll_results_recall(r, &f.c, &t));
    t = f.t;
    t.protocol = LL_PROTOCOL_HELP;
    CHECK(!ll_results_recall(r, &f.c, &t));
    t = f.t;
    ll_trial_context c = f.c;
    c.budget = true;
    CHECK(!ll_results_recall(r, &c, &t));
    c = f.c;
    c.sources = &(ll_source_rule){9, false};
    CHECK(!ll_results_recall(r, &c, &t));
    ll_values_set(&f.none, "epochs", "4", &e);
    CHECK(!ll_results_recall(r, &f.c, &t));
    ll_values_set(&f.none, "epochs", "3", &e);
    CHECK(ll_results_recall(r, &f.c, &t));
    ll_results_close(r);
    free(path);
    free_fixture(&f);
}

static bool recalls(ll_results *r, const ll_trial_context *c, const ll_trial *t)
{
    ll_trial copy = *t;
    return ll_results_recall(r, c, &copy);
}

/* A newer version of one predictor leaves the results of the others; one that is part of another takes it along. */
static void versions_are_each_predictors_own(void)
{
    static ll_predictor part = {.name = "part"}, whole = {.name = "whole"}, prior = {.name = "prior"};
    static const ll_predictor *const parts[] = {&part, NULL};
    fixture f;
    fill_fixture(&f);
    char *path = fresh_path("version.sqlite");
    ll_results *r;
    ll_error e = {0};
    whole.parts = parts;
    ll_trial with_part = f.t, with_prior = f.t;
    ll_trial_context designed = f.c;
    with_part.predictor = &whole;
    designed.prior = &prior;
    CHECK_INT(ll_results_open(path, &r, &e), LL_OK);
    ll_results_store(r, &f.c, &f.t, &e);
    ll_results_store(r, &f.c, &with_part, &e);
    ll_results_store(r, &designed, &with_prior, &e);
    part.version++;
    CHECK(recalls(r, &f.c, &f.t));
    CHECK(!recalls(r, &f.c, &with_part));
    part.version--;
    CHECK(recalls(r, &f.c, &with_part));
    part.pretrain_options = options; /* a new option, and so a new default */
    CHECK(!recalls(r, &f.c, &with_part));
    CHECK(recalls(r, &designed, &with_prior));
    prior.version++;
    CHECK(!recalls(r, &designed, &with_prior));
    ll_results_close(r);
    free(path);
    free_fixture(&f);
}

/* A file that an option names counts by its content. */
static void files_are_in_the_key(void)
{
    static const ll_option with_file[] = {LL_OPT_WORD("table", NULL, "x", LL_OF(FILE)), {0}};
    fixture f;
    fill_fixture(&f);
    char *path = fresh_path("file.sqlite"), *table = fresh_path("table.csv");
    ll_results *r;
    ll_values v;
    ll_error e = {0};
    ll_values_init(&v, with_file);
    ll_trial_context c = f.c;
    c.transfer_options = &v;
    ll_values_set(&v, "table", table, &e);
    ll_write_file(table, "1", 1, &e);
    CHECK_INT(ll_results_open(path, &r, &e), LL_OK);
    CHECK_INT(ll_results_store(r, &c, &f.t, &e), LL_OK);
    CHECK(recalls(r, &c, &f.t));
    ll_write_file(table, "2", 1, &e);
    CHECK(!recalls(r, &c, &f.t));
    ll_write_file(table, "1", 1, &e);
    CHECK(recalls(r, &c, &f.t));
    ll_results_close(r);
    ll_values_free(&v);
    free(path);
    free(table);
    free_fixture(&f);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void strange_databases_are_refused(void)
{
    char *newer = fresh_path("newer.sqlite"), *other = fresh_path("other.sqlite"),
         *text = fresh_path("text.sqlite");
    ll_results *r;
    ll_error e = {0};
    CHECK_INT(ll_results_open(newer, &r, &e), LL_OK);
    ll_results_close(r);
    run_sql(newer, "PRAGMA user_version=99");
    CHECK_INT(ll_results_open(newer, &r, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "newer latlab");
    run_sql(other, "CREATE TABLE x(y)");
    CHECK_INT(ll_results_open(other, &r, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "another program");
    ll_write_file(text, "this is not a database, however long it may be....", 50, &e);
    CHECK_INT(ll_results_open(text, &r, &e), LL_BAD_DATA);
    char *below = ll_path_join(text, "x.sqlite"); /* below a file nobody can make a folder */
    CHECK_INT(ll_results_open(below, &r, &e), LL_FAILED);
    free(below);
    free(newer);
    free(other);
    free(text);
}

static void two_processes_share_one(void)
{
    fixture f;
    fill_fixture(&f);
    char *path = fresh_path("two.sqlite");
    ll_results *a, *b;
    ll_error e = {0};
    CHECK_INT(ll_results_open(path, &a, &e), LL_OK);
    CHECK_INT(ll_results_open(path, &b, &e), LL_OK);
    for (int i = 0; i < 20; i++) {
        f.t.seed = (uint64_t)i;
        CHECK_INT(ll_results_store(i % 2 ? a : b, &f.c, &f.t, &e), LL_OK);
    }
    CHECK_INT(ll_results_count(a), 20);
    CHECK_INT(ll_results_count(b), 20);
    ll_results_close(a);
    ll_results_close(b);
    free(path);
    free_fixture(&f);
}

/* The same trials have the same checksum, whenever they landed and how long they took; another number has another. */
static void the_checksum_is_of_the_trials(void)
{
    fixture f;
    fill_fixture(&f);
    char *paths[] = {fresh_path("sum_a.sqlite"), fresh_path("sum_b.sqlite")};
    ll_results *r[2];
    ll_hash sum[2], other;
    ll_error e = {0};
    for (int j = 0; j < 2; j++) {
        CHECK_INT(ll_results_open(paths[j], &r[j], &e), LL_OK);
        CHECK_INT(ll_results_checksum(r[j], &other, &e), LL_OK);
        for (int i = 0; i < 4; i++) {
            f.t.seed = (uint64_t)(j ? 3 - i : i);
            f.t.seconds = i;
            ll_results_store(r[j], &f.c, &f.t, &e);
        }
        CHECK_INT(ll_results_checksum(r[j], &sum[j], &e), LL_OK);
        CHECK(strcmp(sum[j].hex, other.hex));
    }
    CHECK_STR(sum[0].hex, sum[1].hex);
    f.t.metrics.spearman += 1e-12;
    ll_results_store(r[0], &f.c, &f.t, &e);
    CHECK_INT(ll_results_checksum(r[0], &other, &e), LL_OK);
    CHECK(strcmp(sum[0].hex, other.hex));
    for (int j = 0; j < 2; j++) {
        ll_results_close(r[j]);
        free(paths[j]);
    }
    free_fixture(&f);
}

static bool count_row(void *ctx, const ll_result_row *row)
{
    CHECK_STR(row->device, "b");
    CHECK_NEAR(row->spearman, .75, 0);
    return ++*(int *)ctx < 3;
}

static void rows_are_filtered(void)
{
    fixture f;
    fill_fixture(&f);
    char *path = fresh_path("filter.sqlite");
    ll_results *r;
    ll_error e = {0};
    int n = 0;
    CHECK_INT(ll_results_open(path, &r, &e), LL_OK);
    for (int i = 0; i < 5; i++) {
        f.t.seed = (uint64_t)i;
        ll_results_store(r, &f.c, &f.t, &e);
    }
    CHECK_INT(ll_results_each(r, &(ll_result_filter){.task = "T", .predictor = "p*"}, count_row, &n, &e),
              LL_OK);
    CHECK_INT(n, 3); /* the callback asked to stop */
    n = 0;
    CHECK_INT(ll_results_each(r, &(ll_result_filter){.k = 6}, count_row, &n, &e), LL_OK);
    CHECK_INT(n, 0);
    ll_results_close(r);
    free(path);
    free_fixture(&f);
}

static void add_row(cJSON *rows, const char *task, const char *device, const char *by, int k, int seed,
                    double v)
{
    cJSON *o = ll_json_obj(rows, NULL);
    ll_json_str(o, "task", task);
    ll_json_str(o, "device", device);
    ll_json_str(o, "predictor", by);
    ll_json_str(o, "options", "{}");
    ll_json_int(o, "k", k);
    ll_json_int(o, "seed", seed);
    ll_json_num(o, "spearman", v);
}

/* The sources are named where one task was run with several, and then only. */
static void a_table_tells_sources_apart(void)
{
    cJSON *rows = cJSON_CreateArray();
    static const char *const sources[] = {"x,y", "x,y", "x,z"}, *const tasks[] = {"by hand", "N1", "N1"};
    ll_str s = {0};
    for (int i = 0; i < 3; i++) {
        add_row(rows, tasks[i], "a", "gp", 20, 1, .5 + .1 * i);
        ll_json_str(cJSON_GetArrayItem(rows, i), "source", sources[i]);
        ll_str_clear(&s);
        ll_results_latex(rows, &s);
        CHECK(!strstr(s.s, "sources") == (i < 2));
    }
    CHECK_HAS(s.s, "N1 & x,y & $0.600$");
    CHECK_HAS(s.s, "N1 & x,z & $0.700$");
    ll_str_free(&s);
    cJSON_Delete(rows);
}

/* gp is the better in every pair of ND and in most of N1, on average in both. */
static void a_paper_gets_a_table(void)
{
    cJSON *rows = cJSON_CreateArray();
    static const char *const devices[] = {"a", "b"};
    for (int seed = 1; seed <= 5; seed++)
        for (int j = 0; j < 2; j++) {
            double v = .9 + .01 * seed;
            add_row(rows, "N_D", devices[j], "gp", 20, seed, v + .002 * j);
            add_row(rows, "N_D", devices[1 - j], "50%&{x}", 20, seed, v - .05 - .001 * seed);
            add_row(rows, "N1", devices[j], "gp", 20, seed, seed == 1 ? .99999 : v);
            add_row(rows, "N1", devices[j], "50%&{x}", 20, seed,
                    seed < 4 ? v - .001 * seed : v + .0005 * seed);
        }
    add_row(rows, "N2", "a", "gp", 20, 1, .5);
    ll_str s = {0};
    ll_results_latex(rows, &s);
    CHECK_HAS(s.s, "\\begin{tabular}{lcc}\n\\toprule\ntask & gp & 50\\%\\&\\{x\\} \\\\\n\\midrule\n");
    CHECK_HAS(s.s, "N\\_D & $\\mathbf{0.931} \\pm 0.016$ & $0.877 \\pm 0.014$ \\\\\n");
    CHECK_HAS(s.s, "\nN1 & $0."); /* higher, but not surely so */
    CHECK_HAS(s.s, "\nN2 & $0.500$ & -- \\\\\n\\bottomrule");
    CHECK_HAS(s.s, "over 1 to 5 trials");
    ll_str_clear(&s);
    add_row(rows, "N2", "a", "gp", 40, 1, .99999);
    ll_results_latex(rows, &s);
    CHECK_HAS(s.s, "{lrcc}\n\\toprule\ntask & $k$ & gp");
    CHECK_HAS(s.s, "\nN2 & 40 & $0.999$ & --"); /* 1 is written for 1 alone */
    ll_str_clear(&s);
    ll_latex_text(&s, "\\a~^<$#\x01");
    CHECK_STR(s.s, "\\textbackslash{}a\\textasciitilde{}\\textasciicircum{}\\textless{}\\$\\#\xef\xbf\xbd");
    cJSON_Delete(rows);
    rows = cJSON_CreateArray();
    ll_results_latex(rows, &s); /* nothing is a table too */
    CHECK_HAS(s.s, "\\bottomrule");
    ll_str_free(&s);
    cJSON_Delete(rows);
}

static const check_case cases[] = {
    {"a paper gets a table", a_paper_gets_a_table},
    {"a table tells sources apart", a_table_tells_sources_apart},
    {"wilcoxon matches scipy", wilcoxon_matches_scipy},
    {"what was stored is recalled", what_was_stored_is_recalled},
    {"everything that matters is in the key", everything_that_matters_is_in_the_key},
    {"strange databases are refused", strange_databases_are_refused},
    {"versions are each predictor's own", versions_are_each_predictors_own},
    {"files are in the key", files_are_in_the_key},
    {"two processes share one", two_processes_share_one},
    {"rows are filtered", rows_are_filtered},
    {"the checksum is of the trials", the_checksum_is_of_the_trials},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_results", cases, argc, argv);
}
