/* suggest and how-many: a device that is being measured, from not one latency on. */
#include "core/app/app.h"
#include "core/app/request.h"
#include "sessions/session.h"
#include "tests/say.h"

static ll_app *measuring_app(void)
{
    ll_app *a = app_new();
    ll_app_register(a, ll_active_commands);
    SAY(a, "load toy");
    SAY(a, "partition source=sim_v100_b1,sim_v100_b32,sim_v100_b256 target=sim_raspi4");
    return a;
}

static const char *todo_path(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/todo.csv", check_tmpdir());
    return path;
}

static cJSON *suggested(ll_app *a, const char *how)
{
    char line[5000];
    snprintf(line, sizeof line, "suggest %s out=%s", how, todo_path());
    SAY(a, line);
    cJSON *r = said_result("suggest");
    CHECK(r != NULL);
    return r;
}

/* Latencies for the file: those of sim_eyeriss, as a person would fill them in. */
static void fill_in(ll_app *a)
{
    size_t len;
    char *text = read_text(todo_path(), &len), *rest = text;
    ll_str out = {0};
    ll_state s;
    ll_app_snapshot(a, &s);
    int device = ll_dataset_device(s.data, "sim_eyeriss"), line = 0;
    for (char *row; (row = strsep(&rest, "\n")) && *row; line++) {
        char arch[200] = "";
        int at = 0;
        char *empty = strstr(row, ",,"); /* of latency_ms and std_ms */
        if (!line || !empty || sscanf(row, "%199[^,],%d,", arch, &at) != 2) {
            ll_str_addf(&out, "%s\n", row);
            continue;
        }
        ll_str_addf(&out, "%.*s,%.6f,,\n", (int)(empty - row), row, ll_latencies(s.data, device)[at]);
    }
    ll_error e = {0};
    CHECK_OK(ll_write_file(todo_path(), out.s, out.len, &e));
    ll_state_free(&s);
    ll_str_free(&out);
    free(text);
}

static void check_distinct(const cJSON *result, int n)
{
    int *rows = NULL, count = ll_json_get_ints(result, "samples", &rows);
    CHECK_INT(count, n);
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++) CHECK(rows[i] != rows[j]);
    free(rows);
}

static void suggests_without_any_latency(void)
{
    make_toy();
    ll_app *a = measuring_app();
    cJSON *r = suggested(a, "k=6"), *row;
    check_distinct(r, 6);
    CHECK_NEAR(ll_json_get_num(r, "left_before", 0), 100, 1e-9);
    double left = 100;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(r, "rows"))
    {
        double now = ll_json_get_num(row, "left", NAN);
        CHECK(now < left && now >= 0);
        CHECK_NEAR(ll_json_get_num(row, "teaches", NAN), 100 * (left - now) / left, 1e-6);
        CHECK(!cJSON_GetObjectItem(row, "lat_ms"));
        left = now;
    }
    char *again = ll_strdup(said);
    cJSON_Delete(suggested(a, "k=6"));
    CHECK_HAS(said, "\"teaches\"");
    CHECK_STR(strstr(said, "{\"event\":\"result\""), strstr(again, "{\"event\":\"result\""));
    free(again);
    cJSON_Delete(r);
    ll_app_free(a);
}

static void continues_from_what_is_measured(void)
{
    ll_app *a = measuring_app();
    char line[5000];
    cJSON *first = suggested(a, "k=6"), *row;
    int *before = NULL, *after = NULL;
    fill_in(a);
    snprintf(line, sizeof line, "import csv %s into toy device=mine unit=ms", todo_path());
    SAY(a, line);
    cJSON *next = suggested(a, "next=3 replace=on");
    CHECK_STR(ll_json_get_str(next, "device", ""), "mine");
    CHECK_INT(ll_json_get_int(next, "measured", 0), 6);
    CHECK(ll_json_get_num(next, "left_before", 100) < 60);
    int n = ll_json_get_ints(first, "samples", &before), m = ll_json_get_ints(next, "samples", &after);
    CHECK_INT(m, 3);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) CHECK(before[i] != after[j]);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(next, "rows"))
    {
        CHECK(ll_json_get_num(row, "lat_ms", NAN) > 0);
        CHECK(ll_json_get_num(row, "half_ms", NAN) > 0);
    }
    SAY(a, "how-many k=6,12,24 simulations=8");
    CHECK_HAS(said, "\"measured\":6");
    CHECK_INT(say(a, "suggest k=6"), LL_FAILED);
    CHECK_HAS(said, "mine has 6 latencies already");
    CHECK_INT(say(a, "how-many k=3"), LL_USAGE);
    SAY(a, "how-many k=3,6,12 simulations=8");
    CHECK_HAS(said, "k=3: left out, ");
    free(before);
    free(after);
    cJSON_Delete(first);
    cJSON_Delete(next);
    ll_app_free(a);
}

/* As everywhere: `none` is no file. */
static void none_is_no_list(void)
{
    ll_app *a = measuring_app();
    SAY(a, "suggest next=3 out=none");
    CHECK(!strstr(said, "fill in latency_ms") && !ll_is_there("none"));
    ll_app_free(a);
}

