/* sweep: architectures of measure and proxies in tasks, merged into what one command makes; what does not fit is refused. */
#include <unistd.h>

#include "core/base/system/shared_file.h"
#include "data/sweep/chunks.h"
#include "data/sweep/state.h"
#include "tests/machines/sweeps.h"

#define PROXIES                                                                                              \
    "names=synflow,params batch=4 alike=on space=nasbench201 archs=1,2,3,4,5,6,7,8,9,10,11,12,672,1462"
#define MEASURE "dataset=own space=nasbench201 n=6 device=mine engine=blas repeats=1 each=1"

enum { ARCHS = 14, ROWS = 6 };

static void ranges_come_back(void)
{
    static const int lists[][6] = {{0}, {3, 4, 5, 9}, {0, 2, 4}, {7, 8}};
    static const int sizes[] = {1, 4, 3, 2};
    static const char *const bad[] = {"-1", "3-", "5-3",  "1,,2", "1,",
                                      "x",  "10", "2-10", "1 2",  "99999999999"};
    for (int i = 0; i < 4; i++) {
        ll_str text = {0};
        ll_ints back = {0};
        ll_ranges_add(&text, lists[i], sizes[i]);
        CHECK(ll_ranges_read(text.s, 10, &back));
        CHECK(back.n == sizes[i] && !memcmp(back.v, lists[i], sizeof(int) * (size_t)back.n));
        ll_str_free(&text);
        ll_ints_free(&back);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_ints back = {0};
        check_report(!ll_ranges_read(bad[i], 10, &back), __FILE__, __LINE__, "\"%s\" is no list", bad[i]);
        ll_ints_free(&back);
    }
}

static ll_app *begin(void)
{
    ll_app *a = app_new();
    ll_app_set_loader(a, ll_data_find);
    return a;
}

static int run_all(ll_app *a, const char *plan)
{
    ll_sweep_plan p = read_plan(plan);
    for (int i = p.tasks - 1; i >= 0; i--) CHECK_OK(run_task(a, plan, i));
    int tasks = p.tasks;
    ll_sweep_plan_free(&p);
    return tasks;
}

/* --- proxies --- */

static ll_app *planned_proxies(const char *plan)
{
    const char *dir = check_tmpdir();
    ll_app *a = begin();
    CHECK_OK(tell(a, "sweep plan %s/%s proxies " PROXIES " each=.5 minutes=.02 out=%s/%s.csv", dir, plan, dir,
                  plan));
    return a;
}

static void proxies_are_what_one_command_writes(void)
{
    const char *dir = check_tmpdir();
    ll_app *a = planned_proxies("p.sweep");
    CHECK_OK(tell(a, "sweep merge %s/p.sweep", dir)); /* nothing yet: a table without rows */
    CHECK_INT(said_int("sweep_merge", "architectures"), 0);
    CHECK_OK(run_task(a, "p.sweep", 1));
    CHECK_OK(tell(a, "sweep merge %s/p.sweep", dir));
    int part = said_int("sweep_merge", "architectures");
    CHECK(part > 0 && part < ARCHS);
    int tasks = run_all(a, "p.sweep");
    CHECK(tasks > 3);
    CHECK_OK(run_task(a, "p.sweep", 0));
    CHECK_INT(said_int("sweep_run", "computed"), 0);
    CHECK_OK(tell(a, "sweep merge %s/p.sweep", dir));
    CHECK_INT(said_int("sweep_merge", "architectures"), ARCHS - part);
    CHECK_INT(said_int("sweep_merge", "known"), part);
    CHECK_OK(tell(a, "proxies " PROXIES " out=%s/alone.csv", dir));
    char *one = contents("alone.csv"), *merged = contents("p.sweep.csv");
    CHECK_STR(one, merged);
    CHECK_OK(tell(a, "sweep merge %s/p.sweep", dir));
    CHECK_INT(said_int("sweep_merge", "architectures"), 0);
    char *again = contents("p.sweep.csv");
    CHECK_STR(again, merged);
    CHECK_OK(tell(a, "proxies " PROXIES " out=%s/p.sweep.csv", dir)); /* nothing is left to compute */
    CHECK_HAS(said, "\"computed\":0");
    free(one);
    free(merged);
    free(again);
    ll_app_free(a);
}

/* Of a file with `from` in it, one with `to`. */
static void change(const char *file, const char *from, const char *to)
{
    char *text = contents(file), *at_ = text ? strstr(text, from) : NULL;
    ll_str b = {0};
    if (CHECK(at_ != NULL)) {
        ll_str_addn(&b, text, (size_t)(at_ - text));
        ll_str_addf(&b, "%s%s", to, at_ + strlen(from));
        write_as(file, b.s, b.len);
    }
    ll_str_free(&b);
    free(text);
}

