/* ONNX export: the wire format byte by byte, models that the standard's own checker accepts and that compute what
 * the reference network computes, and the command with what goes wrong around it. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/formats/onnx.h"
#include "data/formats/protobuf.h"
#include "tests/check.h"
#include "tests/say.h"

/* --- the wire format --- */

static void check_bytes(ll_str *have, const char *want, size_t n)
{
    CHECK(have->len == n && !memcmp(have->s, want, n));
    ll_str_free(have);
}

/* The first two are the examples of protobuf.dev, "Encoding"; -1 is ten bytes there. */
static void fields_are_as_the_standard_says(void)
{
    ll_str m = {0}, inner = {0};
    ll_pb_int(&m, 1, 150);
    check_bytes(&m, "\x08\x96\x01", 3);
    ll_pb_text(&m, 2, "testing");
    check_bytes(&m, "\x12\x07testing", 9);
    ll_pb_int(&m, 1, -1);
    check_bytes(&m, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    ll_pb_int(&m, 20, 0); /* a field above 15 takes two bytes */
    check_bytes(&m, "\xa0\x01\x00", 3);
    ll_pb_bytes(&m, 3, NULL, 0);
    check_bytes(&m, "\x1a\x00", 2);
    ll_pb_int(&inner, 1, 150);
    ll_pb_message(&m, 3, &inner);
    CHECK(!inner.s);
    check_bytes(&m, "\x1a\x03\x08\x96\x01", 5);
}

/* --- the command --- */

static void loaded(ll_app *a, const char *dataset)
{
    char line[128];
    snprintf(line, sizeof line, "load data/bundled/%s", dataset);
    SAY(a, line);
}

static char *in_tmp(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

/* "WORDS out=TMP/NAME MORE" */
static ll_status export_to(ll_app *a, const char *words, const char *name, const char *more)
{
    ll_str line = {0};
    ll_str_addf(&line, "export onnx %s out=%s/%s %s", words, check_tmpdir(), name, more);
    ll_status s = say(a, line.s);
    ll_str_free(&line);
    return s;
}

static bool exists(const char *folder, const char *name)
{
    char *dir = in_tmp(folder), *path = ll_path_join(dir, name);
    bool found = ll_is_file(path);
    free(dir);
    free(path);
    return found;
}

static void the_table_comes_back(void)
{
    ll_app *a = app_new();
    loaded(a, "nb201_sim");
    CHECK_OK(export_to(a, "1462,3", "two", "batch=2"));
    CHECK_HAS(said, "\"opset\":13");
    CHECK(exists("two", "1462.onnx") && exists("two", "3.onnx"));
    char *path = in_tmp("two/measure.csv");
    size_t len;
    char *text = read_text(path, &len);
    CHECK_HAS(text, "arch,row,file,latency_ms,std_ms\n");
    char *filled = strstr(text, "1462.onnx,,");
    CHECK(filled != NULL);
    ll_str by_hand = {0}; /* what a person would do: 4.5 ms in the first row */
    ll_str_addn(&by_hand, text, (size_t)(filled - text));
    ll_str_add(&by_hand, "1462.onnx,4.5,.01");
    ll_str_add(&by_hand, filled + strlen("1462.onnx,,"));
    CHECK_OK(ll_write_file(path, by_hand.s, by_hand.len, NULL));
    ll_str line = {0};
    ll_str_addf(&line, "import csv %s as phone space=nasbench201 device=phone unit=ms", path);
    SAY(a, line.s);
    SAY(a, "load phone");
    SAY(a, "arch 0");
    CHECK_HAS(said, "4.5");
    CHECK_INT(export_to(a, "0", "two", ""), LL_FAILED); /* it may hold measurements */
    CHECK_HAS(said, "may hold measurements");
    CHECK_OK(export_to(a, "0", "two", "replace=on"));
    ll_str_free(&line);
    ll_str_free(&by_hand);
    free(text);
    free(path);
    ll_app_free(a);
}

static void samples_and_suggestions_are_exported(void)
{
    ll_app *a = app_new();
    loaded(a, "nb201_sim");
    CHECK_INT(export_to(a, "samples", "none", ""), LL_FAILED);
    CHECK_HAS(said, "no architectures are chosen");
    SAY(a, "sample add 5 70 9");
    CHECK_OK(export_to(a, "samples", "picked", ""));
    CHECK_HAS(said, "\"archs\":[5,70,9]");
    CHECK_OK(export_to(a, "suggest", "unmeasured", ""));
    CHECK_HAS(said, "\"archs\":[5,70,9]");
    SAY(a, "sample k=2 device=sim_eyeriss");
    CHECK_INT(export_to(a, "suggest", "measured", ""), LL_FAILED);
    CHECK_HAS(said, "every chosen architecture is measured on sim_eyeriss");
    ll_app_free(a);
}

static void mistakes_write_nothing(void)
{
    ll_app *a = app_new();
    loaded(a, "nb201_sim");
    CHECK_INT(say(a, "export onnx 3"), LL_USAGE);
    CHECK_HAS(said, "out=FOLDER is missing");
    CHECK_INT(export_to(a, "3,99999", "bad", ""), LL_BAD_DATA);
    CHECK_INT(export_to(a, "|nor_conv_9x9~0|", "bad", ""), LL_BAD_DATA);
    CHECK_INT(export_to(a, "3", "bad", "batch=0"), LL_USAGE);
    char *file = in_tmp("a_file"), *bad = in_tmp("bad");
    CHECK_OK(ll_write_file(file, "kept", 4, NULL));
    CHECK_INT(export_to(a, "3", "a_file", ""), LL_FAILED);
    CHECK_HAS(said, "a_file: cannot create the folder");
    CHECK(exists(".", "a_file"));
    CHECK(!ll_is_dir(bad));
    free(file);
    free(bad);
    ll_app_free(a);
}

static void a_space_without_networks_is_refused(void)
{
    static const char table[] = "arch,here\n0_1,1.5\n1_1,2.5\n";
    ll_app *a = app_new();
    char *path = in_tmp("chain.csv"), *folder = in_tmp("chain_models");
    ll_str line = {0};
    CHECK_OK(ll_write_file(path, table, strlen(table), NULL));
    ll_str_addf(&line, "import csv %s as chain space=chain positions=2 ops=a,b unit=ms", path);
    SAY(a, line.s);
    SAY(a, "load chain");
    CHECK_INT(export_to(a, "0", "chain_models", ""), LL_USAGE);
    CHECK_HAS(said, "the layers of space chain are not known");
    CHECK(!ll_is_dir(folder));
    ll_str_free(&line);
    free(folder);
    free(path);
    ll_app_free(a);
}

/* A limit on the size of files stands for the disk that fills up: cell 0 fits (0.5 MB), cell 1462 (6 MB) does
 * not. What the export made is gone again, what was there stays. */
static void fill_the_disk(void)
{
    ll_app *a = app_new();
    loaded(a, "nb201_sim");
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){2 << 20, 2 << 20});
    _exit(export_to(a, "0,1462", "full", "") == LL_FAILED && strstr(said, "File too large") ? 42 : 1);
}

static void a_full_disk_leaves_nothing_behind(void)
{
    char *folder = in_tmp("full");
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    if (!child) fill_the_disk();
    waitpid(child, &status, 0);
    CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 42);
    CHECK(!ll_is_dir(folder));
    free(folder);
}

static const check_case cases[] = {
    {"fields are as the standard says", fields_are_as_the_standard_says},
    {"the table comes back", the_table_comes_back},
    {"samples and suggestions are exported", samples_and_suggestions_are_exported},
    {"mistakes write nothing", mistakes_write_nothing},
    {"a space without networks is refused", a_space_without_networks_is_refused},
    {"a full disk leaves nothing behind", a_full_disk_leaves_nothing_behind},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    return check_main("test_onnx", cases, argc, argv);
}
