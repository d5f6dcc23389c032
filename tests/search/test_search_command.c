/* The command search: devices of any name, lists, answers from a file, what undo takes back, Ctrl-C. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/space/moves.h"
#include "tests/say.h"

/* 300 cells on five devices, of which one has a name full of signs and one is measured on every other row; scores: "sum" of
 * every other row, "flat" of all. */
static void make_table(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    static const double cost[] = {0, .3, 1, 3, .7};
    ll_str csv = {0}, scores = {0};
    ll_str_add(&csv, "arch,a,b,c,\"my phone, 2\",holes\n");
    ll_str_add(&scores, "arch,sum,flat\n");
    for (int i = 0; i < 300; i++) {
        uint8_t g[6];
        ll_str text = {0};
        double ms[3] = {1, 1, 1};
        int sum = 40;
        space->at(space, 52 * i, g);
        space->format(space, g, &text);
        for (int k = 0; k < 6; k++) {
            sum += g[k];
            for (int d = 0; d < 3; d++) ms[d] += cost[g[k]] * (1 + .1 * k * d);
        }
        ll_str_addf(&csv, "%s,%g,%g,%g,%.3f,", text.s, ms[0], ms[1], ms[2], 1.5 * ms[1] + i % 7 * .03);
        ll_str_addf(&csv, i % 2 ? "%.3f\n" : "\n", ms[1] + i % 5 * .02);
        if (i % 2)
            ll_str_addf(&scores, "%s,%d,7\n", text.s, sum);
        else
            ll_str_addf(&scores, "%s,,7\n", text.s);
        ll_str_free(&text);
    }
    char *path = ll_path_join(check_tmpdir(), "table.csv"), *acc = ll_path_join(check_tmpdir(), "acc.csv");
    CHECK_OK(ll_write_file(path, csv.s, csv.len, NULL));
    CHECK_OK(ll_write_file(acc, scores.s, scores.len, NULL));
    free(path);
    free(acc);
    ll_str_free(&csv);
    ll_str_free(&scores);
}

/* A line of which %s is the tests' folder. */
static ll_status say_at(ll_app *a, const char *fmt)
{
    char line[9000];
    snprintf(line, sizeof line, fmt, check_tmpdir());
    return say(a, line);
}

static ll_app *searching_app(void)
{
    ll_app *a = app_new();
    make_table();
    CHECK_OK(say_at(a, "import csv %s/table.csv as table space=nasbench201 unit=ms replace=on"));
    CHECK_OK(say_at(a, "import accuracy %s/acc.csv into table metric=sum"));
    CHECK_OK(say_at(a, "import accuracy %s/acc.csv into table metric=flat"));
    CHECK_OK(say(a, "load table"));
    CHECK_OK(say(a, "partition source=a,b,c target=\"my phone, 2\",holes"));
    CHECK_OK(say(a, "pretrain gp n=100 seed=1"));
    CHECK_OK(say(a, "transfer holes k=8 seed=1"));
    CHECK_OK(say(a, "transfer \"my phone, 2\" k=4 seed=1"));
    return a;
}

static void write_text(const char *name, const char *text)
{
    char *path = ll_path_join(check_tmpdir(), name);
    CHECK_OK(ll_write_file(path, text, strlen(text), NULL));
    free(path);
}

static void is_refused(ll_app *a, const char *line, const char *says)
{
    ll_status s = say_at(a, line);
    check_report(s && s != LL_CANCELLED && strstr(said, says), __FILE__, __LINE__, "%s: %d %s", line, s,
                 said);
}

static double number(const char *key)
{
    cJSON *r = said_result("search");
    double x = ll_json_get_num(r, key, NAN);
    cJSON_Delete(r);
    return x;
}

/* --- names and numbers --- */

