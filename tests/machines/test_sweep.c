/* Timing with a clock of our own, and sweeps that are interrupted, refused or run out of disk. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/num/blas.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/machine.h"
#include "data/machines/host/sweep.h"
#include "data/machines/host/worker.h"
#include "tests/check.h"

/* --- timing with a clock of our own ----------------------------------------------------------------------------- */

typedef struct fake {
    double wall, cpu, slept;
    const double *run_ms, *stolen_ms; /* of each run; the last one goes on */
    int n, at, switches;
    const int *switched;
} fake;

static void fake_run(void *ctx)
{
    fake *f = ctx;
    int i = f->at < f->n ? f->at : f->n - 1;
    f->cpu += 1e-3 * f->run_ms[i];
    f->wall += 1e-3 * f->run_ms[i] + (f->stolen_ms ? 1e-3 * f->stolen_ms[i] : 0);
    if (f->switched) f->switches += f->switched[i];
    f->at++;
}

/* As long as a fifth of the run behind it. */
static void fake_control(void *ctx)
{
    fake *f = ctx;
    int i = f->at < f->n ? f->at : f->n - 1;
    f->cpu += 2e-4 * f->run_ms[i];
    f->wall += 2e-4 * f->run_ms[i];
}

static double fake_wall(void *ctx)
{
    return ((fake *)ctx)->wall;
}

static double fake_cpu(void *ctx)
{
    return ((fake *)ctx)->cpu;
}

static long fake_switches(void *ctx)
{
    return ((fake *)ctx)->switches;
}

static void fake_pause(void *ctx, double seconds)
{
    ((fake *)ctx)->slept += seconds;
    ((fake *)ctx)->wall += seconds;
}

static ll_stopwatch stopwatch_of(fake *f, double *patience_s)
{
    return (ll_stopwatch){.run = fake_run,
                          .control = fake_control,
                          .wall_s = fake_wall,
                          .cpu_s = fake_cpu,
                          .switches = fake_switches,
                          .pause = fake_pause,
                          .ctx = f,
                          .patience_s = patience_s};
}

static ll_visit patient_visit(fake *f, int runs, double *patience_s)
{
    ll_stopwatch w = stopwatch_of(f, patience_s);
    ll_visit v;
    ll_timing_visit(&w, runs, &v);
    return v;
}

static ll_visit visit(fake *f, int runs)
{
    double patience_s = LL_PATIENCE_S;
    return patient_visit(f, runs, &patience_s);
}

static void warm_up_lasts_until_it_is_stable(void)
{
    static const double settling[] = {9, 5, 2, 2, 2.1}, falling[] = {64, 32, 16, 8, 4, 2};
    fake f = {.run_ms = settling, .n = 5};
    ll_visit v = visit(&f, 2);
    CHECK_INT(v.n, 2);
    CHECK_INT(v.warm, 3); /* 9, 5 and the first 2 */
    CHECK_NEAR(v.ms[0], 2, 1e-5);
    CHECK_NEAR(v.ms[1], 2.1, 1e-5);
    CHECK_NEAR(v.control[0], .4, 1e-5);
    CHECK_NEAR(v.control[1], .42, 1e-5);
    CHECK(!v.disturbed && !v.busy);
    f = (fake){.run_ms = falling, .n = 6};
    v = visit(&f, 2);
    CHECK_INT(v.warm, LL_MOST_WARM); /* never stable: not waited for for ever */
    CHECK_NEAR(v.ms[0], 4, 1e-5);
}

static void fake_prepare(void *ctx)
{
    ((fake *)ctx)->cpu += 5e-3;
    ((fake *)ctx)->wall += 5e-3;
}