static void other_values_and_damage_are_said(void)
{
    const char *dir = check_tmpdir();
    ll_app *a = planned_proxies("q.sweep");
    run_all(a, "q.sweep");
    CHECK_OK(tell(a, "sweep merge %s/q.sweep", dir));
    char *good = contents("q.sweep.csv");
    change("q.sweep.d/task-000000.csv", "\n|", "\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,x,1,2\n|");
    CHECK_INT(tell(a, "sweep merge %s/q.sweep", dir), LL_BAD_DATA);
    CHECK_HAS(said, "task-000000.csv: line 2: was computed with x");
    write_as("q.sweep.d/task-000000.csv", "no table", 8);
    CHECK(tell(a, "sweep merge %s/q.sweep", dir) != LL_OK);
    char *kept = contents("q.sweep.csv");
    CHECK_STR(kept, good);
    CHECK_OK(run_task(a, "q.sweep", 0));
    CHECK_HAS(said, "computed again: ");
    CHECK_OK(tell(a, "sweep merge %s/q.sweep", dir));
    /* a value that is another one: both are told */
    char *text = contents("q.sweep.d/task-000001.csv"), *last = strrchr(text, ',');
    ll_str other = {0};
    ll_str_addn(&other, text, (size_t)(last - text));
    ll_str_add(&other, ",12345\n");
    write_as("q.sweep.d/task-000001.csv", other.s, other.len);
    CHECK_INT(tell(a, "sweep merge %s/q.sweep", dir), LL_BAD_DATA);
    CHECK_HAS(said, "is 12345, and was ");
    free(good);
    free(kept);
    free(text);
    ll_str_free(&other);
    ll_app_free(a);
}

/* The plan with another line, whole again. */
static void change_plan(const char *plan, const char *from, const char *to)
{
    change(plan, from, to);
    char *text = contents(plan), *end = strstr(text, "\nend ");
    ll_str b = {0};
    ll_str_addn(&b, text, (size_t)(end + 1 - text));
    ll_hash h = ll_hash_bytes(b.s, b.len);
    ll_str_addf(&b, "end %s\n", h.hex);
    write_as(plan, b.s, b.len);
    ll_str_free(&b);
    free(text);
}

static void plans_of_other_times_are_refused(void)
{
    const char *dir = check_tmpdir();
    ll_app *a = planned_proxies("v.sweep");
    char *good = contents("v.sweep");
    change_plan("v.sweep", "code latlab", "code latlab 0.0.1, not");
    CHECK_INT(run_task(a, "v.sweep", 0), LL_FAILED);
    CHECK_HAS(said, "made by another version (latlab 0.0.1, not");
    CHECK_INT(tell(a, "sweep merge %s/v.sweep", dir), LL_FAILED);
    write_as("v.sweep", good, strlen(good));
    change_plan("v.sweep", "option batch=4", "option batch=5");
    CHECK_INT(run_task(a, "v.sweep", 0), LL_FAILED);
    CHECK_HAS(said, "is another one here (images=noise batch=5");
    write_as("v.sweep", good, strlen(good));
    change_plan("v.sweep", "command proxies", "command bake");
    CHECK_INT(run_task(a, "v.sweep", 0), LL_BAD_DATA);
    CHECK_HAS(said, "a plan of \\\"bake\\\"");
    write_as("v.sweep", good, strlen(good));
    change_plan("v.sweep", " archs 0", " archs 99");
    CHECK_INT(run_task(a, "v.sweep", 0), LL_BAD_DATA);
    CHECK_HAS(said, "names no architectures of the plan");
    free(good);
    ll_app_free(a);
}

/* --- measure --- */

static ll_app *planned_times(const char *plan)
{
    ll_app *a = begin();
    tell(a, "dataset remove own"); /* of another test */
    CHECK_OK(tell(a, "sweep plan %s/%s measure " MEASURE " minutes=.04", check_tmpdir(), plan));
    return a;
}

static cJSON *provenance(void)
{
    char *path = at("data/own/dataset.json");
    cJSON *o = NULL;
    ll_error e = {0};
    CHECK_INT(ll_json_read_file(path, &o, &e), LL_OK);
    free(path);
    return o;
}