static void devices_may_have_any_name(void)
{
    ll_app *a = searching_app();
    SAY(a, "search \"my phone, 2\" max=9 score=sum");
    CHECK_HAS(said, "\"devices\":[\"my phone, 2\"]");
    SAY(a, "search \"my phone, 2\",holes max=9 max:\"my phone, 2\"=8.5 score=sum "
           "objectives=score,\"my phone, 2\",macs");
    CHECK_HAS(said, "\"devices\":[\"my phone, 2\",\"holes\"]");
    CHECK_HAS(said, "{\"device\":\"my phone, 2\",\"max_ms\":8.5");
    CHECK_HAS(said, "{\"device\":\"holes\",\"max_ms\":9");
    is_refused(a, "search holes max:\"my phone, 2\"=5",
               "max:my phone, 2 limits a device that is not searched for");
    is_refused(a, "search holes,holes", "named twice");
    is_refused(a, "search holes max=5 score=nwot", "`proxies nwot save=on` computes this proxy");
    ll_app_free(a);
}

static void limits_are_latencies(void)
{
    static const struct {
        const char *text;
        double ms; /* NaN: refused */
    } cases[] = {{"9", 9},      {"9ms", 9},        {"9000us", 9},   {".009s", 9},
                 {"9e0 ms", 9}, {"1e308", 1e308},  {"0", NAN},      {"-1", NAN},
                 {"nan", NAN},  {"inf", NAN},      {"1e308s", NAN}, {"ms", NAN},
                 {"5kg", NAN},  {"1e-323us", NAN}, {"5 5", NAN},    {"infs", NAN}};
    ll_app *a = searching_app();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int own = 0; own < 2; own++) {
            char line[200];
            snprintf(line, sizeof line, "search holes score=sum %s='%s'", own ? "max:holes" : "max",
                     cases[i].text);
            ll_status s = say(a, line);
            bool good = isnan(cases[i].ms) ? s == LL_USAGE && strstr(said, "a latency was expected")
                                           : !s && fabs(number("max_ms") - cases[i].ms) < 1e-12 * cases[i].ms;
            check_report(good, __FILE__, __LINE__, "%s: %d %.300s", line, s, said);
        }
    is_refused(a, "search holes max=", "a latency was expected");
    is_refused(a, "search holes max=5 p=1", "must be between");
    is_refused(a, "search holes max=5 p=nan", "a number was expected");
    is_refused(a, "search holes max=5 max_macs=nan", "a number was expected");
    is_refused(a, "search holes max=5 seed=-1", "must be 0 or more");
    SAY(a, "search holes max=9 score=sum seed=900719925474");
    CHECK_NEAR(number("seed"), 900719925474., 0);
    ll_app_free(a);
}

/* --- lists --- */

static void lists_hold_something_and_are_one(void)
{
    ll_app *a = searching_app();
    write_text("empty.txt", "");
    write_text("titles.csv", "arch,name\n");
    write_text("twice.csv", "arch\n52\n104\n52\n");
    write_text("fbnet.txt", "0_1_2_3_4_5_6_7_8_0_1_2_3_4_5_6_7_8_0_1_2_3\n");
    is_refused(a, "search holes max=9 score=flat archs=%s/empty.txt", "no architecture was given");
    is_refused(a, "search holes max=9 score=flat archs=%s/titles.csv", "no architecture was given");
    is_refused(a, "search holes max=9 score=flat archs=%s/fbnet.txt", "is no nasbench201 architecture");
    is_refused(a, "search holes max=9 score=flat archs=%s/none.txt", "there is no such file");
    is_refused(a, "search holes max=9 score=flat archs=%s/twice.csv walk=sum", "which one is meant");
    is_refused(a, "search holes max=9 score=flat archs=%s/twice.csv method=local",
               "goes about in the whole space");
    is_refused(a, "search holes max=9 method=list", "archs=FILE");
    is_refused(a, "search holes max=9 method=list walk=other", "it has sum, flat");
    CHECK_OK(say_at(a, "search holes max=20 score=flat archs=%s/twice.csv"));
    CHECK_NEAR(number("evaluations"), 2, 0);
    SAY(a, "search holes max=9 method=list walk=sum first=1 score=flat");
    CHECK(number("evaluations") < 150);
    ll_app_free(a);
}

