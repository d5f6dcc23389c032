/* compare search=on: rows in the database, once each, whatever happens in between. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/rng.h"
#include "tests/say.h"

enum { ROWS = 200, DEVICES = 2, LIMITS = 2 };
#define REST   " tasks=ND predictors=gp,flops k=6 n=60 trials=2 pretrain_seeds=1 "
#define PLAN   "compare" REST
#define SEARCH "search=on limits=30,60 "

/* Cells of nasbench201 with an accuracy that grows with the latency, on a source and two targets of task ND. */
static void make_data(void)
{
    static const double ms_of[5] = {0, 3, 1, 2, 5};
    const ll_space *s = ll_space_find("nasbench201");
    ll_rng r = ll_rng_new(4, 1);
    ll_str table = {0}, scores = {0}, line = {0};
    ll_app *a = app_new();
    ll_str_add(&table, "index,1080ti_1,pixel3,eyeriss,raspi4\n");
    ll_str_add(&scores, "index,acc\n");
    for (int i = 0; i < ROWS; i++) {
        uint8_t gene[6];
        double ms = 4;
        s->at(s, i * 77, gene);
        for (int p = 0; p < 6; p++) ms += ms_of[gene[p]];
        ll_str_addf(&table, "%d", i * 77);
        for (int d = 0; d < 4; d++) ll_str_addf(&table, ",%.4f", ms * (1 + .05 * ll_rng_uniform(&r)));
        ll_str_add(&table, "\n");
        ll_str_addf(&scores, "%d,%.3f\n", i * 77, 50 + ms + 3 * ll_rng_normal(&r));
    }
    char *path = ll_path_join(check_tmpdir(), "table.csv"), *acc = ll_path_join(check_tmpdir(), "acc.csv");
    CHECK_OK(ll_write_file(path, table.s, table.len, NULL));
    CHECK_OK(ll_write_file(acc, scores.s, scores.len, NULL));
    ll_str_addf(&line, "import csv %s as t space=nasbench201 unit=ms", path);
    SAY(a, line.s);
    ll_str_clear(&line);
    SAY(a, "load t");
    SAY(a, "compare tasks=ND predictors=flops k=6 trials=1"); /* without scores there are no searches */
    CHECK_INT(say(a, PLAN SEARCH), LL_FAILED);
    CHECK_HAS(said, "no score to search for");
    ll_str_addf(&line, "import accuracy %s into t metric=acc", acc);
    SAY(a, line.s);
    ll_app_free(a);
    ll_str_free(&table);
    ll_str_free(&scores);
    ll_str_free(&line);
    free(path);
    free(acc);
}

static ll_app *ready(void)
{
    ll_app *a = app_new();
    ll_app_register(a, ll_score_commands);
    SAY(a, "load t");
    return a;
}

static ll_status run(ll_app *a, const char *plan, const char *name, const char *how)
{
    ll_str line = {0};
    ll_str_addf(&line, "%s results=%s/%s %s", plan, check_tmpdir(), name, how);
    ll_status s = say(a, line.s);
    ll_str_free(&line);
    return s;
}

/* The table of searches that was said; checks how many there are, and how many of them were known. */
static cJSON *searches(int n, int recalled)
{
    cJSON *table = said_result("searches");
    CHECK(table != NULL);
    CHECK_INT(ll_json_get_int(table, "searches", -1), n);
    CHECK_INT(ll_json_get_int(table, "recalled", -1), recalled);
    return table;
}

static void check_same(const cJSON *a, const cJSON *b)
{
    static const char *const parts[] = {"rows", "by_limit"};
    for (int i = 0; i < 2; i++)
        CHECK(cJSON_Compare(cJSON_GetObjectItem(a, parts[i]), cJSON_GetObjectItem(b, parts[i]), true));
}

static double query(const char *name, const char *sql)
{
    char *path = ll_path_join(check_tmpdir(), name);
    sqlite3 *db;
    sqlite3_stmt *s;
    double x = -1;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        if (sqlite3_step(s) == SQLITE_ROW) x = sqlite3_column_double(s, 0);
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    free(path);
    return x;
}

static int count(const char *name, const char *table)
{
    ll_str sql = {0};
    ll_str_addf(&sql, "SELECT count(*) FROM %s", table);
    int n = (int)query(name, sql.s);
    ll_str_free(&sql);
    return n;
}

/* gp: p=.5 and .9, with and without verification; flops: no intervals. */
enum { GP = 2 * DEVICES * LIMITS * 4, FLOPS = 2 * DEVICES * LIMITS };