static void times_become_a_device(void)
{
    const char *dir = check_tmpdir();
    ll_app *a = planned_times("m.sweep");
    CHECK_OK(run_task(a, "m.sweep", 0));
    CHECK_INT(tell(a, "sweep merge %s/m.sweep", dir), LL_FAILED);
    CHECK_HAS(said, "2 of its 3 tasks have left nothing yet");
    int tasks = run_all(a, "m.sweep");
    CHECK_INT(tasks, 3);
    CHECK_OK(tell(a, "sweep merge %s/m.sweep", dir));
    CHECK_INT(said_int("sweep_merge", "architectures"), ROWS);
    CHECK_OK(tell(a, "sweep merge %s/m.sweep", dir));
    CHECK_INT(said_int("sweep_merge", "architectures"), 0);
    CHECK_INT(said_int("sweep_merge", "known"), ROWS);
    CHECK_OK(tell(a, "load own"));
    CHECK_OK(tell(a, "device info mine"));
    CHECK_HAS(said, "\"n\":6");
    /* the record of the device has a run for each task, with its rows, machine and time */
    cJSON *o = provenance(),
          *measured = cJSON_GetObjectItem(cJSON_GetObjectItem(o, "provenance"), "measured");
    cJSON *run, *latest = cJSON_GetArrayItem(measured, cJSON_GetArraySize(measured) - 1);
    int runs = 0;
    cJSON_ArrayForEach(run, cJSON_GetObjectItem(latest, "tasks"))
    {
        runs++;
        CHECK(*ll_json_get_str(run, "rows", "") && *ll_json_get_str(run, "begun", "") &&
              *ll_json_get_str(run, "engine", ""));
        CHECK(*ll_json_get_str(cJSON_GetObjectItem(run, "machine"), "cpu", ""));
    }
    CHECK(runs >= tasks);
    cJSON_Delete(o);
    CHECK_OK(tell(a, "measure " /* nothing is left to measure */ "device=mine engine=blas repeats=1"));
    CHECK_HAS(said, "has all of these architectures already");
    ll_app_free(a);
}

/* Of another processor, of other times than the device has, of architectures that the dataset has no more. */
static void times_that_do_not_fit_are_refused(void)
{
    const char *dir = check_tmpdir();
    ll_app *a = planned_times("n.sweep");
    run_all(a, "n.sweep");
    char *good = contents("n.sweep.d/task-000001.runs");
    change("n.sweep.d/task-000001.runs", " batch=1 on ", " batch=1 on Another ");
    CHECK_INT(tell(a, "sweep merge %s/n.sweep", dir), LL_BAD_DATA);
    CHECK_HAS(said, "task-000001.runs: measured on Another ");
    CHECK_INT(run_task(a, "n.sweep", 1), LL_USAGE);
    CHECK_HAS(said, "holds measurements of something else");
    change("n.sweep.d/task-000001.runs", " batch=1 on Another ", " batch=2 on ");
    CHECK_INT(tell(a, "sweep merge %s/n.sweep", dir), LL_BAD_DATA);
    CHECK_HAS(said, "holds times of something else");
    write_as("n.sweep.d/task-000001.runs", good, strlen(good));
    char *scratch = at("scratch");
    CHECK_OK(ll_remove_tree(scratch, NULL));
    free(scratch);
    CHECK_OK(tell(a, "sweep merge %s/n.sweep", dir));
    /* all times of a task as if they were a hundredth */
    ll_str slow = {0};
    for (const char *c = good; *c; c++) ll_str_addf(&slow, *c == '/' && c[-1] != '-' ? "/100" : "%c", *c);
    write_as("n.sweep.d/task-000001.runs", slow.s, slow.len);
    CHECK_INT(tell(a, "sweep merge %s/n.sweep", dir), LL_BAD_DATA);
    CHECK_HAS(said, " ms is what was measured: nothing is merged");
    ll_str_free(&slow);
    free(good);
    CHECK_OK(tell(a, "dataset remove own"));
    CHECK_OK(tell(a, "measure dataset=own space=nasbench201 n=2 seed=9 device=other engine=blas repeats=1"));
    CHECK_INT(tell(a, "sweep merge %s/n.sweep", dir), LL_FAILED);
    CHECK_HAS(said, " is in own no more");
    ll_app_free(a);
}