/* --- what is not known --- */

static void unknown_numbers_are_null(void)
{
    ll_app *a = searching_app();
    SAY(a, "search holes score=flat predictor=table"); /* the first of equal scores has no latency */
    cJSON *r = said_result("search");
    const cJSON *front = cJSON_GetObjectItem(r, "front"), *one;
    CHECK(cJSON_GetArraySize(front) > 0);
    cJSON_ArrayForEach(one, front) CHECK(cJSON_IsNumber(cJSON_GetObjectItem(one, "ms")));
    const cJSON *limits = cJSON_GetArrayItem(cJSON_GetObjectItem(r, "limits"), 0);
    CHECK(cJSON_IsNull(cJSON_GetObjectItem(limits, "lo_ms")) ==
          cJSON_IsNull(cJSON_GetObjectItem(limits, "ms")));
    cJSON_Delete(r);
    SAY(a, "search holes max=9 score=flat predictor=table archs=0,104"); /* rows without a latency */
    CHECK(isnan(number("ms")) && isnan(number("regret")));
    CHECK_HAS(said, "\"arch\":null");
    CHECK_HAS(said, "no architecture was met of which the score and what is limited are known");
    SAY(a, "search holes max=.001 score=sum");
    CHECK_HAS(said, "nothing is within the limits");
    CHECK_HAS(said, "is the limit in another unit?");
    ll_app_free(a);
}

/* --- answers from a file --- */

/* Fills the first n empty latencies of the list in from the table's own formula of `holes`; returns how many. */
static int fill_in(const char *name, int n)
{
    char *path = ll_path_join(check_tmpdir(), name);
    size_t len;
    char *text = read_text(path, &len);
    ll_strs lines = {0};
    ll_str out = {0};
    int filled = 0;
    ll_strs_split(&lines, text, '\n');
    for (int i = 0; i < lines.n; i++) {
        char *empty = strstr(lines.v[i], ",,"); /* of latency_ms and std_ms */
        if (i && empty && filled < n) {
            ll_str_addf(&out, "%.*s,%.2f%s\n", (int)(empty - lines.v[i]), lines.v[i], 6.5 + .1 * filled,
                        empty + 1);
            filled++;
        } else {
            ll_str_addf(&out, "%s\n", lines.v[i]);
        }
    }
    CHECK_OK(ll_write_file(path, out.s, out.len, NULL));
    ll_str_free(&out);
    ll_strs_free(&lines);
    free(text);
    free(path);
    return filled;
}

static void answers_come_from_a_file(void)
{
    ll_app *a = searching_app();
    static const char again[] = "search \"my phone, 2\" max=9 score=sum verify=4 by=csv file=%s/list.csv";
    char *state = NULL;
    CHECK_OK(say_at(a, again));
    CHECK_HAS(said, "architectures: fill in latency_ms and give the same command again");
    cJSON *r = said_result("search");
    char *listed = ll_path_join(check_tmpdir(), "list.csv"), *text;
    CHECK_OK(ll_read_file(listed, 0, &text, NULL, NULL));
    CHECK(strstr(text, "latency_ms,std_ms\n") != NULL); /* no column of which nothing is known */
    free(text);
    free(listed);
    int open = cJSON_GetArraySize(cJSON_GetObjectItem(r, "open"));
    CHECK_INT(open, 4);
    CHECK(cJSON_IsFalse(cJSON_GetObjectItem(r, "closed")));
    double before = ll_json_get_num(r, "measurements", 0);
    cJSON_Delete(r);
    state = state_text(a);
    is_refused(a, again, "is not filled in yet: its column latency_ms is empty");
    is_refused(a, again, "is not filled in yet: its column latency_ms is empty"); /* and nothing was harmed */
    check_same_state(a, state);
    SAY(a, "predict \"my phone, 2\" arch=1");
    CHECK_INT(fill_in("list.csv", 1), 1);
    CHECK_OK(say_at(a, again));
    CHECK_NEAR(number("measurements"), before + 1, 0);
    CHECK_NEAR(number("verified"), 1, 0);
    CHECK_INT(fill_in("list.csv", 9), open - 1);
    CHECK_OK(say_at(a, again));
    CHECK_NEAR(number("measurements"), before + open, 0);
    r = said_result("search");
    cJSON *arch;
    cJSON_ArrayForEach(arch, cJSON_GetObjectItem(r, "measured")) /* what was answered is not asked again */
    {
        const cJSON *other;
        cJSON_ArrayForEach(other, cJSON_GetObjectItem(r, "open"))
            CHECK(strcmp(arch->valuestring, other->valuestring));
    }
    cJSON_Delete(r);
    free(state);
    ll_app_free(a);
}

