/* Files that several processes change at once: nothing is lost, and what is in the way is said. */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/app/saved_tasks.h"
#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/system/shared_file.h"
#include "tests/say.h"
#include "tui/faces/prompt.h"

enum { PROCESSES = 12, ROUNDS = 40 };

static char *in_tmp(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

/* Runs it in PROCESSES children that begin together; each ends with what it returns. */
static void all_at_once(int (*child)(int i))
{
    int gate[2], status, bad = 0;
    char go;
    CHECK(!pipe(gate));
    fflush(stdout);
    for (int i = 0; i < PROCESSES; i++)
        if (!fork()) {
            close(gate[1]);
            _exit(read(gate[0], &go, 1) ? 99 : child(i));
        }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < PROCESSES; i++) bad += wait(&status) < 0 || status != 0;
    CHECK_INT(bad, 0);
}

/* --- changes -------------------------------------------------------------------------------------------- */

static ll_status add_one(void *ctx, const char *text, size_t len, ll_str *out, ll_error *e)
{
    ll_str_addf(out, "%d\n", (text ? atoi(text) : 0) + 1);
    return LL_OK;
}

static int count_up(int i)
{
    char *path = in_tmp("deep/er/count");
    int bad = 0;
    for (int k = 0; k < ROUNDS; k++) bad |= ll_shared_file_change(path, 0, add_one, NULL, NULL) != LL_OK;
    free(path);
    return bad;
}

static void no_change_is_lost(void)
{
    char *path = in_tmp("deep/er/count");
    size_t len;
    all_at_once(count_up);
    char *text = read_text(path, &len);
    CHECK_INT(atoi(text), PROCESSES * ROUNDS);
    free(text);
    free(path);
}

static int save_a_task(int i)
{
    char line[64];
    ll_app *a = app_new();
    snprintf(line, sizeof line, "task save t%d", i);
    int bad = say(a, "load toy") || say(a, "partition source=sim_v100_b1,sim_v100_b32 target=sim_eyeriss") ||
              say(a, line);
    ll_app_free(a);
    return bad;
}

static int remove_a_task(int i)
{
    char line[64];
    ll_app *a = app_new();
    snprintf(line, sizeof line, "task remove t%d", i);
    int bad = i % 2 ? say(a, line) != LL_OK : save_a_task(PROCESSES + i);
    ll_app_free(a);
    return bad;
}

static int n_tasks(void)
{
    ll_app *a = app_new();
    cJSON *tasks = NULL;
    CHECK_OK(ll_saved_tasks_read(a, &tasks, NULL));
    int n = cJSON_GetArraySize(tasks);
    cJSON_Delete(tasks);
    ll_app_free(a);
    return n;
}

static void every_task_is_kept(void)
{
    all_at_once(save_a_task);
    CHECK_INT(n_tasks(), PROCESSES);
    all_at_once(remove_a_task); /* half of them go while others come */
    CHECK_INT(n_tasks(), PROCESSES);
}

/* --- history -------------------------------------------------------------------------------------------- */

static int type_lines(int i)
{
    char line[64];
    ll_history h;
    for (int k = 0; k < ROUNDS; k++) {
        ll_history_load(&h); /* a long one is cut on the way */
        snprintf(line, sizeof line, "typed %d %d", i, k);
        ll_history_add(&h, line);
        ll_history_free(&h);
    }
    return 0;
}

static void write_old_history(const char *path, int n, const char *end)
{
    ll_str text = {0};
    for (int i = 0; i < n; i++) ll_str_addf(&text, "old %d\n", i);
    ll_str_add(&text, end);
    CHECK_OK(ll_write_file(path, text.s, text.len, NULL));
    ll_str_free(&text);
}

static void prompts_keep_each_others_lines(void)
{
    char *path = in_tmp("latlab/history");
    ll_history h;
    int found = 0;
    CHECK_OK(ll_shared_file_append(path, 1000, "first", NULL)); /* makes the folder */
    write_old_history(path, 6500, "");
    all_at_once(type_lines);
    ll_history_load(&h);
    CHECK(h.lines.n <= 6500);
    for (int i = 0; i < PROCESSES; i++)
        for (int k = 0; k < ROUNDS; k++) {
            char line[64];
            snprintf(line, sizeof line, "typed %d %d", i, k);
            found += ll_strs_has(&h.lines, line);
        }
    CHECK_INT(found, PROCESSES * ROUNDS);
    CHECK(!ll_strs_has(&h.lines, "old 0"));
    CHECK(ll_strs_has(&h.lines, "old 6499"));
    ll_history_free(&h);
    write_old_history(path, 2, "half a li"); /* killed while it wrote */
    ll_history_load(&h);
    ll_history_add(&h, "whole");
    ll_history_free(&h);
    ll_history_load(&h);
    CHECK_STR(h.lines.v[h.lines.n - 1], "whole");
    ll_history_free(&h);
    free(path);
}

/* --- in the way ----------------------------------------------------------------------------------------- */

