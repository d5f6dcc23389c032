/* What runs networks on this machine: engines against the plain reference, plans, what is refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "core/space/files/space_json.h"
#include "data/machines/host/cache.h"
#include "data/machines/host/describe.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/machine.h"
#include "data/machines/host/plan.h"
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
    return (ll_host_settings){engine, LL_HOST_F32, LL_ISA_NATIVE, 1, batch, LL_NETWORK_SEED, false, false};
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

/* An instruction set is fixed for a process: each in one of its own, whose exit status counts. false: not on this
 * machine. */
static bool check_apart(const ll_host_settings *s)
{
    ll_error e = {0};
    if (s->engine->check(s, &e)) {
        printf("     %s %s: %s\n", ll_host_dtype_name(s->dtype), ll_host_isa_name(s->isa), e.message);
        return false;
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
    return true;
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
    int ran = 0;
    for (int t = 0; t < 3; t++)
        for (int isa = 0; isa < 4; isa++) {
            ll_error e = {0};
            s.dtype = (ll_host_dtype)t;
            s.isa = (ll_host_isa)isa;
            if (s.engine->check(&s, &e) != LL_USAGE) ran += check_apart(&s);
        }
    if (!ran) check_skip("this build has no oneDNN");
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

/* Every kind of layer and activation (tests/spaces/layers.json), two images one after the other in one runner, batches. */
static void runs_like_the_reference(const ll_host_engine *engine, int batch, const ll_space *space)
{
    ll_host_settings s = settings_of(engine, batch), plain = settings_of(&ll_engine_reference, batch);
    void *mine, *theirs;
    ll_network *n = LL_NEW(ll_network);
    ll_error e = {0};
    CHECK_INT(engine->open(&s, &mine, &e), LL_OK);
    CHECK_INT(plain.engine->open(&plain, &theirs, &e), LL_OK);
    for (int i = 0; i < 80; i++) {
        uint8_t gene[] = {(uint8_t)(i % 2), (uint8_t)(i / 2 % 5), (uint8_t)(i / 10 % 4), (uint8_t)(i / 40)};
        float a[40], b[40];
        CHECK_INT(ll_network_build(space, gene, n, &e), LL_OK);
        if (!check_report(!engine->load(mine, n, &e), __FILE__, __LINE__, "%s", e.message)) break;
        CHECK_INT(plain.engine->load(theirs, n, &e), LL_OK);
        engine->run(mine), plain.engine->run(theirs);
        engine->result(mine, a), plain.engine->result(theirs, b);
        double d = ll_host_distance(a, b, 10 * batch);
        check_report(d < 1e-5, __FILE__, __LINE__, "%s, batch %d, network %d: %g", engine->name, batch, i, d);
    }
    engine->close(mine);
    plain.engine->close(theirs);
    free(n);
}

static void engines_know_every_layer(void)
{
    const ll_space *s;
    ll_error e = {0};
    CHECK_INT(ll_space_open("tests/spaces/layers.json", &s, &e), LL_OK);
    for (int batch = 1; s && batch <= 3; batch += 2) {
        runs_like_the_reference(&ll_engine_blas, batch, s);
        ll_host_settings onednn = settings_of(&ll_engine_onednn, batch);
        if (!ll_engine_onednn.check(&onednn, &e)) runs_like_the_reference(&ll_engine_onednn, batch, s);
    }
}

/* relu6 in integers: what is cut off at 6 is cut off at 6 * 2^exponent. */
static void int8_cuts_off_where_relu6_does(void)
{
    static const char text[] =
        "{\"name\": \"host-relu6\", \"positions\": [{\"name\": \"act\", \"choices\": {\"one\": 1, \"six\": "
        "2}}], "
        "\"input\": 16, \"network\": [{\"conv\": 24, \"kernel\": 3, \"act\": \"act\"}, {\"to\": \"x\"}, "
        "{\"conv\": \"c\", \"kernel\": 3, \"groups\": \"c\", \"act\": \"act\"}, {\"conv\": \"c\"}, {\"add\": "
        "\"x\", \"act\": "
        "\"act\"}, {\"mean\": true}, {\"linear\": 10}]}";
    ll_host_settings s = settings_of(&ll_engine_onednn, 1);
    ll_error e = {0};
    const ll_space *space = NULL;
    cJSON *item = NULL;
    s.dtype = LL_HOST_INT8;
    if (s.engine->check(&s, &e)) return;
    CHECK_OK(ll_json_parse(text, strlen(text), &item, &e));
    CHECK_OK(ll_space_from_json(item, &space, &e));
    cJSON_Delete(item);
    ll_network *n = LL_NEW(ll_network);
    for (uint8_t act = 0; space && act < 2; act++) {
        CHECK_OK(ll_network_build(space, &act, n, &e));
        double d = distance(&s, n);
        check_report(d >= 0 && d <= ll_host_tolerance(LL_HOST_INT8), __FILE__, __LINE__, "act %d: %g", act,
                     d);
    }
    free(n);
}

static void fewer_bits_refuse_what_they_lack(void)
{
    ll_host_settings s = settings_of(&ll_engine_onednn, 1);
    ll_network *n = LL_NEW(ll_network);
    float out[1000];
    ll_error e = {0};
    s.dtype = LL_HOST_INT8;
    if (s.engine->check(&s, &e)) {
        free(n);
        return;
    }
    network_of("ofa", "r128_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3", n);
    CHECK_INT(ll_host_run_once(&s, n, out, &e), LL_FAILED);
    CHECK_HAS(e.message, "hswish");
    const ll_space *space = ll_space_find("mcunet");
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    CHECK_OK(ll_network_build(space, gene, n, &e));
    CHECK_INT(ll_host_run_once(&s, n, out, &e), LL_FAILED);
    CHECK_HAS(e.message, "squeeze-and-excitation");
    free(n);
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

/* What layers alone find in the caches is all of what they read, and nothing else: as large as the image, and filled. */
static void engines_know_their_input(void)
{
    static const ll_host_engine *const engines[] = {&ll_engine_reference, &ll_engine_blas};
    ll_network *n = LL_NEW(ll_network);
    network_of("nasbench201", "432213", n);
    float image[2 * 3 * 32 * 32];
    ll_network_input(LL_NETWORK_SEED, sizeof image / sizeof *image, image);
    for (int i = 0; i < 2; i++) {
        ll_host_settings s = settings_of(engines[i], 2);
        void *runner = NULL;
        size_t bytes = 0;
        ll_error e = {0};
        CHECK_INT(s.engine->open(&s, &runner, &e), LL_OK);
        CHECK_INT(s.engine->load(runner, n, &e), LL_OK);
        const void *input = s.engine->input(runner, &bytes);
        CHECK_INT(bytes, sizeof image);
        CHECK(bytes == sizeof image && !memcmp(input, image, bytes));
        s.engine->close(runner);
    }
    free(n);
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
    {"engines know their input", engines_know_their_input},
    {"unsupported settings are refused", unsupported_settings_are_refused},
    {"the machine is described without names", the_machine_is_described_without_names},
    /* last: it uses oneDNN in this process, whose instruction set is fixed from then on */
    {"engines know every layer", engines_know_every_layer},
    {"int8 cuts off where relu6 does", int8_cuts_off_where_relu6_does},
    {"fewer bits refuse what they lack", fewer_bits_refuse_what_they_lack},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_host", cases, argc, argv);
}
