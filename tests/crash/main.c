/* crash PROGRAM SHIM [N] [SEED] [T] [JOBS]: N trials drawn from SEED, or trial T alone, told in full. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "tests/crash/crash.h"

enum { MAX_JOBS = 16, REAL_EVERY = 10, SCENES = 2 };

/* Two worlds to begin with: in scene 0 `measure` finds its times kept from before; in scene 1, one trial of ten, it has
 * to take them. */
typedef struct crash {
    char program[PATH_MAX], shim[PATH_MAX], root[64];
    cr_judge judge;
    cr_counts counts[SCENES];
    int n, seed, only, jobs; /* only: trial, -1: all */
} crash;

/* --- worlds ---------------------------------------------------------------------------------------------------- */

static char *at(const crash *c, const char *fmt, int i)
{
    ll_str path = {0};
    ll_str_addf(&path, "%s/", c->root);
    ll_str_addf(&path, fmt, i);
    return ll_str_take(&path);
}

static void make_folder(const char *world, const char *name)
{
    char *path = cr_path(world, name);
    if (ll_make_dirs(path, NULL)) cr_stop("%s: cannot be made", path);
    free(path);
}

static void put_script(const char *world, const char *name, int n_lines)
{
    ll_strs lines = {0};
    ll_str from = {0}, to = {0}, text = {0};
    ll_str_addf(&from, "tests/crash/%s", name);
    ll_str_addf(&to, "log/%s", name);
    cr_script(from.s, &lines);
    for (int i = 0; i < lines.n && i < n_lines; i++) ll_str_addf(&text, "%s\n", lines.v[i]);
    char *path = cr_path(world, to.s);
    cr_write(path, ll_str_text(&text));
    free(path);
    ll_str_free(&from);
    ll_str_free(&to);
    ll_str_free(&text);
    ll_strs_free(&lines);
}

/* A run that must go well. */
static void run_well(const crash *c, const char *world, const char *script, cr_order *order,
                     cr_counts *counts)
{
    ll_str path = {0};
    cr_outcome o;
    ll_str_addf(&path, "log/%s", script);
    cr_run run = {.program = c->program,
                  .shim = counts ? c->shim : NULL,
                  .world = world,
                  .script = path.s,
                  .tag = "faulted",
                  .count = counts != NULL,
                  .order = order};
    cr_execute(&run, &o);
    if (!WIFEXITED(o.status) || WEXITSTATUS(o.status)) {
        char *err = cr_path(world, "log/faulted.err"), *text = cr_read(err);
        cr_stop("%s does not go well without a fault (status %d): %s", script, o.status, text ? text : "");
    }
    if (counts) *counts = o.counts;
    ll_str_free(&path);
}

/* The paths in a session are absolute: every job has a world of its own at a place of its own, and a copy beside it
 * from which it is made anew for each trial. */
static void make_slot(const crash *c, int slot)
{
    char *world = at(c, "world-%d", slot), *spare = at(c, "spare-%d", slot);
    static const char *const folders[] = {"home/data", "home/state", "home/config",
                                          "home/tmp",  "work",       "log"};
    for (int i = 0; i < 6; i++) make_folder(world, folders[i]);
    put_script(world, "setup.latlab", INT_MAX);
    run_well(c, world, "setup.latlab", NULL, NULL);
    cr_world_plant(world);
    cr_copy(world, spare);
    free(world);
    free(spare);
}

static void restore_slot(const crash *c, int slot, int scene)
{
    char *world = at(c, "world-%d", slot), *spare = at(c, "spare-%d", slot);
    if (ll_remove_tree(world, NULL)) cr_stop("%s: cannot be removed", world);
    cr_copy(spare, world);
    if (scene == 1) {
        char *runs = cr_path(world, "home/state/latlab/measure/nasbench201-host.runs");
        if (unlink(runs)) cr_stop("%s: %s", runs, strerror(errno));
        free(runs);
    }
    free(world);
    free(spare);
}

