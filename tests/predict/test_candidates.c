/* predict archs=: architectures that are no rows of the table, from a file, with what the table says where it knows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/say.h"

/* 400 of the 15,625 cells on four devices: the rest is outside the table. */
static void make_table(const char *path)
{
    ll_str csv = {0}, text = {0};
    const ll_space *space = ll_space_find("nasbench201");
    uint8_t gene[6];
    ll_str_add(&csv, "arch,a,b,c,target\n");
    for (int i = 0; i < 400; i++) {
        ll_cost cost;
        space->at(space, 39 * i, gene);
        ll_space_cost(space, gene, &cost);
        ll_str_clear(&text);
        space->format(space, gene, &text);
        double ms = 1 + cost.macs / 1e8;
        ll_str_addf(&csv, "%s,%g,%g,%g,%g\n", ll_str_text(&text), ms, 2 * ms + i % 3 * .01, ms * ms, 3 * ms);
    }
    CHECK_OK(ll_write_file(path, ll_str_text(&csv), csv.len, NULL));
    ll_str_free(&csv);
    ll_str_free(&text);
}

static const char *path_of(const char *name)
{
    static char path[2][4200];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof *path, "%s/%s", check_tmpdir(), name);
    return path[turn];
}

static void write(const char *name, const char *text)
{
    CHECK_OK(ll_write_file(path_of(name), text, strlen(text), NULL));
}

static ll_status say_path(ll_app *a, const char *before, const char *name, const char *after)
{
    char line[9000];
    snprintf(line, sizeof line, "%s%s%s", before, path_of(name), after);
    return say(a, line);
}

static ll_app *adapted_app(void)
{
    ll_app *a = app_new();
    make_table(path_of("table.csv"));
    CHECK_OK(say_path(a, "import csv ", "table.csv", " as table space=nasbench201 unit=ms"));
    CHECK_OK(say(a, "load table"));
    CHECK_OK(say(a, "partition source=a,b,c target=target"));
    CHECK_OK(say(a, "pretrain gp"));
    CHECK_OK(say(a, "transfer target k=20 seed=1"));
    return a;
}

/* The file of predictions has every architecture, in the order of the file asked for, twice where it is there twice. */
static void file_to_file(void)
{
    ll_app *a = adapted_app();
    char *text = NULL;
    size_t n;
    int lines = 0;
    write("in.csv", "name,arch\nx,39\ny,40\nz,15624\nagain,40\n");
    CHECK_OK(say_path(a, "predict target archs=", "in.csv", ""));
    cJSON *r = said_result("predictions");
    CHECK_INT(ll_json_get_int(r, "n", 0), 4);
    CHECK_INT(ll_json_get_int(r, "outside", 0), 3);
    const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(r, "rows"), 0);
    CHECK(ll_json_get_num(row, "lo_ms", 9) < ll_json_get_num(row, "predicted_ms", 0));
    cJSON_Delete(r);
    char line[9000];
    snprintf(line, sizeof line, "predict target archs=%s out=%s", path_of("in.csv"), path_of("out.csv"));
    CHECK_OK(say(a, line));
    CHECK_OK(ll_read_file(path_of("out.csv"), 1 << 20, &text, &n, NULL));
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    CHECK_INT(lines, 5);
    free(text);
    ll_app_free(a);
}

/* What is asked as a candidate and what is a row are predicted alike. */
static void a_row_is_predicted_as_a_candidate(void)
{
    ll_app *a = adapted_app();
    write("one.txt", "39\n");
    CHECK_OK(say_path(a, "predict target archs=", "one.txt", ""));
    cJSON *r = said_result("predictions");
    double as_candidate =
        ll_json_get_num(cJSON_GetArrayItem(cJSON_GetObjectItem(r, "rows"), 0), "predicted_ms", 0);
    cJSON_Delete(r);
    CHECK_OK(say(a, "predict target arch=1"));
    r = said_result("predict");
    double as_row = ll_json_get_num(cJSON_GetArrayItem(cJSON_GetObjectItem(r, "rows"), 0), "predicted_ms", 0);
    cJSON_Delete(r);
    CHECK_NEAR(as_candidate, as_row, 1e-9 * as_row);
    ll_app_free(a);
}