static void held_locks_are_waited_for_in_bounds(void)
{
    char *path = in_tmp("held");
    int mine, theirs = -1;
    ll_error e = {0};
    CHECK_OK(ll_shared_lock(path, 0, &mine, &e));
    double start = ll_now_s();
    CHECK_INT(ll_shared_lock(path, 100, &theirs, &e), LL_FAILED);
    CHECK_INT(theirs, -1);
    CHECK(ll_now_s() - start >= .09);
    CHECK_HAS(e.message, "another process");
    CHECK_HAS(e.message, path);
    ll_shared_unlock(mine);
    CHECK_OK(ll_shared_lock(path, 0, &theirs, &e));
    ll_shared_unlock(theirs);
    free(path);
}

static bool yes(void *ctx)
{
    return true;
}

static void waiting_can_be_stopped(void)
{
    char *path = in_tmp("held");
    int mine, theirs;
    ll_error e = {0};
    ll_observer stop = {.cancelled = yes};
    CHECK_OK(ll_shared_lock(path, 0, &mine, &e));
    ll_interrupt_watch(&stop);
    double start = ll_now_s();
    CHECK_INT(ll_shared_lock(path, LL_SHARED_WAIT_MS, &theirs, &e), LL_CANCELLED);
    CHECK(ll_now_s() - start < 5);
    ll_interrupt_watch(NULL);
    ll_shared_unlock(mine);
    free(path);
}

/* A link, a pipe or a folder where the lock belongs: neither followed nor waited for. */
static void planted_locks_are_refused(void)
{
    char *path = in_tmp("planted"), *lock = in_tmp(".planted.lock"), *victim = in_tmp("victim");
    ll_error e = {0};
    CHECK(!symlink(victim, lock));
    CHECK_INT(ll_shared_file_change(path, 0, add_one, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, ".planted.lock");
    CHECK(!ll_is_file(victim) && !ll_is_file(path));
    CHECK(!unlink(lock) && !mkfifo(lock, 0666));
    CHECK_INT(ll_shared_file_change(path, 0, add_one, NULL, &e), LL_FAILED);
    CHECK(!unlink(lock) && !mkdir(lock, 0777));
    CHECK_INT(ll_shared_file_change(path, 0, add_one, NULL, &e), LL_FAILED);
    CHECK(!ll_is_file(path));
    free(path);
    free(lock);
    free(victim);
}

/* A pipe where the tasks belong: `task list` and `task save` say so at once. */
static void planted_pipes_are_not_waited_for(void)
{
    ll_app *a = app_new();
    char *tasks = ll_path_join(ll_app_data_dir(a), "tasks.json");
    unlink(tasks);
    CHECK(!mkfifo(tasks, 0666));
    alarm(60);
    CHECK_INT(say(a, "task list"), LL_BAD_DATA);
    CHECK_HAS(said, "is no file, a file was expected");
    alarm(0);
    CHECK(!unlink(tasks));
    ll_app_free(a);
    free(tasks);
}

/* Two names of one file are one file. */
static void links_meet_at_one_lock(void)
{
    char *file = in_tmp("dotfiles"), *link = in_tmp("linked");
    int lock, other;
    CHECK_OK(ll_write_file(file, "5\n", 2, NULL));
    CHECK(!symlink(file, link));
    CHECK_OK(ll_shared_lock(link, 0, &lock, NULL));
    CHECK_INT(ll_shared_lock(file, 0, &other, NULL), LL_FAILED);
    ll_shared_unlock(lock);
    CHECK_OK(ll_shared_file_change(link, 0, add_one, NULL, NULL));
    size_t len;
    char *text = read_text(file, &len);
    CHECK_STR(text, "6\n");
    free(text);
    free(file);
    free(link);
}

static int write_where_it_cannot(const char *dir)
{
    char *path = ll_path_join(dir, "tasks.json");
    ll_error e = {0};
    if (!geteuid() && setuid(65534)) return 77; /* root may write anywhere */
    ll_status s = ll_shared_file_change(path, 0, add_one, NULL, &e);
    return s == LL_FAILED && strstr(e.message, "Permission denied") && strstr(e.message, path) ? 0 : 1;
}

static void folders_that_cannot_be_written_say_so(void)
{
    char *dir = in_tmp("readonly");
    int status = -1;
    CHECK(!mkdir(dir, 0555) && !chmod(check_tmpdir(), 0755));
    fflush(stdout);
    pid_t child = fork();
    if (!child) _exit(write_where_it_cannot(dir));
    waitpid(child, &status, 0);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == 77)
        check_skip("this process cannot become another user");
    else
        CHECK_INT(code, 0);
    free(dir);
}

static const check_case cases[] = {
    {"make the toy dataset", make_toy},
    {"no change is lost", no_change_is_lost},
    {"every task is kept", every_task_is_kept},
    {"prompts keep each other's lines", prompts_keep_each_others_lines},
    {"held locks are waited for in bounds", held_locks_are_waited_for_in_bounds},
    {"waiting can be stopped", waiting_can_be_stopped},
    {"planted locks are refused", planted_locks_are_refused},
    {"planted pipes are not waited for", planted_pipes_are_not_waited_for},
    {"links meet at one lock", links_meet_at_one_lock},
    {"folders that cannot be written say so", folders_that_cannot_be_written_say_so},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    return check_main("test_shared", cases, argc, argv);
}