static void what_prepares_a_run_is_not_timed(void)
{
    static const double run[] = {2, 2, 2};
    double patience_s = LL_PATIENCE_S;
    fake f = {.run_ms = run, .n = 3};
    ll_stopwatch w = stopwatch_of(&f, &patience_s);
    w.prepare = fake_prepare;
    ll_visit v;
    ll_timing_visit(&w, 2, &v);
    CHECK_INT(v.n, 2);
    CHECK_INT(v.disturbed, 0);
    CHECK_NEAR(v.ms[1], 2, 1e-5);
    CHECK_NEAR(v.control[1], .4, 1e-5);
    CHECK(f.wall > 3 * 5e-3);
}

static void a_stolen_core_is_noticed(void)
{
    static const double run[] = {2, 2, 2, 2, 2, 2, 2, 2}, stolen[] = {0, 0, 1, 1, 0, 0, 0, 0};
    static const int switched[] = {0, 0, 0, 1, 0, 0, 0};
    fake f = {.run_ms = run, .stolen_ms = stolen, .n = 8};
    ll_visit v = visit(&f, 2);
    CHECK_INT(v.disturbed, 2);
    CHECK_NEAR(v.paused_s, 1e-3 + 2e-3, 1e-12);
    CHECK_NEAR(f.slept, v.paused_s, 1e-12);
    CHECK_NEAR(v.ms[0], 2, 1e-5);
    CHECK_NEAR(v.ms[1], 2, 1e-5);
    f = (fake){.run_ms = run, .switched = switched, .n = 7};
    CHECK_INT(visit(&f, 3).disturbed, 1);
}

static void a_core_that_never_comes_free_is_said(void)
{
    static const double run[] = {2}, stolen[] = {1};
    fake f = {.run_ms = run, .stolen_ms = stolen, .n = 1};
    ll_visit v = visit(&f, 2);
    CHECK(v.busy);
    CHECK_INT(v.disturbed, LL_MOST_DISTURBED);
    CHECK_INT(v.n, 2);
    CHECK_NEAR(v.ms[0], 3, 1e-5);                      /* what the wall says */
    CHECK_NEAR(v.paused_s, 1e-3 * 1023 + 1 + 1, 1e-9); /* 1 + 2 + ... + 512 ms, then 1 s each */
}

/* Waiting that never helps gets shorter, and comes back when it does. */
static void patience_ends_on_a_busy_core(void)
{
    static const double run[] = {2}, stolen[] = {1};
    double patience_s = LL_PATIENCE_S;
    for (int i = 0; i < 20; i++) {
        fake busy = {.run_ms = run, .stolen_ms = stolen, .n = 1};
        CHECK(patient_visit(&busy, 2, &patience_s).busy);
    }
    CHECK_NEAR(patience_s, LL_LEAST_PATIENCE_S, 1e-15);
    fake busy = {.run_ms = run, .stolen_ms = stolen, .n = 1};
    CHECK_NEAR(patient_visit(&busy, 2, &patience_s).paused_s, 1e-3 + 11 * 2e-3, 1e-12);
    for (int i = 0; i < 20; i++) {
        fake quiet = {.run_ms = run, .n = 1};
        CHECK(!patient_visit(&quiet, 2, &patience_s).busy);
    }
    CHECK_NEAR(patience_s, LL_PATIENCE_S, 1e-15);
}

/* By hand: 1 2 3 4 100 has median 3, mean 22, deviations -21 -20 -19 -18 78, squares that sum to 7610. */
static void spreads_are_those_by_hand(void)
{
    const float wild[] = {100, 1, 3, 2, 4}, calm[] = {10, 10.1f, 9.9f, 10, 10, 10.05f};
    ll_spread s = ll_timing_spread(wild, 5);
    CHECK_NEAR(s.median, 3, 1e-12);
    CHECK_NEAR(s.std, sqrt(7610 / 4.), 1e-9);
    CHECK(!s.settled);
    CHECK(ll_timing_spread(calm, 6).settled);
    CHECK(!ll_timing_spread(calm, 4).settled); /* too few to say */
    CHECK(isnan(ll_timing_spread(calm, 1).std));
    CHECK(isnan(ll_timing_spread(calm, 0).median));
}