static void what_is_no_list_of_answers_is_refused(void)
{
    static const char line[] = "search holes max=9 score=sum verify=4 by=csv file=%s/answers.csv";
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "columns arch and latency_ms were expected"},
        {"a,b\n1,2\n", "columns arch and latency_ms were expected"},
        {"architecture,row,latency_ms\n", "is not filled in yet"},
        {"architecture,latency_ms\n52,-3\n", "line 2"},
        {"architecture,latency_ms\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,-3\n",
         "\\\"-3\\\" is no latency"},
        {"architecture,latency_ms\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,nan\n", "is no latency"},
        {"architecture,latency_ms\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,3\n"
         "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,4\n",
         "stands in an earlier line too"}};
    ll_app *a = searching_app();
    char *state = state_text(a);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text("answers.csv", bad[i].text);
        is_refused(a, line, bad[i].says);
    }
    is_refused(a, "search \"my phone, 2\",holes max=9 score=sum verify=4 by=csv file=%s/new.csv",
               "one device at a time");
    is_refused(a, "search holes max=9 score=sum verify=4 predictor=table", "look up what is known");
    is_refused(a, "search holes max=9 score=sum max=8", "max= is given twice");
    is_refused(a, "search holes max=9 score=sum verify=4 by=host", "was not measured with `measure`");
    check_same_state(a, state);
    SAY(a, "search holes max=9 score=sum verify=4"); /* the predictors are all there */
    SAY(a, "search \"my phone, 2\" max=9 score=sum verify=4");
    free(state);
    ll_app_free(a);
}

/* A row that has no latency is passed over. */
static void tables_with_holes_verify_what_they_can(void)
{
    ll_app *a = searching_app();
    SAY(a, "search holes max=7 score=flat verify=40");
    cJSON *r = said_result("search");
    CHECK(!cJSON_IsTrue(cJSON_GetObjectItem(r, "violation")));
    CHECK(ll_json_get_num(r, "measurements", 99) <= 8 + 40);
    cJSON_Delete(r);
    SAY(a, "search holes max=7 score=gp:sum verify=40"); /* most of what it finds has no row */
    ll_app_free(a);
}

/* --- what is kept --- */

static int n_searches(ll_app *a)
{
    ll_state s;
    ll_app_snapshot(a, &s);
    int n = s.n_searches;
    ll_state_free(&s);
    return n;
}

static void undo_takes_a_search_back_and_nothing_else(void)
{
    ll_app *a = searching_app();
    char *before = state_text(a);
    SAY(a, "search holes max=9 score=sum");
    CHECK_INT(n_searches(a), 1);
    SAY(a, "search holes max=8 score=sum");
    CHECK_INT(n_searches(a), 2);
    CHECK(say(a, "search holes max=0 score=sum") != LL_OK);
    CHECK_INT(n_searches(a), 2);
    SAY(a, "undo");
    SAY(a, "undo");
    check_same_state(a, before);
    CHECK_INT(n_searches(a), 0);
    free(before);
    ll_app_free(a);
}

/* --- other spaces --- */