/* --- golden runs ------------------------------------------------------------------------------------------------- */

static void must_be_well(const ll_strs *bad, int step)
{
    for (int i = 0; i < bad->n; i++) fprintf(stderr, "%s\n", bad->v[i]);
    if (bad->n) cr_stop("without any fault, after %d steps", step);
}

/* What there is after each number of steps; what files a run may leave. */
static void learn_steps(crash *c)
{
    cr_judge *j = &c->judge;
    char *world = at(c, "world-%d", 0);
    cr_script("tests/crash/script.latlab", &j->steps);
    j->after = LL_NEW_ARRAY(ll_strs, j->steps.n + 1);
    for (int k = 0; k <= j->steps.n; k++) {
        ll_strs use = {0}, bad = {0};
        restore_slot(c, 0, 0);
        if (!k) cr_strangers(world, &j->strangers);
        put_script(world, "script.latlab", k);
        run_well(c, world, "script.latlab", NULL, NULL);
        cr_observe(j, world, &j->after[k], &use, &bad);
        cr_use(j, world, &use, &bad);
        cr_shapes(world, &j->shapes);
        must_be_well(&bad, k);
        ll_strs_free(&use);
        ll_strs_free(&bad);
    }
    free(world);
}

/* How many calls of each kind there are. Returns whether all was synced in time. */
static bool learn_counts(crash *c)
{
    char *world = at(c, "world-%d", 0);
    cr_order order = {0};
    for (int s = 0; s < SCENES; s++) {
        restore_slot(c, 0, s);
        put_script(world, "script.latlab", INT_MAX);
        run_well(c, world, "script.latlab", s ? NULL : &order, &c->counts[s]);
        cr_shapes(world, &c->judge.shapes);
    }
    if (order.bad.n) puts("FAIL trial of the order: after a power cut something would be missing");
    for (int i = 0; i < order.bad.n; i++) printf("    %s\n", order.bad.v[i]);
    bool good = !order.bad.n;
    cr_order_free(&order);
    free(world);
    return good;
}

/* --- a trial ------------------------------------------------------------------------------------------------------ */

static int scene_of(int trial)
{
    return trial % REAL_EVERY == REAL_EVERY - 1;
}

static void show_file(const char *world, const char *name)
{
    char *path = cr_path(world, name), *text = cr_read(path);
    size_t n = text ? strlen(text) : 0;
    printf("--- %s\n%s\n", name, !n ? "(empty)" : n > 3000 ? text + n - 3000 : text);
    free(text);
    free(path);
}

/* Moves the world of a failed trial aside, and says what was wrong in it. */
static void report(const crash *c, int slot, int trial, const cr_fault *f, const cr_outcome *o,
                   const ll_strs *bad)
{
    char *world = at(c, "world-%d", slot), *kept = at(c, "trial-%d", trial);
    ll_str text = {0}, fault = {0};
    cr_fault_say(f, &fault);
    ll_str_addf(&text, "FAIL trial %d: %s%s%s\n", trial, fault.s, o->where[0] ? ": " : "", o->where);
    for (int i = 0; i < bad->n && i < 8; i++) ll_str_addf(&text, "    %.400s\n", bad->v[i]);
    if (bad->n > 8) ll_str_addf(&text, "    and %d more\n", bad->n - 8);
    ll_str_addf(&text, "    again: make crash SEED=%d T=%d; its world is %s\n", c->seed, trial, kept);
    fputs(text.s, stdout);
    fflush(stdout);
    if (rename(world, kept)) cr_stop("%s: %s", kept, strerror(errno));
    ll_str_free(&text);
    ll_str_free(&fault);
    free(world);
    free(kept);
}

