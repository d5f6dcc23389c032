/* Experiments that meet harm: a killed process, several at once, a database that may not be written, a full disk. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "data/results/results.h"
#include "tests/say.h"
#include "tests/transfer/made_trials.h"

enum { TARGETS = 2 };
#define TASK "partition source=sim_v100_b1,sim_v100_b32,sim_v100_b256 target=sim_eyeriss,sim_raspi4"

static ll_app *ready(void)
{
    ll_app *a = app_new();
    SAY(a, "load toy");
    SAY(a, TASK);
    return a;
}

/* `compare` into the database NAME of this test's folder. */
static ll_status compare(ll_app *a, const char *name, const char *how)
{
    ll_str line = {0};
    ll_str_addf(&line, "compare %s results=%s/%s", how, check_tmpdir(), name);
    ll_status s = say(a, ll_str_text(&line));
    ll_str_free(&line);
    return s;
}

static ll_status results(ll_app *a, const char *name)
{
    ll_str line = {0};
    ll_str_addf(&line, "results results=%s/%s", check_tmpdir(), name);
    ll_status s = say(a, ll_str_text(&line));
    ll_str_free(&line);
    return s;
}

/* The library would write into a device and wait for a pipe. */
static void what_is_no_file_is_no_database(void)
{
    ll_app *a = ready();
    char *pipe = ll_path_join(check_tmpdir(), "pipe");
    CHECK(!mkfifo(pipe, 0600));
    CHECK_INT(compare(a, "pipe", "predictors=flops k=5 trials=1 seed=1"), LL_BAD_DATA);
    CHECK_HAS(said, "is no file, a database of results was expected");
    CHECK_INT(say(a, "compare predictors=flops k=5 trials=1 seed=1 results=/dev/zero"), LL_BAD_DATA);
    CHECK_HAS(said, "/dev/zero: is no file");
    CHECK_INT(results(a, "pipe"), LL_BAD_DATA);
    CHECK_HAS(said, "is no file, a database of results was expected");
    CHECK_INT(results(a, "."), LL_BAD_DATA);
    CHECK_HAS(said, "is a folder, a database of results was expected");
    CHECK_INT(results(a, "nothing.sqlite"), LL_FAILED);
    CHECK_HAS(said, "no results yet");
    free(pipe);
    ll_app_free(a);
}

static int count_results(const char *name)
{
    char *path = ll_path_join(check_tmpdir(), name);
    ll_results *r;
    ll_error e = {0};
    int n = ll_results_open(path, &r, &e) ? -1 : ll_results_count(r);
    ll_results_close(r);
    free(path);
    return n;
}

/* Exit status of a child that runs this; -1: it did not exit. */
static int in_child(int (*run)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (!child) _exit(run());
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- killed ------------------------------------------------------------------------------------------------------- */

#define KILLED "predictors=lowrank,gp k=5,8 n=40 seed=7 trials="
enum { CELLS = 4 * TARGETS }; /* results of one trial */

/* Waits until the database of the child holds `wanted` results, then kills it. */
static void kill_after(pid_t child, const char *name, int wanted)
{
    char *path = ll_path_join(check_tmpdir(), name);
    int status = 0;
    while (!waitpid(child, &status, WNOHANG) && (access(path, F_OK) || count_results(name) < wanted))
        usleep(500);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status)); /* in the middle of its work */
    free(path);
}

static void a_killed_experiment_goes_on(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        ll_app *a = ready();
        _exit(compare(a, "killed.sqlite", KILLED "5000"));
    }
    kill_after(child, "killed.sqlite", 3);
    int kept = count_results("killed.sqlite"), trials = kept / CELLS + 2;
    CHECK(kept >= 3);
    ll_app *a = ready();
    char how[96];
    snprintf(how, sizeof how, KILLED "%d", trials);
    CHECK_OK(compare(a, "killed.sqlite", how));
    cJSON *after = said_result("compare");
    CHECK_INT(ll_json_get_int(after, "landed", -1), trials * CELLS);
    CHECK_INT(ll_json_get_int(after, "recalled", -1), kept); /* nothing twice */
    CHECK_INT(count_results("killed.sqlite"), trials * CELLS);
    CHECK_OK(compare(a, "whole.sqlite", how)); /* the same as without a kill */
    cJSON *whole = said_result("compare");
    CHECK_INT(ll_json_get_int(whole, "recalled", -1), 0);
    CHECK(cJSON_Compare(cJSON_GetObjectItem(after, "rows"), cJSON_GetObjectItem(whole, "rows"), true));
    cJSON_Delete(after);
    cJSON_Delete(whole);
    ll_app_free(a);
}