static void users_spaces_are_searched(void)
{
    ll_app *a = app_new();
    ll_str csv = {0}, scores = {0};
    ll_str_add(&csv, "arch,a,b,t\n");
    ll_str_add(&scores, "arch,acc\n");
    for (int i = 0; i < 72; i++) {
        int g[] = {i % 3, i / 3 % 4, i / 12 % 2, i / 24};
        double ms = 1 + g[0] + .5 * g[1] + 2 * g[2] + .3 * g[3];
        ll_str_addf(&csv, "%d_%d_%d_%d,%g,%g,%g\n", g[0], g[1], g[2], g[3], ms, 2 * ms, 1.3 * ms + .1 * g[0]);
        ll_str_addf(&scores, "%d_%d_%d_%d,%d\n", g[0], g[1], g[2], g[3],
                    50 + 3 * g[0] + 2 * g[1] - 4 * g[2] + g[3]);
    }
    write_text("own.csv", csv.s);
    write_text("own_acc.csv", scores.s);
    CHECK_OK(say_at(a, "import csv %s/own.csv as own space=four positions=4 ops=p,q,r,s unit=ms"));
    CHECK_OK(say_at(a, "import accuracy %s/own_acc.csv into own metric=acc"));
    SAY(a, "load own");
    SAY(a, "partition source=a,b target=t");
    SAY(a, "pretrain gp");
    SAY(a, "transfer t k=10 seed=1");
    SAY(a, "search t max=4 p=.5");
    cJSON *r = said_result("search");
    CHECK(ll_json_get_num(r, "regret", 9) >= -3 && ll_json_get_num(r, "regret", 9) <= 3);
    CHECK_NEAR(ll_json_get_num(r, "evaluations", 0), 72, 0);
    cJSON_Delete(r);
    SAY(a, "search t max=4 score=gp:acc k=30 method=evolution budget=60 population=20");
    is_refused(a, "search t max=4 score=macs", "are not known");
    is_refused(a, "search t max=4 max_params=5", "are not known");
    ll_str_free(&csv);
    ll_str_free(&scores);
    ll_app_free(a);
}

/* 200 random architectures of a space, three devices and a score that are weighted sums of the choices. */
static void make_big(ll_app *a, const char *name)
{
    const ll_space *space = ll_space_find(name);
    ll_rng rng = ll_rng_new(3, LL_STREAM_DATA);
    ll_str csv = {0}, scores = {0};
    ll_str_add(&csv, "arch,a,b,t\n");
    ll_str_add(&scores, "arch,acc\n");
    for (int i = 0; i < 200; i++) {
        uint8_t g[LL_MAX_POSITIONS];
        ll_str text = {0};
        double ms = 5, acc = 60;
        ll_space_random(space, &rng, g);
        space->format(space, g, &text);
        for (int k = 0; k < space->n_positions; k++) ms += g[k] * (1 + k % 3), acc += g[k];
        ll_str_addf(&csv, "\"%s\",%g,%g,%g\n", text.s, ms, 2 * ms + i % 3, 1.5 * ms + i % 2);
        ll_str_addf(&scores, "\"%s\",%g\n", text.s, acc);
        ll_str_free(&text);
    }
    write_text("big.csv", csv.s);
    write_text("big_acc.csv", scores.s);
    char line[300];
    snprintf(line, sizeof line, "import csv %%s/big.csv as big-%s space=%s unit=ms", name, name);
    CHECK_OK(say_at(a, line));
    snprintf(line, sizeof line, "import accuracy %%s/big_acc.csv into big-%s metric=acc", name);
    CHECK_OK(say_at(a, line));
    snprintf(line, sizeof line, "load big-%s", name);
    SAY(a, line);
    ll_str_free(&csv);
    ll_str_free(&scores);
}