static void what_is_wrong_is_said(void)
{
    ll_app *a = adapted_app();
    write("bad.csv", "arch\n39\n|nor_conv_9x9~0|\n");
    CHECK(say_path(a, "predict target archs=", "bad.csv", "") != LL_OK);
    CHECK_HAS(said, "line 3");
    CHECK_INT(say(a, "predict target archs=,"), LL_USAGE);
    CHECK_HAS(said, "names no architecture and no file");
    write("none.csv", "arch\n");
    CHECK(say_path(a, "predict target archs=", "none.csv", "") != LL_OK);
    CHECK_HAS(said, "no architecture was given");
    CHECK(say_path(a, "predict target archs=", "missing.csv", "") != LL_OK);
    CHECK(say_path(a, "predict target out=", "out2.csv", "") != LL_OK);
    CHECK_HAS(said, "out= goes with archs=");
    write("list.csv", "arch,mine\n39,kept\n");
    CHECK(say_path(a, "predict target archs=", "list.csv", " out=/dev/null") == LL_OK);
    char line[9000];
    snprintf(line, sizeof line, "predict target archs=%s out=%s", path_of("list.csv"), path_of("list.csv"));
    CHECK_INT(say(a, line), LL_USAGE);
    CHECK_HAS(said, "that is the list of architectures");
    ll_app_free(a);
}

static void check_numbers(const cJSON *r, const char *key, const double *want, int n)
{
    double *v = NULL;
    CHECK_INT(ll_json_get_nums(r, key, &v), n);
    for (int i = 0; v && i < n; i++) CHECK_NEAR(v[i], want[i], 1e-12 * fabs(want[i]));
    free(v);
}

/* The numbers of `predict target archs=39,40,15624` here, to be compared with those elsewhere. */
enum { ASKED = 3 };
typedef struct asked {
    double ms[ASKED], lo[ASKED], hi[ASKED], score[ASKED];
} asked;

static void take(const cJSON *r, const char *key, double *to)
{
    double *v = NULL;
    if (CHECK(ll_json_get_nums(r, key, &v) == ASKED)) memcpy(to, v, ASKED * sizeof *to);
    free(v);
}

static asked ask(ll_app *a)
{
    asked x = {{0}, {0}, {0}, {0}};
    CHECK_OK(say(a, "predict target archs=39,40,15624"));
    cJSON *r = said_result("predictions");
    take(r, "ms", x.ms);
    take(r, "lo_ms", x.lo);
    take(r, "hi_ms", x.hi);
    take(r, "score", x.score);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(r, "archs")), ASKED);
    cJSON_Delete(r);
    return x;
}

static void check_same_answer(ll_app *a, const asked *x)
{
    CHECK_OK(say(a, "predict target archs=39,40,15624"));
    cJSON *r = said_result("predictions");
    check_numbers(r, "ms", x->ms, ASKED);
    check_numbers(r, "lo_ms", x->lo, ASKED);
    check_numbers(r, "hi_ms", x->hi, ASKED);
    check_numbers(r, "score", x->score, ASKED);
    cJSON_Delete(r);
}

/* Saved here, loaded by an app that has no data, and by one that loads the data before or after. */
static void needs_no_data(void)
{
    ll_app *a = adapted_app();
    const asked x = ask(a);
    CHECK_OK(say_path(a, "model save ", "target.safetensors", " adapted=target"));
    CHECK(say_path(a, "model save ", "none.safetensors", " adapted=b") != LL_OK);
    CHECK_HAS(said, "nothing is predicted for b yet");
    ll_app_free(a);
    a = app_new();
    CHECK(say(a, "predict target archs=39") != LL_OK);
    CHECK_HAS(said, "`model load FILE`");
    CHECK_OK(say_path(a, "model load ", "target.safetensors", ""));
    check_same_answer(a, &x);
    CHECK_OK(say(a, "predict arch=15624"));
    CHECK(say(a, "predict target") != LL_OK);
    CHECK_HAS(said, "no dataset is loaded");
    CHECK_OK(say(a, "load table"));
    check_same_answer(a, &x);
    CHECK_OK(say(a, "eval target")); /* the rows of the data that came behind it too */
    CHECK_OK(say_path(a, "model load ", "target.safetensors", ""));
    check_same_answer(a, &x);
    CHECK_OK(say(a, "predict target arch=1")); /* a row of the table: the device is there */
    CHECK_OK(say(a, "eval target"));
    cJSON *r = said_result("eval");
    CHECK_INT(ll_json_get_int(r, "k", 0), 20);
    CHECK(ll_json_get_num(r, "spearman", 0) > .9);
    cJSON_Delete(r);
    ll_app_free(a);
}

/* A session keeps what is adapted: closed and opened, with its data and when that is gone. */
static void sessions_keep_it(void)
{
    ll_app *a = adapted_app();
    const asked x = ask(a);
    CHECK_OK(say(a, "save kept"));
    ll_app_free(a);
    a = app_new();
    CHECK_OK(say(a, "open kept"));
    check_same_answer(a, &x);
    ll_app_free(a);
    char moved[4200];
    snprintf(moved, sizeof moved, "%s", path_of("moved"));
    CHECK_INT(rename(path_of("data/table"), moved), 0);
    a = app_new();
    CHECK_OK(say(a, "open kept"));
    CHECK_HAS(said, "of this session is gone");
    check_same_answer(a, &x);
    ll_app_free(a);
    CHECK_INT(rename(moved, path_of("data/table")), 0);
}

