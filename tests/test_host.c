/* Measuring this machine: engines against the plain reference, timing with a clock of our own, sweeps that are
 * interrupted, refused or run out of disk. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/num/blas.h"
#include "data/host/cache.h"
#include "data/host/engine.h"
#include "data/host/machine.h"
#include "data/host/plan.h"
#include "data/host/sweep.h"
#include "data/host/worker.h"
#include "tests/check.h"

enum { MOST_CLASSES = 100 };

/* Cells and architectures that between them have every operation, sums fused and not, shared ReLUs, dead ends,
 * copies of copies and nodes of zeros. */
static const char *const cells[] = {"000000", "111111", "333333", "312213", "402321", "214403"};
static const char *const chains[] = {"0123456788012345678801", "7878787878787878787878"};

static void network_of(const char *space, const char *arch, ll_network *n)
{
    const ll_space *s = ll_space_find(space);
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    CHECK_INT(s->parse(s, arch, gene, &e), LL_OK);
    CHECK_INT(ll_network_build(s, gene, n, &e), LL_OK);
}

static ll_host_settings settings_of(const ll_host_engine *engine, int batch)
{
    return (ll_host_settings){engine, LL_HOST_F32, LL_ISA_NATIVE, 1, batch, LL_NETWORK_SEED};
}

/* The networks of the two lists, by number; the reference is slow, so that each is computed once. */
enum { N_CELLS = sizeof cells / sizeof *cells, N_NETWORKS = N_CELLS + sizeof chains / sizeof *chains };

static const char *load_network(int i, ll_network *n)
{
    const char *arch = i < N_CELLS ? cells[i] : chains[i - N_CELLS];
    network_of(i < N_CELLS ? "nasbench201" : "fbnet", arch, n);
    return arch;
}

static const float *expected_of(int i, const ll_network *n)
{
    static float known[N_NETWORKS][MOST_CLASSES];
    static bool is_known[N_NETWORKS];
    ll_host_settings plain = settings_of(&ll_engine_reference, 1);
    ll_error e = {0};
    if (!is_known[i]) CHECK_INT(ll_host_run_once(&plain, n, known[i], &e), LL_OK);
    is_known[i] = true;
    return known[i];
}

/* How far the engine is from the reference on this network; -1: it does not run. */
static double distance_of(const ll_host_settings *s, int i, const char **arch)
{
    ll_network *n = LL_NEW(ll_network);
    float got[MOST_CLASSES];
    ll_error e = {0};
    double d = -1;
    *arch = load_network(i, n);
    const float *expected = expected_of(i, n);
    if (!ll_host_run_once(s, n, got, &e)) d = ll_host_distance(got, expected, ll_network_classes(n));
    if (d < 0) printf("     %s\n", e.message);
    free(n);
    return d;
}

/* The same for any network and batch. */
static double distance(const ll_host_settings *s, const ll_network *n)
{
    ll_host_settings plain = settings_of(&ll_engine_reference, s->batch);
    int floats = s->batch * ll_network_classes(n);
    float *expected = LL_NEW_ARRAY(float, floats), *got = LL_NEW_ARRAY(float, floats);
    ll_error e = {0};
    double d = -1;
    CHECK_INT(ll_host_run_once(&plain, n, expected, &e), LL_OK);
    if (!ll_host_run_once(s, n, got, &e)) d = ll_host_distance(got, expected, floats);
    if (d < 0) printf("     %s\n", e.message);
    free(expected);
    free(got);
    return d;
}

static void check_agreement(const ll_host_settings *s)
{
    for (int i = 0; i < N_NETWORKS; i++) {
        const char *arch;
        double d = distance_of(s, i, &arch);
        check_report(d >= 0 && d <= ll_host_tolerance(s->dtype), __FILE__, __LINE__,
                     "%s %s %s: %s is %g from the reference, at most %g was expected", s->engine->name,
                     ll_host_dtype_name(s->dtype), ll_host_isa_name(s->isa), arch, d,
                     ll_host_tolerance(s->dtype));
    }
}