static void nothing_is_computed_twice(void)
{
    ll_app *a = ready();
    CHECK_OK(run(a, PLAN SEARCH, "a.sqlite", "verify=0,3"));
    cJSON *first = searches(GP + FLOPS, 0), *again, *more;
    CHECK_INT(count("a.sqlite", "search"), GP + FLOPS);
    CHECK_INT(count("a.sqlite", "trial"), 2 * 2 * DEVICES);
    CHECK_HAS(said, "searched at p=.5 only: flops");
    CHECK_OK(run(a, PLAN SEARCH, "a.sqlite", "verify=0,3"));
    again = searches(GP + FLOPS, GP + FLOPS);
    check_same(first, again);
    cJSON *trials = said_result("compare");
    CHECK_INT(ll_json_get_int(trials, "recalled", -1), 2 * 2 * DEVICES);
    /* one more probability: the rest is known, and comes out as it would by itself */
    CHECK_OK(run(a, PLAN SEARCH, "a.sqlite", "verify=0,3 p=.5,.9,.7"));
    more = searches(GP * 3 / 2 + FLOPS, GP + FLOPS);
    CHECK_OK(run(a, PLAN SEARCH, "b.sqlite", "verify=0,3 p=.5,.9,.7"));
    cJSON *whole = searches(GP * 3 / 2 + FLOPS, 0);
    check_same(more, whole);
    /* trials that were known before anybody searched */
    CHECK_OK(run(a, PLAN, "c.sqlite", ""));
    CHECK(!strstr(said, "\"kind\":\"searches\""));
    CHECK_OK(run(a, PLAN SEARCH, "c.sqlite", "verify=0,3"));
    cJSON *later = searches(GP + FLOPS, 0);
    check_same(first, later);
    /* score keeps nothing and finds the same */
    SAY(a, "score" REST SEARCH "verify=0,3");
    cJSON *scored = searches(GP + FLOPS, 0);
    check_same(first, scored);
    cJSON_Delete(scored);
    cJSON_Delete(first);
    cJSON_Delete(again);
    cJSON_Delete(more);
    cJSON_Delete(whole);
    cJSON_Delete(later);
    cJSON_Delete(trials);
    ll_app_free(a);
}

static const cJSON *find_row(const cJSON *table, const char *predictor, double p, int verify)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(table, "rows"))
    {
        if (!strcmp(ll_json_get_str(row, "predictor", ""), predictor) && ll_json_get_num(row, "p", 0) == p &&
            ll_json_get_int(row, "verify", -1) == verify)
            return row;
    }
    return NULL;
}

/* The numbers of a line, from every search. */
static void lines_sum_up_their_searches(void)
{
    ll_app *a = ready();
    char *out = ll_path_join(check_tmpdir(), "table.md"), *text;
    ll_str how = {0};
    ll_error e = {0};
    size_t len;
    CHECK_OK(run(a, PLAN SEARCH, "a.sqlite", "verify=0,3 devices=on"));
    cJSON *split = said_result("searches");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(split, "by_device")), GP + FLOPS);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(split, "rows")), DEVICES * 5);
    ll_str_addf(&how, "verify=0,3 out=%s", out);
    CHECK_OK(run(a, PLAN SEARCH, "a.sqlite", how.s));
    cJSON *table = said_result("searches");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(table, "rows")), 5);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(table, "by_limit")), 5 * LIMITS);
    const cJSON *mean = find_row(table, "gp", .5, 0), *verified = find_row(table, "gp", .9, 3), *x;
    double regret[2] = {0};
    int n = 0, broken = 0, chose = 0, of[2] = {0};
    cJSON_ArrayForEach(x, cJSON_GetObjectItem(split, "by_device"))
    {
        if (strcmp(ll_json_get_str(x, "predictor", ""), "gp") || ll_json_get_num(x, "p", 0) != .5 ||
            ll_json_get_int(x, "verify", -1))
            continue;
        n++;
        double violation = ll_json_get_num(x, "violation", 0);
        if (isnan(violation)) continue;
        int seed = ll_json_get_int(x, "seed", 0) - 1;
        chose++, of[seed]++;
        broken += violation == 1;
        regret[seed] += ll_json_get_num(x, "regret", NAN);
    }
    CHECK_INT(ll_json_get_int(mean, "n", 0), n);
    CHECK_INT(n, 2 * DEVICES * LIMITS);
    CHECK_INT(ll_json_get_int(mean, "nothing", -1), n - chose);
    CHECK_NEAR(ll_json_get_num(mean, "violations", NAN), 100. * broken / chose, 1e-9);
    CHECK_NEAR(ll_json_get_num(mean, "regret", NAN), (regret[0] + regret[1]) / chose, 1e-9);
    /* Student's t of one degree of freedom, over the means of two seeds: half their difference, times 12.7062 */
    double half = 12.706204736 * fabs(regret[0] / of[0] - regret[1] / of[1]) / 2;
    CHECK_NEAR(ll_json_get_num(mean, "regret_high", NAN) - ll_json_get_num(mean, "regret_low", NAN), 2 * half,
               1e-6);
    CHECK(ll_json_get_num(verified, "measured", 0) > 6 && ll_json_get_num(verified, "measured", 0) <= 9);
    CHECK_NEAR(ll_json_get_num(mean, "measured", 0), 6, 0);
    CHECK_OK(ll_read_file(out, 0, &text, &len, &e));
    CHECK_HAS(text, "| predictor | k | cost | ND | mean |");
    CHECK_HAS(text, "Search under latency limits: ND, acc\n\n| predictor | k | p | verify | n |");
    CHECK_HAS(text, "\n| flops | 6 | 0.5 | 0 | 8 |");
    CHECK_HAS(text, "\n- exhaustive over the rows with acc");
    free(text);
    free(out);
    ll_str_free(&how);
    cJSON_Delete(split);
    cJSON_Delete(table);
    ll_app_free(a);
}