/* The same network on a core that is sometimes half as fast: the control network says when. */
static void slowness_is_taken_out(void)
{
    float ms[LL_MAX_TIMES] = {3, 6, 6, 3, 4.5f}, control[LL_MAX_TIMES] = {1, 2, 2, 1, 1.5f};
    int count = 5;
    ll_times t = {.n = 1, .count = &count, .ms = ms, .control = control, .usual = 1};
    ll_spread s = ll_times_spread(&t, 0);
    CHECK_NEAR(s.median, 3, 1e-6);
    CHECK_NEAR(s.std, 0, 1e-6);
    CHECK(s.settled);
    CHECK(!ll_timing_spread(ms, 5).settled);
}

static void the_control_network_is_a_cheap_one(void)
{
    for (int i = 0; i < 2; i++) {
        const ll_space *s = ll_space_at(i);
        uint8_t gene[LL_MAX_POSITIONS], again[LL_MAX_POSITIONS], zero[LL_MAX_POSITIONS] = {0};
        ll_cost c, most;
        ll_sweep_control(s, gene);
        ll_sweep_control(s, again);
        CHECK(!memcmp(gene, again, (size_t)s->n_positions));
        CHECK(ll_space_cost(s, gene, &c) && c.conv_macs > 0);
        memset(zero, i ? 7 : 3, sizeof zero); /* the largest operation everywhere */
        ll_space_cost(s, zero, &most);
        CHECK(c.macs < most.macs / 2);
    }
}

/* --- sweeps ----------------------------------------------------------------------------------------------------- */

/* An engine that does nothing for about as long as its network has layers; what goes wrong is chosen beforehand. */
static enum { NOTHING, OPEN_FAILS, DIES } trouble;

static ll_status toy_check(const ll_host_settings *s, ll_error *e)
{
    return LL_OK;
}

static void toy_version(ll_str *out)
{
    ll_str_add(out, "toy");
}

static ll_status toy_open(const ll_host_settings *s, void **runner, ll_error *e)
{
    *runner = LL_NEW(int);
    return trouble == OPEN_FAILS ? ll_fail(e, LL_FAILED, "the toy is broken") : LL_OK;
}

static ll_status toy_load(void *runner, const ll_network *n, ll_error *e)
{
    *(int *)runner = n->n_layers;
    return LL_OK;
}

static void toy_run(void *runner)
{
    if (trouble == DIES) raise(SIGKILL);
    for (volatile int i = 0; i < 100 * *(int *)runner; i++) continue;
}

static void toy_result(void *runner, float *out) {}

static const void *toy_input(const void *runner, size_t *bytes)
{
    *bytes = 0;
    return runner;
}

static const ll_host_engine toy = {"toy",    "",      toy_check,  toy_version, toy_open,
                                   toy_load, toy_run, toy_result, toy_input,   free};

enum { TOYS = 30 };
typedef struct stopper {
    int asked, after; /* says stop when asked more often than that */
} stopper;

static bool says_stop(void *ctx)
{
    stopper *s = ctx;
    return s->after && ++s->asked > s->after;
}

static bool careful; /* what the next sweeps are */

static ll_status sweep(const char *journal, const char *identity, int repeats, int stop_after, ll_times *t,
                       ll_error *e)
{
    static uint8_t genes[TOYS * 6];
    const ll_space *s = ll_space_find("nasbench201");
    stopper stop = {.after = stop_after};
    ll_observer o = {.cancelled = says_stop, .ctx = &stop};
    for (int i = 0; i < TOYS; i++) s->at(s, 100 * i, genes + 6 * i);
    ll_sweep job = {.settings = {&toy, LL_HOST_F32, LL_ISA_NATIVE, 1, 1, LL_NETWORK_SEED, false, false},
                    .space = s,
                    .genes = genes,
                    .n = TOYS,
                    .repeats = repeats,
                    .stable = careful,
                    .order_seed = 3,
                    .core = ll_machine_core(),
                    .journal = journal,
                    .identity = identity,
                    .observer = &o};
    *e = (ll_error){0};
    return ll_sweep_run(&job, t, e);
}

