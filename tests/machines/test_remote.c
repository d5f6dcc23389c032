/* Measuring elsewhere: what goes over the line, what may be started, and the program that measures, spoken to directly. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/space/moves.h"
#include "core/space/simplify.h"
#include "data/machines/remote/hosts.h"
#include "data/machines/remote/serve.h"
#include "data/machines/remote/wire.h"
#include "tests/check.h"

static ll_network *drawn(const char *space, int seed)
{
    const ll_space *s = ll_space_find(space);
    ll_network *n = LL_NEW(ll_network);
    uint8_t gene[LL_MAX_POSITIONS];
    ll_rng r = ll_rng_new((uint64_t)seed, LL_STREAM_DATA);
    ll_space_random(s, &r, gene);
    CHECK_OK(ll_network_build(s, gene, n, NULL));
    return n;
}

static void check_same(const ll_network *a, const ll_network *b)
{
    CHECK_INT(a->n_layers, b->n_layers);
    CHECK_INT(a->n_constant, b->n_constant);
    for (int i = 0; i < a->n_layers; i++) {
        const ll_layer *x = &a->layers[i], *y = &b->layers[i];
        bool same = x->kind == y->kind && x->c_in == y->c_in && x->c_out == y->c_out && x->h_in == y->h_in &&
                    x->h_out == y->h_out && x->kernel == y->kernel && x->stride == y->stride &&
                    x->groups == y->groups && x->position == y->position && x->in[0] == y->in[0] &&
                    x->in[1] == y->in[1] && x->site == y->site && x->relu_before == y->relu_before &&
                    x->bn == y->bn && x->act == y->act;
        check_report(same, __FILE__, __LINE__, "layer %d of %d is another one", i, a->n_layers);
    }
}

static void networks_come_back(void)
{
    static const char *const spaces[] = {"nasbench201", "fbnet", "ofa", "mcunet"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        for (int seed = 1; seed <= 5; seed++) {
            ll_network *n = drawn(spaces[i], seed), *simple = LL_NEW(ll_network), *back = LL_NEW(ll_network);
            ll_network_simplify(n, simple);
            for (int k = 0; k < 2; k++) {
                ll_str text = {0};
                ll_wire_put_network(&text, k ? simple : n);
                const char *at = text.s;
                CHECK(text.len < LL_WIRE_LINE);
                CHECK_OK(ll_wire_get_network(&at, back, NULL));
                CHECK_INT(*at, 0);
                check_same(k ? simple : n, back);
                ll_str_free(&text);
            }
            free(n);
            free(simple);
            free(back);
        }
}

/* Every prefix and every changed byte of a network is one or is refused: none crashes what reads it. */
static void damaged_networks_are_refused(void)
{
    ll_network *n = drawn("nasbench201", 3), *back = LL_NEW(ll_network);
    ll_str text = {0};
    ll_wire_put_network(&text, n);
    for (size_t i = 0; i + 1 < text.len; i++) {
        char *damaged = ll_strdup(text.s);
        const char *at = damaged;
        damaged[i] = 0;
        ll_status s = ll_wire_get_network(&at, back, NULL);
        CHECK(s == LL_BAD_DATA || (i + 4 > text.len && s == LL_OK)); /* a shorter last number is one, too */
        damaged[i] = '9';
        damaged[i + 1] = text.s[i + 1];
        at = damaged;
        s = ll_wire_get_network(&at, back, NULL);
        for (int k = 0; !s && k < back->n_layers; k++) CHECK(back->layers[k].in[0] <= k);
        free(damaged);
    }
    static const char *const bad[] = {"",
                                      "0/0 ",
                                      "1/1 0,3,1,8,8,1,1,1,-1,0,0,0,0,0,0",
                                      "1/0 0,3,1,8,8,1,1,2,-1,0,0,0,0,0,0",
                                      "1/0 0,3,1,8,8,0,1,1,-1,0,0,0,0,0,0",
                                      "1/0 9,3,1,8,8,1,1,1,-1,0,0,0,0,0,0",
                                      "1/0 0,3,1,8,8,1,1,1,-1,1,0,0,0,0,0",
                                      "300/0 ",
                                      "-1/0 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *at = bad[i];
        CHECK_INT(ll_wire_get_network(&at, back, NULL), LL_BAD_DATA);
    }
    ll_str_free(&text);
    free(n);
    free(back);
}