static void spaces_that_cannot_be_listed_are_gone_about_in(void)
{
    static const char *const spaces[] = {"fbnet", "ofa"};
    ll_app *a = app_new();
    for (int i = 0; i < 2; i++) {
        make_big(a, spaces[i]);
        SAY(a, "partition source=a,b target=t");
        SAY(a, "pretrain gp");
        SAY(a, "transfer t k=10 seed=1");
        SAY(a, "search t max=200"); /* rows alone have a score */
        CHECK_NEAR(number("evaluations"), 200, 0);
        SAY(a, "search t max=200 score=gp:acc k=100 budget=600 population=50");
        double found = number("score");
        CHECK_HAS(said, "\"method\":\"evolution\"");
        SAY(a, "search t max=200 score=gp:acc k=100 budget=600 method=random");
        check_report(found > number("score"), __FILE__, __LINE__, "%s: evolution %g, random %g", spaces[i],
                     found, number("score"));
        for (const char *const *m = (const char *const[]){"nsga2", "local", "ofa", "evolution", NULL}; *m;
             m++) {
            char line[200];
            snprintf(line, sizeof line, "search t score=gp:acc k=100 method=%s budget=3 population=40", *m);
            SAY(a, line);
            CHECK_NEAR(number("evaluations"), 3, 0);
        }
        is_refused(a, "search t score=gp:acc method=exhaustive where=x>1", "no score");
        is_refused(a, "search t score=acc method=list", "archs=FILE");
    }
    SAY(a, "search t max=200 score=macs budget=300"); /* of OFA, whose layers are known */
    CHECK_HAS(said, "\"arch\":\"r");
    ll_app_free(a);
}

static void spaces_without_layers_have_no_costs(void)
{
    char *ops[] = {(char *)"a", (char *)"b", (char *)"c"};
    CHECK(ll_space_define("search-plain", 9, ops, 3, NULL) != NULL);
    ll_app *a = app_new();
    make_big(a, "search-plain");
    SAY(a, "partition source=a,b target=t");
    SAY(a, "pretrain gp");
    SAY(a, "transfer t k=10 seed=1");
    is_refused(a, "search t max=200 score=macs", "are not known");
    ll_app_free(a);
}

/* --- Ctrl-C --- */

static void a_stopped_search_keeps_what_it_met(void)
{
    ll_app *a = searching_app();
    ll_app_submit(a, "search holes max=9 score=gp:sum method=random budget=1e9");
    ll_status status = LL_OK;
    bool has_result = false, stopped = false;
    for (cJSON *event; (event = ll_app_wait(a)); cJSON_Delete(event)) {
        const char *kind = ll_json_get_str(event, "event", "");
        if (!strcmp(kind, "progress") && ll_json_get_num(event, "done", 0) > 2000) ll_app_cancel(a);
        if (!strcmp(kind, "result"))
            has_result = true, stopped = cJSON_IsTrue(cJSON_GetObjectItem(event, "stopped"));
        if (!strcmp(kind, "end")) status = (ll_status)ll_json_get_int(event, "code", LL_OK);
    }
    /* a small space may be known before anybody could stop it */
    CHECK(status == LL_CANCELLED || status == LL_OK);
    CHECK(has_result && stopped == (status == LL_CANCELLED));
    CHECK_INT(n_searches(a), 1);
    ll_app_free(a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"devices may have any name", devices_may_have_any_name},
        {"limits are latencies", limits_are_latencies},
        {"lists hold something and are one", lists_hold_something_and_are_one},
        {"unknown numbers are null", unknown_numbers_are_null},
        {"answers come from a file", answers_come_from_a_file},
        {"what is no list of answers is refused", what_is_no_list_of_answers_is_refused},
        {"tables with holes verify what they can", tables_with_holes_verify_what_they_can},
        {"undo takes a search back and nothing else", undo_takes_a_search_back_and_nothing_else},
        {"users' spaces are searched", users_spaces_are_searched},
        {"spaces that cannot be listed are gone about in", spaces_that_cannot_be_listed_are_gone_about_in},
        {"spaces without layers have no costs", spaces_without_layers_have_no_costs},
        {"a stopped search keeps what it met", a_stopped_search_keeps_what_it_met},
        {0},
    };
    return check_main("test_search_command", cases, argc, argv);
}
