/* predict archs=: architectures that are no rows of the table, from a file, with what the table says where it knows. */
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
    write("none.csv", "arch\n");
    CHECK(say_path(a, "predict target archs=", "none.csv", "") != LL_OK);
    CHECK_HAS(said, "no architecture in it");
    CHECK(say_path(a, "predict target archs=", "missing.csv", "") != LL_OK);
    CHECK(say_path(a, "predict target out=", "out2.csv", "") != LL_OK);
    CHECK_HAS(said, "out= goes with archs=");
    ll_app_free(a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"from file to file", file_to_file},
        {"a row is predicted as a candidate", a_row_is_predicted_as_a_candidate},
        {"what is wrong is said", what_is_wrong_is_said},
        {0},
    };
    return check_main("test_candidates", cases, argc, argv);
}