/* An instruction set is fixed for a process: each in one of its own, whose exit status counts. */
static void check_apart(const ll_host_settings *s)
{
    ll_error e = {0};
    if (s->engine->check(s, &e)) {
        check_skip(e.message);
        return;
    }
    fflush(stdout);
    pid_t child = fork();
    int how = 1;
    if (child == 0) {
        static const int tried[] = {3, 4, N_CELLS};
        bool good = true;
        for (int i = 0; i < 3; i++) {
            const char *arch;
            double d = distance_of(s, tried[i], &arch);
            good = good && d >= 0 && d <= ll_host_tolerance(s->dtype);
            printf("     %s %s %s: %g from the reference\n", ll_host_dtype_name(s->dtype),
                   ll_host_isa_name(s->isa), arch, d);
        }
        fflush(stdout);
        _exit(!good);
    }
    waitpid(child, &how, 0);
    check_report(how == 0, __FILE__, __LINE__, "%s %s %s agrees with the reference", s->engine->name,
                 ll_host_dtype_name(s->dtype), ll_host_isa_name(s->isa));
}

static void blas_agrees(void)
{
    ll_host_settings s = settings_of(&ll_engine_blas, 1);
    check_agreement(&s);
}

static void onednn_agrees(void)
{
    ll_host_settings s = settings_of(&ll_engine_onednn, 1);
    ll_network *n = LL_NEW(ll_network);
    for (int i = 0; i < N_NETWORKS; i++) { /* before there are children */
        load_network(i, n);
        expected_of(i, n);
    }
    free(n);
    for (int t = 0; t < 3; t++)
        for (int isa = 0; isa < 4; isa++) {
            ll_error e = {0};
            s.dtype = (ll_host_dtype)t;
            s.isa = (ll_host_isa)isa;
            if (s.engine->check(&s, &e) != LL_USAGE) check_apart(&s);
        }
    s.dtype = LL_HOST_F32;
    s.isa = LL_ISA_NATIVE;
    ll_error e = {0};
    if (!s.engine->check(&s, &e)) check_agreement(&s);
}

static void batches_agree(void)
{
    ll_network *n = LL_NEW(ll_network);
    network_of("nasbench201", cells[4], n);
    for (int i = 0; i < 2; i++) {
        ll_host_settings s = settings_of(i ? &ll_engine_onednn : &ll_engine_blas, 3);
        ll_error e = {0};
        if (s.engine->check(&s, &e)) continue;
        double d = distance(&s, n);
        CHECK(d >= 0 && d <= ll_host_tolerance(LL_HOST_F32));
    }
    free(n);
}

/* --- engines that are wrong ----------------------------------------------------------------------------------- */

/* Like blas, but what it loads was tampered with. */
static ll_network tampered;
static int harm;

static ll_status load_tampered(void *runner, const ll_network *n, ll_error *e)
{
    tampered = *n;
    for (int i = 0; i < tampered.n_layers; i++) {
        ll_layer *l = &tampered.layers[i];
        if (harm == 0 && l->kind == LL_CONV && l->position == 2) l->bn = false;
        if (harm == 1 && l->kind == LL_CONV && l->position == 2) l->relu_before = false;
        if (harm == 2 && l->kind == LL_ADD && l->position == 5) l->in[1] = l->in[0];
        if (harm == 3 && l->kind == LL_POOL_AVG && l->kernel == 3) l->kind = LL_COPY;
    }
    return ll_engine_blas.load(runner, &tampered, e);
}

static void a_wrong_engine_is_found(void)
{
    static const char *const what[] = {"a bias forgotten", "a ReLU forgotten", "a sum of the wrong tensor",
                                       "a pool left out"};
    ll_host_engine wrong = ll_engine_blas;
    ll_network *n = LL_NEW(ll_network);
    wrong.load = load_tampered;
    network_of("nasbench201", "432213", n);
    for (harm = 0; harm < 4; harm++) {
        ll_host_settings s = settings_of(&wrong, 1);
        double d = distance(&s, n);
        check_report(d > 10 * ll_host_tolerance(LL_HOST_F32), __FILE__, __LINE__, "%s is noticed: %g",
                     what[harm], d);
    }
    free(n);
}

static void distances_are_as_defined(void)
{
    const float a[] = {1, 2, 3}, b[] = {1, 2.5f, -4}, nan_[] = {1, NAN, 3};
    CHECK_NEAR(ll_host_distance(a, b, 3), 7 / 4., 1e-12);
    CHECK_NEAR(ll_host_distance(a, a, 3), 0, 0);
    CHECK(isinf(ll_host_distance(nan_, b, 3)));
}

/* The reference on networks small enough to be computed by another formula here: the mean of a plane, then a
 * matrix. */