static void devices_and_places_go_together(void)
{
    const char *dir = check_tmpdir();
    ll_app *a = begin();
#define TWO "measure dataset=two space=nasbench201 n=4 engine=blas each=1 minutes=.02 "
    CHECK_INT(tell(a, "sweep plan %s/x.sweep " TWO, dir), LL_USAGE);
    CHECK_HAS(said, "device=NAME is missing");
    CHECK_INT(tell(a, "sweep plan %s/x.sweep " TWO "device=a,b", dir), LL_USAGE);
    CHECK_HAS(said, "via= says where each of them is");
    CHECK_INT(tell(a, "sweep plan %s/x.sweep " TWO "device=a,a via=p,q", dir), LL_USAGE);
    CHECK_INT(tell(a, "sweep plan %s/x.sweep " TWO "device=a,b via=p", dir), LL_USAGE);
    CHECK_INT(tell(a, "sweep plan %s/x.sweep " TWO "device=a archs=77777", dir), LL_BAD_DATA);
    CHECK_OK(tell(a, "sweep plan %s/x.sweep " TWO "device=a,b via=p,q", dir));
    ll_sweep_plan p = read_plan("x.sweep");
    for (int i = 1; i < p.n; i++) /* no task is of two devices */
        CHECK(p.cells[i].task != p.cells[i - 1].task || p.cells[i].name[0] == p.cells[i - 1].name[0]);
    ll_sweep_plan_free(&p);
    /* each device is an array, or a `parallel`, of its own, one task at a time */
    CHECK_OK(tell(a, "sweep emit slurm %s/x.sweep jobs=9", dir));
    CHECK_HAS(said, "sbatch --array=0-3%1 --job-name=latlab-a --dependency=singleton --export=ALL,"
                    "LATLAB_SWEEP_FROM=0 FILE");
    CHECK_HAS(said, "sbatch --array=0-3%1 --job-name=latlab-b --dependency=singleton --export=ALL,"
                    "LATLAB_SWEEP_FROM=4 FILE");
    CHECK(!strstr(said, "--exclusive"));
    CHECK_HAS(said, "#SBATCH --mem=256M");
    CHECK_HAS(said, "# The memory is by the size of the data");
    CHECK_OK(tell(a, "sweep emit parallel %s/x.sweep jobs=9", dir));
    CHECK_HAS(said, "seq 4 7 | parallel --joblog \\\"$plan.b.joblog\\\" --resume-failed -j 1");
    CHECK_OK(tell(a, "sweep plan %s/y.sweep " TWO "device=a", dir));
    CHECK_OK(tell(a, "sweep emit slurm %s/y.sweep", dir));
    CHECK_HAS(said, "#SBATCH --exclusive");
    ll_app_free(a);
}

/* --- status --- */

/* Who runs holds a lock; a state alone may be of a process that is gone. */
static void running_is_who_holds_the_lock(void)
{
    const char *dir = check_tmpdir();
    ll_app *a = planned_proxies("s.sweep");
    char *local = at("s.local"), *folder = at("s.sweep.d"), *state = at("s.sweep.d/task-000000.state");
    int lock = -1;
    ll_sweep_state s = {.phase = LL_SWEEP_RUNNING};
    snprintf(s.local, sizeof s.local, "%s", local);
    CHECK_OK(ll_make_dirs(folder, NULL));
    CHECK_OK(ll_sweep_state_write(state, &s, NULL));
    CHECK_OK(ll_shared_lock(local, 0, &lock, NULL));
    CHECK_OK(tell(a, "sweep status %s/s.sweep", dir));
    CHECK_INT(said_int("sweep_status", "running"), 1);
    ll_shared_unlock(lock);
    CHECK_OK(tell(a, "sweep status %s/s.sweep", dir));
    CHECK_INT(said_int("sweep_status", "running"), 0);
    CHECK_INT(said_int("sweep_status", "lost"), 1);
    run_all(a, "s.sweep");
    CHECK_OK(tell(a, "sweep status %s/s.sweep watch=on", dir)); /* all are done: nothing to wait for */
    CHECK(said_int("sweep_status", "peak_mb") > 1);
    CHECK_OK(tell(a, "sweep emit slurm %s/s.sweep", dir));
    CHECK_HAS(said, "# The memory is by measuring: of ");
    CHECK_OK(tell(a, "sweep emit slurm %s/s.sweep memory=3G", dir));
    CHECK_HAS(said, "--mem=3G");
    free(local);
    free(folder);
    free(state);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"ranges come back", ranges_come_back},
    {"proxies are what one command writes", proxies_are_what_one_command_writes},
    {"other values and damage are said", other_values_and_damage_are_said},
    {"plans of other times are refused", plans_of_other_times_are_refused},
    {"times become a device", times_become_a_device},
    {"times that do not fit are refused", times_that_do_not_fit_are_refused},
    {"devices and places go together", devices_and_places_go_together},
    {"running is who holds the lock", running_is_who_holds_the_lock},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_sweep_parts", cases, argc, argv);
}