static const char *journal_path(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s.runs", check_tmpdir(), name);
    return path;
}

static int total(const ll_times *t)
{
    int n = 0;
    for (int i = 0; i < t->n; i++) n += t->count[i];
    return n;
}

static void a_sweep_goes_on_where_it_stopped(void)
{
    const char *path = journal_path("resume");
    ll_times t;
    ll_error e;
    CHECK_INT(sweep(path, "a", 10, 40, &t, &e), LL_CANCELLED);
    int first = total(&t);
    CHECK(first > 0 && first < 10 * TOYS);
    ll_times_free(&t);
    CHECK_INT(sweep(path, "a", 10, 0, &t, &e), LL_OK);
    for (int i = 0; i < TOYS; i++) CHECK_INT(t.count[i], 10);
    ll_times_free(&t);
    trouble = OPEN_FAILS; /* nothing is left to do: no worker is asked */
    CHECK_INT(sweep(path, "a", 10, 0, &t, &e), LL_OK);
    trouble = NOTHING;
    CHECK_INT(total(&t), 10 * TOYS);
    CHECK(ll_times_spread(&t, 3).median > 0);
    CHECK(fabs(ll_times_repeat(&t)) <= 1);
    ll_times_free(&t);
}

/* repeats are the most of a careful one; every row has those, or a narrow interval. */
static void a_careful_sweep_ends(void)
{
    const char *path = journal_path("careful");
    ll_times t;
    ll_error e;
    careful = true;
    CHECK_INT(sweep(path, "a", 15, 40, &t, &e), LL_CANCELLED);
    ll_times_free(&t);
    CHECK_INT(sweep(path, "a", 15, 0, &t, &e), LL_OK);
    for (int i = 0; i < TOYS; i++)
        CHECK(t.count[i] == 15 || (t.count[i] == 10 && ll_times_spread(&t, i).settled));
    CHECK(ll_times_calm(&t) > 0 && ll_times_interval(&t, 3) > 0);
    careful = false;
    ll_times_free(&t);
}

/* What a crash left of a line, and lines that are none, cost nothing else. */
static void a_damaged_journal_costs_only_the_damage(void)
{
    const char *path = journal_path("damaged");
    ll_times t;
    ll_error e;
    CHECK_INT(sweep(path, "a", 4, 0, &t, &e), LL_OK);
    ll_times_free(&t);
    char *text;
    size_t n;
    CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
    CHECK_INT(ll_write_file(path, text, n - 5, &e), LL_OK); /* in the middle of the last number */
    free(text);
    CHECK_INT(sweep(path, "a", 4, 0, &t, &e), LL_OK);
    CHECK_INT(total(&t), 4 * TOYS);
    ll_times_free(&t);
    CHECK_INT(ll_write_file(path, "a\nnonsense\n111111\n999999 1/2\n111111 1/-1 x\n111111 1\n", 52, &e),
              LL_OK);
    CHECK_INT(sweep(path, "a", 2, 0, &t, &e), LL_OK);
    CHECK_INT(total(&t), 2 * TOYS);
    ll_times_free(&t);
}

static void another_configuration_is_refused(void)
{
    const char *path = journal_path("other");
    ll_times t;
    ll_error e;
    CHECK_INT(sweep(path, "isa=avx2", 2, 0, &t, &e), LL_OK);
    ll_times_free(&t);
    CHECK_INT(sweep(path, "isa=sse41", 2, 0, &t, &e), LL_USAGE);
    CHECK_HAS(e.message, "isa=avx2");
    ll_times_free(&t);
}