/* More than the result lists, more than a window of the reader holds: nothing of it is in memory at once. */
static void any_number_of_them(void)
{
    enum { MANY = 120000 };
    ll_app *a = adapted_app();
    ll_str text = {0}, line = {0};
    char *bytes;
    size_t n;
    ll_str_add(&text, "# a remark\nwho;arch\n");
    for (int i = 0; i < MANY; i++) ll_str_addf(&text, "\"some;one of many %d\";%d\n", i, i % 15625);
    write("many.csv", text.s);
    CHECK_OK(say_path(a, "predict target archs=", "many.csv", " top=2"));
    cJSON *r = said_result("predictions");
    CHECK_INT(ll_json_get_int(r, "n", 0), MANY);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(r, "rows")), 2);
    CHECK(!cJSON_GetObjectItem(r, "ms"));
    CHECK_HAS(said, "out=FILE writes all");
    cJSON_Delete(r);
    ll_str_addf(&line, "predict target archs=%s out=%s", path_of("many.csv"), path_of("many.npy"));
    CHECK_OK(say(a, line.s));
    bytes = read_text(path_of("many.npy"), &n);
    CHECK(n % 64 == (MANY * 32) % 64 && n > MANY * 32);
    CHECK_HAS(bytes + 10, "('lo_ms', '<f8')");
    CHECK_HAS(bytes + 10, "'shape': (120000,)");
    const asked x = ask(a);
    double row[4];
    memcpy(row, bytes + n - MANY * 32 + 40 * 32, sizeof row);
    CHECK_NEAR(row[0], x.ms[1], 1e-12 * x.ms[1]);
    CHECK_NEAR(row[2], x.hi[1], 1e-12 * x.hi[1]);
    free(bytes);
    ll_str_free(&text);
    ll_str_free(&line);
    ll_app_free(a);
}

static void what_is_no_list_is_said(void)
{
    ll_app *a = adapted_app();
    CHECK(say(a, "predict target archs=-") != LL_OK);
    CHECK_HAS(said, "which the commands come from");
    CHECK(say(a, "predict target archs=nor_conv,7") != LL_OK);
    CHECK_HAS(said, "no such file, and it is no architecture either");
    CHECK(say(a, "predict target archs=39,99999") != LL_OK);
    CHECK_OK(ll_write_file(path_of("x.gz"), "\x1f\x8b\x08\0\0\0\0\0ab", 10, NULL));
    CHECK(say_path(a, "predict target archs=", "x.gz", "") != LL_OK);
    CHECK_HAS(said, "not a text file");
    ll_str text = {0};
    for (int i = 0; i < 100000; i++) ll_str_add(&text, "|none~0");
    write("long.csv", text.s);
    CHECK(say_path(a, "predict target archs=", "long.csv", "") != LL_OK);
    write("spelt.csv", "1,2,3,4,0,1\n");
    CHECK(say_path(a, "predict target archs=", "spelt.csv", "") != LL_OK);
    CHECK_HAS(said, "an operation in each column");
    write("two.csv", "arch\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|\n0_1_2_3_4_5_6_7_8_0_1_2_3_4_5_6_"
                     "7_8_0_1_2_3\n");
    CHECK(say_path(a, "predict target archs=", "two.csv", " out=/dev/null") != LL_OK);
    CHECK_HAS(said, "line 3");
    ll_str_free(&text);
    ll_app_free(a);
}

/* One architecture or a list of them as JSON; the entry that is none is named. */
static void json_is_read(void)
{
    ll_app *a = adapted_app();
    write("one.json", "\"7\"");
    write("some.json", "[\"7\", \"12\",\n \"333333\"]");
    write("bad.json", "[\"7\", {\"a\": 1}]");
    write("broken.json", "[\"7\"");
    CHECK_OK(say_path(a, "predict target archs=", "one.json", ""));
    CHECK_HAS(said, "\"n\":1,");
    CHECK_OK(say_path(a, "predict target archs=", "some.json", ""));
    CHECK_HAS(said, "\"n\":3,");
    CHECK(say_path(a, "predict target archs=", "bad.json", "") != LL_OK);
    CHECK_HAS(said, "bad.json: entry 2: ");
    CHECK(say_path(a, "predict target archs=", "broken.json", "") != LL_OK);
    CHECK_HAS(said, "broken.json");
    ll_app_free(a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"from file to file", file_to_file},
        {"a row is predicted as a candidate", a_row_is_predicted_as_a_candidate},
        {"what is wrong is said", what_is_wrong_is_said},
        {"needs no data", needs_no_data},
        {"sessions keep it", sessions_keep_it},
        {"any number of them", any_number_of_them},
        {"what is no list is said", what_is_no_list_is_said},
        {"json is read", json_is_read},
        {0},
    };
    return check_main("test_candidates", cases, argc, argv);
}