/* The key has the values of the score, not only its name. */
static void other_values_of_a_score_are_searched_anew(void)
{
    ll_app *a = ready();
    CHECK_OK(run(a, PLAN SEARCH, "score.sqlite", "verify=0 p=.5"));
    cJSON_Delete(searches(2 * FLOPS, 0));
    char *acc = ll_path_join(check_tmpdir(), "other.csv");
    ll_str line = {0}, text = {0};
    ll_str_add(&text, "index,acc\n");
    for (int i = 0; i < ROWS; i++) ll_str_addf(&text, "%d,%d\n", i * 77, i % 50);
    CHECK_OK(ll_write_file(acc, text.s, text.len, NULL));
    ll_str_addf(&line, "import accuracy %s into t metric=other", acc);
    SAY(a, line.s);
    CHECK_OK(run(a, PLAN SEARCH, "score.sqlite", "verify=0 p=.5 score=other"));
    cJSON_Delete(searches(2 * FLOPS, 0));
    CHECK_OK(run(a, PLAN SEARCH, "score.sqlite", "verify=0 p=.5 score=acc"));
    cJSON_Delete(searches(2 * FLOPS, 2 * FLOPS)); /* a score that joined changes no other */
    CHECK_INT(count("score.sqlite", "search"), 4 * FLOPS);
    free(acc);
    ll_str_free(&line);
    ll_str_free(&text);
    ll_app_free(a);
}

/* --- harm --------------------------------------------------------------------------------------------------------- */

#define MANY "compare tasks=ND predictors=gp k=6 n=60 pretrain_seeds=1 verify=0,3 " SEARCH "trials="

static void a_killed_experiment_goes_on(void)
{
    enum { OF_A_TRIAL = LIMITS * 4 };
    char *path = ll_path_join(check_tmpdir(), "killed.sqlite");
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        ll_app *a = ready();
        _exit(run(a, MANY "5000", "killed.sqlite", ""));
    }
    while (!waitpid(child, &status, WNOHANG) &&
           (access(path, F_OK) || count("killed.sqlite", "search") < 3 * OF_A_TRIAL))
        usleep(500);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    int kept = count("killed.sqlite", "search"), trials = kept / OF_A_TRIAL / DEVICES + 2;
    CHECK(kept >= 3 * OF_A_TRIAL);
    CHECK_INT(kept % OF_A_TRIAL, 0); /* those of a trial together */
    char plan[sizeof MANY + 16];
    snprintf(plan, sizeof plan, MANY "%d", trials);
    ll_app *a = ready();
    CHECK_OK(run(a, plan, "killed.sqlite", ""));
    cJSON *after = searches(trials * DEVICES * OF_A_TRIAL, kept);
    CHECK_OK(run(a, plan, "whole.sqlite", ""));
    cJSON *whole = searches(trials * DEVICES * OF_A_TRIAL, 0);
    check_same(after, whole);
    cJSON_Delete(after);
    cJSON_Delete(whole);
    ll_app_free(a);
    free(path);
}