/* Lines of two processes would be cut by each other. */
static void a_journal_in_use_is_refused(void)
{
    const char *path = journal_path("used");
    ll_times t;
    ll_error e;
    FILE *other = fopen(path, "ae");
    CHECK(other && !flock(fileno(other), LOCK_EX | LOCK_NB));
    CHECK_INT(sweep(path, "a", 2, 0, &t, &e), LL_FAILED);
    CHECK_HAS(e.message, "another process is measuring");
    ll_times_free(&t);
    fclose(other);
    CHECK_INT(sweep(path, "a", 2, 0, &t, &e), LL_OK);
    ll_times_free(&t);
}

static void a_full_disk_is_said(void)
{
    ll_times t;
    ll_error e;
    CHECK_INT(sweep("/dev/full", "a", 2, 0, &t, &e), LL_FAILED);
    CHECK_HAS(e.message, "/dev/full");
    CHECK_HAS(e.message, "No space left");
    ll_times_free(&t);
}

static void trouble_of_the_worker_is_said(void)
{
    ll_times t;
    ll_error e;
    trouble = OPEN_FAILS;
    CHECK_INT(sweep(journal_path("broken"), "a", 2, 0, &t, &e), LL_FAILED);
    CHECK_HAS(e.message, "the toy is broken");
    ll_times_free(&t);
    trouble = DIES;
    CHECK_INT(sweep(journal_path("dies"), "a", 2, 0, &t, &e), LL_FAILED);
    CHECK_HAS(e.message, "signal 9");
    ll_times_free(&t);
    trouble = NOTHING;
}

/* Times of our own in a journal: the halves of each row rank the rows the same way, but for one exchange of
 * neighbours among five: Spearman 1 - 6 * 2 / (5 * 24). */
static void repeats_agree_as_counted(void)
{
    float ms[5 * LL_MAX_TIMES] = {0};
    int count[5];
    static const float early[] = {1, 2, 3, 4, 5}, late[] = {1, 3, 2, 4, 5};
    for (int i = 0; i < 5; i++) {
        count[i] = 4;
        ms[i * LL_MAX_TIMES] = ms[i * LL_MAX_TIMES + 1] = early[i];
        ms[i * LL_MAX_TIMES + 2] = ms[i * LL_MAX_TIMES + 3] = late[i];
    }
    float control[5 * LL_MAX_TIMES];
    for (int i = 0; i < 5 * LL_MAX_TIMES; i++) control[i] = 1;
    ll_times t = {.n = 5, .count = count, .ms = ms, .control = control, .usual = 1};
    CHECK_NEAR(ll_times_repeat(&t), .9, 1e-12);
}
static const check_case cases[] = {
    {"warm-up lasts until it is stable", warm_up_lasts_until_it_is_stable},
    {"what prepares a run is not timed", what_prepares_a_run_is_not_timed},
    {"a stolen core is noticed", a_stolen_core_is_noticed},
    {"a core that never comes free is said", a_core_that_never_comes_free_is_said},
    {"patience ends on a busy core", patience_ends_on_a_busy_core},
    {"spreads are those by hand", spreads_are_those_by_hand},
    {"slowness is taken out", slowness_is_taken_out},
    {"the control network is a cheap one", the_control_network_is_a_cheap_one},
    {"a sweep goes on where it stopped", a_sweep_goes_on_where_it_stopped},
    {"a careful sweep ends", a_careful_sweep_ends},
    {"a damaged journal costs only the damage", a_damaged_journal_costs_only_the_damage},
    {"another configuration is refused", another_configuration_is_refused},
    {"a journal in use is refused", a_journal_in_use_is_refused},
    {"a full disk is said", a_full_disk_is_said},
    {"trouble of the worker is said", trouble_of_the_worker_is_said},
    {"repeats agree as counted", repeats_agree_as_counted},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_sweep", cases, argc, argv);
}