/* Returns whether all was well. */
static bool run_trial(const crash *c, int slot, int trial)
{
    ll_rng r = ll_rng_new((uint64_t)c->seed, (uint64_t)trial);
    cr_fault fault = cr_fault_draw(&r, &c->counts[scene_of(trial)]);
    char *world = at(c, "world-%d", slot);
    ll_strs bad = {0};
    cr_outcome o;
    restore_slot(c, slot, scene_of(trial));
    put_script(world, "script.latlab", INT_MAX);
    cr_run run = {.program = c->program,
                  .shim = fault.mode->kinds & CR_BIT(CR_ALLOC) ? c->shim : NULL,
                  .world = world,
                  .script = "log/script.latlab",
                  .tag = "faulted",
                  .count = true,
                  .fault = fault};
    cr_execute(&run, &o);
    cr_judge_trial(&c->judge, world, &o, &bad);
    if (c->only >= 0) {
        show_file(world, "log/faulted.out");
        show_file(world, "log/faulted.err");
    }
    if (bad.n) report(c, slot, trial, &fault, &o, &bad);
    bool good = !bad.n;
    ll_strs_free(&bad);
    free(world);
    return good;
}

/* --- side by side ------------------------------------------------------------------------------------------------- */

/* Each job takes the next trial that nobody has; the counters are shared. */
static void job(const crash *c, int slot, int *next, int *failed)
{
    for (int trial; (trial = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED)) < c->n;)
        if (!run_trial(c, slot, trial)) __atomic_fetch_add(failed, 1, __ATOMIC_RELAXED);
}

static int run_all(const crash *c)
{
    int *shared = mmap(NULL, 2 * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                       0); /* next, failed */
    pid_t pids[MAX_JOBS];
    if (shared == MAP_FAILED) cr_stop("%s", strerror(errno));
    fflush(stdout);
    for (int i = 0; i < c->jobs; i++) {
        pids[i] = fork();
        if (!pids[i]) {
            job(c, i, &shared[0], &shared[1]);
            exit(0);
        }
    }
    for (int i = 0; i < c->jobs; i++) {
        int status = -1;
        if (waitpid(pids[i], &status, 0) != pids[i] || status)
            cr_stop("job %d ended with status %d", i, status);
    }
    return shared[1];
}

/* In memory where that can be: most of a trial's time would go into waiting for the disk. */
static void make_root(crash *c)
{
    const char *tmp = getenv("TMPDIR");
    if (!tmp || !*tmp) tmp = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
    snprintf(c->root, sizeof c->root, "%.40s/latlab-crash-XXXXXX", tmp);
    if (!mkdtemp(c->root)) cr_stop("%s: %s", c->root, strerror(errno));
}

static int number(int argc, char **argv, int i, int otherwise)
{
    return argc > i && argv[i][0] ? atoi(argv[i]) : otherwise;
}

int main(int argc, char **argv)
{
    crash c = {.n = number(argc, argv, 3, 1000),
               .seed = number(argc, argv, 4, 1),
               .only = number(argc, argv, 5, -1),
               .jobs = number(argc, argv, 6, 2)};
    if (argc < 3 || !realpath(argv[1], c.program) || !realpath(argv[2], c.shim))
        cr_stop("usage: crash PROGRAM SHIM [N] [SEED] [T] [JOBS]");
    if (c.jobs < 1 || c.only >= 0) c.jobs = 1;
    if (c.jobs > MAX_JOBS) c.jobs = MAX_JOBS;
    make_root(&c);
    double begun = ll_now_s();
    c.judge.program = c.program;
    for (int i = 0; i < c.jobs; i++) make_slot(&c, i);
    learn_steps(&c);
    int failed = !learn_counts(&c), n = 1 + (c.only >= 0 ? 1 : c.n);
    failed += c.only >= 0 ? !run_trial(&c, 0, c.only) : run_all(&c);
    if (!failed) ll_remove_tree(c.root, NULL);
    printf("crash: %d steps, %d trials, %.0f s\n", c.judge.steps.n, n, ll_now_s() - begun);
    printf("crash: %d passed, %d failed\n", n - failed, failed);
    return failed ? 1 : 0;
}
