/* Quantities other than latency through the commands: the same work on them, and none of it shown in milliseconds. */
#include "tests/say.h"

#include "core/app/quantities.h"
#include "core/base/rng.h"

/* Two latencies and an energy that follow the cell's costs. */
static void write_table(const char *path)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_str text = {0};
    ll_str_add(&text, "arch,a_latency,b_latency,a_energy\n");
    for (int i = 0; i < 400; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_cost cost;
        space->at(space, 31 * i, gene);
        ll_space_cost(space, gene, &cost);
        double macs = cost.macs / 1e7, calls = cost.kernels / 50;
        ll_str_addf(&text, "%d,%.6g,%.6g,%.6g\n", 31 * i, 1 + macs + calls, 2 + macs + 3 * calls,
                    5 + 4 * macs + calls);
    }
    CHECK_OK(ll_write_file(path, text.s, text.len, NULL));
    ll_str_free(&text);
}

static ll_app *loaded(void)
{
    ll_app *a = app_new();
    ll_str line = {0};
    char *path = ll_path_join(check_tmpdir(), "q.csv");
    write_table(path);
    ll_str_addf(&line, "import csv %s as q space=nasbench201 unit=ms,mJ", path);
    CHECK_OK(say(a, line.s));
    CHECK_HAS(said, "\"device\":\"a_energy\",\"n\":400,\"missing\":0");
    CHECK_OK(say(a, "load q"));
    ll_str_free(&line);
    free(path);
    return a;
}

/* What a face would draw has no millisecond in it: no unit of a column, no sentence. */
static void check_no_ms(const char *command)
{
    bool none = !strstr(said, "\"unit\":\"ms") && !strstr(said, " ms\"") && !strstr(said, " ms,") &&
                !strstr(said, "latency (ms)") && !strstr(said, " ms ");
    check_report(none, __FILE__, __LINE__, "%s speaks of ms: %s", command, said);
}

static void an_energy_is_transferred_from_latencies(void)
{
    static const char *const lines[] = {"transfer a_energy k=20", "eval", "eval all",
                                        "predict a_energy top=3", "sample k=5 device=a_energy"};
    ll_app *a = loaded();
    CHECK_OK(say(a, "partition source=*_latency target=a_energy"));
    CHECK_OK(say(a, "pretrain gp n=256"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        SAY(a, lines[i]);
        check_no_ms(lines[i]);
    }
    CHECK_INT(say(a, "search a_energy max=20ms score=macs"), LL_USAGE);
    CHECK_HAS(said, "max=20ms: energy was expected, in mJ");
    CHECK_INT(say(a, "predict a_energy max=20ms"), LL_USAGE);
    CHECK_HAS(said, "max=20ms: energy was expected, in mJ");
    CHECK_INT(say(a, "predict a_energy max=abc"), LL_USAGE);
    CHECK_HAS(said, "max=abc: energy was expected, as in 5 or 5mJ");
    CHECK_OK(say(a, "predict a_energy max=.02J"));
    CHECK_OK(say(a, "search a_energy max=.02J score=macs"));
    CHECK_HAS(said, "20");
    CHECK_OK(say(a, "eval a_energy"));
    cJSON *result = said_result("eval");
    CHECK(ll_json_get_num(result, "spearman", 0) > .95);
    CHECK_STR(ll_json_get_str(result, "quantity", NULL), "energy");
    CHECK_STR(ll_result_unit(result), "mJ");
    cJSON_Delete(result);
    CHECK_OK(say(a, "transfer b_latency k=20"));
    CHECK_OK(say(a, "eval b_latency"));
    CHECK(!strstr(said, "quantity")); /* what is a latency stays as it was */
    CHECK_OK(say(a, "eval all"));
    CHECK(!strstr(said, "\"unit\":\"ms\",\"digits\""));
    CHECK_HAS(said, "\"key\":\"unit\"");
    ll_app_free(a);
}

static void tables_of_several_say_the_unit_of_each(void)
{
    ll_app *a = loaded();
    CHECK_OK(say(a, "devices"));
    cJSON *result = said_result("devices"), *row;
    static const char *const units[] = {"ms", "ms", "mJ"};
    int n = 0;
    CHECK_HAS(said, "{\"key\":\"unit\",\"title\":\"unit\",\"digits\":-1}");
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(result, "rows"))
    {
        CHECK_STR(ll_json_get_str(row, "unit", NULL), units[n]);
        n++;
    }
    CHECK_INT(n, 3);
    cJSON_Delete(result);
    CHECK_OK(say(a, "arch 3"));
    CHECK_HAS(said, "\"quantity\":\"energy\"");
    ll_app_free(a);
}

/* An adapted predictor knows what it predicts, also where nobody has the table. */
static void a_saved_predictor_says_its_unit(void)
{
    ll_app *a = loaded();
    ll_str line = {0};
    char *model = ll_path_join(check_tmpdir(), "energy.safetensors");
    SAY(a, "partition source=*_latency target=a_energy");
    SAY(a, "pretrain gp n=256");
    SAY(a, "transfer a_energy k=20");
    ll_str_addf(&line, "model save %s adapted=a_energy", model);
    SAY(a, line.s);
    ll_app_free(a);
    a = app_new();
    ll_str_clear(&line);
    ll_str_addf(&line, "model load %s", model);
    SAY(a, line.s);
    ll_str_clear(&line);
    char *list = ll_path_join(check_tmpdir(), "list.txt");
    CHECK_OK(ll_write_file(list, "7\n8\n", 4, NULL));
    ll_str_addf(&line, "predict a_energy archs=%s", list);
    SAY(a, line.s);
    CHECK_HAS(said, "\"unit\":\"mJ\"");
    check_no_ms("predict");
    ll_str_free(&line);
    free(model);
    free(list);
    ll_app_free(a);
}

/* Not an audit's business: an energy has no other columns to be a thousand times off from. */
static void units_are_judged_among_latencies(void)
{
    ll_app *a = app_new();
    char *path = ll_path_join(check_tmpdir(), "q.csv");
    ll_str line = {0};
    static const char table[] = "arch,a,b,c,d (mJ)\n0,1,1,1,90000\n1,2,2,2,91000\n2,3,3,3,0\n";
    CHECK_OK(ll_write_file(path, table, sizeof table - 1, NULL));
    ll_str_addf(&line, "import csv %s as j space=nasbench201 unit=ms", path);
    CHECK_OK(say(a, line.s));
    CHECK(!strstr(said, "warning"));
    CHECK_OK(say(a, "load j"));
    CHECK_OK(say(a, "audit"));
    CHECK(!strstr(said, "was the unit"));
    CHECK_HAS(said, "d: 1 energy is exactly 0");
    ll_str_free(&line);
    free(path);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"an energy is transferred from latencies", an_energy_is_transferred_from_latencies},
    {"tables of several say the unit of each", tables_of_several_say_the_unit_of_each},
    {"a saved predictor says its unit", a_saved_predictor_says_its_unit},
    {"units are judged among latencies", units_are_judged_among_latencies},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_quantities", cases, argc, argv);
}