static void the_reference_is_the_formula(void)
{
    ll_network n = {.n_layers = 2};
    n.layers[0] = (ll_layer){.kind = LL_GLOBAL_POOL,
                             .c_in = 3,
                             .c_out = 3,
                             .h_in = 4,
                             .h_out = 1,
                             .kernel = 1,
                             .stride = 1,
                             .groups = 1};
    n.layers[1] = (ll_layer){.kind = LL_LINEAR,
                             .c_in = 3,
                             .c_out = 2,
                             .h_in = 1,
                             .h_out = 1,
                             .kernel = 1,
                             .stride = 1,
                             .groups = 1,
                             .in = {1},
                             .site = 5};
    ll_host_settings s = settings_of(&ll_engine_reference, 1);
    float x[48], w[8], y[2];
    ll_error e = {0};
    ll_network_input(s.seed, 48, x);
    ll_layer_weights(&n.layers[1], s.seed, w);
    CHECK_INT(ll_host_run_once(&s, &n, y, &e), LL_OK);
    for (int c = 0; c < 2; c++) {
        double expected = w[6 + c];
        for (int i = 0; i < 48; i++) expected += (double)w[3 * c + i / 16] * x[i] / 16;
        CHECK_NEAR(y[c], expected, 1e-6);
    }
}

/* A pixel in the corner and one inside of a strided convolution, counted out. */
static void the_reference_pads_as_described(void)
{
    ll_network n = {.n_layers = 1};
    n.layers[0] = (ll_layer){.kind = LL_CONV,
                             .c_in = 3,
                             .c_out = 2,
                             .h_in = 4,
                             .h_out = 2,
                             .kernel = 3,
                             .stride = 2,
                             .groups = 1,
                             .bn = true};
    ll_host_settings s = settings_of(&ll_engine_reference, 1);
    float x[48], w[56];
    ll_error e = {0};
    void *runner;
    ll_network_input(s.seed, 48, x);
    ll_layer_weights(&n.layers[0], s.seed, w);
    CHECK_INT(s.engine->open(&s, &runner, &e), LL_OK);
    CHECK_INT(s.engine->load(runner, &n, &e), LL_OK);
    s.engine->run(runner);
    float first[2];
    s.engine->result(runner, first); /* pixels (0, 0) and (0, 1) of channel 0 */
    double corner = w[54], inside = w[54];
    for (int c = 0; c < 3; c++)
        for (int i = 1; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                if (j) corner += (double)w[9 * c + 3 * i + j] * x[16 * c + 4 * (i - 1) + j - 1];
                inside += (double)w[9 * c + 3 * i + j] * x[16 * c + 4 * (i - 1) + 1 + j];
            }
    CHECK_NEAR(first[0], corner, 1e-6);
    CHECK_NEAR(first[1], inside, 1e-6);
    s.engine->close(runner);
}

/* --- plans ---------------------------------------------------------------------------------------------------- */

static void plans_use_few_buffers(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_network *n = LL_NEW(ll_network);
    ll_plan *p = LL_NEW(ll_plan);
    int most = 0, wrong = 0;
    for (int i = 0; i < s->n_archs; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_error e = {0};
        s->at(s, i, gene);
        ll_network_build(s, gene, n, &e);
        ll_plan_make(n, p);
        if (p->n_buffers > most) most = p->n_buffers;
        for (int j = 0; j < p->n_steps; j++) {
            const ll_step *t = &p->steps[j];
            wrong += t->in < 0 || t->other < 0 || t->out < LL_BUFFER_FIRST || (t->in == t->out);
        }
    }
    CHECK_INT(wrong, 0);
    CHECK(most <= 10);
    free(n);
    free(p);
}

/* The cell of 3x3 convolutions: two of its three sums happen inside the convolution in front of them. */
static void sums_are_fused(void)
{
    ll_network *n = LL_NEW(ll_network);
    ll_plan *p = LL_NEW(ll_plan);
    int adds = 0, fused = 0;
    network_of("nasbench201", "333333", n);
    ll_plan_make(n, p);
    for (int i = 0; i < p->n_steps; i++) {
        adds += p->steps[i].kind == LL_STEP_ADD;
        fused += p->steps[i].accumulate;
    }
    CHECK_INT(adds + fused, 15 * 3 + 2);
    CHECK(fused >= 15 * 3);
    free(n);
    free(p);
}

static void a_cache_numbers_in_order(void)
{
    ll_cache c = {.key_size = sizeof(int)};
    int fresh, wrong = 0;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            int key = i * 7919;
            wrong += ll_cache_number(&c, &key, &fresh) != i || fresh != !round;
        }
    CHECK_INT(wrong, 0);
    CHECK_INT(c.n, 1000);
    ll_cache_free(&c);
}

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