static void visits_come_back(void)
{
    const ll_visit v = {.n = 2,
                        .ms = {1.25f, .1f},
                        .control = {.5f, 3e-5f},
                        .warm = 1,
                        .disturbed = 7,
                        .paused_s = .5,
                        .busy = true};
    ll_visit back;
    ll_str text = {0};
    int row = 0;
    ll_wire_put_visited(&text, 12, &v);
    const char *rest = ll_wire_behind(text.s, "visited");
    if (CHECK(rest != NULL)) CHECK_OK(ll_wire_get_visited(rest, &row, &back, NULL));
    CHECK_INT(row, 12);
    CHECK(back.n == 2 && back.ms[1] == .1f && back.control[1] == 3e-5f && back.disturbed == 7 && back.busy);
    static const char *const bad[] = {
        "", "1 0 0 0 0", "1 0 0 2 0 1/1", "1 0 0 0 0 1", "1 0 0 0 0 -1/1", "1 0 0 0 0 nan/1", "x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(ll_wire_get_visited(bad[i], &row, &back, NULL), LL_BAD_DATA);
    ll_str_free(&text);
}

static void only_what_is_known_is_started(void)
{
    static const char *const good[] = {"ssh pi", "ssh -p 22 -i key pi@board", "adb shell",
                                       "adb -s 1234 shell", "docker exec -i box"};
    static const char *const bad[] = {"sh",
                                      "ssh",
                                      "ssh -oProxyCommand=x pi",
                                      "ssh -F mine pi",
                                      "ssh pi rm",
                                      "ssh -p pi",
                                      "ssh -- pi",
                                      "adb shell reboot",
                                      "docker run -i box",
                                      "docker exec -i -e",
                                      "./ssh pi",
                                      "pi",
                                      "\"ssh pi"};
    ll_strs words = {0};
    char *config = ll_path_join(check_tmpdir(), "latlab"), *hosts = ll_path_join(config, "hosts");
    static const char text[] = "# pi = sh\n pi =  python3 run.py \"a b\" \r\nempty =\n";
    CHECK_OK(ll_make_dirs(config, NULL));
    setenv("XDG_CONFIG_HOME", check_tmpdir(), 1);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) CHECK_OK(ll_host_command(good[i], &words, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(ll_host_command(bad[i], &words, NULL), LL_USAGE);
    CHECK_OK(ll_write_file(hosts, text, sizeof text - 1, NULL));
    CHECK_OK(ll_host_command("pi", &words, NULL)); /* its user said so */
    if (CHECK(words.n == 3)) CHECK_STR(words.v[2], "a b");
    CHECK_INT(ll_host_command("empty", &words, NULL), LL_USAGE);
    CHECK_INT(ll_host_command("# pi", &words, NULL), LL_USAGE);
    ll_strs_free(&words);
    free(hosts);
    free(config);
}

/* What the program says to these lines; to be freed. */
static char *served(ll_str *lines)
{
    char *said = NULL;
    size_t n = 0;
    FILE *in = fmemopen(lines->s, lines->len, "r"), *out = open_memstream(&said, &n);
    CHECK_OK(ll_serve(in, out, "0123"));
    fclose(in);
    fclose(out);
    return said;
}

static void what_is_measured_is_said(void)
{
    ll_network *n = drawn("nasbench201", 1);
    const ll_host_settings s = {.engine = &ll_engine_blas, .threads = 1, .batch = 1, .seed = LL_NETWORK_SEED};
    ll_str lines = {0};
    ll_str_add(&lines, "visit 0 1 1/0 0,3,1,8,8,1,1,1,-1,0,0,0,0,0,0\nnonsense\n");
    ll_wire_put_open(&lines, &s, -1, n);
    ll_str_add(&lines, "\n");
    ll_wire_put_visit(&lines, 5, 2, n);
    ll_str_add(&lines, "\nvisit 6 99 1/0 \nopen none f32 native 1 1 1 0 1/0 \nstate\n");
    char *said = served(&lines);
    CHECK_HAS(said, "latlab-measure 2 0123\nfact cpu ");
    CHECK_HAS(said, "\nengine reference plain C\n");
    CHECK_HAS(said, "\nfailed 0 2 nothing is open\nfailed -1 2 what is \"nonsense\"?\nopened ");
    CHECK_HAS(said, "\nvisited 5 ");
    CHECK_HAS(said, "\nfailed -1 3 no visit");
    CHECK_HAS(said, "\nfailed -1 2 no engine is called so there");
    CHECK(!strcmp(said + strlen(said) - 6, "ready\n"));
    ll_str_free(&lines);
    free(said);
    free(n);
}

static void settings_come_back(void)
{
    ll_network *n = drawn("nasbench201", 1), *back = LL_NEW(ll_network);
    for (int warm = 0; warm < 2; warm++) {
        ll_host_settings s = {.engine = &ll_engine_blas,
                              .threads = 1,
                              .batch = 3,
                              .seed = 9,
                              .warm_input = warm},
                         got;
        ll_str line = {0};
        ll_error e = {0};
        int core;
        ll_wire_put_open(&line, &s, 7, n);
        CHECK_INT(ll_wire_get_open(ll_wire_behind(line.s, "open"), &got, &core, back, &e), LL_OK);
        CHECK(got.engine == s.engine && got.batch == 3 && got.seed == 9 && core == 7);
        CHECK_INT(got.warm_input, warm);
        ll_str_free(&line);
    }
    free(n);
    free(back);
}

/* As long as one has opened a machine, another one is told so. */
static void one_measures_at_a_time(void)
{
    const ll_host_settings s = {.engine = &ll_engine_blas, .threads = 1, .batch = 1, .seed = LL_NETWORK_SEED};
    ll_network *n = drawn("nasbench201", 1);
    ll_str lines = {0};
    char folder[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", folder, sizeof folder - 1);
    ll_wire_put_open(&lines, &s, -1, n);
    ll_str_add(&lines, "\n");
    folder[size > 0 ? size : 0] = 0;
    *strrchr(folder, '/') = 0;
    int other = open(folder, O_RDONLY | O_DIRECTORY);
    CHECK(other >= 0 && !flock(other, LOCK_EX | LOCK_NB));
    char *said = served(&lines);
    CHECK_HAS(said, "\nfailed -1 1 another process is measuring on that machine");
    free(said);
    close(other);
    said = served(&lines);
    CHECK_HAS(said, "\nopened ");
    free(said);
    ll_str_free(&lines);
    free(n);
}

static const check_case cases[] = {
    {"networks come back", networks_come_back},
    {"damaged networks are refused", damaged_networks_are_refused},
    {"visits come back", visits_come_back},
    {"only what is known is started", only_what_is_known_is_started},
    {"what is measured is said", what_is_measured_is_said},
    {"settings come back", settings_come_back},
    {"one measures at a time", one_measures_at_a_time},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_remote", cases, argc, argv);
}