enum { MERGED_FILES = 8, MERGED_ROWS = 1000, KILLS = 8, HELD = 500 };

static char *merged_file(int i)
{
    char name[32];
    snprintf(name, sizeof name, "task-%d.sqlite", i);
    return ll_path_join(check_tmpdir(), name);
}

static int merge_tasks(const char *into)
{
    ll_strs files = {0};
    ll_results *r;
    ll_merged merged;
    int done;
    for (int i = 0; i < MERGED_FILES; i++) ll_strs_take(&files, merged_file(i));
    ll_status s = ll_results_open(into, &r, NULL);
    if (!s) s = ll_results_merge_all(r, &files, NULL, &merged, &done, NULL);
    ll_results_close(r);
    ll_strs_free(&files);
    return s;
}

/* Did the kill come before it was done? */
static bool kill_merge(const char *into, double after_s)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (!child) _exit(merge_tasks(into));
    usleep((useconds_t)(1e6 * after_s));
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

static bool is_whole(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *q = NULL;
    bool whole = !sqlite3_open(path, &db) &&
                 !sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &q, NULL) &&
                 sqlite3_step(q) == SQLITE_ROW && !strcmp((const char *)sqlite3_column_text(q, 0), "ok");
    sqlite3_finalize(q);
    sqlite3_close(db);
    return whole;
}

/* Whatever the moment, all of the tasks' trials are there or none, what was there stays, and the same merge then brings them. */
static void a_killed_merge_brings_all_or_nothing(void)
{
    char *into = ll_path_join(check_tmpdir(), "into.sqlite");
    int in_the_middle = 0;
    for (int i = 0; i < MERGED_FILES; i++) {
        char *path = merged_file(i);
        CHECK(made_trials(path, MERGED_ROWS));
        free(path);
    }
    CHECK(made_trials(into, HELD));
    double start = ll_now_s();
    CHECK_INT(merge_tasks(into), LL_OK);
    double whole_s = ll_now_s() - start;
    for (int i = 0; i < KILLS; i++) {
        unlink(into);
        CHECK(made_trials(into, HELD));
        in_the_middle += kill_merge(into, whole_s * i / KILLS);
        int n = count_results("into.sqlite");
        check_report(n == HELD || n == HELD + MERGED_FILES * MERGED_ROWS, __FILE__, __LINE__,
                     "%d trials after a kill at %.3f of %.3f s", n, whole_s * i / KILLS, whole_s);
        CHECK(is_whole(into));
        CHECK_INT(merge_tasks(into), LL_OK);
        CHECK_INT(count_results("into.sqlite"), HELD + MERGED_FILES * MERGED_ROWS);
    }
    CHECK(in_the_middle >= KILLS / 2);
    free(into);
}

/* --- several at once ------------------------------------------------------------------------------------------------ */

static void processes_at_once_share_a_database(void)
{
    enum { PROCESSES = 4 };
    pid_t child[PROCESSES];
    fflush(stdout);
    for (int i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        if (child[i]) continue;
        char how[96];
        ll_app *a = ready();
        snprintf(how, sizeof how, "predictors=flops,lowrank k=5 n=40 trials=10 seed=%d", 1 + 5 * i);
        ll_status s = compare(a, "shared.sqlite", how);
        _exit(s || strstr(said, "not kept"));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        waitpid(child[i], &status, 0);
        CHECK_INT(status, 0);
    }
    /* seeds 1..25, half of them by two processes */
    CHECK_INT(count_results("shared.sqlite"), 25 * 2 * TARGETS);
}

/* The format goes by the suffix, unless it is asked for. */
static void exports_go_by_their_suffix(void)
{
    static const char *const files[][2] = {{"x.csv", "task,device"},
                                           {"x.md", "| task | device"},
                                           {"x.json", "[{"},
                                           {"x.tex", "% written by latlab"},
                                           {"y.tex format=csv", "task,device"}};
    ll_app *a = ready();
    CHECK_OK(compare(a, "exports.sqlite", "predictors=flops k=5 trials=2 seed=1"));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        ll_str line = {0};
        char *text = NULL, *path;
        size_t n;
        ll_str_addf(&line, "results results=%s/exports.sqlite out=%s/%s", check_tmpdir(), check_tmpdir(),
                    files[i][0]);
        CHECK_OK(say(a, line.s));
        path = ll_path_join(check_tmpdir(), files[i][0]);
        path[strcspn(path, " ")] = 0;
        CHECK_OK(ll_read_file(path, 0, &text, &n, NULL));
        CHECK(text && !strncmp(text, files[i][1], strlen(files[i][1])));
        free(text);
        free(path);
        ll_str_free(&line);
    }
    ll_app_free(a);
}