static ll_visit visit(fake *f, int runs)
{
    ll_stopwatch w = {fake_run, fake_control, fake_wall, fake_cpu, fake_switches, fake_pause, f};
    ll_visit v;
    ll_timing_visit(&w, runs, &v);
    return v;
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

static const ll_host_engine toy = {"toy",    "",      toy_check,  toy_version, toy_open,
                                   toy_load, toy_run, toy_result, free};

enum { TOYS = 30 };
typedef struct stopper {
    int asked, after; /* says stop when asked more often than that */
} stopper;

static bool says_stop(void *ctx)
{
    stopper *s = ctx;
    return s->after && ++s->asked > s->after;
}

static ll_status sweep(const char *journal, const char *identity, int repeats, int stop_after, ll_times *t,
                       ll_error *e)
{
    static uint8_t genes[TOYS * 6];
    const ll_space *s = ll_space_find("nasbench201");
    stopper stop = {.after = stop_after};
    ll_observer o = {.cancelled = says_stop, .ctx = &stop};
    for (int i = 0; i < TOYS; i++) s->at(s, 100 * i, genes + 6 * i);
    ll_sweep job = {.settings = settings_of(&toy, 1),
                    .space = s,
                    .genes = genes,
                    .n = TOYS,
                    .repeats = repeats,
                    .order_seed = 3,
                    .core = ll_worker_core(),
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

static void unsupported_settings_are_refused(void)
{
    ll_error e = {0};
    ll_host_settings s = settings_of(&ll_engine_blas, 1);
    s.dtype = LL_HOST_INT8;
    CHECK_INT(s.engine->check(&s, &e), LL_USAGE);
    CHECK_HAS(e.message, "int8");
    s = settings_of(&ll_engine_blas, 1);
    s.isa = LL_ISA_AVX2;
    CHECK_INT(s.engine->check(&s, &e), LL_USAGE);
    s = settings_of(&ll_engine_onednn, 1);
    s.dtype = LL_HOST_BF16;
    s.isa = LL_ISA_SSE41;
    CHECK(s.engine->check(&s, &e) != LL_OK);
    CHECK(!ll_host_engine_find("tensorflow"));
    CHECK(ll_host_engine_find("reference") == &ll_engine_reference);
}

static void the_machine_is_described_without_names(void)
{
    char host[256] = "";
    cJSON *o = ll_machine_describe();
    char *text = cJSON_PrintUnformatted(o);
    gethostname(host, sizeof host - 1);
    CHECK_HAS(text, "\"cpu\"");
    CHECK_HAS(text, "\"governor\"");
    CHECK(!*host || strlen(host) < 4 || !strstr(text, host));
    free(text);
    cJSON_Delete(o);
}

static const check_case cases[] = {
    {"distances are as defined", distances_are_as_defined},
    {"the reference is the formula", the_reference_is_the_formula},
    {"the reference pads as described", the_reference_pads_as_described},
    {"onednn agrees with the reference", onednn_agrees},
    {"blas agrees with the reference", blas_agrees},
    {"batches agree", batches_agree},
    {"a wrong engine is found", a_wrong_engine_is_found},
    {"plans use few buffers", plans_use_few_buffers},
    {"sums are fused", sums_are_fused},
    {"a cache numbers in order", a_cache_numbers_in_order},
    {"warm-up lasts until it is stable", warm_up_lasts_until_it_is_stable},
    {"a stolen core is noticed", a_stolen_core_is_noticed},
    {"a core that never comes free is said", a_core_that_never_comes_free_is_said},
    {"spreads are those by hand", spreads_are_those_by_hand},
    {"slowness is taken out", slowness_is_taken_out},
    {"the control network is a cheap one", the_control_network_is_a_cheap_one},
    {"a sweep goes on where it stopped", a_sweep_goes_on_where_it_stopped},
    {"a damaged journal costs only the damage", a_damaged_journal_costs_only_the_damage},
    {"another configuration is refused", another_configuration_is_refused},
    {"a full disk is said", a_full_disk_is_said},
    {"trouble of the worker is said", trouble_of_the_worker_is_said},
    {"repeats agree as counted", repeats_agree_as_counted},
    {"unsupported settings are refused", unsupported_settings_are_refused},
    {"the machine is described without names", the_machine_is_described_without_names},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_host", cases, argc, argv);
}
