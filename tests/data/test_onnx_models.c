/* Exported models elsewhere: Debian's python3-onnx checks them and infers their shapes, numpy and PyTorch run them, and
 * both agree with the reference network in C. What is not installed is skipped, loudly. */
#include <stdlib.h>
#include <sys/wait.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "data/formats/onnx.h"
#include "data/machines/host/engine.h"
#include "tests/check.h"

enum { BATCH = 2, SEED = 5, MISSING = 77 };

/* Cells: every operation; a disconnected node; an output that nothing reaches; zeros that go on through
 * convolution and pool. */
static const char *const cells[] = {
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
    "|avg_pool_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|skip_connect~1|nor_conv_3x3~2|",
    "|none~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|",
    "|nor_conv_1x1~0|+|skip_connect~0|none~1|+|none~0|none~1|none~2|",
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"};
enum { N_CELLS = sizeof cells / sizeof *cells, N_CHOICES = 9, N_FBNETS = 4 };

typedef struct exported {
    ll_str paths; /* of the models, each in quotes */
    char *input;
} exported;

static void write_floats(const char *path, const float *v, size_t n)
{
    CHECK(ll_write_file(path, v, n * sizeof *v, NULL) == LL_OK);
}

/* The model, and beside it what the reference network computes. */
static void export_one(exported *x, const ll_space *s, const uint8_t *gene, const char *name)
{
    ll_network *net = LL_NEW(ll_network);
    ll_str arch = {0}, bytes = {0}, path = {0};
    ll_error e = {0};
    float result[BATCH * 128];
    ll_host_settings settings = {.engine = &ll_engine_reference, .threads = 1, .batch = BATCH, .seed = SEED};
    s->format(s, gene, &arch);
    CHECK(ll_network_build(s, gene, net, &e) == LL_OK);
    ll_onnx_model(net, &(ll_onnx_options){ll_str_text(&arch), BATCH, SEED}, &bytes);
    ll_str_addf(&path, "%s/%s.onnx", check_tmpdir(), name);
    CHECK(ll_write_file(path.s, bytes.s, bytes.len, &e) == LL_OK);
    ll_str_addf(&x->paths, " '%s'", path.s);
    CHECK(ll_host_run_once(&settings, net, result, &e) == LL_OK);
    memcpy(path.s + path.len - 5, ".f32", 5);
    write_floats(path.s, result, (size_t)(BATCH * ll_network_classes(net)));
    ll_str_free(&arch);
    ll_str_free(&bytes);
    ll_str_free(&path);
    free(net);
}

/* The cells above, and FBNets that walk through all choices, each from another one on: skips that change shape, groups
 * of many widths. Made once. */
static const exported *models(void)
{
    static exported x;
    if (x.input) return &x;
    float image[BATCH * 3 * 32 * 32];
    uint8_t gene[LL_MAX_POSITIONS];
    char name[32];
    x.input = ll_path_join(check_tmpdir(), "input");
    ll_network_input(SEED, sizeof image / sizeof *image, image);
    write_floats(x.input, image, sizeof image / sizeof *image);
    for (int i = 0; i < N_CELLS; i++) {
        const ll_space *s = ll_space_find("nasbench201");
        snprintf(name, sizeof name, "cell%d", i);
        if (CHECK(ll_space_read(s, cells[i], gene, NULL) == LL_OK)) export_one(&x, s, gene, name);
    }
    for (int i = 0; i < N_FBNETS; i++) {
        for (int p = 0; p < 22; p++) gene[p] = (uint8_t)((p + 2 * i) % N_CHOICES);
        snprintf(name, sizeof name, "fbnet%d", i);
        export_one(&x, ll_space_find("fbnet"), gene, name);
    }
    return &x;
}

/* --- running python --- */

/* Exit status of tests/SCRIPT; what it prints goes to the test's output when it fails. */
static int python(const char *script_and_words)
{
    const char *program = getenv("LATLAB_PYTHON");
    ll_str line = {0};
    ll_str_addf(&line, "%s %s >'%s/said' 2>&1 || { s=$?; [ $s = %d ] || tail -n 5 '%s/said'; exit $s; }",
                program ? program : "/usr/bin/python3", script_and_words, check_tmpdir(), MISSING,
                check_tmpdir());
    fflush(stdout);
    int status = system(line.s);
    ll_str_free(&line);
    status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return status == 127 ? MISSING : status;
}

/* Runs `words` with python; false when it was skipped or failed. */
static bool python_agrees(ll_str *words, const char *needs)
{
    int status = python(ll_str_text(words));
    ll_str_free(words);
    if (status == MISSING)
        check_skip(needs);
    else
        CHECK_INT(status, 0);
    return status == 0;
}

/* --- cases --- */

static float *read_floats(const char *folder, const char *name, size_t *n)
{
    char *path = ll_path_join(folder, name), *bytes = NULL;
    *n = 0;
    CHECK(ll_read_file(path, 0, &bytes, n, NULL) == LL_OK);
    *n /= sizeof(float);
    free(path);
    return (float *)(void *)bytes;
}

static void compare_results(const char *folder, int models)
{
    ll_strs names = {0};
    CHECK(ll_list_dir(folder, ".f32", &names, NULL) == LL_OK);
    CHECK_INT(names.n, models);
    for (int i = 0; i < names.n; i++) {
        size_t n, m;
        float *have = read_floats(folder, names.v[i], &n),
              *want = read_floats(check_tmpdir(), names.v[i], &m);
        CHECK_INT(n, m);
        double off = n == m && have && want ? ll_host_distance(have, want, (int)n) : INFINITY;
        check_report(off < 1e-4, __FILE__, __LINE__, "%s is off by %g", names.v[i], off);
        free(have);
        free(want);
    }
    ll_strs_free(&names);
}

static void check_models(const exported *x, const char *folder, int models)
{
    char *out = ll_path_join(check_tmpdir(), folder);
    ll_str words = {0};
    CHECK(ll_make_dirs(out, NULL) == LL_OK);
    ll_str_addf(&words, "tests/data/onnx_run.py '%s' '%s'%s", x->input, out, x->paths.s);
    if (python_agrees(&words, "python3-onnx is not installed: no model was checked"))
        compare_results(out, models);
    free(out);
}

static void models_are_valid_and_agree_with_the_reference(void)
{
    check_models(models(), "numpy", N_CELLS + N_FBNETS);
}

/* Activations and squeeze-and-excitation, in a space that is a file. */
static void every_layer_is_exported(void)
{
    exported x = {.input = models()->input};
    const ll_space *s;
    ll_error e = {0};
    CHECK_INT(ll_space_open("tests/spaces/layers.json", &s, &e), LL_OK);
    for (uint8_t i = 0; s && i < 5; i++) {
        uint8_t gene[] = {0, i, i % 4, i != 2};
        char name[32];
        snprintf(name, sizeof name, "layers%d", i);
        export_one(&x, s, gene, name);
    }
    check_models(&x, "layers", 5);
    ll_str_free(&x.paths);
}

static void pytorch_computes_the_same(void)
{
    const exported *x = models();
    ll_str words = {0};
    ll_str_addf(&words, "tests/data/torch_check.py agree '%s'%s", x->input, x->paths.s);
    python_agrees(&words, "PyTorch is not installed: data/measure_torch.py was not checked");
}

static void add_counts(ll_str *table, const char *space, ll_rng *r)
{
    const ll_space *s = ll_space_find(space);
    for (int i = 0; i < 50; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_str arch = {0};
        ll_cost c;
        for (int p = 0; p < s->n_positions; p++) gene[p] = (uint8_t)ll_rng_below(r, s->n_ops);
        s->format(s, gene, &arch);
        CHECK(ll_space_cost(s, gene, &c));
        ll_str_addf(table, "%s;%.0f;%.0f\n", arch.s, c.macs, c.params);
        ll_str_free(&arch);
    }
}

static void pytorch_has_the_same_counts(void)
{
    ll_str table = {0}, words = {0};
    ll_rng r = ll_rng_new(11, LL_STREAM_DATA);
    char *path = ll_path_join(check_tmpdir(), "counts");
    add_counts(&table, "nasbench201", &r);
    add_counts(&table, "fbnet", &r);
    CHECK(ll_write_file(path, table.s, table.len, NULL) == LL_OK);
    ll_str_addf(&words, "tests/data/torch_check.py counts '%s'", path);
    python_agrees(&words, "PyTorch is not installed: data/measure_torch.py was not counted");
    ll_str_free(&table);
    free(path);
}

/* Two cells measured, cut short as a crash would, and measured again: the file is whole, once each. */
static void pytorch_measures_and_goes_on(void)
{
    static const char todo[] = "architecture,row\n"
                               "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,7\n"
                               "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|,8\n";
    const char *tmp = check_tmpdir();
    ll_str words = {0};
    /* the tool itself ends with a message and status 1, as it should */
    ll_str_addf(&words, "-c 'import importlib.util as u; exit(0 if u.find_spec(\"torch\") else %d)'",
                MISSING);
    if (!python_agrees(&words, "PyTorch is not installed: data/measure_torch.py did not run")) return;
    char *archs = ll_path_join(tmp, "todo.csv"), *out = ll_path_join(tmp, "torch.csv"), *text = NULL, *last;
    size_t len;
    CHECK(ll_write_file(archs, todo, strlen(todo), NULL) == LL_OK);
    for (int again = 0; again < 2; again++) {
        ll_str_addf(&words,
                    "data/measure_torch.py --archs '%s' --out '%s' --name here --device cpu --threads 1 "
                    "--repeats 2",
                    archs, out);
        if (!python_agrees(&words, "")) break;
        if (!CHECK(ll_read_file(out, 0, &text, &len, NULL) == LL_OK)) break;
        last = strstr(text, "skip_connect~0");
        CHECK(strstr(text, "\narchitecture,device,latency_ms,std_ms,n,settled\n") != NULL);
        CHECK(last && !strstr(last + 1, "skip_connect~0") && strstr(last, ",here_fp32_b1,"));
        if (!again) CHECK(ll_write_file(out, text, len - 5, NULL) == LL_OK);
        free(text);
    }
    free(archs);
    free(out);
}

static const check_case cases[] = {
    {"models are valid and agree with the reference", models_are_valid_and_agree_with_the_reference},
    {"every layer is exported", every_layer_is_exported},
    {"PyTorch computes the same", pytorch_computes_the_same},
    {"PyTorch has the same counts", pytorch_has_the_same_counts},
    {"PyTorch measures and goes on", pytorch_measures_and_goes_on},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_onnx_models", cases, argc, argv);
}