/* --- not to be written ---------------------------------------------------------------------------------------------- */

#define FEW  "predictors=flops k=5 trials=2 seed=1"
#define MORE "predictors=flops k=5 trials=3 seed=1"

static int with_read_only_folder(void)
{
    int bad = !check_obey_modes();
    ll_app *a = app_new();
    bad |= (say(a, "load toy") != LL_OK) << 1;
    bad |= (say(a, TASK) != LL_OK) << 2;
    /* it can still be read, by what asks for no more */
    bad |= (results(a, "read-only/x?%.sqlite") != LL_OK || !strstr(said, "\"found\":4")) << 3;
    bad |= (compare(a, "read-only/x?%.sqlite", FEW) != LL_OK || !strstr(said, "\"recalled\":4")) << 4;
    bad |= (compare(a, "read-only/x?%.sqlite", MORE) != LL_FAILED) << 5;
    bad |= !strstr(said,
                   "read-only, and no result is kept of flops on sim_eyeriss by random with k=5 and seed 3")
           << 6;
    bad |= (compare(a, "read-only/x?%.sqlite", FEW " fresh=on") != LL_FAILED) << 7;
    ll_app_free(a);
    return bad;
}

static void read_only_databases_are_read(void)
{
    ll_app *a = ready();
    CHECK_OK(compare(a, "read-only/x?%.sqlite", FEW));
    ll_app_free(a);
    static const mode_t modes[][2] = {{0555, 0444}, {0755, 0444}, {0555, 0644}};
    char *dir = ll_path_join(check_tmpdir(), "read-only"), *file = ll_path_join(dir, "x?%.sqlite"),
         *log = ll_path_join(dir, "x?%.sqlite-wal"), *index = ll_path_join(dir, "x?%.sqlite-shm");
    for (int i = 0; i < 3; i++) {
        chmod(file, modes[i][1]);
        chmod(dir, modes[i][0]);
        CHECK_INT(in_child(with_read_only_folder), 0);
        CHECK(!ll_is_there(log) && !ll_is_there(index)); /* nobody could write beside them */
    }
    chmod(dir, 0755);
    CHECK_INT(count_results("read-only/x?%.sqlite"), 4);
    free(dir);
    free(file);
    free(log);
    free(index);
}

/* No file may grow beyond 60 kB: writing fails as on a full disk. */
static int with_full_disk(void)
{
    ll_app *a = ready();
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){60000, 60000});
    int bad = compare(a, "full.sqlite", "predictors=flops k=5 trials=100 seed=1") != LL_FAILED;
    bad |= !strstr(said, "results are not kept from here on") << 1;
    cJSON *table = said_result("compare"); /* computed is not lost */
    bad |= (ll_json_get_int(table, "landed", 0) != 100 * TARGETS) << 2;
    cJSON_Delete(table);
    ll_app_free(a);
    return bad;
}

static void full_disks_keep_what_was_there(void)
{
    ll_app *a = ready();
    CHECK_OK(compare(a, "full.sqlite", FEW));
    CHECK_INT(in_child(with_full_disk), 0);
    int kept = count_results("full.sqlite");
    CHECK(kept >= 2 * TARGETS && kept < 100 * TARGETS);
    CHECK_OK(compare(a, "full.sqlite", "predictors=flops k=5 trials=100 seed=1"));
    cJSON *table = said_result("compare");
    CHECK_INT(ll_json_get_int(table, "recalled", -1), kept);
    CHECK_INT(count_results("full.sqlite"), 100 * TARGETS);
    cJSON_Delete(table);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"make the toy dataset", make_toy},
    {"what is no file is no database", what_is_no_file_is_no_database},
    {"a killed experiment goes on", a_killed_experiment_goes_on},
    {"a killed merge brings all or nothing", a_killed_merge_brings_all_or_nothing},
    {"processes at once share a database", processes_at_once_share_a_database},
    {"exports go by their suffix", exports_go_by_their_suffix},
    {"read-only databases are read", read_only_databases_are_read},
    {"full disks keep what was there", full_disks_keep_what_was_there},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_results_harm", cases, argc, argv);
}