static void check_within(const cJSON *row, const char *what)
{
    char lo[32], hi[32];
    snprintf(lo, sizeof lo, "%s_lo", what);
    snprintf(hi, sizeof hi, "%s_hi", what);
    double middle = ll_json_get_num(row, what, NAN);
    CHECK(ll_json_get_num(row, lo, NAN) <= middle);
    CHECK(ll_json_get_num(row, hi, NAN) >= middle);
}

static void says_what_to_expect(void)
{
    ll_app *a = measuring_app();
    SAY(a, "how-many brand_new k=1,2,5,30 simulations=12");
    CHECK_HAS(said, "brand_new has no latency in this dataset");
    cJSON *r = said_result("how-many"), *row, *rows = cJSON_GetObjectItem(r, "rows");
    CHECK_INT(cJSON_GetArraySize(rows), 4);
    cJSON_ArrayForEach(row, rows)
    {
        check_within(row, "spearman");
        check_within(row, "error");
        CHECK(fabs(ll_json_get_num(row, "spearman", NAN)) <= 1);
        CHECK(ll_json_get_num(row, "error", NAN) > 0);
    }
    double few = ll_json_get_num(cJSON_GetArrayItem(rows, 1), "spearman", NAN);
    double many = ll_json_get_num(cJSON_GetArrayItem(rows, 3), "spearman", NAN);
    CHECK(many > few);
    cJSON_Delete(r);
    ll_app_free(a);
}

static void refuses_with_a_reason(void)
{
    ll_app *a = measuring_app();
    CHECK_INT(say(a, "suggest k=3 device=sim_v100_b1"), LL_FAILED);
    CHECK_HAS(said, "source device");
    CHECK_INT(say(a, "suggest next=3 sampler=latency"), LL_USAGE);
    CHECK_INT(say(a, "suggest next=3 sampler=nosuch"), LL_USAGE);
    CHECK_INT(say(a, "suggest k=500"), LL_USAGE);
    CHECK_INT(say(a, "how-many k=1,x"), LL_USAGE);
    ll_str nowhere = {0};
    ll_str_addf(&nowhere, "suggest next=3 out=%s/todo.csv", check_missing());
    CHECK(say(a, nowhere.s) != LL_OK);
    ll_str_free(&nowhere);
    ll_state s;
    ll_app_snapshot(a, &s);
    CHECK(!s.samples); /* nothing that failed left samples behind */
    ll_state_free(&s);
    ll_app_free(a);
    a = app_new();
    ll_app_register(a, ll_active_commands);
    CHECK(say(a, "suggest k=3") != LL_OK);
    SAY(a, "load toy");
    CHECK(say(a, "suggest k=3") != LL_OK);
    ll_app_free(a);
}

static void a_device_that_is_all_measured_wants_nothing(void)
{
    ll_app *a = measuring_app();
    CHECK_INT(say(a, "suggest next=3 device=sim_eyeriss"), LL_FAILED);
    CHECK_HAS(said, "all 150 architectures of toy are measured on sim_eyeriss already");
    CHECK_INT(say(a, "how-many sim_eyeriss"), LL_FAILED);
    CHECK_HAS(said, "all 150 architectures of toy are measured on sim_eyeriss already");
    ll_app_free(a);
}

/* What was measured by hand exists nowhere else. */
static void keeps_what_was_filled_in(void)
{
    ll_app *a = measuring_app();
    cJSON_Delete(suggested(a, "device=other k=4 replace=on"));
    fill_in(a);
    size_t n;
    char *filled = read_text(todo_path(), &n);
    ll_str line = {0};
    ll_str_addf(&line, "suggest device=other k=4 out=%s", todo_path()); /* the same: replayed, say */
    CHECK_INT(say(a, line.s), LL_OK);
    CHECK(strstr(said, "it stays as it is"));
    ll_str_clear(&line);
    ll_str_addf(&line, "suggest device=other k=6 out=%s", todo_path());
    CHECK_INT(say(a, line.s), LL_FAILED);
    CHECK(strstr(said, "replace=on"));
    char *now = read_text(todo_path(), &n);
    CHECK_STR(now, filled);
    free(now);
    /* a column of somebody's own, and what is no list at all */
    static const char *const others[] = {"architecture,row,latency_ms,std_ms,teaches_percent,note\n",
                                         "architecture,row,mine,std_ms,teaches_percent\nx,1,2.5,,\n",
                                         "\xff\xfe"
                                         "a"};
    for (int i = 0; i < 3; i++) {
        ll_error e = {0};
        CHECK_OK(ll_write_file(todo_path(), others[i], strlen(others[i]), &e));
        CHECK_INT(say(a, line.s), LL_FAILED);
        CHECK(strstr(said, "no list of suggestions"));
    }
    ll_str_add(&line, " replace=on");
    SAY(a, line.s);
    now = read_text(todo_path(), &n);
    CHECK(strcmp(now, filled));
    free(now);
    free(filled);
    ll_str_free(&line);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"suggests without any latency", suggests_without_any_latency},
    {"continues from what is measured", continues_from_what_is_measured},
    {"keeps what was filled in", keeps_what_was_filled_in},
    {"says what to expect", says_what_to_expect},
    {"none is no list", none_is_no_list},
    {"a device that is all measured wants nothing", a_device_that_is_all_measured_wants_nothing},
    {"refuses with a reason", refuses_with_a_reason},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("active", cases, argc, argv);
}