/* What had landed is in the database and in the table, and the same command goes on from there. */
static void a_stopped_experiment_goes_on(void)
{
    ll_app *a = ready();
    ll_str line = {0};
    char *path = ll_path_join(check_tmpdir(), "stopped.sqlite");
    ll_status status = LL_OK;
    cJSON *table = NULL, *event;
    ll_str_addf(&line, MANY "5000 results=%s", path);
    ll_app_submit(a, line.s);
    while (access(path, F_OK) || count("stopped.sqlite", "search") < 16) usleep(500);
    ll_app_cancel(a);
    for (; (event = ll_app_wait(a)); cJSON_Delete(event)) {
        if (!strcmp(ll_json_get_str(event, "event", ""), "end"))
            status = (ll_status)ll_json_get_int(event, "code", LL_OK);
        if (!strcmp(ll_json_get_str(event, "kind", ""), "searches")) table = cJSON_Duplicate(event, true);
    }
    CHECK_INT(status, LL_CANCELLED);
    int kept = count("stopped.sqlite", "search");
    CHECK_INT(ll_json_get_int(table, "searches", -1), kept);
    CHECK_OK(run(a, MANY "1", "stopped.sqlite", ""));
    cJSON_Delete(searches(16, 16));
    cJSON_Delete(table);
    ll_str_free(&line);
    free(path);
    ll_app_free(a);
}

/* What format 1 had: no table of searches, nothing of where trials were computed. */
static void make_old(const char *file)
{
    static const char *const later[] = {"host", "cpu", "kernels", "version", "spent"};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "ALTER TABLE trial DROP COLUMN %s", later[i]);
        query(file, sql);
    }
    query(file, "DROP TABLE search");
    query(file, "PRAGMA user_version=1");
}

static void older_databases_get_what_they_lack(void)
{
    ll_app *a = ready();
    CHECK_OK(run(a, PLAN, "old.sqlite", ""));
    make_old("old.sqlite");
    CHECK_INT(count("old.sqlite", "search"), -1);
    CHECK_OK(run(a, PLAN SEARCH, "old.sqlite", "verify=0,3"));
    cJSON_Delete(searches(GP + FLOPS, 0));
    CHECK_INT(count("old.sqlite", "trial"), 2 * 2 * DEVICES);
    CHECK_NEAR(query("old.sqlite", "PRAGMA user_version"), 3, 0);
    CHECK_OK(run(a, PLAN SEARCH, "old.sqlite", "verify=0,3"));
    cJSON_Delete(searches(GP + FLOPS, GP + FLOPS));
    ll_app_free(a);
}

/* One that may not be written is read as it is. */
static int read_old(void)
{
    int bad = !check_obey_modes();
    ll_app *a = app_new();
    ll_str line = {0};
    ll_str_addf(&line, "results results=%s/still.sqlite", check_tmpdir());
    bad |= (say(a, line.s) != LL_OK) << 1;
    bad |= !strstr(said, "\"found\":8") << 2;
    ll_str_free(&line);
    ll_app_free(a);
    return bad;
}

static void older_databases_can_be_read(void)
{
    ll_app *a = ready();
    CHECK_OK(run(a, PLAN, "still.sqlite", ""));
    ll_app_free(a);
    make_old("still.sqlite");
    char *path = ll_path_join(check_tmpdir(), "still.sqlite");
    chmod(path, 0444);
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (!child) _exit(read_old());
    waitpid(child, &status, 0);
    CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    CHECK_INT(count("still.sqlite", "search"), -1);
    free(path);
}

static void what_makes_no_sense_is_refused(void)
{
    static const struct {
        const char *how, *why;
    } bad[] = {{"limits=20", "limits= goes with search=on"},
               {"verify=3", "verify= goes with search=on"},
               {"score=acc", "score= goes with search=on"},
               {"search=on limits=20,120", "limits=120: numbers between 0 and 100"},
               {"search=on p=1", "p=1: numbers between 0.01 and 0.999"},
               {"search=on p=half", "p=half"},
               {"search=on verify=1.5", "verify=1.5: whole numbers"},
               {"search=on verify=-1", "verify=-1"},
               {"search=on score=top1", "top1"}};
    ll_app *a = ready();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(run(a, PLAN, "refused.sqlite", bad[i].how), LL_USAGE);
        CHECK_HAS(said, bad[i].why);
    }
    CHECK_INT(count("refused.sqlite", "trial"), -1);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"make the dataset", make_data},
    {"nothing is computed twice", nothing_is_computed_twice},
    {"lines sum up their searches", lines_sum_up_their_searches},
    {"other values of a score are searched anew", other_values_of_a_score_are_searched_anew},
    {"a killed experiment goes on", a_killed_experiment_goes_on},
    {"a stopped experiment goes on", a_stopped_experiment_goes_on},
    {"older databases get what they lack", older_databases_get_what_they_lack},
    {"older databases can be read", older_databases_can_be_read},
    {"what makes no sense is refused", what_makes_no_sense_is_refused},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_compare_search", cases, argc, argv);
}
